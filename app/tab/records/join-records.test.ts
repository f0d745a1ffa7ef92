import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { defineConfig } from '../../../config/language/index.ts'
import type { RecordAdapter } from './adapter.ts'
import { joinRecords, type JoinOptions, type Records } from './join-records.ts'
import type { EntityOf } from '../../../config/language/entities.ts'
import { browser, newBackend, RULES, TYPED } from './records-page.fixture.ts'
import { LocalStore } from './store.fixture.ts'

const open: { records: Records<never> }[] = []
afterEach(() => {
  for (const { records } of open.splice(0)) records.close()
  vi.useRealTimers()
})

async function app({
  store = new LocalStore(),
  ...given
}: Partial<Parameters<typeof browser>[0]> & { store?: LocalStore } = {}) {
  const made = await browser({ ...given, store })
  return {
    ...made,
    store,
    open: (...state: Parameters<typeof made.open>) => {
      const page = made.open(...state)
      open.push(page)
      return page
    },
    names: () => [...made.backend.products.values()].map(({ name }) => name),
  }
}

const until = (check: () => unknown): Promise<unknown> => vi.waitFor(check, 10_000)
/** Of hundreds of records. */
const long = (check: () => unknown): Promise<unknown> => vi.waitFor(check, 60_000)

/** A store and a backend that both have a product. */
function synced() {
  const [backend, store] = [newBackend(), new LocalStore()]
  backend.products.set(1, { id: 1, name: 'tea', version: 1 })
  store.rows.set('1', { fields: { name: 'tea' }, isDirty: false, isDeleted: false, lastSyncedAt: 1 })
  return { backend, store }
}

const [writes] = RULES.writes ?? []
/** Rules whose conflicts are merged. */
const merging = {
  ...RULES,
  writes: [
    {
      ...writes,
      conflict: (_: unknown, mine: { name: string }, theirs: { name: string }) => ({
        ...theirs,
        name: `${theirs.name}+${mine.name}`,
      }),
    },
  ],
} as typeof RULES

const UUID = (at: number): string => `0b9fc1d6-9f0a-4d3e-8f56-${String(at).padStart(12, '0')}`

