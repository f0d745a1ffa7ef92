import { answerProblem, SyncProblem } from '../sync/answers.ts'
import { Audience, type Hint, type MayHear } from './audience.ts'
import { type CallerLimitOptions, CallerLimits } from './caller-limits.ts'
import type { Batch, ChangeHub } from './change-hub.ts'
import { type Connection, type Socket, SocketConnection, StreamConnection } from './connection.ts'
import { formatEventCursor, parseEventCursor } from './event-cursor.ts'
import { Frame } from './frame.ts'
import type { News, Told } from './news.ts'

export interface EventsOptions<Principal> {
  /** What tells this process of changes: one hub for all handlers of a process. */
  readonly hub: ChangeHub
  /** Who asks. Undefined: no user is signed in, and the answer is 401. */
  readonly principalOf: (request: Request) => Principal | undefined | Promise<Principal | undefined>
  /**
   * What a caller may hear of. Entities that are not named stay unheard.
   * @example (user) => ({ products: { tags: ['products', 'product:{id}'] }, notes: { scopes: [user.tenant] } })
   */
  readonly mayHear: (principal: Principal) => MayHear
  /**
   * The name of a caller, for the limits. Where callers do not sign in, give the address: else all share one limit. Default: the
   * principal as JSON.
   */
  readonly callerOf?: (principal: Principal, request: Request) => string
  readonly limits?: CallerLimitOptions
  /** After how long a silent connection gets a sign of life. Unit: seconds. Default: 15. */
  readonly heartbeat?: number
  /**
   * After how long the server ends a connection, so that the caller comes back and is asked anew who they are. Each gets a
   * fifth more or less. Unit: seconds. Default: 900.
   */
  readonly lifetime?: number
  /**
   * How many callers of this process may read anew in a second after one change: hints to more of them ask each to wait for a
   * part of the time that this takes, half a minute at most. Default: 500.
   */
  readonly readsPerSecond?: number
  /** How many may come back in a second, when all were cut off at once. Default: 200. */
  readonly returnsPerSecond?: number
}

/** The handlers of `/events`. */
export interface Events {
  /**
   * `GET /events`: an event stream. With `?poll=25` it ends after the first hint, or after so many seconds (at most 55), for
   * callers behind a proxy that holds streams back; `?poll=0` ends at once. With `?since=` it begins with what was
   * missed.
   */
  (request: Request): Promise<Response>
  /** Answers a request for a WebSocket. Used by `acceptWebSockets`. */
  socket(request: Request): Promise<Response | ((socket: Socket) => void)>
  /** How many listen. */
  readonly connections: number
  /**
   * Ends all connections over a while, each with a time of its own after which to come back: evenly spread, and none before the
   * while is over.
   *
   * @param over unit: milliseconds. Default: 0.
   * @param away how much longer no process can take them, where this one is the only one. Unit: milliseconds. Default: 0.
   */
  close(over?: number, away?: number): Promise<void>
}

/** No cache and no proxy on the way keeps, holds back or changes it. */
const STREAM_FIELDS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'cdn-cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

const MAX_POLL_S = 55
/** Hints are read anew over this long at most; a time too short to matter is not said. */
const MAX_SPREAD_MS = 30_000
const MIN_SPREAD_MS = 200
/** A connection has to last for a moment at least, whatever is configured. */
const TICK_MS = 1000
/** One that has ended alone, by its lifetime, comes back within this time. */
const ALONE_MS = 1000
/** All come back over this long at most. */
const MAX_RETURNS_MS = 60_000

/** One who listens, and when the server ends it. */
interface Listener {
  readonly connection: Connection
  readonly audience: Audience
  readonly endsAtMs: number
  /** What came before it has heard what it missed. Undefined: it has. */
  waiting: Batch[] | undefined
  /** It ends with the first hint. */
  readonly isPoll: boolean
}

/**
 * `/events`: says that something has changed and which tags it has, never the data. Authorised by the backend's own
 * functions.
 */
export function events<Principal>(options: EventsOptions<Principal>): Events {
  const feed = new Feed(options)
  const handle = (request: Request): Promise<Response> => feed.answer(request)
  return Object.defineProperties(
    Object.assign(handle, {
      socket: (request: Request) => feed.socket(request),
      close: (over?: number, away?: number) => feed.close(over, away),
      connections: 0,
    }),
    { connections: { get: () => feed.connections } },
  )
}

class Feed<Principal> {
  readonly #options: EventsOptions<Principal>
  readonly #limits: CallerLimits
  readonly #listeners = new Set<Listener>()
  readonly #unsubscribe: () => void
  readonly #ticking: ReturnType<typeof setInterval>
  #beatAtMs = performance.now()
  #isClosing = false
  /** How many listened when they began to be ended: all of them come back. */
  #ending = 0

