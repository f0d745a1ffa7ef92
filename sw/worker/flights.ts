import type { Rule } from '../../config/language/index.ts'
import type { Change } from '../core/change.ts'
import { isAway } from '../core/head.ts'
import type { Plan } from '../core/plan.ts'
import { ROW_SHAPE, type Row } from '../core/row.ts'
import { type Sequence, UNDER_WAY } from '../core/sequence.ts'
import { type Outcome, settle, type Settlement } from '../core/settle.ts'
import { bytes, type EpochMs } from '../core/units.ts'
import { conditions, sameValidator, storedFields } from '../core/validation.ts'
import { variantOf, varyNames } from '../core/vary.ts'
import type { Bodies } from './bodies.ts'
import { digestOf, wholeBody } from './body-reader.ts'
import type { Channel } from './channel.ts'
import { now } from './clock.ts'
import { describeResponse } from './describe.ts'
import type { Ledger } from './ledger.ts'
import { outgoing, reach } from './origin.ts'
import type { Reachability } from './reachability.ts'
import type { Read } from './read.ts'
import { report } from './report.ts'
import type { Statistics } from './statistics.ts'

/** When an exchange with the origin took place. */
interface Times {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

/** What a request has brought, as soon as the head of its answer is known. */
export interface Landing extends Times {
  readonly settlement: Settlement
  /** The origin's answer; its body belongs to whoever launched the flight for a page. */
  readonly response?: Response
  /** The failure, as the page has to see it. */
  readonly error?: unknown
}

/** What everybody who waited may have, once the store has it or has refused it. */
export interface Shared {
  readonly row: Row
  /** The body, where it is still at hand. */
  readonly body: ArrayBuffer | undefined
  readonly outcome: 'first' | 'changed' | 'unchanged'
}

/** One request to the origin, and those who wait for it. Neither promise ever rejects. */
export interface Flight {
  /** The newest invalidation that covered the key when it began. */
  readonly after: Sequence
  readonly authorization: string | null
  /** Clients that get its answer as their own: they need no telling (I11). */
  readonly informed: Set<string>
  readonly landed: Promise<Landing>
  /** The answer's head has come; the store does not have it yet. */
  readonly isStoring: () => boolean
  /** Undefined: nothing that another request could use. */
  readonly shared: Promise<Shared | undefined>
}

/** What a row owes to the request that brought or confirmed it. */
type Exchange = Times & Pick<Row, 'sequence' | 'epoch'>

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly channel: Channel
  readonly reachability: Reachability
  readonly statistics: Statistics
}

/** Longer bodies, endless ones among them, are passed on unstored. */
const MAX_STORED_BYTES = 32 * 1024 * 1024

/** Requests to the origin on behalf of reads: at most one per key that others can join, each settled and stored once. */
export class Flights {
  readonly #ports: Ports
  readonly #newest = new Map<string, Flight>()

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

  /**
   * Sends a read to the origin, and becomes the flight to join.
   *
   * @param forPage the caller hands `landed.response` to a page; else nobody but the store reads it.
   */
  launch(read: Read, plan: Plan, forPage: boolean): Flight {
    const { ledger } = this.#ports
    const ticket = ledger.ticket()
    const informed = new Set<string>()
    const sent = this.#send(read, plan)
    // A body can be read once: the store's copy is set aside before the page gets the original.
    const copied = sent.then(({ settlement, response }) =>
      forPage && settlement.kind === 'store' ? response?.clone() : response,
    )
    let isStoring = false
    const landed = copied.then(() => {
      isStoring = true
      return sent
    })
    const shared = sent
      .then(async ({ settlement, requestedAtMs, receivedAtMs }) => {
        const response = await copied
        const exchange = { requestedAtMs, receivedAtMs, ...(await ledger.placeOf(ticket)) }
        if (settlement.kind === 'store' && response !== undefined) {
          return this.#store(read, response, exchange, informed)
        }
        if (!forPage) void response?.body?.cancel()
        if (settlement.kind === 'refresh') {
          return this.#confirm({ ...settlement.row, ...exchange, fields: settlement.fields })
        }
        if (settlement.kind === 'drop' && read.row !== undefined) await this.#drop(read.row, informed)
        return undefined
      })
      .catch((error: unknown) => {
        report('an answer could not be stored; the page has it all the same', error)
        return undefined
      })
    const { authorization } = read
    const flight = { after: this.#covering(read), authorization, informed, landed, shared, isStoring: () => isStoring }
    this.#newest.set(read.key, flight)
    void shared.then(() => {
      if (this.#newest.get(read.key) === flight) this.#newest.delete(read.key)
    })
    return flight
  }

  /** Passes a read on whose answer nobody else may have and nothing may keep. One with a body can be sent only once. */
  pass(request: Request, { retry }: Rule): Promise<Response> {
    return reach(() => outgoing(request, []), request.method === 'POST' ? 0 : retry)
  }

  #covering(read: Read): Sequence {
    return this.#ports.ledger.marks.covering({ url: read.head.url, tags: read.tags })
  }

  async #send(read: Read, plan: Plan): Promise<Landing> {
    const row = 'row' in plan ? plan.row : undefined
    const landing = await this.#attempt(read, plan, row === undefined ? [] : conditions(row.fields))
    if (landing.settlement.kind !== 'refetch') return landing
    return this.#attempt(read, { kind: 'fetch', store: true, fwd: 'stale', why: landing.settlement.why }, [])
  }

