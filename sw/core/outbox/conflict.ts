import { compareTimes, type HybridTime } from './hybrid-clock.ts'
import { isObject, isSameJson, type JsonObject, ownMember } from './json.ts'
import { foldRow, type RowChange } from './row-change.ts'

/** What the rule says of a write whose row has changed at the origin. */
export type ConflictPolicy =
  /** The later one, by hybrid logical clocks; of a JSON merge patch each field by itself. */
  | 'last-write-wins'
  | 'server-wins'
  | 'client-wins'
  /** The user decides. */
  | 'ask'
  /**
   * Merges. It gets the row as the user saw it, as the user wants it (undefined: deleted) and as the origin has it
   * (undefined: it is gone), and returns the row as it is to be, or `'ask'`.
   */
  | ((base: unknown, mine: unknown, theirs: unknown) => unknown)

/** A write that the origin has refused with 409 or 412. */
export interface Conflict {
  readonly change: RowChange
  /** As PATCH: the members that differ are sent, and not the whole row. */
  readonly isPartial: boolean
  /** The row when the user wrote; undefined: it is not known. */
  readonly base: JsonObject | undefined
  /** The row at the origin; undefined: it is gone. */
  readonly theirs: JsonObject | undefined
  /** When the user wrote, and when the origin's row was written; undefined: the row does not say it. */
  readonly mineAt: HybridTime
  readonly theirsAt: HybridTime | undefined
}

/** What becomes of it. */
export type Resolution =
  /** The origin has the write already: an earlier attempt was performed, or another device has done the same. */
  | { readonly kind: 'acknowledge' }
  /** The origin's row stands, and the write is dropped. The page is told. */
  | { readonly kind: 'yield' }
  /** This is sent on top of the origin's row. */
  | { readonly kind: 'send'; readonly change: RowChange }
  /** The lane waits, and the page gets both versions. */
  | { readonly kind: 'ask' }

const ACKNOWLEDGE: Resolution = { kind: 'acknowledge' }
const YIELD: Resolution = { kind: 'yield' }
const ASK: Resolution = { kind: 'ask' }

/** What becomes of a write that the origin has refused because its row is another by now. Never throws. */
export function resolved(policy: ConflictPolicy, conflict: Conflict): Resolution {
  const { change } = conflict
  if (isDone(conflict)) return ACKNOWLEDGE
  // There is nothing on top of which a create could be sent once more.
  if (change.kind === 'create') return policy === 'server-wins' ? YIELD : ASK
  if (typeof policy === 'function') return merged(policy, conflict)
  switch (policy) {
    case 'server-wins':
      return YIELD
    case 'client-wins':
      return { kind: 'send', change }
    case 'last-write-wins':
      return latest(conflict)
    case 'ask':
      return ASK
  }
}

/** Whether the origin's row is what the write makes of it. Then no policy has to decide. */
function isDone({ change, theirs }: Conflict): boolean {
  if (theirs === undefined || change.kind === 'delete') return theirs === undefined && change.kind === 'delete'
  const same: RowChange = change.kind === 'create' ? { kind: 'assign', members: change.row } : change
  return foldRow(theirs, [same]) === theirs
}

/** The later of the two. What was deleted there does not come back by itself, and what has no time cannot be compared. */
function latest({ change, base, theirs, mineAt, theirsAt }: Conflict): Resolution {
  if (theirs === undefined) return ASK
  const isMineLater = theirsAt && compareTimes(mineAt, theirsAt) > 0
  if (change.kind === 'merge') return latestFields(change.patch, base, theirs, isMineLater)
  if (isMineLater === undefined) return ASK
  return isMineLater ? { kind: 'send', change } : YIELD
}

function latestFields(
  patch: JsonObject,
  base: JsonObject | undefined,
  theirs: JsonObject,
  isMineLater: boolean | undefined,
): Resolution {
  const won = wonFields(patch, base, theirs, isMineLater)
  if (won === 'unknown') return ASK
  return won === undefined ? YIELD : { kind: 'send', change: { kind: 'merge', patch: won } }
}

/**
 * The part of a merge patch that holds: what they have left as it was, and what both have changed if this is the later
 * write. Undefined: nothing of it does.
 */
function wonFields(
  patch: JsonObject,
  base: unknown,
  theirs: unknown,
  isMineLater: boolean | undefined,
): JsonObject | undefined | 'unknown' {
  const won: [string, unknown][] = []
  for (const [name, mine] of Object.entries(patch)) {
    const before = isObject(base) ? ownMember(base, name) : undefined
    const there = isObject(theirs) ? ownMember(theirs, name) : undefined
    if (isSameJson(mine ?? undefined, there)) continue
    if (isObject(mine) && isObject(there)) {
      const inner = wonFields(mine, before, there, isMineLater)
      if (inner === 'unknown') return inner
      if (inner !== undefined) won.push([name, inner])
    } else if (base !== undefined && isSameJson(before, there)) won.push([name, mine])
    else if (isMineLater === undefined) return 'unknown'
    else if (isMineLater) won.push([name, mine])
  }
  return won.length === 0 ? undefined : Object.fromEntries(won)
}

function merged(merge: Extract<ConflictPolicy, (...given: never[]) => unknown>, conflict: Conflict): Resolution {
  const { change, base, theirs, isPartial } = conflict
  const before = base ?? theirs
  let row: unknown
  try {
    row = merge(base, foldRow(before, [change]), theirs)
  } catch {
    return ASK
  }
  // A promise has no members yet.
  if (row instanceof Promise) return ASK
  if (theirs !== undefined && isSameJson(row, theirs)) return YIELD
  // A deletion can be made or dropped, and nothing else can be sent in its place. Nor can anything to a row that is gone.
  if (change.kind === 'delete') return row === undefined || row === null ? { kind: 'send', change } : ASK
  if (!isObject(row) || theirs === undefined) return ASK
  if (change.kind === 'merge') return { kind: 'send', change: { kind: 'merge', patch: patchBetween(theirs, row) } }
  const members = isPartial ? differing(theirs, row) : row
  return members === undefined ? ASK : { kind: 'send', change: { kind: 'assign', members } }
}

/** The merge patch that makes one object of another. */
function patchBetween(from: JsonObject, to: JsonObject): JsonObject {
  const gone = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
  const changed = Object.entries(to).flatMap(([name, value]): [string, unknown][] => {
    const before = ownMember(from, name)
    if (Object.hasOwn(from, name) && isSameJson(before, value)) return []
    return [[name, isObject(before) && isObject(value) ? patchBetween(before, value) : value]]
  })
  return Object.fromEntries([...gone.map((name): [string, unknown] => [name, null]), ...changed])
}

/** The members of an object that another one has otherwise; undefined: it lacks some, which plain JSON cannot say. */
function differing(from: JsonObject, to: JsonObject): JsonObject | undefined {
  if (Object.keys(from).some((name) => !Object.hasOwn(to, name))) return undefined
  return Object.fromEntries(
    Object.entries(to).filter(([name, value]) => !Object.hasOwn(from, name) || !isSameJson(from[name], value)),
  )
}
