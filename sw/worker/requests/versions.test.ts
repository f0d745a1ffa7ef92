import { describe, expect, it, vi } from 'vitest'
import type { Identity } from '../identity/identity.ts'
import type { UseStore } from '../store/database.ts'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import { type Arrived, type Fields, worker, type Worker } from './worker.fixture.ts'

const { VersionedSender } = await import('./versions.ts')
const { promisifyRequest } = await import('../store/database.ts')

const LIGHT = 'https://app.test/api/versions'
const url = (at: number): string => `https://app.test/api/items/${at}`
const RULE = { name: 'items', versions: { url: '/api/versions' } }

interface Origin {
  /** What the light endpoint says: its body, a response, or that it cannot be reached. */
  versions: unknown
  /** In place of it for the next requests, one for each. */
  readonly instead: unknown[]
  /** Nothing is answered. */
  isAway: boolean
  /** What the data is, by its URL. */
  body: (url: string) => string | Response
  readonly lights: Request[]
  readonly fulls: Request[]
}

/** A worker with versions, and an origin that answers at once. */
async function versioned(
  given: { database?: UseStore; rule?: object; identity?: Partial<Identity>; params?: object } = {},
): Promise<{ of: Worker; origin: Origin; read: (at?: number, headers?: Fields, rule?: object) => Promise<Response> }> {
  const rule = { ...RULE, ...given.rule }
  const origin: Origin = { versions: '"v1"', instead: [], isAway: false, body: () => 'one', lights: [], fulls: [] }
  const of = await worker({
    Sender: VersionedSender,
    match: ({ pathname }: { pathname: string }) => ({
      kind: 'read',
      rule,
      tags: [],
      params: { id: pathname.split('/').at(-1), ...given.params },
    }),
    ...(given.database && { database: given.database }),
    ...(given.identity && { identity: given.identity }),
  })
  of.store.writer.activate()
  const answer = ({ request, answer: give, fail }: Arrived): void => {
    const isLight = request.url.startsWith(LIGHT)
    ;(isLight ? origin.lights : origin.fulls).push(request)
    if (origin.isAway) return fail()
    if (!isLight) {
      const given = origin.body(request.url)
      const response = given instanceof Response ? given : new Response(given)
      response.headers.set('date', 'Sun, 01 Mar 2026 12:00:00 GMT')
      return give(response)
    }
    const said = origin.instead.shift() ?? origin.versions
    if (said instanceof Error) fail()
    else if (said instanceof Promise)
      void said.then((later) => (later instanceof Error ? fail() : give(new Response(String(later)))))
    else give(said instanceof Response ? said.clone() : new Response(String(said)))
  }
  const push = of.arrived.push.bind(of.arrived)
  of.arrived.push = (...all) => {
    for (const each of all) answer(each)
    return push(...all)
  }
  const read = async (at = 1, headers: Fields = {}, more: object = {}): Promise<Response> => {
    const response = await of.read({ ...rule, ...more }, headers, {}, url(at))
    await settled(of)
    return response
  }
  return { of, origin, read }
}

const settled = async (of: Worker): Promise<void> => {
  for (let at = 0; at < of.behind.length; at++) await of.behind[at]
}

const status = (response: Response): string => response.headers.get('cache-status') ?? ''
const asked = ({ lights, fulls }: Origin): [number, number] => [lights.length, fulls.length]

/** A row that has a signature. */
async function signed(given: Parameters<typeof versioned>[0] = {}): ReturnType<typeof versioned> {
  const all = await versioned(given)
  await (await all.read()).text()
  await (await all.read()).text()
  // The first answer was asked for before anything was said; the second has a signature.
  expect(asked(all.origin)).toEqual([1, 2])
  pass()
  return all
}

/** Two seconds go by: nothing is shared any more, and what was announced is no news. */
const pass = (): void => void (passedMs += 2000)
let passedMs = 0
// Else the clocks stand still: a machine that is busy has no part in what is shared.
const beganMs = Date.now()
vi.spyOn(Date, 'now').mockImplementation(() => beganMs + passedMs)
vi.spyOn(performance, 'now').mockImplementation(() => 1000 + passedMs)