describe('a record of a local store', () => {
  test('that is new, changed or deleted is sent, and the store hears of it', async () => {
    const { open: page, store, backend, names } = await app(synced())
    const { records } = page()
    store.edit(UUID(1), { name: 'oolong' })
    await records.markDirty('product', UUID(1))
    await until(() => expect(store.dirty).toEqual([]))
    // The server has given it another id.
    expect([...store.rows.keys()]).toEqual(['1', '7'])
    expect(names()).toContain('oolong')
    store.edit('1', { name: 'green' })
    await records.markDirty('product', 1)
    await until(() => expect(backend.products.get(1)?.name).toBe('green'))
    await until(() => expect(store.dirty).toEqual([]))
    store.delete('1')
    await records.markDeleted('product', '1')
    await until(() => expect(store.rows.has('1')).toBe(false))
    expect(backend.products.has(1)).toBe(false)
    expect(backend.received.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'DELETE'])
    expect(records.state).toMatchObject({ state: 'idle', handedOver: 0, acknowledged: 3, lastError: undefined })
    expect(records.state.lastSyncedAt).toBeGreaterThan(1)
  })

  test('that was made before the page was opened is found', async () => {
    const { open: page, store, names } = await app()
    store.edit(UUID(1), { name: 'oolong' })
    page()
    await until(() => expect(store.dirty).toEqual([]))
    expect(names()).toEqual(['oolong'])
  })

  test('that is edited while it is under way is sent after it, and not acknowledged by the first answer', async () => {
    const { open: page, store, backend } = await app(synced())
    const { records } = page()
    const release = backend.hold()
    store.edit('1', { name: 'green' })
    await records.markDirty('product', '1')
    await until(() => expect(backend.received).toHaveLength(1))
    store.edit('1', { name: 'black' })
    await records.markDirty('product', '1')
    await records.send()
    expect(backend.received).toHaveLength(1)
    release()
    await until(() => expect(store.dirty).toEqual([]))
    expect(backend.received.map(({ body }) => body)).toEqual(['{"name":"green"}', '{"name":"black"}'])
    expect(store.acknowledged.map(({ sent }) => sent)).toEqual([{ name: 'green' }, { name: 'black' }])
    expect(backend.products.get(1)?.name).toBe('black')
  })

  test('that is deleted before it was ever sent is never sent', async () => {
    const { open: page, store, backend } = await app()
    store.edit(UUID(1), { name: 'oolong' })
    store.delete(UUID(1))
    const { records } = page()
    await until(() => expect(store.rows.size).toBe(0))
    await records.send()
    expect(backend.received).toEqual([])
  })

  test('that the origin refuses stays dirty, is not sent again as it is, and is once it was edited', async () => {
    const { open: page, store, backend } = await app(synced())
    backend.refused.add('{"name":""}')
    const { records, close } = page()
    store.edit('1', { name: '' })
    await records.markDirty('product', '1')
    await until(() => expect(records.state).toMatchObject({ state: 'stuck', handedOver: 1, stuck: 1 }))
    close()
    const { records: again } = page()
    await again.send()
    expect(backend.received).toHaveLength(1)
    store.edit('1', { name: 'green' })
    await again.markDirty('product', '1')
    await until(() => expect(store.dirty).toEqual([]))
    expect(backend.products.get(1)?.name).toBe('green')
  })

  test('that the user discards takes the row of the origin', async () => {
    const { open: page, store, backend, ask } = await app(synced())
    backend.refused.add('{"name":""}')
    const { records } = page()
    store.edit('1', { name: '' })
    await records.markDirty('product', '1')
    await until(() => expect(records.state.stuck).toBe(1))
    await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })
    await until(() => expect(store.dirty).toEqual([]))
    expect(store.applied).toMatchObject([{ why: 'discarded', sent: { name: '' }, row: { id: 1, name: 'tea' } }])
    expect(backend.received).toHaveLength(1)
  })
})

describe('a page that is closed', () => {
  test.each([
    ['while it reads the store', 'read'],
    ['while it lists what is dirty', 'listDirty'],
  ])('%s has lost nothing', async (_, step) => {
    const { open: page, store, names } = await app()
    store.edit(UUID(1), { name: 'oolong' })
    const first = page()
    await until(() => expect(store.calls).toContain(step))
    first.close()
    page()
    await until(() => expect(store.dirty).toEqual([]))
    expect(names()).toEqual(['oolong'])
  })

  test('while it hands a record over has the record sent once', async () => {
    const { open: page, store, backend, names, beforeEach, handed } = await app()
    store.edit(UUID(1), { name: 'oolong' })
    let go = (): void => undefined
    beforeEach(() => new Promise((resolve) => (go = resolve)))
    const first = page()
    await until(() => expect(handed).toHaveLength(1))
    beforeEach(async () => undefined)
    // Its request reaches the worker together with that of the next page.
    first.close()
    go()
    page()
    await until(() => expect(store.dirty).toEqual([]))
    expect(names()).toEqual(['oolong'])
    expect(backend.received).toHaveLength(1)
  })

  test('before the origin has answered finds the receipt when it is opened again', async () => {
    const { open: page, store, backend, rest } = await app()
    store.edit(UUID(1), { name: 'oolong' })
    const release = backend.hold()
    const first = page()
    await until(() => expect(backend.received).toHaveLength(1))
    first.close()
    release()
    await rest()
    expect(store.dirty).toEqual([UUID(1)])
    page()
    await until(() => expect(store.dirty).toEqual([]))
    expect([...store.rows.keys()]).toEqual(['7'])
    expect(backend.received).toHaveLength(1)
  })

  test('after the store has acknowledged, and before the worker knows, acknowledges twice and sends once', async () => {
    const { open: page, store, backend } = await app(synced())
    const first = page()
    const acknowledge = store.acknowledge.bind(store)
    store.acknowledge = async (record) => {
      await acknowledge(record)
      first.close()
    }
    store.edit('1', { name: 'green' })
    await first.records.markDirty('product', '1')
    await until(() => expect(store.acknowledged).toHaveLength(1))
    store.acknowledge = acknowledge
    // Edited after that: the receipt that comes once more must not take it for sent.
    store.edit('1', { name: 'black' })
    page()
    await until(() => expect(store.dirty).toEqual([]))
    expect(store.acknowledged.map(({ sent }) => sent?.['name'])).toEqual(['green', 'green', 'black'])
    expect(backend.received.map(({ body }) => (JSON.parse(body) as { name: string }).name)).toEqual(['green', 'black'])
  })
})

