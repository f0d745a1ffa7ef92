import { entityTag, isStrong, strongMatch, weakMatch } from './entity-tag.ts'
import { type Fields, listed } from './head.ts'
import { isCredential } from './secret.ts'

/** Request fields that make a `304` possible which the page, not the layer, asked for. */
export const isConditional = (request: Fields): boolean =>
  request.has('if-none-match') || request.has('if-modified-since')

/**
 * The fields that ask the origin whether one of these stored responses still holds: every tag, the page's own ones too,
 * so that one question serves both; and the date, where there is only one response to ask about. Empty when there is no
 * validator.
 *
 * @see RFC 9111 §4.3.1, §4.3.2
 */
export function conditions(stored: readonly Fields[], request: Fields): [name: string, value: string][] {
  const tags = stored.flatMap((fields) => entityTag(fields.get('etag')) ?? [])
  const own = request.get('if-none-match')
  const all = own?.trim() === '*' ? [own] : [...new Set([...(own === undefined ? [] : [own]), ...tags])]
  const modified = stored.length === 1 ? stored[0]?.get('last-modified') : undefined
  return [
    ...(all.length > 0 ? [['if-none-match', all.join(', ')] as [string, string]] : []),
    ...(modified === undefined ? [] : [['if-modified-since', modified] as [string, string]]),
  ]
}

/**
 * The stored response that a 304 speaks of. A strong tag must match strongly, a weak one weakly. Without a tag another
 * `Last-Modified` than ours is of another response; a 304 without any validator speaks of the only one we asked about
 * (the text wants ours to have none either, but a cross-origin server need not let us see its tags:
 * docs/decisions/0012-a-304-without-validator.md).
 *
 * @param stored the latest first.
 * @see RFC 9111 §4.3.4
 */
export function confirmed<S extends { readonly fields: Fields }>(
  notModified: Fields,
  stored: readonly S[],
): S | undefined {
  const said = entityTag(notModified.get('etag'))
  if (said !== undefined) {
    const matches = isStrong(said) ? strongMatch : weakMatch
    return stored.find(({ fields }) => matches(said, entityTag(fields.get('etag')) ?? ''))
  }
  const [only, ...others] = stored
  const [saidModified, ours] = [notModified.get('last-modified'), only?.fields.get('last-modified')]
  const isOfOurs = saidModified === undefined || ours === undefined || saidModified === ours
  return others.length === 0 && isOfOurs ? only : undefined
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
  // A 304 may hand out what no stored answer had.
  for (const name of fields.keys()) if (isCredential(name)) kept.delete(name)
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
