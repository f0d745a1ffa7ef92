import { Router } from 'workbox-routing'
import type { KillRule, Rules } from '../../config/language/index.ts'
import { cacheDatabaseOf, COLLECTIONS_STORE } from '../../config/names.ts'
import { CacheError, storeUnavailable } from '../core/cache-error.ts'
import { Channel } from './channel.ts'
import { now, STORE_LIMIT_MS, timeout } from '../fetch/clock.ts'
import { killedAnswer, NO_LOG } from './killed-answers.ts'
import { type Parts, start } from './main.ts'
import type { Answering } from './messages/answering.ts'
import type { Precache } from './lifecycle/precache.ts'
import { passThrough } from './lifecycle/navigation.ts'
import { KILL } from './store/records.ts'
import { deleteCaches, unregister } from './removal.ts'
import { report } from './report.ts'
import { scope, worker } from './scope.ts'
import { clearCollections } from './store/clear-collections.ts'
import { openStore, promisifyRequest, type UseStore } from './store/database.ts'

/** So long does what the origin said hold. */
const HOLDS_MS = 3_600_000
/** So long may the origin take to say it: a worker is not kept alive for more. */
const ASK_LIMIT_MS = 10_000

/** What the origin said when it was last asked. The one record that outlives a kill. */
interface KillRecord {
  readonly kind: 'kill'
  readonly killed: boolean
  readonly checkedAtMs: number
}

/** Starts the layer in this worker so that the origin can switch it off (I10), where the rules name a file to ask. */
export function startKillable(rules: Rules, parts: Parts): void {
  start(rules, rules.kill === undefined ? parts : new Switch(rules.kill, parts).parts)
}

/** How the router would answer a request. */
interface Way {
  readonly handle: () => Promise<Response> | undefined
  readonly isMatched: () => boolean
}

/**
 * Asks the origin now and then whether the layer must go, and makes it go.
 *
 * A kill is final for this worker: what is in memory, in the air or waiting for a timer belongs to the time before it. A
 * later check may end the kill for the workers after it. While it lasts no new worker is installed, so that a page which
 * registers one again stays without.
 */
class Switch {
  readonly parts: Parts
  readonly #rule: KillRule
  readonly #isGuest: boolean
  readonly #store = openStore(cacheDatabaseOf(scope()), 'relaxed')
  readonly #channel = new Channel()
  /** Undefined until the record has been read. */
  #killed: boolean | undefined
  #checkedAtMs = 0
  #isChecking = false
  /** A kill found on disk may have been cut short by the browser. */
  #isFinished = false
  #reading: Promise<void> | undefined
  /** What waits for the record, which is sooner than the network, waits for this: once, and not for long. */
  readonly #awaited: Promise<unknown>
  #admission: Promise<void> | undefined

