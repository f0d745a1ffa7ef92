import { ageOf } from './answer-age.ts'
import { bodyOf } from './answer-body.ts'
import { AnswerError } from './answer-error.ts'
import type { ChangeWatch, Watcher } from './change-watch.ts'
import type { Freshlayer } from './freshlayer.ts'
import { attempt } from './report.ts'
import { markRows } from './row-marks.ts'
import { shownBy } from './shown-urls.ts'

/** How a page reads: `fetch`, or a function of the app that adds what its requests need, such as a token. */
export type Fetch = (
  url: string,
  init: {
    readonly signal: AbortSignal
    readonly cache?: RequestCache
    /** What the read wants of the layer (`fresh` of `useSyncedQuery`). A function with fields of its own adds them to these. */
    readonly headers?: Readonly<Record<string, string>>
  },
) => Promise<Response>

/** The answer of a URL as a page shows it. Each change makes a new one. */
export interface Observed<T = unknown> {
  /** The body: of JSON the value, else the text. Undefined: none has come yet, or the origin has refused it. */
  readonly data: T | undefined
  /** Rows of it that the user has deleted, and that the origin still has: they carry `RowMarks`. Default: none. */
  readonly deleted: readonly unknown[]
  /** The page reads it, or the worker asks the origin whether it holds. */
  readonly isSyncing: boolean
  /** It came from store past the end of its freshness and has not been confirmed since, or the last read has failed. */
  readonly isStale: boolean
  /** The origin could not be reached. */
  readonly isOffline: boolean
  /** When the origin made or last confirmed it: milliseconds since 1970, by the clock of this device. */
  readonly updatedAt: number | undefined
  /** Why the last read brought no data: an `AnswerError` where the origin answered with an error, else what `fetch` threw. */
  readonly error: Error | undefined
}

/** Nothing has come yet. */
export const PENDING: Observed<never> = {
  data: undefined,
  deleted: [],
  isSyncing: true,
  isStale: false,
  isOffline: false,
  updatedAt: undefined,
  error: undefined,
}

/** What a page shows over what it has read: its own changes, whose writes are on their way. */
export interface Overlay {
  /** The data as it is shown. The same data give the same object, until the overlay has called `redraw()`. */
  readonly over: (data: unknown) => unknown
  /**
   * Whether the answer of a read is shown, which the origin has given.
   *
   * @param beganAt the {@link moment} at which the read began.
   * @param isSure it is shown in any case.
   */
  readonly accepts: (beganAt: number, isSure: boolean) => boolean
  /** The user may be gone. */
  readonly onUserGone: () => void
}

let moments = 0

/** Counts on at each call, so that of two moments the later one is the larger. */
export const moment = (): number => ++moments

interface Ports {
  readonly layer: Freshlayer
  readonly watch: ChangeWatch
  /** No part of the page shows it any more: it is forgotten. */
  readonly forget: () => void
}

/** The origin says that the user may not have it, or that it is gone: what was shown is shown no more. */
const REFUSALS: readonly number[] = [401, 403, 404, 410]

/** What was read so lately is not read again because another part of the page shows it as well. */
const JUST_READ_MS = 2000
/** How long what no part of the page shows is kept, for a user who goes back. */
const KEEP_MS = 60_000
/** A read that failed for no known reason is made once more after this time. */
const RETRY_MS = 1000
/** When to look whether the worker's validation behind an answer has ended. It is not waited for longer. */
const LOOK_AFTER_MS = [150, 300, 600, 1200, 2400]

/** A read that is on its way. */
interface Reading {
  readonly abort: AbortController
  readonly done: Promise<void>
  /** It has the origin asked. */
  readonly isAsked: boolean
}

/**
 * One URL that a page shows, in however many places: one request for all of them, and one state.
 *
 * ```
 *             read()                   the answer
 *  at rest ───────────> being read ────────────────────> at rest
 *     ^  a change │          │  a change: read again at its end
 *     │           └──────────┘
 *     │ shown in no place: kept for a minute, and forgotten at the first change; of a rule without a window at once
 * ```
 */
