import { afterEach, describe, expect, it, vi } from 'vitest'
import type { IdentifiedBy } from '../../../config/language/index.ts'
import { fakeDatabase, fakeLocks } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'
import { type Arrived, type Fields, type Given, next, URL_ASKED, type Worker, worker } from './worker.fixture.ts'

// After the globals of the fixture.
const { identified } = await import('../identity/identified.ts')
const { UserSessions } = await import('../identity/sessions.ts')
const { Flights } = await import('./flights.ts')

/** A response of which it can be told whether it was given up. */
function watchedResponse(
  fields: Fields,
  status = 200,
): { readonly response: Response; readonly isCancelled: () => boolean } {
  let isCancelled = false
  const body = new ReadableStream({
    start: (stream) => stream.enqueue(new TextEncoder().encode('begun')),
    cancel: () => void (isCancelled = true),
  })
  return { response: new Response(body, { status, headers: fields }), isCancelled: () => isCancelled }
}

/** The first variant is stored: the one of tenant `a`. */
async function withStored(given?: Given): Promise<Worker> {
  const of = await worker(given)
  const reading = of.read({}, { 'x-tenant': 'a' })
  const request = await next(of, 0)
  request.answer(new Response('stored', { headers: { vary: 'x-tenant' } }))
  expect(await (await reading).text()).toBe('stored')
  await Promise.all(of.behind)
  return of
}

const toJoin = vi.spyOn(Flights.prototype, 'toJoin')

/** Settles when the last read has joined the flight of another. */
const joined = (): Promise<void> => vi.waitFor(() => expect(toJoin.mock.results.at(-1)?.value).toBeDefined())

const LAST_MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT'
const a = { 'x-tenant': 'a' }
const b = { 'x-tenant': 'b' }

describe('a read without a row that follows one that a row stands in for', () => {
  it('sees the failure of the network', async () => {
    const of = await withStored()
    const leader = of.read({}, a)
    const request = await next(of, 1)
    const follower = of.read({}, b)
    const outcome = expect(follower).rejects.toThrow('Failed to fetch')
    await joined()
    request.fail()
    expect(await (await leader).text()).toBe('stored')
    await outcome
    expect(of.arrived).toHaveLength(2)
  })

  it('gets the answer of the gateway', async () => {
    const of = await withStored()
    const leader = of.read({}, a)
    const request = await next(of, 1)
    const follower = of.read({}, b)
    await joined()
    request.answer(new Response('closed', { status: 503 }))
    expect(await (await leader).text()).toBe('stored')
    expect(await (await follower).text()).toBe('closed')
    expect(of.arrived).toHaveLength(2)
  })

  it('gets what is stored for itself, also where nothing stands in for the read that it follows', async () => {
    const of = await withStored()
    const leader = of.read({}, b)
    const request = await next(of, 1)
    const follower = of.read({}, a)
    await joined()
    request.answer(new Response('closed', { status: 503 }))
    expect(await (await leader).text()).toBe('closed')
    expect(await (await follower).text()).toBe('stored')
    expect(of.arrived).toHaveLength(2)
  })
})

describe('300 reads at once', () => {
  const status = (code: number, headers: Fields = {}): Response => new Response(`is ${code}`, { status: code, headers })
  /** So many reads of what is not stored wait for one request. */
  async function waiting(count = 300, given?: Given): Promise<{ of: Worker; reading: Promise<Response>[] }> {
    const of = await worker(given)
    toJoin.mockClear()
    const reading = Array.from({ length: count }, () => of.read())
    await vi.waitFor(() =>
      expect(toJoin.mock.results.filter(({ value }) => value !== undefined)).toHaveLength(count - 1),
    )
    return { of, reading }
  }
  const texts = (reading: readonly Promise<Response>[]): Promise<Set<string>> =>
    Promise.all(reading.map(async (response) => (await response).text())).then((all) => new Set(all))

  it.each([404, 403, 500, 502, 503, 504])('have one answer that is not stored: a %i', async (code) => {
    const { of, reading } = await waiting()
    ;(await next(of, 0)).answer(status(code))
    expect(await texts(reading)).toEqual(new Set([`is ${code}`]))
    expect(of.arrived).toHaveLength(1)
    // The next ones wait for one request as well.
    await Promise.all(of.behind)
    const again = [of.read(), of.read()]
    ;(await next(of, 1)).answer(status(code))
    expect(await texts(again)).toEqual(new Set([`is ${code}`]))
    expect(of.arrived).toHaveLength(2)
  })

  it.each<[rule: string, answer: Response, given?: Given]>([
    ['may not be stored', status(404, { 'cache-control': 'no-store' })],
    ['varies by what no worker sees', status(404, { vary: '*' })],
    ['gives a user a credential', status(404, { 'x-csrf-token': '1' })],
    ['is of another user', status(404), { applySignals: () => Promise.resolve(false) }],
    ['is a stream', new Response('', { headers: { 'content-type': 'text/event-stream' } })],
  ])('ask each for itself, where an answer %s', async (_, answer, given) => {
    const { of, reading } = await waiting(3, given)
    ;(await next(of, 0)).answer(answer)
    for (const at of [1, 2]) (await next(of, at)).answer(status(404))
    await texts(reading)
    expect(of.arrived).toHaveLength(3)
  })
})

describe('what is stored of a user in doubt', () => {
  it.each([
    ['an answer that allows to be served when the origin fails', 200, 'stale-if-error=9999', 500],
    ['an error that is fresh and never changes', 404, 'max-age=9999, immutable', 500],
    ['an answer, where the origin is away', 200, 'stale-if-error=9999', 503],
  ])('is not served before the origin has answered them: %s', async (_, status, field, then) => {
    let isDoubted = false
    const of = await worker({ identity: { isDoubted: () => isDoubted, confirms: () => false } })
    const first = of.read({ stale: 3600 })
    const stored = await next(of, 0)
    stored.answer(new Response('stored', { status, headers: { 'cache-control': field } }))
    await first
    await Promise.all(of.behind)
    isDoubted = true
    const second = of.read({ stale: 3600 })
    const asked = await next(of, 1)
    asked.answer(new Response('of now', { status: then }))
    expect(await (await second).text()).toBe('of now')
  })
})

describe('a page that asks for what is stored anew', () => {
  const changed = expect.objectContaining({ kind: 'changed' })

  it('hears that the origin does not answer, and of the answer when it comes after all', async () => {
    const of = await withStored()
    expect(await of.refresh({ timeoutMs: 10 })).toEqual({ outcome: 'unreachable' })
    ;(await next(of, 1)).answer(new Response('newer', { headers: { vary: 'x-tenant' } }))
    await vi.waitFor(() => expect(of.told).toContainEqual(changed))
  })

  it('waits for the request that another tab has had sent for the same', async () => {
    const of = await withStored()
    const refreshing = [of.refresh(), of.refresh()]
    ;(await next(of, 1)).answer(new Response('newer', { headers: { vary: 'x-tenant' } }))
    expect(await Promise.all(refreshing)).toEqual([{ outcome: 'changed' }, { outcome: 'changed' }])
    expect(of.arrived).toHaveLength(2)
  })

  it('does not wait for that of a read, which may have been answered before the change', async () => {
    const of = await withStored()
    const reading = of.read({}, a)
    const [read, refreshing] = [await next(of, 1), of.refresh()]
    const own = await next(of, 2)
    own.answer(new Response('newer', { headers: { vary: 'x-tenant' } }))
    expect(await refreshing).toEqual({ outcome: 'changed' })
    read.answer(new Response('stored', { headers: { vary: 'x-tenant' } }))
    await reading
  })

  it('does not wait for that of another variant', async () => {
    const of = await withStored()
    const other = of.read({}, b)
    ;(await next(of, 1)).answer(new Response('of b', { headers: { vary: 'x-tenant' } }))
    await other
    await Promise.all(of.behind)
    const first = of.refresh()
    ;(await next(of, 2)).answer(new Response('newer b', { headers: { vary: 'x-tenant' } }))
    const ofA = await next(of, 3)
    expect(ofA.fields.get('x-tenant')).toBe('a')
    const second = of.refresh()
    const again = await next(of, 4)
    expect(again.fields.get('x-tenant')).toBe('b')
    ofA.answer(new Response('newer a', { headers: { vary: 'x-tenant' } }))
    expect(await first).toEqual({ outcome: 'changed' })
    again.answer(new Response('newer b', { headers: { vary: 'x-tenant' } }))
    ;(await next(of, 5)).answer(new Response('newer a', { headers: { vary: 'x-tenant' } }))
    expect(await second).toEqual({ outcome: 'unchanged' })
  })

  it('hears the same of an answer that does not end', async () => {
    const of = await withStored()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const refreshing = of.refresh({ timeoutMs: 300 })
    ;(await next(of, 1)).answer(watchedResponse({ vary: 'x-tenant' }).response)
    let outcome: unknown
    void refreshing.then((result) => (outcome = result))
    await vi.waitFor(() => expect(outcome).toEqual({ outcome: 'unreachable' }), { timeout: 60_000, interval: 1000 })
    vi.useRealTimers()
  })
})

it('asks with the fields of its rule beside its own conditions, past the browser’s own cache', async () => {
  const of = await worker()
  const rule = { askedWith: [['freshlayer-dictionary', '1']] }
  const first = of.read(rule)
  ;(await next(of, 0)).answer(new Response('stored', { headers: { etag: '"one"' } }))
  await first
  await Promise.all(of.behind)
  void of.read(rule)
  const { request, fields } = await next(of, 1)
  expect(fields.get('freshlayer-dictionary')).toBe('1')
  expect(fields.get('if-none-match')).toBe('"one"')
  expect(request.cache).toBe('no-store')
})

