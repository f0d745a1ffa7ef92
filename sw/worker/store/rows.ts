import { refusal, type Refusal } from '../../core/admission.ts'
import type { Change, LoggedChange } from '../../core/change.ts'
import { urlPrefix } from '../../core/key.ts'
import type { Row } from '../../core/row.ts'
import { incarnationOf, type Sequence } from '../../core/sequence.ts'
import { log } from './change-log.ts'
import { promisifyRequest } from './database.ts'
import { entryOf, type IndexEntry, parseEntry } from './index-entry.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import type { Meta } from './meta.ts'
import { recordsOf, rowsIn } from './bodies.ts'
import { bodyKey, entriesOf, indexKey, kindOf, rowKey, rowsOfKey, storedPartitions, under } from './records.ts'
import { RowCache } from './row-cache.ts'
import type { Transaction, Writer } from './writer.ts'

/** The stored responses: on disk, and those used lately in memory. */
export class Rows {
  readonly #writer: Writer
  readonly #log: InvalidationLog
  readonly #cache = new RowCache()

  constructor(writer: Writer, log: InvalidationLog) {
    this.#writer = writer
    this.#log = log
    let isFirst = true
    writer.addReader({
      // What another worker has written is not in memory. At the start memory is empty, and the read that waits for the
      // state is not made again.
      learn: () => (isFirst ? (isFirst = false) : this.#cache.clear()),
      reread: () => this.#cache.clear(),
    })
  }

  /** The variants stored under a key, if memory knows; undefined when the store has to be asked. */
  remembered(key: string): readonly Row[] | undefined {
    return this.#present(this.#cache.get(key))
  }

  /** The variants stored under a key. */
  async find(key: string): Promise<readonly Row[]> {
    for (;;) {
      const rows = await this.#cache.load(key, async () => {
        const [records, meta] = await Promise.all([
          this.#writer.read((store) => promisifyRequest<unknown[]>(store.getAll(under(rowsOfKey(key))))),
          this.#writer.load(),
        ])
        return this.#writer.isOfThisVersion(meta) ? rowsIn(records) : []
      })
      if (rows !== undefined) return this.#present(rows) ?? []
    }
  }

  #present(rows: readonly Row[] | undefined): readonly Row[] | undefined {
    return rows?.some((row) => this.#log.isRemoved(row)) === true
      ? rows.filter((row) => !this.#log.isRemoved(row))
      : rows
  }

  /** Every row stored for a URL in one of the partitions. */
  async rowsOf(url: string, partitions: readonly string[]): Promise<Row[]> {
    const [found, meta] = await Promise.all([
      this.#writer.read((store) =>
        Promise.all(partitions.map((of) => promisifyRequest<unknown[]>(store.getAll(under(urlPrefix(of, url)))))),
      ),
      this.#writer.load(),
    ])
    return this.#writer.isOfThisVersion(meta) ? [...(this.#present(found.flatMap(rowsIn)) ?? [])] : []
  }

  /**
   * Makes a row the stored one, together with its entry in the change log; or says why not. A body that lies beside it is
   * written where it is new or moves, and else has to be there.
   *
   * @param moved the variant under which the row lay before. Default: it has not moved.
   */
  async commit(
    row: Row,
    change: Change | undefined,
    moved: string = row.variant,
  ): Promise<{ readonly logged: LoggedChange | undefined } | Refusal> {
    const key = rowKey(row)
    const from = rowKey({ ...row, variant: moved })
    const outcome = await this.#writer
      .writeBehind(
        async (transaction) => {
          const { store, meta } = transaction
          const existing = await entryAt(transaction, key)
          const removed = this.#log.memory.removing(row)
          const refused = refusal(row, existing?.sequence, removed > meta.floor ? removed : meta.floor)
          // Two workers live: which of the two responses was asked for later cannot be told, so the next read validates.
          if (
            refused === 'overtaken' &&
            existing !== undefined &&
            incarnationOf(existing.sequence) !== incarnationOf(row.sequence)
          ) {
            this.#log.putInvalidation(transaction, `url ${row.url}`, transaction.next())
          }
          // A worker of another `version` has replaced this one: the rows are that worker's.
          if (!this.#writer.isOfThisVersion(meta)) return 'removed'
          if (refused !== undefined) return refused
          const entry = entryOf(row)
          const records = recordsOf(row)
          const isNew = row.bodyAt === row.sequence || moved !== row.variant
          // The answer to a question about a body that has been replaced meanwhile.
          if (records.body !== undefined && !isNew && existing?.bodyAt !== row.bodyAt) return 'overtaken'
          store.put(records.row, key)
          if (records.body === undefined) store.delete(bodyKey(key))
          else if (isNew) store.put(records.body, bodyKey(key))
          store.put(entry, indexKey(key))
          resize(meta, existing, -1)
          resize(meta, entry, 1)
          if (meta.oldestSeen !== undefined && row.sequence < meta.oldestSeen) meta.oldestSeen = row.sequence
          if (moved !== row.variant) await deleteRow(transaction, from, row.sequence)
          return { logged: log(transaction, change) }
        },
        row.size,
        [indexKey(key), indexKey(from)],
      )
      .catch((error: unknown) => {
        // It may be on disk all the same.
        this.#cache.delete([row.key])
        throw error
      })
    // A row with a Blob is read again before its next use: then its bytes lie on disk alone.
    if (typeof outcome === 'string' || !(row.body instanceof ArrayBuffer) || moved !== row.variant) {
      this.#cache.delete([row.key])
    } else this.#cache.replace(row)
    return outcome
  }

  /**
   * The origin says that what is stored under a key is gone. What was asked for later stays (I2), and what was asked for
   * earlier does not come back.
   *
   * @returns the entry in the change log; undefined where nothing was there.
   */
  async drop(
    { key, variant }: Pick<Row, 'key' | 'variant'>,
    at: Sequence,
    change: Change,
  ): Promise<LoggedChange | undefined> {
    // A slow disk may have the row for long. The removal in memory keeps it from later reads.
    this.#cache.delete([key])
    this.#log.memory.addRemoval(`key ${key}`, at)
    const row = rowKey({ key, variant })
    const logged = await this.#writer.write(
      async (transaction) => {
        // Where another worker has written since, its row may be of before: it goes as well.
        const place = this.#writer.confirm(at, transaction)
        this.#log.putRemovals(transaction, [`key ${key}`], place)
        const isGone = await deleteRow(transaction, row, place)
        return isGone ? log(transaction, change) : undefined
      },
      0,
      [indexKey(row)],
    )
    this.#cache.delete([key])
    return logged
  }

  /** What memory holds of these keys may be out of date. */
  forget(keys: Iterable<string>): void {
    this.#cache.delete(keys)
  }

  /** What memory holds may be out of date. */
  forgetAll(): void {
    this.#cache.clear()
  }
}

