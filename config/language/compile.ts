import type { Seconds } from '../../sw/core/units.ts'
import { parseDuration, timerMs } from './duration.ts'
import { firstMatch, shapesOf, type Shape, type Target } from './match.ts'
import type { Config, Route, RouteOptions, Window } from './options.ts'
import { parsePattern, pathMatches, type Pattern } from './pattern.ts'
import { PRESETS } from './presets.ts'
import { queryHolds } from './query.ts'
import type { CompiledConfig, ReadMatch, RequestLine, Rule, WriteMatch, WriteRule } from './rule.ts'
import { decoded, fillAll, fillInvalidates, mapValues, type Values } from './template.ts'

/** What holds where neither a route, nor its preset, nor `defaults` say anything. */
const DEFAULTS = {
  fresh: 'http',
  stale: 'http',
  offline: 'http',
  timeout: '10s',
  retry: 1,
  trust: 'http',
  public: false,
  ignoreQuery: [],
  keyHeaders: [],
} as const satisfies RouteOptions

/**
 * The rules in the form the worker uses. Expects a config that `assertConfig` let pass; of any other, what cannot be
 * understood is left out.
 */
export function compileConfig(config: Config): CompiledConfig {
  const { version, identity, shell, navigation: { exclude = [], timeout = '3s' } = {}, defaults = {} } = config
  const routes = config.routes.map((route, index) => compileRoute(defaults, route, index))
  const writes = (config.writes ?? []).map((write, index) => ({ ...named(write.match), ...write, index }))
  const excluded = patternsOf(exclude)
  return {
    version,
    identity,
    shell,
    navigation: {
      timeoutMs: timerMs(timeout),
      excludes: (request) => excluded.some((pattern) => pathMatches(pattern, request)),
    },
    routes,
    writes,
    match: matcher(routes, writes),
  }
}

function compileRoute(defaults: RouteOptions, route: Route, index: number): Rule {
  const options = {
    ...named(route.match),
    ...DEFAULTS,
    tags: [],
    query: {},
    expects: undefined,
    ...(defaults.preset && PRESETS[defaults.preset]),
    ...defaults,
    ...(route.preset && PRESETS[route.preset]),
    ...route,
  }
  return {
    ...options,
    index,
    fresh: windowOf(options.fresh),
    stale: windowOf(options.stale),
    offline: windowOf(options.offline),
    timeoutMs: timerMs(options.timeout),
    expects: options.expects?.toLowerCase(),
    keyHeaders: options.keyHeaders.map((name) => name.toLowerCase()),
  }
}

/** What is no window reads the response instead: the safe side of a mistake the check has already refused. */
function windowOf(value: Window): Seconds | 'http' {
  const parsed = value === 'http' ? value : parseDuration(value)
  return parsed === 'invalid' ? 'http' : parsed
}

const named = (match: string | readonly string[]): { name: string; patterns: Pattern[] } => ({
  name: [match].flat().join(', '),
  patterns: patternsOf([match].flat()),
})

const patternsOf = (texts: readonly string[]): Pattern[] =>
  texts.map(parsePattern).filter((pattern) => pattern !== 'invalid')

function matcher(routes: readonly Rule[], writes: readonly WriteRule[]): CompiledConfig['match'] {
  const readShapes = shapesOf(routes)
  const writeShapes = shapesOf(writes)

  return (request) => {
    const { method, search } = request
    const read = firstMatch(
      readShapes,
      request,
      ({ pattern, rule }) => hasMethod(pattern, /^(GET|HEAD)$/, method) && queryHolds(rule.query, search),
    )
    if (read !== undefined) return { kind: 'read', rule: read.rule, ...tagged(read, request) }
    const isMeant = ({ pattern }: Target<unknown>): boolean => hasMethod(pattern, WRITING, method)
    const write = firstMatch(writeShapes, request, isMeant)
    if (write !== undefined) return declaredWrite(write, request)
    return WRITING.test(method) ? impliedWrite(readShapes, request) : undefined
  }
}

const WRITING = /^(POST|PUT|PATCH|DELETE)$/

const hasMethod = (pattern: Pattern, usual: RegExp, method: string): boolean =>
  pattern.method === '' ? usual.test(method) : pattern.method === method

function declaredWrite({ pattern, rule }: Target<WriteRule>, { pathname }: RequestLine): WriteMatch {
  const values = valuesOf(pattern, pathname)
  return {
    kind: 'write',
    name: rule.name,
    params: mapValues(values, decoded),
    invalidates: fillInvalidates(rule.invalidates, values),
  }
}

/**
 * A write without an entry of its own, at a path that a route reads: what carries the route's tags has changed. A route
 * with a query condition may or may not be meant, so the ones after it have their say too, up to one without.
 */
function impliedWrite(shapes: readonly Shape<Rule>[], request: RequestLine): WriteMatch | undefined {
  const met: Target<Rule>[] = []
  const last = firstMatch(shapes, request, (target) => {
    met.push(target)
    return Object.keys(target.rule.query).length === 0
  })
  const [first, ...others] = met
    .filter(({ index }) => last === undefined || index <= last.index)
    .toSorted((one, other) => one.index - other.index)
  if (first === undefined) return undefined
  const { params, tags } = tagged(first, request)
  const all = new Set([...tags, ...others.flatMap((target) => tagged(target, request).tags)])
  return { kind: 'write', name: first.rule.name, params, invalidates: { tags: [...all], urls: [], patterns: [] } }
}

function tagged({ pattern, rule }: Target<Rule>, { pathname }: RequestLine): Pick<ReadMatch, 'params' | 'tags'> {
  const params = mapValues(valuesOf(pattern, pathname), decoded)
  return { params, tags: fillAll(rule.tags, params) }
}

/** The parameters, percent-encoded still, of a path that the pattern matches. */
const valuesOf = ({ expression }: Pattern, pathname: string): Values => expression.exec(pathname)?.groups ?? {}
