import { parseRow, type Row } from '../../core/row.ts'
import { promisifyRequest } from './store.ts'
import type { Meta } from './ledger-record.ts'
import { entriesOf, isOurs, PLACES, rowKey, ROWS, under, USED } from './records.ts'

/** Where a row stands in the order of use. */
interface Place {
  readonly used: string
  readonly rule: string
  readonly size: number
}

/** What a row costs beside its body: its own record and the two of this order. */
const ROW_BYTES = 1000

/** Sorts by rule, and within it by when the row was used last. */
const usedKey = (rule: string, atMs: number, key: string): string =>
  `${usedBy(rule)}${String(Math.floor(atMs)).padStart(15, '0')}\n${key}`

const usedBy = (rule: string): string => `${USED}${rule}\n`

/**
 * The order in which rows were used, kept beside them in the same transactions, so that the least recently used ones of a
 * rule are found without looking at the others; and how much each rule holds (`meta.sizes`).
 */
export async function enter(store: IDBObjectStore, meta: Meta, row: Row, atMs: number): Promise<void> {
  const key = rowKey(row)
  await leave(store, meta, key)
  const place: Place = { used: usedKey(row.rule, atMs, key), rule: row.rule, size: row.size + ROW_BYTES }
  store.put(key, place.used)
  store.put(place, PLACES + key)
  resize(meta, place.rule, place.size)
}

/** A row is gone, or about to take another place. */
export async function leave(store: IDBObjectStore, meta: Meta, key: string): Promise<void> {
  const place = await storedPlace(store, key)
  if (place === undefined) return
  store.delete(place.used)
  store.delete(PLACES + key)
  resize(meta, place.rule, -place.size)
}

/** A row was used: it goes last among those of its rule. */
export async function moveUp(store: IDBObjectStore, key: string, atMs: number): Promise<void> {
  const place = await storedPlace(store, key)
  if (place === undefined) return
  const used = usedKey(place.rule, atMs, key)
  store.delete(place.used)
  store.put(key, used)
  store.put({ ...place, used }, PLACES + key)
}

/** The keys of the least recently used rows of a rule that hold so many bytes together; their places are given up. */
export async function leastUsed(store: IDBObjectStore, meta: Meta, rule: string, bytes: number): Promise<string[]> {
  const keys: string[] = []
  let freed = 0
  const request = store.openCursor(under(usedBy(rule)))
  for (let cursor = await promisifyRequest(request); cursor !== null; cursor = await promisifyRequest(request)) {
    if (freed >= bytes) break
    const key = String(cursor.value)
    const before = meta.sizes?.[rule] ?? 0
    await leave(store, meta, key)
    freed += before - (meta.sizes?.[rule] ?? 0)
    keys.push(key)
    cursor.continue()
  }
  return keys
}

/** Where the order of use does not agree with the rows; undefined where it does. */
export interface Disorder {
  /** Keys of the order that nothing belongs to, and of records that this version does not write. */
  readonly strays: readonly string[]
  /** Keys of rows that have no place. */
  readonly unplaced: readonly string[]
  /** What each rule holds by the places that are right. */
  readonly sizes: Readonly<Record<string, number>>
}

/** Compares the order of use with the rows, and what it adds up to with `sizes`. */
export async function disorder(store: IDBObjectStore, { sizes = {} }: Meta): Promise<Disorder | undefined> {
  const [all, places] = await Promise.all([promisifyRequest(store.getAllKeys()), entriesOf(store, PLACES)])
  const known = new Set(all.map(String))
  const right = places.flatMap(([placeKey, record]) => {
    const key = placeKey.slice(PLACES.length)
    return isPlace(record) && known.has(key) && known.has(record.used) ? [[key, record] as const] : []
  })
  const inOrder = new Set(right.flatMap(([key, { used }]) => [PLACES + key, used]))
  const strays = [...known].filter((key) => (isOfOrder(key) ? !inOrder.has(key) : !isOurs(key)))
  const unplaced = [...known].filter((key) => key.startsWith(ROWS) && !inOrder.has(PLACES + key))
  const held: Record<string, number> = {}
  for (const [, { rule, size }] of right) held[rule] = (held[rule] ?? 0) + size
  const isSame = Object.entries({ ...sizes, ...held }).every(([rule]) => (sizes[rule] ?? 0) === (held[rule] ?? 0))
  return strays.length + unplaced.length === 0 && isSame ? undefined : { strays, unplaced, sizes: held }
}

/** Puts the order of use right: every row has its place again, and sizes add up. */
export async function tidyOrder(
  store: IDBObjectStore,
  meta: Meta,
  { strays, unplaced, sizes }: Disorder,
): Promise<void> {
  for (const key of strays) store.delete(key)
  meta.sizes = sizes
  for (const key of unplaced) {
    const row = parseRow(await promisifyRequest<unknown>(store.get(key)))
    if (row !== undefined) await enter(store, meta, row, row.receivedAtMs)
  }
}

async function storedPlace(store: IDBObjectStore, key: string): Promise<Place | undefined> {
  const place = await promisifyRequest<unknown>(store.get(PLACES + key))
  return isPlace(place) ? place : undefined
}

function isPlace(record: unknown): record is Place {
  const place = record as Partial<Place> | null | undefined
  return typeof place?.used === 'string' && typeof place.rule === 'string' && typeof place.size === 'number'
}

const isOfOrder = (key: string): boolean => key.startsWith(USED) || key.startsWith(PLACES)

function resize(meta: Meta, rule: string, bytes: number): void {
  meta.sizes = { ...meta.sizes, [rule]: Math.max(0, (meta.sizes?.[rule] ?? 0) + bytes) }
}
