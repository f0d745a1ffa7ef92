import type { Refusal } from './admission.ts'
import type { Actor } from './every-order.fixture.ts'
import { requestHead, responseHead } from './heads.fixture.ts'
import type { Target } from './invalidation.ts'
import { entryKey, partitionName } from './key.ts'
import {
  type Flight,
  type Known,
  type KnownRow,
  ModelStore,
  ModelWorker,
  type Transaction,
} from './model-worker.fixture.ts'
import { type Plan, plan } from './plan.ts'
import type { Row } from './row.ts'
import { sequence, UNDER_WAY } from './sequence.ts'
import { settle, type Settlement } from './settle.ts'
import { STORED_AT, storedRow } from './stored-row.fixture.ts'
import type { Windows } from './timeline.ts'
import { seconds } from './units.ts'
import { settleWrite } from './write.ts'

export interface Options {
  /** Others may act before the store has done what it was asked. */
  readonly isSlow?: boolean
  readonly windows?: Windows
  /** The store already has an answer to Ada. */
  readonly isStored?: boolean
}

/** The outcome of a write: its status, or a network failure; and whether the origin has changed the data. */
interface Outcome {
  readonly status: number | 'failure'
  readonly isDone: boolean
}

/** An event that a test expects to occur in at least one order. */
export type Event = 'served' | 'confirmed' | 'joined' | 'stored' | 'not shown' | 'not asked' | `refused: ${Refusal}`

/** The true facts about a write. */
interface Written {
  readonly worker: ModelWorker
  /** The write changes the resource that the pages read. */
  readonly isOfThis: boolean
  readonly intent: Transaction<void>
  /** The step in which the outcome was known; undefined: the write is under way. */
  endedAt: number | undefined
  isReached: boolean
}

/** The stored data of one user, or of all users, has been removed. */
interface Ending {
  readonly user: string | undefined
  readonly endedAt: number
  readonly transaction: Transaction<void>
}

const RESOURCE = { url: 'https://shop.example/api/products', tags: ['products'] }
const TARGETS: readonly Target[] = [`url ${RESOURCE.url}`, 'tag products']
const ELSEWHERE: readonly Target[] = ['tag units']
const REQUEST = requestHead({}, { url: RESOURCE.url })
/** Newer than every possible row. */
const LATEST = { ...RESOURCE, sequence: sequence(2 ** 22 - 1, 2 ** 31 - 1) }

const FRESH: Windows = { fresh: seconds(60), stale: seconds(0), offline: seconds(0), trust: 'rule' }
/** Served at once and validated in the background. */
export const STALE: Windows = { ...FRESH, fresh: seconds(0), stale: seconds(60) }

const PARTITIONS: Readonly<Record<string, string>> = {
  ada: partitionName('user', 'ada'),
  grace: partitionName('user', 'grace'),
}
const KEYS = new Map(
  Object.values(PARTITIONS).map((partition) => [
    partition,
    entryKey({ partition, request: REQUEST, url: RESOURCE.url, credentials: 'include', keyHeaders: [] }),
  ]),
)
const partitionOf = (user: string): string => PARTITIONS[user] ?? ''
const keyOf = (partition: string): string => KEYS.get(partition) ?? ''

const isServed = ({ kind }: Plan): boolean => kind === 'serve' || kind === 'serve-then-validate'

/** Runs the actors one after the other. */
export function* inTurn(...actors: readonly Actor[]): Actor {
  for (const actor of actors) yield* actor
}

/**
 * One resource, its origin, the users whose pages read and write it, a store, and the workers in between.
 *
 * The world judges by the order of the steps alone. It uses no sequence, epoch or mark.
 */
export class World {
  readonly #store: ModelStore
  readonly #windows: Windows
  /** The worker that answers. */
  #worker: ModelWorker
  readonly #workers: ModelWorker[] = []
  readonly #origin: { version: number; user: string | undefined } = { version: 1, user: 'ada' }
  /** The user at the page. */
  #user: string | undefined = 'ada'
  /** Steps so far. */
  #now = 0
  /** The newest version whose write has been answered to a page. */
  #answered = 0
  #writes: Written[] = []
  #endings: Ending[] = []
  /** The stored rows one step before. */
  #before = new Map<string, KnownRow>()
  #seen: Set<Event> = new Set()

