import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'
import type { Target } from '../../sw/core/outbox/row-change.ts'
import { decoded } from '../../sw/core/search.ts'
import { pathMatches } from './pattern.ts'
import type { QueueRule, RequestLine } from './rule.ts'

/** What the URL of a queued write is of. */
export interface WrittenTo {
  readonly target: Target
  /** Of the row, decoded. Absent: the URL has none. */
  readonly id?: string
}

/** What a write's URL is of, by the first pattern of its rule that matches. */
export function writtenTo({ places }: QueueRule, request: Omit<RequestLine, 'search'>): WrittenTo {
  const place = places.find(
    ({ pattern }) => (pattern.method === '' || pattern.method === request.method) && pathMatches(pattern, request),
  )
  if (place === undefined) return { target: 'other' }
  const { target, id = '' } = place
  const value = place.pattern.expression.exec(normaliseEncoding(request.pathname))?.groups?.[id]
  return { target, ...(value !== undefined && { id: decoded(value) }) }
}
