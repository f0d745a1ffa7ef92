import { uptimeMs } from '../../fetch/clock.ts'

/** More pages than this, or more keys of one page, are forgotten: their reads follow the rule. */
const MAX_PAGES = 20
const MAX_KEYS = 500

/**
 * How pages were loaded, where it says something of their reads (docs/discoveries/page-loads.md). A worker that is stopped
 * forgets it.
 */
export class PageLoads {
  /** By page that the user has reloaded: when, by the worker's uptime, and the keys that have been answered since. */
  readonly #reloaded = new Map<string, { readonly atMs: number; readonly answered: Set<string> }>()
  /** Pages to which the user has gone back. */
  readonly #revisited = new Set<string>()

  note({ request, resultingClientId: page }: Pick<FetchEvent, 'request' | 'resultingClientId'>): void {
    if (page === '') return
    if (request.cache === 'no-cache') {
      trim(this.#reloaded, MAX_PAGES)
      this.#reloaded.set(page, { atMs: uptimeMs(), answered: new Set() })
    }
    if (request.cache === 'force-cache') {
      trim(this.#revisited, MAX_PAGES)
      this.#revisited.add(page)
    }
  }

  /** Whether a read is a page's first of its key since the user has reloaded the page: the user wants the origin's word. */
  isFirst(page: string | undefined, key: string): boolean {
    return this.firstSinceMs(page, key) !== undefined
  }

  /** When the user has reloaded the page, by the worker's uptime, if this is the page's first read of its key since. */
  firstSinceMs(page: string | undefined, key: string): number | undefined {
    const reload = page === undefined ? undefined : this.#reloaded.get(page)
    return reload?.answered.has(key) === false ? reload.atMs : undefined
  }

  /** A page has its answer to a read. */
  answered(page: string | undefined, key: string): void {
    if (page === undefined) return
    const keys = this.#reloaded.get(page)?.answered.add(key)
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
