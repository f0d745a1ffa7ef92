import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type Handler, named } from './handler.ts'

/** What the adapters need of a request: Express and others add to it. */
export interface NodeRequest extends IncomingMessage {
  /** The URL before a router has cut off the path at which it is mounted. */
  readonly originalUrl?: string
  /** What a body parser has read: then nothing is left in the stream. */
  readonly body?: unknown
}

/**
 * The handler for Express, Connect, and a server of `node:http`: `app.use('/sync', toNode(sync({ … })))`. It sees the whole
 * path, whatever the router has cut off. A body that `express.json()` has parsed is read from `request.body`. What the
 * handler throws goes to `next`, and without one it is a 500.
 */
export function toNode(
  handler: Handler,
): (request: NodeRequest, response: ServerResponse, next?: (error?: unknown) => void) => void {
  return (request, response, next) => {
    answer(handler, request, response, request).catch((error: unknown) => {
      if (next !== undefined && !response.headersSent) return next(error)
      console.error('freshlayer: a handler has failed', error)
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'cache-control': 'no-store' }).end()
    })
  }
}

/**
 * Answers one request.
 *
 * @param native what `nativeRequest` gives.
 * @param body what has been read of it. Default: `request.body`.
 */
export async function answer(
  handler: Handler,
  request: NodeRequest,
  response: ServerResponse,
  native: unknown,
  body: unknown = request.body,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await send(await handler(named(requestOf(request, body, gone.signal), native)), response)
}

function requestOf(request: NodeRequest, body: unknown, signal: AbortSignal): Request {
  const { method = 'GET', headers: given, originalUrl, url = '/' } = request
  const headers = new Headers()
  for (const [name, value] of Object.entries(given))
    // The pseudo-fields of HTTP/2 are no fields.
    if (!name.startsWith(':')) for (const each of [value ?? []].flat()) headers.append(name, each)
  const isSecure = 'encrypted' in request.socket && request.socket.encrypted === true
  const host = headers.get('host') ?? String(given[':authority'] ?? 'localhost')
  const path = originalUrl ?? url
  const href = URL.canParse(path) ? path : `${isSecure ? 'https' : 'http'}://${host}${path}`
  const init: RequestInit = { method, headers, signal }
  if (method === 'GET' || method === 'HEAD') return new Request(href, init)
  // Middleware that has parsed a body has unpacked it.
  if (body !== undefined && !isGzip(body)) headers.delete('content-encoding')
  // Node wants to hear that a body is not answered before it has come; the types of browsers do not know the word.
  const withBody: RequestInit & { readonly duplex: 'half' } = { ...init, body: bodyOf(request, body), duplex: 'half' }
  return new Request(href, withBody)
}

/** Bytes that middleware has read and not unpacked. @see RFC 1952 §2.3.1 */
const isGzip = (body: unknown): boolean => body instanceof Uint8Array && body[0] === 0x1f && body[1] === 0x8b

/** What has been parsed is written once more: its bytes are gone. */
function bodyOf(request: NodeRequest, body: unknown): NonNullable<RequestInit['body']> | null {
  if (!request.readableEnded && body === undefined) return Readable.toWeb(request) as ReadableStream<Uint8Array>
  if (body === undefined || body === null) return null
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body)
}

/** Writes an answer, an endless one too: it waits for the client, and ends with it. */
async function send({ status, statusText, headers, body }: Response, response: ServerResponse): Promise<void> {
  response.statusCode = status
  if (statusText !== '') response.statusMessage = statusText
  for (const [name, value] of headers) if (name !== 'set-cookie') response.setHeader(name, value)
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  if (body === null) return void response.end()
  response.flushHeaders()
  const reading = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
  reading.pipe(response)
  reading.once('error', (error) => response.destroy(error))
  response.once('close', () => reading.destroy())
  // The client has gone: that is no failure of the handler.
  await finished(response).catch(() => undefined)
}
