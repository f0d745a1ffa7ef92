import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { cookieForProxy } from './cookies.ts'

/** The origin that is tried, and the proxy's own as the browser has named it: both without a slash at the end. */
export interface Addresses {
  readonly origin: string
  readonly own: string
}

/** The codings that Node can undo. */
const CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'identity'])

/** Fields of one connection, which the next one has of its own. RFC 9110 §7.6.1 */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** Fields that are about the origin's own address and protocol, and would bind the proxy's. */
const OF_THE_ORIGIN = ['strict-transport-security', 'alt-svc', 'public-key-pins']

/** Changes the fields of a request as the origin expects them from a page of its own. */
export function adjustRequest(headers: IncomingHttpHeaders, { origin, own }: Addresses): void {
  if (headers.origin === own) headers.origin = origin
  if (headers.referer !== undefined) headers.referer = moved(headers.referer, own, origin)
  // Node has answered it already.
  delete headers.expect
  const accepted = headers['accept-encoding']
  if (accepted === undefined) return
  const codings = accepted.split(',').filter((coding) => CODINGS.has((coding.split(';')[0] ?? '').trim().toLowerCase()))
  headers['accept-encoding'] = codings.length === 0 ? 'identity' : codings.join(',')
}

/** The fields of an answer as a page of the proxy needs them. */
export function answerFields(headers: IncomingHttpHeaders, { origin, own }: Addresses): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = { ...headers }
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  for (const name of [...HOP_BY_HOP, ...OF_THE_ORIGIN, ...named]) delete fields[name]
  for (const name of ['location', 'content-location', 'refresh'] as const) {
    const value = headers[name]
    if (typeof value === 'string') fields[name] = moved(value, origin, own)
  }
  if (headers['access-control-allow-origin'] === origin) fields['access-control-allow-origin'] = own
  if (headers['set-cookie'] !== undefined) fields['set-cookie'] = headers['set-cookie'].map(cookieForProxy)
  return fields
}

/** An address of one origin as one of the other; any other text as it is. `refresh` has its address behind `url=`. */
function moved(text: string, from: string, to: string): string {
  const at = text.indexOf(from)
  if (at === -1 || !/^(?:[\d.]+\s*[;,]\s*url\s*=\s*['"]?)?$/i.test(text.slice(0, at))) return text
  const rest = text.slice(at + from.length)
  // http://localhost:51 is no beginning of http://localhost:5173.
  return /^(?:[/?#'"]|$)/.test(rest) ? text.slice(0, at) + to + rest : text
}
