import {
  assertPageConfig,
  compilePageRules,
  type Config,
  type Match,
  matcherOf,
  normaliseUrl,
  type ReadMatch,
  type Rules,
} from '../../config/language/index.ts'
import { EVERYTHING } from '../../sw/core/invalidation.ts'
import { EVERYONE, isOfNobody } from '../../sw/core/key.ts'
import type { ResponseHead } from '../../sw/core/head.ts'
import type { Sequence } from '../../sw/core/sequence.ts'
import { standing } from '../../sw/core/timeline.ts'
import { forwardedAnswer } from '../../sw/fetch/answer.ts'
import { now } from '../../sw/fetch/clock.ts'
import { lineOf, requestMatcher } from '../../sw/fetch/matching.ts'
import { askOrigin, discard, outgoing } from '../../sw/fetch/origin.ts'
import { fieldsOf, isCleared } from '../../sw/fetch/describe.ts'
import { targetsOf } from '../../sw/fetch/targets.ts'
import type { Explanation, Reach } from '../../sw/protocol.ts'
import { expectArgument } from '../tab/arguments.ts'
import { explained } from '../tab/explained.ts'
import { A_REACH, isReach } from '../tab/reach-argument.ts'
import { Flights } from './flights.ts'
import { Memory } from './memory.ts'
import { readOf, type Send } from './read.ts'
import { Reads } from './reads.ts'
import { attempt, report } from './report.ts'
import { type Identify, ofPage, partitionOf } from './whose.ts'
import { asAsked, type FetchArguments, requestOf, sentAs, withUrl } from './wrapped.ts'
import { answerWrite } from './writes.ts'

export interface FreshnessOptions {
  /**
   * Who is signed in: an opaque, stable id; null: no user is; undefined: it is not known yet, and nothing personal is stored
   * or served. Called for each read. Needed where the config identifies by 'identify'. Default: the user is not known.
   */
  readonly identify?: Identify
  /**
   * The origin of the app: what paths in the rules are of. Default: that of the page. In Node there is none, so rules with
   * paths match nothing without it.
   * @example 'https://shop.example'
   */
  readonly origin?: string
}

/** The rules, in memory, for as long as the page is open. */
export interface Freshness {
  /**
   * A `fetch` that answers by the rules, and asks by the given one. What no rule matches goes to that with the very same
   * arguments. Several wrapped functions share what is stored.
   */
  readonly wrap: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  /** Which rule a read of this URL has, what is stored for it, and why it would be answered as it would be. */
  readonly explain: (url: string) => Explanation
  /** Ends the freshness of what has these tags, URLs or patterns: for changes that no write through `wrap` has made. */
  readonly invalidate: (reach: Reach) => void
  /** Forgets what belongs to users, what is in the air as well. */
  readonly signOut: () => void
}

/**
 * The same rules as in a worker where none can run: in a private window, on plain http, in an embedded web view, in Node. What
 * is stored is gone with the page, and other tabs know nothing of it.
 *
 * @throws CacheError 'config-refused'.
 */
export function createFreshness(config: Config, options: FreshnessOptions = {}): Freshness {
  assertPageConfig(config, 'The config')
  return new PageFreshness(compilePageRules(config), options)
}

/** What an answer says beside its content. */
type Heard = Pick<ResponseHead, 'status' | 'fields'>

class PageFreshness implements Freshness {
  readonly #rules: Rules
  readonly #home: string | undefined
  readonly #identify: Identify
  readonly #memory: Memory
  readonly #reads: Reads
  readonly #match: ReturnType<typeof matcherOf>
  readonly #matchOf: (request: Request) => Match | undefined
  /** Users whom the origin has refused: nothing of theirs is served before a success of what was asked later. */
  readonly #doubted = new Map<string, Sequence>()
  #sessions = 0

  constructor(rules: Rules, { identify = () => undefined, origin = globalThis.location?.origin }: FreshnessOptions) {
    this.#rules = rules
    this.#home = origin
    this.#identify = identify
    const memory = new Memory(rules.budget)
    const isDoubted = (partition: string): boolean => this.#doubted.has(partition)
    const flights = new Flights({
      memory,
      homeOf: (url) => this.#homeOf(url),
      generation: () => this.#sessions,
      heed: ({ partition }, head, at) => this.#heed(partition, head, at),
    })
    this.#memory = memory
    this.#reads = new Reads({ memory, flights, isDoubted })
    // Ranges of bytes are the network's.
    this.#match = matcherOf({ ...rules, routes: rules.routes.map((rule) => ({ ...rule, ranges: false })) })
    this.#matchOf = requestMatcher(this.#match, origin ?? '')
  }

