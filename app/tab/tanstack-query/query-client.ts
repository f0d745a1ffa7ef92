/**
 * What the binding needs of a query client: the part of TanStack Query 5 that its adapters for React, Vue, Svelte, Solid
 * and Angular share. Named here by its shape, so that an app needs no package beside the adapter that it has.
 */
export interface QueryClientLike {
  getQueryCache(): QueryCacheLike
  getMutationCache(): MutationCacheLike
  getDefaultOptions(): { readonly queries?: object }
  setDefaultOptions(options: object): void
  refetchQueries(filters: { type: 'active'; predicate: (query: QueryLike) => boolean }): Promise<void>
  removeQueries(filters: { predicate: (query: QueryLike) => boolean }): void
}

interface QueryCacheLike {
  getAll(): QueryLike[]
  get(queryHash: string): QueryLike | undefined
  find(filters: { queryKey: readonly unknown[] }): QueryLike | undefined
  subscribe(listener: (event: QueryEvent) => void): () => void
}

export interface QueryLike {
  readonly queryKey: readonly unknown[]
  readonly queryHash: string
  /** Milliseconds that the data stays in memory without an observer. */
  gcTime: number
  options: { queryFn?: unknown; readonly gcTime?: number | undefined; readonly initialData?: unknown }
  readonly state: {
    readonly data: unknown
    readonly dataUpdatedAt: number
    readonly fetchStatus: string
    readonly isInvalidated: boolean
  }
  readonly observers: readonly ObserverLike[]
  invalidate(): void
  reset(): void
  setState(state: object): void
  isActive(): boolean
  getObserversCount(): number
}

export interface ObserverLike {
  readonly options: object
  getCurrentResult(): { readonly isPlaceholderData: boolean }
  // As a method it takes the library's own options, and ours are some of these.
  setOptions(options: object): void
}

/** What the cache tells of a query. */
interface QueryEvent {
  readonly type: string
  readonly query: QueryLike
  /** Of an event 'updated'. */
  readonly action?: Action
}

interface MutationCacheLike {
  getAll(): MutationLike[]
  subscribe(listener: () => void): () => void
  remove(mutation: MutationLike): void
}

export interface MutationLike {
  readonly state: { readonly status: string; readonly isPaused: boolean }
}

/** What an event 'updated' says of its query: the parts that the binding reads. */
export interface Action {
  readonly type: string
  /** Of 'success': the data was set by the app and not fetched, as an optimistic value is. */
  readonly manual?: boolean
  /** Of 'fetch': an infinite query gets one more page. */
  readonly meta?: { readonly fetchMore?: unknown }
  /** Of 'error'. */
  readonly error?: unknown
}
