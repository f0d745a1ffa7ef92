import type { SyncStats } from '../../protocol.ts'
import type { Collections } from '../collections/collections.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Reachability } from '../requests/reachability.ts'
import type { Answerer } from './answering.ts'

interface Ports {
  /** Undefined: the rules queue nothing. */
  readonly outbox: Pick<Outbox, 'pendingOf'> | undefined
  /** Undefined: the rules have none. */
  readonly collections: Pick<Collections, 'answerers'> | undefined
  readonly reachability: Pick<Reachability, 'state'>
  /** What the rules call the rows of queued writes. */
  readonly entities: readonly string[]
}

/** Of several states the first of these that holds. */
const ORDER = ['syncing', 'error', 'offline', 'idle'] as const

/** How far the device and the origin agree, for the user of the asking tab. */
export const syncStats: Answerer<'sync-stats', Ports> = async (
  { outbox, collections, reachability, entities },
  _,
  clientId,
): Promise<SyncStats> => {
  const [pending, kept = []] = await Promise.all([
    outbox?.pendingOf(clientId),
    collections?.answerers['sync-state']?.({}, { ask: 'sync-state' }, clientId),
  ])
  const { total = 0, isSending = false, isWaiting = false, isStuck = false } = pending ?? {}
  const states = new Set<SyncStats['state']>(kept.map(({ state }) => state))
  if (isSending) states.add('syncing')
  if (isStuck) states.add('error')
  if (isWaiting) states.add(reachability.state.reachable ? 'syncing' : 'offline')
  const times = [pending?.lastSyncedAt, ...kept.map(({ syncedAtMs }) => syncedAtMs)].filter((at) => at !== undefined)
  const failed = kept.find(({ error }) => error !== undefined)
  return {
    pendingChanges: {
      ...Object.fromEntries(entities.map((entity) => [entity, { dirty: 0, deleted: 0 }])),
      ...pending?.entities,
      total,
    },
    lastSyncedAt: times.length === 0 ? undefined : Math.max(...times),
    lastError: pending?.lastError ?? (failed?.error && { why: failed.error.kind, entity: failed.entity }),
    state: ORDER.find((each) => states.has(each)) ?? 'idle',
  }
}
