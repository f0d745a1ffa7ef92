import type { CacheStatus } from '../../sw/core/cache-status.ts'
import { currentAge } from '../../sw/core/freshness.ts'
import { type Plan, plan } from '../../sw/core/plan.ts'
import { isPart } from '../../sw/core/range.ts'
import type { Row } from '../../sw/core/row.ts'
import { selected } from '../../sw/core/select.ts'
import type { Settlement } from '../../sw/core/settle.ts'
import { isConditional } from '../../sw/core/validation.ts'
import { forwardedAnswer, gatewayTimeout, storedAnswer } from '../../sw/fetch/answer.ts'
import { now, STORE_LIMIT_MS, timeout } from '../../sw/fetch/clock.ts'
import { discard } from '../../sw/fetch/origin.ts'
import type { Flight, Flights, Result, Shared } from './flights.ts'
import type { Memory } from './memory.ts'
import type { Read } from './read.ts'

interface Ports {
  readonly memory: Memory
  readonly flights: Flights
  /** Whether the origin has refused a user, and no success has come since. */
  readonly isDoubted: (partition: string) => boolean
}

type Forwarding = Plan & { readonly kind: 'validate' | 'fetch' }

/** Answers reads. Holds no caching rule of its own: the core plans and settles. */
export class Reads {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Rejects only as the network did, when there is no answer at all. */
  async answer(read: Read): Promise<Response> {
    const { flights } = this.#ports
    let planned = this.#plan(read)
    // Two reads in a row: the second sees the effect of the first, though its body is still being read.
    const storing = planned.kind === 'validate' || planned.kind === 'fetch' ? flights.storing(read.key) : undefined
    if (storing !== undefined) {
      await timeout(STORE_LIMIT_MS, storing, undefined)
      planned = this.#plan(read)
    }
    const { head } = read
    switch (planned.kind) {
      case 'serve':
      case 'serve-then-validate': {
        const { row, standing, why } = planned
        if (planned.kind === 'serve-then-validate' && flights.mayAskBehind(head.url) && !flights.isAsking(read.key))
          flights.launch(read, planned, false)
        return answerWith(read, row, { hit: true, ttl: standing.ttl, detail: why })
      }
      case 'validate':
      case 'fetch':
        return this.#forward(read, planned)
      case 'unsatisfiable':
        return gatewayTimeout(`Freshlayer has no stored answer that it may serve (${planned.why}).`)
    }
  }

