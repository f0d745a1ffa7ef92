import type { QueryClient, QueryFunctionContext } from '@tanstack/react-query'
import { getJson, getTagged, type Tagged } from '../api.ts'
import { isUnder, urlOfKey } from './query-keys.ts'
import { refreshShown } from './shown.ts'

/** URLs that a user is refreshing, and how often: two buttons may cover the same one. */
const refreshing = new Map<string, number>()

interface Reading<T> {
  readonly queryKey: readonly [string]
  readonly queryFn: (context: Pick<QueryFunctionContext, 'signal'>) => Promise<T>
}

/** The options of a query that reads the JSON at `url`. While a user refreshes it, the origin is asked. */
export function reading<T>(url: string): Reading<T> {
  return { queryKey: [url], queryFn: ({ signal }) => getJson<T>(url, { signal, cache: cacheMode(url) }) }
}

/** The same with the entity tag of the answer. */
export function taggedReading<T>(url: string): Reading<Tagged<T>> {
  return { queryKey: [url], queryFn: ({ signal }) => getTagged<T>(url, { signal, cache: cacheMode(url) }) }
}

/**
 * Has the origin asked for what is on screen, past what is fresh. Settles when each request has been answered or has
 * failed; a query that failed keeps its data beside its error.
 *
 * @param path only what is read from there or from below it. Default: all that is on screen.
 */
export async function refresh(client: QueryClient, path?: string): Promise<void> {
  const urls = client
    .getQueryCache()
    .findAll({ type: 'active' })
    .flatMap(({ queryKey }) => urlOfKey(queryKey) ?? [])
    .filter((url) => path === undefined || isUnder(url, path))
  for (const url of urls) refreshing.set(url, (refreshing.get(url) ?? 0) + 1)
  await Promise.all([
    refreshShown((url) => path === undefined || isUnder(url, path)),
    client.refetchQueries({
      type: 'active',
      predicate: ({ queryKey }) => urls.includes(urlOfKey(queryKey) ?? ''),
    }),
  ])
  for (const url of urls) refreshing.set(url, (refreshing.get(url) ?? 1) - 1)
}

const cacheMode = (url: string): RequestCache => ((refreshing.get(url) ?? 0) > 0 ? 'no-cache' : 'default')
