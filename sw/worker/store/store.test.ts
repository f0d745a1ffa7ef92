import { afterEach, describe, expect, it, vi } from 'vitest'
import { EVERYTHING } from '../../core/invalidation.ts'
import type { Row } from '../../core/row.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { bytes } from '../../core/units.ts'
import { countingRounds, fakeDatabase, fakeLocks, recordsIn } from './fake-database.fixture.ts'
import type { UseStore } from './database.ts'
import type { Store } from './store.ts'

const { storeOver } = await import('./store.ts')
const { audit } = await import('./audit.ts')
const { log, missed, trimChanges } = await import('./change-log.ts')
const { completedRequests, openStore, STALLED_MS } = await import('./database.ts')
const { entryOf } = await import('./index-entry.ts')
const { changeKey, indexKey, rowKey, storedPartitions } = await import('./records.ts')
const { countEntries, resize } = await import('./rows.ts')

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
afterEach(() => void said.mockClear())

const LARGE = { all: bytes(1e9), rules: {} }

/** A worker's store; called with a name, that of another worker on the same data. */
async function worker(name?: string, version = '1', isActive = true): Promise<Store & { readonly name: string }> {
  const database = await fakeDatabase(name)
  const store = storeOver(database.use, { version, budget: LARGE })
  if (isActive) store.writer.activate()
  return { name: database.name, ...store }
}

/** A row that is asked for now. */
async function asked(of: Store, path = '/api/1', other: Partial<Row> = {}): Promise<Row> {
  const ticket = of.writer.ticket()
  const at = await of.writer.placeOf(ticket)
  of.writer.release(ticket)
  const partition = other.partition ?? 'everyone'
  const url = `https://app.test${path}`
  const row = storedRow({}, { key: `${partition}\nrow\n${url}\nGET`, url, sequence: at, bodyAt: at, ...other })
  return row
}

/** A row that is asked for and stored. */
async function stored(of: Store, path?: string, other?: Partial<Row>): Promise<Row> {
  const row = await asked(of, path, other)
  expect(await of.rows.commit(row, undefined)).toEqual({ logged: undefined })
  return row
}

/** Rows of many users, put at once. The keys of their partitions are in order. */
async function ofUsers(of: Store, users: number, rowsEach: number): Promise<void> {
  const at = await of.writer.nextInMemory()
  await of.writer.write(({ store, meta }) => {
    for (let user = 0; user < users; user++) {
      const partition = `user/${String(user).padStart(5, '0')}`
      for (let each = 0; each < rowsEach; each++) {
        const url = `https://app.test/api/${String(each).padStart(5, '0')}`
        const row = storedRow({}, { key: `${partition}\nrow\n${url}\nGET`, url, partition, sequence: at })
        store.put(row, rowKey(row))
        store.put(entryOf(row), indexKey(rowKey(row)))
        resize(meta, entryOf(row), 1)
      }
      store.put({ kind: 'change' }, changeKey(partition, ++meta.position))
    }
  })
}

/** How many requests of the database something takes. */
async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  const before = completedRequests()
  await work()
  return completedRequests() - before
}

const found = async (of: Store, { key }: Row): Promise<number> => (await of.rows.find(key)).length

const rowsOnDisk = async ({ writer }: Store): Promise<number> =>
  [...(await recordsIn(writer)).keys()].filter((key) => key.includes('\nrow\n')).length

describe('work that waits', () => {
  it('is written together: 300 answers at once take a few commits, and all of them are there', async () => {
    const database = await fakeDatabase()
    let commits = 0
    const counting: typeof database.use = (mode, work) => {
      if (mode === 'readwrite') commits++
      return database.use(mode, work)
    }
    const store = storeOver(counting, { version: '1', budget: LARGE })
    await store.writer.begin()
    commits = 0
    const rows = await Promise.all(Array.from({ length: 300 }, (_, at) => asked(store, `/api/${at}`)))
    await Promise.all(rows.map((row) => store.rows.commit(row, undefined)))
    expect(commits).toBeLessThan(30)
    expect(await rowsOnDisk(store)).toBe(300)
    expect(store.writer.sizes).toEqual({ products: 300 * 1002 })
  })

  it('that fails is undone alone', async () => {
    const { writer } = await worker()
    const results = await Promise.allSettled([
      writer.write(({ store }) => void store.put(1, 'one')),
      writer.write(({ store }) => {
        store.put(2, 'two')
        throw new Error('of a test')
      }),
      writer.write(({ store }) => void store.put(3, 'three')),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const records = await recordsIn(writer)
    expect([records.get('one'), records.get('two'), records.get('three')]).toEqual([1, undefined, 3])
  })
})

describe('a disk that hangs', () => {
  const nothing = (): object => new EventTarget()
  const hanging = {
    'when the database is opened': nothing,
    'in a transaction': () => {
      const db = Object.assign(new EventTarget(), {
        objectStoreNames: { contains: () => true },
        transaction: () => ({ objectStore: () => ({ get: nothing, transaction: { db, abort: () => undefined } }) }),
      })
      const request = Object.assign(new EventTarget(), { result: db })
      queueMicrotask(() => request.dispatchEvent(new Event('success')))
      return request
    },
  }

  it.each(Object.entries(hanging))('fails all that was to be written together after one limit, %s', async (_, open) => {
    const real = indexedDB
    vi.stubGlobal('indexedDB', { open })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { writer } = await worker()
      let failed = 0
      for (let at = 0; at < 50; at++) writer.write(() => at).catch(() => failed++)
      await vi.advanceTimersByTimeAsync(STALLED_MS)
      expect(failed).toBe(50)
    } finally {
      vi.useRealTimers()
      vi.stubGlobal('indexedDB', real)
    }
  })

  it('fails what is tried one by one, because one of it is faulty, after one limit as well', async () => {
    const { use } = await fakeDatabase()
    let commits = 0
    const real = indexedDB
    const stopping: UseStore = (mode, work) => {
      if (++commits < 4) return use(mode, work)
      vi.stubGlobal('indexedDB', { open: nothing })
      return openStore('another', 'relaxed')(mode, work)
    }
    const { writer } = storeOver(stopping, { version: '1', budget: LARGE })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const outcomes: (number | string)[] = []
      for (let at = 0; at < 50; at++) {
        const work = (): number => {
          if (at === 1) throw new Error('faulty')
          return at
        }
        writer.write(work).then(
          (result) => outcomes.push(result),
          (error: unknown) => outcomes.push(String(error)),
        )
      }
      await vi.waitFor(() => expect(commits).toBe(4))
      expect(outcomes).toEqual([0, 'Error: faulty'])
      await vi.advanceTimersByTimeAsync(STALLED_MS)
      expect(outcomes).toHaveLength(50)
    } finally {
      vi.useRealTimers()
      vi.stubGlobal('indexedDB', real)
    }
  })
})

describe('a full disk', () => {
  it('at the first write of a worker costs a part of what is stored, and not all', async () => {
    const before = await worker()
    for (let at = 0; at < 50; at++) await stored(before, `/api/${at}`)
    const database = await fakeDatabase(before.name)
    let isFull = true
    const full: typeof database.use = async (mode, work) => {
      if (mode === 'readonly' || !isFull) return database.use(mode, work)
      isFull = false
      await database
        .use(mode, async (store) => {
          await Promise.resolve(work(store)).catch(() => undefined)
          store.transaction.abort()
        })
        .catch(() => undefined)
      throw Object.assign(new Error('full'), { cause: new DOMException('no room', 'QuotaExceededError') })
    }
    const store = storeOver(full, { version: '1', budget: LARGE })
    await store.writer.begin()
    expect(await rowsOnDisk(before)).toBeGreaterThan(30)
  })
})

