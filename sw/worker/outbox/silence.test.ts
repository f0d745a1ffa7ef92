import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  pages.clear()
})
afterEach(() => {
  vi.useRealTimers()
})

const WRITES = 1000

/** A thousand writes take their time on a busy machine. */
const LIMIT = 180_000

interface Given {
  readonly writes?: number
}

/** Nothing is sent as long as no page of hers is open. */
const ADA = {
  partitionOf: () => 'user/ada',
  partitionsOf: () => Promise.resolve(pages.size === 0 ? [] : ['user/ada']),
}

/** Writes that wait, each in a lane of its own, for an origin that answers nothing. The device says that it is online. */
async function waiting({ writes: count = WRITES }: Given = {}) {
  const worker = await outboxWorker({ config: { ...CONFIG, outbox: {} }, identity: ADA })
  const { write, rest, outbox } = worker
  await Promise.all(
    Array.from({ length: count }, (_, at) => {
      worker.backend.products.set(at + 1, { id: at + 1, name: 'x', version: 1 })
      return write('PUT', `/api/products/${at + 1}`, { name: `tea ${at + 1}` })
    }),
  )
  await rest()
  const origin: { says: (request: Request) => Promise<Response> | undefined } = {
    says: () => Promise.reject(new TypeError('refused')),
  }
  const requests: string[] = []
  let underWay = 0
  let most = 0
  vi.stubGlobal('fetch', async (request: Request) => {
    requests.push(new URL(request.url).pathname)
    most = Math.max(most, ++underWay)
    try {
      return await (origin.says(request) ?? worker.backend.answer(request))
    } finally {
      underWay--
    }
  })
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.add('a tab')
  return {
    ...worker,
    origin,
    requests,
    /** How many requests were under way at a time since this was asked last. */
    mostAtOnce: () => {
      const found = most
      most = 0
      return found
    },
    /** Time passes, and the worker's timer comes, or a sign of life. */
    later: (ms: number, isSign: boolean) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
      return outbox.drain(isSign)
    },
  }
}

const isThere = (): undefined => undefined

describe('of 1,000 writes to an origin that refuses connections', { timeout: LIMIT }, () => {
  test('one at a time is tried, none is used up, and all leave once one is answered', async () => {
    const { outbox, origin, requests, mostAtOnce, later, writes, backend } = await waiting()
    await outbox.drain(true)
    mostAtOnce()
    // By the worker's own timer, without a sign of life. Until the first failure is known four are on their way, and two quick attempts follow.
    for (let at = 0; at < 20; at++) await later(10_000, false)
    expect(requests.length).toBeLessThanOrEqual(4 + 2)
    // Each tab in sight asks every half minute.
    const before = requests.length
    for (let at = 0; at < 40; at++) await later(30_000, true)
    expect(requests.length).toBeLessThanOrEqual(before + 40)
    expect(mostAtOnce()).toBe(1)
    // Eight days: the age limit is seven.
    await later(8 * 86_400_000, true)
    const kept = await writes()
    expect(kept).toHaveLength(WRITES)
    expect(kept.every(({ state }) => state.kind === 'waiting')).toBe(true)
    expect(kept.filter(({ attempts }) => attempts > 0).length).toBeLessThan(60)
    origin.says = isThere
    await later(30_000, true)
    expect(await writes()).toEqual([])
    expect(backend.products.get(WRITES)?.name).toBe(`tea ${WRITES}`)
  })

  test('a new worker knows it, and so does one that was there before', async () => {
    const first = await waiting()
    await first.outbox.drain(true)
    const atFirst = first.requests.length
    first.stop()
    const next = await outboxWorker({ database: first.name, backend: first.backend, identity: ADA })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30_000 })
    const requests: string[] = []
    vi.stubGlobal('fetch', (request: Request) => {
      requests.push(request.url)
      return Promise.reject(new TypeError('refused'))
    })
    next.outbox.activate()
    await next.outbox.drain(true)
    expect(atFirst).toBeLessThanOrEqual(4)
    expect(requests).toHaveLength(1)
  })

  test('those that a page goes on to make are answered at once, and cost a request now and then', async () => {
    const { outbox, requests, write, rest, writes } = await waiting({ writes: 4 })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    await outbox.drain(true)
    const atFirst = requests.length
    for (let at = 1; at <= 200; at++)
      expect((await write('PUT', `/api/products/${1000 + at}`, { name: 'x' })).status).toBe(202)
    await rest()
    expect(requests.length).toBe(atFirst)
    expect(await writes()).toHaveLength(204)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 })
    await write('PUT', '/api/products/5000', { name: 'x' })
    await rest()
    expect(requests).toContain('/api/products/5000')
  })
})

describe('the failure of one write holds up no other', { timeout: LIMIT }, () => {
  test.each([
    ['that is answered 500', () => Promise.resolve(new Response('{}', { status: 500 }))],
    ['that a gateway answers', () => Promise.resolve(new Response('{}', { status: 502 }))],
    ['that crashes the server', () => Promise.reject(new TypeError('reset'))],
  ])('%s', async (_, fails) => {
    const { outbox, origin, requests, later, writes } = await waiting({ writes: 50 })
    const isBad = ({ url }: Request): boolean => url.endsWith('/api/products/1')
    origin.says = (request) => (isBad(request) ? fails() : undefined)
    await outbox.drain(true)
    await later(1001, false)
    const left = await writes()
    expect(left.map(({ url }) => url)).toEqual(['https://app.test/api/products/1'])
    // It is the write's own failure: its attempts count, and it is given up by its age.
    const anotherTry = async (ms: number): Promise<void> => {
      await later(ms, false)
      // The app reads meanwhile.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 })
      outbox.noteAnswer()
      await outbox.drain(true)
    }
    for (let at = 0; at < 10; at++) await anotherTry(600_000)
    const tried = requests.length
    await anotherTry(8 * 86_400_000)
    await anotherTry(600_000)
    expect(requests.length).toBe(tried + 1)
    expect((await writes()).map(({ state }) => state)).toEqual([{ kind: 'dead', why: 'too-old' }])
  })

  test('whose answer never comes, while others come and go', async () => {
    const { outbox, origin, requests, later, writes } = await waiting({ writes: 50 })
    let cut: (() => void) | undefined
    origin.says = ({ url }) =>
      url.endsWith('/api/products/1')
        ? new Promise((_, reject) => (cut = () => reject(new DOMException('', 'TimeoutError'))))
        : undefined
    const drained = outbox.drain(true)
    await vi.waitFor(() => expect(requests).toHaveLength(50), { timeout: LIMIT })
    cut?.()
    await drained
    expect(await writes()).toHaveLength(1)
    void later(30_000, false)
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(50))
  })
})

test('an origin that is away for a moment costs the writes that met it nothing', async () => {
  const { outbox, origin, later, writes } = await waiting({ writes: 8 })
  for (let at = 0; at < 5; at++) await later(30_000, true)
  origin.says = () => Promise.resolve(new Response('{}', { status: 500 }))
  await later(30_000, true)
  for (const { attempts, unanswered = 0 } of await writes()) expect(attempts - unanswered).toBeLessThanOrEqual(1)
  await outbox.drain(false)
})
