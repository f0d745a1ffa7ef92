import type { Page } from '@playwright/test'

/** Keeps a transaction of the layer's database open until released: whoever writes has to wait. */
export async function holdDatabase(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open('freshlayer-cache')
      opening.onsuccess = () => resolve(opening.result)
    })
    let isHeld = true
    addEventListener('release-database', () => (isHeld = false), { once: true })
    const store = db.transaction('keyval', 'readwrite').objectStore('keyval')
    await new Promise<void>((resolve) => {
      // A transaction lives as long as there are requests.
      const again = (): void => {
        const request = store.get('nothing')
        request.onsuccess = () => {
          resolve()
          if (isHeld) again()
          else db.close()
        }
      }
      again()
    })
  })
  return () => page.evaluate(() => void dispatchEvent(new Event('release-database')))
}

/** Changes every stored row, as another version of the layer or a fault might have left it. */
export const rewriteRows = (page: Page, change: Record<string, unknown>): Promise<number> =>
  page.evaluate(async (change) => {
    const db = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open('freshlayer-cache')
      opening.onsuccess = () => resolve(opening.result)
    })
    const transaction = db.transaction('keyval', 'readwrite')
    const store = transaction.objectStore('keyval')
    let rewritten = 0
    const cursor = store.openCursor(IDBKeyRange.bound('row ', 'row \uffff'))
    cursor.onsuccess = () => {
      if (cursor.result === null) return
      cursor.result.update({ ...cursor.result.value, ...change })
      rewritten++
      cursor.result.continue()
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve))
    db.close()
    return rewritten
  }, change)

/** Puts a value in the place of each record whose key begins with `kind`. Gives how many there were. */
export const replaceRecords = (page: Page, kind: string, value: unknown): Promise<number> =>
  page.evaluate(
    async ([kind, value]) => {
      const db = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open('freshlayer-cache')
        opening.onsuccess = () => resolve(opening.result)
      })
      const transaction = db.transaction('keyval', 'readwrite')
      let replaced = 0
      const cursor = transaction.objectStore('keyval').openCursor(IDBKeyRange.bound(kind, `${kind}\uffff`))
      cursor.onsuccess = () => {
        if (cursor.result === null) return
        cursor.result.update(value)
        replaced++
        cursor.result.continue()
      }
      await new Promise((resolve) => (transaction.oncomplete = resolve))
      db.close()
      return replaced
    },
    [kind, value] as const,
  )

/** Puts one record, as another version of the layer or a fault might have left it. */
export const putRecord = (page: Page, key: string, value: unknown): Promise<void> =>
  page.evaluate(
    async ([key, value]) => {
      const db = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open('freshlayer-cache')
        opening.onsuccess = () => resolve(opening.result)
      })
      const transaction = db.transaction('keyval', 'readwrite')
      transaction.objectStore('keyval').put(value, key)
      await new Promise((resolve) => (transaction.oncomplete = resolve))
      db.close()
    },
    [key, value] as const,
  )

/** Takes from each row the field that the last part of its URL names, or makes it null. Gives how many rows there were. */
export const withoutNamedFields = (page: Page, value: null | undefined): Promise<number> =>
  page.evaluate(async (value) => {
    const db = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open('freshlayer-cache')
      opening.onsuccess = () => resolve(opening.result)
    })
    const transaction = db.transaction('keyval', 'readwrite')
    let changed = 0
    const cursor = transaction.objectStore('keyval').openCursor(IDBKeyRange.bound('row ', 'row \uffff'))
    cursor.onsuccess = () => {
      if (cursor.result === null) return
      const row = cursor.result.value
      const field = row.url.split('/').at(-1)
      if (value === null) row[field] = null
      else delete row[field]
      cursor.result.update(row)
      changed++
      cursor.result.continue()
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve))
    db.close()
    return changed
  }, value)
