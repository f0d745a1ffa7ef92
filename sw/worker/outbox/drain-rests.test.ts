import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { OutboxCounts } from '../../protocol.ts'
import { CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  pages.clear()
})
afterEach(() => void vi.useRealTimers())

const PRODUCTS = 50

/** Fifty writes take their time on a busy machine. */
const WAIT = { timeout: 20_000 }

/** 50 writes to as many products, and one by another rule: all are due. */
async function due() {
  const other = { match: 'PUT /api/notes/:id', invalidates: ['notes'], offline: 'queue', entity: 'note' }
  const config = { ...CONFIG, writes: [...(CONFIG.writes ?? []), other] } as never
  const worker = await outboxWorker({
    config,
    identity: {
      partitionOf: () => 'user/ada',
      partitionsOf: () => Promise.resolve(pages.size === 0 ? [] : ['user/ada']),
    },
  })
  for (let at = 1; at <= PRODUCTS; at++) await worker.write('PUT', `/api/products/${at}`, { name: 'x' })
  await worker.write('PUT', '/api/notes/1', { text: 'x' })
  await worker.rest()
  pages.add('a tab')
  const sent: string[] = []
  const answers: { status: number; fields?: Record<string, string> } = { status: 200 }
  vi.stubGlobal('fetch', (request: Request) => {
    const { pathname } = new URL(request.url)
    sent.push(pathname)
    const { status, fields } = pathname.startsWith('/api/notes') ? { status: 200 } : answers
    return Promise.resolve(Response.json({}, { status, ...(fields && { headers: fields }) }))
  })
  return {
    ...worker,
    sent,
    answers,
    later: (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms }),
  }
}

describe('of 51 writes in as many lanes', () => {
  test('a few are sent when their user is refused, and all once that is over', async () => {
    const { outbox, sent, answers, later, writes } = await due()
    answers.status = 401
    await outbox.drain(true)
    await outbox.drain(true)
    expect(sent.length).toBeLessThanOrEqual(4)
    answers.status = 200
    later(10_001)
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    }, WAIT)
  })

  test.each([429, 503])(
    'a few are sent when the origin answers %i with Retry-After, but those of other rules',
    async (status) => {
      const { outbox, sent, answers, later, writes } = await due()
      answers.status = status
      answers.fields = { 'retry-after': '60' }
      await outbox.drain(true)
      later(59_000)
      await outbox.drain(true)
      expect(sent.length).toBeLessThanOrEqual(5)
      expect(sent).toContain('/api/notes/1')
      answers.status = 200
      later(2000)
      await vi.waitFor(async () => {
        await outbox.drain(true)
        expect(await writes()).toEqual([])
      }, WAIT)
    },
  )

  test('all are sent where the clock was an hour and a half ahead when the origin was busy', async () => {
    const { outbox, answers, later, writes } = await due()
    answers.status = 429
    answers.fields = { 'retry-after': '60' }
    later(5_400_000)
    await outbox.drain(true)
    vi.useRealTimers()
    answers.status = 200
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    }, WAIT)
  })
})

test('a worker that finds another one sending looks again, though it is told nothing', async () => {
  const { ask, outbox, writes } = await due()
  vi.stubGlobal('navigator', {
    locks: { request: (_: string, __: object, work: (lock: null) => unknown) => Promise.resolve(work(null)) },
  })
  const { waiting, nextAtMs = Infinity } = (await ask({ ask: 'drain' })) as OutboxCounts
  expect(waiting).toBe(PRODUCTS + 1)
  expect(nextAtMs).toBeLessThanOrEqual(Date.now() + 5000)
  vi.stubGlobal('navigator', {})
  await outbox.drain(true)
  expect(await writes()).toEqual([])
})

test('a write that needs the user costs no transaction at each sign of life', async () => {
  let transactions = 0
  const { write, writes, backend, outbox, rest } = await outboxWorker({
    wrap: (use) => (mode, work) => {
      transactions += Number(mode === 'readwrite')
      return use(mode, work)
    },
  })
  backend.refused.add('{"name":"x"}')
  await write('PUT', '/api/products/1', { name: 'x' })
  await rest()
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect((await writes()).length).toBe(1)
  })
  const before = transactions
  outbox.activate()
  for (let at = 0; at < 5; at++) {
    outbox.noteAnswer()
    await outbox.drain(true)
  }
  expect(transactions).toBe(before)
})

test('reads that are answered cost no transactions while a write is not', async () => {
  let transactions = 0
  const { write, backend, outbox, writes } = await outboxWorker({
    wrap: (use) => (mode, work) => {
      transactions += Number(mode === 'readwrite')
      return use(mode, work)
    },
  })
  backend.isAway = true
  await write('POST', '/api/products', { name: 'tea' })
  backend.isAway = false
  outbox.activate()
  const release = backend.hold()
  void outbox.drain(true)
  await vi.waitFor(() => expect(backend.received).toHaveLength(1))
  const before = transactions
  for (let at = 0; at < 50; at++) {
    outbox.noteAnswer()
    await new Promise((resolve) => setTimeout(resolve))
  }
  release()
  await vi.waitFor(async () => expect(await writes()).toEqual([]))
  // Of the attempt that settles, and of a look after it.
  expect(transactions - before).toBeLessThan(10)
})

test('writes that wait for a sign of life are all sent at one, also where the origin refuses some of them', async () => {
  const { write, writes, backend, outbox, rest } = await outboxWorker()
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 500 })))
  for (let at = 1; at <= 60; at++) await write('POST', '/api/products', { name: `tea ${at}` })
  await rest()
  // The quick attempts are used up.
  for (let at = 0; at < 20; at++) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 })
    await outbox.drain(true)
  }
  expect((await writes()).every(({ state }) => state.kind === 'waiting' && state.isOnSign)).toBe(true)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 })
  vi.stubGlobal('fetch', (request: Request) => backend.answer(request))
  backend.refused.add('{"name":"tea 2"}').add('{"name":"tea 30"}')
  await outbox.drain(true)
  expect(backend.products.size).toBe(58)
  expect((await writes()).map(({ state }) => state.kind)).toEqual(['dead', 'dead'])
})
