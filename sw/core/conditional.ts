import { weakMatch } from './entity-tag.ts'
import { type RequestHead } from './head.ts'
import { parseHttpDate } from './http-date.ts'
import { contentRange, type Part, partAsked, rangeHolds } from './range.ts'
import type { Row } from './row.ts'

/**
 * Whether the page already has the stored response, so that a 304 answers it. The page's `If-None-Match` names the
 * stored tag. Without `If-None-Match`, its `If-Modified-Since` is not older than the stored response.
 *
 * @see RFC 9111 §4.3.2
 */
export function isKnown({ method, fields }: RequestHead, row: Row): boolean {
  // These conditions do not apply to POST (RFC 9110 §13.1.3).
  if (method === 'POST' || row.status !== 200) return false
  const tags = fields.get('if-none-match')
  if (tags !== undefined) {
    const ours = row.fields.get('etag')
    return tags.trim() === '*' || (ours !== undefined && tagsIn(tags).some((tag) => weakMatch(tag, ours)))
  }
  const condition = fields.get('if-modified-since')
  if (condition === undefined) return false
  const since = parseHttpDate(condition, row.receivedAtMs)
  const told = row.fields.get('last-modified') ?? row.fields.get('date')
  const changed = told === undefined ? row.receivedAtMs : parseHttpDate(told, row.receivedAtMs)
  return typeof since === 'number' && typeof changed === 'number' && changed <= since
}

/** The answer that a stored response gives to a range request. */
export type PartForm =
  /** A part (206). `offset` is where the part begins in the stored bytes. */
  | ({ readonly kind: 'part'; readonly offset: number; readonly total: number | undefined } & Part)
  /** The range lies outside of the response (416). */
  | { readonly kind: 'unsatisfiable'; readonly total: number }

/**
 * The part of a stored response that answers a request; undefined when the request has no range, or when its conditions
 * give a 304.
 *
 * @see RFC 9110 §14.2, §13.2.2
 */
export function partOf(request: RequestHead, row: Row): PartForm | undefined {
  // Only GET has ranges (RFC 9110 §14.2).
  if (request.method !== 'GET' || !request.fields.has('range') || isKnown(request, row)) return undefined
  const stored = row.status === 206 ? contentRange(row.fields) : undefined
  const total = stored === undefined ? row.size : stored.total
  if (row.status !== 200 && stored === undefined) return undefined
  // For a stored part, `covers` has already checked that the range lies within it.
  const asked = rangeHolds(request.fields, row.fields) ? partAsked(request.fields, total ?? Infinity) : 'whole'
  if (asked === 'whole') return undefined
  if (asked === 'unsatisfiable') return { kind: 'unsatisfiable', total: total ?? 0 }
  return { kind: 'part', ...asked, offset: asked.first - (stored?.first ?? 0), total }
}

/**
 * Whether a stored response has the requested bytes: it is whole, or the requested range lies within the stored part.
 */
export function covers(row: Row, request: RequestHead): boolean {
  const stored = contentRange(row.fields)
  if (row.status !== 206 || stored === undefined) return true
  if (request.method !== 'GET') return false
  if (!rangeHolds(request.fields, row.fields)) return false
  const asked = partAsked(request.fields, stored.total ?? Infinity)
  return typeof asked === 'object' && asked.first >= stored.first && asked.last <= stored.last
}

/** The entity-tags in a list. A tag may contain a comma. Members that are not tags are skipped. */
const tagsIn = (list: string): string[] =>
  [...list.matchAll(/(?:^|,)\s*((?:W\/)?"[^"]*")\s*(?=,|$)/g)].map(([, tag = '']) => tag)
