import { parseCacheControl } from '../../sw/core/cache-control.ts'
import { DICTIONARY_FIELD } from '../../sw/core/dictionary.ts'
import { listed } from '../../sw/core/head.ts'
import { TARGETED_FIELD } from '../../sw/core/targeted.ts'

/** What an answer is coded by may differ by these fields of the request. */
const VARIES_BY = ['Accept-Encoding', 'Available-Dictionary', DICTIONARY_FIELD]

/** The fields of the answer, and that its coding differs by request. */
export function varied(given: Headers): Headers {
  const headers = new Headers(given)
  const names = listed(headers.get('vary')?.toLowerCase())
  if (names.includes('*')) return headers
  for (const name of VARIES_BY) if (!names.includes(name.toLowerCase())) headers.append('vary', name)
  return headers
}

/**
 * The fields of an answer that was coded. Its `ETag` becomes weak: a strong one stands for the bytes that are sent, and they
 * differ by coding (RFC 9110 §8.8.3.3). Digests of the bytes and ranges of them are left out for the same reason.
 *
 * @param coding 'identity': the body is as it was.
 */
export function coded(headers: Headers, coding: string, length: number): void {
  headers.set('content-length', String(length))
  if (coding === 'identity') return
  headers.set('content-encoding', coding)
  const etag = headers.get('etag')
  if (etag?.startsWith('"')) headers.set('etag', `W/${etag}`)
  for (const name of ['accept-ranges', 'content-digest', 'repr-digest', 'content-md5']) headers.delete(name)
}

/**
 * Has the browser keep the answer as a dictionary. It keeps one for as long as the answer is fresh or may be used stale, so
 * that is what `Cache-Control` says now. The layer never lets the browser's own cache have these answers, and reads what
 * the backend said itself from `Freshlayer-Cache-Control`.
 *
 * @param pattern of the URLs whose answers it is a dictionary for: a URL pattern without groups.
 * @param lifetime unit: seconds.
 * @see RFC 9842 §2.1
 */
export function usedAsDictionary(headers: Headers, pattern: string, lifetime: number): void {
  if (!headers.has(TARGETED_FIELD)) headers.set(TARGETED_FIELD, saidOfFreshness(headers))
  headers.set('cache-control', `private, max-age=0, stale-while-revalidate=${lifetime}`)
  headers.set('use-as-dictionary', `match="${pattern.replace(/["\\]/g, '\\$&')}"`)
}

/** `Cache-Control` and `Expires` as a structured field: what cannot be read there would be ignored as a whole. */
function saidOfFreshness(headers: Headers): string {
  const said = parseCacheControl(headers.get('cache-control') ?? undefined)
  const { maxAge = lifetimeByExpires(headers), staleWhileRevalidate, staleIfError } = said
  const seconds = (name: string, value: number | 'invalid' | undefined): string[] =>
    value === undefined ? [] : [`${name}=${value === 'invalid' ? 0 : value}`]
  return [
    said.public ? 'public' : 'private',
    ...(said.noCache ? ['no-cache'] : []),
    ...(said.mustRevalidate ? ['must-revalidate'] : []),
    ...(said.immutable ? ['immutable'] : []),
    ...seconds('max-age', maxAge),
    ...seconds('stale-while-revalidate', staleWhileRevalidate),
    ...seconds('stale-if-error', staleIfError),
  ].join(', ')
}

function lifetimeByExpires(headers: Headers): number | undefined {
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const seconds = (Date.parse(expires) - Date.parse(headers.get('date') ?? new Date().toUTCString())) / 1000
  return seconds > 0 ? Math.floor(seconds) : 0
}

/**
 * The pattern of one URL: the same path and query. A query that is absent stands for any, so that a whole list helps its
 * first page.
 */
export const patternOf = ({ pathname, search }: URL): string =>
  escaped(pathname) + (search === '' ? '' : `?${escaped(search.slice(1))}`)

/** Characters that mean something in a URL pattern. */
const escaped = (text: string): string => text.replace(/[\\*?:(){}+]/g, '\\$&')
