import { expect, expectTypeOf, it } from 'vitest'
import { defineConfig } from '../../config/language/index.ts'
import type { SyncStats as Said } from '../../sw/protocol.ts'
import type { Freshlayer } from './freshlayer.ts'
import { joinedTo, type PendingRecords } from './joined-records.ts'
import { type PendingChanges, type SyncStats, withStores } from './sync-stats.ts'

const SAID: Said = {
  pendingChanges: { total: 5, product: { dirty: 2, deleted: 1 }, sale: { dirty: 2, deleted: 0 } },
  lastSyncedAt: 7,
  lastError: undefined,
  state: 'syncing',
}

it('what the worker says is what is pending', async () => {
  expect(await withStores({}, Promise.resolve(SAID))).toEqual(SAID)
})

it('of an entity that a local store has joined its dirty records count', async () => {
  const layer = {}
  joinedTo(layer).add(async () => ({ product: { dirty: 9, deleted: 3 } }))
  joinedTo(layer).add(() => Promise.reject(new Error('it cannot be read')))
  expect((await withStores(layer, Promise.resolve(SAID))).pendingChanges).toEqual({
    total: 14,
    product: { dirty: 9, deleted: 3 },
    sale: { dirty: 2, deleted: 0 },
  })
})

it('without a worker what local stores have is pending all the same', async () => {
  const layer = {}
  joinedTo(layer).add(async () => ({ product: { dirty: 1, deleted: 0 } }))
  expect(await withStores(layer, Promise.resolve(undefined))).toEqual({
    pendingChanges: { total: 1, product: { dirty: 1, deleted: 0 } },
    lastSyncedAt: undefined,
    lastError: undefined,
    state: 'no-worker',
  })
})

it('is typed by the rules', () => {
  const rules = defineConfig({
    version: '1',
    identity: 'none',
    routes: [{ match: '/api/products' }],
    writes: [
      { match: 'POST /api/products', entity: 'product', offline: 'queue' },
      { match: 'DELETE /api/sales/:id', entity: 'sale', offline: 'queue' },
    ],
  })
  type Stats = SyncStats<'product' | 'sale'>
  const ask = (layer: Freshlayer): Promise<Stats> => layer.getSyncStats<typeof rules>()
  expectTypeOf(ask).returns.resolves.toEqualTypeOf<Stats>()
  expectTypeOf<Stats['pendingChanges']['total']>().toEqualTypeOf<number>()
  expectTypeOf<Stats['pendingChanges']['product']>().toEqualTypeOf<PendingRecords | undefined>()
  expectTypeOf<PendingRecords>().toEqualTypeOf<{ readonly dirty: number; readonly deleted: number }>()
  expectTypeOf<Stats['pendingChanges']>().not.toHaveProperty('customer')
  expectTypeOf<Stats['lastSyncedAt']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Stats['state']>().toEqualTypeOf<'idle' | 'syncing' | 'offline' | 'error' | 'no-worker'>()
  expectTypeOf<PendingChanges['total']>().toEqualTypeOf<number>()
  expectTypeOf<PendingChanges[string]>().toEqualTypeOf<number | PendingRecords | undefined>()
  expectTypeOf<Freshlayer['getSyncStats']>().returns.resolves.toEqualTypeOf<SyncStats>()
})
