import { directivesOf } from './cache-control.ts'
import { currentAge, type Exchange, freshnessLifetime, mayGuess } from './freshness.ts'
import { type EpochMs, type Seconds, seconds, secondsBetween } from './units.ts'

/** A window of a rule: a duration, or 'http' for the duration in the response's own fields. */
export type Window = Seconds | 'http'

/** The part of a rule that places a response on its timeline. */
export interface Windows {
  readonly fresh: Window
  readonly stale: Window
  readonly offline: Window
  /**
   * 'rule': the response's fields bind the windows that are 'http', and no duration. 'http': they bind the durations as
   * well. `no-store` is obeyed in any case.
   */
  readonly trust: 'http' | 'rule'
  /** See `freshnessLifetime`. Absent: nothing is guessed. */
  readonly heuristic?: number | undefined
  /** A cookie may change answers within one user's session: such an answer is validated before each use. Absent: no. */
  readonly cookieVariants?: boolean | undefined
}

/** Whether a rule guesses how long an answer is fresh that does not say so. */
export const guesses = ({ fresh, heuristic = 0 }: Windows): boolean => fresh === 'http' && heuristic > 0

/** What the timeline needs of a stored response. */
export interface Aged extends Exchange {
  readonly status: number
}

/** The state of a stored response: served, served and validated, served only when the origin is away, or gone. */
export interface Standing {
  readonly state: 'fresh' | 'stale' | 'offline' | 'gone'
  /** Seconds of freshness left; negative once stale. */
  readonly ttl: Seconds
  readonly age: Seconds
  readonly why: string
  /** The response forbids unvalidated use after `fresh` has ended, and no duration of the rule overrides that. */
  readonly strict: boolean
  /** The response's own `stale-if-error` has not ended: it may also replace an error of the origin (RFC 5861 §4). */
  readonly forgiving: boolean
}

/**
 * Places a stored response on the timeline `fresh → stale → offline → gone` at a given time.
 *
 * `stale` and `offline` both count from the end of `fresh`, as in RFC 5861. A window of the rule counts from the last
 * receipt. An 'http' window counts from the time when the origin made the answer, by `Age` and `Date`. `no-cache` and
 * `must-revalidate` bind the windows that are 'http' (docs/decisions/0021-a-duration-is-the-developers-word.md). Errors
 * follow HTTP only: a rule's five minutes for products are not meant for a 404.
 *
 * @param lostAtMs when the connection was lost last, which is back by now: what was received before is not fresh any more.
 *   Default: it was never lost.
 * @param invalidated an invalidation newer than the response covers it: `fresh` and `stale` have ended, `offline` runs.
 * @see RFC 9111 §4.2, §4.2.4; RFC 5861 §3, §4
 */
export function standing(
  row: Aged,
  rule: Windows,
  invalidated: boolean,
  now: EpochMs,
  lostAtMs: number = -Infinity,
): Standing {
  const directives = directivesOf(row)
  const byRule = row.status < 400
  // A guess is no word of the response, so it bounds no duration.
  const lifetime = freshnessLifetime(row, guesses(rule) && mayGuess(row) ? rule.heuristic : 0)
  const age = currentAge(row, now)
  const elapsed = secondsBetween(row.receivedAtMs, now)

  const resolve = (window: Window, http: Seconds | 'invalid' | undefined): number =>
    window === 'http' || !byRule ? (typeof http === 'number' ? http : 0) : window
  // `ttl` is the rest of `fresh`, by HTTP or by the rule. Both other windows count from its end.
  const httpTtl = lifetime.seconds - age
  const byHttp = rule.fresh === 'http' || !byRule
  let ttl = byHttp ? httpTtl : rule.fresh - elapsed
  let stale = resolve(rule.stale, directives.staleWhileRevalidate)
  let offline = resolve(rule.offline, directives.staleIfError)
  let basis: string = byHttp ? lifetime.basis : 'rule'

  const { noCache, mustRevalidate } = directives
  const isBound = (window: Window): boolean => window === 'http' || rule.trust === 'http' || !byRule
  const strict = (noCache || mustRevalidate) && isBound(rule.stale)
  if (strict) stale = 0
  if ((noCache || mustRevalidate) && isBound(rule.offline)) offline = 0
  if (isBound(rule.fresh)) {
    if (noCache) {
      ttl = Math.min(ttl, 0)
      basis = 'no-cache'
    } else if (httpTtl < ttl && (mustRevalidate || lifetime.basis !== 'none')) {
      ttl = httpTtl
      basis = mustRevalidate ? 'must-revalidate' : lifetime.basis
    }
  }
  // One of the future was told by a clock that was set back since.
  if (ttl > 0 && row.receivedAtMs < lostAtMs && lostAtMs <= now) {
    ttl = 0
    basis = 'connection-lost'
  }
  const staleness = 0 - ttl
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
  // The clock was set back, so no age is known: the origin is asked.
  if (now < row.receivedAtMs) return at(ended, 'clock-set-back')
  if (ttl > 0) return at('fresh', basis)
  return at(staleness < stale ? 'stale' : ended, basis)
}

/** After every window has ended, a row is kept this long since its receipt: its validator may still save a transfer. */
const KEPT_FOR_VALIDATION_S = 86_400

/**
 * Whether a stored response can be deleted: every window has ended, and it was received more than a day ago.
 *
 * @param heardAtMs when any answer of the origin last arrived. Not the current time: a clock set forward by mistake
 *   must not delete responses that are valid again once it is corrected.
 */
export const isExpired = (row: Aged, rule: Windows, invalidated: boolean, heardAtMs: EpochMs): boolean =>
  standing(row, rule, invalidated, heardAtMs).state === 'gone' &&
  secondsBetween(row.receivedAtMs, heardAtMs) > KEPT_FOR_VALIDATION_S
