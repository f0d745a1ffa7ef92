import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { IdentifiedBy } from '../../../config/language/index.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { bytes } from '../../core/units.ts'
import { fakeDatabase, FAILING, recordsIn } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'

const { identified } = await import('./identified.ts')
const { Secrets } = await import('./secrets.ts')
const { storeOver } = await import('../store/store.ts')

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
afterEach(() => void said.mockClear())

/** The ids of the open clients. */
let open: string[] = []
beforeEach(() => {
  open = ['a tab', 'another tab']
  vi.stubGlobal('clients', {
    matchAll: () => Promise.resolve(open.map((id) => ({ id }))),
    get: () => Promise.resolve(undefined),
  })
})

const BY_TOKEN: IdentifiedBy = { by: ['authorization'] }
const BY_BOTH: IdentifiedBy = { by: ['authorization', 'identify'] }
const secrets = new Secrets(FAILING)

/** A worker on these data, with what pages do to it. */
function started(use: UseStore, config = BY_TOKEN) {
  const store = storeOver(use, { version: '1', budget: { all: bytes(1e9), rules: {} } })
  const told: unknown[] = []
  const channel = {
    changes: (changes: unknown[]) => void told.push(...changes),
    announce: () => undefined,
    tellWorkers: () => undefined,
  }
  const { identity, sessions } = identified(config, { ...store, channel: channel as never, secrets })
  store.writer.activate()
  return {
    ...store,
    identity,
    told,
    reads: async (token: string, clientId = 'a tab') => {
      const request = new Request('https://app.test/', { headers: { authorization: `Bearer ${token}` } })
      return identity.partitionOf(request, clientId, { public: false })
    },
    signsIn: async (clientId = 'a tab', isDone = true) => (await sessions.begin('sign-in'))(isDone, clientId),
  }
}

type Started = ReturnType<typeof started>

const jwt = (sub: string, iss = 'id', exp = 1): string => `head.${btoa(JSON.stringify({ iss, sub, exp }))}.signature`
const ADA = jwt('ada')
const GRACE = jwt('grace')

const keyOf = (partition: string): string => `${partition}\nrow\nhttps://app.test/\nGET`

/** Stores a row of a user, by default Ada. */
async function store({ writer, rows }: Started, partition = 'token/id/ada'): Promise<void> {
  const ticket = writer.ticket()
  const sequence = await writer.placeOf(ticket)
  await rows.commit(storedRow({}, { partition, key: keyOf(partition), sequence }), undefined)
  writer.release(ticket)
}

/** Whether any worker would find it. */
const isKept = async (use: UseStore, partition = 'token/id/ada'): Promise<boolean> =>
  (await started(use).rows.find(keyOf(partition))).length > 0

const isGone = (use: UseStore): Promise<void> => vi.waitFor(async () => expect(await isKept(use)).toBe(false))

/** Settles when all that was begun is on disk: each step of it is a transaction behind the one before. */
async function settled({ writer }: Started): Promise<void> {
  for (let round = 0; round < 20; round++) await recordsIn(writer)
}

/** A worker in which Ada has read. Its disk waits, or fails, as the test says. */
async function adas(config = BY_TOKEN) {
  const { use } = await fakeDatabase()
  const disk = { waits: Promise.resolve(), fails: false, failures: 0 }
  const slow: UseStore = async (mode, work) => {
    await disk.waits
    if (disk.fails) {
      disk.failures++
      throw new Error('no such luck')
    }
    return use(mode, work)
  }
  const of = started(slow, config)
  await of.reads(ADA)
  await store(of)
  return { of, use, disk }
}

/** The same. Ada has read in another tab as well, and that could not be written. */
async function withUnrecorded() {
  const { of, use, disk } = await adas()
  await settled(of)
  disk.fails = true
  await of.reads(ADA, 'another tab')
  await vi.waitFor(() => expect(disk.failures).toBeGreaterThan(0))
  disk.fails = false
  return { of, use }
}

