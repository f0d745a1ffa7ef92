import {
  compileRules,
  type Config,
  fillPlaces,
  matcherOf,
  normaliseUrl,
  type ReadMatch,
  type Rule,
  type Rules,
  type WriteMatch,
} from '../../config/language/index.ts'
import { weakMatch } from '../../sw/core/entity-tag.ts'
import type { ResponseHead } from '../../sw/core/head.ts'
import { Invalidations } from '../../sw/core/invalidation.ts'
import { ANONYMOUS, entryKey, EVERYONE, isOfToken, partitionName } from '../../sw/core/key.ts'
import { asksForBytes } from '../../sw/core/range.ts'
import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'
import { plan, type Plan } from '../../sw/core/plan.ts'
import { ROW_SHAPE, type Row } from '../../sw/core/row.ts'
import { selected } from '../../sw/core/select.ts'
import { sequence } from '../../sw/core/sequence.ts'
import { settle } from '../../sw/core/settle.ts'
import { reachedBy } from '../../sw/core/targets.ts'
import { guesses } from '../../sw/core/timeline.ts'
import { bytes, type EpochMs, epochMs } from '../../sw/core/units.ts'
import { storedFields } from '../../sw/core/validation.ts'
import { variantOf, varyNames } from '../../sw/core/vary.ts'
import { settleWrite } from '../../sw/core/write.ts'
import { isQuery } from '../../sw/worker/requests/graphql.ts'
import type { Exchange, RecordedBody, Recording } from '../recording/exchange.ts'
import { askersBy, sessionCookies } from './asker.ts'
import { requestHead, responseHead } from './heads.ts'
import { bytesOf } from './route-findings.ts'
import { renewedSessions } from './renewed-sessions.ts'
import { sorted } from './sorted.ts'

/** What a rules file would have made of a recording. */
export interface Simulation {
  /** By route, in the order of the rules. Routes that no request met are left out. */
  readonly routes: readonly RouteOutcome[]
  /** Reads for data that no route meets. */
  readonly unmatched: Outcome
  readonly total: Outcome
}

/** Reads without the layer and with it. */
export interface Outcome {
  /** Reads of the pages, without those that the browser's own cache answered. */
  readonly before: number
  /** Requests to the origin. */
  readonly after: number
  /** Of them, those behind an answer that the page already had. */
  readonly behind: number
  /** Unit: bytes. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Requests that the origin would have answered with 304. */
  readonly notModified: number
}

interface RouteOutcome extends Outcome {
  /** The name of the route: the text of its `match`, unless it has a name. */
  readonly name: string
  /** Different questions of one user, and how many of them get an answer if the origin is away at the end, or before the sign-out. */
  readonly questions: number
  readonly offline: number
}

/**
 * Replays a recording through the rules of the layer: the same `plan` and `settle` that the worker calls. The origin
 * answers as it did in the recording. Each answer is there before the next request begins, and no user reloads a page.
 */
export function simulate(recording: Recording, config: Config): Simulation {
  return new Replay(recording, compileRules(config)).run()
}

/** What the origin has for a question at a time. */
interface Content {
  readonly head: ResponseHead
  readonly digest: string
  readonly size: number
  readonly cost: number
}

class Tally {
  before = 0
  after = 0
  behind = 0
  bytesBefore = 0
  bytesAfter = 0
  notModified = 0

  get outcome(): Outcome {
    const { before, after, behind, bytesBefore, bytesAfter, notModified } = this
    return { before, after, behind, bytesBefore, bytesAfter, notModified }
  }
}

/** A 304 costs its head. Unit: bytes. */
const HEAD_BYTES = 200

class Replay {
  readonly #recording: Recording
  readonly #rules: Rules
  readonly #rows = new Map<string, Row[]>()
  readonly #log = new Invalidations()
  readonly #tallies = new Map<Rule | undefined, Tally>()
  readonly #askedBy: ReturnType<typeof askersBy>
  /** By key: how to ask the same again at the end. */
  readonly #questions = new Map<
    string,
    { readonly exchange: Exchange; readonly match: ReadMatch; readonly partition: string }
  >()
  /** The last whole answer to each URL and asker, for a 304 in the recording. */
  readonly #whole = new Map<string, Content>()
  readonly #offline = new Map<Rule, { questions: number; answered: number }>()
  #counter = 0

