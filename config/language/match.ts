import { OPEN, type Pattern, type RequestPath } from './pattern.ts'

/** A rule with one of its patterns. */
export interface Target<R> {
  /** The rule's index in its list. The first rule that matches decides. */
  readonly index: number
  readonly rule: R
  readonly pattern: Pattern
}

/**
 * The patterns with literal segments at the same positions, by those segments. Even many rules have few shapes. A
 * request costs one look-up per shape, and is compared only with rules that have the same literal segments.
 */
export interface Shape<R> {
  /** For each segment: whether it is literal. */
  readonly literal: readonly boolean[]
  /** Whether `**` follows. */
  readonly rest: boolean
  readonly targets: Map<string, Target<R>[]>
}

/** The shapes of these rules' patterns; the shape of the first rule comes first. */
export function shapesOf<R extends { readonly patterns: readonly Pattern[] }>(rules: readonly R[]): Shape<R>[] {
  const shapes = new Map<string, Shape<R>>()
  rules.forEach((rule, index) => {
    for (const pattern of rule.patterns) {
      const segments = pattern.path.split('/')
      const rest = segments.at(-1) === '**'
      if (rest) segments.pop()
      const literal = segments.map((segment) => !OPEN.test(segment))
      const shape = valueAt(shapes, `${rest} ${literal}`, () => ({ literal, rest, targets: new Map() }))
      valueAt(shape.targets, pattern.origin + literalsOf(shape, segments), () => []).push({ index, rule, pattern })
    }
  })
  return [...shapes.values()]
}

/**
 * The first rule in order whose path matches and that `accepts` accepts. The calls of `accepts` have no fixed order,
 * and may include rules after the result.
 */
export function firstMatch<R>(
  shapes: readonly Shape<R>[],
  { origin, sameOrigin, pathname }: RequestPath,
  accepts: (target: Target<R>) => boolean,
): Target<R> | undefined {
  const segments = pathname.split('/')
  let found: Target<R> | undefined
  for (const shape of shapes) {
    if (shape.rest ? segments.length < shape.literal.length : segments.length !== shape.literal.length) continue
    const literals = literalsOf(shape, segments)
    for (const home of sameOrigin ? [origin, ''] : [origin]) {
      for (const target of shape.targets.get(home + literals) ?? []) {
        if (found !== undefined && found.index <= target.index) break
        if (target.pattern.expression.test(pathname) && accepts(target)) found = target
      }
    }
  }
  return found
}

const literalsOf = ({ literal }: Shape<unknown>, segments: readonly string[]): string =>
  literal.map((isLiteral, at) => (isLiteral ? segments[at] : '')).join('/')

function valueAt<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}
