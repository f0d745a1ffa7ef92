import type { Route as WorkboxRoute } from 'workbox-routing'
import {
  assertConfig,
  compileRoute,
  fillTags,
  HOLE,
  isSafe,
  type Match,
  type Matcher,
  matcherOf,
  parseSize,
  type RequestLine,
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

/** What a strategy is for one request: its tags are filled in. */
interface Routed extends Reading {
  readonly tags: readonly string[]
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
  readonly #known = new Map<string, Routed>()

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
      ...(Array.isArray(tags) && { tags: tags.map((tag) => String(tag).replace(HOLE, 'x')) }),
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
  readonly match: Matcher = (line, asWrite) => this.meant(line, this.#routedFor(line.method, urlOf(line)), asWrite)

  /**
   * What a request is: a read of the strategy that its route has, or a write.
   *
   * @param routed undefined: its route has no strategy of the layer, or there is none.
   */
  meant(line: RequestLine, routed: Routed | undefined, asWrite = false): Match | undefined {
    const { method } = line
    const named = this.#writes(line)
    // A link that the settings name is a write, and never stored (I3).
    const isLink = named !== undefined && isSafe(method)
    if (routed !== undefined && !asWrite && !isLink && mayRead(method, routed.rule))
      return { kind: 'read', rule: routed.rule, params: {}, tags: routed.tags }
    const write = named ?? this.#implied(line, routed)
    // Its route's plugins send it.
    const send = routed?.rule.send
    if (write?.kind !== 'write' || send === undefined) return write
    const rule = { ...write.rule, send }
    return { ...write, rule }
  }

  /** A strategy reads a request. */
  note({ method, url }: Request, routed: Routed): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(`${method} ${url}`, routed)
  }

  /** A write without a word of the settings ends what its own strategy reads, and what the same URL is read by. */
  #implied(line: RequestLine, routed: Routed | undefined): WriteMatch | undefined {
    if (isSafe(line.method)) return undefined
    const url = urlOf(line)
    const read = this.#routedFor('GET', url) ?? this.#routedFor('POST', url)
    const [first] = [routed, read].filter((each) => each !== undefined)
    return first && impliedWrite(first.rule, new Set([...(routed?.tags ?? []), ...(read?.tags ?? [])]))
  }

  #routedFor(method: string, url: string): Routed | undefined {
    const known = this.#known.get(`${method} ${url}`)
    if (known !== undefined) return known
    try {
      const { route, params } = routeOf(url, method)
      const reading = route && this.#readingOf(route)
      return reading && { rule: reading.rule, tags: tagsFor(reading.rule, params) }
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

/** Whether a request of this method may be a read: a POST is one where its strategy says so. */
const mayRead = (method: string, { reads }: Rule): boolean =>
  /^(GET|HEAD|QUERY)$/.test(method) || (method === 'POST' && reads !== undefined)

const urlOf = ({ origin, pathname, search }: RequestLine): string => `${origin}${pathname}${search}`

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
