import type { RemovalTarget } from '../../core/invalidation.ts'
import { report } from '../report.ts'
import { promisifyRequest } from './database.ts'
import { parseEntry } from './index-entry.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import { entriesOf, indexKey, isBodyKey, kindOf, rowsOfKey, storedPartitions } from './records.ts'
import { deleteRecords, resize, type Rows } from './rows.ts'
import type { Transaction, Writer } from './writer.ts'

/** Rows that are looked at in one transaction: what is being answered meanwhile waits for one slice. */
const SLICE = 200

/** Rows whose keys have a prefix. */
interface Range {
  readonly partition: string
  readonly prefix: string
}

/**
 * Deletes the bytes of what has been removed, some at a time. The removal is on disk already and keeps every worker from
 * them, so an erasure may be cut short at any point: the next worker goes on.
 */
export class Erasure {
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
      do {
        this.#isAskedAgain = false
        const removals = this.#log.memory.removals()
        if (removals.length === 0) return
        for (const range of await this.#rangesOf(removals.map(([target]) => target))) await this.#erase(range)
        // What memory holds of them goes before the marks that keep it from being served.
        this.#rows.forgetAll()
        await this.#log.forgetRemovals(removals)
      } while (this.#isAskedAgain)
    } finally {
      // In the same step as the last look: a caller that asks after it gets a run of its own.
      this.#running = undefined
    }
  }

  /** The ranges of rows that may hold something of these: those of a key or of a partition, else all. */
  async #rangesOf(targets: readonly RemovalTarget[]): Promise<readonly Range[]> {
    const ofPartition = (partition: string): Range => ({ partition, prefix: kindOf(partition, 'row') })
    const named = targets.map((target): Range | undefined => {
      const name = target.slice(target.indexOf(' ') + 1)
      if (target.startsWith('partition ')) return ofPartition(name)
      if (!target.startsWith('key ')) return undefined
      return { partition: name.split('\n', 1)[0] ?? '', prefix: rowsOfKey(name) }
    })
    if (!named.includes(undefined)) return named.filter((range) => range !== undefined)
    return (await this.#writer.read(storedPartitions)).map(ofPartition)
  }

  async #erase({ partition, prefix }: Range): Promise<void> {
    for (let from: string | undefined = prefix; from !== undefined;) {
      const start: string = from
      from = await this.#writer.write((transaction) => this.#eraseSlice(transaction, { partition, prefix }, start))
    }
  }

  /** Gives where to go on; undefined: it was the last slice. */
  async #eraseSlice(transaction: Transaction, { partition, prefix }: Range, from: string): Promise<string | undefined> {
    const { store, meta } = transaction
    const to = `${prefix}\uffff`
    // A row without a variant has the prefix of its key for a key, and is of the first slice.
    const found = (await promisifyRequest(store.getAllKeys(IDBKeyRange.bound(from, to, from !== prefix), SLICE))).map(
      String,
    )
    const [first, last] = [found[0], found.at(-1)]
    if (first === undefined || last === undefined) return undefined
    const entries = await entriesOf(store, IDBKeyRange.bound(indexKey(first), indexKey(last)))
    const known = new Map(entries.map(([key, entry]) => [key, parseEntry(entry)]))
    for (const key of found) {
      if (isBodyKey(key)) continue
      const entry = known.get(indexKey(key))
      // A row without an entry is of a fault: it cannot be told when it was asked for.
      if (entry !== undefined && this.#log.memory.removing({ ...entry, partition }) < entry.sequence) continue
      deleteRecords(store, key)
      resize(meta, entry, -1)
    }
    return found.length < SLICE ? undefined : last
  }
}
