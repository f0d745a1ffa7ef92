import { refusal, type Refusal } from './admission.ts'
import { EVERYTHING, Invalidations, partitionTarget, type RemovalTarget, type Target } from './invalidation.ts'
import type { Row } from './row.ts'
import { NEVER, sequence, type Sequence } from './sequence.ts'

/** The true facts about an answer, which the model knows and the worker does not. */
export interface Known {
  /** The number of writes to the resource when the origin answered. */
  readonly version: number
  /** The user that the data belongs to. */
  readonly of: string
  /** The step in which the request was sent. */
  readonly askedAt: number
}

export interface KnownRow extends Row, Known {}

interface Meta {
  readonly incarnation: number
  /** Differs when the database was deleted and created again. */
  readonly instance: number
  /** What was asked for before is not stored any more. */
  readonly floor: Sequence
}

/** Work on the store; there is a result when it is done. */
export interface Transaction<T> {
  readonly isDone: boolean
  readonly result: T | undefined
}

/** What is on disk. Transactions run in the order in which they began; a slow store runs them when it is told to. */
export class ModelStore {
  meta: Meta = { incarnation: 0, instance: 0, floor: NEVER }
  readonly rows = new Map<string, KnownRow>()
  readonly invalidations = new Map<Target, Sequence>()
  readonly removals = new Map<RemovalTarget, Sequence>()
  readonly intents = new Map<string, readonly Target[]>()
  readonly #isSlow: boolean
  #begun: { readonly worker: ModelWorker; readonly run: () => void }[] = []

  constructor(isSlow: boolean) {
    this.#isSlow = isSlow
  }

  begin<T>(worker: ModelWorker, work: () => T): Transaction<T> {
    const transaction: { isDone: boolean; result: T | undefined } = { isDone: false, result: undefined }
    const run = (): void => {
      transaction.result = work()
      transaction.isDone = true
    }
    this.#begun.push({ worker, run })
    if (!this.#isSlow) this.runAll()
    return transaction
  }

  get isBusy(): boolean {
    return this.#begun.length > 0
  }

  runAll(): void {
    for (let next = this.#begun.shift(); next !== undefined; next = this.#begun.shift()) next.run()
  }

  /** What a worker has begun ends with it. */
  abort(worker: ModelWorker): void {
    this.#begun = this.#begun.filter((transaction) => transaction.worker !== worker)
  }

  /** Whether every worker that reads the store knows that a row is gone. */
  isRemoved(row: KnownRow): boolean {
    const removed = new Invalidations()
    for (const [target, at] of this.removals) removed.addRemoval(target, at)
    return removed.removing(row) >= row.sequence
  }

  /** The browser, or its user, deletes everything. */
  lose(): void {
    for (const records of [this.rows, this.invalidations, this.removals, this.intents]) records.clear()
    this.meta = { incarnation: 0, instance: this.meta.instance + 1, floor: NEVER }
  }
}

/** What a worker holds of the store, once the store has given it. */
interface Lease {
  meta: Meta | undefined
}

/** A place in the order of things, taken when a request begins. */
export interface SequenceTicket {
  readonly lease: Lease
  readonly counter: number
  readonly partition: string
}

export interface Flight {
  /** The newest invalidation that covered the key when it began. */
  readonly after: Sequence
  shared: KnownRow | undefined
  isStoring: boolean
  hasEnded: boolean
}

/** The ledger of one worker: its memory and its transactions. Every question is put to the rules themselves. */
export class ModelWorker {
  readonly invalidations = new Invalidations()
  readonly flights = new Map<string, Flight>()
  isAlive = true
  /** How much it is busy with: a browser lets a newer worker answer when that is nothing. */
  events = 0
  readonly #store: ModelStore
  /** Called when this worker has changed what others may know. */
  readonly #changed: (by: ModelWorker) => void
  readonly #ended = new Map<string, number>()
  readonly #own = new Set<string>()
  /** Writes that the store says others have under way. */
  #others: readonly string[] = []
  #isLoaded = false
  #lease: Lease | undefined
  #counter = 0
  /** The highest incarnation of this worker. */
  #highest = 0
  /** The database that it last wrote to. */
  #instance: number | undefined

  constructor(store: ModelStore, changed: (by: ModelWorker) => void) {
    this.#store = store
    this.#changed = changed
  }

  /** What a step of this worker waits for. */
  when(condition: () => boolean = () => true): () => boolean {
    return () => this.isAlive && condition()
  }

  load(): void {
    this.#store.begin(this, () => this.#load())
  }

  /** Another worker has written. */
  reread(): void {
    this.#isLoaded = false
  }

  /** Makes this worker the newest one that the store knows of. */
  begin(): Lease {
    if (this.#lease !== undefined) return this.#lease
    const lease: Lease = { meta: undefined }
    this.#lease = lease
    this.#store.begin(this, () => {
      this.#becomeNewest()
      lease.meta = this.#store.meta
    })
    return lease
  }

  ticket(partition: string): SequenceTicket {
    const counter = ++this.#counter
    return { lease: this.begin(), counter, partition }
  }

  placeOf({ lease: { meta }, counter }: SequenceTicket): Pick<Row, 'sequence'> | undefined {
    return meta && { sequence: sequence(meta.incarnation, counter) }
  }

  generation(partition: string): number {
    return this.#ended.get(partition) ?? 0
  }

  find(key: string): Transaction<KnownRow | undefined> {
    return this.#store.begin(this, () => this.look(key))
  }

  look(key: string): KnownRow | undefined {
    if (!this.#isLoaded) this.#load()
    const row = this.#store.rows.get(key)
    return row === undefined || this.invalidations.removing(row) >= row.sequence ? undefined : row
  }

  isInvalidated(row: Pick<Row, 'url' | 'tags' | 'sequence'>): boolean {
    return this.invalidations.covering(row) > row.sequence
  }

  commit(row: KnownRow): Transaction<Refusal | undefined> {
    return this.#write(() => {
      const { floor } = this.#store.meta
      const removed = this.invalidations.removing(row)
      const refused = refusal(row, this.#store.rows.get(row.key)?.sequence, removed > floor ? removed : floor)
      if (refused !== undefined) return refused
      this.#store.rows.set(row.key, row)
      this.#changed(this)
      return undefined
    })
  }

  intend(write: string, targets: readonly Target[]): Transaction<void> {
    this.#own.add(write)
    this.invalidations.begin(write, targets)
    return this.#write(() => void this.#store.intents.set(write, targets))
  }

  end(write: string, reached: readonly Target[]): Transaction<void> {
    const incarnation = this.begin().meta?.incarnation ?? 0
    const at = sequence(incarnation, ++this.#counter)
    for (const target of reached) this.invalidations.add({ target, sequence: at })
    this.invalidations.end(write)
    return this.#write(() => {
      const current = this.#store.meta.incarnation
      const final = current === incarnation ? at : sequence(current, ++this.#counter)
      for (const target of reached) this.#mark(target, final)
      this.#store.intents.delete(write)
      this.#changed(this)
    })
  }

  endPartition(partition: string): Transaction<void> {
    this.#ended.set(partition, this.generation(partition) + 1)
    return this.#remove(partitionTarget(partition))
  }

  removeAll(): Transaction<void> {
    return this.#remove(EVERYTHING)
  }

  /** First writes the mark, in memory and on disk. Any worker deletes the covered rows later. */
  #remove(target: RemovalTarget): Transaction<void> {
    const { meta } = this.begin()
    const at = sequence(meta?.incarnation ?? this.#highest + 1, ++this.#counter)
    this.invalidations.addRemoval(target, at)
    return this.#write(() => {
      const final = sequence(this.#store.meta.incarnation, ++this.#counter)
      this.invalidations.addRemoval(target, final)
      this.#store.removals.set(target, final)
      this.#changed(this)
    })
  }