  readonly wrap =
    (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
    (...given) => {
      // What cannot be understood is the given function's to refuse.
      const request = attempt('a request that no rule could be looked up for', () =>
        requestOf(given, this.#home, (line) => this.#match(line) !== undefined),
      )
      const match = request && this.#matchOf(request)
      if (request !== undefined && match !== undefined) return this.#answer(fetch, given, request, match)
      discard(request)
      return fetch(...given)
    }

  async #answer(
    fetch: typeof globalThis.fetch,
    given: FetchArguments,
    request: Request,
    match: Match,
  ): Promise<Response> {
    const { signal } = request
    signal.throwIfAborted()
    const meant = match.kind === 'read' ? await this.#meant(request, match) : match
    if (meant?.kind === 'read') {
      const send: Send = (sent) => fetch(...sentAs(sent, given))
      return asAsked(request, given, this.#read(request, meant, send))
    }
    // A write is sent as the app sends it. What was looked at is a copy.
    discard(request)
    if (meant === undefined) return fetch(...given)
    // A sign-in may carry the credentials of the app or a password: they do not say who used the page so far.
    const whose = meant.rule.session === undefined ? this.#whose(request, false) : undefined
    const session = this.#sessions
    const ports = {
      memory: this.#memory,
      home: this.#home,
      endSession: () => this.signOut(),
      heed: (head: Heard) => this.#heed(session === this.#sessions ? whose : undefined, head),
    }
    return withUrl(await answerWrite(ports, request, meant, () => fetch(...given)), request.url)
  }

  /** Whether a request by POST that a route matches is a read. What is not surely one is a write. */
  async #meant(request: Request, match: ReadMatch): Promise<Match | undefined> {
    const { reads } = match.rule
    if (request.method !== 'POST' || reads === undefined) return match
    const body = await request.clone().text()
    const isRead = typeof reads === 'function' && attempt(`reads of ${match.rule.name}`, () => reads(body)) === true
    return isRead ? match : this.#match(lineOf(request, this.#home ?? ''), true)
  }

  async #read(request: Request, match: ReadMatch, send: Send): Promise<Response> {
    const partition = this.#whose(request, match.rule.public)
    if (partition === undefined) {
      const make = (): Request => outgoing(request, [], undefined, false, this.#homeOf(request.url))
      const response = await askOrigin(make, request.body === null ? match.rule.retry : 0, send)
      this.#heed(undefined, { status: response.status, fields: fieldsOf(response.headers) })
      return forwardedAnswer(response, { fwd: 'bypass', 'fwd-status': response.status, detail: 'unknown-user' })
    }
    return this.#reads.answer(await readOf(request, match, partition, send))
  }

  #whose(request: Request, isForAll: boolean): string | undefined {
    return partitionOf(request, isForAll, this.#rules.identity, this.#identify)
  }

  /**
   * An answer says something of its user, or of everything that is stored.
   *
   * @param partition undefined: whose the answer is does not count, or is not known.
   * @param at when a read was asked for, which may end a doubt. Default: a write, which never does.
   */
  #heed(partition: string | undefined, { status, fields }: Heard, at?: Sequence): void {
    if (isCleared(fields)) this.#memory.clear()
    if (partition === undefined) return
    const doubtedAt = this.#doubted.get(partition)
    if (status === 401 && !isOfNobody(partition)) this.#doubted.set(partition, this.#memory.next())
    else if ((status < 300 || status === 304) && doubtedAt !== undefined && at !== undefined && at > doubtedAt)
      this.#doubted.delete(partition)
  }

  explain(given: string): Explanation {
    expectArgument(typeof given === 'string', 'explain', 'a URL')
    const home = this.#home
    if (!URL.canParse(given, home)) return explained({ url: given, state: 'unmatched', why: '' })
    const { href } = new URL(given, home)
    const match = this.#match(lineOf({ method: 'GET', url: href }, home ?? ''))
    if (match?.kind !== 'read') return explained({ url: href, state: 'unmatched', why: '' })
    const { rule, tags } = match
    const url = normaliseUrl(href, rule)
    const { identity } = this.#rules
    const user = identity === 'none' || rule.public ? EVERYONE : ofPage(identity, this.#identify)
    const base = {
      url,
      rule: rule.name,
      windows: { fresh: rule.fresh, stale: rule.stale, offline: rule.offline },
      tags,
      ...(identity !== 'none' && !rule.public && { identifiedBy: identity.by }),
    }
    const [row] = this.#memory.rowsOf(url, user)
    if (row === undefined) return explained({ ...base, state: 'absent', why: '' })
    const invalidated = this.#memory.isInvalidated(row)
    const { state, age, ttl, why } = standing(row, rule, invalidated, now())
    const [etag, cacheControl] = [row.fields.get('etag'), row.fields.get('cache-control')]
    return explained({
      ...base,
      state,
      why,
      ageSeconds: age,
      ttlSeconds: ttl,
      invalidated,
      ...(etag !== undefined && { etag }),
      ...(cacheControl !== undefined && { cacheControl }),
    })
  }

  invalidate(reach: Reach): void {
    expectArgument(isReach(reach), 'invalidate', A_REACH)
    const { tags = [], urls = [], patterns = [], all = false } = reach
    if (this.#home === undefined && [...urls, ...patterns].some((each) => !URL.canParse(each)))
      report('invalidate: without `origin` a path is of no origin, and reaches nothing', reach)
    const known = (each: string): boolean => this.#home !== undefined || URL.canParse(each)
    this.#memory.invalidate(
      all
        ? [EVERYTHING]
        : targetsOf(
            (url) => url,
            patterns.filter(known),
            tags,
            urls.filter(known),
            this.#home ?? 'https://none.invalid',
          ),
    )
  }

  signOut(): void {
    this.#sessions++
    this.#doubted.clear()
    this.#memory.clearPersonal()
  }

  /** In Node every origin may be sent conditions: nothing there asks for permission first. */
  #homeOf(url: string): string {
    return globalThis.location === undefined ? new URL(url).origin : (this.#home ?? '')
  }
}