  constructor(recording: Recording, rules: Rules) {
    this.#recording = recording
    this.#rules = rules
    const { reads, writes } = sorted(recording)
    const cookies = sessionCookies([...reads, ...writes])
    this.#askedBy = askersBy(cookies, renewedSessions(recording.exchanges, cookies)?.userOf)
  }

  run(): Simulation {
    const match = matcherOf(this.#rules)
    const { reads, writes, files, built } = sorted(this.#recording)
    const ofElements = new Set([...files, ...built])
    const all = [...reads, ...writes, ...files, ...built].toSorted((one, other) => one.startedAt - other.startedAt)
    for (const exchange of all) {
      const { origin, pathname, search } = new URL(exchange.url)
      const line = { method: exchange.method, origin, sameOrigin: origin === this.#recording.origin, pathname, search }
      const first = match(line)
      const found = first?.kind === 'read' && !isRead(first.rule, exchange) ? match(line, true) : first
      if (found?.kind === 'read' && !asksForPart(exchange, found.rule)) this.#read(exchange, found)
      else if (found?.kind === 'write') this.#write(exchange, found)
      else if (/^(?:GET|QUERY)$/.test(exchange.method) && !ofElements.has(exchange)) this.#pass(exchange)
    }
    return this.#result()
  }

  /** A read that no route meets costs the same as before. */
  #pass(exchange: Exchange): void {
    const tally = this.#tallyOf(undefined)
    count(tally, exchange)
    if (exchange.isFromCache === true) return
    tally.after++
    tally.bytesAfter += bytesOf(exchange)
  }

  #read(exchange: Exchange, match: ReadMatch): void {
    const { rule } = match
    const tally = this.#tallyOf(rule)
    count(tally, exchange)
    const partition = this.#partitionOf(exchange, rule)
    const { key, url } = keyOf(exchange, rule, partition)
    this.#questions.set(key, { exchange, match, partition })
    const now = exchange.startedAt
    const planned = this.#plan(exchange, match, partition, now)
    if (planned.kind === 'serve' || planned.kind === 'unsatisfiable') {
      this.#contentOf(exchange, partition)
      return
    }
    tally.after++
    if (planned.kind === 'serve-then-validate') tally.behind++
    const content = this.#contentOf(exchange, partition)
    const row = planned.kind === 'fetch' ? undefined : planned.row
    const isConfirmed = row !== undefined && content !== undefined && confirms(row, content)
    if (isConfirmed) tally.notModified++
    tally.bytesAfter += isConfirmed ? HEAD_BYTES : (content?.cost ?? bytesOf(exchange))
    const request = { ...requestHead(exchange, url, isOfToken(partition)) }
    const settled = settle({
      plan: planned,
      request,
      expects: rule.expects,
      guesses: guesses(rule),
      outcome: outcomeOf(exchange, content, isConfirmed),
      unasked: planned.kind === 'serve-then-validate',
    })
    switch (settled.kind) {
      case 'store':
        if (content !== undefined) this.#store(key, this.#rowOf(exchange, match, { key, url, partition }, content))
        return
      case 'refresh':
      case 'update':
        this.#store(key, { ...settled.row, fields: settled.fields, ...this.#instants(now) })
        return
      case 'drop':
        this.#rows.delete(key)
        return
      case 'outdate':
      case 'keep':
      case 'stand-in':
      case 'refetch':
      case 'refuse':
      case 'fail':
    }
  }

  #plan(exchange: Exchange, { rule }: ReadMatch, partition: string, now: EpochMs): Plan {
    const { key, url } = keyOf(exchange, rule, partition)
    const request = requestHead(exchange, url, isOfToken(partition))
    const rows = this.#rows.get(key) ?? []
    const row = selected(rows, request)
    return plan({
      request,
      rule,
      row,
      variants: row === undefined ? rows : [],
      partial: false,
      invalidated: row !== undefined && this.#log.covering(row) > row.sequence,
      doubted: false,
      reloaded: false,
      now,
    })
  }

