import type { RequestHead } from './head.ts'
import type { Row } from './row.ts'
import { variantOf, varyNames } from './vary.ts'

/**
 * The stored answer whose varying fields match the request. Of several, the one whose request began last, whichever
 * fields it varies on: an origin that stops sending `Vary` means its newest answer. RFC 9111 orders by `Date` instead
 * (docs/decisions/0011-order-of-requests-not-date.md).
 *
 * @see RFC 9111 §4.1
 */
export function selected(rows: readonly Row[], { fields }: Pick<RequestHead, 'fields'>): Row | undefined {
  let best: Row | undefined
  for (const row of rows) {
    const names = varyNames(row.fields)
    if (names === 'unknowable' || variantOf(names, fields) !== row.variant) continue
    if (best === undefined || row.sequence > best.sequence) best = row
  }
  return best
}
