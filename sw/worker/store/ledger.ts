import { refusal, type Refusal } from '../../core/admission.ts'
import type { Change, LoggedChange } from '../../core/change.ts'
import { epochOf } from '../../core/epoch.ts'
import type { Target } from '../../core/invalidation.ts'
import { partitionOfKey, partitionPrefix, urlPrefix } from '../../core/key.ts'
import { parseRow, parseRows, type Row } from '../../core/row.ts'
import { sequence, type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import { forgetChanges, log } from './changes.ts'
import { timeout } from '../clock.ts'
import { dirtyFlag } from './dirty-flag.ts'
import { empty, type Meta, newMeta, parseMeta, type Transaction, type Transactions } from './ledger-record.ts'
import { INTENTS, MARKS, META, recordsUnder, rowKey, rowsOfKey, ROWS, under } from './records.ts'
import { PendingWrites, storedInvalidations } from './pending-writes.ts'
import { RowCache } from './row-cache.ts'
import { SearchPolicies } from './search-policies.ts'
import { promisifyRequest, type UseStore } from './store.ts'
import { enter, leave } from './lru.ts'

/** What a worker holds of the store until another takes over, or everything is forgotten. */
type Lease = Readonly<Meta>

/** A place in the order of things, taken when a request begins. */
export interface SequenceTicket {
  readonly lease: Promise<Lease>
  readonly counter: number
  readonly partition: string
}

interface Committed {
  readonly logged: LoggedChange | undefined
  readonly replaced: Row | undefined
}

/** A write that has been announced. */
export interface Intent {
  readonly id: string
  /** Whether the announcement is on disk; never rejects. */
  readonly durable: Promise<boolean>
}

/** How long the page's answer to a write waits for its place in the order of things. */
const PLACE_LIMIT_MS = 500

/**
 * What is stored and what has been invalidated. Rows, invalidation records and change log are in one database, so that
 * what belongs together is written in one transaction; rows and marks are kept in memory while the worker lives.
 *
 * Memory is trusted as long as the incarnation in the store is our own. A transaction that meets another knows that a
 * second worker writes (during an update two are alive): it forgets its rows, reads the marks again and takes a new
 * incarnation, so that whatever it does from then on comes after what the other did.
 */
export class Ledger implements Transactions {
  readonly #open = new PendingWrites()
  readonly invalidations = this.#open.invalidations
  readonly searchPolicies = new SearchPolicies(this)
  readonly #store: UseStore
  readonly #version: string
  readonly #rowCache = new RowCache()
  #loaded: Promise<Readonly<Meta> | undefined> | undefined
  #suspicion: Promise<boolean> | undefined
  /** What the first answer depends on is in memory. */
  isLoaded = false
  #lease: Promise<Lease> | undefined
  #counter = 0
  /** The first incarnation of this worker: what it has in the air is no older. */
  first = 0
  /** The highest incarnation ever ours: should the database vanish, sequences still only grow. */
  #highest = 0
  /** Bytes stored under each rule, when the ledger was last written. */
  sizes: Readonly<Record<string, number>> = {}
  /** How often each partition's identity has ended while this worker lives. */
  readonly #ended = new Map<string, number>()
  /** Partitions whose rows are on their way out of the store, or could not be removed: they are not looked at. */
  readonly #ending = new Set<string>()

  constructor(store: UseStore, version: string) {
    this.#store = store
    this.#version = version
  }

  /** Takes the next place. At a worker's first one the store learns of this worker, beside whatever is being read. */
  ticket(partition: string): SequenceTicket {
    return { lease: this.begin(), counter: ++this.#counter, partition }
  }

  /** What a row owes to the request that a ticket was taken for. */
  async placeOf({ lease, counter, partition }: SequenceTicket): Promise<Pick<Row, 'sequence' | 'epoch'>> {
    const meta = await lease
    return { sequence: sequence(meta.incarnation, counter), epoch: epochOf(meta, partition) }
  }

  /** Moves when the identity of a partition ends: what was asked before is not shown after (I3). */
  generation(partition: string): number {
    return this.#ended.get(partition) ?? 0
  }

  /** What was asked for the partition so far is not shown any more; what is stored stays. */
  advanceGeneration(partition: string): void {
    this.#ended.set(partition, this.generation(partition) + 1)
  }

  /**
   * The identity of a partition ends: at once in memory, and on disk when this settles. Its rows and its part of the
   * change log go, and nothing that was asked for before is stored after. Returns the rows for their bodies' sake.
   */
  async endPartition(partition: string, change: Change): Promise<{ rows: Row[]; logged: LoggedChange | undefined }> {
    this.advanceGeneration(partition)
    this.#ending.add(partition)
    this.forget()
    const ended = await this.write(async ({ store, meta }) => {
      const range = under(ROWS + partitionPrefix(partition))
      const rows = parseRows(await promisifyRequest<unknown[]>(store.getAll(range)))
      store.delete(range)
      for (const row of rows) await leave(store, meta, rowKey(row))
      await forgetChanges(store, (change) => change.partition === partition)
      meta.ends = { ...meta.ends, [partition]: (meta.ends?.[partition] ?? 0) + 1 }
      this.#hold(meta)
      return { rows, logged: log(store, meta, change) }
    })
    this.#ending.delete(partition)
    this.forget()
    return ended
  }

  /** Whether an invalidation newer than the row covers it, or a write that does is under way. */
  isInvalidated(row: Row): boolean {
    return this.invalidations.covering(row) > row.sequence
  }

  /** The variants stored under a key, if memory knows; undefined when the store has to be asked. */
  remembered(key: string): readonly Row[] | undefined {
    return this.#rowCache.get(key)
  }

  /** The variants stored under a key. */
  async find(key: string): Promise<readonly Row[]> {
    for (;;) {
      const generation = this.#rowCache.generation
      const [records, meta] = await Promise.all([
        this.#store('readonly', (store) => promisifyRequest<unknown[]>(store.getAll(under(rowsOfKey(key))))),
        this.load(),
      ])
      // Something was stored meanwhile, perhaps this.
      if (generation !== this.#rowCache.generation) continue
      // Rows of another version are dropped on purpose, which `begin` does.
      const isGone = meta?.version !== this.#version || this.#ending.has(partitionOfKey(key))
      const rows = isGone ? [] : parseRows(records)
      this.#rowCache.set(key, rows)
      return rows
    }
  }

  /** Every row stored for a URL in one of the partitions. */
  async rowsOf(url: string, partitions: readonly string[]): Promise<Row[]> {
    await this.load()
    const found = await this.#store('readonly', (store) =>
      Promise.all(partitions.map((of) => promisifyRequest<unknown[]>(store.getAll(under(ROWS + urlPrefix(of, url)))))),
    )
    return parseRows(found.flat())
  }

  /** Shows every row. For what somebody asks by hand. */
  async each(visit: (row: Row) => void): Promise<void> {
    await this.load()
    for await (const [, record] of recordsUnder(this, ROWS)) parseRows([record]).forEach(visit)
  }

  read<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    return this.#store('readonly', work)
  }

  /** Makes a row the stored one, together with its entry in the change log; or says why not. Gives the one it replaces. */
  async commit(row: Row, change: Change | undefined): Promise<Committed | Refusal> {
    const outcome = await this.write(async ({ store, meta }) => {
      const existing = parseRow(await promisifyRequest<unknown>(store.get(rowKey(row))))
      const refused = refusal(row, existing, epochOf(meta, row.partition))
      if (refused !== undefined) return refused
      store.put(row, rowKey(row))
      await enter(store, meta, row, row.receivedAtMs)
      return { logged: log(store, meta, change), replaced: existing }
    })
    if (typeof outcome === 'string') this.lost([row.key])
    else this.#rowCache.replace(row)
    return outcome
  }

  /**
   * Forgets rows, body and offline window included, and logs it. What is asked for later stays (I2). Returns those that
   * went, for their bodies' sake.
   *
   * @param at the place of whoever removes them. Default: after everything.
   */
  async remove(
    rows: readonly Row[],
    change: (row: Row) => Change | undefined,
    at: Sequence = UNDER_WAY,
  ): Promise<{ rows: Row[]; logged: LoggedChange[] }> {
    // Whoever asks from now on waits for the disk, which has them no more by then.
    this.lost(rows.map(({ key }) => key))
    const removed = await this.write(async ({ store, meta }) => {
      const gone: Row[] = []
      for (const { key, variant } of rows) {
        const row = parseRow(await promisifyRequest<unknown>(store.get(rowKey({ key, variant }))))
        if (row === undefined || row.sequence > at) continue
        gone.push(row)
        store.delete(rowKey(row))
        await leave(store, meta, rowKey(row))
      }
      return { rows: gone, logged: gone.flatMap((row) => log(store, meta, change(row)) ?? []) }
    })
    this.lost(rows.map(({ key }) => key))
    return removed
  }

  /** Forgets every row, and makes sure that nothing asked for before is stored after. The log starts anew. */
  async removeAll(): Promise<void> {
    await this.write(({ store, meta }) => {
      empty(store, meta)
      this.#hold(meta)
    })
    this.forget()
  }

  /**
   * Announces a write before it is sent. Until `end`, what it names is under way: reads of it are not served from store,
   * and what they bring is stale the moment the write ends.
   */
  intend(targets: readonly Target[]): Intent {
    const id = crypto.randomUUID()
    this.#open.announce(id, targets)
    const durable = this.write(({ store }) => void store.put(targets, INTENTS + id)).then(
      () => true,
      () => false,
    )
    return { id, durable }
  }

  /**
   * The outcome of a write is known: what it `reached` is invalidated as of now. When this settles memory knows, which
   * is enough for the page to be answered: on disk the intent stands for it until `written` does.
   */
  async end(
    intent: Intent,
    reached: readonly Target[],
    change: Change | undefined,
  ): Promise<{ readonly written: Promise<LoggedChange | undefined> }> {
    const placed = this.begin().then(({ incarnation }) => {
      const at = sequence(incarnation, ++this.#counter)
      for (const target of reached) this.invalidations.add({ target, sequence: at })
      this.invalidations.end(intent.id)
      return { incarnation, at }
    })
    const written = this.#written(intent, reached, change, placed)
    written.catch(() => undefined)
    // Without a place the write stays under way: what it touches comes from the network.
    await timeout(PLACE_LIMIT_MS, placed, undefined)
    return { written }
  }

  async #written(
    intent: Intent,
    reached: readonly Target[],
    change: Change | undefined,
    placed: Promise<{ readonly incarnation: number; readonly at: Sequence }>,
  ): Promise<LoggedChange | undefined> {
    const { incarnation, at } = await placed
    const logged = await this.write(({ store, meta }) => {
      // Another worker wrote in between: our place has to come after what it did.
      const final = meta.incarnation === incarnation ? at : sequence(meta.incarnation, ++this.#counter)
      for (const target of reached) {
        this.invalidations.add({ target, sequence: final })
        store.put(final, MARKS + target)
      }
      store.delete(INTENTS + intent.id)
      return log(store, meta, change)
    })
    this.#open.settled(intent.id)
    return logged
  }

  /** Another worker has written: what memory holds may be out of date. */
  reread(): void {
    this.forget()
    this.#loaded = undefined
  }

  /** These keys have lost rows. */
  lost(keys: Iterable<string>): void {
    this.#rowCache.delete(keys)
  }

  /** What memory holds of rows may be out of date. */
  forget(): void {
    this.#rowCache.clear()
  }

  /** Reads what every answer depends on, once. A write found open belongs to a worker that may be gone: under way. */
  load(): Promise<Meta | undefined> {
    // Asked beside the database, not after it.
    void this.#isSuspect()
    this.#loaded ??= this.#store('readonly', async (store) => {
      const [record, searches, marks] = await Promise.all([
        promisifyRequest<unknown>(store.get(META)),
        this.searchPolicies.read(store),
        storedInvalidations(store),
      ])
      // What a newer version has written, or one that is not known, is not for memory either.
      const meta = parseMeta(record)
      if (meta !== undefined) {
        this.searchPolicies.learnAll(searches)
        this.#open.learn(marks)
      }
      return meta
    })
      .then(async (meta) => {
        const isBelieved = !(await this.#isSuspect())
        this.isLoaded = true
        return isBelieved ? meta : undefined
      })
      .catch((error: unknown) => {
        this.#loaded = undefined
        throw error
      })
    return this.#loaded
  }

  /** Whether a worker before this one could not record a write: then nothing that is stored is believed. */
  #isSuspect(): Promise<boolean> {
    this.#suspicion ??= dirtyFlag.isSet()
    return this.#suspicion
  }

  begin(): Promise<Lease> {
    if (this.#lease !== undefined) return this.#lease
    const begun = this.#isSuspect().then(async (isSuspect) => {
      const meta = await this.#store('readwrite', async (store) => {
        const found = parseMeta(await promisifyRequest<unknown>(store.get(META)))
        const meta = await this.#becomeNewest(store, found)
        if (isSuspect) empty(store, meta)
        store.put(meta, META)
        await promisifyRequest(store.transaction)
        return meta
      })
      if (isSuspect) await dirtyFlag.clear()
      return meta
    })
    begun.catch(() => {
      if (this.#lease === begun) this.#lease = undefined
      if (this.#loaded === begun) this.#loaded = undefined
    })
    this.#loaded = begun
    this.#lease = begun
    return begun
  }

  #hold(meta: Meta): void {
    this.#lease = this.#loaded = Promise.resolve({ ...meta })
  }

  async #becomeNewest(store: IDBObjectStore, found: Meta | undefined): Promise<Meta> {
    const meta = found ?? newMeta(this.#version)
    if (meta.version !== this.#version || found === undefined) empty(store, meta)
    // Rows are gone, so what another shape has said of them goes as well; what this worker has said, memory holds.
    if (found === undefined) for (const kind of [MARKS, INTENTS]) store.delete(under(kind))
    meta.version = this.#version
    meta.incarnation = this.#highest = Math.max(meta.incarnation, this.#highest) + 1
    this.first ||= this.#highest
    this.forget()
    await this.#open.settleOthers(store, () => sequence(meta.incarnation, ++this.#counter))
    this.searchPolicies.learnAll(await this.searchPolicies.read(store))
    this.isLoaded = true
    return meta
  }

  async write<T>(work: (transaction: Transaction) => T | Promise<T>): Promise<T> {
    const { incarnation } = await this.begin()
    return this.#store('readwrite', async (store) => {
      const found = parseMeta(await promisifyRequest<unknown>(store.get(META)))
      let meta = found
      if (found?.incarnation !== incarnation || meta === undefined) {
        meta = await this.#becomeNewest(store, found)
        this.#hold(meta)
      }
      const result = await work({ store, meta })
      this.sizes = meta.sizes ?? {}
      store.put(meta, META)
      await promisifyRequest(store.transaction)
      return result
    })
  }
}
