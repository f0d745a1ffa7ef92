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
    /** Reads a list while another URL is read again and again. Gives the longest of those reads, in milliseconds. */
    longestBeside(work: () => Promise<unknown>): Promise<number>
  }
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

window.longestBeside = async (work) => {
  let isOver = false
  const done = work().finally(() => (isOver = true))
  let longest = 0
  while (!isOver) {
    const began = performance.now()
    await (await fetch('/api/other')).text()
    longest = Math.max(longest, performance.now() - began)
  }
  await done
  return longest
}
