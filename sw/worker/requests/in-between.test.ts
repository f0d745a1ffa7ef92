import { describe, expect, it, vi } from 'vitest'
import { storedRow } from '../../core/stored-row.fixture.ts'
import type { UseStore } from '../store/database.ts'
import { fakeCaches, fakeDatabase, fakeLocks } from '../store/fake-database.fixture.ts'
import type { Store } from '../store/store.ts'
import { next, PAGE, URL_ASKED, type Worker, worker } from './worker.fixture.ts'

// After the globals of the fixture.
const { identified } = await import('../identity/identified.ts')
const { storeOver } = await import('../store/store.ts')
const { Flights } = await import('./flights.ts')

/** All that needs no more than what has come by now is done. */
const flushed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

const OWN = { public: false }

type All = ReturnType<typeof identified>

/** A worker that is told by pages who their users are. */
async function named(database: UseStore, config: object = {}): Promise<{ of: Worker; all: All }> {
  let all: All | undefined
  const of = await worker({
    database,
    identities: (ports) => (all = identified({ by: ['identify'], ...config } as never, ports as never)),
  })
  of.store.writer.activate()
  if (all === undefined) throw new Error('no identities')
  return { of, all }
}

/** These tabs are open. */
function open(...ids: string[]): void {
  vi.stubGlobal('clients', {
    matchAll: () => Promise.resolve(ids.map((id) => ({ ...PAGE, id, type: 'window', url: 'https://app.test/' }))),
    get: () => Promise.resolve(),
  })
}

describe('what the backend calls a user', () => {
  it('is known after a worker has left its flag: an answer of another user is not stored as hers', async () => {
    fakeLocks()
    fakeCaches()
    open('a tab')
    const { use } = await fakeDatabase()
    const config = { by: ['identify', 'echo'], echo: 'X-User' }
    const { of, all } = await named(use, config)
    await all.identity.identify('a tab', 'grace')
    const first = of.read({ ...OWN, fresh: 600 })
    ;(await next(of, 0)).answer(new Response('of grace', { headers: { 'x-user': 'grace-1' } }))
    await (await first).text()
    await Promise.all(of.behind)
    await of.store.writer.write(() => undefined)
    // A write could not be recorded, and its worker was stopped.
    await of.store.writer.dirtyFlag.set()
    const { of: later, all: them } = await named(use, config)
    await them.identity.identify('a tab', 'grace')
    await later.store.writer.write(() => undefined)
    // Ada has signed in where no worker sees it; the tab still says grace.
    const reading = later.read({ ...OWN, fresh: 600 })
    ;(await next(later, 0)).answer(new Response('of ada', { headers: { 'x-user': 'ada-1' } }))
    await (await reading).text()
    await Promise.all(later.behind)
    const found = await later.store.rows.find(`user/grace\nrow\n${URL_ASKED}\nGET\nsame-origin\n*/*`)
    expect(found).toEqual([])
  })
})

describe('a reload whose answer a slow disk does not have yet', () => {
  /** A row that is fresh, and a disk that does not write from now on. */
  async function stored() {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    let free = Promise.resolve()
    const of = await worker({
      database: async (mode, work) => (await (mode === 'readwrite' ? free : undefined), use(mode, work)),
    })
    const first = of.read({ fresh: 600 })
    ;(await next(of, 0)).answer(new Response('first'))
    await (await first).text()
    await Promise.all(of.behind)
    free = new Promise<void>((resolve) => (goOn = resolve))
    return { of, goOn: () => goOn() }
  }

  it.each([
    ['a newer one: the older is not shown after it', 200],
    ['that it is gone: it is not shown any more', 404],
  ])(
    '%s',
    async (_, status) => {
      const { of, goOn } = await stored()
      const reloading = of.read({ fresh: 600 }, {}, { cache: 'no-cache' })
      ;(await next(of, 1)).answer(new Response('second', { status }))
      expect(await (await reloading).text()).toBe('second')
      const reading = of.read({ fresh: 600 }).then((response) => response.text())
      void vi
        .waitFor(() => expect(of.arrived).toHaveLength(3), { timeout: 5000 })
        .then(
          () => of.arrived[2]?.answer(new Response('second', { status })),
          () => undefined,
        )
      const text = await reading
      goOn()
      await Promise.all(of.behind)
      expect(text).toBe('second')
    },
    10_000,
  )
})

