import { entityTag, isStrong, strongMatch, weakMatch } from './entity-tag.ts'
import { type Fields, listed } from './head.ts'
import { parseHttpDate } from './http-date.ts'
import { isCredential } from './secret.ts'
import { epochMs } from './units.ts'

/** Whether the page itself sent conditions, so that a 304 may be meant for its own copy. */
export const isConditional = (request: Fields): boolean =>
  request.has('if-none-match') || request.has('if-modified-since')

/**
 * The fields that ask the origin whether one of these stored responses is still valid. They contain every stored tag
 * and the page's own tags, so one request validates both; and the date, if only one response is stored. Empty without a
 * validator.
 *
 * @see RFC 9111 §4.3.1, §4.3.2
 */
export function conditions(stored: readonly Fields[], request: Fields): [name: string, value: string][] {
  const tags = stored.flatMap((fields) => entityTag(fields.get('etag')) ?? [])
  const own = request.get('if-none-match')
  const all = own?.trim() === '*' ? [own] : [...new Set([...(own === undefined ? [] : [own]), ...tags])]
  const [only] = stored
  const modified = stored.length === 1 && only && !mayHaveChangedSince(only) ? only.get('last-modified') : undefined
  return [
    ...(all.length > 0 ? [['if-none-match', all.join(', ')] as [string, string]] : []),
    ...(modified === undefined ? [] : [['if-modified-since', modified] as [string, string]]),
  ]
}

/**
 * Whether a response was made in the second that its `Last-Modified` names. What has changed later in that second has the same
 * date: a write right after the read would be confirmed as no change, for good (I1).
 *
 * @see RFC 9110 §8.8.2.2
 */
function mayHaveChangedSince(fields: Fields): boolean {
  const [changed, made] = ['last-modified', 'date'].map((name) => parseHttpDate(fields.get(name) ?? '', epochMs(0)))
  return typeof changed === 'number' && typeof made === 'number' && made - changed < 1000
}

/** Whether the tag of a 304 identifies a stored response with this tag (RFC 9111 §4.3.4). */
export const identifies = (said: string, tag: string): boolean =>
  isStrong(said) ? strongMatch(said, tag) : weakMatch(said, tag)

/** A tag without what a compressing proxy makes of it: `W/`, or a suffix that names the coding. */
const bare = (tag: string): string => tag.replace(/^W\//, '').replace(/[-;:]+(gzip|br|zstd|deflate|df)"$/, '"')

/**
 * The stored response that a 304 confirms. A strong tag must match strongly, a weak tag weakly. Without a tag, a
 * different `Last-Modified` means another response. A 304 without any validator confirms the only response in the
 * conditions. So does a 304 whose tag is that one's in the form of a compressing proxy: one tag was sent, so it can speak
 * of nothing else (RFC 9110 §13.1.2). (RFC 9111 also requires that the stored one has no validator, but a cross-origin server may hide its tags
 * from a worker: docs/decisions/0012-a-304-without-validator.md).
 *
 * @param stored the latest response first.
 * @see RFC 9111 §4.3.4
 */
export function confirmed<S extends { readonly fields: Fields }>(
  notModified: Fields,
  stored: readonly S[],
): S | undefined {
  const said = entityTag(notModified.get('etag'))
  const [only, ...others] = stored
  if (said !== undefined) {
    const named = stored.find(({ fields }) => identifies(said, entityTag(fields.get('etag')) ?? ''))
    if (named !== undefined || others.length > 0) return named
    const tag = entityTag(only?.fields.get('etag'))
    return tag !== undefined && bare(said) === bare(tag) ? only : undefined
  }
  const [saidModified, ours] = [notModified.get('last-modified'), only?.fields.get('last-modified')]
  const isOfOurs = saidModified === undefined || ours === undefined || saidModified === ours
  return others.length === 0 && isOfOurs ? only : undefined
}

/** Whether two answers have the same tag, and so are the same representation; undefined when one has no tag. */
export function sameValidator(one: Fields, other: Fields): boolean | undefined {
  const [tag, otherTag] = [entityTag(one.get('etag')), entityTag(other.get('etag'))]
  return tag === undefined || otherTag === undefined ? undefined : weakMatch(tag, otherTag)
}

/** Fields of one connection, not of the response (RFC 9110 §7.6.1, RFC 9111 §3.1). */
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

/** Fields that describe the stored body, so a 304 may not replace them (RFC 9111 §3.2). See also `storedFields`. */
const OF_THE_BODY = new Set(['content-type', 'content-range', 'content-encoding'])

/** The codings that browsers decode before a script sees the body (RFC 9110 §8.4.1, RFC 8878 §7.2, RFC 9842 §2.2). */
const DECODED = /^((x-)?gzip|deflate|br|zstd|dc[bz])$/

/**
 * The fields of a response that may be stored. `Content-Length` describes the transfer: an answer from store says the
 * length of the stored body. A coding that the browser has decoded goes. One that it does not know describes the stored
 * bytes, and so does a list with such a one, of which the browser decodes nothing.
 */
export function storedFields(fields: Fields): Map<string, string> {
  const kept = new Map(fields)
  const members = (name: string): string[] => listed(fields.get(name)?.toLowerCase())
  for (const name of [...HOP_BY_HOP, ...members('connection'), 'content-length']) kept.delete(name)
  if (members('content-encoding').every((coding) => DECODED.test(coding))) kept.delete('content-encoding')
  // A 304 may carry a credential that the stored answer does not have.
  for (const name of fields.keys()) if (isCredential(name)) kept.delete(name)
  return kept
}

/**
 * The stored fields, updated by a 304. A field of the 304 replaces the stored one; other stored fields stay. `Age` and
 * `Date` never stay: a 304 without `Age` was made by the origin just now.
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
