/** What worker and tabs say of queued writes and of the records that pages hand over. */

/** The user has said what becomes of a queued write. */
export interface SteerOutbox {
  readonly ask: 'steer-outbox'
  readonly place: number
  /** 'read': the body is given, and nothing is changed. */
  readonly how: 'retry' | 'edit' | 'discard' | 'read'
  /** Of an edit: what is sent in place of its body. */
  readonly body?: ArrayBuffer
}

/** How many writes of the asking tab's user the origin does not have. */
export interface OutboxCounts {
  /** They are sent as soon as the origin can be reached. */
  readonly waiting: number
  /** The user has to say what becomes of them. */
  readonly needsYou: number
  /** When the next of them is tried without a sign of life: milliseconds since 1970. Absent: none is. */
  readonly nextAtMs?: number | undefined
  /** Of all users, and in which database: another one means that the browser has deleted the one before. Absent: not known yet. */
  readonly kept?: { readonly total: number; readonly database: string }
}

/** A write that the origin does not have yet. */
export interface QueuedWrite {
  /** Its number among all writes, in the order in which they were accepted. */
  readonly place: number
  /** The name of its rule. */
  readonly rule: string
  readonly method: string
  readonly url: string
  /**
   * 'waiting': it is sent when the origin can be reached, and after what was written before it. 'sending': it is under way.
   * 'needs-you': the user has to say. 'dead': the origin refuses it, or it is too old.
   */
  readonly state: 'waiting' | 'sending' | 'needs-you' | 'dead'
  /**
   * Why it needs the user, or is dead: 'outcome' (whether the origin has it is not known), 'conflict', 'lost-id', 'no-rule',
   * 'unreadable', 'too-old', 'not-shown' (it waits, and reads cannot show it), or the status of the answer that refuses it.
   */
  readonly why?: string
  /**
   * Of 'outcome', why a read could not tell: 'several', 'similar' or 'not-new' (rows that may be it), 'part' (the list is not whole),
   * 'other' (the row is neither what it was nor what was sent), 'nothing', 'unreadable'. Absent: there was nothing to read.
   */
  readonly doubt?: string
  /** The id of the row that it changes; temporary where it creates it. */
  readonly id?: string
  /** Milliseconds since 1970. */
  readonly acceptedAtMs: number
  readonly attempts: number
  /** Of its body. Bytes. */
  readonly size: number
  /** What its rule calls such a row. Absent: nothing. */
  readonly entity?: string
}

/** The records of a page's user that were handed over and have not ended, or whose end no page has heeded yet. */
export interface HandedOver {
  readonly writes: readonly HandedWrite[]
  /** In the order in which they were accepted. */
  readonly receipts: readonly RecordReceipt[]
  /** There are more receipts. */
  readonly isMore: boolean
  /** Names the database that they are in, as long as it lives. */
  readonly database: string
  /** Whose they are: the partitions of users of the page. None: its user is not known now. Absent: the worker does not say it. */
  readonly users?: readonly string[]
}

/** A record that the origin does not have yet. */
export interface HandedWrite {
  readonly place: number
  /** Its mark, as the page gave it. */
  readonly record: string
  /** It needs the user, or the origin refuses it. */
  readonly isStuck: boolean
  readonly why?: string
}

/** What has become of a record. */
export interface RecordReceipt {
  readonly place: number
  /** Its mark, as the page gave it. */
  readonly record: string
  /**
   * 'sent': the origin has it. 'yielded': the origin's row stands, by the rule. 'discarded': the user does not want it any more.
   * 'withdrawn': it was created and deleted, and never sent.
   */
  readonly end: 'sent' | 'yielded' | 'discarded' | 'withdrawn'
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** The text of its body, with the server's ids. Absent: it had none. */
  readonly sent?: string
  /** The JSON of the row as the origin has it; `null`: it is gone. Absent: it is not known. */
  readonly row?: string
  /** The server's id of a row that is new. */
  readonly id?: string
}

/** What has become of a queued write by the user's word. */
export interface Steered {
  /** Whether the write was there, and in a state in which this can be done. */
  readonly isDone: boolean
  readonly body?: ArrayBuffer | undefined
  /** Of a conflict that the user decides: the JSON of the row as the origin has it; null: it is gone. Absent: it is not known. */
  readonly theirs?: string | null | undefined
}

/** A queued write of one partition has come further, to every tab. */
export interface OutboxNews {
  readonly say: 'outbox'
  readonly partition: string
  /** The reads that are another by it now. */
  readonly urls: readonly string[]
  /** As it is now. */
  readonly write: QueuedWrite
  /** What has become of one that is not there any more. Absent: it is. */
  readonly end?: 'sent' | 'refused' | 'yielded' | 'merged' | 'discarded'
  /** As in `OutboxCounts`: a page notes it at once, because the browser may delete the database at any time. */
  readonly kept?: OutboxCounts['kept']
  /** The server's id of the row that it has created. */
  readonly id?: string
}
