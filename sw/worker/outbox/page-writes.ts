import type { OutboxRules, WriteMatch } from '../../../config/language/index.ts'
import { baseOf } from '../../core/outbox/base.ts'
import { idempotencyField } from '../../core/outbox/idempotency.ts'
import { type JsonObject, objectIn } from '../../core/outbox/json.ts'
import { isLeasedTo } from '../../core/outbox/lanes.ts'
import { outcomeOf } from '../../core/outbox/outcome.ts'
import { foldRow } from '../../core/outbox/row-change.ts'
import type { Row } from '../../core/row.ts'
import { isPaused, now, type Pause, pauseFor, timeout } from '../../fetch/clock.ts'
import type { Identity } from '../identity/identity.ts'
import { report } from '../report.ts'
import { bodyOf } from '../store/bodies.ts'
import { isStalled } from '../store/database.ts'
import type { Liveness } from '../store/liveness.ts'
import type { Rows } from '../store/rows.ts'
import { accept, type Accepted, type Asked, askedOf } from './accept.ts'
import type { Announcer } from './announcer.ts'
import { type Attempts, type Ended, givenOf, isLeased, type PageWrite, type Send } from './attempts.ts'
import type { BackgroundSync } from './background-sync.ts'
import type { Batches } from './batches.ts'
import type { Drain } from './drain.ts'
import type { Draft, OutboxStore } from './outbox-store.ts'
import { Pages } from './pages.ts'
import { answerAgain, changeOfWrite, OUTBOX_FIELD, queuedAnswer } from './queued-answer.ts'
import type { Held } from './record-mark.ts'
import type { RecordPart } from './records.ts'
import type { Sender, Stamps } from './stamps.ts'
import { StoredBefore } from './stored-before.ts'
import { StraightKeys } from './straight-keys.ts'
import type { WriteRecord } from './write-record.ts'

interface Ports {
  readonly rules: OutboxRules
  readonly identity: Pick<Identity, 'partitionOf'>
  readonly liveness: Liveness
  readonly rows: Pick<Rows, 'rowsOf'>
  readonly send: Send
  readonly store: OutboxStore
  readonly stamps: Stamps
  readonly attempts: Attempts
  readonly drain: Drain
  readonly sync: BackgroundSync
  readonly announcer: Announcer
  /** Undefined: the rules name no endpoint for batches. */
  readonly batches: Batches | undefined
  /** Undefined: the rules take no records. */
  readonly records: RecordPart | undefined
}

/** What hangs is left alone for so long. Milliseconds. */
const STALLED_PAUSE_MS = 30_000

/** Accepts the writes of pages, and answers them. */
export class PageWrites {
  readonly #ports: Ports
  readonly #stored: StoredBefore
  /** The requests of pages that wait for an answer of this worker, by the places of their writes. One that has given up waits no longer. */
  readonly #awaited = new Map<number, AbortSignal>()
  /** The attempts of this worker whose answers pages wait for, by place. */
  readonly #forPages = new Map<number, { readonly pages: Pages; readonly sent: Promise<Ended> }>()
  /** Records that are about to be accepted. */
  readonly #handed = new Set<Promise<unknown>>()
  readonly #straightKeys = new StraightKeys()
  /** Undefined: the disk did not hang so far. */
  #stalled: Pause | undefined

  constructor(ports: Ports) {
    this.#ports = ports
    this.#stored = new StoredBefore(ports)
  }

