/** What a caller may see of an entity, as numbers. */
export interface Total {
  readonly total: number
  /** See `collectionDigest`. */
  readonly digest: number
}

/**
 * So long the numbers of one state of the log are kept: what changes without an entry in the log, as through a joined table, is
 * counted after this. Unit: milliseconds.
 */
const KEPT_MS = 10_000

/** Of so many kinds of callers the numbers are kept. */
const MOST_KEPT = 1000

/** Places in the order of transactions, see `LogState.horizon`. */
interface Places {
  /** Of what is counted now. */
  readonly horizon: bigint
  /** The rows that the caller holds are as of this place at least: what was counted before it may be older than they are. */
  readonly since: bigint
}

interface Kept {
  readonly state: string
  readonly horizon: bigint
  readonly sinceMs: number
  readonly total: Promise<Total>
}

/**
 * Counts the rows of an entity once for all callers who see the same of it. Two thousand clients that hear of one change would
 * have the database read all rows two thousand times.
 */
export class Totals {
  readonly #kept = new Map<string, Kept>()

  /**
   * @param seen names what the caller may see: the entity, the select and its values.
   * @param state names the state of the log.
   */
  async of(seen: string, state: string, { horizon, since }: Places, read: () => Promise<Total>): Promise<Total> {
    const kept = this.#kept.get(seen)
    const nowMs = performance.now()
    if (kept?.state === state && kept.horizon >= since && nowMs - kept.sinceMs < KEPT_MS)
      // The caller whose question it was may be gone: then each reads by itself.
      return kept.total.catch(read)
    const total = read()
    const entry: Kept = { state, horizon, sinceMs: nowMs, total }
    this.#kept.delete(seen)
    this.#kept.set(seen, entry)
    total.catch(() => this.#kept.get(seen) === entry && this.#kept.delete(seen))
    const [oldest = ''] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest)
    return total
  }
}