describe('a page that names its user while its first read is in the air', () => {
  it.each(['fails', 'is late'])(
    'is not shown what is stored of the last user, where the network %s',
    async (how) => {
      open('a tab', 'another tab')
      const { use } = await fakeDatabase()
      const { of, all } = await named(use, { offlineIdentity: 'last' })
      await all.identity.identify('another tab', 'ada')
      await all.identity.identify('a tab', 'ada')
      const first = of.read(OWN)
      ;(await next(of, 0)).answer(new Response('of ada'))
      await (await first).text()
      await Promise.all(of.behind)
      // The next worker. The tab has loaded anew.
      const { of: later, all: them } = await named(use, { offlineIdentity: 'last' })
      await later.store.writer.write(({ store }) => void store.delete('client a tab'))
      const reading = later.read({ ...OWN, timeoutMs: how === 'fails' ? 60_000 : 1000 })
      const asked = await next(later, 0)
      await them.identity.identify('a tab', 'grace')
      // Hers has been the other tab all the time.
      await them.identity.identify('another tab', 'ada')
      if (how === 'fails') asked.fail()
      void vi.waitFor(() => later.arrived[1]?.fail()).catch(() => undefined)
      setTimeout(() => asked.answer(new Response('of grace')), 2500)
      setTimeout(() => later.arrived[1]?.fail(), 500)
      const text = await reading.then((response) => response.text(), String)
      expect(text).not.toBe('of ada')
    },
    10_000,
  )
})

describe('a read of a page whose user is not known, where the network fails', () => {
  const STALE = { ...OWN, fresh: 0, stale: 0, offline: 600 }

  it.each([true, false])(
    'is not sent again, because the next answer may be of another user (stored: %s)',
    async (isStored) => {
      open('a tab', 'another tab')
      const { use } = await fakeDatabase()
      const { of, all } = await named(use, { offlineIdentity: 'last' })
      for (const tab of ['a tab', 'another tab']) await all.identity.identify(tab, 'ada')
      const first = of.read(STALE)
      const fields = isStored ? {} : { 'cache-control': 'no-store' }
      ;(await next(of, 0)).answer(new Response('of ada', { headers: fields }))
      await (await first).text()
      await Promise.all(of.behind)
      const { of: later } = await named(use, { offlineIdentity: 'last' })
      await later.store.writer.write(({ store }) => void store.delete('client a tab'))
      const reading = later.read(STALE).then((response) => response.text(), String)
      ;(await next(later, 0)).fail()
      // The network is back, and the cookie is another user's.
      void vi.waitFor(() => later.arrived[1]?.answer(new Response('of grace'))).catch(() => undefined)
      expect(await reading).toBe(isStored ? 'of ada' : 'TypeError: Failed to fetch')
      expect(later.arrived).toHaveLength(1)
    },
  )
})

describe('a write whose end cannot be recorded, while another worker stores', () => {
  it('covers what the other has asked for before it', async () => {
    fakeLocks()
    fakeCaches()
    const { use } = await fakeDatabase()
    let isSick = false
    const one = await worker({
      database: (mode, work) =>
        isSick && mode === 'readwrite' ? Promise.reject(new Error('no such luck')) : use(mode, work),
    })
    one.store.writer.activate()
    await one.store.writer.begin()
    // Both send by the same network.
    const other = await worker({ database: use })
    other.store.writer.activate()
    await other.store.writer.begin()
    const first = other.read({ fresh: 600 })
    ;(await next(other, 0)).answer(new Response('of before'))
    await (await first).text()
    await Promise.all(other.behind)
    one.store.writer.reread()
    isSick = true
    const writing = one.write()
    ;(await next(other, 1)).answer(new Response('written'))
    await writing
    await Promise.all(one.behind)
    const reading = one.read({ fresh: 600 }).then((response) => response.text())
    void next(other, 2).then(
      ({ answer }) => answer(new Response('of now')),
      () => undefined,
    )
    expect(await reading).toBe('of now')
  })
})

