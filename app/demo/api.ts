import { authorization, refreshAfterRefusal } from './bearer-token.ts'
import { problemError } from './api-error.ts'

/** Options of a write. */
interface SendOptions {
  /** The entity tag the caller last read; the server answers 412 when the item has changed since. */
  readonly ifMatch?: string | null
}

/** A body together with its entity tag, for forms that guard their write with `If-Match`. */
export interface Tagged<T> {
  readonly body: T
  readonly etag: string | null
}

/**
 * The JSON at `path`. Rejects with an `ApiError` if the server refuses, or with the browser's error without an answer.
 */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal === undefined ? {} : { signal })
  return response.json()
}

/** The JSON at `path` and its `ETag`; null when the answer carries none. */
export async function getTagged<T>(path: string, init: Pick<RequestInit, 'cache' | 'signal'>): Promise<Tagged<T>> {
  const response = await send(path, init)
  return { body: await response.json(), etag: response.headers.get('etag') }
}

/** Sends `body` as JSON and gives back the JSON of the answer. */
export async function sendJson<T>(
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: unknown,
  options: SendOptions = {},
): Promise<T> {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (typeof options.ifMatch === 'string') headers.set('if-match', options.ifMatch)
  const response = await send(path, { method, headers, body: JSON.stringify(body) })
  return response.json()
}

/** Deletes the resource at `path`. */
export async function deleteAt(path: string): Promise<void> {
  await send(path, { method: 'DELETE' })
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const first = await fetch(path, await authorized(init))
  // A token can expire between the client's check and the server's: the client refreshes it once and tries again.
  const response =
    first.status === 401 && (await refreshAfterRefusal()) ? await fetch(path, await authorized(init)) : first
  if (response.ok) return response
  throw problemError(response.status, response.headers.get('content-type'), await response.text())
}

async function authorized(init: RequestInit): Promise<RequestInit> {
  const value = await authorization()
  const headers = new Headers(init.headers)
  headers.set('accept', 'application/json')
  if (value !== undefined) headers.set('authorization', value)
  return { ...init, headers }
}
