import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { IdentifiedBy } from '../../../config/language/index.ts'
import type { Identity, Session, Users } from './identity.ts'
import { bytes } from '../../core/units.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { fakeCaches, fakeDatabase, fakeLocks, recordsIn } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'

const { identified } = await import('./identified.ts')
const { Secrets } = await import('./secrets.ts')
const { storeOver } = await import('../store/store.ts')

/** The open clients. */
let open: { readonly id: string; readonly postMessage?: (message: unknown) => void }[] = []
beforeEach(() => {
  open = [{ id: 'a tab', postMessage: () => undefined }]
  vi.stubGlobal('clients', {
    matchAll: () => Promise.resolve(open),
    get: (id: string) => Promise.resolve(open.find((client) => client.id === id)),
  })
})

/** What a worker's sessions need; called with the name of a database, those of another worker on the same data. */
function started(use: UseStore, isActive = true, config: IdentifiedBy = { by: ['identify'] }, version = '1') {
  const store = storeOver(use, { version, budget: { all: bytes(1e9), rules: {} } })
  const channel = {
    changes: vi.fn<(changes: unknown[]) => void>(),
    announce: () => undefined,
    tellWorkers: vi.fn<() => void>(),
  }
  const ports = { ...store, channel: channel as never, secrets: new Secrets(store.writer) }
  const identities = identified(config, ports)
  if (isActive) store.writer.activate()
  return { ...store, channel, ...identities }
}

const sessionsOnDisk = async (use: UseStore): Promise<string[]> =>
  [...(await recordsIn(started(use).writer)).keys()].filter((key) => key.startsWith('!session'))

describe('a sign-in under way', () => {
  afterEach(() => void vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true }))

  it('is left to the worker that sends it; until it has ended, other workers validate each user', async () => {
    fakeLocks()
    const { use } = await fakeDatabase()
    const end = await started(use).sessions.begin('sign-in')
    const other = started(use)
    await other.writer.begin()
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    expect(other.identity.isDoubted('everyone')).toBe(false)
    expect(await sessionsOnDisk(use)).toHaveLength(1)

    await end(false, 'a tab')
    other.writer.reread()
    await other.writer.load()
    expect(other.identity.isDoubted('user/ada')).toBe(false)
    expect(await sessionsOnDisk(use)).toEqual([])
  })

  it('is told to workers that have read the state before', async () => {
    fakeLocks()
    const { use } = await fakeDatabase()
    const [one, other] = [started(use), started(use)]
    await other.writer.begin()
    await other.identity.identify('a tab', 'ada')
    one.channel.tellWorkers.mockImplementation(() => other.writer.reread())
    await one.sessions.begin('sign-in')
    await read(other)
    expect(other.identity.isDoubted('user/ada')).toBe(true)
  })

  it('counts as done when its worker is gone, also for a worker that was there before', async () => {
    const held = fakeLocks()
    const { use } = await fakeDatabase()
    await started(use).sessions.begin('sign-in')
    const other = started(use)
    await other.identity.identify('a tab', 'ada')
    expect(await sessionsOnDisk(use)).toHaveLength(1)
    held.length = 0
    other.writer.reread()
    await other.writer.load()
    await vi.waitFor(async () => expect(await sessionsOnDisk(use)).toEqual([]))
    for (const partition of ['user/ada', 'user/grace']) expect(other.identity.isDoubted(partition)).toBe(true)
    // Its own token names that user.
    expect(other.identity.isDoubted('token//mary')).toBe(false)
  })
})

it('a sign-in whose worker is stopped later does not keep the users of another in doubt', async () => {
  const locks = fakeLocks()
  const { use } = await fakeDatabase()
  await started(use).sessions.load('sign-in', 'the next page')
  const of = started(use)
  await of.writer.begin()
  expect(of.identity.isDoubted('user/ada')).toBe(true)
  await of.identity.tidy()
  expect(await sessionsOnDisk(use)).toHaveLength(1)
  // The older worker is stopped, and says nothing more.
  locks.length = 0
  await of.identity.tidy()
  expect(await sessionsOnDisk(use)).toEqual([])
  // It counts as done.
  expect(of.identity.isDoubted('user/ada')).toBe(true)
  await of.identity.identify('the next page', 'ada')
  expect(of.identity.isDoubted('user/ada')).toBe(false)
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
})

