import { directivesOf, parseCacheControl } from './cache-control.ts'
import { mayGuess } from './freshness.ts'
import type { Fields, RequestHead, ResponseHead } from './head.ts'
import { asksForBytes, contentRange } from './range.ts'
import { isCredential } from './secret.ts'
import { varyNames } from './vary.ts'

/**
 * Statuses that are cacheable without explicit freshness (RFC 9110 §15.1), except errors: see `mayGuess`. `isUsable`
 * decides about a 206.
 */
const HEURISTICALLY_CACHEABLE = new Set([200, 203, 204, 206, 300, 301, 308])

/**
 * Never stored, whatever the fields say: 304 is not a representation, 416 answers only one range, and RFC 6585 §3 and
 * §4 forbid to store 428 and 429.
 */
const NEVER_STORED = new Set([304, 416, 428, 429])

/** The statuses that RFC 9110 §15 defines, except 304. `must-understand` requires one of them. */
const UNDERSTOOD = /^(20[0-6]|30[0-378]|40\d|41[0-7]|42[126]|50[0-5])$/

/** Why an answer may not be stored whose request, by its cache mode or `Cache-Control`, forbids it. */
export const REQUEST_NO_STORE = 'request-no-store'

/** Why an answer may not be stored. */
export type NotStorable =
  | 'method'
  | 'opaque'
  | 'redirected'
  | 'status'
  | 'partial'
  | typeof REQUEST_NO_STORE
  | 'no-store'
  | 'credential'
  | 'vary'
  | 'stream'
  | 'no-freshness'

/**
 * Why a private cache may not store an answer; undefined when it may.
 *
 * A rule counts as "a cache extension that allows it" and gives successful answers their freshness, so these need no
 * field of their own. An error must state its own freshness, or the rule guesses it. `no-store` is obeyed, whatever a rule
 * says. A field that gives the user a credential counts as `no-store` (I5).
 *
 * @param guesses the rule has a heuristic: an error with `Last-Modified` may be stored where it is for its status.
 *   Default: `false`.
 * @see RFC 9111 §3
 */
export function notStorable(request: RequestHead, response: ResponseHead, guesses = false): NotStorable | undefined {
  const { status, fields } = response
  const directives = directivesOf(response)
  // POST and QUERY get here only when a rule declares them as reads.
  if (!/^(GET|POST|QUERY)$/.test(request.method)) return 'method'
  if (response.opaque) return 'opaque'
  if (response.redirected) return 'redirected'
  // No status lies above 599, and a `Response` cannot be constructed with one.
  if (status < 200 || status > 599 || NEVER_STORED.has(status)) return 'status'
  if (status === 206 && !isUsable(request.fields, fields)) return 'partial'
  if (request.cache === 'no-store' || parseCacheControl(request.fields.get('cache-control')).noStore) {
    return REQUEST_NO_STORE
  }
  if (directives.mustUnderstand ? !UNDERSTOOD.test(String(status)) : directives.noStore) return 'no-store'
  if ([...fields.keys()].some(isCredential)) return 'credential'
  const varies = varyNames(fields)
  const isSecret = varies.includes('authorization') && request.fields.has('authorization') && request.ofToken !== true
  if (varies === 'unknowable' || isSecret) return 'vary'
  if (/^(text\/event-stream|multipart\/x-mixed-replace)/i.test(fields.get('content-type') ?? '')) return 'stream'
  const speaks = (name: string): boolean => fields.has(name) && response.targeted === undefined
  const stated = directives.maxAge !== undefined || speaks('expires')
  const allowed =
    status < 400
      ? HEURISTICALLY_CACHEABLE.has(status) || directives.public || directives.private
      : guesses && speaks('last-modified') && mayGuess(response)
  return stated || allowed ? undefined : 'no-freshness'
}

/**
 * Whether a 206 can be stored. In a unit of the application, such as a page of a list, it is a whole answer. Bytes are
 * stored when the request asked for one range: a later answer may complete it.
 */
const isUsable = (request: Fields, fields: Fields): boolean =>
  asksForBytes(request) ? contentRange(fields) !== undefined : /^(?!bytes)\w/i.test(fields.get('content-range') ?? '')
