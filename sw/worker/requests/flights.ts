import type { Rule } from '../../../config/language/index.ts'
import { isAway, type ResponseHead } from '../../core/head.ts'
import type { Plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import { type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import { type Outcome, settle, type Settlement } from '../../core/settle.ts'
import { conditions } from '../../core/validation.ts'
import { variantOf, varyNames } from '../../core/vary.ts'
import { settleWithin } from '../settle-within.ts'
import type { Channel } from '../channel.ts'
import { isPaused, now, type Pause, pauseFor } from '../clock.ts'
import { describeResponse, fieldsOf, hasBody } from './describe.ts'
import type { Identities } from '../identity/identity.ts'
import { forgetAll, isCleared } from './forget.ts'
import { askOrigin, discard, outgoing } from './origin.ts'
import type { Reachability } from './reachability.ts'
import type { Read, ReadContext, UrlOf } from './read.ts'
import { report } from '../report.ts'
import type { ResponseStore, Stored, Times } from './response-store.ts'
import type { Erasure } from '../store/erasure.ts'
import type { Generations } from '../store/generations.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { SearchPolicies } from '../store/search-policies.ts'
import type { Writer } from '../store/writer.ts'
import type { Statistics } from '../statistics.ts'
import type { Structured } from './structured.ts'

/** What a request has brought, as soon as the head of its answer is known. */
export interface FlightResult extends Times {
  readonly outcome: Outcome
  readonly settlement: Settlement
  /** The origin's answer; its body belongs to the page that gets the result. */
  readonly response?: Response | undefined
  /** The failure, as the page has to see it. */
  readonly error?: unknown
}

/**
 * One request to the origin, and the reads that wait for it. No promise of it ever rejects.
 *
 * ```
 *   launched ──► landed (the answer's head has come) ──► stored, or not
 *      │             │
 *      │             └── a read that begins now waits for the store
 *      └── a read that begins now may follow, and gets its own copy when the flight lands
 * ```
 */
export interface Flight {
  /** Clients that get its answer as their own: they are not told of the change (I11). */
  readonly informed: Set<string>
  readonly landed: Promise<FlightResult>
  /** The answer's head has come; the store does not have it yet. */
  readonly isStoring: () => boolean
  /** Undefined: nothing that could answer another read. */
  readonly stored: Promise<Stored | undefined>
  /**
   * A read joins. When the flight lands it gets the result as its own plan settles it, with its own copy of a new
   * answer; undefined: the answer is of another read alone.
   */
  readonly follow: (read: Read, plan: Plan) => Promise<FlightResult | undefined>
  /** The page does not want the answer any more: it is for the store alone. */
  readonly leave: () => void
}

interface Ports {
  readonly writer: Writer
  readonly log: InvalidationLog
  readonly erasure: Erasure
  readonly generations: Generations
  readonly channel: Channel
  readonly responses: ResponseStore
  readonly reachability: Reachability
  readonly statistics: Statistics
  readonly structured: Structured | undefined
  readonly policies: SearchPolicies | undefined
  readonly urlOf: UrlOf
  readonly identity: Identities['identity']
  readonly applySignals: Identities['applySignals']
}

/** A flight, and what decides which reads may join it. */
interface Newest {
  readonly flight: Flight
  /** The newest invalidation that covered the key when it began. */
  readonly after: Sequence
  /** Which invalidations of tags there were when it began: which groups its answer is in is not known yet. */
  readonly tagVersion: number
  readonly authorization: string | null
  /** Whether the identity that it was launched for lives on: the next session of the same user asks anew. */
  readonly isTheirs: () => boolean
}

/** Why an answer is not kept that says it is of another user than the one who was thought to ask. */
export const OTHER_USER = 'other-user'

/** For so long a key whose answer could not be shared is asked for by each read itself. */
const UNSHARED_MS = 60_000
const MAX_UNSHARED = 500

/** For so long an answer whose page has left is read on for the store: one without an end is given up. */
const READ_ON_MS = 5000

/** Requests to the origin on behalf of reads: at most one per key that others can join, each settled and stored once. */
export class Flights {
  readonly #ports: Ports
  readonly #newest = new Map<string, Newest>()
  /** Keys whose answers cannot be shared, as it seems. */
  readonly #unshared = new Map<string, Pause>()
  /** Origins that want no requests that no page waits for. */
  readonly #paused = new Map<string, Pause>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The flight a read may join: one with the same credentials that began after the last invalidation of its key and has
   * no answer yet. While a write is under way no read joins: what is in the air may have left before it.
   */
  toJoin(read: ReadContext): Flight | undefined {
    const newest = this.#newest.get(read.key)
    if (newest === undefined || newest.flight.isStoring() || newest.authorization !== read.authorization)
      return undefined
    if (!newest.isTheirs()) return undefined
    if (this.#isUnshared(read.key) || newest.tagVersion !== this.#ports.log.tagVersion) return undefined
    const after = this.#covering(read)
    return newest.after === after && after !== UNDER_WAY ? newest.flight : undefined
  }

  /** Settles when an answer that has come for a key is stored; undefined when there is none on its way to the store. */
  storing(key: string): Promise<unknown> | undefined {
    const flight = this.#newest.get(key)?.flight
    return flight?.isStoring() === true && !this.#isUnshared(key) ? flight.stored : undefined
  }

  /** Whether the origin of a URL may be asked something that no page waits for: it may have asked to be left alone. */
  mayAskBehind(url: string): boolean {
    return !isPaused(this.#paused.get(new URL(url).origin))
  }

  /**
   * Sends a read to the origin, and becomes the flight to join.
   *
   * @param isForPage the caller hands `landed.response` to a page; else the store alone reads it.
   */
  launch(read: Read, plan: Plan, isForPage: boolean): Flight {
    const { writer, responses, urlOf } = this.#ports
    const ticket = writer.ticket()
    const informed = new Set<string>()
    const followers: ((result: FlightResult) => void)[] = []
    const left = new AbortController()
    let isStoring = false
    const keys = new Set<string>()
    const isOwn = read.head.method === 'HEAD' || (plan.kind === 'fetch' && !plan.store)
    const enter = (key: string): void => {
      // A flight that began later stays the one to join; and what is not kept, or has no body, is of no use to others.
      if (keys.has(key) || isOwn) return
      keys.add(key)
      this.#newest.set(key, newest)
    }
    const sent = this.#send(read, plan).then((result) => {
      isStoring = true
      const { settlement, response } = result
      if (settlement.kind === 'store') this.#unshared.delete(read.key)
      else if (followers.length > 0 && settlement.kind !== 'refresh' && response !== undefined)
        this.markUnshared(read.key)
      // A body can be read once: copies are made before the page gets the original.
      for (const land of followers) land(result)
      const copy = isForPage && settlement.kind === 'store' ? response?.clone() : response
      const isUnread = !isForPage || copy !== response
      // What the answer says about its query may have changed the key by which the next read looks for it.
      enter(read.keyOf(urlOf(read.head.url)))
      const isWatched = copy !== response && response !== undefined && mayBeEndless(response)
      return { result: isWatched ? { ...result, response: watched(response, left) } : result, copy, isUnread }
    })
    const stored = sent
      .then(async ({ result: { settlement, requestedAtMs, receivedAtMs }, copy, isUnread }) => {
        try {
          const exchange = { requestedAtMs, receivedAtMs, sequence: await writer.placeOf(ticket) }
          return await responses.keep(read, settlement, copy, exchange, informed, left.signal)
        } finally {
          // What the store has not read, no page reads either.
          if (isUnread) discard(copy)
        }
      })
      .catch((error: unknown) => {
        report('an answer could not be stored; the page has it all the same', error)
        return undefined
      })
    const landed = sent.then(({ result }) => result)
    const flight: Flight = {
      informed,
      landed,
      stored,
      isStoring: () => isStoring,
      follow: (...follower) =>
        new Promise((resolve) => followers.push((result) => resolve(this.#shared(read, result, ...follower)))),
      leave: () => {
        isForPage = false
        if (isStoring) void landed.then(({ response }) => discard(response))
      },
    }
    const { authorization, isTheirs } = read
    const newest: Newest = {
      isTheirs,
      flight,
      after: this.#covering(read),
      tagVersion: this.#ports.log.tagVersion,
      authorization,
    }
    enter(read.key)
    void stored.then(() => {
      writer.release(ticket)
      for (const key of keys) if (this.#newest.get(key) === newest) this.#newest.delete(key)
    })
    return flight
  }

  /** Passes a read on whose answer no other read may have and nothing may keep. One with a body can be sent only once. */
  pass(request: Request, { retry }: Rule): Promise<Response> {
    return askOrigin(() => outgoing(request, []), hasBody(request) ? 0 : retry)
  }

  /** What a follower may have of a result: what can be stored, and is of the variant that it asks for. */
  #shared(leader: Read, result: FlightResult, follower: Read, plan: Plan): FlightResult | undefined {
    const { settlement, response, outcome } = result
    if (settlement.kind === 'stand-in' || settlement.kind === 'fail' || settlement.kind === 'refuse') {
      // The origin is away. What is stored for this read decides what it gets, and not what is stored for the leader.
      const { head: request, row: stored, rule } = follower
      const own = settle({ plan, request, stored, expects: rule.expects, outcome, unasked: false })
      return response === undefined || own.kind === 'stand-in'
        ? { ...result, settlement: own, response: undefined }
        : undefined
    }
    const fields = settlement.kind === 'refresh' ? settlement.fields : response && fieldsOf(response.headers)
    const names = fields === undefined ? 'unknowable' : varyNames(fields)
    if (names === 'unknowable' || variantOf(names, leader.head.fields) !== variantOf(names, follower.head.fields)) {
      return undefined
    }
    // A range is no part of the key.
    if (settlement.kind === 'refresh') return isPart(settlement.row) ? undefined : result
    if (settlement.kind !== 'store' || response === undefined) return undefined
    return isPart({ status: response.status, fields: fieldsOf(response.headers) })
      ? undefined
      : { ...result, response: response.clone() }
  }

  #isUnshared(key: string): boolean {
    return isPaused(this.#unshared.get(key))
  }

  /** For a while each read of a key asks for itself: an answer could not be shared, or a read has waited in vain. */
  markUnshared(key: string): void {
    if (this.#unshared.size >= MAX_UNSHARED) this.#unshared.clear()
    this.#unshared.set(key, pauseFor(UNSHARED_MS))
  }

  #covering({ head, tags }: ReadContext): Sequence {
    return this.#ports.log.memory.covering({ url: head.url, tags })
  }

  async #send(read: Read, plan: Plan): Promise<FlightResult> {
    const asked = plan.kind === 'fetch' ? plan.variants : plan.kind === 'unsatisfiable' ? [] : [plan.row]
    // A page's own conditions are met from store when the answer is there: the question behind it is the layer's alone.
    const own = plan.kind === 'serve-then-validate' ? new Map() : read.head.fields
    const asking =
      plan.kind === 'fetch' && !plan.store
        ? []
        : conditions(
            asked.map(({ fields }) => fields),
            own,
          )
    const result = await this.#attempt(read, plan, asking)
    if (result.settlement.kind !== 'refetch') return result
    const why = result.settlement.why
    return this.#attempt(read, { kind: 'fetch', store: true, variants: [], fwd: 'stale', why }, [])
  }

  async #attempt(read: Read, plan: Plan, asking: readonly (readonly [string, string])[]): Promise<FlightResult> {
    const { head: request, rule, body } = read
    const { statistics, structured } = this.#ports
    statistics.count(rule.name, asking.length > 0 ? { validations: 1 } : { misses: 1 })
    const requestedAtMs = now()
    const confirmsTrust = this.#watchTrust(read.partition)
    const settled = (outcome: Outcome): Settlement => {
      this.#hear(read, outcome)
      const unasked = read.clientId === undefined
      return settle({ plan, request, stored: read.row, expects: rule.expects, outcome, unasked })
    }
    try {
      // Where something can stand in it answers at once: trying again first would only make an offline page slow. What
      // may change something is never sent twice.
      const canStandIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
      const retries = canStandIn || request.method === 'POST' ? 0 : rule.retry
      const response = await askOrigin(() => outgoing(read.request, asking, body), retries)
      const head = describeResponse(response, structured)
      const outcome = { kind: 'response', head } as const
      const heard = settled(outcome)
      const isTheirs = await this.#obey(read, head, heard, confirmsTrust)
      // To the user who came after a 304 says only that they have an answer too.
      const kind = response.status === 304 && asking.length > 0 ? 'refetch' : 'keep'
      const settlement = isTheirs ? heard : ({ kind, why: OTHER_USER } as const)
      if (response.status === 304) statistics.count(rule.name, { notModified: 1 })
      return { outcome, settlement, response, requestedAtMs, receivedAtMs: now() }
    } catch (error) {
      const outcome = { kind: 'failure' } as const
      return { outcome, settlement: settled(outcome), error, requestedAtMs, receivedAtMs: now() }
    }
  }

  #hear(read: Read, outcome: Outcome): void {
    const { reachability } = this.#ports
    const { url } = read.head
    const isAnswered = outcome.kind === 'response'
    if (isAnswered && !isAway(outcome.head.status)) reachability.reached(url)
    else {
      reachability.missed(url, isAnswered, async () => {
        if (read.isTheirs()) await this.launch({ ...read, clientId: undefined }, AGAIN, false).landed
        else reachability.forget()
      })
    }
  }

  /**
   * What an answer says beside being one: to be left alone, to forget everything, which parts of a query count, whose it
   * is. Gives whether it is of the user who was thought to ask.
   */
  async #obey(read: Read, head: ResponseHead, { why }: Settlement, confirmsTrust: () => boolean): Promise<boolean> {
    const { policies, structured } = this.#ports
    const { url } = read.head
    const { origin } = new URL(url)
    const { status, fields, redirected } = head
    const field = status === 429 || status === 503 ? fields.get('retry-after') : undefined
    // Where both are given, Retry-After decides (draft-ietf-httpapi-ratelimit-headers §4).
    const pauseMs = field === undefined ? (structured?.rest(fields) ?? 0) : retryAfterMs(field, now())
    if (pauseMs > 0) this.#paused.set(origin, pauseFor(pauseMs))
    else if (status < 400) this.#paused.delete(origin)
    if (isCleared(fields)) await settleWithin(forgetAll(this.#ports))
    if (structured !== undefined && status < 300 && !redirected) policies?.keep(url, structured.search(fields))
    // A sign-in page in place of the answer is no success.
    const isSuccess = (status < 300 || status === 304) && !redirected && why !== 'unexpected-type'
    return this.#ports.applySignals(read, head, isSuccess && confirmsTrust())
  }

  /** Whether success means that a doubt is unfounded: only of what was asked after the doubt came up. */
  #watchTrust(partition: string): () => boolean {
    const { generations, identity } = this.#ports
    const wasDoubted = identity.isDoubted(partition)
    const isSame = generations.watch(partition)
    return () => wasDoubted && isSame()
  }
}

/** How the origin is asked once more after it was away. */
const AGAIN: Plan = { kind: 'fetch', store: true, variants: [], fwd: 'stale', why: 'probe' }

/** Whether nothing says where a body ends. */
const mayBeEndless = ({ status, redirected, headers }: Response): boolean =>
  status >= 200 && ![204, 205, 304].includes(status) && !redirected && !headers.has('content-length')

/** A response whose page may leave before the body has ended: then the store's copy is given up a while later. */
function watched(response: Response, left: AbortController): Response {
  const { status, statusText, headers } = response
  const reader = response.body?.getReader()
  if (reader === undefined) return response
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel(reason) {
      setTimeout(() => left.abort(), READ_ON_MS)
      return reader.cancel(reason)
    },
  })
  return new Response(body, { status, statusText, headers })
}
