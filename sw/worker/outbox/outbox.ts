import {
  type CollectionRule,
  fillPlaces,
  type Match,
  type OutboxRules,
  type QueueRule,
  type WriteMatch,
} from '../../../config/language/index.ts'
import { EVERYONE } from '../../core/key.ts'
import { baseOf } from '../../core/outbox/base.ts'
import { idempotencyField } from '../../core/outbox/idempotency.ts'
import { isObject, type JsonObject, parsedJson } from '../../core/outbox/json.ts'
import { foldRow } from '../../core/outbox/row-change.ts'
import type { Row } from '../../core/row.ts'
import { epochMs } from '../../core/units.ts'
import { isPaused, now, type Pause, pauseFor, timeout } from '../../fetch/clock.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { Channel } from '../channel.ts'
import type { Collections } from '../collections/collections.ts'
import type { Identity } from '../identity/identity.ts'
import { report } from '../report.ts'
import { bodyOf } from '../store/bodies.ts'
import { isStalled, type UseStore } from '../store/database.ts'
import type { Generations } from '../store/generations.ts'
import type { Liveness } from '../store/liveness.ts'
import type { Rows } from '../store/rows.ts'
import { accept, type Accepted, type Asked, askedOf, type Circumstances } from './accept.ts'
import {
  Attempts,
  type ConflictPart,
  type Ended,
  isLeased,
  type PageWrite,
  type Send,
  type WitnessPart,
} from './attempts.ts'
import { alikeAmong, wholeRows } from './alike-in.ts'
import { BackgroundSync } from './background-sync.ts'
import { isJson } from './queued-write.ts'
import type { OutboxCounts, OutboxNews } from '../../protocol.ts'
import type { Answerers } from '../messages/answering.ts'
import type { Batches, batchesOf } from './batches.ts'
import { syncStats } from '../messages/sync-stats.ts'
import type { Reachability } from '../requests/reachability.ts'
import type { mergedIn } from './coalescing.ts'
import { Drain } from './drain.ts'
import { OutboxStore } from './outbox-store.ts'
import type { Held } from './record-mark.ts'
import type { RecordPart } from './records.ts'
import type { rowMarks } from './row-marks.ts'
import { OverlaidReads } from './overlaid-reads.ts'
import { Pages } from './pages.ts'
import { type PendingStats, pendingStats } from './pending-stats.ts'
import { answerAgain, changeOfWrite, OUTBOX_FIELD, queuedAnswer, rowIn } from './queued-answer.ts'
import { type Sender, Stamps } from './stamps.ts'
import { countsOf, newsOf, steering } from './steering.ts'
import { MOST_INLINE, type WriteRecord } from './write-record.ts'

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

/** What is stored of the row is looked up for so long. Milliseconds. */
const SHOWN_LIMIT_MS = 500

/** What hangs is left alone for so long. Milliseconds. */
const STALLED_PAUSE_MS = 30_000

/** The rows of a stored list stay in memory for so long: what it had before is what it had a moment before. Milliseconds. */
const LIST_KEPT_MS = 1000

/** Accepts the writes whose rules queue them, sends them, and keeps them until the origin has them. */
export class Outbox {
  readonly #rules: OutboxRules
  readonly #ports: Ports
  readonly #store: OutboxStore
  readonly #stamps: Stamps
  readonly #attempts: Attempts
  readonly #drain: Drain
  readonly #sync: BackgroundSync
  readonly #batches: Batches | undefined
  /** The writes whose pages wait for an answer of this worker, by place. */
  readonly #awaited = new Set<number>()
  /** The attempts of this worker whose answers pages wait for, by place. */
  readonly #forPages = new Map<number, { readonly pages: Pages; readonly sent: Promise<Ended> }>()
  /** Reads, with what is queued in them. */
  readonly reads: OverlaidReads
  /** The stored lists of creates of this moment. */
  readonly #lists = new Map<string, Promise<readonly unknown[] | undefined>>()
  /** Undefined: the rules take none. */
  readonly #records: RecordPart | undefined
  /** Records that are about to be accepted. */
  readonly #handed = new Set<Promise<unknown>>()
  #isActive = false
  /** Undefined: the disk did not hang so far. */
  #stalled: Pause | undefined
  /** What tabs ask of it. */
  readonly answerers: Answerers<unknown>

