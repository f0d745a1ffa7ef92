import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../../config/language/index.ts'
import type { OutboxCounts } from '../../protocol.ts'
import { Backend, CONFIG, outboxWorker, page, pages } from './outbox.fixture.ts'

const KEY = 'idempotency-key'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

describe('a queued write of a page that is online', () => {
  test('gets the origin’s own answer, and nothing is left', async () => {
    const { write, writes, backend, rest } = await outboxWorker()
    const response = await write('POST', '/api/products', { name: 'tea' })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ id: 7, name: 'tea' })
    expect(response.headers.has('freshlayer-outbox')).toBe(false)
    await rest()
    expect(await writes()).toEqual([])
    expect(backend.products.size).toBe(1)
  })

  test('is told of a refusal as without the layer, and nothing is kept', async () => {
    const { write, writes, backend, rest } = await outboxWorker()
    backend.faults.push(422)
    expect((await write('POST', '/api/products', { name: '' })).status).toBe(422)
    await rest()
    expect(await writes()).toEqual([])
  })

  test('300 writes at once are performed once each', async () => {
    const { write, writes, backend, rest } = await outboxWorker()
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, at) => write('POST', '/api/products', { name: `${at}` })),
    )
    expect(answers.every(({ status }) => status === 201)).toBe(true)
    await rest()
    expect(await writes()).toEqual([])
    const names = [...backend.products.values()].map(({ name }) => Number(name))
    expect(names.toSorted((one, other) => one - other)).toEqual(names.map((_, at) => at))
  })

  test('two equal ones at the same time are two: only a page that was not answered tries again', async () => {
    const { write, backend } = await outboxWorker()
    const release = backend.hold()
    const both = [write('POST', '/api/products', { name: 'tea' }), write('POST', '/api/products', { name: 'tea' })]
    await vi.waitFor(() => expect(backend.received).toHaveLength(2))
    release()
    expect(await Promise.all(both.map(async (each) => (await each).status))).toEqual([201, 201])
    expect(backend.products.size).toBe(2)
  })

  test('that the origin does not answer in time is told that it is queued, and is sent once', async () => {
    const [rule] = CONFIG.writes ?? []
    const config = { ...CONFIG, writes: [{ ...rule, timeout: '50ms' }] } as never
    const { write, writes, backend, rest } = await outboxWorker({ config })
    const release = backend.hold()
    const response = await write('POST', '/api/products', { name: 'tea' })
    expect(response.status).toBe(202)
    expect(response.headers.get('freshlayer-outbox')).toBe('1')
    release()
    await rest()
    expect(await writes()).toEqual([])
    expect(backend.received).toHaveLength(1)
  })

  test('whose disk is full goes straight through, and its answer says so', async () => {
    const { write, backend } = await outboxWorker({
      wrap: (use) => (mode, work) =>
        mode === 'readwrite' ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : use(mode, work),
    })
    const response = await write('POST', '/api/products', { name: 'tea' })
    expect(response.status).toBe(201)
    expect(response.headers.get('freshlayer-outbox')).toBe('unqueued')
    backend.isAway = true
    await expect(write('POST', '/api/products', { name: 'tea' })).rejects.toThrow('Failed to fetch')
  })
})

