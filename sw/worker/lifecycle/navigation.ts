import { DENIED_QUERY, isDenied, pathMatches, type Rules } from '../../../config/language/index.ts'
import { isAway } from '../../core/head.ts'
import { normaliseEncoding } from '../../core/percent-encoding.ts'
import { forwardedAnswer } from '../../fetch/answer.ts'
import { timeout } from '../../fetch/clock.ts'
import type { Pages } from './pages.ts'
import { report } from '../report.ts'
import type { Reachability } from '../requests/reachability.ts'
import { worker } from '../scope.ts'
import { STALLED_MS } from '../store/database.ts'

/** Where the app may live, each with a slash at its end: the scope's folder; and the scope, if it has no slash itself. */
function bases(): string[] {
  const { scope } = worker.registration
  return ['./', `${scope.replace(/\/$/, '')}/`].map((base) => new URL(base, scope).pathname)
}

/** Whether a request is a page load that a stored document may answer when the network fails. */
export function isPageLoad(request: Request, url: URL, { navigation }: Rules): boolean {
  return (
    request.mode === 'navigate' &&
    request.method === 'GET' &&
    url.origin === worker.location.origin &&
    !bases().some((base) => isDenied(normaliseEncoding(url.pathname), base)) &&
    !DENIED_QUERY.test(normaliseEncoding(url.search)) &&
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
 * document answers: the page of the same URL, else the shell. Without either the page gets the network's own result. So it
 * does, however late, where the origin redirects to a sign-in: only a page load gets there.
 */
export async function navigate(
  event: FetchEvent,
  timeoutMs: number,
  { pages, shell }: StandIns,
  reachability: Pick<Reachability, 'needsSignIn'>,
): Promise<Response> {
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
  const first = await timeout(timeoutMs, network, 'timeout' as const)
    .then(async (inTime) => (inTime === 'timeout' && (await reachability.needsSignIn()) ? network : inTime))
    .catch((error: unknown) => ({ error }))
  if (first instanceof Response && isGood(first)) {
    return forwardedAnswer(first, { fwd: 'bypass', 'fwd-status': first.status })
  }
  const unread = (): Promise<unknown> => network.then(({ body }) => body?.cancel()).catch(() => undefined)
  const found = standIn(event.request, { pages, shell })
  // A slow store is waited for, unless a slow network answers before it after all.
  const overtaken = (): Promise<Response | undefined> =>
    network.then(
      (late) => (isGood(late) ? undefined : found),
      () => found,
    )
  const stored = await (first === 'timeout' ? Promise.race([found, overtaken()]) : found)
  if (stored === undefined) return network
  event.waitUntil(unread())
  return stored
}

/**
 * The stored document that answers a page load: the page of the same URL, else the shell. Both are looked for at once, for as
 * long as a disk may take. Undefined: there is none.
 */
async function standIn(request: Request, { pages, shell }: StandIns): Promise<Response | undefined> {
  const within = (looked: Promise<Response | undefined> | undefined): Promise<Response | undefined> =>
    timeout(STALLED_MS, looked ?? NONE, undefined).catch(() => undefined)
  const [own, general] = [within(pages?.match(request)), within(shell())]
  return (await own) ?? general.then((stored) => stored && forwardedAnswer(stored, { fwd: 'stale', detail: 'shell' }))
}

const isGood = (response: Response): boolean => !isFailed(response) && !isAway(response.status)

/** A failed preload rejects. In Firefox it gives an error response. */
const isFailed = ({ type }: Response): boolean => type === 'error'

const NONE = Promise.resolve(undefined)
