import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aliveLockOf } from '../../../config/names.ts'
import { Backend, CONFIG, type Given, outboxWorker, pages } from './outbox.fixture.ts'

const [RULE] = CONFIG.writes ?? []

/** Rules of a backend that honours no key, and performs nothing later than 20 ms after it was asked. */
const configOf = (rule: object = {}): never =>
  ({ ...CONFIG, writes: [{ ...RULE, idempotent: false, witness: { after: '20ms' }, ...rule }] }) as never

/** A stored list. */
const stored = (rows: readonly unknown[]): NonNullable<Given['rows']> => {
  const body = new TextEncoder().encode(JSON.stringify(rows)).buffer
  return (url) =>
    url.endsWith('/api/products')
      ? [{ url, status: 200, fields: new Map(), requestedAtMs: 1, size: body.byteLength, body }]
      : []
}

function unkeyed(products: readonly { readonly id: number; readonly name: string }[] = []): Backend {
  const backend = new Backend()
  backend.honoursKeys = false
  for (const each of products) backend.products.set(each.id, { ...each, version: 1 })
  return backend
}

/** The workers of a test: what one has left to do is not the next test's. */
const workers: Worker[] = []
afterEach(() => {
  for (const each of workers.splice(0)) each.stop()
})

async function worker({ backend = unkeyed(), ...given }: Given = {}): Promise<Worker> {
  const made = await outboxWorker({
    config: configOf(),
    rows: stored([...backend.products.values()]),
    backend,
    ...given,
  })
  workers.push(made)
  return made
}

type Worker = Awaited<ReturnType<typeof outboxWorker>>

async function drained({ outbox, writes }: Worker): Promise<void> {
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await writes()).toEqual([])
  }, 5000)
}

async function asking({ outbox, writes }: Worker, doubt: string): Promise<void> {
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect((await writes()).map(({ state }) => state)).toContainEqual({ kind: 'asking', why: 'outcome', doubt })
  }, 5000)
}

const TEA = { name: 'tea' }

const offline = (): unknown => vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })

/** So much later. */
function backOnline(ms: number): void {
  const { now } = Date
  clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + ms)
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
}
let clock: { mockRestore: () => void } | undefined
afterEach(() => clock?.mockRestore())

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