describe('while the origin is away', () => {
  test('a create is answered as the app expects it, and sent when the origin is back', async () => {
    const { write, writes, backend, rest, outbox } = await outboxWorker()
    backend.isAway = true
    const response = await write('POST', '/api/products', { name: 'tea' })
    expect(response.status).toBe(202)
    const made = (await response.json()) as { id: string; name: string }
    expect(made).toEqual({ id: expect.stringMatching(/^tmp-/), name: 'tea' })
    expect(response.headers.get('location')).toBe(`https://app.test/api/products/${made.id}`)
    await rest()
    expect((await writes()).map(({ place }) => place)).toEqual([1])
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    expect([...backend.products.values()]).toEqual([{ id: 7, name: 'tea', version: 1 }])
  })

  test('create, three edits, a deletion: in order, with the server’s id in place of the temporary one', async () => {
    const { write, writes, backend, rest, outbox, news } = await outboxWorker()
    backend.isAway = true
    const { id } = (await (await write('POST', '/api/products', { name: 'tea' })).json()) as { id: string }
    for (const name of ['green', 'black', 'white']) {
      const edited = await write('PUT', `/api/products/${id}`, { id, name })
      expect(await edited.json()).toMatchObject({ id, name })
    }
    expect((await write('DELETE', `/api/products/${id}`)).status).toBe(204)
    await rest()
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    expect(backend.received.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/products', '{"name":"tea"}'],
      ['PUT', '/api/products/7', '{"id":7,"name":"green"}'],
      ['PUT', '/api/products/7', '{"id":7,"name":"black"}'],
      ['PUT', '/api/products/7', '{"id":7,"name":"white"}'],
      ['DELETE', '/api/products/7', ''],
    ])
    expect(backend.received.slice(1).map(({ fields }) => fields.get('if-match'))).toEqual(['"1"', '"2"', '"3"', '"4"'])
    expect(news.find(({ end }) => end === 'sent')?.id).toBe('7')
  })

  test('an app that goes on with the temporary id of a row has it in the row’s lane, on top of its own writes', async () => {
    const { write, writes, backend, rest, outbox } = await outboxWorker()
    backend.isAway = true
    const { id } = (await (await write('POST', '/api/products', { name: 'tea' })).json()) as { id: string }
    await write('PUT', `/api/products/${id}`, { name: 'green' })
    await rest()
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    backend.isAway = true
    await write('PUT', `/api/products/${id}`, { name: 'black' })
    await write('PUT', '/api/products/7', { name: 'white' })
    await rest()
    expect(new Set((await writes()).map(({ lane }) => lane)).size).toBe(1)
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    expect(backend.received.map(({ path, fields }) => [path, fields.get('if-match')])).toEqual([
      ['/api/products', null],
      ['/api/products/7', '"1"'],
      ['/api/products/7', '"2"'],
      ['/api/products/7', '"3"'],
    ])
  })

  test('one lane’s failure holds up no other, and a dead letter holds none', async () => {
    const { write, writes, backend, rest, outbox } = await outboxWorker()
    backend.products.set(1, { id: 1, name: 'a', version: 1 }).set(2, { id: 2, name: 'b', version: 1 })
    backend.isAway = true
    await write('PUT', '/api/products/1', { name: 'x' })
    await write('PUT', '/api/products/2', { name: 'y' })
    await write('PUT', '/api/products/1', { name: 'z' })
    await rest()
    backend.refused.add('{"name":"x"}')
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toHaveLength(1)
    })
    const [dead] = await writes()
    expect(dead).toMatchObject({ place: 1, state: { kind: 'dead', why: '422' } })
    expect(new TextDecoder().decode(dead?.body)).toBe('{"name":"x"}')
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['z', 'y'])
  })

  test.each([500, 502, 503, 429, 408] as const)(
    'a %i is no refusal: the write is sent again with its key',
    async (status) => {
      const { write, writes, backend, outbox } = await outboxWorker()
      backend.faults.push(status, status)
      expect((await write('POST', '/api/products', { name: 'tea' })).status).toBe(202)
      await vi.waitFor(async () => {
        await outbox.drain(true)
        expect(await writes()).toEqual([])
      })
      expect(new Set(backend.received.map(({ fields }) => fields.get(KEY))).size).toBe(1)
      expect(backend.received).toHaveLength(3)
    },
  )

  test('bytes of any kind are sent as they were given', async () => {
    const { outbox, backend, writes, rest } = await outboxWorker()
    const bodies: Uint8Array[] = []
    vi.stubGlobal('fetch', async (request: Request) => {
      if (backend.isAway) throw new TypeError('Failed to fetch')
      bodies.push(new Uint8Array(await request.arrayBuffer()))
      return new Response(null, { status: 204 })
    })
    backend.isAway = true
    const form = new FormData()
    form.append('photo', new Blob([crypto.getRandomValues(new Uint8Array(60_000))]), 'photo.jpg')
    const request = new Request('https://app.test/api/products/1', { method: 'PUT', body: form })
    const sent = new Uint8Array(await request.clone().arrayBuffer())
    const { matcherOf, compileRules } = await import('../../../config/language/index.ts')
    const { lineOf } = await import('../../fetch/matching.ts')
    const match = matcherOf(compileRules(CONFIG))(lineOf(request)) as never
    await outbox.answer(request, match, 'a tab', () => undefined)
    await rest()
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    expect(bodies).toEqual([sent])
  })

  test('a create that is no JSON is answered with its temporary id', async () => {
    const { outbox, backend, ask } = await outboxWorker()
    backend.isAway = true
    const form = new FormData()
    form.append('name', 'tea')
    const request = new Request('https://app.test/api/products', { method: 'POST', body: form })
    const { matcherOf, compileRules } = await import('../../../config/language/index.ts')
    const { lineOf } = await import('../../fetch/matching.ts')
    const match = matcherOf(compileRules(CONFIG))(lineOf(request)) as never
    const { id } = (await (await outbox.answer(request, match, 'a tab', () => undefined)).json()) as { id: string }
    expect(id).toMatch(/^tmp-/)
    await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })
  })
})

