import { isAway, type ResponseHead } from '../../core/head.ts'
import { EVERYONE } from '../../core/key.ts'
import type { Plan } from '../../core/plan.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import type { Outcome, Settlement } from '../../core/settle.ts'
import { conditions } from '../../core/validation.ts'
import type { Channel } from '../channel.ts'
import { isPaused, leftOf, now, type Pause, pauseFor } from '../../fetch/clock.ts'
import type { Identities } from '../identity/identity.ts'
import { report } from '../report.ts'
import { settleWithin } from '../settle-within.ts'
import type { Erasure } from '../store/erasure.ts'
import type { Generations } from '../store/generations.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { SearchPolicies } from '../store/search-policies.ts'
import type { Statistics } from '../statistics.ts'
import { describeResponse, isCleared } from '../../fetch/describe.ts'
import { ENDED, type FlightResult, OTHER_USER, settledFor } from './flight-result.ts'
import { forgetAll } from './forget.ts'
import { askOrigin, outgoing } from '../../fetch/origin.ts'
import type { Reachability } from './reachability.ts'
import type { Read } from './read.ts'
import type { Structured } from './structured.ts'

export interface SenderPorts {
  readonly log: InvalidationLog
  readonly erasure: Erasure
  readonly generations: Generations
  readonly channel: Channel
  readonly reachability: Reachability
  readonly statistics: Statistics
  readonly structured: Structured | undefined
  readonly policies: SearchPolicies | undefined
  readonly identity: Identities['identity']
  readonly applySignals: Identities['applySignals']
  /** Has the origin asked for a read once more, for the store alone. Settles when the answer has come, or the failure. */
  readonly askAgain: (read: Read, plan: Plan) => Promise<unknown>
}

/**
 * Sends reads to the origin, and does what an answer says beside being one. What the answer means for what is stored is
 * settled here too; nothing is stored here.
 */
export class Sender {
  readonly #ports: SenderPorts
  /** Origins that want no requests that no page waits for. */
  readonly #paused = new Map<string, Pause>()

  constructor(ports: SenderPorts) {
    this.#ports = ports
  }

  /** Whether the origin of a URL may be asked something that no page waits for: it may have asked to be left alone. */
  mayAskBehind(url: string): boolean {
    return !isPaused(this.#paused.get(new URL(url).origin))
  }

  /** For how many milliseconds the origin of a URL wants to be left alone; 0: it does not. */
  restMs(url: string): number {
    return leftOf(this.#paused.get(new URL(url).origin))
  }

  /**
   * Sends a read to the origin by its plan, with conditions on what is stored. Sends it once more without conditions where
   * the answer says nothing that this read may have. Never rejects.
   */
  async send(read: Read, plan: Plan): Promise<FlightResult> {
    const asked = plan.kind === 'fetch' ? plan.variants : plan.kind === 'unsatisfiable' ? [] : [plan.row]
    // A page's own conditions are met from store when the answer is there: the question behind it is the layer's alone.
    const own = plan.kind === 'serve-then-validate' ? new Map() : read.head.fields
    // A condition that fails is answered 412 to POST, which the page has not asked for (RFC 9110 §13.1.2).
    const isPlain = (plan.kind === 'fetch' && !plan.store) || read.head.method === 'POST'
    const asking = isPlain
      ? []
      : conditions(
          asked.map(({ fields }) => fields),
          own,
        )
    const result = await this.attempt(read, plan, asking)
    if (result.settlement.kind !== 'refetch') return result
    const why = result.settlement.why
    // What stands in for the first request stands in for the second, unless another user has come.
    if (why !== OTHER_USER) return this.attempt(read, plan, [])
    const whole = await this.attempt(read, { ...AGAIN, why }, [])
    return whole.response === undefined ? whole : { ...whole, settlement: { kind: 'keep', why } }
  }

  /** Sends one request, with these conditions. Never rejects. */
  protected async attempt(
    read: Read,
    plan: Plan,
    asking: readonly (readonly [string, string])[],
  ): Promise<FlightResult> {
    const { head: request, rule, body } = read
    const { statistics, structured } = this.#ports
    statistics.count(rule.name, asking.length > 0 ? { validations: 1 } : { misses: 1 })
    const requestedAtMs = now()
    const confirmsTrust = this.#watchTrust(read.partition)
    const settled = (outcome: Outcome): Settlement => {
      this.#noteReachability(read, plan, outcome)
      return settledFor(read, plan, outcome)
    }
    try {
      // Where something can stand in it answers at once: trying again first would only make an offline page slow. What
      // may change something is never sent twice.
      const canStandIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
      const retries = canStandIn || request.method === 'POST' ? 0 : rule.retry
      const response = await askOrigin(
        () => outgoing(read.request, [...asking, ...(rule.askedWith ?? [])], body, read.partition === EVERYONE),
        retries,
        rule.send,
      )
      const head = describeResponse(response, read.request.url, structured)
      const outcome = { kind: 'response', head } as const
      const heard = settled(outcome)
      const other = await this.#applyHead(read, head, heard, confirmsTrust).catch((error: unknown) => {
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

  #noteReachability(read: Read, plan: Plan, outcome: Outcome): void {
    const { reachability } = this.#ports
    const { url } = read.head
    const isAnswered = outcome.kind === 'response'
    if (isAnswered && !isAway(outcome.head.status)) reachability.reached(url)
    else {
      reachability.missed(url, isAnswered, async () => {
        // The origin has said when to come back: each tab in sight would ask every few seconds (I11).
        if (!this.mayAskBehind(url)) return
        const again: Plan = { ...AGAIN, store: plan.kind !== 'fetch' || plan.store }
        if (read.isTheirs()) await this.#ports.askAgain({ ...read, clientId: undefined }, again)
        else reachability.forget()
      })
    }
  }

  /**
   * What an answer says beside being one: to be left alone, to forget everything, which parts of a query count, whose it
   * is. Gives why it may not be of the user who was thought to ask; undefined: it is.
   */
  async #applyHead(
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

/** Why what has failed is asked for once more. */
export const PROBE = 'probe'

/** How the origin is asked once more where nothing that is stored may answer. */
const AGAIN = { kind: 'fetch', store: true, variants: [], fwd: 'stale', why: PROBE } as const satisfies Plan