describe('after a create whose answer was lost, at a backend that honours no key', () => {
  test('one that was performed is found in the list, and is not sent again', async () => {
    const all = await worker({ backend: unkeyed([{ id: 1, name: 'salt' }]) })
    const { write, backend, news } = all
    backend.faults.push('cut')
    expect((await write('POST', '/api/products', TEA)).status).toBe(202)
    await drained(all)
    expect(backend.received).toHaveLength(1)
    expect([...backend.products.keys()]).toEqual([1, 7])
    expect(news.at(-1)).toMatchObject({ end: 'sent', id: '7' })
    // What was read meanwhile may be without it.
    expect(all.ended).toEqual(['POST /api/products 201'])
  })

  test('later writes to it have the server’s id', async () => {
    const all = await worker()
    const { write, backend } = all
    backend.faults.push('cut')
    const { id } = (await (await write('POST', '/api/products', TEA)).json()) as { id: string }
    await write('PATCH', `/api/products/${id}`, { name: 'green tea' })
    await drained(all)
    expect(backend.received.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/api/products'],
      ['PATCH', '/api/products/7'],
    ])
  })

  test('one that was not performed is sent again once it cannot be running any more', async () => {
    const all = await worker({ backend: unkeyed([{ id: 1, name: 'salt' }]) })
    const { write, backend } = all
    backend.faults.push('away')
    await write('POST', '/api/products', TEA)
    await drained(all)
    expect(backend.received).toHaveLength(2)
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['salt', 'tea'])
  })

  test('one that is performed slowly is waited for', async () => {
    const all = await worker({ config: configOf({ witness: { after: '1h' } }) })
    const { write, backend, outbox, writes } = all
    backend.faults.push('late')
    await write('POST', '/api/products', TEA)
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(backend.read.length).toBeGreaterThan(0)
    })
    const [waiting] = await writes()
    expect(waiting).toMatchObject({ attempts: 1, state: { kind: 'unsure' } })
    expect(waiting?.state.kind === 'unsure' && waiting.state.atMs - Date.now()).toBeGreaterThan(3_000_000)
    expect(backend.received).toHaveLength(1)
    // The next look is when it has to be over.
    backend.commit()
    vi.setSystemTime(Date.now() + 3_600_000)
    await drained(all)
    vi.useRealTimers()
    expect(backend.received).toHaveLength(1)
    expect(backend.products.size).toBe(1)
  })

  test('the list is read past every cache, with the credentials of the user', async () => {
    const all = await worker()
    const { write, backend } = all
    backend.faults.push('cut')
    const fields = { authorization: 'Bearer secret', 'x-store': '1', 'idempotency-key': 'mine' }
    await write('POST', '/api/products', TEA, fields)
    await drained(all)
    const [read] = backend.read
    expect([read?.url, read?.cache, read?.credentials]).toEqual([
      'https://app.test/api/products',
      'no-store',
      'same-origin',
    ])
    expect(
      ['authorization', 'x-store', 'content-type', 'idempotency-key'].map((name) => read?.headers.get(name)),
    ).toEqual(['Bearer secret', '1', null, null])
  })

  test('another list is read where the rule names it', async () => {
    const witness = { url: '/api/shops/{shop}/all', after: '0s' }
    const all = await worker({ config: configOf({ match: 'POST /api/shops/:shop/orders', witness }) })
    const { write, backend } = all
    backend.faults.push('cut')
    await write('POST', '/api/shops/8/orders', TEA)
    await vi.waitFor(async () => {
      await all.outbox.drain(true)
      expect(backend.read.map(({ url }) => url)).toContain('https://app.test/api/shops/8/all')
    })
  })

  test.each<['away' | number | Response]>([
    ['away'],
    [503],
    [429],
    [new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ])('a look that fails (%s) is made again, and nothing is sent meanwhile', async (fault) => {
    const all = await worker()
    const { write, backend } = all
    backend.faults.push('cut')
    backend.readFaults.push(fault)
    await write('POST', '/api/products', TEA)
    await drained(all)
    expect(backend.read).toHaveLength(2)
    expect(backend.received).toHaveLength(1)
  })

  test('a look whose credentials are refused waits for others', async () => {
    const all = await worker()
    const { write, backend, outbox, writes } = all
    backend.faults.push('cut')
    backend.readFaults.push(401)
    await write('POST', '/api/products', TEA)
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(backend.read).toHaveLength(1)
    })
    expect(await writes()).toMatchObject([{ attempts: 1, state: { kind: 'unsure', isOnSign: true } }])
  })

  test.each<[string, readonly unknown[], readonly unknown[] | number, string]>([
    [
      'two equal new rows',
      [],
      [
        { id: 1, ...TEA },
        { id: 2, ...TEA },
      ],
      'several',
    ],
    ['a new row that is nearly equal', [], [{ id: 1, name: 'Tea' }], 'similar'],
    ['ids that no number holds', [], [{ id: 2 ** 60, ...TEA }], 'similar'],
    ['a list that is not there', [], 404, 'unreadable'],
  ])('the user is asked after %s', async (_, before, now, doubt) => {
    const all = await worker({ rows: stored(before) })
    const { write, backend } = all
    backend.faults.push('away')
    for (let at = 0; at < 9; at++) backend.readFaults.push(typeof now === 'number' ? now : Response.json(now))
    await write('POST', '/api/products', TEA)
    await asking(all, doubt)
    expect(await all.ask({ ask: 'outbox' })).toMatchObject([{ state: 'needs-you', why: 'outcome', doubt }])
    expect(backend.received).toHaveLength(1)
  })

  test('the user is asked where it is not known what the list had before', async () => {
    const all = await worker({ rows: () => [] })
    const { write, backend } = all
    backend.faults.push('cut')
    await write('POST', '/api/products', TEA)
    await asking(all, 'not-new')
  })

  test('an equal row that was there before is not taken for it', async () => {
    const all = await worker({ backend: unkeyed([{ id: 1, name: 'tea' }]) })
    const { write, backend } = all
    backend.faults.push('away')
    await write('POST', '/api/products', TEA)
    await drained(all)
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['tea', 'tea'])
  })

  test('nor is an own one that was acknowledged since', async () => {
    const all = await worker()
    const { write, backend } = all
    expect((await write('POST', '/api/products', TEA)).status).toBe(201)
    backend.faults.push('away')
    await write('POST', '/api/products', TEA)
    await drained(all)
    expect(backend.products.size).toBe(2)
  })

  test('nor one that another device has made while it waited', async () => {
    const all = await worker()
    const { write, backend, outbox } = all
    offline()
    await write('POST', '/api/products', TEA)
    backend.products.set(1, { id: 1, name: 'tea', version: 1 })
    backOnline(60_000)
    backend.faults.push('away')
    await outbox.drain(true)
    await drained(all)
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['tea', 'tea'])
    expect(backend.received).toHaveLength(2)
  })

  test('nor one that was made at another time, as the origin’s clock has it', async () => {
    const all = await worker()
    const { write, backend } = all
    const hour = 3_600_000
    // The device's clock is an hour behind.
    const date = (ms: number): string => new Date(Date.now() + hour + ms).toISOString()
    backend.faults.push('away')
    await write('POST', '/api/products', TEA)
    const rows = [{ id: 1, name: 'tea', made: date(20_000) }]
    backend.readFaults.push(
      Response.json(rows, { headers: { date: new Date(Date.now() + hour + 60_000).toUTCString() } }),
    )
    await asking(all, 'similar')
    expect(backend.received).toHaveLength(1)
  })

  test('of many that have waited the list is read once', async () => {
    const all = await worker({ backend: unkeyed([{ id: 1, name: 'salt' }]) })
    const { write, backend } = all
    offline()
    for (let at = 0; at < 50; at++) await write('POST', '/api/products', { name: `${at}` })
    backOnline(60_000)
    await drained(all)
    expect(backend.received).toHaveLength(50)
    expect(backend.read).toHaveLength(1)
  })

  test('one that has waited is not sent while the list cannot be read', async () => {
    const all = await worker()
    const { write, backend, outbox, writes } = all
    offline()
    await write('POST', '/api/products', TEA)
    backOnline(60_000)
    backend.readFaults.push('away')
    await outbox.drain(true)
    expect(backend.received).toEqual([])
    expect(await writes()).toMatchObject([{ state: { kind: 'waiting' }, wasUnsure: false }])
    await drained(all)
    expect(backend.received).toHaveLength(1)
  })

  test('nor one that may be that of another create of unknown outcome', async () => {
    const all = await worker()
    const { write, backend, writes } = all
    backend.faults.push('late', 'cut')
    backend.readFaults.push(404)
    await write('POST', '/api/products', TEA)
    await asking(all, 'unreadable')
    await write('POST', '/api/products', TEA)
    await asking(all, 'several')
    expect(await writes()).toHaveLength(2)
  })

  test('it is found among 20,000 rows', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => ({ id: 100 + at, name: `${at}` }))
    const all = await worker({ backend: unkeyed(rows) })
    const { write, backend } = all
    backend.faults.push('cut', 'away')
    await write('POST', '/api/products', TEA)
    await drained(all)
    await write('POST', '/api/products', { name: '19999' })
    await drained(all)
    expect(backend.received).toHaveLength(3)
    expect(backend.products.size).toBe(20_002)
  })

  test('creates at the same moment read the stored list once', async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => ({ id: 100 + at, name: `${at}` }))
    const list = vi.fn(stored(rows))
    const all = await worker({ rows: list })
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    all.backend.isAway = true
    await Promise.all(Array.from({ length: 50 }, (_, at) => all.write('POST', '/api/products', { name: `${at}` })))
    expect((await all.writes()).map(({ alike }) => alike)).toContainEqual(['107'])
    expect(list).toHaveBeenCalledTimes(1)
  })

  test('one whose row reads show is not shown twice', async () => {
    const all = await worker()
    const { write, backend, writes } = all
    backend.faults.push('cut')
    await write('POST', '/api/products', TEA)
    expect((await writes()).map(({ alike }) => alike)).toEqual([[]])
  })
})

