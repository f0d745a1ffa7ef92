import type { Config } from '../../../config/language/index.ts'
import { AffectedUrls } from '../affected-urls.ts'
import { inBursts } from '../bursts.ts'
import { type ChangeEvent, mayEndUser, MISSED } from '../change-feed.ts'
import { UNKNOWN } from '../connect-at-load.ts'
import { connect, connectedLayer, onConnected } from '../connect.ts'
import type { Freshlayer } from '../freshlayer.ts'
import { Defaults } from './defaults.ts'
import { dropUserData } from './drop-user-data.ts'
import { LearntUrls, type QueryRun, type UrlsOf } from './learnt-urls.ts'
import { PageRules } from './page-rules.ts'
import type { Action, QueryClientLike, QueryLike } from './query-client.ts'
import { Refetching } from './refetching.ts'
import { RequestWatch } from './request-watch.ts'
import { shownBy } from '../shown-urls.ts'
import { inSlices } from '../slices.ts'

/** What a binding needs of the layer. */
export type Layer = Pick<Freshlayer, 'state' | 'on' | 'explain'>

export interface BindOptions {
  /**
   * What `connect()` has given. Default: the layer that this page is connected to by its event `load`; if there is none by
   * then, the page is connected as `connect()` does without options, but without a word on its user.
   */
  readonly layer?: Layer
  /**
   * The URLs that a query's data comes from, by its key: one or several, relative or absolute. It is the last word for the
   * keys that it knows; undefined: it does not know the key. Needed for requests that the page cannot see: those of a web
   * worker, and those that another query has made. Default: none, and all is learnt.
   */
  readonly urlsOf?: UrlsOf
}

/** A query client that follows the layer. */
export interface Binding {
  /** The URLs that the data of the query came from, absolute. Empty: none that a rule covers, or the query has not run. */
  urlsOf(queryKey: readonly unknown[]): readonly string[]
  /**
   * Seconds since the origin made or last confirmed the oldest answer that the query's data came from. Undefined: none of
   * them is stored. No request is sent.
   */
  ageOf(queryKey: readonly unknown[]): Promise<number | undefined>
  /** Follows the layer no more; the client's defaults are as they were. */
  close(): void
}

/**
 * Has a TanStack Query client follow the layer: what has changed is fetched again, in each tab; the rules say how long data
 * is fresh; data of a user who has signed out goes. Query functions stay as they are. Call it once per client, right after
 * the client is made and before the first query; a second call replaces the first. Outside of a browser it does nothing.
 *
 * @param rules the config that the worker is built from.
 */
export function bindQueryClient(client: QueryClientLike, rules: Config, options: BindOptions = {}): Binding {
  // Under server rendering.
  if (typeof document === 'undefined') {
    return { urlsOf: () => [], ageOf: () => Promise.resolve(undefined), close: () => undefined }
  }
  bindings.get(client)?.close()
  const binding = new BoundClient(client, new PageRules(rules), options)
  bindings.set(client, binding)
  return binding
}

/** One of each client: modules that are replaced in development bind it again. */
const bindings = new WeakMap<QueryClientLike, Binding>()

/** A change, and when it was heard by the clock of `Refetching`. */
interface Heard {
  readonly change: ChangeEvent
  readonly since: number
}

class BoundClient implements Binding {
  readonly #client: QueryClientLike
  readonly #rules: PageRules
  readonly #urls: LearntUrls
  readonly #refetching: Refetching
  readonly #defaults: Defaults
  readonly #watch: RequestWatch<QueryRun>
  /** The functions by which those of the queries are called. */
  readonly #watched = new WeakSet<object>()
  readonly #runs = new WeakMap<QueryLike, QueryRun>()
  /** Queries that are due because another query of this page has got an answer anew. */
  readonly #told = new WeakSet<QueryLike>()
  readonly #abort = new AbortController()
  #layer: Layer | undefined
  #affectedUrls: AffectedUrls | undefined
  readonly #lookLater = inBursts((heard: readonly Heard[]) => this.#lookAt(heard))

