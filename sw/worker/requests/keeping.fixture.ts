import type { UseStore } from '../store/store.ts'

/** A database that keeps single records: what two workers have in common. One transaction at a time. */
export function keeping(records = new Map<string, unknown>()): UseStore {
  const store = {
    get: (key: string) => succeeded(() => records.get(key)),
    put: (record: unknown, key: string) => void records.set(key, record),
    transaction: {},
  }
  Object.defineProperty(store, 'transaction', { get: () => succeeded(() => undefined) })
  let last: Promise<unknown> = Promise.resolve()
  return ((_: IDBTransactionMode, work: (store: unknown) => Promise<unknown>) => {
    last = last.then(() => work(store))
    return last
  }) as UseStore
}

/** A request of a database, as `promisifyRequest` takes it. */
function succeeded(result: () => unknown): unknown {
  const request = { result: undefined as unknown, onsuccess: () => undefined, oncomplete: () => undefined }
  queueMicrotask(() => {
    request.result = result()
    request.onsuccess()
    request.oncomplete()
  })
  return request
}
