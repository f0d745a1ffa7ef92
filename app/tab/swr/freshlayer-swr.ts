import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { type Arguments, type Key, type Middleware, type SWRConfiguration, unstable_serialize, useSWRConfig } from 'swr'
import { expectArgument } from '../arguments.ts'
import { watchOf } from '../change-watch.ts'
import type { Freshlayer } from '../freshlayer.ts'
import { isPage } from '../observed-urls.ts'
import { CacheBridge, INFINITE, type Mutate, type UrlsOf } from './cache-bridge.ts'

export interface SwrOptions {
  /**
   * Which URLs the data of a key comes from, where keys are no URLs, or where the fetcher adds to them. Relative ones are
   * those of the document. Default: a key that is a text with a slash, or a list that begins with one.
   * @example (key) => (Array.isArray(key) && key[0] === 'product' ? `/api/products/${key[1]}` : undefined)
   */
  readonly urls?: UrlsOf
}

/**
 * A config of SWR that follows the layer: a change revalidates the keys that are on screen and whose data came from the
 * changed URL, or from one with the changed tag, and no other. SWR's own revalidation on focus and on reconnect is off: the
 * layer knows what has changed meanwhile, and has what is on screen read once when the page comes into sight after a while.
 * A user who signs out takes the data of their keys along.
 *
 * @example <SWRConfig value={{ ...freshlayerSwr(layer), fetcher }}>
 * @param layer what `connect()` gives. Call this outside of components: each call makes another config.
 * @throws TypeError where it is none.
 */
export function freshlayerSwr(
  layer: Freshlayer,
  { urls = urlsOfKey }: SwrOptions = {},
): Required<Pick<SWRConfiguration, 'revalidateOnFocus' | 'revalidateOnReconnect' | 'use'>> {
  expectArgument(typeof layer?.on === 'function', 'freshlayerSwr', 'the layer that connect() gives, and { urls }')
  const bridges = new WeakMap<object, CacheBridge>()
  /** How many users are gone, and the hooks that are told of it. */
  let gone = 0
  const hooks = new Set<() => void>()
  const onUserGone = (): void => {
    gone++
    for (const rerender of hooks) rerender()
  }
  const subscribe = (rerender: () => void): (() => void) => {
    hooks.add(rerender)
    return () => void hooks.delete(rerender)
  }
  const goneNow = (): number => gone
  const follow: Middleware = (useSWRNext) => (key, fetcher, config) => {
    const { cache, mutate: mutateAll } = useSWRConfig()
    const first = firstKey(key)
    const text = unstable_serialize(first)
    // A hook that shows pages has its key from a function that takes the number of the page.
    const name = typeof key === 'function' && key.length > 0 ? INFINITE + text : text
    const bridge = (): CacheBridge => {
      const found = bridges.get(cache) ?? new CacheBridge(watchOf(layer), { cache, mutateAll }, urls, onUserGone)
      bridges.set(cache, found)
      return found
    }
    const watched = useMemo(
      () =>
        fetcher &&
        ((...given: Parameters<typeof fetcher>) => {
          if (isPage()) bridge().learn(name, given[0])
          return fetcher(...given)
        }),
      [fetcher, name, cache],
    )
    // SWR keeps what a hook has shown before (`keepPreviousData`): of a user who is gone it may not (I3).
    const users = useSyncExternalStore(subscribe, goneNow, goneNow)
    const shown = useRef(users)
    if (cache.get(name)?.data !== undefined) shown.current = users
    const isTheirs = shown.current === users
    const response = useSWRNext(key, watched, isTheirs ? config : { ...config, keepPreviousData: false })
    // Hooks that only write have no such function.
    const mutate = 'mutate' in response ? (response.mutate as Mutate) : undefined
    useEffect(
      () => (mutate === undefined || text === '' ? undefined : bridge().follow(name, first, mutate)),
      [cache, name, mutate],
    )
    return response
  }
  return { revalidateOnFocus: false, revalidateOnReconnect: false, use: [follow] }
}

/** A key may be a function, which throws while what it needs is not there yet. */
function firstKey(key: Key): Arguments {
  if (typeof key !== 'function') return key
  try {
    return Reflect.apply(key, undefined, [0, null])
  } catch {
    return undefined
  }
}

function urlsOfKey(key: unknown): string | undefined {
  const [first]: unknown[] = Array.isArray(key) ? key : [key]
  return typeof first === 'string' && /^\S*\/\S*$/.test(first) ? first : undefined
}
