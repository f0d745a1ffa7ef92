import { beforeEach, describe, expect, test, vi } from 'vitest'
import { openStore, STALLED_MS } from '../store/database.ts'
import { Backend, CONFIG, type Given, outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

/** What a store says that hangs. */
async function stalled(): Promise<unknown> {
  const real = globalThis.indexedDB
  vi.useFakeTimers()
  vi.stubGlobal('indexedDB', { open: () => ({ addEventListener: () => undefined }) })
  const failed = openStore('hangs', 'strict')('readonly', () => Promise.resolve()).then(
    () => undefined,
    (error: unknown) => error,
  )
  await vi.advanceTimersByTimeAsync(STALLED_MS)
  vi.useRealTimers()
  vi.stubGlobal('indexedDB', real)
  return failed
}

/** A disk whose first change is on it after it was given up. */
async function lateOnce(): Promise<NonNullable<Given['wrap']>> {
  const error = await stalled()
  let isLate = true
  return (use) => async (mode, work) => {
    const given = await use(mode, work)
    if (mode === 'readonly' || !isLate) return given
    isLate = false
    throw error
  }
}

test('a disk that hangs is waited for once, and no write asks it again soon: each goes straight through', async () => {
  const error = await stalled()
  let asked = 0
  const { write, backend } = await outboxWorker({
    wrap: (use) => (mode, work) => {
      if (mode === 'readonly') return use(mode, work)
      asked++
      return Promise.reject(error as Error)
    },
  })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => write('POST', '/api/products', { name: `${at}` })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  expect(answers.every(({ headers }) => headers.get('freshlayer-outbox') === 'unqueued')).toBe(true)
  // Those that came while the first was on its way share the next transaction.
  expect(asked).toBeLessThanOrEqual(2)
  const before = asked
  expect((await write('POST', '/api/products', { name: 'later' })).status).toBe(201)
  expect(asked).toBe(before)
  expect(backend.products.size).toBe(21)
})

test('a record that comes on disk after it was given up has the key that was sent', async () => {
  const { write, writes, backend, outbox } = await outboxWorker({
    wrap: await lateOnce(),
  })
  expect((await write('POST', '/api/products', { name: 'tea' })).headers.get('freshlayer-outbox')).toBe('unqueued')
  outbox.reread()
  expect((await writes()).map(({ state }) => state.kind)).toEqual(['leased'])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await writes()).toEqual([])
  })
  vi.useRealTimers()
  expect(backend.received).toHaveLength(2)
  expect(backend.products.size).toBe(1)
})