describe('a row', () => {
  it('is found with its body, which lies beside it where it is long, and both go together', async () => {
    const store = await worker()
    const long = await stored(store, '/api/long', { body: new Blob(['x'.repeat(10_000)]) })
    const next = await worker(store.name)
    const [row] = await next.rows.find(long.key)
    expect(row?.body).toBeInstanceOf(Blob)
    expect([...(await recordsIn(store.writer)).keys()].filter((key) => key.includes('/api/long'))).toHaveLength(3)
    await store.rows.drop(long, long.sequence, {} as never)
    expect([...(await recordsIn(store.writer)).keys()].filter((key) => key.includes('/api/long\nGET\n\n'))).toEqual([])
  })

  it('that is confirmed leaves its body as it lies, and is refused where another body has taken its place', async () => {
    const store = await worker()
    const first = await stored(store, '/api/long', { body: new Blob(['first']) })
    const confirming = await asked(store, '/api/long')
    const confirmed = { ...first, sequence: confirming.sequence }
    expect(await store.rows.commit(confirmed, undefined)).toEqual({ logged: undefined })
    const later = await asked(store, '/api/long')
    await stored(store, '/api/long', { body: new Blob(['second']) })
    expect(await store.rows.commit({ ...first, sequence: later.sequence }, undefined)).toBe('overtaken')
    const last = await asked(store, '/api/long')
    expect(await store.rows.commit({ ...first, sequence: last.sequence }, undefined)).toBe('overtaken')
    const [row] = await (await worker(store.name)).rows.find(first.key)
    expect(row?.body).toBeInstanceOf(Blob)
    expect(await new Response(row?.body as Blob).text()).toBe('second')
  })

  it('is found by one read of the disk while others are stored, and by another where it is itself', async () => {
    const database = await fakeDatabase()
    let reads = 0
    /** What is stored while a read waits for the disk, in order. */
    const meanwhile: (() => Promise<unknown>)[] = []
    const busy: typeof database.use = async (mode, work) => {
      const result = await database.use(mode, work)
      if (mode === 'readonly') {
        reads++
        await meanwhile.shift()?.()
      }
      return result
    }
    const store = { name: database.name, ...storeOver(busy, { version: '1', budget: LARGE }) }
    const row = await asked(store)
    await store.writer.load()
    reads = 0
    for (let at = 2; at < 5; at++) meanwhile.push(() => stored(store, `/api/${at}`))
    expect(await found(store, row)).toBe(0)
    expect(reads).toBe(1)
    meanwhile.splice(0, Infinity, () => store.rows.commit(row, undefined))
    store.rows.forgetAll()
    expect(await found(store, row)).toBe(1)
    expect(reads).toBe(3)
  })

  it('of another version is not found, and no row is deleted before its worker answers', async () => {
    const store = await worker()
    const row = await stored(store)
    const next = await worker(store.name, '2')
    expect(await found(next, row)).toBe(0)
    expect(await found(store, row)).toBe(1)
    // The next one answers: it writes.
    await stored(next, '/api/2')
    expect(await rowsOnDisk(store)).toBe(2)
    await next.erasure.run()
    expect(await rowsOnDisk(store)).toBe(1)
  })
})

describe('a write whose end is told while hundreds of answers wait to be stored (I13)', () => {
  /** How many of 300 answers are on disk when the write's end is. */
  async function storedBefore(passedMs: number): Promise<number> {
    const store = await worker()
    await store.writer.begin()
    let nowMs = performance.now()
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    try {
      let before = 0
      let isEnded = false
      const answers = Array.from({ length: 300 }, async () => {
        await store.writer.writeBehind(() => void (nowMs += passedMs), 0)
        if (!isEnded) before++
      })
      await store.log.invalidate(['url https://app.test/api/1'], undefined)
      isEnded = true
      await Promise.all(answers)
      return before
    } finally {
      clock.mockRestore()
    }
  }

  it('waits for one transaction, and not for all of them', async () => {
    expect(await storedBefore(0)).toBeLessThanOrEqual(50)
  })

  it('waits for what a slow disk writes in a few seconds', async () => {
    expect(await storedBefore(2000)).toBeLessThanOrEqual(2)
  })
})

