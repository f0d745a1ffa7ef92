import { formatHttpDate } from '../../sw/core/http-date.ts'
import type { Plan } from '../../sw/core/plan.ts'
import { retryAfterMs } from '../../sw/core/retry-after.ts'
import { ROW_SHAPE, type Row } from '../../sw/core/row.ts'
import { selected } from '../../sw/core/select.ts'
import { type Sequence, UNDER_WAY } from '../../sw/core/sequence.ts'
import { type Outcome, settle, type Settlement } from '../../sw/core/settle.ts'
import { notStorable } from '../../sw/core/storable.ts'
import { guesses } from '../../sw/core/timeline.ts'
import { bytes, type EpochMs } from '../../sw/core/units.ts'
import { conditions, storedFields } from '../../sw/core/validation.ts'
import { mayBeOfOtherCookies, variantOf, varyNames } from '../../sw/core/vary.ts'
import { MAX_STORED_BYTES, wholeBody } from '../../sw/fetch/body-reader.ts'
import { isPaused, now, type Pause, pauseFor } from '../../sw/fetch/clock.ts'
import { describeResponse, fieldsOf } from '../../sw/fetch/describe.ts'
import { askOrigin, discard, outgoing } from '../../sw/fetch/origin.ts'
import type { Memory } from './memory.ts'
import type { Read } from './read.ts'
import { report } from './report.ts'

/** What a request to the origin has brought. */
export interface Result {
  readonly outcome: Outcome
  readonly settlement: Settlement
  /** The origin's answer; its body belongs to the read that gets the result. */
  readonly response?: Response
  /** The failure, as the app has to see it. */
  readonly error?: unknown
}

/** What a read may have of the flight of another. */
export type Shared =
  | { readonly kind: 'row'; readonly row: Row; readonly confirmed: boolean }
  | { readonly kind: 'response'; readonly response: Response; readonly why: string }
  | { readonly kind: 'failure'; readonly settlement: Settlement; readonly error: unknown; readonly status?: number }

/** One request to the origin. No promise of it ever rejects. */
export interface Flight {
  readonly landed: Promise<Result>
  /** The row that is stored; undefined: none. */
  readonly stored: Promise<Row | undefined>
  readonly isStoring: () => boolean
  /** A read joins. Undefined: what has come is of another read alone. */
  readonly follow: (read: Read, plan: Plan) => Promise<Shared | undefined>
}

interface Newest {
  readonly flight: Flight
  readonly after: Sequence
  readonly authorization: string | null
  readonly generation: number
}

interface Ports {
  readonly memory: Memory
  /** What the origin of the app is for a URL, so that conditions may be sent. */
  readonly homeOf: (url: string) => string
  /** An answer says something of its user, or of everything that is stored. */
  readonly heed: (read: Read, head: { readonly status: number; readonly fields: Row['fields'] }, at: Sequence) => void
  /** Counts sign-ins and sign-outs. */
  readonly generation: () => number
}

/** Requests to the origin on behalf of reads: at most one per key that others can join, each settled and stored once. */
export class Flights {
  readonly #ports: Ports
  readonly #newest = new Map<string, Newest>()
  /** Origins that want no requests in the background. */
  readonly #paused = new Map<string, Pause>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The flight that a read may join: one that began after the last write that covers it, and has no answer yet. */
  toJoin(read: Read): Flight | undefined {
    const newest = this.#newest.get(read.key)
    if (newest === undefined || newest.flight.isStoring() || newest.authorization !== read.authorization)
      return undefined
    const after = this.#covering(read)
    const isSame = newest.after === after && after !== UNDER_WAY && newest.generation === this.#ports.generation()
    return isSame ? newest.flight : undefined
  }

  isAsking(key: string): boolean {
    return this.#newest.has(key)
  }

  /** Settles when the answer that has come for a key is stored; undefined: there is none on its way. */
  storing(key: string): Promise<unknown> | undefined {
    const flight = this.#newest.get(key)?.flight
    return flight?.isStoring() === true ? flight.stored : undefined
  }

