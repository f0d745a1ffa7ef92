import { configProblems } from './assert-config.ts'
import { collectionProblems } from './collections.ts'
import { invalidatedFindings } from './invalidated.ts'
import { dictionaryProblems } from './dictionary.ts'
import { isRecord, problem, type Findings, type Problem } from './kind.ts'
import { READ_METHODS, WATCHED_METHODS, WRITE_METHODS } from './option-kinds.ts'
import type { Config } from './options.ts'
import { paramsOf, patternMistake } from './pattern-mistakes.ts'
import { parsePattern } from './pattern.ts'
import { queueFindings } from './queued-writes.ts'
import { covers, extentOf, type Place } from './shadow.ts'
import { signInFindings } from './sign-in.ts'
import { nearest } from './spelling.ts'
import { HOLE } from './template.ts'

/**
 * Every problem of a config. Besides the problems that `assertConfig` refuses: holes without a parameter, rules that no
 * request reaches, and sign-ins that the layer would answer (only if the config is otherwise valid). For builds. Never
 * throws.
 *
 * @param form as in `configProblems`.
 */
export function checkConfig(config: unknown, file: string, form?: string): Findings {
  const problems = configProblems(config, file, form)
  if (!isRecord(config)) return { problems, warnings: [] }
  const routes = entriesOf(config['routes'], 'routes', READ_METHODS.all, READ_METHODS.usual)
  const writes = entriesOf(config['writes'], 'writes', WATCHED_METHODS, WRITE_METHODS)
  // Without a problem the value is a valid config.
  const signIns = problems.length > 0 ? undefined : signInFindings(config as unknown as Config, routes, writes)
  const invalidated = invalidatedFindings(config, routes, writes)
  const queued = queueFindings(config, writes, routes)
  return {
    problems: [
      ...problems,
      ...routes.flatMap((route) => emptyHoles(route, 'tags')),
      ...writes.flatMap((write) => emptyHoles(write, 'invalidates')),
      ...routes.flatMap(lightEndpoint),
      ...invalidated.problems,
      ...unreadGroups(config),
      ...collectionProblems(config, routes),
      ...queued.problems,
      ...routes.flatMap((route) => unusedHeuristic(config, route)),
      ...writes.flatMap(reading),
      ...writes.flatMap(storing),
      ...unnamedEcho(config['identity']),
      ...routes.flatMap((route) => racing(config, route)),
      ...routes.flatMap((route) => dictionaryProblems(config, route, writes)),
      ...routes.flatMap(undecided),
      ...unreachable(routes),
      ...unreachable(writes),
      ...writes.flatMap((write) => readInstead(write, routes)),
      ...(signIns?.problems ?? []),
    ],
    warnings: [
      ...invalidated.warnings,
      ...routes.filter(isRaced).map(pastTheLayer),
      ...routes.flatMap(greedy),
      ...routes.flatMap(swallowing),
      ...routes.flatMap((route) => polledInVain(config, route)),
      ...writes.flatMap((write) => unread(write, routes)),
      ...queued.warnings,
      ...(signIns?.warnings ?? []),
    ],
  }
}

/** The readable parts of a route or a write. */
interface Entry {
  readonly path: string
  readonly options: unknown
  readonly patterns: readonly Place[]
}

function entriesOf(entries: unknown, at: string, methods: readonly string[], usual: readonly string[]): Entry[] {
  if (!Array.isArray(entries)) return []
  return entries.map((options: unknown, index) => {
    const path = `${at}[${index}]`
    const match = isRecord(options) ? options['match'] : undefined
    const query = isRecord(options) && isRecord(options['query']) ? options['query'] : {}
    const patterns = [match].flat().flatMap((text, which) => {
      if (typeof text !== 'string' || patternMistake(text, methods) !== undefined) return []
      const extent = extentOf({ text, query, usual })
      return extent === 'invalid'
        ? []
        : [{ path: `${path}.match${Array.isArray(match) ? `[${which}]` : ''}`, text, extent }]
    })
    return { path, options, patterns }
  })
}

/** Holes for which no pattern of the entry has a parameter. */
function emptyHoles({ path, options, patterns }: Entry, option: 'tags' | 'invalidates'): Problem[] {
  const templates = isRecord(options) ? options[option] : undefined
  if (!Array.isArray(templates) || patterns.length === 0) return []
  const known = [...new Set(patterns.flatMap(({ text }) => paramsOf(text)))]
  const holes = known.map((name) => `{${name}}`)
  const expected = holes.length > 0 ? `a parameter of match: ${holes.join(', ')}` : 'no hole: match has no parameters'
  return templates.flatMap((template: unknown, at) => {
    const [, unknown] =
      typeof template === 'string'
        ? ([...template.matchAll(HOLE)].find(([, name = '']) => !known.includes(name)) ?? [])
        : []
    if (typeof template !== 'string' || unknown === undefined) return []
    const meant = nearest(unknown, known)
    const mended = meant === undefined ? undefined : template.replace(`{${unknown}}`, `{${meant}}`)
    return [problem(`${path}.${option}[${at}]`, template, expected, mended)]
  })
}

