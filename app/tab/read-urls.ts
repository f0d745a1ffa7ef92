/** A page without bindings is taken to show as much, the newest. */
const MAX_URLS = 50
/** A router may read what the next page needs before it changes the URL. */
const AHEAD_MS = 2000

interface Navigations {
  readonly navigation?: EventTarget
}

/** What a page has read since its last change of route, by `fetch` or `XMLHttpRequest`: so much it is taken to show. */
export class ReadUrls {
  /** When each was asked for last, by `performance.now()`; the newest last. */
  readonly #read = new Map<string, number>()
  #route = location.href

  /** @param onNew it has read something. */
  constructor(signal: AbortSignal, onNew: () => void) {
    const observer = new PerformanceObserver((list) => {
      this.#look()
      for (const { name, initiatorType, startTime } of list.getEntries() as PerformanceResourceTiming[]) {
        if (!/^(fetch|xml)/.test(initiatorType)) continue
        this.#read.delete(name)
        this.#read.set(name, startTime)
        const [oldest = ''] = this.#read.keys()
        if (this.#read.size > MAX_URLS) this.#read.delete(oldest)
      }
      onNew()
    })
    observer.observe({ type: 'resource', buffered: true })
    signal.addEventListener('abort', () => observer.disconnect())
    // Not every browser tells of a change of route. There it is seen at the next read.
    ;(globalThis as Navigations).navigation?.addEventListener('currententrychange', () => this.#look(), { signal })
  }

  /** The newest first. */
  urls(): string[] {
    this.#look()
    return [...this.#read.keys()].toReversed()
  }

  #look(): void {
    if (location.href === this.#route) return
    this.#route = location.href
    const sinceMs = performance.now() - AHEAD_MS
    for (const [url, atMs] of this.#read) if (atMs < sinceMs) this.#read.delete(url)
  }
}
