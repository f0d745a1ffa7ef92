import type { SessionPool } from '../sync/database.ts'
import type { Listen } from './listen.ts'
import { type ChangedRows, type News, newsSince, type Told } from './news.ts'

export interface HubOptions {
  /** A pool of `pg`, from which the change log is read. */
  readonly pool: SessionPool
  /** How this process hears that something was committed, in this process or another: `listenWith` or `listenOn`. */
  readonly listen: Listen
  /** Commits within this time are told together. Unit: milliseconds. Default: 50. */
  readonly fold?: number
  /**
   * The log is read this often whatever was heard, for a notification that a proxy between swallows. Unit: milliseconds.
   * Default: 30,000.
   */
  readonly poll?: number
  /** Gets what goes wrong: the database is away, say. The hub goes on. Default: it is printed on the console. */
  readonly report?: (error: unknown) => void
}

/** What was committed, as a subscriber is told. */
export interface Batch extends Told {
  readonly changed: readonly ChangedRows[] | 'unknown'
}

/**
 * Tells this process what has been committed, whichever process has done it.
 *
 * ```
 *   commit ──► NOTIFY ──► wait `fold` ──► read the log since the last snapshot ──► tell subscribers
 *                            ▲                        │ fails: again, later
 *    connected again, poll ──┘ ◄──────────────────────┘
 * ```
 *
 * A notification says only that there is something: what it is stands in the log. So one that is lost costs time alone, and a
 * process that was cut off misses nothing.
 */
export class ChangeHub {
  readonly #options: HubOptions
  readonly #subscribers = new Set<(batch: Batch) => void>()
  readonly #ending = new AbortController()
  /** Catching up, by the place it begins from: after a restart thousands come with the same. */
  readonly #catching = new Map<string, Promise<News>>()
  #told: Told | undefined
  #batches = 0
  #reading: Promise<void> | undefined
  #isWanted = false
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: HubOptions) {
    this.#options = options
    const { listen } = options
    const wake = (): void => this.#wake()
    listen({ heard: wake, ready: wake, failed: (error) => this.#report(error), signal: this.#ending.signal })
    wake()
  }

  /** Calls back for each batch. Returns the way out. */
  subscribe(subscriber: (batch: Batch) => void): () => void {
    this.#subscribers.add(subscriber)
    return () => void this.#subscribers.delete(subscriber)
  }

  /**
   * What has been committed since a place. Rejects while the database is away.
   *
   * @param told default: only where the log stands now.
   */
  async since(told: Told | undefined): Promise<News> {
    // What is committed after this reads the log has to be told: the hub has to begin before.
    if (this.#told === undefined) await this.#begin()
    // One that began before the last batch may have seen less than subscribers of now have missed.
    const key = [this.#batches, told?.generation, told?.snapshot].join(' ')
    const running = this.#catching.get(key)
    if (running !== undefined) return running
    const { pool } = this.#options
    const catching = newsSince(pool, told).finally(() => this.#catching.delete(key))
    this.#catching.set(key, catching)
    return catching
  }

  /** Ends the listening. Nobody is told any more. */
  async close(): Promise<void> {
    this.#ending.abort()
    clearTimeout(this.#timer)
    this.#subscribers.clear()
    await this.#reading
  }

  /** Reads soon. A call while reading has it read once more. */
  #wake(): void {
    if (this.#isWanted || this.#ending.signal.aborted) return
    this.#isWanted = true
    const { fold = 50 } = this.#options
    this.#plan(fold)
  }

  #plan(delay: number): void {
    clearTimeout(this.#timer)
    if (this.#ending.signal.aborted) return
    this.#timer = setTimeout(() => {
      if (this.#reading !== undefined) return
      this.#isWanted = false
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined
        const { fold = 50, poll = 30_000 } = this.#options
        const rest = this.#failures > 0 ? Math.random() * Math.min(2_000, 100 * 2 ** this.#failures) : poll
        this.#plan(this.#isWanted ? fold : rest)
      })
    }, delay)
  }

  /** Finds the place from which on batches are told. */
  async #begin(): Promise<void> {
    const news = await newsSince(this.#options.pool)
    this.#failures = 0
    this.#told ??= news
  }

  async #read(): Promise<void> {
    try {
      if (this.#told === undefined) return await this.#begin()
      const news = await newsSince(this.#options.pool, this.#told)
      this.#failures = 0
      const { generation, snapshot, changed } = news
      this.#told = { generation, snapshot }
      if (changed !== 'unknown' && changed.length === 0) return
      this.#batches++
      for (const subscriber of this.#subscribers) {
        try {
          subscriber({ generation, snapshot, changed })
        } catch (error) {
          this.#report(error)
        }
      }
    } catch (error) {
      this.#failures++
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    const { report = (given: unknown) => console.error('freshlayer events:', given) } = this.#options
    report(error)
  }
}

/** A hub of this process: one for all its handlers. */
export const changeHub = (options: HubOptions): ChangeHub => new ChangeHub(options)
