import { DISK } from '../../core/obstacle.ts'
import { gatewayTimeout } from '../../fetch/answer.ts'
import { now, STORE_LIMIT_MS, timeout, uptimeMs } from '../../fetch/clock.ts'
import { OTHER_USER } from './flight-result.ts'
import { forward, type ForwardPorts } from './forward.ts'
import { answerLate } from './late-store.ts'
import type { Collections } from '../collections/collections.ts'
import type { Obstacles } from './obstacles.ts'
import { discard } from '../../fetch/origin.ts'
import { isForwarding, type Planned, type PlanPorts, planRead } from './plan-read.ts'
import type { Reachability } from './reachability.ts'
import { type Asked, type ContextPorts, contextOf } from './read-context.ts'
import type { ReadContext } from './read.ts'
import type { Sender } from './send.ts'
import { hit } from './stored-answers.ts'
import type { Channel } from '../channel.ts'
import type { Erasure } from '../store/erasure.ts'
import type { Eviction } from '../store/eviction.ts'
import { type Generations, UNKNOWN_USER } from '../store/generations.ts'
import type { OverlaidReads } from '../outbox/overlaid-reads.ts'
import { answerUnkeyed, answerUnknown, passUnkeyed } from './unkeyed-reads.ts'

interface Ports extends ContextPorts, PlanPorts, ForwardPorts {
  readonly eviction: Eviction
  readonly generations: Generations
  readonly sender: Sender
  readonly obstacles: Obstacles
  readonly reachability: Reachability
  readonly erasure: Erasure
  readonly channel: Channel
  /** Absent: the rules have none. */
  readonly collections?: Pick<Collections, 'answer' | 'standIn'> | undefined
  /** Puts what users have written into answers. Absent: the rules queue nothing. */
  readonly overlaid?: OverlaidReads | undefined
}

/**
 * Answers pages' reads. Holds no caching rule of its own.
 *
 * ```
 *   whose ──► context ──► look up ──► plan ──► carry out: from store, or by the origin
 *     │          │           └── the store is late: late-store.ts
 *     └──────────┴── not known, or not to be made: unkeyed-reads.ts
 * ```
 */
export class Reads {
  readonly #ports: Ports

  constructor(ports: Omit<Ports, 'ofTheNext'>) {
    this.#ports = { ...ports, ofTheNext: new WeakSet() }
  }

  /**
   * The answer to a page's read. Rejects only as the network did, when there is no answer at all. When the identity it
   * was read for has ended meanwhile it is an error: no page may be shown it any more (I3).
   */
  async answer(given: Asked): Promise<Response> {
    const { generations, loads, ofTheNext, statistics, overlaid } = this.#ports
    const beganAtMs = uptimeMs()
    const isSameSession = generations.watch(UNKNOWN_USER)
    statistics.count(given.match.rule.name, { reads: 1 })
    const partition = await this.#partitionOf(given, isSameSession)
    if (partition instanceof Response) return partition
    const asked = overlaid === undefined ? given : await overlaid.prepared(given, partition)
    const isTheirs = generations.watch(partition)
    let read: ReadContext
    try {
      read = await contextOf(this.#ports, asked, partition, isTheirs, beganAtMs)
    } catch (error) {
      return answerUnkeyed(this.#ports, asked, error, isSameSession)
    }
    const rest = (): Promise<Response | undefined> => this.#answer(read, beganAtMs)
    const answer = isTheirs() ? await (overlaid?.answer(read, rest) ?? rest()) : undefined
    loads.answered(read.clientId, read.key)
    // The backend has named another user before this was sent: it goes out as it would without the layer.
    if (answer === undefined && isSameSession()) return passUnkeyed(asked, OTHER_USER, isSameSession)
    if (answer === undefined) return Response.error()
    if (isTheirs() || (ofTheNext.has(answer) && isSameSession())) return answer
    discard(answer)
    return Response.error()
  }

  /** Whose data a read is about; or its answer, where that is not known. */
  async #partitionOf(asked: Asked, isSameSession: () => boolean): Promise<string | Response> {
    const { request, match, clientId } = asked
    let partition: string | undefined
    try {
      partition = await this.#ports.identity.partitionOf(request, clientId, match.rule)
    } catch (error) {
      return answerUnkeyed(this.#ports, asked, error, isSameSession)
    }
    return partition ?? answerUnknown(this.#ports, asked, isSameSession)
  }

  /** Undefined: the identity of the read has ended, and nothing was sent. */
  #answer(read: ReadContext, beganAtMs: number): Promise<Response | undefined> {
    const rest = (): Promise<Response | undefined> => this.#answerByRow(read, beganAtMs)
    return this.#ports.collections?.answer(read, rest) ?? rest()
  }

  /** The same by the response that is stored for the read. */
  async #answerByRow(read: ReadContext, beganAtMs: number): Promise<Response | undefined> {
    const { flights, identity, lookup } = this.#ports
    const looked = lookup.find(read.key, beganAtMs)
    const found = looked instanceof Promise ? await looked : looked
    if ('late' in found) {
      return read.isTheirs()
        ? answerLate(this.#ports, read, found.late, (...planned) => this.#carryOut(...planned))
        : undefined
    }
    const { ready } = identity
    if (ready !== undefined) await ready
    let planned = planRead(this.#ports, read, found)
    const { plan: first } = planned
    if (lookup.isPaused() && first.kind === 'fetch' && first.store)
      planned = { ...planned, plan: { ...first, why: DISK } }
    // Two reads in a row: the second sees the effect of the first, though that is still being written.
    const mayWait = isForwarding(planned.plan) && !lookup.isPaused()
    const storing = mayWait ? flights.storing(read.key) : undefined
    if (storing !== undefined) {
      // A body that takes long, or a disk that does: the next reads do not wait at all.
      if ((await timeout(STORE_LIMIT_MS, storing, 'late')) === 'late') flights.markUnshared(read.key)
      else {
        const again = await lookup.find(read.key, uptimeMs())
        if (!('late' in again)) planned = planRead(this.#ports, read, again)
      }
    }
    // The cookie may belong to the next user by now, so the request must not be sent.
    if (!read.isTheirs()) return undefined
    return this.#carryOut(read, planned)
  }

  #carryOut(read: ReadContext, { plan: planned, row }: Planned): Response | Promise<Response> {
    const { eviction, flights, sender, statistics } = this.#ports
    const { head, rule } = read
    switch (planned.kind) {
      case 'serve':
        statistics.count(rule.name, { hits: 1, requestsSaved: 1, bytesSaved: planned.row.size })
        eviction.use(planned.row, now())
        return hit(this.#ports, read, planned)
      case 'serve-then-validate': {
        // What is on its way to the store answers the next read.
        const mayAsk = sender.mayAskBehind(head.url) && flights.storing(read.key) === undefined
        eviction.use(planned.row, now())
        statistics.count(rule.name, { hits: 1, requestsSaved: Number(!mayAsk), bytesSaved: planned.row.size })
        // The page has its answer: a hit never waits, and what goes wrong behind it is no concern of the page.
        if (mayAsk) read.waitUntil((flights.toJoin(read) ?? flights.launch({ ...read, row }, planned, false)).stored)
        return hit(this.#ports, read, planned)
      }
      case 'validate':
      case 'fetch':
        return forward(this.#ports, { ...read, row }, planned)
      case 'unsatisfiable':
        return gatewayTimeout(`Freshlayer has no stored answer that it may serve (${planned.why}).`)
    }
  }
}
