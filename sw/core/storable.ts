import { directivesOf, parseCacheControl } from './cache-control.ts'
import type { Fields, RequestHead, ResponseHead } from './head.ts'
import { asksForBytes, contentRange } from './range.ts'
import { isCredential } from './secret.ts'
import { varyNames } from './vary.ts'

/**
 * Cacheable without explicit freshness (RFC 9110 §15.1), errors left out: see `notStorable`. Which 206 can be used says
 * `isUsable`.
 */
const HEURISTICALLY_CACHEABLE = new Set([200, 203, 204, 206, 300, 301, 308])

/**
 * Never, whatever their fields say: 304 is no representation, 416 answers one range alone, 428 and 429 forbid it
 * (RFC 6585 §3, §4).
 */
const NEVER_STORED = new Set([304, 416, 428, 429])

/** What RFC 9110 §15 defines, but for 304; `must-understand` asks for no less. */
const UNDERSTOOD = /^(20[0-6]|30[0-378]|40\d|41[0-7]|42[126]|50[0-5])$/

/** Why an answer may not be stored; undefined when it may. */
export type NotStorable =
  | 'method'
  | 'opaque'
  | 'redirected'
  | 'status'
  | 'partial'
  | 'request-no-store'
  | 'no-store'
  | 'credential'
  | 'vary'
  | 'stream'
  | 'no-freshness'

/**
 * Whether a private cache may store an answer, and if not, why.
 *
 * A rule stands for "a cache extension that allows it" and gives successful answers their freshness, so for those no
 * field of their own is needed; an error status must state its freshness itself.
 * `no-store` is obeyed whatever a rule trusts, and what hands out a credential counts as it (I5).
 *
 * @see RFC 9111 §3
 */
export function notStorable(request: RequestHead, response: ResponseHead): NotStorable | undefined {
  const { status, fields } = response
  const directives = directivesOf(response)
  // POST and QUERY come here only where a rule says that they are reads.
  if (!/^(GET|POST|QUERY)$/.test(request.method)) return 'method'
  if (response.opaque) return 'opaque'
  if (response.redirected) return 'redirected'
  // Above 599 there is no status; a `Response` with one cannot be made.
  if (status < 200 || status > 599 || NEVER_STORED.has(status)) return 'status'
  if (status === 206 && !isUsable(request.fields, fields)) return 'partial'
  if (request.cache === 'no-store' || parseCacheControl(request.fields.get('cache-control')).noStore) {
    return 'request-no-store'
  }
  if (directives.mustUnderstand ? !UNDERSTOOD.test(String(status)) : directives.noStore) return 'no-store'
  if ([...fields.keys()].some(isCredential)) return 'credential'
  const varies = varyNames(fields)
  const isSecret = varies.includes('authorization') && request.fields.has('authorization') && request.ofToken !== true
  if (varies === 'unknowable' || isSecret) return 'vary'
  if (/^(text\/event-stream|multipart\/x-mixed-replace)/i.test(fields.get('content-type') ?? '')) return 'stream'
  const stated = directives.maxAge !== undefined || (fields.has('expires') && response.targeted === undefined)
  if (
    status < 400 ? stated || HEURISTICALLY_CACHEABLE.has(status) || directives.public || directives.private : stated
  ) {
    return undefined
  }
  return 'no-freshness'
}

/**
 * A page of a list in a unit of the application's own is an answer of its own, not a part of another. Bytes are kept when
 * they were asked for as one part, which a later answer may complete.
 */
const isUsable = (request: Fields, fields: Fields): boolean =>
  asksForBytes(request) ? contentRange(fields) !== undefined : /^(?!bytes)\w/i.test(fields.get('content-range') ?? '')
