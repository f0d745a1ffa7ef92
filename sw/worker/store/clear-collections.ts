import { uptimeMs } from '../../fetch/clock.ts'
import { promisifyRequest, type UseStore } from './database.ts'

/** Records that are deleted in one transaction. */
const SLICE = 500

/** On a disk that is slow to answer it is more, up to so many. */
const MOST_AT_ONCE = 8000
const SLOW_MS = 500

/** Deletes the records of collections in a range, some at a time. Default: all of them. */
export async function clearCollections(use: UseStore, range?: IDBKeyRange): Promise<void> {
  for (let isMore = true, many = SLICE; isMore;) {
    isMore = await use('readwrite', async (store) => {
      const askedAtMs = uptimeMs()
      const atMost = many
      const keys = await promisifyRequest(store.getAllKeys(range, atMost))
      if (uptimeMs() - askedAtMs > SLOW_MS) many = Math.min(2 * many, MOST_AT_ONCE)
      if (keys.length === 0) return false
      store.delete(IDBKeyRange.bound(keys[0], keys.at(-1)))
      await promisifyRequest(store.transaction)
      return keys.length === atMost
    })
  }
}