describe('a 304 that fits nothing stored, and a second request that brings no answer', () => {
  /** A page's read whose validation got such a 304, and the request that followed. */
  async function refetching(
    isTheirs = true,
  ): Promise<{ readonly reading: Promise<Response>; readonly second: Arrived }> {
    let isFirst = true
    const of = await worker({ applySignals: () => Promise.resolve(isFirst || isTheirs) })
    const first = of.read()
    ;(await next(of, 0)).answer(new Response('stored', { headers: { etag: '"one"' } }))
    await first
    await Promise.all(of.behind)
    isFirst = false
    const reading = of.read()
    const asked = await next(of, 1)
    expect(asked.fields.get('if-none-match')).toBe('"one"')
    asked.answer(new Response(null, { status: 304, headers: { etag: '"two"' } }))
    return { reading, second: await next(of, 2) }
  }

  it.each<[rule: string, end: (request: Arrived) => void]>([
    ['the network fails', ({ fail }) => fail()],
    ['a gateway answers', ({ answer }) => answer(new Response('closed', { status: 503 }))],
  ])('the stored answer stands in: %s', async (_, end) => {
    const of = await refetching()
    end(of.second)
    expect(await (await of.reading).text()).toBe('stored')
  })

  it('but not for the user who came after', async () => {
    const of = await refetching(false)
    const outcome = expect(of.reading).rejects.toThrow('Failed to fetch')
    of.second.fail()
    await outcome
  })
})

describe('a store that is late', () => {
  const etag = '"one"'
  const json = { 'content-type': 'application/json', etag }
  const FRESH = { fresh: 600 }

  it.each<[rule: string, fields: Fields, answer: () => Response, then: string]>([
    ['removes what the origin says is gone', {}, () => new Response('gone', { status: 404 }), 'removed'],
    [
      'keeps a whole of which a part comes',
      { range: 'bytes=0-1' },
      () => new Response('{}', { status: 206, headers: { ...json, 'content-range': 'bytes 0-1/12' } }),
      '{"stored":1}',
    ],
    [
      'keeps what a sign-in page would replace',
      {},
      () => new Response('<form>', { headers: { 'content-type': 'text/html' } }),
      '{"stored":1}',
    ],
    ['replaces what is new', {}, () => new Response('{"newer":1}', { headers: json }), '{"newer":1}'],
  ])('%s', async (_, fields, answer, then) => {
    const { use } = await fakeDatabase()
    const before = await worker({ database: use })
    const first = before.read(FRESH)
    ;(await next(before, 0)).answer(new Response('{"stored":1}', { headers: json }))
    await first
    await Promise.all(before.behind)
    let answerStore = (): void => undefined
    const late = new Promise<void>((resolve) => (answerStore = resolve))
    const of = await worker({ database: async (mode, work) => (await late, use(mode, work)) })
    const reading = of.read(FRESH, fields)
    const sent = answer()
    const body = await sent.clone().text()
    ;(await next(of, 0)).answer(sent)
    // The page has its answer before the store has said anything.
    expect(await (await reading).text()).toBe(body)
    answerStore()
    await Promise.all(of.behind)
    const again = of.read(FRESH)
    if (then === 'removed') {
      const outcome = expect(again).rejects.toThrow('Failed to fetch')
      ;(await next(of, 1)).fail()
      await outcome
      expect(of.told).toContainEqual(expect.objectContaining({ kind: 'removed' }))
    } else expect(await (await again).text()).toBe(then)
  })

  it('stands in for a gateway, and keeps what is better than the answer of a gateway', async () => {
    const { use } = await fakeDatabase()
    const before = await worker({ database: use })
    const first = before.read()
    ;(await next(before, 0)).answer(new Response('{"stored":1}', { headers: json }))
    await first
    await Promise.all(before.behind)
    let answerStore = (): void => undefined
    const late = new Promise<void>((resolve) => (answerStore = resolve))
    const of = await worker({ database: async (mode, work) => (await late, use(mode, work)) })
    const reading = of.read()
    ;(await next(of, 0)).answer(new Response('busy', { status: 503, headers: { 'cache-control': 'max-age=60' } }))
    answerStore()
    expect(await (await reading).text()).toBe('{"stored":1}')
    await Promise.all(of.behind)
    const again = of.read()
    ;(await next(of, 1)).fail()
    expect(await (await again).text()).toBe('{"stored":1}')
  })
})

it('a read that begins after a removal does not follow a request of before', async () => {
  const of = await worker()
  await of.store.writer.begin()
  const before = of.read()
  const request = await next(of, 0)
  await of.store.log.remove([`url ${URL_ASKED}`], undefined)
  const after = of.read()
  const other = await next(of, 1)
  other.answer(new Response('of after'))
  request.answer(new Response('of before'))
  expect(await (await after).text()).toBe('of after')
  expect(await (await before).text()).toBe('of before')
})

describe('a stored response that is removed while the origin is asked', () => {
  it('is not served for the 304 that comes', async () => {
    const of = await withStored()
    const reading = of.read({}, a)
    const request = await next(of, 1)
    await of.store.log.remove([`url ${URL_ASKED}`], undefined)
    request.answer(new Response(null, { status: 304, headers: { vary: 'x-tenant' } }))
    ;(await next(of, 2)).answer(new Response('of now'))
    expect(await (await reading).text()).toBe('of now')
  })
})

describe('a request that was sent before a sign-in', () => {
  it('has an answer that is not stored: it may be of either user', async () => {
    const applySignals = vi.fn(() => Promise.resolve(true))
    const of = await worker({ applySignals })
    const reading = of.read()
    const request = await next(of, 0)
    of.store.generations.advance('everyone')
    request.answer(new Response('of whom?'))
    expect((await reading).type).toBe('error')
    await Promise.all(of.behind)
    expect(await of.store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).toEqual([])
    expect(applySignals).not.toHaveBeenCalled()
    // The key is as the store has it.
    const again = of.read()
    ;(await next(of, 1)).answer(new Response('of now'))
    await again
    await Promise.all(of.behind)
    expect(await of.store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).toHaveLength(1)
  })
})

describe('a sign-in or sign-out on a slow disk', () => {
  const OWN = { public: false }

  it.each<[session: 'sign-in' | 'sign-out', how: string, end: (request: Arrived) => void]>([
    ['sign-in', 'succeeds', ({ answer }) => answer(new Response(null, { status: 204 }))],
    ['sign-out', 'succeeds', ({ answer }) => answer(new Response(null, { status: 204 }))],
    ['sign-in', 'has no answer', ({ fail }) => fail()],
  ])('ends the user at once, before it is recorded: a %s that %s', async (session, _, end) => {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    let free = Promise.resolve()
    let all: ReturnType<typeof identified> | undefined
    const of = await worker({
      database: async (mode, work) => (await (mode === 'readwrite' ? free : undefined), use(mode, work)),
      identities: (ports) => (all = identified({ by: ['identify'] }, ports as never)),
    })
    of.store.writer.activate()
    await all?.identity.identify('a tab', 'ada')
    const first = of.read(OWN)
    ;(await next(of, 0)).answer(new Response('of ada'))
    await (await first).text()
    await Promise.all(of.behind)
    free = new Promise<void>((resolve) => (goOn = resolve))
    const writing = of.write(session).catch(() => undefined)
    // The browser has the cookie of grace from now on.
    end(await next(of, 1))
    await new Promise((resolve) => setTimeout(resolve))
    const polling = of.read({ ...OWN, fresh: 600 }, {}, { cache: 'no-cache' })
    ;(await next(of, 2)).answer(new Response('of grace'))
    await (await polling).text()
    goOn()
    await writing
    await Promise.all(of.behind)
    const rows = await of.store.rows.find(`user/ada\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)
    const texts = await Promise.all(rows.map(({ body }) => new Response(body as never).text()))
    expect(texts).toEqual(session === 'sign-in' ? ['of ada'] : [])
  })
})

describe('what comes while a sign-in of another worker is under way', () => {
  const OWN = { public: false, fresh: 600 }
  afterEach(() => void vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true }))

  it.each(['before', 'after'])('is not stored for the former user: %s that has ended', async (when) => {
    const held = fakeLocks()
    const { use: database } = await fakeDatabase()
    let all: ReturnType<typeof identified> | undefined
    const identities = (ports: object): object => (all = identified({ by: ['identify'] }, ports as never))
    await worker({ database, identities })
    await all?.sessions.begin('sign-in')
    const of = await worker({ database, identities })
    of.store.writer.activate()
    await all?.identity.identify('a tab', 'ada')
    await of.store.writer.begin()
    const answered = async (at: number, text: string): Promise<void> => {
      ;(await next(of, at)).answer(new Response(text))
    }
    const stored = async (): Promise<number> =>
      (await of.store.rows.find(`user/ada\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).length
    // The origin has signed in grace: the cookie is hers. The worker that has asked for that says nothing more.
    const reading = of.read(OWN)
    await next(of, 0)
    held.length = 0
    if (when === 'after') await all?.identity.tidy()
    await answered(0, 'of grace')
    expect((await reading).headers.get('cache-status')).not.toContain('stored')
    await Promise.all(of.behind)
    expect(await stored()).toBe(0)
    // Later ada is back.
    await all?.identity.tidy()
    await all?.identity.identify('a tab', 'ada')
    const again = of.read(OWN)
    await answered(1, 'of ada')
    await again
    await Promise.all(of.behind)
    expect(await stored()).toBe(1)
  })

  it('is not stored where the sign-in is read only after the answer, from a slow disk', async () => {
    const held = fakeLocks()
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    let free = Promise.resolve()
    let all: ReturnType<typeof identified> | undefined
    const identities = (ports: object): object => (all = identified({ by: ['identify'] }, ports as never))
    await worker({ database: use, identities })
    await all?.sessions.begin('sign-in')
    held.length = 0
    free = new Promise<void>((resolve) => (goOn = resolve))
    const of = await worker({ database: async (mode, work) => (await free, use(mode, work)), identities })
    of.store.writer.activate()
    void all?.identity.identify('a tab', 'ada')
    const reading = of.read(OWN)
    ;(await next(of, 0)).answer(new Response('of grace'))
    expect(await (await reading).text()).toBe('of grace')
    goOn()
    await Promise.all(of.behind)
    expect(await of.store.rows.rowsOf(URL_ASKED, ['user/ada'])).toEqual([])
  })

  it('is not stored where a POST has brought it', async () => {
    fakeLocks()
    const { use: database } = await fakeDatabase()
    let all: ReturnType<typeof identified> | undefined
    const identities = (ports: object): object => (all = identified({ by: ['identify'] }, ports as never))
    const before = await worker({ database, identities })
    const signIn = all?.sessions
    before.store.writer.activate()
    const of = await worker({ database, identities })
    of.store.writer.activate()
    await all?.identity.identify('a tab', 'ada')
    const posting = of.post(true, OWN)
    const request = await next(of, 0)
    await signIn?.begin('sign-in')
    of.store.writer.reread()
    await of.store.writer.load()
    const headers = { 'content-location': URL_ASKED, 'cache-control': 'max-age=600' }
    request.answer(new Response('of grace', { headers }))
    await posting
    await Promise.all(of.behind)
    expect(await of.store.rows.rowsOf(URL_ASKED, ['user/ada'])).toEqual([])
  })
})

