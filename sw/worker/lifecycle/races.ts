import type { Pattern, Rules } from '../../../config/language/index.ts'
import { worker } from '../scope.ts'
import { escaped, patternOf, type RouterRule, type URLPatternInit } from './static-routes.ts'

/**
 * The races that rules ask for. The first route that matches decides, here as in the rules: so page loads, and what a rule
 * before a race matches, are left to the worker.
 */
export function racesOf({ routes }: Pick<Rules, 'routes'>): RouterRule[] {
  const last = routes.findLastIndex(({ race }) => race)
  if (last < 0) return []
  const decided = routes.slice(0, last + 1).flatMap(({ patterns, race = false }) =>
    patterns.map((pattern): RouterRule => {
      const condition = { urlPattern: pathPattern(pattern, race), requestMethod: 'GET' }
      return race
        ? { condition: { ...condition, runningStatus: 'not-running' }, source: 'race-network-and-fetch-handler' }
        : { condition, source: 'fetch-event' }
    }),
  )
  return [{ condition: { requestMode: 'navigate' }, source: 'fetch-event' }, ...decided]
}

/**
 * What a pattern of the rules matches. A star beside other text has no equal in a URL pattern.
 *
 * @param isNarrow such a star matches some text within the segment; else any text.
 */
function pathPattern({ origin, path }: Pattern, isNarrow: boolean): URLPatternInit {
  let names = 0
  const pathname = path.replace(/\/\*\*$|\/\*(?![^/])|:[a-z_]\w*|\W/gi, (token) => {
    if (token === '/**') return '{/*}?'
    if (token === '/*') return `/:p${names++}`
    if (token === '*') return isNarrow ? `:p${names++}` : '*'
    return token.length > 1 ? `:p${names++}` : escaped(token)
  })
  return patternOf(origin || worker.location.origin, pathname)
}