  constructor(rules: OutboxRules, ports: Ports, use: UseStore) {
    this.#rules = rules
    this.#ports = ports
    this.#records = rules.records === true ? ports.records : undefined
    this.#store = new OutboxStore(use, this.#records?.receiptOf)
    this.#stamps = new Stamps(ports.identity, ports.generations)
    const shared = { ...ports, store: this.#store, stamps: this.#stamps }
    this.#attempts = new Attempts({ ...shared, rules, witness: ports.witness, conflicts: ports.conflicts })
    const { stamps } = shared
    this.#batches = rules.batch && ports.batchesOf?.(rules.batch, { stamps, rules })
    this.#drain = new Drain({
      ...shared,
      batches: this.#batches,
      attempts: this.#attempts,
      rules,
      mergedIn: ports.mergedIn,
      merged: (gone) => {
        for (const write of gone) this.#announce({ ...newsOf(write), end: 'merged' })
      },
      ended: (ended) => this.#tell(ended),
    })
    this.#sync = new BackgroundSync(this.#drain)
    this.reads = new OverlaidReads(
      {
        ...shared,
        rowMarks: rules.marks === false ? undefined : ports.rowMarks,
        failed: (partition, place) => this.#tellHidden(partition, place),
      },
      ports.collections,
    )
    const partitionsOf = (clientId: string): Promise<string[]> => ports.identity.partitionsOf(clientId)
    const settled = (): Promise<unknown> => Promise.allSettled(this.#handed)
    const steered = steering({
      store: this.#store,
      drain: this.#drain,
      writesOf: (clientId) => this.writesOf(clientId),
      tell: (news) => this.#announce({ ...news, urls: [...news.urls, ...this.#shownIn(news.write)] }),
    })
    this.answerers = {
      ...steered,
      'sync-stats': async (_, __, clientId) => {
        const { reachability, kept, entities = [] } = ports
        const states = kept?.answerers['sync-state']?.({}, { ask: 'sync-state' }, clientId)
        return syncStats({ pending: await this.#pendingOf(clientId), kept: await states, reachability, entities })
      },
      ...this.#records?.answerers({ store: this.#store, partitionsOf, settled }),
    }
    this.#store.load().catch((error: unknown) => report('the queued writes cannot be read', error))
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
    void this.#stamps.whileChanging(work).then(() => this.noteSign())
  }

  /** The origin has answered. */
  noteSign(): void {
    if (this.#isActive && this.#store.writes.size > 0) void this.#drain.run(true)
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
    const partitions = await this.#ports.identity.partitionsOf(clientId)
    await this.#store.change((draft) => {
      for (const { place } of own) draft.remove(place)
      for (const { place, partition } of draft.receipts())
        if (partitions.includes(partition)) draft.removeReceipt(place)
    })
    this.#stamps.forget()
    for (const write of own) this.#announceAs(write, true, { end: 'discarded' })
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
  answer(
    request: Request,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const marked = this.#records?.marked(request)
    if (marked === undefined) return this.#answer(request, match, clientId, waitUntil)
    const answered = this.#answer(marked.request, match, clientId, waitUntil, marked.mark)
    const settled = answered.catch(() => undefined).finally(() => this.#handed.delete(settled))
    this.#handed.add(settled)
    return answered
  }

  async #answer(
    request: Request,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
    record?: string,
  ): Promise<Response> {
    const straight = (): Promise<Response> => this.#ports.send(request, match, clientId, waitUntil)
    const asked = await this.#askedOf(request, match, clientId, record)
    if (asked === undefined) return straight()
    if (asked.queue.needsPersistence && !(await isPersistent())) return straight().then(unqueued)
    this.#stamps.learn(request, asked.partition)
    const isStill = this.#stamps.watch(asked.partition)
    const accepted = await this.#accepted(asked)
    if (accepted === undefined || accepted.kind === 'full')
      return this.#ports.send(withKey(request, asked), match, clientId, waitUntil).then(unqueued)
    if (accepted.kind === 'done') {
      waitUntil(this.#markAnswered(accepted.done.write.place))
      return answerAgain(accepted.done)
    }
    if (accepted.kind === 'known' || accepted.kind === 'taken') return handedAnswer(accepted)
    const { write } = accepted
    const { place } = write
    if (record !== undefined) {
      waitUntil(this.drain(false))
      return handedAnswer({ kind: 'known', place })
    }
    const { signal } = request
    this.#awaited.add(place)
    // A page that has given up hears nothing: the same request is its own retry.
    const giveUp = (): unknown => this.#awaited.delete(place)
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    try {
      return await this.#answerTo(write, asked, { request, match }, { clientId, isStill }, waitUntil)
    } finally {
      signal.removeEventListener('abort', giveUp)
      // Until that is on disk the same request is another write all the same.
      if (!signal.aborted) waitUntil(this.#markAnswered(place).finally(() => this.#awaited.delete(place)))
    }
  }

  async #askedOf(
    request: Request,
    match: WriteMatch,
    clientId: string,
    record: string | undefined,
  ): Promise<Asked | undefined> {
    try {
      const partition = await this.#ports.identity.partitionOf(request, clientId, { public: false })
      // A write whose user is not known cannot be sent later (I3).
      return partition === undefined ? undefined : await askedOf(request, match, partition, record)
    } catch (error) {
      report('a write could not be queued; it is sent straight through', error)
      return undefined
    }
  }

  /** Undefined: the disk does not take it. One that hangs is not asked again for a while. */
  async #accepted(asked: Asked): Promise<Accepted | undefined> {
    if (isPaused(this.#stalled)) return undefined
    try {
      return await this.#accept(asked)
    } catch (error) {
      if (isStalled(error)) this.#stalled = pauseFor(STALLED_PAUSE_MS)
      report('a write could not be queued; it is sent straight through', error)
      return undefined
    }
  }

  async #accept(asked: Asked): Promise<Accepted> {
    const { liveness } = this.#ports
    const [shown, alike] = await Promise.all([this.#shown(asked), this.#alike(asked), liveness.hold()])
    const seen = await this.#seen(asked, shown)
    const joins = this.#batches?.covers(asked.queue) === true
    const version = joins && shown !== undefined ? await this.#versionOf(shown, asked.queue) : undefined
    const accepted = await this.#store.change((draft) =>
      accept(draft, asked, {
        now: now(),
        worker: liveness.worker,
        rules: this.#rules,
        maySend: navigator.onLine !== false,
        isAwaited: (place) => this.#awaited.has(place),
        joins,
        shown: shown && { base: baseOf(shown.fields, version), requestedAtMs: shown.requestedAtMs },
        alike,
        seen,
        held: this.#records?.held,
      }),
    )
    // One that is sent at once is news by its answer.
    if (accepted.kind === 'new') this.#announceAs(accepted.write, !isLeased(accepted.write))
    return accepted
  }

  /** The stored response of the row that a write changes. */
  async #shown({ target, url, partition, mints }: Asked): Promise<Row | undefined> {
    if (target !== 'row' || mints !== undefined) return undefined
    return this.#newest(url.replace(/\?.*$/s, ''), partition)
  }

  /** What a stored row says of its version: a batch has no tags. */
  async #versionOf(shown: Row, { idMember, entity, versionMember }: QueueRule): Promise<unknown> {
    if (shown.status !== 200 || shown.size > MOST_INLINE) return undefined
    const text = await new Response(bodyOf(shown)).text().catch(() => '')
    return rowIn(text, idMember, entity)?.[versionMember]
  }

  /** The rows that the stored list of a create has already and that may be taken for it. */
  async #alike(asked: Asked): Promise<readonly string[] | undefined> {
    const { method, url, partition, fields, body, queue } = asked
    const size = body?.byteLength ?? 0
    const type = new Map(fields).get('content-type')
    if (method !== 'POST' || size === 0 || !isJson(type)) return undefined
    const list = this.#attempts.subjectOf({ ...asked, size })?.url ?? url.replace(/\?.*$/s, '')
    const { idMember, entity, witness } = queue
    const found = this.#rowsOfList(list, partition).then(
      (rows) => rows && alikeAmong(rows, { body, type, idMember, compared: witness?.compared, entity }),
    )
    return timeout(SHOWN_LIMIT_MS, found, undefined)
  }