describe('a removal that could not be written, while another worker stores', () => {
  it('covers what the other has stored before it, once it is written', async () => {
    fakeLocks()
    fakeCaches()
    const { use } = await fakeDatabase()
    const config = { version: '1', budget: { all: 1e9 as never, rules: {} } }
    let isSick = false
    const one = storeOver(
      (mode, work) => (isSick && mode === 'readwrite' ? Promise.reject(new Error('no such luck')) : use(mode, work)),
      config,
    )
    one.writer.activate()
    await one.writer.begin()
    const other = storeOver(use, config)
    other.writer.activate()
    const key = 'user/ada\nrow\nhttps://app.test/\nGET'
    const sequence = await other.writer.placeOf(other.writer.ticket())
    await other.rows.commit(storedRow({}, { partition: 'user/ada', key, sequence }), undefined)
    isSick = true
    await expect(one.log.remove(['partition user/ada'], undefined)).rejects.toThrow('no such luck')
    isSick = false
    await one.erasure.run()
    other.writer.reread()
    expect(await other.rows.find(key)).toEqual([])
    const third = storeOver(use, config)
    expect(await third.rows.find(key)).toEqual([])
  })
})

describe('the flag of a worker that lives', () => {
  it('is not withdrawn by one that cleans up after a worker that is gone', async () => {
    const held = fakeLocks()
    fakeCaches()
    const { use } = await fakeDatabase()
    const config = { version: '1', budget: { all: 1e9 as never, rules: {} } }
    const started = (database: UseStore): Store => {
      const store = storeOver(database, config)
      store.writer.activate()
      return store
    }
    const one = started(use)
    await one.writer.begin()
    await one.writer.liveness.hold()
    // A worker that is gone has left its flag.
    await started(use).writer.dirtyFlag.set()
    let isFirst = true
    const other = started(async (mode, work) => {
      const outcome = await use(mode, work)
      // Meanwhile the first worker's write has ended, and could not be recorded.
      if (mode === 'readwrite' && isFirst) await one.writer.dirtyFlag.set()
      isFirst &&= mode !== 'readwrite'
      return outcome
    })
    // Asked for before that write ended.
    const sequence = await other.writer.placeOf(other.writer.ticket())
    const key = 'everyone\nrow\nhttps://app.test/\nGET'
    await other.rows.commit(storedRow({}, { partition: 'everyone', key, sequence }), undefined)
    // Its own flag is gone, the living worker's is not.
    await vi.waitFor(async () => expect(await caches.keys()).toHaveLength(1))
    held.length = 0
    expect(await started(use).rows.find(key)).toEqual([])
  })
})

describe('word that the state is to be read again, on a disk that takes 3 s', () => {
  it('what is stored stands in where the network fails', async () => {
    open('a tab')
    const { use } = await fakeDatabase()
    let lateMs = 0
    const { of, all } = await named(async (mode, work) => {
      if (lateMs > 0) await new Promise((resolve) => setTimeout(resolve, lateMs))
      return use(mode, work)
    })
    await all.identity.identify('a tab', 'ada')
    const first = of.read(OWN)
    ;(await next(of, 0)).answer(new Response('of ada', { headers: { etag: '"1"' } }))
    await (await first).text()
    await Promise.all(of.behind)
    lateMs = 3000
    const reading = of.read(OWN)
    const asked = await next(of, 1)
    of.store.writer.reread()
    asked.fail()
    expect(await reading.then((response) => response.text(), String)).toBe('of ada')
  }, 15_000)
})

