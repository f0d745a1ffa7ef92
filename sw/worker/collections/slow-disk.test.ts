import { afterEach, describe, expect, test, vi } from 'vitest'
import { COLLECTIONS_STORE, RECORDS_STORE } from '../../../config/names.ts'
import { STORE_LIMIT_MS } from '../../fetch/clock.ts'
import { countingRounds } from '../store/fake-database.fixture.ts'
import { Backend } from './backend.fixture.ts'
import { collectionWorker } from './collection.fixture.ts'

const { completedRequests, promisifyRequest } = await import('../store/database.ts')

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

/** Keeps a database busy until the way out is called: nothing else of it is read or written. */
async function holdDisk(database: string): Promise<() => void> {
  const opening = indexedDB.open(database)
  const db = await promisifyRequest(opening)
  const store = db.transaction([COLLECTIONS_STORE, RECORDS_STORE], 'readwrite').objectStore(COLLECTIONS_STORE)
  let isHeld = true
  await new Promise<void>((resolve) => {
    const again = (): void => {
      resolve()
      if (isHeld) store.get('nothing').addEventListener('success', again)
      else db.close()
    }
    store.get('nothing').addEventListener('success', again)
  })
  return () => (isHeld = false)
}

describe('a disk that is busy', () => {
  afterEach(() => vi.useRealTimers())

  test('holds no answer of the origin back, in a worker that has just started', async () => {
    const first = await counted(5)
    await first.get('/api/products')
    await first.settle()
    const { backend, database } = first
    const worker = await collectionWorker({ backend, database })
    const release = await holdDisk(database)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const reading = worker.get('/api/products')
    let isAnswered = false
    void reading.then(() => (isAnswered = true))
    // As long as a read waits for the disk at most.
    await vi.advanceTimersByTimeAsync(STORE_LIMIT_MS)
    await vi.waitFor(() => expect(isAnswered).toBe(true), { timeout: 1000 })
    expect((await reading).how).toBe('network')
    release()
    vi.useRealTimers()
    await worker.settle()
    backend.put(1, 'another')
    await worker.store.log.invalidate(['tag products'], undefined)
    // Once the disk says when that was, the rows can be in step with it.
    expect((await worker.get('/api/products')).how).toContain('detail=synced')
  })
})

test.each(['/api/products', '/api/products/1'])(
  'a disk that is late once takes no page back: %s was newer at the origin (I2)',
  async (path) => {
    let gate: Promise<unknown> | undefined
    const backend = new Backend()
    for (let id = 1; id <= 5; id++) backend.put(id, `product ${id}`)
    const worker = await collectionWorker({
      backend,
      wrap: (use) => async (mode, work) => (await gate, use(mode, work)),
    })
    await worker.get('/api/products')
    await worker.settle()
    backend.put(1, 'of another user')
    let release = (): void => undefined
    gate = new Promise<void>((resolve) => (release = resolve))
    const late = await worker.get(path)
    expect(late.how).toBe('network')
    // The endpoint is slower than the page.
    let answer = (): void => undefined
    const away = new Promise<void>((resolve) => (answer = resolve))
    const { fetch } = backend
    vi.stubGlobal('fetch', async (given: Request | string, init?: RequestInit) => {
      if (typeof given === 'string') await away
      return fetch(given, init)
    })
    gate = undefined
    release()
    const next = worker.get(path)
    await new Promise((resolve) => setTimeout(resolve, 50))
    answer()
    expect((await next).value).toEqual(late.value)
    await worker.settle()
  },
)