export class ObservedUrl {
  /** What is shown: a new object at each change. */
  state: Observed = PENDING
  /** What has been read. */
  #base: Observed = PENDING
  readonly #url: string
  /** As the app writes it: so it is asked for. */
  readonly #written: string
  #ports: Ports
  readonly #listeners = new Set<() => void>()
  readonly #watcher: Watcher = {
    urls: () => [this.#url],
    isShown: () => this.#listeners.size > 0,
    onDue: (why) => this.#onDue(why),
    onConfirmed: (_, atMs) => this.confirm(atMs),
    onUserGone: () => this.#clear(),
  }
  #leave: () => void
  #fetch: Fetch = (url, init) => fetch(url, init)
  #reading: Reading | undefined
  /** The last read began before the worker controlled the page: what the worker has stored since may be newer. */
  #isPast = false
  /** How many wait for a read, or hold changes, without showing it. */
  #waiting = 0
  #suspended: Promise<unknown> | undefined
  /** It has changed while it was being read. */
  #isDue = false
  /** Such a read is to be the origin's word. */
  #isAskedDue = false
  /** The last read has failed, and was made once more already. */
  #isRetried = false
  #readAtMs = -Infinity
  /** What has been read is not shown again. */
  #isOnlyNow = false
  /** The body as it came, with its marks: the same text is the same data. */
  #text: string | undefined
  #resting: ReturnType<typeof setTimeout> | undefined
  #looking: ReturnType<typeof setTimeout> | undefined
  /** Default: what has been read is shown as it is. */
  overlay: Overlay | undefined

  /** @param url in the form of `absoluteUrl`. */
  constructor(url: string, written: string, ports: Ports) {
    this.#url = url
    this.#written = written
    this.#ports = ports
    this.#leave = ports.watch.add(this.#watcher)
    this.#restLater(KEEP_MS)
  }

  /** Nothing has come yet, or a while ago, or it has changed since. */
  get isOld(): boolean {
    return this.#isDue || performance.now() - this.#readAtMs > JUST_READ_MS
  }

  get isBeingRead(): boolean {
    return this.#reading !== undefined
  }