  /** Deletes the removed rows. Then no stored row is older than the marks, so the marks are deleted too. */
  erase(): Transaction<void> {
    return this.#write(() => {
      const { rows, removals, meta } = this.#store
      for (const [key, row] of rows) if (this.invalidations.removing(row) >= row.sequence) rows.delete(key)
      let { floor } = meta
      for (const [target, at] of removals) {
        if (at > floor) floor = at
        removals.delete(target)
        this.invalidations.forgetRemoval(target, at)
      }
      this.#store.meta = { ...meta, floor }
    })
  }

  /** Forgets the invalidations that are older than every stored row and every answer that may still be stored. */
  tidy(): Transaction<void> {
    return this.#write(() => {
      const { meta, rows, invalidations } = this.#store
      const now = sequence(meta.incarnation, ++this.#counter)
      const oldest = [...rows.values()]
        .map((row) => row.sequence)
        .reduce((one, other) => (one < other ? one : other), now)
      const older = this.invalidations.olderThan(oldest)
      for (const { target } of older) invalidations.delete(target)
      this.invalidations.forget(older)
      // An answer in flight may be older than a forgotten invalidation, so it is not stored.
      if (oldest > meta.floor) this.#store.meta = { ...meta, floor: oldest }
    })
  }

  #write<T>(work: () => T): Transaction<T> {
    const lease = this.begin()
    return this.#store.begin(this, () => {
      const { incarnation, instance } = this.#store.meta
      if (incarnation !== lease.meta?.incarnation || instance !== lease.meta.instance) {
        this.#becomeNewest()
        this.#lease = { meta: this.#store.meta }
      }
      return work()
    })
  }

  #load(): void {
    const { invalidations, removals, intents } = this.#store
    this.#isLoaded = true
    for (const [target, at] of removals) this.invalidations.addRemoval(target, at)
    for (const [target, at] of invalidations) this.invalidations.add({ target, sequence: at })
    for (const write of this.#others) if (!intents.has(write)) this.invalidations.end(write)
    this.#others = [...intents.keys()].filter((write) => !this.#own.has(write))
    for (const write of this.#others) this.invalidations.begin(write, intents.get(write) ?? [])
  }

  #becomeNewest(): void {
    const { meta, intents } = this.#store
    this.#highest = Math.max(meta.incarnation, this.#highest) + 1
    // The new database may lack the mark that forbids an earlier request's answer, so that answer is not stored.
    const isNew = this.#instance !== undefined && this.#instance !== meta.instance
    this.#instance = meta.instance
    const start = sequence(this.#highest, 0)
    this.#store.meta = {
      ...meta,
      incarnation: this.#highest,
      floor: (isNew || meta.incarnation === 0) && start > meta.floor ? start : meta.floor,
    }
    this.#load()
    // A write that another worker had under way counts as done now.
    for (const write of this.#others) {
      const at = sequence(this.#highest, ++this.#counter)
      for (const target of intents.get(write) ?? []) this.#mark(target, at)
      intents.delete(write)
      this.invalidations.end(write)
    }
  }

  #mark(target: Target, at: Sequence): void {
    this.invalidations.add({ target, sequence: at })
    this.#store.invalidations.set(target, at)
  }
}
