import type { Occasion } from '../../sw/core/attention.ts'
import type { Shown } from '../../sw/protocol.ts'

/** A part of the page that shows the answers of URLs, and says which: a binding. */
export interface ShownBy {
  /** Absolute. */
  readonly urls: () => Iterable<string>
  /** What has become of these URLs on an occasion: of all that the page shows, whether or not that is news. */
  readonly onShown?: (shown: ReadonlyMap<string, Shown>, because: Occasion) => void
}

/** What the bindings of one layer show. */
interface ShownUrls {
  readonly parts: Set<ShownBy>
  /** A part shows another URL than before. */
  onNew: () => void
}

const all = new WeakMap<object, ShownUrls>()

/** What the bindings of a layer show: the one list of what `connect()` has given. */
export function shownBy(layer: object): ShownUrls {
  const shown = all.get(layer) ?? { parts: new Set(), onNew: () => undefined }
  all.set(layer, shown)
  return shown
}
