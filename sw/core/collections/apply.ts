import type { Diff } from '../change.ts'
import { digestOfRow, isSameRow, type KeptRow } from './row.ts'

/** The rows of a collection as numbers: kept beside them, so that they need not be read to be counted. */
export interface Tally {
  readonly count: number
  /** See `collectionDigest`. */
  readonly digest: number
  /** Of the rows' JSON, in UTF-16 units. */
  readonly size: number
}

export const EMPTY: Tally = { count: 0, digest: 0, size: 0 }

/** What changes put into a collection, and take from it. */
export interface Applied {
  readonly put: readonly KeptRow[]
  readonly removed: readonly string[]
  readonly tally: Tally
  readonly diff: Diff
}

/**
 * Applies changes to the rows that they are about. A row that is held already as it comes is neither written nor
 * announced: it came twice, or is an own write's.
 *
 * @param held the rows that are held of those that the changes name, by id.
 * @param isOwn whether a change is what a write of this app has got as its answer: it is written, and not announced.
 */
export function apply(
  { rows, deleted }: { readonly rows: readonly KeptRow[]; readonly deleted: readonly string[] },
  held: ReadonlyMap<string, KeptRow>,
  tally: Tally,
  isOwn: (id: string, row: KeptRow | undefined) => boolean,
): Applied {
  const put = rows.filter((row) => {
    const before = held.get(row.id)
    return before === undefined || !isSameRow(before, row)
  })
  const removed = deleted.filter((id) => held.has(id))
  let { count, digest, size } = tally
  const turn = (row: KeptRow | undefined, sign: 1 | -1): void => {
    if (row === undefined) return
    count += sign
    digest += sign * digestOfRow(row)
    size += sign * row.text.length
  }
  for (const id of [...put.map((row) => row.id), ...removed]) turn(held.get(id), -1)
  for (const row of put) turn(row, 1)
  const news = put.filter((row) => !isOwn(row.id, row)).map(({ id }) => id)
  return {
    put,
    removed,
    tally: { count, digest: digest >>> 0, size },
    diff: {
      added: news.filter((id) => !held.has(id)),
      updated: news.filter((id) => held.has(id)),
      removed: removed.filter((id) => !isOwn(id, undefined)),
    },
  }
}

export const isEmpty = ({ added, updated, removed }: Diff): boolean =>
  added.length + updated.length + removed.length === 0

/** Two diffs as one: an id that came and went is in neither list. */
export function joined(one: Diff, other: Diff): Diff {
  const added = new Set(one.added)
  const updated = new Set(one.updated)
  const removed = new Set(one.removed)
  for (const id of other.added)
    if (removed.delete(id)) updated.add(id)
    else added.add(id)
  for (const id of other.updated) if (!added.has(id)) updated.add(id)
  for (const id of other.removed) {
    updated.delete(id)
    if (!added.delete(id)) removed.add(id)
  }
  return { added: [...added], updated: [...updated], removed: [...removed] }
}

/** Whether a collection is what the endpoint says that it is; else in what it differs. */
export function drift(
  { count, digest }: Tally,
  said: { readonly total?: number; readonly digest?: number },
): 'total' | 'digest' | undefined {
  if (said.total !== undefined && said.total !== count) return 'total'
  return said.digest !== undefined && said.digest !== digest ? 'digest' : undefined
}
