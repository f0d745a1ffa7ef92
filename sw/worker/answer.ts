import { cacheStatus, type CacheStatus } from '../core/cache-status.ts'
import type { Row } from '../core/row.ts'
import type { Seconds } from '../core/units.ts'

/** What `new Response` takes for a body. */
export type BodyBytes = ArrayBuffer | ReadableStream<Uint8Array>

/** A stored response as the page gets it: its fields, its `Age`, and how it came about. */
export function storedAnswer(row: Row, body: BodyBytes | undefined, age: Seconds, status: CacheStatus): Response {
  const headers = new Headers([...row.fields])
  headers.set('age', String(Math.floor(age)))
  return said(row, headers, body as BodyInit | undefined, status)
}

/**
 * A response as the page gets it: the same, streaming, with a word on how it came about. Redirected and opaque ones are
 * handed over untouched: a copy would lose their URL (I7).
 */
export const withStatus = (response: Response, status: CacheStatus): Response =>
  response.redirected || response.status === 0
    ? response
    : said(response, new Headers(response.headers), response.body, status)

/**
 * The page asked for a stored response or nothing (RFC 9111 §5.2.1.7). Made here and from nothing stored, so it carries
 * no `Cache-Status` (RFC 9211 §2).
 */
export const gatewayTimeout = (): Response => new Response(null, { status: 504, statusText: 'Gateway Timeout' })

function said(
  { status, statusText }: Pick<Response, 'status' | 'statusText'>,
  headers: Headers,
  body: BodyInit | null | undefined,
  how: CacheStatus,
): Response {
  headers.set('cache-status', cacheStatus(how, headers.get('cache-status')))
  // Statuses with which `new Response` refuses any body, even an empty one (Fetch, "null body status").
  return new Response([204, 205, 304].includes(status) ? null : (body ?? null), { status, statusText, headers })
}