  /** Calls back at each change of state, and has the URL read if it is old. Returns the way out. */
  subscribe(listener: () => void, fetch?: Fetch): () => void {
    clearTimeout(this.#resting)
    this.#listeners.add(listener)
    shownBy(this.#ports.layer).onNew()
    if (fetch !== undefined) this.#fetch = fetch
    if (this.isOld) void this.read()
    return () => {
      this.#listeners.delete(listener)
      // Another part of the page may begin to show it right away.
      if (this.#listeners.size === 0) this.#restLater(0)
    }
  }

  /** Settles when the URL has been read, well or not: by the read that is on its way, or by one of its own. */
  read(fetch = this.#fetch): Promise<void> {
    this.#fetch = fetch
    return (this.#reading ??= this.#start()).done
  }

  /** The same by the origin's word. A read that is on its way and may be answered from store is given up. */
  refresh(): Promise<void> {
    if (this.#reading?.isAsked !== true) {
      this.#reading?.abort.abort()
      this.#reading = this.#start('no-cache')
    }
    return this.#reading.done
  }

  /** A write has ended: the origin is asked anew, once what is being read has come. What no part shows is read when it is shown. */
  validate(): void {
    if (this.#reading === undefined && this.#listeners.size > 0) void this.refresh()
    else this.#isDue = this.#isAskedDue = true
  }

  /** It is kept though no part shows it. Returns the way out. */
  hold(): () => void {
    clearTimeout(this.#resting)
    this.#waiting++
    return () => {
      this.#waiting--
      if (this.#listeners.size === 0) this.#restLater(KEEP_MS)
    }
  }

  /** The overlay shows something else. */
  redraw(): void {
    const data = this.overlay ? this.overlay.over(this.#base.data) : this.#base.data
    const next = data === this.#base.data ? this.#base : { ...this.#base, data }
    if (isSame(next, this.state)) return
    this.state = next
    for (const listener of this.#listeners) attempt(listener)
  }

  /** What is known of the URL, once it is known. The read goes on though no part shows it. */
  async wait(fetch?: Fetch): Promise<Observed> {
    const release = this.hold()
    // What is read for a user who has gone meanwhile brings nothing.
    while (this.isOld || this.#reading !== undefined || this.#base === PENDING) await this.read(fetch)
    release()
    return this.state
  }

  /** The same promise for all who wait while the URL is read. */
  suspend(fetch?: Fetch): Promise<unknown> {
    return (this.#suspended ??= this.wait(fetch).finally(() => (this.#suspended = undefined)))
  }

  /** The page is connected anew. What has changed between was not heard, and a sign-out may be among it (I3). */
  move(layer: Freshlayer, watch: ChangeWatch): void {
    this.#leave()
    this.#ports = { ...this.#ports, layer, watch }
    this.#leave = watch.add(this.#watcher)
    this.#clear()
    if (this.#listeners.size > 0) void this.read()
  }

  /** The layer knows whether the origin can be reached. */
  setOffline(isOffline: boolean): void {
    if (this.#base !== PENDING) this.#set({ isOffline })
  }

  #onDue(why: Parameters<Watcher['onDue']>[0]): void {
    // What came first is what has been read here already, or is being read, through the worker.
    if (why === 'first' && !this.#isPast && (this.#base.data !== undefined || this.#reading !== undefined)) return
    if (this.#reading !== undefined) this.#isDue = true
    else if (this.#listeners.size > 0) void this.read()
    else if (this.#waiting > 0) this.#isDue = true
    else this.#forget()
  }

  /** What is stored was confirmed at that time; no change comes of that. */
  confirm(atMs: number): void {
    const { data, error, updatedAt = 0 } = this.#base
    if (this.#reading !== undefined || this.#isDue || this.#listeners.size === 0) return
    // What failed may be read by now.
    if (error !== undefined || data === undefined) void this.read()
    else if (atMs > updatedAt) this.#set({ isStale: false, updatedAt: atMs })
  }

  #start(cache?: RequestCache): Reading {
    const abort = new AbortController()
    clearTimeout(this.#looking)
    this.#isDue = this.#isAskedDue = false
    this.#isPast = !this.#ports.layer.state.controlled
    this.#set({ isSyncing: true })
    return { abort, isAsked: cache !== undefined, done: this.#run(abort.signal, cache) }
  }

  async #run(signal: AbortSignal, cache: RequestCache | undefined): Promise<void> {
    const before = this.#text
    const beganAt = moment()
    let next = await this.#outcome({ signal, ...(cache && { cache }) })
    // Another read has taken its place, or no part of the page wants it any more.
    if (signal.aborted) return this.#reading?.done
    this.#reading = undefined
    this.#readAtMs = performance.now()
    this.#ports.watch.forget(this.#url)
    const again = this.#isDue && this.#listeners.size > 0
    const isAsked = this.#isAskedDue
    const { data, deleted, updatedAt } = this.#base
    const isRefused = isRefusal(next.error)
    // What stands in for the origin's answer may be from before a write.
    const isOrigins = isRefused || (next.error === undefined && !next.isOffline)
    if (isOrigins && this.overlay?.accepts(beganAt, isRefused || data === undefined) === false) {
      this.#text = before
      next = { ...next, data, deleted, updatedAt }
    }
    this.#set({ ...next, isSyncing: again || next.isSyncing })
    if (again) return isAsked ? this.refresh() : this.read()
    if (next.isSyncing) this.#lookLater(0)
    this.#retryLater(next.error)
  }

  /** A worker that is stopped takes the reads along that it was answering. Of an origin that is away the layer tells. */
  #retryLater(error: Error | undefined): void {
    const { controlled, offline } = this.#ports.layer.state
    const isToRetry = error instanceof TypeError && controlled && !offline && !this.#isRetried
    this.#isRetried = error instanceof TypeError
    if (isToRetry) this.#looking = setTimeout(() => this.#listeners.size > 0 && void this.read(), RETRY_MS)
  }

  /** Never throws: what goes wrong is part of the state. */
  async #outcome(init: Parameters<Fetch>[1]): Promise<Observed> {
    try {
      const response = await this.#fetch(this.#written, init)
      const text = await response.text()
      const isOff = this.#ports.layer.state.offline
      const marks = response.headers.get('freshlayer-records')
      if (!response.ok) {
        const error = new AnswerError(this.#written, response, bodyOf(response, text))
        const failed = this.#failed(error, isOff)
        return marks ? { ...failed, deleted: markRows(undefined, marks) } : failed
      }
      const { data } = this.#base
      const whole = text + (marks ?? '')
      const isSame = whole === this.#text && data !== undefined
      const body = isSame ? data : bodyOf(response, text)
      const deleted = isSame ? this.#base.deleted : marks ? markRows(body, marks) : PENDING.deleted
      const { isStale, isBeingValidated, updatedAt, isOffline, isOnlyNow } = ageOf(response.headers, Date.now())
      this.#text = whole
      this.#isOnlyNow = isOnlyNow
      return {
        data: body,
        deleted,
        isSyncing: isBeingValidated,
        isStale,
        isOffline: isOffline || isOff,
        updatedAt,
        error: undefined,
      }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
      // A fetch without an answer is a TypeError in every browser.
      return this.#failed(error, error instanceof TypeError || this.#ports.layer.state.offline)
    }
  }

  #failed(error: Error, isOffline: boolean): Observed {
    const { data, deleted, updatedAt } = isRefusal(error) ? PENDING : this.#base
    return { data, deleted, updatedAt, isSyncing: false, isStale: data !== undefined, isOffline, error }
  }

  /**
   * The worker tells of a change that its validation brings, and of no end without one. So it is asked how old its answer
   * is by now.
   */
  #lookLater(turn: number): void {
    const afterMs = LOOK_AFTER_MS[turn]
    if (afterMs === undefined) this.#set({ isSyncing: false })
    else this.#looking = setTimeout(() => void this.#look(turn), afterMs)
  }

  async #look(turn: number): Promise<void> {
    const looking = this.#looking
    const askedAtMs = Date.now()
    const { state, ageSeconds } = await this.#ports.layer
      .explain(this.#url)
      .catch(() => ({ state: 'no-worker', ageSeconds: undefined }))
    // It has been read since, or no part shows it.
    if (looking !== this.#looking || this.#reading !== undefined || this.#listeners.size === 0) return
    // Never later than it was: `Age`, by which `updatedAt` was known first, is rounded down.
    const updatedAt = ageSeconds === undefined ? -Infinity : askedAtMs - ageSeconds * 1000
    if (state !== 'fresh' && updatedAt <= (this.#base.updatedAt ?? 0)) return this.#lookLater(turn + 1)
    this.#set({ isSyncing: false, isStale: false, updatedAt: Math.max(updatedAt, this.#base.updatedAt ?? 0) })
  }

  /** The user whose data it is may be gone. */
  #clear(): void {
    this.#text = undefined
    this.overlay?.onUserGone()
    this.#reading?.abort.abort()
    this.#reading = undefined
    this.#isDue = true
    if (this.#listeners.size === 0 && this.#waiting === 0) this.#forget()
    else this.#set(PENDING)
  }

  #restLater(keepMs: number): void {
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => this.#rest(keepMs), keepMs)
  }

  /** No part has shown it for so long. A read that no part waits for is given up. */
  #rest(keptMs: number): void {
    if (this.#listeners.size > 0 || this.#waiting > 0) return
    // What the read would have brought, the next one who shows it still needs (I1).
    this.#isDue ||= this.#reading !== undefined
    this.#reading?.abort.abort()
    this.#reading = undefined
    clearTimeout(this.#looking)
    if (keptMs > 0 || this.#base.data === undefined || this.#isOnlyNow) this.#forget()
    else this.#restLater(KEEP_MS)
  }

  #forget(): void {
    clearTimeout(this.#resting)
    clearTimeout(this.#looking)
    this.#leave()
    this.#ports.forget()
  }

  #set(changed: Partial<Observed>): void {
    const next = { ...this.#base, ...changed }
    if (!isSame(next, this.#base)) this.#base = isSame(next, PENDING) ? PENDING : next
    this.redraw()
  }
}

const isRefusal = (error: Error | undefined): boolean => error instanceof AnswerError && REFUSALS.includes(error.status)

const isSame = (one: Observed, other: Observed): boolean =>
  one.data === other.data &&
  one.deleted === other.deleted &&
  one.isSyncing === other.isSyncing &&
  one.isStale === other.isStale &&
  one.isOffline === other.isOffline &&
  one.updatedAt === other.updatedAt &&
  one.error === other.error
