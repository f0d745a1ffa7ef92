import type { CacheError } from '../../core/cache-error.ts'
import { incarnationOf, NEVER, sequence, type Sequence } from '../../core/sequence.ts'
import { uptimeMs } from '../../fetch/clock.ts'
import { isStalled, onClose, promisifyRequest, type UseStore } from './database.ts'
import { type Dirt, DirtyFlag, dirtOfOthers, NO_DIRT } from './dirty-flag.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'
import { Liveness } from './liveness.ts'
import { type Meta, newMeta, parseMeta } from './meta.ts'
import { ReadAhead } from './read-ahead.ts'
import { entriesOf, KILL, META, STATE, under } from './records.ts'

/** What is written at once, or not at all. */
export interface Transaction {
  readonly store: IDBObjectStore
  /** May be changed; it is written back. */
  readonly meta: Meta
  /** The next place in the order of things: after all that any worker has asked for so far. */
  readonly next: () => Sequence
  /** A record as it is by now. What the work has said that it `reads` has been asked for already. */
  readonly get: (key: string) => Promise<unknown>
}

/** Reads and writes the store. */
export interface Transactions {
  /** Reads, in one transaction. What memory holds may be newer. */
  read<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T>
  /**
   * Writes as the newest worker that the store knows of. Work that is waiting is written in one transaction, in order;
   * work that fails is undone alone. It may run twice, so it changes nothing but the store.
   *
   * @param bytes what it writes, roughly, where that is much. Default: 0.
   * @param reads the keys of what it reads by `get`. Of all records that other work reads by `get`, it writes only these: so
   *   what waits is read in one go. On a slow disk each read takes a second. Default: it reads by itself, and may write
   *   anything.
   */
  write<T>(work: (transaction: Transaction) => T | Promise<T>, bytes?: number, reads?: readonly string[]): Promise<T>
}

/** A place in the order of things, taken when a request begins. */
export interface SequenceTicket {
  readonly lease: Promise<Readonly<Meta>>
  readonly counter: number
}

/** The records of the state, as they lie on disk. */
export type StateRecords = readonly unknown[]

/** The same with their keys. */
type StateEntries = readonly (readonly [key: string, record: unknown])[]

/** What has to know when the state on disk may have changed. */
export interface StateReader {
  /** The state was read: when this worker starts, and when another has written. */
  learn(records: StateRecords): void
  /** What memory holds may be out of date, and is read again. */
  reread?(): void
  /**
   * In the transaction in which this worker becomes the newest.
   *
   * @param why the rows are removed: they were stored under another `version` of the config, or may not be believed.
   *   Undefined: they are not.
   */
  takeOver?(transaction: Transaction, why: 'version' | 'dirt' | undefined, entries: StateEntries): void
}

/** Work of one transaction: a burst of answers is tens of commits, and a write behind it waits for one of them. */
const MAX_BATCH = 50

/** Where the disk is slow, a transaction takes no more work after this time, and a walk goes on in another one. */
export const MAX_BATCH_MS = 3000

interface Job {
  readonly work: (transaction: Transaction) => unknown
  readonly bytes: number
  readonly reads: readonly string[] | undefined
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The one writer of the store. What settles while a transaction is being committed is written in the next one, together.
 *
 * Memory is trusted as long as the incarnation in the store is this worker's. A transaction that meets another one knows
 * that a second worker writes (during an update two are alive): it reads the state again and takes a new incarnation, so
 * that what this worker does from then on comes after what the other did.
 */
export class Writer implements Transactions {
  /**
   * Called when there was no room for so many bytes, with a way to write before everything that waits. Settles when room
   * was made, or cannot be made.
   */
  onFull: (write: Transactions['write'], bytes: number) => Promise<unknown> = () => Promise.resolve()
  /** When the connection was lost last, of those losses that have ended: what was received before counts as stale. */
  lostAtMs = -Infinity
  readonly liveness = new Liveness()
  readonly dirtyFlag = new DirtyFlag(this.liveness.worker)
  readonly #store: UseStore
  readonly #version: string
  readonly #readers: StateReader[] = []
  readonly #queue: Job[] = []
  /** What is written once nothing else waits. */
  readonly #behind: Job[] = []
  #isWriting = false
  #held: Readonly<Meta> | undefined
  #lease: Promise<Readonly<Meta>> | undefined
  #loaded: Promise<Readonly<Meta> | undefined> | undefined
  #dirty: Promise<Dirt> | undefined
  #counter = 0
  #rereads = 0
  /**
   * The `version` that this worker, once active, has found or has written; empty: the store was empty. A store that is of
   * yet another one later was taken over by the worker that replaces this one. Versions have no order: a rollback brings an
   * old one back.
   */
  #knownVersion: string | undefined
  /** The highest incarnation that was ever this worker's: should the database vanish, sequences still only grow. */
  #highest = 0
  /** What waits until this worker is active; undefined: it is. */
  #waiting: (() => void)[] | undefined = []
  /** Requests that have not ended, with their places where these are known. */
  readonly #inAir = new Map<SequenceTicket, Sequence>()

