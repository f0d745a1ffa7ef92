import { type Matcher, normaliseUrl, type ReadMatch } from '../../config/language/index.ts'
import { type Change, type ChangeCause, targetsOfRow } from '../core/change.ts'
import { isReached, type Target } from '../core/invalidation.ts'
import { isOfToken } from '../core/key.ts'
import type { Plan } from '../core/plan.ts'
import type { Row } from '../core/row.ts'
import { standing } from '../core/timeline.ts'
import type { Answers, Explanation, Greeting, Question, Reach, Refreshed, Since } from '../protocol.ts'
import type { Bodies } from './store/bodies.ts'
import { missed } from './store/changes.ts'
import type { Channel } from './channel.ts'
import { now } from './clock.ts'
import type { Flights } from './requests/flights.ts'
import { forgetAll } from './store/forget.ts'
import type { Identity } from './identity/identity.ts'
import type { Ledger } from './store/ledger.ts'
import type { Reachability } from './requests/reachability.ts'
import { readOf } from './requests/read.ts'
import { ROWS, under } from './store/records.ts'
import type { Secrets } from './identity/secrets.ts'
import { signOut } from './identity/sessions.ts'
import { promisifyRequest } from './store/store.ts'
import type { Statistics } from './statistics.ts'
import { takeOver } from './lifecycle/take-over.ts'
import { invalidation, targetsOf } from './requests/targets.ts'

interface Ports {
  readonly match: Matcher
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly flights: Flights
  readonly identity: Identity
  readonly channel: Channel
  readonly reachability: Reachability
  readonly secrets: Secrets
  readonly statistics: Statistics
}

/** A tab that has just opened may have read before it could listen: so much before its opening is told as well. */
const OPENING_SLACK_MS = 1000

/** Answers what tabs ask. */
export class Messages {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  answer(question: Question, clientId: string): Promise<Answers[Question['ask']]> {
    switch (question.ask) {
      case 'hello':
        return this.#greet(question.since, clientId)
      case 'identify':
        return this.#ports.identity.identify(clientId, question.user).then(() => true)
      case 'sign-out':
        return signOut(this.#ports, clientId).then(() => ({ signedOut: true, unsent: 0 }))
      case 'explain':
        return this.#explain(question.url, clientId)
      case 'invalidate':
        return this.#invalidate(question.reach, 'invalidate')
      case 'remove':
        return this.#remove(question.reach)
      case 'refresh':
        return this.#refresh(question.url, clientId)
      case 'stats':
        return this.#ports.statistics.read()
      case 'probe':
        return this.#ports.reachability.probe().then((reachable) => ({ reachable }))
      case 'take-over':
        return takeOver(clientId)
    }
  }

  async #greet(since: Since, clientId: string): Promise<Greeting> {
    const { ledger, reachability, identity } = this.#ports
    const partitions = await identity.partitionsOf(clientId)
    const {
      logId,
      position,
      missed: all,
    } = await missed(ledger, (current) => {
      if ('openedAtMs' in since) return { sinceMs: since.openedAtMs - OPENING_SLACK_MS }
      return since.logId === current ? { position: since.position } : 'reset'
    })
    const theirs =
      all === 'reset'
        ? all
        : all.filter(
            ({ partition, informed, all }) =>
              // That a user is gone concerns every tab that may show their data, and no record says any more which it is.
              (partitions.includes(partition) || all === true) && !informed.includes(clientId),
          )
    return { clientId, logId, position, missed: theirs, partitions, reachable: reachability.reachable }
  }

  async #explain(given: string, clientId: string): Promise<Explanation> {
    const match = readOf(this.#ports.match, given)
    if (match === undefined) {
      return { url: given, state: 'unmatched', why: '' }
    }
    const { rule, tags } = match
    const url = this.#ports.ledger.searchPolicies.urlOf(normaliseUrl(match.href, rule))
    const base = {
      url,
      rule: rule.name,
      windows: { fresh: rule.fresh, stale: rule.stale, offline: rule.offline },
      tags,
    }
    const [row] = await this.#stored(url, clientId)
    if (row === undefined) {
      return { ...base, state: 'absent', why: '' }
    }
    const invalidated = this.#ports.ledger.isInvalidated(row)
    const { state, age, ttl, why } = standing(row, rule, invalidated, now())
    const etag = row.fields.get('etag')
    return {
      ...base,
      state,
      why,
      ageSeconds: age,
      ttlSeconds: ttl,
      invalidated,
      ...(etag === undefined ? {} : { etag }),
    }
  }

