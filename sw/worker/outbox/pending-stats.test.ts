import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { SyncState, SyncStats } from '../../protocol.ts'
import { Backend, outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

/** A worker whose backend has products 1 to 3, with what it says of how far they are. */
async function worker(kept?: SyncState[]) {
  const backend = new Backend()
  for (const id of [1, 2, 3]) backend.products.set(id, { id, name: 'tea', version: 1 })
  const made = await outboxWorker({ backend, kept })
  return { ...made, stats: () => made.ask({ ask: 'sync-stats' }) as Promise<SyncStats> }
}

describe('what is pending', () => {
  test('is nothing at first, and names the entities of the rules', async () => {
    const { stats } = await worker()
    expect(await stats()).toEqual({
      pendingChanges: { total: 0, product: { dirty: 0, deleted: 0 }, sale: { dirty: 0, deleted: 0 } },
      lastSyncedAt: undefined,
      lastError: undefined,
      state: 'idle',
    })
  })

  test('is counted by rows: several edits of one are one, and what is deleted at last is deleted', async () => {
    const { stats, write, backend, rest } = await worker()
    backend.isAway = true
    await write('PATCH', '/api/products/1', { name: 'a' })
    await write('PATCH', '/api/products/1', { name: 'b' })
    await write('PATCH', '/api/products/2', { name: 'c' })
    await write('DELETE', '/api/products/2')
    await write('POST', '/api/products', { name: 'd' })
    await rest()
    const said = await stats()
    expect(said.pendingChanges).toEqual({
      total: 3,
      product: { dirty: 2, deleted: 1 },
      sale: { dirty: 0, deleted: 0 },
    })
    expect(said).toMatchObject({ state: 'offline', lastError: { why: 'offline', entity: 'product' } })
    expect(said.lastError?.atMs).toBeGreaterThan(0)
  })

  test('and sent is synced, with the time, and no error is left', async () => {
    const { stats, write, backend, outbox, rest } = await worker()
    backend.isAway = true
    await write('PATCH', '/api/products/1', { name: 'a' })
    await rest()
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect((await stats()).pendingChanges.total).toBe(0)
    })
    const said = await stats()
    expect(said).toMatchObject({ state: 'idle', lastError: undefined })
    expect(said.lastSyncedAt).toBeGreaterThan(0)
  })

  test.each([
    [422, 'error', '422'],
    [503, 'syncing', '503'],
  ])('and answered %i: %s', async (status, state, why) => {
    const { stats, write, backend, outbox, rest } = await worker()
    backend.isAway = true
    await write('PATCH', '/api/products/1', { name: 'a' })
    await rest()
    backend.faults.push(...Array.from({ length: 50 }, () => status))
    backend.isAway = false
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await stats()).toMatchObject({ state, lastError: { why } })
    })
  })

  test('tells also of collections', async () => {
    const synced: SyncState = { entity: 'products', state: 'idle', rows: 1, isLoaded: true, syncedAtMs: 5 }
    expect(await (await worker([synced])).stats()).toMatchObject({ state: 'idle', lastSyncedAt: 5 })
    const failed: SyncState = { ...synced, state: 'error', error: { kind: 'server' } }
    expect(await (await worker([failed])).stats()).toMatchObject({
      state: 'error',
      lastSyncedAt: 5,
      lastError: { why: 'server', entity: 'products' },
    })
    expect(await (await worker([{ ...synced, state: 'syncing' }])).stats()).toMatchObject({ state: 'syncing' })
  })
})