  /** The rows of a stored list, if it is whole. Of many creates at once the first reads it. */
  #rowsOfList(list: string, partition: string): Promise<readonly unknown[] | undefined> {
    const key = `${partition} ${list}`
    const known = this.#lists.get(key)
    if (known !== undefined) return known
    const rows = this.#newest(list, partition).then((stored) => stored && wholeRows(stored))
    this.#lists.set(key, rows)
    setTimeout(() => this.#lists.delete(key), LIST_KEPT_MS)
    return rows
  }

  /** The stored row that a write changes, where what becomes of the write may depend on it. */
  async #seen(asked: Asked, shown: Row | undefined): Promise<Circumstances['seen']> {
    const { queue, target, mints, body } = asked
    const { conflict, idempotency, idMember, entity } = queue
    const isCompared = typeof conflict === 'function' || conflict === 'last-write-wins'
    if (target !== 'row' || mints !== undefined || body === undefined) return undefined
    const size = body.byteLength
    if (!isCompared && (idempotency !== undefined || this.#attempts.subjectOf({ ...asked, size }) === undefined))
      return undefined
    const requestedAtMs = shown?.requestedAtMs ?? epochMs(0)
    if (shown === undefined || shown.status !== 200 || shown.size > MOST_INLINE)
      return { row: undefined, requestedAtMs }
    const text = await new Response(bodyOf(shown)).text().catch(() => '')
    return { row: rowIn(text, idMember, entity), requestedAtMs }
  }

  async #newest(url: string, partition: string): Promise<Row | undefined> {
    const found = this.#ports.rows.rowsOf(url, [partition, EVERYONE]).catch(() => [])
    const rows = await timeout(SHOWN_LIMIT_MS, found, [])
    return rows.toSorted((one, other) => other.requestedAtMs - one.requestedAtMs)[0]
  }

