import { describe, expect, it, vi } from 'vitest'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'
import type { Store } from '../store/store.ts'

// After the globals of the fixture.
const { storeOver } = await import('../store/store.ts')
const { everyone } = await import('../identity/everyone.ts')
const { Secrets } = await import('../identity/secrets.ts')
const { UserSessions } = await import('../identity/sessions.ts')
const { Statistics } = await import('../statistics.ts')
const { Reads } = await import('./answer-read.ts')
const { Flights } = await import('./flights.ts')
const { Reachability } = await import('./reachability.ts')
const { ResponseStore } = await import('./response-store.ts')
const { Writes } = await import('./writes.ts')

vi.spyOn(console, 'warn').mockImplementation(() => undefined)

const URL_ASKED = 'https://app.test/api/items'
const RULE = {
  name: 'items',
  fresh: 0,
  stale: 0,
  offline: 3600,
  timeoutMs: 60_000,
  retry: 0,
  trust: 'rule',
  keyHeaders: [],
  ignoreQuery: [],
}

type Fields = Record<string, string>

/** A request as the origin has received it, and what the origin says to it. */
interface Arrived {
  readonly fields: Headers
  readonly answer: (response: Response) => void
  readonly fail: () => void
}

interface Given {
  /** Sessions in place of none. */
  readonly sessions?: (ports: object) => object
  /** Default: a database of its own. */
  readonly database?: UseStore
  /** In place of the identity where all users see the same. */
  readonly identity?: object
}

/** Reads and writes over a store, as pages and the origin see them. */
async function worker({ database, identity: other, sessions = () => ({}) }: Given = {}): Promise<{
  readonly arrived: Arrived[]
  readonly told: unknown[]
  readonly read: (rule?: object, fields?: Fields) => Promise<Response>
  readonly write: (session?: 'sign-out') => Promise<Response>
  readonly behind: Promise<unknown>[]
  readonly store: Store
}> {
  const arrived: Arrived[] = []
  const told: unknown[] = []
  const behind: Promise<unknown>[] = []
  vi.stubGlobal(
    'fetch',
    ({ headers }: Request) =>
      new Promise<Response>((resolve, reject) =>
        arrived.push({ fields: headers, answer: resolve, fail: () => reject(new TypeError('Failed to fetch')) }),
      ),
  )
  const use = database ?? (await fakeDatabase()).use
  const store = storeOver(use, { version: '1', budget: { all: 1e9 as never, rules: {} } })
  const channel = {
    changes: (changes: unknown[]) => told.push(...changes),
    announce: (each: unknown) => told.push(each),
    tellWorkers: () => told.push({ say: 'write' }),
  }
  const secrets = new Secrets(store.writer)
  const everyones = everyone()
  const shared = {
    ...store,
    channel,
    secrets,
    ...everyones,
    identity: { ...everyones.identity, ...other },
    urlOf: (url: string) => url,
    statistics: new Statistics(store.writer),
    reachability: new Reachability(channel as never),
    structured: undefined,
    policies: undefined,
    ranges: undefined,
  }
  const responses = new ResponseStore(shared as never)
  const ports = { ...shared, responses, flights: new Flights({ ...shared, responses } as never) }
  const reads = new Reads(ports as never)
  const writes = new Writes({ ...ports, ...sessions(ports) } as never)
  const waitUntil = (work: Promise<unknown>): void => void behind.push(work)
  return {
    arrived,
    told,
    behind,
    store,
    read: (rule, headers = {}) => {
      const match = { kind: 'read', rule: { ...RULE, ...rule }, tags: [] } as never
      return reads.answer({ request: new Request(URL_ASKED, { headers }), match, clientId: 'a tab', waitUntil })
    },
    write: (session) => {
      const invalidates = { urls: [], patterns: [], tags: [] }
      const { tags, ...places } = invalidates
      const match = { kind: 'write', rule: { invalidates: places, session }, params: {}, tags } as never
      return writes.answer(new Request(URL_ASKED, { method: 'PUT' }), match, 'a tab', waitUntil)
    },
  }
}

type Worker = Awaited<ReturnType<typeof worker>>

/** The origin's next request; waits for it. */
const next = async ({ arrived }: Worker, at: number): Promise<Arrived> => {
  await vi.waitFor(() => expect(arrived.length).toBeGreaterThan(at), { timeout: 5000 })
  return arrived[at] as Arrived
}

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
    const own = await next(of, 2)
    own.answer(new Response('closed for b', { status: 503 }))
    expect(await (await follower).text()).toBe('closed for b')
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
  const forget = vi.fn(() => Promise.resolve())
  const of = await worker({
    database: () => Promise.reject(new Error('no such luck')),
    identity: { forget, own: () => Promise.resolve([]), ownInMemory: () => [] },
    sessions: (ports) => ({ sessions: new UserSessions(ports as never) }),
  })
  const writing = of.write('sign-out')
  ;(await next(of, 0)).answer(new Response('', { headers: { 'clear-site-data': '"cache"' } }))
  await writing
  expect(forget).toHaveBeenCalled()
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

describe('an answer that nobody reads is given up', () => {
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