  /** Settles when the records that pages have handed over are accepted, or cannot be. */
  handedOver(): Promise<unknown> {
    return Promise.allSettled(this.#handed)
  }

  /** The answer to a page's write: the origin's, or one that says that it is queued. Rejects as the network did. */
  answer(
    request: Request,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const marked = this.#ports.records?.marked(request)
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
    const anew = await this.#askedOf(request, match, clientId, record)
    if (anew === undefined) return this.#ports.send(request, match, clientId, waitUntil)
    const asked = this.#straightKeys.withKey(anew)
    const straight = (): Promise<Response> => this.#sentStraight(request, asked, match, clientId, waitUntil)
    if (asked.queue.needsPersistence && !(await isPersistent())) return straight()
    this.#ports.stamps.learn(request, asked.partition)
    const isStill = this.#ports.stamps.watch(asked.partition)
    const { signal } = request
    // A record is the app's own, and is handed over again.
    const isOff = (): boolean => record === undefined && signal.aborted
    const accepted = await this.#accepted(asked, isOff, record === undefined ? signal : undefined)
    if (accepted === undefined || accepted.kind === 'full') return straight()
    if (writeIn(accepted)?.key === asked.key) this.#straightKeys.end(asked, false)
    // The outbox has taken the request for that of another write: the retry of this one has not come yet.
    else this.#straightKeys.lost(asked)
    if (accepted.kind === 'off') throw signal.reason
    if (accepted.kind === 'done') {
      // What a page has not heard its next try hears.
      if (isOff()) throw signal.reason
      waitUntil(this.#markAnswered(accepted.done.write.place))
      return answerAgain(accepted.done)
    }
    if (accepted.kind === 'known' || accepted.kind === 'taken') return handedAnswer(accepted)
    const { write } = accepted
    const { place } = write
    // The page has heard nothing of it, and the origin has not, either.
    if (isOff() && accepted.kind === 'new' && (await this.#isTakenBack(write))) {
      this.#straightKeys.takenBack(asked)
      this.#leave(place, signal)
      throw signal.reason
    }
    if (record !== undefined) {
      waitUntil(this.#ports.drain.run(false))
      return handedAnswer({ kind: 'known', place })
    }
    try {
      const isNew = accepted.kind === 'new'
      return await this.#answerTo(write, isNew, asked, { request, match }, { clientId, isStill }, waitUntil)
    } finally {
      // A page that has given up hears nothing: the same request is its own retry.
      if (signal.aborted) this.#leave(place, signal)
      else waitUntil(this.#markAnswered(place))
    }
  }

  /** The answer to a write that is not queued. */
  async #sentStraight(
    request: Request,
    asked: Asked,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const keys = this.#straightKeys
    keys.begin(asked)
    try {
      const response = await this.#ports.send(withKey(request, asked), match, clientId, waitUntil)
      if (isKnown(response, asked)) keys.end(asked, true)
      else keys.lost(asked)
      return unqueued(response)
    } catch (error) {
      keys.lost(asked)
      throw error
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
  async #accepted(asked: Asked, isOff: () => boolean, page: AbortSignal | undefined): Promise<Accepted | undefined> {
    if (isPaused(this.#stalled)) return undefined
    try {
      return await this.#accept(asked, isOff, page)
    } catch (error) {
      if (isStalled(error)) this.#stalled = pauseFor(STALLED_PAUSE_MS)
      report('a write could not be queued; it is sent straight through', error)
      return undefined
    }
  }

  /** @param page it waits for the answer. Undefined: none does. */
  async #accept(asked: Asked, isOff: () => boolean, page: AbortSignal | undefined): Promise<Accepted> {
    const { liveness } = this.#ports
    const [shown, alike] = await Promise.all([this.#stored.shown(asked), this.#stored.alike(asked), liveness.hold()])
    const seen = await this.#stored.seen(asked, shown)
    const joins = this.#ports.batches?.covers(asked.queue) === true
    const version =
      shown !== undefined && (joins || isVersioned(shown, asked))
        ? await this.#stored.versionOf(shown, asked.queue)
        : undefined
    let found: Accepted | undefined
    const leave = (): void => this.#leave(found && writeIn(found)?.place, page)
    const isAwaited = ({ place, key }: Pick<WriteRecord, 'place' | 'key'>): boolean =>
      this.#awaited.get(place)?.aborted === false || this.#straightKeys.isAnswered(key)
    const work = (draft: Draft): Accepted => {
      // A transaction that has failed is made again.
      leave()
      found = undefined
      if (isOff()) return OFF
      found = accept(draft, asked, {
        now: now(),
        worker: liveness.worker,
        rules: this.#ports.rules,
        maySend: navigator.onLine !== false,
        isAwaited,
        joins,
        shown: shown && { base: baseOf(shown.fields, version), requestedAtMs: shown.requestedAtMs },
        alike,
        seen,
        held: this.#ports.records?.held,
      })
      const held = writeIn(found)?.place
      // The same request of another page may be in this transaction.
      if (held !== undefined && page !== undefined) this.#awaited.set(held, page)
      return found
    }
    const accepted = await this.#ports.store.change(work).catch((error: unknown) => {
      // It is there, whether the disk takes the mark or not.
      if (found?.kind === 'adopted') return found
      leave()
      throw error
    })
    // One that is sent at once is news by its answer.
    if (accepted.kind === 'new') this.#ports.announcer.announceAs(accepted.write, !isLeased(accepted.write))
    if (accepted.kind === 'known' && accepted.gone)
      this.#ports.announcer.announceAs(accepted.gone, true, { end: 'merged' })
    return accepted
  }

  /** A page waits no longer. */
  #leave(place: number | undefined, page: AbortSignal | undefined): void {
    if (place !== undefined && this.#awaited.get(place) === page) this.#awaited.delete(place)
  }

  /** Takes back a write whose page has given up, if nothing of it was sent, and its own retry is not there yet. */
  async #isTakenBack(write: WriteRecord): Promise<boolean> {
    const isTaken = await this.#ports.store
      .change((draft) => {
        const { state, attempts, isAdopted } = draft.get(write.place) ?? {}
        const isUnsent = isLeased(write) ? state !== undefined && isLeasedTo(state, write.state) : attempts === 0
        const isOwn = isUnsent && isAdopted !== true
        if (isOwn) draft.remove(write.place)
        return isOwn
      })
      .catch(() => false)
    if (isTaken) this.#ports.announcer.announceAs(write, true, { end: 'discarded' })
    return isTaken
  }

  async #answerTo(
    write: WriteRecord,
    isNew: boolean,
    asked: Asked,
    page: PageWrite,
    sender: Sender,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const told = await this.#toldOf(write, isNew, asked, page, sender, waitUntil)
    if (told !== undefined) return told
    waitUntil(this.#ports.sync.ask())
    return queuedAnswer(write, asked.body, await this.#rowOf(write, asked), asked.queue)
  }

  /**
   * What the origin answers a page in time; undefined: nothing, or nothing that ends the write.
   *
   * @param isNew it was accepted for this page: another attempt has the lease otherwise.
   */
  async #toldOf(
    write: WriteRecord,
    isNew: boolean,
    { queue }: Asked,
    page: PageWrite,
    sender: Sender,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response | undefined> {
    const { place } = write
    let attempt = this.#forPages.get(place)
    if (attempt === undefined && isNew && isLeased(write)) {
      const pages = new Pages()
      const sent = this.#ports.attempts.send(write, sender, waitUntil, { ...page, pages }).finally(() => {
        this.#forPages.delete(place)
      })
      waitUntil(sent.then((ended) => this.#ports.drain.note(ended)))
      attempt = { pages, sent }
      this.#forPages.set(place, attempt)
    }
    if (attempt === undefined) {
      // A user is there: it is worth a try.
      waitUntil(this.#ports.drain.run(navigator.onLine !== false))
      return undefined
    }
    const { pages, sent } = attempt
    const leave = pages.enter(page.request.signal)
    // Its lane is free by then, or is the drain's.
    waitUntil(
      sent.then(({ settled }) => {
        if (this.#ports.store.writes.size > 0) return this.#ports.drain.run(settled.kind === 'acknowledged')
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
    const shown = await this.#stored.shown(asked)
    const body = shown && bodyOf(shown)
    const text = body === undefined ? undefined : await new Response(body).text()
    let row = objectIn(text)
    for (const earlier of this.#ports.store.writes.values()) {
      if (earlier.place >= write.place) break
      if (earlier.partition !== write.partition || earlier.id !== write.id || earlier.state.kind === 'dead') continue
      const change = changeOfWrite(earlier, earlier.body, asked.queue)
      if (change !== undefined) row = foldRow(row, [change])
    }
    return row
  }

  /** The page has its answer: from now on the same request is another write. */
  async #markAnswered(place: number): Promise<void> {
    // Until that is on disk the same request is another write all the same, also where the page gives up what it has.
    this.#awaited.set(place, HEARD)
    await this.#ports.store
      .change((draft) => {
        const write = draft.get(place)
        if (write !== undefined) return draft.put({ ...write, isAnswered: true })
        for (const done of draft.done())
          if (done.write.place === place) draft.putDone(place, { ...done, write: { ...done.write, isAnswered: true } })
      })
      .then(() => this.#leave(place, HEARD))
      .catch((error: unknown) => report('a queued write could not be marked as answered', error))
  }
}

const OFF = { kind: 'off' } as const

/** Of a page that has its answer. */
const HEARD = new AbortController().signal

/** Whether the version of a row stands for its tag. Another origin may refuse a field that it does not know. */
const isVersioned = ({ fields }: Row, { url }: Asked): boolean =>
  baseOf(fields, undefined).kind === 'none' && new URL(url).origin === location.origin

/** The write that the outbox has for a request. */
function writeIn(accepted: Accepted): WriteRecord | undefined {
  if (accepted.kind === 'done') return accepted.done.write
  return 'write' in accepted ? accepted.write : undefined
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

/**
 * Whether an answer says what became of a write. What refuses its retry says nothing of the request before: that may have been performed.
 */
function isKnown(response: Response, { url, target, method, fields, sentAtMs }: Asked): boolean {
  if (sentAtMs === undefined) return response.status < 500
  const accept = new Map(fields).get('accept')
  const sent = { method, accept, hasKey: true, unknown: 'resend', wasUnsure: true } as const
  return outcomeOf(givenOf(response, response, url, target), sent, now()).kind === 'acknowledge'
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