describe('a write that no disk takes', () => {
  const full = async (given: Given = {}) => {
    let isFull = true
    const worker = await outboxWorker({
      ...given,
      wrap: (use) => (mode, work) =>
        isFull && mode === 'readwrite'
          ? Promise.reject(new DOMException('full', 'QuotaExceededError'))
          : use(mode, work),
    })
    const add = () => worker.write('POST', '/api/products', { name: 'tea' })
    return { ...worker, add, makeRoom: () => void (isFull = false) }
  }

  test.each([
    ['is lost', 'cut' as const],
    ['is that of a gateway', 504],
  ])('and whose answer %s is performed once, though the page tries again', async (_, fault) => {
    const { add, backend } = await full()
    backend.faults.push(fault, fault)
    const tried = async () => (await add().catch(() => ({ status: 0 }))).status
    const lost = fault === 'cut' ? 0 : fault
    expect([await tried(), await tried(), await tried()]).toEqual([lost, lost, 201])
    const keys = (): Set<unknown> => new Set(backend.received.map(({ fields }) => fields.get('idempotency-key')))
    expect([keys().size, backend.products.size]).toEqual([1, 1])
    // What the user does after that answer is another write.
    expect(await tried()).toBe(201)
    expect([keys().size, backend.products.size]).toEqual([2, 2])
  })

  test('and whose answer is lost is performed once, though the next try is queued', async () => {
    const { add, backend, makeRoom } = await full()
    backend.faults.push('cut')
    await expect(add()).rejects.toThrow('Failed to fetch')
    makeRoom()
    expect((await add()).status).toBe(201)
    expect(backend.products.size).toBe(1)
  })

  test('and whose deletion was performed is answered so, though the next try is queued and finds nothing', async () => {
    const backend = new Backend()
    backend.honoursKeys = false
    backend.products.set(1, { id: 1, name: 'tea', version: 1 })
    const { write, makeRoom } = await full({ backend })
    backend.faults.push('cut')
    await expect(write('DELETE', '/api/products/1')).rejects.toThrow('Failed to fetch')
    makeRoom()
    expect((await write('DELETE', '/api/products/1')).status).toBe(204)
    expect(backend.received).toHaveLength(2)
  })

  test('300 at once, whose answers are lost, are performed once each', async () => {
    const { write, backend } = await full()
    const addAll = () =>
      Promise.allSettled(Array.from({ length: 300 }, (_, at) => write('POST', '/api/products', { name: `${at}` })))
    backend.faults.push(...Array.from({ length: 300 }, () => 'cut' as const))
    await addAll()
    const tried = await addAll()
    expect(tried.every((each) => each.status === 'fulfilled' && each.value.status === 201)).toBe(true)
    expect([backend.received.length, backend.products.size]).toEqual([600, 300])
  })

  test('and another one beside it are two', async () => {
    const { add, backend } = await full()
    backend.faults.push('cut', 'cut')
    await Promise.allSettled([add(), add()])
    await Promise.all([add(), add()])
    expect(backend.received).toHaveLength(4)
    expect(backend.products.size).toBe(2)
  })

  test.each([401, 408, 409, 425, 429, 500])(
    'and whose answer is lost keeps its key when the next one is %i, which says nothing of the first',
    async (status) => {
      const { add, backend } = await full()
      backend.faults.push('cut', status)
      await expect(add()).rejects.toThrow('Failed to fetch')
      expect((await add()).status).toBe(status)
      expect((await add()).status).toBe(201)
      expect(backend.products.size).toBe(1)
    },
  )

  test('and is aborted when the disk takes its retry is performed once', async () => {
    let step: 'full' | 'abort' | 'takes' = 'full'
    const retry = new AbortController()
    const { write, writes, backend, answer } = await outboxWorker({
      wrap: (use) => async (mode, work) => {
        if (mode === 'readonly') return use(mode, work)
        if (step === 'full') throw new DOMException('full', 'QuotaExceededError')
        const given = await use(mode, work)
        if (step === 'abort') retry.abort()
        step = 'takes'
        return given
      },
    })
    const tea = { name: 'tea' }
    backend.faults.push('cut')
    await expect(write('POST', '/api/products', tea)).rejects.toThrow('Failed to fetch')
    step = 'abort'
    await expect(answer('POST', '/api/products', tea, retry.signal)).rejects.toThrow('aborted')
    expect(await writes()).toEqual([])
    expect((await write('POST', '/api/products', tea)).status).toBe(201)
    expect(backend.products.size).toBe(1)
  })

  test('and whose answer is lost keeps its key when its retry is taken for that of another write', async () => {
    let isFull = false
    const page = new AbortController()
    const { write, backend, answer, rest } = await outboxWorker({
      wrap: (use) => (mode, work) =>
        isFull && mode === 'readwrite'
          ? Promise.reject(new DOMException('full', 'QuotaExceededError'))
          : use(mode, work),
    })
    const tea = { name: 'tea' }
    const release = backend.hold()
    const first = answer('POST', '/api/products', tea, page.signal).catch(() => undefined)
    await vi.waitFor(() => expect(backend.products.size).toBe(1))
    isFull = true
    backend.faults.push('cut')
    const second = write('POST', '/api/products', tea).catch(() => undefined)
    await vi.waitFor(() => expect(backend.products.size).toBe(2))
    isFull = false
    page.abort()
    release()
    await Promise.all([first, second])
    await write('POST', '/api/products', tea)
    await write('POST', '/api/products', tea)
    await rest()
    expect(backend.products.size).toBe(2)
  })

  test('is not taken for its own retry once another one has changed the row', async () => {
    const { write, backend } = await full()
    await write('POST', '/api/products', { name: 'tea' })
    const name = (name: string) => write('PATCH', '/api/products/7', { name })
    backend.faults.push('cut')
    await expect(name('on')).rejects.toThrow('Failed to fetch')
    await name('off')
    await name('on')
    expect(backend.products.get(7)?.name).toBe('on')
  })

  test('and whose answer is lost is known to the origin: what follows its retry is sent as well', async () => {
    const config = { ...CONFIG, writes: CONFIG.writes?.map((rule) => ({ ...rule, coalesce: true })) } as never
    // Users are told apart, so that nothing is sent while no page of theirs is open.
    const partitionsOf = () => Promise.resolve(pages.has('a tab') ? ['user/ada'] : [])
    const identity = { partitionOf: () => 'user/ada', partitionsOf, credentialsOf: () => Promise.resolve(undefined) }
    const { add, write, backend, makeRoom, outbox, rest } = await full({ config, identity })
    backend.faults.push('cut')
    await expect(add()).rejects.toThrow('Failed to fetch')
    makeRoom()
    pages.clear()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    const { id } = (await (await add()).json()) as { id: string }
    await write('DELETE', `/api/products/${id}`)
    await rest()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
    pages.add('a tab')
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await outbox.writesOf('a tab')).toEqual([])
    })
    expect([...backend.products.values()]).toEqual([])
  })
})

test('a record that comes on disk after its write was answered is no write that a page tries again', async () => {
  const { write, backend, outbox, rest } = await outboxWorker({
    wrap: await lateOnce(),
  })
  const add = () => write('POST', '/api/products', { name: 'tea' })
  expect((await add()).headers.get('freshlayer-outbox')).toBe('unqueued')
  outbox.reread()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  expect((await add()).ok).toBe(true)
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await outbox.writesOf('a tab')).toEqual([])
  })
  vi.useRealTimers()
  await rest()
  expect(backend.products.size).toBe(2)
})

test('a record that comes on disk after it was given up is the page’s retry once', async () => {
  const { write, backend, outbox, rest } = await outboxWorker({
    wrap: await lateOnce(),
  })
  const add = () => write('POST', '/api/products', { name: 'tea' })
  backend.faults.push('cut')
  await expect(add()).rejects.toThrow('Failed to fetch')
  outbox.reread()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await outbox.writesOf('a tab')).toEqual([])
  })
  expect((await add()).ok).toBe(true)
  await rest()
  expect(backend.products.size).toBe(1)
  expect((await add()).ok).toBe(true)
  vi.useRealTimers()
  await rest()
  expect(backend.products.size).toBe(2)
})
