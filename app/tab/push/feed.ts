import type { End, Open } from './connection.ts'
import type { Hint } from './hint.ts'
import { atTheTop, next, type Outcome, type Position, type Way } from './ladder.ts'
import type { Message } from './message.ts'

interface Ports {
  /** The feed's address, absolute. */
  readonly url: string
  readonly ways: readonly Way[]
  readonly open: (way: Way) => Open
  /** Whether the feed is one of `freshlayer/server`: it has a cursor, says hello and beats. */
  readonly isOwn: boolean
  /** How far the tabs have heard. */
  readonly cursor: () => string | undefined
  /** The cursor is of no use to the server. */
  readonly forget: () => void
  /** @param spreadMs over how long all who were told may read anew. */
  readonly told: (hint: Hint, cursor: string | undefined, spreadMs?: number) => void
  /** What may have changed while no tab listened, where the feed cannot say it. */
  readonly gap: Hint
  /** The feed is refused, with this status. */
  readonly refused: (status: number | undefined) => void
}

/** A server that gets through says hello within this time. */
const HELLO_MS = 8000
/** So many heartbeats of silence, and the connection is dead. */
const SILENT_BEATS = 2.5
/** A long poll lasts so long, and the server's answer has so much longer to come. Unit: seconds. */
const LONG_POLL_S = 25
const SLACK_MS = 10_000
/** Hints may come one after another: a long poll asks once in this time. */
const POLL_GAP_MS = 1000
/** A server that has ended a connection without a word of when to come back. */
const RETRY_MS = 3000
/** How long a page that was refused waits: someone may sign in. It doubles up to the other. */
const REFUSED_MS = 5000
const MAX_REFUSED_MS = 120_000

/**
 * The leader's connection, as long as it leads.
 *
 * ```
 *            the server answers            a message, a heartbeat
 *   opening ─────────────────────► open ◄──────────────────────────┐
 *      ▲          │                  │  └─────────────────────────┘
 *      │          │ no word for 8 s  │ ended, cut, or silent for 2.5 heartbeats
 *      │          ▼                  ▼
 *      └──────── resting ◄───────────┘     how long, and by which way next: `ladder.ts`
 * ```
 */
export class Feed {
  readonly #ports: Ports
  #position: Position
  /** Of the connection or the rest of now. Undefined: nothing is wanted. */
  #current: AbortController | undefined
  #retryMs: number | undefined
  /** Over how long all callers of the server come back, as it has said last. */
  #returnsMs = 0
  #refusals = 0

  constructor(ports: Ports) {
    this.#ports = ports
    this.#position = atTheTop(ports.ways)
  }

