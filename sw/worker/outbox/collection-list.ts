import type { CollectionRule } from '../../../config/language/index.ts'
import { memberOf } from '../../core/collections/member.ts'
import { compareRows, idOf, type KeptRow } from '../../core/collections/row.ts'
import type { ListShape } from '../../core/outbox/list-shape.ts'

/** A list of which the rules say what it is. */
export interface KnownList {
  readonly shape: ListShape
  /** Its rows in the order that it has. */
  readonly ordered: (rows: readonly unknown[]) => readonly unknown[]
}

/** The list of a collection, as its rows answer it: all of them, in the collection's order. */
export function collectionList({ id, items = [], total, order }: CollectionRule): KnownList {
  const compare = compareRows(order?.isDescending === true)
  const keyOf = (row: unknown): KeptRow => {
    const by = order && memberOf(row, order.path)
    const named = { id: idOf(memberOf(row, id)) ?? '', text: '' }
    return by === undefined ? named : { ...named, order: typeof by === 'number' ? by : String(by) }
  }
  return {
    shape: { rows: items, totals: total === undefined ? [] : [total], isWhole: true },
    ordered: (rows) =>
      rows
        .map((row) => ({ row, key: keyOf(row) }))
        .toSorted((one, other) => compare(one.key, other.key))
        .map(({ row }) => row),
  }
}
