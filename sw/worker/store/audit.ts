import { parseRow, type Row } from '../../core/row.ts'
import type { Sequence } from '../../core/sequence.ts'
import { type EpochMs, epochMs } from '../../core/units.ts'
import { now, uptimeMs } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { promisifyRequest } from './database.ts'
import { type IndexEntry, parseEntry } from './index-entry.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import { entriesOf, indexKey, isBodyKey, rowKey, rowsBehind } from './records.ts'
import { deleteRecords, resize, type Rows } from './rows.ts'
import { MAX_BATCH_MS, type Transaction, type Writer } from './writer.ts'

/** Rows that one round looks at: reads wait for it. Rounds go on where the last one ended, in the next worker as well. */
const SLICE = 100

/** A row that the origin was last heard of within a day is not looked at more closely. */
const YOUNG_MS = 86_400_000

interface Ports {
  readonly writer: Writer
  readonly rows: Rows
  readonly log: InvalidationLog
}

/**
 * One round of looking at what is stored, for idle time. What no longer matters goes: rows whose windows have all ended and
 * invalidations older than every row. A row without an entry in the index, an entry without a row and a row
 * that cannot be read are removed, and that is reported. Records of a kind that this version does not know stay.
 *
 * @param isExpired whether a row is of no more use at a time.
 * @param isFirst this round is the first of a housekeeping. Default: it is.
 * @param elsewhere what is kept beside the rows of this store is no older. Default: nothing is.
 * @returns whether there is more to look at.
 */
export async function audit(
  ports: Ports,
  isExpired: (row: Row, atMs: EpochMs) => boolean,
  isFirst = true,
  elsewhere?: Sequence,
): Promise<boolean> {
  const { writer, rows, log } = ports
  const round = await writer.write(async (transaction) => {
    const looked = await auditSlice(transaction, isExpired, isFirst)
    // In the same transaction: another worker's pass may begin right after it.
    return { ...looked, tidied: log.tidy(transaction, looked.isLast, elsewhere) }
  })
  rows.forget(round.gone)
  log.memory.forget(round.tidied)
  if (round.damaged > 0) report('audit', `${round.damaged} rows or entries that did not belong together, removed`)
  return !round.isLast
}

interface Round {
  /** Keys of rows that were removed. */
  readonly gone: readonly string[]
  readonly damaged: number
  /** All rows have been looked at. */
  readonly isLast: boolean
}

async function auditSlice(
  { store, meta, next }: Transaction,
  isExpired: (row: Row, atMs: EpochMs) => boolean,
  isFirst: boolean,
): Promise<Round> {
  // A clock that is ahead by mistake costs nothing: the time is believed when the housekeeping before has seen it pass, too.
  if (isFirst) {
    meta.believedAtMs = epochMs(Math.min(now(), meta.clockAtMs ?? 0))
    meta.clockAtMs = now()
  }
  const heardAtMs = epochMs(Math.min(now(), meta.believedAtMs ?? 0))
  // Rows that are stored behind the audit's back, those of a new partition among them, lower it as well: see `Rows.commit`.
  let oldest = meta.oldestSeen ?? next()
  const gone: string[] = []
  let damaged = 0
  const remove = (key: string, entry: IndexEntry | undefined): void => {
    deleteRecords(store, key)
    resize(meta, entry, -1)
    if (entry !== undefined) gone.push(entry.key)
  }
  let isLast = false
  const startedAtMs = uptimeMs()
  for (let looked = 0; looked < SLICE && uptimeMs() - startedAtMs <= MAX_BATCH_MS;) {
    const from = meta.auditedTo ?? ''
    const prefix = await rowsBehind(store, from)
    if (prefix === undefined) {
      isLast = true
      break
    }
    const start = from > prefix ? from : prefix
    const keys = await keysOf(store, start, `${prefix}\uffff`)
    const upTo = keys.length < SLICE ? `${prefix}\uffff` : (keys.at(-1) ?? start)
    const entryRange = IDBKeyRange.bound(indexKey(start), indexKey(upTo), start === from)
    const known = new Map((await entriesOf(store, entryRange)).map(([key, entry]) => [key, parseEntry(entry)]))
    const isOldAt = (key: string): boolean =>
      heardAtMs - (known.get(indexKey(key))?.receivedAtMs ?? Infinity) > YOUNG_MS
    const old = keys.filter((key) => !isBodyKey(key) && isOldAt(key))
    const records = await Promise.all(old.map((key) => promisifyRequest<unknown>(store.get(key))))
    const rowAt = new Map(old.map((key, at) => [key, parseRow(records[at])]))
    for (const key of keys) {
      if (isBodyKey(key)) continue
      const entry = known.get(indexKey(key))
      known.delete(indexKey(key))
      const [isOld, row] = [rowAt.has(key), rowAt.get(key)]
      const isDamaged = entry === undefined || (isOld && (row === undefined || rowKey(row) !== key))
      if (isDamaged) damaged++
      if (isDamaged || (row !== undefined && isExpired(row, heardAtMs))) remove(key, entry)
      else if (entry.sequence < oldest) oldest = entry.sequence
    }
    for (const [key, entry] of known) {
      damaged++
      store.delete(key)
      resize(meta, entry, -1)
    }
    looked += keys.length + 1
    meta.auditedTo = upTo
  }
  meta.oldestSeen = oldest
  return { gone, damaged, isLast }
}

const keysOf = async (store: IDBObjectStore, from: string, to: string): Promise<string[]> =>
  (await promisifyRequest(store.getAllKeys(IDBKeyRange.bound(from, to, true), SLICE))).map(String)
