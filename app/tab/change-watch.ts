import { AffectedUrls, type Effect } from './affected-urls.ts'
import { inBursts } from './bursts.ts'
import { type ChangeEvent, mayEndUser } from './change-feed.ts'
import type { Freshlayer } from './freshlayer.ts'
import { attempt } from './report.ts'
import { type ShownBy, shownBy } from './shown-urls.ts'
import { inSlices } from './slices.ts'

/** Something in a page that shows the answers of URLs. */
export interface Watcher {
  /** What it shows, in the form of `absoluteUrl`. */
  readonly urls: () => Iterable<string>
  /** Whether a part of the page shows it now, or it is only kept. Default: it is shown. */
  readonly isShown?: () => boolean
  /**
   * It is to be read anew.
   *
   * @param why 'sight': nothing is known to have changed, but the page was out of sight for a while.
   */
  readonly onDue: (why: Effect | 'sight') => void
  /** The origin has confirmed what is stored for a URL that it shows, at that time: milliseconds since 1970. */
  readonly onConfirmed?: (url: string, atMs: number) => void
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
 * is in sight. When it comes into sight after a while, or is online again, the layer has what it shows validated, where the
 * rules say so. What no rule covers is read once; so is everything in a page without a worker.
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

  /** Whether what is read now is read through the worker. */
  get isControlled(): boolean {
    return this.#layer.state.controlled
  }

  /** Returns the way out. */
  add(watcher: Watcher): () => void {
    this.#watchers.set(watcher, { readAtMs: -Infinity, due: undefined, timer: undefined })
    this.#leave ??= this.#listen()
    shownBy(this.#layer).onNew()
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
    const { parts } = shownBy(this.#layer)
    const part: ShownBy = {
      urls: () => this.#urls(true),
      onShown: (shown, because) => this.#confirm(shown, because),
    }
    parts.add(part)
    const end = new AbortController()
    const { signal } = end
    document.addEventListener('visibilitychange', () => this.#look(), { signal })
    // With a worker the layer asks whether the origin is back, and says so by a change.
    addEventListener('online', () => !this.#layer.state.controlled && void this.#readAll(() => true), { signal })
    return () => {
      leave()
      parts.delete(part)
      end.abort()
    }
  }

  #learn(change: ChangeEvent): void {
    // Before anything is waited for: nothing of theirs may be on screen meanwhile.
    if (mayEndUser(change)) for (const watcher of this.#watchers.keys()) attempt(() => watcher.onUserGone?.())
    if (change.isRead !== true) this.#lookLater(change)
  }

  async #lookAt(changes: readonly ChangeEvent[]): Promise<void> {
    const affected = await this.#affected.of(changes, this.#urls())
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

  #urls(isForSight = false): Set<string> {
    const watchers = [...this.#watchers.keys()].filter(({ isShown }) => !isForSight || isShown?.() !== false)
    return new Set(watchers.flatMap((watcher) => [...watcher.urls()]))
  }

  /** The layer has looked at what is shown. */
  #confirm(shown: Parameters<NonNullable<ShownBy['onShown']>>[0], because: string): void {
    for (const [watcher, watched] of this.#watchers) {
      for (const url of watcher.urls()) {
        const { atMs, outcome } = shown.get(url) ?? {}
        if (atMs !== undefined) attempt(() => watcher.onConfirmed?.(url, atMs))
        // No rule covers it.
        else if (outcome === 'no-worker' && because !== 'poll' && this.#wasLong()) this.#read(watcher, watched)
      }
    }
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
    if (document.hidden) {
      this.#hiddenAtMs = performance.now()
      return
    }
    // With a worker the layer has it validated.
    const isLong = !this.#layer.state.controlled && this.#wasLong()
    void this.#readAll(({ due }) => isLong || due !== undefined)
  }

  /** Whether the page came into sight, if it did, after a while. */
  #wasLong(): boolean {
    return performance.now() - this.#hiddenAtMs >= GLANCE_MS
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
