import { beforeEach, expect, test, vi } from 'vitest'
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
