import type { Match, OutboxRules, QueueRule, WriteMatch } from '../../../config/language/index.ts'
import { preconditionOf } from '../../core/outbox/base.ts'
import { idempotencyField } from '../../core/outbox/idempotency.ts'
import { isLeasedTo, maySend } from '../../core/outbox/lanes.ts'
import { type Given, isNoAnswer } from '../../core/outbox/outcome.ts'
import { redirectedTo } from '../../core/outbox/redirected.ts'
import { bodyWithIds, type ServerId, urlWithIds } from '../../core/outbox/temporary-ids.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import type { EpochMs } from '../../core/units.ts'
import { wholeBody } from '../../fetch/body-reader.ts'
import { now } from '../../fetch/clock.ts'
import { fieldsOf, isSameButForSlash } from '../../fetch/describe.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { Sending } from '../../fetch/origin.ts'
import { report } from '../report.ts'
import type { baseNow, decide, Decision, follow } from './conflicts.ts'
import type { Heard } from './heard.ts'
import type { Draft, OutboxStore } from './outbox-store.ts'
import type { Pages } from './pages.ts'
import { acknowledge, type Attempt, forgotten, isGone, outcomeFor, pausedAs, settle, type Settled } from './settle.ts'
import type { Sender, Stamps } from './stamps.ts'
import type { knownNow, look, RecentLists, Subject, subjectOf } from './witness-read.ts'
import { isBatched, type WriteRecord } from './write-record.ts'

