import { type Matcher, normaliseUrl } from '../../config/language/index.ts'
import { EVERYTHING, isReached, type Target } from '../core/invalidation.ts'
import type { Row } from '../core/row.ts'
import { standing } from '../core/timeline.ts'
import type { Answers, Explanation, Greeting, Question, Reach, Refreshed, Since } from '../protocol.ts'
import type { Channel } from './channel.ts'
import { now } from './clock.ts'
import type { Identity } from './identity/identity.ts'
import type { Secrets } from './identity/secrets.ts'
import { signOut } from './identity/sessions.ts'
import { takeOver } from './lifecycle/take-over.ts'
import type { Flights } from './requests/flights.ts'
import { forgetAll } from './requests/forget.ts'
import type { Reachability } from './requests/reachability.ts'
import { readOf, type UrlOf } from './requests/read.ts'
import { revalidate } from './requests/revalidate.ts'
import { invalidation, targetsOf } from './requests/targets.ts'
import type { Statistics } from './statistics.ts'
import { missed } from './store/change-log.ts'
import { countEntries } from './store/rows.ts'
import type { Store } from './store/store.ts'

interface Ports extends Store {
  readonly match: Matcher
  readonly urlOf: UrlOf
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
        return this.#invalidate(question.reach)
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
    const { writer, reachability, identity } = this.#ports
    const partitions = await identity.partitionsOf(clientId)
    const from = 'openedAtMs' in since ? { sinceMs: since.openedAtMs - OPENING_SLACK_MS } : since
    const { logId, position, missed: all } = await missed(writer, from, partitions)
    const theirs = all === 'reset' ? all : all.filter(({ informed }) => !informed.includes(clientId))
    return { clientId, logId, position, missed: theirs, partitions, reachable: reachability.reachable }
  }

  async #explain(given: string, clientId: string): Promise<Explanation> {
    const match = readOf(this.#ports.match, given)
    if (match === undefined) {
      return { url: given, state: 'unmatched', why: '' }
    }
    const { rule, tags } = match
    const url = this.#ports.urlOf(normaliseUrl(match.href, rule))
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
    const invalidated = this.#ports.log.isInvalidated(row)
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

  async #invalidate(reach: Reach): Promise<true> {
    const { log, channel, urlOf } = this.#ports
    const targets = targetsReached(urlOf, reach)
    channel.changes([await log.invalidate(targets, invalidation(targets, 'invalidate'))])
    return true
  }

  /** Removes at once, whatever is stored: the bytes go behind the answer. */
  async #remove(reach: Reach): Promise<{ removed: number }> {
    const { writer, log, channel, erasure, urlOf } = this.#ports
    const targets = targetsReached(urlOf, reach)
    const removed = await countEntries(writer, (entry) => !log.isRemoved(entry) && isReached(entry, targets))
    if (reach.all === true) await forgetAll(this.#ports)
    else {
      channel.changes([await log.remove(targets, { ...invalidation(targets, 'remove'), kind: 'removed' })])
      erasure.runBehind()
    }
    return { removed }
  }

  async #refresh(given: string, clientId: string): Promise<Refreshed> {
    const match = readOf(this.#ports.match, given)
    if (match === undefined) return { outcome: 'absent' }
    const { urlOf, generations } = this.#ports
    const rows = await this.#stored(urlOf(normaliseUrl(match.href, match.rule)), clientId)
    const watches = rows.map(({ partition }) => generations.watch(partition))
    const outcomes: Refreshed['outcome'][] = []
    for (const [at, row] of rows.entries()) {
      if (watches[at]?.() !== true) break
      outcomes.push(await revalidate(this.#ports, row, 'refresh'))
    }
    // Of several variants the latest is what a page most likely shows.
    return { outcome: outcomes[0] ?? 'absent' }
  }

  /** What is stored for a URL that this client may see, the latest first. */
  async #stored(url: string, clientId: string): Promise<Row[]> {
    const { rows: stored, identity } = this.#ports
    const rows = await stored.rowsOf(url, await identity.partitionsOf(clientId))
    return rows.toSorted((one, other) => other.sequence - one.sequence)
  }
}

const targetsReached = (urlOf: UrlOf, { tags = [], urls = [], patterns = [], all = false }: Reach): Target[] =>
  all ? [EVERYTHING] : targetsOf(urlOf, patterns, tags, urls)
