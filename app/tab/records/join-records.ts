import type { EntityOf } from '../../../config/language/entities.ts'
import { recordsLockOf } from '../../../config/names.ts'
import { expectArgument } from '../arguments.ts'
import type { Freshlayer } from '../freshlayer.ts'
import { joinedTo, type PendingRecords } from '../joined-records.ts'
import { attempt } from '../report.ts'
import type { RecordAdapter } from './adapter.ts'
import { bounded } from './bounded.ts'
import { HandedRecords } from './handed-records.ts'
import { entitiesOf, type RecordRules, waysOf } from './record-urls.ts'
import type { HandOver, RecordsState } from './records-state.ts'
import { Round } from './round.ts'

export interface JoinOptions<C extends RecordRules> {
  /** The rules of the worker, or the part of them with its writes. Those of an entity say how its records are sent. */
  readonly rules: C
  readonly adapter: RecordAdapter<EntityOf<C>>
  /**
   * The entities that the store has, those first that others refer to. Default: all that queued writes name, in the order of the rules.
   */
  readonly entities?: readonly EntityOf<C>[]
  /**
   * Makes the requests, where they carry something of the app's own, such as a token. It hands `init.headers` on. Default: `fetch`.
   * @example (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: token() } })
   */
  readonly fetch?: HandOver
  /** What tells this store from another one of the same app. Default: 'records'. */
  readonly name?: string
}

/** The records of a local store, as they are sent. */
export interface Records<Entity extends string = string> {
  readonly state: RecordsState
  /** Calls back at each change of state. Returns the way out. */
  onState(listener: (state: RecordsState) => void): () => void
  /** A record was made or changed. Settles once the store has it as dirty; sending it goes on behind. */
  markDirty(entity: Entity, id: string | number): Promise<void>
  /** A record was deleted. The store keeps it, as deleted, until it is acknowledged. */
  markDeleted(entity: Entity, id: string | number): Promise<void>
  /** How many records the store has that are dirty, deleted ones among them. Default: of all entities. */
  getDirtyRecordsCount(entity?: Entity): Promise<number>
  /** Looks for dirty records now, and settles when all that can be handed over is. Never rejects. */
  send(): Promise<void>
  /** Sends no more. What the worker has goes on. */
  close(): void
}

/** Records that come one after the other are one round. Milliseconds. */
const GATHER_MS = 50
/** A round that has failed is made again after so long; twice as long each time. Milliseconds. */
const FIRST_REST_MS = 1000
const LONGEST_REST_MS = 60_000
/** A store is counted in pages of so many records. */
const COUNTED_AT_ONCE = 1000

/**
 * Joins a local store: its dirty records are sent as the queued writes of their entities, by the worker, and the store hears what has
 * become of each. Call it once the user is known, and again after another one has signed in: what is dirty is sent as the user of the
 * page. Needs `outbox: { records: true }` in the rules.
 *
 * @throws TypeError where an argument is wrong, or an entity has no queued write.
 * @example const records = joinRecords(connect(), { rules, adapter })
 */
export function joinRecords<const C extends RecordRules>(
  layer: Freshlayer,
  options: JoinOptions<C>,
): Records<EntityOf<C>> {
  const { entities = entitiesOf(options.rules), ...others } = options
  return new JoinedRecords<EntityOf<C>>(layer, { ...others, entities })
}

class JoinedRecords<Entity extends string> implements Records<Entity> {
  state: RecordsState = {
    state: 'idle',
    handedOver: 0,
    stuck: 0,
    acknowledged: 0,
    lastSyncedAt: undefined,
    lastError: undefined,
  }
  readonly #layer: Freshlayer
  readonly #adapter: RecordAdapter<Entity>
  readonly #entities: readonly Entity[]
  readonly #lock: string
  readonly #handed: HandedRecords
  readonly #round: Round<Entity>
  readonly #listeners = new Set<(state: RecordsState) => void>()
  readonly #leave: (() => void)[] = []
  readonly #abort = new AbortController()
  #isWanted = false
  #running: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Rounds that have failed one after the other. */
  #failures = 0

