import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Backend } from './backend.fixture.ts'
import { collectionWorker, CONFIG } from './collection.fixture.ts'

function filled(count: number): Backend {
  const backend = new Backend()
  for (let id = 1; id <= count; id++) backend.put(id, `product ${id}`)
  return backend
}

/** What the list has to be, in the order of its ids. */
const listOf = (backend: Backend) => ({
  items: [...backend.rows.values()].toSorted((one, other) => one.id - other.id),
  total: backend.rows.size,
  page: 1,
})

describe('a collection', () => {
  test('is loaded behind the first read, and then its list and its items are answered from the rows', async () => {
    const backend = filled(25)
    const worker = await collectionWorker({ backend })
    expect((await worker.get('/api/products')).how).toBe('network')
    await worker.settle()
    expect(backend.at('/sync').length).toBe(4)
    const before = backend.arrived.length
    const list = await worker.get('/api/products')
    expect(list.how).toMatch(/^Freshlayer; hit; ttl=\d+; detail=collection$/)
    expect(list.value).toEqual(listOf(backend))
    expect((await worker.get('/api/products/7')).value).toEqual(backend.rows.get(7))
    expect(backend.arrived.length).toBe(before)
  })

  test('explains itself', async () => {
    const worker = await loaded()
    const explained = (url: string) => worker.collections.explained(url, 'a tab')
    expect(await explained('/api/products')).toMatchObject({ state: 'fresh', why: 'collection', invalidated: false })
    expect(await explained('/api/products/7')).toMatchObject({ state: 'fresh', why: 'collection' })
    expect(await explained('/api/products/99')).toBeUndefined()
    expect(await explained('/api/products?brand=1')).toBeUndefined()
    await worker.store.log.invalidate(['tag products'], undefined)
    expect(await explained('/api/products')).toMatchObject({ state: 'offline', invalidated: true })
  })

  test('has a state and counts', async () => {
    const worker = await collectionWorker({ backend: filled(25) })
    const [state] = await worker.sync()
    expect(state).toMatchObject({ entity: 'products', state: 'idle', rows: 25, isLoaded: true })
    const progress = worker.told.filter(({ say }) => say === 'sync')
    expect(progress).toMatchObject([
      { state: { state: 'syncing', rows: 0 } },
      { state: { state: 'syncing', rows: 10, isLoaded: false } },
      { state: { state: 'syncing', rows: 20 } },
      { state: { state: 'syncing', rows: 25 } },
      { state: { state: 'idle', rows: 25, isLoaded: true } },
    ])
    expect(await worker.stats()).toMatchObject({ runs: 1, requests: 4, rowsWritten: 25, drift: 0, failures: {} })
  })

  test('gets what changes, and names it to the tabs once', async () => {
    const backend = filled(5)
    const worker = await collectionWorker({ backend })
    await worker.get('/api/products')
    await worker.settle()
    backend.put(6, 'new')
    backend.put(1, 'other')
    backend.delete(2)
    await worker.sync()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    const changes = worker.told.filter(({ kind }) => kind === 'changed')
    expect(changes).toMatchObject([
      {
        cause: 'sync',
        diff: { added: ['6'], updated: ['1'], removed: ['2'] },
        targets: expect.arrayContaining([
          'url https://app.test/api/products',
          'tag products',
          'tag product:1',
        ]) as never,
      },
    ])
    // What it has itself invalidated are other answers.
    const before = backend.at('/sync').length
    expect((await worker.get('/api/products')).how).toContain('hit')
    expect(backend.at('/sync').length).toBe(before)
  })
})

/** A worker with the rows of a backend, and nothing under way. */
async function loaded(backend = filled(25), given: Parameters<typeof collectionWorker>[0] = {}) {
  const worker = await collectionWorker({ backend, ...given })
  await worker.get('/api/products')
  await worker.settle()
  return worker
}
const failure = async (worker: Awaited<ReturnType<typeof collectionWorker>>) => (await worker.sync())[0]?.error

