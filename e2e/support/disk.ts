import type { Page } from '@playwright/test'

/** Everything the origin has in Cache Storage and IndexedDB, as one text: what is not in it was not kept. */
export function onDisk(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const kept: string[] = []
    const blobs: Blob[] = []
    const text = (value: unknown): string => {
      if (value instanceof ArrayBuffer) return new TextDecoder().decode(value)
      if (value instanceof Blob) return `blob ${blobs.push(value) - 1}`
      if (value instanceof Map) return text([...value])
      if (Array.isArray(value)) return value.map(text).join(' ')
      if (typeof value === 'object' && value !== null) return text(Object.entries(value))
      return String(value)
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        kept.push(request.url, (await (await cache.match(request))?.text()) ?? '')
      }
    }
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error)
      })
      for (const storeName of db.objectStoreNames) {
        const store = db.transaction(storeName).objectStore(storeName)
        const settled = <T>(request: IDBRequest<T>): Promise<T> =>
          new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result)
            request.onerror = () => reject(request.error)
          })
        kept.push(...(await Promise.all([settled(store.getAllKeys()), settled(store.getAll())])).map(text))
      }
      db.close()
    }
    for (const blob of blobs) kept.push(await blob.text())
    return kept.join('\n')
  })
}
