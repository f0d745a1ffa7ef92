import type { IdOf } from '../../core/outbox/temporary-ids.ts'
import type { JsonObject } from '../../core/outbox/json.ts'
import type { Receipt, WriteRecord } from './write-record.ts'

// A page that hands a record of its local store over marks its request: `entity id version`, each percent-encoded.

/** The record that a mark names, without its version. */
export const recordOf = (mark: string): string => mark.replace(/ [^ ]*$/, '')

/** The id that the page has for a record. */
export const idOfMark = (mark: string): string => decodeURIComponent(mark.split(' ')[1] ?? '')

/**
 * What the outbox has of a record. 'known': this version. 'taken': another one, which may be with the origin. `gone`: a write that is not
 * sent any more.
 */
export type Held =
  | { readonly kind: 'known'; readonly place: number; readonly gone?: WriteRecord }
  | { readonly kind: 'taken'; readonly place: number }

/** How a write has ended. */
export interface Ending {
  readonly end: Receipt['end']
  /** The row as the origin has it; null: it is gone. Absent: it is not known. */
  readonly row?: JsonObject | null | undefined
  /** The server's id of a row that is new. */
  readonly id?: string | undefined
}

/** What is kept of a write that has ended, until its page has heard of it. Undefined: it is no record. */
export type ReceiptOf = (write: WriteRecord, ending: Ending, idFor: IdOf) => Receipt | undefined