it('reads that follow one whose answer is of another user ask as that user, as the page would', async () => {
  const end = vi.fn<() => void>()
  const of = await worker({ applySignals: () => Promise.resolve(end()).then(() => false) })
  end.mockImplementation(() => of.store.generations.advance('everyone'))
  const reads = [of.read(), of.read(), of.read()]
  await joined()
  ;(await next(of, 0)).answer(new Response('of grace'))
  for (const at of [1, 2]) (await next(of, at)).answer(new Response('of grace'))
  for (const each of reads) expect(await (await each).text()).toBe('of grace')
})

describe('a request that says which bytes it wants', () => {
  it.each<[what: string, end: (request: Arrived) => void, text: string]>([
    ['the origin’s, however late it answers', ({ answer }) => answer(new Response('of now')), 'of now'],
    ['the stored ones, where the origin is away', ({ fail }) => fail(), 'stored'],
  ])('gets %s', async (_, end, text) => {
    const of = await worker()
    const first = of.read()
    ;(await next(of, 0)).answer(new Response('stored'))
    await first
    await Promise.all(of.behind)
    const reading = of.read({ fresh: 600, timeoutMs: 10 }, {}, { integrity: 'sha256-of-the-new-build' })
    const request = await next(of, 1)
    // The rule's timeout has passed.
    await new Promise((resolve) => setTimeout(resolve, 50))
    end(request)
    expect(await (await reading).text()).toBe(text)
  })
})

it('an answer that varies by language is of the languages that the user prefers now', async () => {
  const languages = ['de', 'en']
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, languages })
  const of = await worker()
  const first = of.read({ fresh: 600 })
  ;(await next(of, 0)).answer(new Response('deutsch', { headers: { vary: 'Accept-Language' } }))
  await first
  await Promise.all(of.behind)
  expect(await (await of.read({ fresh: 600 })).text()).toBe('deutsch')
  languages.reverse()
  const second = of.read({ fresh: 600 })
  ;(await next(of, 1)).answer(new Response('english', { headers: { vary: 'Accept-Language' } }))
  expect(await (await second).text()).toBe('english')
  await Promise.all(of.behind)
  languages.reverse()
  expect(await (await of.read({ fresh: 600 })).text()).toBe('deutsch')
})

it.each<[what: string, url: string, isKept: boolean]>([
  ['the same path with a slash', `${URL_ASKED}/`, true],
  ['another path', 'https://app.test/sign-in', false],
  ['another query', `${URL_ASKED}/?page=1`, false],
  ['another origin', 'https://other.test/api/items/', false],
])('a read that is sent on to %s is kept: %s', async (_, url, isKept) => {
  const of = await worker()
  const reading = of.read({ fresh: 600 })
  const response = new Response('the list')
  Object.defineProperties(response, { redirected: { value: true }, url: { value: url } })
  ;(await next(of, 0)).answer(response)
  expect(await (await reading).text()).toBe('the list')
  await Promise.all(of.behind)
  expect(await of.store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).toHaveLength(isKept ? 1 : 0)
})

it.each<[what: string, asked: string, url: string]>([
  ['a parameter that the rule ignores', '?utm_source=mail', '/?utm_source=mail'],
  ['a cache-buster', '?_=1700000000000', '/?_=1700000000000'],
])('a read with %s that is sent on to the same path with a slash is kept', async (_, asked, url) => {
  const of = await worker()
  const reading = of.read({ fresh: 600, ignoreQuery: ['utm_*'] }, {}, {}, URL_ASKED + asked)
  const response = new Response('the list')
  Object.defineProperties(response, { redirected: { value: true }, url: { value: URL_ASKED + url } })
  ;(await next(of, 0)).answer(response)
  await reading
  await Promise.all(of.behind)
  expect(await of.store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).toHaveLength(1)
})

it('a write by the name that a read was sent on to reaches what the read has stored (I1)', async () => {
  const of = await worker()
  const first = of.read({ fresh: 600 })
  const response = new Response('before')
  Object.defineProperties(response, { redirected: { value: true }, url: { value: `${URL_ASKED}/` } })
  ;(await next(of, 0)).answer(response)
  await first
  await Promise.all(of.behind)
  const writing = of.write(undefined, {}, `${URL_ASKED}/`)
  ;(await next(of, 1)).answer(new Response('written'))
  await writing
  const second = of.read({ fresh: 600 })
  ;(await next(of, 2)).answer(new Response('after'))
  expect(await (await second).text()).toBe('after')
})

it('a page that the user has gone back to gets the bytes that it names by `integrity`, not stored ones of before', async () => {
  const of = await worker()
  const first = of.read({ fresh: 600 })
  ;(await next(of, 0)).answer(new Response('old'))
  await first
  await Promise.all(of.behind)
  of.loads.note({ request: { cache: 'force-cache' } as Request, resultingClientId: 'a tab' })
  const integrity = 'sha256-QWxsIGJ5dGVzIG9mIHRoZSBuZXcgYnVpbGQgaW5kZWVkLi4='
  const second = of.read({ fresh: 600 }, {}, { cache: 'force-cache', integrity })
  ;(await next(of, 1)).answer(new Response('new'))
  expect(await (await second).text()).toBe('new')
})

describe('a body that breaks off while the disk is slow', () => {
  const breaking = (): Response =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('half'))
          setTimeout(() => controller.error(new TypeError('cut')), 50)
        },
      }),
    )

  /** A read of a store that answers once `goOn` is called, and may have something. */
  async function slowly(isStored: boolean) {
    const { use } = await fakeDatabase()
    const before = await worker({ database: use })
    if (isStored) {
      const reading = before.read()
      ;(await next(before, 0)).answer(new Response('stored'))
      await reading
      await Promise.all(before.behind)
    }
    let goOn = (): void => undefined
    const free = new Promise<void>((resolve) => (goOn = resolve))
    const of = await worker({ database: async (mode, work) => (await free, use(mode, work)) })
    const reading = of.read()
    return { reading, goOn, asked: await next(of, 0) }
  }

  it('does not reach the page, which gets what is stored when the disk has answered (I13)', async () => {
    const { reading, goOn, asked } = await slowly(true)
    asked.answer(breaking())
    setTimeout(goOn, 200)
    expect(await (await reading).text()).toBe('stored')
  })

  it('reaches the page where nothing is stored', async () => {
    const { reading, goOn, asked } = await slowly(false)
    asked.answer(breaking())
    setTimeout(goOn, 200)
    await expect(reading.then((response) => response.text())).rejects.toThrow('cut')
  })

  it('is not waited for longer than the rule says, while the disk has not answered', async () => {
    const { use } = await fakeDatabase()
    const of = await worker({ database: async (mode, work) => (await new Promise(() => undefined), use(mode, work)) })
    const reading = of.read({ timeoutMs: 10 })
    ;(await next(of, 0)).answer(new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(4)) })))
    const reader = (await reading).body?.getReader()
    expect((await reader?.read())?.value).toHaveLength(4)
  })

  it('is not waited for by an answer that is whole before the disk has answered', async () => {
    const { reading, goOn, asked } = await slowly(true)
    asked.answer(new Response('new'))
    expect(await (await reading).text()).toBe('new')
    goOn()
  })
})

describe('an answer that belongs to no user and varies by cookies', () => {
  const fields = { vary: 'Cookie', etag: '"1"' }

  it('is not that of another read, which may have been sent with other cookies', async () => {
    const of = await worker()
    const [first, second] = [of.read({ fresh: 600 }), of.read({ fresh: 600 })]
    ;(await next(of, 0)).answer(new Response('deutsch', { headers: fields }))
    ;(await next(of, 1)).answer(new Response('français', { headers: { vary: 'Cookie', etag: '"2"' } }))
    expect(await Promise.all([first, second].map(async (each) => (await each).text()))).toEqual(['deutsch', 'français'])
  })

  it('is not confirmed by what another read was told', async () => {
    const of = await worker()
    const stored = of.read({ fresh: 600 })
    ;(await next(of, 0)).answer(new Response('deutsch', { headers: fields }))
    await stored
    await Promise.all(of.behind)
    const [first, second] = [of.read({ fresh: 600 }), of.read({ fresh: 600 })]
    ;(await next(of, 1)).answer(new Response(null, { status: 304, headers: fields }))
    ;(await next(of, 2)).answer(new Response('français', { headers: { vary: 'Cookie', etag: '"2"' } }))
    expect(await Promise.all([first, second].map(async (each) => (await each).text()))).toEqual(['deutsch', 'français'])
  })
})

it.each([
  ['no user', 'everyone', {}],
  ['a user whose rule has variants by cookie', 'user/ada', { cookieVariants: true }],
])(
  'an answer of %s that varies by cookies and is new each time is one change in two seconds (I11)',
  async (_, partition, rule) => {
    const of = await worker({ identity: { partitionOf: () => partition } })
    for (let at = 0; at < 4; at++) {
      const reading = of.read({ fresh: 600, ...rule })
      ;(await next(of, at)).answer(new Response(`${at}`, { headers: { vary: 'Cookie' } }))
      expect(await (await reading).text()).toBe(`${at}`)
      await Promise.all(of.behind)
    }
    expect(of.told.flatMap((each) => (each as { kind: string } | undefined)?.kind ?? [])).toEqual(['first', 'changed'])
  },
)

it('a read by POST is sent without conditions: of an origin that obeys them the page would get a 412', async () => {
  const of = await worker()
  const init = { method: 'POST', body: '{"query":"{ items }"}' }
  const first = of.read({}, {}, init)
  ;(await next(of, 0)).answer(new Response('stored', { headers: { etag: '"1"', 'last-modified': LAST_MODIFIED } }))
  await first
  await Promise.all(of.behind)
  const second = of.read({}, {}, init)
  const { fields, answer } = await next(of, 1)
  answer(new Response('new'))
  expect(await (await second).text()).toBe('new')
  expect(['if-none-match', 'if-modified-since'].filter((name) => fields.has(name))).toEqual([])
})