/** What a page reads as its client's user. */
const read = ({ identity }: { readonly identity: Identity }, clientId = 'a tab'): unknown =>
  identity.partitionOf(new Request('https://app.test/api'), clientId, { public: false })

describe('a doubt of one worker', () => {
  /** Two workers that serve ada: as when each has heard her name and a success. */
  async function two() {
    const { name, use } = await fakeDatabase()
    const [one, other] = [started(use), started(use)]
    for (const { identity } of [one, other]) {
      await identity.identify('a tab', 'ada')
      await identity.refuse('user/ada')
      await identity.confirm('user/ada')
    }
    one.channel.tellWorkers.mockImplementation(() => other.writer.reread())
    return { name, one, other }
  }

  it.each([
    ['a refusal', ({ identity }: Started) => identity.refuse('user/ada'), ['user/ada'], true],
    // Each page has to name its user again, and no answer to an earlier request counts.
    ['a sign-in', ({ sessions }: Started) => signIn(sessions), [], false],
  ] as const)('holds in another: %s', async (_, put, stay, lives) => {
    const { one, other } = await two()
    const isSame = other.generations.watch('user/ada')
    await put(one)
    void read(other)
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    await other.writer.load()
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    expect((other.identity as Users).ownInMemory('a tab')).toEqual(stay)
    expect(isSame()).toBe(lives)
  })

  it.each(['a refusal', 'a sign-in'])(
    'is not ended by an end that another worker has begun before: %s',
    async (what) => {
      const { name, one, other } = await two()
      await other.identity.refuse('user/ada')
      const earlier = what === 'a sign-in' ? signIn(one.sessions) : one.identity.refuse('user/ada')
      const ending = other.identity.confirm('user/ada')
      await Promise.all([earlier, ending])
      await read(other)
      expect(other.identity.isDoubted('user/ada')).toBe(true)
      const third = started((await fakeDatabase(name)).use)
      await third.writer.load()
      expect(third.identity.isDoubted('user/ada')).toBe(true)
    },
  )

  it.each(['a refusal', 'a sign-in'])(
    'that this worker has ended stays ended, though its record is on disk still: %s',
    async (what) => {
      const { use } = await fakeDatabase()
      const one = started(use)
      await (what === 'a sign-in' ? signIn(one.sessions) : one.identity.refuse('user/ada'))
      const ending = one.identity.confirm('user/ada')
      one.writer.reread()
      await one.writer.load()
      expect(one.identity.isDoubted('user/ada')).toBe(false)
      await ending
      const next = started(use)
      await next.writer.load()
      expect(next.identity.isDoubted('user/ada')).toBe(false)
    },
  )
})

/** A sign-in that succeeds. */
async function signIn(sessions: Started['sessions']): Promise<void> {
  const end = await sessions.begin('sign-in')
  await end(true, 'a tab')
}

type Started = ReturnType<typeof started>

/** Ada's row, on disk as an earlier worker has left it. */
async function withRow(use: UseStore, user = 'ada'): Promise<void> {
  const before = started(use)
  const partition = `user/${user}`
  const sequence = await before.writer.placeOf(before.writer.ticket())
  const row = storedRow({}, { partition, key: `${partition}\nrow\nhttps://app.test/\nGET`, sequence })
  await before.rows.commit(row, undefined)
}

/** A database whose every transaction begins when the test says so. */
function held(use: UseStore): { readonly use: UseStore; readonly letGo: () => void } {
  let letGo = (): void => undefined
  const free = new Promise<void>((resolve) => (letGo = resolve))
  return { use: async (mode, work) => (await free, use(mode, work)), letGo }
}

