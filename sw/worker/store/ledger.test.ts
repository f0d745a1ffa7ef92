import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { UseStore } from './store.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('IDBKeyRange', { bound: (lower: string, upper: string) => ({ lower, upper }) })
vi.stubGlobal('caches', { has: () => Promise.resolve(false), delete: () => Promise.resolve(true) })
const { Ledger } = await import('./ledger.ts')

interface Range {
  readonly lower: string
  readonly upper: string
}

/** A database in memory: what a ledger asks of one, and no more. */
class Database {
  readonly records = new Map<string, unknown>()
  /** Thrown by the next transaction. */
  fault: Error | undefined

  readonly use: UseStore = async (_, work) => {
    const { fault } = this
    this.fault = undefined
    if (fault !== undefined) throw fault
    return work({
      get: (key: string) => request(this.records.get(key)),
      getAll: (range: Range) => request(this.#under(range).map(([, record]) => record)),
      getAllKeys: (range: Range) => request(this.#under(range).map(([key]) => key)),
      put: (record: unknown, key: string) => this.records.set(key, record),
      delete: (given: string | Range) => {
        const keys = typeof given === 'string' ? [given] : this.#under(given).map(([key]) => key)
        for (const key of keys) this.records.delete(key)
      },
      get transaction() {
        return request(undefined)
      },
    } as unknown as IDBObjectStore)
  }

  #under({ lower, upper }: Range): [string, unknown][] {
    return [...this.records].filter(([key]) => key >= lower && key <= upper)
  }
}

function request(result: unknown): object {
  const asked: { result: unknown; onsuccess?: () => void; oncomplete?: () => void } = { result }
  queueMicrotask(() => (asked.onsuccess ?? asked.oncomplete)?.())
  return asked
}

describe('a ledger whose first look at the store has failed', () => {
  let database: Database
  beforeEach(() => void (database = new Database()))

  it('knows what the store says of queries, as soon as the store answers', async () => {
    const before = new Ledger(database.use, '1')
    await before.begin()
    before.searches.learn('https://app.test/api?from=here', { ignored: ['from'], except: [], anyOrder: false })
    await vi.waitFor(() => expect([...database.records.keys()]).toContain('search https://app.test/api'))

    database.fault = new Error('the browser gave no reason')
    const ledger = new Ledger(database.use, '1')
    await expect(ledger.load()).rejects.toThrow('the browser gave no reason')
    await ledger.begin()
    await ledger.load()
    expect(ledger.isLoaded).toBe(true)
    expect(ledger.searches.urlOf('https://app.test/api?from=there')).toBe('https://app.test/api')
  })
})
