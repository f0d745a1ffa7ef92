import { refusal, type Refusal } from './admission.ts'
import { epochOf } from './epoch.ts'
import { Invalidations, type Target } from './invalidation.ts'
import { partitionOfKey } from './key.ts'
import type { Row } from './row.ts'
import { sequence, type Sequence } from './sequence.ts'

/** What an answer is to somebody who sees everything. */
export interface Known {
  /** How often the resource had been written when the origin gave it. */
  readonly version: number
  /** Whose data it is. */
  readonly of: string
  /** The step in which the request for it left. */
  readonly askedAt: number
}

export interface KnownRow extends Row, Known {}

interface Meta {
  readonly incarnation: number
  readonly epoch: number
  readonly ends: Readonly<Record<string, number>>
}

/** Work on the store; there is a result when it is done. */
export interface Transaction<T> {
  readonly isDone: boolean
  readonly result: T | undefined
}

/** What is on disk. Transactions run in the order in which they began; a slow store runs them when it is told to. */
export class ModelStore {
  meta: Meta = { incarnation: 0, epoch: 1, ends: {} }
  readonly rows = new Map<string, KnownRow>()
  readonly invalidations = new Map<Target, Sequence>()
  readonly intents = new Map<string, readonly Target[]>()
  readonly #isSlow: boolean
  /** How often it was made anew: no epoch comes twice. */
  #losses = 0
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

  /** The browser, or its user, deletes everything. */
  lose(): void {
    for (const records of [this.rows, this.invalidations, this.intents]) records.clear()
    this.meta = { incarnation: 0, epoch: 1 + 1000 * ++this.#losses, ends: {} }
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
  /** Partitions whose rows are on their way out of the store. */
  readonly #ending = new Set<string>()
  readonly #own = new Set<string>()
  /** Writes that the store says others have under way. */
  #others: readonly string[] = []
  #isLoaded = false
  #lease: Lease | undefined
  #counter = 0
  /** The first incarnation of this worker, and the highest. */
  #first = 0
  #highest = 0

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

  placeOf({ lease: { meta }, counter, partition }: SequenceTicket): Pick<Row, 'sequence' | 'epoch'> | undefined {
    return meta && { sequence: sequence(meta.incarnation, counter), epoch: epochOf(meta, partition) }
  }

  generation(partition: string): number {
    return this.#ended.get(partition) ?? 0
  }

  find(key: string): Transaction<KnownRow | undefined> {
    return this.#store.begin(this, () => this.look(key))
  }

  look(key: string): KnownRow | undefined {
    if (!this.#isLoaded) this.#load()
    return this.#ending.has(partitionOfKey(key)) ? undefined : this.#store.rows.get(key)
  }

  isInvalidated(row: Pick<Row, 'url' | 'tags' | 'sequence'>): boolean {
    return this.invalidations.covering(row) > row.sequence
  }

  commit(row: KnownRow): Transaction<Refusal | undefined> {
    return this.#write(() => {
      const refused = refusal(row, this.#store.rows.get(row.key), epochOf(this.#store.meta, row.partition))
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
    this.#ending.add(partition)
    return this.#write(() => {
      const { rows, meta } = this.#store
      for (const [key, row] of rows) if (row.partition === partition) rows.delete(key)
      this.#store.meta = { ...meta, ends: { ...meta.ends, [partition]: (meta.ends[partition] ?? 0) + 1 } }
      this.#lease = { meta: this.#store.meta }
      this.#ending.delete(partition)
      this.#changed(this)
    })
  }

  removeAll(): Transaction<void> {
    return this.#write(() => {
      const { rows, meta } = this.#store
      rows.clear()
      this.#store.meta = { ...meta, epoch: meta.epoch + 1 }
      this.#lease = { meta: this.#store.meta }
      this.#changed(this)
    })
  }

  /** Forgets the invalidations that are older than every row, and than all that is in the air. */
  tidy(): Transaction<void> {
    return this.#write(() => {
      const rows = [...this.#store.rows.values()].map((row) => row.sequence)
      const inTheAir = sequence(Math.max(0, this.#first - 1), 0)
      const oldest = rows.reduce((one, other) => (one < other ? one : other), inTheAir)
      for (const target of this.invalidations.forgetBefore(oldest)) this.#store.invalidations.delete(target)
    })
  }

  #write<T>(work: () => T): Transaction<T> {
    const lease = this.begin()
    return this.#store.begin(this, () => {
      if (this.#store.meta.incarnation !== lease.meta?.incarnation) {
        this.#becomeNewest()
        this.#lease = { meta: this.#store.meta }
      }
      return work()
    })
  }

  #load(): void {
    const { invalidations, intents } = this.#store
    this.#isLoaded = true
    for (const [target, at] of invalidations) this.invalidations.add({ target, sequence: at })
    for (const write of this.#others) if (!intents.has(write)) this.invalidations.end(write)
    this.#others = [...intents.keys()].filter((write) => !this.#own.has(write))
    for (const write of this.#others) this.invalidations.begin(write, intents.get(write) ?? [])
  }

  #becomeNewest(): void {
    const { meta, intents } = this.#store
    this.#highest = Math.max(meta.incarnation, this.#highest) + 1
    if (this.#first === 0) this.#first = this.#highest
    this.#store.meta = { ...meta, incarnation: this.#highest }
    this.#load()
    // What others had under way counts as written now.
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
