import { parseDuration } from './duration.ts'
import { isRecord, kind, list, problem, record, text, word, type Kind } from './kind.ts'
import { MEDIA_TYPE } from './media-type.ts'
import { MEMBER_PATH, meantMemberPath } from './member-path.ts'
import type { Config, IdentifiedBy, QueueOptions, Route, RouteOptions, Write } from './options.ts'
import { patternMistake } from './pattern-mistakes.ts'
import { PRESETS } from './presets.ts'
import { parseSize } from './size.ts'
import { nearest } from './spelling.ts'

/** The methods that a read may name, and the default ones. */
export const READ_METHODS = { all: ['GET', 'HEAD', 'POST', 'QUERY'], usual: ['GET', 'HEAD'] } as const

/** The methods that a write may name. Default: all of them. */
export const WRITE_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** The methods of `writes`, and GET for a link that signs the user out. */
export const WATCHED_METHODS = ['GET', ...WRITE_METHODS]

const CHOICES =
  "a choice: 'none' (everyone gets the same answers), { by: ['authorization'] } (users differ by the Authorization " +
  "field), { by: ['identify'] } (the page says who it is), { by: ['authorization', 'identify'] }, or { by: ['echo'], echo: 'X-User' } (the backend says whose an answer is)"

export const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

export const isDuration = (value: unknown): boolean => parseDuration(value) !== 'invalid'

/** `'5mins'` means `'5m'`. A number without a unit gets no suggestion, because the unit is unknown. */
export const meantDuration =
  (...words: readonly string[]) =>
  (given: string): string | undefined => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(mil|ms|mo|[smhdw])/i.exec(given) ?? []
    if (amount === undefined || unit === undefined) return nearest(given, words)
    const short = unit.toLowerCase()
    return short === 'mo' ? undefined : amount + (short === 'mil' ? 'ms' : short)
  }

/** A duration or one of these words. */
const timeOr = (...words: readonly string[]): Kind =>
  kind(
    `a duration with its unit ('30s', '5m', '2h', '7d'), 0, ${words.map((each) => `'${each}'`).join(' or ')}`,
    (given) => isDuration(given) || words.some((each) => each === given),
    meantDuration(...words),
  )

export const duration = timeOr('forever')

const window = timeOr('forever', 'http')

export const pattern =
  (methods: readonly string[]): Kind =>
  (value, path, problems) => {
    if (typeof value !== 'string') {
      return void problems.push(problem(path, value, "a pattern such as '/api/products/:id'"))
    }
    const mistake = patternMistake(value, methods)
    if (mistake !== undefined) problems.push(problem(path, value, mistake.expected, mistake.nearest))
  }

const match =
  (methods: readonly string[]): Kind =>
  (value, path, problems) =>
    Array.isArray(value) && value.length > 0
      ? list(pattern(methods))(value, path, problems)
      : pattern(methods)(value, path, problems)

export const template = text("a text whose braces hold names: 'product:{id}'", /^(?:[^{}]|\{\w+\})+$/)

