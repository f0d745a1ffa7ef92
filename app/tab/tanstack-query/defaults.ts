import type { Freshlayer } from '../connect.ts'
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
  /** Milliseconds of freshness that an answer had left when it came. */
  readonly #freshMs = new Map<string, number>()
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
        refetchOnReconnect: () => layer()?.state.offline !== true,
        ...queries,
        staleTime,
      },
    })
    this.#restore = () => client.setDefaultOptions(before)
  }

  /** The layer's word on an answer that has come. */
  learn(url: string, response: Response): void {
    const read = this.#ports.rules.read(url)
    if (read === undefined) return
    const { fresh } = read.rule
    this.#freshMs.set(read.url, (leftSeconds(response) ?? (fresh === 'http' ? 0 : fresh)) * 1000)
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

  /** Undefined: the rules do not say, or nothing would tell of a change. */
  #staleTime(query: QueryLike): number | undefined {
    const { layer, rules, urls } = this.#ports
    const from = layer()?.state.controlled === true ? urls.of(query) : undefined
    if (from === undefined || from.length === 0) return undefined
    const each = from.map((url) => {
      const fresh = rules.read(url)?.rule.fresh ?? 0
      return this.#freshMs.get(url) ?? (fresh === 'http' ? 0 : fresh * 1000)
    })
    return Math.min(...each)
  }
}

/** How long the layer's answer stays fresh; 0: not at all, as one that stands in for the origin. Undefined: it does not say. */
function leftSeconds({ headers }: Response): number | undefined {
  const nearest = headers.get('cache-status')?.split(',').at(-1) ?? ''
  if (/;\s*detail=(offline|timeout)/.test(nearest)) return 0
  const [, ttl] = /;\s*ttl=(-?\d+)/.exec(nearest) ?? []
  return ttl === undefined ? undefined : Math.max(0, Number(ttl))
}
