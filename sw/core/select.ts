import type { RequestHead } from './head.ts'
import type { Row } from './row.ts'
import { variantOf, varyNames } from './vary.ts'

/**
 * The stored answer whose varying fields are the request's; of several the one asked for last, whatever it varies on. An
 * origin that has left off saying `Vary` means its newest answer, and the order is that of our own requests, where the
 * text goes by `Date` (docs/decisions/0011-order-of-requests-not-date.md).
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
