import { cacheStatus, type CacheStatus } from '../../core/cache-status.ts'
import { isKnown } from '../../core/conditional.ts'
import type { RequestHead } from '../../core/head.ts'
import type { Row } from '../../core/row.ts'
import type { Seconds } from '../../core/units.ts'
import type { StoredBody } from '../store/bodies.ts'

/**
 * A stored response as the page gets it: its fields, its `Age`, how it came about, and its body (none by HEAD or where the
 * page has it already).
 */
export function storedAnswer(
  head: RequestHead,
  row: Row,
  body: StoredBody | undefined,
  age: Seconds,
  how: CacheStatus,
): Response {
  const headers = headersOf(row, age)
  return isKnown(head, row)
    ? withCacheStatus({ status: 304, statusText: 'Not Modified' }, headers, null, how)
    : withCacheStatus(row, headers, head.method === 'HEAD' ? null : body, how)
}

export function headersOf({ fields }: Row, age: Seconds): Headers {
  const headers = new Headers([...fields])
  headers.set('age', String(Math.floor(age)))
  return headers
}

/**
 * A response as the page gets it: the same, streaming, with a word on how it came about. Redirected and opaque ones are
 * handed over untouched: a copy would lose their URL (I7). So are those with a status that no copy can have.
 */
export const forwardedAnswer = (response: Response, how: CacheStatus): Response =>
  response.redirected || response.status < 200 || response.status > 599
    ? response
    : withCacheStatus(response, new Headers(response.headers), response.body, how)

/**
 * Nothing that the page may have (RFC 9111 §5.2.1.7, §5.2.2.2). Made here and from nothing stored, so it carries no
 * `Cache-Status` (RFC 9211 §2).
 */
export const gatewayTimeout = (): Response => new Response(null, { status: 504, statusText: 'Gateway Timeout' })

/** A response that says how it came about. */
export function withCacheStatus(
  { status, statusText }: Pick<Response, 'status' | 'statusText'>,
  headers: Headers,
  body: BodyInit | null | undefined,
  how: CacheStatus,
): Response {
  headers.set('cache-status', cacheStatus(how, headers.get('cache-status')))
  // Statuses with which `new Response` refuses any body, even an empty one (Fetch, "null body status").
  return new Response([204, 205, 304].includes(status) ? null : (body ?? null), { status, statusText, headers })
}
