import type { Page } from '@playwright/test'

declare global {
  interface Window {
    /** In every page of the tests. */
    readonly inDatabase: typeof inDatabase
    readonly kindOfKey: typeof kindOfKey
  }
}

/**
 * Works on the layer's database in one transaction, behind the layer's back. Does not make a database that is not there.
 *
 * @returns what `work` gave, once the transaction is complete: its requests have their results.
 */
export async function inDatabase<T>(work: (store: IDBObjectStore) => T): Promise<T> {
  const opening = indexedDB.open('freshlayer-cache-v1 /')
  await new Promise((resolve, reject) => {
    opening.onupgradeneeded = () => opening.transaction?.abort()
    opening.onsuccess = resolve
    opening.onerror = () => reject(opening.error)
  })
  const transaction = opening.result.transaction('records', 'readwrite')
  const given = work(transaction.objectStore('records'))
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
  opening.result.close()
  return given
}

/** Keeps a transaction of the layer's database open until released: writers have to wait. */
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

/** Of which kind of record a key is. */
export function kindOfKey(key: string): string {
  const [first = '', kind] = key.split('\n')
  return kind === undefined ? (/^[!a-z]+/.exec(first)?.[0] ?? '') : key.endsWith('\nbody') ? 'body' : kind
}

/**
 * Changes every record of a kind, as another version of the layer or a fault might have left it. Gives how many there were.
 *
 * @param kind '': every record.
 * @param change put in the place of the record, or over its fields.
 */
export const changeRecords = (
  page: Page,
  kind: string,
  change: { readonly by: unknown } | { readonly over: Record<string, unknown> },
): Promise<number> =>
  page.evaluate(
    async ([kind, change]) => {
      let changed = 0
      await window.inDatabase((store) => {
        const cursor = store.openCursor()
        cursor.onsuccess = () => {
          if (cursor.result === null) return
          if (kind === '' || window.kindOfKey(String(cursor.result.key)) === kind) {
            cursor.result.update('by' in change ? change.by : { ...cursor.result.value, ...change.over })
            changed++
          }
          cursor.result.continue()
        }
      })
      return changed
    },
    [kind, change] as const,
  )

/** How many records of each kind there are. */
export const kindsIn = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(async () => {
    const keys = (await window.inDatabase((store) => store.getAllKeys())).result.map(String)
    const counts: Record<string, number> = {}
    for (const kind of keys.map(window.kindOfKey)) counts[kind] = (counts[kind] ?? 0) + 1
    return counts
  })

/** Changes every stored row, and what the index knows of it. */
export async function rewriteRows(page: Page, over: Record<string, unknown>): Promise<number> {
  await changeRecords(page, 'index', { over })
  return changeRecords(page, 'row', { over })
}

/** Puts a value in the place of each record of a kind. Gives how many there were. */
export const replaceRecords = (page: Page, kind: string, value: unknown): Promise<number> =>
  changeRecords(page, kind, { by: value })

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
      const cursor = store.openCursor(IDBKeyRange.bound('everyone\nrow\n', 'everyone\nrow\n\uffff'))
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
