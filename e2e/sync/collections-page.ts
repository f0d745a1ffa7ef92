import { type ChangeEvent, connect, type Freshlayer, type SyncEvent } from '../../app/tab/index.ts'
import { channelOf, cacheDatabaseOf, COLLECTIONS_STORE, RECORDS_STORE } from '../../config/names.ts'

declare global {
  interface Window {
    layer: Freshlayer
    changes: ChangeEvent[]
    synced: SyncEvent[]
    /** The keys of rows and heads on disk. */
    collectionKeys(): Promise<string[]>
    /** Keeps the disk busy until the way out is called: nothing else is read or written. Settles when it has begun. */
    holdDisk(): Promise<void>
    releaseDisk(): void
    /** Settles when a newer worker has taken over. */
    updated: Promise<unknown>
    /** Stores more answers of other URLs than a worker has in memory. */
    storeOthers(): Promise<void>
    /** Does something while other URLs are read again and again, which are stored. Says how long those reads took. */
    readsBeside(work: () => Promise<unknown>): Promise<ReadsBeside>
  }
}

/** How long reads took, in milliseconds, the shortest first: of answers that the worker has in memory, or on disk alone. */
export interface ReadsBeside {
  readonly memory: readonly number[]
  readonly disk: readonly number[]
}

// A page below /sub/ has a worker of its own on the data of the one at the root, as during an update.
const isSub = location.pathname.startsWith('/sub/')
if (isSub) {
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor() {
      super(channelOf('/'))
    }
  }
}
const user = new URL(location.href).searchParams.get('user') ?? 'ada'
window.layer = connect({
  ...(isSub && { worker: '/sw.js?sub', scope: '/sub/' }),
  identify: () => user,
  development: false,
})
window.changes = []
window.synced = []
window.layer.on('change', (change) => window.changes.push(change))
window.layer.on('sync', (event) => window.synced.push(event))

const opened = (): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open(cacheDatabaseOf('/'))
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error ?? new Error('no database'))
  })

window.collectionKeys = async () => {
  const db = await opened()
  const asked = db.transaction(COLLECTIONS_STORE).objectStore(COLLECTIONS_STORE).getAllKeys()
  const keys = await new Promise<IDBValidKey[]>((resolve) => (asked.onsuccess = () => resolve(asked.result)))
  db.close()
  return keys.map(String)
}

window.holdDisk = async () => {
  const db = await opened()
  const store = db.transaction([COLLECTIONS_STORE, RECORDS_STORE], 'readwrite').objectStore(COLLECTIONS_STORE)
  let isHeld = true
  window.releaseDisk = () => void (isHeld = false)
  await new Promise<void>((resolve) => {
    const again = (): void => {
      resolve()
      if (isHeld) store.get('nothing').onsuccess = again
      else db.close()
    }
    store.get('nothing').onsuccess = again
  })
}

/** The worker has 512 keys in memory, and those that were read longest ago go first. */
const OTHERS = 540
const other = (at: number): string => `/api/other?at=${at % OTHERS}`
const readAll = async (urls: readonly string[]): Promise<void> => {
  await Promise.all(urls.map(async (url) => (await fetch(url)).text()))
}

window.storeOthers = async () => {
  for (let at = 0; at < OTHERS; at += 60) await readAll(Array.from({ length: 60 }, (_, each) => other(at + each)))
}

let turn = 0
window.readsBeside = async (work) => {
  let isOver = false
  const done = work().finally(() => (isOver = true))
  const took: Record<keyof ReadsBeside, number[]> = { memory: [], disk: [] }
  const read = async (from: keyof ReadsBeside, url: string): Promise<void> => {
    const began = performance.now()
    await readAll([url])
    took[from].push(performance.now() - began)
  }
  while (!isOver) {
    await read('memory', '/api/other')
    await read('disk', other(turn++))
  }
  await done
  for (const each of [took.memory, took.disk]) each.sort((one, another) => one - another)
  return took
}
