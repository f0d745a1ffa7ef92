import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { type Fetch, type Observed, PENDING } from '../observed-url.ts'
import { isPage, knownState, observedUrls } from '../observed-urls.ts'
import { parsed, type ReadOptions } from './parsed.ts'

export interface QueryOptions<T> extends ReadOptions<T> {
  /** Whether the URL is read. Default: true. */
  readonly enabled?: boolean
  /**
   * Whether the component waits in its `<Suspense>` until there is data, and hands an error without data to its error
   * boundary. On a server the fallback is rendered. Default: false.
   */
  readonly suspense?: boolean
}

export interface CachedQuery<T> extends Observed<T> {
  /** Has the origin asked. Settles when it has answered or failed; never rejects. */
  readonly refresh: () => Promise<void>
}

/** A query whose component waits for its data. */
export interface SuspendedQuery<T> extends CachedQuery<T> {
  readonly data: T
}

/** Nothing is asked for. */
const IDLE: Observed<never> = { ...PENDING, isSyncing: false }

const HOOK = 'useCachedQuery'

/**
 * What the layer has of a URL, at once, and from then on whatever it becomes: components that show the same URL share one
 * request and one state. A component is rendered anew only where something of it has changed, and an answer with the same
 * bytes is the same `data`. On a server nothing is read, and the page begins with what the server has rendered.
 *
 * @param url undefined, null or false: nothing is read, as with `enabled: false`.
 * @throws TypeError, in an effect, where `connect()` has not been called.
 */
export function useCachedQuery<T = unknown>(
  url: string,
  options: QueryOptions<T> & { readonly suspense: true; readonly enabled?: true },
): SuspendedQuery<T>
export function useCachedQuery<T = unknown>(
  url: string | undefined | null | false,
  options?: QueryOptions<T>,
): CachedQuery<T>
export function useCachedQuery<T = unknown>(
  given: string | undefined | null | false,
  { parse, fetch, enabled = true, suspense = false }: QueryOptions<T> = {},
): CachedQuery<T> {
  const url = enabled && typeof given === 'string' ? given : undefined
  const read = useNewest(fetch)
  const subscribe = useCallback(
    (listener: () => void) =>
      url === undefined ? () => undefined : observedUrls(HOOK).get(url).subscribe(listener, read),
    [url, read],
  )
  const state = useSyncExternalStore(
    subscribe,
    () => (url === undefined ? IDLE : (knownState(url) ?? PENDING)),
    () => (url === undefined ? IDLE : PENDING),
  )
  const refresh = useCallback(
    () => (url === undefined ? Promise.resolve() : observedUrls(HOOK).get(url).refresh()),
    [url],
  )
  const { data: body } = state
  const result = useMemo(() => attemptTo(body, parse), [body, parse])
  const query = useMemo(
    () => ({ ...state, data: result.data, error: result.error ?? state.error, refresh }),
    [state, result, refresh],
  )
  // `parse` may make nothing of a body.
  const isWithout = body === undefined || result.error !== undefined
  if (suspense && url !== undefined && isWithout) suspend(url, query.error, fetch)
  return query
}

/** What `parse` makes of the body, or what it throws. */
function attemptTo<T>(
  body: unknown,
  parse: ReadOptions<T>['parse'],
): { readonly data?: T; readonly error?: Error | undefined } {
  if (body === undefined) return {}
  try {
    return { data: parsed(body, parse) }
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown }) }
  }
}

/** The component is not shown: it waits for the URL, or has failed. */
function suspend(url: string, error: Error | undefined, fetch: Fetch | undefined): never {
  if (!isPage()) throw new Error(`freshlayer: ${HOOK}() with suspense reads ${url} in the page, not on the server`)
  const observed = observedUrls(HOOK).get(url)
  // A boundary that is tried again after a while is not told of the error of before.
  if (error !== undefined && !observed.isOld) throw error
  // React takes a promise that is thrown as "not yet".
  // oxlint-disable-next-line typescript/only-throw-error
  throw observed.suspend(fetch)
}

/** A function that stays the same, and calls the one of the newest render. Undefined: the app gives none. */
function useNewest(fetch: Fetch | undefined): Fetch | undefined {
  const newest = useRef(fetch)
  useEffect(() => {
    newest.current = fetch
  })
  const call = useCallback<Fetch>((url, init) => (newest.current ?? globalThis.fetch)(url, init), [])
  return fetch && call
}