describe('a user whose page goes on with the token of another after a sign-in', () => {
  it('has the data removed at once and the tabs told once, and no name stays', async () => {
    const { of, use } = await adas()
    await of.identity.refuse('token/id/ada')
    await of.signsIn()
    await settled(of)
    expect(await isKept(use)).toBe(true)
    const isAdas = of.generations.watch('token/id/ada')
    await of.reads(GRACE)
    await isGone(use)
    await of.reads(GRACE)
    await settled(of)
    expect(isAdas()).toBe(false)
    expect(of.told).toMatchObject([{ kind: 'removed', all: true, cause: 'sign-out', partition: 'token/id/ada' }])
    await of.erasure.run()
    expect([...(await recordsIn(of.writer)).keys()].filter((key) => key.includes('token/id/ada'))).toEqual([])
    expect((await recordsIn(of.writer)).get('token a tab')).toEqual({ used: ['token/id/grace'], former: [] })
    expect(await of.identity.partitionsOf('a tab')).toEqual(['everyone', 'anonymous', 'token/id/grace'])
  })

  it.each<[when: string, schedule: (of: Started, next: () => Promise<Started>) => Promise<unknown>]>([
    [
      'before the sign-in',
      async (_, next) =>
        (await next())
          .signsIn()
          .then(next)
          .then(({ reads }) => reads(GRACE)),
    ],
    [
      'after the sign-in',
      async (of, next) =>
        of
          .signsIn()
          .then(next)
          .then(({ reads }) => reads(GRACE)),
    ],
  ])('has the data removed also where the worker is stopped %s', async (_, schedule) => {
    const { of, use } = await adas()
    await settled(of)
    let last = of
    await schedule(of, async () => {
      await settled(last)
      last = started(use)
      return last
    })
    await isGone(use)
  })

  it('has the data removed by the next worker where this one is stopped before, or cannot write it', async () => {
    const { of, use } = await adas()
    await of.signsIn()
    await settled(of)
    of.log.remove = () => Promise.reject(new Error('no such luck'))
    await of.reads(GRACE)
    await settled(of)
    expect(await isKept(use)).toBe(true)
    expect(said.mock.calls.flat().join(' ')).toContain('left behind')
    await started(use).reads(GRACE)
    await isGone(use)
  })

  it('has the data removed where the disk takes long: what comes in between is in its order', async () => {
    const { of, use, disk } = await adas()
    await settled(of)
    let letGo = (): void => undefined
    disk.waits = new Promise((resolve) => (letGo = resolve))
    const signingIn = of.signsIn()
    // Nothing waits for the disk for longer than half a second.
    await vi.waitFor(async () => expect(of.identity.isDoubted('user/any')).toBe(true), { timeout: 2000 })
    await of.reads(GRACE)
    letGo()
    await signingIn
    await isGone(use)
  })

  it('has the data removed where one worker sees the sign-in and another the next token', async () => {
    const { of, use } = await adas()
    const other = started(use)
    await of.signsIn()
    await other.reads(GRACE)
    await isGone(use)
  })

  it.each<[what: string, reads: (of: Started) => Promise<unknown>]>([
    ['moves on to the new token as well', ({ reads }) => reads(GRACE, 'another tab')],
    [
      'is loaded again and uses the new token',
      ({ reads }) => {
        open = ['a tab', 'its next page']
        return reads(GRACE, 'its next page')
      },
    ],
  ])('keeps the data until another tab of that user %s', async (_, moveOn) => {
    const { of, use } = await adas()
    await of.reads(ADA, 'another tab')
    await of.signsIn()
    await of.reads(GRACE)
    await settled(of)
    expect(await isKept(use)).toBe(true)
    await moveOn(of)
    await isGone(use)
  })

  it('is not kept by a page that is closed', async () => {
    const { of, use } = await adas()
    await of.reads(ADA, 'another tab')
    await of.signsIn()
    await settled(of)
    open = ['a tab']
    await of.reads(GRACE)
    await isGone(use)
  })

  it('has the data removed where the disk could not say that the page had used the token', async () => {
    const { of, use } = await withUnrecorded()
    await of.signsIn('another tab')
    open = ['another tab']
    await of.reads(GRACE, 'another tab')
    await isGone(use)
  })

  it('has the data removed where the page names its users, before the token or at once after a restart', async () => {
    for (const isRestarted of [false, true]) {
      const { of, use } = await adas(BY_BOTH)
      await of.identity.identify('a tab', 'ada')
      await settled(of)
      const next = isRestarted ? started(use, BY_BOTH) : of
      await next.identity.identify('a tab', 'grace')
      await next.reads(GRACE)
      await isGone(use)
    }
  })
})

