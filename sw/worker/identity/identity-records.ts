import { timeout } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { promisifyRequest } from '../store/database.ts'
import type { Transactions } from '../store/writer.ts'

/**
 * Reads one identity record. Undefined when the store fails.
 *
 * @param limitMs how long the store is waited for; then the record counts as missing. Default: however long it takes.
 */
export async function readIdentityRecord(
  store: Transactions,
  key: string,
  limitMs?: number,
): Promise<string | null | undefined> {
  const asked = store.read((records) => promisifyRequest<unknown>(records.get(key)))
  const waited = limitMs === undefined ? asked : timeout(limitMs, asked, undefined)
  const found = await waited.catch(() => undefined)
  return typeof found === 'string' || found === null ? found : undefined
}

/** Changes identity records. A failure is reported, and memory keeps the change. Returns what the change returns, if it is made. */
export async function changeIdentityRecords<T>(
  store: Transactions,
  change: (records: IDBObjectStore) => T | Promise<T>,
): Promise<T | undefined> {
  return store
    .write(({ store: records }) => change(records))
    .catch((error: unknown) => {
      report('identity: who the user is could not be stored; memory holds it', error)
      return undefined
    })
}

/** @param value undefined removes the record. */
export const putIdentityRecord = (store: Transactions, key: string, value: unknown): Promise<void> =>
  changeIdentityRecords(store, (records) => {
    if (value === undefined) records.delete(key)
    else records.put(value, key)
  })
