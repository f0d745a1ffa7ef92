import { pathMatches, type Rules } from '../../config/language/index.ts'
import { isAway } from '../core/head.ts'
import { withStatus } from './answer.ts'
import { within } from './clock.ts'
import { worker } from './scope.ts'

/**
 * Paths and parameters of pages that are never answered from store (I9): data, sign-in and its callbacks, well-known
 * resources, and whatever looks like a download.
 */
const DENIED_PATH =
  /^\/(api|auth|oauth2?|login|logout|signin|signout|callback|sso|saml|\.well-known)(\/|$)|\.(?!html?$)[a-z0-9]{1,5}$/i
const DENIED_QUERY = /[?&](code|state|error|id_token|access_token|SAMLResponse|RelayState)=/

/** Whether a request is the loading of a page that a stored document may answer when the network cannot. */
export function isShellNavigation(request: Request, url: URL, { shell, navigation }: Rules): boolean {
  return (
    request.mode === 'navigate' &&
    request.method === 'GET' &&
    shell !== undefined &&
    url.origin === worker.location.origin &&
    !DENIED_PATH.test(url.pathname) &&
    !DENIED_QUERY.test(url.search) &&
    !navigation.excluded.some((pattern) =>
      pathMatches(pattern, { origin: url.origin, sameOrigin: true, pathname: url.pathname }),
    )
  )
}

/**
 * A page, from the network first. The shell stands in when the network cannot be reached or takes longer than the
 * config allows; without a shell in store the network's own answer or failure stands.
 *
 * @param shell gives the stored document, if there is one.
 */
export async function navigate(
  event: FetchEvent,
  timeoutMs: number,
  shell: () => Promise<Response | undefined>,
): Promise<Response> {
  const preloaded = event.preloadResponse as Promise<Response | undefined> | undefined
  const network = (preloaded ?? Promise.resolve(undefined)).then((response) => response ?? fetch(event.request))
  // Whatever answers, the worker stays until the network has spoken: a preload may not be left unread.
  event.waitUntil(network.catch(() => undefined))
  const first = await within(timeoutMs, network, 'timeout' as const).catch((error: unknown) => ({ error }))
  if (first instanceof Response && !isAway(first.status)) {
    return withStatus(first, { fwd: 'bypass', 'fwd-status': first.status })
  }
  const stored = await shell().catch(() => undefined)
  if (stored === undefined) return network
  return withStatus(stored, { fwd: 'stale', detail: 'shell' })
}
