import type { CollectionRule, Match, OutboxRules } from '../../../config/language/index.ts'
import type { lineOf } from '../../fetch/matching.ts'
import type { OutboxCounts } from '../../protocol.ts'
import type { Channel } from '../channel.ts'
import type { Collections } from '../collections/collections.ts'
import type { Identity } from '../identity/identity.ts'
import type { Answerers } from '../messages/answering.ts'
import { syncStats } from '../messages/sync-stats.ts'
import { report } from '../report.ts'
import type { Reachability } from '../requests/reachability.ts'
import type { UseStore } from '../store/database.ts'
import type { Generations } from '../store/generations.ts'
import type { Liveness } from '../store/liveness.ts'
import type { Rows } from '../store/rows.ts'
import { Announcer } from './announcer.ts'
import { Attempts, type ConflictPart, type Send, type WitnessPart } from './attempts.ts'
import { BackgroundSync } from './background-sync.ts'
import type { batchesOf } from './batches.ts'
import type { mergedIn } from './coalescing.ts'
import { Drain } from './drain.ts'
import { Heard } from './heard.ts'
import { OutboxStore } from './outbox-store.ts'
import { OverlaidReads } from './overlaid-reads.ts'
import { PageWrites } from './page-writes.ts'
import { type PendingStats, pendingStats } from './pending-stats.ts'
import type { RecordPart } from './records.ts'
import type { rowMarks } from './row-marks.ts'
import { Stamps } from './stamps.ts'
import { countsOf, newsOf, steering } from './steering.ts'
import type { WriteRecord } from './write-record.ts'

interface Ports {
  readonly identity: Identity
  readonly channel: Channel
  readonly liveness: Liveness
  readonly generations: Pick<Generations, 'watch'>
  readonly rows: Pick<Rows, 'rowsOf'>
  readonly match: (line: ReturnType<typeof lineOf>) => Match | undefined
  readonly send: Send
  /** Default: the rules have none. */
  readonly collections?: readonly CollectionRule[] | undefined
  /** The collections of the rules. Default: they have none. */
  readonly kept?: Pick<Collections, 'answerers'> | undefined
  readonly reachability: Pick<Reachability, 'state'>
  /** What the rules call the rows of queued writes. Default: nothing. */
  readonly entities?: readonly string[]
  /** Default: no rule has one. */
  readonly witness?: WitnessPart | undefined
  /** Default: no rule queues changes of rows. */
  readonly conflicts?: ConflictPart | undefined
  /** Default: no rule allows it. */
  readonly mergedIn?: typeof mergedIn | undefined
  /** Default: the rules name no endpoint for batches. */
  readonly batchesOf?: typeof batchesOf | undefined
  /** Default: the rules take no records. */
  readonly records?: RecordPart | undefined
  /** Default: the rules want no marks on rows that are changed. */
  readonly rowMarks?: typeof rowMarks | undefined
}

/** Accepts the writes whose rules queue them, sends them, and keeps them until the origin has them. */
export class Outbox {
  readonly #ports: Ports
  readonly #store: OutboxStore
  readonly #stamps: Stamps
  readonly #drain: Drain
  readonly #heard = new Heard()
  readonly #sync: BackgroundSync
  readonly #announcer: Announcer
  readonly #pageWrites: PageWrites
  /** Reads, with what is queued in them. */
  readonly reads: OverlaidReads
  /** What tabs ask of it. */
  readonly answerers: Answerers<unknown>
  #isActive = false

