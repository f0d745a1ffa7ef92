/** A record that the origin does not have as the device has it. */
export interface DirtyRecord {
  readonly id: string
  /** Default: it is there, new or changed. */
  readonly isDeleted?: boolean | undefined
}

/** A record as the store has it, to be sent. */
export interface LocalRecord {
  /** What is sent of it, as JSON: the members that the backend takes, without `isDirty` and the like. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Whether the origin has never had it, as far as the store knows: `lastSyncedAt` is null. */
  readonly isNew: boolean
  readonly isDeleted: boolean
  /**
   * Fields of the request, where it carries something of its own. Default: none.
   * @example { 'if-match': row.etag }
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What has become of a record that was sent. */
export interface SentRecord<Entity extends string = string> {
  readonly entity: Entity
  /** As the store called it when it was sent. */
  readonly id: string
  /** The `fields` that were sent, with the server's ids in the place of those that it has given. Undefined: it was deleted. */
  readonly sent: Readonly<Record<string, unknown>> | undefined
  /** The row as the origin has it; null: it has none. Undefined: its answer does not say it, and it cannot be read. */
  readonly row: Readonly<Record<string, unknown>> | null | undefined
  /** When that was known: milliseconds since 1970. */
  readonly syncedAt: number
}

export interface AcknowledgedRecord<Entity extends string = string> extends SentRecord<Entity> {
  /** The id that the server has given to a new record, where it is another one. Undefined: it stays. */
  readonly newId: string | undefined
}

export interface OverruledRecord<Entity extends string = string> extends SentRecord<Entity> {
  /** 'yielded': the origin's row stands, by `conflict` of the rules. 'discarded': the user does not want the change any more. */
  readonly why: 'yielded' | 'discarded'
}

/**
 * A store of the app's own, as the sender sees it. What throws is told by `state.lastError` and tried again later; nothing is lost.
 * Each function may be called again with the same: a page may be closed at any time.
 */
export interface RecordAdapter<Entity extends string = string> {
  /**
   * Dirty records, deleted ones among them, in an order that stays: at most `limit`, those after the record `after` (undefined: from the
   * beginning). A record comes after those that it refers to.
   */
  listDirty(
    entity: Entity,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly DirtyRecord[]> | readonly DirtyRecord[]
  /** A record as it is now. Undefined: it is not there any more. */
  read(entity: Entity, id: string): Promise<LocalRecord | undefined> | LocalRecord | undefined
  /**
   * The origin has what was sent. In one transaction: compare `sent` with the record as it is now. Where it is the same, the record is
   * clean, and takes what `row` says. Else it was edited meanwhile: it stays dirty, and only `lastSyncedAt` and the id change. After a
   * deletion the record goes; one whose deletion was taken back meanwhile is new to the origin.
   */
  acknowledge(record: AcknowledgedRecord<Entity>): Promise<void> | void
  /**
   * The origin's row stands in the place of what was sent. In one transaction: a record that is as it was sent takes `row` and is clean
   * (null: it goes). One that was edited meanwhile stays dirty.
   */
  apply(record: OverruledRecord<Entity>): Promise<void> | void
  /**
   * Sets the mark of a record, for `markDirty()` and `markDeleted()`. Absent: the app does that itself, in the transaction of its edit.
   */
  mark?(entity: Entity, id: string, as: 'dirty' | 'deleted'): Promise<void> | void
}