  #write(exchange: Exchange, { rule, params, tags }: WriteMatch): void {
    const outcome = settleWrite(exchange.status === 0 ? 'failure' : exchange.status)
    const own = exchange.url.replace(/[?#].*$/s, '')
    const { urls, patterns } = fillPlaces(rule.invalidates, params)
    const absolute = (text: string): string => {
      const { origin, pathname, search } = new URL(text, this.#recording.origin)
      return normaliseEncoding(origin + pathname + search)
    }
    const named = outcome === 'named' ? locationsOf(exchange) : []
    const at = this.#next()
    if (outcome !== 'nothing')
      for (const target of reachedBy(absolute, (url) => url, patterns, tags, [own, ...urls, ...named]))
        this.#log.add({ target, sequence: at })
    if (rule.session !== 'sign-out') return
    const partition = this.#partitionOf(exchange)
    this.#lookOffline(exchange.startedAt, partition)
    for (const [key, rows] of this.#rows) if (rows[0]?.partition === partition) this.#rows.delete(key)
  }

  /** Whose data a read gets. What a page would name by `identify` is taken from the cookies that were recorded. */
  #partitionOf(exchange: Exchange, rule?: Rule): string {
    const { identity } = this.#rules
    if (rule?.public === true || identity === 'none') return EVERYONE
    const { by, id } = this.#askedBy(exchange)
    if (by === 'token' && identity.by.includes('authorization')) return partitionName('token', id)
    if (by === 'none' || !identity.by.some((way) => way !== 'authorization')) return ANONYMOUS
    return partitionName('user', id)
  }

  /** What the origin had when it was asked; undefined where the recording does not say. */
  #contentOf(exchange: Exchange, partition: string): Content | undefined {
    const { status, url, body, requestHeaders, requestBody } = exchange
    const place = `${partition}\n${url}\n${requestHeaders['accept'] ?? ''}\n${requestBody?.digest ?? ''}`
    const before = this.#whole.get(place)
    if (status === 0) return undefined
    if (status === 304) {
      if (before !== undefined || body === undefined || body.bytes === 0) return before
    }
    const head = { ...responseHead(exchange), ...(status === 304 && { status: 200 }) }
    const content = { head, digest: body?.digest ?? '', size: body?.bytes ?? 0, cost: costOf(exchange, body) }
    this.#whole.set(place, content)
    return content
  }

  #rowOf(
    exchange: Exchange,
    { rule, tags }: ReadMatch,
    { key, url, partition }: { readonly key: string; readonly url: string; readonly partition: string },
    { head, digest, size }: Content,
  ): Row {
    const fields = storedFields(head.fields)
    const names = varyNames(fields)
    const request = requestHead(exchange, url)
    return {
      shape: ROW_SHAPE,
      key,
      variant: names === 'unknowable' ? '' : variantOf(names, request.fields),
      partition,
      rule: rule.name,
      tags,
      url,
      request: { fields: request.fields, credentials: 'same-origin' },
      status: head.status,
      statusText: '',
      fields,
      ...this.#instants(exchange.startedAt),
      digest,
      size: bytes(size),
      body: NO_BODY,
    }
  }

  #instants(now: EpochMs): Pick<Row, 'sequence' | 'requestedAtMs' | 'receivedAtMs' | 'storedAtMs'> {
    return { sequence: this.#next(), requestedAtMs: now, receivedAtMs: now, storedAtMs: now }
  }