  async #attempt(read: Read, plan: Plan, asking: readonly (readonly [string, string])[]): Promise<Landing> {
    const { head: request, rule } = read
    const { statistics } = this.#ports
    statistics.count(rule.name, asking.length > 0 ? { validations: 1 } : { misses: 1 })
    const requestedAtMs = now()
    const settled = (outcome: Outcome): Settlement => {
      this.#hear(read, outcome)
      const unasked = read.clientId === undefined
      return settle({ plan, request, stored: read.row, expects: rule.expects, outcome, unasked })
    }
    try {
      // Where something can stand in it answers at once: trying again first would only make an offline page slow.
      const canStandIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
      const response = await reach(() => outgoing(read.request, asking), canStandIn ? 0 : rule.retry)
      const settlement = settled({ kind: 'response', head: describeResponse(response) })
      if (response.status === 304) statistics.count(rule.name, { notModified: 1 })
      return { settlement, response, requestedAtMs, receivedAtMs: now() }
    } catch (error) {
      return { settlement: settled({ kind: 'failure', cause: 'network' }), error, requestedAtMs, receivedAtMs: now() }
    }
  }

  #hear(read: Read, outcome: Outcome): void {
    const { reachability } = this.#ports
    if (outcome.kind === 'response' && !isAway(outcome.head.status)) reachability.reached()
    else reachability.missed(() => this.launch({ ...read, clientId: undefined }, AGAIN, false).landed)
  }

  async #store(read: Read, response: Response, exchange: Exchange, informed: Set<string>): Promise<Shared | undefined> {
    const { ledger, bodies, channel } = this.#ports
    const { key, partition, rule, tags, row: previous } = read
    const received = await wholeBody(response, MAX_STORED_BYTES)
    if (received === undefined) return undefined

    const fields = storedFields(new Map(response.headers))
    const varied = varyNames(fields)
    const names = varied === 'unknowable' ? [] : varied
    const digest = await digestOf(received)
    const isSame =
      previous !== undefined && (previous.digest === digest || sameValidator(previous.fields, fields) === true)
    const outcome = isSame ? 'unchanged' : previous === undefined ? 'first' : 'changed'
    const atMs = now()
    const row: Row = {
      shape: ROW_SHAPE,
      key,
      variant: variantOf(names, read.head.fields),
      partition,
      rule: rule.name,
      tags,
      url: read.head.url,
      request: {
        fields: new Map(
          ['accept', 'range', ...rule.keyHeaders, ...names].flatMap((name) => {
            const value = read.head.fields.get(name)
            return value === undefined ? [] : [[name, value] as const]
          }),
        ),
        credentials: read.request.credentials,
      },
      status: response.status,
      statusText: response.statusText,
      fields,
      ...exchange,
      storedAtMs: atMs,
      ...(outcome === 'changed' ? { announcedAtMs: atMs } : {}),
      digest,
      size: bytes(received.byteLength),
      body: await bodies.put(received, exchange.sequence),
    }
    const change: Change | undefined =
      outcome === 'unchanged'
        ? undefined
        : { kind: outcome, urls: [row.url], tags, partition, atMs, informed: [...informed] }
    const committed = await ledger.commit(row, change)
    if (typeof committed === 'string') {
      await bodies.remove([row])
      return undefined
    }
    channel.changes([committed.logged])
    // The old body goes only now that the row that names the new one is there.
    if (previous !== undefined) await bodies.remove([previous])
    return { row, body: received, outcome }
  }

  async #confirm(row: Row): Promise<Shared | undefined> {
    const committed = await this.#ports.ledger.commit(row, undefined)
    return typeof committed === 'string' ? undefined : { row, body: undefined, outcome: 'unchanged' }
  }

  async #drop(row: Row, informed: Set<string>): Promise<void> {
    const { ledger, bodies, channel } = this.#ports
    const { url, tags, partition } = row
    channel.changes(
      await ledger.remove([row], () => ({
        kind: 'removed',
        urls: [url],
        tags,
        partition,
        atMs: now(),
        informed: [...informed],
      })),
    )
    await bodies.remove([row])
  }
}

/** How the origin is asked once more after it was away. */
const AGAIN: Plan = { kind: 'fetch', store: true, fwd: 'stale', why: 'probe' }
