import { compareTimes, type HybridTime, parseTime, ticked } from '../../sw/core/outbox/hybrid-clock.ts'
import type { JsonObject } from '../../sw/core/outbox/json.ts'
import { epochMs } from '../../sw/core/units.ts'
import { isRelated, type Leaf, leavesOf, patchOf, pointerOf } from './patch-leaves.ts'

/** When the fields of a row were written last. */
export interface WrittenAt {
  /** All of them had been written by then. */
  readonly floor: HybridTime
  /** Those that were written later, by their JSON pointers. */
  readonly fields: ReadonlyMap<string, HybridTime>
}

/** What of a patch holds. */
export interface Won {
  /** The part of it that is the last write of its fields; undefined: none is. */
  readonly patch: JsonObject | undefined
  /** The JSON pointers of the others: what is there now was written later. */
  readonly lost: readonly string[]
  readonly writtenAt: WrittenAt
}

/** Takes part in the order of equal times, and comes before each name of a device. */
const NO_NODE = '-'

/** The time that a client or a row names, such as can be written and read again; `'invalid'`: it is none. */
export function timeOf(value: unknown): HybridTime | 'invalid' {
  const time = parseTime(value instanceof Date ? value.getTime() : value)
  return time === 'invalid' ? time : { ms: Math.floor(time.ms), count: time.count, node: time.node || NO_NODE }
}

/** A row that was written as a whole. */
export const writtenWhole = (at: HybridTime): WrittenAt => ({ floor: at, fields: new Map() })

/** When any field was written last. */
export function latestOf({ floor, fields }: WrittenAt): HybridTime {
  let latest = floor
  for (const at of fields.values()) if (compareTimes(at, latest) > 0) latest = at
  return latest
}

/** The time of a write to a row that its user has seen as it is: later than all that is there, whatever the clocks say. */
export function afterAll(at: HybridTime, written: WrittenAt): HybridTime {
  const latest = latestOf(written)
  return compareTimes(at, latest) > 0 ? at : ticked({ ...latest, node: at.node }, epochMs(latest.ms))
}

/**
 * What of a JSON merge patch holds, if of each field the last write does. Of two writes with the same time and of the same node the one
 * that comes later is the later one.
 */
export function fieldsWon(patch: JsonObject, at: HybridTime, { floor, fields }: WrittenAt): Won {
  const won: Leaf[] = []
  const lost: string[] = []
  const after = new Map(fields)
  for (const leaf of leavesOf(patch)) {
    const pointer = pointerOf(leaf)
    const related = [...fields].filter(([other]) => isRelated(pointer, other))
    const isLast = compareTimes(at, floor) >= 0 && related.every(([, other]) => compareTimes(at, other) >= 0)
    if (!isLast) {
      lost.push(pointer)
      continue
    }
    won.push(leaf)
    // What is within it has been set with it.
    for (const [other] of related) if (other.startsWith(`${pointer}/`)) after.delete(other)
    after.set(pointer, at)
  }
  return { patch: won.length === 0 ? undefined : patchOf(won), lost, writtenAt: { floor, fields: after } }
}