/** Sends a write as the layer does without an outbox: announced before, and what it reaches invalidated after. */
export type Send = (
  request: Request,
  match: WriteMatch,
  clientId: string,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<Response>

interface Ports {
  readonly store: OutboxStore
  readonly stamps: Stamps
  readonly send: Send
  readonly match: (line: ReturnType<typeof lineOf>) => Match | undefined
  readonly rules: OutboxRules
  readonly heard: Heard
  readonly witness: WitnessPart | undefined
  readonly conflicts: ConflictPart | undefined
}

/** Does what rules say of conflicts. Undefined: the user is asked. */
export interface ConflictPart {
  readonly decide: typeof decide
  readonly follow: typeof follow
  readonly baseNow: typeof baseNow
}

/** Looks up what became of a write whose backend honours no key. Undefined: the user is asked. */
export interface WitnessPart {
  readonly subjectOf: typeof subjectOf
  readonly look: typeof look
  readonly knownNow: typeof knownNow
}

/** A write as a page asks for it. */
export interface PageWrite {
  readonly request: Request
  readonly match: WriteMatch
}

/** What an attempt has come to. */
export interface Ended {
  readonly settled: Settled
  /** The origin's answer; undefined: there was none, or it may not be told. */
  readonly response: Response | undefined
  /** For how long the origin wants no more of such writes. Milliseconds; 0: it says nothing of the kind. */
  readonly restMs: number
}

export type Leased = Attempt['write']

/** Takes requests of attempts to the origin in place of the network. */
export interface Carrier {
  /** The rule of a write that is sent so. */
  readonly queueOf: (queue: QueueRule) => QueueRule
  readonly stampsOf: Stamps['of']
  /** See `Attempt.chance`. */
  readonly chance: number
  /** The origin's answer to a write. Rejects as the network does, and with `NotSent`. */
  readonly carry: (write: Leased, request: Request) => Promise<Response>
}

/** A write was not sent, or was not done: nothing of this attempt counts. */
export class NotSent extends Error {
  /** What is known of the write from then on. */
  readonly change: Partial<WriteRecord>

  constructor(change: Partial<WriteRecord> = {}) {
    super('it is not sent')
    this.change = change
  }
}

/** What of a write says by which rule it is sent. */
type Addressed = Pick<WriteRecord, 'method' | 'url' | 'partition'>

export const isLeased = (write: WriteRecord): write is Leased => write.state.kind === 'leased'

const again = (at: EpochMs): WriteRecord['state'] => ({ kind: 'waiting', atMs: at, isOnSign: false })

/** As `outcomeOf` has it. */
const IS_TRIED_AGAIN = new Set([401, 408, 425, 429])

/** The text of a longer answer is not looked at. Bytes. */
const MOST_ANSWER = 262_144

/** Sends leased writes, one request each, and settles what comes of it. */
export class Attempts {
  readonly #ports: Ports
  readonly #lists: RecentLists = new Map()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The rule of a write, by what its URL is now; undefined: no rule queues it any more. */
  queueOf(write: Addressed): { readonly match: WriteMatch; readonly queue: QueueRule } | undefined {
    const match = this.#ports.match(lineOf({ method: write.method, url: this.#urlOf(write) }))
    return match?.kind === 'write' && match.rule.queue !== undefined ? { match, queue: match.rule.queue } : undefined
  }

  /** What a witness would read of a write; undefined: none can say what became of it. */
  subjectOf(
    write: Addressed & Pick<WriteRecord, 'fields' | 'size' | 'target'>,
    found = this.queueOf(write),
  ): Subject | undefined {
    const isRead = (url: string): boolean => this.#ports.match(lineOf({ method: 'GET', url }))?.kind === 'read'
    return found && this.#ports.witness?.subjectOf(write, found.match, found.queue, this.#urlOf(write), isRead)
  }

  /** Asks the witness of a write what became of it. Never rejects. */
  async look(
    write: Leased,
    { clientId = '', isStill }: Sender,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Ended> {
    const { witness } = this.#ports
    const found = this.queueOf(write)
    const subject = this.subjectOf(write, found)
    if (found === undefined) return this.#release(write, { state: { kind: 'asking', why: 'no-rule' } })
    if (subject === undefined || witness === undefined)
      return this.#release(write, { state: { kind: 'asking', why: 'outcome' } })
    const seen = await witness.look({ write, ...found }, subject, this.#ports, this.#lists)
    if (!isStill()) this.#lists.clear()
    // It may have been asked with the cookie of the next user, who sees other rows.
    if (!isStill()) return this.#release(write, { state: pausedAs('unsure', now()) })
    if (seen.kind === 'state') return this.#release(write, seen.change, Number(!seen.isTried))
    // What was stored meanwhile may be without it.
    await this.#invalidate(write, found.match, clientId, waitUntil)
    const settled = await this.#change((draft): Settled => {
      const current = draft.get(write.place)
      if (current === undefined || !isLeasedTo(current.state, write.state)) return { kind: 'other' }
      const text = JSON.stringify(seen.row)
      const id = acknowledge(draft, current, 201, seen.fields, text, found.queue, now())
      return { kind: 'acknowledged', write: current, id }
    })
    return { settled, response: undefined, restMs: 0 }
  }

  /**
   * Sends a write. Never rejects.
   *
   * @param sender in whose name it is sent.
   * @param page the request of a page, and the pages that wait for the answer. Default: none does.
   * @param via what takes it to the origin. Default: the network.
   */
  async send(
    given: Leased,
    { clientId = '', isStill }: Sender,
    waitUntil: (work: Promise<unknown>) => void,
    page?: PageWrite & { readonly pages: Pages },
    via?: Carrier,
  ): Promise<Ended> {
    const found = page === undefined ? this.queueOf(given) : { match: page.match, queue: page.match.rule.queue }
    if (found?.queue === undefined) return this.#release(given, { state: { kind: 'asking', why: 'no-rule' } })
    // Its key says nothing anywhere else.
    if (via === undefined && given.wasUnsure && isBatched(given))
      return this.#release(given, { state: { kind: 'asking', why: 'outcome' } })
    const queue = via?.queueOf(found.queue) ?? found.queue
    const canWitness = this.subjectOf(given, { match: found.match, queue }) !== undefined
    const state = page === undefined ? forgotten(given, queue, canWitness, now()) : undefined
    if (state !== undefined) return this.#release(given, { state })
    const based = given.base.kind === 'unread' && via === undefined ? await this.#based(given, queue, isStill) : given
    if ('settled' in based) return based
    const write = page === undefined ? await this.#renewed(based, { match: found.match, queue }, isStill) : based
    if ('settled' in write) return write
    const request = await this.#requestOf(write, queue, page?.request, via).catch(() => undefined)
    if (request === 'unstamped') return this.#release(write, { state: pausedAs('waiting', now()) })
    if (request === undefined) return this.#release(write, { state: { kind: 'asking', why: 'unreadable' } })
    // A worker that was held up sends nothing: others may have taken the write by now.
    const { rules, stamps, heard } = this.#ports
    if (!maySend(write.state, now(), rules.requestLimitMs)) return this.#release(write, { state: again(now()) })
    let raw: Response | undefined
    const { match } = found
    let isHeld = false
    let isOthers = false
    let notSent: NotSent | undefined
    const { send: sendBy = fetch }: typeof match.rule & Sending = match.rule
    const send = async (sent: Request): Promise<Response> => {
      // The disk may have been slow: the cookie, or the worker's turn, may be another's by now.
      isHeld = !isStill() || !maySend(write.state, now(), rules.requestLimitMs)
      if (isHeld) throw new TypeError('it is not sent')
      raw = await (via?.carry(write, sent) ?? sendBy(sent))
      // What is tried again in any case is tried as its own user.
      isOthers =
        !IS_TRIED_AGAIN.has(raw.status) && raw.status < 500 && stamps.isOther(write.partition, fieldsOf(raw.headers))
      return raw
    }
    const rule = { ...match.rule, send }
    const begun = heard.begin(write.url)
    let response: Response | undefined
    try {
      response = await this.#ports.send(request, { ...match, rule }, clientId, waitUntil)
    } catch (error) {
      // The network's own failure says no more than that.
      if (error instanceof NotSent) notSent = error
    }
    isHeld ||= notSent !== undefined
    if (isHeld)
      return this.#release(write, {
        ...notSent?.change,
        state: isStill() ? again(now()) : pausedAs('waiting', now()),
      })
    const answer: Given =
      response === undefined ? { kind: 'failure' } : givenOf(response, raw, request.url, write.target)
    // What a redirect has led to is kept nowhere (I5).
    const isFollowed = answer.kind === 'response' && answer.isFollowed === true
    const text = response === undefined || isFollowed ? undefined : await textOf(response)
    const outcome = outcomeFor(write, answer, queue, canWitness, now())
    const missed = isNoAnswer(answer, outcome) ? heard.missed(write, write.url, begun) : undefined
    if (missed === undefined) heard.answered(write.url)
    // What another user's session has answered acknowledges nothing of this one. A page that has asked gets it.
    if (isOthers && page === undefined) return this.#release(write, { state: { kind: 'asking', why: 'other-user' } })
    // An origin that keeps the refusal under the key has performed nothing with it. Another refusal is none that was kept.
    if (
      write.refusedKey === write.key &&
      !write.wasUnsure &&
      queue.idempotency !== undefined &&
      answer.kind === 'response' &&
      answer.status === write.failed?.status &&
      (outcome.kind === 'dead-letter' || outcome.kind === 'conflict')
    )
      return this.#release(write, { state: again(now()), key: crypto.randomUUID() }, 0)
    const isConditional = write.base.kind !== 'none'
    const isBusy = answer.kind === 'response' && (answer.status === 429 || answer.status === 503)
    const restMs = isBusy ? retryAfterMs(answer.fields.get('retry-after'), now()) : 0
    if (isConditional && answer.kind === 'response' && outcome.kind === 'conflict') {
      const decision = await this.#decided(write, queue, answer.fields, text)
      // The row may have been read with the cookie of the next user.
      if (!isStill()) return this.#release(write, { state: pausedAs('waiting', now()) }, 0)
      if (decision !== undefined) return this.#follow(write, decision, { match, queue }, response, clientId, waitUntil)
    }
    const mayTell = (): boolean => page?.pages.promise() === true
    const chance = via?.chance
    const attempt: Attempt = { write, given: answer, text, mayTell, isConditional, canWitness, missed, chance }
    const settled = await this.#change((draft) => settle(draft, attempt, queue, rules.limits, now()))
    // What refuses a write is no answer to it while its record stays, or where another attempt has ended it.
    const isOpen = settled.kind === 'other' || settled.kind === 'unrecorded'
    if (outcome.kind !== 'acknowledge') return { settled, response: isOpen ? undefined : response, restMs }
    return { settled, response: isGone(answer) ? new Response(null, { status: 204 }) : response, restMs }
  }

  /** A write whose base is not known, once it is: on disk before it is sent, so that each attempt is made on top of the same. */
  async #based(write: Leased, queue: QueueRule, isStill: () => boolean): Promise<Leased | Ended> {
    const { conflicts } = this.#ports
    if (conflicts === undefined) return write
    const found = await conflicts.baseNow(write, queue, this.#urlOf(write), this.#ports)
    // It may have been read with the cookie of the next user.
    if (!isStill()) return this.#release(write, { state: pausedAs('waiting', now()) })
    if ('state' in found) return this.#release(write, found, 0)
    const based = { ...write, base: found.base }
    const settled = await this.#change((draft): Settled => {
      const current = draft.get(write.place)
      if (current === undefined || !isLeasedTo(current.state, write.state)) return { kind: 'other' }
      draft.put({ ...current, base: found.base })
      return { kind: 'kept', write: based, isPaused: false }
    })
    return settled.kind === 'kept' ? based : { settled, response: undefined, restMs: 0 }
  }

  /** A create that has waited, with what its list has by now. */
  async #renewed(write: Leased, ruled: { match: WriteMatch; queue: QueueRule }, isStill: () => boolean) {
    const { witness } = this.#ports
    const subject = ruled.queue.idempotency === undefined ? this.subjectOf(write, ruled) : undefined
    if (witness === undefined || subject === undefined) return write
    const found = await witness.knownNow({ write, ...ruled }, subject, this.#ports, this.#lists)
    if (!isStill()) this.#lists.clear()
    if (found === undefined || !isStill()) return write
    if ('state' in found) return this.#release(write, found, 0)
    const renewed = { ...write, ...found }
    const settled = await this.#change((draft): Settled => {
      const current = draft.get(write.place)
      if (current === undefined || !isLeasedTo(current.state, write.state)) return { kind: 'other' }
      draft.put({ ...current, ...found })
      return { kind: 'kept', write: renewed, isPaused: false }
    })
    return settled.kind === 'kept' ? renewed : { settled, response: undefined, restMs: 0 }
  }

  /** What becomes of a write whose row is another by now. Undefined: the user is asked. */
  async #decided(
    write: Leased,
    queue: QueueRule,
    fields: ReadonlyMap<string, string>,
    text: string | undefined,
  ): Promise<Decision | undefined> {
    const { match, conflicts } = this.#ports
    const url = this.#urlOf(write)
    const isRead = match(lineOf({ method: 'GET', url }))?.kind === 'read'
    return conflicts?.decide({ write, queue, url, isRead, fields, text }, this.#ports)
  }

  async #follow(
    write: Leased,
    decision: Decision,
    { match, queue }: { readonly match: WriteMatch; readonly queue: QueueRule },
    refusal: Response | undefined,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Ended> {
    const { conflicts, rules } = this.#ports
    // What is stored of the row is not what it is.
    if (decision.kind !== 'later') await this.#invalidate(write, match, clientId, waitUntil)
    const settled = await this.#change((draft): Settled => {
      const current = draft.get(write.place)
      if (current === undefined || !isLeasedTo(current.state, write.state)) return { kind: 'other' }
      return conflicts?.follow(draft, current, decision, queue, rules.limits, now()) ?? { kind: 'other' }
    })
    if (decision.kind !== 'acknowledge') return { settled, response: refusal, restMs: 0 }
    const { row } = decision.theirs
    const response = row === undefined ? new Response(null, { status: 204 }) : Response.json(row)
    return { settled, response, restMs: 0 }
  }

  /** What a write reaches is invalidated, as after a success of it. Nothing is sent. */
  async #invalidate(
    write: WriteRecord,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<void> {
    const performed = { ...match.rule, send: () => Promise.resolve(new Response(null, { status: 201 })) }
    const request = new Request(this.#urlOf(write), { method: write.method })
    await this.#ports.send(request, { ...match, rule: performed }, clientId, waitUntil).catch(() => undefined)
  }

  /**
   * Nothing was sent: the lease ends.
   *
   * @param less by how much fewer attempts there were. Default: this one does not count.
   */
  async #release(write: Leased, change: Pick<WriteRecord, 'state'> & Partial<WriteRecord>, less = 1): Promise<Ended> {
    const settled = await this.#change((draft): Settled => {
      const current = draft.get(write.place)
      if (current === undefined || !isLeasedTo(current.state, write.state)) return { kind: 'other' }
      const released = { ...current, ...change, attempts: Math.max(0, current.attempts - less) }
      draft.put(released)
      return { kind: 'kept', write: released, isPaused: false }
    })
    return { settled, response: undefined, restMs: 0 }
  }

  #change(work: (draft: Draft) => Settled): Promise<Settled> {
    return this.#ports.store.change(work).catch((error: unknown): Settled => {
      report('what came of a queued write could not be recorded; its lease runs out', error)
      return { kind: 'unrecorded' }
    })
  }

  #urlOf = ({ url, partition }: Addressed): string => urlWithIds(url, (text) => this.#ports.store.idOf(partition, text))

  /** The request that sends a write, with what it is stamped with. */
  async #requestOf(
    write: WriteRecord,
    { idempotency }: QueueRule,
    page: Request | undefined,
    via: Carrier | undefined,
  ): Promise<Request | 'unstamped'> {
    const { store, stamps, rules } = this.#ports
    const { method, partition, credentials } = write
    const idFor = (text: string): ServerId | undefined => store.idOf(partition, text)
    const secrets = page === undefined ? await (via?.stampsOf(write) ?? stamps.of(write)) : []
    if (secrets === undefined) return 'unstamped'
    const headers = new Headers(page?.headers ?? write.fields.map(([...pair]) => pair))
    for (const [name, value] of secrets) headers.set(name, value)
    const precondition = preconditionOf(write.base)
    if (precondition !== undefined) headers.set(...precondition)
    // A key of the app's own stays.
    if (idempotency !== undefined && via === undefined && !headers.has(idempotency.field))
      headers.set(...idempotencyField(idempotency, write.key))
    const bytes = await store.bodyOf(write)
    const type = headers.get('content-type') ?? undefined
    const isText = write.needs.length > 0 && bytes !== undefined
    const body = isText ? bodyWithIds(new TextDecoder().decode(bytes), type, idFor) : bytes
    const signal = AbortSignal.timeout(rules.requestLimitMs)
    const url = this.#urlOf(write)
    const { referrerPolicy, mode = new URL(url).origin === location.origin ? 'same-origin' : 'cors' } = write
    // Without a page only what a redirect leads to says what became of the write.
    const redirect = page?.redirect ?? (write.redirect === 'error' ? 'error' : 'follow')
    return new Request(url, {
      method,
      headers,
      credentials,
      mode,
      redirect,
      signal,
      ...(referrerPolicy !== undefined && { referrerPolicy }),
      ...(body !== undefined && { body }),
    })
  }
}