  constructor(rule: KillRule, parts: Parts) {
    this.#rule = rule
    this.#isGuest = parts.reportConflicts !== undefined
    this.parts = {
      ...parts,
      files: parts.files && this.#filesOf(parts.files),
      database: this.#storeOf(this.#store),
      rowsDatabase: this.#storeOf(openStore(cacheDatabaseOf(scope()), 'relaxed', COLLECTIONS_STORE)),
      channel: this.#channel,
      router: new Gate(
        (event, way) => this.#answer(event, way),
        () => this.#killed === true,
      ),
      before: (answer) => this.#before(parts.before?.(answer) ?? answer),
    }
    if (!this.#isGuest) worker.addEventListener('install', (event) => event.waitUntil(this.#admit()))
    // Another worker of the same origin may have been told first.
    this.#channel.onOthersChange(() => void this.#read().catch(() => undefined))
    this.#awaited = timeout(STORE_LIMIT_MS, this.#known(), undefined).catch(() => undefined)
  }

  /** Open as long as there is no kill. */
  #storeOf(store: UseStore): UseStore {
    return (mode, callback) =>
      store(mode, (records) => {
        if (this.#killed === true)
          throw new CacheError(storeUnavailable, { database: cacheDatabaseOf(scope()), why: KILLED })
        return callback(records)
      })
  }

  /** There as long as there is no kill; a page load that is under way would make their cache anew. */
  #filesOf(files: Precache): Precache {
    return {
      ...files,
      install: () => this.#admit().then(() => files.install()),
      // One that waited may have been told nothing.
      activate: async () => {
        await timeout(STORE_LIMIT_MS, this.#read(), undefined).catch(() => undefined)
        if (this.#killed !== true) await files.activate()
      },
      tidy: () => (this.#killed === true ? Promise.resolve() : files.tidy()),
      match: (url) => (this.#killed === true ? Promise.resolve(undefined) : files.match(url)),
    }
  }

  #answer(event: FetchEvent, way: Way): Promise<Response> | undefined {
    const answer = this.#killed === undefined ? this.#late(event, way) : this.#killed ? undefined : way.handle()
    if (this.#killed === undefined || this.#isDue() || (this.#killed && !this.#isFinished)) {
      const look = (): Promise<void> => this.#look()
      event.waitUntil(answer?.then(look, look) ?? look())
    }
    return answer
  }

  #before(answer: Answering): Answering {
    return async (question, clientId) => {
      if (this.#killed === undefined) await this.#awaited
      if (this.#killed !== true) return answer(question, clientId)
      void this.#look()
      return killedAnswer(question, clientId)
    }
  }

  /** An answer while it is not known whether there may be one: only to what would have one, and only then. */
  #late(event: FetchEvent, { handle, isMatched }: Way): Promise<Response> | undefined {
    if (!isMatched()) return undefined
    return this.#awaited.then(() => {
      // A write is announced to other reads even where nothing can be told (I1); a read is safe with the network.
      const mayAnswer =
        this.#killed === false || (this.#killed === undefined && !/^(GET|HEAD)$/.test(event.request.method))
      return (mayAnswer ? handle() : undefined) ?? passThrough(event)
    })
  }

  /** What is left to do when an answer is out of the way. */
  async #look(): Promise<void> {
    try {
      // Where records cannot be read the origin is asked all the same.
      await this.#known().catch(() => undefined)
      if (this.#killed === true && !this.#isFinished) await this.#finish()
      if (this.#isDue()) await this.#check()
    } catch (error) {
      report('kill: what the origin says could not be followed, and is asked again', error)
    }
  }

  /** A clock set back makes it due as well. */
  #isDue(): boolean {
    return !this.#isChecking && Math.abs(now() - this.#checkedAtMs) > HOLDS_MS
  }

  async #check(): Promise<void> {
    this.#isChecking = true
    try {
      const said = await ask(this.#rule)
      // Counted when it failed as well: no worker asks more often for it (I11).
      this.#checkedAtMs = now()
      if (said === true && this.#killed !== true) return await this.#kill()
      await this.#record(said ?? this.#killed === true)
    } finally {
      this.#isChecking = false
    }
  }

  async #kill(): Promise<void> {
    report('kill: the origin has switched the layer off; requests go to the network', this.#rule.url)
    // From here on no request is answered, and nothing that is still in the air reaches the database.
    this.#killed = true
    try {
      // Strict: this must survive what may lose the rest.
      await openStore(cacheDatabaseOf(scope()), 'strict')('readwrite', (store) => {
        store.clear()
        store.put({ kind: 'kill', killed: true, checkedAtMs: this.#checkedAtMs } satisfies KillRecord, KILL)
        return promisifyRequest(store.transaction)
      })
    } catch (error) {
      report('kill: the records could not be deleted', error)
    }
    this.#channel.announce({ say: 'reset', logId: NO_LOG })
    await this.#finish()
  }

  /** Deletes the rows of collections, some at a time: many of them are no reason to answer pages for longer. */
  async #clearRows(): Promise<void> {
    const rows = openStore(cacheDatabaseOf(scope()), 'relaxed', COLLECTIONS_STORE)
    await clearCollections(rows).catch((error: unknown) =>
      report('kill: the rows of collections could not be deleted', error),
    )
  }

  /** Deletes the caches and unregisters; doing so twice does no harm. */
  async #finish(): Promise<void> {
    this.#isFinished = true
    await this.#clearRows()
    await deleteCaches()
    // What else the worker does goes on; the layer does nothing any more.
    if (!this.#isGuest) await unregister()
  }

  /** Keeps a new worker from being installed while a kill lasts. One that no longer holds is asked for again. */
  #admit(): Promise<void> {
    this.#admission ??= this.#known()
      .catch(() => undefined)
      .then(async () => {
        if (this.#killed !== true) return
        if (this.#isDue()) {
          const said = await ask(this.#rule)
          this.#checkedAtMs = now()
          await this.#record(said !== false)
          if (said === false) return void (this.#killed = false)
        }
        await deleteCaches()
        throw new Error(KILLED)
      })
    return this.#admission
  }

  #known(): Promise<void> {
    this.#reading ??= this.#read().catch((error: unknown) => {
      this.#reading = undefined
      throw error
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const record = parseRecord(await this.#store('readonly', (store) => promisifyRequest<unknown>(store.get(KILL))))
    if (this.#killed === true) return
    this.#checkedAtMs = record?.checkedAtMs ?? 0
    this.#killed = record?.killed === true
  }

  #record(killed: boolean): Promise<void> {
    const record: KillRecord = { kind: 'kill', killed, checkedAtMs: this.#checkedAtMs }
    return this.#store('readwrite', (store) => {
      store.put(record, KILL)
      return promisifyRequest(store.transaction)
    })
  }
}

/** A router that asks before it answers. */
class Gate extends Router {
  readonly #answer: (event: FetchEvent, way: Way) => Promise<Response> | undefined
  readonly #isKilled: () => boolean

  constructor(answer: (event: FetchEvent, way: Way) => Promise<Response> | undefined, isKilled: () => boolean) {
    super()
    this.#answer = answer
    this.#isKilled = isKilled
  }

  /** Nothing has a route once the layer is killed: what has none is not even held up. */
  override findMatchingRoute(
    options: Parameters<Router['findMatchingRoute']>[0],
  ): ReturnType<Router['findMatchingRoute']> {
    return this.#isKilled() ? {} : super.findMatchingRoute(options)
  }

  override handleRequest(options: Parameters<Router['handleRequest']>[0]): Promise<Response> | undefined {
    const { request, event } = options
    const url = new URL(request.url)
    const sameOrigin = url.origin === worker.location.origin
    return this.#answer(event as FetchEvent, {
      handle: () => super.handleRequest(options),
      isMatched: () => this.findMatchingRoute({ url, sameOrigin, request, event }).route !== undefined,
    })
  }
}

const KILLED = 'the origin has switched the layer off'

/** Whether the origin says that the layer must go; undefined when it says neither. Never throws. */
async function ask({ url, gone }: KillRule): Promise<boolean | undefined> {
  try {
    const response = await fetch(url, {
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(ASK_LIMIT_MS),
    })
    const { status } = response
    if (status === 404 || status === 410) return gone
    if (status !== 200) return undefined
    const said: unknown = await response.json()
    return typeof said === 'object' && said !== null && 'kill' in said && said.kill === true
  } catch {
    return undefined
  }
}

function parseRecord(record: unknown): KillRecord | undefined {
  if (typeof record !== 'object' || record === null) return undefined
  const { killed, checkedAtMs } = record as Partial<KillRecord>
  return typeof killed === 'boolean' && typeof checkedAtMs === 'number'
    ? { kind: 'kill', killed, checkedAtMs }
    : undefined
}
