import type { Change, LoggedChange } from '../../core/change.ts'
import {
  EVERYTHING,
  Invalidations,
  isRemovedBy,
  partitionOfTarget,
  type Invalidation,
  type Removable,
  type RemovalTarget,
  type Target,
  withTags,
} from '../../core/invalidation.ts'
import type { Row } from '../../core/row.ts'
import { incarnationOf, NEVER, sequence, type Sequence } from '../../core/sequence.ts'
import { invalidation } from './invalidation-change.ts'
import { log } from './change-log.ts'
import { aliveWorkers } from './liveness.ts'
import { WALKED } from './meta.ts'
import { promisifyRequest } from './database.ts'
import { collectionsMark, INVALIDATIONS, META, PENDING_WRITES, REMOVALS } from './records.ts'
import type { StateReader, StateRecords, Transaction, Writer } from './writer.ts'

/** A write that has been announced and not ended, as it lies on disk. */
export interface PendingWrite {
  readonly kind: 'write'
  readonly id: string
  /** The worker that sends it. */
  readonly worker: string
  readonly method: string
  readonly url: string
  readonly clientId: string
  readonly targets: readonly Target[]
}

/** A write that this worker has announced. */
export interface Announced {
  readonly id: string
  /** Whether the announcement is on disk; never rejects. */
  readonly durable: Promise<boolean>
}

/** The tags that the rules give a stored answer by now. */
export type TagsOf = (row: Pick<Row, 'key' | 'url'>) => readonly string[]

/** Hears of the writes of workers that are gone, once they count as written: no worker has told the tabs of them. */
export type OnSettled = (change: LoggedChange | undefined) => void

/** What is said of a write when it is announced. */
export type WriteHead = Pick<PendingWrite, 'method' | 'url' | 'clientId' | 'targets'>

/** More invalidations than this give way to ones that reach more. */
const MAX_INVALIDATIONS = 1000

type Removal = readonly [target: RemovalTarget, at: Sequence]

/** A removal that is not on disk. */
interface Unrecorded {
  readonly targets: readonly RemovalTarget[]
  /** Undefined: it has no place in the order of things yet, and covers everything. */
  at?: Sequence
  /** Called when it is on disk. */
  readonly settle: () => void
}

/** What makes a record of this kind one that no reader understands: it may have said anything. */
const DAMAGED = 'damaged'

/**
 * Invalidations, removals and pending writes, in memory and on disk.
 *
 * ```
 *   announce ──► pending ──► end ──► invalidation on disk
 *                  │
 *                  └── its worker is gone ──► counts as written
 * ```
 *
 * While a write is pending, reads of what it names are not served from store, and what they bring is stale.
 */
export class InvalidationLog implements StateReader {
  readonly memory = new Invalidations()
  /** Moves with each invalidation of a tag: an answer that is in the air may turn out to have it. */
  tagVersion = 0
  readonly #writer: Writer
  readonly #tagsOf: TagsOf
  readonly #onSettled: OnSettled
  /** Writes of this worker whose end is not on disk yet. */
  readonly #own = new Map<string, 'pending' | 'over'>()
  /** Settles when the ends of all writes that have ended by now are on disk, or cannot be. */
  ended: Promise<unknown> = Promise.resolve()
  /** Pending writes of other workers, by id. */
  #others: ReadonlyMap<string, PendingWrite> = new Map()
  /** Removals that are not on disk. The marks of those that have a place go there with the next step of an erasure. */
  readonly #unrecorded = new Set<Unrecorded>()
  /** Writes that have ended without a place in the order of things, by id: they stay pending. */
  readonly #unplaced = new Map<string, readonly Target[]>()
  /** Writes of workers that are gone, which this worker has ended. */
  readonly #settled = new Set<string>()

  constructor(writer: Writer, tagsOf: TagsOf, onSettled: OnSettled) {
    this.#writer = writer
    this.#tagsOf = tagsOf
    this.#onSettled = onSettled
    writer.addReader(this)
  }

  /** Whether an invalidation newer than the row covers it, or a pending write does. */
  isInvalidated(row: Row): boolean {
    return this.memory.covering(row) > row.sequence
  }