describe('a disk that takes a second for each answer (I13)', () => {
  /** A worker whose store counts what it waits for. */
  async function counted(name?: string) {
    const database = await fakeDatabase(name)
    const { use, rounds, longest } = countingRounds(database.use)
    const store = storeOver(use, { version: '1', budget: LARGE })
    store.writer.activate()
    await store.writer.begin()
    const first = rounds()
    const roundsOf = async (work: () => Promise<unknown>): Promise<number> => {
      const before = rounds()
      await work()
      return rounds() - before
    }
    return { ...store, name: database.name, first, roundsOf, longest }
  }
  const many = (of: Store, count: number, other?: Partial<Row>): Promise<Row[]> =>
    Promise.all(Array.from({ length: count }, (_, at) => asked(of, `/api/${at}`, other)))
  const commitAll = (of: Store, rows: readonly Row[]): Promise<unknown> =>
    Promise.all(rows.map((row) => of.rows.commit(row, undefined)))

  it('a worker that starts is the newest one after two waits', async () => {
    const before = await counted()
    expect(before.first).toBeLessThanOrEqual(2)
    expect((await counted(before.name)).first).toBeLessThanOrEqual(2)
  })

  it('300 answers are stored in two waits for each fifty, new ones and those that replace others', async () => {
    const store = await counted()
    const rows = await many(store, 300)
    expect(await store.roundsOf(() => commitAll(store, rows))).toBeLessThanOrEqual(2 * 6)
    const again = await many(store, 300)
    expect(await store.roundsOf(() => commitAll(store, again))).toBeLessThanOrEqual(2 * 6)
    expect(await rowsOnDisk(store)).toBe(300)
    expect(store.writer.sizes).toEqual({ products: rows.reduce((sum, row) => sum + entryOf(row).size, 0) })
  })

  it('what is invalidated while 300 answers wait is told after four waits: by a write, or by a hint of the feed', async () => {
    const store = await counted()
    const storing = commitAll(store, await many(store, 300))
    await Promise.resolve()
    const change = { kind: 'invalidated', targets: ['tag a'], cause: 'invalidate', informed: [] } as never
    expect(await store.roundsOf(() => store.log.invalidate(['tag a'], change))).toBeLessThanOrEqual(4)
    await storing
  })

  it('300 answers that end entries are as quick', async () => {
    const store = await counted()
    const rows = await many(store, 300)
    await commitAll(store, rows)
    const at = await store.writer.nextInMemory()
    const waits = await store.roundsOf(() => Promise.all(rows.map((row) => store.rows.drop(row, at, {} as never))))
    expect(waits).toBeLessThanOrEqual(2 * 6)
    expect(await countEntries(store.writer, () => true)).toBe(0)
  })

  it('a tab that is new reads what was logged since it was opened in three waits, however much that is', async () => {
    const store = await counted()
    const change = { kind: 'first', targets: [], cause: 'response', informed: [], atMs: Date.now() } as const
    await store.writer.write((transaction) => {
      for (let each = 0; each < 900; each++)
        log(transaction, { ...change, partition: `user/${each % 3}`, atMs: change.atMs + each })
    })
    const partitions = ['user/0', 'user/1', 'user/2']
    for (const [from, count] of [
      [{ sinceMs: change.atMs + 890 }, 10],
      [{ sinceMs: change.atMs + 100 }, 800],
      [{ sinceMs: change.atMs }, 900],
    ] as const) {
      let found: unknown
      const waits = await store.roundsOf(async () => (found = (await missed(store.writer, from, partitions)).missed))
      expect(found).toHaveLength(count)
      expect(waits).toBeLessThanOrEqual(3)
    }
  })

  it('an audit of rows that are old waits no longer than one of young ones', async () => {
    const store = await counted()
    await commitAll(store, await many(store, 100, { receivedAtMs: 0 as never }))
    // A clock is believed that two rounds have seen.
    while (await audit(store, () => false));
    expect(await store.roundsOf(() => audit(store, () => false))).toBeLessThanOrEqual(8)
    expect(await countEntries(store.writer, () => true)).toBe(100)
  })

  it('a sign-out looks for the partitions of 100 users in a few waits', async () => {
    const store = await counted()
    await ofUsers(store, 100, 3)
    let found: readonly string[] = []
    const waits = await store.roundsOf(async () => (found = await store.writer.read(storedPartitions)))
    expect(found).toHaveLength(100)
    expect(found).toEqual(found.toSorted())
    expect(waits).toBeLessThanOrEqual(12)
    expect(await countEntries(store.writer, () => true)).toBe(300)
  })

  it('an erasure and an audit of many users hold nothing up for longer than a few seconds, and go on', async () => {
    const store = await counted()
    await ofUsers(store, 60, 1)
    let nowMs = performance.now()
    // Each look at the clock finds that half a second has passed.
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 500))
    try {
      while (await audit(store, () => false));
      expect(await countEntries(store.writer, () => true)).toBe(60)
      await store.log.remove(['prefix '], undefined)
      await store.erasure.run()
    } finally {
      clock.mockRestore()
    }
    expect(store.longest()).toBeLessThanOrEqual(30)
    expect(await countEntries(store.writer, () => true)).toBe(0)
  })

  it('what other work of the same transaction has written is read as it is by then', async () => {
    const store = await counted()
    const [row = await asked(store)] = await many(store, 1)
    const later = await asked(store, '/api/0')
    const last = { ...(await asked(store, '/api/0')), size: bytes(7) }
    const outcomes = await Promise.all([later, row, last].map((each) => store.rows.commit(each, undefined)))
    expect(outcomes).toEqual([{ logged: undefined }, 'overtaken', { logged: undefined }])
    expect(store.writer.sizes).toEqual({ products: entryOf(last).size })
    // Work that does not say what it touches may have deleted any row.
    const [, , dropped] = await Promise.all([
      store.writer.write(({ store: records }) => void records.delete(indexKey(rowKey(last)))),
      store.writer.write(({ meta }) => void (meta.sizes = {})),
      store.rows.drop(last, last.sequence, {} as never),
    ])
    expect(dropped).toBeUndefined()
    expect(store.writer.sizes).toEqual({})
  })
})

describe('a worker that starts', () => {
  it('makes two requests of the store before its first answer: for the state, and for the row', async () => {
    const before = await worker()
    const row = await stored(before)
    const database = await fakeDatabase(before.name)
    let reads = 0
    const counting: typeof database.use = (mode, work) => {
      reads++
      return database.use(mode, work)
    }
    const store = storeOver(counting, { version: '1', budget: LARGE })
    store.writer.load().catch(() => undefined)
    expect(await found(store, row)).toBe(1)
    expect(reads).toBe(2)
  })
})

describe('a sign that a write could not be recorded', () => {
  it('is waited for where Cache Storage is slow: no row is found before', async () => {
    const before = await worker()
    const row = await stored(before)
    let tell: (names: string[]) => void = () => undefined
    vi.stubGlobal('caches', { ...caches, keys: () => new Promise<string[]>((resolve) => (tell = resolve)) })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const next = await worker(before.name)
      let rows: number | undefined
      const finding = found(next, row).then((count) => (rows = count))
      await before.rows.find(row.key)
      await vi.advanceTimersByTimeAsync(9000)
      expect(rows).toBeUndefined()
      tell(['freshlayer-dirty / of another worker'])
      await finding
      expect(rows).toBe(0)
    } finally {
      vi.useRealTimers()
      vi.stubGlobal('caches', { ...caches, keys: () => Promise.resolve([]) })
    }
  })
})