describe('an equal signature', () => {
  it('costs one light request and no full fetch, and says so', async () => {
    const { of, origin, read } = await signed()
    const told = of.told.length
    const response = await read()
    expect(await response.text()).toBe('one')
    expect(asked(origin)).toEqual([2, 2])
    expect(status(response)).toContain('detail=same-version')
    expect(of.told).toHaveLength(told)
    const { rules } = await of.stats()
    expect(rules['items']).toMatchObject({ notModified: 1 })
    expect(rules['versions of items']).toMatchObject({ misses: 2 })
  })

  it('restarts the windows', async () => {
    const { read, origin } = await signed()
    await read()
    const response = await read(1, {}, { fresh: 600 })
    expect(status(response)).toContain('hit')
    expect(asked(origin)).toEqual([2, 2])
  })

  it('is equal in whatever order the items come', async () => {
    const { origin, read } = await versioned()
    origin.versions = '[{"id":1,"updatedAt":"a"},{"id":2,"updatedAt":"b"}]'
    for (let at = 0; at < 2; at++) await read()
    pass()
    origin.versions = '[{"id":2,"updatedAt":"b"},{"id":1,"updatedAt":"a"}]'
    await read()
    expect(asked(origin)).toEqual([2, 2])
  })

  it('confirms nothing that refresh() asks for, nor a page that wants validation', async () => {
    const { of, origin } = await signed()
    await of.read(RULE, { 'cache-control': 'no-cache' }, {}, url(1))
    expect(asked(origin)).toEqual([1, 3])
  })
})