describe('a read that begins after a session has changed', () => {
  const ECHO = { by: ['echo'], echo: 'X-User' } as const

  it.each<[Session, string]>([
    ['sign-in', 'a write'],
    ['sign-out', 'a write'],
    ['sign-in', 'a page load'],
    ['sign-out', 'a page load'],
    ['sign-out', 'the page'],
  ])('lives on, and its user is in doubt, while the disk is slow: %s by %s', async (session, by) => {
    const { use } = await fakeDatabase()
    await withRow(use)
    const slow = held(use)
    const { identity, sessions, generations, signOut } = started(slow.use, true, ECHO)
    const before = ['', 'user/ada', 'user/bob'].map((partition) => generations.watch(partition))
    const everyone = generations.watch('everyone')
    let changed: Promise<void> | undefined
    if (by === 'the page') changed = signOut('a tab')
    else if (by === 'a page load') {
      void sessions.load(session, 'a new tab')
      changed = sessions.heard('a new tab')
    } else {
      const end = await sessions.begin(session)
      changed = end(true, 'a tab')
    }
    const after = ['', 'user/ada', 'user/bob'].map((partition) => generations.watch(partition))
    expect(identity.isDoubted('user/ada')).toBe(true)
    slow.letGo()
    await changed
    expect(before.map((isSame) => isSame())).toEqual([false, false, false])
    expect(after.map((isSame) => isSame())).toEqual([true, true, true])
    expect(everyone()).toBe(true)
  })

  it('lives on where the page names no user and then one', async () => {
    const { use } = await fakeDatabase()
    await withRow(use)
    const slow = held(use)
    const { identity, generations, rows } = started(slow.use)
    const none = identity.identify('a tab', null)
    // The disk is being asked.
    await new Promise((resolve) => setTimeout(resolve))
    const ada = identity.identify('a tab', 'ada')
    const isSame = generations.watch('user/ada')
    slow.letGo()
    await Promise.all([none, ada])
    expect(isSame()).toBe(true)
    expect(await rows.find('user/ada\nrow\nhttps://app.test/\nGET')).toHaveLength(1)
  })

  it('is of the user who has been named since, also on disk', async () => {
    const { use } = await fakeDatabase()
    await withRow(use)
    const { identity, signOut } = started(use)
    await identity.identify('a tab', 'ada')
    const out = signOut('a tab')
    await Promise.all([identity.identify('a tab', 'bob'), out])
    expect(await read({ identity })).toBe('user/bob')
    expect(await started(use).identity.partitionsOf('a tab')).toEqual(['everyone', 'user/bob'])
  })

  it.each(['before', 'after'])(
    'is not validated for ever: the page names its user %s the doubt has been read',
    async (when) => {
      const { use } = await fakeDatabase()
      await signIn(started(use).sessions)
      const slow = held(use)
      const { identity, writer } = started(slow.use)
      if (when === 'after') {
        slow.letGo()
        await writer.load()
      }
      const naming = identity.identify('a tab', 'ada')
      slow.letGo()
      await naming
      await vi.waitFor(() => expect(identity.isDoubted('user/ada')).toBe(false))
      expect(identity.isDoubted('user/bob')).toBe(true)
    },
  )
})

describe('a page that names its user while the state is read for longer than anything waits', () => {
  /** A worker after a sign-in of another one. Its page has named Ada, and nothing waits for the state any more. */
  async function waiting() {
    const { use } = await fakeDatabase()
    await signIn(started(use).sessions)
    const slow = held(use)
    const of = started(slow.use)
    open = [{ id: 'a tab', postMessage: () => void of.identity.identify('a tab', 'ada') }]
    const naming = of.identity.identify('a tab', 'ada')
    expect(await read(of)).toBe('user/ada')
    return { of, naming, letGo: slow.letGo, use }
  }

  it('ends the doubt about that user, also for the next worker', async () => {
    const { of, naming, letGo, use } = await waiting()
    letGo()
    await naming
    expect(of.identity.isDoubted('user/ada')).toBe(false)
    expect(of.identity.isDoubted('user/bob')).toBe(true)
    await recordsIn(of.writer)
    const next = started(use)
    await next.writer.load()
    expect(next.identity.isDoubted('user/ada')).toBe(false)
  })

  it('has to name it again after a sign-in in another worker', async () => {
    const { of, naming, letGo, use } = await waiting()
    const isSame = of.generations.watch('user/ada')
    await signIn(started(use).sessions)
    of.writer.reread()
    expect(isSame()).toBe(false)
    letGo()
    await naming
    await of.writer.load()
    expect(of.identity.isDoubted('user/ada')).toBe(true)
    expect(await read(of)).toBe('user/ada')
    await vi.waitFor(() => expect(of.identity.isDoubted('user/ada')).toBe(false))
  })

  it('does not end a doubt that this worker has of a later sign-in', async () => {
    const { of, naming, letGo } = await waiting()
    const signingIn = signIn(of.sessions)
    letGo()
    await Promise.all([naming, signingIn])
    expect(of.identity.isDoubted('user/ada')).toBe(true)
  })
})

