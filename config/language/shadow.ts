import { OPEN, parsePattern } from './pattern.ts'

/** One pattern of a rule, and what its rule asks of the query. `text` must be free of mistakes. */
export interface Reach {
  readonly text: string
  readonly query: Readonly<Record<string, unknown>>
  /** The methods meant when the pattern names none. */
  readonly usual: readonly string[]
}

/** A {@link Reach}, taken apart once, so that many can be compared. */
export interface Extent extends Reach {
  readonly method: string
  readonly origin: string
  readonly segments: readonly string[]
  readonly rest: boolean
}

/** A pattern of a config: where it stands, what is written there, what it reaches. */
export interface Place {
  readonly path: string
  readonly text: string
  readonly extent: Extent
}

/** What a pattern reaches, segment by segment; `'invalid'` for what is no pattern. */
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

/** Whether every request that `inner` reaches is one that `outer` reaches too. Where it cannot tell, it says no. */
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

function segmentCovers(outer: string, inner: string): boolean {
  if (!OPEN.test(outer)) return outer === inner
  if (/^(\*|:\w+)$/.test(outer)) return inner !== ''
  if (OPEN.test(inner)) return nameless(outer) === nameless(inner)
  const pattern = parsePattern(`/${outer}`)
  return pattern !== 'invalid' && pattern.expression.test(`/${inner}`)
}

const nameless = (segment: string): string => segment.replace(/:[a-z_]\w*/gi, ':')