/** A light endpoint with a hole that the route does not fill, or of another origin than the route: its token is not for it. */
function lightEndpoint({ path, options, patterns }: Entry): Problem[] {
  const given = isRecord(options) ? options['versions'] : undefined
  const { url, id } = isRecord(given) ? given : { url: given, id: undefined }
  const at = isRecord(given) ? `${path}.versions.url` : `${path}.versions`
  const holes = [
    ...emptyHoles({ path, options: { tags: [url] }, patterns }, 'tags').map((each) => ({ ...each, path: at })),
    ...emptyHoles({ path, options: { tags: [id] }, patterns }, 'tags').map((each) => ({
      ...each,
      path: `${path}.versions.id`,
    })),
  ]
  if (typeof url !== 'string' || holes.length > 0) return holes
  const origin = url.startsWith('/') ? '' : (/^https?:\/\/[^/?]+/.exec(url)?.[0] ?? '')
  const isElsewhere = patterns.some(({ extent }) => extent.origin !== origin)
  return isElsewhere
    ? [problem(at, url, 'an address of the origin that `match` names: what is sent along is for that one alone')]
    : []
}

/** A poll of what no page reads by GET, and `pollHidden` without a poll. */
function polledInVain({ defaults }: Readonly<Record<string, unknown>>, { path, options, patterns }: Entry): Problem[] {
  if (!isRecord(options)) return []
  const { poll, pollHidden } = options
  if (pollHidden === true && poll === undefined && (!isRecord(defaults) || defaults['poll'] === undefined))
    return [problem(`${path}.pollHidden`, pollHidden, "a `poll` beside it: '30s'")]
  return poll !== undefined && patterns.length > 0 && patterns.every(({ text }) => /^(POST|QUERY|HEAD) /.test(text))
    ? [problem(`${path}.poll`, poll, 'a route that is read by GET: no other read is polled')]
    : []
}

/** A worker reads `Cache-Groups` only if it leaves the freshness of some route to HTTP. */
const unreadGroups = ({ groups, routes, defaults }: Readonly<Record<string, unknown>>): Problem[] =>
  !Array.isArray(groups) ||
  groups.length === 0 ||
  !Array.isArray(routes) ||
  routes.some((route) => isHttp(route, defaults))
    ? []
    : [
        problem(
          'groups',
          groups,
          "a route whose `fresh` is 'http': in other configs the worker does not read Cache-Groups",
        ),
      ]

/** A heuristic of a route that has a duration of its own, or that of a preset. */
const unusedHeuristic = ({ defaults }: Readonly<Record<string, unknown>>, { path, options }: Entry): Problem[] =>
  isRecord(options) && Number(options['heuristic'] ?? 0) > 0 && !isHttp(options, defaults)
    ? [
        problem(
          `${path}.heuristic`,
          options['heuristic'],
          "fresh: 'http' beside it: no lifetime is guessed where the rule gives one",
        ),
      ]
    : []

const isHttp = (route: unknown, defaults: unknown): boolean => {
  const given = [defaults, route].filter(isRecord)
  const { fresh, preset } = Object.assign({}, ...given) as Readonly<Record<string, unknown>>
  return fresh === 'http' || (fresh === undefined && preset === undefined)
}

/** A GET is not a write, unless it signs the user out. */
const reading = ({ options, patterns }: Entry): Problem[] =>
  isRecord(options) && options['session'] !== undefined
    ? []
    : patterns
        .filter(({ text }) => text.startsWith('GET '))
        .map(({ path, text }) => problem(path, text, "a write's method, or session: 'sign-out' beside it"))

const stores = ({ options }: Entry): boolean => isRecord(options) && options['stores'] === true

/** A write that could never be stored: the answer to another method, or one that changes whose data is shown. */
function storing(write: Entry): Problem[] {
  const { path, options, patterns } = write
  if (!stores(write) || !isRecord(options)) return []
  const refused = [
    options['session'] === undefined ? undefined : 'no session beside it: what signs a user in or out is never stored',
    patterns.every(({ extent }) => extent.method === 'POST')
      ? undefined
      : "only POST in match: 'POST /api/items' (no other write has an answer that a GET may get)",
  ]
  return refused.flatMap((expected) => (expected === undefined ? [] : [problem(`${path}.stores`, true, expected)]))
}

/** A write with `stores` at a path that no route reads: nothing would ever be answered with what it stores. */
function unread(write: Entry, routes: readonly Entry[]): Problem[] {
  if (!stores(write)) return []
  const reads = routes.flatMap((route) => route.patterns)
  return write.patterns
    .filter(({ extent }) => !reads.some((read) => covers(read.extent, { ...extent, method: 'GET' })))
    .map(({ path, text }) => problem(path, text, 'a path that a route reads by GET: else its answer is not stored'))
}