it('the first read of a page that the user has reloaded asks anew: what is in the air may be older than the reload', async () => {
  const of = await withStored()
  const before = of.read({}, a)
  const asked = await next(of, 1)
  const follower = of.read({}, a)
  await joined()
  of.loads.note({ request: { cache: 'no-cache' } as Request, resultingClientId: 'a tab' })
  const after = of.read({}, a)
  ;(await next(of, 2)).answer(new Response('new'))
  expect(await (await after).text()).toBe('new')
  asked.answer(new Response('old'))
  expect(await (await before).text()).toBe('old')
  expect(await (await follower).text()).toBe('old')
  expect(of.arrived).toHaveLength(3)
})

describe('a 504 of the layer’s own', () => {
  const detailOf = async (response: Response): Promise<unknown> => {
    expect([response.status, response.headers.get('content-type')]).toEqual([504, 'application/problem+json'])
    return ((await response.json()) as { detail: unknown }).detail
  }

  it('says why in JSON: nothing is stored for a page that wants nothing else', async () => {
    const of = await worker()
    const response = await of.read({}, {}, { cache: 'only-if-cached', mode: 'same-origin' })
    expect(await detailOf(response)).toContain('only-if-cached')
  })

  it('says why in JSON: the origin is away, and what is stored must be validated', async () => {
    const of = await worker()
    const rule = { trust: 'http' }
    const first = of.read(rule)
    ;(await next(of, 0)).answer(new Response('stored', { headers: { 'cache-control': 'no-cache' } }))
    await first
    await Promise.all(of.behind)
    const second = of.read(rule)
    ;(await next(of, 1)).fail()
    expect(await detailOf(await second)).toContain('trust')
  })
})

it('a read of an unknown user goes past the browser’s cache: that may hold the answer to another user', async () => {
  const of = await worker({ identity: { partitionOf: () => undefined, last: () => Promise.resolve() } })
  const reading = of.read()
  const { request, answer } = await next(of, 0)
  answer(new Response('from the network'))
  expect((await reading).headers.get('cache-status')).toContain('unknown-user')
  expect(request.cache).toBe('no-store')
})

it('a read by POST of an unknown user is sent once, also without a body: it may change something', async () => {
  const of = await worker({ identity: { partitionOf: () => undefined, last: () => Promise.resolve() } })
  const outcome = expect(of.read({ retry: undefined }, {}, { method: 'POST' })).rejects.toThrow('Failed to fetch')
  ;(await next(of, 0)).fail()
  await outcome
  expect(of.arrived).toHaveLength(1)
})

describe('an identity that fails', () => {
  const fails = (): Promise<never> => Promise.reject(new Error('no such storage'))
  const identity = { partitionOf: fails, knownOf: fails, last: fails }

  it('leaves a read to the network', async () => {
    const of = await worker({ identity })
    const [answered, failed] = [of.read(), of.read()]
    const outcome = expect(failed).rejects.toThrow('Failed to fetch')
    const [one, other] = [await next(of, 0), await next(of, 1)]
    one.answer(new Response('from the network'))
    other.fail()
    expect(await (await answered).text()).toBe('from the network')
    await outcome
  })

  it('leaves the failure of the network to a read of an unknown user', async () => {
    const of = await worker({ identity: { ...identity, partitionOf: () => undefined } })
    const outcome = expect(of.read()).rejects.toThrow('Failed to fetch')
    ;(await next(of, 0)).fail()
    await outcome
  })

  it('leaves a write to the network, and what it reaches is invalidated', async () => {
    const learned: unknown[] = []
    const of = await worker({ identity: { ...identity, learn: (...given: unknown[]) => learned.push(given) } })
    const writing = of.write()
    ;(await next(of, 0)).answer(new Response('written'))
    expect(await (await writing).text()).toBe('written')
    await Promise.all(of.behind)
    expect(of.told).toContainEqual(expect.objectContaining({ kind: 'invalidated', targets: [`url ${URL_ASKED}`] }))
    expect(learned).toEqual([])
  })
})

describe('a new page whose user is not known, on a network that does not answer', () => {
  const learned: unknown[] = []
  const last = vi.fn(() => Promise.resolve('everyone'))
  /** What the last user has stored, and a page that has not named its user. */
  async function ofNobody(): Promise<Worker> {
    learned.length = 0
    last.mockClear()
    let isKnown = true
    const of = await withStored({
      identity: {
        partitionOf: () => (isKnown ? 'everyone' : undefined),
        last,
        learn: (_: string, fields?: ReadonlyMap<string, string>) => learned.push(fields?.get('x-user')),
      },
    })
    isKnown = false
    return of
  }

  it.each([
    ['may stand in', {}],
    ['is fresh', { fresh: 600 }],
    ['is stale', { stale: 600 }],
  ])('gets what is stored of the last user after the timeout of the rule: what %s', async (_, rule) => {
    const of = await ofNobody()
    const reading = of.read({ ...rule, timeoutMs: 10 }, a)
    const asked = await next(of, 1)
    expect(await (await reading).text()).toBe('stored')
    // The answer names the user when it comes after all. Nothing else was asked.
    const { response, isCancelled } = watchedResponse({ 'x-user': 'grace' })
    asked.answer(response)
    await vi.waitFor(() => expect(learned).toContain('grace'))
    await vi.waitFor(() => expect(isCancelled()).toBe(true))
    expect(of.arrived).toHaveLength(2)
  })

  it.each([502, 503, 504])('gets what is stored of the last user where a gateway answers %i', async (status) => {
    const of = await ofNobody()
    const reading = of.read({}, a)
    ;(await next(of, 1)).answer(new Response('the gateway', { status }))
    expect(await (await reading).text()).toBe('stored')
  })

  it('says to the tabs that the origin is away where the network fails, and that it is back', async () => {
    const of = await ofNobody()
    const reading = of.read({}, a)
    ;(await next(of, 1)).fail()
    expect(await (await reading).text()).toBe('stored')
    await vi.waitFor(() => expect(of.told).toContainEqual({ say: 'origin', reachable: false, signIn: false }))
    const second = of.read({}, a)
    ;(await next(of, 2)).answer(new Response('new'))
    await second
    expect(of.told).toContainEqual({ say: 'origin', reachable: true, signIn: false })
  })

  it('gets nothing of the last user once the origin has refused the user who asks (I3)', async () => {
    let isKnown = true
    const refused: string[] = []
    const of = await withStored({
      identity: {
        partitionOf: () => (isKnown ? 'user/ada' : undefined),
        last: () => Promise.resolve('user/ada'),
        refuse: (partition: string) => Promise.resolve(void refused.push(partition)),
        isDoubted: (partition: string) => refused.includes(partition),
      },
    })
    isKnown = false
    const first = of.read({}, a)
    ;(await next(of, 1)).answer(new Response('', { status: 401 }))
    expect((await first).status).toBe(401)
    const outcome = expect(of.read({}, a)).rejects.toThrow('Failed to fetch')
    ;(await next(of, 2)).fail()
    await outcome
  })

  it('gets the rows of the last user where the origin is away, and what is stored where there are none', async () => {
    let isKnown = true
    let rows: string | undefined = 'rows'
    const of = await withStored({
      identity: { partitionOf: () => (isKnown ? 'user/ada' : undefined), last: () => Promise.resolve('user/ada') },
      collections: {
        answer: (_: unknown, rest: () => unknown) => rest(),
        standIn: ({ partition }: { partition: string }) =>
          Promise.resolve(rows === undefined ? undefined : new Response(`${rows} of ${partition}`)),
      },
    })
    isKnown = false
    const first = of.read({}, a)
    ;(await next(of, 1)).fail()
    expect(await (await first).text()).toBe('rows of user/ada')
    rows = undefined
    const second = of.read({}, a)
    ;(await next(of, 2)).fail()
    expect((await second).headers.get('cache-status')).toContain('detail=offline')
  })

  it('makes the layer forget everything where the answer says so (Clear-Site-Data)', async () => {
    const of = await ofNobody()
    const reading = of.read({}, a)
    ;(await next(of, 1)).answer(new Response('', { status: 401, headers: { 'clear-site-data': '"cache"' } }))
    await reading
    const outcome = expect(of.read({}, a)).rejects.toThrow('Failed to fetch')
    ;(await next(of, 2)).fail()
    await outcome
  })

  it('gets the answer when it comes, where nothing may answer in its place', async () => {
    const of = await ofNobody()
    const reading = of.read({ timeoutMs: 10 }, b)
    const asked = await next(of, 1)
    await vi.waitFor(() => expect(last).toHaveBeenCalled())
    asked.answer(new Response('late'))
    expect(await (await reading).text()).toBe('late')
  })

  it('gets the failure when it comes', async () => {
    const of = await ofNobody()
    const outcome = expect(of.read({ timeoutMs: 10 }, b)).rejects.toThrow('Failed to fetch')
    ;(await next(of, 1)).fail()
    await outcome
  })
})

describe('other workers', () => {
  const WRITE = { say: 'write' }

  it('are told of a write when it is on disk, however late that is', async () => {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    const slow = new Promise<void>((resolve) => (goOn = resolve))
    const of = await worker({ database: async (mode, work) => (await slow, use(mode, work)) })
    const writing = of.write()
    const request = await next(of, 0)
    expect(of.told).toEqual([])
    goOn()
    await vi.waitFor(() => expect(of.told).toContainEqual(WRITE))
    request.answer(new Response('written'))
    await writing
  })

  it('are told of its end when that is on disk, also of one that has changed nothing', async () => {
    const of = await worker()
    const writing = of.write()
    const request = await next(of, 0)
    expect(of.told).toEqual([WRITE])
    request.answer(new Response('no', { status: 422 }))
    await writing
    await Promise.all(of.behind)
    expect(of.told).toEqual([WRITE, WRITE])
  })
})

it('signs out also where what a response clears cannot be written', async () => {
  const leave = vi.fn(() => Promise.resolve())
  const of = await worker({
    database: () => Promise.reject(new Error('no such luck')),
    identity: { leave, own: () => Promise.resolve([]), ownInMemory: () => [] },
    sessions: (ports) => ({ sessions: new UserSessions(ports as never) }),
  })
  const writing = of.write('sign-out')
  ;(await next(of, 0)).answer(new Response('', { headers: { 'clear-site-data': '"cache"' } }))
  await writing
  expect(leave).toHaveBeenCalled()
})