describe('what is stored for a token stays', () => {
  const OPAQUE = ['opaque one', 'opaque two']

  it.each<[what: string, schedule: (of: Started, next: () => Promise<Started>) => Promise<unknown>]>([
    ['without a sign-in', ({ reads }) => reads(GRACE)],
    ['after a sign-in that was refused', ({ reads, signsIn }) => signsIn('a tab', false).then(() => reads(GRACE))],
    ['after a sign-in in another tab', ({ reads, signsIn }) => signsIn('another tab').then(() => reads(GRACE))],
    [
      'while another tab has it',
      async ({ reads, signsIn }) => {
        await reads(ADA, 'another tab')
        await signsIn()
        await reads(GRACE)
        await reads(ADA, 'another tab')
      },
    ],
    [
      'while another tab has it, as an earlier worker has seen',
      async ({ reads, signsIn }, next) => {
        await reads(ADA, 'another tab')
        await signsIn()
        await (await next()).reads(GRACE)
      },
    ],
    [
      'where the same user has signed in again, with a renewed token, before a token without a sign-in',
      async ({ reads, signsIn }) => {
        await signsIn()
        await reads(jwt('ada', 'id', 2))
        await reads(GRACE)
      },
    ],
    [
      'the same, with a worker that is stopped each time',
      async ({ signsIn }, next) => {
        await signsIn()
        await (await next()).reads(ADA)
        await (await next()).reads(GRACE)
      },
    ],
    [
      'of another issuer than the next one',
      ({ reads, signsIn }) => signsIn().then(() => reads(jwt('grace', 'another'))),
    ],
    [
      'where a page only names its user for the first time',
      async ({ reads, identity }) => {
        await identity.identify('a tab', 'ada')
        await reads(GRACE)
      },
    ],
    [
      'where a page names the same user to the next worker',
      async ({ identity }, next) => {
        await identity.identify('a tab', 'ada')
        const other = await next()
        await other.identity.identify('a tab', 'ada')
        await other.reads(GRACE)
      },
    ],
  ])('%s', async (_, schedule) => {
    const { of, use } = await adas(BY_BOTH)
    let last = of
    await schedule(of, async () => {
      await settled(last)
      last = started(use, BY_BOTH)
      return last
    })
    await settled(last)
    expect(await isKept(use)).toBe(true)
  })

  it('where tokens that do not name their user are renewed', async () => {
    const { of, use } = await adas()
    const [first = ''] = await Promise.all(OPAQUE.map((token) => of.reads(token)))
    await store(of, first)
    for (const token of OPAQUE) await of.reads(token)
    await settled(of)
    expect(await isKept(use, first)).toBe(true)
  })

  it('while another tab has it, though that could not be written', async () => {
    const { of, use } = await withUnrecorded()
    await of.signsIn()
    await of.reads(GRACE)
    await settled(of)
    expect(await isKept(use)).toBe(true)
  })

  it('where the clients cannot be listed, and is removed later', async () => {
    const { of, use } = await adas()
    await of.signsIn()
    const { clients } = globalThis as unknown as { clients: object }
    vi.stubGlobal('clients', { ...clients, matchAll: () => Promise.reject(new Error('no such luck')) })
    await of.reads(GRACE)
    await settled(of)
    expect(await isKept(use)).toBe(true)
    vi.stubGlobal('clients', clients)
    await started(use).reads(GRACE)
    await isGone(use)
  })
})
