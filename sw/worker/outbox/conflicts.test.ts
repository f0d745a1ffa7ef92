import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Write } from '../../../config/language/index.ts'
import { Backend, CONFIG, type Given, outboxWorker, pages } from './outbox.fixture.ts'

const [RULE] = CONFIG.writes ?? []

const configOf = (conflict: Write['conflict'] | undefined, rule: Partial<Write> = {}): never =>
  ({ ...CONFIG, writes: [{ ...RULE, idempotent: false, ...(conflict && { conflict }), ...rule }] }) as never

/** The row as the page has seen it. */
const SEEN = { id: 1, name: 'salt', price: 1, version: 1 }

/** A row that is stored with its tag. */
const stored = (row: object = SEEN, tag = '"1"'): NonNullable<Given['rows']> => {
  const body = new TextEncoder().encode(JSON.stringify(row)).buffer
  return (url) =>
    url.endsWith('/1')
      ? [{ url, status: 200, fields: new Map([['etag', tag]]), requestedAtMs: 1, size: body.byteLength, body }]
      : []
}

type Worker = Awaited<ReturnType<typeof outboxWorker>>
const workers: Worker[] = []

afterEach(() => {
  for (const each of workers.splice(0)) each.stop()
})

/** What others have made of the row meanwhile; undefined: they have deleted it. */
async function conflicting(
  conflict: Write['conflict'] | undefined,
  theirs: object | undefined,
  given: Given = {},
): Promise<Worker> {
  const backend = new Backend()
  if (theirs !== undefined) backend.products.set(1, { ...SEEN, ...theirs, version: 2 })
  const made = await outboxWorker({ backend, config: configOf(conflict), rows: stored(), ...given })
  workers.push(made)
  return made
}

async function drained({ outbox, writes }: Worker): Promise<void> {
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await writes()).toEqual([])
  }, 5000)
}

async function asking({ outbox, writes }: Worker): Promise<void> {
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect((await writes())[0]?.state).toEqual({ kind: 'asking', why: 'conflict' })
  }, 5000)
}

const MERGE = { 'content-type': 'application/merge-patch+json' }

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