describe('what has been removed', () => {
  it('is not brought back by what was asked for before: a sign-out, a removal by hand, a 404', async () => {
    const store = await worker()
    const ofAda = { partition: 'user/ada' }
    for (const target of ['partition user/ada', 'url https://app.test/api/1', 'tag products', 'prefix '] as const) {
      const held = await asked(store, '/api/1', ofAda)
      await stored(store, '/api/1', ofAda)
      await store.log.remove([target], undefined)
      expect(await found(store, held), target).toBe(0)
      expect(await store.rows.commit(held, undefined), target).toBe('removed')
    }
    const held = await asked(store)
    const gone = await stored(store)
    const notFound = await asked(store)
    await store.rows.drop(gone, notFound.sequence, {} as never)
    expect(await store.rows.commit(held, undefined)).toBe('removed')
    await stored(store)
  })

  it('is not brought back after its mark is forgotten, nor while a request of before is in the air', async () => {
    const store = await worker()
    const ticket = store.writer.ticket()
    const held = { ...(await asked(store)), sequence: await store.writer.placeOf(ticket) }
    await store.log.remove(['prefix '], undefined)
    await store.erasure.run()
    expect([...(await recordsIn(store.writer)).keys()]).toContain('!removal prefix ')
    expect(await store.rows.commit(held, undefined)).toBe('removed')
    store.writer.release(ticket)
    await store.erasure.run()
    expect([...(await recordsIn(store.writer)).keys()]).not.toContain('!removal prefix ')
    expect(await store.rows.commit(held, undefined)).toBe('removed')
    await stored(store)
  })

  it('is not served by a worker that starts before the bytes are gone, which deletes them', async () => {
    const store = await worker()
    const row = await stored(store, '/api/1', { partition: 'user/ada' })
    const other = await stored(store, '/api/1', { partition: 'user/grace' })
    await store.log.remove(['partition user/ada'], undefined)
    const next = await worker(store.name)
    expect([await found(next, row), await found(next, other)]).toEqual([0, 1])
    await next.erasure.run()
    expect(await rowsOnDisk(next)).toBe(1)
    expect(await found(next, other)).toBe(1)
    expect(next.writer.sizes).toEqual({ products: 1002 })
  })

  it('does not hide what the same user is given afterwards, while the erasure goes on', async () => {
    const store = await worker()
    const rows = await Promise.all(
      Array.from({ length: 450 }, (_, at) => asked(store, `/api/${at}`, { partition: 'user/ada' })),
    )
    await Promise.all(rows.map((row) => store.rows.commit(row, undefined)))
    await store.log.remove(['partition user/ada'], undefined)
    const erasing = store.erasure.run()
    const again = await stored(store, '/api/440', { partition: 'user/ada' })
    await erasing
    expect(await rowsOnDisk(store)).toBe(1)
    expect(await found(store, again)).toBe(1)
  })

  it('is erased with all variants of its key, that of no variant among them', async () => {
    const store = await worker()
    const plain = await stored(store)
    const other = await stored(store, '/api/1', { variant: 'x-tenant:=7' })
    const notFound = await asked(store)
    await store.rows.drop(other, notFound.sequence, {} as never)
    await store.erasure.run()
    expect(await rowsOnDisk(store)).toBe(0)
    expect(await found(store, plain)).toBe(0)
  })

  it.each([0, 1, 2, 3, 4, 5, 6])('is erased when asked for %i steps after another erasure', async (steps) => {
    const store = await worker()
    const { log, erasure } = store
    await stored(store)
    await log.remove(['url https://app.test/api/1'], undefined)
    let second: Promise<void> | undefined
    const forgetRemoval = log.memory.forgetRemoval.bind(log.memory)
    log.memory.forgetRemoval = (target, sequence) => {
      forgetRemoval(target, sequence)
      log.memory.forgetRemoval = forgetRemoval
      void (async () => {
        for (let step = 0; step < steps; step++) await Promise.resolve()
        log.memory.addRemoval('prefix ', await at)
        second = erasure.run()
      })()
    }
    const at = stored(store, '/api/2').then(() => store.writer.nextInMemory())
    await at
    await erasure.run()
    await vi.waitFor(() => expect(second).toBeDefined())
    await second
    expect(await countEntries(store.writer, () => true)).toBe(0)
  })

  it.each([
    ['of a worker that has stored something', true],
    ['of a worker that has not', false],
  ])(
    'by a removal that cannot be written stays hidden, and what is asked for later is not: %s',
    async (_, hasPlace) => {
      const open = vi.spyOn(caches, 'open')
      const before = await worker()
      const row = await stored(before)
      const database = await fakeDatabase(before.name)
      let isBroken = !hasPlace
      const failing: typeof database.use = (mode, work) =>
        isBroken && mode === 'readwrite' ? Promise.reject(new Error('no such luck')) : database.use(mode, work)
      const store = { name: before.name, ...storeOver(failing, { version: '1', budget: LARGE }) }
      const held = hasPlace ? await asked(store) : row
      isBroken = true
      await expect(store.log.remove(['url https://app.test/api/1'], undefined)).rejects.toThrow('no such luck')
      expect(await found(store, row)).toBe(0)
      isBroken = false
      const later = await asked(store)
      expect(await store.rows.commit(held, undefined)).toBe('removed')
      expect(await store.rows.commit(later, undefined)).toEqual({ logged: undefined })
      expect(await found(store, later)).toBe(1)
      // The next worker believes nothing that was stored before.
      expect(open).toHaveBeenCalledWith(`freshlayer-dirty / ${store.writer.liveness.worker}`)
      open.mockRestore()
    },
  )

  /** Has workers erase, each stopped after one commit of its own, until nothing is left to do. Gives how many there were. */
  async function erasedByStopped(name: string, atMost: number): Promise<number> {
    const { use } = await fakeDatabase(name)
    for (let workers = 0; workers < atMost; workers++) {
      let isStopped = false
      const stopping: UseStore = async (mode, work) => {
        if (isStopped) throw new Error('stopped')
        isStopped = mode === 'readwrite'
        return use(mode, work)
      }
      const next = storeOver(stopping, { version: '1', budget: LARGE })
      await next.writer.load()
      if (next.log.memory.removals().length === 0) return workers
      await next.erasure.run().catch(() => undefined)
    }
    return Infinity
  }

  it.each([
    ['all of it', 'prefix ', 2000],
    ['a part of each user’s', 'url https://app.test/api/00001', 500],
    ['nothing that is stored', 'tag other', 500],
  ] as const)(
    'is erased in as many requests more as there is more, by workers that are stopped after a slice each (I13): %s',
    async (_, target, many) => {
      const eraseOf = async (users: number): Promise<number> => {
        const store = await worker()
        await ofUsers(store, users, 10)
        const before = await rowsOnDisk(store)
        await store.log.remove([target], undefined)
        const requests = await requestsOf(async () => {
          expect(await erasedByStopped(store.name, users)).toBeLessThan(users)
        })
        const gone = { 'prefix ': before, 'tag other': 0 }[target as string] ?? users
        expect(await rowsOnDisk(store)).toBe(before - gone)
        return requests
      }
      expect((await eraseOf(many)) / (await eraseOf(many / 10))).toBeLessThan(12)
    },
  )

  it('is erased by workers that are stopped after a slice each, behind much that was asked for later', async () => {
    const store = await worker()
    await ofUsers(store, 1, 300)
    const partition = 'user/00000'
    await stored(store, '/api/99999', { partition })
    await store.log.remove([`partition ${partition}`], undefined)
    await ofUsers(store, 1, 300)
    expect(await erasedByStopped(store.name, 20)).toBeLessThan(20)
    expect(await rowsOnDisk(store)).toBe(300)
  })

  it('is erased where it was removed behind an erasure that is under way, as of a request of before', async () => {
    const { name, use } = await fakeDatabase()
    let commits = Infinity
    const stopping: UseStore = (mode, work) =>
      mode === 'readwrite' && commits-- <= 0 ? Promise.reject(new Error('stopped')) : use(mode, work)
    const store = { name, ...storeOver(stopping, { version: '1', budget: LARGE }) }
    const [one, other] = [{ variant: 'a' }, { variant: 'b' }]
    const row = await stored(store, '/api/1', { partition: 'user/00000', ...one })
    await stored(store, '/api/1', { partition: 'user/00000', ...other })
    await ofUsers(store, 100, 10)
    const notFound = await asked(store)
    await store.log.remove(['tag other'], undefined)
    commits = 1
    await expect(store.erasure.run()).rejects.toThrow('stopped')
    commits = Infinity
    await store.rows.drop(row, notFound.sequence, {} as never)
    await store.erasure.run()
    const keys = [...(await recordsIn(store.writer)).keys()]
    expect(keys.filter((key) => key.startsWith('!removal') || key.includes('row\nhttps://app.test/api/1\n'))).toEqual(
      [],
    )
  })

  it('is counted by what of it is stored', async () => {
    const store = await worker()
    for (let at = 0; at < 3; at++) await stored(store, `/api/${at}`, { tags: at === 0 ? ['other'] : ['products'] })
    expect(await countEntries(store.writer, ({ tags }) => tags.includes('products'))).toBe(2)
  })
})

/** The first so many writes are undone after all that they do. */
const undoing =
  (use: UseStore, writes: { left: number }): UseStore =>
  (mode, work) =>
    use(mode, (store) => {
      const working = work(store)
      if (mode === 'readonly' || writes.left-- <= 0) return working
      let steps = 40
      const step = (): void => {
        if (steps-- > 0) store.get('nothing').addEventListener('success', step)
        else store.transaction.abort()
      }
      step()
      return working
    })

