import { describe, expect, it, vi } from 'vitest'
import type { Config } from '../../config/language/index.ts'
import { createFreshness, type FreshnessOptions } from './index.ts'

vi.spyOn(console, 'warn').mockImplementation(() => undefined)

const HOME = 'https://app.test'
const CONFIG: Config = {
  version: '1',
  identity: 'none',
  routes: [
    { match: '/api/fresh/:id', fresh: '5m', tags: ['fresh', 'fresh:{id}'] },
    { match: '/api/swr/:id', fresh: 0, stale: '1h' },
    { match: '/api/first/:id', fresh: 0, offline: '7d', timeout: '1s', retry: 0 },
    { match: '/api/none/:id', preset: 'network-only' },
    { match: 'POST /api/search', fresh: '5m', reads: (body) => body.startsWith('find') },
  ],
  writes: [
    { match: 'POST /api/sales', invalidates: ['fresh'] },
    { match: 'POST /login', session: 'sign-in' },
    { match: 'POST /logout', session: 'sign-out' },
  ],
}

/** A request that the origin has received, and waits for its answer. */
interface Arrived {
  readonly url: string
  readonly init: RequestInit
  readonly answer: (body: BodyInit | null, init?: ResponseInit) => void
  readonly fail: () => void
}

type Origin = (url: string, init: RequestInit) => Response | Promise<Response>

/** A page with the rules, and what its origin receives. */
function page(config: Partial<Config> = {}, options: FreshnessOptions = {}) {
  const arrived: Arrived[] = []
  const given: unknown[][] = []
  let respond: Origin | undefined
  const origin = (...args: unknown[]): Promise<Response> => {
    given.push(args)
    const [input, init = {}] = args as [RequestInfo | URL, RequestInit?]
    const url = input instanceof Request ? input.url : String(input)
    return new Promise((resolve, reject) => {
      if (respond !== undefined) return resolve(respond(url, init))
      const fail = (): void => reject(new TypeError('Failed to fetch'))
      arrived.push({ url, init, answer: (...of) => resolve(new Response(...of)), fail })
    })
  }
  const freshness = createFreshness({ ...CONFIG, ...config }, { origin: HOME, ...options })
  const fetch = freshness.wrap(origin as typeof globalThis.fetch)
  return {
    freshness,
    arrived,
    given,
    origin,
    fetch,
    respondBy: (by: Origin) => void (respond = by),
    read: (path: string, init?: RequestInit) => fetch(HOME + path, init),
    text: async (path: string, init?: RequestInit) => (await fetch(HOME + path, init)).text(),
    next: (at: number) => vi.waitFor(() => arrived[at] ?? expect.fail(`only ${arrived.length} requests arrived`)),
  }
}

const counting = (fields: Record<string, string> = {}): Origin => {
  let count = 0
  return () => new Response(`answer ${++count}`, { headers: fields })
}
const statusOf = (response: Response): string => response.headers.get('cache-status') ?? 'none'
const JSON_TYPE = { 'content-type': 'application/json' }
const write = { method: 'POST', body: '{}', headers: JSON_TYPE }

