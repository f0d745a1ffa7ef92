import { normaliseUrl, type ReadMatch, type Rule } from '../../../config/language/index.ts'
import { currentAge } from '../../core/freshness.ts'
import type { RequestHead } from '../../core/head.ts'
import { entryKey } from '../../core/key.ts'
import { type Forward, type Plan, plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { selected } from '../../core/select.ts'
import { seconds } from '../../core/units.ts'
import { type BodyBytes, gatewayTimeout, storedAnswer, forwardedAnswer } from './answer.ts'
import type { Bodies } from '../store/bodies.ts'
import { digestOf } from '../store/body-reader.ts'
import { now, STORE_LIMIT_MS, timeout } from '../clock.ts'
import { describeRequest, fieldsOf, hasBody } from './describe.ts'
import { type Flight, type Flights, OTHER_USER } from './flights.ts'
import { type Identity, NOBODY } from '../identity/identity.ts'
import type { Ledger } from '../store/ledger.ts'
import { discard } from './origin.ts'
import type { Ranges } from './ranges.ts'
import type { Reachability } from './reachability.ts'
import type { Read } from './read.ts'
import { report } from '../report.ts'
import type { Eviction } from '../store/eviction.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { Statistics } from '../statistics.ts'
import type { Structured } from './structured.ts'

/** A page's read, and what keeps the worker alive for the work that goes on behind its answer. */
export interface Asked {
  readonly request: Request
  readonly match: ReadMatch
  readonly clientId: string
  readonly waitUntil: (work: Promise<unknown>) => void
}

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly eviction: Eviction
  readonly flights: Flights
  readonly identity: Identity
  readonly reachability: Reachability
  readonly secrets: Secrets
  readonly statistics: Statistics
  readonly structured: Structured | undefined
  readonly ranges: Ranges | undefined
}

type Validation = Plan & { readonly kind: 'validate' }

/** No window at all: each answer is validated, and none stands in. */
const UNSERVED = { fresh: seconds(0), stale: seconds(0), offline: seconds(0), trust: 'rule' } as const

/** A store that answers late is left alone for so long: the network answers meanwhile (I6). */
const REST_MS = 10_000

/** Answers reads: asks the core for a plan, carries it out, settles what came back. Holds no caching rule of its own. */
export class Reads {
  readonly #ports: Ports
  #restUntilMs = 0
  /** Answers that say themselves that they are of the user who came after: they end an identity, and are none of its. */
  readonly #ofTheNext = new WeakSet<Response>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The answer to a page's read. Rejects only as the network did, when there is no answer at all. When the identity it
   * was read for has ended meanwhile it is an error: nobody may be shown it any more (I3).
   */
  async answer(asked: Asked): Promise<Response> {
    const { identity } = this.#ports
    const { request, match, clientId } = asked
    const { rule } = match
    const isSameSession = this.#lives(NOBODY)
    this.#ports.statistics.count(rule.name, { reads: 1 })
    const whose = identity.partitionOf(request, clientId, rule)
    let partition = whose instanceof Promise ? await whose : whose
    if (partition === undefined) {
      let response: Response | undefined
      try {
        // Whoever is taken for the last user asks the store by it as well.
        const sent = hasBody(request) ? request.clone() : request
        response = await this.#passed(sent, rule, 'bypass', 'unknown-user')
        if (!isSameSession()) response = Response.error()
        return response
      } catch (error) {
        partition = await identity.last(clientId)
        if (partition === undefined) throw error
      } finally {
        identity.learn(clientId, response && fieldsOf(response.headers))
      }
    }
    const isStillTheirs = this.#lives(partition)
    const answer = await this.#answer(asked, partition, isStillTheirs)
    if (isStillTheirs() || (this.#ofTheNext.has(answer) && isSameSession())) return answer
    discard(answer)
    return Response.error()
  }

  /** Whether the identity of a partition has lived on since this was called. */
  #lives(partition: string): () => boolean {
    const { ledger } = this.#ports
    const life = ledger.generation(partition)
    return () => ledger.generation(partition) === life
  }

  async #answer(asked: Asked, partition: string, isTheirs: () => boolean): Promise<Response> {
    const { request, match, clientId, waitUntil } = asked
    const { ledger, flights, identity, structured } = this.#ports
    const { tags } = match
    const hidden = this.#ports.secrets.hide(fieldsOf(request.headers))
    const fields = hidden instanceof Promise ? await hidden : hidden
    // What the origin has refused its user is served again when it has answered them with success.
    const isDoubted = identity.isDoubted(partition)
    const rule = isDoubted ? { ...match.rule, ...UNSERVED } : match.rule
    const described = describeRequest(request, normaliseUrl(request.url, rule), partition, fields)
    const authorization = request.headers.get('authorization')
    const bytes = hasBody(request) ? await request.clone().arrayBuffer() : undefined
    const bodyDigest = bytes && (await digestOf(bytes))
    const { credentials } = request
    const { keyHeaders } = rule
    const keyOf = (url: string): string =>
      entryKey({ partition, request: described, url, credentials, keyHeaders, bodyDigest })
    // Which parts of a query count is read with the first row that is looked for.
    if (structured !== undefined && !ledger.isLoaded) await this.#find(keyOf(described.url))
    const url = ledger.searchPolicies.urlOf(described.url)
    const head: RequestHead = { ...described, url, ...(isDoubted && { cache: 'no-cache' }) }
    const key = keyOf(url)
    let [planned, stored, row] = await this.#plan(key, head, rule)
    // Two reads in a row: the second sees the effect of the first, though that is still being written.
    const mayWait = (planned.kind === 'fetch' || planned.kind === 'validate') && !this.#isResting()
    const storing = mayWait ? flights.storing(key) : undefined
    if (storing !== undefined && (await timeout(rule.timeoutMs, storing, 'late')) !== 'late') {
      ;[planned, stored, row] = await this.#plan(key, head, rule)
    }
    const body = bytes
    const read: Read = {
      request,
      head,
      rule,
      tags,
      partition,
      key,
      keyOf,
      body,
      authorization,
      isTheirs,
      clientId,
      row,
    }
    // The origin would take it for the next one's.
    if (!isTheirs()) return Response.error()
    return this.#carryOut(read, planned, stored, waitUntil)
  }