  constructor(options: EventsOptions<Principal>) {
    this.#options = options
    this.#limits = new CallerLimits(options.limits ?? {})
    this.#unsubscribe = options.hub.subscribe((batch) => this.#tell(batch))
    this.#ticking = setInterval(() => this.#tick(), TICK_MS)
    // A server that has nothing else to do may end.
    this.#ticking.unref()
  }

  get connections(): number {
    return this.#listeners.size
  }

  async answer(request: Request): Promise<Response> {
    try {
      if (request.method !== 'GET') throw new SyncProblem(405, 'GET is the method of /events.', {}, { allow: 'GET' })
      const { audience, told, leave } = await this.#admit(request)
      const poll = new URL(request.url).searchParams.get('poll')
      const connection = new StreamConnection(() => {
        leave()
        this.#listeners.delete(listener)
      })
      const listener = this.#listen(connection, audience, poll === null ? undefined : pollSeconds(poll))
      // A caller may be gone by now.
      if (request.signal.aborted) connection.end()
      request.signal.addEventListener('abort', () => connection.end())
      await this.#begin(listener, told)
      return new Response(connection.body, { headers: STREAM_FIELDS })
    } catch (error) {
      if (error instanceof SyncProblem) return answerProblem(error)
      throw error
    }
  }

  async socket(request: Request): Promise<Response | ((socket: Socket) => void)> {
    try {
      const { audience, told, leave } = await this.#admit(request)
      return (socket) => {
        const connection = new SocketConnection(socket, () => {
          leave()
          this.#listeners.delete(listener)
        })
        const listener = this.#listen(connection, audience, undefined)
        void this.#begin(listener, told).catch(() => undefined)
      }
    } catch (error) {
      if (error instanceof SyncProblem) return answerProblem(error)
      throw error
    }
  }

