import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'
import { firstMatch, shapesOf, type Shape, type Target } from './match.ts'
import type { Pattern } from './pattern.ts'
import { queryHolds } from './query.ts'
import type { Matcher, Params, RequestLine, Rule, Rules, WriteMatch } from './rule.ts'
import { fillTags } from './template.ts'

/** Finds the rule for a request. Created once, when a worker starts. */
export function matcherOf({ routes, writes }: Pick<Rules, 'routes' | 'writes'>): Matcher {
  const readShapes = shapesOf(routes)
  const writeShapes = shapesOf(writes)
  // A link that signs in or out. A build refuses a route at its path; rules that no build has checked may have one.
  const linkShapes = shapesOf(writes.filter(({ patterns }) => patterns.some(isLink)))

  return (given, asWrite = false) => {
    const request = { ...given, pathname: normaliseEncoding(given.pathname) }
    const { method, search } = request
    const isRead = ({ pattern, rule }: Target<Rule>): boolean =>
      !asWrite && hasMethod(pattern, /^(GET|HEAD)$/, method) && queryHolds(rule.query, search)
    const isNamed = ({ pattern }: Target<unknown>): boolean => isLink(pattern) && pattern.method === method
    const link = firstMatch(linkShapes, request, isNamed)
    const read = link === undefined ? firstMatch(readShapes, request, isRead) : undefined
    if (read !== undefined) return { kind: 'read', rule: read.rule, ...filled(read, read.rule.tags, request) }
    const isMeant = ({ pattern }: Target<unknown>): boolean => hasMethod(pattern, WRITING, method)
    const write = link ?? firstMatch(writeShapes, request, isMeant)
    if (write !== undefined)
      return { kind: 'write', rule: write.rule, ...filled(write, write.rule.invalidates.tags, request) }
    return isSafe(method) ? undefined : impliedWrite(readShapes, request)
  }
}

/** A write that names a safe method. */
const isLink = ({ method }: Pattern): boolean => isSafe(method)

const WRITING = /^(POST|PUT|PATCH|DELETE)$/

/**
 * Every other method may change data, unknown methods included: these alone are safe by IANA's registry of methods
 * (RFC 9110 §9.2.1, §16.1.1; RFC 10008 §2).
 */
const SAFE = /^(GET|HEAD|OPTIONS|TRACE|QUERY|PROPFIND|REPORT|SEARCH|PRI)$/

export const isSafe = (method: string): boolean => SAFE.test(method)

const hasMethod = (pattern: Pattern, usual: RegExp, method: string): boolean =>
  pattern.method === '' ? usual.test(method) : pattern.method === method

/**
 * A write without its own entry, at a path that a route reads: it ends the tags of that route. A route with a query
 * condition may or may not be meant. So the routes after it count too, up to the first route without a condition.
 */
function impliedWrite(shapes: readonly Shape<Rule>[], request: RequestLine): WriteMatch | undefined {
  const met: Target<Rule>[] = []
  const last = firstMatch(shapes, request, (target) => {
    met.push(target)
    return Object.keys(target.rule.query).length === 0
  })
  const meant = met
    .filter(({ index }) => last === undefined || index <= last.index)
    .toSorted((one, other) => one.index - other.index)
  const [first] = meant
  if (first === undefined) return undefined
  const { name, patterns } = first.rule
  const { params } = filled(first, [], request)
  const tags = new Set(meant.flatMap((target) => filled(target, target.rule.tags, request).tags))
  const rule = { name, patterns, invalidates: { tags: [], urls: [], patterns: [] }, session: undefined }
  return { kind: 'write', rule, params, tags: [...tags] }
}

/** The parameters of a path that the pattern matches, and tags filled in with them. */
function filled(
  { pattern }: Target<unknown>,
  templates: readonly string[],
  { pathname }: RequestLine,
): { readonly params: Params; readonly tags: string[] } {
  const params = pattern.expression.exec(pathname)?.groups ?? {}
  return { params, tags: fillTags(templates, params) }
}
