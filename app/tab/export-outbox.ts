import { OBJECT_STORE, OUTBOX_DATABASE } from '../../config/names.ts'

/** A write that the origin does not have, as it was recorded. */
export interface UnsentWrite {
  readonly key: IDBValidKey
  readonly record: unknown
}

/**
 * Hands the writes that were never sent to the page, for an app whose layer has been removed: a kill leaves them where
 * they are. They are forgotten once `keep` has settled, and stay if it rejects. Needs no worker; with a living one it is
 * the layer that sends them. Nothing is queued yet, so there is nothing to hand over but what a later version has left.
 *
 * @param keep puts them where the page keeps them: called once, oldest first, and not at all when there are none.
 * @returns how many there were.
 * @throws what `keep` or the browser's database throws.
 */
export async function exportOutbox(keep: (writes: readonly UnsentWrite[]) => Promise<void>): Promise<number> {
  const db = await openIfThere()
  if (db === undefined) return 0
  try {
    const store = db.transaction(OBJECT_STORE).objectStore(OBJECT_STORE)
    const [keys, records] = await Promise.all([done(store.getAllKeys()), done<unknown[]>(store.getAll())])
    if (keys.length === 0) return 0
    await keep(records.map((record, at) => ({ key: keys[at] ?? at, record })))
    const kept = db.transaction(OBJECT_STORE, 'readwrite', { durability: 'strict' })
    // Those alone: others may have come meanwhile.
    for (const key of keys) kept.objectStore(OBJECT_STORE).delete(key)
    await new Promise((resolve, reject) => {
      kept.addEventListener('complete', resolve)
      kept.addEventListener('abort', () => reject(kept.error ?? new Error('the browser gave no reason')))
    })
    return keys.length
  } finally {
    db.close()
  }
}

/** The database, unless it would have to be made. WebKit keeps an empty one whose making was given up. */
async function openIfThere(): Promise<IDBDatabase | undefined> {
  // Firefox before 126 has no list.
  const all = 'databases' in indexedDB ? await indexedDB.databases() : undefined
  if (all?.some(({ name }) => name === OUTBOX_DATABASE) === false) return undefined
  const opening = indexedDB.open(OUTBOX_DATABASE)
  let isAbsent = false
  opening.addEventListener('upgradeneeded', () => {
    isAbsent = true
    opening.transaction?.abort()
  })
  try {
    return await done(opening)
  } catch (error) {
    if (isAbsent) return undefined
    throw error
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser gave no reason')))
  })
}