  /** Whether an origin may be asked in the background: it may have asked to be left alone. */
  mayAskBehind(url: string): boolean {
    return !isPaused(this.#paused.get(new URL(url).origin))
  }

  /** @param isForPage the caller hands `landed.response` over; else the store alone reads it. */
  launch(read: Read, plan: Plan, isForPage: boolean): Flight {
    const { memory } = this.#ports
    const at = memory.launch()
    const followers: ((landing: { readonly result: Result; readonly row: Promise<Row | undefined> }) => void)[] = []
    let isStoring = false
    const landing = this.#send(read, plan, at).then(({ result, times }) => {
      isStoring = true
      const { settlement, response } = result
      // A body can be read once: the copy is made before the app gets the original.
      const copy = settlement.kind === 'store' ? response?.clone() : undefined
      const row = this.#keep(read, settlement, copy, { ...times, sequence: at }).catch((error: unknown) => {
        report('an answer could not be kept; the app has it all the same', error)
        return undefined
      })
      for (const land of followers) land({ result, row })
      if (!isForPage) discard(response)
      return { result, row }
    })
    const stored = landing.then(({ row }) => row)
    const flight: Flight = {
      landed: landing.then(({ result }) => result),
      stored,
      isStoring: () => isStoring,
      follow: (follower, planned) =>
        new Promise((resolve) =>
          followers.push(({ result, row }) => resolve(this.#shared(result, row, read, follower, planned))),
        ),
    }
    const newest = {
      flight,
      after: this.#covering(read),
      authorization: read.authorization,
      generation: this.#ports.generation(),
    }
    const isOwn = read.head.method === 'HEAD' || (plan.kind === 'fetch' && !plan.store)
    if (!isOwn) this.#newest.set(read.key, newest)
    void stored.then(() => {
      memory.land(at)
      if (this.#newest.get(read.key) === newest) this.#newest.delete(read.key)
    })
    return flight
  }

  #covering({ head, tags }: Read): Sequence {
    return this.#ports.memory.invalidations.covering({ url: head.url, tags })
  }

  /** Sends a read by its plan; once more without conditions where the answer says nothing that it may have. */
  async #send(read: Read, plan: Plan, at: Sequence): Promise<Landed> {
    const asked = plan.kind === 'fetch' ? plan.variants : plan.kind === 'unsatisfiable' ? [] : [plan.row]
    const own = plan.kind === 'serve-then-validate' ? new Map() : read.head.fields
    const isPlain = (plan.kind === 'fetch' && !plan.store) || read.head.method === 'POST'
    const stored = asked.map(({ fields }) => fields)
    const first = await this.#attempt(read, plan, isPlain ? [] : conditions(stored, own), at)
    return first.result.settlement.kind === 'refetch' ? this.#attempt(read, plan, [], at) : first
  }

  async #attempt(
    read: Read,
    plan: Plan,
    asking: readonly (readonly [string, string])[],
    at: Sequence,
  ): Promise<Landed> {
    const { request, head, rule, body, send } = read
    const { heed, homeOf } = this.#ports
    const requestedAtMs = now()
    const settled = (outcome: Outcome): Settlement => settledFor(read, plan, outcome)
    try {
      const canStandIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
      const retries = canStandIn || head.method === 'POST' ? 0 : rule.retry
      const make = (): Request => outgoing(request, asking, body, false, homeOf(request.url))
      const response = await askOrigin(make, retries, send)
      const described = describeResponse(response, request.url)
      const outcome = { kind: 'response', head: described } as const
      const settlement = settled(outcome)
      this.#notePause(head.url, described)
      heed(read, described, at)
      const times = { requestedAtMs, receivedAtMs: now() }
      return { result: { outcome, settlement, response }, times }
    } catch (error) {
      const outcome = { kind: 'failure' } as const
      const times = { requestedAtMs, receivedAtMs: now() }
      return { result: { outcome, settlement: settled(outcome), error }, times }
    }
  }

  #notePause(url: string, { status, fields }: { readonly status: number; readonly fields: Row['fields'] }): void {
    const { origin } = new URL(url)
    const field = status === 429 || status === 503 ? fields.get('retry-after') : undefined
    if (field !== undefined) this.#paused.set(origin, pauseFor(retryAfterMs(field, now())))
    else if (status < 400) this.#paused.delete(origin)
  }

  /** Carries out what a settlement means for memory. Gives the row that is stored now; undefined: none. */
  async #keep(
    read: Read,
    settlement: Settlement,
    copy: Response | undefined,
    exchange: Times & Pick<Row, 'sequence'>,
  ): Promise<Row | undefined> {
    const { memory } = this.#ports
    switch (settlement.kind) {
      case 'store': {
        const row = copy && (await this.#rowOf(read, copy, exchange))
        return row !== undefined && memory.put(row) ? row : undefined
      }
      case 'refresh':
      case 'update': {
        const { row: known, fields } = settlement
        const names = varyNames(fields)
        const variant = names === 'unknowable' ? known.variant : variantOf(names, read.head.fields)
        const row = { ...known, ...exchange, fields, variant, tags: read.tags }
        return memory.put(row) ? row : undefined
      }
      case 'outdate':
        memory.invalidate([`url ${settlement.row.url}`])
        return undefined
      case 'drop':
        memory.drop(read.key)
        return undefined
      case 'keep':
      case 'stand-in':
      case 'refetch':
      case 'refuse':
      case 'fail':
        return undefined
    }
  }

  /** Undefined: the body is too long for memory, stalls, or breaks off. */
  async #rowOf(
    { head, rule, tags, key, partition, request }: Read,
    copy: Response,
    exchange: Times & Pick<Row, 'sequence'>,
  ): Promise<Row | undefined> {
    const { memory } = this.#ports
    const stop = new AbortController()
    // What memory has no room for is read no further.
    const onSize = (size: number): void => void (memory.fits(rule.name, size) || stop.abort())
    const body = await wholeBody(copy, MAX_STORED_BYTES, stop.signal, onSize)
    if (body === undefined || body === 'too-large') return undefined
    const { status, statusText } = copy
    const fields = storedFields(fieldsOf(copy.headers))
    if (!fields.has('date')) fields.set('date', formatHttpDate(exchange.receivedAtMs))
    const varied = varyNames(fields)
    return {
      shape: ROW_SHAPE,
      key,
      variant: variantOf(varied === 'unknowable' ? [] : varied, head.fields),
      partition,
      rule: rule.name,
      tags,
      url: head.url,
      // Nothing is asked again without a read of the app.
      request: { fields: new Map(), credentials: request.credentials },
      status,
      statusText,
      fields,
      ...exchange,
      storedAtMs: exchange.receivedAtMs,
      digest: '',
      size: bytes(body.byteLength),
      body,
    }
  }

  /** What a follower may have: what HTTP lets it share, of the variant that it asks for. */
  async #shared(
    { outcome, settlement, response, error }: Result,
    storing: Promise<Row | undefined>,
    leader: Read,
    follower: Read,
    plan: Plan,
  ): Promise<Shared | undefined> {
    const own = settledFor(follower, plan, outcome)
    if (outcome.kind === 'failure') return { kind: 'failure', settlement: own, error }
    const { head } = outcome
    if (own.kind === 'stand-in') return { kind: 'failure', settlement: own, error, status: head.status }
    if (settlement.kind === 'store' || settlement.kind === 'refresh') {
      const row = (await storing) ?? (settlement.kind === 'refresh' ? settlement.row : undefined)
      const isTheirs = row !== undefined && selected([row], follower.head) !== undefined
      // The cookies may have changed since the leader's request was sent.
      return isTheirs && !mayBeOfOtherCookies(row, follower.rule)
        ? { kind: 'row', row, confirmed: settlement.kind === 'refresh' }
        : undefined
    }
    const obstacle = notStorable(leader.head, head)
    const mayShare = head.status !== 401 && (obstacle === undefined || obstacle === 'no-freshness')
    const names = varyNames(head.fields)
    if (!mayShare || response === undefined || names === 'unknowable' || settlement.kind !== own.kind) return undefined
    if (variantOf(names, leader.head.fields) !== variantOf(names, follower.head.fields)) return undefined
    return { kind: 'response', response: response.clone(), why: settlement.why }
  }
}

interface Times {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

/** What has come, and when. */
interface Landed {
  readonly result: Result
  readonly times: Times
}

const settledFor = ({ head: request, rule }: Read, plan: Plan, outcome: Outcome): Settlement =>
  settle({ plan, request, expects: rule.expects, guesses: guesses(rule), outcome, unasked: false })