describe('a write whose row is another by now', () => {
  test('is dropped where the server wins, and the page hears it', async () => {
    const all = await conflicting('server-wins', { name: 'theirs' })
    const { write, backend, news } = all
    expect((await write('PUT', '/api/products/1', { name: 'mine' })).status).toBe(412)
    await drained(all)
    expect(backend.products.get(1)?.name).toBe('theirs')
    // What is stored of the row is not what it is.
    expect(all.ended).toEqual(['PUT /api/products/1 412', 'PUT /api/products/1 201'])
    expect(news.at(-1)).toMatchObject({
      end: 'yielded',
      urls: expect.arrayContaining(['https://app.test/api/products/1']),
    })
  })

  test('is sent on top of it where the client wins, with another key and the row’s tag', async () => {
    const all = await conflicting(
      'client-wins',
      { name: 'theirs' },
      { config: configOf('client-wins', { idempotent: true }) },
    )
    const { write, backend } = all
    expect((await write('PUT', '/api/products/1', { name: 'mine' })).status).toBe(202)
    await drained(all)
    expect(backend.products.get(1)).toMatchObject({ name: 'mine', version: 3 })
    expect(backend.received.map(({ fields }) => fields.get('if-match'))).toEqual(['"1"', '"2"'])
    expect(new Set(backend.received.map(({ fields }) => fields.get('idempotency-key'))).size).toBe(2)
    expect(backend.received[1]?.body).toBe('{"name":"mine"}')
  })

  test('later writes on top of it do not conflict with what it has become', async () => {
    const all = await conflicting('client-wins', { name: 'theirs' })
    const { write, backend } = all
    backend.isAway = true
    await write('PUT', '/api/products/1', { name: 'mine' })
    await write('PUT', '/api/products/1', { name: 'mine, too' })
    await all.rest()
    backend.isAway = false
    await drained(all)
    expect(backend.received.map(({ fields }) => fields.get('if-match'))).toEqual(['"1"', '"2"', '"3"'])
    expect(backend.received).toHaveLength(3)
    expect(backend.products.get(1)).toMatchObject({ name: 'mine, too', version: 4 })
  })

  test.each([
    ['later', '2000-01-01T00:00:00Z', 'mine', 2],
    ['earlier', '2200-01-01T00:00:00Z', 'theirs', 1],
  ])('by the last write: one that is %s', async (_, updated_at, name, sent) => {
    const all = await conflicting('last-write-wins', { name: 'theirs', updated_at })
    await all.write('PUT', '/api/products/1', { name: 'mine' })
    await drained(all)
    expect(all.backend.products.get(1)?.name).toBe(name)
    expect(all.backend.received).toHaveLength(sent)
  })

  test.each([
    ['ahead', 3_600_000, -60_000, 'mine'],
    ['ahead', 3_600_000, 60_000, 'theirs'],
    ['behind', -3_600_000, -60_000, 'mine'],
    ['behind', -3_600_000, 60_000, 'theirs'],
  ])('a device whose clock is an hour %s is no later and no earlier for it', async (_, aheadMs, theirsMs, name) => {
    const originMs = Date.now() - aheadMs
    const all = await conflicting('last-write-wins', {
      name: 'theirs',
      updated_at: new Date(originMs + theirsMs).toISOString(),
    })
    all.backend.date = () => new Date(Date.now() - aheadMs).toUTCString()
    await all.write('PUT', '/api/products/1', { name: 'mine' })
    await drained(all)
    expect(all.backend.products.get(1)?.name).toBe(name)
  })

  test('by the last write of each field: what they have left as it was stays the user’s', async () => {
    const all = await conflicting('last-write-wins', { price: 9, updated_at: '2200-01-01T00:00:00Z' })
    await all.write('PATCH', '/api/products/1', { name: 'mine', price: 5 }, MERGE)
    await drained(all)
    expect(all.backend.received.map(({ body }) => body)).toEqual(['{"name":"mine","price":5}', '{"name":"mine"}'])
    expect(all.backend.products.get(1)).toMatchObject({ name: 'mine', price: 9 })
  })

  test('by a function of the rule, which gets the row as it was seen, is wanted and is there', async () => {
    const merge = vi.fn((base: unknown, mine: unknown, theirs: unknown) => ({
      ...(theirs as object),
      name: `${(theirs as typeof SEEN).name} ${(mine as typeof SEEN).name} ${(base as typeof SEEN).name}`,
    }))
    const all = await conflicting(merge, { name: 'theirs' })
    await all.write('PUT', '/api/products/1', { id: 1, name: 'mine' })
    await drained(all)
    expect(merge.mock.calls).toEqual([[SEEN, { ...SEEN, name: 'mine' }, { ...SEEN, name: 'theirs', version: 2 }]])
    expect(JSON.parse(all.backend.received[1]?.body ?? '')).toEqual({
      ...SEEN,
      name: 'theirs mine salt',
      version: 2,
    })
    expect(all.backend.products.get(1)?.name).toBe('theirs mine salt')
  })

  test('a longer body of a function is sent as it is', async () => {
    const name = 'x'.repeat(20_000)
    const all = await conflicting((_, __, theirs) => ({ ...(theirs as object), name }), { name: 'theirs' })
    await all.write('PUT', '/api/products/1', { id: 1, name: 'mine' })
    await drained(all)
    expect(all.backend.products.get(1)?.name).toBe(name)
  })

  test('the body has the form that the app has sent', async () => {
    const all = await conflicting(
      (_, mine, theirs) => ({ ...(theirs as object), name: (mine as typeof SEEN).name, price: 8 }),
      { name: 'theirs' },
    )
    await all.write('PATCH', '/api/products/1', { product: { id: 1, name: 'mine' } })
    await drained(all)
    expect(all.backend.received[1]?.body).toBe('{"product":{"id":1,"name":"mine","price":8}}')
  })

  test('the user is asked where the function throws', async () => {
    const all = await conflicting(
      () => {
        throw new Error('no')
      },
      { name: 'theirs' },
    )
    await all.write('PUT', '/api/products/1', { name: 'mine' })
    await asking(all)
  })

  test('the user is asked by default, sees both versions, and decides on top of what was shown', async () => {
    const all = await conflicting(undefined, { name: 'theirs' })
    const { write, ask, backend } = all
    await write('PUT', '/api/products/1', { name: 'mine' })
    await asking(all)
    const shown = (await ask({ ask: 'steer-outbox', place: 1, how: 'read' })) as { body: ArrayBuffer; theirs: string }
    expect(new TextDecoder().decode(shown.body)).toBe('{"name":"mine"}')
    expect(JSON.parse(shown.theirs)).toEqual({ ...SEEN, name: 'theirs', version: 2 })
    // Meanwhile another device has changed it once more: what the user has not seen is not overwritten.
    backend.products.set(1, { ...SEEN, name: 'third', version: 3 })
    await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
    await asking(all)
    await ask({ ask: 'steer-outbox', place: 1, how: 'retry' })
    await drained(all)
    expect(backend.products.get(1)).toMatchObject({ name: 'mine', version: 4 })
  })

  test('the user is told that it is gone', async () => {
    const all = await conflicting(undefined, undefined)
    const { write, backend, ask } = all
    const problem = { title: 'gone', current: null, reason: 'gone' }
    const answer = vi.spyOn(backend, 'answer')
    answer.mockImplementation(() =>
      Promise.resolve(
        new Response(JSON.stringify(problem), { status: 412, headers: { 'content-type': 'application/problem+json' } }),
      ),
    )
    await write('PUT', '/api/products/1', { name: 'mine' })
    await asking(all)
    expect(await ask({ ask: 'steer-outbox', place: 1, how: 'read' })).toMatchObject({ theirs: null })
    expect(backend.read).toHaveLength(0)
  })

  test('the refusal says the row where the backend does, and nothing is read', async () => {
    const all = await conflicting('client-wins', { name: 'theirs' })
    const { write, backend } = all
    const answer = backend.answer.bind(backend)
    const problem = { title: 'changed', current: { ...SEEN, name: 'theirs' }, etag: '"2"', reason: 'changed' }
    vi.spyOn(backend, 'answer').mockImplementationOnce(() =>
      Promise.resolve(
        new Response(JSON.stringify(problem), { status: 412, headers: { 'content-type': 'application/problem+json' } }),
      ),
    )
    vi.mocked(backend.answer).mockImplementation(answer)
    await write('PUT', '/api/products/1', { name: 'mine' })
    await drained(all)
    expect(backend.read).toHaveLength(0)
    expect(backend.received.map(({ fields }) => fields.get('if-match'))).toEqual(['"2"'])
  })

  test('one that the origin has already is acknowledged, whatever the rule says: its own answer was lost', async () => {
    const all = await conflicting('ask', { version: 1 })
    const { write, backend, news } = all
    backend.products.set(1, SEEN)
    backend.faults.push('cut')
    await write('PUT', '/api/products/1', { name: 'mine' })
    await drained(all)
    expect(backend.received).toHaveLength(2)
    expect(backend.products.get(1)).toMatchObject({ name: 'mine', version: 2 })
    expect(news.at(-1)).toMatchObject({ end: 'sent' })
  })

  test('a page that waits gets the row, and not the refusal, where the origin has it already', async () => {
    const all = await conflicting('ask', { name: 'mine' })
    const response = await all.write('PUT', '/api/products/1', { name: 'mine' })
    expect([response.status, await response.json()]).toEqual([200, { ...SEEN, name: 'mine', version: 2 }])
    await drained(all)
  })

  test.each(['away', 503] as const)('it is sent again where the row cannot be read (%s)', async (fault) => {
    const all = await conflicting('client-wins', { name: 'theirs' })
    all.backend.readFaults.push(fault)
    await all.write('PUT', '/api/products/1', { name: 'mine' })
    await drained(all)
    expect(all.backend.products.get(1)?.name).toBe('mine')
    expect(all.backend.received).toHaveLength(3)
  })

  test('one that is refused for something else is not sent for ever', async () => {
    const all = await conflicting('client-wins', { version: 1 })
    const { write, backend } = all
    backend.products.set(1, SEEN)
    backend.faults.push(...Array.from({ length: 50 }, () => 409))
    await write('PUT', '/api/products/1', { name: 'mine' })
    await asking(all)
    expect(backend.received).toHaveLength(1)
  })

  test('a deletion of what others have changed asks', async () => {
    const changed = await conflicting(undefined, { name: 'theirs' })
    await changed.write('DELETE', '/api/products/1')
    await asking(changed)
    expect(changed.backend.products.size).toBe(1)
  })

  test('a deletion of what others have deleted is done', async () => {
    const gone = await conflicting(undefined, undefined)
    // As of a backend that compares before it looks.
    gone.backend.faults.push(412)
    await gone.write('DELETE', '/api/products/1')
    await drained(gone)
    expect(gone.news.at(-1)).toMatchObject({ end: 'sent' })
  })

  test('two workers that are refused at the same time decide it once', async () => {
    const first = await conflicting('client-wins', { name: 'theirs' })
    const { backend, name } = first
    backend.isAway = true
    await first.write('PUT', '/api/products/1', { name: 'mine' })
    await first.rest()
    backend.isAway = false
    const second = await outboxWorker({ backend, database: name, config: configOf('client-wins'), rows: stored() })
    workers.push(second)
    let rounds = 0
    await vi.waitFor(async () => {
      // Without locks each takes the other for gone, and its lease for over: in step they would do so for ever.
      const both = ++rounds < 5 ? [first, second] : [first]
      await Promise.all(both.map(({ outbox }) => outbox.drain(true)))
      first.outbox.reread()
      expect(await first.writes()).toEqual([])
    }, 20_000)
    // A second success of the same would be a third version.
    expect(backend.products.get(1)).toMatchObject({ name: 'mine', version: 3 })
  }, 30_000)
})

