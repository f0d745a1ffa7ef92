import type { Forward } from './plan.ts'
import type { Seconds } from './units.ts'

/** The name under which the layer appears in `Cache-Status`. */
const CACHE_NAME = 'Freshlayer'

export type CacheStatus =
  | { readonly kind: 'hit'; readonly ttl: Seconds; readonly detail?: string | undefined }
  | {
      readonly kind: 'forward'
      readonly fwd: Forward
      readonly status?: number | undefined
      readonly stored?: boolean
      readonly collapsed?: boolean
      readonly detail?: string | undefined
    }

/**
 * The `Cache-Status` field of an answer: the origin's own members first, ours last, nearest the user. A `detail` must be
 * a token, and so begin with a letter.
 *
 * @see RFC 9211 §2
 */
export function cacheStatus(status: CacheStatus, origins: string | undefined): string {
  const parameters =
    status.kind === 'hit'
      ? ['hit', `ttl=${integer(status.ttl)}`]
      : [
          `fwd=${status.fwd}`,
          ...(status.status === undefined ? [] : [`fwd-status=${status.status}`]),
          ...(status.stored === true ? ['stored'] : []),
          ...(status.collapsed === true ? ['collapsed'] : []),
        ]
  if (status.detail !== undefined) parameters.push(`detail=${status.detail}`)
  const ours = [CACHE_NAME, ...parameters].join('; ')
  return origins === undefined || origins === '' ? ours : `${origins}, ${ours}`
}

/** Structured-field integers have at most 15 digits; 'forever' is as long as a delta-seconds can say. */
const integer = (seconds: Seconds): number => Math.max(-2_147_483_648, Math.min(2_147_483_648, Math.floor(seconds)))
