import { problemError, UnreachableError } from './api-error.ts'
import { authorization, refreshAfterRefusal } from './bearer-token.ts'
import { standInReason } from './cache-status.ts'

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

/** How to read. `cache: 'no-cache'` has the origin asked; an answer that a cache gives instead of the origin's counts as none. */
type ReadOptions = Pick<RequestInit, 'cache' | 'signal'>

/**
 * The JSON at `path`.
 *
 * @throws ApiError if the server refuses, UnreachableError if it does not answer.
 */
export async function getJson<T>(path: string, options: ReadOptions = {}): Promise<T> {
  return (await getTagged<T>(path, options)).body
}

/** The JSON at `path` and its `ETag`; null when the answer carries none. */
export async function getTagged<T>(path: string, options: ReadOptions): Promise<Tagged<T>> {
  const response = await sendRead(path, options)
  return { body: await readJson<T>(response), etag: response.headers.get('etag') }
}

/** As `send`, for a read that is made by a hook: an answer that a cache gives instead of the origin's counts as none. */
export async function sendRead(path: string, init: ReadOptions): Promise<Response> {
  const response = await send(path, init)
  const standIn = init.cache === 'no-cache' ? standInReason(response.headers.get('cache-status')) : undefined
  if (standIn !== undefined) throw new UnreachableError(standIn)
  return response
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
  return readJson(await send(path, { method, headers, body: JSON.stringify(body) }))
}

/** Deletes the resource at `path`. */
export async function deleteAt(path: string): Promise<void> {
  await send(path, { method: 'DELETE' })
}

/**
 * The answer at `path`, asked for as the signed-in user.
 *
 * @throws ApiError if the server refuses, UnreachableError if it does not answer.
 */
export async function send(path: string, init: RequestInit): Promise<Response> {
  const first = await request(path, init)
  // A token can expire between the client's check and the server's: the client refreshes it once and tries again.
  const response = first.status === 401 && (await refreshAfterRefusal()) ? await request(path, init) : first
  if (response.ok) return response
  throw problemError(response.status, response.headers.get('content-type'), await readText(response))
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const complete = await authorized(init)
  return fetch(path, complete).catch(throwUnreachable)
}

async function readJson<T>(response: Response): Promise<T> {
  const text = await readText(response)
  try {
    return JSON.parse(text) as T
  } catch {
    throw problemError(response.status, null, text)
  }
}

/** A connection can break in the middle of a body too. */
const readText = (response: Response): Promise<string> => response.text().catch(throwUnreachable)

/** The browser's own message for a failed request is not meant for a user, and differs between browsers. */
function throwUnreachable(error: unknown): never {
  if (error instanceof TypeError) throw new UnreachableError('offline', { cause: error })
  throw error
}

async function authorized(init: RequestInit): Promise<RequestInit> {
  const value = await authorization()
  const headers = new Headers(init.headers)
  headers.set('accept', 'application/json')
  if (value !== undefined) headers.set('authorization', value)
  return { ...init, headers }
}