/** `by: ['echo']` needs the name of the field in `echo`. */
const unnamedEcho = (identity: unknown): Problem[] =>
  isRecord(identity) &&
  Array.isArray(identity['by']) &&
  identity['by'].includes('echo') &&
  identity['echo'] === undefined
    ? [problem('identity.echo', undefined, "the header field in which the backend says whose an answer is: 'X-User'")]
    : []

/** Patterns that an earlier entry covers entirely, so that no request reaches them. */
function unreachable(entries: readonly Entry[]): Problem[] {
  const patterns = entries.flatMap((entry) => entry.patterns.map((pattern) => ({ ...pattern, entry })))
  return patterns.flatMap(({ path, text, extent, entry }, at) => {
    const shadow = patterns.slice(0, at).find((earlier) => earlier.entry !== entry && covers(earlier.extent, extent))
    return shadow === undefined
      ? []
      : [problem(path, text, `a place before ${shadow.path} ('${shadow.text}'), which matches all of it first`)]
  })
}

/** Patterns of a write that a route matches first. The write would be answered from the cache, and never sent. */
function readInstead({ patterns }: Entry, routes: readonly Entry[]): Problem[] {
  const reads = routes.filter(({ options }) => readsOf(options) === undefined).flatMap((route) => route.patterns)
  return patterns.flatMap(({ path, text, extent }) => {
    const methods = extent.method === '' ? extent.usual : [extent.method]
    const read = reads.find((route) => methods.some((method) => covers(route.extent, { ...extent, method })))
    return read === undefined
      ? []
      : [
          problem(
            path,
            text,
            `a path that ${read.path} ('${read.text}') does not read, or \`reads\` on that route: such a write is answered from the cache and never reaches the server`,
          ),
        ]
  })
}

const readsOf = (options: unknown): unknown => (isRecord(options) ? options['reads'] : undefined)

/** Bodies decide about requests by POST alone. */
function undecided({ path, options, patterns }: Entry): Problem[] {
  const given = readsOf(options)
  return given === undefined || patterns.length === 0 || patterns.some(({ extent }) => extent.method === 'POST')
    ? []
    : [problem(`${path}.reads`, given, "a route with 'POST …' in match: what reads by GET has no body")]
}

const isRaced = ({ options }: Entry): boolean => isRecord(options) && options['race'] === true

/** A race that would hand a user's answer past the layer (I3), or that no static route can express. */
function racing({ identity, defaults }: Readonly<Record<string, unknown>>, route: Entry): Problem[] {
  const { path, options, patterns } = route
  if (!isRecord(options) || !isRaced(route)) return []
  const isPublic = options['public'] ?? (isRecord(defaults) ? defaults['public'] : undefined)
  const refused = [
    identity === 'none' || isPublic === true
      ? undefined
      : "public: true beside it: the network's answer passes by what keeps users apart",
    options['query'] === undefined ? undefined : 'no query beside it: the browser decides by the path alone',
    patterns.every(({ extent }) => /^(GET)?$/.test(extent.method))
      ? undefined
      : 'only GET in match: the browser races no other method',
  ]
  return refused.flatMap((expected) => (expected === undefined ? [] : [problem(`${path}.race`, true, expected)]))
}

/** The browser's own cache may answer the race with what is older than a write (I1). */
const pastTheLayer = ({ path }: Entry): Problem =>
  problem(
    `${path}.race`,
    true,
    "answers that the browser's own cache does not keep (Cache-Control: no-cache or no-store), or that no page changes",
  )

/** GraphQL sends queries and mutations to one path. */
const swallowing = ({ options, patterns }: Entry): Problem[] =>
  patterns
    .filter(
      ({ text, extent }) => extent.method === 'POST' && /graphql|\bgql\b/i.test(text) && readsOf(options) === undefined,
    )
    .map(({ path, text }) =>
      problem(path, text, "reads: 'graphql' on this route: without it a mutation is answered from the cache too"),
    )

/** A rule for data that also matches the app's pages. */
function greedy({ patterns }: Entry): Problem[] {
  return patterns
    .filter(({ text, extent }) => {
      const pattern = parsePattern(text)
      return (
        pattern !== 'invalid' &&
        extent.origin === '' &&
        /^(GET)?$/.test(extent.method) &&
        PAGES.some((page) => pattern.expression.test(page))
      )
    })
    .map(({ path, text }) =>
      problem(path, text, "a narrower pattern such as '/api/**': this one meets the app's pages too"),
    )
}

/** Example paths of an app's pages: its root, its document, a page and a nested page. */
const PAGES = ['/', '/index.html', '/any-page', '/any/page']
