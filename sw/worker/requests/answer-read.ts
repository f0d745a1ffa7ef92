import { normaliseUrl, type ReadMatch, type Rule } from '../../../config/language/index.ts'
import { currentAge } from '../../core/freshness.ts'
import type { RequestHead } from '../../core/head.ts'
import { entryKey } from '../../core/key.ts'
import { type Forward, type Plan, plan } from '../../core/plan.ts'
import { asksForBytes, isPart } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { selected } from '../../core/select.ts'
import { seconds } from '../../core/units.ts'
import { isConditional } from '../../core/validation.ts'
import { forwardedAnswer, gatewayTimeout, storedAnswer } from './answer.ts'
import { bodyOf } from '../store/bodies.ts'
import { digestOf } from '../store/body-reader.ts'
import { completedRequests } from '../store/database.ts'
import { isPaused, now, type Pause, pauseFor, STORE_LIMIT_MS, timeout } from '../clock.ts'
import { describeRequest, fieldsOf, hasBody } from './describe.ts'
import { type Flight, type FlightResult, type Flights, OTHER_USER } from './flights.ts'
import type { Identity } from '../identity/identity.ts'
import { discard } from './origin.ts'
import type { Ranges } from './ranges.ts'
import type { Read, ReadContext, UrlOf } from './read.ts'
import { report } from '../report.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { Eviction } from '../store/eviction.ts'
import { type Generations, UNKNOWN_USER } from '../store/generations.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Rows } from '../store/rows.ts'
import type { SearchPolicies } from '../store/search-policies.ts'
import type { Statistics } from '../statistics.ts'

/** A page's read, and what keeps the worker alive for the work that goes on behind its answer. */
export interface Asked {
  readonly request: Request
  readonly match: ReadMatch
  readonly clientId: string
  readonly waitUntil: (work: Promise<unknown>) => void
}

interface Ports {
  readonly rows: Rows
  readonly log: InvalidationLog
  readonly eviction: Eviction
  readonly generations: Generations
  readonly flights: Flights
  readonly identity: Identity
  readonly secrets: Secrets
  readonly statistics: Statistics
  readonly policies: SearchPolicies | undefined
  readonly urlOf: UrlOf
  readonly ranges: Ranges | undefined
}

/** What to do about a read as things stand, and the row that is stored for it. */
interface Planned {
  readonly plan: Plan
  readonly row: Row | undefined
}

/** A plan that asks the origin and waits for it. */
type Forwarding = Plan & { readonly kind: 'validate' | 'fetch' }

/** What the store has of a key: at once, or late. */
type Found = readonly Row[] | { readonly late: Promise<readonly Row[]> }

/** No window at all: each answer is validated, and none stands in. */
const UNSERVED = { fresh: seconds(0), stale: seconds(0), offline: seconds(0), trust: 'rule' } as const

/** A store that fails is left alone for so long: the network answers meanwhile (I6). */
const PAUSE_MS = 10_000

