import { NEVER, type Sequence, UNDER_WAY } from './sequence.ts'

/**
 * What an invalidation or a removal reaches: a tag; a URL, and when it has no query, that URL with any query; every URL
 * that begins with a prefix (the empty one: everything). A prefix ends with `/` or is empty.
 */
export type Target = `tag ${string}` | `url ${string}` | `prefix ${string}`

/** What a removal reaches besides: the data of one partition, or the answers under one key. */
export type RemovalTarget = Target | `partition ${string}` | `key ${string}`

/** Reaches everything. */
export const EVERYTHING: Target = 'prefix '

/** The target of all URLs that begin with a text, cut back to its last `/`: too much costs a validation. */
export const prefixTarget = (text: string): Target => `prefix ${text.slice(0, text.lastIndexOf('/') + 1)}`

/** The segments of a pattern (a path or a full URL) before its first hole or star; all of one that has none. */
export function literalOf(pattern: string): string {
  // The colons of an address are no holes.
  const [origin] = /^[a-z]+:\/\/[^/]*/i.exec(pattern) ?? ['']
  return origin + pattern.slice(origin.length).replace(/[^/]*(?::[a-z]|\*).*$/is, '')
}

/** An invalidation is a record of its own, never an edit of rows: a row is stale if one that covers it is newer. */
export interface Invalidation {
  readonly target: Target
  readonly sequence: Sequence
}

/** What can be covered by an invalidation. */
export interface Covered {
  readonly url: string
  readonly tags: readonly string[]
}

/** What can be covered by a removal. */
export interface Removable extends Covered {
  readonly key: string
  readonly partition: string
}

/**
 * What has been invalidated and what has been removed, and the writes under way, which cover what they name until they
 * end. A look-up costs one step per tag and per segment of the URL, however many records there are.
 */
export class Invalidations {
  readonly #invalidated = new Map<Target, Sequence>()
  readonly #removed = new Map<RemovalTarget, Sequence>()
  readonly #underWay = new Map<string, readonly Target[]>()

  get size(): number {
    return this.#invalidated.size
  }

  add({ target, sequence }: Invalidation): void {
    keepNewest(this.#invalidated, target, sequence)
  }

  /** What is covered and older than `sequence` is gone, and no request that began before brings it back. */
  addRemoval(target: RemovalTarget, sequence: Sequence): void {
    keepNewest(this.#removed, target, sequence)
  }

  begin(write: string, targets: readonly Target[]): void {
    this.#underWay.set(write, targets)
  }

  end(write: string): void {
    this.#underWay.delete(write)
  }

  /** The newest invalidation that covers a row; `UNDER_WAY` while a write that covers it has no answer yet. */
  covering(covered: Covered): Sequence {
    for (const targets of this.#underWay.values()) if (isReached(covered, targets)) return UNDER_WAY
    return newestOf(this.#invalidated, targetsOver(covered))
  }

  /** The newest removal that covers a row. */
  removing(row: Removable): Sequence {
    if (this.#removed.size === 0) return NEVER
    return newestOf(this.#removed, [`partition ${row.partition}`, `key ${row.key}`, ...targetsOver(row)])
  }

  /** The removals, the oldest first. */
  removals(): [target: RemovalTarget, sequence: Sequence][] {
    return [...this.#removed].toSorted(([, one], [, other]) => one - other)
  }

  /** Forgets a removal, but not one of the same target that came later. */
  forgetRemoval(target: RemovalTarget, sequence: Sequence): void {
    if (this.#removed.get(target) === sequence) this.#removed.delete(target)
  }

  /** Whether the newest removal of a target has this place. */
  isLatestRemoval(target: RemovalTarget, sequence: Sequence): boolean {
    return this.#removed.get(target) === sequence
  }

  /** The invalidations that no row older than `oldest` is left to be covered by. */
  olderThan(oldest: Sequence): Invalidation[] {
    return [...this.#invalidated].filter(([, at]) => at < oldest).map(([target, sequence]) => ({ target, sequence }))
  }

  /**
   * What brings the number of invalidations to `limit` or below: the older ones give way to ones that reach more, a URL or
   * prefix to the folder above it, a tag to everything. Too much is validated then, never too little.
   *
   * @param without what does not count, for it goes as well.
   * @returns what goes, and what stands in for them: nothing where there are few enough.
   */
  folded(limit: number, without: readonly Invalidation[] = []): Folded {
    const gone = new Set(without.map(({ target }) => target))
    const left = [...this.#invalidated].filter(([target]) => !gone.has(target))
    if (left.length <= limit) return { gone: [], put: [] }
    const byAge = left.toSorted(([, one], [, other]) => one - other)
    const old = byAge.slice(0, byAge.length - Math.floor(limit / 2))
    const wider = new Map<Target, Sequence>()
    for (const [target, sequence] of old) keepNewest(wider, folderOf(target), sequence)
    for (const target of wider.keys()) keepNewest(wider, target, this.#invalidated.get(target) ?? NEVER)
    return {
      gone: old.filter(([target]) => !wider.has(target)).map(([target, sequence]) => ({ target, sequence })),
      put: [...wider].map(([target, sequence]) => ({ target, sequence })),
    }
  }

  /** Forgets these, but not what has been invalidated anew meanwhile. */
  forget(invalidations: readonly Invalidation[]): void {
    for (const { target, sequence } of invalidations) {
      if (this.#invalidated.get(target) === sequence) this.#invalidated.delete(target)
    }
  }
}

/** What invalidations that have become too many give way to. */
interface Folded {
  readonly gone: readonly Invalidation[]
  readonly put: readonly Invalidation[]
}

/** Whether any of the targets covers what has this URL and these tags. */
export function isReached(covered: Covered, targets: readonly RemovalTarget[]): boolean {
  const names = new Set<RemovalTarget>(targetsOver(covered))
  return targets.some((target) => names.has(target))
}

/** Whether any of the targets of a removal covers a row. */
export const isRemovedBy = (row: Removable, targets: readonly RemovalTarget[]): boolean =>
  targets.some((target) => target === `partition ${row.partition}` || target === `key ${row.key}`) ||
  isReached(row, targets)

/** Every target that covers a URL with these tags. */
function targetsOver({ url, tags }: Covered): Target[] {
  const targets: Target[] = [EVERYTHING, `url ${url}`, `url ${withoutQuery(url)}`]
  for (const tag of tags) targets.push(`tag ${tag}`)
  for (let at = url.indexOf('/'); at >= 0; at = url.indexOf('/', at + 1)) targets.push(`prefix ${url.slice(0, at + 1)}`)
  return targets
}

function newestOf<T extends RemovalTarget>(records: ReadonlyMap<T, Sequence>, targets: readonly T[]): Sequence {
  let newest = NEVER
  if (records.size === 0) return newest
  for (const target of targets) {
    const sequence = records.get(target) ?? NEVER
    if (sequence > newest) newest = sequence
  }
  return newest
}

function keepNewest<T>(records: Map<T, Sequence>, target: T, sequence: Sequence): void {
  if (sequence > (records.get(target) ?? NEVER)) records.set(target, sequence)
}

function folderOf(target: Target): Target {
  const [kind, name] = [target.slice(0, target.indexOf(' ')), target.slice(target.indexOf(' ') + 1)]
  if (kind === 'tag') return EVERYTHING
  const path = withoutQuery(name).replace(/\/$/, '')
  // No folder is above an origin: the slashes of `https://` are none.
  return /\/\/[^/]*$/.test(path) || !path.includes('/') ? EVERYTHING : prefixTarget(path)
}

const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url
