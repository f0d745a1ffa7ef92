import { prefixes, type Rules } from '../../../config/language/index.ts'
import { precacheOf } from '../../../config/names.ts'
import type { Precache } from './precache.ts'
import { scope, worker } from '../scope.ts'

/** More rules than this, over all calls, end the renderer (Chromium 156); we add two. Conditions count as well. */
const MAX_CONDITIONS = 200

interface RouterCondition {
  readonly urlPattern?: URLPatternInit
  readonly requestMode?: string
  readonly or?: readonly RouterCondition[]
  readonly not?: RouterCondition
}

interface RouterRule {
  readonly condition: RouterCondition
  readonly source: 'network' | { readonly cacheName: string }
}

interface URLPatternInit {
  readonly protocol?: string
  readonly hostname?: string
  readonly port?: string
  readonly pathname: string
}

/**
 * Tells a browser with static routing what never needs the worker: every request that no rule can match and that loads
 * no page goes straight to the network, and files of the build whose name has a hash straight to their cache. Data and
 * shell are never routed to a cache, for that would pass by partition, invalidation and epoch.
 *
 * Does nothing where the browser knows no such routes, or where the rules do not fit.
 */
export async function addStaticRoutes(
  event: ExtendableEvent,
  rules: Rules,
  files: Pick<Precache, 'hashed' | 'revised' | 'folders'> | undefined,
): Promise<void> {
  const install = event as ExtendableEvent & { addRoutes?: (rules: readonly RouterRule[]) => Promise<void> }
  if (install.addRoutes === undefined) return
  const ours = prefixes(rules).map(({ origin, prefix }): RouterCondition => {
    return { urlPattern: patternOf(origin ?? worker.location.origin, `${escaped(prefix)}*`) }
  })
  const named = (hrefs: readonly string[] = []): RouterCondition[] =>
    hrefs.map((href) => {
      const { origin, pathname } = new URL(href)
      return { urlPattern: patternOf(origin, escaped(pathname)) }
    })
  const [hashed, revised] = [named(files?.hashed), named(files?.revised)]
  // Pages of an earlier build ask for its files, which lie where those of this one do.
  const earlier = (files?.folders ?? []).map((href): RouterCondition => {
    const { origin, pathname } = new URL(href)
    return { urlPattern: patternOf(origin, `${escaped(pathname)}*-*.*`) }
  })
  if (ours.length + hashed.length + revised.length + earlier.length > MAX_CONDITIONS) return
  const routes: RouterRule[] = [
    ...(files !== undefined && hashed.length > 0
      ? [{ condition: { or: hashed }, source: { cacheName: precacheOf(scope()) } }]
      : []),
    { condition: { not: { or: [...ours, ...revised, ...earlier, { requestMode: 'navigate' }] } }, source: 'network' },
  ]
  await install.addRoutes(routes)
}

function patternOf(origin: string, pathname: string): URLPatternInit {
  const { protocol, hostname, port } = new URL(origin)
  return { protocol: protocol.slice(0, -1), hostname, port, pathname }
}

/** Literal text in a URL pattern. */
const escaped = (text: string): string => text.replace(/[+*?^${}()[\]|\\:]/g, '\\$&')
