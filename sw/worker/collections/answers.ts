import type { CollectionRule, Rule } from '../../../config/language/index.ts'
import type { Occasion } from '../../core/attention.ts'
import { type CacheStatus, standInOf } from '../../core/cache-status.ts'
import type { SyncFailure } from '../../core/collections/failure.ts'
import { BARE, withoutRows, type Wrapper, wrapperOf } from '../../core/collections/wrapper.ts'
import { isAway } from '../../core/head.ts'
import { UNDER_WAY } from '../../core/sequence.ts'
import { type Covered } from '../../core/invalidation.ts'
import { isOfNobody } from '../../core/key.ts'
import { type KeptRow, missingIn } from '../../core/collections/row.ts'
import { NEVER, type Sequence } from '../../core/sequence.ts'
import { epochMs, type Seconds, seconds, secondsBetween } from '../../core/units.ts'
import { withCacheStatus } from '../../fetch/answer.ts'
import { now, pause, STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import type { Explanation, Refreshed } from '../../protocol.ts'
import type { Identity } from '../identity/identity.ts'
import { report } from '../report.ts'
import { lossOf } from '../requests/plan-read.ts'
import type { PageLoads } from '../requests/page-loads.ts'
import type { ReadContext } from '../requests/read.ts'
import type { Statistics } from '../statistics.ts'
import type { Store } from '../store/store.ts'
import type { CollectionStore } from './collection-store.ts'
import { type Named, namedBy } from './named.ts'
import { type Head, headKey, type Of, type RowSet } from './records.ts'
import type { RunEnd } from './sync-run.ts'
import type { Runs } from './runs.ts'

interface Ports extends Pick<Store, 'writer' | 'log'> {
  readonly identity: Identity
  readonly loads: PageLoads
  readonly statistics: Statistics
  readonly collections: CollectionStore
  readonly all: readonly CollectionRule[]
  readonly runs: Runs
}

/** What of a collection answers a read. */
interface Held {
  readonly head: Head
  readonly row: KeptRow | undefined
}

/** What a read of a collection gets. */
type Plan =
  | { readonly kind: 'serve' | 'serve-then-sync'; readonly ttl: Seconds }
  /** The rows may answer when they have been brought up to date, or when the origin is away. */
  | {
      readonly kind: 'sync'
      readonly isBehind: boolean
      readonly standsIn: boolean
      /** See `Runs.run`. */
      readonly since: Sequence | undefined
    }
  /** As without a collection. */
  | { readonly kind: 'rest' }

/** What a read asks for, as far as rows are concerned. */
type Subject = Pick<ReadContext, 'tags' | 'partition'> & { readonly url: string; readonly rule: Rule }

/** Where rows stand on the timeline of their route. */
interface Where {
  readonly isLive: boolean
  /** A write, or an answer of the origin that a page has got since, may be newer. */
  readonly isBehind: boolean
  readonly isBehindWrite: boolean
  /** A write that has no answer yet names them: they may not answer. */
  readonly isWritten: boolean
  /** What is newer than they are came at this place. */
  readonly newest: Sequence
  /** Until here pages have got answers of the origin beside the rows. */
  readonly ahead: Sequence
  /** Then no age is known. */
  readonly isClockBack: boolean
  readonly age: Seconds
  /** Negative once `fresh` has ended. */
  readonly ttl: Seconds
  readonly windows: { readonly stale: number; readonly offline: number }
}

/** Rows that answer a URL that a page shows. */
export interface ShownRows {
  /** The same for all URLs that one run validates. */
  readonly key: string
  readonly confirmedAtMs: number
  /** A write, or an answer of the origin that a page has got since, may be newer. */
  readonly isBehind: boolean
  readonly isFresh: boolean
  /**
   * Validates the rows by a run, or by one that is under way and began after all that is newer than they are.
   *
   * @param because 'refresh': by a run that begins from now on. On 'reconnect' it also keeps no rest that only spares reads.
   * @returns undefined: the run could not tell, and the URL itself may.
   */
  readonly sync: (because: Occasion) => Promise<Refreshed['outcome'] | undefined>
}

type Explained = Pick<Explanation, 'state' | 'why' | 'ageSeconds' | 'ttlSeconds' | 'invalidated'>

/** Answers of the layer's own making are no longer kept than so many characters. */
const MOST_KEPT = 8_000_000

/** Rows whose JSON is handed over in one go. */
const SLICE = 1000

/** Answers the reads of lists and items from the rows of collections. */
export class CollectionAnswers {
  readonly #ports: Ports
  /** The list that is being put together, or was last, by its rows. */
  #list: { readonly rows: RowSet; readonly texts: Promise<readonly string[] | undefined> } | undefined
  /** Until when, in the order of things, pages have got answers of the origin beside the rows. */
  readonly #ahead = new Map<string, Sequence>()
  /** Lists whose answer has been looked at for what it has around its rows. */
  readonly #learnt = new Set<string>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The answer to a read.
   *
   * @param rest answers as without a collection.
   */
  async answer(read: ReadContext, rest: () => Promise<Response | undefined>): Promise<Response | undefined> {
    const named = mayAnswer(read) ? namedBy(this.#ports.all, read.head.url) : undefined
    if (named === undefined) return rest()
    const of: Of = { partition: read.partition, entity: named.rule.entity }
    const looking = this.#look(of, named)
    const held = await timeout(STORE_LIMIT_MS, looking, 'late' as const)
    if (held === 'late') return this.#late(read, of, named, looking, rest)
    const { ready } = this.#ports.identity
    if (ready !== undefined) await ready
    if (!read.isTheirs()) return undefined
    const plan = this.#plan(read, of, named, held)
    switch (plan.kind) {
      case 'serve':
      case 'serve-then-sync': {
        if (plan.kind === 'serve-then-sync') void this.#syncBehind(read, named)
        const made = await this.#made(read, of, named, held, { hit: true, ttl: plan.ttl, detail: 'collection' })
        return made ?? this.#rest(read, of, named, held, rest)
      }
      case 'sync':
        return this.#synced(read, of, named, plan, rest)
      case 'rest':
        return this.#rest(read, of, named, held, rest)
    }
  }

  /** What is held for a read; nothing where the store fails. */
  async #look(of: Of, { id }: Named): Promise<Held | undefined> {
    const { collections, writer } = this.#ports
    try {
      const [held, meta] = await Promise.all([collections.find(of, id), writer.load()])
      return writer.isOfThisVersion(meta) ? held : undefined
    } catch (error) {
      report('the rows of collections cannot be read; the network answers meanwhile', error)
      return undefined
    }
  }

  #plan(read: ReadContext, of: Of, named: Named, held: Held | undefined): Plan {
    const { head: request, rule, clientId, key, tags, partition } = read
    const { cache } = request
    if (cache === 'no-store' || cache === 'reload') return REST
    const where = this.#where({ url: request.url, tags, partition, rule }, of, named, held)
    if (where === undefined || where.isWritten) return REST
    const { isLive, isBehind, isBehindWrite, isClockBack, ttl, windows } = where
    const staleness = 0 - ttl
    if ((cache === 'force-cache' || cache === 'only-if-cached') && !isBehind) return { kind: 'serve', ttl }
    const isReloaded = rule.onReload !== 'rule' && this.#ports.loads.isFirst(clientId, key)
    const isLate = cache === 'no-cache' || isReloaded || isClockBack || isBehind
    if (!isLate && staleness < 0) return { kind: 'serve', ttl }
    if (!isLate && staleness < windows.stale) return { kind: 'serve-then-sync', ttl }
    // A load has no end that a read could wait for.
    if (!isLive) return REST
    const since = cache === 'no-cache' || isReloaded || !isBehind ? undefined : where.newest
    return { kind: 'sync', isBehind: isBehindWrite, standsIn: staleness < windows.offline, since }
  }

  /** Where the rows stand that are held for a read; undefined: none of them may answer it. */
  #where({ url, tags, partition, rule }: Subject, of: Of, { id }: Named, held: Held | undefined): Where | undefined {
    const { identity, log, runs, writer } = this.#ports
    const rows = held?.head.live ?? (held?.row && held.head.loading)
    if (id !== undefined && held?.head.hasOtherItems) return undefined
    const isHere = rows !== undefined && (id === undefined ? held?.head.live !== undefined : held?.row !== undefined)
    if (!isHere || held === undefined) return undefined
    const { head } = held
    const isLive = head.live !== undefined
    const { at, atMs } = isLive
      ? { at: head.confirmedAt, atMs: head.confirmedAtMs }
      : { at: rows.beganAt, atMs: rows.beganAtMs }
    if (runs.isRemoved(of, head) || identity.isDoubted(partition)) return undefined
    const covered: Covered = { url, tags }
    if (log.isRemoved({ ...covered, key: headKey(of), partition, sequence: at })) return undefined
    const invalidated = log.memory.covering(covered)
    const ahead = this.#ahead.get(headKey(of)) ?? NEVER
    const [fresh = 0, stale = 0, offline = 0] = [rule.fresh, rule.stale, rule.offline].map((each) =>
      each === 'http' ? 0 : each,
    )
    const age = secondsBetween(epochMs(atMs), now())
    const lostAtMs = lossOf(writer, rule)
    const newest = invalidated > ahead ? invalidated : ahead
    return {
      isLive,
      isBehindWrite: invalidated > at,
      isBehind: newest > at,
      isWritten: invalidated === UNDER_WAY,
      newest,
      ahead,
      isClockBack: now() < atMs,
      age,
      // What was read before a connection was lost is stale after it.
      ttl: seconds(Math.min(fresh - age, atMs < lostAtMs && lostAtMs <= now() ? 0 : Infinity)),
      windows: { stale, offline },
    }
  }

  /** What `explain` says of a URL that rows would answer; undefined: none would. */
  async explained(subject: Subject): Promise<Explained | undefined> {
    const named = namedBy(this.#ports.all, subject.url)
    if (named === undefined) return undefined
    const of: Of = { partition: subject.partition, entity: named.rule.entity }
    const where = this.#where(subject, of, named, await this.#look(of, named))
    if (where === undefined || where.isWritten) return undefined
    const { age, ttl, isBehind, windows } = where
    const staleness = 0 - ttl
    const ended = staleness < windows.offline ? 'offline' : 'gone'
    const state = isBehind ? ended : ttl > 0 ? 'fresh' : staleness < windows.stale ? 'stale' : ended
    return { state, why: 'collection', ageSeconds: age, ttlSeconds: ttl, invalidated: isBehind }
  }

  /** What a page shows of rows that answer; undefined: none does. */
  async shown(subject: Subject, clientId: string): Promise<ShownRows | undefined> {
    const { all, runs } = this.#ports
    const named = namedBy(all, subject.url)
    if (named === undefined) return undefined
    const of: Of = { partition: subject.partition, entity: named.rule.entity }
    const held = await this.#look(of, named)
    const where = this.#where(subject, of, named, held)
    const before = held?.head.live
    if (where === undefined || held === undefined || before === undefined) return undefined
    return {
      key: headKey(of),
      confirmedAtMs: held.head.confirmedAtMs,
      isBehind: where.isBehind,
      isFresh: where.ttl > 0,
      sync: async (because) => {
        const since = because === 'refresh' ? undefined : where.newest
        const isWish = because === 'refresh' || because === 'reconnect'
        const asking = { rule: named.rule, partition: of.partition, clientId, isWish }
        const end = await runs.run({ ...asking, ...(since !== undefined && { since }) })
        const live = (await this.#look(of, named))?.head.live
        const isChanged = live?.set !== before.set || live?.revision !== before.revision
        if (end.kind === 'idle') return isChanged ? 'changed' : end.isConfirmed ? 'unchanged' : 'kept'
        if (end.failure === 'offline') return 'unreachable'
        // What the endpoint cannot tell the URL itself may: as a read, it goes on as without a collection.
        return GONE_ON.includes(end.failure) ? 'kept' : undefined
      },
    }
  }

  /** Waits for the rows to be brought up to date, as long as the rule waits for the origin. */
  async #synced(
    read: ReadContext,
    of: Of,
    named: Named,
    { isBehind, standsIn, since }: Extract<Plan, { kind: 'sync' }>,
    rest: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    const { runs } = this.#ports
    const { partition, clientId, rule, waitUntil } = read
    const run = runs.run({ rule: named.rule, partition, clientId, waitUntil, ...(since !== undefined && { since }) })
    waitUntil(run)
    const end = await timeout(rule.timeoutMs, run, 'late' as const)
    const held = await this.#look(of, named)
    if (!read.isTheirs()) return undefined
    const isHere = held?.head.live !== undefined && (named.id === undefined || held.row !== undefined)
    if (isHere && !runs.isRemoved(of, held.head)) {
      const how = this.#howServed(read, of, held.head, end, { isBehind, standsIn })
      const made = how && (await this.#made(read, of, named, held, how))
      if (made) return made
    }
    return this.#rest(read, of, named, held, rest)
  }

  /** How rows answer after a run; undefined: they may not. */
  #howServed(
    { head: { url }, tags, rule }: ReadContext,
    of: Of,
    head: Head,
    end: RunEnd | 'late',
    { isBehind, standsIn }: { readonly isBehind: boolean; readonly standsIn: boolean },
  ): CacheStatus | undefined {
    const covering = this.#ports.log.memory.covering({ url, tags })
    const isAhead = (this.#ahead.get(headKey(of)) ?? NEVER) > head.confirmedAt
    if (end !== 'late' && end.kind === 'idle' && end.isConfirmed && covering <= head.confirmedAt && !isAhead)
      return { fwd: 'stale', 'fwd-status': 200, detail: 'synced' }
    const isAbsent = end !== 'late' && end.kind === 'failed' && end.failure === 'offline'
    if (!standsIn || (end === 'late' ? isBehind || covering > head.confirmedAt : !isAbsent)) return undefined
    this.#ports.statistics.count(rule.name, { standIns: 1 })
    const why = end === 'late' ? 'timeout' : covering > head.confirmedAt ? 'offline-before-write' : 'offline'
    return { fwd: 'stale', detail: why }
  }

  /** The store is late: the network answers, and where it cannot the rows do after all. */
  async #late(
    read: ReadContext,
    of: Of,
    named: Named,
    looking: Promise<Held | undefined>,
    rest: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    let response: Response | undefined
    let failure: { readonly error: unknown } | undefined
    try {
      response = await this.#rest(read, of, named, undefined, rest)
      if (response === undefined || !isAway(response.status)) return response
    } catch (error) {
      failure = { error }
    }
    const made = await this.#standIn(read, of, named, looking, 'offline')
    if (made || !read.isTheirs()) return made
    if (failure !== undefined) throw failure.error
    return response
  }

  /**
   * The rows of a user of whom it is not known whether they still ask, in place of an origin that is away; undefined: they may
   * not answer.
   */
  async standIn(read: ReadContext, why: string): Promise<Response | undefined> {
    const named = mayAnswer(read) ? namedBy(this.#ports.all, read.head.url) : undefined
    if (named === undefined) return undefined
    const of: Of = { partition: read.partition, entity: named.rule.entity }
    return this.#standIn(read, of, named, this.#look(of, named), why)
  }

  async #standIn(
    read: ReadContext,
    of: Of,
    named: Named,
    looking: Promise<Held | undefined>,
    detail: string,
  ): Promise<Response | undefined> {
    const held = await looking
    if (!read.isTheirs()) return undefined
    const plan = this.#plan(read, of, named, held)
    const mayStandIn = plan.kind !== 'rest' && (plan.kind !== 'sync' || plan.standsIn)
    return mayStandIn ? this.#made(read, of, named, held, { fwd: 'stale', detail }) : undefined
  }

  /** The answer as without a collection. What it brings may be newer than the rows: they answer again when they have it. */
  async #rest(
    read: ReadContext,
    of: Of,
    named: Named,
    held: Held | undefined,
    rest: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    const response = await rest()
    if (response === undefined || !read.isTheirs()) return response
    const why = standInOf(response.headers.get('cache-status'))
    const isOver = why === undefined && GONE.includes(response.status)
    if (isOver && named.id === undefined) read.waitUntil(this.#forget(of, named))
    if (response.status !== 200 && !(isOver && held?.row !== undefined)) return response
    if (why !== undefined) return (await this.#inStepStandIn(read, of, named, why)) ?? response
    // What the item's pattern matches need not be an item: where no row is held nothing can be older than the answer.
    if (named.id === undefined || held?.row !== undefined)
      this.#ahead.set(headKey(of), await this.#ports.writer.nextInMemory().catch(() => UNDER_WAY))
    else if (held?.head.live !== undefined) return response
    const run = this.#syncBehind(read, named)
    if (named.id === undefined) this.#learn(read, of, named.rule, response, run)
    else if (response.status === 200) this.#compare(read, of, named, response, run)
    return response
  }

  /** The list is gone or forbidden for this user: none of its rows may stand in for it any more. */
  async #forget(of: Of, named: Named): Promise<void> {
    const { runs } = this.#ports
    const head = (await this.#look(of, named))?.head
    if (head === undefined || runs.isRemoved(of, head)) return
    await runs
      .remove(of, named.rule)
      .catch((error: unknown) => report('rows that are gone at the origin are not deleted yet', error))
  }

  /**
   * The origin is away, and what is stored beside the rows would stand in for it. It may be as old as the first load, so the
   * rows do (I2). Undefined: they may not, or what is stored has come later than they have.
   */
  async #inStepStandIn(read: ReadContext, of: Of, named: Named, why: string): Promise<Response | undefined> {
    const { head: request, rule, tags, partition } = read
    const held = await timeout(STORE_LIMIT_MS, this.#look(of, named), undefined)
    const where = this.#where({ url: request.url, tags, partition, rule }, of, named, held)
    if (held === undefined || where === undefined || !read.isTheirs()) return undefined
    if (0 - where.ttl >= where.windows.offline || where.ahead > held.head.confirmedAt) return undefined
    const detail = where.isBehindWrite ? 'offline-before-write' : why
    return this.#made(read, of, named, held, { fwd: 'stale', detail })
  }

  #syncBehind({ partition, clientId, waitUntil }: ReadContext, { rule }: Named): Promise<unknown> {
    const run = this.#ports.runs.run({ rule, partition, clientId, waitUntil, since: NEVER })
    waitUntil(run)
    return run
  }

  /** Keeps what the list's JSON has around its rows. The run may have to make the collection anew, so it comes first. */
  #learn(read: ReadContext, of: Of, { items }: CollectionRule, response: Response, run: Promise<unknown>): void {
    const key = headKey(of)
    if (items === undefined || this.#learnt.has(key) || read.head.method === 'HEAD') return
    const copy = response.clone()
    const work = async (): Promise<void> => {
      const value = await withoutRows(await copy.text(), items, () => pause(0))
      await run
      if (value === undefined || !read.isTheirs()) return
      await this.#ports.collections.putWrapper(of, value)
      this.#learnt.add(key)
    }
    read.waitUntil(work().catch((error: unknown) => report('what a list has around its rows could not be kept', error)))
  }

  /** Looks at whether an item is more than its row: then a page that shows and saves it would lose the rest. */
  #compare(read: ReadContext, of: Of, { rule, id }: Named, response: Response, run: Promise<unknown>): void {
    const { collections } = this.#ports
    if (read.head.method === 'HEAD' || !/json/i.test(response.headers.get('content-type') ?? '')) return
    const copy = response.clone()
    const work = async (): Promise<void> => {
      const item: unknown = await copy.json()
      await run
      const held = await collections.find(of, id)
      if (held?.row === undefined || held.head.hasOtherItems || !read.isTheirs()) return
      const missing = missingIn(held.row, item, rule)
      if (missing === undefined) return
      await collections.update(of, (head) => head && { ...head, hasOtherItems: true })
      report(
        `${of.entity}: items have more than the rows of /sync, so they come from the network: leave 'item' out of the collection, or have the endpoint give whole items`,
        missing,
      )
    }
    read.waitUntil(work().catch((error: unknown) => report('an item could not be compared with its row', error)))
  }

  /** The rows as an answer; undefined where it cannot be put together. */
  async #made(
    { head: { method }, rule: { name }, isTheirs }: ReadContext,
    of: Of,
    { rule, id }: Named,
    held: Held | undefined,
    how: CacheStatus,
  ): Promise<Response | undefined> {
    if (held === undefined) return undefined
    const { head, row } = held
    const { live } = head
    let chunks: string | Iterable<string>
    if (id !== undefined) {
      if (row === undefined) return undefined
      chunks = row.text
    } else {
      if (live === undefined) return undefined
      try {
        const wrapper = await this.#wrapper(of, rule, live.count)
        const texts = wrapper && (await this.#texts(of, rule, live))
        if (texts === undefined || wrapper === undefined) return undefined
        chunks = chunksOf(texts, wrapper)
      } catch (error) {
        report('the rows of a collection cannot be read; the network answers meanwhile', error)
        return undefined
      }
    }
    if ('hit' in how) {
      const bytesSaved = id === undefined ? (live?.size ?? 0) : (row?.text.length ?? 0)
      this.#ports.statistics.count(name, { hits: 1, requestsSaved: 1, bytesSaved })
    }
    const age = live === undefined ? 0 : secondsBetween(epochMs(head.confirmedAtMs), now())
    const headers = new Headers({ 'content-type': 'application/json', age: String(Math.floor(age)) })
    const ok = { status: 200, statusText: 'OK' }
    const body = typeof chunks === 'string' ? chunks : streamOf(chunks, isTheirs)
    return withCacheStatus(ok, headers, method === 'HEAD' ? null : body, how)
  }

  /**
   * The rows' JSON in the order of the list; undefined where they are not all there: they are another set by now. Tabs that
   * ask for the list while it is being put together get the same.
   */
  #texts(of: Of, { order }: CollectionRule, rows: RowSet): Promise<readonly string[] | undefined> {
    const known = this.#list
    if (known?.rows.set === rows.set && known.rows.revision === rows.revision) return known.texts
    const reading = this.#ports.collections.texts(of, rows, order)
    const texts = reading.then((found) => (found.length === rows.count ? found : undefined))
    const list = (this.#list = { rows, texts })
    const forget = (): void => {
      if (this.#list === list) this.#list = undefined
    }
    texts.then((found) => (found === undefined || rows.size > MOST_KEPT) && forget(), forget)
    return texts
  }

  async #wrapper(of: Of, rule: CollectionRule, count: number): Promise<Wrapper | undefined> {
    if (rule.items === undefined) return BARE
    const kept = (await this.#ports.collections.wrapper(of)) as { readonly value?: unknown } | undefined
    const wrapper = wrapperOf(kept?.value, rule, count)
    if (wrapper !== 'invalid') return wrapper
    this.#learnt.delete(headKey(of))
    return undefined
  }
}

/** The origin has no such list or item, or not for this user. */
const GONE: readonly number[] = [403, 404, 410]

/** After these failures the origin has been heard, or must not be asked. */
const GONE_ON: readonly SyncFailure[] = ['refused-user', 'other-user', 'rate-limited']

const REST: Plan = { kind: 'rest' }

/** Whether rows may answer a read at all: it asks for JSON, for all of it, and as its user. */
function mayAnswer({ request, head, rule, partition }: ReadContext): boolean {
  const { fields, method } = head
  const accept = fields.get('accept')
  return (
    (method === 'GET' || method === 'HEAD') &&
    rule.keyHeaders.length === 0 &&
    !fields.has('range') &&
    (accept === undefined || /\bjson\b|application\/\*|\*\/\*/i.test(accept)) &&
    (request.credentials !== 'omit' || isOfNobody(partition)) &&
    (!('integrity' in request) || request.integrity === '')
  )
}

/** The rows' JSON in pieces, with what is around them. Each is made when it is handed over. */
function* chunksOf(texts: readonly string[], { before, after }: Wrapper): Iterable<string> {
  yield before
  for (let at = 0; at < texts.length; at += SLICE) yield (at > 0 ? ',' : '') + texts.slice(at, at + SLICE).join(',')
  yield after
}

/** A body that is handed over piece by piece, and breaks off where its user is gone (I3). */
function streamOf(chunks: Iterable<string>, isTheirs: () => boolean): BodyInit {
  const encoder = new TextEncoder()
  const pieces = chunks[Symbol.iterator]()
  return new ReadableStream({
    pull(controller) {
      const { done, value } = pieces.next()
      if (!isTheirs()) controller.error(new TypeError('the user has signed out'))
      else if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
}
