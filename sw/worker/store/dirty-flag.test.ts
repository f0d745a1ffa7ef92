import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { bytes } from '../../core/units.ts'
import { fakeCaches, fakeDatabase, fakeLocks } from './fake-database.fixture.ts'
import type { UseStore } from './database.ts'
import type { Store } from './store.ts'

const { storeOver } = await import('./store.ts')

const started = (use: UseStore): Store => {
  const store = storeOver(use, { version: '1', budget: { all: bytes(1e9), rules: {} } })
  store.writer.activate()
  return store
}

const KEY = 'everyone\nrow\nhttps://app.test/\nGET'

/** A row of everyone is stored. */
async function withRow(of: Store): Promise<void> {
  const sequence = await of.writer.placeOf(of.writer.ticket())
  await of.rows.commit(storedRow({}, { partition: 'everyone', key: KEY, sequence }), undefined)
}

/** A database that fails or hangs at each write while `isSick`. */
function sick(use: UseStore, disk: 'fails' | 'hangs') {
  const state = { isSick: false }
  const failing: UseStore = (mode, work) => {
    if (!state.isSick || mode === 'readonly') return use(mode, work)
    return disk === 'fails' ? Promise.reject(new Error('no such luck')) : new Promise(() => undefined)
  }
  return { state, use: failing }
}

describe('the flag of a worker that could not record something', () => {
  const before = caches
  let locks: { length: number }
  let flags: Set<string>
  beforeEach(() => {
    locks = fakeLocks()
    flags = fakeCaches()
  })
  afterEach(() => {
    vi.stubGlobal('caches', before)
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  })

  it.each(['fails', 'hangs'] as const)('is set where a removal is not on disk: it %s', async (disk) => {
    const { use } = await fakeDatabase()
    await withRow(started(use))
    const { state, use: failing } = sick(use, disk)
    const old = started(failing)
    await old.writer.begin()
    state.isSick = true
    void old.log.remove(['prefix '], undefined).catch(() => undefined)
    await vi.waitFor(() => expect(flags.size).toBe(1), { timeout: 3000 })
    locks.length = 0
    expect(await started(use).rows.find(KEY)).toEqual([])
  })

  it('is not set where it is on disk', async () => {
    const { use } = await fakeDatabase()
    const set = vi.spyOn(caches, 'open')
    await started(use).log.remove(['partition user/ada'], undefined)
    expect(set).not.toHaveBeenCalled()
  })

  it.each([
    ['of a worker that has written before', true],
    ['of one that has not', false],
  ])('goes when a removal that failed is on disk after all: %s', async (_, hasWritten) => {
    const { use } = await fakeDatabase()
    await withRow(started(use))
    const { state, use: failing } = sick(use, 'fails')
    const old = started(failing)
    if (hasWritten) await old.writer.begin()
    state.isSick = true
    await expect(old.log.remove(['partition user/ada'], undefined)).rejects.toThrow('no such luck')
    expect(flags.size).toBe(1)
    state.isSick = false
    await old.writer.begin()
    await old.erasure.run()
    await vi.waitFor(() => expect(flags.size).toBe(0))
    expect(old.log.memory.removals()).toEqual([])
    locks.length = 0
    // The next worker has what else is stored.
    expect(await started(use).rows.find(KEY)).toHaveLength(1)
  })

  it('keeps a worker that lives on from the store no longer than its own lives: then all of before is removed', async () => {
    const { use } = await fakeDatabase()
    const old = started(use)
    await withRow(old)
    await old.writer.liveness.hold()
    await old.writer.dirtyFlag.set()
    const of = started(use)
    expect(await of.rows.find(KEY)).toEqual([])
    await of.writer.begin()
    expect(flags.size).toBe(1)
    // The older one is stopped, and says nothing more.
    locks.length = 0
    await of.writer.write(() => undefined)
    expect(await of.rows.find(KEY)).toEqual([])
    await vi.waitFor(() => expect(flags.size).toBe(0))
    await withRow(of)
    of.rows.forgetAll()
    expect(await of.rows.find(KEY)).toHaveLength(1)
  })

  it('keeps it from the store no longer than it is held: then all of before is there', async () => {
    const { use } = await fakeDatabase()
    const old = started(use)
    await withRow(old)
    await old.writer.liveness.hold()
    let record: ((isRecorded: boolean) => void) | undefined
    await old.writer.dirtyFlag.set(new Promise((resolve) => (record = resolve)))
    const of = started(use)
    expect(await of.rows.find(KEY)).toEqual([])
    await of.writer.begin()
    // Recorded, and no page is told.
    record?.(true)
    await vi.waitFor(() => expect(flags.size).toBe(0))
    await of.writer.write(() => undefined)
    expect(of.rows.remembered(KEY)).toBeUndefined()
    expect(await of.rows.find(KEY)).toHaveLength(1)
  })
})
