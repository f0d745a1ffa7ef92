import type { ApiRow } from '../sync/entity.ts'

/** What has become of an item of a batch. */
export type ItemOutcome =
  /** It is done. */
  | 'applied'
  /** There was nothing to do: the row is so already, or what is there now is the later write. */
  | 'unchanged'
  /** The row has changed since. Nothing was done; the client decides, by `row`. */
  | 'conflict'
  /** It will not be done as it is. */
  | 'refused'
  /** It was not done this time: send it again. */
  | 'later'

/** The answer to an item. */
export interface ItemResult {
  readonly key: string
  readonly entity: unknown
  /** The row's id at the server. */
  readonly id: unknown
  readonly result: ItemOutcome
  /** The row as it is now, as the API shows it; null: there is none, or it was not looked at. */
  readonly row: ApiRow | null
  /**
   * The version of the row: the `baseVersion` of the next write to it. Of an item that was done before: the version that it has made. Null:
   * there is none.
   */
  readonly updatedAt: string | null
  readonly isDeleted: boolean
  /** When the row was read, by the database's clock; null: it was not. */
  readonly lastSyncedAt: string | null
  /** When the write counts as made. Only where the last write wins. */
  readonly stamp?: string
  /** The JSON pointers of fields that were written later by others. Only where there are some. */
  readonly lost?: readonly string[]
  /** Why it was not done, as the problem that a request of its own would get. */
  readonly problem?: Readonly<Record<string, unknown>>
}

/** A result without a row. */
export const withoutRow = (
  { key, entity, id }: { readonly key: string; readonly entity: unknown; readonly id: unknown },
  result: ItemOutcome,
  problem: Readonly<Record<string, unknown>>,
): ItemResult => ({
  key,
  entity,
  id,
  result,
  row: null,
  updatedAt: null,
  isDeleted: false,
  lastSyncedAt: null,
  problem,
})
