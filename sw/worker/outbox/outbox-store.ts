import type { ServerId } from '../../core/outbox/temporary-ids.ts'
import type { OutboxCounts } from '../../protocol.ts'
import { isStalled, onClose, promisifyRequest, type UseStore } from '../store/database.ts'
import { under } from '../store/records.ts'
import type { Ending, ReceiptOf } from './record-mark.ts'
import {
  type DoneRecord,
  parseDone,
  parseReceipt,
  parseServerId,
  parseWrite,
  type Receipt,
  type WriteRecord,
} from './write-record.ts'

/** Keys sort as places do. `exportOutbox` and the kill script know the first of these. */
const WRITE = 'write '
const BODY = 'body '
const DONE = 'done '
const ID = 'id '
const RECEIPT = 'receipt '
const NEXT = '!next'

const placed = (kind: string, place: number): string => kind + String(place).padStart(PLACE_DIGITS, '0')
const PLACE_DIGITS = 16

const idKey = (partition: string, temporary: string): string => `${ID}${partition}\n${temporary}`

/** The next place, and a number that each transaction makes greater: so a worker sees that another one has written. */
interface Counter {
  readonly next: number
  readonly revision: number
  /** Names the database as long as it lives. Empty: nothing was ever written. */
  readonly database: string
}

/** A record that this version cannot read. It is kept. */
export interface Unreadable {
  readonly place: number
  readonly record: unknown
}

/** What the outbox holds, as memory knows it: all of it but large bodies. */
interface Held {
  readonly writes: Map<number, WriteRecord>
  readonly done: Map<number, DoneRecord>
  readonly ids: Map<string, ServerId>
  readonly receipts: Map<number, Receipt>
  readonly unreadable: Unreadable[]
  /** The last place when it was read. */
  highest: number
}

/** What a commit has changed. */
export interface Touched {
  readonly places: readonly number[]
  readonly ids: readonly (readonly [partition: string, temporary: string])[]
}

/** So many commits are remembered. */
const MOST_COMMITS = 256

/** The outbox within one transaction: what is read is as it is on disk, and what is changed is on disk with all the rest. */
export interface Draft {
  /** In the order of their places. */
  readonly writes: () => Iterable<WriteRecord>
  readonly get: (place: number) => WriteRecord | undefined
  /** The place of the next write that is accepted: each call takes one. */
  readonly takePlace: () => number
  /** @param body of a new write, where it does not lie in the record. */
  readonly put: (write: WriteRecord, body?: ArrayBuffer) => void
  /** Its body goes with it. */
  readonly remove: (place: number) => void
  readonly done: () => Iterable<DoneRecord>
  readonly putDone: (place: number, done: DoneRecord) => void
  readonly removeDone: (place: number) => void
  readonly idOf: (partition: string, temporary: string) => ServerId | undefined
  readonly noteId: (partition: string, temporary: string, id: ServerId) => void
  /** A write has ended: a page that has handed a record over is to hear of it. */
  readonly noteEnd: (write: WriteRecord, ending: Ending) => void
  readonly receipts: () => Iterable<Receipt>
  readonly putReceipt: (receipt: Receipt) => void
  readonly removeReceipt: (place: number) => void
}

