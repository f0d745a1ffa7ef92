import type { Row } from '../core/row.ts'
import { promisifyRequest } from './store.ts'
import type { Meta } from './ledger-record.ts'
import { PLACES, rowKey, under, USED } from './records.ts'

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
  const place = await promisifyRequest<Place | undefined>(store.get(PLACES + key))
  if (place === undefined) return
  store.delete(place.used)
  store.delete(PLACES + key)
  resize(meta, place.rule, -place.size)
}

/** A row was used: it goes last among those of its rule. */
export async function moveUp(store: IDBObjectStore, key: string, atMs: number): Promise<void> {
  const place = await promisifyRequest<Place | undefined>(store.get(PLACES + key))
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

function resize(meta: Meta, rule: string, bytes: number): void {
  meta.sizes = { ...meta.sizes, [rule]: Math.max(0, (meta.sizes?.[rule] ?? 0) + bytes) }
}