describe('a worker that is stopped', () => {
  test('after it has sent a write leaves it to the next one, which sends it with the same key', async () => {
    const first = await outboxWorker()
    const { backend, name } = first
    const release = backend.hold()
    void first.write('POST', '/api/products', { name: 'tea' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    first.stop()
    release()
    const next = await outboxWorker({ backend, database: name })
    await vi.waitFor(async () => {
      await next.outbox.drain(true)
      expect(await next.writes()).toEqual([])
    })
    expect(backend.received).toHaveLength(2)
    expect(backend.products.size).toBe(1)
  })

  test('without a key no POST is sent again: the user is asked', async () => {
    const [rule] = CONFIG.writes ?? []
    const config = { ...CONFIG, writes: [{ ...rule, idempotent: false, witness: false }] } as never
    const first = await outboxWorker({ config })
    const { backend, name } = first
    const release = backend.hold()
    void first.write('POST', '/api/products', { name: 'tea' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    first.stop()
    release()
    const next = await outboxWorker({ backend, database: name, config })
    await vi.waitFor(async () => {
      await next.outbox.drain(true)
      expect((await next.writes()).map(({ state }) => state)).toEqual([{ kind: 'asking', why: 'outcome' }])
    })
    expect(backend.received).toHaveLength(1)
  })

  test('before its page was answered: the page’s own retry is the same write', async () => {
    const first = await outboxWorker()
    const { backend, name } = first
    const release = backend.hold()
    void first.write('POST', '/api/products', { name: 'tea' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    first.stop()
    release()
    const next = await outboxWorker({ backend, database: name })
    const response = await next.write('POST', '/api/products', { name: 'tea' })
    expect([201, 202]).toContain(response.status)
    await next.rest()
    await vi.waitFor(async () => {
      await next.outbox.drain(true)
      expect(await next.writes()).toEqual([])
    })
    expect(backend.products.size).toBe(1)
    // And once: the same again is what the user wants again.
    expect((await next.write('POST', '/api/products', { name: 'tea' })).status).toBe(201)
    expect(backend.products.size).toBe(2)
  })
})

test.each([503, 422, 401])(
  'what refuses with %i a write that another worker has performed meanwhile is not told',
  async (status) => {
    const first = await outboxWorker()
    const { backend, name } = first
    let refuse: ((response: Response) => void) | undefined
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (refuse = resolve)))
    const answered = first.write('POST', '/api/products', { name: 'tea' })
    await vi.waitFor(() => expect(refuse).toBeDefined())
    const next = await outboxWorker({ backend, database: name })
    await vi.waitFor(async () => {
      await next.outbox.drain(true)
      expect(await next.writes()).toEqual([])
    })
    expect(backend.products.size).toBe(1)
    refuse?.(new Response('{}', { status }))
    expect((await answered).status).toBe(202)
  },
)

describe('whose writes they are', () => {
  const USERS = {
    partitionOf: (_: Request, clientId: string) => (clientId === 'nobody' ? undefined : `user/${clientId}`),
    partitionsOf: (clientId: string) => Promise.resolve([`user/${clientId}`]),
    isDoubted: () => false,
  }

  test('nothing of a user is sent while no page of theirs is open', async () => {
    const { write, backend, outbox, rest } = await outboxWorker({ identity: USERS })
    backend.isAway = true
    await write('POST', '/api/products', { name: 'tea' }, {}, 'ada')
    await rest()
    backend.isAway = false
    pages.clear()
    pages.add('grace')
    await outbox.drain(true)
    expect(backend.received).toHaveLength(0)
    expect(await outbox.writesOf('grace')).toEqual([])
    pages.add('ada')
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await outbox.writesOf('ada')).toEqual([])
    })
    expect(backend.received).toHaveLength(1)
  })

  test('what is nobody’s is not queued', async () => {
    const { write, backend } = await outboxWorker({ identity: USERS })
    expect((await write('POST', '/api/products', { name: 'tea' }, {}, 'nobody')).status).toBe(201)
    backend.isAway = true
    await expect(write('POST', '/api/products', { name: 'tea' }, {}, 'nobody')).rejects.toThrow('Failed to fetch')
  })

  test('no other user’s tab sees or steers them', async () => {
    const { write, backend, ask, rest } = await outboxWorker({ identity: USERS })
    backend.isAway = true
    await write('POST', '/api/products', { name: 'tea' }, {}, 'ada')
    await rest()
    expect(await ask({ ask: 'outbox' }, 'grace')).toEqual([])
    expect(await ask({ ask: 'steer-outbox', place: 1, how: 'discard' }, 'grace')).toEqual({ isDone: false })
    expect(await ask({ ask: 'outbox' }, 'ada')).toMatchObject([{ place: 1, method: 'POST', state: 'waiting' }])
  })

  test('secrets are in no record, and are stamped when it is sent', async () => {
    const { write, backend, outbox, writes, rest, name } = await outboxWorker()
    backend.isAway = true
    await write(
      'POST',
      '/api/products',
      { name: 'tea' },
      { authorization: 'Bearer secret', 'x-csrf-token': 'secret', 'x-store': '1' },
    )
    await rest()
    expect(JSON.stringify(await writes())).not.toContain('secret')
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    const [sent] = backend.received
    expect([sent?.fields.get('authorization'), sent?.fields.get('x-csrf-token'), sent?.fields.get('x-store')]).toEqual([
      'Bearer secret',
      'secret',
      '1',
    ])
    expect(name).not.toBe('')
  })

  test('secrets are those that a page gives at the time, also after the worker was stopped; without them it waits', async () => {
    // The first worker must not try again by itself. If it is stopped in that attempt it leaves a lease, and the next worker
    // ends the lease before it asks for the secret.
    const config: Config = { ...CONFIG, outbox: { firstWait: '30s', longestWait: '30s' } }
    const first = await outboxWorker({ config })
    first.backend.isAway = true
    await first.write('POST', '/api/products', { name: 'tea' }, { 'x-csrf-token': 'old' })
    await first.rest()
    first.stop()
    const { backend, outbox, writes } = await outboxWorker({ config, database: first.name })
    const asked: object[] = []
    page.says = (question) => void asked.push(question)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    await outbox.drain(true)
    expect([backend.received, (await writes()).map(({ state }) => state.kind)]).toEqual([[], ['waiting']])
    expect(asked).toMatchObject([{ say: 'secret', name: 'x-csrf-token', url: 'https://app.test/api/products' }])
    page.says = () => 'new'
    vi.setSystemTime(Date.now() + 60_000)
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    })
    vi.useRealTimers()
    page.says = () => undefined
    expect(backend.received.map(({ fields }) => fields.get('x-csrf-token'))).toEqual(['new'])
  })
})

