import { type CollectionRules, type CollectionRule, type Matcher } from '../../../config/language/index.ts'
import { syncLockOf } from '../../../config/names.ts'
import type { Change, Diff } from '../../core/change.ts'
import { isCrowd, type SyncFailure } from '../../core/collections/failure.ts'
import { literalOf, prefixTarget, type Target } from '../../core/invalidation.ts'
import { NEVER, type Sequence } from '../../core/sequence.ts'
import { now, pause, uptimeMs } from '../../fetch/clock.ts'
import type { SyncFault, SyncState, SyncCounts } from '../../protocol.ts'
import type { Channel } from '../channel.ts'
import type { Identity } from '../identity/identity.ts'
import { report } from '../report.ts'
import type { Reachability } from '../requests/reachability.ts'
import { readOf } from '../requests/read.ts'
import { scope, worker } from '../scope.ts'
import { log as logChange } from '../store/change-log.ts'
import { collectionsMark } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type CollectionStore } from './collection-store.ts'
import { itemUrl, listUrl } from './named.ts'
import { SyncOrigin } from './origin.ts'
import type { OwnWrites } from './own-writes.ts'
import { type Head, headKey, type Of } from './records.ts'
import { shapeOf } from './shape.ts'
import { type RunEnd, SyncRun } from './sync-run.ts'

export interface RunsPorts extends Pick<Store, 'writer' | 'log' | 'generations'> {
  readonly match: Matcher
  readonly channel: Channel
  readonly identity: Identity
  readonly reachability: Pick<Reachability, 'reached' | 'missed' | 'forget'>
  readonly collections: CollectionStore
  readonly rules: CollectionRules
  readonly ownWrites: OwnWrites
  /** See `Applying`. */
  readonly mostSize: number
}

/** How a run is asked for. */
interface Asking {
  readonly rule: CollectionRule
  readonly partition: string
  /** Loads everything anew. Default: what has changed. */
  readonly full?: boolean
  /** A page asks for it, and not a read: then a rest that only spares reads is not kept. */
  readonly isWish?: boolean
  /** A run that is under way will do if it began after this place; `NEVER`: any will. Default: none that is under way. */
  readonly since?: Sequence
  /** The page that asks. Undefined: the worker does by itself. */
  readonly clientId: string | undefined
  /** Keeps the worker alive for a run that comes after the rest. */
  readonly waitUntil?: (work: Promise<unknown>) => void
}

interface Running {
  readonly current: Promise<RunEnd>
  /** When it began. Undefined: it takes its place from now on. */
  place?: Sequence
  next?: Promise<RunEnd>
  isNextFull: boolean
}

/** The failure of a run, and until when reads ask for no other. */
interface Fault {
  readonly fault: SyncFault
  /** By the worker's uptime. */
  readonly untilMs: number
  /** The origin has not asked for the rest: it spares reads, and a page that wishes to sync may. */
  readonly isOwnRest: boolean
  readonly end: RunEnd
  /** The run that was asked for in the rest, and comes after it. */
  owed?: Promise<RunEnd>
}

/** Items that are named in an invalidation; more are covered by the path before their id. */
const MOST_ITEMS = 100

/** Runs: one at a time for each collection of a partition, in all workers that live. */
export class Runs {
  readonly #ports: RunsPorts
  readonly #running = new Map<string, Running>()
  /** The failure of the last run, and until when nothing is asked, by the worker's uptime. */
  readonly #faults = new Map<string, Fault>()
  /** Rows that a run has brought so far. */
  readonly #progress = new Map<string, Head>()
  /** When answers could not be used, by the worker's uptime. */
  #refusedAtMs: number[] = []
  #hasCompare = true

  constructor(ports: RunsPorts) {
    this.#ports = ports
  }