test('a page that is closed asks the worker no more, though it was not answered', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { open: page } = await app()
  const asked: unknown[] = []
  const serviceWorker = {
    controller: { postMessage: (question: unknown) => asked.push(question) },
    getRegistrations: () => Promise.resolve([{}]),
  }
  vi.stubGlobal('navigator', { ...navigator, serviceWorker })
  const { records } = page()
  const sent = records.send()
  await until(() => expect(asked).toHaveLength(1))
  records.close()
  await vi.advanceTimersByTimeAsync(60_000)
  await sent
  expect(asked).toHaveLength(1)
})

test('two tabs with one store send each record once', async () => {
  const { open: page, store, backend, names } = await app()
  const tabs = [page(), page()]
  for (let at = 0; at < 40; at++) {
    store.edit(UUID(at), { name: `n${at}` })
    await Promise.all(tabs.map(({ records }) => records.markDirty('product', UUID(at))))
  }
  await until(() => expect(store.dirty).toEqual([]))
  expect(backend.received).toHaveLength(40)
  expect(new Set(names()).size).toBe(40)
}, 30_000)

test('of many dirty records the worker has few at a time, and the page says how far it is', async () => {
  const { open: page, store, backend, writes } = await app()
  const many = 600
  for (let at = 0; at < many; at++) store.edit(UUID(at), { name: `n${at}` })
  const { records } = page()
  let [most, seen] = [0, 0]
  const states = new Set<string>()
  records.onState((state) => {
    if (state.handedOver > 0) states.add(state.state)
    most = Math.max(most, state.handedOver)
    if (state.acknowledged > 0 && state.acknowledged < many) seen++
  })
  expect(await records.getDirtyRecordsCount()).toBe(many)
  await vi.waitFor(() => expect(store.dirty).toEqual([]), 60_000)
  expect(backend.products.size).toBe(many)
  expect(await writes()).toEqual([])
  expect(most).toBeLessThanOrEqual(200)
  expect([...states]).toEqual(['sending'])
  expect(seen, 'progress was told').toBeGreaterThan(many / 2)
  expect(await records.getDirtyRecordsCount('product')).toBe(0)
}, 90_000)

describe('without a worker', () => {
  test('nothing is sent, the state says so, and sending begins once there is one', async () => {
    const { open: page, store, backend, handed } = await app()
    const { records, set } = page({ controlled: false })
    store.edit(UUID(1), { name: 'oolong' })
    await records.markDirty('product', UUID(1))
    await records.send()
    expect(records.state.state).toBe('no-worker')
    expect([handed, backend.received, store.dirty]).toEqual([[], [], [UUID(1)]])
    set({ controlled: true })
    await until(() => expect(store.dirty).toEqual([]))
  })

  test('that takes records: the state says what the rules lack', async () => {
    const { outbox: _, ...others } = RULES
    const { open: page, store, handed } = await app({ config: others })
    store.edit(UUID(1), { name: 'oolong' })
    const { records } = page()
    await until(() => expect(records.state.state).toBe('failed'))
    expect(records.state.lastError?.why).toContain('outbox: { records: true }')
    expect([handed, store.dirty]).toEqual([[], [UUID(1)]])
  })
})