test('the database has a name as long as it lives, and another one has another', async () => {
  const first = await outboxWorker()
  const keptBy = async ({ ask }: Pick<typeof first, 'ask'>) => ((await ask({ ask: 'drain' })) as OutboxCounts).kept
  expect(await keptBy(first)).toEqual({ total: 0, database: '' })
  first.backend.isAway = true
  await first.write('POST', '/api/products', { name: 'tea' })
  await first.rest()
  const kept = await keptBy(first)
  expect(kept).toEqual({ total: 1, database: expect.stringMatching(/.{30}/) as unknown })
  await first.write('POST', '/api/products', { name: 'coffee' })
  expect(await keptBy(first)).toEqual({ ...kept, total: 2 })
  const again = await outboxWorker({ database: first.name })
  again.backend.isAway = true
  expect(await keptBy(again)).toEqual({ ...kept, total: 2 })
  const other = await outboxWorker()
  other.backend.isAway = true
  await other.write('POST', '/api/products', { name: 'tea' })
  expect((await keptBy(other))?.database).not.toBe(kept?.database)
  for (const each of [first, again, other]) each.stop()
})

describe('the user', () => {
  async function dead() {
    const worker = await outboxWorker()
    const { backend, write, outbox, rest, writes } = worker
    backend.isAway = true
    await write('POST', '/api/products', { name: 'tea' })
    await rest()
    backend.faults.push(422)
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect((await writes()).map(({ state }) => state.kind)).toEqual(['dead'])
    })
    return worker
  }

  test('sees what was refused, with its body, and has it sent again', async () => {
    const { ask, writes, backend } = await dead()
    expect(await ask({ ask: 'outbox' })).toMatchObject([{ state: 'dead', why: '422' }])
    const { body } = (await ask({ ask: 'steer-outbox', place: 1, how: 'read' })) as { body: ArrayBuffer }
    expect(new TextDecoder().decode(body)).toBe('{"name":"tea"}')
    expect(await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })).toEqual({ isDone: true })
    await vi.waitFor(async () => expect(await writes()).toEqual([]))
    expect(backend.products.size).toBe(1)
  })

  test('mends it: what is sent then is another write, with a key of its own', async () => {
    const { ask, writes, backend } = await dead()
    const body = new TextEncoder().encode('{"name":"coffee"}').buffer
    expect(await ask({ ask: 'steer-outbox', place: 1, how: 'edit', body })).toEqual({ isDone: true })
    await vi.waitFor(async () => expect(await writes()).toEqual([]))
    expect(backend.received.map((each) => each.body)).toEqual(['{"name":"tea"}', '{"name":"coffee"}'])
    expect(new Set(backend.received.map(({ fields }) => fields.get(KEY))).size).toBe(2)
  })

  test('decides a conflict: what was written on top of it does not conflict once more', async () => {
    const { write, writes, backend, rest, outbox, ask } = await outboxWorker({
      rows: () => [{ fields: new Map([['etag', '"1"']]), requestedAtMs: 1, body: undefined }],
    })
    backend.products.set(1, { id: 1, name: 'theirs', version: 2 })
    backend.isAway = true
    await write('PUT', '/api/products/1', { name: 'mine' })
    await write('PUT', '/api/products/1', { name: 'mine, too' })
    await rest()
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect((await writes()).map(({ state }) => state.kind)).toEqual(['asking', 'waiting'])
    })
    expect(await ask({ ask: 'outbox' })).toMatchObject([{ state: 'needs-you', why: 'conflict' }, { state: 'waiting' }])
    await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
    await vi.waitFor(async () => expect(await writes()).toEqual([]))
    expect(backend.products.get(1)?.name).toBe('mine, too')
    const [first, second] = backend.received.filter(({ fields }) => fields.get('if-match') !== '"1"')
    // On top of what the user was shown.
    expect(first?.fields.get('if-match')).toBe('"2"')
    expect(second?.fields.get('if-match')).toBe('"3"')
  })

  test('has it sent again with its key, where an earlier attempt may have been performed', async () => {
    const { write, writes, backend, rest, outbox, ask } = await outboxWorker()
    backend.faults.push('cut', 422)
    await write('POST', '/api/products', { name: 'tea' })
    await rest()
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect((await writes()).map(({ state }) => state.kind)).toEqual(['dead'])
    })
    await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
    await vi.waitFor(async () => expect(await writes()).toEqual([]))
    expect(backend.products.size).toBe(1)
  })

  test.each([409, 422])(
    'has it sent again with its key, though the browser has hidden an attempt before the %i',
    async (status) => {
      vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
      const { write, writes, backend, rest, outbox, ask } = await outboxWorker()
      let isResent = false
      // A connection was cut after the origin had performed it: Chromium has sent it once more by itself, and something else has answered.
      vi.stubGlobal('fetch', async (request: Request) => {
        const answer = await backend.answer(request)
        if (isResent) return answer
        isResent = true
        return Response.json({}, { status })
      })
      await write('POST', '/api/products', { name: 'tea' })
      await rest()
      await outbox.drain(true)
      await vi.waitFor(async () => expect((await writes()).map(({ attempts }) => attempts)).toEqual([1]))
      await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
      await vi.waitFor(async () => expect(await writes()).toEqual([]))
      expect(backend.products.size).toBe(1)
    },
  )

  /** Its first attempt was refused, so nothing is unsure. */
  async function refused() {
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    const worker = await outboxWorker()
    const { backend, write, outbox, rest, writes } = worker
    backend.faults.push(422)
    await write('POST', '/api/products', { name: 'tea' })
    await rest()
    await outbox.drain(true)
    await vi.waitFor(async () => expect((await writes()).map(({ state }) => state.kind)).toEqual(['dead']))
    return worker
  }

  test('has it sent again with another key where the origin keeps the refusal under the first one', async () => {
    const { ask, writes, backend } = await refused()
    const key = (await writes())[0]?.key ?? '-'
    vi.stubGlobal('fetch', (request: Request) =>
      request.headers.get(KEY)?.includes(key) === true
        ? Promise.resolve(Response.json({}, { status: 422 }))
        : backend.answer(request),
    )
    await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
    await vi.waitFor(async () => expect(await writes()).toEqual([]))
    expect(backend.products.size).toBe(1)
  })

  test('has it sent again, and it is refused with another key, too: it needs the user once more', async () => {
    const { ask, writes, backend } = await refused()
    backend.refused.add('{"name":"tea"}')
    for (const requests of [3, 5]) {
      await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
      await vi.waitFor(() => expect(backend.received).toHaveLength(requests))
      await vi.waitFor(async () => expect((await writes()).map(({ state }) => state.kind)).toEqual(['dead']))
    }
  })

  test('discards it', async () => {
    const { ask, writes, news } = await dead()
    expect(await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })).toEqual({ isDone: true })
    expect(await writes()).toEqual([])
    expect(news.at(-1)).toMatchObject({ end: 'discarded' })
  })

  test('cannot take back what is under way', async () => {
    const { ask, write, backend } = await outboxWorker()
    const release = backend.hold()
    const answered = write('POST', '/api/products', { name: 'tea' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    expect(await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })).toEqual({ isDone: false })
    release()
    expect((await answered).status).toBe(201)
  })

  test('is told of the URLs in which a function shows a write, when it comes and when it is discarded', async () => {
    const rule = {
      match: 'POST /api/stock/:id/adjustments',
      invalidates: ['/api/stock/{id}', '/api/stock'],
      offline: 'queue',
      id: ':id',
      idempotent: true,
      optimistic: (cached: unknown) => cached,
    } as const
    const routes = [{ match: ['/api/stock', '/api/stock/:id'], tags: ['stock'] }]
    const { ask, write, backend, rest, news } = await outboxWorker({ config: { ...CONFIG, routes, writes: [rule] } })
    backend.isAway = true
    await write('POST', '/api/stock/7/adjustments', { delta: 1 })
    await rest()
    const urls = ['https://app.test/api/stock/7', 'https://app.test/api/stock']
    expect(news.map((each) => each.urls)).toContainEqual(urls)
    // Between two attempts: on a busy machine the next one may be under way.
    await vi.waitFor(async () =>
      expect(await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })).toEqual({ isDone: true }),
    )
    expect(news.at(-1)).toMatchObject({ end: 'discarded', urls })
  })

  test('is greeted with how many there are, of them alone; before the disk has been read there may be some', async () => {
    const { outbox, write, writes, backend, rest } = await outboxWorker()
    expect(outbox.knownOf([''])).toEqual({ waiting: 1, needsYou: 0 })
    expect(await writes()).toEqual([])
    expect(outbox.knownOf(['']).waiting).toBe(0)
    backend.isAway = true
    await write('POST', '/api/products', { name: 'tea' })
    await rest()
    const [queued] = await writes()
    expect(outbox.knownOf([queued?.partition ?? ''])).toMatchObject({ waiting: 1, needsYou: 0 })
    expect(outbox.knownOf(['another'])).toMatchObject({ waiting: 0, needsYou: 0 })
  })

  test('is asked before a sign-out drops what is unsent', async () => {
    const { outbox, write, backend, rest, writes } = await outboxWorker()
    const { signOut } = await import('../messages/sign-out.ts')
    backend.isAway = true
    await write('POST', '/api/products', { name: 'tea' })
    await rest()
    const ports = { outbox, signOut: vi.fn(() => Promise.resolve()) }
    expect(await signOut(ports, { ask: 'sign-out', force: false }, 'a tab')).toEqual({ signedOut: false, unsent: 1 })
    expect(ports.signOut).not.toHaveBeenCalled()
    expect(await signOut(ports, { ask: 'sign-out', force: true }, 'a tab')).toEqual({ signedOut: true, unsent: 1 })
    expect(await writes()).toEqual([])
  })
})