describe('a fault', () => {
  it.each([undefined, { kind: 'meta' }])(
    'of the store’s own record (%j) leaves an empty store of use',
    async (record) => {
      let of = await worker()
      for (let at = 0; at < 3; at++) {
        of = await worker(of.name)
        await stored(of, '/api/other')
      }
      const row = await stored(of)
      await of.log.invalidate(['tag before'], undefined)
      const { use } = await fakeDatabase(of.name)
      await use('readwrite', (store) => {
        if (record === undefined) store.delete('!meta')
        else store.put(record, '!meta')
        return Promise.resolve()
      })
      const next = await worker(of.name)
      await next.log.invalidate([`url ${row.url}`], undefined)
      expect(await found(next, row)).toBe(0)
      expect(next.log.isInvalidated(row)).toBe(true)
      expect(next.log.isInvalidated(await stored(next))).toBe(false)
    },
  )

  it.each([0, 1, 2])('of the first %i writes of a worker costs no removal', async (left) => {
    const before = await worker()
    const row = await stored(before, '/api/1', { partition: 'user/ada' })
    const { use } = await fakeDatabase(before.name)
    const store = { name: before.name, ...storeOver(undoing(use, { left }), { version: '1', budget: LARGE }) }
    store.writer.activate()
    await store.log.remove(['partition user/ada'], undefined).catch(() => undefined)
    await stored(store, '/api/2')
    expect(await found(await worker(before.name), row)).toBe(0)
    expect(await found(store, await stored(store, '/api/1', { partition: 'user/ada' }))).toBe(1)
  })

  it('of the first writes of a worker leaves no write pending once the disk works again', async () => {
    const writes = { left: 99 }
    const { use } = await fakeDatabase()
    const store = { name: '', ...storeOver(undoing(use, writes), { version: '1', budget: LARGE }) }
    store.writer.activate()
    const head = {
      method: 'POST',
      url: 'https://app.test/api/1',
      clientId: 'a tab',
      targets: ['tag products'] as const,
    }
    const announced = store.log.announce(head)
    await announced.durable
    await expect(store.log.end(announced, ['tag products'], undefined)).rejects.toThrow()
    writes.left = 0
    expect(store.log.isInvalidated(await stored(store))).toBe(false)
  })

  it('that another worker could not record is seen by one that lives already: it believes nothing', async () => {
    const names: string[] = []
    const before = caches
    vi.stubGlobal('caches', {
      keys: () => Promise.resolve(names),
      delete: () => Promise.resolve(names.splice(0).length > 0),
    })
    const one = await worker()
    const row = await stored(one)
    const next = await worker(one.name)
    await next.writer.load()
    names.push('freshlayer-dirty / of another worker')
    next.writer.reread()
    expect(await found(next, row)).toBe(0)
    await stored(next, '/api/2')
    expect(await found(next, row)).toBe(0)
    await vi.waitFor(() => expect(names).toEqual([]))
    vi.stubGlobal('caches', before)
  })

  it('of a disk that others have filled does not cost all that is stored', async () => {
    const before = await worker()
    for (let at = 0; at < 100; at++) await stored(before, `/api/${at}`)
    const { use } = await fakeDatabase(before.name)
    let isFull = false
    const full: UseStore = (mode, work) =>
      use(mode, (store) => {
        if (mode === 'readonly' || !isFull) return work(store)
        const refuse = (): never => {
          throw Object.assign(new Error('full'), { cause: new DOMException('no room', 'QuotaExceededError') })
        }
        const put = (record: unknown, key: string): unknown => (key === '!meta' ? store.put(record, key) : refuse())
        const get = (of: IDBObjectStore, name: string): unknown => {
          const value: unknown = Reflect.get(of, name)
          return name === 'put' ? put : typeof value === 'function' ? value.bind(of) : value
        }
        return work(new Proxy(store, { get }))
      })
    const store = { name: before.name, ...storeOver(full, { version: '1', budget: LARGE }) }
    await store.writer.begin()
    isFull = true
    for (let at = 0; at < 20; at++) {
      await expect(store.rows.commit(await asked(store, `/api/new${at}`), undefined)).rejects.toThrow('full')
    }
    expect(await countEntries(before.writer, () => true)).toBeGreaterThan(60)
  })

  it('of the clock in one housekeeping costs nothing', async () => {
    const store = await worker()
    const now = Date.now()
    for (let at = 0; at < 250; at++) await stored(store, `/api/${at}`, { receivedAtMs: now as Row['receivedAtMs'] })
    while (await audit(store, () => true));
    vi.useFakeTimers({ toFake: ['Date'], now: now + 60 * 86_400_000 })
    const isExpired = (row: Row, atMs: number): boolean => atMs - row.receivedAtMs > 30 * 86_400_000
    for (let round = 0; round < 20 && (await audit(store, isExpired, round === 0)); round++);
    vi.useRealTimers()
    expect(await rowsOnDisk(store)).toBe(250)
  })

  it('of the clock does not have every later tab start anew', async () => {
    const store = await worker()
    const now = Date.now()
    const atMs = now + 365 * 86_400_000
    const change = {
      kind: 'changed',
      targets: [],
      cause: 'response',
      partition: 'everyone',
      atMs,
      informed: [],
    } as const
    await store.log.invalidate([], change as never)
    await store.writer.write(({ meta }) => void (meta.position += 1200))
    await trimChanges(store.writer)
    expect((await missed(store.writer, { sinceMs: now + 60_000 }, [])).missed).toEqual([])
  })

  it('of order: what another has written while a commit was on its way back is read', async () => {
    const one = await worker()
    const row = await stored(one, '/api/1', { partition: 'user/ada' })
    const { use } = await fakeDatabase(one.name)
    let go: () => void = () => undefined
    const late: UseStore = async (mode, work) => {
      const result = await use(mode, work)
      if (mode === 'readwrite') await new Promise<void>((resolve) => (go = resolve))
      return result
    }
    const other = { name: one.name, ...storeOver(late, { version: '1', budget: LARGE }) }
    await other.writer.load()
    const begun = other.writer.begin()
    await vi.waitFor(async () => expect((await recordsIn(one.writer)).get('!meta')).toMatchObject({ incarnation: 2 }))
    await one.log.remove(['partition user/ada'], undefined)
    other.writer.reread()
    go()
    await begun
    expect(await found(other, row)).toBe(0)
  })
})