describe('an adapter that throws', () => {
  test.each(['listDirty', 'read', 'acknowledge'])('in %s is told, and called again', async (name) => {
    const { open: page, store, backend } = await app()
    store.faults.push(name)
    store.edit(UUID(1), { name: 'oolong' })
    const { records } = page()
    await until(() => expect(records.state).toMatchObject({ state: 'failed' }))
    expect(String(records.state.lastError?.error)).toContain(`${name} has failed`)
    await until(() => expect(store.dirty).toEqual([]))
    await until(() => expect(records.state).toMatchObject({ state: 'idle', lastError: undefined }))
    expect(backend.received).toHaveLength(1)
  })

  test('for one record does not hold up others', async () => {
    const { open: page, store, names } = await app()
    const read = store.read.bind(store)
    store.read = async (entity, id) => {
      if (id === UUID(1)) throw new Error('broken')
      return read(entity, id)
    }
    for (const at of [1, 2, 3]) store.edit(UUID(at), { name: `n${at}` })
    const { records } = page()
    await until(() => expect(store.dirty).toEqual([UUID(1)]))
    expect(names()).toEqual(['n2', 'n3'])
    expect(records.state.lastError).toMatchObject({ entity: 'product', id: UUID(1) })
  })
})

describe('an adapter that never settles', () => {
  test.each(['listDirty', 'read', 'acknowledge'] as const)(
    'in %s is told, and does not stop other tabs',
    async (name) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { open: page, store, names } = await app()
      const work = store[name].bind(store) as () => Promise<never>
      let isHanging = true
      store[name] = ((...given: []) => (isHanging ? new Promise(() => undefined) : work(...given))) as never
      store.edit(UUID(1), { name: 'oolong' })
      const { records } = page()
      const sent = records.send()
      const other = page()
      await until(async () => {
        await vi.advanceTimersByTimeAsync(5000)
        expect(records.state.lastError?.error).toMatchObject({
          message: expect.stringContaining(`${name}()`) as string,
        })
      })
      isHanging = false
      await vi.advanceTimersByTimeAsync(120_000)
      await sent
      await other.records.send()
      await until(async () => {
        await vi.advanceTimersByTimeAsync(5000)
        expect(store.dirty).toEqual([])
      })
      expect(names()).toEqual(['oolong'])
    },
  )
})

test('a full disk: the origin answers at once, and the store is told', async () => {
  let isFull = false
  const {
    open: page,
    store,
    backend,
  } = await app({
    ...synced(),
    wrap: (use) => (mode, work) =>
      isFull && mode === 'readwrite' ? Promise.reject(new Error('QuotaExceededError')) : use(mode, work),
  })
  const { records } = page()
  await records.send()
  isFull = true
  store.edit('1', { name: 'green' })
  await records.markDirty('product', '1')
  await until(() => expect(store.dirty).toEqual([]))
  expect(backend.products.get(1)?.name).toBe('green')
})

