import { beforeEach, describe, expect, test, vi } from 'vitest'
import { openStore, STALLED_MS } from '../store/database.ts'
import { outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

/** What a store says that hangs. */
async function stalled(): Promise<unknown> {
  const real = globalThis.indexedDB
  vi.useFakeTimers()
  vi.stubGlobal('indexedDB', { open: () => ({ addEventListener: () => undefined }) })
  const failed = openStore('hangs', 'strict')('readonly', () => Promise.resolve()).then(
    () => undefined,
    (error: unknown) => error,
  )
  await vi.advanceTimersByTimeAsync(STALLED_MS)
  vi.useRealTimers()
  vi.stubGlobal('indexedDB', real)
  return failed
}

test('a disk that hangs is waited for once, and no write asks it again soon: each goes straight through', async () => {
  const error = await stalled()
  let asked = 0
  const { write, backend } = await outboxWorker({
    wrap: (use) => (mode, work) => {
      if (mode === 'readonly') return use(mode, work)
      asked++
      return Promise.reject(error as Error)
    },
  })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => write('POST', '/api/products', { name: `${at}` })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  expect(answers.every(({ headers }) => headers.get('freshlayer-outbox') === 'unqueued')).toBe(true)
  // Those that came while the first was on its way share the next transaction.
  expect(asked).toBeLessThanOrEqual(2)
  const before = asked
  expect((await write('POST', '/api/products', { name: 'later' })).status).toBe(201)
  expect(asked).toBe(before)
  expect(backend.products.size).toBe(21)
})

test('a record that comes on disk after it was given up has the key that was sent', async () => {
  const error = await stalled()
  let isLate = true
  const { write, writes, backend, outbox } = await outboxWorker({
    wrap: (use) => async (mode, work) => {
      const given = await use(mode, work)
      if (mode === 'readonly' || !isLate) return given
      isLate = false
      throw error
    },
  })
  expect((await write('POST', '/api/products', { name: 'tea' })).headers.get('freshlayer-outbox')).toBe('unqueued')
  outbox.reread()
  expect((await writes()).map(({ state }) => state.kind)).toEqual(['leased'])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await writes()).toEqual([])
  })
  vi.useRealTimers()
  expect(backend.received).toHaveLength(2)
  expect(backend.products.size).toBe(1)
})

describe('a write that no disk takes', () => {
  const full = async () => {
    let isFull = true
    const worker = await outboxWorker({
      wrap: (use) => (mode, work) =>
        isFull && mode === 'readwrite'
          ? Promise.reject(new DOMException('full', 'QuotaExceededError'))
          : use(mode, work),
    })
    const add = () => worker.write('POST', '/api/products', { name: 'tea' })
    return { ...worker, add, makeRoom: () => void (isFull = false) }
  }

  test.each([
    ['is lost', 'cut' as const],
    ['is that of a gateway', 504],
  ])('and whose answer %s is performed once, though the page tries again', async (_, fault) => {
    const { add, backend } = await full()
    backend.faults.push(fault, fault)
    const tried = async () => (await add().catch(() => ({ status: 0 }))).status
    const lost = fault === 'cut' ? 0 : fault
    expect([await tried(), await tried(), await tried()]).toEqual([lost, lost, 201])
    const keys = (): Set<unknown> => new Set(backend.received.map(({ fields }) => fields.get('idempotency-key')))
    expect([keys().size, backend.products.size]).toEqual([1, 1])
    // What the user does after that answer is another write.
    expect(await tried()).toBe(201)
    expect([keys().size, backend.products.size]).toEqual([2, 2])
  })

  test('and whose answer is lost is performed once, though the next try is queued', async () => {
    const { add, backend, makeRoom } = await full()
    backend.faults.push('cut')
    await expect(add()).rejects.toThrow('Failed to fetch')
    makeRoom()
    expect((await add()).status).toBe(201)
    expect(backend.products.size).toBe(1)
  })

  test('and another one beside it are two', async () => {
    const { add, backend } = await full()
    backend.faults.push('cut', 'cut')
    await Promise.allSettled([add(), add()])
    await Promise.all([add(), add()])
    expect(backend.received).toHaveLength(4)
    expect(backend.products.size).toBe(2)
  })
})
