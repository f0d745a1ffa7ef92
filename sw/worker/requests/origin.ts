import { type Fields, isAway } from '../../core/head.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import { jittered, now, pause } from '../clock.ts'

/** A longer `Retry-After` is no retry of this request: what is stored answers, or the failure does. */
const MAX_WAIT_MS = 5000
const BASE_DELAY_MS = 400

/**
 * What the network says to a request of the layer's own making, tried again up to `retries` times when the origin is
 * away: after full jitter, and no sooner than `Retry-After` allows. Rejects as the last `fetch` did.
 *
 * @param make called once per attempt.
 */
export async function askOrigin(make: () => Request, retries: number): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const isLast = attempt >= retries || !navigator.onLine
    let floorMs: number
    try {
      const response = await fetch(make())
      if (isLast || !isAway(response.status)) return response
      floorMs = retryAfterMs(response.headers.get('retry-after') ?? undefined, now())
      if (floorMs > MAX_WAIT_MS) return response
      discard(response)
    } catch (error) {
      if (isLast) throw error
      floorMs = 0
    }
    await pause(floorMs + jittered(BASE_DELAY_MS * 2 ** attempt))
  }
}

/** Nobody reads an answer: its connection is free again. One that has broken off cannot even be given up. */
export function discard(response: Response | undefined): void {
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
 * @param body the bytes of a read that has some, so that it can be sent more than once.
 */
export function outgoing(
  request: Request | Repeatable,
  conditions: readonly (readonly [string, string])[],
  body?: ArrayBuffer,
): Request {
  const page = request instanceof Request ? request : undefined
  const isOurs = new URL(request.url).origin === location.origin && page?.mode !== 'no-cors'
  const headers = new Headers(request instanceof Request ? request.headers : [...request.fields])
  if (isOurs) {
    for (const [name, value] of conditions) headers.set(name, value)
    if (!headers.has('cache-control')) headers.set('cache-control', 'max-age=0')
    if (!headers.has('pragma')) headers.set('pragma', '')
  }
  // `signal: null`: what one page gives up on, others may be waiting for, and the store too.
  const init: RequestInit = { headers, signal: null, cache: isOurs ? 'no-store' : 'no-cache', ...(body && { body }) }
  if (page !== undefined) {
    // Any init at all makes the constructor forget whose page it was.
    return new Request(page, { ...init, referrer: page.referrer, referrerPolicy: page.referrerPolicy })
  }
  const { method = 'GET', credentials } = request as Repeatable
  return new Request(request.url, { ...init, method, credentials, mode: isOurs ? 'same-origin' : 'cors' })
}
