import type { JsonObject } from '../../sw/core/outbox/json.ts'
import type { Session } from '../sync/database.ts'
import type { ApiRow } from '../sync/entity.ts'

/** What a write of a batch does to one row. */
export type RowWrite =
  /** `id`: as the client calls it; a temporary one, or the row's own where the app makes ids. */
  | { readonly kind: 'create'; readonly id: string; readonly fields: JsonObject }
  /** `fields`: a JSON merge patch. `row`: as the API shows it, and locked. */
  | { readonly kind: 'update'; readonly id: string; readonly fields: JsonObject; readonly row: ApiRow }
  | { readonly kind: 'delete'; readonly id: string; readonly row: ApiRow }

/** What the backend says of an entity that clients write in batches. */
export interface WrittenEntity<Principal> {
  /**
   * The table whose row is locked, with its schema where it is not on the search path. Its ids are of the type that the ids of the
   * entity's select have.
   */
  readonly table: string
  /** The column that names a row in it. Default: 'id'. */
  readonly id?: string
  /** Whether the caller may do this. It is asked of each item, with the row as the caller sees it. */
  readonly may: (principal: Principal, write: RowWrite) => boolean | Promise<boolean>
  /**
   * Does it, by this client alone: it may be run again, and it may be taken back. What it throws touches this item alone: a `refusal`, and
   * what the database says of values and constraints, is told as refused, and anything else as to be tried again.
   *
   * @returns the id of a row that it has created; of no use for others.
   */
  readonly write: (
    client: Pick<Session, 'query'>,
    write: RowWrite,
    principal: Principal,
  ) => Promise<string | number | bigint | void>
  /**
   * What becomes of a write whose row has changed since: the client is told ('refuse'), or of each field the last write holds
   * ('last-write-wins'), for which the entity's version has to be a time. Default: 'refuse'.
   */
  readonly conflict?: 'refuse' | 'last-write-wins'
}

/** What `POST /sync` takes. */
export interface BatchOptions<Principal> {
  /** A user's own name, which stays the same: the keys of two users have nothing to do with each other. */
  readonly ownerOf: (principal: Principal) => string
  /** By the names that `entities` of the same options has. */
  readonly entities: Readonly<Record<string, WrittenEntity<Principal>>>
  /** How long the result of an item is kept. Clients send nothing again after that. Unit: days. Default: 7. */
  readonly days?: number
  /** For how long a transaction may go without a statement. Unit: seconds. Default: 60. */
  readonly idle?: number
  /** How far ahead of the database's clock a stamp is believed. Unit: seconds. Default: 60. */
  readonly ahead?: number
  /** Default: 1000. */
  readonly mostItems?: number
  /** The longest body as it is sent. Unit: bytes. Default: 1 MiB. */
  readonly mostBytes?: number
  /** The longest body when it is unpacked. Unit: bytes. Default: 8 MiB. */
  readonly mostUnpackedBytes?: number
  /** How many items share a transaction. Default: 100. */
  readonly slice?: number
  /** After this time no further transaction is begun, and the rest is told as to be sent again. Unit: seconds. Default: 20. */
  readonly budget?: number
  /** Hears what a `write` has thrown that is no refusal. Default: the console says it. */
  readonly report?: (error: unknown) => void
}
