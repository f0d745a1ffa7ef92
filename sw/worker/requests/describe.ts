import type { Fields, RequestHead, ResponseHead } from '../../core/head.ts'
import { isOfToken } from '../../core/key.ts'
import type { Structured } from './structured.ts'

export const fieldsOf = (headers: Headers): Fields => new Map(headers)

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-range']

/**
 * A request as the core sees it; the URL is the key's, already normalised. Chromium gives a request with conditions of the
 * page's own the cache mode `no-cache`, which the page did not ask for (docs/discoveries/own-conditions.md).
 *
 * @param fields with digests in place of secrets, where they are to be written down. Default: as the page sent them.
 */
export const describeRequest = (
  request: Request,
  url: string,
  partition: string,
  fields = fieldsOf(request.headers),
): RequestHead => ({
  method: request.method,
  url,
  fields,
  cache:
    request.cache === 'no-cache' && CONDITIONS.some((name) => request.headers.has(name)) ? 'default' : request.cache,
  ofToken: isOfToken(partition),
})

export function describeResponse(response: Response, structured: Structured | undefined): ResponseHead {
  const { status, statusText, redirected, type } = response
  const fields = fieldsOf(response.headers)
  const opaque = type === 'opaque' || type === 'opaqueredirect'
  return { status, statusText, fields, redirected, opaque, targeted: structured?.targeted(fields) }
}

/** Whether a request may have a body. Firefox has no `Request.body`, and so does not say. */
export const hasBody = ({ method, body }: Request): boolean => method !== 'GET' && method !== 'HEAD' && body !== null