describe('a backend that goes on to name another user than the page does', () => {
  const BOTH = { by: ['identify', 'echo'], echo: 'X-User' } as const
  const SUCCESS = { status: 200, fields: new Map([['x-user', 'u1']]) }

  it.each([
    ['the page is of the user before', async () => undefined, 'ada', 'u2'],
    [
      'the app calls its users otherwise than before',
      async ({ applySignals }: Started) =>
        void (await applySignals({ partition: 'user/ada', clientId: 'another tab' }, SUCCESS, true)),
      'ada@app.test',
      'u1',
    ],
  ] as const)('has the data removed and the tabs told once: %s', async (_, before, name, echo) => {
    const { use } = await fakeDatabase()
    const of = started(use, true, BOTH)
    await of.applySignals({ partition: 'user/ada', clientId: 'another tab' }, SUCCESS, true)
    await before(of)
    const answer = { status: 200, fields: new Map([['x-user', echo]]) }
    for (let answers = 0; answers < 300; answers++) {
      await of.identity.identify('a tab', name)
      expect(await of.applySignals({ partition: `user/${name}`, clientId: 'a tab' }, answer, true)).toBe(false)
    }
    expect(of.channel.changes).toHaveBeenCalledTimes(1)
  })

  it('is believed under another `version`', async () => {
    const { name, use } = await fakeDatabase()
    const of = started(use, true, BOTH)
    await of.applySignals({ partition: 'user/ada', clientId: 'a tab' }, SUCCESS, true)
    await of.writer.begin()
    const next = started((await fakeDatabase(name)).use, true, BOTH, '2')
    await next.writer.begin()
    expect(await next.applySignals({ partition: 'user/ada@app.test', clientId: 'a tab' }, SUCCESS, true)).toBe(true)
  })
})

describe('a sign-in that a worker has left behind', () => {
  it('is left alone by a worker that waits for its turn, until that is active', async () => {
    const { use } = await fakeDatabase()
    const before = started(use)
    await before.sessions.begin('sign-in')
    await before.identity.refuse('user/grace')
    const records = await recordsIn(before.writer)
    const waiting = started(use, false)
    await waiting.writer.load()
    for (let round = 0; round < 20; round++) await recordsIn(waiting.writer)
    expect(await recordsIn(before.writer)).toEqual(records)
    expect(waiting.identity.isDoubted('user/ada')).toBe(true)
    waiting.writer.activate()
    await vi.waitFor(async () => expect(await sessionsOnDisk(use)).toEqual([]))
    await waiting.identity.confirm('user/ada')
    expect(waiting.identity.isDoubted('user/ada')).toBe(false)
  })
})

describe('a sign-out on a slow disk', () => {
  it('waits for it twice: it is read once, and written once', async () => {
    const { use } = await fakeDatabase()
    const before = started(use)
    for (const user of ['ada', 'grace', 'mary']) {
      const sequence = await before.writer.placeOf(before.writer.ticket())
      const partition = `user/${user}`
      const row = storedRow({}, { partition, key: `${partition}\nrow\nhttps://app.test/\nGET`, sequence })
      await before.rows.commit(row, undefined)
    }
    const modes: IDBTransactionMode[] = []
    const worker = started((mode, work) => (modes.push(mode), use(mode, work)))
    await worker.writer.load()
    // What goes on behind the answer is not meant.
    worker.erasure.runBehind = () => undefined
    modes.length = 0
    await worker.signOut('a tab')
    expect(modes.filter((mode, at) => mode !== modes[at - 1])).toEqual(['readonly', 'readwrite'])
    expect(modes.filter((mode) => mode === 'readwrite')).toHaveLength(1)
  })

  it('ends the user who is stored, also in a worker that has just started', async () => {
    const { name, use } = await fakeDatabase()
    const before = started(use)
    const ticket = before.writer.ticket()
    const sequence = await before.writer.placeOf(ticket)
    const row = storedRow({}, { partition: 'user/ada', key: 'user/ada\nrow\nhttps://app.test/\nGET', sequence })
    await before.rows.commit(row, undefined)

    const slow: UseStore = (mode, work) =>
      new Promise<void>((resolve) => setTimeout(resolve, 1200)).then(() => use(mode, work))
    const end = await started(slow).sessions.begin('sign-out')
    await end(true, 'a tab')
    expect(await started((await fakeDatabase(name)).use).rows.find(row.key)).toEqual([])
  })
})

