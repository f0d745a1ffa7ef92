import { cacheStatus, type CacheStatus } from '../core/cache-status.ts'
import type { Row } from '../core/row.ts'
import type { Seconds } from '../core/units.ts'

/** What `new Response` takes for a body. */
export type BodyBytes = ArrayBuffer | ReadableStream<Uint8Array>

/** Statuses with which `new Response` refuses any body, even an empty one (Fetch, "null body status"). */
const isBodiless = (status: number): boolean => status === 204 || status === 205 || status === 304

/** A stored response as the page gets it: its fields, its `Age`, and how it came about. */
export function storedAnswer(row: Row, body: BodyBytes, age: Seconds, status: CacheStatus): Response {
  const headers = new Headers([...row.fields])
  headers.set('age', String(Math.floor(age)))
  headers.set('cache-status', cacheStatus(status, row.fields.get('cache-status')))
  return new Response(isBodiless(row.status) ? null : (body as BodyInit), {
    status: row.status,
    statusText: row.statusText,
    headers,
  })
}

/**
 * The network's response as the page gets it: the same, streaming, with a word on why it was asked for. Redirected and
 * opaque ones are handed over untouched: a copy would lose their URL (I7).
 */
export function forwardedAnswer(response: Response, status: CacheStatus): Response {
  if (response.redirected || response.status === 0) return response
  const headers = new Headers(response.headers)
  headers.set('cache-status', cacheStatus(status, response.headers.get('cache-status') ?? undefined))
  const { status: code, statusText } = response
  return new Response(isBodiless(code) ? null : response.body, { status: code, statusText, headers })
}

/** The page asked for a stored response or nothing (RFC 9111 §5.2.1.7). */
export const gatewayTimeout = (): Response => new Response(null, { status: 504, statusText: 'Gateway Timeout' })