  #plan(read: Read): Plan {
    const { memory, flights, isDoubted } = this.#ports
    const { head, rule, key, partition } = read
    const rows = memory.find(key).filter((row) => !isPart(row))
    const row = selected(rows, head)
    return plan({
      request: head,
      rule,
      row,
      variants: row === undefined ? rows : [],
      partial: false,
      invalidated: row !== undefined && memory.isInvalidated(row),
      doubted: isDoubted(partition),
      // The app has got a newer answer already, whose body is not all there yet (I2).
      reloaded: flights.storing(key) !== undefined,
      now: now(),
    })
  }

  async #forward(read: Read, planned: Forwarding): Promise<Response> {
    const { flights } = this.#ports
    const joined = this.#mayJoin(read, planned) ? flights.toJoin(read) : undefined
    const shared = joined && (await this.#waited(read, planned, joined.follow(read, planned), dropShared))
    if (shared instanceof Response) return shared
    if (shared !== undefined) return this.#ofOther(read, planned, shared)
    const flight = flights.launch(read, planned, true)
    const result = await this.#waited(read, planned, flight.landed, ({ response }) => discard(response))
    return result instanceof Response ? result : this.#ofOwn(read, planned, result, flight)
  }

  #mayJoin({ head, partition }: Read, planned: Forwarding): boolean {
    if (this.#ports.isDoubted(partition)) return false
    const isPlain = head.cache === 'default' && head.method !== 'HEAD' && !isConditional(head.fields)
    return isPlain && (planned.kind === 'validate' || planned.store)
  }

  /** What has come; or, where the origin is too slow and something can stand in, that. */
  async #waited<T>(
    read: Read,
    planned: Forwarding,
    coming: Promise<T>,
    drop: (late: T) => void,
  ): Promise<T | Response> {
    if (planned.kind !== 'validate' || !planned.standsIn) return coming
    const come = await timeout(read.rule.timeoutMs, coming, LATE)
    if (come !== LATE) return come as T
    if (!this.#mayShow(read, planned.row)) return coming
    void coming.then(drop)
    return this.#standIn(read, planned.row, 'timeout', undefined)
  }

  #ofOwn(read: Read, planned: Forwarding, result: Result, flight: Flight): Response | Promise<Response> {
    const { settlement, response, error } = result
    const how = { fwd: planned.fwd, 'fwd-status': response?.status }
    switch (settlement.kind) {
      case 'refresh': {
        const { row, fields } = settlement
        return flight.stored.then((stored) =>
          answerWith(read, stored ?? { ...row, fields, receivedAtMs: now() }, { ...how, stored: stored !== undefined }),
        )
      }
      case 'stand-in':
        return this.#insteadOf(read, planned, settlement, response, error)
      case 'refuse':
        return unvalidated()
      case 'store':
      case 'keep':
      case 'drop':
      case 'update':
      case 'outdate':
      case 'refetch':
      case 'fail': {
        if (response === undefined) throw error
        const isKept = settlement.kind === 'store'
        return forwardedAnswer(response, { ...how, stored: isKept, detail: isKept ? undefined : settlement.why })
      }
    }
  }

  #ofOther(read: Read, planned: Forwarding, shared: Shared): Response {
    const how = { fwd: planned.fwd, collapsed: true } as const
    switch (shared.kind) {
      case 'row':
        return answerWith(read, shared.row, how)
      case 'response':
        return forwardedAnswer(shared.response, { ...how, detail: shared.why })
      case 'failure': {
        const { settlement, error, status } = shared
        if (settlement.kind === 'stand-in') return this.#insteadOf(read, planned, settlement, undefined, error, status)
        if (settlement.kind === 'refuse') return unvalidated()
        throw error
      }
    }
  }

  #insteadOf(
    read: Read,
    planned: Forwarding,
    { why }: Settlement,
    response: Response | undefined,
    error: unknown,
    status = response?.status,
  ): Response {
    const row = planned.kind === 'validate' ? planned.row : undefined
    if (row === undefined || !this.#mayShow(read, row)) {
      if (response === undefined) throw error
      return forwardedAnswer(response, { fwd: planned.fwd, 'fwd-status': status, detail: why })
    }
    discard(response)
    return this.#standIn(read, row, 'offline', status)
  }

  /** A user may have signed out, and the origin may have refused the user, since the origin was asked. */
  #mayShow({ partition, key }: Read, row: Row): boolean {
    const { memory, isDoubted } = this.#ports
    return !isDoubted(partition) && memory.find(key).some(({ variant }) => variant === row.variant)
  }

  #standIn(read: Read, row: Row, why: 'offline' | 'timeout', status: number | undefined): Response {
    const detail = this.#ports.memory.isInvalidated(row) ? 'offline-before-write' : why
    return answerWith(read, row, { fwd: 'stale', 'fwd-status': status, detail })
  }
}

const LATE = Symbol('late')

const dropShared = (shared: Shared | undefined): void => void (shared?.kind === 'response' && discard(shared.response))

const answerWith = ({ head }: Read, row: Row, how: CacheStatus): Response =>
  storedAnswer(head, row, row.body instanceof ArrayBuffer ? row.body : undefined, currentAge(row, now()), how)

const unvalidated = (): Response =>
  gatewayTimeout('The origin is away, and its last answer may not be served unvalidated (see `trust` of the rule).')