describe('two workers', () => {
  it('know what the other has invalidated, and neither stores what is older as if it were new', async () => {
    const one = await worker()
    const row = await stored(one)
    const held = await asked(one)
    const other = await worker(one.name)
    await other.log.invalidate(['url https://app.test/api/1'], undefined)
    one.writer.reread()
    await one.rows.find(row.key)
    expect(one.log.isInvalidated(row)).toBe(true)
    await one.rows.commit(held, undefined)
    expect(other.log.isInvalidated(held)).toBe(true)
    expect((await one.rows.find(row.key)).every((each) => one.log.isInvalidated(each))).toBe(true)
  })

  it('validate what both have asked for: which came later cannot be told', async () => {
    const one = await worker()
    await stored(one, '/api/other')
    const other = await worker(one.name)
    await stored(other)
    // Asked for last, by a worker that has not heard of the other.
    const last = await asked(one)
    expect(last.sequence).toBeLessThan((await other.rows.find(last.key))[0]?.sequence ?? 0)
    expect(await one.rows.commit(last, undefined)).toBe('overtaken')
    const [row] = await one.rows.find(last.key)
    expect(row && one.log.isInvalidated(row)).toBe(true)
  })

  it('drop what both have stored: a 404 may have come after the other was asked', async () => {
    const one = await worker()
    const first = await stored(one)
    const other = await worker(one.name)
    await stored(other)
    const notFound = await asked(one)
    await one.rows.drop(first, notFound.sequence, {} as never)
    expect(await found(one, first)).toBe(0)
    expect(await countEntries(one.writer, () => true)).toBe(0)
  })

  it('do not serve what is older than a write that ended in the one that had not heard of the other', async () => {
    const one = await worker()
    const { id, durable } = one.log.announce({
      method: 'POST',
      url: 'https://app.test/api/1',
      clientId: 'a tab',
      targets: ['url https://app.test/api/1'],
    })
    await durable
    const other = await worker(one.name)
    const row = await stored(other)
    const ending = one.log.end({ id }, ['url https://app.test/api/1'], undefined)
    await one.writer.nextInMemory()
    // The page has its answer by now, and reads.
    expect(one.log.isInvalidated(row)).toBe(true)
    await ending
    expect(one.log.isInvalidated(row)).toBe(true)
    expect(one.log.isInvalidated(await stored(one))).toBe(false)
  })

  it('are told of no write that has ended before its worker could announce it', async () => {
    let hold: () => void = () => undefined
    const locks = {
      request: (_: string, held: () => unknown) => new Promise((resolve) => (hold = () => resolve(held()))),
      query: () => Promise.resolve({ held: [] }),
    }
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks })
    const one = await worker()
    const head = { method: 'POST', url: 'https://app.test/api/1', clientId: 'a tab', targets: ['tag x'] as const }
    const announced = one.log.announce(head)
    await one.log.end(announced, ['tag x'], undefined)
    hold()
    await announced.durable
    expect([...(await recordsIn(one.writer)).keys()].filter((key) => key.startsWith('!write'))).toEqual([])
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  })

  it('of two versions: the older one ends its writes, and removes nothing of the newer', async () => {
    const old = await worker()
    await stored(old)
    const held = await asked(old, '/api/held')
    const next = await worker(old.name, '2')
    const row = await stored(next, '/api/2')
    expect(await old.rows.commit(held, undefined)).toBe('removed')
    await old.log.invalidate(['tag other'], undefined)
    expect(await found(old, row)).toBe(0)
    next.writer.reread()
    expect(await found(next, row)).toBe(1)
    await stored(next, '/api/3')
    await next.erasure.run()
    expect(await found(next, row)).toBe(1)
    expect(await rowsOnDisk(next)).toBe(2)
  })

  it.each<[rule: string, stored: string | undefined, isLoadLost: boolean]>([
    ['has found an empty store', undefined, false],
    ['has found the store of a version before its own', '0', false],
    ['could not read the store before, and is redundant', '1', true],
  ])(
    'of two versions: the older one removes nothing where it %s and has not written yet',
    async (_, before, isLost) => {
      const first = await worker(undefined, before ?? '1')
      if (before !== undefined) await stored(first, '/api/before')
      const { use } = await fakeDatabase(first.name)
      let isBroken = isLost
      const failing: UseStore = (mode, work) => (isBroken ? Promise.reject(new Error('no such luck')) : use(mode, work))
      const old = { name: first.name, ...storeOver(failing, { version: '1', budget: LARGE }) }
      await old.writer.load().catch(() => undefined)
      old.writer.activate()
      isBroken = false
      const next = await worker(first.name, '2')
      const row = await stored(next, '/api/2')
      // The other has told that it has written.
      old.writer.reread()
      if (isLost) vi.stubGlobal('serviceWorker', { state: 'redundant' })
      expect(await found(old, row)).toBe(0)
      const held = await asked(old, '/api/held')
      vi.stubGlobal('serviceWorker', undefined)
      expect(await old.rows.commit(held, undefined)).toBe('removed')
      next.writer.reread()
      expect(await found(next, row)).toBe(1)
      await next.erasure.run()
      expect(await found(next, await stored(next, '/api/3'))).toBe(1)
      expect(await found(next, row)).toBe(1)
    },
  )

  it('of two versions: the newer one takes over, also where it is of a version that was there before', async () => {
    const first = await worker()
    await stored(first)
    await stored(await worker(first.name, '2'), '/api/2')
    const back = await worker(first.name, '1')
    const row = await stored(back, '/api/3')
    await back.erasure.run()
    expect([await rowsOnDisk(back), await found(back, row)]).toEqual([1, 1])
  })

  it('of two versions: the newer one takes over what the older one has stored while it waited', async () => {
    const old = await worker()
    const next = await worker(old.name, '2', false)
    await next.writer.load()
    await stored(old)
    next.writer.reread()
    next.writer.activate()
    const row = await stored(next, '/api/2')
    await next.erasure.run()
    expect([await rowsOnDisk(next), await found(next, row)]).toEqual([1, 1])
  })

  it('leave a write to the one that sends it, as long as that lives', async () => {
    const held = fakeLocks()
    const one = await worker()
    const row = await stored(one)
    const head = {
      method: 'POST',
      url: 'https://app.test/api/1',
      clientId: 'a tab',
      targets: [`url ${row.url}`] as const,
    }
    const announced = one.log.announce(head)
    expect(await announced.durable).toBe(true)
    const other = await worker(one.name)
    await stored(other, '/api/2')
    expect(other.log.isInvalidated(await stored(other))).toBe(true)
    expect([...(await recordsIn(one.writer)).keys()]).toContain(`!write ${announced.id}`)

    // Gone without a word: what it had under way counts as written.
    held.length = 0
    const next = await worker(one.name)
    await next.rows.find(row.key)
    expect(next.log.isInvalidated(row)).toBe(true)
    await vi.waitFor(async () =>
      expect([...(await recordsIn(one.writer)).keys()]).not.toContain(`!write ${announced.id}`),
    )
    expect(next.log.isInvalidated(row)).toBe(true)
    const fresh = await stored(next)
    await vi.waitFor(() => expect(next.log.isInvalidated(fresh)).toBe(false))
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  })

  it('that wait for their turn write nothing of what they find, and end what was left behind once they are active', async () => {
    const one = await worker()
    const row = await stored(one)
    const head = { method: 'POST', url: 'https://app.test/api/1', clientId: 'a tab' }
    await one.log.announce({ ...head, targets: [`url ${row.url}`] }).durable
    const before = await recordsIn(one.writer)
    const newer = await worker(one.name, '2', false)
    await newer.writer.load()
    await recordsIn(newer.writer)
    await recordsIn(newer.writer)
    expect(await recordsIn(one.writer)).toEqual(before)
    newer.writer.activate()
    await vi.waitFor(async () =>
      expect([...(await recordsIn(one.writer)).keys()].filter((key) => key.startsWith('!write'))).toEqual([]),
    )
  })

  it('do not take a database that was made anew for the one before', async () => {
    const one = await worker()
    const held = await asked(one)
    const { use } = await fakeDatabase(one.name)
    await use('readwrite', (store) => Promise.resolve(store.clear()))
    const other = await worker(one.name)
    await stored(other, '/api/2')
    expect(await one.rows.commit(held, undefined)).toBe('removed')
    await stored(one)
    const { use: again } = await fakeDatabase(one.name)
    await again('readwrite', (store) => Promise.resolve(store.clear()))
    await one.log.invalidate(['tag other'], undefined)
    await stored(one, '/api/3')
  })
})

