/** What can go wrong with a call. */
export type Fault =
  /** It fails as an operation does: a rejected promise, or an error event and the end of its transaction. */
  | 'reject'
  /** It never settles; a transaction stays open and everything behind it waits. */
  | 'hang'
  /** It throws there and then. */
  | 'throw'
  /** The connection goes: the transaction is aborted, and whatever uses the connection afterwards throws. */
  | 'lost'
  /** There is no room: a rejected promise, or a transaction that is aborted when it should be committed. */
  | 'quota'

/**
 * One fault. A call is named by what is called and, in the database, by the kind of record: `put intent`. Calls are
 * counted from the start of each worker.
 */
export interface Planned {
  readonly call: string
  readonly fault: Fault
  /** From 1. */
  readonly nth: number
  /** All that follow fail as well. */
  readonly lasting: boolean
}

/** What the harness puts before the worker's script. */
export interface Plan {
  readonly faults: readonly Planned[]
  /** Says every call, for the table's own test. */
  readonly traced: boolean
}

/** What a worker says to the harness. */
export interface Said {
  readonly kind: 'fired' | 'report' | 'unhandled' | 'call'
  readonly text: string
}

export const SAID_PATH = '/__said'

/** What the page reads; the large one's body is too large for its row. */
export const THINGS = { small: 10, new: 10, large: 40_000 } as const

export type Thing = keyof typeof THINGS

/** What a page does next. Each waits for the one before it, but for those that go `together`. */
export type Step =
  | { readonly read: Thing }
  | { readonly write: true }
  /** Something changed by other means, and the app says so. */
  | { readonly invalidate: true }
  /** The app forgets what is stored: what has the tag, or everything. */
  | { readonly remove: 'tagged' | 'all' }
  /** An answer says that everything is to be forgotten (`Clear-Site-Data`). */
  | { readonly clear: true }
  | { readonly pauseMs: number }
  | { readonly together: readonly Step[] }

/**
 * What a row plays: in a first life with healthy storage everything is read once; then come these lives, each with the
 * faults and each ended by a stop without a word; then a last one, with healthy storage again.
 */
export interface Play {
  readonly faults: readonly Planned[]
  readonly lives: readonly (readonly Step[])[]
}

export const spelled = ({ call, fault, nth, lasting }: Planned): string =>
  `${call} ${nth === 1 && lasting ? 'always' : lasting ? `from #${nth} on` : `#${nth}`}: ${fault}`
