import { beforeEach, describe, expect, test, vi } from 'vitest'
import { aliveLockOf } from '../../../config/names.ts'
import { type Given, outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

/** A disk whose changes wait while it is busy, after they were made in the transaction and before they are on it. */
function busyDisk() {
  let waiting: (() => void)[] | undefined
  const wrap: Given['wrap'] = (use) => async (mode, work) => {
    const given = await use(mode, work)
    if (mode === 'readwrite' && waiting !== undefined) await new Promise<void>((resolve) => waiting?.push(resolve))
    return given
  }
  return {
    wrap,
    hold: () => void (waiting = []),
    /** How many changes wait. */
    count: () => waiting?.length ?? 0,
    release: () => {
      const held = waiting ?? []
      waiting = undefined
      for (const each of held) each()
    },
  }
}

const TEA = { name: 'tea' }

/** Resolves once requests of pages are at the disk: what they ask for is known, and what is stored was looked up. */
async function atDisk(count: number, ask: () => Promise<Response>[]): Promise<Promise<Response>[]> {
  const digest = vi.spyOn(crypto.subtle, 'digest')
  const asked = ask()
  await vi.waitFor(() =>
    expect(digest.mock.settledResults.filter(({ type }) => type === 'fulfilled')).toHaveLength(count),
  )
  digest.mockRestore()
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve))
  return asked
}

async function busyWorker(given: Given = {}) {
  const disk = busyDisk()
  const worker = await outboxWorker({ ...given, wrap: disk.wrap })
  const add = (signal?: AbortSignal) => worker.answer('POST', '/api/products', TEA, signal)
  const settled = () =>
    vi.waitFor(async () => {
      await worker.outbox.drain(true)
      expect(await worker.writes()).toEqual([])
    })
  /** Requests that come while the disk is busy with another write: they are in one transaction. */
  const together = async (count: number) => {
    disk.hold()
    const other = worker.write('DELETE', '/api/products/1')
    await vi.waitFor(() => expect(disk.count()).toBe(1))
    const all = await atDisk(count, () => Array.from({ length: count }, () => add()))
    disk.release()
    await Promise.all([other, ...all])
    await worker.rest()
  }
  /** A create whose page has given up, and whose answer it has not heard. */
  const unheard = async () => {
    const page = new AbortController()
    const release = worker.backend.hold()
    const first = add(page.signal).catch(() => undefined)
    await vi.waitFor(() => expect(worker.backend.received).toHaveLength(1))
    page.abort()
    return { first, release }
  }
  return { ...worker, disk, add, settled, together, unheard }
}

test('ten equal writes that come on disk together are ten', async () => {
  const { together, settled, backend } = await busyWorker()
  await together(10)
  await settled()
  expect(backend.products.size).toBe(10)
})

test('a page’s retry and an equal write beside it are two, though both come on disk together', async () => {
  const { together, settled, backend, unheard } = await busyWorker()
  const { first, release } = await unheard()
  const both = together(2)
  // One of them shares the attempt that is under way.
  await vi.waitFor(() => expect(backend.received.filter(({ method }) => method === 'POST')).toHaveLength(2))
  release()
  await Promise.all([first, both])
  await settled()
  expect(backend.products.size).toBe(2)
})

test('a page’s retry and an equal write beside it are two, though the origin has the first one by then', async () => {
  const { together, settled, backend, unheard, rest } = await busyWorker()
  const { first, release } = await unheard()
  release()
  await first
  await rest()
  await together(2)
  await settled()
  expect(backend.products.size).toBe(2)
})

test('a page’s retry that gives up while the disk is slow has heard nothing: its next try is no other write', async () => {
  const { add, settled, backend, unheard, rest, disk } = await busyWorker()
  const { first, release } = await unheard()
  release()
  await first
  await rest()
  disk.hold()
  const page = new AbortController()
  const retry = add(page.signal).catch(() => undefined)
  await vi.waitFor(() => expect(disk.count()).toBe(1))
  page.abort()
  disk.release()
  await retry
  await rest()
  expect((await add()).status).toBe(201)
  await settled()
  expect(backend.products.size).toBe(1)
})