/** More than is stored. */
const TOO_LONG = { 'content-length': '999999999' }

it.each([
  ['that may not be stored', { 'cache-control': 'no-store' }],
  ['that is too long to be stored', TOO_LONG],
])('a body without an end holds no place in the order of things: one %s', async (_, fields: Fields) => {
  const of = await worker()
  const reading = of.read()
  const { response, isCancelled } = watchedResponse(fields)
  ;(await next(of, 0)).answer(response)
  const { body } = await reading
  // The flight has ended, and the page reads on.
  await Promise.all(of.behind)
  expect(isCancelled()).toBe(false)
  void body?.cancel()
  await vi.waitFor(() => expect(isCancelled()).toBe(true))
})

describe('an answer that no page reads is given up', () => {
  it.each([
    ['that is not stored', { 'cache-control': 'no-store' }],
    ['that is too long to be stored', TOO_LONG],
  ])('when a row has stood in for it: one %s', async (_, fields: Fields) => {
    const of = await withStored()
    const reading = of.read({ timeoutMs: 10 }, a)
    const request = await next(of, 1)
    expect(await (await reading).text()).toBe('stored')
    const { response, isCancelled } = watchedResponse(fields)
    request.answer(response)
    await vi.waitFor(() => expect(isCancelled()).toBe(true))
  })

  it('but not while it is being stored', async () => {
    const of = await withStored()
    const reading = of.read({ timeoutMs: 10 }, a)
    const request = await next(of, 1)
    expect(await (await reading).text()).toBe('stored')
    request.answer(new Response('newer', { headers: { vary: 'x-tenant' } }))
    await Promise.all(of.behind)
    expect(await (await of.read({ fresh: 600 }, a)).text()).toBe('newer')
  })

  it('when a read that followed has stopped waiting', async () => {
    const of = await withStored()
    const leader = of.read({}, b)
    const request = await next(of, 1)
    expect(await (await of.read({ timeoutMs: 10 }, a)).text()).toBe('stored')
    const { response, isCancelled } = watchedResponse(TOO_LONG)
    request.answer(response)
    void (await leader).body?.cancel()
    await vi.waitFor(() => expect(isCancelled()).toBe(true))
  })

  it('when the store cannot be written', async () => {
    const of = await worker({ database: () => Promise.reject(new Error('no such luck')) })
    const reading = of.read()
    const { response, isCancelled } = watchedResponse({})
    ;(await next(of, 0)).answer(response)
    void (await reading).body?.cancel()
    await vi.waitFor(() => expect(isCancelled()).toBe(true))
  })
})

describe('an answer whose body does not come whole, while another is stored', () => {
  const tagged = { vary: 'x-tenant', etag: '"2"' }

  /** An answer that has begun, and the rest of it. */
  function begun(fields: Fields = tagged, bytes = 5) {
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({ start: (of) => void (stream = of) })
    stream?.enqueue(new TextEncoder().encode('b'.repeat(bytes)))
    return { response: new Response(body, { headers: fields }), stream: stream! }
  }

  it('is not handed over when it breaks off: what is stored answers', async () => {
    const of = await withStored()
    const reading = of.read({}, a)
    const { response, stream } = begun()
    ;(await next(of, 1)).answer(response)
    stream.error(new TypeError('network error'))
    const answer = await reading
    expect(await answer.text()).toBe('stored')
    expect(answer.headers.get('cache-status')).toMatch(/fwd=stale; detail=offline/)
  })

  it('is not handed over when nothing more comes in the rule’s time; what comes later is stored', async () => {
    const of = await withStored()
    const reading = of.read({ timeoutMs: 50 }, a)
    const { response, stream } = begun()
    ;(await next(of, 1)).answer(response)
    const answer = await reading
    expect(await answer.text()).toBe('stored')
    expect(answer.headers.get('cache-status')).toMatch(/detail=timeout/)
    stream.close()
    await Promise.all(of.behind)
    expect(await (await of.read({ fresh: 600 }, a)).text()).toBe('bbbbb')
  })

  const changes = ({ told }: Worker): unknown[] =>
    told.flatMap((each) => {
      const { kind, informed } = each as { kind?: string; informed?: readonly string[] }
      return kind === 'changed' ? [informed] : []
    })

  it('is a change of which the page is told that did not get it', async () => {
    const of = await withStored()
    const reading = of.read({ timeoutMs: 50 }, a)
    const { response, stream } = begun()
    ;(await next(of, 1)).answer(response)
    await reading
    stream.close()
    await Promise.all(of.behind)
    expect(changes(of)).toEqual([[]])
  })

  it('is none for the page that got it, however soon it is stored', async () => {
    const of = await withStored()
    const reading = of.read({}, a)
    const { response, stream } = begun()
    ;(await next(of, 1)).answer(response)
    stream.close()
    await reading
    await Promise.all(of.behind)
    expect(changes(of)).toEqual([['a tab']])
  })

  it('is handed over where the store fails meanwhile: what is stored does not take its place', async () => {
    const { use } = await fakeDatabase()
    let isSick = false
    const database: UseStore = (mode, work) =>
      isSick && mode === 'readwrite' ? Promise.reject(new Error('no such luck')) : use(mode, work)
    await withStored({ database: use })
    const of = await worker({ database })
    isSick = true
    const reading = of.read({}, a)
    const { response, stream } = begun()
    ;(await next(of, 0)).answer(response)
    await Promise.allSettled([of.store.writer.placeOf(of.store.writer.ticket())])
    stream.close()
    expect(await (await reading).text()).toBe('bbbbb')
  })

  it('is not handed over to a read that has joined either', async () => {
    const of = await withStored()
    const readings = [of.read({}, a), of.read({}, a)]
    const { response, stream } = begun()
    ;(await next(of, 1)).answer(response)
    await joined()
    stream.error(new TypeError('network error'))
    for (const reading of readings) expect(await (await reading).text()).toBe('stored')
    expect(of.arrived).toHaveLength(2)
  })

  it.each([
    ['says to be long', { ...tagged, 'content-length': '2000000' }, 5],
    ['is long', tagged, 2_000_000],
  ])('is handed over as it comes where it %s', async (_, fields: Fields, bytes) => {
    const of = await withStored()
    const reading = of.read({}, a)
    const { response, stream } = begun(fields, bytes)
    ;(await next(of, 1)).answer(response)
    const answer = await reading
    stream.close()
    expect((await answer.text()).length).toBe(bytes)
  })

  it('is handed over as it comes where nothing is stored', async () => {
    const of = await worker()
    const reading = of.read({}, a)
    const { response, stream } = begun()
    ;(await next(of, 0)).answer(response)
    const { body } = await reading
    expect((await body?.getReader().read())?.value?.length).toBe(5)
    stream.close()
  })
})

/** What a worker over this database finds. */
const onDisk = async (database: UseStore): Promise<number> =>
  (await (await worker({ database })).store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).length

/** A stored answer with a tag. */
async function withTagged(given?: Given, rule?: object): Promise<Worker> {
  const of = await worker(given)
  const reading = of.read(rule)
  ;(await next(of, 0)).answer(new Response('stored', { headers: { etag: '"1"' } }))
  await (await reading).text()
  await Promise.all(of.behind)
  return of
}

describe('a user who comes into doubt', () => {
  const OWN = { public: false }

  /** Ada's answer is stored. */
  async function adas() {
    let all: ReturnType<typeof identified> | undefined
    const identities = (ports: object): object => (all = identified({ by: ['identify'] }, ports as never))
    const of = await worker({ identities })
    of.store.writer.activate()
    await all?.identity.identify('a tab', 'ada')
    const first = of.read(OWN)
    ;(await next(of, 0)).answer(new Response('of ada', { headers: { etag: '"1"' } }))
    await (await first).text()
    await Promise.all(of.behind)
    const isDoubted = (): boolean | undefined => all?.identity.isDoubted('user/ada')
    expect(isDoubted()).toBe(false)
    return { of, isDoubted }
  }

  it('by the 401 to a read that followed what the worker asked by itself', async () => {
    const { of, isDoubted } = await adas()
    const refreshing = of.refresh(OWN)
    const request = await next(of, 1)
    const follower = of.read(OWN)
    await joined()
    request.answer(new Response('who?', { status: 401 }))
    await refreshing
    // The read asks for itself, for its own user.
    ;(await next(of, 2)).answer(new Response('who?', { status: 401 }))
    expect((await follower).status).toBe(401)
    expect(isDoubted()).toBe(true)
  })

  it.each<[what: string, end: (request: Arrived) => void]>([
    ['nothing has come in the time of its rule', () => undefined],
    ['a gateway answers', ({ answer }) => answer(new Response('closed', { status: 503 }))],
    ['a 304 confirms it', ({ answer }) => answer(new Response(null, { status: 304, headers: { etag: '"1"' } }))],
  ])('is shown nothing that is stored, by a read in the air for which %s', async (what, end) => {
    const { of, isDoubted } = await adas()
    const reading = of.read({ ...OWN, timeoutMs: what.startsWith('nothing') ? 600 : 60_000 })
    const before = await next(of, 1)
    const refused = of.read(OWN, { range: 'bytes=0-1' })
    ;(await next(of, 2)).answer(new Response('who?', { status: 401 }))
    await refused
    expect(isDoubted()).toBe(true)
    end(before)
    if (what.startsWith('nothing')) {
      await new Promise((resolve) => setTimeout(resolve, 700))
      before.answer(new Response('who?', { status: 401 }))
    }
    if (what.startsWith('a 304')) (await next(of, 3)).answer(new Response('who?', { status: 401 }))
    expect(await (await reading).text()).toBe(what.startsWith('a gateway') ? 'closed' : 'who?')
  })
})

describe('a request that hangs', () => {
  it('is not joined by the reads that come after the time of its rule', async () => {
    const of = await withTagged()
    for (let reads = 1; reads <= 3; reads++) {
      expect(await (await of.read({ timeoutMs: 20 })).text()).toBe('stored')
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(of.arrived).toHaveLength(1 + reads)
    }
  })

  it('is not joined by a later refresh', async () => {
    const of = await withTagged()
    expect(await of.refresh({ timeoutMs: 20 })).toEqual({ outcome: 'unreachable' })
    await new Promise((resolve) => setTimeout(resolve, 10))
    const second = of.refresh({ timeoutMs: 5000 })
    ;(await next(of, 2)).answer(new Response('newer', { headers: { etag: '"2"' } }))
    expect(await second).toEqual({ outcome: 'changed' })
  })
})