describe('a read', () => {
  it('within fresh is answered from memory, with its URL, its age and how it came about (I7)', async () => {
    const of = page()
    of.respondBy(counting())
    const first = await of.read('/api/fresh/1')
    expect(statusOf(first)).toBe('Freshlayer; fwd=uri-miss; fwd-status=200; stored')
    expect(await first.text()).toBe('answer 1')
    const second = await of.read('/api/fresh/1#part')
    expect(statusOf(second)).toMatch(/^Freshlayer; hit; ttl=\d+; detail=rule$/)
    expect(second.headers.get('age')).toMatch(/^\d+$/)
    expect([second.url, await second.text()]).toEqual([`${HOME}/api/fresh/1`, 'answer 1'])
    expect(of.given).toHaveLength(1)
  })

  it('is sent as its Request says, also where that goes on after the page (I8)', async () => {
    const of = page()
    of.respondBy(counting())
    const asked = { keepalive: true, credentials: 'include', redirect: 'error', referrerPolicy: 'no-referrer' } as const
    await of.fetch(new Request(`${HOME}/api/fresh/1`, asked))
    expect(of.given[0]?.[1]).toMatchObject(asked)
  })

  it('within stale is answered at once, and validated behind', async () => {
    const of = page()
    of.respondBy(counting({ etag: '"a"' }))
    await of.text('/api/swr/1')
    expect(await of.text('/api/swr/1')).toBe('answer 1')
    await vi.waitFor(() => expect(of.given).toHaveLength(2))
    expect(await vi.waitUntil(async () => (await of.text('/api/swr/1')) !== 'answer 1')).toBe(true)
  })

  it('is validated by the stored tag, past every cache, and a 304 answers with the stored body', async () => {
    const of = page()
    of.respondBy((_, init) =>
      new Headers(init.headers).get('if-none-match') === '"a"'
        ? new Response(null, { status: 304, headers: { etag: '"a"', 'x-new': 'yes' } })
        : new Response('body', { headers: { etag: '"a"' } }),
    )
    await of.text('/api/first/1')
    const second = await of.read('/api/first/1')
    expect(statusOf(second)).toContain('fwd-status=304')
    expect([await second.text(), second.headers.get('x-new')]).toEqual(['body', 'yes'])
    expect((of.given[1]![1] as RequestInit).cache).toBe('no-store')
  })

  it.each([
    ['fails', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['answers 503', () => new Response('gateway', { status: 503 })],
  ] as const)('while the origin %s is answered from memory within offline', async (_, away) => {
    const of = page()
    of.respondBy(counting())
    await of.text('/api/first/1')
    of.respondBy(away)
    const response = await of.read('/api/first/1')
    expect(statusOf(response)).toContain('detail=offline')
    expect(await response.text()).toBe('answer 1')
  })

  it('that fails with nothing stored sees the network’s own error (I6)', async () => {
    const of = page()
    const error = new TypeError('Failed to fetch')
    of.respondBy(() => Promise.reject(error))
    await expect(of.read('/api/first/1')).rejects.toBe(error)
  })

  it('that the origin is too slow for is answered from memory, and the late answer is kept', async () => {
    const of = page()
    of.respondBy(counting())
    await of.text('/api/first/1')
    let land: (response: Response) => void = () => undefined
    of.respondBy(() => new Promise((resolve) => (land = resolve)))
    const response = await of.read('/api/first/1')
    expect(statusOf(response)).toContain('detail=timeout')
    land(new Response('late'))
    of.respondBy(() => Promise.reject(new TypeError('Failed to fetch')))
    await vi.waitFor(async () => expect(await of.text('/api/first/1')).toBe('late'))
  })

  it('of a body that the app never reads still fills memory; each answer is a body of its own', async () => {
    const of = page()
    of.respondBy(counting())
    await of.read('/api/fresh/1')
    const [one, other] = await Promise.all([of.read('/api/fresh/1'), of.read('/api/fresh/1')])
    expect([await one.text(), await other.text(), await (await of.read('/api/fresh/1')).text()]).toEqual(
      Array.from({ length: 3 }, () => 'answer 1'),
    )
  })

  it('by POST is a read where its rule says so, and else a write', async () => {
    const of = page()
    of.respondBy(counting())
    const search = (body: string): RequestInit => ({ method: 'POST', body, headers: { 'content-type': 'text/plain' } })
    expect(await of.text('/api/search', search('find a'))).toBe('answer 1')
    expect(await of.text('/api/search', search('find a'))).toBe('answer 1')
    expect(await of.text('/api/search', search('find b'))).toBe('answer 2')
    expect(statusOf(await of.read('/api/search', search('drop')))).toContain('fwd=method')
    expect(await of.text('/api/search', search('find a'))).toBe('answer 4')
  })
})

describe('at once', () => {
  it('300 reads of one URL are one request, and each gets the whole body', async () => {
    const of = page()
    const reading = Promise.all(Array.from({ length: 300 }, () => of.text('/api/first/1')))
    ;(await of.next(0)).answer('x'.repeat(100_000))
    const texts = await reading
    expect([texts.length, new Set(texts).size, texts[0]!.length]).toEqual([300, 1, 100_000])
    expect(of.arrived).toHaveLength(1)
  })

  it('300 reads of one URL share an error that is not stored, too', async () => {
    const of = page()
    const reading = Promise.all(Array.from({ length: 300 }, () => of.read('/api/fresh/1')))
    ;(await of.next(0)).answer('gone', { status: 404 })
    const answers = await reading
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
    expect(new Set(await Promise.all(answers.map((each) => each.text())))).toEqual(new Set(['gone']))
    expect(of.arrived).toHaveLength(1)
  })

  it('what HTTP forbids to store is shared with no other reader (I5)', async () => {
    const of = page()
    let count = 0
    of.respondBy(() => new Response(`secret ${++count}`, { headers: { 'cache-control': 'no-store' } }))
    const texts = await Promise.all(Array.from({ length: 5 }, () => of.text('/api/fresh/1')))
    expect(new Set(texts).size).toBe(5)
    expect(statusOf(await of.read('/api/fresh/1'))).toContain('detail=no-store')
  })
})

describe('a write', () => {
  it.each([
    ['of the rules', '/api/sales'],
    ['without a rule of its own, to the URL itself', '/api/fresh/1'],
  ])('%s ends what it reaches before its answer is there (I1)', async (_, path) => {
    const of = page()
    of.respondBy(counting())
    expect(await of.text('/api/fresh/1')).toBe('answer 1')
    const written = await of.read(path, write)
    expect([statusOf(written), written.url]).toEqual(['Freshlayer; fwd=method; fwd-status=200', HOME + path])
    expect(await of.text('/api/fresh/1')).toBe('answer 3')
  })

  it('that a read overlaps leaves nothing fresh of that read (I2)', async () => {
    const of = page()
    const early = of.text('/api/fresh/1')
    const first = await of.next(0)
    const writing = of.read('/api/sales', write)
    ;(await of.next(1)).answer('{}')
    await writing
    first.answer('before the write')
    expect(await early).toBe('before the write')
    const later = of.text('/api/fresh/1')
    ;(await of.next(2)).answer('after the write')
    expect(await later).toBe('after the write')
  })

  it('under way is joined to no earlier read: a read that begins after the answer asks for itself (I1)', async () => {
    const of = page()
    const early = of.text('/api/first/1')
    const first = await of.next(0)
    const writing = of.read('/api/first/1', { ...write, method: 'PUT' })
    ;(await of.next(1)).answer('{}')
    await writing
    const late = of.text('/api/first/1')
    ;(await of.next(2)).answer('new')
    expect(await late).toBe('new')
    first.answer('old')
    expect(await early).toBe('old')
    // The older answer does not replace the newer one.
    const offline = of.text('/api/first/1')
    ;(await of.next(3)).fail()
    expect(await offline).toBe('new')
  })

  it('under way lets no read of what it reaches be answered from memory alone', async () => {
    const of = page()
    const stored = of.text('/api/fresh/1')
    ;(await of.next(0)).answer('before')
    await stored
    const writing = of.read('/api/sales', write)
    const reading = of.text('/api/fresh/1')
    ;(await of.next(2)).answer('meanwhile')
    expect(await reading).toBe('meanwhile')
    ;(await of.next(1)).answer('{}')
    await writing
  })

  it('that fails counts as written', async () => {
    const of = page()
    of.respondBy(counting())
    await of.text('/api/fresh/1')
    of.respondBy(() => Promise.reject(new TypeError('Failed to fetch')))
    await expect(of.read('/api/sales', write)).rejects.toThrow('Failed to fetch')
    of.respondBy(() => new Response('new'))
    expect(await of.text('/api/fresh/1')).toBe('new')
  })

  it('is sent as the app sends it, once, with its own body', async () => {
    const of = page()
    of.respondBy(counting())
    const request = new Request(`${HOME}/api/sales`, write)
    await of.fetch(request)
    expect(of.given).toEqual([[request]])
    expect(await request.text()).toBe('{}')
  })
})

describe('users', () => {
  const identity = { by: ['authorization', 'identify'] } as const

  it('have each their own answers, by token and by name (I3)', async () => {
    let user: string | null | undefined = 'ada'
    const of = page({ identity }, { identify: () => user })
    of.respondBy(counting())
    const token = (value: string): RequestInit => ({ headers: { authorization: `Bearer ${value}` } })
    expect(await of.text('/api/fresh/1')).toBe('answer 1')
    user = 'grace'
    expect(await of.text('/api/fresh/1')).toBe('answer 2')
    expect(await of.text('/api/fresh/1', token('a'))).toBe('answer 3')
    expect(await of.text('/api/fresh/1', token('b'))).toBe('answer 4')
    expect(await of.text('/api/fresh/1', token('a'))).toBe('answer 3')
    user = 'ada'
    expect(await of.text('/api/fresh/1')).toBe('answer 1')
  })

  it.each([
    ['is not known', () => undefined],
    ['is not signed in', () => null],
    [
      'the app’s function throws for',
      () => {
        throw new Error('no')
      },
    ],
  ])('whom %s: nothing is stored, and the network answers', async (_, identify) => {
    const of = page({ identity }, { identify })
    of.respondBy(counting())
    expect(statusOf(await of.read('/api/fresh/1'))).toContain('detail=unknown-user')
    expect(await of.text('/api/fresh/1')).toBe('answer 2')
  })

  it.each(['/login', '/logout', 'signOut'])(
    'that leave by %s leave nothing, also of what is in the air (I3)',
    async (way) => {
      const of = page({ identity }, { identify: () => 'ada' })
      const stored = of.text('/api/first/1')
      ;(await of.next(0)).answer('stored')
      await stored
      const early = of.text('/api/first/2')
      const inAir = await of.next(1)
      if (way === 'signOut') of.freshness.signOut()
      else {
        const leaving = of.read(way, write)
        ;(await of.next(2)).answer('{}')
        await leaving
      }
      inAir.answer('of before')
      await early
      for (const path of ['/api/first/1', '/api/first/2']) {
        const at = of.arrived.length
        const reading = of.read(path)
        ;(await of.next(at)).fail()
        await expect(reading).rejects.toThrow('Failed to fetch')
      }
    },
  )

  it('whom the origin refuses get nothing from memory before the next success (I3)', async () => {
    const of = page({ identity }, { identify: () => 'ada' })
    of.respondBy(counting())
    await of.text('/api/fresh/1')
    of.respondBy(() => new Response('no', { status: 401 }))
    await of.text('/api/fresh/2')
    expect(await of.text('/api/fresh/1')).toBe('no')
    of.respondBy(() => new Response('again'))
    expect(await of.text('/api/fresh/1')).toBe('again')
    expect(statusOf(await of.read('/api/fresh/1'))).toContain('hit')
  })

  it('whose write the origin refuses get nothing from memory before the next success (I3)', async () => {
    const of = page({ identity }, { identify: () => 'ada' })
    of.respondBy(counting())
    await of.text('/api/fresh/1')
    of.respondBy(() => new Response('no', { status: 401 }))
    await of.text('/api/swr/2', write)
    expect(await of.text('/api/fresh/1')).toBe('no')
    of.respondBy(() => new Response('again'))
    await of.text('/api/swr/2', write)
    expect(statusOf(await of.read('/api/fresh/1'))).not.toContain('hit')
    expect(statusOf(await of.read('/api/fresh/1'))).toContain('hit')
  })
})

describe('what is not kept (I5)', () => {
  it.each([
    ['no-store', '/api/fresh/1', { headers: { 'cache-control': 'no-store' } }],
    ['a credential', '/api/fresh/1', { headers: { 'x-auth-token': 'secret' } }],
    ['what a rule of no window matches', '/api/none/1', {}],
    ['an error that does not say for how long', '/api/fresh/1', { status: 500 }],
  ])('%s', async (_, path, init) => {
    const of = page()
    let count = 0
    of.respondBy(() => new Response(`answer ${++count}`, init))
    await of.text(path)
    expect(await of.text(path)).toBe('answer 2')
  })

  it('a body that breaks off', async () => {
    const of = page()
    of.respondBy(
      () =>
        new Response(
          new ReadableStream({
            pull(stream) {
              stream.enqueue(new TextEncoder().encode('half'))
              stream.error(new TypeError('broken off'))
            },
          }),
        ),
    )
    await expect(of.text('/api/fresh/1')).rejects.toThrow('broken off')
    of.respondBy(() => new Response('whole'))
    expect(await of.text('/api/fresh/1')).toBe('whole')
  })

  it('what Clear-Site-Data says', async () => {
    const of = page()
    of.respondBy(counting())
    await of.text('/api/fresh/1')
    of.respondBy(() => new Response('', { headers: { 'clear-site-data': '"cache"' } }))
    await of.text('/api/fresh/2')
    of.respondBy(() => new Response('new'))
    expect(await of.text('/api/fresh/1')).toBe('new')
  })

  it.each([
    ['a write', '/api/sales', write],
    ['a read whose user is not known', '/api/fresh/2', {}],
  ])('what Clear-Site-Data says on the answer to %s (I3)', async (_, path, init) => {
    let user: string | undefined = 'ada'
    const of = page({ identity: { by: ['identify'] } }, { identify: () => user })
    of.respondBy(() => new Response('stored', { headers: { 'cache-control': 'max-age=600' } }))
    await of.text('/api/first/1')
    of.respondBy(() => new Response('', { headers: { 'clear-site-data': '"storage"' } }))
    user = init === write ? 'ada' : undefined
    await of.text(path, init)
    user = 'ada'
    of.respondBy(() => Promise.reject(new TypeError('Failed to fetch')))
    await expect(of.text('/api/first/1')).rejects.toThrow('Failed to fetch')
  })
})

describe('memory', () => {
  it('holds no more than the budget: what was used longest ago goes', async () => {
    const of = page({ budget: '100kB' })
    of.respondBy((url) => new Response(url.padEnd(10_000)))
    for (let id = 0; id < 200; id++) {
      await of.text(`/api/fresh/${id}`)
      await of.text('/api/fresh/0')
    }
    const { length } = of.given
    const kept = Array.from({ length: 200 }, (_, id) => of.freshness.explain(`/api/fresh/${id}`).state).filter(
      (state) => state === 'fresh',
    )
    expect(kept.length).toBeGreaterThan(3)
    expect(kept.length).toBeLessThan(10)
    expect(of.freshness.explain('/api/fresh/0').state).toBe('fresh')
    expect(of.given).toHaveLength(length)
  })

  it('reads no more of an endless body than it could keep, and the app gets the rest as it comes', async () => {
    const of = page({ budget: '100kB' })
    let pulled = 0
    of.respondBy(
      () =>
        new Response(
          new ReadableStream({
            pull(stream) {
              pulled++
              stream.enqueue(new Uint8Array(10_000))
            },
          }),
        ),
    )
    const response = await of.read('/api/fresh/1')
    const reader = response.body!.getReader()
    for (let at = 0; at < 30; at++) expect((await reader.read()).value).toHaveLength(10_000)
    await reader.cancel()
    expect(pulled).toBeLessThan(45)
    expect(of.freshness.explain('/api/fresh/1').state).toBe('absent')
  })

  it('stays small through 20,000 writes, and forgets none of them', async () => {
    const of = page()
    of.respondBy(counting())
    await of.text('/api/fresh/kept')
    for (let id = 0; id < 20_000; id++) of.freshness.invalidate({ urls: [`/api/fresh/other-${id}`] })
    of.freshness.invalidate({ urls: ['/api/fresh/kept'] })
    for (let id = 0; id < 2000; id++) of.freshness.invalidate({ tags: [`tag ${id}`] })
    expect(of.freshness.explain('/api/fresh/kept').invalidated).toBe(true)
  })
})

describe('an app that gives up', () => {
  it('sees its own reason at once, also when others wait for the same answer, and memory gets it', async () => {
    const of = page()
    const controller = new AbortController()
    const given = of.read('/api/first/1', { signal: controller.signal })
    const other = of.text('/api/first/1')
    const asked = await of.next(0)
    controller.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    asked.answer('for the other')
    expect(await other).toBe('for the other')
    expect(asked.init.signal).toBeNull()
    await expect(of.read('/api/fresh/1', { signal: controller.signal })).rejects.toThrow('enough')
    expect(of.arrived).toHaveLength(1)
  })

  it('in the middle of a body gets no more of it', async () => {
    const of = page()
    const controller = new AbortController()
    of.respondBy(() => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(10)) })))
    const response = await of.read('/api/first/1', { signal: controller.signal })
    const reading = response.text()
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})

