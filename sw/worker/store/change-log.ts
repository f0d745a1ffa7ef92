import type { Change, LoggedChange } from '../../core/change.ts'
import { EVERYONE } from '../../core/key.ts'
import { epochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import { promisifyRequest } from './database.ts'
import { changeKey, kindOf, META, storedPartitions, under } from './records.ts'
import { parseMeta } from './meta.ts'
import type { Transaction, Writer } from './writer.ts'

/** The change log holds so many changes of all users, and none older than a day: a tab that slept longer starts anew. */
const MAX_CHANGES = 1000
const MAX_CHANGE_AGE_MS = 86_400_000

/** So many changes are looked at in one round of housekeeping, of each partition, and at first for a tab that is new. */
const SLICE = 200

/** Writes the next entry of the change log, in the transaction of what it tells of. */
export function log({ store, meta }: Transaction, change: Change | undefined): LoggedChange | undefined {
  if (change === undefined) return undefined
  const logged = { ...change, logId: meta.logId, position: ++meta.position }
  store.put(logged, changeKey(logOf(change), logged.position))
  return logged
}

/** Under which partition a change lies. That a user is gone concerns every tab that may be showing them. */
const logOf = ({ partition, all }: Change): string => (all === true ? EVERYONE : partition)

/** From where on a tab wants to hear the log. */
export type From =
  | { readonly logId: string; readonly position: number }
  /** It has heard nothing yet; what was logged since then concerns it. */
  | { readonly sinceMs: number }

/** What was logged of some partitions after a position; 'reset' when the log does not reach back that far. */
export async function missed(
  writer: Writer,
  from: From,
  partitions: readonly string[],
): Promise<{ logId: string; position: number; missed: LoggedChange[] | 'reset' }> {
  // Where the database is gone it is made anew, and with it a log that the tab can follow.
  if ((await writer.load()) === undefined) await writer.begin()
  return writer.read(async (store) => {
    const meta = parseMeta(await promisifyRequest<unknown>(store.get(META)))
    const { logId = '', position = 0 } = meta ?? {}
    const { position: trimmedTo = 0, atMs: trimmedToMs = -1 } = meta?.trimmed ?? {}
    const isLost =
      'logId' in from
        ? from.logId !== logId || from.position > position || from.position < trimmedTo
        : from.sinceMs <= trimmedToMs
    if (isLost) return { logId, position, missed: 'reset' }
    const reading = [...new Set([EVERYONE, ...partitions])].map((partition) =>
      'logId' in from
        ? between(store, partition, from.position, position)
        : since(store, partition, from.sinceMs, position),
    )
    const found = (await Promise.all(reading)).flat()
    return { logId, position, missed: found.toSorted((one, other) => one.position - other.position) }
  })
}

/** What was logged of a partition behind a position, up to another one. */
async function between(
  store: IDBObjectStore,
  partition: string,
  position: number,
  upTo: number,
): Promise<LoggedChange[]> {
  if (position >= upTo) return []
  const range = IDBKeyRange.bound(changeKey(partition, position), changeKey(partition, upTo), true)
  return (await promisifyRequest<unknown[]>(store.getAll(range))).filter(isEntry)
}

/** Reads all of it only where the newest changes do not reach back far enough. */
async function since(
  store: IDBObjectStore,
  partition: string,
  sinceMs: number,
  position: number,
): Promise<LoggedChange[]> {
  const isBefore = ({ atMs }: LoggedChange): boolean => atMs < sinceMs
  const from = Math.max(position - SLICE, 0)
  const newest = await between(store, partition, from, position)
  const changes = newest.some(isBefore) ? newest : [...(await between(store, partition, 0, from)), ...newest]
  return changes.slice(changes.findLastIndex(isBefore) + 1)
}

/** Whether a record is one of the log, as far as the worker reads it: a tab looks at the rest of it. Storage is an edge. */
function isEntry(record: unknown): record is LoggedChange {
  const { position, atMs, informed } = (record ?? {}) as Partial<LoggedChange>
  return typeof position === 'number' && typeof atMs === 'number' && Array.isArray(informed)
}

/**
 * Deletes what was logged of a partition up to a position: the log of changes to a user's data is that user's data.
 *
 * @returns how many changes, no more than `atMost`.
 */
export async function deleteChanges(
  store: IDBObjectStore,
  partition: string,
  upTo: number,
  atMost: number,
): Promise<number> {
  const range = IDBKeyRange.bound(kindOf(partition, 'change'), changeKey(partition, upTo))
  const keys = await promisifyRequest(store.getAllKeys(range, atMost))
  if (keys.length > 0) store.delete(IDBKeyRange.bound(keys[0], keys.at(-1)))
  return keys.length
}

/** Removes what is too old to be told. */
export async function trimChanges(writer: Writer): Promise<void> {
  const oldestMs = now() - MAX_CHANGE_AGE_MS
  for (const partition of await writer.read(storedPartitions)) {
    const all = under(kindOf(partition, 'change'))
    // Looked for in a transaction that only reads: mostly there is nothing to trim.
    const oldOf = async (store: IDBObjectStore): Promise<LoggedChange[]> => {
      const asked = [store.get(META), store.getAll(all, SLICE)] as const
      const [found, records] = await Promise.all([
        promisifyRequest<unknown>(asked[0]),
        promisifyRequest<unknown[]>(asked[1]),
      ])
      const meta = parseMeta(found)
      const oldest = (meta?.position ?? 0) - MAX_CHANGES
      return records.filter(isEntry).filter(({ atMs, position }) => atMs < oldestMs || position <= oldest)
    }
    for (let old = await writer.read(oldOf); old.length > 0; old = old.length < SLICE ? [] : await writer.read(oldOf)) {
      const position = Math.max(...old.map((change) => change.position))
      // A change may have been logged while the clock was ahead.
      const atMs = epochMs(Math.min(now(), Math.max(...old.map((change) => change.atMs))))
      await writer.write(({ store, meta }) => {
        const { trimmed } = meta
        meta.trimmed = {
          position: Math.max(position, trimmed?.position ?? 0),
          atMs: epochMs(Math.max(atMs, trimmed?.atMs ?? 0)),
        }
        store.delete(IDBKeyRange.bound(all.lower, changeKey(partition, position)))
      })
    }
  }
}