  /** Whether the row has been removed: its bytes may still be on disk. */
  isRemoved(given: Removable & Pick<Row, 'sequence'>): boolean {
    if (this.#unrecorded.size === 0 && !this.memory.hasRemovals) return false
    const row = this.tagged(given)
    for (const { targets, at } of this.#unrecorded) {
      // Whether another worker has stored before it or after cannot be told yet.
      const isOfOther = at === undefined || incarnationOf(at) !== incarnationOf(row.sequence)
      if (isOfOther && isRemovedBy(row, targets)) return true
    }
    return this.memory.removing(row) >= row.sequence
  }

  /** The row with the tags that its rule has now: older rules may have stored it. */
  tagged<R extends Removable>(row: R): R {
    return withTags(row, this.#tagsOf(row))
  }

  /** Announces a write before it is sent. It is pending until `end`. */
  announce(head: WriteHead): Announced {
    const id = crypto.randomUUID()
    this.#own.set(id, 'pending')
    this.memory.begin(id, head.targets)
    const { liveness } = this.#writer
    const durable = liveness
      .hold()
      .then(() =>
        this.#own.get(id) === 'pending'
          ? this.#writer.write(({ store }) => {
              const record: PendingWrite = { kind: 'write', id, worker: liveness.worker, ...head }
              store.put(record, PENDING_WRITES + id)
            })
          : undefined,
      )
      .then(
        () => true,
        () => false,
      )
    return { id, durable }
  }

  /**
   * The outcome of a write is known: what it `reached` is invalidated as of now. The write stays pending for what it
   * reached until that is on disk, so the page can be answered at once.
   *
   * @param onPlaced is called with the write's place in the order of things, before any write that ends later has one, and
   *   with the write's id.
   * @returns settles when the invalidation is on disk. Rejects when the store could not be written: then the write stays
   * pending in memory until it is, and on disk the announcement stands for it.
   */
  end(
    { id }: Pick<Announced, 'id'>,
    reached: readonly Target[],
    change: Change | undefined,
    onPlaced?: (at: Sequence, id: string) => void,
  ): Promise<LoggedChange | undefined> {
    const ending = this.#end(id, reached, change, onPlaced)
    const { ended } = this
    const before = (): Promise<unknown> => ended
    this.ended = ending.then(before, before)
    return ending
  }

