import type { CollectionRule } from '../../../config/language/index.ts'
import type { Occasion } from '../../core/attention.ts'
import { type CacheStatus, standInOf } from '../../core/cache-status.ts'
import type { SyncFailure } from '../../core/collections/failure.ts'
import { isAway } from '../../core/head.ts'
import { isOfNobody } from '../../core/key.ts'
import { NEVER, type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import type { Seconds } from '../../core/units.ts'
import { STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import type { Explanation, Refreshed } from '../../protocol.ts'
import type { Identity } from '../identity/identity.ts'
import { report } from '../report.ts'
import type { PageLoads } from '../requests/page-loads.ts'
import type { ReadContext } from '../requests/read.ts'
import type { Statistics } from '../statistics.ts'
import type { Store } from '../store/store.ts'
import type { CollectionStore } from './collection-store.ts'
import { type Named, namedBy } from './named.ts'
import { type Head, headKey, type Of } from './records.ts'
import { RowAnswers } from './row-answers.ts'
import { type Held, RowStandings, type Subject } from './row-standing.ts'
import type { Runs } from './runs.ts'
import type { RunEnd } from './sync-run.ts'
import { compareItem } from './whole-items.ts'

interface Ports extends Pick<Store, 'writer' | 'log'> {
  readonly identity: Identity
  readonly loads: PageLoads
  readonly statistics: Statistics
  readonly collections: CollectionStore
  readonly all: readonly CollectionRule[]
  readonly runs: Runs
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

/** Answers the reads of lists and items from the rows of collections. */
export class CollectionAnswers {
  readonly #ports: Ports
  readonly #standings: RowStandings
  readonly #answers: RowAnswers

  constructor(ports: Ports) {
    this.#ports = ports
    this.#standings = new RowStandings(ports)
    this.#answers = new RowAnswers(ports)
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
    const looking = this.#standings.look(of, named)
    const held = await timeout(STORE_LIMIT_MS, looking, 'late' as const)
    // The store is late.
    if (held === 'late') return this.#restOrRows(read, of, named, held, () => looking, rest)
    const { identity, log } = this.#ports
    // A page has the answer to its write a little before the write's end is on disk.
    const isWritten = log.memory.covering({ url: read.head.url, tags: read.tags }) === UNDER_WAY
    if (held?.head.live !== undefined && isWritten) await timeout(STORE_LIMIT_MS, log.ended, undefined)
    const { ready } = identity
    if (ready !== undefined) await ready
    if (!read.isTheirs()) return undefined
    const plan = this.#plan(read, of, named, held)
    switch (plan.kind) {
      case 'serve':
      case 'serve-then-sync': {
        if (plan.kind === 'serve-then-sync') void this.#syncBehind(read, named)
        const made = await this.#answers.of(read, of, named, held, { hit: true, ttl: plan.ttl, detail: 'collection' })
        return made ?? this.#rest(read, of, named, held, rest)
      }
      case 'sync':
        return this.#synced(read, of, named, plan, rest)
      case 'rest':
        return this.#rest(read, of, named, held, rest)
    }
  }

  #plan(read: ReadContext, of: Of, named: Named, held: Held | undefined): Plan {
    const { head: request, rule, clientId, key, tags, partition } = read
    const { cache } = request
    if (isPastCaches(cache)) return REST
    const where = this.#standings.of({ url: request.url, tags, partition, rule }, of, named, held)
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

  /** What `explain` says of a URL that rows would answer; undefined: none would. */
  async explained(subject: Subject): Promise<Explained | undefined> {
    const named = namedBy(this.#ports.all, subject.url)
    if (named === undefined) return undefined
    const of: Of = { partition: subject.partition, entity: named.rule.entity }
    const where = this.#standings.of(subject, of, named, await this.#standings.look(of, named))
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
    const held = await this.#standings.look(of, named)
    const where = this.#standings.of(subject, of, named, held)
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
        const live = (await this.#standings.look(of, named))?.head.live
        const isChanged = live?.set !== before.set || live?.revision !== before.revision
        if (end.kind === 'idle') return isChanged ? 'changed' : end.isConfirmed ? 'unchanged' : 'kept'
        const isListThere = named.id === undefined && end.byGateway === true
        if (end.failure === 'offline' && !isListThere) return 'unreachable'
        // What answers for the endpoint need not be what answers for the list: reads get what that says until the rows have it.
        if (isListThere) this.#standings.putAhead(of)
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
    const held = await this.#standings.look(of, named)
    if (!read.isTheirs()) return undefined
    const isHere = held?.head.live !== undefined && (named.id === undefined || held.row !== undefined)
    if (isHere && !runs.isRemoved(of, held.head)) {
      const how = this.#howServed(read, of, held.head, end, { isBehind, standsIn })
      const made = how && (await this.#answers.of(read, of, named, held, how))
      if (made) return made
    }
    // The origin has another user, or none: no rows stand in (I3).
    if (end !== 'late' && end.kind === 'failed' && DENIED.includes(end.failure))
      return this.#rest(read, of, named, held, rest)
    // What answers for the endpoint need not be what answers for the list.
    return this.#restOrRows(read, of, named, held, () => this.#standings.look(of, named), rest)
  }

  /** How rows answer after a run; undefined: they may not, unless the list's own URL has no answer either. */
  #howServed(
    { head: { url }, tags, rule }: ReadContext,
    of: Of,
    head: Head,
    end: RunEnd | 'late',
    { isBehind, standsIn }: { readonly isBehind: boolean; readonly standsIn: boolean },
  ): CacheStatus | undefined {
    const covering = this.#ports.log.memory.covering({ url, tags })
    // What a page has got beside the rows meanwhile may be newer than they are (I2).
    if (covering > head.confirmedAt || this.#standings.aheadOf(of) > head.confirmedAt) return undefined
    if (end !== 'late') {
      const isDone = end.kind === 'idle' && end.isConfirmed
      return isDone ? { fwd: 'stale', 'fwd-status': 200, detail: 'synced' } : undefined
    }
    if (!standsIn || isBehind) return undefined
    this.#ports.statistics.count(rule.name, { standIns: 1 })
    return { fwd: 'stale', detail: 'timeout' }
  }

  /**
   * The network answers, and where it cannot the rows do after all.
   *
   * @param look gives what is held then.
   */
  async #restOrRows(
    read: ReadContext,
    of: Of,
    named: Named,
    held: Held | 'late' | undefined,
    look: () => Promise<Held | undefined>,
    rest: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    let response: Response | undefined
    let failure: { readonly error: unknown } | undefined
    try {
      response = await this.#rest(read, of, named, held, rest)
      if (response === undefined || !isAway(response.status)) return response
    } catch (error) {
      failure = { error }
    }
    const made = await this.#standIn(read, of, named, await look(), 'offline')
    if (made) this.#ports.statistics.count(read.rule.name, { standIns: 1 })
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
    return this.#standIn(read, of, named, await this.#standings.look(of, named), why)
  }

  /**
   * The answer as without a collection. What it brings may be newer than the rows: they answer again when they have it.
   *
   * @param held 'late': what is held is not known yet.
   */
  async #rest(
    read: ReadContext,
    of: Of,
    named: Named,
    held: Held | 'late' | undefined,
    rest: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    const response = await rest()
    if (response === undefined || !read.isTheirs()) return response
    const why = standInOf(response.headers.get('cache-status'))
    const isOver = why === undefined && GONE.includes(response.status)
    if (isOver && named.id === undefined) read.waitUntil(this.#forget(of, named))
    const mayHaveRow = held === 'late' || held?.row !== undefined
    if (response.status !== 200 && !(isOver && mayHaveRow)) return response
    if (why !== undefined) {
      // What is stored beside the rows may be as old as the first load, so they come first (I2), unless they are older.
      const now = await timeout(STORE_LIMIT_MS, this.#standings.look(of, named), undefined)
      if (now === undefined || this.#standings.aheadOf(of) > now.head.confirmedAt) return response
      return (await this.#standIn(read, of, named, now, why)) ?? response
    }
    // What the item's pattern matches need not be an item: where no row is held nothing can be older than the answer.
    if (named.id === undefined || mayHaveRow) this.#standings.putAhead(of)
    else if (held?.head.live !== undefined) return response
    const run = this.#syncBehind(read, named)
    if (named.id === undefined) this.#answers.learn(read, of, named.rule, response, run)
    else if (response.status === 200) compareItem(this.#ports.collections, read, of, named, response, run)
    return response
  }

  /** The list is gone or forbidden for this user: none of its rows may stand in for it any more. */
  async #forget(of: Of, named: Named): Promise<void> {
    const { runs } = this.#ports
    const head = (await this.#standings.look(of, named))?.head
    if (head === undefined || runs.isRemoved(of, head)) return
    await runs
      .remove(of, named.rule)
      .catch((error: unknown) => report('rows that are gone at the origin are not deleted yet', error))
  }

  /** The rows in place of an origin that is away; undefined: they may not answer. */
  async #standIn(
    read: ReadContext,
    of: Of,
    named: Named,
    held: Held | undefined,
    why: string,
  ): Promise<Response | undefined> {
    const { head: request, rule, tags, partition } = read
    const where = this.#standings.of({ url: request.url, tags, partition, rule }, of, named, held)
    if (where === undefined || !read.isTheirs() || isPastCaches(request.cache)) return undefined
    if (0 - where.ttl >= where.windows.offline) return undefined
    // The origin was not asked: it need not be away.
    if (request.cache === 'only-if-cached' && where.isBehind) return undefined
    const detail = where.isBehindWrite ? 'offline-before-write' : why
    return this.#answers.of(read, of, named, held, { fwd: 'stale', detail })
  }

  #syncBehind({ partition, clientId, waitUntil }: ReadContext, { rule }: Named): Promise<unknown> {
    const run = this.#ports.runs.run({ rule, partition, clientId, waitUntil, since: NEVER })
    waitUntil(run)
    return run
  }
}

/** The origin has no such list or item, or not for this user. */
const GONE: readonly number[] = [403, 404, 410]

/** After these failures the rows may be of a user who is gone. */
const DENIED: readonly SyncFailure[] = ['refused-user', 'other-user']

/** After these failures the origin has been heard, or must not be asked. */
const GONE_ON: readonly SyncFailure[] = [...DENIED, 'rate-limited']

const REST: Plan = { kind: 'rest' }

/** Whether a page wants no stored answer (Fetch, "request cache mode"). */
const isPastCaches = (cache: RequestCache): boolean => cache === 'no-store' || cache === 'reload'

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
