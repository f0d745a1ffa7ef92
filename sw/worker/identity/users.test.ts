import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Users } from './identity.ts'
import { FAILING, fakeWriter, recordsIn } from '../store/fake-database.fixture.ts'
import type { StateReader, Transactions, Writer } from '../store/writer.ts'

const { usersBy } = await import('./users.ts')
const { Secrets } = await import('./secrets.ts')

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
afterEach(() => void said.mockClear())

/** An empty store that keeps nothing. */
const empty = {
  addReader: () => undefined,
  load: () => Promise.resolve(undefined),
  read: () => Promise.resolve([]),
  write: () => Promise.resolve(),
} as unknown as Writer

const NOTHING_FOLLOWS = {
  end: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  advance: () => undefined,
  resume: () => Promise.resolve(),
  tell: () => undefined,
  followed: () => undefined,
}

const opened = async (): Promise<Writer> => (await fakeWriter()).writer

const told = (config: Parameters<typeof usersBy>[0], store: Writer, keys: Transactions = FAILING): Users =>
  usersBy(config, store, new Secrets(keys), NOTHING_FOLLOWS)

const tokens = (partitionOf?: (token: string) => unknown): Users =>
  told({ by: ['authorization'], ...(partitionOf && { partitionOf: partitionOf as never }) }, empty)

