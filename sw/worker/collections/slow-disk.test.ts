import { describe, expect, test, vi } from 'vitest'
import { countingRounds } from '../store/fake-database.fixture.ts'
import { Backend } from './backend.fixture.ts'
import { collectionWorker } from './collection.fixture.ts'

const { completedRequests } = await import('../store/database.ts')

/** A worker whose store of rows counts how often it waits for the disk. */
async function counted(rows: number) {
  const backend = new Backend()
  backend.pageSize = 1000
  for (let id = 1; id <= rows; id++) backend.put(id, `product ${id}`)
  let rounds = (): number => 0
  const worker = await collectionWorker({
    backend,
    wrap: (use) => {
      const counting = countingRounds(use)
      rounds = counting.rounds
      return counting.use
    },
  })
  const waitsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = rounds()
    await work()
    return rounds() - before
  }
  return { ...worker, waitsOf }
}

/** Each look at the clock finds that a second has passed. */
async function onSlowDisk<T>(work: () => Promise<T>): Promise<T> {
  let nowMs = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1000))
  try {
    return await work()
  } finally {
    clock.mockRestore()
  }
}

describe('a disk that takes a second for each answer (I13)', () => {
  test('a page of a thousand rows waits for it a few times, and a first load looks up no row', async () => {
    const worker = await counted(5000)
    const before = completedRequests()
    const waits = await worker.waitsOf(() => worker.sync())
    // Some for the head and the counts of the run; three for each page.
    expect(waits).toBeLessThan(15 + 5 * 4)
    expect(completedRequests() - before).toBeLessThan(5000 * 1.1)
    for (let id = 1; id <= 2000; id++) worker.backend.put(id, 'another')
    expect(await worker.waitsOf(() => worker.sync())).toBeLessThan(15 + 2 * 5)
    expect(await worker.stats()).toMatchObject({ rowsWritten: 7000 })
  })

  test('20,000 rows are put together, and erased, in some 15 waits', async () => {
    const worker = await counted(20_000)
    await worker.get('/api/products')
    await worker.settle()
    await worker.sync()
    const values: unknown[] = []
    const readList = async (): Promise<unknown> => values.push((await worker.get('/api/products')).value)
    // Three tabs ask for the list at once: its rows are read once.
    const waits = await onSlowDisk(() => worker.waitsOf(() => Promise.all(Array.from({ length: 3 }, readList))))
    expect(values).toHaveLength(3)
    for (const value of values) expect(value).toMatchObject({ total: 20_000, items: { length: 20_000 } })
    expect(waits).toBeLessThan(20)
    await worker.store.log.remove(['prefix '], undefined)
    expect(await onSlowDisk(() => worker.waitsOf(() => worker.collections.erase()))).toBeLessThan(40)
    expect((await worker.keys()).filter((key) => key.includes('rows'))).toEqual([])
  })
})