  async #answerTo(
    write: WriteRecord,
    asked: Asked,
    page: PageWrite,
    sender: Sender,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const told = await this.#toldOf(write, asked, page, sender, waitUntil)
    if (told !== undefined) return told
    waitUntil(this.#sync.ask())
    return queuedAnswer(write, asked.body, await this.#rowOf(write, asked), asked.queue)
  }

  /** What the origin answers a page in time; undefined: nothing, or nothing that ends the write. */
  async #toldOf(
    write: WriteRecord,
    { queue }: Asked,
    page: PageWrite,
    sender: Sender,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response | undefined> {
    const { place } = write
    let attempt = this.#forPages.get(place)
    if (attempt === undefined && isLeased(write) && write.state.worker === this.#ports.liveness.worker) {
      const pages = new Pages()
      const sent = this.#attempts.send(write, sender, waitUntil, { ...page, pages }).finally(() => {
        this.#forPages.delete(place)
      })
      waitUntil(sent.then((ended) => this.#drain.note(ended)))
      attempt = { pages, sent }
      this.#forPages.set(place, attempt)
    }
    if (attempt === undefined) {
      waitUntil(this.drain(false))
      return undefined
    }
    const { pages, sent } = attempt
    const leave = pages.enter(page.request.signal)
    // Its lane is free by then, or is the drain's.
    waitUntil(
      sent.then(({ settled }) => {
        if (this.#store.writes.size > 0) return this.drain(settled.kind === 'acknowledged')
      }),
    )
    let ended = await timeout(queue.timeoutMs, sent, undefined)
    // Nothing of it is kept, because a page hears it.
    if (ended === undefined && pages.isPromised) ended = await sent
    leave()
    return ended?.settled.kind === 'kept' ? undefined : ended?.response
  }

  /** The row of a write as its page sees it without this write. */
  async #rowOf(write: WriteRecord, asked: Asked): Promise<JsonObject | undefined> {
    const shown = await this.#shown(asked)
    const body = shown && bodyOf(shown)
    const text = body === undefined ? undefined : await new Response(body).text()
    let row = text === undefined ? undefined : objectOf(text)
    for (const earlier of this.#store.writes.values()) {
      if (earlier.place >= write.place) break
      if (earlier.partition !== write.partition || earlier.id !== write.id || earlier.state.kind === 'dead') continue
      const change = changeOfWrite(earlier, earlier.body, asked.queue)
      if (change !== undefined) row = foldRow(row, [change])
    }
    return row
  }

  /** The page has its answer: from now on the same request is another write. */
  async #markAnswered(place: number): Promise<void> {
    await this.#store
      .change((draft) => {
        const write = draft.get(place)
        if (write !== undefined) return draft.put({ ...write, isAnswered: true })
        for (const done of draft.done())
          if (done.write.place === place) draft.putDone(place, { ...done, write: { ...done.write, isAnswered: true } })
      })
      .catch((error: unknown) => report('a queued write could not be marked as answered', error))
  }

