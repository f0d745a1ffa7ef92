import type { Answers, Explanation, OriginState, Question, Reach, Refreshed, SyncNews } from '../../sw/protocol.ts'
import { applyUpdate } from './apply-update.ts'
import type { expectArgument } from './arguments.ts'
import { Attention } from './attention.ts'
import { explained } from './explained.ts'
import { A_REACH, isReach } from './reach-argument.ts'
import { PageOutbox } from './outbox.ts'
import { Reachability } from './reachability.ts'
import type { attempt, warn } from './report.ts'
import type { ask, WorkerOf } from './rpc.ts'
import { type SyncStats, withStores } from './sync-stats.ts'
import { eventOf, stateOf, type SyncEvent, type SyncState } from './syncing.ts'

export { longestRestMs } from './back-off.ts'
export { applyUpdate }

/** Handed in: this file imports nothing of the script that loads it, which a page may have loaded by another address. */
interface Ports {
  /** What bindings call the layer. */
  readonly layer: object
  /** Ends all that goes on by itself. */
  readonly signal: AbortSignal
  readonly worker: WorkerOf
  /** The newer worker that waits, as it is now. */
  readonly waiting: WorkerOf
  readonly scope: string
  /** Has something loaded within the worker's scope. */
  readonly touchScope: () => void
  readonly ask: typeof ask
  /** The same, where there may be no worker to ask: then the second argument is the answer. */
  readonly askIfAny: <A extends Question['ask'], W extends Answers[A] | undefined>(
    question: Extract<Question, { readonly ask: A }>,
    without: W,
  ) => Promise<Answers[A] | W>
  /** Whether there is a worker to ask. */
  readonly hasWorker: () => Promise<boolean>
  readonly expectArgument: typeof expectArgument
  readonly attempt: typeof attempt
  readonly warn: typeof warn
  readonly isAway: () => boolean
  readonly onOrigin: (origin: { readonly offline: boolean; readonly signInNeeded: boolean }) => void
  /** Everything shown counts as changed. */
  readonly onReset: () => void
  /** The page has to read these URLs itself. */
  readonly onUnread: ConstructorParameters<typeof Attention>[0]['onUnread']
}

/** The outcome of several URLs is the first of these that one of them has. */
const ORDER: readonly Refreshed['outcome'][] = ['changed', 'unreachable', 'kept', 'unchanged']

/**
 * What a connection does beside greeting the worker and hearing changes: what only some apps call, and what goes on once the
 * page has been there for a while. A file of its own, which pages load when they have nothing else to do, or when they need
 * it before.
 */
export class More {
  readonly #ports: Ports
  readonly #reachability: Reachability
  readonly attention: Attention
  readonly outbox: PageOutbox

  constructor(ports: Ports) {
    this.#ports = ports
    const { layer, signal, worker, ask: question, isAway, onUnread, warn: say, attempt: run } = ports
    const attention = (this.attention = new Attention({
      layer,
      signal,
      ask: (asking) => question(worker, asking),
      isAway,
      onUnread,
      attempt: run,
      warn: say,
    }))
    this.outbox = new PageOutbox({ ...ports, ask: ports.askIfAny })
    this.#reachability = new Reachability({
      probe: () => question(worker, { ask: 'probe' }),
      signal,
      onOrigin: (origin) => {
        if (origin.offline) attention.lose(false, Date.now())
        ports.onOrigin(origin)
      },
      onBack: () => {
        void attention.reconnect()
        ports.onReset()
      },
    })
  }

  /** The worker has said, at that time, whether the origin could be reached. */
  learnOrigin(origin: OriginState, atMs: number): void {
    if (!origin.reachable && origin.signIn !== true) this.attention.lose(false, atMs)
    this.#reachability.learn(origin)
  }

  /** The browser says that there is a network again. */
  online(): void {
    this.#reachability.probe()
    this.attention.online()
    this.outbox.poke()
  }

  /** The page comes into sight. While it was out of sight it has left the origin alone. */
  look(): void {
    this.#reachability.probe()
    void this.attention.look()
    this.outbox.poke()
  }

  async explain(url: string): Promise<Explanation> {
    this.#expectUrl('explain', url)
    return explained(await this.#ports.askIfAny({ ask: 'explain', url }, { url, state: 'no-worker', why: '' }))
  }

  async invalidate(reach: Reach): Promise<void> {
    this.#expectReach('invalidate', reach)
    await this.#ports.askIfAny({ ask: 'invalidate', reach }, true)
  }

  async remove(reach: Reach): Promise<number> {
    this.#expectReach('remove', reach)
    return (await this.#ports.askIfAny({ ask: 'remove', reach }, { removed: 0 })).removed
  }

  async refresh(url: string | undefined): Promise<Refreshed> {
    if (url !== undefined) {
      this.#expectUrl('refresh', url)
      return this.#ports.askIfAny({ ask: 'refresh', url }, { outcome: 'no-worker' })
    }
    if (!(await this.#ports.hasWorker())) return { outcome: 'no-worker' }
    const { shown } = await this.attention.ask('refresh')
    const outcomes = new Set([...shown.values()].map(({ outcome }) => outcome))
    return { outcome: ORDER.find((each) => outcomes.has(each)) ?? 'absent' }
  }

  async sync(question: Extract<Question, { readonly ask: 'sync' | 'sync-state' }>): Promise<readonly SyncState[]> {
    const said = await this.#ports.askIfAny<typeof question.ask, []>(question, [])
    return said.map(stateOf)
  }

  syncStats(): Promise<SyncStats> {
    return withStores(this.#ports.layer, this.#ports.askIfAny({ ask: 'sync-stats' }, undefined))
  }

  /** How a collection comes on, in the words of the app. */
  eventOf(news: SyncNews): SyncEvent {
    return eventOf(news)
  }

  async applyUpdate(options: { readonly signal?: AbortSignal }): Promise<void> {
    const { expectArgument: expect } = this.#ports
    expect(!('aborted' in options), 'applyUpdate', '{ signal } or nothing')
    return applyUpdate(this.#ports, options.signal)
  }

  /** At the first visit: the worker stores what the page has read before it was there. */
  async fill(): Promise<void> {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const urls = entries.flatMap(({ name, initiatorType, workerStart, responseStatus }) =>
      /^(fetch|xml)/.test(initiatorType) && workerStart === 0 && !(responseStatus > 399) ? name : [],
    )
    if (urls.length > 0) await this.#ports.askIfAny({ ask: 'fill', urls }, true).catch(() => undefined)
  }

  #expectUrl(method: string, url: unknown): void {
    this.#ports.expectArgument(typeof url === 'string', method, 'a URL as text')
  }

  #expectReach(method: string, reach: unknown): void {
    this.#ports.expectArgument(isReach(reach), method, A_REACH)
  }
}