  async #end(
    id: string,
    reached: readonly Target[],
    change: Change | undefined,
    onPlaced: ((at: Sequence, id: string) => void) | undefined,
  ): Promise<LoggedChange | undefined> {
    this.memory.begin(id, reached)
    // A slow announcement does not come after this.
    this.#own.set(id, 'over')
    if (reached.some((target) => target.startsWith('tag '))) this.tagVersion++
    // Until this worker has a place in the order of things.
    this.#unplaced.set(id, reached)
    const placed = await this.#writer.nextInMemory()
    this.#unplaced.delete(id)
    onPlaced?.(placed, id)
    try {
      const logged = await this.#writer.write((transaction) => {
        // What is asked after the page has its answer, and before this is on disk, is newer than the write.
        const at = this.#writer.confirm(placed, transaction)
        for (const target of reached) this.putInvalidation(transaction, target, at)
        transaction.store.delete(PENDING_WRITES + id)
        this.#place(transaction, at)
        return log(transaction, change)
      })
      this.#own.delete(id)
      this.memory.end(id)
      return logged
    } catch (error) {
      // Rows of another live worker have a later place than this one in memory, even if they were asked for before the write.
      // So the write stays pending until a transaction gives it a place after them.
      this.#unplaced.set(id, reached)
      throw error
    }
  }

  /** Writes the ends of writes that have no place in the order of things yet. */
  #place(transaction: Transaction, at: Sequence): void {
    const { store } = transaction
    for (const [id, targets] of this.#unplaced) {
      for (const target of targets) this.putInvalidation(transaction, target, at)
      store.delete(PENDING_WRITES + id)
      // No sooner: the transaction may be undone.
      store.transaction.addEventListener('complete', () => {
        this.#unplaced.delete(id)
        this.#own.delete(id)
        this.memory.end(id)
      })
    }
  }

  /** Invalidates at once, without a write. Settles when it is on disk. */
  invalidate(targets: readonly Target[], change: Change | undefined): Promise<LoggedChange | undefined> {
    return this.end({ id: crypto.randomUUID() }, targets, change)
  }

  /**
   * Removes what the targets cover: nothing of it is served or stored from now on, in memory at once and in every worker
   * when this settles. The bytes are deleted later, see `Erasure`.
   *
   * Where it cannot be written, this worker serves and stores nothing that was asked for until then. The next one
   * believes nothing of what is stored, unless the removal is written later. So too while the disk hangs.
   */
  async remove(targets: readonly RemovalTarget[], change: Change | undefined): Promise<LoggedChange | undefined> {
    let settle = (): void => undefined
    const recorded = new Promise<void>((resolve) => (settle = resolve))
    const removal: Unrecorded = { targets, settle }
    this.#unrecorded.add(removal)
    // What is in the air was asked before.
    this.tagVersion++
    const writing = this.#writer.write((transaction) => {
      this.putRemovals(transaction, targets, transaction.next())
      return log(transaction, change)
    })
    const warning = this.#writer.dirtyFlag.setUnless(writing, recorded)
    try {
      const logged = await writing
      this.#recorded(removal)
      return logged
    } catch (error) {
      const placed = this.#writer.nextInMemory().then((at) => {
        for (const target of targets) this.memory.addRemoval(target, at)
        removal.at = at
        // `takeOver` may have put it before all that this worker has asked for.
        this.#unrecorded.add(removal)
      })
      // Without a place this worker stores nothing, and `takeOver` puts the removal before all that it stores later.
      placed.catch(() => undefined)
      await warning
      throw error
    }
  }

  /** Writes a removal that could not be written before. */
  #record(transaction: Transaction, removal: Unrecorded, at: Sequence): void {
    this.putRemovals(transaction, removal.targets, at)
    // No sooner: the transaction may be undone.
    transaction.store.transaction.addEventListener('complete', () => this.#recorded(removal))
  }

  #recorded(removal: Unrecorded): void {
    this.#unrecorded.delete(removal)
    removal.settle()
  }

  /** The same, as part of a transaction. */
  putRemovals({ store, meta }: Transaction, targets: readonly RemovalTarget[], at: Sequence): void {
    // The place may be an earlier request's. The walk may have passed what is removed only now.
    if (meta.erasing !== undefined && at <= meta.erasing.upTo)
      meta.erasing = { ...meta.erasing, upTo: (at - 1) as Sequence }
    for (const target of targets) {
      this.memory.addRemoval(target, at)
      // What is logged later is of the user's next session.
      store.put({ kind: 'removal', target, sequence: at, loggedTo: meta.position }, REMOVALS + target)
    }
  }

  /**
   * Deletes the marks of removals whose walk has come to its end: what is asked before them is never stored.
   *
   * @param last later ones stay: what they cover of collections may not be erased yet.
   * @returns what memory is to forget when the transaction is on disk, and whether a walk has more to do.
   */
  async endRemovals(
    transaction: Transaction,
    last: Sequence,
  ): Promise<{ readonly ended: readonly Removal[]; readonly isMore: boolean }> {
    const { store, meta } = transaction
    for (const removal of this.#unrecorded) {
      if (removal.at !== undefined) this.#record(transaction, removal, this.#writer.confirm(removal.at, transaction))
    }
    const removals = this.memory.removals()
    if (meta.erasing?.at !== WALKED) return { ended: [], isMore: removals.length > 0 }
    const { upTo } = meta.erasing
    const inAir = this.#writer.oldestInAir(transaction)
    const walked = removals.filter(([, at]) => at <= upTo && at <= last)
    // A request of this worker that began before could still bring it back.
    const ended = walked.filter(([, at]) => at < inAir)
    for (const [target, at] of ended) {
      if (at > meta.floor) meta.floor = at
      store.delete(REMOVALS + target)
      const partition = partitionOfTarget(target)
      if (partition !== undefined) await deleteMark(store, partition, at)
    }
    if (ended.length === walked.length) meta.erasing = undefined
    return { ended, isMore: removals.length > walked.length }
  }

  /**
   * Folds what has become too many; and forgets invalidations older than every row, where the audit has seen all of them.
   * What is stored until this is written lowers what it has seen.
   *
   * @param elsewhere what is kept beside the rows of this store is no older. Default: nothing is.
   * @returns what memory is to forget when the transaction is on disk: work that fails runs again, and must find the same.
   */
  tidy(transaction: Transaction, isAudited: boolean, elsewhere?: Sequence): readonly Invalidation[] {
    const { store, meta } = transaction
    if (this.#unplaced.size > 0) this.#place(transaction, transaction.next())
    const inAir = this.#writer.oldestInAir(transaction)
    const oldestRow = isAudited ? (meta.oldestSeen ?? NEVER) : NEVER
    const oldest = [inAir, elsewhere ?? inAir].reduce((one, other) => (other < one ? other : one), oldestRow)
    if (isAudited) meta.auditedTo = meta.oldestSeen = undefined
    const forgotten = this.memory.olderThan(oldest)
    // A request of another worker may be older than what is forgotten: what it brings is not stored.
    if (oldest > meta.floor) meta.floor = (oldest - 1) as Sequence
    const folded = this.memory.folded(MAX_INVALIDATIONS, forgotten)
    const gone = [...forgotten, ...folded.gone]
    for (const { target } of gone) store.delete(INVALIDATIONS + target)
    for (const { target, sequence } of folded.put) this.putInvalidation(transaction, target, sequence)
    return gone
  }

  learn(records: StateRecords): void {
    this.tagVersion++
    const others = new Map<string, PendingWrite>()
    let isDamaged = false
    for (const record of records) {
      const parsed = parse(record)
      if (parsed === undefined) isDamaged = true
      else if (parsed.kind === 'invalidation') this.memory.add(parsed)
      else if (parsed.kind === 'removal') this.memory.addRemoval(parsed.target, parsed.sequence)
      else if (parsed.kind === 'write' && !this.#own.has(parsed.id)) others.set(parsed.id, parsed)
    }
    for (const id of this.#others.keys()) if (!others.has(id)) this.memory.end(id)
    for (const { id, targets } of others.values()) this.memory.begin(id, targets)
    this.#others = others
    // What cannot be read may have been of just now, and of anything.
    if (isDamaged) this.memory.begin(DAMAGED, [EVERYTHING])
    if (others.size > 0) this.#writer.whenActive(() => void this.settleOthers().catch(() => undefined))
  }

  takeOver(
    transaction: Transaction,
    why: 'version' | 'dirt' | undefined,
    entries: readonly (readonly [string, unknown])[],
  ): void {
    const { store, meta } = transaction
    // Before all that this worker asks for, and after all that any worker has asked for so far.
    const start = sequence(meta.incarnation, 0)
    if (why !== undefined) this.putRemovals(transaction, [EVERYTHING], start)
    for (const removal of this.#unrecorded) this.#record(transaction, removal, start)
    this.#place(transaction, start)
    const damaged = entries.filter(([key, record]) => key !== META && parse(record) === undefined)
    for (const [key] of damaged) store.delete(key)
    if (damaged.length > 0) this.putInvalidation(transaction, EVERYTHING, start)
    this.memory.end(DAMAGED)
  }

  /**
   * A pending write of a worker that is gone counts as written. One of a worker that lives on is that worker's to end: it
   * tells the others when it has.
   */
  async settleOthers(): Promise<void> {
    const isAlive = await aliveWorkers()
    // The transaction that settles them may read the state again and find them there still.
    const gone = [...this.#others.values()].filter(({ id, worker }) => !isAlive(worker) && !this.#settled.has(id))
    if (gone.length === 0) return
    for (const { id } of gone) this.#settled.add(id)
    try {
      // One change for all of them: there may be hundreds.
      const reached = [...new Set(gone.flatMap(({ targets }) => targets))]
      const logged = await this.#writer.write((transaction) => {
        const at = transaction.next()
        for (const target of reached) this.putInvalidation(transaction, target, at)
        for (const { id } of gone) transaction.store.delete(PENDING_WRITES + id)
        return log(transaction, invalidation(reached, 'write'))
      })
      for (const { id } of gone) this.memory.end(id)
      this.#onSettled(logged)
    } catch (error) {
      for (const { id } of gone) this.#settled.delete(id)
      throw error
    }
  }

  /** Invalidates, as part of a transaction. */
  putInvalidation({ store }: Pick<Transaction, 'store'>, target: Target, at: Sequence): void {
    this.memory.add({ target, sequence: at })
    store.put({ kind: 'invalidation', target, sequence: at }, INVALIDATIONS + target)
  }
}

/** The collections of a partition are gone, but for those that were begun after it was removed. */
async function deleteMark(store: IDBObjectStore, partition: string, removed: Sequence): Promise<void> {
  const mark = await promisifyRequest<unknown>(store.get(collectionsMark(partition)))
  if (typeof mark === 'number' && mark <= removed) store.delete(collectionsMark(partition))
}

type Parsed =
  | { readonly kind: 'invalidation'; readonly target: Target; readonly sequence: Sequence }
  | { readonly kind: 'removal'; readonly target: RemovalTarget; readonly sequence: Sequence }
  | PendingWrite
  | { readonly kind: 'other' }

/** A record of the state; undefined where it cannot be told what it said. */
function parse(record: unknown): Parsed | undefined {
  const { kind, target, sequence, targets, id } = (record ?? {}) as Record<string, unknown>
  switch (kind) {
    case 'invalidation':
    case 'removal':
      return typeof target === 'string' && typeof sequence === 'number' ? (record as Parsed) : undefined
    case 'write':
      return typeof id === 'string' && Array.isArray(targets) && targets.every((each) => typeof each === 'string')
        ? (record as Parsed)
        : undefined
    default:
      return typeof kind === 'string' ? { kind: 'other' } : undefined
  }
}