describe('another signature', () => {
  it('fetches, and stores the answer with it', async () => {
    const { of, origin, read } = await signed()
    origin.versions = '"v2"'
    origin.body = () => 'two'
    expect(await (await read()).text()).toBe('two')
    expect(asked(origin)).toEqual([2, 3])
    expect(of.told.at(-1)).toMatchObject({ kind: 'changed' })
    pass()
    expect(status(await read())).toContain('same-version')
    expect(asked(origin)).toEqual([3, 3])
  })

  it('names what is new, changed and gone, after the worker was stopped too', async () => {
    const { use } = await fakeDatabase()
    const before = await versioned({ database: use })
    before.origin.versions = '[{"id":1,"updatedAt":"a"},{"id":2,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await before.read()
    await vi.waitFor(async () => expect(await listOf(before.of)).toHaveLength(1))
    const { of, origin, read } = await versioned({ database: use })
    origin.versions = '[{"id":2,"updatedAt":"b"},{"id":3,"updatedAt":"a"}]'
    origin.body = () => 'two'
    await read()
    expect(of.told.at(-1)).toMatchObject({
      kind: 'changed',
      diff: { added: ['3'], updated: ['2'], removed: ['1'] },
    })
  })

  it('names what differs from versions that have come back, after the worker was stopped too', async () => {
    const { use } = await fakeDatabase()
    const before = await versioned({ database: use })
    const item = (updatedAt: string): string => `[{"id":1,"updatedAt":"${updatedAt}"}]`
    await before.read()
    for (const updatedAt of ['a', 'b', 'a']) {
      before.origin.versions = item(updatedAt)
      before.origin.body = () => updatedAt
      await before.read()
      pass()
    }
    await vi.waitFor(async () => {
      const [list] = await listOf(before.of)
      expect(new TextDecoder().decode((list as { body: ArrayBuffer }).body)).toBe('[["1","a"]]')
    })
    const { of, origin, read } = await versioned({ database: use })
    origin.versions = item('c')
    origin.body = () => 'c'
    await read()
    expect(of.told.at(-1)).toMatchObject({ kind: 'changed', diff: { added: [], updated: ['1'], removed: [] } })
  })

  it('names also what the data had already when it came after the version', async () => {
    const { of, origin, read } = await versioned()
    origin.versions = '[{"id":1,"updatedAt":"a"},{"id":2,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await read()
    pass()
    // Item 2 changes between the versions and the data.
    origin.versions = '[{"id":1,"updatedAt":"b"},{"id":2,"updatedAt":"a"}]'
    origin.body = () => 'both'
    await read()
    pass()
    origin.versions = '[{"id":1,"updatedAt":"b"},{"id":2,"updatedAt":"b"}]'
    await read()
    const naming = (updated: string): unknown =>
      expect.objectContaining({ kind: 'changed', diff: { added: [], updated: [updated], removed: [] } }) as unknown
    expect(of.told.slice(-2)).toEqual([naming('1'), naming('2')])
    pass()
    expect(status(await read())).toContain('same-version')
  })

  it('names each of two changes that come one right after the other, of answers that are validated each time', async () => {
    const { of, origin, read } = await versioned()
    const give = (updatedAt: string): void => {
      origin.versions = `[{"id":1,"updatedAt":"a"},{"id":2,"updatedAt":"${updatedAt}"}]`
      origin.body = () => new Response(updatedAt, { headers: { 'cache-control': 'no-cache' } })
    }
    give('a')
    for (let at = 0; at < 2; at++) await read()
    for (const updatedAt of ['b', 'c']) {
      // No list is shared for longer than a second; what was announced is news for two.
      passedMs += 1100
      give(updatedAt)
      await of.write(undefined, {}, url(1))
      await read()
    }
    const named = of.told.filter((change) => (change as { diff?: object } | undefined)?.diff !== undefined)
    expect(named).toHaveLength(2)
  })

  it('names what has changed since the last versions, where the data between had none', async () => {
    const { of, origin, read } = await versioned()
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await read()
    for (const body of ['two', 'three']) {
      pass()
      origin.versions = new TypeError('Failed to fetch')
      origin.body = () => body
      await read()
    }
    pass()
    origin.versions = '[{"id":1,"updatedAt":"b"}]'
    await read()
    expect(of.told.at(-1)).toMatchObject({ kind: 'changed', diff: { added: [], updated: ['1'], removed: [] } })
  })

  it('names what has changed since the row, where another question was under way when its versions came', async () => {
    const { of, origin, read } = await versioned()
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await read()
    pass()
    const say: ((said: string | Error) => void)[] = []
    for (let at = 0; at < 2; at++) origin.instead.push(new Promise((resolve) => say.push(resolve)))
    origin.body = () => 'two'
    const first = of.read(RULE, {}, {}, url(1))
    await vi.waitFor(() => expect(origin.instead).toHaveLength(1))
    await of.write(undefined, {}, url(1))
    const second = of.read(RULE, {}, {}, url(1)).catch(() => undefined)
    await vi.waitFor(() => expect(origin.instead).toHaveLength(0))
    say[0]?.('[{"id":1,"updatedAt":"b"}]')
    await first
    await vi.waitFor(() => expect(of.told).toContainEqual(expect.objectContaining({ kind: 'changed' })))
    origin.isAway = true
    say[1]?.(new TypeError('Failed to fetch'))
    await second
    await settled(of)
    origin.isAway = false
    pass()
    origin.versions = '[{"id":1,"updatedAt":"b"},{"id":2,"updatedAt":"a"}]'
    origin.body = () => 'three'
    await read()
    expect(of.told.at(-1)).toMatchObject({ kind: 'changed', diff: { added: ['2'], updated: [], removed: [] } })
  })

  it('of an item that the endpoint lists fetches that item alone', async () => {
    const { origin, read } = await versioned({ rule: { versions: { url: '/api/versions', id: '{id}' } } })
    origin.versions = '[{"id":1,"updatedAt":"a"},{"id":2,"updatedAt":"a"}]'
    for (const at of [1, 2, 1, 2]) await read(at)
    pass()
    origin.versions = '[{"id":1,"updatedAt":"b"},{"id":2,"updatedAt":"a"}]'
    const before = origin.fulls.length
    for (const at of [1, 2]) await read(at)
    expect(origin.fulls.slice(before).map((request) => request.url)).toEqual([url(1)])
  })

  it('an item that is not listed is fetched', async () => {
    const { origin, read } = await versioned({ rule: { versions: { url: '/api/versions', id: '{id}' } } })
    origin.versions = '[]'
    for (let at = 0; at < 3; at++) await read()
    expect(origin.fulls).toHaveLength(3)
  })
})

const listOf = (of: Worker): Promise<readonly unknown[]> => of.store.rows.find(`everyone\nrow\nversions  ${LIGHT}`)