interface Work {
  readonly change: (draft: Draft) => unknown
  readonly resolve: (given: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The queued writes: on disk, strictly, and in memory. Works that come while a transaction is under way share the next one, so
 * that 300 writes at once cost a few.
 *
 * ```
 *   change ──► wait for the one before ──► read the counter ──► another worker has written: read all
 *                                              └──► work ──► put ──► on disk ──► memory knows
 * ```
 */
export class OutboxStore {
  readonly #use: UseStore
  /** Undefined: the rules take no records. */
  readonly #receiptOf: ReceiptOf | undefined
  #held: Held = empty()
  /** Undefined: nothing was read yet, or another worker has written since. */
  #revision: number | undefined
  #version = 0
  /** What the last commits of this worker have changed, oldest first, by the version that each has made. */
  readonly #commits: { readonly version: number; readonly touched: Touched }[] = []
  /** From this version on all is known that was changed. */
  #knownSince = 0
  #database = ''
  /** How often another worker has written: what was read before that is not what is there. */
  #rereads = 0
  readonly #waiting: Work[] = []
  #isRunning = false
  #loading: Promise<void> | undefined

  constructor(use: UseStore, receiptOf?: ReceiptOf) {
    this.#use = use
    this.#receiptOf = receiptOf
    // The browser may have deleted it.
    onClose.add(() => this.reread())
  }

  /** What memory knows. It is empty before `load` has settled. */
  get writes(): ReadonlyMap<number, WriteRecord> {
    return this.#held.writes
  }

  get done(): ReadonlyMap<number, DoneRecord> {
    return this.#held.done
  }

  get receipts(): ReadonlyMap<number, Receipt> {
    return this.#held.receipts
  }

  /** How many writes there are, of all users, in which database. */
  get kept(): NonNullable<OutboxCounts['kept']> {
    return { total: this.#held.writes.size, database: this.#database }
  }

  /** Another number whenever memory has changed. */
  get version(): number {
    return this.#version
  }

  /** What has changed in memory since it had a version. Undefined: that is not known, so all of it may have. */
  touchedSince(version: number): Touched | undefined {
    if (version < this.#knownSince) return undefined
    const since = this.#commits.filter((commit) => commit.version > version)
    return {
      places: since.flatMap(({ touched }) => touched.places),
      ids: since.flatMap(({ touched }) => touched.ids),
    }
  }

  /** Memory has changed. @param touched undefined: it was read anew. */
  #noteVersion(touched: Touched | undefined): void {
    this.#version++
    if (touched === undefined) {
      this.#commits.length = 0
      this.#knownSince = this.#version
      return
    }
    this.#commits.push({ version: this.#version, touched })
    if (this.#commits.length > MOST_COMMITS) this.#knownSince = this.#commits.shift()?.version ?? this.#version
  }

  get unreadable(): readonly Unreadable[] {
    return this.#held.unreadable
  }

  /** The server's id for a temporary one. */
  idOf(partition: string, temporary: string): ServerId | undefined {
    return this.#held.ids.get(idKey(partition, temporary))
  }

  /** Undefined: memory knows what is on disk. Rejects where the disk cannot be read. */
  get loaded(): Promise<void> | undefined {
    return this.#revision === undefined ? this.load() : undefined
  }

  load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => (this.#loading = undefined))
    return this.#loading
  }

  /** Another worker has written: memory is read anew when it is next needed. */
  reread(): void {
    this.#rereads++
    this.#revision = undefined
  }

  async #read(): Promise<void> {
    const rereads = this.#rereads
    const { counter, held } = await this.#use('readonly', async (store) => {
      const [counter, held] = await Promise.all([counterIn(store), read(store)])
      return { counter, held }
    })
    // A change of this worker has read it meanwhile.
    if (this.#revision !== undefined) return
    this.#held = held
    this.#noteVersion(undefined)
    if (this.#rereads !== rereads) return this.#read()
    this.#revision = counter.revision
    this.#database = counter.database
  }

  /**
   * Changes the outbox in one transaction. What the work returns is given once it is on disk. Rejects where it cannot be, and
   * then nothing is changed.
   *
   * @param work runs within the transaction, so it may wait for nothing. It may run more than once.
   */
  change<T>(work: (draft: Draft) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ change: work, resolve: resolve as (given: unknown) => void, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  /** The body of a write, whether it lies in its record or beside it; undefined: it has none. */
  async bodyOf({ place, body, size }: WriteRecord): Promise<ArrayBuffer | undefined> {
    if (body !== undefined || size === 0) return body
    const found = await this.#use('readonly', (store) => promisifyRequest<unknown>(store.get(placed(BODY, place))))
    if (!(found instanceof ArrayBuffer)) throw new Error('the body of a queued write is not there')
    return found
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // What comes in the same turn goes together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const works = this.#waiting.splice(0)
      try {
        await this.#commit(works)
      } catch (error) {
        const [only] = works
        // Each of them would wait as long for a disk that hangs.
        if (isStalled(error)) for (const { reject } of works) reject(error)
        else if (works.length === 1) only?.reject(error)
        // One that is too large, or throws, may not take the others with it.
        else for (const work of works) await this.#commit([work]).catch(work.reject)
      }
    }
    this.#isRunning = false
  }

  async #commit(works: readonly Work[]): Promise<void> {
    const { given, made, held, counter } = await this.#use('readwrite', async (store) => {
      const found = await counterIn(store)
      const counter = found.database === '' ? { ...found, database: crypto.randomUUID() } : found
      const held = counter.revision === this.#revision ? this.#held : await read(store)
      const made = new Changes(held, counter, this.#receiptOf)
      const given = works.map(({ change }) => change(made.draft))
      try {
        made.write(store)
        if (!made.isEmpty)
          store.put({ ...counter, next: made.next, revision: counter.revision + 1 } satisfies Counter, NEXT)
      } catch (error) {
        // What was put before would be committed.
        store.transaction.abort()
        throw error
      }
      await promisifyRequest(store.transaction)
      return { given, made, held, counter }
    })
    made.apply(held)
    const isReread = held !== this.#held
    this.#held = held
    this.#noteVersion(isReread ? undefined : made.touched)
    this.#revision = counter.revision + Number(!made.isEmpty)
    if (!made.isEmpty) this.#database = counter.database
    for (const [at, { resolve }] of works.entries()) resolve(given[at])
  }
}

/** Changes that are not on disk yet. */
class Changes {
  next: number
  readonly #held: Held
  readonly #writes = new Map<number, WriteRecord | undefined>()
  readonly #bodies = new Map<number, ArrayBuffer>()
  readonly #done = new Map<number, DoneRecord | undefined>()
  readonly #ids = new Map<string, ServerId>()
  readonly #noted: (readonly [partition: string, temporary: string])[] = []
  readonly #receipts = new Map<number, Receipt | undefined>()
  readonly #receiptOf: ReceiptOf | undefined

