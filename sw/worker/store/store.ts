import { promisifyRequest, type UseStore } from 'idb-keyval'
import { CacheError, storeUnavailable } from '../../core/cache-error.ts'
import { STORE_LIMIT_MS, timeout } from '../clock.ts'

export { promisifyRequest, type UseStore }

/** How long a transaction may take before it is given up, and what it has written undone. */
const TRANSACTION_LIMIT_MS = 5000

/**
 * Called when a connection that has been of use is closed under us: what memory holds of its database may be gone. One
 * that is closed before has left nothing there, and who reads anew when told would do so for ever.
 */
export const onClose = new Set<() => void>()

/**
 * idb-keyval's store, with what its own lacks: a durability, a bounded open, a connection that makes way for an upgrade
 * or a deletion (`versionchange`), and one reopening when the browser has closed it (Safari does so in background tabs).
 *
 * Opens at the first use. The callback may await requests of its transaction and nothing else.
 *
 * @throws CacheError 'store-unavailable' when the database cannot be opened in time, or fails at what it is asked.
 */
export function openStore(database: string, storeName: string, durability: 'strict' | 'relaxed'): UseStore {
  let connection: Promise<IDBDatabase> | undefined
  /** The connection that was last of use. */
  let served: IDBDatabase | undefined

  const connect = (): Promise<IDBDatabase> => {
    connection ??= open(database, storeName).then(
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
    db.transaction(storeName, mode, { durability }).objectStore(storeName)

  const run: UseStore = async (mode, callback) => {
    let store: IDBObjectStore
    try {
      store = begin(await connect(), mode)
    } catch (error) {
      // InvalidStateError: the connection was closed under us; NotFoundError: the database was deleted and made anew.
      if (!(error instanceof DOMException)) throw error
      connection = undefined
      store = begin(await connect(), mode)
    }
    const work = Promise.resolve(callback(store))
    // One that hangs holds up every other that writes.
    const outcome = await timeout(TRANSACTION_LIMIT_MS, work, LATE)
    if (outcome !== LATE) {
      served = store.transaction.db
      return outcome
    }
    work.catch(() => undefined)
    store.transaction.abort()
    throw new CacheError(storeUnavailable, { database, why: `it took longer than ${TRANSACTION_LIMIT_MS} ms` })
  }
  return async (mode, callback) => {
    try {
      return await run(mode, callback)
    } catch (cause) {
      // Whatever the browser says, to who reads the console it is one thing that is wrong.
      if (!(cause instanceof DOMException)) throw cause
      throw new CacheError(storeUnavailable, { database, why: String(cause) }, { cause })
    }
  }
}

const LATE = Symbol('late')

function open(database: string, storeName: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database)
    let late = false
    const timer = setTimeout(() => {
      late = true
      reject(new Error(`opening took longer than ${STORE_LIMIT_MS} ms`))
    }, STORE_LIMIT_MS)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(storeName))
    request.addEventListener('success', () => {
      clearTimeout(timer)
      if (late) request.result.close()
      else resolve(request.result)
    })
    request.addEventListener('error', () => {
      clearTimeout(timer)
      reject(request.error ?? new Error('the browser gave no reason'))
    })
  })
}
