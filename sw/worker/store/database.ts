import { promisifyRequest as promisify, type UseStore } from 'idb-keyval'
import { COLLECTIONS_STORE, LRU_INDEX, RECORDS_STORE } from '../../../config/names.ts'
import { CacheError, storeUnavailable } from '../../core/cache-error.ts'
import { timeout } from '../../fetch/clock.ts'

export type { UseStore }

/**
 * A transaction in which no request completes for so long is given up, and what it has written is undone. So is an
 * attempt to open the database: the next use tries again.
 */
export const STALLED_MS = 10_000

/** Requests that have completed, of all databases: a slow disk makes progress, one that hangs makes none. */
let completed = 0

/** How many requests have completed: while it grows, what waits for its turn is busy and not stuck. */
export const completedRequests = (): number => completed

/** The result of a request, or the end of a transaction. */
export async function promisifyRequest<T>(request: IDBRequest<T> | IDBTransaction): Promise<T> {
  const result = await promisify<T>(request as IDBRequest<T>)
  completed++
  return result
}

/**
 * Called when a connection that has been of use is closed by the browser: what memory holds of its database may be gone.
 * A connection that is closed before its first use has left nothing in memory.
 */
export const onClose = new Set<() => void>()

/**
 * idb-keyval's store, with what its own lacks: a durability, an end to what hangs, a connection that makes way for an upgrade
 * or a deletion (`versionchange`), and one reopening when the browser has closed it (Safari does so in background tabs).
 *
 * Opens at the first use. The callback may await requests of its transaction and nothing else.
 *
 * @param name the object store. Default: that of all records but those of collections.
 * @throws CacheError 'store-unavailable' when the database cannot be opened, or fails at what it is asked.
 */
export function openStore(database: string, durability: 'strict' | 'relaxed', name: string = RECORDS_STORE): UseStore {
  let connection: Promise<IDBDatabase> | undefined
  /** The connection that was last of use. */
  let served: IDBDatabase | undefined

  const connect = (): Promise<IDBDatabase> => {
    connection ??= open(database).then(
      (db) => {
        const forget = (): void => {
          connection = undefined
          if (db === served) for (const tell of onClose) tell()
        }
        db.addEventListener('close', forget)
        db.addEventListener('versionchange', () => {
          forget()
          db.close()
        })
        return db
      },
      (cause: unknown) => {
        connection = undefined
        throw new CacheError(storeUnavailable, { database, why: String(cause) }, { cause })
      },
    )
    return connection
  }
  const begin = (db: IDBDatabase, mode: IDBTransactionMode): IDBObjectStore =>
    db.transaction(name, mode, { durability }).objectStore(name)

  const run: UseStore = async (mode, callback) => {
    let store: IDBObjectStore
    try {
      store = begin(await connect(), mode)
    } catch (error) {
      // InvalidStateError: the browser has closed the connection; NotFoundError: the database was deleted and made anew.
      if (!(error instanceof DOMException)) throw error
      connection = undefined
      store = begin(await connect(), mode)
    }
    const work = Promise.resolve(callback(store))
    const outcome = await unlessStalled(work)
    if (outcome !== LATE) {
      served = store.transaction.db
      return outcome
    }
    // A transaction that hangs holds up every other that writes.
    work.catch(() => undefined)
    try {
      store.transaction.abort()
    } catch {
      // It is being committed, and the commit hangs.
    }
    throw new CacheError(storeUnavailable, { database, why: STALLED.message }, { cause: STALLED })
  }
  return async (mode, callback) => {
    try {
      return await run(mode, callback)
    } catch (cause) {
      // Whatever the browser says, the console shows it as one thing that is wrong. Firefox may give no reason at all.
      if (cause instanceof Error && !(cause instanceof DOMException)) throw cause
      throw new CacheError(storeUnavailable, { database, why: String(cause) }, { cause })
    }
  }
}

const STALLED = new Error(`nothing came of it for ${STALLED_MS} ms`)

/** Whether a store has failed because it hangs: it would do so whatever it was asked. */
export const isStalled = (error: unknown): boolean => error instanceof CacheError && error.cause === STALLED

const LATE = Symbol('late')

async function unlessStalled<T>(work: Promise<T>): Promise<T | typeof LATE> {
  for (let seen = completed; ; seen = completed) {
    const outcome = await timeout(STALLED_MS, work, LATE)
    if (outcome !== LATE || completed === seen) return outcome
  }
}

/** @param version undefined: the one that is there. */
function open(database: string, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, version)
    let late = false
    const timer = setTimeout(() => {
      late = true
      reject(STALLED)
    }, STALLED_MS)
    request.addEventListener('upgradeneeded', () => {
      for (const name of [RECORDS_STORE, COLLECTIONS_STORE]) {
        if (request.result.objectStoreNames.contains(name)) continue
        const store = request.result.createObjectStore(name)
        // Entries of the index are told apart from all other records by having both.
        if (name === RECORDS_STORE) store.createIndex(LRU_INDEX, ['rule', 'usedAtMs'])
      }
    })
    request.addEventListener('success', () => {
      clearTimeout(timer)
      const db = request.result
      if (late) db.close()
      else if (db.objectStoreNames.contains(RECORDS_STORE)) resolve(db)
      else {
        // WebKit leaves a database without its stores when it is stopped while it makes them.
        db.close()
        resolve(open(database, db.version + 1))
      }
    })
    request.addEventListener('error', () => {
      clearTimeout(timer)
      reject(request.error ?? new Error('the browser gave no reason'))
    })
  })
}