  start(): void {
    this.stop()
    const current = (this.#current = new AbortController())
    void this.#run(current.signal)
  }

  stop(): void {
    this.#current?.abort()
    this.#current = undefined
  }

  /** The user may be another, or the network is back: what is going on is not worth waiting for. */
  restart(): void {
    if (this.#current === undefined) return
    this.#refusals = 0
    this.#position = atTheTop(this.#ports.ways)
    this.start()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const way = this.#position.ways[this.#position.at] ?? 'poll'
      const beganMs = performance.now()
      const end = await this.#listen(way, signal)
      if (signal.aborted) return
      const restMs = this.#restAfter(way, end, performance.now() - beganMs)
      await rest(restMs, signal)
    }
  }

  /** How long to rest, and where to stand then. */
  #restAfter(way: Way, { outcome, status, waitMs = 0 }: End, lastedMs: number): number {
    if (outcome === 'refused') {
      // The cursor may be of a server that was replaced: without one everything counts as changed.
      if (status === 400 && this.#ports.cursor() !== undefined) this.#ports.forget()
      if (this.#refusals === 0) this.#ports.refused(status)
      const limit = Math.min(MAX_REFUSED_MS, REFUSED_MS * 2 ** this.#refusals++)
      return waitMs + limit * (0.5 + Math.random() / 2)
    }
    if (outcome !== 'failed') this.#refusals = 0
    const { restMs, ...position } = next(this.#position, outcome, performance.now())
    const hasStayed = position.at === this.#position.at && outcome === 'ended'
    const isClimbing = position.at < this.#position.at
    this.#position = position
    // The server was away, and is back for all: twice the time, as the rest is any part of it, and half on average.
    if (outcome === 'failed') return waitMs + Math.random() * Math.max(restMs, 2 * this.#returnsMs)
    // All who were brought down by that come up now.
    if (isClimbing) return Math.random() * this.#returnsMs
    // The server has given each a time of its own.
    if ((outcome === 'ended' || outcome === 'cut') && restMs <= RETRY_MS && isConstant(way))
      return waitMs + (this.#retryMs ?? Math.random() * RETRY_MS)
    if (hasStayed && way === 'long-poll') return Math.max(0, POLL_GAP_MS - lastedMs)
    if (hasStayed && way === 'poll') return restMs * (0.8 + Math.random() * 0.4)
    return waitMs + Math.random() * restMs
  }

  /** One connection by one way, from its beginning to its end. */
  async #listen(way: Way, signal: AbortSignal): Promise<End> {
    const { isOwn, told, gap, open, cursor } = this.#ports
    const since = isOwn ? cursor() : undefined
    const connection = new AbortController()
    const end = (): void => connection.abort()
    signal.addEventListener('abort', end, { once: true })
    const watch = new Watch(end)
    watch.expect(way === 'long-poll' ? LONG_POLL_S * 1000 + SLACK_MS : HELLO_MS)
    let isHeard = false
    let hasGap = since === undefined
    const beganMs = performance.now()
    const opened = (): void => {
      if (isOwn) return
      isHeard = true
      watch.expect(undefined)
      // From now on the feed tells everything; what was before it does not.
      told(gap, undefined)
    }
    const heard = (message: Message): void => {
      isHeard = true
      if (message.kind !== 'hint') this.#returnsMs = message.returnsMs ?? this.#returnsMs
      if (message.kind === 'hello' && isConstant(way)) watch.expect(message.heartbeatMs * SILENT_BEATS)
      else watch.sign(message.kind === 'sign')
      if (message.kind !== 'hint') return
      // The first message of an own feed has the place from which on it has told everything.
      told(isOwn && hasGap ? gap : message.hint, message.cursor, message.spreadMs)
      hasGap = false
    }
    const retry = (ms: number): void => void (this.#retryMs = Math.min(ms, 120_000))
    const hearing = { opened, heard, retry }
    let result: End
    try {
      result = await open(way)(this.#urlFor(way, since), hearing, connection.signal)
    } catch {
      // The browser forbids it, or the address is none of this way's.
      result = { outcome: 'failed' }
    }
    watch.end()
    signal.removeEventListener('abort', end)
    if (result.outcome === 'refused') return result
    return { ...result, outcome: this.#outcomeOf(way, result.outcome, isHeard, watch, performance.now() - beganMs) }
  }

  #outcomeOf(way: Way, outcome: Outcome, isHeard: boolean, watch: Watch, lastedMs: number): Outcome {
    if (!isHeard) return watch.hasBitten ? 'held-back' : outcome === 'cut' ? 'held-back' : outcome
    // What ends after a message has done what a poll is for.
    if (!isConstant(way)) return 'ended'
    const isYoung = lastedMs < (outcome === 'ended' ? HELLO_MS : 2 * (watch.limitMs ?? HELLO_MS))
    return (outcome === 'cut' || outcome === 'ended') && isYoung ? 'cut' : 'ended'
  }

  #urlFor(way: Way, since: string | undefined): string {
    const url = new URL(this.#ports.url)
    if (!this.#ports.isOwn) return url.href
    if (since !== undefined) url.searchParams.set('since', since)
    // A cache on the way that keeps what it may not keep would say for ever that nothing has changed.
    url.searchParams.set('_', Math.random().toString(36).slice(2))
    if (!isConstant(way)) url.searchParams.set('poll', way === 'poll' ? '0' : String(LONG_POLL_S))
    return url.href
  }
}

const isConstant = (way: Way): boolean => way === 'socket' || way === 'stream'

/** Ends a connection that gives no sign of life. */
class Watch {
  /** Undefined: silence is no sign of death. */
  limitMs: number | undefined
  /** It has ended the connection. */
  hasBitten = false
  readonly #bite: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #signAtMs: number | undefined

  constructor(bite: () => void) {
    this.#bite = bite
  }

  expect(limitMs: number | undefined): void {
    this.limitMs = limitMs
    clearTimeout(this.#timer)
    if (limitMs === undefined) return
    this.#timer = setTimeout(() => {
      this.hasBitten = true
      this.#bite()
    }, limitMs)
  }

  /**
   * A sign of life.
   *
   * @param isBeat it is one that says nothing. A feed that has twice sent one is expected to go on as regularly.
   */
  sign(isBeat: boolean): void {
    const now = performance.now()
    if (isBeat && this.#signAtMs !== undefined && this.limitMs === undefined)
      this.limitMs = Math.max(HELLO_MS, (now - this.#signAtMs) * SILENT_BEATS)
    if (isBeat) this.#signAtMs = now
    this.expect(this.limitMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