describe('after a change whose answer was lost', () => {
  const ITEM: Given['rows'] = (url) => {
    const body = new TextEncoder().encode(JSON.stringify({ id: 1, name: 'salt', version: 1 })).buffer
    return url.endsWith('/1')
      ? [{ url, status: 200, fields: new Map(), requestedAtMs: 1, size: body.byteLength, body }]
      : []
  }

  test.each([
    ['performed', 'cut', 1],
    ['not performed', 'away', 2],
  ] as const)('one that was %s is seen in its row', async (_, fault, sent) => {
    const all = await worker({ backend: unkeyed([{ id: 1, name: 'salt' }]), rows: ITEM })
    const { write, backend } = all
    backend.faults.push(fault)
    await write('PATCH', '/api/products/1', TEA)
    await drained(all)
    expect(backend.received).toHaveLength(sent)
    expect(backend.products.get(1)).toMatchObject({ name: 'tea', version: 2 })
    expect(backend.read[0]?.url).toBe('https://app.test/api/products/1')
  })

  test('the user is asked where the row is neither what it was nor what was sent', async () => {
    const all = await worker({ backend: unkeyed([{ id: 1, name: 'pepper' }]), rows: ITEM })
    const { write, backend } = all
    backend.faults.push('away')
    await write('PATCH', '/api/products/1', TEA)
    await asking(all, 'other')
  })
})