  constructor(client: QueryClientLike, rules: PageRules, { layer, urlsOf = () => undefined }: BindOptions) {
    this.#client = client
    this.#rules = rules
    const urls = (this.#urls = new LearntUrls(rules, urlsOf))
    this.#refetching = new Refetching(client, () => document.hidden)
    this.#defaults = new Defaults({ client, layer: () => this.#layer, rules, urls })
    this.#watch = new RequestWatch({
      onOwn: (run, url, method) => urls.own(run, url, method),
      onSuspect: (runs, url) => urls.suspect(runs, url),
      onAnswer: (run, url, response) => urls.answered(run, url, response),
    })
    const { signal } = this.#abort
    const leave = [
      client.getQueryCache().subscribe(({ type, query, action }) => this.#learn(type, query, action)),
      client.getMutationCache().subscribe(() => queueMicrotask(() => this.#refetching.work())),
    ]
    signal.addEventListener('abort', () => leave.forEach((each) => each()))
    document.addEventListener('visibilitychange', () => this.#refetching.work(), { signal })
    this.#find(layer)
  }

  urlsOf(queryKey: readonly unknown[]): readonly string[] {
    const query = this.#queryOf(queryKey)
    return (query && this.#urls.of(query)) ?? []
  }

  async ageOf(queryKey: readonly unknown[]): Promise<number | undefined> {
    const layer = this.#layer
    if (layer === undefined) return undefined
    const found = await Promise.all(this.urlsOf(queryKey).map((url) => layer.explain(url)))
    const ages = found.flatMap(({ ageSeconds }) => ageSeconds ?? [])
    return ages.length === 0 ? undefined : Math.max(...ages)
  }

  close(): void {
    this.#abort.abort()
    this.#watch.close()
    this.#defaults.close()
  }

  #queryOf(queryKey: readonly unknown[]): QueryLike | undefined {
    return this.#client.getQueryCache().find({ queryKey })
  }

  /** Follows the layer: the given one, the one this page has, or that of a page whose app leaves connecting to others. */
  #find(given: Layer | undefined): void {
    const { signal } = this.#abort
    let leave = (): void => undefined
    const follow = (layer: Layer): void => {
      leave()
      this.#layer = layer
      this.#affectedUrls = new AffectedUrls(layer)
      const shown = shownBy(layer)
      const part = { urls: () => this.#shown() }
      shown.parts.add(part)
      shown.onNew()
      const unhear = layer.on('change', (change) => this.#hear(change))
      leave = () => {
        unhear()
        shown.parts.delete(part)
      }
    }
    signal.addEventListener('abort', () => leave())
    // The one before is closed. What has changed between was not heard, and a sign-out may be among it (I3).
    const leaveConnected = onConnected((layer) => {
      if (this.#layer === undefined || layer === this.#layer) return
      follow(layer)
      this.#hear(MISSED)
    })
    signal.addEventListener('abort', leaveConnected)
    const found = given ?? connectedLayer()
    if (found !== undefined) return follow(found)
    const look = (): void => {
      if (!signal.aborted) follow(connectedLayer() ?? connect({ identify: UNKNOWN }))
    }
    // The build's own script connects the page at this event, and may listen later than this.
    if (document.readyState === 'complete') look()
    else addEventListener('load', () => setTimeout(look), { signal, once: true })
  }

  /** What the cache tells of a query. */
  #learn(type: string, query: QueryLike, action: Action | undefined): void {
    if (type === 'removed') {
      this.#refetching.forget(query)
      this.#urls.forget(query)
    }
    // What became due without an observer is fetched for it, whatever it says of mounting.
    if (type === 'observerAdded') {
      queueMicrotask(() => this.#refetching.work())
      // What is shown from memory makes no request that would tell.
      this.#tellShown()
    }
    if (type !== 'updated' || action === undefined) return
    if (action.type === 'fetch') this.#begin(query, action.meta?.fetchMore !== undefined)
    if (action.type === 'success' || action.type === 'error') this.#end(query, action.manual === true)
    this.#refetching.learn(query, action)
    if (action.type !== 'success') return
    this.#tellShown()
    this.#defaults.keep(query)
    if (action.manual !== true) this.#tellOthers(query)
  }

  /** The page may show something new. */
  #tellShown(): void {
    if (this.#layer !== undefined) shownBy(this.#layer).onNew()
  }

  /** The URLs of the queries that components observe. */
  #shown(): string[] {
    const active = this.#client
      .getQueryCache()
      .getAll()
      .filter((query) => query.isActive())
    return active.flatMap((query) => [...(this.#urls.of(query) ?? [])])
  }

  #begin(query: QueryLike, isMore: boolean): void {
    const run = this.#urls.start(query, isMore, this.#layer?.state.controlled === true)
    this.#runs.set(query, run)
    this.#watch.follow(run)
    // The query's own object, made anew for each fetch that has options; its function is looked up when it is called.
    const { options } = query
    const { queryFn } = options
    if (typeof queryFn !== 'function' || this.#watched.has(queryFn)) return
    const watched = (context: object): unknown => {
      const called = this.#runs.get(query) ?? run
      this.#urls.called(called)
      return this.#watch.call(called, (given) => queryFn(given) as unknown, context)
    }
    this.#watched.add(watched)
    options.queryFn = watched
  }

  #end(query: QueryLike, isManual: boolean): void {
    const run = this.#runs.get(query)
    // Data that the app sets ends no fetch.
    if (run !== undefined && !isManual) run.endedAtMs ??= performance.now()
  }

  /**
   * Other queries of this page may show what the query has just got anew: the worker does not tell the page of a change that it has read
   * itself. What they get so is told to no other query, or two of them would keep each other fetching (I11).
   */
  #tellOthers(query: QueryLike): void {
    const { news } = this.#runs.get(query) ?? {}
    if (this.#told.delete(query) || news === undefined || news.size === 0) return
    const since = this.#refetching.startOf(query)
    const others = [...new Set([...news].flatMap((url) => this.#urls.at(url)))].filter(
      (other) => other !== query && other.state.data !== undefined && this.#refetching.startOf(other) < since,
    )
    for (const other of others) this.#told.add(other)
    // Once this one has its data.
    queueMicrotask(() => this.#refetching.due(others, since))
  }

  #hear(change: ChangeEvent): void {
    // Before that: what is asked for because of it is newer than the change.
    const since = this.#refetching.now()
    if (mayEndUser(change)) this.#endUser()
    if (change.cause === 'sign-out' || change.isRead === true) return
    this.#lookLater({ change, since })
  }

  async #lookAt(heard: readonly Heard[]): Promise<void> {
    const since = Math.max(...heard.map((each) => each.since))
    const changes = heard.map(({ change }) => change)
    const queries = this.#client.getQueryCache().getAll()
    const urlsOf = new Map<QueryLike, readonly string[] | undefined>()
    await inSlices(queries, (query) => void urlsOf.set(query, this.#urls.of(query)))
    const urls = new Set([...urlsOf.values()].flatMap((each) => each ?? []))
    const affected = await this.#affectedUrls?.of(changes, urls)
    const isOnlyFirst = changes.every(({ kind }) => kind === 'first')
    const due = queries.filter((query) => {
      const { data, fetchStatus } = query.state
      const from = urlsOf.get(query)
      // Data from another page or from the server, of which nothing can be known before it is fetched here.
      if (from === undefined) return !isOnlyFirst && data !== undefined && typeof query.options.queryFn === 'function'
      // A first answer is news only where there is none, or one that did not come through the worker.
      const isNews = this.#runs.get(query)?.isPast ?? true
      const isWithout = data === undefined && fetchStatus === 'idle'
      return from.some((url) => {
        const effect = affected?.get(url)
        return effect !== undefined && (effect !== 'first' || isWithout || isNews)
      })
    })
    this.#refetching.due(due, since)
  }

  /** The user is gone: what may be theirs is no longer shown, and what is observed is asked for anew. */
  #endUser(): void {
    const mayBeTheirs = (query: QueryLike): boolean => {
      const urls = this.#urls.of(query) ?? []
      return urls.length === 0 || urls.some((url) => !this.#rules.isForAll(url))
    }
    this.#refetching.due(dropUserData(this.#client, mayBeTheirs), this.#refetching.now())
  }
}
