import type { UseStore } from './store.ts'

/** What a key range is to the database below: `IDBKeyRange`, where there is none. */
export const KEY_RANGE = { bound: (lower: string, upper: string): Range => ({ lower, upper }) }

interface Range {
  readonly lower: string
  readonly upper: string
}

/** A database in memory: what two workers have in common. One transaction at a time. */
export function keeping(records = new Map<string, unknown>()): UseStore {
  const under = ({ lower, upper }: Range = { lower: '', upper: '\uffff' }): string[] =>
    [...records.keys()].filter((key) => key >= lower && key <= upper).toSorted((one, other) => (one < other ? -1 : 1))
  const store = {
    get: (key: string) => succeeded(() => records.get(key)),
    getAll: (range?: Range) => succeeded(() => under(range).map((key) => records.get(key))),
    getAllKeys: (range?: Range, atMost?: number) => succeeded(() => under(range).slice(0, atMost)),
    put: (record: unknown, key: string) => void records.set(key, record),
    delete: (given: string | Range) => {
      for (const key of typeof given === 'string' ? [given] : under(given)) records.delete(key)
    },
    get transaction() {
      return succeeded(() => undefined)
    },
  }
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