async function partitionOf(users: Users, token: string, clientId = 'a tab'): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${token}` }
  return users.partitionOf(new Request('https://app.test/api', { headers }), clientId, { public: false })
}

const jwt = (claims: unknown): string => `head.${btoa(JSON.stringify(claims))}.signature`

describe('partitionOf', () => {
  it.each<[gives: string, partitionOf: (token: string) => unknown]>([
    ['numbers', Number],
    ['numbers beyond those that are exact', (token) => Number(`9007199254740993${token}`)],
    ['a number that is none', () => Number.NaN],
    ['null', () => null],
    ['an empty text', () => ''],
    ['a promise', (token) => Promise.resolve(token)],
    ['an object', (token) => ({ id: token })],
    ['undefined', () => undefined],
    [
      'nothing, since it throws',
      () => {
        throw new Error('no such claim')
      },
    ],
  ])('that gives %s keeps users apart, and one user the same', async (_, given) => {
    const users = tokens(given)
    const [one, again, other] = [
      await partitionOf(users, '123'),
      await partitionOf(users, '123'),
      await partitionOf(users, '425'),
    ]
    expect(one).toBe(again)
    expect(one).not.toBe(other)
    for (const partition of [one, other]) expect(partition).toMatch(/^token\/./)
  })

  it('names a user by a number as by its text', async () => {
    expect(
      await partitionOf(
        tokens(() => 123),
        'x',
      ),
    ).toBe(
      await partitionOf(
        tokens(() => '123'),
        'y',
      ),
    )
  })

  it.each<[how: string, partitionOf: () => unknown]>([
    ['knows no name', () => undefined],
    ['gives no name', () => null],
    ['throws', () => JSON.parse('no JSON') as unknown],
  ])('that %s leaves the token to name its user', async (_, given) => {
    expect(await partitionOf(tokens(given), jwt({ iss: 'id', sub: 'ada' }))).toBe('token/id/ada')
  })
})

describe('the console message for a partitionOf without a valid name', () => {
  it.each<[how: string, partitionOf: (token: string) => unknown, says: string]>([
    ['gives something else', (token) => [token], 'object'],
    ['throws', (token) => JSON.parse(token) as unknown, 'SyntaxError'],
  ])('and %s holds nothing of the token', async (_, given, says) => {
    vi.resetModules()
    const { usersBy: anew } = await import('./users.ts')
    const config = { by: ['authorization'], partitionOf: given as never } as const
    await partitionOf(anew(config, empty, new Secrets(FAILING), NOTHING_FOLLOWS), 'very-secret')
    expect(said.mock.calls.flat()).toContain(says)
    expect(said.mock.calls.flat().map(String).join(' ')).not.toContain('very-secret')
  })
})

describe('a token that does not name its user', () => {
  const BASIC = `Basic ${btoa('ada:hunter2')}`
  const ofBasic = (users: Users, by = BASIC): unknown =>
    users.partitionOf(new Request('https://app.test/', { headers: { authorization: by } }), 'a tab', { public: false })

  it('has a partition from which an attacker cannot find it by trying passwords', async () => {
    const hash = async (text: string): Promise<string> => {
      const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
      return encodeURIComponent(btoa(String.fromCharCode(...new Uint8Array(bytes))))
    }
    const users = tokens()
    const partition = await ofBasic(users)
    expect(partition).toMatch(/^token\/[^/]{20,}$/)
    for (const guess of [BASIC, `freshlayer ${BASIC}`]) expect(partition).not.toContain(await hash(guess))
    expect(await ofBasic(users)).toBe(partition)
    expect(await ofBasic(users, 'Basic other')).not.toBe(partition)
    // In another browser the same password gives another name.
    expect(await ofBasic(tokens())).not.toBe(partition)
  })

  it('has the same one in the next worker', async () => {
    const keys = await opened()
    const next = (): Users => told({ by: ['authorization'] }, empty, keys)
    expect(await ofBasic(next())).toBe(await ofBasic(next()))
  })
})

describe('the users whose tokens a page has used', () => {
  it('are known to the next worker: the last one of each issuer', async () => {
    const { name, writer: store } = await fakeWriter()
    const users = told({ by: ['authorization'] }, store)
    for (const claims of [
      { iss: 'one', sub: 'ada' },
      { iss: 'two', sub: '7' },
      { iss: 'one', sub: 'grace' },
    ]) {
      await partitionOf(users, jwt(claims))
    }
    const next = told({ by: ['authorization'] }, (await fakeWriter(name)).writer)
    expect(await next.partitionsOf('a tab')).toEqual(['everyone', 'anonymous', 'token/two/7', 'token/one/grace'])
    await partitionOf(next, jwt({ iss: 'two', sub: '8' }))
    expect(await next.partitionsOf('a tab')).toEqual(['everyone', 'anonymous', 'token/one/grace', 'token/two/8'])
  })

  it('notify the page once for each new user', async () => {
    const postMessage = vi.fn()
    vi.stubGlobal('clients', { get: (id: string) => Promise.resolve({ postMessage: () => postMessage(id) }) })
    const users = tokens()
    for (const sub of ['ada', 'ada', 'grace']) await partitionOf(users, jwt({ iss: 'id', sub }))
    expect(postMessage.mock.calls).toEqual([['a tab'], ['a tab']])
    vi.stubGlobal('clients', undefined)
  })

  it('are removed from disk when they sign out, even after a restart and without stored data', async () => {
    const { name, writer: store } = await fakeWriter()
    const users = told({ by: ['authorization'] }, store)
    await partitionOf(users, jwt({ iss: 'id', sub: 'ada' }))
    await partitionOf(users, jwt({ iss: 'id', sub: 'grace' }), 'another tab')
    const next = told({ by: ['authorization'] }, (await fakeWriter(name)).writer)
    expect(await next.own('a tab')).toEqual(['token/id/ada'])
    await next.leave(async (forget) => forget(await next.own('a tab')))
    expect(JSON.stringify([...(await recordsIn(store))])).not.toContain('/ada')
    expect(await next.partitionsOf('another tab')).toEqual(['everyone', 'anonymous', 'token/id/grace'])
    // The client of the page is unknown, so the sign-out ends the tokens of all users.
    expect(await next.own('a third tab')).toEqual(['token/id/grace'])
  })
})

describe('the subject of a JWT', () => {
  it.each<[what: string, one: unknown, other: unknown]>([
    ['null', null, null],
    ['an object', { id: 1 }, { id: 2 }],
    ['a list', ['ada'], ['ada']],
    ['empty', '', ''],
    ['a truth value', true, true],
    ['beyond the exact numbers', 9_007_199_254_740_992, 9_007_199_254_740_992],
    ['absent', undefined, undefined],
  ])('that is %s names no user: each token has a partition of its own', async (_, one, other) => {
    const users = tokens()
    const first = await partitionOf(users, jwt({ sub: one, of: 'ada' }))
    expect(await partitionOf(users, jwt({ sub: other, of: 'grace' }))).not.toBe(first)
  })

  it.each<[what: string, claims: unknown, partition: string]>([
    ['a text', { iss: 'id', sub: 'ada' }, 'token/id/ada'],
    ['a number', { iss: 'id', sub: 7 }, 'token/id/7'],
    ['one of no issuer', { sub: 'ada' }, 'token//ada'],
    ['one of an issuer that is no text', { iss: { id: 1 }, sub: 'ada' }, 'token//ada'],
    ['one of an issuer that is null', { iss: null, sub: 'ada' }, 'token//ada'],
  ])('that is %s names the user, whatever else the token says', async (_, claims, partition) => {
    expect(await partitionOf(tokens(), jwt(claims))).toBe(partition)
    expect(await partitionOf(tokens(), jwt({ ...(claims as object), exp: 1 }))).toBe(partition)
  })

  it('leads to one warning when the token names a tenant and there is no partitionOf', async () => {
    const ofTenant = (name: string, tenant: unknown): string => jwt({ iss: 'id', sub: 'ada', [name]: tenant })
    await partitionOf(tokens(), ofTenant('tid', null))
    await partitionOf(tokens(), ofTenant('scope', 'one'))
    await partitionOf(
      tokens((token) => token),
      ofTenant('tid', 'one'),
    )
    expect(said).not.toHaveBeenCalled()
    const users = tokens()
    const partition = await partitionOf(users, ofTenant('org_id', 'secret tenant'))
    expect(await partitionOf(users, ofTenant('tenant', 2))).toBe(partition)
    expect(said.mock.calls).toEqual([[expect.stringContaining('identity.partitionOf'), 'org_id']])
  })

  it.each(['null', '7', '"ada"', '[]'])('of a token whose claims are %s names no user', async (claims) => {
    expect(await partitionOf(tokens(), `head.${btoa(claims)}.signature`)).toMatch(/^token\/[^/]{20,}$/)
  })
})

/** A store whose first read, that of the doubts, ends as the test says. */
function reading() {
  let left: (records: unknown[]) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const readers: StateReader[] = []
  const loading = new Promise<unknown[]>((...settle) => ([left, reject] = settle)).then((records) => {
    for (const reader of readers) reader.learn(records)
  })
  loading.catch(() => undefined)
  const resolve = (partitions: string[]): void =>
    left(partitions.map((partition) => ({ kind: 'refused', partition, id: partition })))
  const written: (string | undefined)[] = []
  const store = {
    addReader: (reader: StateReader) => readers.push(reader),
    load: () => loading,
    read: (work: { readonly name: string }) => Promise.resolve(work.name === 'storedPartitions' ? [] : 'readonly'),
    write: (work: (transaction: unknown) => unknown) => {
      const records = { put: (_: unknown, key: string) => written.push(key), delete: () => written.push(undefined) }
      return Promise.resolve(work({ store: records }))
    },
  } as unknown as Writer
  return { resolve, reject, store, written }
}

describe('the doubts on disk', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const ADA = jwt({ sub: 'ada' })
  const GRACE = jwt({ sub: 'grace' })

  it('are read before the first personal read is answered', async () => {
    const { store, resolve } = reading()
    const users = told({ by: ['authorization'] }, store)
    const ada = partitionOf(users, ADA)
    resolve(['token//ada'])
    expect(users.isDoubted((await ada) ?? '')).toBe(true)
    expect(users.isDoubted('token//grace')).toBe(false)
    expect(users.isDoubted('everyone')).toBe(false)
  })

  it('delay a read by at most a second, and only once', async () => {
    const users = told({ by: ['authorization'] }, reading().store)
    const ada = partitionOf(users, ADA)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await ada).toBe('token//ada')
    expect(await partitionOf(users, GRACE)).toBe('token//grace')
  })

  it.each(['takes long', 'fails'])('is everybody while the store %s, but for what is public', async (how) => {
    const { store, reject } = reading()
    const users = told({ by: ['authorization'] }, store)
    if (how === 'fails') reject(new Error('no such luck'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(users.isDoubted('token//ada')).toBe(true)
    expect(users.isDoubted('everyone')).toBe(false)
    // The origin has answered one of them with success.
    void users.confirm('token//ada')
    expect(users.isDoubted('token//ada')).toBe(false)
    expect(users.isDoubted('token//grace')).toBe(true)
  })

  it('that are read late count for users without an answer since', async () => {
    const { store, resolve } = reading()
    const users = told({ by: ['authorization'] }, store)
    await vi.advanceTimersByTimeAsync(1000)
    void users.confirm('token//ada')
    resolve(['token//ada', 'token//grace'])
    await vi.advanceTimersByTimeAsync(0)
    const doubted = ['token//ada', 'token//grace', 'token//mary'].filter((partition) => users.isDoubted(partition))
    expect(doubted).toEqual(['token//grace'])
  })

  it('include a user that the origin refuses meanwhile', async () => {
    const { store, written, resolve } = reading()
    const users = told({ by: ['authorization'] }, store)
    void users.refuse('token//ada')
    expect(written).toEqual(['!trust token//ada'])
    resolve([])
    await vi.advanceTimersByTimeAsync(0)
    expect(users.isDoubted('token//ada')).toBe(true)
  })

  it('are known before a client gets the last user', async () => {
    const { store, resolve } = reading()
    const users = told({ by: ['echo'], echo: 'X-User', offlineIdentity: 'last' }, store)
    let isTaken = false
    const last = users.last('a tab').then((partition) => ((isTaken = true), partition))
    await vi.advanceTimersByTimeAsync(0)
    expect(isTaken).toBe(false)
    resolve([])
    expect(await last).toBe('user/readonly')
    expect(users.isDoubted('user/readonly')).toBe(false)
  })
})

describe('a page that names its user, without an echo', () => {
  it.each([
    ['ends the doubt after a sign-in', (users: Users) => users.follow(undefined), false],
    ['does not end the doubt after a 401', (users: Users) => users.refuse('user/ada'), true],
  ] as const)('%s', async (_, doubt, isDoubted) => {
    vi.stubGlobal('clients', { matchAll: () => Promise.resolve([]) })
    const users = told({ by: ['identify'] }, await opened())
    await users.identify('a tab', 'ada')
    await doubt(users)
    expect(users.isDoubted('user/ada')).toBe(true)
    await users.identify('a tab', 'ada')
    expect(users.isDoubted('user/ada')).toBe(isDoubted)
  })
})

describe('a closed client', () => {
  it('leaves nothing in memory: neither its user, its tokens, nor that its page was silent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const asked = vi.fn<() => void>()
    const open = ['a tab']
    vi.stubGlobal('clients', {
      get: () => Promise.resolve({ postMessage: asked }),
      matchAll: () => Promise.resolve(open.map((id) => ({ id }))),
    })
    const users = told({ by: ['authorization', 'identify'] }, await opened())
    const read = async (): Promise<void> => {
      const partition = users.partitionOf(new Request('https://app.test/api'), 'a tab', { public: false })
      await vi.waitFor(async () => {
        await vi.advanceTimersByTimeAsync(300)
        expect(await Promise.race([partition, Promise.resolve('pending')])).toBeUndefined()
      })
    }
    const ofToken = (await partitionOf(users, jwt({ sub: 'ada' }))) ?? ''
    asked.mockClear()
    await read()
    await users.tidy()
    await read()
    expect(asked).toHaveBeenCalledTimes(1)
    expect(await users.credentialsOf(ofToken, undefined)).toBeDefined()
    open.length = 0
    await users.tidy()
    expect(await users.credentialsOf(ofToken, undefined)).toBeUndefined()
    expect(users.ownInMemory(undefined)).toEqual([])
    await read()
    expect(asked).toHaveBeenCalledTimes(2)
    vi.useRealTimers()
  })
})

describe('the partitions of a client', () => {
  it('hold its user also where the disk takes seconds to say who that is', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { name, writer } = await fakeWriter()
    vi.stubGlobal('clients', { matchAll: () => Promise.resolve([{ id: 'a tab' }]) })
    await told({ by: ['identify'] }, writer).identify('a tab', 'ada')
    const slow = (await fakeWriter(name)).writer
    const read = slow.read.bind(slow)
    slow.read = (work) => new Promise<void>((resolve) => setTimeout(resolve, 4000)).then(() => read(work))
    const partitions = told({ by: ['identify'] }, slow).partitionsOf('a tab')
    await vi.advanceTimersByTimeAsync(4000)
    expect(await partitions).toEqual(['everyone', 'user/ada'])
    vi.useRealTimers()
  })
})

it('the last user is known also where the disk takes seconds: nothing else can answer', async () => {
  vi.stubGlobal('clients', { matchAll: () => Promise.resolve([{ id: 'a tab' }]) })
  const { name, writer } = await fakeWriter()
  const config = { by: ['identify'], offlineIdentity: 'last' } as const
  await told(config, writer).identify('a tab', 'ada')
  await vi.waitFor(async () => expect(await told(config, writer).last('a new tab')).toBe('user/ada'))
  const slow = (await fakeWriter(name)).writer
  const [read, load] = [slow.read.bind(slow), slow.load.bind(slow)]
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 4000))
  slow.read = (work) => late().then(() => read(work))
  slow.load = () => late().then(load)
  const found: unknown[] = []
  void told(config, slow)
    .last('a new tab')
    .then((last) => found.push(last))
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(1000)
    expect(found).toHaveLength(1)
  })
  vi.useRealTimers()
  expect(found).toEqual(['user/ada'])
})

describe('the load of a page, with identify and echo', () => {
  async function loaded(echo: string): Promise<{ partition: string | undefined; ended: string[] }> {
    const { store, resolve } = reading()
    resolve([])
    const ended: string[] = []
    const end = (partitions: readonly string[]): Promise<void> => Promise.resolve(void ended.push(...partitions))
    const config = { by: ['identify', 'echo'], echo: 'X-User' } as const
    const users = usersBy(config, store, new Secrets(FAILING), { ...NOTHING_FOLLOWS, end })
    // The backend's echo for Ada.
    void users.endIfOther('user/ada', 'another tab', new Map([['x-user', 'ada']]))
    await users.identify('a tab', 'ada').catch(() => undefined)
    return { partition: await users.ofPage('a tab', new Map([['x-user', echo]]), () => true), ended }
  }

  it.each(['grace', ''])('that is of %j ends the user whom the page still names', async (echo) => {
    expect(await loaded(echo)).toEqual({ partition: undefined, ended: ['user/ada'] })
  })

  it('belongs to the user that the page names', async () => {
    expect(await loaded('ada')).toEqual({ partition: 'user/ada', ended: [] })
  })
})

describe('a request without a token', () => {
  const asked = (users: Users): unknown =>
    users.partitionOf(new Request('https://app.test/'), 'a tab', { public: false })

  it('is without a user where tokens alone say who asks, whatever happens to users', async () => {
    const { name, writer } = await fakeWriter()
    await writer.write(({ store }) => void store.put({}, 'anonymous\nrow\nhttps://app.test/\nGET\n\n'))
    const users = told({ by: ['authorization'] }, (await fakeWriter(name)).writer)
    expect(await asked(users)).toBe('anonymous')
    expect(users.knownOf(new Request('https://app.test/'), 'a tab')).toBe('anonymous')
    await users.refuse('anonymous')
    await users.follow(undefined)
    expect(users.isDoubted('anonymous')).toBe(false)
    expect(await users.own('a tab')).toEqual([])
    expect(await users.partitionsOf('a tab')).toEqual(['everyone', 'anonymous'])
  })

  it('is of an unknown user where there are other ways', async () => {
    expect(await asked(told({ by: ['authorization', 'echo'], echo: 'X-User' }, await opened()))).toBeUndefined()
  })
})

describe('the token of a user, after a restart of the worker', () => {
  it.each<[what: string, says: readonly unknown[], isKnown: boolean]>([
    ['that an open page has', [undefined, `Bearer ${jwt({ sub: 'ada' })}`], true],
    ['where the page is of another user by now', [`Bearer ${jwt({ sub: 'grace' })}`], false],
    ['where no page says it', [undefined, '', 7], false],
  ])('is asked of the pages: one %s', async (_, says, isKnown) => {
    const clients = says.map((said, at) => ({
      id: `tab ${at}`,
      postMessage: ({ say }: { say: string }, [port]: MessagePort[] = []) =>
        say === 'authorization' && port?.postMessage(said),
    }))
    vi.stubGlobal('clients', { matchAll: () => Promise.resolve(clients), get: () => Promise.resolve() })
    const users = told({ by: ['authorization'] }, await opened())
    const expected = isKnown ? `Bearer ${jwt({ sub: 'ada' })}` : undefined
    expect(await users.credentialsOf('token//ada', 'a tab')).toBe(expected)
    // The user of a cookie has none.
    expect(await users.credentialsOf('user/ada', 'a tab')).toBeUndefined()
  })
})

describe('a client that belongs to a page and cannot name its user', () => {
  const page = (id: string) => ({ id, type: 'window', url: 'https://app.test/' })

  it.each<[what: string, client: object, users: readonly (string | null | undefined)[], partition: string | undefined]>(
    [
      ['a worker, where one page is open', { type: 'worker' }, ['ada'], 'user/ada'],
      ['a shared worker, where both pages have one user', { type: 'sharedworker' }, ['ada', 'ada'], 'user/ada'],
      ['a frame without a URL', { type: 'window', url: 'about:srcdoc' }, ['ada'], 'user/ada'],
      ['a worker, where pages have different users', { type: 'worker' }, ['ada', 'bob'], undefined],
      ['a worker, where one page has not named its user', { type: 'worker' }, ['ada', undefined], undefined],
      ['a worker, where no user is signed in', { type: 'worker' }, [null], undefined],
      ['a worker without a page', { type: 'worker' }, [], undefined],
    ],
  )('has the user whom all pages have: %s', async (_, client, named, partition) => {
    const asked = vi.fn()
    const own = { id: 'its own', url: 'https://app.test/work.js', postMessage: asked, ...client }
    const pages = named.map((_user, at) => page(`tab ${at}`))
    vi.stubGlobal('clients', {
      get: () => Promise.resolve(own),
      matchAll: () => Promise.resolve([...pages, ...(own.url === 'about:srcdoc' ? [own] : [])]),
    })
    const users = told({ by: ['identify'] }, await opened())
    for (const [at, user] of named.entries()) if (user !== undefined) await users.identify(`tab ${at}`, user)
    const request = new Request('https://app.test/')
    expect(await users.partitionOf(request, 'its own', { public: false })).toBe(partition)
    expect(asked).not.toHaveBeenCalled()
  })
})

it('a worker of two pages is not given the user whom one of them leaves while the disk is read for the other', async () => {
  const store = await opened()
  const own = { id: 'its own', type: 'worker', url: 'https://app.test/work.js' }
  const pages = ['a tab', 'another'].map((id) => ({ id, type: 'window', url: 'https://app.test/' }))
  vi.stubGlobal('clients', { get: () => Promise.resolve(own), matchAll: () => Promise.resolve(pages) })
  const users = told({ by: ['identify'] }, store)
  for (const { id } of pages) await users.identify(id, 'ada')
  let goOn = (): void => undefined
  const free = new Promise<void>((resolve) => (goOn = resolve))
  const read = store.read.bind(store)
  // The worker's own record is read, then those of the pages. The last one comes late.
  const reading = vi.spyOn(store, 'read').mockImplementation(async (work) => {
    const isLast = reading.mock.calls.length === 3
    const found = await read(work)
    if (isLast) await free
    return found
  })
  const asking = users.partitionOf(new Request('https://app.test/'), 'its own', { public: false })
  await vi.waitFor(() => expect(reading).toHaveBeenCalledTimes(3))
  await reading.mock.results[1]?.value
  await new Promise((resolve) => setTimeout(resolve))
  void users.identify('a tab', 'grace')
  goOn()
  expect(await asking).toBeUndefined()
})

it('the token of a user is asked of the page that wants it used: it may have been renewed without a request', async () => {
  const [old, renewed] = [1, 2].map((exp) => `Bearer ${jwt({ sub: 'ada', exp })}`)
  const tab = {
    id: 'a tab',
    postMessage: ({ say }: { say: string }, [port]: MessagePort[] = []) =>
      say === 'authorization' && port?.postMessage(renewed),
  }
  vi.stubGlobal('clients', { matchAll: () => Promise.resolve([tab]), get: () => Promise.resolve(tab) })
  const users = told({ by: ['authorization'] }, await opened())
  const request = new Request('https://app.test/', { headers: { authorization: `${old}` } })
  await users.partitionOf(request, 'a tab', { public: false })
  expect(await users.credentialsOf('token//ada', 'a tab')).toBe(renewed)
})

describe('a visitor whom the backend does not name', () => {
  it.each([[undefined], ['/me']])('is not asked about again at each read (probe: %s)', async (probe) => {
    const probed = vi.fn(() => Promise.resolve(new Response('nobody')))
    vi.stubGlobal('fetch', probed)
    const users = told({ by: ['echo'], echo: 'X-User', ...(probe && { probe }) }, await opened())
    for (let reads = 0; reads < 5; reads++) {
      const asked = [0, 1, 2].map(async () =>
        users.partitionOf(new Request('https://app.test/'), 'a tab', { public: false }),
      )
      if (probe === undefined) {
        await asked[0]
        users.learn('a tab', new Map())
      }
      expect(await Promise.all(asked)).toEqual([undefined, undefined, undefined])
    }
    expect(probed).toHaveBeenCalledTimes(probe === undefined ? 0 : 1)
    // Each answer may name the user.
    users.learn('a tab', new Map([['x-user', 'ada']]))
    expect(await users.partitionOf(new Request('https://app.test/'), 'a tab', { public: false })).toBe('user/ada')
  })
})

describe('an echo', () => {
  it('of an answer to a token is ignored and not stored', async () => {
    const store = await opened()
    const users = told({ by: ['authorization', 'echo'], echo: 'X-User' }, store)
    const partition = (await partitionOf(users, jwt({ sub: 'ada' }))) ?? ''
    for (const path of ['/one', '/two', '/three']) {
      expect(users.endIfOther(partition, 'a tab', new Map([['x-user', 'ada']])), path).toBeUndefined()
    }
    await users.partitionsOf('a tab')
    expect([...(await recordsIn(store)).keys()].filter((key) => !key.startsWith('!'))).toEqual(['token a tab'])
  })

  it('that is empty means that no user is signed in, which a page alone cannot state', async () => {
    const { store, resolve } = reading()
    resolve([])
    const users = told({ by: ['echo'], echo: 'X-User' }, store)
    const asked = (): unknown => users.partitionOf(new Request('https://app.test/'), 'a tab', { public: false })
    users.learn('a tab', new Map([['x-user', 'ada']]))
    expect(await asked()).toBe('user/ada')
    // With `echo` alone a page does not decide: its `null` would end the data of all users.
    await users.identify('a tab', null)
    expect(await asked()).toBe('user/ada')
    expect(users.endIfOther('user/ada', 'a tab', new Map([['x-user', '']]))).toBeDefined()
    expect(await asked()).toBeUndefined()
    expect(await users.partitionsOf('a tab')).toEqual(['everyone'])
  })
})

it('a user who is being forgotten is not brought back by a read of the disk that is under way', async () => {
  const store = await opened()
  await told({ by: ['identify'] }, store).identify('a tab', 'ada')
  const users = told({ by: ['identify'] }, store)
  const before = users.partitionsOf('a tab')
  const forgetting = users.leave((forget) => forget(['user/ada']))
  const during = users.partitionsOf('a tab')
  await Promise.all([before, during, forgetting])
  expect(users.ownInMemory('a tab')).toEqual([])
  expect(await users.partitionsOf('a tab')).toEqual(['everyone'])
})

it('an echo whose consequences cannot be stored is reported once, and its user is known', async () => {
  const remove = (): Promise<never> => Promise.reject(new Error('no such luck'))
  const users = usersBy({ by: ['echo'], echo: 'X-User' }, empty, new Secrets(FAILING), { ...NOTHING_FOLLOWS, remove })
  users.learn('a tab', new Map([['x-user', 'ada']]))
  await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(1))
  expect(await users.partitionsOf('a tab')).toContain('user/ada')
})