describe('reads that are repeated', () => {
  // Longer than the test may take: no read waits for so long.
  const SLOW = { timeoutMs: 600_000 }

  it('reach the origin while the body of the first goes on', async () => {
    const of = await worker()
    for (let at = 0; at < 4; at++) {
      const reading = of.read(SLOW)
      ;(await next(of, at)).answer(watchedResponse({}).response)
      await reading
    }
  })

  it('reach the origin while the disk is slow to write', async () => {
    const { use } = await fakeDatabase()
    const hangs = new Promise<never>(() => undefined)
    let isSlow = false
    const of = await withTagged({
      database: (mode, work) => (isSlow && mode === 'readwrite' ? hangs : use(mode, work)),
    })
    isSlow = true
    for (let at = 1; at < 4; at++) {
      const reading = of.read(SLOW)
      ;(await next(of, at)).answer(new Response(`newer ${at}`))
      await (await reading).text()
    }
  })
})

it('a refresh that a 304 has answered does not wait for the disk', async () => {
  const { use } = await fakeDatabase()
  let isSlow = false
  const hangs = new Promise<never>(() => undefined)
  const of = await withTagged({ database: (mode, work) => (isSlow && mode === 'readwrite' ? hangs : use(mode, work)) })
  isSlow = true
  const refreshing = of.refresh({ timeoutMs: 600_000 })
  ;(await next(of, 1)).answer(new Response(null, { status: 304, headers: { etag: '"1"' } }))
  expect(await refreshing).toEqual({ outcome: 'unchanged' })
})

it('an answer to the user after drops nothing where the store is late', async () => {
  const { use } = await fakeDatabase()
  await withTagged({ database: use })
  let goOn = (): void => undefined
  const late = new Promise<void>((resolve) => (goOn = resolve))
  const of = await worker({ database: async (mode, work) => (await late, use(mode, work)) })
  const reading = of.read({ fresh: 600 })
  const request = await next(of, 0)
  of.store.generations.advance('everyone')
  request.answer(new Response('not yours', { status: 403 }))
  expect((await reading).type).toBe('error')
  goOn()
  await Promise.all(of.behind)
  expect(await onDisk(use)).toBe(1)
})

it('a late store’s answer may stand for an error of the origin, as one in time', async () => {
  const { use } = await fakeDatabase()
  const before = await worker({ database: use })
  const first = before.read()
  ;(await next(before, 0)).answer(new Response('stored', { headers: { 'cache-control': 'stale-if-error=9999' } }))
  await first
  await Promise.all(before.behind)
  let goOn = (): void => undefined
  const late = new Promise<void>((resolve) => (goOn = resolve))
  const of = await worker({ database: async (mode, work) => (await late, use(mode, work)) })
  const reading = of.read()
  const request = await next(of, 0)
  goOn()
  request.answer(new Response('broken', { status: 500 }))
  expect(await (await reading).text()).toBe('stored')
})

it('an identity that fails for an answer leaves that to the page, and stores nothing', async () => {
  const of = await worker({ applySignals: () => Promise.reject(new Error('no such luck')) })
  const reading = of.read()
  ;(await next(of, 0)).answer(new Response('from the network'))
  expect(await (await reading).text()).toBe('from the network')
  await Promise.all(of.behind)
  expect(await of.store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).toEqual([])
})

it('a write that a slow disk records in the end costs another live worker nothing', async () => {
  fakeLocks()
  const names = new Set<string>()
  vi.stubGlobal('caches', {
    keys: () => Promise.resolve([...names]),
    open: (name: string) => Promise.resolve(void names.add(name)),
    delete: (name: string) => Promise.resolve(names.delete(name)),
  })
  const { use } = await fakeDatabase()
  let goOn = (): void => undefined
  let free = Promise.resolve()
  const one = await withTagged({ database: async (mode, work) => (await free, use(mode, work)) })
  const other = await worker({ database: use })
  await other.store.writer.begin()
  one.store.writer.reread()
  await one.store.writer.load()
  free = new Promise<void>((resolve) => (goOn = resolve))
  const writing = one.write()
  await vi.waitFor(() => expect(other.arrived).toHaveLength(1), { timeout: 3000 })
  other.arrived[0]?.answer(new Response('written'))
  await writing
  expect(names.size).toBe(1)
  other.store.writer.reread()
  // What is stored is not believed, and stays.
  expect(await other.store.writer.load()).toBeUndefined()
  await other.store.writer.write(() => undefined)
  expect(await other.store.writer.load()).toBeUndefined()
  goOn()
  await Promise.all(one.behind)
  await vi.waitFor(() => expect(names.size).toBe(0))
  expect(await onDisk(use)).toBe(1)
})

describe('reads in the air when the backend names another user', () => {
  const OWN = { public: false }
  const ofGrace = (): Response => new Response('of grace', { headers: { 'x-user': 'grace' } })

  /** The page is Ada's, by the echo. */
  async function adas(database?: UseStore): Promise<Worker> {
    const identities = (ports: object): object => {
      const all = identified({ by: ['echo'], echo: 'X-User' }, ports as never)
      all.identity.learn('a tab', new Map([['x-user', 'ada']]))
      return all
    }
    const of = await worker({ identities, ...(database && { database }) })
    of.store.writer.activate()
    return of
  }

  it('are answered, each by its own answer', async () => {
    const of = await adas()
    const reads = [1, 2, 3, 4, 5].map((tenant) =>
      of.read({ ...OWN, keyHeaders: ['x-tenant'] }, { 'x-tenant': `${tenant}` }),
    )
    await next(of, 4)
    for (const { answer } of of.arrived) answer(ofGrace())
    for (const each of reads) expect(await (await each).text()).toBe('of grace')
  })

  it('are sent where they still waited for the disk, as they would be without the layer', async () => {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    let free = Promise.resolve()
    const of = await adas(async (mode, work) => (await (mode === 'readonly' ? free : undefined), use(mode, work)))
    const first = of.read(OWN, a)
    const request = await next(of, 0)
    free = new Promise<void>((resolve) => (goOn = resolve))
    const waiting = of.read({ ...OWN, keyHeaders: ['x-tenant'] }, b)
    request.answer(ofGrace())
    await first
    goOn()
    ;(await next(of, 1)).answer(ofGrace())
    expect(await (await waiting).text()).toBe('of grace')
  })
})

describe('a refresh of what was asked for by token', () => {
  const OWN = { public: false }
  const identities = (ports: object): object => identified({ by: ['authorization'] }, ports as never)

  /** The database of a worker that has stored the answer of ada, and that worker. */
  async function adas() {
    const { use: database } = await fakeDatabase()
    const of = await worker({ database, identities })
    of.store.writer.activate()
    const first = of.read(OWN, { authorization: 'Bearer ada' })
    ;(await next(of, 0)).answer(new Response('of ada'))
    await (await first).text()
    await Promise.all(of.behind)
    return { of, database }
  }

  it('goes with the token that this worker has seen', async () => {
    const { of } = await adas()
    const refreshing = of.refresh(OWN)
    const request = await next(of, 1)
    expect(request.fields.get('authorization')).toBe('Bearer ada')
    request.answer(new Response('of ada'))
    expect(await refreshing).toEqual({ outcome: 'unchanged' })
  })

  it('is not sent by a worker that has not seen the token: the origin would answer for another user', async () => {
    const { database } = await adas()
    const later = await worker({ database, identities })
    later.store.writer.activate()
    expect(await later.refresh(OWN)).toEqual({ outcome: 'kept' })
    expect(later.arrived).toHaveLength(0)
  })
})

it('a refresh that waits for the disk while another user signs in asks nothing', async () => {
  let all: ReturnType<typeof identified> | undefined
  const { use } = await fakeDatabase()
  let goOn = (): void => undefined
  let free = Promise.resolve()
  const of = await worker({
    database: async (mode, work) => (await (mode === 'readonly' ? free : undefined), use(mode, work)),
    identities: (ports) => (all = identified({ by: ['identify'] }, ports as never)),
  })
  of.store.writer.activate()
  await all?.identity.identify('a tab', 'ada')
  const first = of.read({ public: false })
  ;(await next(of, 0)).answer(new Response('of ada'))
  await first
  await Promise.all(of.behind)
  free = new Promise<void>((resolve) => (goOn = resolve))
  const refreshing = of.refresh({ public: false })
  const end = await all?.sessions.begin('sign-in')
  await end?.(true, 'a tab')
  goOn()
  expect(await refreshing).toEqual({ outcome: 'kept' })
  expect(of.arrived).toHaveLength(1)
})