  /** Keeps a collection in step. Never rejects. */
  run(asking: Asking): Promise<RunEnd> {
    const { rule, partition, full = false, since, isWish = false, waitUntil } = asking
    const key = headKey({ partition, entity: rule.entity })
    const held = this.#faults.get(key)
    const isSpared = isWish && held?.isOwnRest === true
    const isResting = held !== undefined && held.untilMs > uptimeMs() && !isSpared
    if (isResting) {
      // The origin may be back before the rest has ended, and no run would ask for what has changed. A worker that is held
      // up for a longer rest does not make way for a newer one.
      if (held.fault.kind === 'offline' && held.isOwnRest) waitUntil?.((held.owed ??= this.#afterRest(held, asking)))
      return Promise.resolve(held.end)
    }
    const running = this.#running.get(key)
    if (running === undefined) return this.#begin(key, asking)
    if (since !== undefined && !full && (running.place ?? since) >= since) return running.current
    running.isNextFull ||= full
    return (running.next ??= running.current.then(() => this.#begin(key, { ...asking, full: running.isNextFull })))
  }

  async #afterRest({ untilMs }: Fault, asking: Asking): Promise<RunEnd> {
    const isTheirs = this.#ports.generations.watch(asking.partition)
    await pause(untilMs - uptimeMs())
    return isTheirs() ? this.run({ ...asking, isWish: true }) : OTHER_USER
  }

  #begin(key: string, asking: Asking): Promise<RunEnd> {
    const current = this.#run(key, asking).catch((error: unknown): RunEnd => {
      report(`${asking.rule.entity}: a collection could not be kept in step`, error)
      return { kind: 'failed', failure: 'storage', why: String(error), waitMs: STORAGE_REST_MS }
    })
    const settled = current.then((end) => {
      this.#running.delete(key)
      this.#progress.delete(key)
      this.#note(key, asking, end)
      return end
    })
    this.#running.set(key, { current: settled, isNextFull: false })
    return settled
  }

