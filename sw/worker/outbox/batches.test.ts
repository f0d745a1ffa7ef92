import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../../config/language/index.ts'
import { BatchBackend } from './batch-backend.fixture.ts'
import { CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

const stops: (() => unknown)[] = []
beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})
afterEach(() => {
  vi.useRealTimers()
  for (const stop of stops.splice(0)) stop()
})

const [rule] = CONFIG.writes ?? []
const configOf = (given: object = {}, outbox: object = {}): Config =>
  ({
    ...CONFIG,
    writes: [{ ...rule, ...given }],
    outbox: {
      firstWait: '100ms',
      longestWait: '200ms',
      batch: { url: '/api/sync', entities: { product: 'products' } },
      ...outbox,
    },
  }) as Config

/** What is stored of a product: its row, as the origin has given it. */
const storedAs = (backend: BatchBackend) => (url: string) => {
  const row = backend.rows.get(Number(new URL(url).pathname.split('/').at(3)))
  if (row === undefined) return []
  const body = new TextEncoder().encode(JSON.stringify(row)).buffer
  const fields = new Map([['content-type', 'application/json']])
  return [{ url, status: 200, fields, body, size: body.byteLength, requestedAtMs: 1 }]
}

async function worker(given: Parameters<typeof outboxWorker>[0] & { readonly backend?: BatchBackend } = {}) {
  const backend = given.backend ?? new BatchBackend()
  const made = await outboxWorker({ config: configOf(), rows: storedAs(backend), ...given, backend })
  stops.push(made.stop)
  const drained = async (): Promise<void> => {
    for (let at = 0; at < 300 && (await made.writes()).some(({ state }) => /waiting|leased/.test(state.kind)); at++) {
      await made.outbox.drain(true)
      await made.rest()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  return { ...made, backend, drained }
}

const ADA = {
  partitionOf: () => 'user/ada',
  partitionsOf: () => Promise.resolve(pages.size === 0 ? [] : ['user/ada']),
}

/** Writes that were made while none could be sent: their user is known by a page, and the only one has been closed. */
async function queued(
  write: (at: (method: string, path: string, body?: object) => Promise<Response>) => Promise<unknown>,
  given: Parameters<typeof worker>[0] = {},
) {
  const made = await worker({
    identity: ADA,
    ...given,
  })
  pages.clear()
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  await write((method, path, body) => made.write(method, path, body))
  await made.rest()
  pages.add('a tab')
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  return made
}

const creates = (count: number) => async (at: (method: string, path: string, body: object) => Promise<Response>) => {
  for (let n = 0; n < count; n++) await at('POST', '/api/products', { name: `tea ${n}` })
}

describe('queued writes', () => {
  test('a thousand travel in a few requests, each once, and each is told', async () => {
    const { backend, drained, writes, news, ended } = await queued(creates(1000))
    await drained()
    expect(await writes()).toEqual([])
    expect([...backend.rows.values()].map(({ name }) => name)).toEqual(
      Array.from({ length: 1000 }, (_, n) => `tea ${n}`),
    )
    expect(new Set(backend.performed.values())).toEqual(new Set([1]))
    expect(backend.alone).toEqual([])
    expect(backend.batches.length).toBeLessThan(10)
    expect(new Set(news.filter(({ end }) => end === 'sent').map(({ write }) => write.place)).size).toBe(1000)
    // What they reach is invalidated, as by requests of their own.
    expect(ended.filter((each) => each === 'POST /api/products 201')).toHaveLength(1000)
  })

  test('grow with fast answers, and are packed once the endpoint has said that it takes that', async () => {
    const { backend, drained } = await queued(creates(300))
    await drained()
    const sizes = backend.batches.map((items) => items.length)
    expect(sizes[0]).toBe(50)
    expect(sizes[1]).toBe(100)
    const codings = backend.batchRequests.map(({ headers }) => headers.get('content-encoding'))
    expect(codings.map((coding) => coding === 'gzip')).toEqual(codings.map((_, at) => at > 0))
  })

  test('are sent with the id, the base and the time that they have', async () => {
    const { backend, drained, writes } = await queued(
      async (at) => {
        backendOf.put(7, 'old')
        backendOf.put(8, 'other')
        await at('POST', '/api/products', { name: 'new' })
        await at('PATCH', '/api/products/7', { name: 'seven' })
        await at('DELETE', '/api/products/8')
      },
      { backend: (backendOf = new BatchBackend()) },
    )
    const accepted = (await writes()).map(({ acceptedAtMs }) => new Date(acceptedAtMs).toISOString())
    await drained()
    expect(backend.batches.flat()).toEqual([
      {
        key: expect.any(String),
        entity: 'products',
        id: expect.stringMatching(/^tmp-/),
        baseVersion: null,
        updatedAt: accepted[0],
        fields: { name: 'new' },
      },
      {
        key: expect.any(String),
        entity: 'products',
        id: '7',
        baseVersion: 'v1',
        updatedAt: accepted[1],
        fields: { name: 'seven' },
      },
      {
        key: expect.any(String),
        entity: 'products',
        id: '8',
        baseVersion: 'v2',
        updatedAt: accepted[2],
        isDeleted: true,
      },
    ])
    expect([...backend.rows.values()].map(({ name }) => name)).toEqual(['seven', 'new'])
  })

  test('to one row go in order in one batch, also to one that is created in it', async () => {
    const { backend, drained, writes, outbox } = await queued(
      async (at) => {
        const response = await at('POST', '/api/products', { name: 'a' })
        const { id } = (await response.json()) as { id: string }
        for (const name of ['b', 'c']) await at('PATCH', `/api/products/${id}`, { name })
        backendOf.put(7, 'old')
        for (const name of ['x', 'y', 'z']) await at('PATCH', '/api/products/7', { name })
      },
      { backend: (backendOf = new BatchBackend()) },
    )
    await drained()
    expect(backend.batches).toHaveLength(1)
    expect(backend.batches[0]).toHaveLength(6)
    expect(await writes()).toEqual([])
    expect(outbox.knownOf(['user/ada']).waiting).toBe(0)
    expect([...backend.rows.values()].map(({ name }) => name)).toEqual(['z', 'c'])
    expect(backend.alone).toEqual([])
  })

  test.each<[string, string, string, object | undefined]>([
    ['replaces a row: what it leaves out would stay', 'PUT', '/api/products/7', { name: 'x' }],
    ['has a query', 'PATCH', '/api/products/7?notify=1', { name: 'x' }],
    ['sets a member to an object', 'PATCH', '/api/products/7', { name: { en: 'x' } }],
    ['is to a row of which no version is known', 'PATCH', '/api/products/9', { name: 'x' }],
    ['creates a row with a short id of the app', 'POST', '/api/products', { id: 'A1', name: 'x' }],
  ])('one that %s goes by itself', async (_, method, path, body) => {
    const backend = new BatchBackend()
    const { drained } = await queued(
      async (at) => {
        backend.put(7, 'old')
        await at('POST', '/api/products', { name: 'first' })
        await at(method, path, body)
      },
      { backend },
    )
    await drained()
    expect(backend.batches.flat()).toHaveLength(1)
    expect(backend.alone).toEqual([`${method} ${path.replace(/\?.*/, '')}`])
  })

  test('with an id of the app’s own keep it', async () => {
    const id = '0b3f6a1e-55aa-4b1c-9a3e-000000000001'
    const { backend, drained } = await queued((at) => at('POST', '/api/products', { id, name: 'x' }))
    await drained()
    expect(backend.batches.flat()).toMatchObject([{ id, fields: { id, name: 'x' } }])
  })

  test('of apps that send other fields do not share a request', async () => {
    const made = await worker({ identity: ADA })
    pages.clear()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    for (let at = 0; at < 20; at++)
      await made.write('POST', '/api/products', { name: `of ${at % 2}` }, { 'x-tenant': `of ${at % 2}` })
    await made.rest()
    pages.add('a tab')
    await made.drained()
    for (const [at, { headers }] of made.backend.batchRequests.entries())
      expect(new Set(made.backend.batches[at]?.map(({ fields }) => fields?.['name']))).toEqual(
        new Set([headers.get('x-tenant')]),
      )
    expect([made.backend.rows.size, made.backend.alone]).toEqual([20, []])
  })

  test('of a rule whose requests have no key go together as well', async () => {
    const { backend, drained } = await queued(creates(100), { config: configOf({ idempotent: false, witness: false }) })
    await drained()
    expect(backend.rows.size).toBe(100)
    expect(backend.batches.length).toBeLessThan(4)
  })

  test('while the origin is away without the browser’s knowledge join those that wait', async () => {
    const made = await worker({ config: configOf({}, { longestWait: '1m' }) })
    made.backend.isAway = true
    for (let n = 0; n < 40; n++)
      expect((await made.write('POST', '/api/products', { name: `tea ${n}` })).status).toBe(202)
    await made.rest()
    made.backend.isAway = false
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000, shouldAdvanceTime: true })
    await made.drained()
    expect(made.backend.rows.size).toBe(40)
    // The first one was sent by itself, and is sent so again.
    expect(made.backend.alone).toHaveLength(1)
    expect(made.backend.batches.length).toBeLessThan(10)
  })
})

