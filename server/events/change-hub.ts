import type { SessionPool } from '../sync/database.ts'
import type { Listen } from './listen.ts'
import { MAX_MISSED, type ChangedRows, type News, newsSince, type Told } from './news.ts'
import type { EventStream, StreamMembership, StreamRole } from './redis-stream.ts'
import { isWithin } from './snapshot.ts'
import type { StreamEntry } from './stream-entry.ts'

export interface HubOptions {
  /** A pool of `pg`, from which the change log is read. */
  readonly pool: SessionPool
  /** How this process hears that something was committed, in this process or another: `listenWith` or `listenOn`. */
  readonly listen: Listen
  /**
   * A stream that all processes share: `redisStream`. One of them then listens and reads the log for all, the others hear it
   * from the stream. Default: none, and each process listens and reads.
   */
  readonly stream?: EventStream
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

/** The log is read this often for what was not heard; and this often, or half as often, while a shared stream is away. */
const POLL_MS = 30_000
const ALONE_MS = 1_000

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
 *
 * With a stream one process does this and appends what it has read. The others tell what they hear:
 *
 * ```
 *   entry ──► begins where this process is ──► tell subscribers
 *         └─► does not: trimmed, lost, another log ──► read the log since the last snapshot
 * ```
 *
 * For a moment two processes may do it: what is told already is left out, by its snapshot.
 */
export class ChangeHub {
  readonly #options: HubOptions
  readonly #subscribers = new Set<(batch: Batch) => void>()
  readonly #ending = new AbortController()
  /** Catching up, by the place it begins from: after a restart thousands come with the same. */
  readonly #catching = new Map<string, Promise<News>>()
  /** The place up to which subscribers have been told. */
  #told: Told | undefined
  /** Nothing that is logged has ended between this snapshot and the last one. */
  #from: string | undefined
  /** Heard before it was known where to begin. */
  readonly #early: StreamEntry[] = []
  readonly #membership: StreamMembership | undefined
  /** Undefined: no stream is shared. */
  #role: StreamRole | undefined
  #listening: AbortController | undefined
  #batches = 0
  #reading: Promise<void> | undefined
  #isWanted = false
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: HubOptions) {
    this.#options = options
    if (options.stream === undefined) this.#listen()
    else {
      this.#role = 'alone'
      this.#membership = options.stream({
        role: (role) => this.#take(role),
        heard: (entry) => this.#hear(entry),
        broken: () => this.#wake(),
        failed: (error) => this.#report(error),
        signal: this.#ending.signal,
      })
    }
    this.#wake()
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
    const catching = newsSince(pool, told, MAX_MISSED).finally(() => this.#catching.delete(key))
    this.#catching.set(key, catching)
    return catching
  }

  /** Ends the listening. Subscribers are told nothing any more. */
  async close(): Promise<void> {
    this.#ending.abort()
    clearTimeout(this.#timer)
    this.#subscribers.clear()
    await Promise.all([this.#reading, this.#membership?.ended])
  }

  #listen(): void {
    const wake = (): void => this.#wake()
    this.#listening = new AbortController()
    const signal = AbortSignal.any([this.#ending.signal, this.#listening.signal])
    this.#options.listen({ heard: wake, ready: wake, failed: (error) => this.#report(error), signal })
  }

  #take(role: StreamRole): void {
    if (role === this.#role || this.#ending.signal.aborted) return
    this.#role = role
    this.#listening?.abort()
    this.#listening = undefined
    if (role === 'teller') {
      this.#listen()
      // The teller before may have ended without telling.
      this.#wake()
    } else if (!this.#isWanted) this.#plan(this.#restMs())
  }

  /** What the teller has read. */
  #hear(entry: StreamEntry | 'unreadable'): void {
    if (entry === 'unreadable') return this.#wake()
    if (this.#told === undefined) return void this.#early.push(entry)
    const { generation, snapshot } = this.#told
    if (entry.generation !== generation) return this.#wake()
    if (isWithin(entry.snapshot, snapshot)) return
    if (isWithin(entry.from, snapshot)) this.#tell(entry)
    else this.#wake()
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
        const { fold = 50 } = this.#options
        this.#plan(this.#isWanted ? fold : this.#restMs())
      })
    }, delay)
  }

  /** When the log is read although nothing was heard. */
  #restMs(): number {
    const { poll = POLL_MS } = this.#options
    if (this.#failures > 0) return Math.random() * Math.min(2_000, 100 * 2 ** this.#failures)
    switch (this.#role) {
      case undefined:
      case 'teller':
        return poll
      case 'follower':
        return Math.max(poll, POLL_MS)
      case 'alone':
        return ALONE_MS * (1 + Math.random())
    }
  }

  /** Finds the place from which on batches are told. */
  async #begin(): Promise<void> {
    const news = await newsSince(this.#options.pool)
    this.#failures = 0
    if (this.#told !== undefined) return
    this.#told = news
    this.#from = news.snapshot
    for (const entry of this.#early.splice(0)) this.#hear(entry)
  }

  async #read(): Promise<void> {
    try {
      if (this.#told === undefined) return await this.#begin()
      const news = await newsSince(this.#options.pool, this.#told)
      this.#failures = 0
      const { generation, snapshot, changed } = news
      // Meanwhile a stream may have told more than that.
      if (generation === this.#told.generation && isWithin(snapshot, this.#told.snapshot)) return
      if (changed !== 'unknown' && changed.length === 0) return void (this.#told = { generation, snapshot })
      const from = this.#from ?? this.#told.snapshot
      this.#tell(news)
      if (this.#role === 'teller') this.#membership?.append({ from, generation, snapshot, changed })
    } catch (error) {
      this.#failures++
      this.#report(error)
    }
  }

  #tell({ generation, snapshot, changed }: News): void {
    this.#told = { generation, snapshot }
    this.#from = snapshot
    this.#batches++
    for (const subscriber of this.#subscribers) {
      try {
        subscriber({ generation, snapshot, changed })
      } catch (error) {
        this.#report(error)
      }
    }
  }

  #report(error: unknown): void {
    const { report = (given: unknown) => console.error('freshlayer events:', given) } = this.#options
    report(error)
  }
}

/** A hub of this process: one for all its handlers. */
export const changeHub = (options: HubOptions): ChangeHub => new ChangeHub(options)
