import { nextTask } from '../slices.ts'
import type { Action, MutationLike, QueryClientLike, QueryLike } from './query-client.ts'

/** So many fetches begin in one task. */
const AT_ONCE = 50

/** What is known of a query's fetches. The numbers order fetches and changes among themselves. */
interface Fetches {
  /** The newest change that its data does not have yet. Undefined: its data has all that this page was told of. */
  dueSince: number | undefined
  /** When its last fetch began. */
  startedAt: number
  /** Mutations that were under way when it became due, or when the app set its data. */
  readonly waitsFor: Set<MutationLike>
  /** Of these, those while which the app set its data: it shows an optimistic value. */
  readonly optimistic: Set<MutationLike>
}

/**
 * Fetches again what a change concerns, each query once per change and as soon as its page may show it.
 *
 * ```
 *            due()                       visible, observed, no mutation under way
 *  current ─────────> due ──────────────────────────────────────────────────────────> fetching
 *     ^                ^                                                                  │
 *     │                └───────────── it began before the newest change ──────────────────┤
 *     └────────────────────────────────── it began after it ──────────────────────────────┘
 * ```
 *
 * A query without an observer, or of a hidden page, is marked invalidated. A query that shows an optimistic value keeps it
 * until the mutation has settled.
 */
export class Refetching {
  readonly #client: QueryClientLike
  readonly #isHidden: () => boolean
  readonly #fetches = new WeakMap<QueryLike, Fetches>()
  readonly #due = new Set<QueryLike>()
  #clock = 0

  constructor(client: QueryClientLike, isHidden: () => boolean) {
    this.#client = client
    this.#isHidden = isHidden
  }

  /** The time at which a change was heard. */
  now(): number {
    return ++this.#clock
  }

  /** When the query's last fetch began. */
  startOf(query: QueryLike): number {
    return this.#of(query).startedAt
  }

  /** What these queries show is older than a change. */
  due(queries: readonly QueryLike[], since: number): void {
    const pending = this.#pending()
    const cache = this.#client.getQueryCache()
    for (const query of queries) {
      // It may have been removed since the change was heard.
      if (cache.get(query.queryHash) !== query) continue
      const fetches = this.#of(query)
      if (fetches.dueSince === undefined && fetches.startedAt > since && query.state.fetchStatus === 'idle') continue
      fetches.dueSince = Math.max(since, fetches.dueSince ?? 0)
      for (const mutation of pending) fetches.waitsFor.add(mutation)
      this.#due.add(query)
      query.invalidate()
    }
    this.work()
  }

  /** What the cache tells of a query: its fetches begin and end. */
  learn(query: QueryLike, { type, manual = false, error }: Action): void {
    const fetches = this.#of(query)
    if (type === 'fetch') fetches.startedAt = ++this.#clock
    if (type === 'success' && manual) {
      for (const mutation of this.#pending()) fetches.optimistic.add(mutation)
    } else if ((type === 'success' || (type === 'error' && !isCancelled(error))) && fetches.dueSince !== undefined) {
      if (fetches.startedAt > fetches.dueSince) {
        fetches.dueSince = undefined
        this.#due.delete(query)
      } else {
        // Its answer may be older than the change; the library takes it for the newest.
        query.invalidate()
        queueMicrotask(() => this.work())
      }
    }
  }

  forget(query: QueryLike): void {
    this.#due.delete(query)
  }

  /** Fetches what is due and may be fetched now. */
  work(): void {
    if (this.#due.size === 0 || this.#isHidden()) return
    const ready = [...this.#due].filter((query) => this.#isReady(query))
    if (ready.length > 0) void this.#fetch(ready)
  }

  /** The library begins all fetches that it is asked for in one task. */
  async #fetch(queries: readonly QueryLike[]): Promise<void> {
    for (let at = 0; at < queries.length; at += AT_ONCE) {
      if (at > 0) await nextTask()
      if (this.#isHidden()) return
      const ready = new Set(
        queries.slice(at, at + AT_ONCE).filter((query) => this.#due.has(query) && this.#isReady(query)),
      )
      void this.#client.refetchQueries({ type: 'active', predicate: (query) => ready.has(query) })
    }
  }

  #isReady(query: QueryLike): boolean {
    const { dueSince = 0, startedAt, waitsFor, optimistic } = this.#of(query)
    // A mutation that waits for the network may wait for days, so only its own optimistic values wait with it.
    for (const each of waitsFor) if (each.state.status !== 'pending' || each.state.isPaused) waitsFor.delete(each)
    for (const each of optimistic) if (each.state.status !== 'pending') optimistic.delete(each)
    if (waitsFor.size > 0 || optimistic.size > 0 || !query.isActive()) return false
    if (query.state.fetchStatus === 'idle') return true
    // A first fetch cannot be begun anew: it is waited for.
    return startedAt < dueSince && query.state.data !== undefined
  }

  #pending(): MutationLike[] {
    return this.#client
      .getMutationCache()
      .getAll()
      .filter(({ state }) => state.status === 'pending')
  }

  #of(query: QueryLike): Fetches {
    const known = this.#fetches.get(query)
    if (known !== undefined) return known
    const fetches: Fetches = { dueSince: undefined, startedAt: 0, waitsFor: new Set(), optimistic: new Set() }
    this.#fetches.set(query, fetches)
    return fetches
  }
}

/** The app has called `cancelQueries()`, as it does before it sets an optimistic value: the query is as due as before. */
const isCancelled = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'revert' in error && 'silent' in error