  #tell({ settled }: Ended): void {
    switch (settled.kind) {
      case 'acknowledged': {
        const { write, id } = settled
        return this.#announce({ ...newsOf(write, false), end: 'sent', ...(id && { id: id.id }) })
      }
      case 'refused':
        return this.#announce({ ...newsOf(settled.write, false), end: 'refused' })
      case 'yielded':
        return this.#announce({ ...newsOf(settled.write), end: 'yielded' })
      case 'kept': {
        const { attempts, state } = settled.write
        return this.#announceAs(settled.write, attempts < 2 || state.kind !== 'waiting')
      }
      case 'other':
      case 'unrecorded':
        return undefined
    }
  }

  /** A write is queued, and reads cannot show it. */
  #tellHidden(partition: string, place: number): void {
    const write = this.#store.writes.get(place)
    if (write?.partition === partition)
      this.#ports.channel.announce({ ...newsOf(write), write: { ...newsOf(write).write, why: 'not-shown' } })
  }

  /** @param isNews whether reads are another by it now. */
  #announceAs(write: WriteRecord, isNews: boolean, end: Pick<OutboxNews, 'end'> = {}): void {
    const { urls, ...news } = newsOf(write, isNews)
    this.#announce({ ...news, ...end, urls: isNews ? [...urls, ...this.#shownIn(write)] : urls })
  }

  /** The URLs beside its list and its item in which a function of its rule shows a write. */
  #shownIn({ method, url }: Pick<WriteRecord, 'method' | 'url'>): readonly string[] {
    const match = this.#ports.match(lineOf({ method, url }))
    if (match?.kind !== 'write' || typeof match.rule.queue?.optimistic !== 'function') return []
    return fillPlaces(match.rule.invalidates, match.params).urls.map((each) => new URL(each, url).href)
  }

  /** Tells other workers that the disk has changed, and tabs how. */
  #announce(news: OutboxNews): void {
    this.#ports.channel.tellWorkers()
    this.#ports.channel.announce(news)
  }
}

/** The answer to a page that hands a record over: what becomes of it, it hears by a receipt. */
const handedAnswer = ({ kind, place }: Held): Response =>
  new Response(null, { status: kind === 'known' ? 202 : 409, headers: { [OUTBOX_FIELD]: String(place) } })

/** A request that is not queued, with the key of its record: that may come on disk all the same. */
function withKey(request: Request, { queue: { idempotency }, key }: Asked): Request {
  if (idempotency === undefined || request.headers.has(idempotency.field)) return request
  const headers = new Headers(request.headers)
  headers.set(...idempotencyField(idempotency, key))
  return new Request(request, { headers })
}

/** Whether the browser has promised to keep what is stored. */
async function isPersistent(): Promise<boolean> {
  try {
    return await navigator.storage.persisted()
  } catch {
    // There is no such promise here.
    return false
  }
}

/** Says that the write is not in the outbox: what fails has failed. */
function unqueued(response: Response): Response {
  if (response.redirected || response.type === 'opaqueredirect') return response
  const headers = new Headers(response.headers)
  headers.set(OUTBOX_FIELD, 'unqueued')
  const { status, statusText, body } = response
  return new Response([204, 205].includes(status) ? null : body, { status, statusText, headers })
}

function objectOf(text: string): JsonObject | undefined {
  const parsed = parsedJson(text)
  return parsed !== 'invalid' && isObject(parsed.value) ? parsed.value : undefined
}

export const outboxOf = (...given: ConstructorParameters<typeof Outbox>): Outbox => new Outbox(...given)
