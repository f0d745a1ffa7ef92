import { DENIED_PATH, DENIED_QUERY, pathMatches, type Rules } from '../../../config/language/index.ts'
import { isAway } from '../../core/head.ts'
import { forwardedAnswer } from '../requests/answer.ts'
import { STORE_LIMIT_MS, timeout } from '../clock.ts'
import type { Pages } from './pages.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'

/** Whether a request is a page load that a stored document may answer when the network fails. */
export function isPageLoad(request: Request, url: URL, { navigation }: Rules): boolean {
  return (
    request.mode === 'navigate' &&
    request.method === 'GET' &&
    url.origin === worker.location.origin &&
    !DENIED_PATH.test(url.pathname) &&
    !DENIED_QUERY.test(url.search) &&
    !navigation.excluded.some((pattern) =>
      pathMatches(pattern, { origin: url.origin, sameOrigin: true, pathname: url.pathname }),
    )
  )
}

/** The network's answer, as without a worker. If the browser has sent a navigation preload, its response is used. */
export async function passThrough({ preloadResponse, request }: FetchEvent): Promise<Response> {
  const preloaded = (await preloadResponse) as Response | undefined
  return preloaded ?? fetch(request)
}

/** The documents that may answer a page load when the network fails. */
export interface StandIns {
  /** The last good page of the same URL. */
  readonly pages: Pages | undefined
  /** The document that the app names as its shell, if it is stored. */
  readonly shell: () => Promise<Response | undefined>
}

/**
 * Answers a page load, from the network first. When the network fails, or takes longer than the config allows, a stored
 * document answers: the page of the same URL, else the shell. Without either the page gets the network's own result.
 */
export async function navigate(event: FetchEvent, timeoutMs: number, { pages, shell }: StandIns): Promise<Response> {
  const landed = pages?.begin(event)
  const network = passThrough(event).then((response) => {
    if (landed !== undefined) {
      event.waitUntil(
        landed(isFailed(response) ? undefined : response.clone()).catch((error: unknown) =>
          report('a page could not be stored; it is shown', error),
        ),
      )
    }
    return response
  })
  // The worker stays alive until the network has answered, because a preload must be read.
  event.waitUntil(network.catch(() => landed?.(undefined)))
  const first = await timeout(timeoutMs, network, 'timeout' as const).catch((error: unknown) => ({ error }))
  if (first instanceof Response && !isFailed(first) && !isAway(first.status)) {
    return forwardedAnswer(first, { fwd: 'bypass', 'fwd-status': first.status })
  }
  const unread = (): Promise<unknown> => network.then(({ body }) => body?.cancel()).catch(() => undefined)
  const own = await timeout(STORE_LIMIT_MS, pages?.match(event.request) ?? NONE, undefined).catch(() => undefined)
  const stored = own ?? (await timeout(STORE_LIMIT_MS, shell(), undefined).catch(() => undefined))
  if (stored === undefined) return network
  event.waitUntil(unread())
  return own ?? forwardedAnswer(stored, { fwd: 'stale', detail: 'shell' })
}

/** A failed preload rejects. In Firefox it gives an error response. */
const isFailed = ({ type }: Response): boolean => type === 'error'

const NONE = Promise.resolve(undefined)
