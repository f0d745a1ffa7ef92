import { absoluteUrl } from '../affected-urls.ts'
import { attempt } from '../report.ts'
import type { Rule } from '../../../config/language/index.ts'
import type { PageRules } from './page-rules.ts'
import type { QueryLike } from './query-client.ts'
import type { Run } from './request-watch.ts'

/** One fetch of a query: all its pages and tries. */
export interface QueryRun extends Run {
  readonly of: Learnt
  /** Requested for certain. */
  readonly own: Set<string>
  /** Requested while it was under way, and maybe by it. */
  readonly suspected: Set<string>
  /** An infinite query gets one more page: the URLs of its other pages stay. */
  readonly isMore: boolean
  /** Some of the data was asked for before the worker controlled the page: what is stored since may be newer. */
  readonly isPast: boolean
  /** Milliseconds of freshness that an answer had left when it came, by URL: of the answers that were seen. */
  readonly freshMs: Map<string, number>
  /** URLs whose answers were new to the layer: the other tabs are told, and this page is not. */
  readonly news: Set<string>
}

/** What is known of one query. */
interface Learnt {
  /** The URLs before the last run. */
  before: readonly string[]
  run: QueryRun | undefined
  /** Its function has been called. A run may get its data from elsewhere: from a persister, or from the server. */
  isCalled: boolean
  readonly query: QueryLike
  /** The URLs by which it can be found: those before, and those of the last run. */
  readonly noted: Set<string>
}

/** What the app says of the URLs of its queries. They may be relative. Undefined: it does not know either. */
export type UrlsOf = (queryKey: readonly unknown[]) => string | readonly string[] | undefined

/**
 * The URLs that each query's data came from: absolute, as changes name them, and only those that a rule covers.
 *
 * A query whose requests are seen for certain has exactly these. One whose requests can only be suspected has all that it
 * may have made; of them stays what several runs have in common, so a wrong suspicion ends with the next run.
 */
export class LearntUrls {
  readonly #rules: PageRules
  readonly #urlsOf: UrlsOf
  readonly #byQuery = new WeakMap<QueryLike, Learnt>()
  readonly #byUrl = new Map<string, Set<QueryLike>>()

  /** @param urlsOf the last word, where it knows. */
  constructor(rules: PageRules, urlsOf: UrlsOf) {
    this.#rules = rules
    this.#urlsOf = urlsOf
  }

