import { type Route, Router } from 'workbox-routing'
import { report } from '../report.ts'
import { matchingRoute } from './app-router.ts'

interface Ports {
  readonly mayWrite: (request: Request) => boolean
  /** Whether a route of the app has a strategy of the layer. */
  readonly isOurs: (route: Route) => boolean
}

type Asked = Parameters<Router['findMatchingRoute']>[0]

/** The layer's own router in a worker of Workbox: it has the writes that no route of the app answers, and no read. */
export class UnroutedWrites extends Router {
  readonly #ports: Ports

  constructor(ports: Ports) {
    super()
    this.#ports = ports
  }

  override findMatchingRoute(asked: Asked): ReturnType<Router['findMatchingRoute']> {
    const { request } = asked
    if (!this.#ports.mayWrite(request)) return {}
    const { route } = matchingRoute(asked)
    if (route !== undefined && this.#ports.isOurs(route)) return {}
    const found = super.findMatchingRoute(asked)
    if (route === undefined || found.route === undefined) return found
    report(
      'conflict: a route of the app answers a write, so nothing is invalidated; give that route a Freshlayer strategy',
      `${request.method} ${request.url}`,
    )
    return {}
  }
}
