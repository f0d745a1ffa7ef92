import { memberOf, withMember } from '../collections/member.ts'
import { idOf } from '../collections/row.ts'
import { isObject, type JsonObject } from './json.ts'
import type { ListShape } from './list-shape.ts'
import { foldRow, type RowChange } from './row-change.ts'

/** A pending write as it is folded over what is read. */
export interface Folding {
  readonly place: number
  /** Of the row that it changes, as the server calls it by now. */
  readonly id: string
  /**
   * What it does to the row, or to what is read as a whole: a rule's own function. Undefined: its shape is not known, and
   * what is read stays as it is.
   */
  readonly change: RowChange | ((cached: unknown) => unknown) | undefined
}

/** What is read. */
export type Read =
  /** `isNewFirst`: new rows go to the beginning, the newest first; otherwise to the end, the newest last. */
  | { readonly kind: 'list'; readonly shape: ListShape; readonly idMember: string; readonly isNewFirst: boolean }
  | { readonly kind: 'item'; readonly id: string; readonly idMember: string }

/** What a reader gets. */
export interface Folded {
  /** Undefined: the item is not there. Where nothing is changed it is the same value as before. */
  readonly value: unknown
  /** Whether all that the writes change here is in it. Where it is not, the reader is told, and nothing is guessed. */
  readonly isComplete: boolean
  /** The writes whose function has thrown: they are left out. */
  readonly failed: readonly number[]
}

/**
 * What is read, with pending writes over it. The writes of one id are folded together, so the work is one pass over the
 * rows and one over the writes. A function of a rule costs a pass of its own where writes with and without one alternate.
 *
 * @param base the server's; undefined: nothing is stored, and an item may be there by its create alone. It is not changed.
 * @param writes those that concern what is read, in the order of their places.
 */
export function fold(base: unknown, read: Read, writes: Iterable<Folding>): Folded {
  let value = base
  let isComplete = true
  const failed: number[] = []
  let together = new Map<string, RowChange[]>()
  const flush = (): void => {
    if (together.size === 0) return
    const folded = read.kind === 'list' ? foldList(value, read, together) : foldItem(value, read, together)
    value = folded.value
    isComplete &&= folded.isComplete
    together = new Map()
  }
  for (const { id, change, place } of writes) {
    if (typeof change === 'function') flush()
    if (change === undefined || (typeof change === 'function' && value === undefined)) isComplete = false
    else if (typeof change === 'function') {
      try {
        // What it returns is what is read. Nothing returned means that nothing changes.
        value = change(value) ?? value
      } catch {
        failed.push(place)
        isComplete = false
      }
    } else {
      const changes = together.get(id)
      if (changes === undefined) together.set(id, [change])
      else changes.push(change)
    }
  }
  flush()
  return { value, isComplete, failed }
}

type Changes = ReadonlyMap<string, readonly RowChange[]>
type Part = Omit<Folded, 'failed'>

function foldList(
  value: unknown,
  { shape, idMember, isNewFirst }: Extract<Read, { kind: 'list' }>,
  byId: Changes,
): Part {
  const rows = memberOf(value, shape.rows)
  if (!Array.isArray(rows)) return { value, isComplete: false }
  const unseen = new Map(byId)
  /** The rows up to here, once one of them has changed. */
  let kept: unknown[] | undefined
  for (const [at, row] of (rows as readonly unknown[]).entries()) {
    const id = isObject(row) ? idOf(row[idMember]) : undefined
    const changes = id === undefined ? undefined : byId.get(id)
    const folded = changes === undefined ? row : foldRow(row as JsonObject, changes)
    if (id !== undefined && changes !== undefined) unseen.delete(id)
    if (folded !== row) kept ??= rows.slice(0, at)
    if (folded !== undefined) kept?.push(folded)
  }
  const made = [...unseen.values()].map((changes) => foldRow(undefined, changes))
  const added = shape.isWhole ? made.filter((row) => row !== undefined) : []
  // A change of a row that is not there says nothing: the row is gone at the server, or newer than this list.
  const isComplete = shape.isWhole && [...unseen.values()].every(isOfItself)
  if (kept === undefined && added.length === 0) return { value, isComplete }
  const all = isNewFirst ? [...added.toReversed(), ...(kept ?? rows)] : [...(kept ?? rows), ...added]
  const counted = shape.totals.reduce((counting, path) => {
    const total = memberOf(counting, path)
    return typeof total === 'number' ? withMember(counting, path, total + all.length - rows.length) : counting
  }, value)
  return { value: withMember(counted, shape.rows, all), isComplete }
}

/** Whether changes say all of a row that is not there: they make it, or take it away. */
const isOfItself = (changes: readonly RowChange[]): boolean =>
  changes[0]?.kind === 'create' || changes.at(-1)?.kind === 'delete'

function foldItem(value: unknown, { id, idMember }: Extract<Read, { kind: 'item' }>, byId: Changes): Part {
  const changes = byId.get(id)
  if (changes === undefined) return { value, isComplete: true }
  if (value === undefined) return { value: foldRow(undefined, changes), isComplete: isOfItself(changes) }
  const path = itemPath(value, id, idMember)
  const item = path && memberOf(value, path)
  if (path === undefined || !isObject(item)) {
    // What is deleted is gone, however it is written.
    const isGone = changes.at(-1)?.kind === 'delete'
    return { value: isGone ? undefined : value, isComplete: isGone }
  }
  const folded = foldRow(item, changes)
  if (folded === item) return { value, isComplete: true }
  return { value: folded && withMember(value, path, folded), isComplete: true }
}

/** Where an item's JSON has the item: at its root, or in the one member that is an object with this id. */
export function itemPath(value: unknown, id: string, idMember: string): readonly string[] | undefined {
  if (!isObject(value)) return undefined
  const isIt = (member: unknown): boolean => isObject(member) && idOf(member[idMember]) === id
  if (isIt(value)) return []
  const [name, ...others] = Object.keys(value).filter((each) => isIt(value[each]))
  return name === undefined || others.length > 0 ? undefined : [name]
}
