import type { Cache, useSWRConfig } from 'swr'
import { absoluteUrl } from '../affected-urls.ts'
import { type ChangeWatch, type Watcher, watchOf } from '../change-watch.ts'
import { onConnected } from '../connect.ts'
import { attempt } from '../report.ts'

/** Which URLs the data of a key comes from; undefined: none that the layer knows. */
export type UrlsOf = (key: unknown) => string | readonly string[] | undefined

/** Of a hook of SWR: revalidates its key, or drops its data. */
export type Mutate = (data?: undefined, options?: { readonly revalidate: false }) => Promise<unknown>

/** SWR puts the first page's key behind it where a hook shows pages (`useSWRInfinite`). */
export const INFINITE = '$inf$'

/** A cache of SWR, and what reaches all of its keys. */
interface SwrCache {
  readonly cache: Cache
  readonly mutateAll: ReturnType<typeof useSWRConfig>['mutate']
}

/** One key of SWR, in however many components. */
interface Followed {
  readonly mutates: Set<Mutate>
  readonly watcher: Watcher
  leave: () => void
}

/** What the layer has to do with one cache of SWR: the keys that mounted hooks show, and the URLs of each. */
export class CacheBridge {
  #watch: ChangeWatch
  readonly #swr: SwrCache
  readonly #urlsOf: UrlsOf
  readonly #followed = new Map<string, Followed>()
  /** Of keys with several pages: the URLs of those that were fetched. */
  readonly #pages = new Map<string, Set<string>>()
  /** URLs whose last fetch began before the worker controlled the page, by key: what is stored since may be newer. */
  readonly #past = new Map<string, Set<string>>()

  /** @param onUserGone is called before the first data goes. */
  constructor(watch: ChangeWatch, swr: SwrCache, urlsOf: UrlsOf, onUserGone: () => void) {
    this.#watch = watch
    this.#swr = swr
    // What the app's map throws is told, and breaks no hook (I6).
    this.#urlsOf = (key) => attempt(() => urlsOf(key))
    // For as long as the cache lives, also while nothing of it is shown: it may have data of a user who is gone.
    const forgetUser = (): void => {
      onUserGone()
      this.#forgetUser()
    }
    const ofCache: Watcher = { urls: () => [], onDue: () => undefined, onUserGone: forgetUser }
    watch.add(ofCache)
    onConnected((layer) => {
      this.#watch = watchOf(layer)
      this.#watch.add(ofCache)
      // What has changed between was not heard, and a sign-out may be among it (I3).
      forgetUser()
      for (const followed of this.#followed.values()) {
        const { watcher } = followed
        followed.leave()
        followed.leave = this.#watch.add(watcher)
        attempt(() => watcher.onUserGone?.())
        attempt(() => watcher.onDue('invalidated'))
      }
    })
  }

  /**
   * A hook shows the key. Returns the way out.
   *
   * @param name the key as SWR writes it.
   * @param key as the app gives it; of several pages the first one's.
   */
  follow(name: string, key: unknown, mutate: Mutate): () => void {
    const found = this.#followed.get(name)
    const followed = found ?? this.#begin(name, key)
    const { mutates } = followed
    mutates.add(mutate)
    return () => {
      mutates.delete(mutate)
      if (mutates.size > 0) return
      followed.leave()
      this.#followed.delete(name)
    }
  }

  /** A key is fetched, or a page of one. */
  learn(name: string, key: unknown): void {
    const urls = absolute(this.#urlsOf(key))
    for (const url of urls) this.#watch.forget(url)
    this.#notePast(name, urls)
    if (!name.startsWith(INFINITE) || urls.length === 0) return
    const pages = this.#pages.get(name) ?? new Set()
    this.#pages.set(name, pages)
    for (const url of urls) pages.add(url)
  }

  #notePast(name: string, urls: readonly string[]): void {
    const past = this.#past.get(name) ?? new Set()
    for (const url of urls)
      if (this.#watch.isControlled) past.delete(url)
      else past.add(url)
    if (past.size > 0) this.#past.set(name, past)
    else this.#past.delete(name)
  }

  #begin(name: string, key: unknown): Followed {
    const mutates = new Set<Mutate>()
    // One of the hooks is enough: SWR gives the data to all.
    const mutate = (...given: Parameters<Mutate>): void => {
      const [first] = mutates
      // What goes wrong is the `error` of the hooks.
      void first?.(...given).catch(() => undefined)
    }
    const own = absolute(this.#urlsOf(key))
    const watcher: Watcher = {
      urls: () => [...own, ...(this.#pages.get(name) ?? [])],
      onDue: (why) => {
        const { data, isValidating } = this.#swr.cache.get(name) ?? {}
        // What came first is what a hook has fetched already, or is fetching, through the worker.
        const isNews = this.#past.has(name) || (data === undefined && isValidating !== true)
        if (why !== 'first' || isNews) mutate()
      },
      onUserGone: () => {
        if (own.length > 0) mutate(undefined, { revalidate: false })
      },
    }
    const followed = { mutates, watcher, leave: this.#watch.add(watcher) }
    this.#followed.set(name, followed)
    return followed
  }

  /** The data of the layer's URLs is dropped. That of keys with pages, which SWR leaves out here, hooks drop that show it. */
  #forgetUser(): void {
    const { cache, mutateAll } = this.#swr
    const isOfUrl = (key: unknown): boolean => absolute(this.#urlsOf(key)).length > 0
    void mutateAll(isOfUrl, undefined, { revalidate: false })
    for (const name of this.#pages.keys()) if (!this.#followed.has(name)) cache.delete(name)
  }
}

/** Of what is no URL nothing can be told. */
const absolute = (urls: ReturnType<UrlsOf>): string[] =>
  [urls ?? []].flat().flatMap((url) => (URL.canParse(url, document.baseURI) ? [absoluteUrl(url)] : []))
