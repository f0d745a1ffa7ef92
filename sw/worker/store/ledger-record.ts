import { CACHE_DATABASE } from '../../../config/names.ts'
import { CacheError, storeUnavailable } from '../../core/cache-error.ts'
import { CHANGES, META, PLACES, ROWS, SEARCHES, under, USED } from './records.ts'
import { promisifyRequest, type UseStore } from './store.ts'

/** Of the records beside the rows. A change of it drops or migrates what an older version has written. */
const SHAPE = 1

/** The ledger's record of itself. Every transaction that writes reads it first. */
export interface Meta {
  readonly shape: typeof SHAPE
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
  shape: SHAPE,
  version,
  incarnation: 0,
  // In a store made anew no epoch comes again: what was asked for before it was lost is not stored in it.
  epoch: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
  logId: crypto.randomUUID(),
  position: 0,
})

/**
 * The record of a store; undefined where there is none of this shape: what lies beside an older one is dropped.
 *
 * @throws CacheError 'store-unavailable' where a newer version of the layer has written it: during an update this worker
 * still answers for a while, and what it cannot read is not its to drop.
 */
export const parseMeta = (record: unknown): Meta | undefined => {
  const meta = record as Partial<Meta> | undefined
  const shape: unknown = meta?.shape
  if (typeof shape === 'number' && shape > SHAPE) {
    throw new CacheError(storeUnavailable, { database: CACHE_DATABASE, why: 'a newer version has written it' })
  }
  const isWhole = [meta?.incarnation, meta?.epoch, meta?.position].every((count) => typeof count === 'number')
  return shape === SHAPE && isWhole && typeof meta?.logId === 'string' ? (meta as Meta) : undefined
}

/** The store for what is written beside the ledger: like it, it leaves alone what a newer version has written. */
export const ofThisShape =
  (store: UseStore): UseStore =>
  (mode, work) =>
    store(mode, async (records) => {
      if (mode === 'readwrite') parseMeta(await promisifyRequest<unknown>(records.get(META)))
      return work(records)
    })

/** What is written at once, or not at all. */
export interface Transaction {
  readonly store: IDBObjectStore
  /** May be changed; is written back. */
  readonly meta: Meta
}

/** The store, as this worker may use it. */
export interface Transactions {
  /** Makes this worker the newest one that the store knows of. */
  begin(): Promise<Readonly<Meta>>
  /** Reads, in one transaction. What memory holds may know more. */
  read<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T>
  /**
   * Writes, in one transaction and as the newest worker that the store knows of: after what another may have written
   * meanwhile.
   */
  write<T>(work: (transaction: Transaction) => T | Promise<T>): Promise<T>
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