describe('a write', () => {
  const writing = {
    method: 'PUT',
    url: 'https://app.test/api/products/1',
    clientId: '',
    targets: ['tag products'],
  } as const

  test('is in the next answer: the rows are brought up to date first', async () => {
    const worker = await loaded()
    const { backend, store } = worker
    const announced = store.log.announce(writing)
    // While its answer is under way the origin is asked.
    expect((await worker.get('/api/products')).how).toBe('network')
    await worker.settle()
    backend.put(1, 'written')
    await store.log.end(announced, writing.targets, undefined)
    const read = await worker.get('/api/products')
    expect(read.how).toContain('detail=synced')
    expect(read.value).toEqual(listOf(backend))
    expect((await worker.get('/api/products/1')).value).toEqual(backend.rows.get(1))
  })

  test.each(['has been at work', 'has just started'])(
    'is in the next answer, by its row alone, also before its end is on disk, in a worker that %s',
    async (state) => {
      const first = await loaded()
      const { backend } = first
      const worker =
        state === 'has been at work' ? first : await collectionWorker({ backend, database: first.database })
      await worker.store.writer.load()
      const announced = worker.store.log.announce(writing)
      await announced.durable
      backend.put(1, 'written')
      const lists = backend.at('/api/products').length
      // The page has its answer, and asks for the list in the same moment.
      const ending = worker.store.log.end(announced, writing.targets, undefined)
      const read = await worker.get('/api/products')
      expect(read.how).toContain('detail=synced')
      expect(read.value).toEqual(listOf(backend))
      expect(backend.at('/api/products')).toHaveLength(lists)
      await ending
    },
  )

  test('that ends while the origin is away: the rows stand in for it, and no older answer of the list', async () => {
    const old = { items: [{ id: 1, name: 'from the first load' }], total: 1 }
    const worker = await loaded(undefined, { standIn: () => old })
    const { backend, store } = worker
    const list = listOf(backend)
    const before = backend.at('/sync').length
    backend.isAway = true
    const announced = store.log.announce(writing)
    const read = await worker.get('/api/products')
    expect(read.value).toEqual(list)
    expect(read.how).toContain('fwd=stale; detail=offline-before-write')
    // What stands in is no news of the origin's: the rows are not behind it, and no sync is begun.
    await worker.settle()
    expect(backend.at('/sync')).toHaveLength(before)
    await store.log.end(announced, [], undefined)
    expect((await worker.get('/api/products')).value).toEqual(list)
  })

  test('whose turn has not come is answered by the origin', async () => {
    const worker = await loaded()
    const { backend, store } = worker
    await store.log.end(store.log.announce(writing), writing.targets, undefined)
    backend.isBehind = true
    expect((await worker.get('/api/products')).how).toBe('network')
    await worker.settle()
    backend.isBehind = false
    expect((await worker.get('/api/products')).how).toContain('synced')
  })

  test('that another answer already shows is not taken back by older rows', async () => {
    const worker = await loaded()
    const { backend } = worker
    // The page asks for the origin's word, and the rows have not got it.
    const asked = worker.get('/api/products', { cache: 'reload' })
    backend.put(1, 'newer')
    expect((await asked).how).toBe('network')
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
  })

  test('of this app is no news when it comes back', async () => {
    const worker = await loaded()
    const { backend } = worker
    backend.put(1, 'written')
    const request = new Request('https://app.test/api/products/1', { method: 'PUT', body: '{}' })
    const noted: Promise<unknown>[] = []
    const answer = new Response(JSON.stringify(backend.rows.get(1)), {
      headers: { 'content-type': 'application/json' },
    })
    worker.collections.noteWrite(request, answer, (work) => noted.push(work))
    worker.collections.noteWrite(
      new Request('https://app.test/api/products/2', { method: 'DELETE' }),
      new Response(null, { status: 204 }),
      (work) => noted.push(work),
    )
    backend.delete(2)
    await Promise.all(noted)
    await worker.sync()
    expect(worker.told.filter(({ kind }) => kind === 'changed')).toEqual([])
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    backend.put(1, 'of another')
    await worker.sync()
    expect(worker.told.filter(({ kind }) => kind === 'changed')).toMatchObject([{ diff: { updated: ['1'] } }])
  })

  /** The app has sent a write, and this is its answer. */
  const answered = async (
    worker: Awaited<ReturnType<typeof loaded>>,
    method: string,
    answer: Response,
    tag: string,
  ) => {
    const request = new Request('https://app.test/api/products/1', { method })
    const targets = [`tag ${tag}`, `url ${request.url}`] as const
    const announced = worker.store.log.announce({ method, url: request.url, clientId: '', targets })
    await worker.store.log.end(announced, targets, undefined)
    const noted: Promise<unknown>[] = []
    worker.collections.noteWrite(request, answer, (work) => noted.push(work))
    await Promise.all(noted)
  }
  const news = (worker: Awaited<ReturnType<typeof loaded>>) => worker.told.filter(({ kind }) => kind === 'changed')

  test('of which the tabs were not told is news when it comes back', async () => {
    const worker = await loaded()
    const { backend } = worker
    backend.put(1, 'written')
    await answered(worker, 'PUT', Response.json(backend.rows.get(1)), 'other')
    await worker.sync()
    expect(news(worker)).toMatchObject([{ diff: { updated: ['1'] } }])
  })

  test.each([
    ['PUT', 'text/event-stream'],
    ['DELETE', 'application/json'],
  ])('whose answer says nothing of a row is not copied: %s, %s', async (method, type) => {
    const worker = await loaded()
    const answer = new Response('{}', { headers: { 'content-type': type } })
    const copied = vi.spyOn(answer, 'clone')
    await answered(worker, method, answer, 'products')
    expect(copied).not.toHaveBeenCalled()
  })

  test('that another write has followed is forgotten', async () => {
    const worker = await loaded()
    const { backend } = worker
    await answered(worker, 'DELETE', new Response(null, { status: 204 }), 'products')
    backend.delete(1)
    await worker.sync()
    expect(news(worker)).toEqual([])
    backend.put(1, 'made again by another user')
    await worker.sync()
    backend.delete(1)
    await worker.sync()
    expect(news(worker)).toMatchObject([{ diff: { added: ['1'] } }, { diff: { removed: ['1'] } }])
  })

  test('is in the next answer though the worker has been idle in between (I1)', async () => {
    const worker = await loaded()
    const { backend, store } = worker
    backend.put(1, 'written')
    await store.log.end(store.log.announce(writing), writing.targets, undefined)
    await worker.keepHouse()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
  })

  test('of one row of 500 writes one row', async () => {
    const backend = filled(500)
    backend.pageSize = 200
    const worker = await loaded(backend)
    const before = await worker.stats()
    backend.put(77, 'edited')
    await worker.sync()
    expect((await worker.stats())?.rowsWritten).toBe((before?.rowsWritten ?? 0) + 1)
  })
})

