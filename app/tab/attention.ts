import type { Answers, Greeting, Question, Shown } from '../../sw/protocol.ts'
import { poll } from './polling.ts'
import { type LoadedEntry, ReadUrls } from './read-urls.ts'
import type { attempt, warn } from './report.ts'
import { shownBy } from './shown-urls.ts'

type Asking = Extract<Question, { readonly ask: 'validate' }>

/** What has become of all that the page shows. */
interface Attended {
  readonly shown: ReadonlyMap<string, Shown>
  /** After so many milliseconds the page asks for a poll again. */
  readonly nextMs: number
}

interface Ports {
  /** What bindings call the layer. */
  readonly layer: object
  /** Ends the watching. */
  readonly signal: AbortSignal
  readonly ask: (question: Asking) => Promise<Answers['validate']>
  /** Whether the origin could not be reached when it was last tried: the layer tells when it is back. */
  readonly isAway: () => boolean
  /** The page has to read these URLs itself. */
  readonly onUnread: (urls: readonly string[], because: Asking['because']) => void
  /** Handed in: this file imports nothing of the script that loads it. */
  readonly attempt: typeof attempt
  readonly warn: typeof warn
}

/** A page may show thousands of URLs: so many go in one message, and the rest waits, or is let be once the page is hidden. */
const ASKED_AT_ONCE = 100
/** Tabs and users whose connection comes back do not all ask in the same instant. */
const SPREAD_MS = 300
/**
 * An origin that was missed for less time was not cut off: one gateway's error would have everything validated that is stored.
 */
const HICCUP_MS = 5000
/** Writes that follow each other are one occasion. */
const GATHER_MS = 50

/**
 * Has the worker validate what the page shows: when it comes into sight, when the connection is back, when a write has
 * invalidated something, when it asks. Which of it, and whether at all, the rules say and the worker decides. A page out of
 * sight waits until it is in sight.
 */
export class Attention {
  readonly #ports: Ports
  readonly #read: ReadUrls
  /** Undefined: the worker has not greeted, or is of an older build. */
  #polls: Greeting['polls']
  /** When the connection was lost; 0: it is there. */
  #lostAtMs = 0
  /** The browser has said that it is lost. */
  #isSure = false
  /** The page was out of sight when the connection came back. */
  #hasMissed = false
  #isGathering = false
  #isPolling = false
  /** What polls has to know of. */
  onNew: () => void = () => undefined
  onBack: () => void = () => undefined

  constructor(ports: Ports) {
    const { layer, signal } = ports
    this.#ports = ports
    this.#read = new ReadUrls(signal)
    shownBy(layer).onNew = () => this.onNew()
  }

  get isLost(): boolean {
    return this.#lostAtMs > 0
  }

  /** The page has loaded something, at this route. */
  read(entries: readonly LoadedEntry[], route: string): void {
    this.#read.add(entries, route)
    this.onNew()
  }

  /** A write has made something stale. What bindings show they read themselves. */
  invalidated(): void {
    if (shownBy(this.#ports.layer).parts.size > 0 || this.#isGathering) return
    this.#isGathering = true
    this.#later(() => {
      this.#isGathering = false
      void this.attend('invalidated')
    }, GATHER_MS)
  }

  /** The worker has greeted the page. */
  learn(polls: Greeting['polls']): void {
    this.#polls = polls
    // It may have come back before there was a worker to tell.
    void this.reconnect()
    if (polls === undefined || polls === 'none' || this.#isPolling) return
    this.#isPolling = true
    poll(this, { signal: this.#ports.signal, isAll: () => this.#polls === 'all' })
  }

  /**
   * The connection is lost.
   *
   * @param isSure the browser says so; else only the origin was missed, which may be a hiccup of one answer.
   */
  lose(isSure: boolean, atMs: number): void {
    this.#lostAtMs ||= atMs
    this.#isSure ||= isSure
  }

  /** The connection is back: what was read before its loss is stale. */
  async reconnect(): Promise<void> {
    const isBack = this.isLost && navigator.onLine && !this.#ports.isAway()
    if (!isBack || this.#polls === undefined) return
    const isHiccup = !this.#isSure && Date.now() - this.#lostAtMs < HICCUP_MS
    this.#isSure = false
    if (isHiccup) this.#lostAtMs = 0
    else {
      this.#hasMissed = document.hidden
      await this.attend('reconnect')
    }
    this.onBack()
  }

  /** The same as `ask`; what goes wrong is told on the console. */
  attend(because: Asking['because'], isFirst = false): Promise<Attended | undefined> {
    if (this.#polls === undefined) return Promise.resolve(undefined)
    return this.ask(because, isFirst).catch((error: unknown) => {
      this.#ports.warn(error)
      return undefined
    })
  }

  /** All that the page shows, the newest first. */
  urls(): readonly string[] {
    const bound = [...shownBy(this.#ports.layer).parts].flatMap((part) => [...part.urls()])
    return bound.length > 0 ? [...new Set(bound)] : this.#read.urls()
  }

  /** Has what the page shows validated, where the rules want that. Settles when the origin has answered, or has not. */
  async ask(because: Asking['because'], isFirst = false): Promise<Attended> {
    const { layer, ask, attempt, onUnread } = this.#ports
    const urls = this.urls()
    const lostAtMs = because === 'reconnect' ? this.#lostAtMs : 0
    if (lostAtMs > 0) this.#lostAtMs = 0
    const shown = new Map<string, Shown>()
    let nextMs = Infinity
    // The loss is told also by a page that shows nothing, or is out of sight.
    for (let at = 0; at < urls.length || (at === 0 && lostAtMs > 0); at += ASKED_AT_ONCE) {
      const isHidden = document.hidden
      const mayAsk = !isHidden || because === 'refresh' || because === 'poll'
      if (!mayAsk && (at > 0 || lostAtMs === 0)) break
      const asked = mayAsk ? urls.slice(at, at + ASKED_AT_ONCE) : []
      const answer = await ask({
        ask: 'validate',
        urls: asked,
        because,
        ...(isHidden && { isHidden }),
        ...(isFirst && { isFirst }),
        ...(lostAtMs > 0 && { lostAtMs }),
      })
      asked.forEach((url, index) => shown.set(url, answer.shown[index] ?? {}))
      nextMs = Math.min(nextMs, answer.nextMs ?? Infinity)
      if (!mayAsk) break
    }
    onUnread(
      [...shown].flatMap(([url, { outcome }]) => (outcome === 'absent' ? url : [])),
      because,
    )
    for (const { onShown } of shownBy(layer).parts) attempt(() => onShown?.(shown, because))
    return { shown, nextMs }
  }

  /** The browser says that there is a network again. */
  online(): void {
    if (this.isLost && !this.#ports.isAway()) this.#later(() => void this.reconnect(), Math.random() * SPREAD_MS)
  }

  /** The page comes into sight. */
  async look(): Promise<void> {
    const hasMissed = this.#hasMissed
    this.#hasMissed = false
    if (hasMissed) await this.attend('reconnect')
    await this.attend('focus')
  }

  #later(work: () => void, afterMs: number): void {
    setTimeout(() => !this.#ports.signal.aborted && work(), afterMs)
  }
}