  constructor(held: Held, { next }: Counter, receiptOf: ReceiptOf | undefined) {
    this.#held = held
    this.#receiptOf = receiptOf
    // A counter that is lost gives no place twice.
    this.next = Math.max(next, 1 + held.highest)
  }

  get isEmpty(): boolean {
    return this.#writes.size + this.#done.size + this.#ids.size + this.#receipts.size === 0
  }

  get touched(): Touched {
    return { places: [...this.#writes.keys(), ...this.#done.keys()], ids: this.#noted }
  }

  write(store: IDBObjectStore): void {
    for (const [place, write] of this.#writes) {
      if (write !== undefined) store.put(write, placed(WRITE, place))
      else {
        store.delete(placed(WRITE, place))
        store.delete(placed(BODY, place))
      }
    }
    for (const [place, body] of this.#bodies) if (this.#writes.get(place)) store.put(body, placed(BODY, place))
    for (const [kind, records] of [
      [DONE, this.#done],
      [RECEIPT, this.#receipts],
    ] as const)
      for (const [place, record] of records) {
        if (record === undefined) store.delete(placed(kind, place))
        else store.put(record, placed(kind, place))
      }
    for (const [key, id] of this.#ids) store.put(id, key)
  }

  /** Memory knows what is on disk. */
  apply({ writes, done, ids, receipts }: Held): void {
    applyTo(writes, this.#writes)
    applyTo(done, this.#done)
    applyTo(receipts, this.#receipts)
    for (const [key, id] of this.#ids) ids.set(key, id)
  }

  get draft(): Draft {
    const { writes, done, ids, receipts } = this.#held
    const idOf: Draft['idOf'] = (partition, temporary) => {
      const key = idKey(partition, temporary)
      return this.#ids.get(key) ?? ids.get(key)
    }
    return {
      writes: () => merged(writes, this.#writes),
      get: (place) => (this.#writes.has(place) ? this.#writes.get(place) : writes.get(place)),
      takePlace: () => this.next++,
      put: (write, body) => {
        this.#writes.set(write.place, write)
        if (body !== undefined) this.#bodies.set(write.place, body)
      },
      remove: (place) => void this.#writes.set(place, undefined),
      done: () => merged(done, this.#done),
      putDone: (place, record) => void this.#done.set(place, record),
      removeDone: (place) => void this.#done.set(place, undefined),
      idOf,
      noteId: (partition, temporary, id) => {
        this.#ids.set(idKey(partition, temporary), id)
        this.#noted.push([partition, temporary])
      },
      noteEnd: (write, ending) => {
        const receipt = this.#receiptOf?.(write, ending, (each) => idOf(write.partition, each))
        if (receipt !== undefined) this.#receipts.set(write.place, receipt)
      },
      receipts: () => merged(receipts, this.#receipts),
      putReceipt: (receipt) => void this.#receipts.set(receipt.place, receipt),
      removeReceipt: (place) => void this.#receipts.set(place, undefined),
    }
  }
}

/** Records with changes over them. New ones have later places. */
function* merged<R>(held: ReadonlyMap<number, R>, changes: ReadonlyMap<number, R | undefined>): Generator<R> {
  for (const [place, record] of held) {
    const changed = changes.has(place) ? changes.get(place) : record
    if (changed !== undefined) yield changed
  }
  for (const [place, record] of changes) if (record !== undefined && !held.has(place)) yield record
}

function applyTo<R>(held: Map<number, R>, changes: ReadonlyMap<number, R | undefined>): void {
  for (const [place, record] of changes) {
    if (record === undefined) held.delete(place)
    else held.set(place, record)
  }
}

const empty = (): Held => ({
  writes: new Map(),
  done: new Map(),
  ids: new Map(),
  receipts: new Map(),
  unreadable: [],
  highest: 0,
})

async function counterIn(store: IDBObjectStore): Promise<Counter> {
  const found = (await promisifyRequest<unknown>(store.get(NEXT))) as Partial<Counter> | undefined
  const { next, revision, database } = found ?? {}
  return {
    next: typeof next === 'number' ? next : 1,
    revision: typeof revision === 'number' ? revision : 0,
    database: typeof database === 'string' ? database : '',
  }
}

/** All that is on disk, but large bodies. */
async function read(store: IDBObjectStore): Promise<Held> {
  const held = empty()
  const [writeKeys, writes, doneKeys, done, idKeys, ids, receiptKeys, receipts] = await Promise.all([
    promisifyRequest(store.getAllKeys(under(WRITE))),
    promisifyRequest<unknown[]>(store.getAll(under(WRITE))),
    promisifyRequest(store.getAllKeys(under(DONE))),
    promisifyRequest<unknown[]>(store.getAll(under(DONE))),
    promisifyRequest(store.getAllKeys(under(ID))),
    promisifyRequest<unknown[]>(store.getAll(under(ID))),
    promisifyRequest(store.getAllKeys(under(RECEIPT))),
    promisifyRequest<unknown[]>(store.getAll(under(RECEIPT))),
  ])
  for (const [at, key] of writeKeys.entries()) {
    const place = Number(String(key).slice(WRITE.length))
    held.highest = Math.max(held.highest, place)
    const write = parseWrite(writes[at], place)
    if (write === 'unreadable') held.unreadable.push({ place, record: writes[at] })
    else held.writes.set(place, write)
  }
  for (const [at, key] of doneKeys.entries()) {
    const place = Number(String(key).slice(DONE.length))
    held.highest = Math.max(held.highest, place)
    const record = parseDone(done[at], place)
    if (record !== 'unreadable') held.done.set(place, record)
  }
  for (const [at, key] of receiptKeys.entries()) {
    const place = Number(String(key).slice(RECEIPT.length))
    held.highest = Math.max(held.highest, place)
    const receipt = parseReceipt(receipts[at], place)
    if (receipt !== 'unreadable') held.receipts.set(place, receipt)
  }
  for (const [at, key] of idKeys.entries()) {
    const id = parseServerId(ids[at])
    if (id !== 'unreadable') held.ids.set(String(key), id)
  }
  return held
}
