import type { EntityOf } from '../../config/language/entities.ts'
import type { SyncProblem, SyncStats as Said } from '../../sw/protocol.ts'
import { joinedTo, type PendingRecords } from './joined-records.ts'

/** How far this device and the origin agree, for the page's user. */
export interface SyncStats<Entity extends string = string> extends Omit<Said, 'pendingChanges' | 'state'> {
  readonly pendingChanges: PendingChanges<Entity>
  /** What went wrong last with what is pending. Undefined: nothing did. */
  readonly lastError: SyncProblem | undefined
  /**
   * 'syncing': changes are sent, or a collection is brought in step. 'error': something needs the user, or a collection could not be
   * kept. 'offline': changes wait for the origin. 'idle': there is nothing to do. 'no-worker': nothing is queued or kept here.
   */
  readonly state: Said['state'] | 'no-worker'
}

/**
 * Rows that were changed here and that the origin does not have so. Of an entity that a local store has joined, its dirty records. An
 * entity is absent where no worker knows it.
 */
export type PendingChanges<Entity extends string = string> = string extends Entity
  ? { readonly total: number; readonly [entity: string]: number | PendingRecords | undefined }
  : { readonly total: number } & { readonly [Name in Entity]?: PendingRecords }

/** The entities of rules; any text where the rules are not said. */
export type EntitiesOf<C> = [EntityOf<C>] extends [never] ? string : EntityOf<C>

const NO_WORKER: SyncStats = {
  pendingChanges: { total: 0 },
  lastSyncedAt: undefined,
  lastError: undefined,
  state: 'no-worker',
}

/** What the worker says, with what local stores have that it does not know of. */
export async function withStores(layer: object, asked: Promise<Said | undefined>): Promise<SyncStats> {
  const stores = await Promise.allSettled(Array.from(joinedTo(layer), (count) => count()))
  const said: SyncStats = (await asked) ?? NO_WORKER
  const counts = new Map(Object.entries(said.pendingChanges))
  let { total } = said.pendingChanges
  // A store that cannot be read says nothing.
  for (const store of stores)
    for (const [entity, own] of Object.entries(store.status === 'fulfilled' ? store.value : {})) {
      const known = counts.get(entity)
      // What the worker has of it is dirty in the store as well.
      total += own.dirty + own.deleted - (typeof known === 'object' ? known.dirty + known.deleted : 0)
      counts.set(entity, own)
    }
  return { ...said, pendingChanges: { ...Object.fromEntries(counts), total } }
}
