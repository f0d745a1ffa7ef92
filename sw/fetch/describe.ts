import type { Fields, RequestHead, ResponseHead } from '../core/head.ts'
import { isOfToken } from '../core/key.ts'

export const fieldsOf = (headers: Headers): Fields => new Map(headers)

const LANGUAGE = 'accept-language'

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-range']

/**
 * The fields of a request. The browser adds `Accept-Language` behind the worker: the languages that the user prefers stand
 * for it.
 */
export function requestFields({ headers }: Request): Fields {
  const fields = new Map(headers)
  if (!fields.has(LANGUAGE)) fields.set(LANGUAGE, String(navigator.languages))
  return fields
}

/**
 * A request as the core sees it; the URL is the key's, already normalised. Chromium gives a request with conditions of the
 * page's own the cache mode `no-cache`, which the page did not ask for (docs/discoveries/own-conditions.md). A request with
 * `integrity` wants certain bytes, and the origin knows whether the stored ones still are the newest.
 *
 * @param fields with digests in place of secrets, where they are to be written down. Default: as the page sent them.
 */
export const describeRequest = (
  request: Request,
  url: string,
  partition: string,
  fields = requestFields(request),
): RequestHead => ({
  method: request.method,
  url,
  fields,
  cache: cacheOf(request),
  ofToken: isOfToken(partition),
})

/** @param cache the mode that the page meant. Default: that of the request. */
export function cacheOf(request: Request, cache = request.cache): RequestCache {
  const { headers, integrity } = request
  if (cache === 'default' && integrity !== '') return 'no-cache'
  return cache === 'no-cache' && CONDITIONS.some((name) => headers.has(name)) ? 'default' : cache
}

/** Whether a response tells browsers to drop what they keep for its site; ours goes with it (Clear-Site-Data). */
export const isCleared = (fields: Fields): boolean => /"(cache|storage|\*)"/.test(fields.get('clear-site-data') ?? '')

/** Reads structured fields that say what a shared cache may not use. */
interface Targeting {
  readonly targeted: (fields: Fields) => string | undefined
}

/** @param url what was asked: a redirect to the same path with or without a slash at its end counts as none. */
export function describeResponse(response: Response, url: string, structured?: Targeting): ResponseHead {
  const { status, statusText, type } = response
  const redirected = response.redirected && !isSameButForSlash(response.url, url)
  const fields = fieldsOf(response.headers)
  const opaque = type === 'opaque' || type === 'opaqueredirect'
  return { status, statusText, fields, redirected, opaque, targeted: structured?.targeted(fields) }
}

/** Whether a request may have a body. Firefox has no `Request.body`, and so does not say. */
export const hasBody = ({ method, body }: Request): boolean => method !== 'GET' && method !== 'HEAD' && body !== null

/** Frameworks send `/items` on to `/items/`, or back: one resource by two names. */
export function isSameButForSlash(one: string, other: string): boolean {
  const [a, b] = [one, other].map((href) => {
    const { origin, pathname, search } = new URL(href)
    return [origin, pathname.replace(/\/$/, ''), search].join('\n')
  })
  return a === b
}
