import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Backend } from './backend.fixture.ts'
import { collectionWorker, CONFIG, type Given } from './collection.fixture.ts'

// What tabs show, what the server tells and what the app writes: each brings rows up to date by `/sync` alone.

const LIST = '/api/products'
const ITEMS = [LIST, '/api/products/1', '/api/products/2']

let nowMs: number
beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 1)
  vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
})
afterEach(() => vi.mocked(Date.now).mockRestore())

/** A worker with the rows of a backend, and nothing under way. */
async function loaded(given: Given = {}) {
  const backend = new Backend()
  for (let id = 1; id <= 5; id++) backend.put(id, `product ${id}`)
  const worker = await collectionWorker({ backend, ...given })
  await worker.get(LIST)
  await worker.settle()
  const before = backend.arrived.length
  return {
    ...worker,
    backend,
    /** What has been asked of the origin since. */
    asked: () => backend.arrived.slice(before).map(({ url }) => url.pathname),
  }
}

const position = (transaction: number, id = '999999999999999999'): string =>
  btoa(JSON.stringify([1, 'one', '', String(transaction), id])).replaceAll('=', '')
const ONE_SYNC = ['/sync']
const polled = (every: '30s'): Given => ({
  config: { ...CONFIG, routes: (CONFIG.routes ?? []).map((route) => ({ ...route, poll: every })) },
})

