import { parseHttpDate } from './http-date.ts'
import type { EpochMs } from './units.ts'

/** No origin is left alone for longer on its own word: a broken clock there must not silence an app here. */
const MAX_REST_MS = 3_600_000

/**
 * For how long, in milliseconds, an answer asks not to be asked again: `Retry-After` as seconds or a date; 0 when it is
 * absent, unreadable or past. At most an hour.
 *
 * @see RFC 9110 §10.2.3
 */
export function retryAfterMs(field: string | undefined, now: EpochMs): number {
  if (field === undefined) return 0
  if (/^\d+$/.test(field.trim())) return Math.min(Number(field) * 1000, MAX_REST_MS)
  const at = parseHttpDate(field, now)
  return at === 'invalid' ? 0 : Math.min(Math.max(0, at - now), MAX_REST_MS)
}

/**
 * The same by a `RateLimit` field: the time until the quota is full again, where nothing remains of one.
 *
 * @param list the parameters of each member, as a structured-fields parser gives them; undefined when it could read none.
 * @see draft-ietf-httpapi-ratelimit-headers §4
 */
export function rateLimitMs(list: readonly ReadonlyMap<string, unknown>[] | undefined): number {
  const seconds = (list ?? []).flatMap((member) => {
    const [remaining, reset] = [member.get('r'), member.get('t')]
    return remaining === 0 && typeof reset === 'number' && reset > 0 ? [reset] : []
  })
  return Math.min(Math.max(0, ...seconds) * 1000, MAX_REST_MS)
}