  constructor(rules: OutboxRules, ports: Ports, use: UseStore) {
    this.#ports = ports
    const records = rules.records === true ? ports.records : undefined
    const store = (this.#store = new OutboxStore(use, records?.receiptOf))
    const stamps = (this.#stamps = new Stamps(ports.identity, ports.generations))
    const announcer = (this.#announcer = new Announcer({ ...ports, store }))
    const shared = { ...ports, rules, store, stamps, announcer, records, heard: this.#heard }
    const attempts = new Attempts({ ...shared, witness: ports.witness, conflicts: ports.conflicts })
    const batches = rules.batch && ports.batchesOf?.(rules.batch, { stamps, rules })
    const drain = (this.#drain = new Drain({
      ...shared,
      batches,
      attempts,
      mergedIn: ports.mergedIn,
      merged: (gone) => {
        for (const write of gone) announcer.announce({ ...newsOf(write), end: 'merged' })
      },
      ended: (ended) => announcer.tell(ended),
    }))
    const sync = (this.#sync = new BackgroundSync(drain))
    this.#pageWrites = new PageWrites({ ...shared, attempts, batches, drain, sync })
    this.reads = new OverlaidReads(
      {
        ...shared,
        rowMarks: rules.marks === false ? undefined : ports.rowMarks,
        failed: (partition, place) => announcer.tellHidden(partition, place),
      },
      ports.collections,
    )
    const partitionsOf = (clientId: string): Promise<string[]> => ports.identity.partitionsOf(clientId)
    const steered = steering({
      store,
      drain,
      writesOf: (clientId) => this.writesOf(clientId),
      tell: (news) => announcer.announce({ ...news, urls: [...news.urls, ...announcer.shownIn(news.write)] }),
    })
    this.answerers = {
      ...steered,
      'sync-stats': async (_, __, clientId) => {
        const { reachability, kept, entities = [] } = ports
        const states = kept?.answerers['sync-state']?.({}, { ask: 'sync-state' }, clientId)
        return syncStats({ pending: await this.#pendingOf(clientId), kept: await states, reachability, entities })
      },
      ...records?.answerers({ store, partitionsOf, settled: () => this.#pageWrites.handedOver() }),
    }
    store.load().catch((error: unknown) => report('the queued writes cannot be read', error))
  }

  /** Another worker has changed what is on disk. */
  reread(): void {
    this.#store.reread()
  }

  /** The worker is the one that answers: what an earlier one has left is sent. */
  activate(): void {
    if (this.#isActive) return
    this.#isActive = true
    void this.#drain.run(true)
  }

  /**
   * The browser may start the worker for what waits.
   *
   * @param whole makes all of the worker the one that answers.
   */
  listen(whole: () => void): void {
    this.#sync.listen(whole)
  }

  /** A user signs in or out until this has settled. */
  noteSession(work: Promise<unknown>): void {
    void this.#stamps.whileChanging(work).then(() => {
      if (this.#maySend) void this.#drain.run(true)
    })
  }

  /** The app's own origin has answered a read. */
  noteAnswer(): void {
    this.#heard.seen(location.origin)
    if (this.#maySend) this.#drain.sign()
  }

  get #maySend(): boolean {
    return this.#isActive && this.#store.writes.size > 0
  }

  /** How many writes of these users memory knows. Before the disk has been read there may be some. */
  knownOf(partitions: readonly string[]): OutboxCounts {
    const { loaded } = this.#store
    loaded?.catch(() => undefined)
    if (loaded !== undefined) return { waiting: 1, needsYou: 0 }
    const own = [...this.#store.writes.values()].filter(({ partition }) => partitions.includes(partition))
    return { ...countsOf(own, this.#drain.nextMs), kept: this.#store.kept }
  }

  /** How many writes of a client's users the origin does not have. */
  async unsentOf(clientId: string): Promise<number> {
    return (await this.writesOf(clientId)).length
  }

  /** What of them it does not have, in numbers. */
  async #pendingOf(clientId: string): Promise<PendingStats> {
    const [writes, partitions] = [await this.writesOf(clientId), await this.#ports.identity.partitionsOf(clientId)]
    return pendingStats(
      writes,
      [...this.#store.done.values()].filter(({ write }) => partitions.includes(write.partition)),
    )
  }

  /** A client's users sign out, and do not want what is unsent any more. */
  async drop(clientId: string): Promise<void> {
    const own = await this.writesOf(clientId)
    // Receipts stay: what they tell is sent, and a store that never hears of it would send it again.
    await this.#store.change((draft) => {
      for (const { place } of own) draft.remove(place)
    })
    this.#stamps.forget()
    for (const write of own) this.#announcer.announceAs(write, true, { end: 'discarded' })
  }

  /** Sends what may be sent. Settles once nothing may be any more. */
  drain(isSign: boolean): Promise<void> {
    return this.#drain.run(isSign)
  }

  /** The writes of a client's users, in order. */
  async writesOf(clientId: string): Promise<readonly WriteRecord[]> {
    const partitions = await this.#ports.identity.partitionsOf(clientId)
    await this.#store.loaded
    return [...this.#store.writes.values()].filter(({ partition }) => partitions.includes(partition))
  }

  /** The answer to a page's write: the origin's, or one that says that it is queued. Rejects as the network did. */
  answer(...given: Parameters<PageWrites['answer']>): Promise<Response> {
    return this.#pageWrites.answer(...given)
  }
}

export const outboxOf = (...given: ConstructorParameters<typeof Outbox>): Outbox => new Outbox(...given)
