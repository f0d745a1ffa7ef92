import { parseCacheControl } from './cache-control.ts'
import { type RequestHead, type ResponseHead } from './head.ts'
import { varyNames } from './vary.ts'

/**
 * Cacheable without explicit freshness (RFC 9110 §15.1), errors left out: see `notStorable`. 206 only in a unit that is
 * not bytes: see `isWhole`.
 */
const HEURISTICALLY_CACHEABLE = new Set([200, 203, 204, 206, 300, 301, 308])

/** Never, whatever their fields say: 304 is no representation, 428 and 429 forbid it (RFC 6585 §3, §4). */
const NEVER_STORED = new Set([304, 428, 429])

/** Why an answer may not be stored; undefined when it may. */
export type NotStorable =
  | 'method'
  | 'opaque'
  | 'redirected'
  | 'status'
  | 'partial'
  | 'request-no-store'
  | 'no-store'
  | 'vary'
  | 'stream'
  | 'no-freshness'

/**
 * Whether a private cache may store an answer, and if not, why.
 *
 * A rule stands for "a cache extension that allows it" and gives successful answers their freshness, so for those no
 * field of their own is needed; an error status must state its freshness itself.
 * `no-store` is obeyed whatever a rule trusts (I5).
 *
 * @see RFC 9111 §3
 */
export function notStorable(request: RequestHead, response: ResponseHead): NotStorable | undefined {
  const { status, fields } = response
  const directives = parseCacheControl(fields.get('cache-control'))
  if (request.method !== 'GET') return 'method'
  if (response.opaque) return 'opaque'
  if (response.redirected) return 'redirected'
  if (status < 200 || NEVER_STORED.has(status)) return 'status'
  if (status === 206 && !isWhole(fields.get('content-range'))) return 'partial'
  if (request.cache === 'no-store' || parseCacheControl(request.fields.get('cache-control')).noStore) {
    return 'request-no-store'
  }
  if (directives.noStore) return 'no-store'
  if (varyNames(fields) === 'unknowable') return 'vary'
  if (/^(text\/event-stream|multipart\/x-mixed-replace)/i.test(fields.get('content-type') ?? '')) return 'stream'
  const stated = directives.maxAge !== undefined || fields.has('expires')
  if (
    status < 400 ? stated || HEURISTICALLY_CACHEABLE.has(status) || directives.public || directives.private : stated
  ) {
    return undefined
  }
  return 'no-freshness'
}

/** A page of a list in a unit of the application's own is an answer of its own, not a part of another. */
const isWhole = (contentRange: string | undefined): boolean =>
  contentRange !== undefined && !/^bytes/i.test(contentRange)
