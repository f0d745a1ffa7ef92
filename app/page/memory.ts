import { type Budget, excess, fits } from '../../sw/core/budget.ts'
import { Invalidations, type Target } from '../../sw/core/invalidation.ts'
import { EVERYONE, isOfNobody, isOfToken } from '../../sw/core/key.ts'
import type { Row } from '../../sw/core/row.ts'
import { type Sequence, sequence } from '../../sw/core/sequence.ts'

/** More invalidations fold into wider ones. */
const MAX_INVALIDATIONS = 1000

/** What a row takes beside its body and its texts. */
const ROW_BYTES = 512

/** What a page has read, for as long as it is open: rows with their bodies as bytes, bounded by the rules' budget. */
export class Memory {
  /** What writes and the app have ended. */
  readonly invalidations = new Invalidations()
  readonly #budget: Budget
  /** The variants of each key. The key that was used longest ago is the first. */
  readonly #rows = new Map<string, readonly Row[]>()
  readonly #sizes: Record<string, number> = {}
  /** Places of requests that are in the air. */
  readonly #inAir = new Set<Sequence>()
  #counter = 0
  /** What was asked for before is not stored any more: everything, or what belongs to a user. */
  #floor = { all: 0, personal: 0 }
  /** By key: what was asked for before has been removed since. */
  readonly #removed = new Map<string, Sequence>()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** The next place in the order of things. */
  next(): Sequence {
    return sequence(0, ++this.#counter)
  }

  /** A request begins. `land` it when nothing that it brings can be stored any more. */
  launch(): Sequence {
    const at = this.next()
    this.#inAir.add(at)
    return at
  }

  land(at: Sequence): void {
    this.#inAir.delete(at)
    // Removals only keep out what was asked for before them.
    if (this.#inAir.size === 0) this.#removed.clear()
  }

  /** The rows of a key, which count as used. */
  find(key: string): readonly Row[] {
    const rows = this.#rows.get(key)
    if (rows === undefined) return []
    this.#rows.delete(key)
    this.#rows.set(key, rows)
    return rows
  }

  isInvalidated(row: Row): boolean {
    return this.invalidations.covering(row) > row.sequence
  }

  /** The most bytes that the body of an answer of a rule may have. */
  fits(rule: string, size: number): boolean {
    return fits(rule, size + ROW_BYTES, this.#budget)
  }

  /** Stores a row in place of its variant, unless that is newer, or the row was removed while it was asked for (I2). */
  put(row: Row): boolean {
    const { key, variant, rule, partition } = row
    const floor = isOfNobody(partition) ? this.#floor.all : Math.max(this.#floor.all, this.#floor.personal)
    if (row.sequence <= floor || row.sequence <= (this.#removed.get(key) ?? 0)) return false
    const rows = this.#rows.get(key) ?? []
    const former = rows.find((other) => other.variant === variant)
    if ((former !== undefined && former.sequence > row.sequence) || !this.fits(rule, row.size)) return false
    if (former !== undefined) this.#resize(former, -1)
    this.#resize(row, 1)
    this.#rows.delete(key)
    this.#rows.set(key, [...rows.filter((other) => other !== former), row])
    this.#evict()
    return true
  }

  /** Removes what is stored under a key: what was asked for before this moment does not bring it back. */
  drop(key: string): void {
    if (this.#inAir.size > 0) this.#removed.set(key, this.next())
    this.#forget(key)
  }

  /** Ends `fresh` and `stale` of what these targets reach. */
  invalidate(targets: readonly Target[]): void {
    const at = this.next()
    for (const target of targets) this.invalidations.add({ target, sequence: at })
    if (this.invalidations.size <= MAX_INVALIDATIONS) return
    let oldest = at
    for (const each of this.#inAir) if (each < oldest) oldest = each
    for (const rows of this.#rows.values()) for (const row of rows) if (row.sequence < oldest) oldest = row.sequence
    this.invalidations.forget(this.invalidations.olderThan(oldest))
    const { gone, put } = this.invalidations.folded(MAX_INVALIDATIONS)
    this.invalidations.forget(gone)
    for (const wider of put) this.invalidations.add(wider)
  }

  /** Forgets everything, what is in the air as well. */
  clear(): void {
    this.#floor = { ...this.#floor, all: this.next() }
    for (const key of this.#rows.keys()) this.#forget(key)
  }

  /** Forgets what belongs to users, what is in the air as well (I3). */
  clearPersonal(): void {
    this.#floor = { ...this.#floor, personal: this.next() }
    for (const [key, rows] of this.#rows) if (rows.some(({ partition }) => !isOfNobody(partition))) this.#forget(key)
  }

  /**
   * What is stored of a URL, the latest first.
   *
   * @param partition of the page's user. Rows of tokens count as well: which token is the page's own is not known here.
   */
  rowsOf(url: string, partition: string | undefined): Row[] {
    const isAsked = (row: Row): boolean =>
      row.url === url && (row.partition === partition || isOfToken(row.partition) || row.partition === EVERYONE)
    return [...this.#rows.values()]
      .flat()
      .filter(isAsked)
      .toSorted((one, other) => other.sequence - one.sequence)
  }

  #forget(key: string): void {
    for (const row of this.#rows.get(key) ?? []) this.#resize(row, -1)
    this.#rows.delete(key)
  }

  #resize(row: Row, sign: 1 | -1): void {
    this.#sizes[row.rule] = (this.#sizes[row.rule] ?? 0) + sign * sizeOf(row)
  }

  /** What was used longest ago goes first, of each rule that has too much. */
  #evict(): void {
    const going = excess(this.#sizes, this.#budget)
    if (going.size === 0) return
    for (const [key, rows] of this.#rows) {
      const [first] = rows
      const left = first === undefined ? 0 : (going.get(first.rule) ?? 0)
      if (first === undefined || left <= 0) continue
      going.set(first.rule, left - rows.reduce((sum, row) => sum + sizeOf(row), 0))
      this.#forget(key)
    }
  }
}

function sizeOf({ size, key, url, fields }: Row): number {
  let texts = key.length + url.length
  for (const [name, value] of fields) texts += name.length + value.length
  return ROW_BYTES + size + 2 * texts
}
