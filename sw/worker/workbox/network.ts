import type { WorkboxPlugin } from 'workbox-core/types.js'
import { type Strategy, StrategyHandler } from 'workbox-strategies'
import { discard } from '../../fetch/origin.ts'
import { report } from '../report.ts'

/** What `fetch` takes beside the request. What decides which answer comes is the request's, and what is kept the layer's. */
export type FetchOptions = Omit<RequestInit, (typeof NOT_OPTIONS)[number]>

const NOT_OPTIONS = ['body', 'cache', 'headers', 'method', 'signal'] as const

/** Hooks that belong to Cache Storage, where the layer keeps nothing, and what to use in their place. */
const CACHE_HOOKS: Readonly<Partial<Record<keyof WorkboxPlugin, string>>> = {
  cacheKeyWillBeUsed: 'ignoreQuery or keyHeaders',
  cacheWillUpdate: 'expects, or Cache-Control: no-store, set by fetchDidSucceed',
  cacheDidUpdate: "the page's layer.on('change', …)",
  cachedResponseWillBeUsed: 'the windows fresh, stale and offline, budget, or ranges',
}

/** @throws TypeError for a plugin with a hook of Cache Storage. */
export function checkPlugins(plugins: readonly WorkboxPlugin[]): void {
  for (const plugin of plugins) {
    const met = Object.entries(CACHE_HOOKS).filter(([hook]) => hook in plugin)
    if (met.length === 0) continue
    const hooks = met.map(([hook]) => hook).join(' and ')
    throw new TypeError(
      `freshlayer/workbox: the plugin ${plugin.constructor.name} has ${hooks}, hooks of Cache Storage, which the layer does not use. Remove the plugin; in its place there is ${met.map(([, instead]) => instead).join('; ')}.`,
    )
  }
}

/** @throws TypeError for an option that would change what is asked, or what the browser's own cache says to it. */
export function checkFetchOptions(options: RequestInit | undefined): void {
  const wrong = NOT_OPTIONS.find((name) => options !== undefined && name in options)
  if (wrong === undefined) return
  throw new TypeError(
    `freshlayer/workbox: fetchOptions.${wrong} is not possible; a plugin's requestWillFetch may set it`,
  )
}

/** Sends the layer's requests by the plugins of a strategy. */
export class Network {
  /** As what each answer was asked for, when the plugins had seen the request. */
  readonly #sentAs = new WeakMap<Response, Request>()

  /** Stands behind all other plugins. */
  readonly plugin: WorkboxPlugin = {
    fetchDidSucceed: ({ request, response }) => {
      this.#sentAs.set(response, request)
      return Promise.resolve(response)
    },
  }

  /**
   * Sends a request. An answer that the layer would take for another than it is becomes one that is not stored: a plugin
   * has sent it as another user (I3), or in a cache mode in which the browser may answer from before a write (I1).
   */
  async send(handler: StrategyHandler, request: Request): Promise<Response> {
    const response = await handler.fetch(request)
    const sent = this.#sentAs.get(response)
    if (response.type === 'error' || response.type.startsWith('opaque') || isAsMeant(request, sent)) return response
    report(
      'a plugin changes the Authorization or the cache mode of requests, or stands behind the layer’s own: their answers are not stored',
      request.url,
    )
    if (response.status !== 304) return notStored(response)
    // It speaks of what is stored for another.
    discard(response)
    const headers = new Headers(request.headers)
    for (const name of ['if-none-match', 'if-modified-since']) headers.delete(name)
    return notStored(await handler.fetch(new Request(request, { headers })))
  }

  /** The same for what the worker asks by itself, when no event of `fetch` is at hand. */
  sendUnattended(strategy: Strategy, request: Request): Promise<Response> {
    return this.send(new StrategyHandler(strategy, { event: new Unattended('fetch'), request }), request)
  }
}

/** An event that no page waits for: the caller keeps the worker alive. */
export class Unattended extends ExtendableEvent {
  override waitUntil(): void {}
}

function isAsMeant(request: Request, sent: Request | undefined): boolean {
  const [meant, given] = [request, sent].map((each) => each?.headers.get('authorization'))
  if (sent === undefined || meant !== given) return false
  // The browser's cache answers no other method (RFC 9111 §4).
  return /^(no-store|no-cache|reload)$/.test(sent.cache) || !/^(GET|HEAD)$/.test(sent.method)
}

function notStored({ status, statusText, headers: given, body, redirected, url }: Response): Response {
  const headers = new Headers(given)
  headers.set('cache-control', 'no-store')
  const same = new Response([204, 205, 304].includes(status) ? null : body, { status, statusText, headers })
  // By these a queued write knows the page of a captive portal (I4).
  return Object.defineProperties(same, { redirected: { value: redirected }, url: { value: url } })
}
