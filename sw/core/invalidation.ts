import { NEVER, type Sequence, UNDER_WAY } from './sequence.ts'

/**
 * What an invalidation or a removal covers: a tag; a URL (without a query: that URL with any query); or every URL that
 * begins with a prefix. A prefix ends with `/`, or is empty and covers everything.
 */
export type Target = `tag ${string}` | `url ${string}` | `prefix ${string}`

/** A removal can also cover the data of one partition, or the answers under one key. */
export type RemovalTarget = Target | `partition ${string}` | `key ${string}`

const PARTITION = 'partition '

/** The target for all data of a partition. */
export const partitionTarget = (partition: string): RemovalTarget => `${PARTITION}${partition}`

/** The partition whose data a target covers; undefined: the target is of another kind. */
export const partitionOfTarget = (target: RemovalTarget): string | undefined =>
  target.startsWith(PARTITION) ? target.slice(PARTITION.length) : undefined

/** Covers everything. */
export const EVERYTHING: Target = 'prefix '

/**
 * The target for all URLs that begin with a text, cut back to its last `/`. Covering too much costs only a validation.
 */
export const prefixTarget = (text: string): Target => `prefix ${text.slice(0, text.lastIndexOf('/') + 1)}`

/**
 * The segments of a pattern (a path or a full URL) before its first parameter or star; the whole pattern without
 * either.
 */
export function literalOf(pattern: string): string {
  // A colon in the origin does not begin a parameter.
  const [origin] = /^[a-z]+:\/\/[^/]*/i.exec(pattern) ?? ['']
  return origin + pattern.slice(origin.length).replace(/[^/]*(?::[a-z]|\*).*$/is, '')
}

/** An invalidation is its own record and never edits rows. A row is stale if a newer invalidation covers it. */
export interface Invalidation {
  readonly target: Target
  readonly sequence: Sequence
}

/** The parts of a row that an invalidation can match. */
export interface Covered {
  readonly url: string
  readonly tags: readonly string[]
}

/**
 * The same with these tags as well. A row that older rules have stored lacks the tags that its rule has now: invalidations
 * and removals reach it by these, too (I1).
 */
export const withTags = <C extends Covered>(covered: C, tags: readonly string[]): C =>
  tags.every((tag) => covered.tags.includes(tag))
    ? covered
    : { ...covered, tags: [...new Set([...covered.tags, ...tags])] }

/** The parts of a row that a removal can match. */
export interface Removable extends Covered {
  readonly key: string
  readonly partition: string
}

/**
 * The invalidations, the removals and the writes under way. A write covers its targets until it ends. A look-up costs
 * one step per tag and per segment of the URL, independent of the number of records.
 */
export class Invalidations {
  readonly #invalidated = new Map<Target, Sequence>()
  readonly #removed = new Map<RemovalTarget, Sequence>()
  readonly #underWay = new Map<string, readonly Target[]>()
  /** Moves with each invalidation, each removal and each write that begins. */
  version = 0
  #newest = NEVER

  /** The place of the newest invalidation, whatever it covers; `UNDER_WAY` while any write has no answer yet. */
  get newest(): Sequence {
    return this.#underWay.size > 0 ? UNDER_WAY : this.#newest
  }

  get size(): number {
    return this.#invalidated.size
  }

  add({ target, sequence }: Invalidation): void {
    this.version++
    if (sequence > this.#newest) this.#newest = sequence
    keepNewest(this.#invalidated, target, sequence)
  }

  /** Covered rows older than `sequence` are removed. A request that began before `sequence` cannot store them again. */
  addRemoval(target: RemovalTarget, sequence: Sequence): void {
    this.version++
    keepNewest(this.#removed, target, sequence)
  }

  begin(write: string, targets: readonly Target[]): void {
    this.version++
    this.#underWay.set(write, targets)
  }

  end(write: string): void {
    this.#underWay.delete(write)
  }

  /**
   * The newest invalidation that covers a row; `UNDER_WAY` while a write that covers it has no answer yet.
   *
   * @param except a write that does not count while it is under way.
   */
  covering(covered: Covered, except?: string): Sequence {
    for (const [write, targets] of this.#underWay) {
      if (write !== except && isReached(covered, targets)) return UNDER_WAY
    }
    return newestOf(this.#invalidated, targetsOver(covered))
  }

  /** Whether anything has been removed. */
  get hasRemovals(): boolean {
    return this.#removed.size > 0
  }

  /** The newest removal that covers a row. */
  removing(row: Removable): Sequence {
    if (!this.hasRemovals) return NEVER
    return newestOf(this.#removed, [partitionTarget(row.partition), `key ${row.key}`, ...targetsOver(row)])
  }

  /** The removals, the oldest first. */
  removals(): [target: RemovalTarget, sequence: Sequence][] {
    return [...this.#removed].toSorted(([, one], [, other]) => one - other)
  }

  /** Forgets a removal, unless a later removal of the same target replaced it. */
  forgetRemoval(target: RemovalTarget, sequence: Sequence): void {
    if (this.#removed.get(target) === sequence) this.#removed.delete(target)
  }

  /** The invalidations older than `oldest`, the oldest stored row. They cover no row any more. */
  olderThan(oldest: Sequence): Invalidation[] {
    return [...this.#invalidated].filter(([, at]) => at < oldest).map(([target, sequence]) => ({ target, sequence }))
  }

  /**
   * Brings the number of invalidations to `limit` or below. Wider invalidations replace the older ones: the folder
   * above replaces a URL or prefix, and everything replaces a tag. The layer may then validate too much, never too
   * little.
   *
   * @param without invalidations that are deleted anyway, and do not count.
   * @returns what to delete and what to put in its place; both empty when the limit is kept.
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

  /** Forgets these invalidations, except targets that were invalidated again since. */
  forget(invalidations: readonly Invalidation[]): void {
    for (const { target, sequence } of invalidations) {
      if (this.#invalidated.get(target) === sequence) this.#invalidated.delete(target)
    }
  }
}

/** The invalidations that folding deletes, and the wider ones that replace them. */
interface Folded {
  readonly gone: readonly Invalidation[]
  readonly put: readonly Invalidation[]
}

/** Whether any target covers a row with this URL and these tags. */
export function isReached(covered: Covered, targets: readonly RemovalTarget[]): boolean {
  const names = new Set<RemovalTarget>(targetsOver(covered))
  return targets.some((target) => names.has(target))
}

/** Whether any of the targets of a removal covers a row. */
export const isRemovedBy = (row: Removable, targets: readonly RemovalTarget[]): boolean =>
  targets.some((target) => target === partitionTarget(row.partition) || target === `key ${row.key}`) ||
  isReached(row, targets)

/**
 * Every target that covers a URL with these tags. A read that was redirected to the same path but for its slash is stored
 * under the path that was asked, and a write may go to the other: a URL covers both.
 */
function targetsOver({ url, tags }: Covered): Target[] {
  const path = withoutQuery(url)
  const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  const targets: Target[] = [EVERYTHING]
  for (const each of [path, other]) targets.push(`url ${each}`, `url ${each}${url.slice(path.length)}`)
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
  // An origin has no folder above it: the slashes of `https://` do not count.
  return /\/\/[^/]*$/.test(path) || !path.includes('/') ? EVERYTHING : prefixTarget(path)
}

const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url