describe('an answer that cannot be used', () => {
  // The jitter is any time up to a limit: none.
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
  })
  afterEach(() => vi.mocked(Math.random).mockRestore())

  const since = (backend: Backend): string => backend.at('/sync').at(-1)?.searchParams.get('since') ?? ''

  test.each<[string, (own: Response) => Response | Promise<Response>, object]>([
    ['is cut off', async (own) => new Response((await own.text()).slice(0, -30), own), { why: 'no-json' }],
    [
      'is a sign-in page',
      () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
      { why: 'no-json' },
    ],
    [
      'names another cursor',
      async (own) => Response.json({ ...((await own.json()) as object), since: 'other' }),
      { why: 'other-since' },
    ],
    [
      'comes out of a cache',
      async (own) => new Response(await own.text(), { headers: { 'content-type': 'application/json', age: '7' } }),
      { why: 'from-a-cache' },
    ],
    [
      'was kept by a proxy',
      async (own) =>
        new Response(await own.text(), { headers: { 'content-type': 'application/json', 'x-cache': 'HIT' } }),
      { why: 'from-a-cache' },
    ],
    [
      'has a number that JavaScript cannot hold',
      async (own) => {
        const text = (await own.text()).replace('"id":1,', '"id":1,"big":9007199254740993,')
        return new Response(text, { headers: { 'content-type': 'application/json' } })
      },
      { why: 'inexact-number' },
    ],
    [
      'has an id twice',
      async (own) => {
        const answer = (await own.json()) as { data: { products: { added: unknown[] } } }
        answer.data.products.added.push({ id: 1 }, { id: 1 })
        return Response.json(answer)
      },
      { why: 'id-twice' },
    ],
  ])('because it %s is refused whole, and another URL is asked', async (_, bad, fault) => {
    const worker = await loaded()
    const { backend } = worker
    const keys = await worker.keys()
    const before = (await worker.get('/api/products')).value
    backend.put(1, 'other')
    backend.instead.push(bad, bad, bad)
    const asked = backend.arrived.length
    expect(await failure(worker)).toMatchObject({ kind: 'bad-answer', ...fault })
    const urls = backend.arrived.slice(asked).map(({ url }) => url.href)
    expect([urls.length, new Set(urls).size]).toEqual([3, 3])
    expect(await worker.keys()).toEqual(keys)
    expect((await worker.get('/api/products')).value).toEqual(before)
    // The next run asks anew.
    await worker.sync()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    expect(since(backend)).not.toBe('')
  })

  test('is not asked for by each read', async () => {
    const worker = await loaded()
    const { backend, store } = worker
    const bad = (): Response => new Response('<html>', { headers: { 'content-type': 'text/html' } })
    await store.log.invalidate(['tag products'], undefined)
    backend.instead.push(bad, bad, bad)
    const asked = backend.at('/sync').length
    for (let read = 0; read < 5; read++) {
      expect((await worker.get('/api/products')).how).toBe('network')
      await worker.settle()
    }
    expect(backend.at('/sync').length - asked).toBe(3)
    // A page that wishes for it need not wait.
    expect((await worker.sync())[0]).not.toHaveProperty('error')
  })

  test('page after page without end is one that cannot be used', async () => {
    const worker = await loaded()
    const { backend } = worker
    let pages = 0
    vi.stubGlobal('fetch', (given: string) => {
      const since = new URL(given).searchParams.get('since')
      const products = { added: [], updated: [], deleted: [] }
      return Promise.resolve(
        Response.json({ since, timestamp: `${++pages}`, hasMore: pages < 500, data: { products } }),
      )
    })
    expect(await failure(worker)).toMatchObject({ kind: 'bad-answer', why: 'no-progress' })
    vi.stubGlobal('fetch', backend.fetch)
    expect((await worker.get('/api/products')).how).toContain('hit')
  })

  test('is not taken from a cache that another user has filled: no two requests have one URL', async () => {
    const backend = filled(5)
    const stored = new Map<string, Response>()
    for (const user of ['one', 'other']) {
      const worker = await collectionWorker({ backend })
      vi.stubGlobal('fetch', async (given: string, init?: RequestInit) => {
        const kept = stored.get(given)
        if (kept !== undefined) return kept.clone()
        const response = await backend.fetch(given, init)
        stored.set(given, response.clone())
        return response
      })
      backend.put(1, `of ${user}`)
      expect((await worker.sync())[0]).not.toHaveProperty('error')
      expect((await worker.get('/api/products/1')).value).toMatchObject({ name: `of ${user}` })
    }
  })

  test('five times in a moment names the likely proxy, and nothing is asked for a while', async () => {
    const worker = await loaded()
    const { backend } = worker
    const bad = (): Response => new Response('<html>', { headers: { 'content-type': 'text/html' } })
    backend.instead.push(...Array.from({ length: 6 }, () => bad))
    expect(await failure(worker)).toMatchObject({ kind: 'bad-answer' })
    expect(await failure(worker)).toMatchObject({ kind: 'proxy', retryAtMs: expect.any(Number) as never })
    const asked = backend.arrived.length
    expect(await failure(worker)).toMatchObject({ kind: 'proxy' })
    expect(backend.arrived.length).toBe(asked)
  })

  test.each([
    ['429 with a long wait', 429, { 'retry-after': '60' }, 'rate-limited', 1],
    ['401', 401, {}, 'refused-user', 1],
    ['404', 404, {}, 'endpoint', 1],
    ['500', 500, {}, 'server', 3],
  ])('%s ends the run as its class asks', async (_, status, headers, kind, requests) => {
    const worker = await loaded()
    const { backend } = worker
    const answer = (): Response => new Response('', { status, headers: headers as Record<string, string> })
    backend.instead.push(answer, answer, answer)
    const asked = backend.arrived.length
    expect(await failure(worker)).toMatchObject({ kind })
    expect(backend.arrived.length - asked).toBe(requests)
    expect((await worker.get('/api/products')).how).toContain('hit')
  })
})