/** What an answer says of its write. Of what a redirect has led to only where it is: its fields may be those of a list. */
export function givenOf(
  response: Response,
  raw: Response | undefined,
  url: string,
  target: WriteRecord['target'],
): Given {
  const { ok, status } = response
  const fields = fieldsOf(response.headers)
  const isRedirected = raw?.redirected === true && !isSameButForSlash(raw.url, url)
  const to = isRedirected && ok ? redirectedTo(raw.url, url, target) : undefined
  if (to !== undefined && raw !== undefined)
    return {
      kind: 'response',
      status,
      fields: new Map([
        ['content-type', fields.get('content-type') ?? ''],
        ...(to === 'item' ? [['location', raw.url] as const] : []),
      ]),
      isRedirected: false,
      isFollowed: true,
    }
  return { kind: 'response', status: raw?.type === 'opaqueredirect' ? 0 : status, fields, isRedirected }
}

/** The text of an answer that is JSON of a usual size. The answer itself stays readable. */
async function textOf(response: Response): Promise<string | undefined> {
  if (!/\bjson\b/i.test(response.headers.get('content-type') ?? '') || response.body === null) return undefined
  const bytes = await wholeBody(response.clone(), MOST_ANSWER).catch(() => undefined)
  return bytes instanceof ArrayBuffer ? new TextDecoder().decode(bytes) : undefined
}
