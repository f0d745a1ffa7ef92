import { normaliseUrl, type ReadMatch, type Rule } from '../../../config/language/index.ts'
import { currentAge } from '../../core/freshness.ts'
import { isAway, type RequestHead } from '../../core/head.ts'
import { entryKey, EVERYONE } from '../../core/key.ts'
import { type Forward, type Plan, plan, VARY_COOKIE } from '../../core/plan.ts'
import { asksForBytes, isPart } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { selected } from '../../core/select.ts'
import { isConditional } from '../../core/validation.ts'
import { forwardedAnswer, gatewayTimeout, storedAnswer } from './answer.ts'
import { bodyOf } from '../store/bodies.ts'
import { digestOf } from '../store/body-reader.ts'
import { now, STORE_LIMIT_MS, timeout, uptimeMs } from '../clock.ts'
import { describeRequest, fieldsOf, hasBody, requestFields } from './describe.ts'
import { type FlightResult, OTHER_USER } from './flight-result.ts'
import type { Flight, Flights } from './flights.ts'
import type { PageLoads } from './page-loads.ts'
import type { Identity } from '../identity/identity.ts'
import { Lookup } from './lookup.ts'
import type { Obstacles } from './obstacles.ts'
import { discard } from './origin.ts'
import type { Ranges } from './ranges.ts'
import type { Read, ReadContext, UrlOf } from './read.ts'
import type { Sender } from './send.ts'
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
  readonly sender: Sender
  readonly identity: Identity
  readonly loads: PageLoads
  readonly secrets: Secrets
  readonly statistics: Statistics
  readonly obstacles: Obstacles
  readonly policies: SearchPolicies | undefined
  readonly urlOf: UrlOf
  readonly ranges: Ranges | undefined
}

/** What to do about a read as things stand, and the row that is stored for it. */
interface Planned {
  readonly plan: Plan
  readonly row: Row | undefined
}

/** A read that waits for the origin. */
interface Asking {
  readonly flight: Flight
  /** Undefined: the answer is of another read alone. */
  readonly landed: Promise<FlightResult | undefined>
  /** Its page does not want the answer any more. */
  readonly leave: () => void
  /** The flight is another read's. */
  readonly collapsed: boolean
}

/** A plan that asks the origin and waits for it. */
type Forwarding = Plan & { readonly kind: 'validate' | 'fetch' }

/** Answers reads: asks the core for a plan, carries it out, settles what came back. Holds no caching rule of its own. */
export class Reads {
  readonly #ports: Ports
  readonly #lookup: Lookup
  /** Answers that say themselves that they are of the user who came after: they end an identity, and are none of its. */
  readonly #ofTheNext = new WeakSet<Response>()

  constructor(ports: Ports) {
    this.#ports = ports
    this.#lookup = new Lookup(ports.rows)
  }

