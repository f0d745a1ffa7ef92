import { directivesOf } from './cache-control.ts'
import { currentAge, type Exchange, freshnessLifetime } from './freshness.ts'
import { type EpochMs, type Seconds, seconds, secondsBetween } from './units.ts'

/** A window of a rule: a duration, or 'http' for what the response's own fields say. */
export type Window = Seconds | 'http'

/** The part of a rule that places a response on its timeline. */
export interface Windows {
  readonly fresh: Window
  readonly stale: Window
  readonly offline: Window
  /** 'rule': the windows win over `no-cache` and `must-revalidate` (never over `no-store`). */
  readonly trust: 'http' | 'rule'
}

/** A stored response as the timeline sees it. */
export interface Aged extends Exchange {
  readonly status: number
}

/** Where a stored response stands: served as it is, served and validated, served only without an origin, or gone. */
export interface Standing {
  readonly state: 'fresh' | 'stale' | 'offline' | 'gone'
  /** Seconds of freshness left; negative once stale. */
  readonly ttl: Seconds
  readonly age: Seconds
  readonly why: string
  /** The response forbids to serve it unvalidated once `fresh` has ended, or at all (`must-revalidate`, `no-cache`). */
  readonly strict: boolean
  /** Its own `stale-if-error` still runs: it may stand in for errors of the origin as well (RFC 5861 §4). */
  readonly forgiving: boolean
}

/**
 * Places a stored response on the timeline `fresh → stale → offline → gone` at a given time.
 *
 * `stale` and `offline` both count from the end of `fresh`, as RFC 5861 counts. A window of the rule counts from when
 * the origin was last heard; an 'http' one from when the origin made the answer, `Age` and `Date` included. Error
 * statuses follow HTTP alone: a rule's five minutes for products are not meant for a 404.
 *
 * @param invalidated an invalidation newer than the response covers it: `fresh` and `stale` have ended, `offline` runs.
 * @see RFC 9111 §4.2, §4.2.4; RFC 5861 §3, §4
 */
export function standing(row: Aged, rule: Windows, invalidated: boolean, now: EpochMs): Standing {
  const directives = directivesOf(row)
  const lifetime = freshnessLifetime(row)
  const byRule = row.status < 400
  const age = currentAge(row, now)
  const elapsed = secondsBetween(row.receivedAtMs, now)

  const resolve = (window: Window, http: Seconds | 'invalid' | undefined): number =>
    window === 'http' || !byRule ? (typeof http === 'number' ? http : 0) : window
  // One ruler for both: what is left of `fresh`, whichever clock it runs on.
  const httpTtl = lifetime.seconds - age
  const byHttp = rule.fresh === 'http' || !byRule
  let ttl = byHttp ? httpTtl : rule.fresh - elapsed
  let stale = resolve(rule.stale, directives.staleWhileRevalidate)
  let offline = resolve(rule.offline, directives.staleIfError)
  let basis: string = byHttp ? lifetime.basis : 'rule'

  const strict = (rule.trust === 'http' || !byRule) && (directives.noCache || directives.mustRevalidate)
  if (strict) {
    stale = offline = 0
    if (directives.noCache) {
      ttl = Math.min(ttl, 0)
      basis = 'no-cache'
    } else if (httpTtl < ttl) {
      ttl = httpTtl
      basis = 'must-revalidate'
    }
  }
  const staleness = -ttl
  const { staleIfError } = directives
  const forgiving = !strict && typeof staleIfError === 'number' && staleness <= staleIfError
  const at = (state: Standing['state'], why: string): Standing => ({
    state,
    ttl: seconds(ttl),
    age,
    why,
    strict,
    forgiving,
  })
  const ended = offline > 0 && staleness < offline ? 'offline' : 'gone'
  if (invalidated) return at(ended, 'invalidated')
  // A clock set back makes every age a guess: the origin is asked.
  if (now < row.receivedAtMs) return at(ended, 'clock-set-back')
  if (ttl > 0) return at('fresh', basis)
  return at(staleness < stale ? 'stale' : ended, basis)
}

/** So long after the origin's last word a validator may still spare a transfer, though every window has ended. */
const KEPT_FOR_VALIDATION_S = 86_400

/**
 * Whether a stored response is of no more use: every window has ended, and it has not been asked about for a day.
 *
 * @param heardAtMs when the origin was last heard at all. Not now: a clock set forward by mistake must cost nothing that
 *   is right once it is set back.
 */
export const isExpired = (row: Aged, rule: Windows, invalidated: boolean, heardAtMs: EpochMs): boolean =>
  standing(row, rule, invalidated, heardAtMs).state === 'gone' &&
  secondsBetween(row.receivedAtMs, heardAtMs) > KEPT_FOR_VALIDATION_S
