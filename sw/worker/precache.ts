import { PrecacheController, type PrecacheEntry, PrecacheRoute } from 'workbox-precaching'
import { PRECACHE } from '../../config/names.ts'

/** The app's own files, stored when the worker is installed. */
export interface Precache {
  readonly route: PrecacheRoute
  readonly cacheName: string
  /** Absolute URLs of files whose content never changes, for their name has a hash. */
  readonly hashed: readonly string[]
  install(event: ExtendableEvent): Promise<unknown>
  activate(event: ExtendableEvent): Promise<unknown>
  /** A stored file; undefined when it is not among them. */
  match(url: string): Promise<Response | undefined>
}

/** @param entries what the build lists; an entry without revision has a hash in its name. */
export function precache(entries: readonly (PrecacheEntry | string)[]): Precache {
  const controller = new PrecacheController({ cacheName: PRECACHE })
  controller.addToCacheList([...entries])
  return {
    // Pages are ours (I9): no guessing of index.html behind a path.
    route: new PrecacheRoute(controller, { directoryIndex: null as unknown as string, cleanURLs: false }),
    cacheName: controller.strategy.cacheName,
    hashed: controller.getCachedURLs().filter((url) => controller.getCacheKeyForURL(url) === url),
    install: (event) => controller.install(event),
    activate: (event) => controller.activate(event),
    match: (url) => controller.matchPrecache(url),
  }
}
