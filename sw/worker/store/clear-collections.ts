import { promisifyRequest, type UseStore } from './database.ts'

/** Records that are deleted in one transaction. */
const SLICE = 500

/** Deletes the records of collections in a range, some at a time. Default: all of them. */
export async function clearCollections(use: UseStore, range?: IDBKeyRange): Promise<void> {
  for (let isMore = true; isMore;) {
    isMore = await use('readwrite', async (store) => {
      const keys = await promisifyRequest(store.getAllKeys(range, SLICE))
      if (keys.length === 0) return false
      store.delete(IDBKeyRange.bound(keys[0], keys.at(-1)))
      await promisifyRequest(store.transaction)
      return keys.length === SLICE
    })
  }
}
