import { absoluteUrl } from '../affected-urls.ts'
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
}

/** What is known of one query. */
interface Learnt {
  /** The URLs before the last run. */
  before: readonly string[]
  run: QueryRun | undefined
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

  /** @param urlsOf the last word, where it knows. */
  constructor(rules: PageRules, urlsOf: UrlsOf) {
    this.#rules = rules
    this.#urlsOf = urlsOf
  }

  /** Undefined: nothing can be known, for the query has not run in this page and the app does not say. */
  of(query: QueryLike): readonly string[] | undefined {
    const given = this.#urlsOf(query.queryKey)
    if (given !== undefined) return [given].flat().map((url) => this.#rules.read(url)?.url ?? absoluteUrl(url))
    const learnt = this.#byQuery.get(query)
    return learnt && seenBy(learnt)
  }

  /** The query begins a run. */
  start(query: QueryLike, isMore: boolean): QueryRun {
    const learnt: Learnt = this.#byQuery.get(query) ?? { before: [], run: undefined }
    this.#byQuery.set(query, learnt)
    const run: QueryRun = {
      of: learnt,
      startedAtMs: performance.now(),
      endedAtMs: undefined,
      own: new Set(),
      suspected: new Set(),
      isMore,
    }
    learnt.before = seenBy(learnt)
    learnt.run = run
    return run
  }

  /** The run has made this request for certain. */
  own(run: QueryRun, url: string, method: string): void {
    const read = this.#rules.read(url, method)
    if (read !== undefined) run.own.add(read.url)
  }

  /** The run may have made this request. */
  suspect(run: QueryRun, given: string): void {
    const url = this.#rules.read(given)?.url
    if (url === undefined) return
    run.suspected.add(url)
    // The next run has begun before this one was told.
    if (run.of.run !== run && !run.of.before.includes(url)) run.of.before = [...run.of.before, url]
  }
}

function seenBy({ before, run }: Learnt): readonly string[] {
  if (run === undefined) return before
  const { own, suspected, isMore, endedAtMs } = run
  const all = [...own, ...suspected]
  // What is shown still comes from the run before. A run without any request was answered by another query's.
  if (isMore || endedAtMs === undefined || all.length === 0) return [...new Set([...before, ...all])]
  const common = [...suspected].filter((url) => before.includes(url))
  return common.length > 0 || (own.size > 0 && before.length > 0) ? [...new Set([...own, ...common])] : all
}
