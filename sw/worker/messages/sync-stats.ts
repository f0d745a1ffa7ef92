import type { SyncState, SyncStats } from '../../protocol.ts'
import type { PendingStats } from '../outbox/pending-stats.ts'
import type { Reachability } from '../requests/reachability.ts'

interface Ports {
  /** Of queued writes. Undefined: the rules queue nothing. */
  readonly pending: PendingStats | undefined
  /** Of collections. */
  readonly kept: readonly SyncState[] | undefined
  readonly reachability: Pick<Reachability, 'state'>
  /** What the rules call the rows of queued writes. */
  readonly entities: readonly string[]
}

/** Of several states the first of these that holds. */
const ORDER = ['syncing', 'error', 'offline', 'idle'] as const

/** How far the device and the origin agree, for the user of the asking tab. */
export function syncStats({ pending, kept = [], reachability, entities }: Ports): SyncStats {
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
