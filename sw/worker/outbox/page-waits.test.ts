import { beforeEach, describe, expect, test, vi } from 'vitest'
import { compileRules, type Config, matcherOf, type WriteMatch } from '../../../config/language/index.ts'
import { lineOf } from '../../fetch/matching.ts'
import { Backend, CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

const [rule] = CONFIG.writes ?? []
const IMPATIENT = { ...CONFIG, writes: [{ ...rule, timeout: '50ms' }] } as Config

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

/** A page that can give up. */
function page(outbox: Awaited<ReturnType<typeof outboxWorker>>['outbox']) {
  const match = matcherOf(compileRules(CONFIG))
  const behind: Promise<unknown>[] = []
  return {
    create: (name: string, signal?: AbortSignal) => {
      const request = new Request('https://app.test/api/products', {
        method: 'POST',
        body: JSON.stringify({ name }),
        headers: { 'content-type': 'application/json' },
        ...(signal && { signal }),
      })
      return outbox.answer(request, match(lineOf(request)) as WriteMatch, 'a tab', (work) => void behind.push(work))
    },
    rest: async () => {
      while (behind.length > 0) await behind.shift()
    },
  }
}

/** A page that gives up as soon as its write is sent. */
function leaving({ outbox, backend }: Pick<Awaited<ReturnType<typeof outboxWorker>>, 'outbox' | 'backend'>) {
  const given = new AbortController()
  vi.stubGlobal('fetch', (request: Request) => {
    given.abort()
    return backend.answer(request)
  })
  const { create, rest } = page(outbox)
  return { create, rest, leave: () => create('tea', given.signal).catch(() => undefined) }
}

describe('a page that was told that its write is queued', () => {
  test.each([
    [422, 'dead'],
    [401, 'waiting'],
    [409, 'asking'],
  ])('before the origin answered %i: the write is kept', async (status, kind) => {
    const { write, writes, backend, rest } = await outboxWorker({ config: IMPATIENT })
    const release = backend.hold()
    vi.stubGlobal('fetch', async (request: Request) => {
      await backend.answer(request)
      return Response.json({}, { status })
    })
    expect((await write('POST', '/api/products', { name: 'tea' })).status).toBe(202)
    release()
    await rest()
    expect((await writes()).map(({ state }) => state.kind)).toEqual([kind])
  })

  test.each([
    ['accepted', 200],
    ['refused', 422],
  ])('because one before it was under way: it is sent once that is %s', async (name, status) => {
    const { write, writes, backend, rest } = await outboxWorker()
    backend.products.set(1, { id: 1, name: 'a', version: 1 })
    backend.refused.add('{"name":"refused"}')
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    vi.stubGlobal('fetch', async (request: Request) => {
      const answer = await backend.answer(request)
      if (backend.received.length === 1) await held
      return answer
    })
    const first = write('PUT', '/api/products/1', { name })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    expect((await write('PUT', '/api/products/1', { name: 'after it' })).status).toBe(202)
    // The drain has looked, and found the lane taken.
    await vi.waitFor(async () => expect((await writes()).map(({ isAnswered }) => isAnswered)).toEqual([false, true]))
    release()
    expect((await first).status).toBe(status)
    await rest()
    await vi.waitFor(async () => expect(await writes()).toEqual([]))
    expect(backend.products.get(1)?.name).toBe('after it')
  })
})

describe('a page that gives up before it is answered', () => {
  test.each([
    ['before its write is on disk', 'readwrite'],
    ['when its write is on disk, and nothing is sent yet', 'done'],
  ])('%s: nothing is sent, and the same again is another write', async (_, when) => {
    const given = new AbortController()
    let isOff = false
    const { outbox, backend, writes, news } = await outboxWorker({
      wrap: (use) => async (mode, work) => {
        const isAccepting = mode === 'readwrite' && !isOff
        if (isAccepting) isOff = true
        if (isAccepting && when === 'readwrite') given.abort()
        const done = await use(mode, work)
        if (isAccepting && when === 'done') given.abort()
        return done
      },
    })
    const { create, rest } = page(outbox)
    await expect(create('tea', given.signal)).rejects.toThrow()
    await rest()
    expect(await writes()).toEqual([])
    expect(backend.received).toEqual([])
    // What was told of it is taken back.
    expect(news.at(-1)?.end ?? 'discarded').toBe('discarded')
    expect((await create('tea')).status).toBe(201)
    await rest()
    expect(backend.received).toHaveLength(1)
  })

  test('and tries again while the first request is under way: it is one write, and one request', async () => {
    const { outbox, backend } = await outboxWorker()
    const { create, rest } = page(outbox)
    const release = backend.hold()
    const given = new AbortController()
    const first = create('tea', given.signal).catch(() => undefined)
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    given.abort()
    const second = create('tea')
    // Another write of the same page is one of its own.
    const other = create('coffee')
    await vi.waitFor(() => expect(backend.received).toHaveLength(2))
    release()
    await first
    expect([(await second).status, (await other).status]).toEqual([201, 201])
    await rest()
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['tea', 'coffee'])
    expect(backend.received).toHaveLength(2)
  })

  test('and tries again after the origin has answered: it gets that answer', async () => {
    const { outbox, backend } = await outboxWorker()
    const { create, rest } = page(outbox)
    const release = backend.hold()
    const given = new AbortController()
    const first = create('tea', given.signal).catch(() => undefined)
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    given.abort()
    release()
    await first
    await rest()
    const second = await create('tea')
    expect([second.status, await second.json()]).toEqual([201, { id: 7, name: 'tea', version: 1 }])
    await rest()
    expect((await create('tea')).status).toBe(201)
    expect(backend.products.size).toBe(2)
  })

  test('and tries again while the worker sends it by itself: it is one write, and one request at a time', async () => {
    const { outbox, backend, writes } = await outboxWorker()
    const { create, rest, leave } = leaving({ outbox, backend })
    backend.faults.push('away')
    await leave()
    await rest()
    const release = backend.hold()
    const drained = outbox.drain(true)
    await vi.waitFor(() => expect(backend.received).toHaveLength(2))
    const again = create('tea')
    await vi.waitFor(async () => expect((await writes()).map(({ isAnswered }) => isAnswered)).toEqual([true]))
    release()
    expect((await again).status).toBe(202)
    await drained
    await rest()
    expect(backend.received).toHaveLength(2)
    expect(backend.products.size).toBe(1)
  })

  test('hears of no refusal, so it is kept', async () => {
    const { outbox, backend, writes } = await outboxWorker({ backend: new Backend() })
    const { rest, leave } = leaving({ outbox, backend })
    backend.faults.push(422)
    await leave()
    await rest()
    expect((await writes()).map(({ state }) => state)).toEqual([{ kind: 'dead', why: '422' }])
  })
})

test('a page that tries again what was refused while no page waited hears the origin', async () => {
  const { outbox, backend, writes } = await outboxWorker()
  const { create, rest, leave } = leaving({ outbox, backend })
  backend.refused.add('{"name":"tea"}')
  await leave()
  await rest()
  expect((await create('tea')).status).toBe(422)
  await rest()
  expect((await writes()).map(({ state }) => state.kind)).toEqual(['dead'])
})

test('what the user sends again keeps its key where an earlier attempt may have been performed', async () => {
  const { write, writes, backend, outbox, ask, rest } = await outboxWorker()
  backend.faults.push('cut', 409)
  await write('POST', '/api/products', { name: 'tea' })
  await rest()
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect((await writes()).map(({ state }) => state)).toEqual([{ kind: 'asking', why: 'conflict' }])
  })
  await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
  await vi.waitFor(async () => expect(await writes()).toEqual([]))
  expect(backend.products.size).toBe(1)
})
