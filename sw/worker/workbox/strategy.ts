import type { WorkboxPlugin } from 'workbox-core/types.js'
import { Strategy, type StrategyHandler } from 'workbox-strategies'
import type { Match, Route, RouteOptions } from '../../../config/language/index.ts'
import { lineOf, requestMatcher } from '../../fetch/matching.ts'
import { configuredRoutes } from './configure.ts'
import { checkFetchOptions, checkPlugins, type FetchOptions, Network } from './network.ts'
import { type Reading, type Routes, tagsFor } from './routes.ts'

/** The timeline of what a route of Workbox matches, and what Workbox's own strategies take beside it. */
export interface FreshlayerOptions extends RouteOptions, Pick<Route, 'tags' | 'reads' | 'name'> {
  /**
   * Plugins as any strategy has them. Their hooks for the network (`requestWillFetch`, `fetchDidSucceed`, `fetchDidFail`)
   * and for the handler (`handlerWillStart` and the others) are called; the hooks for Cache Storage are refused. Default:
   * none.
   */
  plugins?: WorkboxPlugin[]

  /** Handed to each `fetch`, as in any strategy. Default: none. */
  fetchOptions?: FetchOptions
}

/**
 * A strategy of Workbox that answers by the layer: `registerRoute(match, new Freshlayer({ fresh: '5m', stale: '1h' }))`.
 * Routed for `GET` it reads; routed for `POST` and the like it passes writes on and invalidates, unless `reads` says that
 * the request is a read. What the layer never answers (page loads, event streams, uploads, opaque requests) goes to the
 * network, by the plugins.
 *
 * Holes in `tags` are filled in from what the route's match gives: `{name}` from an object, `{1}` from the first group of a
 * regular expression.
 */
export class Freshlayer extends Strategy implements Reading {
  readonly rule: Reading['rule']
  readonly #routes: Routes
  readonly #network: Network

  /** @throws TypeError before `configure`, for hooks that cannot be called; CacheError 'config-refused'. */
  constructor({ plugins = [], fetchOptions, ...options }: FreshlayerOptions = {}) {
    const routes = configuredRoutes()
    checkPlugins(plugins)
    checkFetchOptions(fetchOptions)
    const network = new Network()
    super({ plugins: [...plugins, network.plugin], ...(fetchOptions && { fetchOptions }) })
    this.#routes = routes
    this.#network = network
    this.rule = routes.add(options, (request) => network.sendUnattended(this, request))
  }

  protected override _handle(request: Request, handler: StrategyHandler): Promise<Response> {
    const match = requestMatcher(() => this.#matchOf(request, handler))(request)
    if (match === undefined) return handler.fetch(request)
    const { event } = handler
    return this.#routes.answer({
      request,
      params: match,
      event: {
        clientId: event instanceof FetchEvent ? event.clientId : '',
        waitUntil: (work) => {
          event.waitUntil(work)
          // For `handlerDidComplete`.
          void handler.waitUntil(Promise.resolve(work))
        },
      },
    })
  }

  #matchOf(request: Request, handler: StrategyHandler): Match | undefined {
    const tags = tagsFor(this.rule, handler.params)
    const send = (sent: Request): Promise<Response> => this.#network.send(handler, sent)
    const match = this.#routes.meant(lineOf(request), { rule: { ...this.rule, send }, tags })
    // Kept without the handler, which is of this request.
    if (match?.kind === 'read') this.#routes.note(request, { rule: this.rule, tags })
    return match
  }
}
