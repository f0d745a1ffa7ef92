import type { Rule } from '../../../config/language/index.ts'
import { isAway, type ResponseHead } from '../../core/head.ts'
import type { Plan } from '../../core/plan.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import { type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import { type Outcome, settle, type Settlement } from '../../core/settle.ts'
import { conditions } from '../../core/validation.ts'
import type { Bodies } from '../store/bodies.ts'
import { settleWithin } from '../settle-within.ts'
import type { Channel } from '../channel.ts'
import { now } from '../clock.ts'
import { describeResponse, hasBody } from './describe.ts'
import type { Identity } from '../identity/identity.ts'
import { forgetAll, isCleared } from '../store/forget.ts'
import { applyIdentitySignals } from '../identity/identity-signals.ts'
import type { ResponseStore, Shared, Times } from './response-store.ts'
import type { Ledger } from '../store/ledger.ts'
import { askOrigin, discard, outgoing } from './origin.ts'
import type { Reachability } from './reachability.ts'
import type { Read } from './read.ts'
import { report } from '../report.ts'
import type { Statistics } from '../statistics.ts'
import type { Structured } from './structured.ts'

/** What a request has brought, as soon as the head of its answer is known. */
export interface FlightResult extends Times {
  readonly settlement: Settlement
  /** The origin's answer; its body belongs to whoever launched the flight for a page. */
  readonly response?: Response
  /** The failure, as the page has to see it. */
  readonly error?: unknown
}

/** One request to the origin, and those who wait for it. Neither promise ever rejects. */
export interface Flight {
  /** The newest invalidation that covered the key when it began. */
  readonly after: Sequence
  readonly authorization: string | null
  /** Clients that get its answer as their own: they need no telling (I11). */
  readonly informed: Set<string>
  readonly landed: Promise<FlightResult>
  /** The answer's head has come; the store does not have it yet. */
  readonly isStoring: () => boolean
  /** Undefined: nothing that another request could use. */
  readonly shared: Promise<Shared | undefined>
}

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly channel: Channel
  readonly responses: ResponseStore
  readonly reachability: Reachability
  readonly statistics: Statistics
  readonly structured: Structured | undefined
  readonly identity: Identity
}

/** Why an answer is not kept that says it is of another user than the one who was thought to ask. */
export const OTHER_USER = 'other-user'

/** Requests to the origin on behalf of reads: at most one per key that others can join, each settled and stored once. */
export class Flights {
  readonly #ports: Ports
  readonly #newest = new Map<string, Flight>()
  /** Until when an origin wants no requests that nobody waits for. */
  readonly #restUntilMs = new Map<string, number>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The flight a read may join: one with the same credentials that began after the last invalidation of its key and has
   * no answer yet. While a write is under way nobody joins: what is in the air may have left before it.
   */
  toJoin(read: Read): Flight | undefined {
    const flight = this.#newest.get(read.key)
    if (flight === undefined || flight.isStoring() || flight.authorization !== read.authorization) return undefined
    const after = this.#covering(read)
    return flight.after === after && after !== UNDER_WAY ? flight : undefined
  }

  /** Settles when an answer that has come for a key is stored; undefined when there is none on its way to the store. */
  storing(key: string): Promise<unknown> | undefined {
    const flight = this.#newest.get(key)
    return flight?.isStoring() === true ? flight.shared : undefined
  }

