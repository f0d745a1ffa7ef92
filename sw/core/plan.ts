import { type Directives, directivesOf, parseCacheControl } from './cache-control.ts'
import type { RequestHead } from './head.ts'
import { isOfNobody } from './key.ts'
import type { Row } from './row.ts'
import { REQUEST_NO_STORE } from './storable.ts'
import { type Standing, standing, type Windows } from './timeline.ts'
import { type EpochMs } from './units.ts'
import { variesByCookie } from './vary.ts'

/** Why a request goes to the origin, in the terms of Cache-Status (RFC 9211 §2.2). */
export type Forward = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'request' | 'stale' | 'partial'

/** The answer belongs to no user and varies by cookies, so it is validated before each use. */
export const VARY_COOKIE = 'vary-cookie'

/** What to do with a read, and why. The worker carries out the plan and decides nothing itself. */
export type Plan =
  /** Answer from store, without a request. */
  | { readonly kind: 'serve'; readonly row: Row; readonly standing: Standing; readonly why: string }
  /** Answer from store at once, and validate in the background. */
  | { readonly kind: 'serve-then-validate'; readonly row: Row; readonly standing: Standing; readonly why: string }
  /** Ask the origin whether the stored answer is still valid. */
  | {
      readonly kind: 'validate'
      readonly row: Row
      readonly standing: Standing
      /** The stored answer may be served when the origin cannot be reached. */
      readonly standsIn: boolean
      /** The stored answer may also replace a 500 (`stale-if-error`). */
      readonly forgiving: boolean
      readonly fwd: Forward
      readonly why: string
    }
  /** Ask the origin; no stored answer may be served. `store: false`: the new answer is not stored either. */
  | {
      readonly kind: 'fetch'
      readonly store: boolean
      /** Stored variants of the same URL that a 304 may confirm (RFC 9111 §4.1). */
      readonly variants: readonly Row[]
      readonly fwd: Forward
      readonly why: string
    }
  /** The page accepts only a stored answer, and no stored answer may be served (RFC 9111 §5.2.1.7: 504). */
  | { readonly kind: 'unsatisfiable'; readonly why: string }

export interface PlanInput {
  readonly request: RequestHead
  readonly rule: Windows
  /** The stored answer selected for this request, if any. */
  readonly row: Row | undefined
  /** Stored answers of the same URL for other values of the varying fields. Each has the requested bytes. */
  readonly variants: readonly Row[]
  /** The row is a part that lacks some of the requested bytes. */
  readonly partial: boolean
  /** An invalidation newer than the row covers it. */
  readonly invalidated: boolean
  /**
   * Another user than the one of the stored answers may be asking: the origin must answer before any of them is served,
   * and none stands in, whatever the rule and the answer itself allow (I3).
   */
  readonly doubted: boolean
  /** It is the first read since the user has reloaded the page: the origin's word is wanted. */
  readonly reloaded: boolean
  /** See `standing`. Default: the connection was never lost. */
  readonly lostAtMs?: number
  readonly now: EpochMs
}

/**
 * How long after a change was announced reads get the announced version. Prevents a loop of change and refetch (I11).
 */
const ANNOUNCED_FOR_MS = 2000

/**
 * What to do with one read: a value with its reason. Pure: the command line, the tests and the worker call the same
 * function.
 *
 * @see RFC 9111 §4, §5.2.1; Fetch, "request cache mode"
 */