describe('what no rule matches (I8)', () => {
  const stream = new ReadableStream()
  it.each([
    ['another path', ['https://app.test/other', { headers: { a: 'b' }, priority: 'low' }]],
    ['another origin', ['https://other.test/api/fresh/1']],
    ['a URL object', [new URL('https://app.test/other')]],
    ['a Request', [new Request('https://app.test/other', { method: 'POST', body: 'a' })]],
    ['an event stream', ['https://app.test/api/fresh/1', { headers: { accept: 'text/event-stream' } }]],
    ['a range of bytes', ['https://app.test/api/fresh/1', { headers: { range: 'bytes=0-1' } }]],
    ['an upload', ['https://app.test/api/sales', { method: 'POST', body: new Blob(['a']) }]],
    ['an upload that streams', ['https://app.test/api/sales', { method: 'POST', body: stream, duplex: 'half' }]],
    ['what is no URL', ['http://']],
    ['what fetch refuses', ['https://app.test/api/fresh/1', { method: 'GET', body: 'a' }]],
  ])('goes to the given function with the very same arguments: %s', async (_, args) => {
    const of = page()
    of.respondBy(() => new Response('the network'))
    const response = await of.fetch(...(args as Parameters<typeof fetch>))
    expect(await response.text()).toBe('the network')
    expect(statusOf(response)).toBe('none')
    expect(of.given).toHaveLength(1)
    expect(of.given[0]!.every((each, at) => each === args[at])).toBe(true)
    expect(of.given[0]).toHaveLength(args.length)
  })

  it('what the app passes beside the request stays with a request of the layer’s own making', async () => {
    const of = page()
    of.respondBy(() => new Response('a'))
    await of.read('/api/fresh/1', {
      dispatcher: 'mine',
      credentials: 'include',
      headers: { 'x-a': 'b' },
    } as RequestInit)
    const [, init] = of.given[0] as [string, RequestInit & { dispatcher: string }]
    expect([init.dispatcher, init.credentials, new Headers(init.headers).get('x-a')]).toEqual(['mine', 'include', 'b'])
  })
})