const keyOf = (partition: string): string => `${partition}\nrow\nhttps://app.test/\nGET`

/** How many rows of a user any worker would find. */
const rowsOf = async (use: UseStore, partition: string): Promise<number> =>
  (await started(use).rows.find(keyOf(partition))).length

const withToken = (sub: string): Request => {
  const token = `head.${btoa(JSON.stringify({ iss: 'id', sub }))}.signature`
  return new Request('https://app.test/', { headers: { authorization: `Bearer ${token}` } })
}

describe('a user who signs in by token while a sign-out waits for the disk', () => {
  const config = { by: ['authorization'] } as const

  it.each(['a write', 'a page load', 'the page'])('stays: %s', async (by) => {
    const { use } = await fakeDatabase()
    const slow = held(use)
    let isSlow = false
    const of = started((mode, work) => (isSlow ? slow.use(mode, work) : use(mode, work)), true, config)
    await of.identity.partitionOf(withToken('ada'), 'a tab', { public: false })
    await recordsIn(of.writer)
    isSlow = true
    let ending: Promise<void> | undefined
    if (by === 'the page') ending = of.signOut('a tab')
    else if (by === 'a write') ending = (await of.sessions.begin('sign-out'))(true, 'a tab')
    else {
      void of.sessions.load('sign-out', 'a tab')
      ending = of.sessions.heard('a tab')
    }
    const isAdas = of.generations.watch('token/id/ada')
    expect(await of.identity.partitionOf(withToken('bob'), 'a tab', { public: false })).toBe('token/id/bob')
    const isBobs = of.generations.watch('token/id/bob')
    slow.letGo()
    await ending
    expect(isBobs()).toBe(true)
    expect(isAdas()).toBe(true)
    expect(await of.identity.partitionsOf('a tab')).toEqual(['everyone', 'anonymous', 'token/id/bob'])
  })

  it('is signed out all the same where an earlier worker has seen that token: a page goes on to read', async () => {
    const { use } = await fakeDatabase()
    const before = started(use, true, config)
    await before.identity.partitionOf(withToken('ada'), 'a tab', { public: false })
    await recordsIn(before.writer)
    const slow = held(use)
    const of = started(slow.use, true, config)
    const ending = of.signOut('a tab')
    await of.identity.partitionOf(withToken('ada'), 'a tab', { public: false })
    const isSame = of.generations.watch('token/id/ada')
    slow.letGo()
    await ending
    expect(isSame()).toBe(false)
  })

  it('does not keep an earlier user, whom the worker does not know, from being signed out', async () => {
    const { use } = await fakeDatabase()
    const before = started(use, true, config)
    const sequence = await before.writer.placeOf(before.writer.ticket())
    await before.rows.commit(
      storedRow({}, { partition: 'token/id/ada', key: keyOf('token/id/ada'), sequence }),
      undefined,
    )
    const slow = held(use)
    const of = started(slow.use, true, config)
    const ending = of.signOut('a tab')
    await of.identity.partitionOf(withToken('bob'), 'a tab', { public: false })
    slow.letGo()
    await ending
    expect(await rowsOf(use, 'token/id/ada')).toBe(0)
    expect(await of.identity.partitionsOf('a tab')).toContain('token/id/bob')
  })
})

describe('a page load that signs out', () => {
  it('ends when its page is heard, also after a time without events', async () => {
    const { use } = await fakeDatabase()
    const of = started(use)
    await of.identity.identify('a tab', 'ada')
    await of.sessions.load('sign-out', 'the next page')
    // Idle: its server is still at work.
    await of.sessions.endLoads()
    await withRow(use)
    of.writer.reread()
    await of.sessions.heard('the next page')
    expect(await rowsOf(use, 'user/ada')).toBe(0)
  })

  it('leaves nothing behind where a redirect makes two requests of it', async () => {
    const held = fakeLocks()
    const { use } = await fakeDatabase()
    const of = started(use)
    for (let hops = 0; hops < 2; hops++) await of.sessions.load('sign-out', 'the next page')
    await of.sessions.heard('the next page')
    expect(await sessionsOnDisk(use)).toEqual([])
    held.length = 0
  })
})

