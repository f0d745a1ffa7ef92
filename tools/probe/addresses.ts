import { matcherOf, type Pattern, type Rule, type Rules } from '../../config/language/index.ts'

/** An address that is asked for, and the rule that covers it. */
export interface Address {
  readonly url: URL
  /** Undefined: none does. */
  readonly rule: Rule | undefined
}

/** A pattern of a rule for which no address is known. */
export interface Unasked {
  readonly rule: Rule
  readonly pattern: string
  readonly why: string
}

/** Gives the body of the answer to an address, which is asked for where that has not been done yet; undefined: no success. */
export type TextOf = (url: URL) => Promise<string | undefined>

/**
 * The addresses by which the rules are tried: what is given, each pattern without a hole, and those whose holes can be
 * filled with what the list above them contains. Only what a rule covers is asked for, and what is given.
 *
 * @param given paths or URLs of that origin.
 * @throws where one of these is of another origin
 */
export async function addressesOf(
  rules: Rules,
  origin: string,
  given: readonly string[],
  textOf: TextOf,
): Promise<{ readonly addresses: readonly Address[]; readonly unasked: readonly Unasked[] }> {
  const matches = matcherOf(rules)
  const ruleOf = ({ origin: of, pathname, search }: URL): Rule | undefined => {
    const found = matches({ method: 'GET', origin: of, sameOrigin: true, pathname, search })
    return found?.kind === 'read' ? rules.routes[found.rule.index] : undefined
  }
  const found = new Map<string, Address>()
  const add = (url: URL): void => void found.set(url.href, { url, rule: ruleOf(url) })
  for (const path of given) add(ofOrigin(path, origin))
  const unasked: Unasked[] = []
  for (const rule of rules.routes) {
    for (const pattern of rule.patterns) {
      const why = await tryPattern(rule, pattern)
      const isTried = [...found.values()].some((address) => address.rule === rule && covers(pattern, address.url))
      if (why !== undefined && !isTried) unasked.push({ rule, pattern: textOfPattern(pattern), why })
    }
  }
  return { addresses: [...found.values()], unasked }

  /** Adds the address of a pattern; gives why none is known. */
  async function tryPattern(rule: Rule, pattern: Pattern): Promise<string | undefined> {
    if (!['', 'GET'].includes(pattern.method)) return 'only GET is asked'
    if (pattern.origin !== '' && pattern.origin !== origin) return 'it is of another origin'
    const query = Object.entries(rule.query)
    const open = query.find(([, value]) => value === true)
    if (open !== undefined) return `give one with the query ${open[0]} by --url`
    const path = await filled(pattern.path)
    if (path === undefined) return 'give one by --url'
    const url = new URL(path, origin)
    for (const [name, value] of query) if (typeof value === 'string') url.searchParams.set(name, value)
    // A rule before this one may be the one that covers it.
    if (ruleOf(url) === undefined) return 'give one by --url'
    add(url)
    return undefined
  }

  /** A path with each hole filled from the list above it; undefined where there is none, or nothing in it. */
  async function filled(path: string): Promise<string | undefined> {
    const segments = path.split('/')
    const at = segments.findIndex((segment) => HOLE.test(segment))
    if (at === -1) return path
    const hole = /^(?::(\w+)|\*)$/.exec(segments[at] ?? '')
    if (hole === null || at < 2) return undefined
    const list = new URL(segments.slice(0, at).join('/'), origin)
    if (ruleOf(list) === undefined) return undefined
    const id = idIn(await textOf(list), hole[1] ?? 'id')
    return id === undefined ? undefined : filled(segments.with(at, encodeURIComponent(id)).join('/'))
  }
}

const HOLE = /:[a-z_]|\*/i

function ofOrigin(path: string, origin: string): URL {
  const url = URL.canParse(path, origin) ? new URL(path, origin) : undefined
  if (url?.origin !== origin) throw new Error(`--url is ${path}: give a path of ${origin}, such as /api/items/1`)
  return url
}

const covers = (pattern: Pattern, { pathname }: URL): boolean => pattern.expression.test(pathname)

const textOfPattern = ({ method, origin, path }: Pattern): string =>
  `${method}${method === '' ? '' : ' '}${origin}${path}`

/** Where a list may lie in an answer: so deep. */
const DEPTH = 3

/** The name of the first item of a list in a JSON text; undefined where there is none. */
export function idIn(text: string | undefined, parameter: string): string | undefined {
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const item = firstItem(value, DEPTH)
  if (typeof item === 'string' || typeof item === 'number') return String(item)
  if (!isRecord(item)) return undefined
  const bare = parameter.replace(/^.+(?=Id$)|^.+_(?=id$)/, '').toLowerCase()
  const names = [parameter, bare, 'id', '_id', 'uuid', 'slug', 'key', 'code']
  const ids = names.map((name) => item[name])
  const id = ids.find((each) => (typeof each === 'string' && each !== '') || typeof each === 'number')
  return id === undefined ? undefined : String(id)
}

function firstItem(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value[0]
  if (!isRecord(value) || depth === 0) return undefined
  for (const each of Object.values(value)) {
    const found = firstItem(each, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