describe('what a page has read before the worker was there', () => {
  const PERSONAL = { public: false }
  const TOKEN = { authorization: 'Bearer ada' }
  /** A worker for an identity, and what pages do to it. */
  async function identifying(by: IdentifiedBy, database?: UseStore) {
    let all: ReturnType<typeof identified> | undefined
    const of = await worker({
      ...(database && { database }),
      identities: (ports) => (all = identified(by, ports as never)),
    })
    of.store.writer.activate()
    if (all === undefined) throw new Error('no identity')
    return { of, identity: all.identity }
  }

  it('is stored for the next read, and its page is told: the origin may have changed it since', async () => {
    const of = await worker()
    const filling = of.fill()
    const request = await next(of, 0)
    request.answer(new Response('filled', { headers: { etag: '"1"' } }))
    expect(await filling).toBe(200)
    expect(of.told).toMatchObject([{ kind: 'first', informed: [] }])
    expect(await (await of.read({ fresh: 60 })).text()).toBe('filled')
    // What the page reads because it was told costs no request, whatever its rule says.
    expect(await (await of.read({ fresh: 0 })).text()).toBe('filled')
    expect(of.arrived).toHaveLength(1)
  })

  it.each<[what: string, rule: object, cache: RequestCache]>([
    ['is validated in the browser’s cache, where all users get the same', {}, 'no-cache'],
    ['is asked for past the browser’s cache, where it is one user’s', PERSONAL, 'no-store'],
  ])('%s', async (_, rule, cache) => {
    const { of } = await identifying({ by: ['authorization'], partitionOf: (token) => token })
    const filling = of.fill({ public: true, ...rule }, TOKEN)
    const { request, answer } = await next(of, 0)
    expect(request.cache).toBe(cache)
    answer(new Response('filled'))
    await filling
  })

  it('is stored for the user of a token, who gets it and no other', async () => {
    const { of } = await identifying({ by: ['authorization'], partitionOf: (token) => token })
    const filling = of.fill(PERSONAL, TOKEN)
    const { fields, answer } = await next(of, 0)
    expect(fields.get('authorization')).toBe('Bearer ada')
    answer(new Response('of ada'))
    await filling
    expect(await (await of.read({ ...PERSONAL, fresh: 60 }, TOKEN)).text()).toBe('of ada')
    const reading = of.read({ ...PERSONAL, fresh: 60 }, { authorization: 'Bearer grace' })
    ;(await next(of, 1)).answer(new Response('of grace'))
    expect(await (await reading).text()).toBe('of grace')
  })

  it.each<[by: IdentifiedBy['by'], isAsked: boolean]>([
    [['identify'], false],
    [['identify'], true],
    [['identify', 'echo'], false],
  ])('is asked for by a page with a cookie only where its user is known: %j, %s', async (by, isNamed) => {
    const { of, identity } = await identifying(by.includes('echo') ? { by, echo: 'X-User' } : { by })
    if (isNamed) await identity.identify('a tab', 'ada')
    const filling = of.fill(PERSONAL)
    if (isNamed) (await next(of, 0)).answer(new Response('of ada'))
    expect(await filling).toBe(isNamed ? 200 : undefined)
    expect(of.arrived).toHaveLength(Number(isNamed))
  })

  it.each<[what: string, before: (of: Worker) => Promise<unknown>, rule: object, arrived: number]>([
    ['is stored already', (of) => stored(of), {}, 1],
    ['is of a rule that stores nothing', () => Promise.resolve(), { offline: 0 }, 0],
  ])('is not asked for where it %s', async (_, before, rule, arrived) => {
    const of = await worker()
    await before(of)
    expect(await of.fill(rule)).toBeUndefined()
    expect(of.arrived).toHaveLength(arrived)
  })

  it('is not asked for while a page reads it', async () => {
    const of = await worker()
    const reading = of.read()
    const request = await next(of, 0)
    expect(await of.fill()).toBeUndefined()
    request.answer(new Response('of the page'))
    expect(await (await reading).text()).toBe('of the page')
  })

  it('is not stored where the user leaves meanwhile', async () => {
    const { of, identity } = await identifying({ by: ['identify'] })
    await identity.identify('a tab', 'ada')
    const filling = of.fill(PERSONAL)
    const { answer } = await next(of, 0)
    await identity.identify('a tab', null)
    answer(new Response('of ada'))
    await filling
    await Promise.all(of.behind)
    expect(await of.store.rows.find(`user/ada\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)).toEqual([])
  })

  it('is not asked for where the origin has refused the user', async () => {
    const { of, identity } = await identifying({ by: ['identify'] })
    await identity.identify('a tab', 'ada')
    await identity.refuse('user/ada')
    expect(await of.fill(PERSONAL)).toBeUndefined()
    expect(of.arrived).toHaveLength(0)
  })

  it('is not asked for where the user leaves while the disk is read', async () => {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    let free = Promise.resolve()
    let waits = false
    const database: UseStore = async (mode, work) => {
      waits ||= mode === 'readonly'
      return (await (mode === 'readonly' ? free : undefined), use(mode, work))
    }
    const { of, identity } = await identifying({ by: ['identify'] }, database)
    await identity.identify('a tab', 'ada')
    free = new Promise<void>((resolve) => (goOn = resolve))
    waits = false
    const filling = of.fill(PERSONAL)
    await vi.waitFor(() => expect(waits).toBe(true))
    const leaving = identity.identify('a tab', null)
    goOn()
    await leaving
    expect(await filling).toBeUndefined()
    expect(of.arrived).toHaveLength(0)
  })

  it('is not asked for where the origin wants to be left alone', async () => {
    const of = await worker()
    const reading = of.read()
    ;(await next(of, 0)).answer(new Response('later', { status: 429, headers: { 'retry-after': '60' } }))
    await reading
    await Promise.all(of.behind)
    expect(await of.fill()).toBeUndefined()
    expect(of.arrived).toHaveLength(1)
  })

  it('that the origin does not answer in the rule’s time is given up', async () => {
    const of = await worker()
    expect(await of.fill({ timeoutMs: 10 })).toBe(0)
  })
})

it('an origin that says when to come back is not asked before whether it is back', async () => {
  const of = await worker()
  const reading = of.read()
  ;(await next(of, 0)).answer(new Response('', { status: 503, headers: { 'retry-after': '60' } }))
  await reading
  await Promise.all(of.behind)
  expect(await of.probe()).toMatchObject({ reachable: false })
  expect(of.arrived).toHaveLength(1)
})

/** What is read is stored. */
async function stored(of: Worker): Promise<void> {
  const reading = of.read()
  ;(await next(of, of.arrived.length)).answer(new Response('stored'))
  await reading
  await Promise.all(of.behind)
}

it('a sign-in with credentials of the app itself does not hide whom the page was of: the next token ends them', async () => {
  const by: IdentifiedBy = { by: ['authorization'], partitionOf: (token) => token }
  const of = await worker({ identities: (ports) => identified(by, ports as never) })
  of.store.writer.activate()
  const read = async (user: string, at: number): Promise<void> => {
    const reading = of.read({ public: false }, { authorization: `Bearer ${user}` })
    ;(await next(of, at)).answer(new Response(`of ${user}`))
    await reading
    await Promise.all(of.behind)
  }
  const isKept = async (user: string): Promise<boolean> => {
    const found = await of.store.rows.find(`token/${user}\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)
    return found.length > 0
  }
  await read('ada', 0)
  expect(await isKept('ada')).toBe(true)
  const signingIn = of.write('sign-in', { authorization: 'Basic of-the-app' })
  ;(await next(of, 1)).answer(new Response('welcome'))
  await signingIn
  await read('grace', 2)
  await vi.waitFor(async () => expect(await isKept('ada')).toBe(false))
  expect(await isKept('grace')).toBe(true)
})

describe('what has come while a read waits for the network', () => {
  const OWN = { public: false }
  const rowsOf = (of: Worker, partition: string) =>
    of.store.rows.find(`${partition}\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)

  /** A database that answers only when it is told to. */
  function lateDatabase(use: UseStore, isLate: () => boolean = () => true) {
    let goOn = (): void => undefined
    const late = new Promise<void>((resolve) => (goOn = resolve))
    const database: UseStore = async (mode, work) => {
      if (isLate()) await late
      return use(mode, work)
    }
    return { database, goOn: () => goOn() }
  }

  /** Ada is named, and her answer is stored where it is not yet. */
  async function ofAda(database: UseStore, isStored = false) {
    let all: ReturnType<typeof identified> | undefined
    const of = await worker({
      database,
      identities: (ports) => (all = identified({ by: ['identify'] }, ports as never)),
    })
    of.store.writer.activate()
    await all?.identity.identify('a tab', 'ada')
    if (!isStored) {
      const first = of.read(OWN)
      ;(await next(of, 0)).answer(new Response('of ada', { headers: { etag: '"1"' } }))
      await (await first).text()
      await Promise.all(of.behind)
    }
    return { of, isDoubted: () => all?.identity.isDoubted('user/ada') }
  }

  it('a removal: what was removed does not stand in when the rule’s time is over', async () => {
    const of = await withTagged()
    const reading = of.read({ timeoutMs: 50 })
    const asked = await next(of, 1)
    await of.store.log.remove([`url ${URL_ASKED}`], undefined)
    const other = of.read({ offline: 0 }, { 'x-other': '1' })
    ;(await next(of, 2)).answer(new Response('of now'))
    await other
    asked.answer(new Response('of now'))
    expect(await (await reading).text()).toBe('of now')
  })

  it('a removal: nor does it on a late store', async () => {
    const { use } = await fakeDatabase()
    await withTagged({ database: use })
    const { database, goOn } = lateDatabase(use)
    const of = await worker({ database })
    const reading = of.read({ timeoutMs: 50 })
    const asked = await next(of, 0)
    goOn()
    await vi.waitFor(async () => expect(await rowsOf(of, 'everyone')).toHaveLength(1))
    await of.store.log.remove([`url ${URL_ASKED}`], undefined)
    asked.fail()
    await expect(reading).rejects.toThrow('Failed to fetch')
  })

  it('a 401 to the user: nothing that is stored stands in on a late store', async () => {
    const { use } = await fakeDatabase()
    await ofAda(use)
    let isLate = false
    const { database, goOn } = lateDatabase(use, () => isLate)
    const { of, isDoubted } = await ofAda(database, true)
    of.store.rows.forgetAll()
    isLate = true
    const reading = of.read(OWN)
    const asked = await next(of, 0)
    goOn()
    await vi.waitFor(async () => expect(await rowsOf(of, 'user/ada')).toHaveLength(1))
    const refused = of.read(OWN, { range: 'bytes=0-1' })
    ;(await next(of, 1)).answer(new Response('who?', { status: 401 }))
    await refused
    expect(isDoubted()).toBe(true)
    asked.fail()
    await expect(reading).rejects.toThrow('Failed to fetch')
  })

  it.each([
    ['fails', 60_000],
    ['does not answer in the rule’s time', 50],
  ])('word that the state is to be read again: what is stored stands in where the network %s', async (_, timeoutMs) => {
    const { use } = await fakeDatabase()
    const { of } = await ofAda(use)
    const reading = of.read({ ...OWN, timeoutMs })
    const asked = await next(of, 1)
    of.store.writer.reread()
    if (timeoutMs > 50) asked.fail()
    expect(await (await reading).text()).toBe('of ada')
  })
})

describe('a write whose rule makes tags of its answer', () => {
  it('says which they are when its answer is there, so that news of them by push are no news', async () => {
    const of = await worker()
    const ended: string[] = []
    const writing = of.create((answer) => [`item:${(answer as { id: number }).id}`], ended)
    ;(await next(of, 0)).answer(Response.json({ id: 7 }, { status: 201 }))
    await writing
    expect(ended).toEqual(['item:7'])
  })
})

describe('the answer to a POST that may serve reads (RFC 9110 §9.3.3)', () => {
  const SERVING = { 'content-location': URL_ASKED, 'cache-control': 'max-age=600', etag: '"written"' }
  const HTTP = { fresh: 'http' }
  const written = (fields: Fields = {}): Response => new Response('written', { headers: { ...SERVING, ...fields } })
  const settled = ({ behind }: Worker): Promise<unknown> => Promise.all(behind)

  /** The next read gets this from the origin. */
  async function expectsAsked(of: Worker): Promise<void> {
    await settled(of)
    const sent = of.arrived.length
    const reading = of.read(HTTP)
    ;(await next(of, sent)).answer(new Response('of the origin'))
    expect(await (await reading).text()).toBe('of the origin')
  }

  it('is given to the next read, without a request', async () => {
    const of = await worker()
    const posting = of.post()
    ;(await next(of, 0)).answer(written())
    expect(await (await posting).text()).toBe('written')
    await settled(of)
    const answer = await of.read(HTTP)
    expect(await answer.text()).toBe('written')
    expect(answer.headers.get('cache-status')).toMatch(/^Freshlayer; hit/)
    expect(of.arrived).toHaveLength(1)
  })

  it('has the request of a read, by which it is validated later', async () => {
    const of = await worker()
    const posting = of.post()
    ;(await next(of, 0)).answer(written())
    await posting
    await settled(of)
    const [row] = await of.store.rows.find(`everyone\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)
    expect(row?.request.method).toBe('GET')
    expect([...(row?.request.fields.keys() ?? [])]).not.toContain('content-type')
    expect(row?.tags).toEqual(['items'])
  })

  it('is not stored where the rule does not say so', async () => {
    const of = await worker()
    const posting = of.post(false)
    ;(await next(of, 0)).answer(written())
    await posting
    await expectsAsked(of)
  })

  it('is not stored where nothing of its URL ever is', async () => {
    const of = await worker()
    const posting = of.post(true, { fresh: 0, stale: 0, offline: 0 })
    ;(await next(of, 0)).answer(written())
    await posting
    await expectsAsked(of)
  })

  it('is not stored where it is not known who writes', async () => {
    const of = await worker({ identity: { knownOf: () => undefined } })
    const posting = of.post()
    ;(await next(of, 0)).answer(written())
    await posting
    await expectsAsked(of)
  })

  it('is not stored where it names another user', async () => {
    const of = await worker({ identity: { isOther: () => true } })
    const posting = of.post()
    ;(await next(of, 0)).answer(written())
    await posting
    await expectsAsked(of)
  })

  it.each(['before', 'after'])('is ended by a write that ends %s it', async (when) => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    const writing = of.write()
    const write = await next(of, 1)
    const end = async (): Promise<void> => {
      write.answer(new Response('put'))
      await writing
    }
    if (when === 'before') await end()
    post.answer(written())
    await posting
    if (when === 'after') await end()
    await expectsAsked(of)
  })

  it('is ended by an invalidation of a tag of its route while it is on its way', async () => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    await of.store.log.invalidate(['tag items'], undefined)
    post.answer(written())
    await posting
    await expectsAsked(of)
  })

  it('is not stored where the URL has been removed since it was sent', async () => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    await of.store.log.remove([`url ${URL_ASKED}`], undefined)
    post.answer(written())
    await posting
    await expectsAsked(of)
  })

  it('is not stored where a user has signed out since it was sent', async () => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    await vi.waitFor(() => expect(of.arrived).toHaveLength(1))
    of.store.generations.advance('everyone')
    post.answer(written())
    await posting
    await expectsAsked(of)
  })

  it('does not take the place of what was asked for later', async () => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    const reading = of.read(HTTP)
    ;(await next(of, 1)).answer(new Response('newer', { headers: { etag: '"newer"' } }))
    expect(await (await reading).text()).toBe('newer')
    await settled(of)
    post.answer(written())
    await posting
    await settled(of)
    const again = of.read(HTTP)
    const asked = await next(of, 2)
    expect(asked.fields.get('if-none-match')).toBe('"newer"')
    asked.answer(new Response('of the origin'))
    expect(await (await again).text()).toBe('of the origin')
  })

  it('is not stored while a read that began later is on its way', async () => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    const reading = of.read(HTTP)
    const asked = await next(of, 1)
    post.answer(written())
    await posting
    asked.answer(new Response('newer', { headers: { etag: '"newer"' } }))
    expect(await (await reading).text()).toBe('newer')
    await settled(of)
    const again = of.read(HTTP)
    const then = await next(of, 2)
    expect(then.fields.get('if-none-match')).not.toBe('"written"')
    then.answer(new Response('of the origin'))
    expect(await (await again).text()).toBe('of the origin')
  })

  it('costs the page nothing where it cannot be stored', async () => {
    const of = await worker()
    const posting = of.post()
    const post = await next(of, 0)
    post.fail()
    await expect(posting).rejects.toThrow('Failed to fetch')
    await expectsAsked(of)
  })
})