export function plan(input: PlanInput): Plan {
  const { request, rule, row, variants, partial, invalidated, doubted, reloaded, lostAtMs, now } = input
  const { cache, fields } = request
  const asked = parseCacheControl(fields.get('cache-control'))
  const store = !asked.noStore && request.method !== 'HEAD'
  const fetch = (fwd: Forward, reason: string, kept = store): Plan => {
    const why = asked.noStore ? REQUEST_NO_STORE : reason
    return { kind: 'fetch', store: kept, variants, fwd, why }
  }
  const onlyIfCached = cache === 'only-if-cached' || asked.onlyIfCached
  const mayLook = cache !== 'no-store' && cache !== 'reload'
  // A rule without any window: nothing of what it stored could ever be served.
  const isNeverServed = rule.fresh === 0 && rule.stale === 0 && rule.offline === 0
  if (onlyIfCached && (!mayLook || doubted || isNeverServed)) return { kind: 'unsatisfiable', why: 'only-if-cached' }
  // Only the origin can evaluate these conditions (RFC 9110 §13.1.1, §13.1.4).
  if (fields.has('if-match') || fields.has('if-unmodified-since')) return fetch('bypass', 'conditional', false)
  if (cache === 'no-store') return fetch('bypass', REQUEST_NO_STORE, false)
  if (isNeverServed) return fetch('bypass', 'network-only', false)

  if (row === undefined || partial) {
    if (onlyIfCached) return { kind: 'unsatisfiable', why: 'only-if-cached' }
    const fwd = partial ? 'partial' : variants.length > 0 ? 'vary-miss' : 'uri-miss'
    return fetch(fwd, fwd)
  }
  if (cache === 'reload') return fetch('request', 'reload')

  const at = standing(row, rule, invalidated, now, lostAtMs)
  const serve = (why: string): Plan => ({ kind: 'serve', row, standing: at, why })
  if ((cache === 'force-cache' || cache === 'only-if-cached') && !invalidated && !doubted) return serve(cache)

  const isSure = at.state === 'fresh' && directivesOf(row).immutable
  const limited = wantsValidation(request, asked, isSure) ? 'asked-to-validate' : limit(asked, at)
  // A user's partition stands for the user's cookies. An answer that belongs to no user may be for other cookies.
  const unlessOwn = isOfNobody(row.partition)
    ? VARY_COOKIE
    : rule.cookieVariants === true
      ? 'cookie-variants'
      : undefined
  const cookies = variesByCookie(row.fields) ? unlessOwn : undefined
  const wished = reloaded && !isSure ? 'reloaded' : undefined
  const obstacle = doubted ? 'doubted' : (cookies ?? limited ?? wished)
  const staleness = 0 - at.ttl
  const { maxStale, staleIfError } = asked
  if (obstacle === undefined && !invalidated) {
    if (at.state === 'fresh') return serve(at.why)
    if (!at.strict && isJustAnnounced(row, now)) return serve('announced')
    if (!at.strict && typeof maxStale === 'number' && now >= row.receivedAtMs && staleness <= maxStale)
      return serve('max-stale')
    if (at.state === 'stale' && asked.maxAge === undefined && maxStale === undefined) {
      // The answer to a HEAD is not stored, so a HEAD starts no validation in the background.
      if (onlyIfCached || !store) return serve(at.why)
      return { kind: 'serve-then-validate', row, standing: at, why: at.why }
    }
  }
  if (onlyIfCached) return { kind: 'unsatisfiable', why: invalidated ? 'invalidated' : (obstacle ?? at.why) }
  const fwd = at.state === 'fresh' && !doubted ? 'request' : 'stale'
  const why = obstacle ?? at.why
  // The new answer may not be stored, or has no body: a condition on the stored answer would be useless.
  if (!store) return fetch(fwd, why)
  const forgiving = at.forgiving || (!at.strict && typeof staleIfError === 'number' && staleness <= staleIfError)
  return {
    kind: 'validate',
    row,
    standing: at,
    standsIn: !doubted && (at.state !== 'gone' || forgiving),
    // A 500 does not mean that the origin is away, so an invalidated answer may not replace it (I1).
    forgiving: forgiving && !invalidated && !doubted,
    fwd,
    why,
  }
}

/**
 * Whether the page asks for validation.
 *
 * @param isSure the response is fresh and `immutable`: a reload does not validate it (RFC 8246 §2).
 */
function wantsValidation({ cache }: RequestHead, asked: Directives, isSure: boolean): boolean {
  if (asked.noCache || asked.maxAge === 0 || asked.maxAge === 'invalid') return true
  return cache === 'no-cache' && !isSure
}

/** The request directive that a stored response violates; undefined when it violates none (RFC 9111 §5.2.1). */
function limit({ maxAge, minFresh }: Directives, { age, ttl }: Standing): string | undefined {
  if (typeof maxAge === 'number' && age > maxAge) return 'max-age-of-request'
  if (typeof minFresh === 'number' && ttl < minFresh) return 'min-fresh'
  return undefined
}

/** Whether this version was announced to the tabs a moment ago. They must now read the announced version (I11). */
export const isJustAnnounced = ({ announcedAtMs }: Row, now: EpochMs): boolean =>
  announcedAtMs !== undefined && now >= announcedAtMs && now - announcedAtMs < ANNOUNCED_FOR_MS