  async close(over = 0, away = 0): Promise<void> {
    this.#isClosing = true
    this.#unsubscribe()
    const all = [...this.#listeners]
    this.#ending = all.length
    const firstAtMs = performance.now() + over + away
    const slices = Math.max(1, Math.ceil(over / 100))
    for (let slice = 0; slice < slices; slice++) {
      for (let at = slice; at < all.length; at += slices) {
        const listener = all[at]
        if (listener === undefined || !this.#listeners.has(listener)) continue
        this.#end(listener, firstAtMs - performance.now() + this.#turnOf(at, all.length))
      }
      // Also after the last, as the process may end then: what was sent has to go out.
      if (over > 0) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    clearInterval(this.#ticking)
  }

  /**
   * Who asks, and what they may hear.
   *
   * @throws SyncProblem 400, 401, 429 or 503.
   */
  async #admit(request: Request): Promise<{ audience: Audience; told: Told | undefined; leave: () => void }> {
    const { principalOf, mayHear, callerOf = (principal) => JSON.stringify(principal) } = this.#options
    if (this.#isClosing) throw this.#later('This process is about to end.')
    const principal = await principalOf(request)
    if (principal === undefined) throw new SyncProblem(401, 'Sign in first.')
    const audience = new Audience(mayHear(principal))
    const since = new URL(request.url).searchParams.get('since')
    const cursor = since === null ? undefined : parseEventCursor(since)
    if (cursor === 'invalid') throw new SyncProblem(400, 'since is no cursor of this server.')
    const entered = this.#limits.enter(callerOf(principal, request))
    if ('wait' in entered)
      throw new SyncProblem(
        429,
        'Too many requests or connections of one caller.',
        {},
        { 'retry-after': String(entered.wait) },
      )
    // What the caller may hear has changed: what it missed cannot be told.
    const told = cursor && (cursor.audience === audience.key ? cursor : { ...cursor, generation: '' })
    return { audience, told, leave: entered.leave }
  }

  #listen(connection: Connection, audience: Audience, pollS: number | undefined): Listener {
    const { lifetime = 900 } = this.#options
    const forMs = pollS === undefined ? lifetime * (0.8 + Math.random() * 0.4) * 1000 : pollS * 1000
    const endsAtMs = performance.now() + forMs
    const listener: Listener = { connection, audience, endsAtMs, waiting: [], isPoll: pollS !== undefined }
    this.#listeners.add(listener)
    return listener
  }

  /** Says hello, and tells what was missed. From then on the listener hears each batch. */
  async #begin(listener: Listener, told: Told | undefined): Promise<void> {
    const { hub, heartbeat = 15 } = this.#options
    const { connection, audience, isPoll } = listener
    let news: News
    try {
      news = await hub.since(told)
    } catch {
      connection.end()
      throw this.#later('The database is away.')
    }
    const returns = this.#returnsMs
    connection.send(new Frame('hello', { heartbeat, returns }, { retry: Math.ceil(Math.random() * returns) }))
    const hint = audience.hintOf(news.changed)
    // A hint of nothing, where nothing was missed: it has the cursor.
    connection.send(new Frame('hint', hint ?? NOTHING, { cursor: this.#cursorOf(listener, news) }))
    const waiting = listener.waiting ?? []
    listener.waiting = undefined
    for (const batch of waiting) this.#tellOne(listener, new Map([[audience.key, this.#frameFor(listener, batch, 1)]]))
    if (isPoll && (hint !== undefined || listener.endsAtMs <= performance.now())) connection.end()
  }

  #tell(batch: Batch): void {
    const frames = new Map<string, Frame | undefined>()
    const counts = new Map<string, number>()
    for (const { audience } of this.#listeners) counts.set(audience.key, (counts.get(audience.key) ?? 0) + 1)
    for (const [key, listener] of this.#oneOfEach())
      frames.set(key, this.#frameFor(listener, batch, counts.get(key) ?? 0))
    for (const listener of this.#listeners) {
      if (listener.waiting === undefined) this.#tellOne(listener, frames)
      else listener.waiting.push(batch)
    }
  }

  /** One listener of each audience. */
  #oneOfEach(): ReadonlyMap<string, Listener> {
    return new Map([...this.#listeners].map((listener) => [listener.audience.key, listener]))
  }

  /** What an audience of so many is told of a batch; undefined: nothing of it concerns it. */
  #frameFor(listener: Listener, batch: Batch, count: number): Frame | undefined {
    const hint = listener.audience.hintOf(batch.changed)
    if (hint === undefined) return undefined
    const { readsPerSecond = 500 } = this.#options
    const spread = Math.min(MAX_SPREAD_MS, Math.round((count / readsPerSecond) * 1000))
    const data = spread < MIN_SPREAD_MS ? hint : { ...hint, spread }
    return new Frame('hint', data, { cursor: this.#cursorOf(listener, batch) })
  }

  /** @param frames what each audience is told of the batch. */
  #tellOne({ audience, connection, isPoll }: Listener, frames: ReadonlyMap<string, Frame | undefined>): void {
    const frame = frames.get(audience.key)
    if (frame === undefined) return
    connection.send(frame)
    if (isPoll) connection.end()
  }

  #tick(): void {
    const { heartbeat = 15 } = this.#options
    const now = performance.now()
    for (const listener of this.#listeners) if (listener.endsAtMs <= now) this.#end(listener, Math.random() * ALONE_MS)
    if (now - this.#beatAtMs < heartbeat * 1000) return
    this.#beatAtMs = now
    this.#limits.tidy()
    // How many there are is known better now than at the beginning of each.
    const [returns, count] = [this.#returnsMs, this.#listeners.size]
    let at = 0
    for (const { connection } of this.#listeners)
      connection.send(new Frame('heartbeat', { returns }, { retry: Math.ceil(this.#turnOf(at++, count)) }))
  }

  /** Ends one, which comes back after so many milliseconds. */
  #end({ connection, isPoll }: Listener, backMs: number): void {
    if (!isPoll) connection.send(new Frame('end', { returns: this.#returnsMs }, { retry: Math.ceil(backMs) }))
    connection.end()
  }

  #cursorOf({ audience }: Listener, { generation, snapshot }: Told): string {
    return formatEventCursor({ generation, snapshot, audience: audience.key })
  }

  /** Over how long all who listen come back, when they are cut off at once. Unit: milliseconds. */
  get #returnsMs(): number {
    const { returnsPerSecond = 200 } = this.#options
    const neededMs = (Math.max(this.#listeners.size, this.#ending) / returnsPerSecond) * 1000
    return Math.ceil(Math.max(1000, Math.min(MAX_RETURNS_MS, neededMs)))
  }

  /** When one of so many comes back: each has an equal part of the time to itself. Unit: milliseconds. */
  #turnOf(at: number, count: number): number {
    return ((at + Math.random()) / count) * this.#returnsMs
  }

  #later(detail: string): SyncProblem {
    const wait = 1 + Math.ceil((Math.random() * this.#returnsMs) / 1000)
    return new SyncProblem(503, detail, {}, { 'retry-after': String(wait) })
  }
}

const NOTHING: Hint = { tags: [] }

/** @throws SyncProblem 400 */
function pollSeconds(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new SyncProblem(400, 'poll is a number of seconds.')
  return Math.min(MAX_POLL_S, Number(text))
}