describe('a rule that does nothing', () => {
  it.each<[why: string, fields: Fields, field: string | undefined, body?: string]>([
    ['no-store', { 'cache-control': 'no-store' }, 'cache-control: no-store'],
    ['vary', { vary: '*' }, 'vary: *'],
    ['credential', { 'x-csrf-token': '1' }, 'x-csrf-token'],
    ['too-large', {}, undefined, 'x'.repeat(2000)],
  ])('is counted and explained by its reason: %s', async (why, fields, field, body = 'an answer') => {
    const of = await worker({ maxBytes: 1000 })
    const reading = of.read()
    ;(await next(of, 0)).answer(new Response(body, { headers: fields }))
    const answer = await reading
    if (why !== 'too-large') expect(answer.headers.get('cache-status')).toContain(`detail=${why}`)
    await answer.text()
    await Promise.all(of.behind)
    expect((await of.stats()).rules['items']?.obstacles).toEqual({ [why]: 1 })
    const { state, obstacle, identifiedBy } = await of.explain()
    expect({ state, obstacle, identifiedBy }).toEqual({
      state: 'absent',
      obstacle: { why, field },
      identifiedBy: ['identify'],
    })
  })

  it('is explained until it does what it says', async () => {
    const of = await worker()
    const first = of.read()
    ;(await next(of, 0)).answer(new Response('', { headers: { 'cache-control': 'no-store' } }))
    await first
    const second = of.read()
    ;(await next(of, 1)).answer(new Response(''))
    await second
    await Promise.all(of.behind)
    expect(await of.explain()).toMatchObject({ state: 'offline' })
    expect(await of.explain()).not.toHaveProperty('obstacle')
    expect((await of.stats()).total.obstacles).toEqual({ 'no-store': 1 })
  })

  it('because the user is not known is explained to the client that asked, and to no other (I3)', async () => {
    const of = await worker({
      identity: {
        partitionOf: () => undefined,
        learn: () => undefined,
        partitionsOf: () => Promise.resolve(['everyone']),
      },
    })
    const reading = of.read()
    ;(await next(of, 0)).answer(new Response(''))
    expect((await reading).headers.get('cache-status')).toContain('detail=unknown-user')
    expect((await of.stats()).total.obstacles).toEqual({ 'unknown-user': 1 })
    expect(await of.explain()).toMatchObject({ state: 'absent', obstacle: { why: 'unknown-user' } })
    expect(await of.explain('another tab')).not.toHaveProperty('obstacle')
  })

  it('but ask, for the answer belongs to no user and varies by cookies, says so with each answer', async () => {
    const of = await worker()
    const fields = { vary: 'Cookie', etag: '"1"' }
    const first = of.read({ fresh: 600 })
    ;(await next(of, 0)).answer(new Response('', { headers: fields }))
    await first
    await Promise.all(of.behind)
    const second = of.read({ fresh: 600 })
    ;(await next(of, 1)).answer(new Response(null, { status: 304, headers: fields }))
    expect((await second).headers.get('cache-status')).toContain('detail=vary-cookie')
    await Promise.all(of.behind)
    expect(await of.explain()).toMatchObject({ obstacle: { why: 'vary-cookie', field: 'vary: Cookie' } })
  })
})

it('on a slow disk the network is asked after a second, however much a read has to look up', async () => {
  const { use } = await fakeDatabase()
  let all: ReturnType<typeof identified> | undefined
  const slow: UseStore = async (mode, work) => {
    await new Promise((resolve) => setTimeout(resolve, 3000))
    return use(mode, work)
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const of = await worker({
    database: slow,
    identities: (ports) => (all = identified({ by: ['identify'] }, ports as never)),
  })
  of.store.writer.activate()
  void all?.identity.identify('a tab', 'ada')
  const beganAtMs = performance.now()
  const reading = of.read({ public: false })
  await vi.waitFor(() => expect(of.arrived).toHaveLength(1), { timeout: 20_000, interval: 50 })
  expect(performance.now() - beganAtMs).toBeLessThan(1500)
  of.arrived[0]?.answer(new Response('of ada'))
  let text = ''
  void reading.then((response) => response.text()).then((read) => (text = read))
  await vi.waitFor(() => expect(text).toBe('of ada'), { timeout: 20_000, interval: 50 })
  expect((await reading).headers.get('cache-status')).toContain('detail=late-store')
  vi.useRealTimers()
})

it('an answer that was stored under rules of before is reached by the tags that its rule has now (I1)', async () => {
  const of = await worker()
  const first = of.read({ fresh: 600 })
  ;(await next(of, 0)).answer(new Response('before'))
  await (await first).text()
  await Promise.all(of.behind)
  await of.store.log.invalidate(['tag items'], undefined)
  const second = of.read({ fresh: 600, tags: ['items'] })
  ;(await next(of, 1)).answer(new Response('after'))
  expect(await (await second).text()).toBe('after')
})

it('an answer that was stored under rules of before says that it is older than the write, where it stands in (I1)', async () => {
  const of = await worker()
  const first = of.read({ fresh: 600, offline: 6000 })
  ;(await next(of, 0)).answer(new Response('before'))
  await (await first).text()
  await Promise.all(of.behind)
  await of.store.log.invalidate(['tag items'], undefined)
  const second = of.read({ fresh: 600, offline: 6000, tags: ['items'] })
  ;(await next(of, 1)).answer(new Response('away', { status: 503 }))
  expect((await second).headers.get('cache-status')).toContain('detail=offline-before-write')
})
