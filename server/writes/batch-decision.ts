import { clamped, compareTimes, formatTime, type HybridTime } from '../../sw/core/outbox/hybrid-clock.ts'
import { isObject, isSameJson, type JsonObject, ownMember } from '../../sw/core/outbox/json.ts'
import type { EpochMs } from '../../sw/core/units.ts'
import { type ApiRow, versionText } from '../sync/entity.ts'
import type { BatchItem } from './batch-item.ts'
import type { RowWrite } from './batch-options.ts'
import { isVersion } from './locked-row.ts'
import { leavesOf } from './patch-leaves.ts'
import { type Noted, writtenAtOf } from './stamps.ts'
import { afterAll, fieldsWon, latestOf, timeOf, type WrittenAt, writtenWhole } from './written-at.ts'

/** What an item is compared with. */
export interface Found {
  /** What the row is called at the server. */
  readonly id: string
  /** As the caller sees it, locked; undefined: there is none. */
  readonly row: ApiRow | undefined
  /** The value of its version column. */
  readonly version: unknown
  /** An earlier item of the same batch with the same base has made the row what it is. */
  readonly isOwn: boolean
  /** What times are known of it; undefined: the client is told of a conflict. */
  readonly times: { readonly noted: Noted | undefined; readonly now: EpochMs; readonly ahead: number } | undefined
}

interface Stamped {
  readonly stamp?: string
  readonly lost?: readonly string[]
}

/** What becomes of an item. */
export type Decision =
  | (Stamped & { readonly kind: 'write'; readonly write: RowWrite; readonly writtenAt?: WrittenAt })
  | (Stamped & { readonly kind: 'unchanged' })
  | { readonly kind: 'conflict' | 'refused'; readonly problem: Readonly<Record<string, unknown>> }

const UNCHANGED: Decision = { kind: 'unchanged' }

/**
 * What becomes of an item, by the row that there is.
 *
 * | | no row | the row that its user has seen | another one |
 * | --- | --- | --- | --- |
 * | create | write | conflict, unless it is the same | conflict, unless it is the same |
 * | update | conflict | write | conflict, or the later fields |
 * | delete | unchanged | write | conflict, or the later of the two |
 */
export function decided(item: BatchItem, found: Found): Decision {
  const { id, row } = found
  const { fields, isDeleted, baseVersion } = item
  if (isDeleted) return row === undefined ? UNCHANGED : deleted(item, found, row)
  if (fields === undefined)
    return { kind: 'refused', problem: { status: 400, detail: 'fields: an object is missing.' } }
  if (baseVersion === null && !found.isOwn) {
    if (row !== undefined) return isDone(row, fields) ? UNCHANGED : conflict('exists')
    const at = writtenTime(item, found)
    const write: RowWrite = { kind: 'create', id, fields }
    return at === undefined || at === 'invalid'
      ? { kind: 'write', write }
      : { kind: 'write', write, stamp: formatTime(at), writtenAt: writtenWhole(at) }
  }
  if (row === undefined) return conflict('gone')
  return updated(item, found, row, fields)
}

function updated(item: BatchItem, found: Found, row: ApiRow, fields: JsonObject): Decision {
  const { id, times } = found
  if (isDone(row, fields)) return UNCHANGED
  if (times === undefined)
    return isBased(item, found)
      ? { kind: 'write', write: { kind: 'update', id, fields, row } }
      : conflict(item.baseVersion === undefined ? 'no-base' : 'changed')
  const written = writtenOf(found, times.noted)
  const at = timeOfWrite(item, found, written)
  if (at === 'invalid') return NO_TIME
  const { patch, lost, writtenAt } = fieldsWon(fields, at, written)
  const told = { stamp: formatTime(at), ...(lost.length > 0 && { lost }) }
  return patch === undefined
    ? { kind: 'unchanged', ...told }
    : { kind: 'write', write: { kind: 'update', id, fields: patch, row }, writtenAt, ...told }
}

function deleted(item: BatchItem, found: Found, row: ApiRow): Decision {
  const { id, times } = found
  const write: Decision = { kind: 'write', write: { kind: 'delete', id, row } }
  if (isBased(item, found)) return write
  if (times === undefined) return conflict(item.baseVersion === undefined ? 'no-base' : 'changed')
  const written = writtenOf(found, times.noted)
  const at = timeOfWrite(item, found, written)
  if (at === 'invalid') return NO_TIME
  const stamp = formatTime(at)
  return compareTimes(at, latestOf(written)) >= 0 ? { ...write, stamp } : { kind: 'unchanged', stamp, lost: [''] }
}

/** Whether its user has seen the row as it is. */
const isBased = ({ baseVersion }: BatchItem, { version, isOwn }: Found): boolean =>
  isOwn || (baseVersion !== null && baseVersion !== undefined && isVersion(versionText(baseVersion), version))

/** @throws where the version of the entity is no time. */
function writtenOf({ version }: Found, noted: Noted | undefined): WrittenAt {
  const updatedAt = timeOf(version)
  if (updatedAt === 'invalid')
    throw new Error(`the last write cannot win by the version ${String(version)}: it is no time`)
  return writtenAtOf(noted, { version: versionText(version), updatedAt })
}

/** When an item counts as written; `'invalid'`: it does not say it, and there is something to compare. */
function timeOfWrite(item: BatchItem, found: Found, written: WrittenAt): HybridTime | 'invalid' {
  const at = writtenTime(item, found)
  if (!isBased(item, found)) return at ?? 'invalid'
  return afterAll(at === undefined || at === 'invalid' ? { ms: 0, count: 0, node: '-' } : at, written)
}

/** The time that an item says, as far as it is believed; undefined: it says none. */
function writtenTime({ stamp, updatedAt }: BatchItem, { times }: Found): HybridTime | 'invalid' | undefined {
  const said = stamp ?? updatedAt
  if (times === undefined || said === undefined || said === null) return undefined
  const at = timeOf(said)
  return at === 'invalid' ? at : clamped(at, times.now, times.ahead * 1000)
}

/** Whether a row has all that a merge patch sets. */
function isDone(row: ApiRow, fields: JsonObject): boolean {
  const json: unknown = JSON.parse(JSON.stringify(row))
  return leavesOf(fields).every(({ path, value }) => {
    let there: unknown = json
    for (const name of path) there = isObject(there) ? ownMember(there, name) : undefined
    return isSameJson(there ?? null, value)
  })
}

const NO_TIME: Decision = { kind: 'refused', problem: { status: 400, detail: 'stamp: no time is said.' } }

const CONFLICTS = {
  changed: 'The row has changed since.',
  exists: 'There is a row of this id already.',
  gone: 'There is no such row.',
  'no-base': 'It is not said what the write is based on.',
}

const conflict = (reason: keyof typeof CONFLICTS): Decision => ({
  kind: 'conflict',
  problem: { status: 409, reason, detail: CONFLICTS[reason] },
})
