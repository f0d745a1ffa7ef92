/** A page without bindings is taken to show as much, the newest. */
const MAX_URLS = 50
/** A router may read what the next page needs before it changes the URL. */
const AHEAD_MS = 2000

interface Navigations {
  readonly navigation?: EventTarget
}

/** Of something that the page has loaded, as the browser tells it. */
export type LoadedEntry = Pick<PerformanceResourceTiming, 'name' | 'initiatorType' | 'startTime'>

/** What a page has read since its last change of route, by `fetch` or `XMLHttpRequest`: so much it is taken to show. */
export class ReadUrls {
  /** When each was asked for last, by `performance.now()`; the newest last. */
  readonly #read = new Map<string, number>()
  #route: string | undefined

  constructor(signal: AbortSignal) {
    // Not every browser tells of a change of route. There it is seen at the next read.
    ;(globalThis as Navigations).navigation?.addEventListener('currententrychange', () => this.#look(), { signal })
  }

  /** The page has loaded something, at this route. */
  add(entries: readonly LoadedEntry[], route: string): void {
    this.#look(route)
    for (const { name, initiatorType, startTime } of entries) {
      if (!/^(fetch|xml)/.test(initiatorType)) continue
      this.#read.delete(name)
      this.#read.set(name, startTime)
      const [oldest = ''] = this.#read.keys()
      if (this.#read.size > MAX_URLS) this.#read.delete(oldest)
    }
  }

  /** The newest first. */
  urls(): string[] {
    this.#look()
    return [...this.#read.keys()].toReversed()
  }

  #look(route = location.href): void {
    const before = this.#route
    this.#route = route
    if (before === undefined || before === route) return
    const sinceMs = performance.now() - AHEAD_MS
    for (const [url, atMs] of this.#read) if (atMs < sinceMs) this.#read.delete(url)
  }
}
