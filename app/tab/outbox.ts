import type { Answers, OutboxCounts, OutboxNews, Question, QueuedWrite, Steered } from '../../sw/protocol.ts'
import type { expectArgument } from './arguments.ts'
import type { attempt, warn } from './report.ts'

/** A queued write has come further. */
export interface OutboxEvent {
  /** As it is now. */
  readonly write: QueuedWrite
  /**
   * What has become of one that is not there any more. 'sent': the origin has it. 'refused': the page that waited for it has
   * the origin's answer. 'yielded': the row has changed at the origin, and the rule says that it stands. 'merged': it is part of an earlier write to the same row, or has gone with it. 'discarded': the user did not want it any more. Absent: it is there.
   */
  readonly end?: 'sent' | 'refused' | 'yielded' | 'merged' | 'discarded'
  /** The server's id of the row that it has created. */
  readonly id?: string
}

/** The writes of the page's user that the origin does not have yet. Without a worker there are none. */
export interface Outbox {
  /** All of them, in the order in which they were accepted. */
  list(): Promise<readonly QueuedWrite[]>
  /** How many they are. Has those sent that may be sent now. */
  counts(): Promise<OutboxCounts>
  /** The body of one, byte for byte; undefined: it has none, or is not there. */
  read(place: number): Promise<ArrayBuffer | undefined>
  /**
   * The row as the origin has it, of one that needs the user because of a conflict: its JSON, null where it is gone. Undefined: it is not
   * known.
   */
  theirs(place: number): Promise<unknown>
  /** Has one sent again that needs the user, or was given up; one that waits goes sooner. False: it is not there, or is under way. */
  retry(place: number): Promise<boolean>
  /**
   * The same, with another body: it is another write then, with a key of its own. False also where a `POST` waits to be sent again, and it
   * is not known whether the origin has performed it: both would be there.
   *
   * @param body a text is sent as UTF-8.
   */
  edit(place: number, body: string | ArrayBuffer): Promise<boolean>
  /** Drops one: what reads show of it is gone. False: it is not there, or is under way. */
  discard(place: number): Promise<boolean>
  /**
   * 'persistent': the browser has promised to keep what the app stores until the user deletes it. 'best-effort': it may
   * delete it when the disk is full, or after weeks without a visit. The page asks for the promise when its user's first write
   * is queued.
   *
   * @see Storage Standard §5
   */
  durability(): Promise<'persistent' | 'best-effort'>
  /**
   * How many queued writes the browser has deleted unsent, of all users of this browser, since this was asked last: say it to the
   * user once. It is noticed where the browser deletes what workers store and keeps `localStorage`, as Chromium does when a disk
   * is full, or when it finds its database broken. Where all of an app's data is deleted nothing can tell.
   */
  deleted(): Promise<number>
}

interface Ports {
  readonly ask: <A extends Question['ask'], W extends Answers[A] | undefined>(
    question: Extract<Question, { readonly ask: A }>,
    without: W,
  ) => Promise<Answers[A] | W>
  readonly signal: AbortSignal
  readonly expectArgument: typeof expectArgument
  readonly attempt: typeof attempt
  readonly warn: typeof warn
  /** That of the worker. */
  readonly scope: string
}

/** What was there when the worker said it last, and how many were deleted that no page has been told of. */
interface Noted {
  readonly database: string
  readonly total: number
  readonly deleted: number
}

/** A page in sight asks the worker this often at most, while writes wait: milliseconds. */
const LEAST_POKE_MS = 1000
const MOST_POKE_MS = 30_000

const NOT_THERE: Steered = { isDone: false }
const NONE: OutboxCounts = { waiting: 0, needsYou: 0 }

/**
 * What a page does for queued writes. Some browsers stop a worker that only waits: while writes wait, a page in sight starts it at
 * the time that the worker has named.
 */
export class PageOutbox implements Outbox {
  readonly #ports: Ports
  /** Whether the worker queues at all. */
  #isThere = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #hasAskedToPersist = false