describe('a full disk and a network that wants the user to sign in', () => {
  /** A page of a captive portal, as it is told in the place of each answer. */
  const portal = (): Response =>
    new Response('<!doctype html><title>Welcome</title>', { headers: { 'content-type': 'text/html' } })

  test('acknowledge nothing', async () => {
    let isFull = false
    const {
      open: page,
      store,
      backend,
    } = await app({
      ...synced(),
      wrap: (use) => (mode, work) =>
        isFull && mode === 'readwrite' ? Promise.reject(new Error('QuotaExceededError')) : use(mode, work),
    })
    const { records } = page()
    await records.send()
    isFull = true
    const answer = backend.answer.bind(backend)
    backend.answer = () => Promise.resolve(portal())
    store.edit('1', { name: 'green' })
    await records.markDirty('product', '1')
    await until(() => expect(records.state.state).toBe('failed'))
    expect([store.dirty, store.acknowledged]).toEqual([['1'], []])
    backend.answer = answer
    await until(() => expect(store.dirty).toEqual([]))
    expect(backend.products.get(1)?.name).toBe('green')
  })

  test.each([
    ['a page', portal],
    ['401', () => new Response(null, { status: 401 })],
    ['429', () => new Response(null, { status: 429 })],
  ])('%s is not the row that a discarded change gives way to', async (_, given) => {
    const { open: page, store, backend, ask } = await app(synced())
    backend.refused.add('{"name":""}')
    const { records } = page()
    store.edit('1', { name: '' })
    await records.markDirty('product', '1')
    await until(() => expect(records.state.stuck).toBe(1))
    const answer = backend.answer.bind(backend)
    backend.answer = () => Promise.resolve(given())
    await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })
    await until(() => expect(records.state.state).toBe('failed'))
    expect([store.dirty, store.applied]).toEqual([['1'], []])
    backend.answer = answer
    await until(() => expect(store.applied).toMatchObject([{ row: { id: 1, name: 'tea' } }]))
    expect(store.rows.get('1')?.fields).toMatchObject({ name: 'tea' })
  })
})

test('a refused record that is edited while the worker has all that it takes is sent once there is room', async () => {
  const { open: page, store, backend, drain } = await app(synced())
  backend.refused.add('{"name":""}')
  const { records } = page()
  store.edit('1', { name: '' })
  await records.markDirty('product', '1')
  await long(() => expect(records.state.stuck).toBe(1))
  backend.isAway = true
  for (let at = 0; at < 200; at++) store.edit(UUID(at), { name: `n${at}` })
  await long(async () => {
    await records.send()
    expect(records.state.handedOver).toBe(201)
  })
  store.edit('1', { name: 'green' })
  await records.markDirty('product', '1')
  await records.send()
  backend.isAway = false
  // The origin is heard of again: a sign of life.
  await drain()
  await long(() => expect(store.dirty).toEqual([]))
  expect(backend.products.get(1)?.name).toBe('green')
}, 160_000)

test('receipts that the store cannot take now do not hold up those behind them', async () => {
  const { open: page, store, backend } = await app(synced())
  const acknowledge = store.acknowledge.bind(store)
  store.acknowledge = (record) =>
    record.id.includes('-') ? Promise.reject(new Error('a constraint')) : acknowledge(record)
  for (let at = 0; at < 250; at++) store.edit(UUID(at), { name: `n${at}` })
  const { records } = page()
  await vi.waitFor(() => expect(backend.received).toHaveLength(250), 60_000)
  store.edit('1', { name: 'green' })
  await records.markDirty('product', '1')
  await long(() => expect(store.rows.get('1')).toMatchObject({ isDirty: false }))
}, 160_000)

test('a deleted record whose creation ends while the store heeds many others is deleted at the origin too', async () => {
  const backend = newBackend()
  const answer = backend.answer.bind(backend)
  let release: (() => void) | undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  backend.answer = async (request) => {
    if (request.method === 'POST' && (await request.clone().text()).includes('oolong')) await held
    return answer(request)
  }
  const { open: page, store, write, ask, names, drain } = await app({ backend })
  const handOver = (at: number, name: string): Promise<Response> =>
    write('POST', '/api/products', { name }, { 'freshlayer-record': `product ${UUID(at)} v1` })
  for (let at = 1; at <= 250; at++) {
    await handOver(at, `n${at}`)
    if (at === 100) await handOver(0, 'oolong')
  }
  void drain()
  const receipts = async (): Promise<number[]> =>
    ((await ask({ ask: 'records' })) as { receipts: { place: number }[] }).receipts.map(({ place }) => place)
  await long(async () => expect(await receipts()).toHaveLength(200))
  store.edit(UUID(0), { name: 'oolong' })
  store.delete(UUID(0))
  const acknowledge = store.acknowledge.bind(store)
  store.acknowledge = async (record) => {
    // Those that are told in the second part.
    if (record.id === UUID(250)) {
      release?.()
      await long(async () => expect(await receipts()).toContain(101))
    }
    return acknowledge(record)
  }
  page()
  await long(() => expect(store.rows.size).toBe(0))
  await long(() => expect(names()).not.toContain('oolong'))
  expect(names()).toHaveLength(250)
}, 160_000)

