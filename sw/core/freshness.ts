import { type Controlled, deltaSeconds, directivesOf } from './cache-control.ts'
import type { Fields } from './head.ts'
import { parseHttpDate } from './http-date.ts'
import { type EpochMs, type Seconds, seconds, secondsBetween } from './units.ts'

/** What the age calculation needs of a response: its fields, and the time of the exchange by our own clock. */
export interface Exchange extends Controlled {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

export interface Lifetime {
  readonly basis: 'max-age' | 'expires' | 'none'
  readonly seconds: Seconds
}

/**
 * How long a response stays fresh, counted from its generation at the origin: compare with `currentAge`.
 *
 * A worker is a private cache, so `s-maxage` is ignored. A field that is present but invalid gives 0. Only an absent
 * field leads to the next rule. There is no heuristic: an answer without a lifetime is stored and validated at each use
 * (docs/decisions/0003-no-heuristic-freshness.md).
 *
 * @see RFC 9111 §4.2.1 (precedence), §5.3 (`Expires: 0`)
 */
export function freshnessLifetime(response: Exchange): Lifetime {
  const { fields, targeted, receivedAtMs } = response
  const { maxAge } = directivesOf(response)
  if (maxAge !== undefined) return { basis: 'max-age', seconds: maxAge === 'invalid' ? seconds(0) : maxAge }
  const expires = fields.get('expires')
  if (expires === undefined || targeted !== undefined) return { basis: 'none', seconds: seconds(0) }
  const instant = parseHttpDate(expires, receivedAtMs)
  return {
    basis: 'expires',
    seconds: instant === 'invalid' ? seconds(0) : secondsBetween(generatedAt(fields, receivedAtMs), instant),
  }
}

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
