import { LRU_INDEX } from '../../../config/names.ts'
import { type Budget, excess, fits } from '../../core/budget.ts'
import type { Row } from '../../core/row.ts'
import { bytes, type EpochMs } from '../../core/units.ts'
import { promisifyRequest } from './database.ts'
import { type IndexEntry, parseEntry } from './index-entry.ts'
import type { Meta } from './meta.ts'
import { entriesOf, indexKey, rowKey, rowKeyOf } from './records.ts'
import { deleteRecords, resize, type Rows } from './rows.ts'
import type { Transaction, Transactions, Writer } from './writer.ts'

/** Entries that are read or written in one transaction. */
const SLICE = 200

/** Of what is stored so much goes when the disk is full, however little was to be stored. */
const GOES_WHEN_FULL = 0.1

/** Keeps what is stored within its budget and within what the disk has: the least recently used rows go first. */
export class Eviction {
  readonly #writer: Writer
  readonly #rows: Rows
  #budget: Budget
  /** What was left when room was made on the disk. */
  #left = 0
  /** When rows were used that their entries do not know of yet. */
  readonly #used = new Map<string, EpochMs>()

  constructor(writer: Writer, rows: Rows, budget: Budget) {
    this.#writer = writer
    this.#rows = rows
    this.#budget = budget
    writer.onFull = (write, bytes) => this.#makeRoomOnDisk(write, bytes)
  }

  /** Whether an answer of a rule may be stored at all. */
  fits(rule: string, size: number): boolean {
    return fits(rule, size, this.#budget)
  }

  /** A row has answered a read: it stays when others have to go. Written down at idle. */
  use(row: Row, atMs: EpochMs): void {
    this.#used.set(rowKey(row), atMs)
  }

  async save(): Promise<void> {
    while (this.#used.size > 0) {
      const slice = [...this.#used].slice(0, SLICE)
      await this.#writer.write(async ({ store }) => {
        const entries = await Promise.all(slice.map(([key]) => promisifyRequest<unknown>(store.get(indexKey(key)))))
        slice.forEach(([key, usedAtMs], at) => {
          const entry = parseEntry(entries[at])
          if (entry !== undefined) store.put({ ...entry, usedAtMs } satisfies IndexEntry, indexKey(key))
        })
      })
      for (const [key, atMs] of slice) if (this.#used.get(key) === atMs) this.#used.delete(key)
    }
  }

  /** Makes room where more is stored than the budget allows, looking at nothing but what goes. */
  async makeRoom(): Promise<void> {
    if (excess(this.#writer.sizes, this.#budget).size === 0) return
    await this.save()
    await this.#evict((work) => this.#writer.write(work))
  }

  /**
   * The disk is full before the budget is: from now on this worker stores less than it has now. Nothing goes for what
   * would not fit even so.
   */
  async #makeRoomOnDisk(write: Transactions['write'], needed: number): Promise<void> {
    // A worker that has not written yet does not know the sizes.
    const sizes = await write(({ meta }) => meta.sizes)
    const stored = total(sizes)
    // Where nothing could be stored since, making room has not helped: others fill the disk.
    if (needed > stored || stored <= this.#left) return
    const all = bytes(stored - Math.max(needed, stored * GOES_WHEN_FULL))
    this.#budget = { ...this.#budget, all: bytes(Math.min(this.#budget.all, all)) }
    await this.#evict(write)
    this.#left = await write(({ meta }) => total(meta.sizes))
  }

  async #evict(write: Transactions['write']): Promise<void> {
    for (let isMore = true; isMore;) {
      const { keys, isDone } = await write(async (transaction) => {
        const [first] = excess(transaction.meta.sizes, this.#budget)
        if (first === undefined) return { keys: [], isDone: true }
        const keys = await evictLeastUsed(transaction, ...first)
        // Sizes that do not agree with the rows would have it look for ever.
        return { keys, isDone: keys.length === 0 }
      })
      this.#rows.forget(keys)
      isMore = !isDone
    }
  }
}

/** Bytes of all rules together. */
const total = (sizes: Meta['sizes']): number => Object.values(sizes).reduce((sum, size) => sum + size, 0)

/** Deletes the least recently used rows of a rule that hold so many bytes together, some at a time. Gives their keys. */
async function evictLeastUsed({ store, meta }: Transaction, rule: string, size: number): Promise<string[]> {
  const range = IDBKeyRange.bound([rule], [rule, []])
  const entries = await entriesOf(store.index(LRU_INDEX), range, SLICE)
  const gone: string[] = []
  let freed = 0
  for (const [key, record] of entries) {
    if (freed >= size) break
    const entry = parseEntry(record)
    deleteRecords(store, rowKeyOf(key))
    resize(meta, entry, -1)
    freed += entry?.size ?? 0
    if (entry !== undefined) gone.push(entry.key)
  }
  // Nothing is left of the rule, whatever its size is said to be.
  if (entries.length === 0) meta.sizes = { ...meta.sizes, [rule]: 0 }
  return gone
}