describe('where nothing has changed', () => {
  const cursors = (backend: Backend): (string | null)[] =>
    backend.at('/sync').map(({ searchParams }) => searchParams.get('since'))
  const tagOf = (backend: Backend): string | undefined => backend.arrived.at(-1)?.held

  test('a 304 is as good as an answer: the rows are confirmed, and the cursor stays', async () => {
    const worker = await loaded()
    const { backend, store } = worker
    await worker.sync()
    const [before, after] = [cursors(backend).at(-1), backend.arrived.length]
    await store.log.invalidate(['tag products'], undefined)
    expect((await worker.get('/api/products')).how).toContain('detail=synced')
    expect(backend.arrived.slice(after).map(({ status }) => status)).toEqual([304])
    expect(cursors(backend).at(-1)).toBe(before)
    backend.put(1, 'other')
    await worker.sync()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    expect((await worker.sync())[0]).toMatchObject({ state: 'idle' })
    expect((await worker.stats())?.drift).toBe(0)
  })

  test('a backend that knows nothing of it answers as ever', async () => {
    const worker = await loaded()
    worker.backend.isConditional = false
    const [state] = await worker.sync()
    expect(state).toMatchObject({ state: 'idle', rows: 25 })
    expect(tagOf(worker.backend)).toMatch(/^"25-\d+"$/)
  })

  test('but the rows differ, the server says so, and they are made good', async () => {
    const worker = await loaded()
    const { backend } = worker
    backend.putSilently(3, 'silent')
    await worker.sync()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    expect((await worker.stats())?.drift).toBe(1)
  })

  test('the end of a load is confirmed by it as well', async () => {
    const worker = await loaded()
    const { backend } = worker
    const before = backend.arrived.length
    expect((await worker.sync(undefined, true))[0]).toMatchObject({ state: 'idle', rows: 25 })
    expect(backend.arrived.slice(before).map(({ status }) => status)).toEqual([200, 200, 200, 304])
  })

  test('a 304 out of a cache is refused, and what is asked then is the whole answer', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const worker = await loaded()
    const { backend } = worker
    backend.put(1, 'other')
    backend.instead.push(() => new Response(null, { status: 304, headers: { age: '7' } }))
    const before = backend.arrived.length
    await worker.sync()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    const asked = backend.arrived.slice(before)
    expect(asked.map(({ held }) => held !== undefined)).toEqual([true, false])
    expect(new Set(asked.map(({ url }) => url.href)).size).toBe(2)
    vi.mocked(Math.random).mockRestore()
  })

  test('a 304 to a request without a validator is no answer', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const backend = filled(5)
    const worker = await collectionWorker({ backend })
    backend.instead.push(...Array.from({ length: 3 }, () => () => new Response(null, { status: 304 })))
    expect((await worker.sync())[0]).toMatchObject({ error: { kind: 'server' }, rows: 0 })
    vi.mocked(Math.random).mockRestore()
  })
})