describe('what pages show of a collection', () => {
  test.each(['focus', 'reconnect'] as const)('is validated on %s by one run for all of its URLs', async (because) => {
    const worker = await loaded()
    expect((await worker.validate(because, ITEMS)).shown.map(({ outcome }) => outcome)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(worker.asked()).toEqual([])
    nowMs += 2 * 3600_000
    worker.backend.put(1, 'of another user')
    const { shown } = await worker.validate(because, ITEMS)
    expect(shown).toEqual(ITEMS.map(() => ({ outcome: 'changed', atMs: nowMs })))
    expect(worker.asked()).toEqual(ONE_SYNC)
    expect((await worker.get('/api/products/1')).value).toEqual(worker.backend.rows.get(1))
    expect((await worker.get(LIST)).how).toContain('hit')
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('is left alone while the origin wants to be, unless a user asks', async () => {
    const worker = await loaded({ restMs: 60_000, ...polled('30s') })
    await worker.store.log.invalidate(['tag products'], undefined)
    nowMs += 3_600_001
    for (const because of ['focus', 'reconnect', 'invalidated', 'poll'] as const) await worker.validate(because, ITEMS)
    expect(worker.asked()).toEqual([])
    await worker.validate('refresh', ITEMS)
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('is validated once for twenty tabs', async () => {
    const worker = await loaded()
    nowMs += 2 * 3600_000
    await Promise.all(Array.from({ length: 20 }, () => worker.validate('focus', ITEMS)))
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('is polled by one run', async () => {
    const worker = await loaded(polled('30s'))
    await worker.validate('poll', ITEMS)
    expect(worker.asked()).toEqual([])
    nowMs += 40_000
    const { shown, nextMs } = await worker.validate('poll', ITEMS)
    expect(shown.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(nextMs).toBeGreaterThan(0)
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('is validated after an invalidation by one run, and its reads join', async () => {
    const worker = await loaded()
    worker.backend.put(2, 'of another user')
    await worker.store.log.invalidate(['tag products'], undefined)
    const reads = [worker.get(LIST), worker.get('/api/products/2'), worker.get('/api/products/1')]
    const [{ shown }, list] = await Promise.all([worker.validate('invalidated', ITEMS), ...reads])
    expect(shown.map(({ outcome }) => outcome)).not.toContain('kept')
    expect(list?.how).toContain('synced')
    expect(worker.asked()).toEqual(ONE_SYNC)
    await worker.validate('invalidated', ITEMS)
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('is refreshed by a run', async () => {
    const worker = await loaded()
    expect(await worker.refresh(LIST)).toEqual({ outcome: 'unchanged' })
    worker.backend.put(2, 'of another user')
    expect(await worker.refresh('/api/products/2')).toEqual({ outcome: 'changed' })
    worker.backend.isAway = true
    vi.stubGlobal('navigator', { ...navigator, onLine: false, locks: navigator.locks })
    expect(await worker.refresh(LIST)).toEqual({ outcome: 'unreachable' })
    vi.stubGlobal('navigator', { ...navigator, onLine: true, locks: navigator.locks })
    expect(new Set(worker.asked())).toEqual(new Set(ONE_SYNC))
  })

  test('is stale after a connection was lost, and brought up to date by the next read', async () => {
    const worker = await loaded()
    nowMs += 60_000
    await worker.validate('reconnect', [], { lostAtMs: nowMs - 1000 })
    expect(await worker.collections.explained(LIST, 'a tab')).toMatchObject({ ttlSeconds: 0 })
    await worker.validate('reconnect', ITEMS)
    expect(await worker.collections.explained(LIST, 'a tab')).toMatchObject({ ttlSeconds: 3600 })
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('is validated while a write has no answer yet, and stays behind it', async () => {
    const worker = await loaded()
    const { log } = worker.store
    log.announce({ method: 'PUT', url: 'https://app.test/api/products/1', clientId: '', targets: ['tag products'] })
    await worker.validate('invalidated', [LIST])
    expect(worker.asked()).toEqual(ONE_SYNC)
    expect((await worker.get(LIST)).how).toBe('network')
  })
})

describe('what the server says has changed', () => {
  /** Rows of the worker, once what goes on in the background has ended. */
  const caughtUp = (worker: Awaited<ReturnType<typeof loaded>>): Promise<void> =>
    vi.waitFor(async () => {
      expect((await worker.get(LIST)).how).toContain('hit')
    })

  test.each([
    ['of the list', { tags: ['products'] }],
    ['of an item', { tags: ['product:5'] }],
    ['that may be anything', { tags: [], all: true }],
  ])('%s has its collection brought up to date, by two runs at most for a burst', async (_, hint) => {
    const worker = await loaded()
    worker.backend.put(5, 'of another user')
    await Promise.all(Array.from({ length: 10 }, () => worker.hint(hint)))
    await worker.validate('invalidated', ITEMS)
    await caughtUp(worker)
    expect((await worker.get('/api/products/5')).value).toEqual(worker.backend.rows.get(5))
    // A hint that comes after the first run has taken its place has one more.
    expect([ONE_SYNC, [...ONE_SYNC, ...ONE_SYNC]]).toContainEqual(worker.asked())
  })

  test('of something else, or by the app’s own write, costs nothing', async () => {
    const worker = await loaded()
    worker.noteWrite(new Response(null, { headers: { 'freshlayer-position': position(7) } }), ['products'])
    await worker.hint({ tags: ['sales', 'products'], transactions: ['7'] })
    await worker.hint({ tags: ['productions'] })
    await worker.validate('invalidated', ITEMS)
    expect(worker.asked()).toEqual([])
  })

  test('loads no collection that no page has read', async () => {
    const worker = await collectionWorker()
    await worker.hint({ tags: ['products'] })
    await worker.validate('invalidated', ITEMS)
    expect(worker.backend.arrived).toEqual([])
  })
})

describe('a write has been caught up with', () => {
  test('at once where the cursor has come to it', async () => {
    const worker = await loaded()
    expect(await worker.caughtUp({ position: position(5, '0') })).toBe(true)
    expect(worker.asked()).toEqual([])
  })

  test('once a run has read it', async () => {
    const worker = await loaded()
    worker.backend.put(1, 'mine')
    expect(await worker.caughtUp({ position: position(6, '0') })).toBe(true)
    expect(worker.asked()).toEqual(ONE_SYNC)
    expect((await worker.get('/api/products/1')).value).toEqual(worker.backend.rows.get(1))
  })

  test('by a run where the backend names no position', async () => {
    const worker = await loaded()
    expect(await worker.caughtUp()).toBe(true)
    expect(worker.asked()).toEqual(ONE_SYNC)
  })

  test('soon after a server that has failed is well again', async () => {
    const worker = await loaded()
    const { backend } = worker
    worker.backend.put(1, 'mine')
    vi.spyOn(Math, 'random').mockReturnValue(0)
    backend.instead.push(...[1, 2, 3].map(() => () => new Response('', { status: 500 })))
    await worker.sync()
    expect(await worker.caughtUp({ position: position(6, '0') })).toBe(true)
    vi.mocked(Math.random).mockRestore()
  })

  test('where nothing is loaded', async () => {
    const worker = await collectionWorker()
    expect(await worker.caughtUp({ position: position(6) })).toBe(true)
    expect(worker.backend.arrived).toEqual([])
  })

  test('once its turn has come, and not before', async () => {
    const worker = await loaded()
    worker.backend.isBehind = true
    expect(await worker.caughtUp({ position: position(6), limitMs: 300 })).toBe(false)
    const waiting = worker.caughtUp({ position: position(6) })
    await vi.waitFor(() => expect(worker.asked().length).toBeGreaterThan(2))
    worker.backend.isBehind = false
    expect(await waiting).toBe(true)
  })
})

describe('a hint while the origin is away', () => {
  const CHANGED = { tags: ['products'], transactions: [] }

  test('is made good when tabs find that the origin is back', async () => {
    const worker = await loaded()
    worker.backend.put(1, 'of another user')
    worker.backend.isAway = true
    await worker.hint(CHANGED)
    await expect.poll(() => worker.missed, { timeout: 10_000 }).toHaveLength(1)
    const [{ url, byGateway, again } = {}] = worker.missed
    expect([url, byGateway]).toEqual(['https://app.test/sync', false])
    worker.backend.isAway = false
    await again?.()
    const read = await worker.get(LIST)
    expect(read.how).toContain('hit')
    expect(read.value).toMatchObject({ items: [{ name: 'of another user' }, {}, {}, {}, {}] })
  })

  test('is made good after the rest where the origin is back before it has ended', async () => {
    const worker = await loaded()
    worker.backend.put(1, 'of another user')
    worker.backend.isAway = true
    await worker.hint(CHANGED)
    await expect.poll(() => worker.missed, { timeout: 10_000 }).toHaveLength(1)
    worker.backend.isAway = false
    // The list's own URL is asked all the same.
    expect(await worker.get(LIST)).toMatchObject({
      how: 'network',
      value: { items: [{ name: 'of another user' }, {}, {}, {}, {}] },
    })
    await worker.hint(CHANGED)
    await expect
      .poll(() => worker.told.filter(({ kind }) => kind === 'changed'), { timeout: 10_000 })
      .toMatchObject([{ diff: { updated: ['1'] } }])
    await worker.settle()
    // The read and the hint that came in the rest have one run.
    expect(worker.asked().filter((path) => path === '/sync')).toHaveLength(4)
    expect((await worker.get(LIST)).value).toMatchObject({ items: [{ name: 'of another user' }, {}, {}, {}, {}] })
  })

  test('costs no rest on reconnect: the page knows better', async () => {
    const worker = await loaded()
    worker.backend.put(1, 'of another user')
    worker.backend.isAway = true
    await worker.hint(CHANGED)
    await expect.poll(() => worker.missed, { timeout: 10_000 }).toHaveLength(1)
    worker.backend.isAway = false
    const { shown } = await worker.validate('reconnect', [LIST])
    expect(shown).toMatchObject([{ outcome: 'changed' }])
  })

  test('is so too where a gateway answers for it', async () => {
    const worker = await loaded()
    for (let count = 0; count < 3; count++) worker.backend.instead.push(() => new Response('', { status: 503 }))
    await worker.hint(CHANGED)
    await expect.poll(() => worker.missed, { timeout: 10_000 }).toMatchObject([{ byGateway: true }])
  })
})

describe('an endpoint for which a gateway answers, beside a list that the origin gives', () => {
  /** The rows are held, `/sync` is away from now on, and another user has changed a row. */
  async function withoutSync() {
    const worker = await loaded(polled('30s'))
    const { backend } = worker
    const { fetch } = backend
    vi.stubGlobal('fetch', (given: Request | string, init?: RequestInit) =>
      String(typeof given === 'string' ? given : given.url).includes('/sync')
        ? Promise.resolve(new Response('', { status: 503 }))
        : fetch(given, init),
    )
    backend.put(1, 'of another user')
    return worker
  }

  test('a poll brings what another user has changed', async () => {
    const worker = await withoutSync()
    nowMs += 30_000
    const { shown } = await worker.validate('poll', [LIST])
    // In this test nothing is stored beside the rows: the page reads.
    expect(shown).toMatchObject([{ outcome: 'absent' }])
    expect((await worker.get(LIST)).value).toMatchObject({ items: [{ name: 'of another user' }, {}, {}, {}, {}] })
  })

  test.each([
    [
      'whose rows are behind',
      async (worker: Awaited<ReturnType<typeof withoutSync>>) => {
        await worker.store.log.invalidate(['tag products'], undefined)
      },
    ],
    [
      'whose newer answer a page has got',
      async (worker: Awaited<ReturnType<typeof withoutSync>>) => {
        expect((await worker.get(LIST, { cache: 'reload' })).value).toMatchObject({
          items: [{ name: 'of another user' }, {}, {}, {}, {}],
        })
      },
    ],
  ])('a list %s is the origin’s, and no page is taken back', async (_, happen) => {
    const worker = await withoutSync()
    await happen(worker)
    for (let time = 0; time < 2; time++) {
      const read = await worker.get(LIST)
      expect(read.value).toMatchObject({ items: [{ name: 'of another user' }, {}, {}, {}, {}] })
      expect(read.how).toBe('network')
    }
    await worker.settle()
  })
})

test('rows do not stand in where the endpoint has refused their user (I3)', async () => {
  const worker = await loaded()
  await worker.store.log.invalidate(['tag products'], undefined)
  worker.backend.instead.push(
    () => new Response('', { status: 401 }),
    () => new Response('', { status: 503 }),
  )
  expect((await worker.get(LIST)).status).toBe(503)
})

test('a page that takes only what is stored gets no rows from before a write', async () => {
  const worker = await loaded({ unsatisfied: true })
  await worker.store.log.invalidate(['tag products'], undefined)
  worker.backend.instead.push(() => new Response('', { status: 400 }))
  const read = await worker.get(LIST, { cache: 'only-if-cached', mode: 'same-origin' })
  expect(read.status).toBe(504)
})

test('an endpoint that says when to come back is not asked before, and keeps no worker busy until then', async () => {
  const worker = await loaded()
  worker.backend.instead.push(() => new Response('', { status: 503, headers: { 'retry-after': '600' } }))
  await worker.hint({ tags: ['products'], transactions: [] })
  await expect.poll(() => worker.missed).toHaveLength(1)
  // Tabs ask every few seconds whether the origin is back, a user wants to sync, and pages read.
  await worker.missed[0]?.again()
  await worker.sync()
  await worker.validate('reconnect', [LIST])
  expect((await worker.get(LIST)).how).toBe('network')
  expect(worker.asked().filter((path) => path === '/sync')).toHaveLength(1)
  await worker.settle()
})
