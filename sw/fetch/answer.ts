import { cacheStatus, type CacheStatus } from '../core/cache-status.ts'
import { isKnown } from '../core/conditional.ts'
import type { RequestHead } from '../core/head.ts'
import type { Row } from '../core/row.ts'
import type { Seconds } from '../core/units.ts'

/**
 * A stored response as the page gets it: its fields, its `Age`, its length, how it came about, and its body (none by HEAD or
 * where the page has it already).
 */
export function storedAnswer(
  head: RequestHead,
  row: Row,
  body: ArrayBuffer | Blob | undefined,
  age: Seconds,
  how: CacheStatus,
): Response {
  return isKnown(head, row)
    ? withCacheStatus({ status: 304, statusText: 'Not Modified' }, headersOf(row, age), null, how)
    : withCacheStatus(row, headersOf(row, age, row.size), head.method === 'HEAD' ? null : body, how)
}

/** @param length in bytes, of the body that is handed over. Default: no length is said, as in an answer without content. */
export function headersOf({ fields, status }: Row, age: Seconds, length?: number): Headers {
  const headers = new Headers([...fields])
  headers.set('age', String(Math.floor(age)))
  // A 204 has no content, so it may not say a length (RFC 9110 §8.6).
  if (length !== undefined && status !== 204) headers.set('content-length', String(length))
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
 * Nothing that the page may have (RFC 9111 §5.2.1.7, §5.2.2.2). Its body says why, as JSON for apps that parse whatever
 * comes (RFC 9457). Made here and from nothing stored, so it carries no `Cache-Status` (RFC 9211 §2).
 *
 * @param detail one sentence, for a developer.
 */
export const gatewayTimeout = (detail: string): Response => {
  const [status, title] = [504, 'Gateway Timeout']
  const headers = { 'content-type': 'application/problem+json' }
  return new Response(JSON.stringify({ title, status, detail }), { status, statusText: title, headers })
}

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