let backendOf = new BatchBackend()

describe('a new write', () => {
  test('waits with one that is tried again, also while that is under way', async () => {
    const { backend, write, writes, rest } = await worker({ config: configOf({}, { longestWait: '1m' }) })
    backend.isAway = true
    await write('POST', '/api/products', { name: 'first' })
    await rest()
    let fail = (): void => undefined
    const held = new Promise<Response>((_, reject) => (fail = () => reject(new TypeError('Failed to fetch'))))
    vi.stubGlobal('fetch', () => held)
    await vi.waitFor(async () => expect((await writes()).map(({ state }) => state.kind)).toEqual(['leased']), 5000)
    const all = [1, 2, 3].map((at) => write('POST', '/api/products', { name: `tea ${at}` }))
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual([202, 202, 202])
    expect((await writes()).map(({ firstSentAtMs }) => firstSentAtMs === undefined)).toEqual([false, true, true, true])
    fail()
  })

  const refusedBefore = async (given: object = {}) => {
    const made = await queued(async (at) => {
      for (const name of ['x', 'y']) await at('PATCH', '/api/products/7', { name })
    }, given)
    return made
  }

  test('is sent at once and its page hears the origin, although others wait for the user', async () => {
    const backend = new BatchBackend()
    backend.put(7, 'old')
    const { write, outbox } = await refusedBefore({ backend })
    backend.put(7, 'theirs')
    await outbox.drain(true)
    const response = await write('POST', '/api/products', { name: 'new' })
    expect([response.status, backend.alone]).toEqual([201, ['POST /api/products']])
  })

  test('is sent at once although others wait for credentials: the page hears the 401', async () => {
    const backend = new BatchBackend()
    const { write, outbox, writes } = await queued(creates(5), { backend })
    backend.batchFaults.push(new Response(null, { status: 401 }))
    await outbox.drain(true)
    backend.faults.push(401)
    expect((await write('POST', '/api/products', { name: 'new' })).status).toBe(401)
    expect(await writes()).toHaveLength(5)
  })

  test('that the origin has is a sign of life for those that wait for one', async () => {
    const backend = new BatchBackend()
    const { write, outbox, writes, rest } = await queued(creates(20), { backend })
    backend.isAway = true
    for (let at = 0; at < 10; at++) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 })
      await outbox.drain(true)
    }
    expect((await writes()).every(({ state }) => state.kind === 'waiting' && state.isOnSign)).toBe(true)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 })
    pages.clear()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    await write('POST', '/api/products', { name: 'new' })
    await rest()
    pages.add('a tab')
    backend.isAway = false
    await outbox.drain(true)
    expect(backend.batches.map((items) => items.length)).toEqual([1, 20])
    expect(await writes()).toEqual([])
  })
})

