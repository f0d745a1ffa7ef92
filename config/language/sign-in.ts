import { compileRules } from './compile.ts'
import { DENIED_PATH } from './denied.ts'
import { isRecord, problem, type Findings, type Problem } from './kind.ts'
import { matcherOf } from './matcher.ts'
import type { Config } from './options.ts'
import { asSent, parsePattern, pathMatches } from './pattern.ts'
import type { Rule, Rules } from './rule.ts'
import { covers, extentOf, type Extent, type Place } from './shadow.ts'

/** A route or a write. */
interface Entry {
  readonly options: unknown
  readonly patterns: readonly Place[]
}

/** Something that signs in or out, and where the config names it. */
interface Named extends Place {
  /** Empty for the app's own. */
  readonly origin: string
  /** May have `:name` and stars in it. */
  readonly pathname: string
  readonly search: string
}

/**
 * What the layer would take away from a sign-in (I9): pages that a stored document may stand in for, and paths that a route
 * which means something else answers from store. Expects a config that `assertConfig` let pass.
 */
export function signInFindings(config: Config, routes: readonly Entry[], writes: readonly Entry[]): Findings {
  const named = [
    ...writes
      .filter(({ options }) => isRecord(options) && options['session'] !== undefined)
      .flatMap(({ patterns }) => patterns.flatMap(namedBy)),
    ...probeOf(config),
  ]
  const rules = compileRules(config)
  const { problems, warnings } = answeredFromStore(rules, routes, named)
  return { problems: [...stoodInFor(config, rules, named), ...problems], warnings }
}

function namedBy(place: Place): Named[] {
  const pattern = parsePattern(place.text)
  return pattern === 'invalid' ? [] : [{ ...place, origin: pattern.origin, pathname: pattern.path, search: '' }]
}

function probeOf({ identity }: Config): Named[] {
  if (identity === 'none' || identity.probe === undefined) return []
  const [, path = '', search = ''] = /^([^?#]*)(\?[^#]*)?/.exec(asSent(identity.probe)) ?? []
  // A colon or star would be read as a pattern's own. A star covers it, and a little more.
  const pathname = path.replace(/[:*]+/g, '*')
  const extent = extentOf({ text: pathname, query: {}, usual: ['GET'] })
  return extent === 'invalid'
    ? []
    : [{ path: 'identity.probe', text: identity.probe, extent, origin: '', pathname, search }]
}

/** Pages of a sign-in for which the shell, or what was stored of themselves, may stand in while the network is slow. */
function stoodInFor({ shell, navigation = {} }: Config, rules: Rules, named: readonly Named[]): Problem[] {
  if (shell === undefined && rules.navigation.pages === undefined) return []
  const excluded = (navigation.exclude ?? [])
    .map((text) => extentOf({ text, query: {}, usual: [] }))
    .filter((extent) => extent !== 'invalid')
  return named
    .filter(
      ({ origin, pathname, extent }) =>
        origin === '' &&
        !DENIED_PATH.test(pathname) &&
        !excluded.some((outer) => covers(outer, { ...extent, method: '' })),
    )
    .map(({ path, text, pathname }) =>
      problem(
        path,
        text,
        `'${pathname}' in navigation.exclude as well: else a stored document answers for this page when the network is slow`,
      ),
    )
}

/** Where sign-ins usually live: what a route meets there by a star or a parameter it hardly means. */
const USUAL = [
  '/auth/callback',
  '/auth/session',
  '/auth/csrf',
  '/oauth/callback',
  '/oauth2/callback',
  '/sso/x',
  '/saml/acs',
  '/.well-known/openid-configuration',
  '/login',
  '/logout',
  '/signin',
  '/callback',
]

/** The same among an app's data, where a route for all of it may be right. */
const USUAL_IN_API = ['/api/auth/session', '/api/auth/callback/x', '/api/auth/csrf']

/** Routes that answer a path of a sign-in from store, though none of their patterns names it. */
function answeredFromStore({ routes: rules }: Rules, routes: readonly Entry[], named: readonly Named[]): Findings {
  const match = matcherOf({ routes: rules, writes: [] })

  const answered = (pathname: string, spared: string, origin = '', search = ''): Answered[] => {
    // A pattern's own text is one of the paths it matches.
    const request = { origin, sameOrigin: origin === '', pathname }
    const found = match({ ...request, method: 'GET', search })
    if (found?.kind !== 'read' || !answersByDuration(found.rule)) return []
    const by = found.rule.patterns
      .map((pattern, at) => ({ pattern, place: routes[found.rule.index]?.patterns[at] }))
      .filter(({ pattern }) => /^(GET)?$/.test(pattern.method) && pathMatches(pattern, request))
    if (by.some(({ pattern }) => nameless(pattern.path) === nameless(pathname))) return []
    const place = by[0]?.place
    return place === undefined ? [] : [{ path: origin + pathname, spared: origin + spared, by: place }]
  }
  const usual = (path: string): Answered[] => answered(path, path.replace(/^((?:\/api)?\/[^/]+)\/.*$/, '$1/**'))

  return {
    problems: narrowed([
      ...named.flatMap(({ pathname, origin, search }) => answered(pathname, pathname, origin, search)),
      ...USUAL.flatMap(usual),
    ]),
    warnings: narrowed(USUAL_IN_API.flatMap(usual)),
  }
}

/** A path of a sign-in that a pattern answers, and what a route before it would have to match. */
interface Answered {
  readonly path: string
  readonly spared: string
  readonly by: Place
}

/** One problem for each pattern, with the route to put before it. */
const narrowed = (answered: readonly Answered[]): Problem[] =>
  [...new Set(answered.map(({ by }) => by))].map((place) => {
    const its = answered.filter(({ by }) => by === place)
    // A route for more than the pattern's own would leave that one nothing to do.
    const spared = its.map(({ path, spared: more }) => (reachesAll(more, place.extent) ? path : more))
    const [first, ...others] = [...new Set(spared)].map((text) => `'${text}'`)
    const list = others.length > 0 ? `[${[first, ...others].join(', ')}]` : first
    return problem(
      place.path,
      place.text,
      `a narrower pattern, or a rule before it: { match: ${list}, preset: 'network-only' } (as it is, '${its[0]?.path}', a path of a sign-in, is answered from store)`,
    )
  })

function reachesAll(text: string, inner: Extent): boolean {
  const outer = extentOf({ text, query: {}, usual: ['GET', 'HEAD'] })
  return outer !== 'invalid' && covers(outer, inner)
}

/** Whether a stored answer is served without a request although the origin may never have said so. */
const answersByDuration = ({ fresh, stale }: Rule): boolean =>
  [fresh, stale].some((window) => window !== 'http' && window > 0)

const nameless = (path: string): string => path.replace(/:[a-z_]\w*/gi, ':')