  constructor(seen: Set<Event>, { isSlow = false, windows = FRESH, isStored = false }: Options = {}) {
    this.#store = new ModelStore(isSlow)
    this.#windows = windows
    this.#worker = this.#newWorker()
    this.#worker.begin()
    this.#store.runAll()
    if (isStored) this.#play(this.read())
    this.#seen = seen
  }

  /** A page reads. */
  *read(user = 'ada'): Actor {
    yield () => this.#worker.isAlive && this.#user === user
    const worker = this.#worker
    worker.events++
    yield* this.#read(worker, user)
    worker.events--
  }

  *#read(worker: ModelWorker, user: string): Actor {
    const partition = partitionOf(user)
    const begunAt = this.#now
    const answered = this.#answered
    const life = worker.generation(partition)
    const show = (known: Known): void => {
      if (worker.generation(partition) !== life) return this.#note('not shown')
      if (known.version < answered) throw new Error('I1: shown, though older than a write that the page had heard of')
      this.#mayShow(known, user, begunAt)
    }
    const found = worker.find(keyOf(partition))
    if (!found.isDone) yield worker.when(() => found.isDone)
    const planned = this.#plan(worker, found.result)
    const isAnswered = isServed(planned)
    if (isAnswered) {
      const row = (planned as Plan & { row: KnownRow }).row
      this.#note('served')
      this.#mayServe(row)
      show(row)
    }
    if (planned.kind === 'serve') return
    const flight = this.#toJoin(worker, keyOf(partition))
    if (flight !== undefined) {
      yield worker.when(() => flight.hasEnded)
      if (flight.shared !== undefined) {
        this.#note('joined')
        if (!isAnswered) show(flight.shared)
        return
      }
    }
    // The user has signed out: the cookie now belongs to the next user, so the request must not be sent.
    if (worker.generation(partition) !== life) return this.#note('not asked')
    yield* this.#fetch(worker, partition, planned, isAnswered ? () => undefined : show)
  }

  *#fetch(worker: ModelWorker, partition: string, planned: Plan, show: (known: Known) => void): Actor {
    const key = keyOf(partition)
    const ticket = worker.ticket(partition)
    const askedAt = this.#now
    const after = worker.invalidations.covering(RESOURCE)
    const flight: Flight = { after, shared: undefined, isStoring: false, hasEnded: false }
    worker.flights.set(key, flight)
    const asked = planned.kind === 'validate' || planned.kind === 'serve-then-validate' ? planned.row : undefined
    // On its way to the origin.
    yield undefined
    const { version, user } = this.#origin
    const known = { version, of: user ?? 'nobody', askedAt }
    const etag = etagOf(known)
    const status = user === undefined ? 401 : asked?.fields.get('etag') === etag ? 304 : 200
    // On its way back.
    yield worker.when()
    flight.isStoring = true
    const outcome = { kind: 'response', head: responseHead(status, { etag }) } as const
    const settlement = settle({ plan: planned, request: REQUEST, expects: undefined, outcome, unasked: false })
    if (settlement.kind === 'refresh') this.#note('confirmed')
    // A 401 contains no user's data.
    if (status !== 401) show(known)
    if (worker.placeOf(ticket) === undefined) yield worker.when(() => worker.placeOf(ticket) !== undefined)
    const row = rowOf(settlement, { key, partition, ...worker.placeOf(ticket) }, known)
    if (row !== undefined) {
      const committed = worker.commit(row)
      if (!committed.isDone) yield worker.when(() => committed.isDone)
      if (committed.result === undefined) flight.shared = row
      this.#note(committed.result === undefined ? 'stored' : `refused: ${committed.result}`)
    }
    flight.hasEnded = true
    if (worker.flights.get(key) === flight) worker.flights.delete(key)
  }

  /** A page writes. */
  *write(name = 'write', { status, isDone }: Outcome = { status: 200, isDone: true }): Actor {
    yield () => this.#worker.isAlive
    const worker = this.#worker
    worker.events++
    const { intent, written } = this.#announce(worker, name, TARGETS)
    if (!intent.isDone) yield worker.when(() => intent.isDone)
    // On its way to the origin.
    yield undefined
    if (isDone) this.#origin.version++
    const { version } = this.#origin
    // On its way back.
    yield worker.when()
    if (worker.begin().meta === undefined) yield worker.when(() => worker.begin().meta !== undefined)
    written.isReached = settleWrite(status) !== 'nothing'
    written.endedAt = this.#now
    const ended = worker.end(name, written.isReached ? TARGETS : [])
    if (isDone) this.#answered = Math.max(this.#answered, version)
    if (!ended.isDone) yield worker.when(() => ended.isDone)
    worker.events--
  }

  /** A page invalidates this resource, or another one. */
  *invalidate(name = 'invalidation', targets = TARGETS): Actor {
    yield () => this.#worker.isAlive
    const worker = this.#worker
    worker.events++
    const { written } = this.#announce(worker, name, targets)
    if (worker.begin().meta === undefined) yield worker.when(() => worker.begin().meta !== undefined)
    written.endedAt = this.#now
    const ended = worker.end(name, targets)
    if (!ended.isDone) yield worker.when(() => ended.isDone)
    worker.events--
  }

  invalidateElsewhere(): Actor {
    return this.invalidate('elsewhere', ELSEWHERE)
  }

  /** Ada signs out. Later a user signs in. */
  *change(next: string): Actor {
    yield () => this.#worker.isAlive
    const worker = this.#worker
    worker.events++
    // The origin has ended the session; its answer is on its way back.
    this.#origin.user = undefined
    yield worker.when()
    this.#user = undefined
    const transaction = worker.endPartition(partitionOf('ada'))
    this.#endings.push({ user: 'ada', endedAt: this.#now, transaction })
    if (!transaction.isDone) yield worker.when(() => transaction.isDone)
    worker.events--
    yield undefined
    this.#origin.user = this.#user = next
  }

  /** The page removes everything that is stored. */
  *forgetAll(): Actor {
    yield () => this.#worker.isAlive
    const worker = this.#worker
    worker.events++
    const transaction = worker.removeAll()
    this.#endings.push({ user: undefined, endedAt: this.#now, transaction })
    if (!transaction.isDone) yield worker.when(() => transaction.isDone)
    worker.events--
  }

  /** The worker forgets old invalidations. */
  *tidy(): Actor {
    yield () => this.#worker.isAlive
    const worker = this.#worker
    worker.events++
    for (const work of [() => worker.erase(), () => worker.tidy()]) {
      const transaction = work()
      if (!transaction.isDone) yield worker.when(() => transaction.isDone)
    }
    worker.events--
  }

  /** The store loses everything. */
  *lose(): Actor {
    yield undefined
    this.#store.lose()
  }

  /** The browser stops the worker at any point. The next event starts another worker. */
  *restart(): Actor {
    yield undefined
    const worker = this.#worker
    worker.isAlive = false
    this.#store.abort(worker)
    // An announced write may have been sent, so it counts as done. Any other write was never sent.
    this.#writes = this.#writes.filter(({ intent, endedAt }) => intent.isDone || endedAt !== undefined)
    for (const written of this.#writes) written.endedAt ??= this.#now
    this.#endings = this.#endings.filter(({ transaction }) => transaction.isDone)
    this.#worker = this.#newWorker()
  }

  /**
   * The browser installs a newer worker beside the active one. The newer one takes over when the active one is idle.
   *
   * @param isBusy the newer worker writes to the store at once.
   */
  *update({ isBusy = false } = {}): Actor {
    yield undefined
    const newer = this.#newWorker()
    newer.load()
    if (!isBusy) yield undefined
    newer.begin()
    yield () => this.#worker.events === 0
    this.#worker.isAlive = false
    newer.reread()
    this.#worker = newer
  }

  /** A slow store runs the pending transactions. */
  *disk(): Actor {
    for (;;) {
      yield () => this.#store.isBusy
      this.#store.runAll()
    }
  }

  /** Checks the invariants after each step, for each stored row and for the next read. */
  check(): void {
    for (const [key, row] of this.#store.rows) {
      const before = this.#before.get(key)
      if (before !== undefined && row.askedAt < before.askedAt) {
        throw new Error('I2: an answer to an earlier request has replaced one to a later request')
      }
      if (partitionOf(row.of) !== row.partition) throw new Error('I3: stored as the data of another user')
      const isServed = this.#isServed(row)
      for (const { transaction, user, endedAt } of this.#endings) {
        if ((user !== undefined && user !== row.of) || row.askedAt > endedAt) continue
        // The bytes are deleted later. Until then a mark on disk keeps every worker from serving them.
        if (transaction.isDone && !this.#store.isRemoved(row))
          throw new Error('I3: stored, though requested before its user signed out')
        if (user !== undefined && isServed) throw new Error('I3: served, though requested before its user signed out')
      }
      if (isServed) this.#mayServe(row)
    }
    for (const { worker, isOfThis, endedAt } of this.#writes) {
      if (endedAt === undefined && isOfThis && !worker.isInvalidated(LATEST)) {
        throw new Error('I2: a write is under way, and its worker would serve what it covers')
      }
    }
    this.#before = new Map(this.#store.rows)
    this.#now++
  }

  /** At the end no page waits for an answer, and the next read is served from store. */
  end(): void {
    if (this.#worker.events > 0) throw new Error('a page waits for ever')
    this.#store.runAll()
    this.#seen = new Set()
    const user = this.#user
    if (user === undefined) return
    const isKept = (): boolean => {
      const row = this.#store.rows.get(keyOf(partitionOf(user)))
      return row !== undefined && this.#isServed(row)
    }
    // A worker that has not read the marks of others may take its first answer for older than those.
    for (let reads = 0; reads < 2 && !isKept(); reads++) this.#play(this.read(user))
    this.check()
    if (!isKept()) throw new Error('the answer that was read is not served to the next read')
  }

  #newWorker(): ModelWorker {
    const worker = new ModelWorker(this.#store, (by) => {
      for (const other of this.#workers) if (other !== by) other.reread()
    })
    this.#workers.push(worker)
    return worker
  }

  #announce(
    worker: ModelWorker,
    name: string,
    targets: readonly Target[],
  ): { readonly intent: Transaction<void>; readonly written: Written } {
    const intent = worker.intend(name, targets)
    const written: Written = { worker, isOfThis: targets === TARGETS, intent, endedAt: undefined, isReached: true }
    this.#writes.push(written)
    return { intent, written }
  }

  #play(actor: Actor): void {
    while (actor.next().done !== true) this.#store.runAll()
  }

  #plan(worker: ModelWorker, row: KnownRow | undefined): Plan {
    const invalidated = row !== undefined && worker.isInvalidated(row)
    return plan({
      request: REQUEST,
      rule: this.#windows,
      row,
      variants: [],
      partial: false,
      invalidated,
      doubted: false,
      reloaded: false,
      now: STORED_AT,
    })
  }

  #toJoin(worker: ModelWorker, key: string): Flight | undefined {
    const flight = worker.flights.get(key)
    if (flight === undefined || flight.isStoring) return undefined
    const after = worker.invalidations.covering(RESOURCE)
    return flight.after === after && after !== UNDER_WAY ? flight : undefined
  }

  #note(event: Event): void {
    this.#seen.add(event)
  }

  /** Whether a read that begins now would be answered with the row. */
  #isServed(row: KnownRow): boolean {
    return this.#worker.look(row.key) === row && isServed(this.#plan(this.#worker, row))
  }

  /** Throws unless the row may be served now. */
  #mayServe(row: KnownRow): void {
    if (row.version < this.#answered) throw new Error('I1: served, though older than a write that was answered')
    for (const { isOfThis, endedAt, isReached } of this.#writes) {
      if (!isOfThis) continue
      if (endedAt === undefined) throw new Error('I2: served while a write that covers it is under way')
      if (isReached && row.askedAt <= endedAt) throw new Error('I2: served, though asked for before a write had ended')
    }
  }

  #mayShow({ of }: Known, user: string, begunAt: number): void {
    if (of !== user) throw new Error('I3: shown to another user')
    if (this.#endings.some((ending) => ending.user === user && begunAt <= ending.endedAt)) {
      throw new Error('I3: shown after its user had left')
    }
  }
}

const etagOf = ({ version, of }: Known): string => `"${version} ${of}"`

/** The row that a settlement stores, if any. */
function rowOf(settlement: Settlement, place: Partial<Row>, known: Known): KnownRow | undefined {
  switch (settlement.kind) {
    case 'store':
      return { ...storedRow({ etag: etagOf(known) }, { ...RESOURCE, ...place }), ...known }
    case 'refresh':
      return { ...settlement.row, ...place, ...known }
    case 'keep':
    case 'drop':
    case 'update':
    case 'outdate':
    case 'stand-in':
    case 'refetch':
    case 'refuse':
    case 'fail':
      return undefined
  }
}