  constructor(store: UseStore, version: string) {
    this.#store = store
    this.#version = version
    // The database may have been deleted: what memory holds of it is read again.
    onClose.add(() => this.reread())
  }

  /** The reader is told of the state whenever it is read; call it before the first use. */
  addReader(reader: StateReader): void {
    this.#readers.push(reader)
  }

  get isActive(): boolean {
    return this.#waiting === undefined
  }

  /** This worker answers requests, or is about to. */
  activate(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const work of waiting) work()
  }

  /**
   * Does what a reader writes because of what it has read: at once in an active worker. A worker that only waits for its
   * turn changes nothing of the one that answers.
   */
  whenActive(work: () => void): void {
    if (this.#waiting === undefined) work()
    else this.#waiting.push(work)
  }

  /** Bytes stored under each rule, when the store was last written. */
  get sizes(): Readonly<Record<string, number>> {
    return this.#held?.sizes ?? {}
  }

  /** Takes the next place. `release` it when nothing that was asked at that place can be stored any more. */
  ticket(): SequenceTicket {
    const ticket = { lease: this.begin(), counter: ++this.#counter }
    this.#inAir.set(ticket, NEVER)
    this.placeOf(ticket).then(
      (place) => this.#inAir.has(ticket) && this.#inAir.set(ticket, place),
      () => this.release(ticket),
    )
    return ticket
  }

  release(ticket: SequenceTicket): void {
    this.#inAir.delete(ticket)
  }

  /** Where a ticket stands. Rejects when the store could not be written. */
  async placeOf({ lease, counter }: SequenceTicket): Promise<Sequence> {
    return sequence((await lease).incarnation, counter)
  }

  /** The place of the oldest request of this worker that may still be stored; the next place where there is none. */
  oldestInAir({ next }: Transaction): Sequence {
    return [...this.#inAir.values()].reduce((oldest, place) => (place < oldest ? place : oldest), next())
  }

  /** Makes this worker the newest one that the store knows of. */
  begin(): Promise<Readonly<Meta>> {
    if (this.#lease !== undefined) return this.#lease
    const lease = this.write(({ meta }) => ({ ...meta }))
    lease.catch(() => {
      if (this.#lease === lease) this.#lease = undefined
    })
    this.#lease = lease
    return lease
  }

  /** The next place of this worker, in memory. Rejects when the store could not be written. */
  nextInMemory(): Promise<Sequence> {
    return this.placeOf({ lease: this.begin(), counter: ++this.#counter })
  }

  /** A place that was taken in memory, if no other worker has written since; else the next one. */
  confirm(place: Sequence, { meta, next }: Transaction): Sequence {
    return place >= sequence(meta.incarnation, 0) ? place : next()
  }

  /** Whether rows were stored under this worker's `version`. */
  isOfThisVersion(meta: Readonly<Meta> | undefined): boolean {
    return meta?.version === this.#version
  }

  /**
   * Reads what every answer depends on, once.
   *
   * @returns undefined where nothing that is stored may be believed.
   */
  load(): Promise<Readonly<Meta> | undefined> {
    const loading = (this.#loaded ??= Promise.all([
      this.#store('readonly', async (store) =>
        this.#learn(await promisifyRequest<unknown[]>(store.getAll(under(STATE)))),
      ),
      // Asked beside the database, not after it.
      this.#dirt(),
    ]).then(([meta, dirt]) => (dirt.kind === 'none' ? meta : undefined)))
    loading.catch(() => {
      if (this.#loaded === loading) this.#loaded = undefined
    })
    return loading
  }

  /** The connection is back. Each tab tells of it. Settles when a later worker would know it too, or cannot. */
  async noteLoss(atMs: number): Promise<void> {
    if (atMs <= this.lostAtMs) return
    this.lostAtMs = atMs
    await this.write(({ meta }) => void (meta.lostAtMs = atMs)).catch(() => undefined)
  }

  /** Another worker has written: what memory holds may be out of date. */
  reread(): void {
    this.#rereads++
    this.#loaded = this.#dirty = undefined
    // The worker before this one may still write for the first time.
    if (!this.isActive) this.#knownVersion = undefined
    for (const reader of this.#readers) reader.reread?.()
  }

  /** Whether another worker could not record a write: then nothing that was stored before is believed. */
  #dirt(): Promise<Dirt> {
    return (this.#dirty ??= dirtOfOthers(this.liveness.worker))
  }

  /** The same. While a flag is held each write asks again: its worker may record the write, or be stopped, and say nothing. */
  async #dirtNow(): Promise<Dirt> {
    const before = await this.#dirt()
    if (before.kind !== 'held') return before
    this.#dirty = undefined
    const dirt = await this.#dirt()
    if (dirt.kind === 'none') this.reread()
    return dirt
  }

  read<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    return this.#store('readonly', work)
  }

  write<T>(work: (transaction: Transaction) => T | Promise<T>, bytes = 0, reads?: readonly string[]): Promise<T> {
    return this.#enqueue(this.#queue, work, bytes, reads)
  }

  /** The same once nothing else waits: there may be hundreds of answers, and tabs wait to be told of a write. */
  writeBehind<T>(
    work: (transaction: Transaction) => T | Promise<T>,
    bytes: number,
    reads?: readonly string[],
  ): Promise<T> {
    return this.#enqueue(this.#behind, work, bytes, reads)
  }

  #enqueue<T>(
    queue: Job[],
    work: (transaction: Transaction) => T | Promise<T>,
    bytes: number,
    reads: readonly string[] | undefined,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push({ work, bytes, reads, resolve: resolve as Job['resolve'], reject })
      if (this.#isWriting) return
      this.#isWriting = true
      // What is asked for in one go is written together.
      queueMicrotask(() => void this.#writeAll())
    })
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      const queue = this.#queue.length > 0 ? this.#queue : this.#behind
      if (queue.length === 0) break
      const batch = queue.splice(0, MAX_BATCH)
      const left: Job[] = []
      await this.#writeBatch(batch, left)
      queue.unshift(...left)
    }
    this.#isWriting = false
  }

  /**
   * Never rejects: each job hears of its own outcome. Gives the error of a store that hangs.
   *
   * @param left gets the jobs for which there was no time.
   */
  async #writeBatch(batch: readonly Job[], left: Job[], wasFull = false): Promise<unknown> {
    try {
      const results = await this.#commit(batch)
      results.forEach((result, at) => batch[at]?.resolve(result))
      left.push(...batch.slice(results.length))
      return undefined
    } catch (error) {
      if (!wasFull && isFull(error)) {
        const bytes = batch.reduce((sum, job) => sum + job.bytes, 0)
        await this.onFull((work) => this.#writeFirst(work), bytes).catch(() => undefined)
        return this.#writeBatch(batch, left, true)
      }
      if (batch.length === 1 || isStalled(error)) {
        for (const { reject } of batch) reject(error)
        return isStalled(error) ? error : undefined
      }
      let stalled: unknown
      for (const job of batch) {
        // In a store that hangs each would wait for the limit, one after the other.
        if (stalled === undefined) stalled = await this.#writeBatch([job], left, wasFull)
        else job.reject(stalled)
      }
      return stalled
    }
  }

  async #writeFirst<T>(work: (transaction: Transaction) => T | Promise<T>): Promise<T> {
    const [result] = await this.#commit([{ work, reads: undefined }])
    return result as T
  }

  async #commit(batch: readonly Pick<Job, 'work' | 'reads'>[]): Promise<unknown[]> {
    const held = this.#held
    const rereads = this.#rereads
    const dirt = await this.#dirtNow()
    // A worker that lives may record its write after all.
    const isDirty = dirt.kind === 'left'
    const { results, meta } = await this.#store('readwrite', async (store) => {
      try {
        const ahead = new ReadAhead(store)
        // Before anything is waited for: the answers of all come together.
        const meta = promisifyRequest<unknown>(store.get(META))
        ahead.ask(batch)
        // The first time a worker writes it has to know the state as well.
        const state = held === undefined ? entriesOf(store, under(STATE)) : undefined
        state?.catch(() => undefined)
        const found = parseMeta(await meta)
        const isOurs =
          !isDirty && found !== undefined && found.incarnation === held?.incarnation && found.logId === held.logId
        const transaction = isOurs
          ? this.#transaction(store, found, ahead)
          : this.#takeOver(store, found, isDirty, ahead, await (state ?? entriesOf(store, under(STATE))))
        const results: unknown[] = []
        const startedAtMs = uptimeMs()
        for (const [at, { work, reads }] of batch.entries()) {
          results.push(await work(transaction))
          if (uptimeMs() - startedAtMs > MAX_BATCH_MS) break
          ahead.forget(reads, batch.slice(at + 1))
        }
        store.put(transaction.meta, META)
        await promisifyRequest(store.transaction)
        return { results, meta: transaction.meta }
      } catch (error) {
        abort(store.transaction)
        throw error
      }
    })
    if (held?.incarnation !== meta.incarnation || held.logId !== meta.logId) {
      this.#lease = Promise.resolve(meta)
      // Unless another worker has written while the outcome was on its way.
      if (rereads === this.#rereads) this.#loaded = dirt.kind === 'held' ? Promise.resolve(undefined) : this.#lease
    }
    this.#held = meta
    if (this.isOfThisVersion(meta)) this.#knownVersion = meta.version
    if (isDirty) this.#clean(dirt)
    return results
  }

  /** What was stored before is removed: nothing is to be disbelieved any more. */
  #clean({ flags }: Dirt): void {
    this.#dirty = Promise.resolve(NO_DIRT)
    // A flag that has come up since is of a later write.
    const cleared = Promise.all(flags.map((name) => caches.delete(name)))
    cleared.catch((error: unknown) => report('the next worker removes again what is removed already', error))
  }

  #transaction(store: IDBObjectStore, meta: Meta, ahead: ReadAhead): Transaction {
    return { store, meta, next: () => sequence(meta.incarnation, ++this.#counter), get: (key) => ahead.get(key) }
  }

  /** Makes this worker the newest one, in the transaction of its first work or of its first after another worker's. */
  #takeOver(
    store: IDBObjectStore,
    found: Meta | undefined,
    isDirty: boolean,
    ahead: ReadAhead,
    entries: StateEntries,
  ): Transaction {
    const past = entries.map(([, record]) =>
      incarnationOf((record as { sequence?: Sequence } | null)?.sequence ?? NEVER),
    )
    const incarnation = Math.max(found?.incarnation ?? 0, this.#highest, ...past) + 1
    this.#highest = incarnation
    const meta = found ?? newMeta()
    const isOfAnother = meta.version !== this.#version
    // A worker that is replaced ends its writes; it removes nothing of the newer one.
    const isReplaced = found !== undefined && isOfAnother && this.#isReplacedBy(found.version)
    // What lies in it is of no version, and may be of a later place than all that comes.
    if (found === undefined) {
      forgetAllBut(store, entries, KILL)
      ahead.forget(undefined, [])
    }
    // What forbids to store what was asked for before may have been lost with the database that was there before. The
    // place of a request does not say by which database it was asked, so answers in the air of other live workers are not
    // stored either: once, and their pages get them all the same.
    if (found === undefined || (this.#held !== undefined && this.#held.logId !== meta.logId)) {
      meta.floor = sequence(incarnation, 0)
    }
    meta.incarnation = incarnation
    const transaction = this.#transaction(store, meta, ahead)
    const why = found !== undefined && isOfAnother && !isReplaced ? 'version' : isDirty ? 'dirt' : undefined
    for (const reader of this.#readers) {
      reader.learn(entries.map(([, record]) => record))
      reader.takeOver?.(transaction, why, entries)
    }
    if (!isReplaced) meta.version = this.#version
    return transaction
  }

  #learn(records: StateRecords): Readonly<Meta> | undefined {
    for (const reader of this.#readers) reader.learn(records)
    const found = records.map(parseMeta).find((meta) => meta !== undefined)
    this.#knownVersion ??= found?.version ?? ''
    this.lostAtMs = Math.max(this.lostAtMs, found?.lostAtMs ?? this.lostAtMs)
    return found
  }

  /** Whether the worker that has stored under this other version replaces this one. */
  #isReplacedBy(version: string): boolean {
    // A worker that could not read the store before knows no version. Not every browser tells the state.
    const state = (worker.serviceWorker as ServiceWorker | undefined)?.state
    if (state === 'redundant') return true
    // In a store that was empty the other may be the late first write of the worker before this one.
    const isKnown = this.#knownVersion !== '' || state === undefined
    return isKnown && (this.#knownVersion ?? version) !== version
  }
}

/** Empties the store, a record excepted. */
function forgetAllBut(store: IDBObjectStore, entries: StateEntries, kept: string): void {
  store.clear()
  for (const [key, record] of entries) if (key === kept) store.put(record, key)
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}

/** Whether a transaction failed for want of room. Firefox may give another name, or no reason at all. */
function isFull(error: unknown): boolean {
  const cause = (error as Partial<CacheError> | null)?.cause as Partial<DOMException> | null | undefined
  return cause === null || /quota|no_device_space/i.test(String(cause?.name))
}
