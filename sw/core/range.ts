import { parseHttpDate } from './http-date.ts'
import { entityTag, isStrong, strongMatch } from './entity-tag.ts'
import type { Fields } from './head.ts'
import { epochMs } from './units.ts'

/** A part of a representation. Both ends are inclusive, as in `Content-Range`. */
export interface Part {
  readonly first: number
  readonly last: number
}

/** A part and the length of its representation. `total` is undefined when the sender did not know it. */
export interface ContentRange extends Part {
  readonly total: number | undefined
}

/** Whether a `Range` asks for bytes. The layer handles such a request only when a rule has `ranges` (I8). */
export const asksForBytes = (fields: Fields): boolean => /^bytes\s*=/i.test(fields.get('range') ?? '')

/**
 * A `Content-Range` in bytes; undefined when it is absent, in another unit, or invalid.
 *
 * @see RFC 9110 §14.4
 */
export function contentRange(fields: Fields): ContentRange | undefined {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(fields.get('content-range') ?? '') ?? []
  if (first === undefined) return undefined
  const range = { first: Number(first), last: Number(last), total: total === '*' ? undefined : Number(total) }
  return range.first <= range.last && range.last < (range.total ?? Infinity) ? range : undefined
}

/** Whether a response is some of the bytes of another. A page of a list in a unit of its own is none. */
export const isPart = ({ status, fields }: { readonly status: number; readonly fields: Fields }): boolean =>
  status === 206 && contentRange(fields) !== undefined

/**
 * The part of a representation that a request asks for. 'whole' when the request has no range, several ranges (a
 * recipient may ignore them) or a range in an unknown form.
 *
 * @param total the bytes of the representation; `Infinity`: unknown.
 *
 * @see RFC 9110 §14.1.2, §14.2
 */
export function partAsked(fields: Fields, total: number): Part | 'whole' | 'unsatisfiable' {
  const [, from, to] = /^bytes\s*=\s*(\d*)-(\d*)$/i.exec(fields.get('range')?.trim() ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'whole'
  if (from === '' && !(total > 0 && total < Infinity)) return total === 0 && Number(to) > 0 ? 'whole' : 'unsatisfiable'
  const first = from === '' ? Math.max(0, total - Number(to)) : Number(from)
  const last = from === '' || to === '' ? total - 1 : Math.min(Number(to), total - 1)
  if (to !== '' && from !== '' && Number(to) < Number(from)) return 'whole'
  return first >= total || (from === '' && Number(to) === 0) ? 'unsatisfiable' : { first, last }
}

/**
 * Whether the request's `Range` applies to this stored response: it has no `If-Range`, or its `If-Range` matches. A
 * weak tag never matches. A date matches when it equals `Last-Modified` and is old enough to be a strong validator.
 *
 * @see RFC 9110 §13.1.5, §8.8.2.2
 */
export function rangeHolds(request: Fields, stored: Fields): boolean {
  const condition = request.get('if-range')
  if (condition === undefined) return true
  const tag = entityTag(condition)
  if (tag !== undefined) return strongMatch(tag, entityTag(stored.get('etag')) ?? '')
  const modified = stored.get('last-modified')
  return condition === modified && isOld(modified, stored.get('date') ?? '')
}

/** `Last-Modified` is strong after one second: two changes within the same second would have the same date. */
function isOld(modified: string, date: string): boolean {
  const [changed, made] = [modified, date].map((text) => parseHttpDate(text, epochMs(0)))
  return typeof changed === 'number' && typeof made === 'number' && made - changed >= 1000
}

/**
 * Whether two parts can be combined: they touch or overlap, and the same strong tag shows the same representation.
 *
 * @see RFC 9111 §3.3, §3.4
 */
export function combines(one: Fields, other: Fields): boolean {
  const [part, otherPart, tag] = [contentRange(one), contentRange(other), entityTag(one.get('etag'))]
  if (part === undefined || otherPart === undefined || tag === undefined) return false
  const touch = part.first <= otherPart.last + 1 && otherPart.first <= part.last + 1
  return (
    touch && isStrong(tag) && strongMatch(tag, entityTag(other.get('etag')) ?? '') && part.total === otherPart.total
  )
}

/**
 * Two touching parts combined into one, with its `Content-Range`; undefined when the result is the whole
 * representation.
 *
 * @see RFC 9111 §3.4
 */
export function joined(
  one: ContentRange,
  bytes: ArrayBuffer,
  other: ContentRange,
  otherBytes: ArrayBuffer,
): { readonly bytes: ArrayBuffer; readonly contentRange: string | undefined } {
  const first = Math.min(one.first, other.first)
  const last = Math.max(one.last, other.last)
  const all = new Uint8Array(last - first + 1)
  all.set(new Uint8Array(bytes), one.first - first)
  all.set(new Uint8Array(otherBytes), other.first - first)
  const { total } = other
  const isAll = first === 0 && last + 1 === total
  return { bytes: all.buffer, contentRange: isAll ? undefined : `bytes ${first}-${last}/${total ?? '*'}` }
}
