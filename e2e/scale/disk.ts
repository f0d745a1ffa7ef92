import type { Page } from '@playwright/test'

/**
 * How many records of all databases and entries of all caches hold the marker in their bytes, whatever their shape.
 * Reads one store after the other. A database that is deleted meanwhile is not made anew.
 */
export function onDisk(page: Page, marker: string): Promise<number> {
  return page.evaluate(async (marker) => {
    const text = async (value: unknown): Promise<string> => {
      if (value instanceof Blob) return value.text()
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return new TextDecoder().decode(value)
      if (value instanceof Map || value instanceof Set) return text([...value])
      if (typeof value !== 'object' || value === null) return String(value)
      return (await Promise.all(Object.values(value).map(text))).join(' ')
    }
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    let found = 0
    const look = async (value: unknown): Promise<void> => {
      if ((await text(value)).includes(marker)) found++
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) await look(await (await cache.match(request))?.text())
    }
    for (const { name = '' } of await indexedDB.databases()) {
      const opening = indexedDB.open(name)
      opening.onupgradeneeded = () => opening.transaction?.abort()
      const db = await settled(opening).catch(() => undefined)
      if (db === undefined) continue
      for (const storeName of db.objectStoreNames) {
        const values: unknown[] = await settled(db.transaction(storeName).objectStore(storeName).getAll())
        for (const value of values) await look(value)
      }
      db.close()
    }
    return found
  }, marker)
}
