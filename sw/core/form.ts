import { weakMatch } from './entity-tag.ts'
import { type RequestHead } from './head.ts'
import { parseHttpDate } from './http-date.ts'
import { contentRange, type Part, partAsked, rangeHolds } from './range.ts'
import type { Row } from './row.ts'

/** In which form a page gets a stored response. */
export type Form =
  /** As it is stored. */
  | { readonly kind: 'whole' }
  /** The page has it already (304). */
  | { readonly kind: 'not-modified' }
  /** A part of it (206); `offset` is where the part begins in the stored bytes. */
  | ({ readonly kind: 'part'; readonly offset: number; readonly total: number | undefined } & Part)
  /** It has no such part (416). */
  | { readonly kind: 'unsatisfiable'; readonly total: number }

const WHOLE: Form = { kind: 'whole' }

/**
 * The form in which a stored response answers a request: the page's own conditions are met here, then its `Range`.
 *
 * @see RFC 9111 §4.3.2, RFC 9110 §13.2.2
 */
export function formOf(request: RequestHead, row: Row): Form {
  // Neither conditions nor ranges are for POST (RFC 9110 §13.1.3, §14.2).
  if (request.method === 'POST') return WHOLE
  if (row.status === 200 && isKnown(request, row)) return { kind: 'not-modified' }
  // Ranges are of GET alone (RFC 9110 §14.2).
  if (request.method !== 'GET' || !request.fields.has('range')) return WHOLE
  const stored = row.status === 206 ? contentRange(row.fields) : undefined
  const total = stored === undefined ? row.size : stored.total
  if (row.status !== 200 && stored === undefined) return WHOLE
  // Of what we hold only a part, `covers` has let nothing through but what lies within it.
  const asked = rangeHolds(request.fields, row.fields) ? partAsked(request.fields, total ?? Infinity) : 'whole'
  if (asked === 'whole') return WHOLE
  if (asked === 'unsatisfiable') return { kind: 'unsatisfiable', total: total ?? 0 }
  return { kind: 'part', ...asked, offset: asked.first - (stored?.first ?? 0), total }
}

/** Whether a stored response has what a request asks for: it is whole, or the part asked for lies within what it holds. */
export function covers(row: Row, request: RequestHead): boolean {
  const stored = contentRange(row.fields)
  if (row.status !== 206 || stored === undefined) return true
  if (request.method !== 'GET') return false
  if (!rangeHolds(request.fields, row.fields)) return false
  const asked = partAsked(request.fields, stored.total ?? Infinity)
  return typeof asked === 'object' && asked.first >= stored.first && asked.last <= stored.last
}

/** The page's own `If-None-Match` names the stored tag, or, where it has none, its `If-Modified-Since` is not older. */
function isKnown({ fields }: RequestHead, row: Row): boolean {
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

/** The entity-tags in a list; a comma may stand within one, and what is no tag is skipped. */
const tagsIn = (list: string): string[] =>
  [...list.matchAll(/(?:^|,)\s*((?:W\/)?"[^"]*")\s*(?=,|$)/g)].map(([, tag = '']) => tag)
