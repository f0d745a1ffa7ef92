import type { Page } from '@playwright/test'

declare global {
  interface Window {
    /** In every page of the tests. */
    readonly inDatabase: typeof inDatabase
  }
}

/**
 * Works on the layer's database in one transaction, behind the layer's back. Does not make a database that is not there.
 *
 * @returns what `work` gave, once the transaction is complete: its requests have their results.
 */
export async function inDatabase<T>(work: (store: IDBObjectStore) => T): Promise<T> {
  const opening = indexedDB.open('freshlayer-cache')
  await new Promise((resolve, reject) => {
    opening.onupgradeneeded = () => opening.transaction?.abort()
    opening.onsuccess = resolve
    opening.onerror = () => reject(opening.error)
  })
  const transaction = opening.result.transaction('keyval', 'readwrite')
  const given = work(transaction.objectStore('keyval'))
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
  opening.result.close()
  return given
}

/** Keeps a transaction of the layer's database open until released: whoever writes has to wait. */
export async function holdDatabase(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        let isHeld = true
        addEventListener('release-database', () => (isHeld = false), { once: true })
        void window.inDatabase((store) => {
          // A transaction lives as long as there are requests.
          const again = (): void => {
            store.get('nothing').onsuccess = () => {
              resolve()
              if (isHeld) again()
            }
          }
          again()
        })
      }),
  )
  return () => page.evaluate(() => void dispatchEvent(new Event('release-database')))
}

/** Changes every stored row, as another version of the layer or a fault might have left it. */
export const rewriteRows = (page: Page, change: Record<string, unknown>): Promise<number> =>
  page.evaluate(async (change) => {
    let rewritten = 0
    await window.inDatabase((store) => {
      const cursor = store.openCursor(IDBKeyRange.bound('row ', 'row \uffff'))
      cursor.onsuccess = () => {
        if (cursor.result === null) return
        cursor.result.update({ ...cursor.result.value, ...change })
        rewritten++
        cursor.result.continue()
      }
    })
    return rewritten
  }, change)

/** Puts a value in the place of each record whose key begins with `kind`. Gives how many there were. */
export const replaceRecords = (page: Page, kind: string, value: unknown): Promise<number> =>
  page.evaluate(
    async ([kind, value]) => {
      let replaced = 0
      await window.inDatabase((store) => {
        const cursor = store.openCursor(IDBKeyRange.bound(kind, `${kind}\uffff`))
        cursor.onsuccess = () => {
          if (cursor.result === null) return
          cursor.result.update(value)
          replaced++
          cursor.result.continue()
        }
      })
      return replaced
    },
    [kind, value] as const,
  )

/** Puts one record, as another version of the layer or a fault might have left it. */
export const putRecord = (page: Page, key: string, value: unknown): Promise<void> =>
  page.evaluate(async ([key, value]) => void (await window.inDatabase((store) => store.put(value, key))), [
    key,
    value,
  ] as const)

/** Takes from each row the field that the last part of its URL names, or makes it null. Gives how many rows there were. */
export const withoutNamedFields = (page: Page, value: null | undefined): Promise<number> =>
  page.evaluate(async (value) => {
    let changed = 0
    await window.inDatabase((store) => {
      const cursor = store.openCursor(IDBKeyRange.bound('row ', 'row \uffff'))
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
    })
    return changed
  }, value)
