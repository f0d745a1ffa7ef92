import { AffectedUrls, type Effect } from './affected-urls.ts'
import { inBursts } from './bursts.ts'
import { type ChangeEvent, mayEndUser } from './change-feed.ts'
import type { Freshlayer } from './connect.ts'
import { attempt } from './report.ts'
import { inSlices } from './slices.ts'

/** Something in a page that shows the answers of URLs. */
export interface Watcher {
  /** What it shows, in the form of `absoluteUrl`. */
  readonly urls: () => Iterable<string>
  /**
   * It is to be read anew.
   *
   * @param why 'sight': nothing is known to have changed, but the page was out of sight for a while.
   */
  readonly onDue: (why: Effect | 'sight') => void
  /** The user whose data it shows may be gone: from now on nothing of them is shown. */
  readonly onUserGone?: () => void
}

/**
 * Where a URL changes again within this time, the page reads it once more at its end. It is shorter than the 2 s in which
 * the worker answers reads of a changed URL with the announced version, so such a read makes no request (I11).
 */
const FOLD_MS = 1000
/** Out of sight for less than this, a page that comes into sight again reads nothing that has not changed. */
const GLANCE_MS = 5000

interface Watched {
  /** When it was last read because of a change, by `performance.now()`. */
  readAtMs: number
  /** A read that waits: for the page to come into sight, or for changes that follow each other quickly. */
  due: Effect | undefined
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * Tells what a page shows when it is to be read anew: at each change of its URLs once. A page out of sight waits until it
 * is in sight. When it comes into sight after a while, all that it shows is read once: the rules say what that costs, and
 * an answer that is fresh costs no request. A page without a worker reads when the browser is online again, too.
 */
export class ChangeWatch {
  readonly #layer: Freshlayer
  readonly #affected: AffectedUrls
  readonly #watchers = new Map<Watcher, Watched>()
  #leave: (() => void) | undefined
  #hiddenAtMs = Infinity
  readonly #lookLater = inBursts((changes: readonly ChangeEvent[]) => this.#lookAt(changes))

  constructor(layer: Freshlayer) {
    this.#layer = layer
    this.#affected = new AffectedUrls(layer)
  }

  /** Returns the way out. */
  add(watcher: Watcher): () => void {
    this.#watchers.set(watcher, { readAtMs: -Infinity, due: undefined, timer: undefined })
    this.#leave ??= this.#listen()
    return () => {
      clearTimeout(this.#watchers.get(watcher)?.timer)
      this.#watchers.delete(watcher)
      // A page may show thousands of URLs in its time.
      for (const url of watcher.urls()) this.#affected.forget(url)
      if (this.#watchers.size > 0) return
      this.#leave?.()
      this.#leave = undefined
    }
  }

  /** The answer of a URL has come anew: what was known of its tags may not hold. */
  forget(url: string): void {
    this.#affected.forget(url)
  }

  #listen(): () => void {
    const leave = this.#layer.on('change', (change) => this.#learn(change))
    const end = new AbortController()
    const { signal } = end
    document.addEventListener('visibilitychange', () => this.#look(), { signal })
    // With a worker the layer asks whether the origin is back, and says so by a change.
    addEventListener('online', () => !this.#layer.state.controlled && void this.#readAll(() => true), { signal })
    return () => {
      leave()
      end.abort()
    }
  }

  #learn(change: ChangeEvent): void {
    // Before anything is waited for: nothing of theirs may be on screen meanwhile.
    if (mayEndUser(change)) for (const watcher of this.#watchers.keys()) attempt(() => watcher.onUserGone?.())
    this.#lookLater(change)
  }

  async #lookAt(changes: readonly ChangeEvent[]): Promise<void> {
    const shown = new Set([...this.#watchers.keys()].flatMap((watcher) => [...watcher.urls()]))
    const affected = await this.#affected.of(changes, shown)
    await inSlices([...this.#watchers], ([watcher, watched]) => {
      // It may have gone meanwhile.
      if (this.#watchers.get(watcher) !== watched) return
      for (const url of watcher.urls()) {
        const effect = affected.get(url)
        if (effect !== undefined) watched.due = heavier(effect, watched.due)
      }
      if (watched.due !== undefined) this.#tellDue(watcher, watched)
    })
  }

  #tellDue(watcher: Watcher, watched: Watched): void {
    if (document.hidden) return
    const waitMs = watched.due === 'changed' ? watched.readAtMs + FOLD_MS - performance.now() : 0
    if (waitMs <= 0) this.#read(watcher, watched)
    else watched.timer ??= setTimeout(() => this.#read(watcher, watched), waitMs)
  }

  #read(watcher: Watcher, watched: Watched): void {
    clearTimeout(watched.timer)
    watched.timer = undefined
    // It may have gone out of sight, and be read when it comes back.
    if (document.hidden) return
    const { due = 'sight' } = watched
    watched.due = undefined
    watched.readAtMs = performance.now()
    attempt(() => watcher.onDue(due))
  }

  #look(): void {
    const now = performance.now()
    if (document.hidden) {
      this.#hiddenAtMs = now
      return
    }
    const isLong = now - this.#hiddenAtMs >= GLANCE_MS
    void this.#readAll(({ due }) => isLong || due !== undefined)
  }

  #readAll(isToBeRead: (watched: Watched) => boolean): Promise<void> {
    const all = [...this.#watchers].filter(([, watched]) => isToBeRead(watched))
    return inSlices(all, ([watcher, watched]) => {
      if (this.#watchers.get(watcher) === watched) this.#read(watcher, watched)
    })
  }
}

/** A write counts more than an answer that has come anew, and that more than one that came first. */
const heavier = (one: Effect, other: Effect | undefined): Effect =>
  other === 'invalidated' || (other === 'changed' && one === 'first') ? other : one

const watches = new WeakMap<Freshlayer, ChangeWatch>()

/** The one watch of a layer, for all that a page shows. */
export function watchOf(layer: Freshlayer): ChangeWatch {
  const watch = watches.get(layer) ?? new ChangeWatch(layer)
  watches.set(layer, watch)
  return watch
}