/** Answers reads: asks the core for a plan, carries it out, settles what came back. Holds no caching rule of its own. */
export class Reads {
  readonly #ports: Ports
  #paused: Pause | undefined
  /** Reads of the store that are late: while there are any, others do not wait either. */
  #owed = 0
  /** Answers that say themselves that they are of the user who came after: they end an identity, and are none of its. */
  readonly #ofTheNext = new WeakSet<Response>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The answer to a page's read. Rejects only as the network did, when there is no answer at all. When the identity it
   * was read for has ended meanwhile it is an error: no page may be shown it any more (I3).
   */
  async answer(asked: Asked): Promise<Response> {
    const { generations, statistics } = this.#ports
    const { match } = asked
    const isSameSession = generations.watch(UNKNOWN_USER)
    statistics.count(match.rule.name, { reads: 1 })
    const partition = await this.#partitionOf(asked, isSameSession)
    if (partition instanceof Response) return partition
    const isTheirs = generations.watch(partition)
    let read: ReadContext
    try {
      read = await this.#contextOf(asked, partition, isTheirs)
    } catch (error) {
      return this.#unkeyed(asked, error, isSameSession)
    }
    const answer = isTheirs() ? await this.#answer(read) : Response.error()
    if (isTheirs() || (this.#ofTheNext.has(answer) && isSameSession())) return answer
    discard(answer)
    return Response.error()
  }

  /** A key cannot be made, or a digest: the network answers the page all the same (I6). */
  async #unkeyed({ request, match }: Asked, error: unknown, isSameSession: () => boolean): Promise<Response> {
    report('a read could not be looked for in the store; the network answers instead', error)
    return ifStill(isSameSession, await this.#passed(request, match.rule, 'bypass', 'unkeyed'))
  }

  /** Whose data a read is about; or its answer, where that is not known. */
  async #partitionOf(asked: Asked, isSameSession: () => boolean): Promise<string | Response> {
    const {
      request,
      match: { rule },
      clientId,
    } = asked
    const { identity } = this.#ports
    let partition: string | undefined
    try {
      partition = await identity.partitionOf(request, clientId, rule)
    } catch (error) {
      return this.#unkeyed(asked, error, isSameSession)
    }
    if (partition !== undefined) return partition
    let response: Response | undefined
    try {
      // A client that is taken for the last user's asks the store by the request as well.
      const sent = hasBody(request) ? request.clone() : request
      response = await this.#passed(sent, rule, 'bypass', 'unknown-user')
      return ifStill(isSameSession, response)
    } catch (error) {
      // The page sees the network's own failure, also where the store fails as well.
      const last = await identity.last(clientId).catch(() => undefined)
      if (last === undefined) throw error
      return last
    } finally {
      // An answer to a request of before a sign-in or sign-out does not name the user of now.
      identity.learn(clientId, response && isSameSession() ? fieldsOf(response.headers) : undefined)
    }
  }

  /** All that is known of a read. The one place where that is put together. */
  async #contextOf(
    { request, match, clientId, waitUntil }: Asked,
    partition: string,
    isTheirs: () => boolean,
  ): Promise<ReadContext> {
    const { identity, secrets, policies, urlOf } = this.#ports
    const hidden = secrets.hide(fieldsOf(request.headers))
    const fields = hidden instanceof Promise ? await hidden : hidden
    // What the origin has refused its user is served again when it has answered them with success.
    const isDoubted = identity.isDoubted(partition)
    const rule = isDoubted ? { ...match.rule, ...UNSERVED } : match.rule
    const described = describeRequest(request, normaliseUrl(request.url, rule), partition, fields)
    const body = hasBody(request) ? await request.clone().arrayBuffer() : undefined
    const bodyDigest = body && (await digestOf(body))
    const { credentials } = request
    const { keyHeaders } = rule
    const keyOf = (url: string): string =>
      entryKey({ partition, request: described, url, credentials, keyHeaders, bodyDigest })
    // Which parts of a query count is read with the first row that is looked for.
    if (policies?.isRead === false) await this.#find(keyOf(described.url))
    const url = urlOf(described.url)
    const head: RequestHead = { ...described, url, ...(isDoubted && { cache: 'no-cache' }) }
    const key = keyOf(url)
    const authorization = request.headers.get('authorization')
    const { tags } = match
    return {
      isDoubted,
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
      waitUntil,
    }
  }