/** How many rows of all that are stored. Entries alone are read, some at a time. */
export async function countEntries(
  writer: Writer,
  isMeant: (entry: IndexEntry & { readonly partition: string }) => boolean,
): Promise<number> {
  let count = 0
  const countIn = async (partition: string): Promise<void> => {
    let range: IDBKeyRange | undefined = under(kindOf(partition, 'index'))
    while (range !== undefined) {
      const within: IDBKeyRange = range
      const entries = await writer.read((store) => entriesOf(store, within, COUNT_SLICE))
      for (const [, record] of entries) {
        const entry = parseEntry(record)
        if (entry !== undefined && isMeant({ ...entry, partition })) count++
      }
      range = entries.length < COUNT_SLICE ? undefined : IDBKeyRange.bound(entries.at(-1)?.[0], within.upper, true)
    }
  }
  await writer.load()
  const partitions = await writer.read(storedPartitions)
  while (partitions.length > 0) await Promise.all(partitions.splice(0, COUNTED_AT_ONCE).map(countIn))
  return count
}

/** Partitions. */
const COUNTED_AT_ONCE = 20

const COUNT_SLICE = 2000

/** Deletes a row and its entry unless it was asked for later. Gives whether there was one. */
async function deleteRow(transaction: Transaction, key: string, at: Sequence): Promise<boolean> {
  const { store, meta } = transaction
  const entry = await entryAt(transaction, key)
  if (entry !== undefined && entry.sequence > at) return false
  deleteRecords(store, key)
  resize(meta, entry, -1)
  return entry !== undefined
}

/** Deletes a row by its key, with its body and its entry. */
export function deleteRecords(store: IDBObjectStore, key: string): void {
  for (const each of [key, bodyKey(key), indexKey(key)]) store.delete(each)
}

const entryAt = async ({ get }: Transaction, key: string): Promise<IndexEntry | undefined> =>
  parseEntry(await get(indexKey(key)))

/** A row has come (1) or gone (-1). */
export function resize(meta: Meta, entry: IndexEntry | undefined, sign: 1 | -1): void {
  if (entry === undefined) return
  const { rule, size } = entry
  meta.sizes = { ...meta.sizes, [rule]: Math.max(0, (meta.sizes[rule] ?? 0) + sign * size) }
}