describe('a record of the state that cannot be read', () => {
  it.each([null, 'text', {}, { kind: 'invalidation' }, { kind: 'write', id: 1 }])(
    'may have said anything: all that is stored is validated (%j)',
    async (record) => {
      const store = await worker()
      const row = await stored(store)
      await store.writer.write(({ store: records }) => void records.put(record, '!invalidation tag x'))
      const next = await worker(store.name)
      await next.rows.find(row.key)
      expect(next.log.isInvalidated(row)).toBe(true)
      const fresh = await stored(next, '/api/2')
      expect(next.log.isInvalidated(row)).toBe(true)
      expect(next.log.isInvalidated(fresh)).toBe(false)
    },
  )

  it('is left alone where it is of a kind that this version does not know', async () => {
    const store = await worker()
    const row = await stored(store)
    await store.writer.write(({ store: records }) => void records.put({ kind: 'of a later version' }, '!later'))
    const next = await worker(store.name)
    await next.rows.find(row.key)
    expect(next.log.isInvalidated(row)).toBe(false)
    await stored(next)
    for (let round = 0; round < 3; round++) await audit(next, () => true)
    expect((await recordsIn(next.writer)).get('!later')).toEqual({ kind: 'of a later version' })
  })
})

describe('an audit', () => {
  const DAY_MS = 86_400_000

  it('removes what is of no more use, and does not believe a clock that only one round has seen', async () => {
    const store = await worker()
    const now = Date.now()
    const old = await stored(store, '/api/old', { receivedAtMs: (now - 2 * DAY_MS) as Row['receivedAtMs'] })
    await stored(store, '/api/new', { receivedAtMs: now as Row['receivedAtMs'] })
    const pass = async (): Promise<void> => {
      while (await audit(store, () => true));
    }
    await pass()
    expect(await rowsOnDisk(store)).toBe(2)
    await pass()
    expect(await rowsOnDisk(store)).toBe(1)
    expect(await found(store, old)).toBe(0)
    expect(said).not.toHaveBeenCalled()
  })

  it('is not misled by one row that was stored while the clock was ahead', async () => {
    const store = await worker()
    const now = Date.now()
    await stored(store, '/api/ahead', { receivedAtMs: (now + 30 * DAY_MS) as Row['receivedAtMs'] })
    await stored(store, '/api/now', { receivedAtMs: now as Row['receivedAtMs'] })
    for (let pass = 0; pass < 3; pass++) while (await audit(store, () => true));
    expect(await rowsOnDisk(store)).toBe(2)
  })

  it.each([0, 1, 2, 3])('forgets no invalidation that covers what was stored after %i rounds', async (rounds) => {
    const store = await worker()
    const held = await asked(store, '/api/held', { tags: ['old'] })
    await store.log.invalidate(['tag old'], undefined)
    await stored(store, '/api/new')
    for (let round = 0; round < rounds; round++) await audit(store, () => false)
    const committed = await store.rows.commit(held, undefined)
    for (let round = 0; round < 5; round++) await audit(store, () => false)
    expect(committed === 'removed' || store.log.isInvalidated(held)).toBe(true)
  })

  it.each([1, 2, 3, 4])(
    'forgets no invalidation that covers a row when another worker looks at %i slices between',
    async (rounds) => {
      const one = await worker()
      const old = await stored(one, '/api/old', { partition: 'user/zoe', tags: ['old'] })
      await one.log.invalidate(['tag old'], undefined)
      await stored(one, '/api/new')
      const other = await worker(one.name)
      await other.rows.find(old.key)
      const writer: Pick<typeof one.writer, 'write'> = one.writer
      const { write } = writer
      writer.write = async (work, bytes) => {
        for (let round = 0; round < rounds; round++) await audit(other, () => false)
        return write.call(one.writer, work, bytes) as never
      }
      for (let round = 0; round < 6; round++) await audit(one, () => false)
      const next = await worker(one.name)
      await next.rows.find(old.key)
      expect(next.log.isInvalidated(old)).toBe(true)
    },
  )

  it('takes as many requests more as there are more users (I13)', async () => {
    const passOf = async (users: number): Promise<number> => {
      const store = await worker()
      await ofUsers(store, users, 3)
      let rounds = 0
      const requests = await requestsOf(async () => {
        while (await audit(store, () => false)) rounds++
      })
      // A round looks at a hundred rows, whosever they are.
      expect(rounds).toBeLessThan(users / 10)
      return requests
    }
    expect((await passOf(2000)) / (await passOf(200))).toBeLessThan(12)
    expect(said).not.toHaveBeenCalled()
  })

  it('finds an entry without a row behind the last row of a user, wherever a round ends', async () => {
    for (const rows of [99, 100, 101]) {
      const store = await worker()
      await ofUsers(store, 2, rows)
      const lost = entryOf(storedRow({}, { url: 'https://app.test/api/lost' }))
      const key = 'user/00000\nindex\nhttps://app.test/api/lost\nGET\n\n'
      await store.writer.write(({ store: records }) => void records.put(lost, key))
      while (await audit(store, () => false));
      expect((await recordsIn(store.writer)).has(key), String(rows)).toBe(false)
      expect(await rowsOnDisk(store)).toBe(2 * rows)
    }
  })

  it('goes on where the worker before has stopped, and forgets invalidations older than every row', async () => {
    const store = await worker()
    const rows = await Promise.all(Array.from({ length: 250 }, (_, at) => asked(store, `/api/${at}`)))
    await store.log.invalidate(['tag old'], undefined)
    await Promise.all(rows.map(({ url }) => stored(store, new URL(url).pathname)))
    await store.log.invalidate(['tag new'], undefined)
    expect(await audit(store, () => false)).toBe(true)
    const next = await worker(store.name)
    let rounds = 0
    while (await audit(next, () => false)) rounds++
    expect(rounds).toBeLessThan(4)
    const marks = [...(await recordsIn(next.writer)).keys()].filter((key) => key.startsWith('!invalidation'))
    expect(marks).toEqual(['!invalidation tag new'])
  })
})

