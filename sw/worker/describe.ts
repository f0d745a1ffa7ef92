import type { Fields, RequestHead, ResponseHead } from '../core/head.ts'

const fieldsOf = (headers: Headers): Fields => new Map(headers)

/** A request as the core sees it; the URL is the key's, already normalised. */
export const describeRequest = (request: Request, url: string): RequestHead => ({
  method: request.method,
  url,
  fields: fieldsOf(request.headers),
  cache: request.cache,
})

export const describeResponse = (response: Response): ResponseHead => ({
  status: response.status,
  statusText: response.statusText,
  fields: fieldsOf(response.headers),
  redirected: response.redirected,
  opaque: response.type === 'opaque' || response.type === 'opaqueredirect',
})
