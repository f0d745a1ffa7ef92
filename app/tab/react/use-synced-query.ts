import { useCallback, useMemo } from 'react'
import type { Duration } from '../../../config/language/duration.ts'
import type { Fetch } from '../observed-url.ts'
import type { Change } from '../optimistic-changes.ts'
import { makeShownWrite } from '../shown-write.ts'
import { directiveOf, fieldOf } from './request-directive.ts'
import { type CachedQuery, type QueryOptions, useCachedQuery } from './use-cached-query.ts'
import { type LightEndpoint, useVersions } from './use-versions.ts'

export interface SyncedQueryOptions<T> extends QueryOptions<T> {
  /**
   * How old the answer may be for this call, in place of what the rule says: sent as the request directive `max-age`. With
   * `timestamps`: how old what that endpoint says may be. A `fetch` of your own has to hand `init.headers` on. For URLs of
   * the page's own origin. All who show a URL share its reads, so say the same in each place. Default: the rule decides.
   * @example '2m'
   */
  readonly fresh?: Duration
  /**
   * A light endpoint that says of which version the data is: a text, a number, or a list of `{ id, updatedAt }`, in any order.
   * The data itself is asked for when that differs, or when a write has changed it. `{ url, entity }`: the member of the
   * answer to look at. While the endpoint fails, the data is asked for as without it. Where the rules can say it, say it there
   * (`versions`): then it holds for every tab, and after a reload. Default: the query follows the changes of its URL.
   * @example '/api/versions/products'
   */
  readonly timestamps?: string | LightEndpoint
}

export interface SyncedQuery<T, B = T> extends CachedQuery<T> {
  /**
   * Shows a change of the body (before `parse`) at once, in all that shows the URL, and makes the write that brings it about.
   * When that fails the change is taken back, and later ones stay. When it has ended, the URL is read anew. The change is a
   * function that makes a new value, for it is made again to what is read meanwhile. Without a write: it has been made already.
   *
   * @returns what the write gives, or rejects with what it throws.
   */
  readonly mutate: <R = void>(change: Change<B>, write?: () => Promise<R>) => Promise<R | undefined>
}

const HOOK = 'useSyncedQuery'

/**
 * As {@link useCachedQuery}, and to change what it shows: what the layer has of a URL at once, then whatever it becomes.
 *
 * @param url undefined, null or false: nothing is read, as with `enabled: false`.
 * @throws TypeError where `fresh` is no duration; in an effect, where `connect()` has not been called.
 */
export function useSyncedQuery<T = unknown, B = T>(
  url: string,
  options: SyncedQueryOptions<T> & { readonly suspense: true; readonly enabled?: true },
): SyncedQuery<T, B> & { readonly data: T }
export function useSyncedQuery<T = unknown, B = T>(
  url: string | undefined | null | false,
  options?: SyncedQueryOptions<T>,
): SyncedQuery<T, B>
export function useSyncedQuery<T = unknown, B = T>(
  given: string | undefined | null | false,
  { fresh, timestamps, fetch, ...options }: SyncedQueryOptions<T> = {},
): SyncedQuery<T, B> {
  const directive = fresh === undefined ? undefined : directiveOf(fresh)
  const url = options.enabled !== false && typeof given === 'string' ? given : undefined
  const isFollowing = timestamps !== undefined
  const mayFollow = useVersions(url, timestamps, readWith(fetch, directive))
  const query = useCachedQuery(given, {
    ...options,
    // What is stored is as good as its version says.
    ...withFetch(isFollowing ? storedUnless(fetch, () => !mayFollow()) : readWith(fetch, directive)),
  })
  const mutate = useCallback(
    async <R = void>(change: Change<B>, write?: () => Promise<R>): Promise<R | undefined> => {
      if (url === undefined) throw new TypeError(`freshlayer: mutate() of ${HOOK}() has no URL to change`)
      const outcome = await makeShownWrite<R | undefined>(HOOK, {
        optimistic: (show) => show(url, change),
        write: async () => write?.(),
      })
      if ('error' in outcome) throw outcome.error
      return outcome.data
    },
    [url],
  )
  return useMemo(() => ({ ...query, mutate }), [query, mutate])
}

const withFetch = (fetch: Fetch | undefined): { readonly fetch?: Fetch } => (fetch ? { fetch } : {})

/** Reads with the directive, unless the origin is to be asked. */
function readWith(fetch: Fetch | undefined, directive: string | undefined): Fetch | undefined {
  if (directive === undefined) return fetch
  return (url, init) =>
    (fetch ?? globalThis.fetch)(url, init.cache ? init : { ...init, headers: fieldOf(url, directive) })
}

/** Reads what is stored, of whatever age: a write ends that. */
const storedUnless =
  (fetch: Fetch | undefined, isByRules: () => boolean): Fetch =>
  (url, init) =>
    (fetch ?? globalThis.fetch)(url, init.cache || isByRules() ? init : { ...init, cache: 'force-cache' })
