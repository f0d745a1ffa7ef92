import { describe, expect, it, vi } from 'vitest'
import type { Meta } from './store/ledger-record.ts'
import type { UseStore } from './store/store.ts'

vi.stubGlobal('self', globalThis)
const { ofThisShape } = await import('./store/ledger-record.ts')
const { Statistics } = await import('./statistics.ts')

/** A database whose record of itself has a shape, and what has been written into it. */
function ofShape(shape: number): { readonly store: UseStore; readonly written: string[]; meta: Partial<Meta> } {
  const meta = { shape: shape as Meta['shape'] }
  const written: string[] = []
  const done = (result: unknown): object => {
    const request: { result: unknown; onsuccess?: () => void } = { result }
    queueMicrotask(() => request.onsuccess?.())
    return request
  }
  const records = {
    get: (key: string) => done(key === 'meta' ? meta : undefined),
    put: (_: unknown, key: string) => written.push(key),
    get transaction() {
      const transaction: { oncomplete?: () => void } = {}
      queueMicrotask(() => transaction.oncomplete?.())
      return transaction
    },
  }
  const store = ofThisShape(async (_, work) => work(records as unknown as IDBObjectStore))
  return { store, written, meta }
}

describe('counts', () => {
  it('are not written into the database of a newer version, and are not lost meanwhile', async () => {
    const { store, written, meta } = ofShape(99)
    const statistics = new Statistics(store)
    statistics.count('items', { reads: 2 })
    await expect(statistics.save()).rejects.toThrow('a newer version has written it')
    expect(written).toEqual([])
    statistics.count('items', { reads: 1 })
    Object.assign(meta, { shape: 1 })
    expect((await statistics.read()).total.reads).toBe(3)
    await statistics.save()
    expect(written).toEqual(['stats'])
  })
})