  constructor(
    layer: Freshlayer,
    {
      rules,
      adapter,
      entities,
      fetch: send = (url, init) => fetch(url, init),
      name = 'records',
    }: JoinOptions<RecordRules> & {
      readonly adapter: RecordAdapter<Entity>
      readonly entities: readonly Entity[]
    },
  ) {
    const ways = waysOf(rules)
    expectArgument(
      typeof layer?.on === 'function' &&
        [adapter?.listDirty, adapter?.read, adapter?.acknowledge, adapter?.apply].every(
          (each) => typeof each === 'function',
        ),
      'joinRecords',
      'the layer that connect() gives, and { rules, adapter } whose adapter has listDirty, read, acknowledge and apply',
    )
    expectArgument(
      entities.length > 0 && entities.every((entity) => ways.has(entity)),
      'joinRecords',
      "rules with writes of `offline: 'queue'` and `entity` for each entity of the store",
    )
    this.#layer = layer
    this.#adapter = bounded(adapter)
    this.#entities = entities
    this.#lock = recordsLockOf(name)
    const isOpen = (): boolean => this.state.state !== 'closed'
    this.#handed = new HandedRecords(isOpen)
    this.#round = new Round<Entity>({
      adapter: this.#adapter,
      entities,
      ways,
      send,
      handed: this.#handed,
      isOpen,
      mayHandOver: () => layer.state.controlled,
      onProgress: (progress) => this.#set(progress),
      onTaken: () => this.#wake(),
      onOther: () => this.close(),
      onAcknowledged: (atMs) =>
        this.#set({
          acknowledged: this.state.acknowledged + 1,
          lastSyncedAt: Math.max(atMs, this.state.lastSyncedAt ?? 0),
        }),
    })
    joinedTo(layer).add(this.#count)
    this.#listen()
    this.#wake()
  }

  onState(listener: (state: RecordsState) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  markDirty(entity: Entity, id: string | number): Promise<void> {
    return this.#mark('markDirty', entity, id, 'dirty')
  }

  markDeleted(entity: Entity, id: string | number): Promise<void> {
    return this.#mark('markDeleted', entity, id, 'deleted')
  }

  async getDirtyRecordsCount(entity?: Entity): Promise<number> {
    if (entity !== undefined) this.#expectEntity('getDirtyRecordsCount', entity)
    const counts = await Promise.all(
      (entity === undefined ? this.#entities : [entity]).map((each) => this.#countOf(each)),
    )
    return counts.reduce((sum, { dirty, deleted }) => sum + dirty + deleted, 0)
  }

  send(): Promise<void> {
    if (this.state.state === 'closed') return Promise.resolve()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isWanted = true
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
    return this.#running
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#abort.abort()
    for (const leave of this.#leave.splice(0)) leave()
    joinedTo(this.#layer).delete(this.#count)
    this.#set({ state: 'closed' })
  }

  async #mark(method: string, entity: Entity, id: string | number, as: 'dirty' | 'deleted'): Promise<void> {
    this.#expectEntity(method, entity)
    expectArgument(/^(?:string|number)$/.test(typeof id) && id !== '', method, 'an entity of the rules, and an id')
    await this.#adapter.mark?.(entity, String(id), as)
    this.#round.look(entity, String(id))
    this.#wake()
  }

  #expectEntity(method: string, entity: Entity): void {
    expectArgument(this.#entities.includes(entity), method, `one of the entities ${this.#entities.join(', ')}`)
  }

  readonly #count = async (): Promise<Record<string, PendingRecords>> =>
    Object.fromEntries(
      await Promise.all(this.#entities.map(async (entity) => [entity, await this.#countOf(entity)] as const)),
    )

  async #countOf(entity: Entity): Promise<PendingRecords> {
    let [dirty, deleted] = [0, 0]
    for (let after: string | undefined; ;) {
      const page = await this.#adapter.listDirty(entity, { after, limit: COUNTED_AT_ONCE })
      for (const { isDeleted } of page) {
        if (isDeleted === true) deleted++
        else dirty++
      }
      if (page.length < COUNTED_AT_ONCE) return { dirty, deleted }
      after = page.at(-1)?.id
    }
  }

  #listen(): void {
    const { signal } = this.#abort
    this.#leave.push(
      this.#layer.on('outbox', ({ end, write: { state } }) => {
        if (end !== undefined || state === 'needs-you' || state === 'dead') this.#wake()
      }),
      this.#layer.on('state', ({ controlled }) => controlled && this.state.state === 'no-worker' && this.#wake()),
      // What is dirty is of the user who is gone (I3).
      this.#layer.on('change', ({ cause }) => cause === 'sign-out' && this.close()),
    )
    const look = (): void => void (document.hidden || this.#wake())
    document.addEventListener('visibilitychange', look, { signal })
    addEventListener('pageshow', look, { signal })
    addEventListener('online', look, { signal })
  }

  #wake(inMs = GATHER_MS): void {
    if (this.state.state === 'closed') return
    this.#timer ??= setTimeout(() => void this.send(), inMs)
  }

  async #run(): Promise<void> {
    while (this.#isWanted && this.state.state !== 'closed') {
      this.#isWanted = false
      await this.#underLock(() => this.#round.make())
    }
    const { state, lastError } = this.state
    if (state === 'closed') return
    this.#failures = lastError === undefined ? 0 : this.#failures + 1
    if (this.#failures === 0) return
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (this.#failures - 1))
    // Tabs that have failed together do not try again together.
    this.#wake(restMs * (0.5 + Math.random() / 2))
  }

  /** One tab at a time works on the store. */
  async #underLock(work: () => Promise<void>): Promise<void> {
    const { locks } = navigator as { readonly locks?: LockManager }
    const { signal } = this.#abort
    await (locks === undefined ? work() : locks.request(this.#lock, { signal }, work)).catch((error: unknown) => {
      if (!signal.aborted) this.#set({ state: 'failed', lastError: { error, why: 'the round has failed' } })
    })
  }

  #set(changed: Partial<RecordsState>): void {
    if (this.state.state === 'closed') return
    const names = Object.keys(changed) as (keyof RecordsState)[]
    if (names.every((name) => changed[name] === this.state[name])) return
    this.state = { ...this.state, ...changed }
    for (const listener of this.#listeners) attempt(() => listener(this.state))
  }
}