describe('of a batch', () => {
  test('what the endpoint says of an item touches that item alone', async () => {
    const made = await queued(creates(12))
    const { backend, drained, writes, news } = made
    backend.named.set('tea 2', { result: 'refused', status: 422, detail: 'no' })
    backend.named.set('tea 3', { result: 'refused', status: 409, code: '23505' })
    let failures = 0
    backend.named.set('tea 4', { result: 'later', status: 500 })
    backend.named.set('tea 5', { result: 'later', status: 409, reason: 'running' })
    backend.onBatch = () => {
      if (failures++ > 0) backend.named.delete('tea 4')
      if (failures > 2) backend.named.delete('tea 5')
    }
    await drained()
    expect((await writes()).map(({ state, body }) => [state, new TextDecoder().decode(body)])).toEqual([
      [{ kind: 'dead', why: '422' }, '{"name":"tea 2"}'],
      [{ kind: 'asking', why: 'conflict' }, '{"name":"tea 3"}'],
    ])
    expect(backend.rows.size).toBe(10)
    expect(new Set(backend.performed.values())).toEqual(new Set([1]))
    expect(news.filter(({ end }) => end === 'sent')).toHaveLength(10)
  })

  test('a conflict is decided by the rule, with the row that the endpoint gives', async () => {
    const backend = new BatchBackend()
    const merge = (_: unknown, mine: { name: string }, theirs: { name: string }) => ({
      ...theirs,
      name: `${theirs.name}+${mine.name}`,
    })
    const { drained, writes } = await queued(
      async (at) => {
        backend.put(7, 'old')
        for (const name of ['x', 'y']) await at('PATCH', '/api/products/7', { name })
        await at('POST', '/api/products', { name: 'new' })
      },
      { backend, config: configOf({ conflict: merge }) },
    )
    backend.put(7, 'theirs')
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.rows.get(7)?.name).toBe('y')
    expect(backend.batches.flat().map(({ fields }) => fields?.['name'])).toContain('theirs+x')
    expect(backend.read).toEqual([])
  })

  test('a write on top of another row than the one before it waits for that', async () => {
    const backend = new BatchBackend()
    const { drained, writes } = await queued(
      async (at) => {
        backend.put(7, 'old')
        await at('PATCH', '/api/products/7', { name: 'x' })
        backend.put(7, 'theirs')
        await at('PATCH', '/api/products/7', { name: 'y' })
        await at('POST', '/api/products', { name: 'new' })
      },
      { backend },
    )
    await drainedBut(drained)
    expect(backend.batches[0]?.map(({ fields }) => fields?.['name'])).toEqual(['x', 'new'])
    expect((await writes()).map(({ state }) => state.kind)).toEqual(['asking', 'waiting'])
  })

  test('a conflict waits for the user where the rule asks, and holds the writes behind it alone', async () => {
    const backend = new BatchBackend()
    const { drained, writes, ask } = await queued(
      async (at) => {
        backend.put(7, 'old')
        for (const name of ['x', 'y']) await at('PATCH', '/api/products/7', { name })
        await at('POST', '/api/products', { name: 'new' })
      },
      { backend },
    )
    backend.put(7, 'theirs')
    await drainedBut(drained)
    const [asking, behind] = await writes()
    expect([asking?.state, behind?.state.kind]).toEqual([{ kind: 'asking', why: 'conflict' }, 'waiting'])
    // It was not done for no reason of its own.
    expect([asking?.attempts, behind?.attempts, behind?.wasUnsure]).toEqual([1, 0, false])
    expect(asking?.theirs).toMatchObject({
      base: { kind: 'updated-at', text: backend.rows.get(7)?.updated_at },
      row: expect.stringContaining('theirs'),
    })
    await ask({ ask: 'steer-outbox', place: asking?.place ?? 0, how: 'retry' } as never)
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.rows.get(7)?.name).toBe('y')
  })

  test('an answer that is lost is asked for by the same keys, and nothing is done twice', async () => {
    const { backend, drained, writes } = await queued(creates(120))
    backend.batchFaults.push('cut', 'cut', 'away', 'cut')
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.rows.size).toBe(120)
    expect(new Set(backend.performed.values())).toEqual(new Set([1]))
    expect(backend.alone).toEqual([])
    expect(backend.batches.length).toBeLessThan(20)
  })

  test('an item that the answer does not have is sent again', async () => {
    const { backend, drained, writes } = await queued(creates(3))
    backend.batchFaults.push(Response.json({ items: [] }))
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.batches.map((items) => items.length)[0]).toBe(3)
    expect(backend.rows.size).toBe(3)
  })

  test('an item whose id is no text holds up no other', async () => {
    const { backend, drained, writes } = await queued(creates(3))
    let isOdd = true
    const answer = backend.answer.bind(backend)
    backend.answer = async (request) => {
      const response = await answer(request)
      if (!isOdd) return response
      isOdd = false
      const { items } = (await response.json()) as { items: object[] }
      // Half of a character: JSON may hold it, and no field.
      return Response.json({ items: items.map((item, at) => (at === 1 ? { ...item, id: '\ud800', row: null } : item)) })
    }
    await drained()
    expect(await writes()).toEqual([])
    expect(new Set(backend.performed.values())).toEqual(new Set([1]))
    expect(backend.batches.map((items) => items.length)).toEqual([3])
  })

  test('an item that stands in the answer twice, with two results, is sent again', async () => {
    const { backend, drained, writes } = await queued(creates(3))
    const answer = backend.answer.bind(backend)
    let isOdd = true
    backend.answer = async (request) => {
      const response = await answer(request)
      if (!isOdd) return response
      isOdd = false
      const { items } = (await response.json()) as { items: { key: string }[] }
      return Response.json({
        items: [...items, { ...items[1], result: 'refused', problem: { status: 422 } }, ...items],
      })
    }
    await drained()
    expect(await writes()).toEqual([])
    expect([backend.rows.size, backend.batches.map((items) => items.length)]).toEqual([3, [3, 1]])
  })

  test('a write whose answer is lost is asked for by its key, also where its row is gone since', async () => {
    const backend = new BatchBackend()
    const { drained, writes } = await queued(
      async (at) => {
        backend.put(7, 'old')
        await at('PATCH', '/api/products/7', { name: 'x' })
        await at('DELETE', '/api/products/7')
      },
      { backend },
    )
    let clock = 0
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock)
    // It was slow as well, so the next batch has one write of the two.
    backend.batchFaults.push('cut')
    backend.onBatch = () => (clock += backend.batches.length === 1 ? 6000 : 0)
    await drainedBut(drained)
    spy.mockRestore()
    expect(await writes()).toEqual([])
    expect(backend.batches[1]).toHaveLength(1)
    expect([backend.rows.size, backend.alone]).toEqual([0, []])
    expect(new Set(backend.performed.values())).toEqual(new Set([1]))
  })

  test.each([
    ['a page', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
    ['JSON of another kind', () => Response.json({ ok: true })],
    ['500', () => Response.json({}, { status: 500 })],
    ['503', () => Response.json({}, { status: 503 })],
    ['429', () => Response.json({}, { status: 429 })],
  ])('%s is no answer: all of it is sent again', async (_, answer) => {
    const { backend, drained, writes } = await queued(creates(60))
    backend.batchFaults.push(answer(), answer())
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.rows.size).toBe(60)
    expect(backend.alone).toEqual([])
  })

  test('503 with Retry-After is heeded', async () => {
    const { backend, outbox, rest } = await queued(creates(60))
    backend.batchFaults.push(new Response(null, { status: 503, headers: { 'retry-after': '60' } }))
    await outbox.drain(true)
    await outbox.drain(true)
    await rest()
    expect(backend.batches).toHaveLength(1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 62_000 })
    await outbox.drain(true)
    expect(backend.rows.size).toBeGreaterThan(20)
  })

  test('401 pauses its user after one request', async () => {
    const { backend, outbox, writes } = await queued(creates(200))
    backend.batchFaults.push(new Response(null, { status: 401 }))
    await outbox.drain(true)
    await outbox.drain(true)
    expect(backend.batches).toHaveLength(1)
    expect(new Set((await writes()).map(({ state }) => state.kind))).toEqual(new Set(['waiting']))
    expect(backend.alone).toEqual([])
  })

  test('413 halves it, down to what is taken', async () => {
    const { backend, drained, writes } = await queued(creates(60))
    backend.mostItems = 10
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.batches[1]?.length).toBe(10)
    expect(backend.rows.size).toBe(60)
  })

  test('413 for one write has it sent by itself', async () => {
    const { backend, drained, writes } = await queued(creates(1))
    backend.mostItems = 0
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.alone).toEqual(['POST /api/products'])
  })

  test.each([404, 405, 403, 400])(
    '%i: there are none for a while, and writes are sent by themselves',
    async (status) => {
      const { backend, drained, writes } = await queued(creates(30))
      backend.batchFaults.push(Response.json({}, { status }))
      await drained()
      expect(await writes()).toEqual([])
      expect(backend.batches).toHaveLength(1)
      expect(backend.alone).toHaveLength(30)
      expect(backend.rows.size).toBe(30)
    },
  )

  test('404 after a lost answer: nothing that may have been done is sent in another way', async () => {
    const { backend, drained, writes } = await queued(creates(30))
    backend.batchFaults.push('cut', ...Array.from({ length: 3 }, () => Response.json({}, { status: 404 })))
    await drained()
    expect(await writes()).toEqual([])
    expect(backend.alone).toEqual([])
    expect(new Set(backend.performed.values())).toEqual(new Set([1]))
  })

  test('a write that a request of its own has performed is asked for in that way', async () => {
    const { backend, drained, writes, outbox } = await queued(creates(2))
    // As if its record had come on disk late: the page has sent it with its key.
    const [first] = await writes()
    const headers = { 'idempotency-key': `"${first?.key}"`, 'content-type': 'application/json' }
    await backend.answer(
      new Request('https://app.test/api/products', { method: 'POST', headers, body: '{"name":"tea 0"}' }),
    )
    await drained()
    expect(await writes()).toEqual([])
    expect([...backend.rows.values()].map(({ name }) => name).toSorted()).toEqual(['tea 0', 'tea 1'])
    expect(backend.alone).toHaveLength(2)
    expect(outbox.knownOf(['user/ada']).needsYou).toBe(0)
  })

  test('a slow answer makes it smaller', async () => {
    const { backend, drained } = await queued(creates(200))
    let clock = 0
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock)
    backend.onBatch = () => (clock += 6000)
    await drained()
    spy.mockRestore()
    expect(backend.batches.slice(0, 4).map((items) => items.length)).toEqual([50, 25, 12, 6])
    expect(backend.rows.size).toBe(200)
  })
})

