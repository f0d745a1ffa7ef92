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
