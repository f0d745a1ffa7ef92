import { type Controlled, deltaSeconds, directivesOf } from './cache-control.ts'
import { type Fields, isAway } from './head.ts'
import { parseHttpDate } from './http-date.ts'
import { type EpochMs, type Seconds, seconds, secondsBetween } from './units.ts'

/** What the age calculation needs of a response: its fields, and the time of the exchange by our own clock. */
export interface Exchange extends Controlled {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

export interface Lifetime {
  readonly basis: 'max-age' | 'expires' | 'heuristic' | 'none'
  readonly seconds: Seconds
}

/** The longest lifetime that is guessed: RFC 7234 §5.5.4 wanted a warning on answers that are fresh by a guess for longer. */
const MAX_GUESSED_S = 86_400

/**
 * How long a response stays fresh, counted from its generation at the origin: compare with `currentAge`.
 *
 * A worker is a private cache, so `s-maxage` is ignored. A field that is present but invalid gives 0. Only an absent
 * field leads to the next rule. Without a heuristic of its rule an answer without a lifetime is stored and validated at
 * each use (docs/decisions/0003-no-heuristic-freshness.md, 0023-a-heuristic-is-asked-for-and-ends-after-a-day.md).
 *
 * @param heuristic the part of the time between `Last-Modified` and the generation that counts as fresh. Default: none.
 * @see RFC 9111 §4.2.1 (precedence), §4.2.2 (heuristic), §5.3 (`Expires: 0`)
 */
export function freshnessLifetime(response: Exchange, heuristic = 0): Lifetime {
  const { fields, targeted, receivedAtMs } = response
  const { maxAge } = directivesOf(response)
  if (maxAge !== undefined) return { basis: 'max-age', seconds: maxAge === 'invalid' ? seconds(0) : maxAge }
  const none = { basis: 'none', seconds: seconds(0) } as const
  if (targeted !== undefined) return none
  const expires = fields.get('expires')
  const generated = generatedAt(fields, receivedAtMs)
  const instant = parseHttpDate(expires ?? fields.get('last-modified') ?? '', receivedAtMs)
  if (expires !== undefined) {
    return { basis: 'expires', seconds: instant === 'invalid' ? seconds(0) : secondsBetween(generated, instant) }
  }
  if (heuristic === 0 || instant === 'invalid') return none
  const guessed = heuristic * secondsBetween(instant, generated)
  return { basis: 'heuristic', seconds: seconds(Math.min(guessed, MAX_GUESSED_S)) }
}

/** Errors that are cacheable without explicit freshness (RFC 9110 §15.1). */
const CACHEABLE_ERRORS = new Set([404, 405, 410, 414, 501])

/**
 * Whether the heuristic of a rule is for a response of this status. Of errors it is for those that are cacheable by default
 * and for those with `public`. An error that a gateway made says nothing about the resource.
 *
 * @see RFC 9111 §4.2.2
 */
export const mayGuess = (response: Controlled & { readonly status: number }): boolean =>
  response.status < 400 ||
  CACHEABLE_ERRORS.has(response.status) ||
  (directivesOf(response).public && !isAway(response.status))

/**
 * Seconds since the origin made or last confirmed the response.
 *
 * The larger of the ages by `Date` and by `Age`. The browser's cache below the worker does not write `Age`, so only
 * `Date` shows how long that cache kept an answer. Never negative.
 *
 * @see RFC 9111 §4.2.3
 */
export function currentAge({ fields, requestedAtMs, receivedAtMs }: Exchange, now: EpochMs): Seconds {
  const apparentAge = secondsBetween(generatedAt(fields, receivedAtMs), receivedAtMs)
  const correctedAge = ageField(fields) + secondsBetween(requestedAtMs, receivedAtMs)
  return seconds(Math.max(apparentAge, correctedAge) + secondsBetween(receivedAtMs, now))
}

/** The first member of `Age`; 0 unless it is a non-negative integer (RFC 9111 §5.1). */
function ageField(fields: Fields): number {
  const age = deltaSeconds(fields.get('age')?.split(',')[0]?.trim() ?? '')
  return age === 'invalid' ? 0 : age
}

/** The origin's `Date`; the time of receipt when `Date` is absent or invalid (RFC 9110 §6.6.1). */
function generatedAt(fields: Fields, receivedAtMs: EpochMs): EpochMs {
  const date = parseHttpDate(fields.get('date') ?? '', receivedAtMs)
  return date === 'invalid' ? receivedAtMs : date
}
