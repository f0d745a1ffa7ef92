import { absoluteUrl } from './affected-urls.ts'
import { watchOf } from './change-watch.ts'
import { connectedLayer, onConnected } from './connect.ts'
import type { Freshlayer } from './freshlayer.ts'
import { ObservedUrl, type Observed } from './observed-url.ts'

/** All URLs that a page shows by way of the layer, each once. */
export class ObservedUrls {
  #layer: Freshlayer
  readonly #all = new Map<string, ObservedUrl>()

  constructor(layer: Freshlayer) {
    this.#layer = layer
    this.#listen(layer)
    // What is mounted goes on with the connection that takes the place of a closed one.
    onConnected((next) => {
      if (next === this.#layer) return
      this.#layer = next
      all.set(next, this)
      this.#listen(next)
      for (const each of this.#all.values()) each.move(next, watchOf(next))
    })
  }

  #listen(layer: Freshlayer): void {
    let wasOffline = layer.state.offline
    layer.on('state', ({ offline }) => {
      if (offline === wasOffline || layer !== this.#layer) return
      wasOffline = offline
      for (const each of this.#all.values()) each.setOffline(offline)
    })
  }

  /** The URL, if a part of the page shows it or did so a moment ago. */
  find(url: string): ObservedUrl | undefined {
    return this.#all.get(absoluteUrl(url))
  }

  /** A write has ended, and no worker says what it concerns. */
  validateAll(): void {
    for (const each of this.#all.values()) each.validate()
  }

  get(written: string): ObservedUrl {
    const url = absoluteUrl(written)
    const found = this.#all.get(url)
    if (found !== undefined) return found
    const forget = (): void => void this.#all.delete(url)
    const made = new ObservedUrl(url, written, { layer: this.#layer, watch: watchOf(this.#layer), forget })
    this.#all.set(url, made)
    return made
  }
}

const all = new WeakMap<Freshlayer, ObservedUrls>()

/**
 * What the page shows by way of the layer that it has connected to.
 *
 * @param what the function that needs it.
 * @throws TypeError where `connect()` has not been called.
 */
export function observedUrls(what: string): ObservedUrls {
  const layer = connectedLayer()
  if (layer === undefined) {
    throw new TypeError(`freshlayer: ${what}() needs a layer: call connect() before, where the app starts`)
  }
  const urls = all.get(layer) ?? new ObservedUrls(layer)
  all.set(layer, urls)
  return urls
}

/** What the page has of a URL at the moment; undefined: nothing, or no layer is connected. */
export function knownState(url: string): Observed | undefined {
  const layer = connectedLayer()
  return layer && all.get(layer)?.find(url)?.state
}

/** Whether this runs in a page. On a server nothing is read: the page does so when it is there. */
export const isPage = (): boolean => typeof document !== 'undefined'