  async #answer(read: ReadContext): Promise<Response> {
    const { flights, rows } = this.#ports
    const found = rows.remembered(read.key) ?? (await this.#find(read.key))
    if ('late' in found) return this.#answerLate(read, found.late)
    let planned = this.#plan(read, found)
    // Two reads in a row: the second sees the effect of the first, though that is still being written.
    const mayWait = isForwarding(planned.plan) && !isPaused(this.#paused)
    const storing = mayWait ? flights.storing(read.key) : undefined
    if (storing !== undefined) {
      if ((await timeout(read.rule.timeoutMs, storing, 'late')) === 'late') flights.markUnshared(read.key)
      else {
        const again = rows.remembered(read.key) ?? (await this.#find(read.key))
        if (!('late' in again)) planned = this.#plan(read, again)
      }
    }
    // The cookie may belong to the next user by now, so the request must not be sent.
    if (!read.isTheirs()) return Response.error()
    return this.#carryOut(read, planned)
  }

  /**
   * The store is late: the network is asked meanwhile. What the store has still answers if it comes first and may, and
   * where the network brings no answer it is waited for.
   */
  async #answerLate(read: ReadContext, late: Promise<readonly Row[]>): Promise<Response> {
    const empty = this.#plan(read, [])
    const later = late.then((rows) => this.#plan(read, rows))
    // The page wants a stored answer or none.
    if (!isForwarding(empty.plan)) return this.#carryOut(read, await later)
    const sent = { ...read, row: undefined }
    const flight = this.#fly(sent, empty.plan)
    const first = await Promise.race([flight.landed, later])
    if ('plan' in first && isHit(first.plan)) {
      flight.leave()
      return this.#carryOut(read, first)
    }
    const result = 'plan' in first ? await timeout(read.rule.timeoutMs, flight.landed, undefined) : first
    const isAway = result !== undefined && (result.response === undefined || result.settlement.why === 'away')
    if (result === undefined || isAway) {
      const { plan: planned, row } = await later
      const standsIn = planned.kind === 'validate' && planned.standsIn
      if (isHit(planned) || standsIn) flight.leave()
      if (isHit(planned)) return this.#carryOut(read, { plan: planned, row })
      if (standsIn) {
        return this.#standIn({ ...read, row }, isAway ? 'offline' : 'timeout', result?.response?.status)
      }
    }
    inform(flight, sent)
    return this.#landed(sent, empty.plan, result ?? (await flight.landed))
  }

  #carryOut(read: ReadContext, { plan: planned, row }: Planned): Response | Promise<Response> {
    const { eviction, flights, statistics } = this.#ports
    const { head, rule } = read
    switch (planned.kind) {
      case 'serve':
        statistics.count(rule.name, { hits: 1, requestsSaved: 1, bytesSaved: planned.row.size })
        eviction.use(planned.row, now())
        return this.#hit(head, planned)
      case 'serve-then-validate': {
        const mayAsk = flights.mayAskBehind(head.url)
        eviction.use(planned.row, now())
        statistics.count(rule.name, { hits: 1, requestsSaved: Number(!mayAsk), bytesSaved: planned.row.size })
        // The page has its answer: a hit never waits, and what goes wrong behind it is no concern of the page.
        if (mayAsk) read.waitUntil((flights.toJoin(read) ?? flights.launch({ ...read, row }, planned, false)).stored)
        return this.#hit(head, planned)
      }
      case 'validate':
      case 'fetch':
        return this.#forward({ ...read, row }, planned)
      case 'unsatisfiable':
        return gatewayTimeout()
    }
  }

  /** What to do about a read as things stand. */
  #plan({ head, rule, isDoubted }: ReadContext, rows: readonly Row[]): Planned {
    const { log } = this.#ports
    const chosen = selected(rows, head)
    // A row whose body cannot be read is a miss.
    const row = chosen && bodyOf(chosen) === undefined ? undefined : chosen
    const invalidated = row !== undefined && log.isInvalidated(row)
    const others = row === undefined ? rows.filter((other) => other !== chosen) : []
    // A 304 that names one lets it answer: with what it lacks it could not.
    const variants = others.filter((other) => this.#covers(other, head))
    const partial = row !== undefined && !this.#covers(row, head)
    const planned = plan({ request: head, rule, row, variants, partial, invalidated, now: now() })
    if (!isDoubted || !('row' in planned)) return { plan: planned, row }
    // Whatever the response says of its own use, another user may be asking.
    const { standing } = planned
    const fwd = planned.kind === 'validate' ? planned.fwd : 'stale'
    const unserved = { standsIn: false, forgiving: false, fwd, why: planned.why }
    return { plan: { kind: 'validate', row: planned.row, standing, ...unserved }, row }
  }

  /** The origin's answer, by a flight that is on its way where that will do, else by one of its own. */
  async #forward(read: Read, planned: Forwarding, mayJoin = this.#mayJoin(read, planned)): Promise<Response> {
    const { flights, statistics } = this.#ports
    const joined = mayJoin ? flights.toJoin(read) : undefined
    const flight = joined ?? this.#fly(read, planned)
    const landed = joined?.follow(read, planned) ?? flight.landed
    // Waits as long as the rule says where something can stand in, and else for as long as it takes.
    const standsIn = planned.kind === 'validate' && planned.standsIn
    const result = await (standsIn ? timeout(read.rule.timeoutMs, landed, 'late' as const) : landed)
    if (result === 'late') {
      if (joined === undefined) flight.leave()
      else void landed.then((late) => discard(late?.response))
      return this.#standIn(read, 'timeout', undefined)
    }
    if (result === undefined) return read.isTheirs() ? this.#forward(read, planned, false) : Response.error()
    inform(flight, read)
    const collapsed = joined !== undefined
    const { kind } = result.settlement
    if (collapsed && (kind === 'store' || kind === 'refresh')) {
      statistics.count(read.rule.name, { collapsed: 1, requestsSaved: 1 })
    }
    return this.#landed(read, planned, result, collapsed)
  }