test('a record that is made and deleted while the worker has it is gone, and the state says so', async () => {
  const { open: page, store, backend } = await app()
  const { records } = page()
  backend.isAway = true
  // Another one is under way, so what comes after it was never sent.
  store.edit(UUID(1), { name: 'oolong' })
  const release = lockDrain()
  await records.markDirty('product', UUID(1))
  await until(() => expect(records.state.handedOver).toBe(1))
  store.delete(UUID(1))
  await records.markDeleted('product', UUID(1))
  await until(() => expect(store.rows.size).toBe(0))
  await until(() => expect(records.state).toMatchObject({ state: 'idle', handedOver: 0 }))
  release()
  expect(backend.received).toEqual([])
})

test('a change that was merged with the row of the origin is done: it is not sent again without that', async () => {
  const { backend, store } = synced()
  const { open: page, ask } = await app({ backend, store, config: merging })
  backend.products.set(1, { id: 1, name: 'theirs', version: 2 })
  const read = store.read.bind(store)
  store.read = async (entity, id) => {
    const record = await read(entity, id)
    return record && { ...record, headers: { 'if-match': '"1"' } }
  }
  const { records } = page()
  store.edit('1', { name: 'mine' })
  await records.markDirty('product', '1')
  await until(() => expect(store.dirty).toEqual([]))
  expect(backend.products.get(1)?.name).toBe('theirs+mine')
  expect(store.rows.get('1')?.fields).toMatchObject({ name: 'theirs+mine' })
  expect(await ask({ ask: 'outbox' })).toEqual([])
})

test('a change that the user has mended by the outbox is done as mended', async () => {
  const { open: page, store, backend, ask } = await app(synced())
  backend.refused.add('{"name":""}')
  const { records } = page()
  store.edit('1', { name: '' })
  await records.markDirty('product', '1')
  await until(() => expect(records.state.stuck).toBe(1))
  const body = new TextEncoder().encode('{"name":"mended"}').buffer
  await ask({ ask: 'steer-outbox', place: 1, how: 'edit', body })
  await until(() => expect(store.dirty).toEqual([]))
  expect(backend.products.get(1)?.name).toBe('mended')
  expect(store.rows.get('1')?.fields).toMatchObject({ name: 'mended' })
})

describe('a page that was frozen while another user has signed in', () => {
  const partitions = { of: ['user/ada'] }
  const identity = {
    partitionOf: () => partitions.of[0],
    partitionsOf: () => Promise.resolve(partitions.of),
    isOther: () => false,
    isDoubted: () => false,
    credentialsOf: () => Promise.resolve(undefined),
  }

  test('hands nothing over as that one, and its store hears nothing of theirs', async () => {
    partitions.of = ['user/ada']
    const { open: page, store, handed, write, drain } = await app({ ...synced(), identity })
    const { records } = page()
    await records.send()
    partitions.of = ['user/bob']
    // What Bob's own store has sent.
    await write('PATCH', '/api/products/1', { name: 'of bob' }, { 'freshlayer-record': 'product 1 v1' })
    await drain()
    store.edit('1', { name: 'of ada' })
    await records.send()
    expect([records.state.state, handed, store.acknowledged, store.dirty]).toEqual(['closed', [], [], ['1']])
  })

  test('waits while nobody knows who the user is, and goes on when it is the same', async () => {
    partitions.of = ['user/ada']
    const { open: page, store, handed, backend } = await app({ ...synced(), identity })
    const { records } = page()
    await records.send()
    partitions.of = []
    store.edit('1', { name: 'of ada' })
    await records.send()
    expect([records.state.state, records.state.lastError?.why, handed]).toEqual([
      'failed',
      'finding out who the user is',
      [],
    ])
    partitions.of = ['user/ada']
    await until(() => expect(store.dirty).toEqual([]))
    expect(backend.products.get(1)?.name).toBe('of ada')
  })
})

