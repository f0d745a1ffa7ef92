import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Users } from './identity.ts'
import { bytes } from '../../core/units.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { fakeDatabase, fakeLocks, recordsIn } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'
import type { Generations } from '../store/generations.ts'

const { signIn } = await import('./sessions.ts')
const { identified } = await import('./identified.ts')
const { Secrets } = await import('./secrets.ts')
const { storeOver } = await import('../store/store.ts')

vi.stubGlobal('clients', { matchAll: () => Promise.resolve([{ id: 'a tab' }]), get: () => Promise.resolve() })

describe('a sign-in', () => {
  it('doubts every user in memory at once, even if the disk is slow', () => {
    const events: string[] = []
    const never = new Promise<never>(() => undefined)
    const identity = {
      ownInMemory: () => ['user/ada', 'user/grace'],
      own: () => never,
      forgetWords: () => never,
      doubt: (partition: string) => (events.push(`doubt ${partition}`), never),
    } as unknown as Users
    const generations = {
      advance: (partition: string) => events.push(`advance ${partition}`),
    } as unknown as Generations
    void signIn({ identity, generations } as Parameters<typeof signIn>[0], 'a tab')
    expect(events).toEqual(['advance ', 'advance user/ada', 'doubt user/ada', 'advance user/grace', 'doubt user/grace'])
  })

  it('also doubts the users that only the disk knows, each once, and settles when all doubts are on disk', async () => {
    const doubted: string[] = []
    const settle: (() => void)[] = []
    const identity = {
      ownInMemory: () => ['user/ada'],
      own: () => Promise.resolve(['user/ada', 'user/grace', 'user/mary']),
      forgetWords: () => Promise.resolve(),
      doubt: (partition: string) => {
        doubted.push(partition)
        return new Promise<void>((resolve) => settle.push(resolve))
      },
    } as unknown as Users
    const generations = { advance: () => undefined } as unknown as Generations
    let isOver = false
    const signingIn = signIn({ identity, generations } as Parameters<typeof signIn>[0], 'a tab').then(
      () => (isOver = true),
    )
    await expect.poll(() => doubted).toEqual(['user/ada', 'user/grace', 'user/mary'])
    expect(isOver).toBe(false)
    for (const each of settle) each()
    await signingIn
  })
})

/** What a worker's sessions need; called with the name of a database, those of another worker on the same data. */
function started(use: UseStore, isActive = true) {
  const store = storeOver(use, { version: '1', budget: { all: bytes(1e9), rules: {} } })
  const channel = { changes: () => undefined, announce: () => undefined, tellWorkers: vi.fn<() => void>() }
  const ports = { ...store, channel: channel as never, secrets: new Secrets(store.writer) }
  const identities = identified({ by: ['identify'] }, ports)
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
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    expect(other.identity.isDoubted('user/grace')).toBe(false)
  })
})

describe('a doubt of one worker', () => {
  /** Two workers that serve ada: as when each has heard her name and a success. */
  async function two() {
    const { name, use } = await fakeDatabase()
    const [one, other] = [started(use), started(use)]
    for (const { identity } of [one, other]) {
      await identity.identify('a tab', 'ada')
      await identity.doubt('user/ada', 'refused')
      await identity.doubt('user/ada', 'none')
    }
    one.channel.tellWorkers.mockImplementation(() => other.writer.reread())
    const read = (of: typeof one): unknown =>
      of.identity.partitionOf(new Request('https://app.test/api'), 'a tab', { public: false })
    return { name, one, other, read }
  }

  it.each(['refused', 'followed'] as const)('holds in another (%s)', async (doubt) => {
    const { one, other, read } = await two()
    const isSame = other.generations.watch('user/ada')
    await one.identity.doubt('user/ada', doubt)
    void read(other)
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    await other.writer.load()
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    // After a sign-in each page has to name its user again, and no answer to an earlier request counts.
    expect((other.identity as Users).ownInMemory('a tab')).toEqual(doubt === 'followed' ? [] : ['user/ada'])
    expect(isSame()).toBe(doubt !== 'followed')
  })

  it('is not ended by an end that another worker has begun before', async () => {
    const { name, one, other, read } = await two()
    await other.identity.doubt('user/ada', 'refused')
    const earlier = one.identity.doubt('user/ada', 'followed')
    const ending = other.identity.doubt('user/ada', 'none')
    await Promise.all([earlier, ending])
    await read(other)
    expect(other.identity.isDoubted('user/ada')).toBe(true)
    const third = started((await fakeDatabase(name)).use)
    await third.writer.load()
    expect(third.identity.isDoubted('user/ada')).toBe(true)
  })

  it('that this worker has ended stays ended, though its record is on disk still', async () => {
    const { use } = await fakeDatabase()
    const one = started(use)
    await one.identity.doubt('user/ada', 'refused')
    const ending = one.identity.doubt('user/ada', 'none')
    one.writer.reread()
    await one.writer.load()
    expect(one.identity.isDoubted('user/ada')).toBe(false)
    await ending
  })
})

describe('a sign-in that a worker has left behind', () => {
  it('is left alone by a worker that waits for its turn, until that is active', async () => {
    const { use } = await fakeDatabase()
    const before = started(use)
    await before.sessions.begin('sign-in')
    await before.identity.doubt('user/grace', 'refused')
    const records = await recordsIn(before.writer)
    const waiting = started(use, false)
    await waiting.writer.load()
    for (let round = 0; round < 20; round++) await recordsIn(waiting.writer)
    expect(await recordsIn(before.writer)).toEqual(records)
    expect(waiting.identity.isDoubted('user/ada')).toBe(true)
    waiting.writer.activate()
    await vi.waitFor(async () => expect(await sessionsOnDisk(use)).toEqual([]))
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