describe('tabs with users of their own, after a restart of the worker', () => {
  it('keep what is stored for a user whom one of two tabs leaves', async () => {
    const { use } = await fakeDatabase()
    open = [{ id: 'a tab' }, { id: 'another' }]
    const before = started(use)
    for (const { id } of open) await before.identity.identify(id, 'ada')
    await withRow(use)
    const next = started(use)
    expect(await read(next)).toBe('user/ada')
    await next.identity.identify('a tab', 'bob')
    expect(await rowsOf(use, 'user/ada')).toBe(1)
  })

  it('keep it too where the disk cannot say who the other tabs are', async () => {
    const { use } = await fakeDatabase()
    open = [{ id: 'a tab' }, { id: 'another' }]
    const before = started(use)
    await before.identity.identify('a tab', 'ada')
    await before.identity.identify('another', 'bob')
    await withRow(use, 'bob')
    let fails = false
    const next = started((mode, work) =>
      fails && mode === 'readonly' ? Promise.reject(new Error('no such luck')) : use(mode, work),
    )
    await next.writer.load()
    fails = true
    await next.identity.identify('a tab', 'ada')
    expect(await rowsOf(use, 'user/bob')).toBe(1)
  })

  it('keep what is stored for the token of another tab', async () => {
    const { use } = await fakeDatabase()
    open = [{ id: 'a tab' }, { id: 'another' }]
    const config = { by: ['authorization'] } as const
    const before = started(use, true, config)
    await before.identity.partitionOf(withToken('ada'), 'a tab', { public: false })
    await before.identity.partitionOf(withToken('bob'), 'another', { public: false })
    await recordsIn(before.writer)
    const next = started(use, true, config)
    await next.identity.partitionOf(withToken('bob'), 'another', { public: false })
    const isBobs = next.generations.watch('token/id/bob')
    await next.signOut('a tab')
    expect(isBobs()).toBe(true)
    expect(await next.identity.partitionsOf('another')).toContain('token/id/bob')
  })
})

it('a page whose user is another by the echo is asked, and no record of before answers for it', async () => {
  const { use } = await fakeDatabase()
  const of = started(use, true, { by: ['identify', 'echo'], echo: 'X-User' })
  let user = 'ada'
  open = [{ id: 'a tab', postMessage: () => void of.identity.identify('a tab', user) }]
  const answer = (echo: string): object => ({ status: 200, fields: new Map([['x-user', echo]]) })
  expect(await read(of)).toBe('user/ada')
  await of.applySignals({ partition: 'user/ada', clientId: 'a tab' }, answer('u1') as never, true)
  user = 'bob'
  expect(await of.applySignals({ partition: 'user/ada', clientId: 'a tab' }, answer('u2') as never, true)).toBe(false)
  expect(await read(of)).toBe('user/bob')
})

it('each change of user is seen by the echo, also back to one whom an answer has ended', async () => {
  const { use } = await fakeDatabase()
  const of = started(use, true, { by: ['echo'], echo: 'X-User' })
  of.identity.learn('a tab', new Map([['x-user', 'ada']]))
  let user = 'ada'
  for (const next of ['grace', 'ada', 'grace', 'ada', 'grace']) {
    expect(await read(of)).toBe(`user/${user}`)
    const fields = new Map([['x-user', next]])
    await of.applySignals({ partition: `user/${user}`, clientId: 'a tab' }, { status: 200, fields }, true)
    user = next
  }
  expect(await read(of)).toBe('user/grace')
})

it('a refusal after a sign-in is not ended by a page that names its user', async () => {
  const { use } = await fakeDatabase()
  const { identity, sessions } = started(use)
  await signIn(sessions)
  await identity.refuse('user/ada')
  await identity.identify('a tab', 'ada')
  await read({ identity })
  expect(identity.isDoubted('user/ada')).toBe(true)
  await identity.confirm('user/ada')
  expect(identity.isDoubted('user/ada')).toBe(false)
})