  async #carryOut(
    read: Read,
    planned: Plan,
    stored: BodyBytes | undefined,
    waitUntil: Asked['waitUntil'],
    mayJoin = true,
  ): Promise<Response> {
    const { eviction, flights, statistics } = this.#ports
    const { head, rule } = read
    switch (planned.kind) {
      case 'serve':
        statistics.count(rule.name, { hits: 1, requestsSaved: 1, bytesSaved: planned.row.size })
        eviction.use(planned.row, now())
        return this.#hit(head, planned, stored)
      case 'serve-then-validate': {
        const mayAsk = flights.mayAskBehind(head.url)
        eviction.use(planned.row, now())
        statistics.count(rule.name, { hits: 1, requestsSaved: Number(!mayAsk), bytesSaved: planned.row.size })
        // The page has its answer: a hit never waits, and what goes wrong behind it is no concern of the page.
        if (mayAsk) waitUntil((flights.toJoin(read) ?? flights.launch(read, planned, false)).shared)
        return this.#hit(head, planned, stored)
      }
      case 'validate':
        return this.#fetched(read, planned, stored, waitUntil, mayJoin)
      case 'fetch':
        return this.#fetched(read, planned, undefined, waitUntil, mayJoin && planned.store)
      case 'unsatisfiable':
        return gatewayTimeout()
    }
  }

  /** What to do about a read as things stand, the stored body that belongs to it, and the stored row. */
  async #plan(key: string, head: RequestHead, rule: Rule): Promise<[Plan, BodyBytes | undefined, Row | undefined]> {
    const { ledger } = this.#ports
    const rows = ledger.remembered(key) ?? (await this.#find(key))
    const chosen = selected(rows, head)
    const found = chosen && this.#body(chosen)
    const body = found instanceof Promise ? await found : found
    // A row without its body is a miss.
    const row = body === undefined ? undefined : chosen
    const invalidated = row !== undefined && ledger.isInvalidated(row)
    const others = row === undefined ? rows.filter((other) => other !== chosen) : []
    // A 304 that names one lets it answer: with what it lacks it could not.
    const variants = others.filter((other) => this.#covers(other, head))
    const partial = row !== undefined && !this.#covers(row, head)
    return [plan({ request: head, rule, row, variants, partial, invalidated, now: now() }), body, row]
  }

  /** The origin's answer, by a flight that is on its way where that will do, else by one of its own. */
  async #fetched(
    read: Read,
    planned: Validation | (Plan & { readonly kind: 'fetch' }),
    body: BodyBytes | undefined,
    waitUntil: Asked['waitUntil'],
    mayJoin: boolean,
  ): Promise<Response> {
    const { flights, statistics } = this.#ports
    const { head } = read
    const canJoin = mayJoin && head.cache === 'default' && head.method !== 'HEAD' && !this.#isResting()
    const joined = canJoin ? flights.toJoin(read) : undefined
    if (joined !== undefined) {
      const collapsed = await this.#collapsed(read, joined, planned.fwd)
      if (collapsed !== undefined) return collapsed
      if (!read.isTheirs()) return Response.error()
      // What it has brought may have taken the place of what was planned with.
      const [again, stored, row] = await this.#plan(read.key, head, read.rule)
      return this.#carryOut({ ...read, row }, again, stored, waitUntil, false)
    }

    const flight = flights.launch(read, planned, true)
    waitUntil(flight.shared)
    const canWait = planned.kind === 'fetch' || !planned.standsIn
    const landing = canWait ? await flight.landed : await timeout(read.rule.timeoutMs, flight.landed, undefined)
    if (landing === undefined) {
      // The stored answer has been kept waiting long enough. What comes late is stored all the same, and told.
      waitUntil(flight.landed.then(({ response: late }) => discard(late)))
      return this.#standIn(read, body, 'timeout', undefined)
    }
    inform(flight, read)
    const { settlement, response, error, requestedAtMs, receivedAtMs } = landing
    const how = { fwd: planned.fwd, 'fwd-status': response?.status }
    switch (settlement.kind) {
      case 'refresh': {
        const row = { ...settlement.row, fields: settlement.fields, requestedAtMs, receivedAtMs }
        const bytes = settlement.row === read.row ? body : await this.#body(row)
        // The 304 named another variant, and its body is gone.
        if (bytes === undefined) return this.#passed(read.request as Request, read.rule, planned.fwd, 'body-lost')
        statistics.count(read.rule.name, { bytesSaved: row.size })
        return this.#stored(head, row, bytes, currentAge(row, now()), { ...how, stored: true })
      }
      case 'stand-in':
        discard(response)
        return this.#standIn(read, body, 'offline', response?.status)
      case 'refuse':
        return gatewayTimeout()
      case 'store':
      case 'keep':
      case 'drop':
      case 'update':
      case 'outdate':
      case 'refetch':
      case 'fail': {
        if (response === undefined) throw error
        const stored = settlement.kind === 'store'
        const answer = forwardedAnswer(response, { ...how, stored, detail: stored ? undefined : settlement.why })
        if (settlement.why === OTHER_USER) this.#ofTheNext.add(answer)
        return answer
      }
    }
  }

  /** The answer another read is waiting for as well; undefined when it brings nothing to share, or brings it too late. */
  async #collapsed(read: Read, flight: Flight, fwd: Forward): Promise<Response | undefined> {
    inform(flight, read)
    const shared = await timeout(read.rule.timeoutMs, flight.shared, undefined)
    if (shared === undefined || selected([shared.row], read.head) === undefined) return undefined
    if (!this.#covers(shared.row, read.head)) return undefined
    const body = shared.body ?? (await this.#body(shared.row))
    if (body === undefined) return undefined
    const { size } = shared.row
    this.#ports.statistics.count(read.rule.name, { collapsed: 1, requestsSaved: 1, bytesSaved: size })
    const status = { fwd, collapsed: true }
    return this.#stored(read.head, shared.row, body, currentAge(shared.row, now()), status)
  }

  /** The origin is away, or too slow: what is stored answers, and says so. */
  #standIn(
    { head, rule, row }: Read,
    body: BodyBytes | undefined,
    why: 'offline' | 'timeout',
    status: number | undefined,
  ): Response | Promise<Response> {
    if (row === undefined || body === undefined) return gatewayTimeout()
    const { ledger, statistics } = this.#ports
    statistics.count(rule.name, { standIns: 1, bytesSaved: row.size })
    const detail = ledger.isInvalidated(row) ? 'offline-before-write' : why
    return this.#stored(head, row, body, currentAge(row, now()), { fwd: 'stale', 'fwd-status': status, detail })
  }

  #hit(
    head: RequestHead,
    { row, standing, why }: Plan & { kind: 'serve' | 'serve-then-validate' },
    body: BodyBytes | undefined,
  ): Response | Promise<Response> {
    return this.#stored(head, row, body, standing.age, { hit: true, ttl: standing.ttl, detail: why })
  }

  /** As much of a stored response as a page asks for. */
  #stored(...stored: Parameters<typeof storedAnswer>): Response | Promise<Response> {
    return this.#ports.ranges?.answer(...stored) ?? storedAnswer(...stored)
  }

  /** Whether a stored response has what a page asks for. */
  #covers(row: Row, head: RequestHead): boolean {
    return this.#ports.ranges?.covers(row, head) ?? !isPart(row)
  }

  /** Straight from the network, for a reason of the request's own. */
  async #passed(request: Request, rule: Rule, fwd: Forward, detail: string): Promise<Response> {
    const response = await this.#ports.flights.pass(request, rule)
    return forwardedAnswer(response, { fwd, 'fwd-status': response.status, detail })
  }

  /** What is stored under a key; nothing, while the store fails or hangs. */
  async #find(key: string): Promise<readonly Row[]> {
    if (this.#isResting()) return []
    try {
      const rows = await timeout(STORE_LIMIT_MS, this.#ports.ledger.find(key), 'late')
      if (typeof rows !== 'string') return rows
      this.#rest('the store takes long to answer; the network answers meanwhile', '')
    } catch (error) {
      this.#rest('the store cannot be read; the network answers meanwhile', error)
    }
    return []
  }

  #isResting(): boolean {
    return now() < this.#restUntilMs
  }

  /** The store has failed: it is not asked for a while. */
  #rest(subject: string, error: unknown): void {
    report(subject, error)
    this.#restUntilMs = now() + REST_MS
  }

  #body(row: Row): BodyBytes | undefined | Promise<BodyBytes | undefined> {
    const body = this.#ports.bodies.get(row.body)
    if (body instanceof ArrayBuffer) return body
    return timeout(STORE_LIMIT_MS, body, undefined).catch((error: unknown) => {
      report('a stored body cannot be read; the network answers instead', error)
      return undefined
    })
  }
}

/** Whoever gets the answer itself needs no telling that it changed. */
function inform({ informed }: Flight, { clientId }: Read): void {
  if (clientId !== undefined) informed.add(clientId)
}
