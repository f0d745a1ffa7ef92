/** More pages than this, or more keys of one page, are forgotten: their reads follow the rule. */
const MAX_PAGES = 20
const MAX_KEYS = 500

/**
 * How pages were loaded, where it says something of their reads (docs/discoveries/page-loads.md). A worker that is stopped
 * forgets it.
 */
export class PageLoads {
  /** By page that the user has reloaded: the keys that have been answered since. */
  readonly #reloaded = new Map<string, Set<string>>()
  /** Pages to which the user has gone back. */
  readonly #revisited = new Set<string>()

  note({ request, resultingClientId: page }: Pick<FetchEvent, 'request' | 'resultingClientId'>): void {
    if (page === '') return
    if (request.cache === 'no-cache') {
      trim(this.#reloaded, MAX_PAGES)
      this.#reloaded.set(page, new Set())
    }
    if (request.cache === 'force-cache') {
      trim(this.#revisited, MAX_PAGES)
      this.#revisited.add(page)
    }
  }

  /** Whether a read is a page's first of its key since the user has reloaded the page: the user wants the origin's word. */
  isFirst(page: string | undefined, key: string): boolean {
    return page !== undefined && this.#reloaded.get(page)?.has(key) === false
  }

  /** A page has its answer to a read. */
  answered(page: string | undefined, key: string): void {
    if (page === undefined) return
    const keys = this.#reloaded.get(page)?.add(key)
    if (keys !== undefined && keys.size > MAX_KEYS) this.#reloaded.delete(page)
  }

  /** The cache mode that the page meant. Where the user has gone back to it, the browser asks for anything that is stored. */
  modeOf(page: string, mode: RequestCache): RequestCache {
    return mode === 'force-cache' && this.#revisited.has(page) ? 'default' : mode
  }
}

/** Makes place for one more: the oldest goes. */
function trim(pages: Map<string, unknown> | Set<string>, size: number): void {
  const [oldest] = pages.keys()
  if (pages.size >= size && oldest !== undefined) pages.delete(oldest)
}
