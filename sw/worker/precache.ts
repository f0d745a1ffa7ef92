import { PrecacheController, type PrecacheEntry } from 'workbox-precaching'
import { Route } from 'workbox-routing'
import { PRECACHE } from '../../config/names.ts'
import { withStatus } from './answer.ts'

/** The app's own files, stored when the worker is installed. */
export interface Precache {
  readonly route: Route
  readonly cacheName: string
  /** Absolute URLs of files whose content never changes, for their name has a hash. */
  readonly hashed: readonly string[]
  /** Absolute URLs of the others. */
  readonly revised: readonly string[]
  install(event: ExtendableEvent): Promise<unknown>
  activate(event: ExtendableEvent): Promise<unknown>
  /** A stored file; undefined when it is not among them. */
  match(url: string): Promise<Response | undefined>
}

/** @param entries what the build lists; an entry without revision has a hash in its name. */
export function precache(entries: readonly (PrecacheEntry | string)[]): Precache {
  const controller = new PrecacheController({ cacheName: PRECACHE })
  controller.addToCacheList([...entries])
  const match = async (url: string): Promise<Response | undefined> =>
    (await controller.matchPrecache(url).catch(() => undefined)) ?? undefined
  const urls = controller.getCachedURLs()
  const isHashed = (url: string): boolean => controller.getCacheKeyForURL(url) === url
  return {
    route: new Route(
      // Never a page: those go to the network first (I9). Never a part of a file: what is stored is whole (I8).
      ({ request, url }) =>
        request.mode !== 'navigate' && !request.headers.has('range') && controller.getCacheKeyForURL(bare(url)),
      async ({ request, url }) => {
        const stored = await match(bare(url))
        return stored === undefined ? fetch(request) : withStatus(stored, { hit: true, detail: 'precache' })
      },
    ),
    cacheName: controller.strategy.cacheName,
    hashed: urls.filter(isHashed),
    revised: urls.filter((url) => !isHashed(url)),
    install: (event) => controller.install(event),
    activate: (event) => controller.activate(event),
    match,
  }
}

/** Without fragment, as the build lists it. */
const bare = ({ origin, pathname, search }: URL): string => origin + pathname + search