test('a user who signs out while a record is read has it sent by nobody', async () => {
  const { open: page, store, handed } = await app()
  let go = (): void => undefined
  const read = store.read.bind(store)
  store.read = async (entity, id) => {
    await new Promise<void>((resolve) => (go = resolve))
    return read(entity, id)
  }
  store.edit(UUID(1), { name: 'oolong' })
  const { records, signOut } = page()
  await until(() => expect(store.calls).toContain('listDirty'))
  await new Promise((resolve) => setTimeout(resolve, 0))
  signOut()
  go()
  await records.send()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([records.state.state, handed]).toEqual(['closed', []])
})

test('a user who signs out ends it: what is dirty is theirs', async () => {
  const { open: page, store, handed } = await app()
  const { records, signOut } = page()
  await records.send()
  signOut()
  store.edit(UUID(1), { name: 'oolong' })
  await records.markDirty('product', UUID(1))
  await records.send()
  expect([records.state.state, handed]).toEqual(['closed', []])
})

describe('a wrong argument', () => {
  const adapter = new LocalStore()

  test.each([
    ['no layer', {} as never, { rules: TYPED, adapter }],
    ['no rules', undefined, { rules: {}, adapter: adapter as never }],
    ['an adapter without functions', undefined, { rules: TYPED, adapter: {} as never }],
    ['an entity that is not queued', undefined, { rules: TYPED, adapter, entities: ['sale' as 'product'] }],
  ])('is refused at once: %s', async (_, layer, options) => {
    const { open: page } = await app()
    expect(() => joinRecords(layer ?? page().layer, options as JoinOptions<typeof TYPED>)).toThrow(
      /^freshlayer: joinRecords\(\) takes /,
    )
  })

  test.each([['sale', '1'] as const, ['product', ''] as const, ['product', null as never] as const])(
    'of markDirty is refused: %s %s',
    async (entity, id) => {
      const { open: page } = await app()
      await expect(page().records.markDirty(entity as 'product', id)).rejects.toThrow(TypeError)
    },
  )
})

test('the names of entities are those of the rules', () => {
  const rules = defineConfig({
    version: '1',
    identity: 'none',
    routes: [{ match: '/api/products' }],
    writes: [
      { match: 'POST /api/products', entity: 'product', offline: 'queue' },
      { match: 'POST /api/sales', entity: 'sale', offline: 'queue' },
      { match: 'POST /api/logs' },
    ],
  })
  expectTypeOf<EntityOf<typeof rules>>().toEqualTypeOf<'product' | 'sale'>()
  expectTypeOf(joinRecords<typeof rules>).returns.toEqualTypeOf<Records<'product' | 'sale'>>()
  expectTypeOf<Records<'sale'>['markDirty']>().parameter(0).toEqualTypeOf<'sale'>()
  expectTypeOf<RecordAdapter<'sale'>['read']>().parameter(0).toEqualTypeOf<'sale'>()
})

/** Another worker drains until the returned function is called. */
function lockDrain(): () => void {
  const { locks } = navigator
  const request = locks.request.bind(locks) as (name: string, options: LockOptions, work: unknown) => unknown
  const spy = vi
    .spyOn(locks, 'request')
    .mockImplementation(((name: string, options: LockOptions, work: never) =>
      options.ifAvailable === true ? (work as (lock: null) => unknown)(null) : request(name, options, work)) as never)
  return () => spy.mockRestore()
}