  /**
   * The answer to a page's read. Rejects only as the network did, when there is no answer at all. When the identity it
   * was read for has ended meanwhile it is an error: no page may be shown it any more (I3).
   */
  async answer(asked: Asked): Promise<Response> {
    const { generations, loads, statistics } = this.#ports
    const { match } = asked
    const beganAtMs = uptimeMs()
    const isSameSession = generations.watch(UNKNOWN_USER)
    statistics.count(match.rule.name, { reads: 1 })
    const partition = await this.#partitionOf(asked, isSameSession)
    if (partition instanceof Response) return partition
    const isTheirs = generations.watch(partition)
    let read: ReadContext
    try {
      read = await this.#contextOf(asked, partition, isTheirs, beganAtMs)
    } catch (error) {
      return this.#unkeyed(asked, error, isSameSession)
    }
    const answer = isTheirs() ? await this.#answer(read, beganAtMs) : undefined
    loads.answered(read.clientId, read.key)
    // The backend has named another user before this was sent: it goes out as it would without the layer.
    if (answer === undefined && isSameSession()) {
      return ifStill(isSameSession, await this.#passed(asked.request, match.rule, 'bypass', OTHER_USER))
    }
    if (answer === undefined) return Response.error()
    if (isTheirs() || (this.#ofTheNext.has(answer) && isSameSession())) return answer
    discard(answer)
    return Response.error()
  }

  /**
   * Asks the origin for what a page has read past the worker, and stores the answer: only where nothing is stored, and where
   * it is known whose it is. Settles when it is stored.
   *
   * @returns the answer's status, 0 where none came in the rule's timeout; undefined: nothing was asked.
   */
  async fill(asked: Asked): Promise<number | undefined> {
    const { flights, generations, identity, sender } = this.#ports
    const {
      request,
      match: { rule },
      clientId,
    } = asked
    await identity.ready
    const partition = rule.public ? EVERYONE : await identity.knownOf(request, clientId)
    if (partition === undefined || identity.isDoubted(partition)) return undefined
    const isTheirs = generations.watch(partition)
    const read = await this.#contextOf(asked, partition, isTheirs, uptimeMs())
    const found = await this.#lookup.find(read.key, uptimeMs())
    const { plan: planned } = this.#plan(read, 'late' in found ? await found.late : found)
    const isMissing = planned.kind === 'fetch' && planned.store && !flights.isAsking(read.key)
    if (!isMissing || !sender.mayAskBehind(request.url) || !isTheirs()) return undefined
    const { url, credentials } = request
    const sent = { url, credentials, fields: fieldsOf(request.headers) }
    const flight = flights.launch({ ...read, request: sent, clientId: undefined, row: undefined }, planned, false)
    // The page has read it itself.
    flight.informed.add(clientId)
    const landed = await timeout(rule.timeoutMs, flight.landed, undefined)
    if (landed !== undefined) await timeout(rule.timeoutMs, flight.stored, undefined)
    return landed?.response?.status ?? 0
  }

  /** A key cannot be made, or a digest: the network answers the page all the same (I6). */
  async #unkeyed(asked: Asked, error: unknown, isSameSession: () => boolean): Promise<Response> {
    const { request, match } = asked
    report('a read could not be looked for in the store; the network answers instead', error)
    this.#count('unkeyed', asked)
    return ifStill(isSameSession, await this.#passed(request, match.rule, 'bypass', 'unkeyed'))
  }

  /** A read whose user or key is not known: it is of its client alone. */
  #count(why: string, { request, match: { rule }, clientId }: Asked): void {
    const { obstacles, urlOf } = this.#ports
    obstacles.meet(rule.name, clientId, urlOf(normaliseUrl(request.url, rule)), { why })
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
    this.#count('unknown-user', asked)
    let response: Response | undefined
    try {
      // A client that is taken for the last user's asks the store by the request as well.
      const sent = hasBody(request) ? request.clone() : request
      const passed = this.#passed(sent, rule, 'bypass', 'unknown-user')
      response = await timeout(rule.timeoutMs, passed, undefined)
      if (response === undefined) {
        const stored = await Promise.race([this.#ofLast(asked).catch(() => undefined), passed.then(() => undefined)])
        if (stored !== undefined) {
          void passed.then(
            (late) => {
              if (isSameSession()) identity.learn(clientId, fieldsOf(late.headers))
              discard(late)
            },
            () => undefined,
          )
          return ifStill(isSameSession, stored)
        }
        response = await passed
      }
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

  /**
   * What is stored of the last user, for a page whose own user is not known on a network that does not answer; undefined
   * where there is nothing that may stand in. Nothing more is asked in that user's name.
   */
  async #ofLast(asked: Asked): Promise<Response | undefined> {
    const { identity, generations } = this.#ports
    const partition = await identity.last(asked.clientId)
    if (partition === undefined) return undefined
    const isTheirs = generations.watch(partition)
    const read = await this.#contextOf(asked, partition, isTheirs, uptimeMs())
    const found = await this.#lookup.find(read.key, uptimeMs())
    const { plan: planned, row } = this.#plan(read, 'late' in found ? await found.late : found)
    const mayAnswer = isHit(planned) || (planned.kind === 'validate' && planned.standsIn)
    return mayAnswer && isTheirs() ? this.#standIn({ ...read, row }, 'timeout', undefined) : undefined
  }

  /** All that is known of a read. The one place where that is put together. */
  async #contextOf(
    { request, match, clientId, waitUntil }: Asked,
    partition: string,
    isTheirs: () => boolean,
    beganAtMs: number,
  ): Promise<ReadContext> {
    const { loads, secrets, policies, urlOf } = this.#ports
    const { tags } = match
    // A request that says which bytes it wants (`integrity`) gets the origin's, however late. Others would be refused.
    const rule = request.integrity === '' ? match.rule : { ...match.rule, timeoutMs: FOREVER_MS }
    const hidden = secrets.hide(requestFields(request))
    const fields = hidden instanceof Promise ? await hidden : hidden
    const described = describeRequest(request, normaliseUrl(request.url, rule), partition, fields)
    const body = hasBody(request) ? await request.clone().arrayBuffer() : undefined
    const bodyDigest = body && (await digestOf(body))
    const { credentials } = request
    const { keyHeaders } = rule
    const keyOf = (url: string): string =>
      entryKey({ partition, request: described, url, credentials, keyHeaders, bodyDigest })
    // Which parts of a query count is read with the first row that is looked for.
    if (policies?.isRead === false) await this.#lookup.find(keyOf(described.url), beganAtMs)
    const url = urlOf(described.url)
    const head: RequestHead = { ...described, url, cache: loads.modeOf(clientId, described.cache) }
    const key = keyOf(url)
    const authorization = request.headers.get('authorization')
    return {
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

  /** Undefined: the identity of the read has ended, and nothing was sent. */
  async #answer(read: ReadContext, beganAtMs: number): Promise<Response | undefined> {
    const { flights } = this.#ports
    const looked = this.#lookup.find(read.key, beganAtMs)
    const found = looked instanceof Promise ? await looked : looked
    if ('late' in found) return read.isTheirs() ? this.#answerLate(read, found.late) : undefined
    const { ready } = this.#ports.identity
    if (ready !== undefined) await ready
    let planned = this.#plan(read, found)
    // Two reads in a row: the second sees the effect of the first, though that is still being written.
    const mayWait = isForwarding(planned.plan) && !this.#lookup.isPaused()
    const storing = mayWait ? flights.storing(read.key) : undefined
    if (storing !== undefined) {
      // A body that takes long, or a disk that does: the next reads do not wait at all.
      if ((await timeout(STORE_LIMIT_MS, storing, 'late')) === 'late') flights.markUnshared(read.key)
      else {
        const again = await this.#lookup.find(read.key, uptimeMs())
        if (!('late' in again)) planned = this.#plan(read, again)
      }
    }
    // The cookie may belong to the next user by now, so the request must not be sent.
    if (!read.isTheirs()) return undefined
    return this.#carryOut(read, planned)
  }

  /**
   * The store is late: the network is asked meanwhile. What the store has still answers if it comes first and may, and
   * where the network brings no answer it is waited for.
   */
  async #answerLate(read: ReadContext, late: Promise<readonly Row[]>, mayJoin?: false): Promise<Response> {
    const empty = this.#plan(read, [])
    const later = late.then((rows) => this.#plan(read, rows))
    // The page wants a stored answer or none.
    if (!isForwarding(empty.plan)) return this.#carryOut(read, await later)
    const sent = { ...read, row: undefined, late: later.then(({ row }) => row) }
    const { flight, landed, leave, collapsed } = this.#ask(sent, empty.plan, mayJoin)
    const first = await Promise.race([landed, later])
    const isFromStore = first !== undefined && 'plan' in first
    if (isFromStore && isHit(first.plan)) {
      leave()
      return this.#carryOut(read, first)
    }
    const result = isFromStore ? await timeout(read.rule.timeoutMs, landed, 'late' as const) : first
    // The answer is of another read alone.
    if (result === undefined) return read.isTheirs() ? this.#answerLate(read, late, false) : Response.error()
    const status = result === 'late' ? undefined : result.response?.status
    const isBroken = status === 500
    if (status === undefined || isAway(status) || isBroken) {
      const rows = await late
      await this.#ports.identity.ready
      // What was removed, or whose user was refused, while the network was waited for answers no more.
      const { plan: planned, row } = this.#plan(read, rows)
      const isRemoved = row !== undefined && this.#ports.log.isRemoved(row)
      const standsIn = !isRemoved && planned.kind === 'validate' && (isBroken ? planned.forgiving : planned.standsIn)
      if (!isRemoved && isHit(planned)) {
        leave()
        return this.#carryOut(read, { plan: planned, row })
      }
      if (standsIn) {
        leave()
        return this.#standIn({ ...read, row }, result === 'late' ? 'timeout' : 'offline', status)
      }
    }
    inform(flight, sent)
    const answer = result === 'late' ? await landed : result
    if (answer === undefined) return read.isTheirs() ? this.#answerLate(read, late, false) : Response.error()
    return this.#landed(sent, empty.plan, answer, collapsed)
  }

  #carryOut(read: ReadContext, { plan: planned, row }: Planned): Response | Promise<Response> {
    const { eviction, flights, sender, statistics } = this.#ports
    const { head, rule } = read
    switch (planned.kind) {
      case 'serve':
        statistics.count(rule.name, { hits: 1, requestsSaved: 1, bytesSaved: planned.row.size })
        eviction.use(planned.row, now())
        return this.#hit(head, planned)
      case 'serve-then-validate': {
        // What is on its way to the store answers the next read.
        const mayAsk = sender.mayAskBehind(head.url) && flights.storing(read.key) === undefined
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
        return gatewayTimeout(`Freshlayer has no stored answer that it may serve (${planned.why}).`)
    }
  }

  /** What to do about a read as things stand. */
  #plan({ head, rule, partition, clientId, key }: ReadContext, rows: readonly Row[]): Planned {
    const { flights, identity, loads, log } = this.#ports
    const chosen = selected(rows, head)
    // A row whose body cannot be read is a miss.
    const row = chosen && bodyOf(chosen) === undefined ? undefined : chosen
    const invalidated = row !== undefined && log.isInvalidated(row)
    const others = row === undefined ? rows.filter((other) => other !== chosen) : []
    // A 304 that names one lets it answer: with what it lacks it could not.
    const variants = others.filter((other) => this.#covers(other, head))
    const partial = row !== undefined && !this.#covers(row, head)
    // What the origin has refused its user is served again when it has answered them with success.
    const doubted = identity.isDoubted(partition)
    // A page has got a newer answer already, or the user has reloaded it.
    const reloaded = flights.isAhead(key) || (rule.onReload !== 'rule' && loads.isFirst(clientId, key))
    const input = { request: head, rule, row, variants, partial, invalidated, doubted, reloaded, now: now() }
    return { plan: plan(input), row }
  }

  /** The origin's answer, by a flight that is on its way where that will do, else by one of its own. */
  async #forward(read: Read, planned: Forwarding, mayJoin?: false): Promise<Response> {
    const { identity } = this.#ports
    const { flight, landed, leave, collapsed } = this.#ask(read, planned, mayJoin)
    // Waits as long as the rule says where something can stand in, and else for as long as it takes.
    const standsIn = planned.kind === 'validate' && planned.standsIn
    // Before the store has it: from then on tabs are told.
    inform(flight, read)
    const failed = standsIn ? await failureOf(read.rule.timeoutMs, landed, flight) : undefined
    // The network has brought nothing yet. So the disk is waited for, unless the network is sooner.
    const known = failed && Promise.race([identity.read, landed])
    if (failed !== undefined && (await this.#obstacle(read, planned, read.row, known)) === undefined) {
      inform(flight, read, false)
      leave()
      return this.#standIn(read, failed, undefined)
    }
    const result = await landed
    if (result === undefined) {
      inform(flight, read, false)
      return read.isTheirs() ? this.#forward(read, planned, false) : Response.error()
    }
    return this.#landed(read, planned, result, collapsed)
  }

  /**
   * Has the origin asked: by a flight that is on its way where that will do, else by one of the read's own.
   *
   * @param mayJoin `false`: by one of its own.
   */
  #ask(read: Read, planned: Forwarding, mayJoin = this.#mayJoin(read, planned)): Asking {
    const joined = mayJoin ? this.#ports.flights.toJoin(read) : undefined
    const flight = joined ?? this.#fly(read, planned)
    const landed = joined?.follow(read, planned) ?? flight.landed
    const leave = (): void => {
      if (joined === undefined) flight.leave()
      else void landed.then((late) => discard(late?.response))
    }
    return { flight, landed, leave, collapsed: joined !== undefined }
  }

  #mayJoin({ head, partition }: Read, planned: Forwarding): boolean {
    // A doubt ends by the answer to a request that was sent after it came up.
    if (this.#ports.identity.isDoubted(partition)) return false
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
    const { head, rule } = read
    if (collapsed && response !== undefined) this.#ports.statistics.count(rule.name, { collapsed: 1, requestsSaved: 1 })
    const detail = planned.why === VARY_COOKIE ? VARY_COOKIE : undefined
    const how = { fwd: planned.fwd, ...(collapsed ? { collapsed } : { 'fwd-status': response?.status }), detail }
    switch (settlement.kind) {
      case 'refresh': {
        const row = { ...settlement.row, requestedAtMs, receivedAtMs, fields: settlement.fields }
        // The 304 named another variant, whose body cannot be read; or the row may not be shown any more.
        const lost = bodyOf(row) === undefined ? 'body-lost' : await this.#obstacle(read, planned, settlement.row)
        if (lost !== undefined) return this.#passed(read.request as Request, read.rule, planned.fwd, lost)
        this.#ports.statistics.count(read.rule.name, { bytesSaved: row.size })
        return this.#stored(head, row, currentAge(row, now()), { ...how, stored: !collapsed })
      }
      case 'stand-in': {
        const known = response === undefined ? this.#ports.identity.read : undefined
        if ((await this.#obstacle(read, planned, read.row, known)) !== undefined) {
          if (response === undefined) throw error
          return forwardedAnswer(response, { ...how, detail: 'doubted' })
        }
        discard(response)
        return this.#standIn(read, 'offline', response?.status)
      }
      case 'refuse':
        return gatewayTimeout(FORBIDDEN)
      case 'store':
      case 'keep':
      case 'drop':
      case 'update':
      case 'outdate':
      case 'refetch':
      case 'fail': {
        const isOfTheNext = settlement.why === OTHER_USER
        // A follower gets no copy of an answer to another user. As without the layer, it asks as that user.
        if (response === undefined && !isOfTheNext) throw error
        const isKept = settlement.kind === 'store'
        const answer =
          response === undefined
            ? await this.#passed(read.request as Request, read.rule, 'bypass', OTHER_USER)
            : forwardedAnswer(response, {
                ...how,
                stored: isKept && !collapsed,
                detail: isKept ? detail : settlement.why,
              })
        if (isOfTheNext) this.#ofTheNext.add(answer)
        return answer
      }
    }
  }

  /**
   * Why a stored response may not be shown that could be when the origin was asked; undefined: it may.
   *
   * @param known settles when it is known whom the origin has refused. Default: after a second at most.
   */
  async #obstacle(
    { partition }: Read,
    { why }: Plan,
    row: Row | undefined,
    known = this.#ports.identity.ready,
  ): Promise<string | undefined> {
    const { identity, log } = this.#ports
    // Another worker may have written meanwhile: to be read again is no doubt.
    await known
    if (row !== undefined && log.isRemoved(row)) return 'removed'
    return why !== 'doubted' && identity.isDoubted(partition) ? 'doubted' : undefined
  }

  /** The origin is away, or too slow: what is stored answers, and says so. */
  #standIn({ head, rule, row }: Read, why: 'offline' | 'timeout', status: number | undefined): Response {
    if (row === undefined || bodyOf(row) === undefined) return gatewayTimeout(FORBIDDEN)
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

  /**
   * Straight from the network, past the browser's own cache: it may hold the answer to another user, or one of before a
   * write.
   */
  async #passed(request: Request, rule: Rule, fwd: Forward, detail: string): Promise<Response> {
    const response = await this.#ports.sender.pass(request, rule)
    return forwardedAnswer(response, { fwd, 'fwd-status': response.status, detail })
  }
}

const FORBIDDEN = 'The origin is away, and its last answer may not be served unvalidated (see `trust` of the rule).'

/** The longest time that a timer takes. */
const FOREVER_MS = 2 ** 31 - 1

const isHit = ({ kind }: Plan): boolean => kind === 'serve' || kind === 'serve-then-validate'

const isForwarding = (planned: Plan): planned is Forwarding => planned.kind === 'validate' || planned.kind === 'fetch'

/** Why an answer is not handed over where something stands in: it is late, or its body breaks off. Undefined: it is. */
function failureOf(
  limitMs: number,
  landed: Promise<FlightResult | undefined>,
  flight: Flight,
): Promise<'timeout' | 'offline' | undefined> {
  const all = flight.whole()
  const whole = landed.then((result) => result?.settlement.kind !== 'store' || all)
  return timeout(
    limitMs,
    whole.then((isWhole) => (isWhole ? undefined : 'offline')),
    'timeout',
  )
}

/** The client that gets the answer itself is not told that it changed. */
function inform({ informed }: Flight, { clientId }: ReadContext, isInformed = true): void {
  if (clientId === undefined) return
  if (isInformed) informed.add(clientId)
  else informed.delete(clientId)
}

/** A response to a page whose session is still the same; else an error (I3). */
function ifStill(isSame: () => boolean, response: Response): Response {
  if (isSame()) return response
  discard(response)
  return Response.error()
}