describe('wherever the worker is stopped', () => {
  test('while the list is read, the next one reads it anew', async () => {
    const first = await worker()
    const { backend, name } = first
    backend.faults.push('cut')
    const stop = vi.spyOn(backend, 'answer')
    await first.write('POST', '/api/products', TEA)
    stop.mockImplementation(() => new Promise(() => undefined))
    await vi.waitFor(async () => {
      void first.outbox.drain(true)
      await Promise.resolve()
      expect((await first.writes()).map(({ state }) => state.kind)).toEqual(['leased'])
    })
    first.stop()
    stop.mockRestore()
    const next = await worker({ backend, database: name })
    await drained(next)
    expect(backend.received).toHaveLength(1)
    expect(backend.products.size).toBe(1)
  })

  test('at any step, a create is performed once', async () => {
    // The worker is stopped before its n-th use of the disk or of the network.
    for (let steps = 1; steps < 14; steps++)
      for (const fault of ['cut', 'away'] as const) {
        const backend = unkeyed()
        backend.faults.push(fault)
        let left = steps
        let first: Worker | undefined
        const step = (): void => {
          if (--left === 0) first?.stop()
        }
        first = await worker({
          backend,
          rows: stored([]),
          wrap: (use) => (mode, work) => {
            step()
            return use(mode, work)
          },
        })
        const { name, outbox, write } = first
        const answered = write('POST', '/api/products', TEA).catch(() => undefined)
        const work = async (): Promise<void> => {
          await answered
          for (let at = 0; at < 3; at++) await outbox.drain(true)
        }
        await Promise.race([work(), new Promise((resolve) => setTimeout(resolve, 150))])
        first.stop()
        const next = await worker({ backend, rows: stored([]), database: name })
        const isAccepted = (await next.writes()).length > 0 || backend.products.size > 0
        await drained(next)
        expect({ steps, fault, size: backend.products.size }).toEqual({ steps, fault, size: Number(isAccepted) })
      }
  }, 60_000)

  test('two workers that look at the same time decide it once: the lease is that of one', async () => {
    // Both live, and each gets the lock.
    const held = Array.from({ length: 500 }, (_, at) => ({ name: aliveLockOf('/', `worker ${at}`) }))
    const locks = {
      query: () => Promise.resolve({ held }),
      request: (_: string, __: object, work: (lock: object) => unknown) => work({}),
    }
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks })
    const first = await worker()
    const { backend, name } = first
    backend.faults.push('away')
    await first.write('POST', '/api/products', TEA)
    await first.rest()
    const second = await worker({ backend, database: name, rows: stored([]) })
    await vi.waitFor(async () => {
      await Promise.all([first.outbox.drain(true), second.outbox.drain(true)])
      first.outbox.reread()
      expect(await first.writes()).toEqual([])
    }, 5000)
    expect(backend.products.size).toBe(1)
    expect(backend.received).toHaveLength(2)
    expect(backend.read.length).toBeLessThan(4)
  })
})