describe('a read that waits for a late disk while its page names another user', () => {
  it('gets the network’s answer, as on a fast disk', async () => {
    open('a tab')
    const { use } = await fakeDatabase()
    let free = Promise.resolve()
    let goOn = (): void => undefined
    const { of, all } = await named(async (mode, work) => (await free, use(mode, work)))
    await all.identity.identify('a tab', 'ada')
    await of.store.writer.begin()
    free = new Promise<void>((resolve) => (goOn = resolve))
    const looked = vi.spyOn(of.store.rows, 'find')
    const reading = of.read(OWN)
    await vi.waitFor(() => expect(looked).toHaveBeenCalled())
    void all.identity.identify('a tab', 'grace')
    const asked = await next(of, 0)
    asked.answer(new Response('of grace'))
    const response = await reading
    goOn()
    expect(response.type).not.toBe('error')
    expect(await response.text()).toBe('of grace')
  })
})

describe('reads of one URL at once, on a disk that takes 3 s', () => {
  it('ask the origin once', async () => {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    const free = new Promise<void>((resolve) => (goOn = resolve))
    const of = await worker({ database: async (mode, work) => (await free, use(mode, work)) })
    const toJoin = vi.spyOn(Flights.prototype, 'toJoin').mockClear()
    const reads = Array.from({ length: 20 }, () => of.read())
    await next(of, 0)
    await vi.waitFor(() => expect(toJoin).toHaveBeenCalledTimes(20))
    const sent = of.arrived.length
    for (const { answer } of of.arrived) answer(new Response('of now'))
    goOn()
    await Promise.all(reads)
    await Promise.all(of.behind)
    expect(sent).toBe(1)
  })
})

describe('stale hits while the answer behind the first is being stored', () => {
  it('ask the origin once', async () => {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    let free = Promise.resolve()
    const of = await worker({
      database: async (mode, work) => (await (mode === 'readwrite' ? free : undefined), use(mode, work)),
    })
    const first = of.read({ stale: 600 })
    ;(await next(of, 0)).answer(new Response('stored', { headers: { etag: '"1"' } }))
    await (await first).text()
    await Promise.all(of.behind)
    free = new Promise<void>((resolve) => (goOn = resolve))
    for (let at = 1; at <= 10; at++) {
      expect(await (await of.read({ stale: 600 })).text()).toBe('stored')
      await flushed()
      of.arrived[at]?.answer(new Response(null, { status: 304, headers: { etag: '"1"' } }))
      await flushed()
    }
    goOn()
    await Promise.all(of.behind)
    expect(of.arrived.length).toBe(2)
  })
})

describe('a read that has waited for its user', () => {
  it('is answered from a disk that is fast, without a request', async () => {
    open('a tab')
    const { use } = await fakeDatabase()
    const config = { by: ['echo'], echo: 'X-User' }
    const { of, all } = await named(use, config)
    all.identity.learn('a tab', new Map([['x-user', 'ada']]))
    const first = of.read({ ...OWN, fresh: 600 })
    ;(await next(of, 0)).answer(new Response('of ada', { headers: { 'x-user': 'ada' } }))
    await (await first).text()
    await Promise.all(of.behind)
    const { of: later } = await named(
      async (mode, work) => (await new Promise((resolve) => setTimeout(resolve, 10)), use(mode, work)),
      config,
    )
    await later.store.writer.write(async ({ store }) => {
      const request = store.getAllKeys()
      const keys = await new Promise<string[]>(
        (resolve) => (request.onsuccess = () => resolve(request.result.map(String))),
      )
      for (const key of keys) if (key.includes('a tab')) store.delete(key)
    })
    // The first one finds out who the user is.
    const naming = later.read({ ...OWN, fresh: 600, keyHeaders: ['x-other'] }, { 'x-other': '1' })
    const asked = await next(later, 0)
    const waiting = later.read({ ...OWN, fresh: 600 })
    await new Promise((resolve) => setTimeout(resolve, 1200))
    asked.answer(new Response('of ada', { headers: { 'x-user': 'ada' } }))
    await (await naming).text()
    expect(await (await waiting).text()).toBe('of ada')
    expect(later.arrived).toHaveLength(1)
  })
})