  #store(key: string, row: Row): void {
    this.#rows.set(key, [...(this.#rows.get(key) ?? []).filter(({ variant }) => variant !== row.variant), row])
  }

  #next(): Row['sequence'] {
    return sequence(1, ++this.#counter)
  }

  #tallyOf(rule: Rule | undefined): Tally {
    const tally = this.#tallies.get(rule) ?? new Tally()
    this.#tallies.set(rule, tally)
    return tally
  }

  #result(): Simulation {
    this.#lookOffline(
      this.#recording.exchanges.reduce((last, { startedAt }) => (startedAt > last ? startedAt : last), epochMs(0)),
    )
    const routes = this.#rules.routes.flatMap((rule) => {
      const tally = this.#tallies.get(rule)
      const { questions, answered } = this.#offline.get(rule) ?? { questions: 0, answered: 0 }
      return tally === undefined ? [] : [{ name: rule.name, ...tally.outcome, questions, offline: answered }]
    })
    const unmatched = (this.#tallies.get(undefined) ?? new Tally()).outcome
    return { routes, unmatched, total: [...routes, unmatched].reduce(added, new Tally().outcome) }
  }

  /**
   * Counts what each route would still answer if the origin were away now.
   *
   * @param partition of whom, where others stay. Default: of everybody.
   */
  #lookOffline(now: EpochMs, partition?: string): void {
    for (const [key, question] of this.#questions) {
      if (partition !== undefined && question.partition !== partition) continue
      const { exchange, match } = question
      const planned = this.#plan(exchange, match, question.partition, now)
      const request = requestHead(exchange, exchange.url)
      const isAnswered =
        planned.kind === 'serve' ||
        settle({ plan: planned, request, expects: undefined, outcome: { kind: 'failure' }, unasked: false }).kind ===
          'stand-in'
      const counts = this.#offline.get(match.rule) ?? { questions: 0, answered: 0 }
      counts.questions++
      if (isAnswered) counts.answered++
      this.#offline.set(match.rule, counts)
      this.#questions.delete(key)
    }
  }
}

const NO_BODY = {}

function count(tally: Tally, exchange: Exchange): void {
  if (exchange.isFromCache === true) return
  tally.before++
  tally.bytesBefore += bytesOf(exchange)
}

/** Whether what a route matches is a read: its body may say otherwise. */
function isRead({ reads }: Rule, { method, requestBody }: Exchange): boolean {
  if (reads === undefined || method !== 'POST') return true
  const text = requestBody?.text ?? ''
  try {
    return reads === 'graphql' ? isQuery(text) : reads(text)
  } catch {
    return false
  }
}

const asksForPart = (exchange: Exchange, { ranges }: Rule): boolean =>
  !ranges && asksForBytes(new Map(Object.entries(exchange.requestHeaders)))

function keyOf(exchange: Exchange, rule: Rule, partition: string): { readonly key: string; readonly url: string } {
  const url = normaliseUrl(exchange.url, rule)
  const request = requestHead(exchange, url)
  const { keyHeaders } = rule
  const bodyDigest = exchange.requestBody?.digest
  return { key: entryKey({ partition, request, url, credentials: 'same-origin', keyHeaders, bodyDigest }), url }
}

/** Whether the origin would say 304 to a condition on a stored answer. */
function confirms({ fields, digest }: Row, { head, digest: current }: Content): boolean {
  if (digest !== current || head.status !== 200) return false
  const [tag, now] = [fields.get('etag'), head.fields.get('etag')]
  if (tag !== undefined && now !== undefined) return weakMatch(tag, now)
  const modified = fields.get('last-modified')
  return modified !== undefined && modified === head.fields.get('last-modified')
}

function outcomeOf(
  exchange: Exchange,
  content: Content | undefined,
  isConfirmed: boolean,
): Parameters<typeof settle>[0]['outcome'] {
  if (exchange.status === 0) return { kind: 'failure' }
  const head = content?.head ?? responseHead(exchange)
  return { kind: 'response', head: isConfirmed ? { ...head, status: 304 } : head }
}

/** What a whole answer costs over the wire: of a 304, or from the browser's cache, only the length is known. */
const costOf = (exchange: Exchange, body: RecordedBody | undefined): number =>
  exchange.status === 304 || exchange.isFromCache === true ? (body?.bytes ?? 0) : bytesOf(exchange)

/** `Location` and `Content-Location` of the write's own origin (RFC 9111 §4.4). */
const locationsOf = ({ responseHeaders, url }: Exchange): string[] =>
  ['location', 'content-location'].flatMap((name) => {
    const value = responseHeaders[name]
    if (value === undefined || !URL.canParse(value, url)) return []
    const target = new URL(value, url)
    return target.origin === new URL(url).origin ? [target.href] : []
  })

const added = (one: Outcome, other: Outcome): Outcome => ({
  before: one.before + other.before,
  after: one.after + other.after,
  behind: one.behind + other.behind,
  bytesBefore: one.bytesBefore + other.bytesBefore,
  bytesAfter: one.bytesAfter + other.bytesAfter,
  notModified: one.notModified + other.notModified,
})
