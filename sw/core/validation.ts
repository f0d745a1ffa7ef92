import { entityTag, isStrong, strongMatch, weakMatch } from './entity-tag.ts'
import { type Fields, listed } from './head.ts'

/** Request fields by which the page itself makes a request conditional; such a request is the page's own business. */
const CONDITIONAL = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range']

export const isConditional = (request: Fields): boolean => CONDITIONAL.some((name) => request.has(name))

/**
 * The fields that ask the origin whether a stored response still holds. Empty when it has no validator.
 *
 * @see RFC 9111 §4.3.1
 */
export function conditions(stored: Fields): [name: string, value: string][] {
  const tag = entityTag(stored.get('etag'))
  const modified = stored.get('last-modified')
  return [
    ...(tag === undefined ? [] : [['if-none-match', tag] as [string, string]]),
    ...(modified === undefined ? [] : [['if-modified-since', modified] as [string, string]]),
  ]
}

/**
 * Whether a 304 speaks of the stored response. A strong tag must match strongly, a weak one weakly. Without a tag another
 * `Last-Modified` than ours is of another response; a 304 without any validator speaks of the only one we asked about
 * (the text wants ours to have none either, but a cross-origin server need not let us see its tags).
 *
 * @see RFC 9111 §4.3.4
 */
export function confirms(notModified: Fields, stored: Fields): boolean {
  const said = entityTag(notModified.get('etag'))
  const ours = entityTag(stored.get('etag'))
  if (said === undefined) {
    const [saidModified, oursModified] = [notModified.get('last-modified'), stored.get('last-modified')]
    return saidModified === undefined || oursModified === undefined || saidModified === oursModified
  }
  if (ours === undefined) return false
  return isStrong(said) ? strongMatch(said, ours) : weakMatch(said, ours)
}

/** Whether two answers carry the same validator, which makes them the same representation; undefined if one has none. */
export function sameValidator(one: Fields, other: Fields): boolean | undefined {
  const [tag, otherTag] = [entityTag(one.get('etag')), entityTag(other.get('etag'))]
  return tag === undefined || otherTag === undefined ? undefined : weakMatch(tag, otherTag)
}

/** Belong to one connection, not to the response (RFC 9110 §7.6.1, RFC 9111 §3.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Describe the body we hold, so a 304 may not replace them (RFC 9111 §3.2). Lengths and codings are never stored. */
const OF_THE_BODY = new Set(['content-type', 'content-range'])

/** The fields of a response that may be stored. Lengths and codings are of the wire, not of the body we keep. */
export function storedFields(fields: Fields): Map<string, string> {
  const kept = new Map(fields)
  const ofConnection = listed(fields.get('connection')?.toLowerCase())
  for (const name of [...HOP_BY_HOP, ...ofConnection, 'content-length', 'content-encoding']) kept.delete(name)
  return kept
}

/**
 * The stored fields brought up to date by a 304: what it carries replaces, what it lacks stays. Except for `Age` and
 * `Date`: they tell when the origin was last heard, and a 304 without `Age` was made by the origin just now.
 *
 * @see RFC 9111 §3.2, §5.1; RFC 9110 §6.6.1
 */
export function mergedFields(stored: Fields, notModified: Fields): Map<string, string> {
  const merged = new Map(stored)
  merged.delete('age')
  merged.delete('date')
  for (const [name, value] of storedFields(notModified)) if (!OF_THE_BODY.has(name)) merged.set(name, value)
  return merged
}
