import { rowDigest } from '../digest.ts'
import { memberOf } from './member.ts'

/** Where a collection's rows have what the layer needs of them. */
export interface RowShape {
  readonly id: readonly string[]
  readonly version: readonly string[]
  readonly order?: { readonly path: readonly string[] }
}

/** A row as it is kept. */
export interface KeptRow {
  readonly id: string
  /** Its JSON. */
  readonly text: string
  /** As the digest has it. Absent: the row has none. */
  readonly version?: string
  /** What the list is ordered by. Absent: its id. */
  readonly order?: string | number
}

/** A row of an answer as it is kept; `'invalid'` for what has no id. */
export function rowOf(value: unknown, { id, version, order }: RowShape): KeptRow | 'invalid' {
  const named = idOf(memberOf(value, id))
  if (named === undefined) return 'invalid'
  const versioned = versionText(memberOf(value, version))
  const by = order && memberOf(value, order.path)
  return {
    id: named,
    text: JSON.stringify(value),
    ...(versioned !== undefined && { version: versioned }),
    ...(by !== undefined && { order: typeof by === 'number' ? by : String(by) }),
  }
}

/**
 * A member that an item has and its row does not; undefined: there is none, or the two are of different versions. An item
 * that is no object has 'an object' missing.
 */
export function missingIn(row: KeptRow, item: unknown, { version }: Pick<RowShape, 'version'>): string | undefined {
  const kept = JSON.parse(row.text) as object
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'an object'
  const said = versionText(memberOf(item, version))
  if (said !== undefined && said !== row.version) return undefined
  return Object.keys(item).find((name) => !Object.hasOwn(kept, name))
}

/** An id as text; undefined for what is none. */
export const idOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : Number.isFinite(value) ? String(value) : undefined

/** A version as the server's digest has it. */
export const versionText = (value: unknown): string | undefined =>
  typeof value === 'string' || value === undefined ? value : JSON.stringify(value)

/** What a row adds to the digest of its collection. A row without a version has its JSON for one. */
export const digestOfRow = ({ id, version, text }: KeptRow): number => rowDigest({ id, version: version ?? text })

/** Whether two rows are the same for those who show them. */
export const isSameRow = (one: KeptRow, other: KeptRow): boolean => one.text === other.text

/** Part of a key that sorts as ids do: whole numbers by their value, then other texts. */
export const sortableId = (id: string): string =>
  /^(?:0|[1-9]\d{0,15})$/.test(id) ? `0${id.padStart(16, '0')}` : `1${id}`

/** The order of a list by a member. Numbers come before texts, and a row without the member after all others. */
export function compareRows(isDescending: boolean): (one: KeptRow, other: KeptRow) => number {
  const sign = isDescending ? -1 : 1
  return (one, other) => sign * compared(one.order, other.order) || compared(sortableId(one.id), sortableId(other.id))
}

function compared(one: string | number | undefined, other: string | number | undefined): number {
  const [rank, otherRank] = [RANKS[typeof one] ?? 2, RANKS[typeof other] ?? 2]
  if (rank !== otherRank) return rank - otherRank
  if (one === other || one === undefined || other === undefined) return 0
  return one < other ? -1 : 1
}

const RANKS: Readonly<Record<string, number>> = { number: 0, string: 1 }