  #note(key: string, { rule, partition }: Asking, end: RunEnd): void {
    this.#faults.delete(key)
    if (end.kind === 'failed') {
      const { failure, why, waitMs } = end
      const retry = waitMs > 0 ? { retryAtMs: now() + waitMs } : {}
      const fault: SyncFault = { kind: failure, ...(why !== undefined && { why }), ...retry }
      const isOwnRest = waitMs < REST_MS[failure]
      const restMs = isOwnRest ? REST_MS[failure] : waitMs
      this.#faults.set(key, { fault, untilMs: uptimeMs() + restMs, isOwnRest, end })
    }
    const failures = end.kind === 'failed' ? { failures: { [end.failure]: 1 } } : {}
    const counted = this.#ports.collections.count({ ...this.#counts, runs: 1, ...failures })
    this.#counts = {}
    counted.catch(() => undefined)
    void this.#tell({ partition, entity: rule.entity })
  }

  /** What has been counted and is not on disk. */
  #counts: Partial<Omit<SyncCounts, 'failures'>> = {}

  #count(name: Exclude<keyof SyncCounts, 'failures'>, added: number): void {
    this.#counts = { ...this.#counts, [name]: (this.#counts[name] ?? 0) + added }
  }

  async #run(key: string, { rule, partition, full = false, clientId }: Asking): Promise<RunEnd> {
    const { writer, collections } = this.#ports
    const of: Of = { partition, entity: rule.entity }
    const origin = new SyncOrigin(this.#ports, partition, clientId)
    // While it is in the air no worker forgets what was removed since.
    const ticket = writer.ticket()
    try {
      const place = await this.#place()
      const running = this.#running.get(key)
      if (running !== undefined) running.place = place
      await this.#ports.ownWrites.known()
      return await locked(syncLockOf(scope(), partition, rule.entity), async () => {
        const head = await this.#headFor(of, rule, place)
        if (head === undefined || !origin.isTheirs()) return OTHER_USER
        writer.release(ticket)
        const isDone = head.live !== undefined && head.loading === undefined && head.confirmedAt >= place
        // Another worker has done it meanwhile.
        if (isDone && !full) return { kind: 'idle', isConfirmed: true }
        await this.#announce(of, rule, head)
        this.#progress.set(key, head)
        void this.#tell(of)
        try {
          const end = await this.#syncRun(key, of, rule, origin, head, place).run(full)
          if (end.kind !== 'failed' || end.failure !== 'offline') return end
          this.#missed(rule, origin)
          return { ...end, byGateway: origin.isAnswered }
        } finally {
          this.#count('requests', origin.requests)
          this.#count('characters', origin.characters)
          const last = await collections.head(of)
          if (last !== undefined) await this.#announce(of, rule, last)
        }
      })
    } finally {
      writer.release(ticket)
    }
  }

  /** The origin is away: tabs ask now and then whether it still is, and what this run was to bring comes when it is not. */
  #missed(rule: CollectionRule, { partition, isAnswered, isTheirs }: SyncOrigin): void {
    const { reachability, rules } = this.#ports
    reachability.missed(new URL(rules.url, worker.location.origin).href, isAnswered, async () => {
      if (isTheirs()) await this.run({ rule, partition, isWish: true, clientId: undefined })
      else reachability.forget()
    })
  }

  #syncRun(key: string, of: Of, rule: CollectionRule, origin: SyncOrigin, head: Head, place: Sequence): SyncRun {
    const { collections, rules, ownWrites, mostSize } = this.#ports
    return new SyncRun(
      {
        store: collections,
        rules,
        rule,
        origin,
        place: () => this.#place(),
        isOwn: (id, row) => ownWrites.isOwn(of.entity, id, row),
        mostSize,
        onPage: (stored, written) => {
          this.#count('rowsWritten', written)
          this.#progress.set(key, stored)
          if (written > 0) void this.#tell(of)
        },
        onRefused: (why) => {
          report(`${of.entity}: an answer of ${rules.url} cannot be used`, why)
          this.#count('refused', 1)
          this.#refusedAtMs = [...this.#refusedAtMs.slice(-9), uptimeMs()]
          return isCrowd(this.#refusedAtMs)
        },
        onDrift: (why) => {
          report(`${of.entity}: the rows differ from what ${rules.url} says of them; they are made good`, why)
          this.#count('drift', 1)
          void this.#tell(of, why)
        },
        compares: () => rules.compares && this.#hasCompare,
        onNoCompare: () => void (this.#hasCompare = false),
      },
      of,
      head,
      place,
    )
  }

  /** A place of this moment, after all that is on disk by now. */
  #place(): Promise<Sequence> {
    return this.#ports.writer.write(({ next }) => next())
  }

  /** Whether a head has been removed since it was made: its user has signed out, or a page has removed what it covers. */
  isRemoved({ partition, entity }: Of, { url, tags, born }: Head): boolean {
    return this.#ports.log.isRemoved({ key: headKey({ partition, entity }), partition, url, tags, sequence: born })
  }

  /**
   * The head of a collection; a new one where there is none by these rules or the old one was removed. Undefined: it was removed while it was
   * made. A removal is durable before the rows are erased. So one that this does not see erases the new head as well.
   */
  async #headFor(of: Of, rule: CollectionRule, place: Sequence): Promise<Head | undefined> {
    const { writer, collections, match } = this.#ports
    await writer.load()
    const url = listUrl(rule)
    const { tags = [] } = readOf(match, url) ?? {}
    const shape = shapeOf(this.#ports.rules, rule, match)
    const fresh: Head = { kind: 'collection', url, tags, shape, born: place, confirmedAt: NEVER, confirmedAtMs: 0 }
    const head = await collections.update(of, (found) =>
      found === undefined || this.isRemoved(of, found) ? fresh : found,
    )
    if (head === undefined || head.born !== place) return head
    const isGone = await writer.write(({ meta, store }) => {
      const isGone = this.isRemoved(of, head) || head.born <= meta.floor
      if (!isGone) store.put(head.born, collectionsMark(of.partition))
      return isGone
    })
    if (isGone) await collections.update(of, (found) => (found?.born === place ? undefined : found))
    return isGone ? undefined : head
  }

  /** The origin has said that the list is gone or forbidden: its rows go as a stored answer does, and the tabs are told. */
  async remove(of: Of, rule: CollectionRule): Promise<void> {
    const { log, channel } = this.#ports
    const change: Change = {
      kind: 'removed',
      targets: [`url ${listUrl(rule)}`, ...this.#itemTargets(rule, undefined)],
      cause: 'response',
      partition: of.partition,
      atMs: now(),
      // The page may show items as well, which this answer was not for.
      informed: [],
    }
    channel.changes([await log.remove([`key ${headKey(of)}`], change)])
  }

  /** Tells tabs and stored answers of what has changed. Told once at least: what is not told yet lies beside the rows. */
  async #announce(of: Of, rule: CollectionRule, { news, url, tags, confirmedAt }: Head): Promise<void> {
    if (news === undefined) return
    const { writer, log, channel, collections } = this.#ports
    const diff = news === 'many' ? undefined : news
    const targets: Target[] = [
      `url ${url}`,
      ...tags.map((tag): Target => `tag ${tag}`),
      ...this.#itemTargets(rule, diff),
    ]
    const change: Change = {
      kind: 'changed',
      targets: [...new Set(targets)],
      cause: 'sync',
      ...(diff && { diff }),
      partition: of.partition,
      atMs: now(),
      informed: [],
    }
    log.tagVersion++
    const { logged, at, isAlone } = await writer.write((transaction) => {
      // An invalidation of before this one may be of a write that the rows do not have.
      const isAlone = log.memory.newest <= confirmedAt
      const at = transaction.next()
      for (const target of change.targets) log.putInvalidation(transaction, target, at)
      return { logged: logChange(transaction, change), at, isAlone }
    })
    channel.changes([logged])
    const told = JSON.stringify(news)
    await collections.update(of, (found) => {
      if (found === undefined) return found
      const { news: untold, ...rest } = found
      const isRaised = isAlone && found.confirmedAt === confirmedAt
      return {
        ...rest,
        ...(untold !== undefined && JSON.stringify(untold) !== told && { news: untold }),
        // What this itself has invalidated are other answers: the rows have what it tells of.
        ...(isRaised && { confirmedAt: at }),
      }
    })
  }

  #itemTargets(rule: CollectionRule, diff: Diff | undefined): Target[] {
    if (rule.item === undefined) return []
    const ids = diff && [...diff.added, ...diff.updated, ...diff.removed]
    if (ids === undefined || ids.length > MOST_ITEMS)
      return [prefixTarget(new URL(literalOf(rule.item.path), listUrl(rule)).href)]
    return ids.flatMap((id): Target[] => {
      const url = itemUrl(rule, id)
      if (url === undefined) return []
      return [`url ${url}`, ...(readOf(this.#ports.match, url)?.tags ?? []).map((tag): Target => `tag ${tag}`)]
    })
  }

  /** How far a collection has come. */
  async state(of: Of): Promise<SyncState> {
    const key = headKey(of)
    const running = this.#progress.get(key)
    const stored = running ?? (await this.#ports.collections.head(of))
    const head = stored !== undefined && this.isRemoved(of, stored) ? undefined : stored
    const fault = this.#faults.get(key)?.fault
    return {
      entity: of.entity,
      state: running ? 'syncing' : fault === undefined ? 'idle' : fault.kind === 'offline' ? 'offline' : 'error',
      rows: (head?.live ?? head?.loading)?.count ?? 0,
      isLoaded: head?.live !== undefined,
      ...(head !== undefined && head.confirmedAtMs > 0 && { syncedAtMs: head.confirmedAtMs }),
      ...(fault && !running && { error: fault }),
    }
  }

  async #tell(of: Of, drift?: string): Promise<void> {
    const { channel } = this.#ports
    try {
      const state = await this.state(of)
      channel.announce({ say: 'sync', partition: of.partition, state, ...(drift !== undefined && { drift }) })
    } catch (error) {
      report('the tabs are not told how a collection comes on', error)
    }
  }
}

const OTHER_USER: RunEnd = { kind: 'failed', failure: 'other-user', waitMs: 0 }

/**
 * So long reads ask for no run after one that has failed: each would wait for three tries. Zero: the next read may know
 * better, as with another token. Unit: milliseconds.
 */
const REST_MS: Readonly<Record<SyncFailure, number>> = {
  offline: 2000,
  'bad-answer': 10_000,
  server: 10_000,
  endpoint: 30_000,
  'refused-user': 0,
  'other-user': 0,
  'rate-limited': 0,
  proxy: 0,
  drift: 0,
  storage: 0,
}

/** So long a store that has failed is left alone. */
const STORAGE_REST_MS = 10_000

/** Does the work while no other worker does. A browser without locks has one worker mostly. */
const locked = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  'locks' in navigator ? navigator.locks.request(name, work) : work()
