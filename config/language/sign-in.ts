import { compileRules } from './compile.ts'
import { isDenied } from './denied.ts'
import { isRecord, problem, type Findings, type Problem } from './kind.ts'
import { matcherOf } from './matcher.ts'
import type { Config } from './options.ts'
import { asSent, OPEN, parsePattern, pathMatches } from './pattern.ts'
import type { Matcher, Rule, Rules } from './rule.ts'
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
  const { problems, warnings } = answeredFromStore(rules, routes, named, baseOf(config))
  const loaded = stoodInFor(config, rules, named)
  // A page load with GET is the sign-out itself. With POST the page may use `fetch` as well, and then no page is there.
  return {
    problems: [...loaded.filter(isLink).map(excluded), ...problems],
    warnings: [...loaded.filter((each) => !isLink(each)).map(excludedForm), ...warnings],
  }
}

/** Where the app lives, with a slash at its end: the folder of its shell. */
const baseOf = ({ shell = '/' }: Config): string => shell.replace(/[^/]*$/, '')

const isLink = ({ extent }: Named): boolean => extent.method === 'GET'

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
  return extent === 'invalid' ? [] : [{ path: PROBE, text: identity.probe, extent, origin: '', pathname, search }]
}

/**
 * Pages of a sign-in that the shell, or their own stored copy, may answer while the network is slow. Only links and HTML
 * forms have such pages, so only GET and POST count: `fetch` alone sends the other methods and the probe.
 */
function stoodInFor(config: Config, rules: Rules, named: readonly Named[]): Named[] {
  const { shell, navigation = {} } = config
  if (shell === undefined && rules.navigation.pages === undefined) return []
  const excluded = (navigation.exclude ?? [])
    .map((text) => extentOf({ text, query: {}, usual: [] }))
    .filter((extent) => extent !== 'invalid')
  return named.filter(
    ({ path, origin, pathname, extent }) =>
      path !== PROBE &&
      /^(GET|POST)?$/.test(extent.method) &&
      origin === '' &&
      !isDenied(pathname, baseOf(config)) &&
      !excluded.some((outer) => covers(outer, { ...extent, method: '' })),
  )
}

const excluded = ({ path, text, pathname }: Named): Problem =>
  problem(
    path,
    text,
    `'${pathname}' in navigation.exclude as well: else a stored document answers for this page when the network is slow`,
  )

const excludedForm = ({ path, text, pathname }: Named): Problem =>
  problem(
    path,
    text,
    `'${pathname}' in navigation.exclude as well, if an HTML form posts to it: else a stored document answers for its page when the network is slow`,
  )

const PROBE = 'identity.probe'

const SIGN_IN = 'a path of a sign-in'

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
const USUAL_IN_API = ['/auth/session', '/auth/callback/x', '/auth/csrf']

/** Usual paths that hand out CSRF tokens, and the match of a route that would have to come before them. */
const CSRF_TOKENS = {
  '/csrf': '/csrf*',
  '/csrf-token': '/csrf*',
  '/csrftoken': '/csrf*',
  '/csrf-cookie': '/csrf*',
  '/xsrf-token': '/xsrf*',
  '/sanctum/csrf-cookie': '/sanctum/**',
  '/antiforgery/token': '/antiforgery/**',
}

/** Usual paths at which an app renews its token by `POST`. */
const RENEWALS = [
  '/auth/refresh',
  '/auth/token',
  '/auth/refresh-token',
  '/oauth/token',
  '/token/refresh',
  '/refresh-token',
]

/** Where the data of an app begins: what stands before the first parameter or star of a broad pattern. */
function basesOf(routes: readonly Entry[]): { readonly origin: string; readonly path: string }[] {
  const bases = routes.flatMap(({ patterns }) =>
    patterns.flatMap(({ extent }) => {
      const first = extent.segments.findIndex((segment) => OPEN.test(segment))
      if (first < 0 && !extent.rest) return []
      const path = extent.segments.slice(0, first < 0 ? undefined : first).map((segment) => `/${segment}`)
      return [{ origin: extent.origin, path: path.join('') }]
    }),
  )
  const all = [{ origin: '', path: '/api' }, ...bases.filter(({ path }) => /^(?:\/(?:api|rest|v\d+))*$/.test(path))]
  return [...new Map(all.map((base) => [base.origin + base.path, base])).values()]
}