  async #invalidate(reach: Reach, cause: ChangeCause): Promise<true> {
    const { ledger, channel } = this.#ports
    const targets = targetsReached(ledger, reach)
    const { written } = await ledger.end(ledger.intend(targets), targets, invalidation(targets, cause))
    channel.changes([await written])
    return true
  }

  async #remove(reach: Reach): Promise<{ removed: number }> {
    const { ledger, bodies, channel } = this.#ports
    const targets = targetsReached(ledger, reach)
    if (reach.all === true) {
      const removed = await ledger.read((store) => promisifyRequest(store.count(under(ROWS))))
      await forgetAll(this.#ports)
      return { removed }
    }
    const rows: Row[] = []
    await ledger.each((row) => void (isReached(row, targets) && rows.push(row)))
    // What is in the air was asked for before: the invalidation keeps it from being stored as fresh.
    await this.#invalidate(reach, 'remove')
    const removed = await ledger.remove(rows, removal)
    channel.changes(removed.logged)
    await bodies.remove(removed.rows)
    return { removed: removed.rows.length }
  }

  async #refresh(given: string, clientId: string): Promise<Refreshed> {
    const { ledger, flights, identity, secrets } = this.#ports
    const match = readOf(this.#ports.match, given)
    if (match === undefined) return { outcome: 'absent' }
    const rows = await this.#stored(
      this.#ports.ledger.searchPolicies.urlOf(normaliseUrl(match.href, match.rule)),
      clientId,
    )
    const outcomes: Refreshed['outcome'][] = []
    const lives = new Map(rows.map(({ partition }) => [partition, ledger.generation(partition)]))
    for (const row of rows) {
      const isTheirs = (): boolean => ledger.generation(row.partition) === lives.get(row.partition)
      if (!isTheirs()) break
      const authorization = identity.credentialsOf(row.partition) ?? null
      const fields = new Map(row.request.fields)
      const sent = secrets.shown(fields)
      const ofToken = isOfToken(row.partition)
      // Without the token or the secret that it was asked by the origin would answer something else.
      if (sent === undefined || (ofToken && authorization === null)) {
        outcomes.push('kept')
        continue
      }
      if (authorization !== null) for (const each of [fields, sent]) each.set('authorization', authorization)
      const { url, key, partition } = row
      const { method = 'GET', credentials, body } = row.request
      const request = { method, url, fields: sent, credentials }
      const head = { method, url, fields, cache: 'no-cache', ofToken } as const
      const keyOf = (): string => key
      const asked = { request, head, partition, key, keyOf, body, authorization, isTheirs }
      const read = { ...asked, ...match, clientId: undefined, row, cause: 'refresh' as const }
      const flight = flights.launch(read, validation(row, match), false)
      const { settlement } = await flight.landed
      const shared = await flight.shared
      if (settlement.kind === 'fail' || settlement.kind === 'stand-in') outcomes.push('unreachable')
      else outcomes.push(shared?.outcome === 'first' ? 'changed' : (shared?.outcome ?? 'kept'))
    }
    // Of several variants the latest is what a page most likely shows.
    return { outcome: outcomes[0] ?? 'absent' }
  }

  /** What is stored for a URL that this client may see, the latest first. */
  async #stored(url: string, clientId: string): Promise<Row[]> {
    const { ledger, identity } = this.#ports
    const rows = await ledger.rowsOf(url, await identity.partitionsOf(clientId))
    return rows.toSorted((one, other) => other.sequence - one.sequence)
  }
}

const validation = (row: Row, { rule }: ReadMatch): Plan => ({
  kind: 'validate',
  row,
  standing: standing(row, rule, false, now()),
  standsIn: true,
  forgiving: false,
  fwd: 'request',
  why: 'refresh',
})

const targetsReached = (ledger: Ledger, { tags = [], urls = [], patterns = [], all = false }: Reach): Target[] =>
  all ? ['prefix '] : targetsOf(ledger, patterns, tags, urls)

const removal = (row: Row): Change => ({
  kind: 'removed',
  targets: targetsOfRow(row),
  cause: 'remove',
  partition: row.partition,
  atMs: now(),
  informed: [],
})