/** A tag, a URL or a pattern. A URL or pattern, without holes and query, is checked like that of a rule. */
const invalidated: Kind = (value, path, problems) => {
  if (typeof value === 'function') return
  template(value, path, problems)
  if (typeof value !== 'string' || !/^(?:[A-Z]+ )?(?:\w+:\/)?\//.test(value)) return
  const mistake = patternMistake(value.replace(/\{\w+\}/g, '-').replace(/\?[^#]*/, ''), [])
  if (mistake === undefined) return
  // A parameter of another router's spelling means a hole here.
  const near = value.includes('{') ? undefined : mistake.nearest?.replace(/:([a-z_]\w*)(?=\/|$)/gi, '{$1}')
  problems.push(problem(path, value, mistake.expected, near))
}

const query: Kind = (value, path, problems) => {
  if (!isRecord(value))
    return void problems.push(problem(path, value, "conditions such as { view: 'full', draft: false }"))
  for (const [name, wanted] of Object.entries(value)) condition(wanted, `${path}.${name}`, problems)
}

const condition = kind(
  'a text (the value), true (any value) or false (absent)',
  (value) => typeof value === 'string' || typeof value === 'boolean',
)

/**
 * A function. Nothing else is needed for it to reach the worker, as long as `compileRules` hands on the function itself:
 * see `tools/rules/rules-source.ts`.
 */
export const call = (signature: string): Kind => kind(`a function ${signature}`, (value) => typeof value === 'function')

const reads: Kind = (value, path, problems) => {
  if (typeof value !== 'function')
    kind(
      "'graphql' or a function from a body to true or false",
      (given) => given === 'graphql',
      (given) => nearest(given, ['graphql']),
    )(value, path, problems)
}

/** A path of the app's own origin, without query. */
export const pathOf = (example: string): Kind =>
  text(`a path of the app's own origin such as '${example}'`, /^\/(?!\/)[^\s*?#]*$/, (given) =>
    /^(?!\w+:)[^/\s*?#]/.test(given) ? `/${given.replace(/^[./]+/, '')}` : undefined,
  )

export const flag = kind('true or false', (value) => typeof value === 'boolean')

export const size = kind(
  "a size with its unit ('500kB', '20MB', '1GB')",
  (value) => parseSize(value) !== 'invalid',
  (given) => {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg])i?b?$/i.exec(given) ?? []
    return amount && `${amount}${unit.toLowerCase() === 'k' ? 'k' : unit.toUpperCase()}B`
  },
)

/** A path or a full URL, with holes. */
export const PLACE = /^(?:https?:\/)?\/(?!\/\/)(?:[^{}\s#*]|\{\w+\})*$/

/** The name of a header field (RFC 9110 §5.1). */
export const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/

export const fieldName = text("the name of a header field: 'X-Store-Id'", FIELD_NAME)

/** A field whose value may be part of a key (I5). */
const keyHeader: Kind = (value, path, problems) =>
  typeof value === 'string' && /^(?:(?:proxy-)?authorization|cookie)$/i.test(value)
    ? void problems.push(
        problem(path, value, 'a field without secrets: leave it out, `identity` keeps the answers of users apart'),
      )
    : fieldName(value, path, problems)

export const parameters = list(text("a name, or its beginning and a star: 'utm_*'", /^(?:[^*]+\*?|\*)$/))

const ROUTE_OPTIONS: Readonly<Record<Exclude<keyof RouteOptions, 'poll'>, Kind>> = {
  fresh: window,
  stale: window,
  offline: window,
  preset: word(...Object.keys(PRESETS)),
  timeout: duration,
  retry: kind(
    'a whole number from 0 to 5',
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 5,
  ),
  ignoreQuery: parameters,
  ignoreInDiff: list(
    text(
      "the path of a member of a JSON body: 'serverTime', 'meta.now', 'items.*.seenAt'",
      MEMBER_PATH,
      meantMemberPath,
    ),
  ),
  expects: text("'json', a media type such as 'text/csv', 'image/*' or '*/*'", MEDIA_TYPE, (given) =>
    nearest(given, ['json', 'application/json']),
  ),
  trust: word('http', 'rule'),
  heuristic: kind('a part from 0 to 1 such as 0.1', (value) => typeof value === 'number' && value >= 0 && value <= 1),
  public: flag,
  ranges: flag,
  onReload: word('validate', 'rule'),
  onFocus: flag,
  onReconnect: flag,
  pollHidden: flag,
  cookieVariants: flag,
  budget: size,
  keyHeaders: list(keyHeader),
}

const ROUTE: Readonly<Record<Exclude<keyof Route, WorkerRouteOption>, Kind>> = {
  match: match(READ_METHODS.all),
  query,
  tags: list(template),
  race: flag,
  dictionary: kind(
    "true, false or 'until-sign-out'",
    (value) => typeof value === 'boolean' || value === 'until-sign-out',
    (given) => nearest(given, ['until-sign-out']),
  ),
  reads,
  name: kind('a text', isText),
  ...ROUTE_OPTIONS,
}

const WRITE: Readonly<Record<Exclude<keyof Write, keyof QueueOptions>, Kind>> = {
  match: match(WATCHED_METHODS),
  invalidates: list(invalidated),
  session: word('sign-in', 'sign-out'),
  stores: flag,
  name: kind('a text', isText),
}

const WAYS: readonly unknown[] = ['authorization', 'identify', 'echo'] satisfies IdentifiedBy['by']

const way = kind(
  "'authorization', 'identify' or 'echo' (for a session cookie one of the last two: a worker cannot see cookies)",
  (value) => WAYS.includes(value),
  (given) => nearest(given, WAYS.map(String)),
)

const IDENTIFIED_BY: Readonly<Record<keyof IdentifiedBy, Kind>> = {
  by: (value, path, problems) =>
    Array.isArray(value) && value.length > 0
      ? list(way)(value, path, problems)
      : void problems.push(problem(path, value, "a list of 'authorization', 'identify' and 'echo', at least one")),
  echo: text("the name of a header field: 'X-User'", FIELD_NAME),
  probe: text("a path of the app's own origin such as '/api/session'", /^\/(?!\/)\S*$/),
  offlineIdentity: word('last'),
  partitionOf: call('from a token to the name of its user'),
}

const identity: Kind = (value, path, problems) =>
  isRecord(value)
    ? record(IDENTIFIED_BY, { by: "['authorization'], ['identify'] or both" })(value, path, problems)
    : kind(
        CHOICES,
        (given) => given === 'none',
        (given) => nearest(given, ['none']),
      )(value, path, problems)

/** The options that only a worker makes something of. */
type WorkerOption = 'shell' | 'navigation' | 'kill' | 'push' | 'sync' | 'collections' | 'outbox'
type WorkerRouteOption = 'poll' | 'versions'

/** What is expected of them. */
interface WorkerKinds {
  readonly options: Readonly<Record<WorkerOption, Kind>>
  readonly ofRoutes: Readonly<Record<WorkerRouteOption, Kind>>
  readonly ofWrites: Readonly<Record<keyof QueueOptions, Kind>>
}

/** A whole config. */
export function configWith({ options, ofRoutes, ofWrites }: WorkerKinds): Kind {
  const { poll, versions } = ofRoutes
  const config: Readonly<Record<keyof Config, Kind>> = {
    version: kind("a text or a number such as '1'", (value) => isText(value) || Number.isFinite(value)),
    identity,
    budget: size,
    defaults: record({ ...ROUTE_OPTIONS, poll }),
    routes: list(record({ ...ROUTE, poll, versions }, { match: "a pattern such as '/api/products/:id'" })),
    writes: list(
      record(
        { ...WRITE, ...ofWrites },
        {
          match: "a pattern such as 'POST /api/sales'",
        },
      ),
    ),
    groups: list(text("a name, or its beginning and a star: 'product:*'", /^(?:[^*]+\*?|\*)$/)),
    $schema: kind('the address of a JSON Schema', isText),
    ...options,
  }
  return record(config, {
    version: "a text or a number such as '1'",
    identity: CHOICES,
    routes: "a list such as [{ match: '/api/products', fresh: '5m' }]",
  })
}
