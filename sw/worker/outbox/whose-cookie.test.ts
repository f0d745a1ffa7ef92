import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Fields } from '../../core/head.ts'
import { outboxWorker, pages } from './outbox.fixture.ts'

const isAda = (clientId: string): boolean => clientId === 'ada'
const USERS = {
  partitionOf: (_: Request, clientId: string) => `user/${clientId}`,
  partitionsOf: (clientId: string) => Promise.resolve(isAda(clientId) ? ['user/ada'] : []),
}

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  pages.clear()
})

/** A write of Ada's that waits, and a disk that does something once it has been written to. */
async function waiting() {
  const doubted = new Set<string>()
  let onDisk: (() => void) | undefined
  const worker = await outboxWorker({
    identity: {
      ...USERS,
      isDoubted: (partition: string) => doubted.has(partition),
      isOther: (partition: string, fields: Fields) => (fields.get('x-user') ?? 'ada') !== partition.slice(5),
    },
    wrap: (use) => async (mode, work) => {
      const given = await use(mode, work)
      if (mode === 'readwrite') onDisk?.()
      return given
    },
  })
  // No page of hers is open, so nothing tries to send it: it is due at once.
  await worker.write('POST', '/api/products', { name: 'tea' }, {}, 'ada')
  await worker.rest()
  expect(worker.backend.received).toEqual([])
  pages.add('ada')
  return {
    ...worker,
    doubted,
    once: (work: () => void) => {
      onDisk = () => {
        onDisk = undefined
        work()
      }
    },
    sent: () =>
      vi.waitFor(async () => {
        await worker.outbox.drain(true)
        expect(await worker.outbox.writesOf('ada')).toEqual([])
      }),
    states: async () => (await worker.outbox.writesOf('ada')).map(({ state }) => state.kind),
  }
}

describe('a write that has been chosen to be sent is not, once', () => {
  test('another user has signed in', async () => {
    const { once, generations, outbox, backend, states, sent } = await waiting()
    once(() => generations.advance('user/ada'))
    await outbox.drain(true)
    expect(backend.received).toEqual([])
    expect(await states()).toEqual(['waiting'])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 })
    await sent()
    vi.useRealTimers()
    expect(backend.received).toHaveLength(1)
  })

  test('its user is in doubt', async () => {
    const { once, doubted, outbox, backend, states } = await waiting()
    once(() => doubted.add('user/ada'))
    await outbox.drain(true)
    await outbox.drain(true)
    expect(doubted.size).toBe(1)
    expect(backend.received).toEqual([])
    expect(await states()).toEqual(['waiting'])
  })
})

test('nothing is sent for a user whom a cookie names while a sign-in or sign-out is under way', async () => {
  const { outbox, backend, sent } = await waiting()
  let end = (): void => undefined
  outbox.noteSession(new Promise<void>((resolve) => (end = resolve)))
  await outbox.drain(true)
  expect(backend.received).toEqual([])
  end()
  await sent()
  expect(backend.received).toHaveLength(1)
})

test('a page’s own write is not sent either once another user has signed in', async () => {
  const { write, once, generations, backend, outbox } = await waiting()
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  await outbox.drain(true)
  const before = backend.received.length
  once(() => generations.advance('user/ada'))
  const response = await write('POST', '/api/products', { name: 'coffee' }, {}, 'ada')
  expect(response.status).toBe(202)
  expect(backend.received).toHaveLength(before)
})

test.each([200, 404, 422])('a %i that names another user settles nothing: the user is asked', async (status) => {
  const { outbox } = await waiting()
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({}, { status, headers: { 'x-user': 'grace' } })))
  await outbox.drain(true)
  expect((await outbox.writesOf('ada')).map(({ state }) => state)).toEqual([{ kind: 'asking', why: 'other-user' }])
})

test.each([401, 429, 503])('a %i that names nobody is no such answer: the write is tried again', async (status) => {
  const { outbox, states } = await waiting()
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({}, { status, headers: { 'x-user': '' } })))
  await outbox.drain(true)
  expect(await states()).toEqual(['waiting'])
})
