import type { Fields, RequestHead, ResponseHead } from '../../sw/core/head.ts'
import type { Exchange } from '../recording/exchange.ts'

/** What a browser adds behind a worker, for its own cache or because DevTools switch that off: a worker never sees it. */
const BEHIND_THE_WORKER = new Set(['if-none-match', 'if-modified-since', 'pragma', 'cookie', 'connection', 'host'])

/** Sensible answers: what can stand in a row. */
export const isGood = (status: number): boolean => (status >= 200 && status < 300) || status === 304

/** A recorded request as the worker would describe it. */
export const requestHead = ({ method, requestHeaders }: Exchange, url: string, ofToken = false): RequestHead => ({
  method,
  url,
  fields: requestFields(requestHeaders),
  cache: 'default',
  ofToken,
})

function requestFields(headers: Readonly<Record<string, string>>): Fields {
  const isReload = headers['pragma'] !== undefined
  return new Map(
    Object.entries(headers).filter(
      ([name]) => !BEHIND_THE_WORKER.has(name) && !name.startsWith(':') && !(name === 'cache-control' && isReload),
    ),
  )
}

/** A recorded answer as the worker would describe it. What was redirected is an exchange of its own in a recording. */
export const responseHead = ({ status, responseHeaders }: Exchange): ResponseHead => ({
  status,
  statusText: '',
  fields: new Map(Object.entries(responseHeaders)),
  redirected: false,
  opaque: false,
})

/** The media type of an answer, in lower case, without parameters. Empty: it has none. */
export const mediaTypeOf = ({ responseHeaders }: Exchange): string =>
  responseHeaders['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''

export const isJson = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json$|^text\/json$/.test(type)
