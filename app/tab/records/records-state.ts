/** Makes the request that hands a record over. */
export type HandOver = (
  url: string,
  init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Response>

export interface RecordsState {
  /**
   * 'sending': records are handed over, or are on their way. 'idle': nothing is left to do. 'stuck': what is left needs the user
   * (`layer.outbox`). 'no-worker': no worker that takes records controls this page, so nothing is sent; nothing is lost. 'failed': see
   * `lastError`; it is tried again. 'closed': by `close()`, or because the user has signed out or is another.
   */
  readonly state: 'idle' | 'sending' | 'stuck' | 'no-worker' | 'failed' | 'closed'
  /** How many records the worker has, and the origin does not. */
  readonly handedOver: number
  /** How many of those need the user, or are refused. */
  readonly stuck: number
  /** How many this page has seen acknowledged. */
  readonly acknowledged: number
  /** When the last one was: milliseconds since 1970. Undefined: none was seen in this page. */
  readonly lastSyncedAt: number | undefined
  /** What went wrong last, in the last round. Undefined: nothing did. */
  readonly lastError: RecordProblem | undefined
}

/** What went wrong with a record, or with the store as a whole. */
export interface RecordProblem {
  readonly entity?: string
  readonly id?: string
  /** What was being done. */
  readonly why: string
  readonly error: unknown
}