describe('the change log', () => {
  it('keeps a thousand changes of a partition, and none older than a day', async () => {
    const store = await worker()
    const change = (atMs: number) =>
      ({ kind: 'changed', targets: [], cause: 'response', partition: 'everyone', atMs, informed: [] }) as const
    const now = Date.now()
    const positions = async (): Promise<number[]> =>
      [...(await recordsIn(store.writer)).keys()].flatMap((key) =>
        key.includes('\nchange\n') ? [Number(key.split('\n').at(-1))] : [],
      )
    for (const atMs of [now - 90_000_000, now, now]) await store.log.invalidate([], change(atMs))
    await trimChanges(store.writer)
    expect(await positions()).toEqual([2, 3])
    const { logId } = await store.writer.begin()
    const asleep = async (from: Parameters<typeof missed>[1]): Promise<unknown> =>
      (await missed(store.writer, from, [])).missed
    // A tab that slept for more than a day has missed what is no longer told.
    expect(await asleep({ logId, position: 0 })).toBe('reset')
    expect(await asleep({ sinceMs: now - 90_000_001 })).toBe('reset')
    expect(await asleep({ logId, position: 1 })).toHaveLength(2)
    expect(await asleep({ sinceMs: now - 1 })).toHaveLength(2)
    await store.writer.write(({ meta }) => void (meta.position += 999))
    await store.log.invalidate([], change(now))
    await trimChanges(store.writer)
    expect(await positions()).toEqual([1003])
    expect(await asleep({ logId, position: 2 })).toBe('reset')
  })

  it('tells of the gap, of those partitions alone, and of what ends a user to all', async () => {
    const store = await worker()
    const change = (partition: string, all?: true) =>
      ({ kind: 'changed', targets: [], cause: 'response', partition, atMs: Date.now(), informed: [], all }) as never
    const logged = []
    for (const [at, [partition, all]] of [['everyone'], ['user/ada'], ['user/grace'], ['user/grace', true]].entries()) {
      const row = await asked(store, `/api/${at}`)
      const committed = await store.rows.commit(row, change(partition as string, all as true | undefined))
      logged.push(typeof committed === 'string' ? undefined : committed.logged)
    }
    const [first] = logged
    const from = { logId: first?.logId ?? '', position: first?.position ?? 0 }
    const told = await missed(store.writer, from, ['everyone', 'user/ada'])
    expect(told.position).toBe(4)
    expect(told.missed === 'reset' ? [] : told.missed.map(({ position }) => position)).toEqual([2, 4])
    expect((await missed(store.writer, { logId: 'another', position: 1 }, [])).missed).toBe('reset')
    expect((await missed(store.writer, { ...from, position: 9 }, [])).missed).toBe('reset')
    expect((await missed(store.writer, { sinceMs: 0 }, ['user/grace'])).missed).toHaveLength(3)
  })
})

describe('what was logged of a user who is gone', () => {
  const change = {
    kind: 'changed',
    targets: [],
    cause: 'response',
    partition: 'user/ada',
    atMs: 0,
    informed: [],
  } as const
  const positions = async (of: Store): Promise<number[]> =>
    [...(await recordsIn(of.writer)).keys()].flatMap((key) =>
      key.startsWith('user/ada\nchange\n') ? [Number(key.split('\n').at(-1))] : [],
    )

  /** Ada is gone; so many changes of hers are logged before, and one after. */
  async function gone(changes: number): ReturnType<typeof worker> {
    const of = await worker()
    await of.writer.write((transaction) => {
      for (let at = 0; at < changes; at++) log(transaction, change)
    })
    await of.log.remove(['partition user/ada'], { ...change, all: true })
    await of.log.invalidate([], change)
    return of
  }

  it('is not deleted where her session ends, for there may be much of it', async () => {
    expect(await positions(await gone(1000))).toHaveLength(1001)
  })

  it('is deleted by the erasure; what was logged later is of her next session', async () => {
    const of = await gone(1000)
    await of.erasure.run()
    // The removal itself is the change between them, and concerns all.
    expect(await positions(of)).toEqual([1002])
    expect(of.log.memory.removals()).toEqual([])
  })

  it('is deleted with the rows of everybody, and by the next worker', async () => {
    const of = await gone(1000)
    await stored(of)
    await of.log.remove([EVERYTHING], undefined)
    const next = await worker(of.name)
    await next.writer.load()
    await next.erasure.run()
    expect(await positions(next)).toEqual([1002])
    expect(await rowsOnDisk(next)).toBe(0)
  })
})

describe('a record of a kind that this version does not know, behind the rows of its partition', () => {
  async function withUnknown(): Promise<Store> {
    const of = await worker()
    await stored(of)
    await of.writer.write(({ store }) => void store.put({ kind: 'total' }, 'everyone\ntotal\nproducts'))
    return of
  }

  it('does not keep an erasure from its end', async () => {
    const of = await withUnknown()
    await of.log.remove(['tag none'], undefined)
    await of.erasure.run()
    expect(of.log.memory.removals()).toEqual([])
  })

  it('does not keep an audit from its end', async () => {
    const of = await withUnknown()
    let rounds = 1
    while (await audit(of, () => false, rounds === 1)) rounds++
    expect(rounds).toBeLessThan(3)
    expect([...(await recordsIn(of.writer)).keys()]).toContain('everyone\ntotal\nproducts')
  })
})

it('a disk that hangs while it commits is waited for once per batch', async () => {
  const real = indexedDB
  let commits = 0
  const done = (result: unknown): object => {
    const request: { result: unknown; onsuccess?: () => void } = { result }
    queueMicrotask(() => request.onsuccess?.())
    return request
  }
  const db = Object.assign(new EventTarget(), {
    objectStoreNames: { contains: () => true },
    transaction: () => {
      commits++
      // All requests complete, and the commit does not: a transaction that is being committed cannot be aborted.
      const abort = (): never => {
        throw new DOMException('is being committed', 'InvalidStateError')
      }
      const [none, all] = [() => done(undefined), () => done([])]
      const records = { get: none, put: none, clear: none, delete: none, getAll: all, getAllKeys: all }
      return { objectStore: () => ({ ...records, transaction: { db, abort } }) }
    },
  })
  vi.stubGlobal('indexedDB', {
    open: () => {
      const request = Object.assign(new EventTarget(), { result: db })
      queueMicrotask(() => request.dispatchEvent(new Event('success')))
      return request
    },
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { writer } = await worker()
  let failed = 0
  for (let job = 0; job < 50; job++) writer.write(() => job).catch(() => failed++)
  await vi.advanceTimersByTimeAsync(2 * STALLED_MS)
  expect([failed, commits]).toEqual([50, 1])
  vi.useRealTimers()
  vi.stubGlobal('indexedDB', real)
})

it('a worker whose predecessor writes for the first time after it goes on storing', async () => {
  const old = await worker()
  const next = await worker(old.name, '2', false)
  vi.stubGlobal('serviceWorker', { state: 'activated' })
  next.writer.reread()
  next.writer.activate()
  await next.writer.load()
  // The one before has an answer in the air.
  await stored(old)
  next.writer.reread()
  await stored(next, '/api/new')
  vi.stubGlobal('serviceWorker', undefined)
})

it('a removal that could not be written goes on to hide what it covers while another worker’s erasure is under way', async () => {
  const { name, use } = await fakeDatabase()
  let fails = false
  const over = (use: UseStore): Store => {
    const of = storeOver(use, { version: '1', budget: LARGE })
    of.writer.activate()
    return of
  }
  const one = over((mode, work) =>
    fails && mode === 'readwrite' ? Promise.reject(new Error('no such luck')) : use(mode, work),
  )
  const row = await stored(one, '/api/0', { partition: 'user/a' })
  await ofUsers(one, 1, 300)
  let left = Infinity
  const { use: again } = await fakeDatabase(name)
  const other = over((mode, work) =>
    mode === 'readwrite' && left-- <= 0 ? new Promise<never>(() => undefined) : again(mode, work),
  )
  await other.log.remove(['tag none'], undefined)
  left = 1
  void other.erasure.run()
  await vi.waitFor(() => expect(left).toBeLessThan(0))
  fails = true
  await expect(one.log.remove([`url ${row.url}`], undefined)).rejects.toThrow()
  await vi.waitFor(async () => expect(await found(one, row)).toBe(0))
  fails = false
  await one.erasure.run()
  expect(await found(one, row)).toBe(0)
  expect(await rowsOnDisk(one)).toBe(300)
})
