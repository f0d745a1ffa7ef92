import type { Freshlayer } from '../freshlayer.ts'
import type { LearntUrls } from './learnt-urls.ts'
import type { PageRules } from './page-rules.ts'
import type { QueryClientLike, QueryLike } from './query-client.ts'

/** How long data stays in memory without an observer, if the rule lets it be shown for as long. */
const GC_MS = 3_600_000

/** What the app has set for all queries: the parts that the rules may replace. */
interface Queries {
  readonly staleTime?: unknown
  readonly networkMode?: unknown
  readonly refetchOnReconnect?: unknown
  readonly refetchOnWindowFocus?: unknown
}

interface Ports {
  readonly client: QueryClientLike
  readonly layer: () => Pick<Freshlayer, 'state'> | undefined
  readonly rules: PageRules
  readonly urls: LearntUrls
}

/**
 * The times of the query library, by the rules. What a query sets itself stays.
 */
export class Defaults {
  readonly #ports: Ports
  readonly #restore: () => void

  constructor(ports: Ports) {
    this.#ports = ports
    const { client, layer } = ports
    const before = client.getDefaultOptions()
    const queries: Queries = before.queries ?? {}
    const staleTime = (query: QueryLike): unknown => {
      const own = queries.staleTime
      return this.#staleTime(query) ?? (typeof own === 'function' ? (own(query) as unknown) : (own ?? 0))
    }
    client.setDefaultOptions({
      ...before,
      queries: {
        // Without the network an answer may come from store, which the library cannot know.
        networkMode: 'offlineFirst',
        // When the layer has missed the origin, it says itself that it is back: then everything shown is fetched again.
        refetchOnReconnect: (query: QueryLike) =>
          layer()?.state.offline !== true && !this.#isLeft(query, 'onReconnect'),
        refetchOnWindowFocus: (query: QueryLike) => !this.#isLeft(query, 'onFocus'),
        ...queries,
        staleTime,
      },
    })
    this.#restore = () => client.setDefaultOptions(before)
  }

  /** Data that came from a rule's answers stays in memory for as long as they may be shown, within bounds. */
  keep(query: QueryLike): void {
    // The app has said how long, for this query or for all.
    if (query.options.gcTime !== undefined) return
    const shown = (this.#ports.urls.of(query) ?? []).map((url) => {
      const { fresh = 0, stale = 0, offline = 0 } = this.#ports.rules.read(url)?.rule ?? {}
      return [fresh, stale, offline].includes('http')
        ? GC_MS
        : (Number(fresh) + Math.max(Number(stale), Number(offline))) * 1000
    })
    if (shown.length > 0) query.gcTime = Math.max(query.gcTime, Math.min(GC_MS, ...shown))
  }

  close(): void {
    this.#restore()
  }

  /** Whether the rules of all that the query's data came from want it to be left alone on an occasion. */
  #isLeft(query: QueryLike, option: 'onFocus' | 'onReconnect'): boolean {
    const { urls, rules } = this.#ports
    const read = (urls.of(query) ?? []).map((url) => rules.read(url)?.rule)
    return read.length > 0 && read.every((rule) => rule?.[option] === false)
  }

  /** Undefined: it is not known, or no worker would tell of a change. */
  #staleTime(query: QueryLike): number | undefined {
    const { layer, urls } = this.#ports
    return layer()?.state.controlled === true ? urls.freshMs(query) : undefined
  }
}
