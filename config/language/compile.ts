import type { Budget } from '../../sw/core/budget.ts'
import { DICTIONARY_FIELD } from '../../sw/core/dictionary.ts'
import { bytes, type Seconds } from '../../sw/core/units.ts'
import { collectionRules } from './collections.ts'
import { parseDuration, timerMs } from './duration.ts'
import { expectedType } from './media-type.ts'
import { memberPath } from './member-path.ts'
import type { Config, NavigationOptions, Route, RouteOptions, Window, Write } from './options.ts'
import { asSent, parsePattern, type Pattern } from './pattern.ts'
import { PRESETS } from './presets.ts'
import { outboxRules, withQueues } from './queued-writes.ts'
import { parseSize } from './size.ts'
import type { Invalidates, Rule, Rules, WriteRule } from './rule.ts'
import { kindOf } from './template.ts'

/** The values of options that neither the route, its preset nor `defaults` set. */
const DEFAULTS = {
  fresh: 'http',
  stale: 'http',
  offline: 'http',
  timeout: '10s',
  trust: 'rule',
  public: false,
  ranges: false,
  ignoreQuery: [],
  keyHeaders: [],
} as const satisfies RouteOptions

/**
 * The rules in the form that the worker uses. Expects a config that `assertConfig` accepted. In any other config, the
 * invalid parts are left out.
 */
export function compileRules(config: Config): Rules {
  const { navigation = {}, kill, push } = config
  const { exclude = [], timeout = '3s', offline = 0 } = navigation
  const rules = compilePageRules(config)
  return {
    ...rules,
    writes: withQueues(rules.writes, config.writes),
    navigation: {
      timeoutMs: timerMs(timeout),
      excluded: patternsOf(exclude),
      ...(windowOf(offline) !== 0 && { pages: pagesRule(navigation) }),
    },
    ...(kill && { kill: { gone: false, ...kill } }),
    ...(push && { push: true }),
    ...collectionRules(config),
    ...outboxRules(config),
  }
}

/** The same for a page without a worker: it answers no navigations, hears no feed, and keeps no collections. */
export function compilePageRules(config: Config): Rules {
  const { version, identity, shell, defaults = {} } = config
  return {
    version: String(version),
    identity,
    shell,
    navigation: { timeoutMs: 0, excluded: [] },
    budget: budgetOf(config),
    routes: config.routes.map((route, index) => compileRoute(defaults, route, index)),
    writes: (config.writes ?? []).map((write) => ({
      ...named(write.match),
      ...(write.name !== undefined && { name: write.name }),
      ...byAnswer(write.invalidates ?? []),
      session: write.session,
      ...(write.stores && { stores: true }),
    })),
  }
}

/** The total budget when the config sets none. */
const BUDGET = bytes(100e6)

function budgetOf({ budget, routes, defaults }: Config): Budget {
  const all = parseSize(budget)
  const limited = routes.flatMap((route) => {
    const limit = parseSize(route.budget ?? defaults?.budget)
    return limit === 'invalid' ? [] : [[route.name ?? named(route.match).name, limit] as const]
  })
  return { all: all === 'invalid' ? BUDGET : all, rules: Object.fromEntries(limited) }
}

/** The entries of a write's `invalidates`, split into tags, URLs and patterns. */
function byKind(entries: readonly string[]): Invalidates {
  const of = (kind: keyof Invalidates): string[] => entries.filter((entry) => kindOf(entry) === kind)
  return { tags: of('tags'), urls: of('urls').map(asSent), patterns: of('patterns') }
}

/** What is known before a write has its answer, and the functions that make tags of that. */
function byAnswer(entries: NonNullable<Write['invalidates']>): Pick<WriteRule, 'invalidates' | 'ofAnswer'> {
  const ofAnswer = entries.filter((entry) => typeof entry === 'function')
  return {
    invalidates: byKind(entries.filter((entry) => typeof entry === 'string')),
    ...(ofAnswer.length > 0 && { ofAnswer }),
  }
}

/** One route with the options that `defaults` and presets give it. Expects what `assertConfig` accepted. */
export function compileRoute(defaults: RouteOptions, route: Route, index: number): Rule {
  const { poll, ...options } = {
    ...named(route.match),
    ...DEFAULTS,
    poll: undefined,
    tags: [],
    query: {},
    expects: undefined,
    retry: undefined,
    ...(defaults.preset && PRESETS[defaults.preset]),
    ...defaults,
    ...(route.preset && PRESETS[route.preset]),
    ...route,
  }
  const { ignoreInDiff, versions, ...others } = options
  const pollMs = poll === undefined ? 0 : timerMs(poll)
  return {
    ...others,
    ...(ignoreInDiff && { ignoreInDiff: ignoreInDiff.map(memberPath) }),
    ...(options.dictionary && { askedWith: [[DICTIONARY_FIELD, '1']] }),
    // What never comes is no timer.
    ...(pollMs > 0 && poll !== 'forever' && { pollMs }),
    index,
    fresh: windowOf(options.fresh),
    stale: windowOf(options.stale),
    offline: windowOf(options.offline),
    timeoutMs: timerMs(options.timeout),
    expects: options.expects === undefined ? undefined : expectedType(options.expects),
    keyHeaders: options.keyHeaders.map((name) => name.toLowerCase()),
    ...(versions !== undefined && { versions: typeof versions === 'string' ? { url: versions } : versions }),
  }
}

/** An invalid window becomes `'http'`, which is safe. The check has already refused it. */
function windowOf(value: Window): Seconds | 'http' {
  const parsed = value === 'http' ? value : parseDuration(value)
  return parsed === 'invalid' ? 'http' : parsed
}

/** Pages come from the network first. A stored page is served only when the network fails. */
const pagesRule = ({
  offline = 0,
  ignoreQuery = [],
  public: isPublic = false,
  trust = 'rule',
}: NavigationOptions): Rule => {
  const options = { offline, ignoreQuery, public: isPublic, trust, expects: 'text/html' }
  return { ...compileRoute({}, { match: [], fresh: 0, stale: 0, ...options }, 0), name: 'pages' }
}

const named = (match: string | readonly string[]): { name: string; patterns: Pattern[] } => ({
  name: [match].flat().join(', '),
  patterns: patternsOf([match].flat()),
})

const patternsOf = (texts: readonly string[]): Pattern[] =>
  texts.map(parsePattern).filter((pattern) => pattern !== 'invalid')
