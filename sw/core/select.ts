import type { RequestHead } from './head.ts'
import type { Row } from './row.ts'
import { variantOf, varyNames } from './vary.ts'

/**
 * The stored answer whose varying fields are the request's. Of several, one that says what it varies on comes before one
 * that does not, and else the one asked for last: the order of our own requests, where the text goes by `Date`
 * (docs/decisions/0011-order-of-requests-not-date.md).
 *
 * @see RFC 9111 §4.1
 */
export function selected(rows: readonly Row[], { fields }: Pick<RequestHead, 'fields'>): Row | undefined {
  let best: Row | undefined
  for (const row of rows) {
    const names = varyNames(row.fields)
    if (names === 'unknowable' || variantOf(names, fields) !== row.variant) continue
    if (best === undefined || rank(row) > rank(best) || (rank(row) === rank(best) && row.sequence > best.sequence)) {
      best = row
    }
  }
  return best
}

const rank = ({ fields }: Row): number => Number(fields.has('vary'))
