import type { Rule } from '../../../config/language/index.ts'
import { isAway, type ResponseHead } from '../../core/head.ts'
import { EVERYONE } from '../../core/key.ts'
import { obstacleOf, obstructingField } from '../../core/obstacle.ts'
import type { Plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import { type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import { type Outcome, settle, type Settlement } from '../../core/settle.ts'
import { notStorable } from '../../core/storable.ts'
import { conditions } from '../../core/validation.ts'
import { variantOf, varyNames } from '../../core/vary.ts'
import { readBody } from '../store/body-reader.ts'
import { settleWithin } from '../settle-within.ts'
import type { Channel } from '../channel.ts'
import { isPaused, now, type Pause, pauseFor, uptimeMs } from '../clock.ts'
import { describeResponse, fieldsOf, hasBody } from './describe.ts'
import type { Identities } from '../identity/identity.ts'
import { forgetAll, isCleared } from './forget.ts'
import type { Obstacles } from './obstacles.ts'
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
  /** The read that it was launched for. */
  readonly read: Read
  /** Clients that get its answer as their own: they are not told of the change (I11). */
  readonly informed: Set<string>
  readonly landed: Promise<FlightResult>
  /** The answer's head has come; the store does not have it yet. */
  readonly isStoring: () => boolean
  /**
   * Whether what lands can be handed over as a whole: `false` if its body breaks off, or nothing comes of it. Asked before it
   * has landed: then the body is read for the caller too, whatever becomes of the store.
   */
  readonly whole: () => Promise<boolean>
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
  readonly obstacles: Obstacles
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
  /** By the worker's uptime. */
  readonly beganAtMs: number
  /** Whether the identity that it was launched for lives on: the next session of the same user asks anew. */
  readonly isTheirs: () => boolean
}

/** Why an answer is not kept that says it is of another user than the one who was thought to ask. */
export const OTHER_USER = 'other-user'

/** Why an answer is not kept whose request was sent before a sign-in or sign-out had ended: it may be of either user. */
const ENDED = 'session-ended'

/** For so long a key whose answer could not be shared is asked for by each read itself. */
const UNSHARED_MS = 60_000
const MAX_UNSHARED = 500

/** For so long an answer whose page has left is read on for the store: one without an end is given up. */
const READ_ON_MS = 5000

/** Requests to the origin on behalf of reads: at most one per key that others can join, each settled and stored once. */
export class Flights {
  readonly #ports: Ports
  readonly #newest = new Map<string, Newest>()
  /** Answers that pages have got and the store does not have yet, by key. */
  readonly #ahead = new Map<string, Promise<unknown>>()
  /** Keys whose answers cannot be shared, as it seems. */
  readonly #unshared = new Map<string, Pause>()
  /** Origins that want no requests that no page waits for. */
  readonly #paused = new Map<string, Pause>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The flight a read may join: one with the same credentials that began after the last invalidation of its key and has
   * no answer yet. While a write is under way no read joins: what is in the air may have left before it. Nor does one join
   * what has had no answer for as long as its rule waits: it may never have one.
   */
  toJoin(read: ReadContext): Flight | undefined {
    const newest = this.#newest.get(read.key)
    if (newest === undefined || newest.flight.isStoring() || newest.authorization !== read.authorization)
      return undefined
    const waitsMs = Math.min(read.rule.timeoutMs, newest.flight.read.rule.timeoutMs)
    if (!newest.isTheirs() || uptimeMs() - newest.beganAtMs > waitsMs) return undefined
    if (this.#isUnshared(read.key) || newest.tagVersion !== this.#ports.log.tagVersion) return undefined
    const after = this.#covering(read)
    return newest.after === after && after !== UNDER_WAY ? newest.flight : undefined
  }

  /** Whether the origin is being asked for a key, or its answer is on its way to the store. */
  isAsking(key: string): boolean {
    return this.#newest.has(key)
  }

  /** Settles when an answer that has come for a key is stored; undefined when there is none on its way to the store. */
  storing(key: string): Promise<unknown> | undefined {
    if (this.#isUnshared(key)) return undefined
    const flight = this.#newest.get(key)?.flight
    return this.#ahead.get(key) ?? (flight?.isStoring() === true ? flight.stored : undefined)
  }

  /** Whether a page has got an answer for a key that the store does not have yet: what is stored is older (I2). */
  isAhead(key: string): boolean {
    return this.#ahead.has(key)
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
    const { writer, responses, urlOf, identity } = this.#ports
    const ticket = writer.ticket()
    const isAlone = identity.watchOthers(read.partition)
    const informed = new Set<string>()
    const followers: ((result: FlightResult) => void)[] = []
    const left = new AbortController()
    let isStoring = false
    let isHeldBack = false
    const keys = new Set<string>()
    const isOwn = read.head.method === 'HEAD' || (plan.kind === 'fetch' && !plan.store)
    const enter = (key: string): void => {
      // A flight that began later stays the one to join; and what is not kept, or has no body, is of no use to others.
      if (keys.has(key) || isOwn) return
      keys.add(key)
      this.#newest.set(key, newest)
    }
    const sent = this.#send(read, plan).then((brought) => {
      isStoring = true
      const isUnsure = brought.settlement.kind === 'store' && !isAlone()
      const result = isUnsure ? { ...brought, settlement: { kind: 'keep', why: ENDED } as const } : brought
      const { settlement, response } = result
      this.#noteObstacle(read, plan, result)
      const isShared = settlement.kind === 'store' || settlement.kind === 'refresh' || mayShare(read, result)
      if (followers.length > 0 && !isShared) this.markUnshared(read.key)
      // A body can be read once: copies are made before the page gets the original.
      for (const land of followers) land(result)
      const isSeen = isForPage || followers.length > 0
      const copy = isForPage && settlement.kind === 'store' ? response?.clone() : response
      const isUnread = !isForPage || copy !== response
      // What the answer says about its query may have changed the key by which the next read looks for it.
      enter(read.keyOf(urlOf(read.head.url)))
      const isNewer = isSeen && (settlement.kind === 'store' || settlement.kind === 'drop')
      if (isNewer) for (const key of keys) this.#ahead.set(key, stored)
      const body = settlement.kind === 'store' && copy !== undefined ? readBody(copy, left.signal) : undefined
      const isWatched = copy !== response && response !== undefined && mayBeEndless(response)
      return { result: isWatched ? { ...result, response: watched(response, left) } : result, copy, isUnread, body }
    })
    const stored = sent
      .then(async ({ result, copy, isUnread, body }) => {
        try {
          const { requestedAtMs, receivedAtMs } = result
          const known = read.late === undefined ? read : { ...read, row: await read.late }
          const exchange = { requestedAtMs, receivedAtMs, sequence: await writer.placeOf(ticket) }
          // On a slow disk the worker learns of the sign-ins of other workers only now.
          if (!isAlone()) return undefined
          return await responses.keep(known, forStore(known, plan, result), copy, exchange, informed, body?.whole)
        } finally {
          // What the store has not read, no page reads either.
          const giveUp = (): void => {
            left.abort()
            discard(copy)
          }
          if (isUnread && isHeldBack && body !== undefined) void body.safe.then(giveUp)
          else if (isUnread) giveUp()
        }
      })
      .catch((error: unknown) => {
        report('an answer could not be stored; the page has it all the same', error)
        return undefined
      })
    const landed = sent.then(({ result }) => result)
    const flight: Flight = {
      read,
      informed,
      landed,
      whole: () => {
        isHeldBack = true
        return sent.then(({ body }) => body?.safe ?? true)
      },
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
      beganAtMs: uptimeMs(),
      flight,
      after: this.#covering(read),
      tagVersion: this.#ports.log.tagVersion,
      authorization,
    }
    enter(read.key)
    void stored.then((kept) => {
      if (kept !== undefined) this.#unshared.delete(read.key)
      writer.release(ticket)
      for (const key of keys) {
        if (this.#newest.get(key) === newest) this.#newest.delete(key)
        if (this.#ahead.get(key) === stored) this.#ahead.delete(key)
      }
    })
    return flight
  }

  /** Passes a read on whose answer no other read may have and nothing may keep. One with a body can be sent only once. */
  pass(request: Request, { retry }: Rule): Promise<Response> {
    return askOrigin(() => outgoing(request, []), hasBody(request) ? 0 : retry)
  }

  /** What a follower may have of a result: what HTTP lets it share, of the variant that it asks for. */
  #shared(leader: Read, result: FlightResult, follower: Read, plan: Plan): FlightResult | undefined {
    const { settlement, response, outcome } = result
    // The request of the follower would be sent as the other user, too.
    if (settlement.why === OTHER_USER) return { ...result, response: undefined }
    if (settlement.why === ENDED) return undefined
    // The origin is away. What is stored for this read decides what it gets, and not what is stored for the leader.
    const own = settledFor(follower, plan, outcome)
    if (response === undefined || own.kind === 'stand-in') return { ...result, settlement: own, response: undefined }
    const isConfirmed = settlement.kind === 'refresh'
    const fields = isConfirmed ? settlement.fields : fieldsOf(response.headers)
    const names = varyNames(fields)
    if (names === 'unknowable' || variantOf(names, leader.head.fields) !== variantOf(names, follower.head.fields)) {
      return undefined
    }
    // A range is no part of the key.
    if (isPart(isConfirmed ? settlement.row : { status: response.status, fields })) return undefined
    if (isConfirmed) return result
    // What the store has to do is done by the leader's settlement alone.
    const isDone = settlement.kind === own.kind || settlement.kind === 'store' || own.kind === 'keep'
    if (!isDone || !mayShare(leader, result)) return undefined
    return { ...result, settlement: settlement.kind === 'store' ? settlement : own, response: response.clone() }
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
    // What stands in for the first request stands in for the second, unless another user has come.
    if (why !== OTHER_USER) return this.#attempt(read, plan, [])
    const whole = await this.#attempt(read, { ...AGAIN, why }, [])
    return whole.response === undefined ? whole : { ...whole, settlement: { kind: 'keep', why } }
  }

  async #attempt(read: Read, plan: Plan, asking: readonly (readonly [string, string])[]): Promise<FlightResult> {
    const { head: request, rule, body } = read
    const { statistics, structured } = this.#ports
    statistics.count(rule.name, asking.length > 0 ? { validations: 1 } : { misses: 1 })
    const requestedAtMs = now()
    const confirmsTrust = this.#watchTrust(read.partition)
    const settled = (outcome: Outcome): Settlement => {
      this.#hear(read, outcome)
      return settledFor(read, plan, outcome)
    }
    try {
      // Where something can stand in it answers at once: trying again first would only make an offline page slow. What
      // may change something is never sent twice.
      const canStandIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
      const retries = canStandIn || request.method === 'POST' ? 0 : rule.retry
      const response = await askOrigin(() => outgoing(read.request, asking, body, read.partition === EVERYONE), retries)
      const head = describeResponse(response, request.url, structured)
      const outcome = { kind: 'response', head } as const
      const heard = settled(outcome)
      const other = await this.#obey(read, head, heard, confirmsTrust).catch((error: unknown) => {
        report('what an answer says of its user could not be applied; it is not stored', error)
        return ENDED
      })
      // To the user who came after a 304 says only that they have an answer too.
      const kind = other === OTHER_USER && response.status === 304 && asking.length > 0 ? 'refetch' : 'keep'
      const settlement = other === undefined ? heard : ({ kind, why: other } as const)
      if (response.status === 304) statistics.count(rule.name, { notModified: 1 })
      return { outcome, settlement, response, requestedAtMs, receivedAtMs: now() }
    } catch (error) {
      const outcome = { kind: 'failure' } as const
      return { outcome, settlement: settled(outcome), error, requestedAtMs, receivedAtMs: now() }
    }
  }

  /** What keeps the rule from doing anything is counted and remembered, until it does what it says. */
  #noteObstacle({ head, rule, partition }: Read, plan: Plan, { settlement, outcome }: FlightResult): void {
    const { obstacles } = this.#ports
    const why = obstacleOf(plan, settlement)
    if (why !== undefined && outcome.kind === 'response')
      obstacles.meet(rule.name, partition, head.url, { why, field: obstructingField(why, outcome.head) })
    else if (settlement.kind === 'store' || settlement.kind === 'refresh') obstacles.forget(partition, head.url)
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
   * is. Gives why it may not be of the user who was thought to ask; undefined: it is.
   */
  async #obey(
    read: Read,
    head: ResponseHead,
    { why }: Settlement,
    confirmsTrust: () => boolean,
  ): Promise<string | undefined> {
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
    // An answer that says itself whose it is may be shown to that user.
    if (!read.isTheirs())
      return status !== 401 && this.#ports.identity.isOther(read.partition, fields) ? OTHER_USER : ENDED
    const isTheirs = await this.#ports.applySignals(read, head, isSuccess && confirmsTrust())
    return isTheirs ? undefined : OTHER_USER
  }

  /** Whether success means that a doubt is unfounded: only of what was asked after the doubt came up. */
  #watchTrust(partition: string): () => boolean {
    const { generations, identity } = this.#ports
    const wasDoubted = identity.isDoubted(partition)
    const isSame = generations.watch(partition)
    return () => wasDoubted && isSame()
  }
}

/** What an outcome means for a read, and for what is stored for it. */
const settledFor = ({ head: request, row: stored, rule, clientId }: Read, plan: Plan, outcome: Outcome): Settlement =>
  settle({ plan, request, stored, expects: rule.expects, outcome, unasked: clientId === undefined })

/**
 * What a result means for the store. It was settled without the row where the store was late: the row may forbid to store
 * what came, or be removed by it.
 */
function forStore(read: Read, plan: Plan, { settlement, outcome }: FlightResult): Settlement {
  if (read.late === undefined || read.row === undefined || [OTHER_USER, ENDED].includes(settlement.why))
    return settlement
  const known = settledFor(read, plan, outcome)
  // The page alone reads a body that was not to be stored.
  return known.kind === 'store' ? settlement : known
}

/**
 * Whether an answer may serve other reads too: nothing forbids to store it, though it may not say for how long. A 401 says
 * something of its own request's user.
 */
function mayShare({ head }: Read, { outcome }: FlightResult): boolean {
  if (outcome.kind === 'failure') return true
  if (outcome.head.status === 401) return false
  const obstacle = notStorable(head, outcome.head)
  return obstacle === undefined || obstacle === 'no-freshness'
}

/** How the origin is asked once more where nothing that is stored may answer. */
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
