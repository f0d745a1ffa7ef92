import type { Row } from '../../core/row.ts'

const MAX_REMEMBERED = 512

/** Rows in memory, by key: of each key all variants, or nothing. Those used longest ago go first. */
export class RowCache {
  readonly #rows = new Map<string, readonly Row[]>()
  /** Moves with every change of rows, so that a read of the store begun before it does not fill the memory. */
  generation = 0

  get(key: string): readonly Row[] | undefined {
    const rows = this.#rows.get(key)
    if (rows !== undefined) this.set(key, rows)
    return rows
  }

  /** What the store has under a key. */
  set(key: string, rows: readonly Row[]): void {
    this.#rows.delete(key)
    this.#rows.set(key, rows)
    if (this.#rows.size <= MAX_REMEMBERED) return
    for (const oldest of this.#rows.keys()) {
      this.#rows.delete(oldest)
      return
    }
  }

  /** The store has a new row, in place of the one of its variant. */
  replace(row: Row): void {
    this.generation++
    const known = this.#rows.get(row.key)
    if (known !== undefined) this.set(row.key, [row, ...known.filter(({ variant }) => variant !== row.variant)])
  }

  delete(keys: Iterable<string>): void {
    this.generation++
    for (const key of keys) this.#rows.delete(key)
  }

  clear(): void {
    this.generation++
    this.#rows.clear()
  }
}