describe('a light endpoint that is of no use', () => {
  it.each([
    ['fails', new Response('no', { status: 500 })],
    ['is not there', new Response('no', { status: 404 })],
    ['is a sign-in page', new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
    ['says nothing that is a version', new Response('{"error":"not now"}')],
    ['has an id twice', new Response('[{"id":1,"updatedAt":1},{"id":1,"updatedAt":2}]')],
  ])('%s: the data itself is fetched, and the endpoint left alone for a while', async (what, versions) => {
    const { origin, read } = await versioned({ rule: { versions: { url: `/api/versions?${what}` } } })
    const warn = vi.spyOn(console, 'warn')
    origin.versions = versions
    const warned = (): number => warn.mock.calls.filter(([text]) => String(text).includes('gives no versions')).length
    const before = warned()
    for (let at = 0; at < 4; at++) {
      expect(await (await read()).text()).toBe('one')
      pass()
    }
    expect(asked(origin)).toEqual([1, 4])
    expect(warned()).toBe(before + 1)
  })

  it('is not left alone where an answer of it has broken off', async () => {
    const { origin, read } = await versioned()
    for (let at = 0; at < 2; at++) await read()
    pass()
    const broken = new ReadableStream({
      start: (body) => {
        body.enqueue(new TextEncoder().encode('"v'))
        body.error(new TypeError('network error'))
      },
    })
    origin.instead.push(new Response(broken))
    await read()
    pass()
    await read()
    pass()
    expect(status(await read())).toContain('same-version')
  })

  it('is left alone also where the app has many others', async () => {
    const { origin, read } = await versioned({ rule: { keyHeaders: ['x-store'] } })
    origin.versions = new Response('no', { status: 404 })
    for (let store = 0; store < 200; store++) {
      await read(1, { 'x-store': 'the one that is shown' })
      await read(1, { 'x-store': String(store) })
      await read(1, { 'x-store': String(store) })
    }
    const stores = origin.lights.map(({ headers }) => headers.get('x-store'))
    expect(stores.filter((store) => store === 'the one that is shown')).toHaveLength(1)
  })
})

describe('a light endpoint that cannot be reached', () => {
  /** What a failure means is not known before something else is answered. */
  const withoutLook = (): void => {
    vi.stubGlobal('location', { origin: new URL(LIGHT).origin })
    vi.stubGlobal('navigator', { onLine: true, locks: navigator.locks })
    const { fetch } = globalThis
    const never = new Promise<Response>(() => undefined)
    vi.stubGlobal('fetch', (given: Request | string) => (typeof given === 'string' ? never : fetch(given)))
  }

  it('is asked once more when something else is answered, and what it says then is no answer of the data', async () => {
    const { use } = await fakeDatabase()
    const { of, origin } = await signed({ database: use })
    withoutLook()
    let say: ((version: string) => void) | undefined
    origin.instead.push(new TypeError('Failed to fetch'), new Promise((resolve) => (say = resolve)))
    origin.body = () => 'two'
    const [before] = asked(origin)
    expect(await (await of.read(RULE, {}, {}, url(1))).text()).toBe('two')
    await vi.waitFor(() => expect(origin.lights).toHaveLength(before + 2))
    say?.('"v2"')
    await settled(of)
    const keys = await use('readonly', (store) => promisifyRequest(store.getAllKeys()))
    expect(keys.filter((key) => String(key).includes('/api/versions') && !String(key).includes('versions '))).toEqual(
      [],
    )
    pass()
    expect(await (await of.read(RULE, {}, {}, url(1))).text()).toBe('two')
  })

  it('names what has changed meanwhile once it is back, by the request that finds that it is', async () => {
    const { of, origin, read } = await versioned()
    withoutLook()
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await (await read()).text()
    await vi.waitFor(async () => expect(await listOf(of)).toHaveLength(1))
    pass()
    origin.isAway = true
    await read().catch(() => undefined)
    origin.isAway = false
    origin.versions = '[{"id":1,"updatedAt":"b"},{"id":2,"updatedAt":"a"}]'
    origin.body = () => 'two'
    await (await read(2)).text()
    await vi.waitFor(() =>
      expect(of.told).toContainEqual(
        expect.objectContaining({ kind: 'changed', diff: { added: ['2'], updated: ['1'], removed: [] } }),
      ),
    )
  })

  /** Items that are named differ from those of before the outage. */
  const NAMED = expect.objectContaining({ kind: 'changed', diff: { added: ['2'], updated: ['1'], removed: [] } })

  /** Only when the data has come can the light endpoint be reached again. */
  const backWithData = (origin: Origin): void => {
    origin.isAway = false
    origin.versions = new TypeError('Failed to fetch')
    origin.body = (of) => {
      if (of === url(1)) origin.versions = '[{"id":1,"updatedAt":"b"},{"id":2,"updatedAt":"a"}]'
      return 'two'
    }
  }

  it('names what has changed also if it is back later than the data, and gives that no version', async () => {
    const { of, origin, read } = await versioned()
    withoutLook()
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await (await read()).text()
    await vi.waitFor(async () => expect(await listOf(of)).toHaveLength(1))
    pass()
    origin.isAway = true
    await read().catch(() => undefined)
    backWithData(origin)
    await (await read(2)).text()
    await vi.waitFor(() => expect(of.told).toContainEqual(NAMED))
    pass()
    // What it said after the data may be newer than that.
    const [, fulls] = asked(origin)
    await (await read()).text()
    expect(origin.fulls).toHaveLength(fulls + 1)
    pass()
    expect(status(await read())).toContain('same-version')
  })

  it('names what has changed to other tabs where a page has read the data meanwhile', async () => {
    const { of, origin, read } = await versioned()
    withoutLook()
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await (await read()).text()
    pass()
    backWithData(origin)
    expect(await (await read()).text()).toBe('two')
    await vi.waitFor(() => expect(of.told).toContainEqual(NAMED))
  })

  it('is not asked once more for names where none can come of it', async () => {
    const { origin, read } = await versioned()
    withoutLook()
    origin.versions = new TypeError('Failed to fetch')
    for (let at = 0; at < 3; at++) {
      await (await read()).text()
      pass()
    }
    // Before each read but the first, and by the one look that what has failed gets when something else is answered.
    expect(origin.lights).toHaveLength(3)
  })

  it('names nothing where the version is the same and the data is not', async () => {
    const { of, origin, read } = await versioned()
    withoutLook()
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    for (let at = 0; at < 2; at++) await (await read()).text()
    await vi.waitFor(async () => expect(await listOf(of)).toHaveLength(1))
    pass()
    origin.isAway = true
    await read().catch(() => undefined)
    origin.isAway = false
    origin.body = () => 'two'
    await (await read(2)).text()
    await vi.waitFor(() => expect(of.told).toContainEqual(expect.objectContaining({ kind: 'changed' })))
    expect(of.told).not.toContainEqual(expect.objectContaining({ diff: expect.anything() as unknown }))
  })

  it.each([502, 503, 504])('because a gateway says %i is asked again with the next read', async (code) => {
    const { origin, read } = await signed()
    pass()
    origin.versions = new Response('', { status: code })
    await read()
    origin.versions = '"v2"'
    for (let at = 0; at < 2; at++) {
      pass()
      await read()
    }
    pass()
    expect(status(await read())).toContain('same-version')
  })
})

it('what came and went between two questions is not kept by a row that was read in between', async () => {
  const { origin, read } = await signed()
  // Another user adds an item, this one reads a page of the list for the first time, and the item is deleted again.
  origin.versions = '"v2"'
  origin.body = () => 'with the item'
  await (await read(2)).text()
  pass()
  origin.versions = '"v1"'
  origin.body = () => 'without'
  expect(await (await read(2)).text()).toBe('without')
})

describe('rows that share a light endpoint', () => {
  it('300 of them ask it once', async () => {
    const { of, origin, read } = await versioned()
    const all = Array.from({ length: 300 }, (_, at) => at)
    await Promise.all(all.map((at) => read(at)))
    await Promise.all(all.map((at) => read(at)))
    expect(asked(origin)).toEqual([1, 600])
    pass()
    const answers = await Promise.all(all.map((at) => read(at)))
    expect(asked(origin)).toEqual([2, 600])
    expect(answers.every((response) => status(response).includes('same-version'))).toBe(true)
    const { rules } = await of.stats()
    expect(rules['items']).toMatchObject({ notModified: 300, requestsSaved: 299 })
  }, 60_000)

  it('ask it again where users, tokens or key fields differ', async () => {
    const { origin, read } = await versioned({ rule: { keyHeaders: ['x-store'] } })
    for (const store of ['a', 'b', 'a', 'b']) await read(1, { 'x-store': store })
    expect(origin.lights.map(({ headers }) => headers.get('x-store'))).toEqual(['a', 'b'])
  })
})

describe('users, I3', () => {
  const identity = {
    partitionOf: (request: Request) => Promise.resolve(`user/${request.headers.get('x-user') ?? ''}`),
  } as never

  it('what one was told confirms nothing of another, even in the same moment', async () => {
    const { origin, read } = await versioned({ identity, rule: { public: false } })
    for (const user of ['ada', 'ada', 'grace', 'grace', 'ada']) await read(1, { 'x-user': user })
    // Grace's first answer was asked for before she was told anything.
    expect(asked(origin)).toEqual([2, 4])
  })

  it('what a user was told before the sign-out is no signature after it', async () => {
    const { of, origin, read } = await versioned({ identity, rule: { public: false } })
    for (let at = 0; at < 2; at++) await read(1, { 'x-user': 'ada' })
    of.store.generations.advance('user/ada')
    // The next session's row of another URL has none to begin with.
    await read(2, { 'x-user': 'ada' })
    pass()
    await read(2, { 'x-user': 'ada' })
    expect(asked(origin)).toEqual([2, 4])
  })
})

describe('a write, I1', () => {
  it('is followed by a question of its own, and what it covers is confirmed by that alone', async () => {
    const { of, origin, read } = await signed()
    await read()
    expect(asked(origin)).toEqual([2, 2])
    // Within the moment in which an answer is shared.
    await of.write(undefined, {}, url(1))
    await settled(of)
    origin.fulls.length = 0
    const response = await read(1, {}, { fresh: 600 })
    expect(origin.lights).toHaveLength(3)
    expect(origin.fulls).toHaveLength(0)
    expect(status(response)).toContain('same-version')
    // It was asked after the write: so the row holds again.
    expect(status(await read(1, {}, { fresh: 600 }))).toContain('hit')
  })

  it('that changes the version is fetched', async () => {
    const { of, origin, read } = await signed()
    await of.write(undefined, {}, url(1))
    await settled(of)
    origin.versions = '"v2"'
    origin.body = () => 'two'
    expect(await (await read(1, {}, { fresh: 600 })).text()).toBe('two')
  })

  it('an answer that was asked for before it confirms nothing after it', async () => {
    const { of, origin, read } = await signed()
    let land: Arrived['answer'] = () => undefined
    const push = of.arrived.push.bind(of.arrived)
    // The next light request is in the air until the write has ended.
    of.arrived.push = (...all) => {
      of.arrived.push = push
      origin.lights.push((all[0] as Arrived).request)
      land = (all[0] as Arrived).answer
      return 0
    }
    const early = of.read(RULE, {}, {}, url(1))
    await vi.waitFor(() => expect(origin.lights).toHaveLength(2))
    await of.write(undefined, {}, url(1))
    const late = read(1)
    await vi.waitFor(() => expect(origin.lights).toHaveLength(3))
    land(new Response('"v1"'))
    await Promise.all([early, late])
    await settled(of)
    expect(status(await late)).toContain('same-version')
    // What the early answer confirmed is older than the write; what the late one confirmed is not.
    expect(status(await read(1, {}, { fresh: 600 }))).toContain('hit')
  })
})

describe('a disk', () => {
  it('that is slow keeps no read waiting, and what was said counts when the row is there', async () => {
    const { use } = await fakeDatabase()
    let free = Promise.resolve()
    let goOn = (): void => undefined
    const slow: UseStore = async (mode, work) => (await (mode === 'readwrite' ? free : undefined), use(mode, work))
    const { of, origin, read } = await signed({ database: slow })
    free = new Promise<void>((resolve) => (goOn = resolve))
    const reading = of.read(RULE, {}, {}, url(1))
    expect(await (await reading).text()).toBe('one')
    expect(asked(origin)).toEqual([2, 2])
    goOn()
    await settled(of)
    pass()
    expect(status(await read())).toContain('same-version')
  })

  it('that fails costs the names of the items, and nothing else', async () => {
    const { use } = await fakeDatabase()
    let fails = false
    const failing: UseStore = (mode, work) => (fails ? Promise.reject(new Error('full')) : use(mode, work))
    const { origin, read } = await versioned({ database: failing })
    origin.versions = '[{"id":1,"updatedAt":"a"}]'
    await read()
    fails = true
    expect(await (await read()).text()).toBe('one')
    fails = false
  })
})

it('a worker that is stopped between the light answer and the store has confirmed nothing', async () => {
  const { use } = await fakeDatabase()
  let isStopped = false
  const never = new Promise<never>(() => undefined)
  const stopping: UseStore = (mode, work) => (isStopped ? never : use(mode, work))
  const { of, origin } = await signed({ database: stopping })
  isStopped = true
  void of.read(RULE, {}, {}, url(1))
  await vi.waitFor(() => expect(origin.lights).toHaveLength(2))
  const later = await versioned({ database: use })
  later.origin.versions = '"v2"'
  later.origin.body = () => 'two'
  expect(await (await later.read(1, {}, { fresh: 0 })).text()).toBe('two')
  expect(asked(later.origin)).toEqual([1, 1])
})