/** One that waits for the user keeps those behind it waiting. */
const drainedBut = async (drained: () => Promise<void>): Promise<void> =>
  void (await Promise.race([drained(), new Promise((resolve) => setTimeout(resolve, 600))]))

describe('two workers', () => {
  test('that send at the same time do each write once', async () => {
    const backend = new BatchBackend()
    const one = await queued(creates(300), { backend })
    const other = await worker({ backend, database: one.name, identity: ADA })
    await Promise.all([one.drained(), other.drained(), one.drained(), other.drained()])
    expect(await one.writes()).toEqual([])
    expect([backend.rows.size, ...new Set(backend.performed.values())]).toEqual([300, 1])
  })
})

describe('a worker that is stopped', () => {
  test.each([
    ['that honours keys everywhere', {}],
    ['that honours keys in batches alone', { idempotent: false, witness: false }],
  ])(
    'at any moment of a batch, at a backend %s, leaves each write to the next one, which does it once',
    async (_, rules) => {
      const config = configOf(rules)
      // The transactions of a drain, and the request: each is the last thing that a worker does.
      for (let last = 1; last < 14; last++) {
        const backend = new BatchBackend()
        let left = Infinity
        const first = await queued(creates(30), {
          backend,
          config,
          wrap: (use) => (mode, work) => (left-- > 0 ? use(mode, work) : new Promise(() => undefined)),
        })
        left = last
        void first.outbox.drain(true)
        await new Promise((resolve) => setTimeout(resolve, 120))
        first.stop()
        vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
        const next = await worker({ backend, config, database: first.name, identity: ADA })
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000, shouldAdvanceTime: true })
        await next.drained()
        vi.useRealTimers()
        expect(await next.writes(), `stopped after ${last}`).toEqual([])
        expect([backend.rows.size, ...new Set(backend.performed.values())], `stopped after ${last}`).toEqual([30, 1])
        next.stop()
      }
    },
  )

  test('and whose successor knows of no batches asks the user what may have been done', async () => {
    const backend = new BatchBackend()
    const first = await queued(creates(30), { backend })
    backend.batchFaults.push('cut')
    void first.outbox.drain(true)
    await vi.waitFor(() => expect(backend.batches).toHaveLength(1))
    first.stop()
    const next = await worker({ backend, config: CONFIG, database: first.name, identity: ADA })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000, shouldAdvanceTime: true })
    await next.drained()
    expect(new Set((await next.writes()).map(({ state }) => JSON.stringify(state)))).toEqual(
      new Set(['{"kind":"asking","why":"outcome"}']),
    )
    expect([backend.alone, backend.rows.size]).toEqual([[], 30])
  })

  test('or whose user goes while a batch is packed sends nothing', async () => {
    const { backend, outbox, generations, writes } = await queued(creates(200))
    const Packing = CompressionStream
    vi.stubGlobal(
      'CompressionStream',
      class extends Packing {
        constructor(format: CompressionFormat) {
          super(format)
          generations.advance('user/ada')
        }
      },
    )
    await outbox.drain(true)
    vi.stubGlobal('CompressionStream', Packing)
    expect(backend.batches.map((items) => items.length)).toEqual([50])
    const left = await writes()
    expect(left).toHaveLength(150)
    expect(left.every(({ state, wasUnsure }) => state.kind === 'waiting' && !wasUnsure)).toBe(true)
  })

  test('or whose user goes in the meantime sends nothing', async () => {
    const { backend, outbox, generations, writes } = await queued(creates(20))
    const isSame = vi.spyOn(generations, 'watch')
    let calls = 0
    isSame.mockImplementation(() => () => calls++ < 3)
    await outbox.drain(true)
    expect(backend.batches).toEqual([])
    expect(new Set((await writes()).map(({ state, attempts }) => `${state.kind} ${attempts}`))).toEqual(
      new Set(['waiting 0']),
    )
  })
})