describe('rows that are not what they have to be', () => {
  test('are made good by a comparison, and that is told', async () => {
    const worker = await loaded(filled(40))
    const { backend } = worker
    backend.putSilently(3, 'drifted')
    backend.rows.delete(4)
    const before = backend.asked.length
    await worker.sync()
    expect(backend.asked.slice(before)).toEqual(['GET /sync', 'POST /sync/compare', 'POST /sync/rows', 'GET /sync'])
    expect(JSON.parse(backend.arrived.at(-2)?.body ?? '')).toEqual({ entity: 'products', ids: ['3'] })
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    expect(worker.told).toContainEqual(expect.objectContaining({ say: 'sync', drift: 'total' }))
    expect(worker.told).toContainEqual(expect.objectContaining({ diff: { added: [], updated: ['3'], removed: ['4'] } }))
    expect(await worker.stats()).toMatchObject({ drift: 1 })
  })

  test('are loaded anew beside those that answer, where there is no comparison', async () => {
    const worker = await loaded(filled(40))
    const { backend } = worker
    const old = (await worker.get('/api/products')).value
    backend.hasCompare = false
    backend.putSilently(3, 'drifted')
    let open = (): void => undefined
    const seen: unknown[] = []
    // While the pages come the old rows are shown.
    backend.instead.push(undefined, undefined, async (own) => {
      backend.gate = undefined
      seen.push((await worker.get('/api/products')).value)
      open()
      return own
    })
    const looked = new Promise<void>((resolve) => (open = resolve))
    await worker.sync()
    await looked
    expect(seen).toEqual([old])
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    await worker.collections.erase()
    expect((await worker.keys()).filter((key) => key.includes('\nrows\n')).length).toBe(40)
  })

  test.each(['generation', 'scope', 'retention'] as const)(
    'after 410 %s only what differs is fetched',
    async (reason) => {
      const worker = await loaded(filled(40))
      const { backend } = worker
      if (reason === 'retention') backend.cutTo = 1000
      else backend[reason] = 'another'
      backend.putSilently(5, 'changed meanwhile')
      backend.rows.delete(6)
      backend.instead.push(undefined, undefined, (own) => {
        backend.cutTo = 0
        return own
      })
      const before = backend.asked.length
      expect((await worker.sync())[0]).toMatchObject({ state: 'idle', rows: 39 })
      expect(backend.asked.slice(before)).toEqual(['GET /sync', 'POST /sync/compare', 'POST /sync/rows', 'GET /sync'])
      expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    },
  )

  test('that never agree end as an error, and what is held answers', async () => {
    const worker = await loaded(filled(15))
    const { backend } = worker
    const lying = async (own: Response): Promise<Response> => {
      const answer = (await own.json()) as { data?: { products?: { total?: number } } }
      if (answer.data?.products?.total !== undefined) answer.data.products.total++
      return Response.json(answer)
    }
    backend.instead.push(...Array.from({ length: 50 }, () => lying))
    expect(await failure(worker)).toMatchObject({ kind: 'drift', retryAtMs: expect.any(Number) as never })
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
  })
})

describe('a worker that is stopped between two pages', () => {
  test('is followed by one that goes on from the last page', async () => {
    const backend = filled(45)
    const first = await collectionWorker({ backend })
    // From here on the first worker hears nothing any more.
    backend.instead.push(undefined, undefined, () => new Promise<Response>(() => undefined))
    void first.sync()
    await expect.poll(async () => (await first.keys()).filter((key) => key.includes('\nrows\n')).length).toBe(20)
    const second = await collectionWorker({ backend, database: first.database })
    const asked = backend.at('/sync').length
    expect((await second.sync())[0]).toMatchObject({ state: 'idle', rows: 45 })
    expect(backend.at('/sync')[asked]?.searchParams.get('since')).not.toBeNull()
    expect((await second.get('/api/products/3')).how).toContain('hit')
  })

  test('and lives on, does not write over the other', async () => {
    const backend = filled(45)
    const first = await collectionWorker({ backend })
    let go = (): void => undefined
    backend.instead.push(undefined, undefined, (own) => new Promise((resolve) => (go = () => resolve(own))))
    const late = first.sync()
    await expect.poll(async () => (await first.keys()).filter((key) => key.includes('\nrows\n')).length).toBe(20)
    const second = await collectionWorker({ backend, database: first.database })
    await second.sync()
    backend.put(45, 'newer')
    await second.sync()
    go()
    await late
    await second.get('/api/products')
    await second.settle()
    expect((await second.get('/api/products')).value).toEqual(listOf(backend))
  })
})

