import type { Change, LoggedChange } from '../core/change.ts'
import { changeKey, CHANGES, PLACES, ROWS, SEARCHES, under, USED } from './records.ts'

/** The ledger's record of itself. Every transaction that writes reads it first. */
export interface Meta {
  readonly shape: 1
  /** The config's `version` under which the rows were stored. */
  version: string
  incarnation: number
  /** Ends when everything is forgotten at once: what began before is not stored after. */
  epoch: number
  /** How often the identity of each partition has ended: its epoch ends with it. */
  ends?: Readonly<Record<string, number>>
  /** Bytes stored under each rule. */
  sizes?: Readonly<Record<string, number>>
  logId: string
  /** Of the newest entry of the change log. */
  position: number
}

export const newMeta = (version: string): Meta => ({
  shape: 1,
  version,
  incarnation: 0,
  epoch: 0,
  logId: crypto.randomUUID(),
  position: 0,
})

export const parseMeta = (record: unknown): Meta | undefined => {
  const meta = record as Meta | undefined
  return meta?.shape === 1 ? meta : undefined
}

/** Forgets every row, and makes sure that nothing asked for before is stored after. The log starts anew. */
export function empty(store: IDBObjectStore, meta: Meta): void {
  store.delete(under(ROWS))
  store.delete(under(CHANGES))
  for (const kind of [SEARCHES, USED, PLACES]) store.delete(under(kind))
  meta.sizes = {}
  meta.epoch++
  meta.logId = crypto.randomUUID()
  meta.position = 0
}

/** Writes the next entry of the change log, in the transaction of what it tells of. */
export function log(store: IDBObjectStore, meta: Meta, change: Change | undefined): LoggedChange | undefined {
  if (change === undefined) return undefined
  const logged = { ...change, logId: meta.logId, position: ++meta.position }
  store.put(logged, changeKey(logged.position))
  return logged
}