describe('explain and invalidate', () => {
  it('say what is stored, and end it', async () => {
    const of = page()
    of.respondBy(counting({ etag: '"a"' }))
    expect(of.freshness.explain('/api/fresh/1').state).toBe('absent')
    expect(of.freshness.explain('/other').state).toBe('unmatched')
    await of.text('/api/fresh/1')
    expect(of.freshness.explain('/api/fresh/1')).toMatchObject({
      url: `${HOME}/api/fresh/1`,
      rule: '/api/fresh/:id',
      state: 'fresh',
      tags: ['fresh', 'fresh:1'],
      etag: '"a"',
    })
    of.freshness.invalidate({ tags: ['fresh:1'] })
    expect(of.freshness.explain('/api/fresh/1')).toMatchObject({ state: 'gone', invalidated: true })
    expect(await of.text('/api/fresh/1')).toBe('answer 2')
    expect(() => of.freshness.invalidate('fresh' as never)).toThrow(TypeError)
  })

  it('what only a worker makes something of is left alone', async () => {
    const { fetch, arrived } = page({
      shell: '/index.html',
      navigation: { offline: '7d' },
      push: { url: '/events' },
      sync: { url: '/api/sync' },
      collections: { fresh: { list: '/api/fresh' } },
      kill: { url: '/kill.json' },
      routes: [{ match: '/api/fresh/:id', fresh: '5m', poll: '30s', versions: '/api/versions/fresh' }],
    })
    const read = fetch('/api/fresh/1')
    await vi.waitFor(() => expect(arrived).toHaveLength(1))
    arrived[0]?.answer('one')
    expect(await (await read).text()).toBe('one')
  })

  it('a wrong config is refused at once', () => {
    expect(() => createFreshness({ ...CONFIG, routes: [{ match: '/a', fresh: '5mins' as never }] })).toThrow('5mins')
  })
})