test('a write on top of an own one whose answer said nothing of the row reads it first', async () => {
  const all = await conflicting('ask', { version: 1 })
  const { write, backend } = all
  backend.products.set(1, SEEN)
  backend.isAway = true
  await write('PUT', '/api/products/1', { name: 'mine' })
  await write('PUT', '/api/products/1', { name: 'mine, too' })
  await all.rest()
  backend.isAway = false
  const answer = backend.answer.bind(backend)
  vi.spyOn(backend, 'answer').mockImplementationOnce(async (request) => {
    await answer(request)
    return new Response(null, { status: 204 })
  })
  backend.readFaults.push('away')
  await drained(all)
  expect(backend.received.map(({ fields }) => fields.get('if-match'))).toEqual(['"1"', '"2"'])
  expect(backend.products.get(1)?.name).toBe('mine, too')
})

describe('what is read once another user may be signed in decides nothing', () => {
  const ADA = {
    partitionOf: () => 'user/ada',
    partitionsOf: () => Promise.resolve(['user/ada']),
    isDoubted: () => false,
  }

  /** The row is read by the next user's cookie; each write is answered with this status, and no more. */
  function reading(generations: Worker['generations'], status: number): { reads: number; writes: number } {
    const seen = { reads: 0, writes: 0 }
    vi.stubGlobal('fetch', (request: Request) => {
      if (request.method !== 'GET') {
        seen.writes++
        return Promise.resolve(new Response(null, { status }))
      }
      seen.reads++
      generations.advance('user/ada')
      return Promise.resolve(Response.json({ ...SEEN, name: 'not Ada’s' }, { headers: { etag: '"9"' } }))
    })
    return seen
  }

  test.each(['client-wins', 'server-wins', 'last-write-wins'] as const)('of a conflict, %s', async (policy) => {
    const { write, outbox, writes, generations } = await conflicting(policy, {}, { identity: ADA })
    const seen = reading(generations, 412)
    await write('PUT', '/api/products/1', { name: 'mine' })
    await outbox.drain(true)
    expect(seen).toEqual({ reads: 1, writes: 1 })
    const base = { kind: 'etag', tag: '"1"' }
    expect(await writes()).toMatchObject([{ state: { kind: 'waiting', isOnSign: true }, base }])
  })

  test('of the base of a write whose base is not known', async () => {
    const all = await conflicting('last-write-wins', {}, { identity: ADA })
    const { write, outbox, writes, generations, backend } = all
    backend.isAway = true
    for (const name of ['mine', 'mine, too']) await write('PUT', '/api/products/1', { name })
    await all.rest()
    const seen = reading(generations, 204)
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(seen).toEqual({ reads: 1, writes: 1 })
    }, 5000)
    await outbox.drain(true)
    const base = { kind: 'unread' }
    expect(await writes()).toMatchObject([{ state: { kind: 'waiting', isOnSign: true }, base }])
  })
})

