import { parseHttpDate } from './http-date.ts'
import { entityTag, isStrong, strongMatch } from './entity-tag.ts'
import type { Fields } from './head.ts'
import { epochMs } from './units.ts'

/** A part of a representation, both ends inclusive, as `Content-Range` counts. */
export interface Part {
  readonly first: number
  readonly last: number
}

/** A part and the whole it is of; `total` is undefined where the sender did not know it. */
export interface ContentRange extends Part {
  readonly total: number | undefined
}

/** Whether a `Range` asks for bytes: such a request is ours only where a rule says so (I8). */
export const asksForBytes = (fields: Fields): boolean => /^bytes\s*=/i.test(fields.get('range') ?? '')

/**
 * What a `Content-Range` in bytes says; undefined when it is absent, in another unit, or makes no sense.
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
 * The part of a representation of so many bytes that a request asks for. 'whole' where it asks for none, for several (a
 * recipient may ignore those) or in a form we do not know.
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
 * Whether the request's `If-Range`, if it has one, speaks of this stored response, so that its `Range` holds. Weak tags
 * never do, and a date only when it is exactly the response's and old enough to be strong.
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

/** `Last-Modified` is strong once a second has passed: what changed twice within one would carry the same. */
function isOld(modified: string, date: string): boolean {
  const [changed, made] = [modified, date].map((text) => parseHttpDate(text, epochMs(0)))
  return typeof changed === 'number' && typeof made === 'number' && made - changed >= 1000
}

/**
 * Whether two parts are of the same representation and touch, so that they make one: same strong tag.
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
 * Two parts that touch, as one, and the `Content-Range` of it; undefined when it is all there is, and so no part any more.
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