test('1,000 writes drain while no more than a few are under way', async () => {
  const { write, writes, backend, rest, outbox } = await outboxWorker({ backend: new Backend() })
  backend.isAway = true
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  for (let at = 0; at < 1000; at++) await write('POST', '/api/products', { name: `${at}` })
  await rest()
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  backend.isAway = false
  let [underWay, most] = [0, 0]
  vi.stubGlobal('fetch', async (request: Request) => {
    most = Math.max(most, ++underWay)
    return backend.answer(request).finally(() => underWay--)
  })
  await vi.waitFor(
    async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    },
    { timeout: 60_000 },
  )
  expect(backend.products.size).toBe(1000)
  expect(most).toBeLessThanOrEqual(4)
}, 120_000)

describe('a deletion of what is not there any more', () => {
  test('was performed, if the answer to an earlier attempt was lost, also by a worker that was stopped', async () => {
    const first = await outboxWorker()
    first.backend.honoursKeys = false
    first.backend.products.set(1, { id: 1, name: 'a', version: 1 })
    first.backend.hold()
    const gone = first.write('DELETE', '/api/products/1')
    gone.catch(() => undefined)
    await vi.waitFor(() => expect(first.backend.received).toHaveLength(1), 10_000)
    first.stop()
    const { write, writes, outbox, backend } = await outboxWorker({ database: first.name })
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    }, 10_000)
    // This backend has never had the row.
    expect(backend.received.map(({ method }) => method)).toEqual(['DELETE'])
    // The browser gives the page's request to the next worker.
    expect((await write('DELETE', '/api/products/1')).status).toBe(204)
    expect(backend.received).toHaveLength(1)
  })

  test('is refused at its first attempt: it may be the wrong row, or one that the user may not see', async () => {
    const { write, writes, rest } = await outboxWorker()
    expect((await write('DELETE', '/api/products/1')).status).toBe(404)
    await rest()
    expect(await writes()).toEqual([])
  })
})