  /** Whether the origin of a URL may be asked something that no page waits for: it may have asked to be left alone. */
  mayAskBehind(url: string): boolean {
    return now() >= (this.#restUntilMs.get(new URL(url).origin) ?? 0)
  }

  /**
   * Sends a read to the origin, and becomes the flight to join.
   *
   * @param forPage the caller hands `landed.response` to a page; else nobody but the store reads it.
   */
  launch(read: Read, plan: Plan, forPage: boolean): Flight {
    const { ledger, responses } = this.#ports
    const ticket = ledger.ticket(read.partition)
    const informed = new Set<string>()
    const sent = this.#send(read, plan)
    // A body can be read once: the store's copy is set aside before the page gets the original.
    const copied = sent.then(({ settlement, response }) =>
      forPage && settlement.kind === 'store' ? response?.clone() : response,
    )
    let isStoring = false
    const isOwn = read.head.method === 'HEAD' || (plan.kind === 'fetch' && !plan.store)
    const keys = new Set<string>()
    const enter = (key: string): void => {
      // Who began later stays the one to join; and what is not kept, or has no body, is of no use to another read.
      if (keys.has(key) || isOwn) return
      keys.add(key)
      this.#newest.set(key, flight)
    }
    const landed = copied.then(() => {
      isStoring = true
      // What the answer says about its query may have changed the key by which the next read looks for it.
      enter(keyNow(read, ledger))
      return sent
    })
    const shared = sent
      .then(async ({ settlement, requestedAtMs, receivedAtMs }) => {
        const response = await copied
        const exchange = { requestedAtMs, receivedAtMs, ...(await ledger.placeOf(ticket)) }
        const kept = responses.keep(read, settlement, response, exchange, informed)
        if (!forPage && settlement.kind !== 'store') discard(response)
        return await kept
      })
      .catch((error: unknown) => {
        report('an answer could not be stored; the page has it all the same', error)
        return undefined
      })
    const { authorization } = read
    const flight: Flight = {
      after: this.#covering(read),
      authorization,
      informed,
      landed,
      shared,
      isStoring: () => isStoring,
    }
    enter(read.key)
    void shared.then(() => {
      for (const key of keys) if (this.#newest.get(key) === flight) this.#newest.delete(key)
    })
    return flight
  }

  /** Passes a read on whose answer nobody else may have and nothing may keep. One with a body can be sent only once. */
  pass(request: Request, { retry }: Rule): Promise<Response> {
    return askOrigin(() => outgoing(request, []), hasBody(request) ? 0 : retry)
  }

  #covering(read: Read): Sequence {
    return this.#ports.ledger.invalidations.covering({ url: read.head.url, tags: read.tags })
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
    const landing = await this.#attempt(read, plan, asking)
    if (landing.settlement.kind !== 'refetch') return landing
    const why = landing.settlement.why
    return this.#attempt(read, { kind: 'fetch', store: true, variants: [], fwd: 'stale', why }, [])
  }

  async #attempt(read: Read, plan: Plan, asking: readonly (readonly [string, string])[]): Promise<FlightResult> {
    const { head: request, rule, body } = read
    const { statistics, structured } = this.#ports
    statistics.count(rule.name, asking.length > 0 ? { validations: 1 } : { misses: 1 })
    const requestedAtMs = now()
    const clears = this.#clearsDoubts(read.partition)
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
      const heard = settled({ kind: 'response', head })
      const isTheirs = await this.#obey(read, head, heard, clears)
      // A 304 says nothing to whoever came after, but that they have an answer too.
      const kind = response.status === 304 && asking.length > 0 ? 'refetch' : 'keep'
      const settlement = isTheirs ? heard : ({ kind, why: OTHER_USER } as const)
      if (response.status === 304) statistics.count(rule.name, { notModified: 1 })
      return { settlement, response, requestedAtMs, receivedAtMs: now() }
    } catch (error) {
      return { settlement: settled({ kind: 'failure' }), error, requestedAtMs, receivedAtMs: now() }
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
  async #obey(read: Read, head: ResponseHead, { why }: Settlement, clears: () => boolean): Promise<boolean> {
    const { ledger, structured } = this.#ports
    const { url } = read.head
    const { origin } = new URL(url)
    const { status, fields, redirected } = head
    const field = status === 429 || status === 503 ? fields.get('retry-after') : undefined
    // Where both are given, Retry-After decides (draft-ietf-httpapi-ratelimit-headers §4).
    const restMs = field === undefined ? (structured?.rest(fields) ?? 0) : retryAfterMs(field, now())
    if (restMs > 0) this.#restUntilMs.set(origin, now() + restMs)
    else if (status < 400) this.#restUntilMs.delete(origin)
    if (isCleared(fields)) await settleWithin(forgetAll(this.#ports))
    if (structured !== undefined && status < 300 && !redirected)
      ledger.searchPolicies.learn(url, structured.search(fields))
    // A sign-in page in place of the answer is no success.
    const isSuccess = (status < 300 || status === 304) && !redirected && why !== 'unexpected-type'
    return applyIdentitySignals(this.#ports, read, head, isSuccess && clears())
  }

  /** Whether success means that a doubt is unfounded: only of what was asked after the doubt came up. */
  #clearsDoubts(partition: string): () => boolean {
    const { ledger, identity } = this.#ports
    const wasDoubted = identity.isDoubted(partition)
    const life = ledger.generation(partition)
    return () => wasDoubted && ledger.generation(partition) === life
  }
}

/** How the origin is asked once more after it was away. */
const AGAIN: Plan = { kind: 'fetch', store: true, variants: [], fwd: 'stale', why: 'probe' }

const keyNow = ({ keyOf, head }: Read, ledger: Ledger): string => keyOf(ledger.searchPolicies.urlOf(head.url))
