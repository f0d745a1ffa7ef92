import { OPEN, type Pattern, type RequestPath } from './pattern.ts'

/** A rule and the one of its patterns that leads to it. */
export interface Target<R> {
  /** The rule's place in its list: the first that matches decides. */
  readonly index: number
  readonly rule: R
  readonly pattern: Pattern
}

/**
 * The patterns that have their literal segments at the same places, by those segments. However many rules there are,
 * their shapes are few, so a request is looked up once per shape and compared only with rules that share its literals.
 */
export interface Shape<R> {
  /** For each segment whether it is literal. */
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
 * The first rule in order whose path matches and that `accepts` takes. `accepts` is asked in no particular order, and
 * may be asked about a target that comes after the result.
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