test('a page that gives up and tries again while the disk is slow: what it is told to be queued is not taken back', async () => {
  const { add, settled, backend, rest, disk } = await busyWorker()
  disk.hold()
  const page = new AbortController()
  const first = add(page.signal).catch(() => undefined)
  await vi.waitFor(() => expect(disk.count()).toBe(1))
  page.abort()
  const retries = await atDisk(1, () => [add()])
  disk.release()
  await first
  expect((await Promise.all(retries)).map(({ ok }) => ok)).toEqual([true])
  await rest()
  await settled()
  expect(backend.products.size).toBe(1)
})

test('nor by a worker whose successor has told it to the page', async () => {
  const held: { name: string }[] = []
  const locks = {
    query: () => Promise.resolve({ held }),
    request: (_: string, __: object, work: (lock: object) => unknown) => work({}),
  }
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks })
  const { add, rest, disk, backend, name, worker } = await busyWorker()
  const next = await busyWorker({ backend, database: name })
  for (const each of [worker, next.worker]) held.push({ name: aliveLockOf('/', each) })
  disk.hold()
  const page = new AbortController()
  const first = add(page.signal).catch(() => undefined)
  await vi.waitFor(() => expect(disk.count()).toBe(1))
  page.abort()
  expect((await next.add()).status).toBe(202)
  disk.release()
  await first
  await rest()
  next.outbox.reread()
  await next.settled()
  expect(backend.products.size).toBe(1)
})

test('a page’s retry is its own retry, though the disk is full by then', async () => {
  let isFull = false
  const throwing = {
    get: (store: IDBObjectStore, name: 'put') => {
      if (name === 'put' && isFull) throw new DOMException('full', 'QuotaExceededError')
      const own: unknown = store[name]
      return typeof own === 'function' ? (own.bind(store) as unknown) : own
    },
  } as ProxyHandler<IDBObjectStore>
  const { answer, backend, outbox, writes, rest } = await outboxWorker({
    wrap: (use) => (mode, work) => use(mode, (store) => work(new Proxy(store, throwing))),
  })
  const page = new AbortController()
  vi.stubGlobal('fetch', (request: Request) => {
    page.abort()
    return backend.answer(request)
  })
  backend.faults.push('cut')
  await answer('POST', '/api/products', TEA, page.signal).catch(() => undefined)
  isFull = true
  expect((await answer('POST', '/api/products', TEA)).status).toBe(202)
  isFull = false
  await rest()
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await writes()).toEqual([])
  })
  expect(backend.products.size).toBe(1)
})

test('a page that has its answer, and gives up then, has heard it: an equal write that has come meanwhile is one of its own', async () => {
  const { add, settled, backend, disk } = await busyWorker()
  const page = new AbortController()
  const release = backend.hold()
  const first = add(page.signal)
  await vi.waitFor(() => expect(backend.received).toHaveLength(1))
  disk.hold()
  release()
  await vi.waitFor(() => expect(disk.count()).toBe(1))
  const others = await atDisk(1, () => [add()])
  disk.release()
  expect((await first).status).toBe(201)
  page.abort()
  await Promise.all(others)
  await settled()
  expect(backend.products.size).toBe(2)
})

describe('a change that the page has not heard of, another one after it, and the first one once more', () => {
  const name = (name: string) => ['PUT', '/api/products/1', { name }] as const

  test('while they wait: the last one is what the row has', async () => {
    const { write, answer, settled, backend, rest, writes } = await busyWorker()
    backend.products.set(1, { id: 1, name: 'first', version: 1 })
    const page = new AbortController()
    vi.stubGlobal('fetch', (request: Request) => {
      page.abort()
      return backend.answer(request)
    })
    backend.isAway = true
    await answer(...name('on'), page.signal).catch(() => undefined)
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    for (const each of ['off', 'on']) expect((await write(...name(each))).status).toBe(202)
    expect(await writes()).toHaveLength(3)
    await rest()
    backend.isAway = false
    await settled()
    expect(backend.products.get(1)?.name).toBe('on')
  })

  test('once the origin has them: the last one is what the row has', async () => {
    const { write, answer, settled, backend, rest } = await busyWorker()
    backend.products.set(1, { id: 1, name: 'first', version: 1 })
    const page = new AbortController()
    const release = backend.hold()
    const lost = answer(...name('on'), page.signal).catch(() => undefined)
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    page.abort()
    release()
    await lost
    await rest()
    for (const each of ['off', 'on']) await write(...name(each))
    await settled()
    expect(backend.products.get(1)?.name).toBe('on')
  })
})
