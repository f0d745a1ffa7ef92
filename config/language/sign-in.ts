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

/** A URL that signs the user in or out, and the place in the config that names it. */
interface Named extends Place {
  /** Empty: the app's own origin. */
  readonly origin: string
  /** May contain `:name` and stars. */
  readonly pathname: string
  readonly search: string
}

/**
 * Problems that would break a sign-in (I9): its pages that a stored document may answer, and its paths that a route for
 * other data answers from store. Expects a config that `assertConfig` accepted.
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
  // A colon or star in the text would become part of the pattern. A star in its place covers it, and a little more.
  const pathname = path.replace(/[:*]+/g, '*')
  const extent = extentOf({ text: pathname, query: {}, usual: ['GET'] })
  return extent === 'invalid'
    ? []
    : [{ path: 'identity.probe', text: identity.probe, extent, origin: '', pathname, search }]
}

/** Pages of a sign-in that the shell, or their own stored copy, may answer while the network is slow. */
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

/** Usual paths of sign-ins. A route that matches one by a star or a parameter probably does not mean it. */
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

/** Usual paths of sign-ins below an app's data, where a route for all data may be right. */
const USUAL_IN_API = ['/api/auth/session', '/api/auth/callback/x', '/api/auth/csrf']

/** Routes that answer a path of a sign-in from store, though none of their patterns names it. */
function answeredFromStore({ routes: rules }: Rules, routes: readonly Entry[], named: readonly Named[]): Findings {
  const match = matcherOf({ routes: rules, writes: [] })

  const answered = (pathname: string, spared: string, origin = '', search = ''): Answered[] => {
    // A pattern also matches its own text as a path.
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

/** A path of a sign-in that a pattern answers, and the match of a route that would have to come before it. */
interface Answered {
  readonly path: string
  readonly spared: string
  readonly by: Place
}

/** One problem for each pattern, with the route to put before it. */
const narrowed = (answered: readonly Answered[]): Problem[] =>
  [...new Set(answered.map(({ by }) => by))].map((place) => {
    const its = answered.filter(({ by }) => by === place)
    // A proposed route that covers the whole pattern would make it unreachable.
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

/** Whether the rule's own windows serve a stored answer without a request, whatever the origin's fields say. */
const answersByDuration = ({ fresh, stale }: Rule): boolean =>
  [fresh, stale].some((window) => window !== 'http' && window > 0)

const nameless = (path: string): string => path.replace(/:[a-z_]\w*/gi, ':')