describe('a row that is stored without a strong tag', () => {
  const VERSIONED = { ...SEEN, updated_at: '2027-01-15T08:00:00Z' }

  test('is compared by its version, where a write is sent by itself', async () => {
    const made = await conflicting('ask', {}, { rows: stored(VERSIONED, 'W/"1"') })
    await made.write('PUT', '/api/products/1', { name: 'mine' })
    const [sent] = made.backend.received
    expect(sent?.fields.get('freshlayer-updated-at')).toBe(encodeURIComponent(VERSIONED.updated_at))
    expect(sent?.fields.get('if-match')).toBe(null)
  })

  test('has no version to a backend of another origin', async () => {
    vi.stubGlobal('location', new URL('https://elsewhere.test/sw.js'))
    const config = {
      ...CONFIG,
      routes: [],
      writes: [{ ...RULE, match: 'PUT https://app.test/api/products/:id' }],
    } as never
    const made = await conflicting('ask', {}, { config, rows: stored(VERSIONED, 'W/"1"') })
    await made.write('PUT', '/api/products/1', { name: 'mine' })
    vi.stubGlobal('location', new URL('https://app.test/sw.js'))
    expect(made.backend.received[0]?.fields.has('freshlayer-updated-at')).toBe(false)
  })

  test('is no reason to send a change of unknown outcome again: a backend may not look at it', async () => {
    const made = await conflicting('ask', {}, { rows: stored(VERSIONED, 'W/"1"') })
    made.backend.faults.push('cut')
    await made.write('PATCH', '/api/products/1', { name: 'mine' })
    await made.rest()
    expect(made.backend.received).toHaveLength(1)
    expect((await made.writes()).map(({ state }) => state.kind)).not.toContain('waiting')
  })
})
