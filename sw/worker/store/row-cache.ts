import type { Row } from '../../core/row.ts'

const MAX_REMEMBERED = 512

/** Of bodies that are bytes in memory; a `Blob` is not. In an engine that keeps no Blobs each body is bytes. */
const MAX_BYTES = 8 * 2 ** 20

/** Rows in memory, by key: of each key all variants, or nothing. Those used longest ago go first. */
export class RowCache {
  readonly #rows = new Map<string, readonly Row[]>()
  #bytes = 0
  /** Reads of the store that are under way. */
  readonly #reads = new Set<{ readonly key: string; isOutdated: boolean }>()

  get(key: string): readonly Row[] | undefined {
    const rows = this.#rows.get(key)
    if (rows !== undefined) this.#set(key, rows)
    return rows
  }

  /**
   * Reads the store on behalf of a key. What it gives is remembered; undefined where rows of the key were stored or
   * removed meanwhile: it may be older than they are.
   */
  async load(key: string, work: () => Promise<readonly Row[]>): Promise<readonly Row[] | undefined> {
    const read = { key, isOutdated: false }
    this.#reads.add(read)
    try {
      const rows = await work()
      if (read.isOutdated) return undefined
      this.#set(key, rows)
      return rows
    } finally {
      this.#reads.delete(read)
    }
  }

  /** What the store has under a key. */
  #set(key: string, rows: readonly Row[]): void {
    this.#forget(key)
    const size = bytesOf(rows)
    if (size > MAX_BYTES) return
    this.#rows.set(key, rows)
    this.#bytes += size
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= MAX_REMEMBERED && this.#bytes <= MAX_BYTES) return
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#bytes -= bytesOf(this.#rows.get(key) ?? [])
    this.#rows.delete(key)
  }

  /** The store has a new row, in place of the one of its variant. */
  replace(row: Row): void {
    this.#outdate(row.key)
    const known = this.#rows.get(row.key)
    if (known !== undefined) this.#set(row.key, [row, ...known.filter(({ variant }) => variant !== row.variant)])
  }

  delete(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#outdate(key)
      this.#forget(key)
    }
  }

  clear(): void {
    this.#outdate(undefined)
    this.#rows.clear()
    this.#bytes = 0
  }

  /** @param key undefined: all. */
  #outdate(key: string | undefined): void {
    for (const read of this.#reads) if (key === undefined || read.key === key) read.isOutdated = true
  }
}

const bytesOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, { body, request }) => sum + lengthOf(body) + lengthOf(request.body), 0)

const lengthOf = (body: unknown): number => (body instanceof ArrayBuffer ? body.byteLength : 0)
