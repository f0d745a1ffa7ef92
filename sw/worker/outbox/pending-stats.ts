import type { SyncProblem } from '../../protocol.ts'
import type { DoneRecord, WriteRecord } from './write-record.ts'

/** What of a user's writes the origin does not have, in numbers. */
export interface PendingStats {
  readonly total: number
  /** Those whose rule names an entity. */
  readonly entities: Readonly<Record<string, { readonly dirty: number; readonly deleted: number }>>
  readonly isSending: boolean
  readonly isWaiting: boolean
  /** The user has to say what becomes of some. */
  readonly isStuck: boolean
  readonly lastSyncedAt: number | undefined
  readonly lastError: (SyncProblem & { readonly atMs: number }) | undefined
}

/** What of a user's writes the origin does not have. A row counts once, however many writes it has. */
export function pendingStats(writes: Iterable<WriteRecord>, done: Iterable<DoneRecord>): PendingStats {
  const rows = new Map<string, { readonly entity: string | undefined; readonly isDeleted: boolean }>()
  let [isSending, isWaiting, isStuck] = [false, false, false]
  let lastError: PendingStats['lastError']
  for (const write of writes) {
    const { entity, id, place, target, method, state, failed, acceptedAtMs, url } = write
    // What is no row of which the id is known counts for itself.
    const key = JSON.stringify([entity, target === 'other' || id === undefined ? place : id])
    rows.set(key, { entity, isDeleted: method === 'DELETE' && target === 'row' })
    isSending ||= state.kind === 'leased'
    const isOver = state.kind === 'asking' || state.kind === 'dead'
    isStuck ||= isOver
    isWaiting ||= state.kind === 'waiting' || state.kind === 'unsure'
    const why = isOver ? state.why : failed && (failed.status === 0 ? 'offline' : String(failed.status))
    const atMs = failed?.atMs ?? acceptedAtMs
    if (why !== undefined && atMs >= (lastError?.atMs ?? 0))
      lastError = { why, atMs, url, ...(entity !== undefined && { entity }) }
  }
  const entities: Record<string, { dirty: number; deleted: number }> = {}
  for (const { entity, isDeleted } of rows.values()) {
    if (entity === undefined) continue
    const counts = (entities[entity] ??= { dirty: 0, deleted: 0 })
    counts[isDeleted ? 'deleted' : 'dirty']++
  }
  let lastSyncedAt: number | undefined
  for (const { atMs } of done) lastSyncedAt = Math.max(atMs, lastSyncedAt ?? 0)
  return { total: rows.size, entities, isSending, isWaiting, isStuck, lastSyncedAt, lastError }
}
