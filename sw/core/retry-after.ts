import { parseHttpDate } from './http-date.ts'
import type { EpochMs } from './units.ts'

/** The longest wait that an origin can ask for. A wrong clock at the origin must not stop the app for longer. */
const MAX_REST_MS = 3_600_000

/**
 * The milliseconds that the origin asks the client to wait, by `Retry-After` as seconds or a date. 0 when the field is
 * absent, invalid or in the past. At most an hour.
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
 * The milliseconds to wait by a `RateLimit` field: the time until a used-up quota is reset. At most an hour.
 *
 * @param list the parameters of each member, from the structured-fields parser; undefined when parsing failed.
 * @see draft-ietf-httpapi-ratelimit-headers §4
 */
export function rateLimitMs(list: readonly ReadonlyMap<string, unknown>[] | undefined): number {
  const seconds = (list ?? []).flatMap((member) => {
    const [remaining, reset] = [member.get('r'), member.get('t')]
    return remaining === 0 && typeof reset === 'number' && reset > 0 ? [reset] : []
  })
  return Math.min(Math.max(0, ...seconds) * 1000, MAX_REST_MS)
}
