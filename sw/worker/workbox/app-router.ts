import type { Router } from 'workbox-routing'
// Workbox does not export the router that `registerRoute` fills.
import { getOrCreateDefaultRouter } from 'workbox-routing/utils/getOrCreateDefaultRouter.js'
import { worker } from '../scope.ts'
import { Unattended } from './network.ts'

/** The route of the app's own router that answers a request. Throws what a route's match throws. */
export const matchingRoute = (
  options: Parameters<Router['findMatchingRoute']>[0],
): ReturnType<Router['findMatchingRoute']> => getOrCreateDefaultRouter().findMatchingRoute(options)

/** The same for a page's plain request for a URL. */
export function routeOf(href: string, method: string): ReturnType<Router['findMatchingRoute']> {
  const url = new URL(href)
  return matchingRoute({
    url,
    sameOrigin: url.origin === worker.location.origin,
    request: new Request(href, { method }),
    event: new Unattended('fetch'),
  })
}