/** Routes that answer a path of a sign-in from store, though none of their patterns names it. */
function answeredFromStore(
  { routes: rules }: Rules,
  routes: readonly Entry[],
  named: readonly Named[],
  base: string,
): Findings {
  const match = matcherOf({ routes: rules, writes: [] })

  const answered = (pathname: string, spared: string, origin = '', search = '', what = SIGN_IN): Answered[] => {
    // A pattern also matches its own text as a path.
    const request = { origin, sameOrigin: origin === '', pathname }
    const found = match({ ...request, method: 'GET', search })
    if (found?.kind !== 'read' || !answersByDuration(found.rule)) return []
    const by = found.rule.patterns
      .map((pattern, at) => ({ pattern, place: routes[found.rule.index]?.patterns[at] }))
      .filter(({ pattern }) => /^(GET)?$/.test(pattern.method) && pathMatches(pattern, request))
    if (by.some(({ pattern }) => nameless(pattern.path) === nameless(pathname))) return []
    const place = by[0]?.place
    return place === undefined ? [] : [{ path: origin + pathname, spared: origin + spared, what, by: place }]
  }
  const usual = (path: string): Answered[] => answered(path, path.replace(/^((?:\/api)?\/[^/]+)\/.*$/, '$1/**'))

  return {
    problems: narrowed([
      ...named.flatMap(({ pathname, origin, search }) => answered(pathname, pathname, origin, search)),
      ...USUAL.flatMap(usual),
      ...(base === '/' ? [] : USUAL.map((path) => base.slice(0, -1) + path).flatMap((path) => answered(path, path))),
    ]),
    warnings: [
      ...narrowed(
        basesOf(routes).flatMap(({ origin, path }) => [
          ...USUAL_IN_API.flatMap((name) => answered(path + name, `${path}/auth/**`, origin)),
          ...Object.entries(CSRF_TOKENS).flatMap(([name, spared]) =>
            answered(path + name, path + spared, origin, '', 'a path that hands out CSRF tokens'),
          ),
        ]),
      ),
      ...renewedFromStore(match, routes),
    ],
  }
}

/** Reads by `POST` that renew a token, and that a stored answer would keep from doing so. Offline it may answer. */
function renewedFromStore(match: Matcher, routes: readonly Entry[]): Problem[] {
  const named = routes
    .flatMap(({ patterns }) => patterns)
    .filter(({ text }) => RENEWALS.some((name) => text.endsWith(name)))
    .flatMap(namedBy)
    .map(({ origin, pathname }) => ({ origin, pathname }))
  const usual = [{ origin: '', path: '' }, ...basesOf(routes)].flatMap(({ origin, path }) =>
    RENEWALS.map((name) => ({ origin, pathname: path + name })),
  )
  const by = [...named, ...usual].flatMap((request) => {
    const found = match({ ...request, sameOrigin: request.origin === '', method: 'POST', search: '' })
    if (found?.kind !== 'read' || !answersByDuration(found.rule)) return []
    const at = found.rule.patterns.findIndex(
      (pattern) => pattern.method === 'POST' && pathMatches(pattern, { ...request, sameOrigin: request.origin === '' }),
    )
    const place = routes[found.rule.index]?.patterns[at]
    return place === undefined ? [] : [{ place, path: request.origin + request.pathname }]
  })
  return [...new Map(by.toReversed().map(({ place, path }) => [place, path]))].map(([{ path, text }, renewal]) =>
    problem(
      path,
      text,
      `fresh: 0 and stale: 0 for '${renewal}', which renews a token: a stored token is answered in place of a new one (offline it may be)`,
    ),
  )
}

/** A path of a sign-in that a pattern answers, and the match of a route that would have to come before it. */
interface Answered {
  readonly path: string
  readonly spared: string
  readonly what: string
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
      `a narrower pattern, or a rule before it: { match: ${list}, preset: 'network-only' } (as it is, '${its[0]?.path}', ${its[0]?.what}, is answered from store)`,
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
