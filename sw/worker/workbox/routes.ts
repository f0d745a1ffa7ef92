import type { Route as WorkboxRoute } from 'workbox-routing'
import {
  assertConfig,
  compileRoute,
  fillTags,
  HOLE,
  isSafe,
  type Matcher,
  matcherOf,
  parseSize,
  type ReadMatch,
  type Route,
  type RouteOptions,
  type Rule,
  type Rules,
  type WriteMatch,
} from '../../../config/language/index.ts'
import type { Bytes } from '../../core/units.ts'
import type { Answer } from '../main.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { Sending } from '../../fetch/origin.ts'
import { report } from '../report.ts'
import { routeOf } from './app-router.ts'
import type { Settings } from './settings.ts'

/** A strategy of the layer, as its rule sees it. */
export interface Reading {
  readonly rule: Rule & Sending
}

type Options = RouteOptions & Pick<Route, 'tags' | 'reads' | 'name'>

/** Requests of which it is remembered which strategy reads them. */
const MAX_KNOWN = 500

/** Which strategy reads a URL: Workbox's router knows, and what was read lately is remembered. */
export class Routes {
  /** Set as soon as the layer has started. */
  answer!: Answer
  readonly #settings: Settings
  readonly #limits: Record<string, Bytes>
  readonly #writes: Matcher
  readonly #rules = new Map<string, Rule & Sending>()
  readonly #known = new Map<string, { readonly reading: Reading; readonly tags: readonly string[] }>()

  /** @param limits gets the limit of each strategy, by the name of its rule. */
  constructor(settings: Settings, writes: Rules['writes'], limits: Record<string, Bytes>) {
    this.#settings = settings
    this.#limits = limits
    this.#writes = matcherOf({ routes: [], writes })
  }

  /**
   * The rule that a strategy's options make.
   *
   * @param send sends what the worker asks by itself.
   * @throws CacheError 'config-refused'.
   */
  add(options: Options, send: NonNullable<Sending['send']>): Rule & Sending {
    const { version, identity, defaults = {} } = this.#settings
    // Strategies with the same options are one rule, in whichever order they are made.
    const { name = JSON.stringify(options) } = options
    // The holes are Workbox's to fill: its match is not known here.
    const { tags } = options
    const checked = {
      ...options,
      ...(Array.isArray(tags) && { tags: tags.map((tag) => String(tag).replace(HOLE, '')) }),
    }
    assertConfig({ version, identity, defaults, routes: [{ match: '/', ...checked }] }, 'new Freshlayer(…)')
    const compiled = compileRoute(defaults, { match: '/', ...options }, this.#rules.size)
    const rule = { ...compiled, name, patterns: [], send }
    const limit = parseSize(options.budget ?? defaults.budget)
    if (limit !== 'invalid') this.#limits[name] = limit
    this.#rules.set(name, rule)
    return rule
  }

  /** The rule by which a stored answer is kept by now. */
  readonly ruleOf = ({ rule }: { readonly rule: string }): Rule | undefined => this.#rules.get(rule)

  /** Whether a request may change data. A link that signs a user out does, too. */
  readonly mayWrite = (request: Request): boolean =>
    !isSafe(request.method) || this.#writes(lineOf(request)) !== undefined

  readonly isOurs = (route: WorkboxRoute): boolean => this.#readingOf(route) !== undefined

  /** What the layer knows of a URL without a request of a page, or of a request that no strategy has. */
  readonly match: Matcher = (line, asWrite = false) => {
    const { method, origin, pathname, search } = line
    const url = `${origin}${pathname}${search}`
    const read = isReading(method) || asWrite ? this.#readOf(method, url) : undefined
    if (read !== undefined && !asWrite) return read
    const named = this.#writes(line)
    const implied =
      named ?? (isSafe(method) ? undefined : this.#impliedBy(this.#readOf('GET', url) ?? this.#readOf('POST', url)))
    // A write that a strategy might have read is sent by that strategy's plugins.
    const send = read?.rule.send
    return implied?.kind === 'write' && send !== undefined ? sentBy(implied, send) : implied
  }

  /** What a request that a strategy has changes: a link that the settings name is a write, too, and never stored (I3). */
  writeOf(request: Request, { rule }: Reading, params: unknown): WriteMatch | undefined {
    const named = this.#writes(lineOf(request))
    if (named?.kind === 'write') return named
    if (isSafe(request.method)) return undefined
    const read = this.#readOf('GET', request.url)
    return impliedWrite(rule, new Set([...tagsFor(rule, params), ...(read?.tags ?? [])]))
  }

  /** A strategy reads a request, by these tags. */
  note({ method, url }: Request, reading: Reading, tags: readonly string[]): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(`${method} ${url}`, { reading, tags })
  }

  #readOf(method: string, url: string): (ReadMatch & Reading) | undefined {
    const known = this.#known.get(`${method} ${url}`) ?? this.#routed(method, url)
    return known && { kind: 'read', rule: known.reading.rule, params: {}, tags: known.tags }
  }

  #impliedBy(read: ReadMatch | undefined): WriteMatch | undefined {
    return read && impliedWrite(read.rule, read.tags)
  }

  #routed(method: string, url: string): { readonly reading: Reading; readonly tags: readonly string[] } | undefined {
    try {
      const { route, params } = routeOf(url, method)
      const reading = route && this.#readingOf(route)
      return reading && { reading, tags: tagsFor(reading.rule, params) }
    } catch (error) {
      report('a route could not be asked about a URL; no rule is known for it', error)
      return undefined
    }
  }

  #readingOf({ handler }: WorkboxRoute): Reading | undefined {
    const { rule } = handler as Partial<Reading>
    return rule !== undefined && this.#rules.get(rule.name) !== undefined ? { rule } : undefined
  }
}

/** A write that is sent by the plugins of a strategy. */
export function sentBy(write: WriteMatch, send: NonNullable<Sending['send']>): WriteMatch {
  const rule = { ...write.rule, send }
  return { ...write, rule }
}

/** Whether a method may be that of a read: a POST is one where its strategy says so. */
const isReading = (method: string): boolean => /^(GET|HEAD|QUERY|POST)$/.test(method)

/** The tags of a rule, filled in with what a route's match has given. */
export function tagsFor({ tags }: Pick<Rule, 'tags'>, params: unknown): string[] {
  const given = Array.isArray(params)
    ? params.map((value: unknown, at) => [String(at + 1), value] as const)
    : Object.entries(params ?? {})
  const texts = given.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return fillTags(tags, Object.fromEntries(texts))
}

function impliedWrite({ name, patterns }: Rule, tags: Iterable<string>): WriteMatch {
  const rule = { name, patterns, invalidates: { tags: [], urls: [], patterns: [] }, session: undefined }
  return { kind: 'write', rule, params: {}, tags: [...tags] }
}
