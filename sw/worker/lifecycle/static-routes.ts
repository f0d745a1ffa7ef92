import { prefixes, type Rules } from '../../../config/language/index.ts'
import { precacheOf } from '../../../config/names.ts'
import type { Precache } from './precache.ts'
import { scope, worker } from '../scope.ts'

/**
 * More router rules than this in all calls crash the renderer (Chromium 156). Conditions count too. The layer adds two.
 */
const MAX_CONDITIONS = 200

interface RouterCondition {
  readonly urlPattern?: URLPatternInit
  readonly requestMode?: string
  readonly requestMethod?: string
  readonly requestDestination?: string
  readonly runningStatus?: 'running' | 'not-running'
  readonly or?: readonly RouterCondition[]
  readonly not?: RouterCondition
}

export interface RouterRule {
  readonly condition: RouterCondition
  readonly source: 'network' | 'fetch-event' | 'race-network-and-fetch-handler' | { readonly cacheName: string }
}

export interface URLPatternInit {
  readonly protocol?: string
  readonly hostname?: string
  readonly port?: string
  readonly pathname: string
}

/**
 * Adds static routes, so that the browser does not start the worker for them. A request that no rule can match, and
 * that loads no page, goes straight to the network. A file with a hash in its name comes straight from its cache. Data
 * and shell are never routed to a cache: that would bypass partition, invalidation and epoch.
 *
 * Does nothing in a browser without static routing, or when the rules exceed the limit.
 *
 * @param races where the network races with a worker that has to start first: see `racesOf`. Default: nowhere.
 */
export async function addStaticRoutes(
  event: ExtendableEvent,
  rules: Rules,
  files: Pick<Precache, 'hashed' | 'revised' | 'folders'> | undefined,
  races: readonly RouterRule[] = [],
): Promise<void> {
  const install = event as ExtendableEvent & { addRoutes?: (rules: readonly RouterRule[]) => Promise<void> }
  if (install.addRoutes === undefined) return
  const reached = prefixes(rules).map(({ origin = worker.location.origin, prefix }) => ({ origin, prefix }))
  const ours = [
    ...reached.map(({ origin, prefix }) => patternOf(origin, `${escaped(prefix)}*`)),
    // The browser compares text. In another encoding a path that a rule matches begins differently.
    ...[...new Set(reached.map(({ origin }) => origin))].map((origin) => patternOf(origin, '*%*')),
  ].map((urlPattern): RouterCondition => ({ urlPattern }))
  const named = (hrefs: readonly string[] = []): RouterCondition[] =>
    hrefs.map((href) => {
      const { origin, pathname } = new URL(href)
      return { urlPattern: patternOf(origin, escaped(pathname)) }
    })
  const [hashed, revised] = [named(files?.hashed), named(files?.revised)]
  // Pages of an earlier build request its files, which lie in the same folders as those of this build.
  const earlier = (files?.folders ?? []).map((href): RouterCondition => {
    const { origin, pathname } = new URL(href)
    return { urlPattern: patternOf(origin, `${escaped(pathname)}*-*.*`) }
  })
  if (races.length + ours.length + hashed.length + revised.length + earlier.length > MAX_CONDITIONS) return
  const routes: RouterRule[] = [
    ...(files !== undefined && hashed.length > 0
      ? [{ condition: { or: hashed }, source: { cacheName: precacheOf(scope()) } }]
      : []),
    ...races,
    { condition: { not: { or: [...ours, ...revised, ...earlier, { requestMode: 'navigate' }] } }, source: 'network' },
  ]
  await install.addRoutes(routes)
}

export function patternOf(origin: string, pathname: string): URLPatternInit {
  const { protocol, hostname, port } = new URL(origin)
  return { protocol: protocol.slice(0, -1), hostname, port, pathname }
}

/** Escapes literal text for a URL pattern. */
export const escaped = (text: string): string => text.replace(/[+*?^${}()[\]|\\:]/g, '\\$&')
