import { type Fields, isAway } from '../core/head.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { jittered, now, pause } from './clock.ts'

/** What a rule has beside its options where something else than `fetch` sends the requests. */
export interface Sending {
  /** Sends one request, and rejects as `fetch` does. Absent: `fetch`. */
  readonly send?: (request: Request) => Promise<Response>
}

/** A longer `Retry-After` is no retry of this request: what is stored answers, or the failure does. */
const MAX_WAIT_MS = 5000
const BASE_DELAY_MS = 400

/**
 * What the network says to a request of the layer's own making, tried again up to `retries` times when the origin is
 * away: after full jitter, and no sooner than `Retry-After` allows. Rejects as the last `fetch` did.
 *
 * @param make called once per attempt.
 * @param retries undefined: the rule leaves it open. Then a request that failed is tried once more. One that was answered
 *   is a second request at an origin that has just had one, so a 502, 503 or 504 is tried again only with `Retry-After`.
 * @param send what sends it. Default: `fetch`.
 */
export async function askOrigin(
  make: () => Request,
  retries: number | undefined,
  send: NonNullable<Sending['send']> = fetch,
): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const isLast = attempt >= (retries ?? 1) || globalThis.navigator?.onLine === false
    let floorMs: number
    try {
      const response = await send(make())
      const later = response.headers.get('retry-after') ?? undefined
      if (isLast || !isAway(response.status) || (retries ?? later) === undefined) return response
      floorMs = retryAfterMs(later, now())
      if (floorMs > MAX_WAIT_MS) return response
      discard(response)
    } catch (error) {
      if (isLast) throw error
      floorMs = 0
    }
    await pause(floorMs + jittered(BASE_DELAY_MS * 2 ** attempt))
  }
}

/** An answer is not read: its connection is free again. One that has broken off cannot even be given up. */
export function discard(response: Pick<Response, 'body'> | undefined): void {
  response?.body?.cancel().catch(() => undefined)
}

/** What the worker asks by when no page's request is at hand. */
export interface Repeatable {
  readonly method?: string
  readonly url: string
  readonly fields: Fields
  readonly credentials: RequestCredentials
}

/**
 * The request that goes to the network in place of the page's. Never cache mode `default`: the browser's own cache would
 * hand back what it stored before a write as if it were new (I1).
 *
 * Same origin: `no-store` with our own conditions, so that the 304 reaches us; and a `Cache-Control` and `Pragma` of our
 * own, for otherwise Fetch adds `no-cache` to both and CDNs take that for an order to bypass
 * (docs/discoveries/conditional-requests.md). Another origin: `no-cache` and nothing added, so that no preflight is
 * caused; the browser's cache then revalidates by itself.
 *
 * A file (image, script, font) that is the same for all users: `no-cache` as well, unless there are conditions to send. The
 * browser may have it from a page without a worker. So it may what the worker asks by itself for the first time. Where users
 * are told apart the browser's cache is not asked: to a tag that two users share it would answer one with the bytes of the
 * other (I3).
 *
 * @param body the bytes of a read that has some, so that it can be sent more than once.
 * @param isShared the answer is the same for all users.
 * @param home the origin of the app. Default: that of the worker.
 */
export function outgoing(
  request: Request | Repeatable,
  conditions: readonly (readonly [string, string])[],
  body?: ArrayBuffer,
  isShared = false,
  home = location.origin,
): Request {
  const page = request instanceof Request ? request : undefined
  const isOwnOrigin = new URL(request.url).origin === home
  // Fetch lets no script add a field of ours to such a request.
  const isFixed = page?.mode === 'no-cors'
  const headers = new Headers(request instanceof Request ? request.headers : [...request.fields])
  if (isOwnOrigin && !isFixed) {
    for (const [name, value] of conditions) headers.set(name, value)
    if (!headers.has('cache-control')) headers.set('cache-control', 'max-age=0')
    if (!headers.has('pragma')) headers.set('pragma', '')
  }
  const isFile = page?.destination !== '' && (isFixed || conditions.length === 0)
  const cache = isOwnOrigin && !(isShared && isFile) ? 'no-store' : 'no-cache'
  // `signal: null`: what one page gives up on, others may be waiting for, and the store too.
  const init: RequestInit = { headers, signal: null, cache, ...(body && { body }) }
  if (page !== undefined) {
    // Any init at all makes the constructor forget whose page it was.
    return new Request(page, { ...init, referrer: page.referrer, referrerPolicy: page.referrerPolicy })
  }
  const { method = 'GET', credentials } = request as Repeatable
  return new Request(request.url, { ...init, method, credentials, mode: isOwnOrigin ? 'same-origin' : 'cors' })
}