  #mayJoin({ head }: Read, planned: Forwarding): boolean {
    // What a page asks for itself, by a condition or a range of its own, the copy of another's answer does not have.
    const isPlain = head.cache === 'default' && head.method !== 'HEAD' && !isConditional(head.fields)
    return isPlain && !asksForBytes(head.fields) && (planned.kind === 'validate' || planned.store)
  }

  #fly(read: Read, planned: Forwarding): Flight {
    const flight = this.#ports.flights.launch(read, planned, true)
    read.waitUntil(flight.stored)
    return flight
  }

  /**
   * The answer that a flight's result makes.
   *
   * @param collapsed the flight is another read's.
   */
  async #landed(
    read: Read,
    planned: Forwarding,
    { settlement, response, error, requestedAtMs, receivedAtMs }: FlightResult,
    collapsed = false,
  ): Promise<Response> {
    const { head } = read
    const how = { fwd: planned.fwd, ...(collapsed ? { collapsed } : { 'fwd-status': response?.status }) }
    switch (settlement.kind) {
      case 'refresh': {
        const row = { ...settlement.row, requestedAtMs, receivedAtMs, fields: settlement.fields }
        // The 304 named another variant, whose body cannot be read.
        if (bodyOf(row) === undefined) return this.#passed(read.request as Request, read.rule, planned.fwd, 'body-lost')
        this.#ports.statistics.count(read.rule.name, { bytesSaved: row.size })
        return this.#stored(head, row, currentAge(row, now()), { ...how, stored: !collapsed })
      }
      case 'stand-in':
        discard(response)
        return this.#standIn(read, 'offline', response?.status)
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
        const isKept = settlement.kind === 'store'
        const detail = isKept ? undefined : settlement.why
        const answer = forwardedAnswer(response, { ...how, stored: isKept && !collapsed, detail })
        if (settlement.why === OTHER_USER) this.#ofTheNext.add(answer)
        return answer
      }
    }
  }

  /** The origin is away, or too slow: what is stored answers, and says so. */
  #standIn({ head, rule, row }: Read, why: 'offline' | 'timeout', status: number | undefined): Response {
    if (row === undefined || bodyOf(row) === undefined) return gatewayTimeout()
    const { log, statistics } = this.#ports
    statistics.count(rule.name, { standIns: 1, bytesSaved: row.size })
    const detail = log.isInvalidated(row) ? 'offline-before-write' : why
    return this.#stored(head, row, currentAge(row, now()), { fwd: 'stale', 'fwd-status': status, detail })
  }

  #hit(head: RequestHead, { row, standing, why }: Plan & { kind: 'serve' | 'serve-then-validate' }): Response {
    return this.#stored(head, row, standing.age, { hit: true, ttl: standing.ttl, detail: why })
  }

  /** As much of a stored response as a page asks for. */
  #stored(
    head: RequestHead,
    row: Row,
    age: Parameters<typeof storedAnswer>[3],
    how: Parameters<typeof storedAnswer>[4],
  ): Response {
    const body = bodyOf(row)
    return this.#ports.ranges?.answer(head, row, body, age, how) ?? storedAnswer(head, row, body, age, how)
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

  /** What is stored under a key; nothing while the store fails. A store that is slow is not taken for an empty one. */
  async #find(key: string): Promise<Found> {
    if (isPaused(this.#paused)) return []
    const found = this.#ports.rows.find(key).catch((error: unknown): readonly Row[] => {
      report('the store cannot be read; the network answers meanwhile', error)
      this.#paused = pauseFor(PAUSE_MS)
      return []
    })
    const rows = await (this.#owed > 0 ? timeout(0, found, undefined) : inTime(found))
    if (rows !== undefined) return rows
    report('the store takes long to answer; the network is asked meanwhile', '')
    this.#owed++
    void found.then(() => this.#owed--)
    return { late: found }
  }
}

/**
 * What the store has, if it comes in time; else undefined. A store that answers other reads meanwhile is busy with a burst,
 * and is waited for a little longer than one from which nothing comes.
 */
async function inTime(found: Promise<readonly Row[]>): Promise<readonly Row[] | undefined> {
  for (let waited = 1; ; waited++) {
    const before = completedRequests()
    const rows = await timeout(STORE_LIMIT_MS, found, undefined)
    if (rows !== undefined || completedRequests() === before || waited === BUSY_LIMITS) return rows
  }
}

/** How many times as long a busy store is waited for. */
const BUSY_LIMITS = 3

const isHit = ({ kind }: Plan): boolean => kind === 'serve' || kind === 'serve-then-validate'

const isForwarding = (planned: Plan): planned is Forwarding => planned.kind === 'validate' || planned.kind === 'fetch'

/** The client that gets the answer itself is not told that it changed. */
function inform({ informed }: Flight, { clientId }: ReadContext): void {
  if (clientId !== undefined) informed.add(clientId)
}

/** A response to a page whose session is still the same; else an error (I3). */
function ifStill(isSame: () => boolean, response: Response): Response {
  if (isSame()) return response
  discard(response)
  return Response.error()
}
