import { partitionOfTarget, type RemovalTarget } from '../../core/invalidation.ts'
import { NEVER } from '../../core/sequence.ts'
import { uptimeMs } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { deleteChanges } from './change-log.ts'
import { promisifyRequest } from './database.ts'
import { parseEntry } from './index-entry.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import { WALKED } from './meta.ts'
import { entriesOf, indexKey, isBodyKey, kindOf, partitionOf, REMOVALS, rowsBehind, rowsOfKey } from './records.ts'
import { deleteRecords, resize, type Rows } from './rows.ts'
import { MAX_BATCH_MS, type Transaction, type Writer } from './writer.ts'

/** Rows that are looked at in one transaction: what is being answered meanwhile waits for one slice. */
const SLICE = 200

/**
 * Deletes the bytes of what has been removed, some at a time. The removal is on disk already and keeps every worker from
 * them, so an erasure may be cut short at any point. It is one walk over the rows, in the order of their keys. How far it has
 * come is on disk as well, so the next worker goes on there.
 */
export class Erasure {
  /**
   * Erases what has been removed of collections, whose rows lie in a store of their own. Settles when no byte is left of
   * what had been removed when it was called.
   */
  eraseCollections: () => Promise<void> = () => Promise.resolve()
  readonly #writer: Writer
  readonly #log: InvalidationLog
  readonly #rows: Rows
  #running: Promise<void> | undefined
  #isAskedAgain = false

  constructor(writer: Writer, log: InvalidationLog, rows: Rows) {
    this.#writer = writer
    this.#log = log
    this.#rows = rows
  }

  /** Settles when nothing that had been removed when this was called is on disk any more. */
  async run(): Promise<void> {
    if (this.#running !== undefined) {
      this.#isAskedAgain = true
      return this.#running
    }
    return (this.#running = this.#eraseAll())
  }

  /** The same behind an answer: nothing waits for it. */
  runBehind(): void {
    this.run().catch((error: unknown) => report('what was removed is not deleted yet', error))
  }

  async #eraseAll(): Promise<void> {
    try {
      await this.#writer.load()
      let isMore: boolean
      let erasedTo = NEVER
      do {
        this.#isAskedAgain = false
        const latest = this.#log.memory.removals().at(-1)?.[1]
        if (latest === undefined) return
        if (latest > erasedTo) await this.eraseCollections()
        erasedTo = latest
        const round = await this.#writer.write(async (transaction) => {
          await this.#eraseSlice(transaction)
          return this.#log.endRemovals(transaction, latest)
        })
        isMore = round.isMore
        // What memory holds of them goes before the marks that keep it from being served.
        if (round.ended.length > 0) this.#rows.forgetAll()
        for (const [target, at] of round.ended) this.#log.memory.forgetRemoval(target, at)
      } while (isMore || this.#isAskedAgain)
    } finally {
      // In the same step as the last look: a caller that asks after it gets a run of its own.
      this.#running = undefined
    }
  }

  /** The next slice of the walk that is under way, or of a new one. */
  async #eraseSlice({ store, meta }: Transaction): Promise<void> {
    const removals = this.#log.memory.removals()
    const latest = removals.at(-1)?.[1] ?? NEVER
    const { erasing } = meta
    const isNew = erasing === undefined || (erasing.at === WALKED && latest > erasing.upTo)
    let { upTo, at } = isNew ? { upTo: latest, at: '' } : erasing
    const targets = removals.flatMap(([target, place]) => (place <= upTo ? [target] : []))
    const prefixes = prefixesOf(targets)
    const startedAtMs = uptimeMs()
    let looked = await deleteChangesOf(store, targets)
    while (looked < SLICE && at !== WALKED && uptimeMs() - startedAtMs <= MAX_BATCH_MS) {
      const prefix = prefixes === 'all' ? await rowsBehind(store, at) : prefixes.find((each) => `${each}\uffff` > at)
      const seen = prefix === undefined ? [] : await this.#eraseRange({ store, meta }, prefix, at)
      looked += seen.length + 1
      at = prefix === undefined ? WALKED : seen.length < SLICE ? `${prefix}\uffff` : (seen.at(-1) ?? WALKED)
    }
    meta.erasing = { upTo, at }
  }

  /** Deletes what is removed among the rows of a range that lie behind a key. Gives the keys that it has looked at. */
  async #eraseRange(
    { store, meta }: Pick<Transaction, 'store' | 'meta'>,
    prefix: string,
    at: string,
  ): Promise<string[]> {
    // A row without a variant has the prefix of its key for a key, and is of the first slice.
    const range = IDBKeyRange.bound(at < prefix ? prefix : at, `${prefix}\uffff`, at >= prefix)
    const found = (await promisifyRequest(store.getAllKeys(range, SLICE))).map(String)
    const [first, last] = [found[0], found.at(-1)]
    if (first === undefined || last === undefined) return found
    const entries = await entriesOf(store, IDBKeyRange.bound(indexKey(first), indexKey(last)))
    const known = new Map(entries.map(([key, entry]) => [key, parseEntry(entry)]))
    const partition = partitionOf(prefix)
    for (const key of found) {
      if (isBodyKey(key)) continue
      const entry = known.get(indexKey(key))
      // A row without an entry is of a fault: it cannot be told when it was asked for.
      if (entry !== undefined && this.#log.memory.removing(this.#log.tagged({ ...entry, partition })) < entry.sequence)
        continue
      deleteRecords(store, key)
      resize(meta, entry, -1)
    }
    return found
  }
}

/** Deletes some of what was logged of partitions before they were removed. Gives how many changes. */
async function deleteChangesOf(store: IDBObjectStore, targets: readonly RemovalTarget[]): Promise<number> {
  const deleted = targets.map(async (target) => {
    const partition = partitionOfTarget(target)
    if (partition === undefined) return 0
    const mark = await promisifyRequest<{ readonly loggedTo?: unknown } | undefined>(store.get(REMOVALS + target))
    const { loggedTo } = mark ?? {}
    return typeof loggedTo === 'number' ? deleteChanges(store, partition, loggedTo, SLICE) : 0
  })
  return (await Promise.all(deleted)).reduce((sum, count) => sum + count, 0)
}

/**
 * The prefixes of the rows that may hold something of these: those of a key or of a partition, in the order of keys; else
 * 'all'.
 */
function prefixesOf(targets: readonly RemovalTarget[]): readonly string[] | 'all' {
  const prefixes = targets.map((target) => {
    const partition = partitionOfTarget(target)
    if (partition !== undefined) return kindOf(partition, 'row')
    return target.startsWith('key ') ? rowsOfKey(target.slice('key '.length)) : undefined
  })
  return prefixes.includes(undefined) ? 'all' : prefixes.filter((each) => each !== undefined).toSorted()
}
