import type { Diff } from '../../core/change.ts'
import type { Tally } from '../../core/collections/apply.ts'
import { sortableId } from '../../core/collections/row.ts'
import type { Sequence } from '../../core/sequence.ts'
import { partitionPrefix } from '../../core/key.ts'
import { under } from '../store/records.ts'

/** Whose collection it is, and of what. */
export interface Of {
  readonly partition: string
  readonly entity: string
}

/** A set of rows that lie under one name, and how far it has come. */
export interface RowSet extends Tally {
  readonly set: string
  /** Absent: its load has not begun. */
  readonly cursor?: string
  /** Another one after each change of the rows. */
  readonly revision: number
  /** Whether all of it has been loaded once. */
  readonly isLoaded: boolean
  /** When its load began. */
  readonly beganAt: Sequence
  readonly beganAtMs: number
}

/** More ids than this are not named: the tabs are told that the list has changed. */
export const MOST_NAMED = 1000

/** What has changed and has not been announced; 'many': too much to be named. */
export type News = Diff | 'many'

/** The record of a collection. It is written in the transaction of the rows that it tells of. */
export interface Head {
  readonly kind: 'collection'
  /** Of the list, absolute. */
  readonly url: string
  readonly tags: readonly string[]
  /** The rules by which its rows are kept: see `shapeOf`. */
  readonly shape: string
  /** What was removed since is gone: see `isRemoved`. */
  readonly born: Sequence
  /** The rows that answer. Absent: they have not been loaded yet. */
  readonly live?: RowSet
  /** Rows that are being loaded: for the first time, or in place of those that answer. */
  readonly loading?: RowSet
  /** All that was committed at the origin before this place is in the rows that answer. */
  readonly confirmedAt: Sequence
  readonly confirmedAtMs: number
  readonly news?: News
  /** The origin's items have members that the rows do not have: rows do not answer for them. */
  readonly hasOtherItems?: true
}

export const headKey = ({ partition, entity }: Of): string => `${partitionPrefix(partition)}collection\n${entity}`

/** What the list's JSON has around its rows. */
export const wrapperKey = ({ partition, entity }: Of): string => `${partitionPrefix(partition)}wrapper\n${entity}`

const rowsPrefix = ({ partition, entity }: Of, set: string): string =>
  `${partitionPrefix(partition)}rows\n${entity}\n${set}\n`

export const rowKey = (of: Of, set: string, id: string): string => rowsPrefix(of, set) + sortableId(id)

export const rowsUnder = (of: Of, set: string): IDBKeyRange => under(rowsPrefix(of, set))

/** Whose a record is and what it is of; undefined: it is of no collection. */
export function placeOf(key: string): (Of & { readonly kind: string; readonly set?: string | undefined }) | undefined {
  const [partition, kind, entity, set] = key.split('\n')
  return partition === undefined || kind === undefined || entity === undefined
    ? undefined
    : { partition, kind, entity, set }
}

/** A record that is on disk. Storage is an edge. */
export function parseHead(record: unknown): Head | undefined {
  const head = record as Partial<Head> | null | undefined
  const counts = [head?.born, head?.confirmedAt, head?.confirmedAtMs]
  return head?.kind === 'collection' &&
    typeof head.url === 'string' &&
    Array.isArray(head.tags) &&
    typeof head.shape === 'string' &&
    counts.every((count) => typeof count === 'number') &&
    [head.live, head.loading].every(isSet)
    ? (head as Head)
    : undefined
}

function isSet(set: Partial<RowSet> | undefined): boolean {
  const counts = [set?.count, set?.digest, set?.size, set?.beganAt, set?.revision]
  return set === undefined || (typeof set.set === 'string' && counts.every((count) => typeof count === 'number'))
}

/** What has been done to keep collections in step. */
export const SYNC_STATS = '!sync stats'