describe('what is removed', () => {
  test('is not served any more, and then not there any more', async () => {
    const worker = await loaded()
    const { store, backend } = worker
    await store.log.remove(['partition everyone'], undefined)
    expect((await worker.get('/api/products')).how).toBe('network')
    backend.isAway = true
    await expect(worker.get('/api/products/1')).rejects.toThrow('Failed to fetch')
    await worker.settle()
    await store.erasure.run()
    // What is there has come after it: a new head, and what the list has around its rows.
    expect((await worker.keys()).filter((key) => key.includes('\nrows\n'))).toEqual([])
    backend.isAway = false
    // And comes again.
    await worker.sync()
    await worker.get('/api/products')
    await worker.settle()
    expect((await worker.get('/api/products')).how).toMatch(/hit|synced/)
  })

  test('a user of whom only rows are stored is among those whose data can be removed (I3)', async () => {
    const { storedPartitions } = await import('../store/records.ts')
    const worker = await collectionWorker({ backend: filled(25) })
    const { store } = worker
    const users = () => store.writer.read(storedPartitions)
    await worker.read('/api/products', {}, 'user/ada')
    await worker.settle()
    expect((await worker.read('/api/products', {}, 'user/ada')).headers.get('cache-status')).toContain('hit')
    // What was told of them is too old by now.
    await store.writer.write(({ store: records }) =>
      records.delete(IDBKeyRange.bound('user/ada\nchange', 'user/ada\nci')),
    )
    expect(await users()).toContain('user/ada')
    await store.log.remove(['partition user/ada'], undefined)
    // And again, with a place behind the removal.
    await worker.read('/api/products', {}, 'user/ada')
    await worker.settle()
    await store.erasure.run()
    expect(await users()).toContain('user/ada')
    await store.log.remove(['partition user/ada'], undefined)
    await store.erasure.run()
    expect(await users()).not.toContain('user/ada')
    expect((await worker.keys()).filter((key) => key.startsWith('user/ada'))).toEqual([])
  })

  test('while its pages come is not stored', async () => {
    const backend = filled(25)
    const worker = await collectionWorker({ backend })
    const { store } = worker
    backend.instead.push(undefined, async (own) => {
      await store.log.remove(['partition everyone'], undefined)
      store.generations.advance('everyone')
      return own
    })
    expect((await worker.sync())[0]).toMatchObject({ state: 'error', rows: 0, error: { kind: 'other-user' } })
    await store.erasure.run()
    expect((await worker.keys()).filter((key) => key.startsWith('everyone'))).toEqual([])
  })

  test('of a user who is in doubt is neither asked for nor served', async () => {
    let isDoubted = false
    const worker = await loaded(undefined, { identity: { isDoubted: () => isDoubted } })
    isDoubted = true
    const asked = worker.backend.at('/sync').length
    expect((await worker.sync())[0]).toMatchObject({ error: { kind: 'other-user' } })
    expect(worker.backend.at('/sync').length).toBe(asked)
    expect((await worker.get('/api/products')).how).toBe('network')
    isDoubted = false
    await worker.settle()
    expect((await worker.get('/api/products')).how).toMatch(/hit|synced/)
  })

  test('by its tag or URL is gone as well, and another collection stays', async () => {
    const worker = await loaded()
    await worker.store.log.remove(['tag other'], undefined)
    expect((await worker.get('/api/products')).how).toContain('hit')
    await worker.store.log.remove(['tag products'], undefined)
    expect((await worker.get('/api/products')).how).toBe('network')
  })

  test.each([403, 404, 410])('because the list is answered %i is gone, and the tabs are told (I3)', async (status) => {
    const worker = await loaded()
    const { backend, store } = worker
    await store.log.invalidate(['tag products'], undefined)
    const gone = (): Response => new Response('', { status })
    backend.instead.push(() => new Response('', { status: 401 }), gone)
    expect((await worker.get('/api/products')).status).toBe(status)
    await worker.settle()
    expect(worker.told.filter(({ kind }) => kind === 'removed')).toMatchObject([
      { targets: ['url https://app.test/api/products', 'prefix https://app.test/api/products/'] },
    ])
    backend.isAway = true
    for (const path of ['/api/products', '/api/products/1'])
      await expect(worker.get(path)).rejects.toThrow('Failed to fetch')
    await store.erasure.run()
    expect((await worker.keys()).filter((key) => key.includes('\nrows\n'))).toEqual([])
  })

  test.each([
    [
      'the id',
      { collections: { products: { ...CONFIG.collections?.['products'], list: '/api/products', id: 'name' } } },
    ],
    ['the endpoint', { sync: { url: '/other/sync' } }],
    ['the tags', { routes: CONFIG.routes?.map((route) => ({ ...route, tags: ['goods'] })) }],
  ])('by rules that say otherwise of %s is gone', async (_, config) => {
    const worker = await loaded()
    const next = await collectionWorker({
      backend: worker.backend,
      database: worker.database,
      config: { ...CONFIG, ...config } as never,
    })
    expect((await next.get('/api/products/1')).how).toBe('network')
    expect((await next.get('/api/products')).how).toBe('network')
    await next.settle()
    await next.collections.erase()
    const sets = (await next.keys()).filter((key) => key.includes('\nrows\n')).map((key) => key.split('\n')[3])
    expect(new Set(sets).size).toBeLessThanOrEqual(1)
  })

  test('with another version of the rules is gone', async () => {
    const worker = await loaded()
    const next = await collectionWorker({
      backend: worker.backend,
      database: worker.database,
      config: { ...CONFIG, version: '2' },
    })
    expect((await next.get('/api/products')).how).toBe('network')
    await next.settle()
    await next.store.erasure.run()
    expect((await next.get('/api/products')).how).toContain('hit')
    expect((await next.keys()).filter((key) => key.includes('\nrows\n')).length).toBe(25)
  })

  test('from the rules of a worker without collections leaves nothing', async () => {
    const worker = await loaded()
    const { clearCollections } = await import('../store/clear-collections.ts')
    const { openStore } = await import('../store/database.ts')
    await clearCollections(openStore(worker.database, 'relaxed', 'collections'))
    expect(await worker.keys()).toEqual([])
  })
})