  constructor(ports: Ports) {
    this.#ports = ports
    ports.signal.addEventListener('abort', () => clearTimeout(this.#timer))
  }

  /** The worker has said how many writes wait. */
  learn({ waiting, nextAtMs = Infinity, kept }: OutboxCounts): void {
    this.#isThere = true
    if (kept) this.#note(kept)
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (waiting === 0 || this.#ports.signal.aborted) return
    const inMs = Math.min(MOST_POKE_MS, Math.max(LEAST_POKE_MS, nextAtMs - Date.now()))
    // Each of many tabs at another time.
    this.#timer = setTimeout(() => this.poke(), inMs * (1 + Math.random() / 4))
  }

  /** The page is in sight, or online: a sign of life. */
  poke(): void {
    if (!this.#isThere || document.hidden) return
    this.counts().catch((error: unknown) => {
      this.#ports.warn(error)
      // They wait all the same.
      this.learn({ waiting: 1, needsYou: 0 })
    })
  }

  /** A write has come further, in whatever tab. */
  hear({ write, end, id, kept }: OutboxNews, listeners: Iterable<(event: OutboxEvent) => void>): void {
    if (kept) this.#note(kept)
    // What waits is looked after by each page.
    if (this.#timer === undefined) this.learn({ waiting: 1, needsYou: 0 })
    // One that is sent at once was no reason to ask the user.
    if (!end && write.state !== 'sending') void this.#persist().catch(this.#ports.warn)
    const event = { write, ...(end && { end }), ...(id !== undefined && { id }) }
    for (const listener of listeners) this.#ports.attempt(() => listener(event))
  }

  list(): Promise<readonly QueuedWrite[]> {
    return this.#ports.ask<'outbox', []>({ ask: 'outbox' }, [])
  }

  async counts(): Promise<OutboxCounts> {
    const counts = await this.#ports.ask({ ask: 'drain' }, NONE)
    this.learn(counts)
    return counts
  }

  async read(place: number): Promise<ArrayBuffer | undefined> {
    this.#expectPlace('read', place)
    return (await this.#ports.ask({ ask: 'steer-outbox', place, how: 'read' }, NOT_THERE)).body
  }

  async theirs(place: number): Promise<unknown> {
    this.#expectPlace('theirs', place)
    const { theirs } = await this.#ports.ask<'steer-outbox', Steered>(
      { ask: 'steer-outbox', place, how: 'read' },
      NOT_THERE,
    )
    return theirs && JSON.parse(theirs)
  }

  async retry(place: number): Promise<boolean> {
    this.#expectPlace('retry', place)
    return (await this.#ports.ask({ ask: 'steer-outbox', place, how: 'retry' }, NOT_THERE)).isDone
  }

  async edit(place: number, given: string | ArrayBuffer): Promise<boolean> {
    this.#expectPlace('edit', place)
    const isBody = typeof given === 'string' || given instanceof ArrayBuffer
    this.#ports.expectArgument(isBody, 'outbox.edit', 'a number, and a text or an ArrayBuffer')
    const body = typeof given === 'string' ? new TextEncoder().encode(given).buffer : given
    return (await this.#ports.ask({ ask: 'steer-outbox', place, how: 'edit', body }, NOT_THERE)).isDone
  }

  async discard(place: number): Promise<boolean> {
    this.#expectPlace('discard', place)
    return (await this.#ports.ask({ ask: 'steer-outbox', place, how: 'discard' }, NOT_THERE)).isDone
  }

  async durability(): Promise<'persistent' | 'best-effort'> {
    return (await isPersistent()) ? 'persistent' : 'best-effort'
  }

  async deleted(): Promise<number> {
    await this.counts()
    const noted = this.#noted
    if (noted.deleted > 0) this.#keep({ ...noted, deleted: 0 })
    return noted.deleted
  }

  /** The worker's database is beside what a page stores: a browser may delete the one and keep the other. */
  #note({ total, database }: NonNullable<OutboxCounts['kept']>): void {
    const { deleted, ...noted } = this.#noted
    const isAnother = noted.total > 0 && noted.database !== database
    const all = isAnother ? deleted + noted.total : deleted
    if (isAnother) this.#ports.warn(`the browser has deleted ${noted.total} queued writes that were not sent`)
    if (noted.total !== total || noted.database !== database) this.#keep({ database, total, deleted: all })
  }

  get #noted(): Noted {
    const none = { database: '', total: 0, deleted: 0 }
    try {
      return { ...none, ...(JSON.parse(localStorage.getItem(this.#key) ?? '{}') as Partial<Noted>) }
    } catch {
      // The user does not allow it.
      return none
    }
  }

  #keep(noted: Noted): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(noted))
    } catch {
      // Then nothing can tell.
    }
  }

  get #key(): string {
    return `freshlayer-outbox ${this.#ports.scope}`
  }

  /** Once in each page: a browser may ask the user, and remembers what they said. */
  async #persist(): Promise<void> {
    if (this.#hasAskedToPersist || document.hidden) return
    this.#hasAskedToPersist = true
    if (!(await isPersistent())) await storage()?.persist()
  }

  #expectPlace(method: string, place: unknown): void {
    this.#ports.expectArgument(typeof place === 'number', `outbox.${method}`, 'the number of a write')
  }
}

/** Undefined where the page is not from a secure origin. */
const storage = (): StorageManager | undefined => (navigator as { readonly storage?: StorageManager }).storage

const isPersistent = async (): Promise<boolean> => (await storage()?.persisted()) === true
