import { clamped, formatTime } from '../../sw/core/outbox/hybrid-clock.ts'
import type { JsonObject } from '../../sw/core/outbox/json.ts'
import { SyncProblem } from '../sync/answers.ts'
import type { Session } from '../sync/database.ts'
import { versionText } from '../sync/entity.ts'
import { note, notedOf, type RowName, writtenAtOf } from './stamps.ts'
import { afterAll, fieldsWon, timeOf } from './written-at.ts'

/** A JSON merge patch to a row, and when its user made it. */
export interface StampedWrite extends RowName {
  readonly patch: JsonObject
  /** A hybrid time as the layer writes it, or a time of the calendar (ISO 8601, or milliseconds since 1970). */
  readonly stamp: unknown
  /** The row's, as it is now: read after the row is locked. */
  readonly updatedAt: Date
  /** The `updatedAt` that the user has seen. If it is the row's own, the whole patch holds. Default: it is not known. */
  readonly base?: unknown
  /** How far ahead of the database's clock a stamp is believed. Unit: seconds. Default: 60. */
  readonly ahead?: number
}

export interface LastWrites {
  /** The part of the patch that is the last write of its fields: write this. Undefined: none of it is. */
  readonly patch: JsonObject | undefined
  /** The JSON pointers of the rest: what is there now was written later. */
  readonly lost: readonly string[]
  /** When the write counts as made: a stamp that is too far ahead counts as made now. */
  readonly stamp: string
  /** Notes it. Call it after the row is written, in the same transaction, with the row's new `updatedAt`. */
  readonly keep: (updatedAt: Date) => Promise<void>
}

/**
 * What of a write holds if of each field the last write does, by the times that the users' devices give. The times are kept in a table
 * of the kit, so the app's tables need no column for them. What writes without a time counts as written at the row's `updatedAt`.
 *
 * @param client of the transaction that has locked the row, see `lockedRow`.
 * @throws SyncProblem 400, where the stamp is no time.
 * @see docs/decisions/0051-times-of-fields-are-kept-beside-the-rows.md
 */
export async function lastWriteWins(
  client: Pick<Session, 'query'>,
  { entity, id, patch, stamp, updatedAt, base, ahead = 60 }: StampedWrite,
): Promise<LastWrites> {
  const given = timeOf(stamp)
  if (given === 'invalid') throw new SyncProblem(400, 'The stamp is no time.')
  const rowAt = timeOf(updatedAt)
  if (rowAt === 'invalid') throw new Error(`updatedAt of ${entity} ${id} is no time`)
  const { now, rows } = await notedOf(client, [{ entity, id }])
  const version = versionText(updatedAt)
  const written = writtenAtOf(rows[0], { version, updatedAt: rowAt })
  const believed = clamped(given, now, ahead * 1000)
  const at = isSeen(base, updatedAt) ? afterAll(believed, written) : believed
  const won = fieldsWon(patch, at, written)
  return {
    patch: won.patch,
    lost: won.lost,
    stamp: formatTime(at),
    keep: (after) => note(client, [{ entity, id, version: versionText(after), writtenAt: won.writtenAt }]),
  }
}

const isSeen = (base: unknown, updatedAt: Date): boolean =>
  (typeof base === 'string' || base instanceof Date) && new Date(base).getTime() === updatedAt.getTime()
