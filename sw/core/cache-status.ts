import type { Forward } from './plan.ts'
import type { Seconds } from './units.ts'

/** The name under which the layer appears in `Cache-Status`. */
const CACHE_NAME = 'Freshlayer'

/** How the cache produced an answer, in the terms of RFC 9211 §2. A `detail` is a token and begins with a letter. */
export type CacheStatus =
  | { readonly hit: true; readonly ttl?: Seconds; readonly detail?: string | undefined }
  | {
      readonly fwd: Forward
      readonly 'fwd-status'?: number | undefined
      readonly stored?: boolean
      readonly collapsed?: boolean
      readonly detail?: string | undefined
    }

/**
 * The `Cache-Status` field of an answer. The origin's members come first. Ours is last, because it is nearest the user.
 *
 * @see RFC 9211 §2
 */
export function cacheStatus(status: CacheStatus, origins: string | null | undefined): string {
  const parameters = Object.entries(status).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    return value === true ? [name] : [`${name}=${name === 'ttl' ? integer(Number(value)) : value}`]
  })
  return [...(origins ? [origins] : []), [CACHE_NAME, ...parameters].join('; ')].join(', ')
}

/** What stands in for the origin's answer: `offline`, `timeout` or `offline-before-write`. Undefined: the answer is none that does. */
export const standInOf = (field: string | null): string | undefined =>
  /Freshlayer; fwd=stale; (?:fwd-status=\d+; )?detail=(offline(?:-before-write)?|timeout)$/.exec(field ?? '')?.[1]

/** Structured-field integers have at most 15 digits, so `Infinity` is written as the largest delta-seconds. */
const integer = (seconds: number): number => Math.max(-2_147_483_648, Math.min(2_147_483_648, Math.floor(seconds)))
