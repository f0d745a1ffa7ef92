import { parseCacheControl } from './cache-control.ts'
import type { RequestHead } from './head.ts'
import { type Standing, standing, type Windows } from './timeline.ts'
import { type EpochMs } from './units.ts'
import { isConditional } from './validation.ts'
import type { Row } from './row.ts'

/** Why a request goes forward, in the words of Cache-Status (RFC 9211 §2.2). */
export type Forward = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'request' | 'stale'

/** What to do about a read, and why. The worker carries it out and decides nothing. */
export type Plan =
  /** Answer from store; no request. */
  | { readonly kind: 'serve'; readonly row: Row; readonly standing: Standing; readonly why: string }
  /** Answer from store at once; ask the origin behind the page's back. */
  | { readonly kind: 'serve-then-validate'; readonly row: Row; readonly standing: Standing; readonly why: string }
  /** Ask the origin whether the stored answer holds; it may stand in if there is no origin and `standsIn`. */
  | {
      readonly kind: 'validate'
      readonly row: Row
      readonly standing: Standing
      readonly standsIn: boolean
      readonly fwd: Forward
      readonly why: string
    }
  /** Ask the origin; nothing stored helps. `store: false`: nor may the answer be kept. */
  | { readonly kind: 'fetch'; readonly store: boolean; readonly fwd: Forward; readonly why: string }
  /** The page asked for a stored answer only, and there is none (RFC 9111 §5.2.1.7: 504). */
  | { readonly kind: 'unsatisfiable'; readonly why: string }

export interface PlanInput {
  readonly request: RequestHead
  readonly rule: Windows
  /** The stored answer selected for this request, if any. */
  readonly row: Row | undefined
  /** There are stored answers for the URL, but for other values of what they vary on. */
  readonly otherVariants: boolean
  /** An invalidation newer than the row covers it. */
  readonly invalidated: boolean
  readonly now: EpochMs
}

/** For so long after a change was announced, reads get the announced version: no loop of change and refetch (I11). */
const ANNOUNCED_FOR_MS = 2000

/**
 * What to do about one read: a value with its reason. Pure; the command line, the tests and the worker call this same
 * function.
 *
 * @see RFC 9111 §4, §5.2.1; Fetch, "request cache mode"
 */
export function plan({ request, rule, row, otherVariants, invalidated, now }: PlanInput): Plan {
  const { cache } = request
  if (request.method !== 'GET') return { kind: 'fetch', store: false, fwd: 'method', why: 'method' }
  // A page that makes its own request conditional keeps a copy of its own and wants to see the 304.
  if (isConditional(request.fields)) return { kind: 'fetch', store: false, fwd: 'bypass', why: 'conditional' }
  if (cache === 'no-store') return { kind: 'fetch', store: false, fwd: 'bypass', why: 'no-store' }

  const onlyIfCached = cache === 'only-if-cached'
  if (row === undefined) {
    if (onlyIfCached) return { kind: 'unsatisfiable', why: 'only-if-cached' }
    const fwd = otherVariants ? 'vary-miss' : 'uri-miss'
    return { kind: 'fetch', store: true, fwd, why: fwd }
  }
  if (cache === 'reload') return { kind: 'fetch', store: true, fwd: 'request', why: 'reload' }

  const at = standing(row, rule, invalidated, now)
  const serve = (why: string): Plan => ({ kind: 'serve', row, standing: at, why })
  if ((cache === 'force-cache' || onlyIfCached) && !invalidated) return serve(cache)
  if (onlyIfCached) return { kind: 'unsatisfiable', why: 'invalidated' }

  const asked = parseCacheControl(request.fields.get('cache-control'))
  const wantsValidation = cache === 'no-cache' || asked.noCache || asked.maxAge === 0
  if (!wantsValidation) {
    if (at.state === 'fresh') return serve(at.why)
    if (!invalidated && row.announcedAtMs !== undefined && isJustAfter(row.announcedAtMs, now))
      return serve('announced')
    if (at.state === 'stale') return { kind: 'serve-then-validate', row, standing: at, why: at.why }
  }
  return {
    kind: 'validate',
    row,
    standing: at,
    standsIn: at.state !== 'gone',
    fwd: at.state === 'fresh' ? 'request' : 'stale',
    why: wantsValidation ? 'asked-to-validate' : at.why,
  }
}

const isJustAfter = (instant: EpochMs, now: EpochMs): boolean => now >= instant && now - instant < ANNOUNCED_FOR_MS