describe('while the origin is away', () => {
  test('the rows answer, and say so', async () => {
    const worker = await loaded(undefined, {
      config: { ...CONFIG, routes: CONFIG.routes.map((route) => ({ ...route, fresh: 0 })) },
    })
    const { backend } = worker
    const list = listOf(backend)
    backend.isAway = true
    const read = await worker.get('/api/products')
    expect(read.how).toContain('detail=offline')
    expect(read.value).toEqual(list)
    expect((await worker.get('/api/products/7')).value).toEqual(backend.rows.get(7))
    expect((await worker.sync())[0]).toMatchObject({ state: 'offline', error: { kind: 'offline' } })
  })

  test('they answer the last user as well, of whom it is not known whether they still ask', async () => {
    const worker = await loaded()
    const { store, backend } = worker
    const asked = backend.arrived.length
    const answer = await worker.standIn('/api/products')
    expect(answer?.headers.get('cache-status')).toContain('detail=offline')
    expect(await answer?.json()).toEqual(listOf(backend))
    expect(await worker.standIn('/api/products', { cache: 'no-store' })).toBeUndefined()
    await store.log.remove(['partition everyone'], undefined)
    expect(await worker.standIn('/api/products')).toBeUndefined()
    expect(backend.arrived.length).toBe(asked)
  })

  test('what was never loaded is the network’s own failure', async () => {
    const worker = await collectionWorker()
    worker.backend.isAway = true
    await expect(worker.get('/api/products')).rejects.toThrow('Failed to fetch')
  })

  test('a store that is late answers when the network has failed', async () => {
    let slow: Promise<unknown> = Promise.resolve()
    const worker = await loaded(undefined, {
      wrap: (use) => async (mode, work) => {
        await slow
        return use(mode, work)
      },
    })
    const list = listOf(worker.backend)
    let come = (): void => undefined
    slow = new Promise<void>((resolve) => (come = resolve))
    const asked = worker.get('/api/products')
    await expect.poll(() => worker.backend.at('/api/products').length, { timeout: 5000 }).toBe(2)
    expect((await asked).how).toBe('network')
    worker.backend.isAway = true
    const offline = worker.get('/api/products')
    await expect.poll(() => worker.backend.at('/api/products').length, { timeout: 5000 }).toBe(3)
    come()
    expect((await offline).value).toEqual(list)
  })
})

