import { decoded } from '../../sw/core/search.ts'
import { firstMatch, shapesOf, type Shape, type Target } from './match.ts'
import type { Pattern } from './pattern.ts'
import { queryHolds } from './query.ts'
import type { Matcher, RequestLine, Rule, Rules, WriteMatch, WriteRule } from './rule.ts'
import { fillAll, fillInvalidates, mapValues, type Values } from './template.ts'

/** Finds the rule for a request. Created once, when a worker starts. */
export function matcherOf({ routes, writes }: Pick<Rules, 'routes' | 'writes'>): Matcher {
  const readShapes = shapesOf(routes)
  const writeShapes = shapesOf(writes)

  return (request) => {
    const { method, search } = request
    const read = firstMatch(
      readShapes,
      request,
      ({ pattern, rule }) => hasMethod(pattern, /^(GET|HEAD)$/, method) && queryHolds(rule.query, search),
    )
    if (read !== undefined) return { kind: 'read', rule: read.rule, tags: tagsOf(read, request) }
    const isMeant = ({ pattern }: Target<unknown>): boolean => hasMethod(pattern, WRITING, method)
    const write = firstMatch(writeShapes, request, isMeant)
    if (write !== undefined) return declaredWrite(write, request)
    return SAFE.test(method) ? undefined : impliedWrite(readShapes, request)
  }
}

const WRITING = /^(POST|PUT|PATCH|DELETE)$/

/** Every other method may change data, unknown methods included (RFC 9110 §9.2.1, RFC 10008 §2). */
const SAFE = /^(GET|HEAD|OPTIONS|TRACE|QUERY)$/

const hasMethod = (pattern: Pattern, usual: RegExp, method: string): boolean =>
  pattern.method === '' ? usual.test(method) : pattern.method === method

const declaredWrite = ({ pattern, rule }: Target<WriteRule>, { pathname }: RequestLine): WriteMatch => ({
  kind: 'write',
  name: rule.name,
  session: rule.session,
  invalidates: fillInvalidates(rule.invalidates, valuesOf(pattern, pathname)),
})

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
  const tags = new Set(meant.flatMap((target) => tagsOf(target, request)))
  return { kind: 'write', name: first.rule.name, invalidates: { tags: [...tags], urls: [], patterns: [] } }
}

const tagsOf = ({ pattern, rule }: Target<Rule>, { pathname }: RequestLine): string[] =>
  fillAll(rule.tags, mapValues(valuesOf(pattern, pathname), decoded))

/** The parameters of a path that the pattern matches, still percent-encoded. */
const valuesOf = ({ expression }: Pattern, pathname: string): Values => expression.exec(pathname)?.groups ?? {}
