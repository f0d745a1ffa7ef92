import { OPEN, parsePattern } from './pattern.ts'

/** One pattern of a rule, with the rule's query condition. `text` must have no mistakes. */
export interface Reach {
  readonly text: string
  readonly query: Readonly<Record<string, unknown>>
  /** The methods of a pattern that names none. */
  readonly usual: readonly string[]
}

/** A {@link Reach}, parsed once for many comparisons. */
export interface Extent extends Reach {
  readonly method: string
  readonly origin: string
  readonly segments: readonly string[]
  readonly rest: boolean
}

/** A pattern of a config: its path, its text and its reach. */
export interface Place {
  readonly path: string
  readonly text: string
  readonly extent: Extent
}

/** The extent of a pattern, segment by segment; `'invalid'` when it is not a pattern. */
export function extentOf(reach: Reach): Extent | 'invalid' {
  const pattern = parsePattern(reach.text)
  if (pattern === 'invalid') return 'invalid'
  const segments = pattern.path.split('/').slice(1)
  const rest = segments.at(-1) === '**'
  return {
    ...reach,
    method: pattern.method,
    origin: pattern.origin,
    segments: rest ? segments.slice(0, -1) : segments,
    rest,
  }
}

/** Whether `outer` matches every request that `inner` matches. False when that cannot be decided. */
export const covers = (outer: Extent, inner: Extent): boolean =>
  outer.origin === inner.origin &&
  (outer.rest
    ? inner.segments.length >= outer.segments.length
    : !inner.rest && inner.segments.length === outer.segments.length) &&
  (outer.method === inner.method || (outer.method === '' && outer.usual.includes(inner.method))) &&
  outer.segments.every((segment, at) => segmentCovers(segment, inner.segments[at] ?? '')) &&
  Object.entries(outer.query).every(
    ([name, wanted]) => inner.query[name] === wanted || (wanted === true && typeof inner.query[name] === 'string'),
  )

/** Whether some path may match both, whatever the methods and queries. True when that cannot be decided. */
export function overlaps(one: Extent, other: Extent): boolean {
  const [short, long] = one.segments.length <= other.segments.length ? [one, other] : [other, one]
  return (
    one.origin === other.origin &&
    (short.segments.length === long.segments.length || short.rest) &&
    short.segments.every((segment, at) => segmentsMeet(segment, long.segments[at] ?? ''))
  )
}

const segmentsMeet = (one: string, other: string): boolean =>
  segmentCovers(one, other) || segmentCovers(other, one) || (OPEN.test(one) && OPEN.test(other))

function segmentCovers(outer: string, inner: string): boolean {
  if (!OPEN.test(outer)) return outer === inner
  if (/^(\*|:\w+)$/.test(outer)) return inner !== ''
  if (OPEN.test(inner)) return nameless(outer) === nameless(inner)
  const pattern = parsePattern(`/${outer}`)
  return pattern !== 'invalid' && pattern.expression.test(`/${inner}`)
}

const nameless = (segment: string): string => segment.replace(/:[a-z_]\w*/gi, ':')