test('what is read once another user may be signed in says nothing of the write', async () => {
  const users = {
    partitionOf: () => 'user/ada',
    partitionsOf: () => Promise.resolve(['user/ada']),
    isDoubted: () => false,
  }
  const all = await worker({ identity: users })
  const { write, backend, outbox, writes, generations } = all
  backend.faults.push('cut')
  await write('POST', '/api/products', TEA)
  let reads = 0
  vi.stubGlobal('fetch', (request: Request) => {
    if (request.method !== 'GET') return backend.answer(request)
    reads++
    // The cookie is the next user's by the time that the list comes.
    generations.advance('user/ada')
    return Promise.resolve(Response.json([...backend.products.values()]))
  })
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(reads).toBe(1)
  }, 5000)
  await outbox.drain(true)
  expect(await writes()).toMatchObject([{ state: { kind: 'unsure', isOnSign: true } }])
  expect(backend.received).toHaveLength(1)
})

describe('after a create whose answer was lost, at a backend that honours a key for an hour', () => {
  const forgetful = (witness: unknown): Promise<Worker> =>
    worker({ config: configOf({ idempotent: { keeps: '1h' }, witness }) })

  test.each([
    ['was performed', 'cut', 1],
    ['was not performed', 'away', 2],
  ] as const)('one that %s is looked for once the key is forgotten', async (_, fault, sent) => {
    const all = await forgetful({ after: '20ms' })
    const { write, backend, outbox } = all
    backend.faults.push(fault)
    await write('POST', '/api/products', TEA)
    backOnline(7_200_000)
    await outbox.drain(true)
    await drained(all)
    expect(backend.received).toHaveLength(sent)
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['tea'])
  })

  test('the user is asked where nothing can be looked up', async () => {
    const all = await forgetful(false)
    const { write, backend, outbox, writes } = all
    backend.faults.push('cut')
    await write('POST', '/api/products', TEA)
    backOnline(7_200_000)
    await outbox.drain(true)
    expect(await writes()).toMatchObject([{ state: { kind: 'asking', why: 'outcome' } }])
    expect(backend.received).toHaveLength(1)
  })

  test('it is sent again before', async () => {
    const all = await forgetful({ after: '20ms' })
    const { write, backend } = all
    backend.honoursKeys = true
    backend.faults.push('cut')
    await write('POST', '/api/products', TEA)
    backOnline(1_800_000)
    await drained(all)
    expect(backend.received).toHaveLength(2)
    expect(backend.read).toEqual([])
    expect(backend.products.size).toBe(1)
  })
})