  /** Undefined: nothing can be known, for its function has not been called in this page and the app does not say. */
  of(query: QueryLike): readonly string[] | undefined {
    // A map that fails knows nothing of the key: it is asked while the app renders (I6).
    const given = attempt(() => {
      const urls = this.#urlsOf(query.queryKey)
      if (urls === undefined) return undefined
      return [urls].flat().map((url) => this.#rules.read(url)?.url ?? absoluteUrl(url))
    })
    if (given !== undefined) return given
    const learnt = this.#byQuery.get(query)
    return learnt?.isCalled === true ? seenBy(learnt) : undefined
  }

  /** The queries whose data is known to come from the URL, or may come from it. */
  at(url: string): QueryLike[] {
    return [...(this.#byUrl.get(url) ?? [])].filter((query) => this.of(query)?.includes(url) === true)
  }

  /** The query is gone. */
  forget(query: QueryLike): void {
    const learnt = this.#byQuery.get(query)
    if (learnt !== undefined) this.#forgetUrls(learnt, new Set())
    this.#byQuery.delete(query)
  }

  /** The query begins a run. */
  start(query: QueryLike, isMore: boolean, isControlled: boolean): QueryRun {
    const learnt: Learnt = this.#byQuery.get(query) ?? {
      before: [],
      run: undefined,
      isCalled: false,
      query,
      noted: new Set(),
    }
    this.#byQuery.set(query, learnt)
    learnt.before = shownAfter(learnt)
    this.#forgetUrls(learnt, new Set(learnt.before))
    const run: QueryRun = {
      of: learnt,
      startedAtMs: performance.now(),
      endedAtMs: undefined,
      own: new Set(),
      suspected: new Set(),
      isMore,
      isPast: !isControlled || (isMore && learnt.run?.isPast === true),
      freshMs: new Map(),
      news: new Set(),
    }
    learnt.run = run
    return run
  }

  /**
   * Milliseconds for which the data is fresh from when it came. Undefined: an answer that it came from was not seen, or no
   * rule covers it.
   */
  freshMs(query: QueryLike): number | undefined {
    const freshMs = this.#byQuery.get(query)?.run?.freshMs
    const each = (this.of(query) ?? []).map((url) => freshMs?.get(url))
    const known = each.filter((ms) => ms !== undefined)
    return known.length > 0 && known.length === each.length ? Math.min(...known) : undefined
  }

  /** An answer to a request of the run has come. */
  answered(run: QueryRun, given: string, { headers }: Response): void {
    const read = this.#rules.read(given)
    if (read === undefined) return
    const status = nearestStatus(headers)
    run.freshMs.set(read.url, leftSeconds(status, headers, read.rule) * 1000)
    if (/;\s*stored\b/.test(status) && !/;\s*fwd-status=304\b/.test(status)) run.news.add(read.url)
  }

  /** The run calls the query's function. */
  called({ of }: QueryRun): void {
    of.isCalled = true
  }

  /** The run has made this request for certain. */
  own(run: QueryRun, url: string, method: string): void {
    const read = this.#rules.read(url, method)
    if (read === undefined) return
    run.own.add(read.url)
    this.#note(run, read.url)
  }

  /** One of these runs may have made this request. */
  suspect(runs: readonly QueryRun[], given: string): void {
    const url = this.#rules.read(given)?.url
    if (url === undefined) return
    for (const run of runs) {
      run.suspected.add(url)
      this.#note(run, url)
      const { of } = run
      // The next run has begun before this one was told.
      if (of.run !== run && !of.before.includes(url)) of.before = [...of.before, url]
    }
  }

  /** A query whose URL has the time in it has another at each fetch, for as long as the page is open. */
  #forgetUrls({ query, noted }: Learnt, except: ReadonlySet<string>): void {
    for (const url of noted) {
      if (except.has(url)) continue
      noted.delete(url)
      const queries = this.#byUrl.get(url)
      queries?.delete(query)
      if (queries?.size === 0) this.#byUrl.delete(url)
    }
  }

  #note({ of }: QueryRun, url: string): void {
    const { query, noted } = of
    // A run may go on after its query is gone.
    if (this.#byQuery.get(query) !== of) return
    noted.add(url)
    const queries = this.#byUrl.get(url) ?? new Set()
    this.#byUrl.set(url, queries.add(query))
  }
}

/** The same when another run begins. One that has not ended by then is given up: what is shown is of before. */
const shownAfter = (learnt: Learnt): readonly string[] =>
  learnt.run?.endedAtMs === undefined ? learnt.before : seenBy(learnt)

function seenBy({ before, run }: Learnt): readonly string[] {
  if (run === undefined) return before
  const { own, suspected, isMore, endedAtMs } = run
  const all = [...own, ...suspected]
  // What is shown still comes from the run before. A run without any request was answered by another query's.
  if (isMore || endedAtMs === undefined || all.length === 0) return [...new Set([...before, ...all])]
  const common = [...suspected].filter((url) => before.includes(url))
  return common.length > 0 || (own.size > 0 && before.length > 0) ? [...new Set([...own, ...common])] : all
}

/** What the layer says of an answer: the cache that is nearest to the page comes last. */
const nearestStatus = (headers: Headers): string => headers.get('cache-status')?.split(',').at(-1) ?? ''

/**
 * How long an answer stays fresh, by the layer's word. 0 is the safe reading: then the page reads it once more, and the layer
 * answers without a request where it is fresh.
 *
 * @see RFC 9211 §2
 */
function leftSeconds(status: string, headers: Headers, { fresh, trust }: Rule): number {
  const [, ttl] = /;\s*ttl=(-?\d+)/.exec(status) ?? []
  if (ttl !== undefined) return Math.max(0, Number(ttl))
  const isNew = /;\s*(stored|collapsed)\b/.test(status)
  if (!isNew || fresh === 'http' || trust === 'http') return 0
  return Math.max(0, fresh - Number(headers.get('age') ?? 0))
}