describe('a list', () => {
  const ordered = (order: string) => ({
    ...CONFIG,
    collections: { products: { list: '/api/products', items: 'items', order } },
  })

  test.each([
    ['name', ['apple', 'pear', 'plum']],
    ['-name', ['plum', 'pear', 'apple']],
  ])('is ordered by %s', async (order, names) => {
    const backend = new Backend()
    for (const [id, name] of ['pear', 'apple', 'plum'].entries()) backend.put(id + 1, name)
    const worker = await loaded(backend, { config: ordered(order) })
    const { value } = await worker.get('/api/products')
    expect((value as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual(names)
  })

  test('of many rows is ordered as well, and each row stands once', async () => {
    const backend = new Backend()
    backend.pageSize = 1000
    for (let id = 1; id <= 3000; id++) backend.put(id, String((id * 7919) % 3001))
    const worker = await loaded(backend, { config: ordered('name') })
    const { value } = await worker.get('/api/products')
    const names = (value as { items: { name: string }[] }).items.map(({ name }) => name)
    expect(names).toEqual(names.toSorted())
    expect(new Set(names).size).toBe(3000)
  })

  test('whose wrapper is not known is the network’s', async () => {
    const worker = await collectionWorker({ backend: filled(5) })
    await worker.sync()
    expect((await worker.get('/api/products')).how).toBe('network')
    await worker.settle()
    expect((await worker.get('/api/products')).how).toMatch(/hit|synced/)
  })

  test('is not answered from the rows where the page asks for something else', async () => {
    const worker = await loaded()
    const before = worker.backend.at('/api/products').length
    await worker.read('/api/products', { headers: { accept: 'text/csv' } })
    await worker.read('/api/products', { headers: { range: 'items=0-9' } })
    await worker.read('/api/products', { cache: 'no-store' })
    expect(worker.backend.at('/api/products').length).toBe(before + 3)
    expect((await worker.get('/api/products', { method: 'HEAD' })).value).toBeUndefined()
    expect(worker.backend.at('/api/products').length).toBe(before + 3)
  })

  test('that the user has reloaded is brought up to date first', async () => {
    const worker = await loaded()
    const { backend, loads } = worker
    backend.put(1, 'of another user')
    const isFirst = loads.isFirst.bind(loads)
    loads.isFirst = () => true
    const read = await worker.get('/api/products')
    expect(read.how).toContain('synced')
    expect(read.value).toEqual(listOf(backend))
    loads.isFirst = isFirst
  })
})

test('a backend that goes by the time is asked with an overlap, and what comes twice is no news', async () => {
  const backend = filled(3)
  const worker = await collectionWorker({ backend, config: { ...CONFIG, sync: { url: '/sync', compare: false } } })
  let now = Date.parse('2026-01-31T12:00:00Z')
  const plain = (): Response =>
    Response.json({ timestamp: new Date(now).toISOString(), data: { products: { added: [...backend.rows.values()] } } })
  backend.instead.push(...Array.from({ length: 9 }, () => plain))
  await worker.sync()
  now += 60_000
  const before = await worker.stats()
  expect((await worker.sync())[0]).not.toHaveProperty('error')
  expect(backend.at('/sync').at(-1)?.searchParams.get('since')).toBe('2026-01-31T11:55:00.000Z')
  expect((await worker.stats())?.rowsWritten).toBe(before?.rowsWritten)
  expect(worker.told.filter(({ kind }) => kind === 'changed')).toEqual([])
  backend.put(2, 'changed')
  expect((await worker.sync())[0]).not.toHaveProperty('error')
  expect(worker.told.filter(({ kind }) => kind === 'changed')).toMatchObject([{ diff: { updated: ['2'] } }])
})

describe('items that are more than their rows', () => {
  const detailed = async (more: object = { description: 'long' }) => {
    const backend = filled(5)
    const { fetch } = backend
    const worker = await collectionWorker({ backend })
    vi.stubGlobal('fetch', async (given: Request | string, init?: RequestInit) => {
      const response = await fetch(given, init)
      const path = new URL(typeof given === 'string' ? given : given.url).pathname
      if (!/^\/api\/products\/\d+$/.test(path)) return response
      return Response.json({ ...((await response.json()) as object), ...more })
    })
    return worker
  }

  test('are not answered from the rows: what a page saved would be without the rest', async () => {
    const worker = await detailed()
    await worker.get('/api/products/1')
    await worker.settle()
    expect((await worker.get('/api/products/2')).value).toHaveProperty('description')
    await worker.get('/api/products')
    await worker.settle()
    expect((await worker.get('/api/products')).how).toContain('hit')
    const next = await collectionWorker({ backend: worker.backend, database: worker.database })
    expect((await next.get('/api/products/1')).how).toBe('network')
  })

  test('of another version than the row say nothing', async () => {
    const worker = await detailed({ note: 'new', updated_at: 'later' })
    await worker.get('/api/products/1')
    await worker.settle()
    expect((await worker.get('/api/products/2')).how).toMatch(/hit|synced/)
  })
})

test('a path that the item’s pattern matches and that is no item costs no sync', async () => {
  const worker = await loaded()
  const asked = worker.backend.at('/sync').length
  // A store that is late may hold the item: on a busy machine it would be asked for.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  expect((await worker.get('/api/products/search')).status).toBe(404)
  worker.backend.instead.push(() => Response.json({ found: [] }))
  expect((await worker.get('/api/products/search')).value).toEqual({ found: [] })
  vi.useRealTimers()
  await worker.settle()
  expect((await worker.get('/api/products')).how).toContain('hit')
  expect(worker.backend.at('/sync').length).toBe(asked)
})