it('a sign-in that cannot be recorded warns the next worker', async () => {
  const flagged: string[] = []
  const caches = { keys: () => Promise.resolve([]), open: (name: string) => Promise.resolve(flagged.push(name)) }
  vi.stubGlobal('caches', caches)
  const { use } = await fakeDatabase()
  let fails = false
  const of = started((mode, work) =>
    fails && mode === 'readwrite' ? Promise.reject(new Error('no such luck')) : use(mode, work),
  )
  await of.identity.identify('a tab', 'ada')
  fails = true
  const end = await of.sessions.begin('sign-in')
  await expect(end(true, 'a tab')).rejects.toThrow('no such luck')
  expect(flagged).toHaveLength(1)
})

describe('a user who has been followed by another on a sick disk', () => {
  const before = caches
  let scopes = 0
  afterEach(() => {
    vi.stubGlobal('registration', { scope: 'https://app.test/' })
    vi.stubGlobal('caches', before)
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  })

  /** A worker in which Ada is known and has a row. Its disk `fails` or `hangs` after so many transactions from now on. */
  async function adas(disk: string, after: number, config: IdentifiedBy) {
    // A worker of an earlier test may set its flag still.
    vi.stubGlobal('registration', { scope: `https://app.test/${++scopes}/` })
    const locks = fakeLocks()
    fakeCaches()
    const { use } = await fakeDatabase()
    await withRow(use)
    let left = Infinity
    const of = started(
      (mode, work) => {
        if (--left >= 0) return use(mode, work)
        return disk === 'hangs' ? new Promise(() => undefined) : Promise.reject(new Error('no such luck'))
      },
      true,
      config,
    )
    of.identity.learn('a tab', new Map([['x-user', 'ada']]))
    await of.identity.identify('a tab', 'ada')
    await recordsIn(of.writer)
    left = after
    /** Whether a worker that starts now would serve Ada's row without a validation. Changes nothing. */
    const isServed = async (): Promise<boolean> => {
      locks.length = 0
      const next = started(use, false, config)
      const rows = await next.rows.find(keyOf('user/ada'))
      return rows.length > 0 && !next.identity.isDoubted('user/ada')
    }
    return { of, isServed }
  }

  const changes = [
    ['sign-in', 'a write'],
    ['sign-out', 'a write'],
    ['sign-in', 'a page load'],
    ['sign-out', 'a page load'],
    ['sign-out', 'the page'],
  ] as const
  const disks = ['fails', 'hangs'].flatMap((disk) => [0, 1, 2, 3].map((after) => [disk, after] as const))

  it.each(changes.flatMap((change) => disks.map((disk) => [...change, ...disk] as const)))(
    'is not served by the next worker: %s by %s, the disk %s after %d transactions',
    async (session, by, disk, after) => {
      const { of, isServed } = await adas(disk, after, { by: ['identify'] })
      expect(await isServed()).toBe(true)
      const change = async (): Promise<void> => {
        if (by === 'the page') return of.signOut('a tab')
        if (by === 'a write') return (await of.sessions.begin(session))(true, 'a tab')
        const loading = of.sessions.load(session, 'the next page')
        await Promise.all([loading, of.sessions.heard('the next page')])
      }
      void change().catch(() => undefined)
      await vi.waitFor(async () => expect(await isServed()).toBe(false), { timeout: 3000 })
    },
  )

  it.each(disks)(
    'is not served by the next worker: an echo, the disk %s after %d transactions',
    async (disk, after) => {
      const { of, isServed } = await adas(disk, after, { by: ['echo'], echo: 'X-User' })
      const head = { status: 200, fields: new Map([['x-user', 'bob']]) }
      await of.applySignals({ partition: 'user/ada', clientId: 'a tab' }, head, true)
      await vi.waitFor(async () => expect(await isServed()).toBe(false), { timeout: 3000 })
    },
  )
})

it('a sign-out that cannot list what is stored removes all of it, and the flag goes once that is on disk', async () => {
  const before = caches
  fakeLocks()
  const flags = fakeCaches()
  const { use } = await fakeDatabase()
  await withRow(use)
  let fails = false
  const of = started((mode, work) => (fails ? Promise.reject(new Error('no such luck')) : use(mode, work)))
  await of.writer.begin()
  fails = true
  await expect(of.signOut('a tab')).rejects.toThrow('no such luck')
  expect(flags.size).toBe(1)
  fails = false
  await of.erasure.run()
  expect(await rowsOf(use, 'user/ada')).toBe(0)
  vi.stubGlobal('caches', before)
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
})
