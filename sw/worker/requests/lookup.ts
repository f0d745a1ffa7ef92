import type { Row } from '../../core/row.ts'
import { isPaused, type Pause, pauseFor, STORE_LIMIT_MS, timeout, uptimeMs } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { completedRequests } from '../store/database.ts'
import type { Rows } from '../store/rows.ts'

/** What the store has of a key: at once, or late. */
export type Found = readonly Row[] | { readonly late: Promise<readonly Row[]> }

/** A store that fails is left alone for so long: the network answers meanwhile (I6). */
const PAUSE_MS = 10_000

/** Looks for the rows of a read, and never makes the read wait for a store that is slow or fails. */
export class Lookup {
  readonly #rows: Pick<Rows, 'remembered' | 'find'>
  #paused: Pause | undefined
  /** Reads of the store that are late: while there are any, others do not wait either. */
  #owed = 0

  constructor(rows: Pick<Rows, 'remembered' | 'find'>) {
    this.#rows = rows
  }

  /** Whether the store has failed a moment ago. */
  isPaused(): boolean {
    return isPaused(this.#paused)
  }

  /**
   * What is stored under a key, at once where memory knows.
   *
   * @param sinceMs when the read began, by the worker's uptime: what it has waited for the disk since then counts.
   */
  find(key: string, sinceMs: number): Found | Promise<Found> {
    return this.#rows.remembered(key) ?? this.#load(key, sinceMs)
  }

  /** The same, however late. */
  async wait(key: string): Promise<readonly Row[]> {
    const found = await this.find(key, uptimeMs())
    return 'late' in found ? found.late : found
  }

  /** What is stored under a key; nothing while the store fails. A store that is slow is not taken for an empty one. */
  async #load(key: string, sinceMs: number): Promise<Found> {
    if (this.isPaused()) return []
    const found = this.#rows.find(key).catch((error: unknown): readonly Row[] => {
      report('the store cannot be read; the network answers meanwhile', error)
      this.#paused = pauseFor(PAUSE_MS)
      return []
    })
    const rows = await (this.#owed > 0 ? timeout(0, found, undefined) : inTime(found, sinceMs))
    if (rows !== undefined) return rows
    report('the store takes long to answer; the network is asked meanwhile', '')
    this.#owed++
    void found.then(() => this.#owed--)
    return { late: found }
  }
}

/**
 * What the store has, if it comes in time; else undefined. A store that answers other reads meanwhile is busy with a burst,
 * and is waited for a little longer than one from which nothing comes.
 */
async function inTime(found: Promise<readonly Row[]>, sinceMs: number): Promise<readonly Row[] | undefined> {
  for (let waited = 1; ; waited++) {
    const before = completedRequests()
    const limitMs = sinceMs + waited * STORE_LIMIT_MS - uptimeMs()
    const rows = await timeout(Math.max(LEAST_LIMIT_MS, limitMs), found, undefined)
    if (rows !== undefined || completedRequests() === before || waited === BUSY_LIMITS) return rows
  }
}

/** The disk gets this time at least: the read may have spent the second on finding out its user. */
const LEAST_LIMIT_MS = 100

/** How many times as long a busy store is waited for. */
const BUSY_LIMITS = 3
