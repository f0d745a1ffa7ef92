import { NEVER, type Sequence, UNDER_WAY } from './sequence.ts'

/**
 * What an invalidation reaches: a tag; a URL, and when it has no query, that URL with any query; every URL that starts
 * with a prefix (the empty one: everything).
 */
export type Target = `tag ${string}` | `url ${string}` | `prefix ${string}`

/** The segments of a pattern (a path or a full URL) before its first hole or star; all of one that has none. */
export function literalOf(pattern: string): string {
  // The colons of an address are no holes.
  const [origin] = /^[a-z]+:\/\/[^/]*/i.exec(pattern) ?? ['']
  return origin + pattern.slice(origin.length).replace(/[^/]*(?::[a-z]|\*).*$/is, '')
}

/** An invalidation is a record of its own, never an edit of rows: a row is stale if a mark that covers it is newer. */
export interface Invalidation {
  readonly target: Target
  readonly sequence: Sequence
}

interface Covered {
  readonly url: string
  readonly tags: readonly string[]
}

/** All invalidations that still matter, and the writes under way, which cover what they name until they end. */
export class Invalidations {
  readonly #exact = new Map<Target, Sequence>()
  readonly #prefixes = new Map<Target, Sequence>()
  readonly #underWay = new Map<string, readonly Target[]>()

  add({ target, sequence }: Invalidation): void {
    const marks = this.#of(target)
    if (sequence > (marks.get(target) ?? NEVER)) marks.set(target, sequence)
  }

  begin(write: string, targets: readonly Target[]): void {
    this.#underWay.set(write, targets)
  }

  end(write: string): void {
    this.#underWay.delete(write)
  }

  /** The newest invalidation that covers a row; `UNDER_WAY` while a write that covers it has no answer yet. */
  covering({ url, tags }: Covered): Sequence {
    for (const targets of this.#underWay.values()) if (isReached({ url, tags }, targets)) return UNDER_WAY
    let newest = NEVER
    const meet = (sequence: Sequence = NEVER): void => {
      if (sequence > newest) newest = sequence
    }
    for (const target of namesOf({ url, tags })) meet(this.#exact.get(target))
    for (const [target, sequence] of this.#prefixes) if (isUnder(target, url)) meet(sequence)
    return newest
  }

  /** Forgets the marks that no row older than `oldest` is left to be covered by, and returns their targets. */
  forgetBefore(oldest: Sequence): Target[] {
    const forgotten: Target[] = []
    for (const marks of [this.#exact, this.#prefixes]) {
      for (const [target, sequence] of marks) {
        if (sequence >= oldest) continue
        marks.delete(target)
        forgotten.push(target)
      }
    }
    return forgotten
  }

  #of(target: Target): Map<Target, Sequence> {
    return target.startsWith(PREFIX) ? this.#prefixes : this.#exact
  }
}

/** Whether any of the targets covers what has this URL and these tags. */
export function isReached(covered: Covered, targets: readonly Target[]): boolean {
  const names = namesOf(covered)
  return targets.some((target) => names.includes(target) || isUnder(target, covered.url))
}

const namesOf = ({ url, tags }: Covered): Target[] => [
  `url ${url}`,
  `url ${withoutQuery(url)}`,
  ...tags.map((tag): Target => `tag ${tag}`),
]

const PREFIX = 'prefix '

const isUnder = (target: Target, url: string): boolean =>
  target.startsWith(PREFIX) && url.startsWith(target.slice(PREFIX.length))

const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url
