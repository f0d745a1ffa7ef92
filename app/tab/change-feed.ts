import { channelOf } from '../../config/names.ts'
import type { ChangeCause, Diff, LoggedChange } from '../../sw/core/change.ts'
import {
  type Greeting,
  type HeardChange,
  heardChange,
  type OriginState,
  type OutboxCounts,
  type Since,
} from '../../sw/protocol.ts'
import { attempt, warn } from './report.ts'
import { ask, type WorkerOf } from './rpc.ts'

/** Something this page may be showing is no longer what the layer would answer. */
export interface ChangeEvent {
  /**
   * 'changed': a newer version is stored. 'first': an answer is stored for the first time. 'removed': an answer is gone.
   * 'invalidated': a write, here or elsewhere, has made answers stale. 'reset': what was missed cannot be told, or the
   * origin is back; everything shown counts as changed.
   */
  readonly kind: LoggedChange['kind'] | 'reset'
  /**
   * Absolute, with percent-encoding in normal form. One that ends in `*` stands for all that begin so, `*` alone for every
   * URL; one without a query for that URL with any.
   */
  readonly urls: readonly string[]
  readonly tags: readonly string[]
  /** Everything this page shows may have changed. */
  readonly all: boolean
  /**
   * 'response': the origin answered a read. 'focus', 'reconnect', 'poll', 'invalidated': the layer has asked it about what is
   * shown, or the page has to, because nothing is stored. 'refresh', 'invalidate', 'remove': a page called these. 'write': a
   * write of the app. 'sign-out': a user is gone. 'sync': a collection was kept in step. 'reset': see `kind`.
   */
  readonly cause: ChangeCause | 'reset'
  /**
   * What was missed cannot be told, and a sign-out may be among it: the user whose data the page shows may be gone. Nothing
   * personal may be shown on before it is read anew. Default: no such doubt.
   */
  readonly userMayBeGone?: true
  /** The ids of the items that a list has gained, changed and lost. Absent: not known, or too many. */
  readonly diff?: Diff
  /**
   * The page has got the newer answer by a read of its own, and is told only of which items it names (`diff`): there is nothing
   * to read. Absent: it has not.
   */
  readonly isRead?: true
}

/** Whether what the page shows may be of a user who is gone (I3). */
export const mayEndUser = ({ cause, userMayBeGone }: ChangeEvent): boolean =>
  cause === 'sign-out' || userMayBeGone === true

interface Ports {
  readonly worker: WorkerOf
  readonly scope: string
  /** Whether the layer's worker controls the page, as it is now. */
  readonly isControlled: () => boolean
  /** Tells the worker who the user is, where the page knows it: the worker goes by that when it is greeted. */
  readonly introduce: () => Promise<unknown>
  /** What the worker says over the channel. */
  readonly hear: (event: MessageEvent) => void
  readonly onOrigin: (origin: OriginState) => void
  /** Which pages poll, as the worker greets this one. */
  readonly onPolls: (polls: Greeting['polls']) => void
  /** How many writes wait, where the rules queue some. */
  readonly onOutbox: (counts: OutboxCounts) => void
}

/**
 * The worker's change log, as this page hears it: each change once and in order. Of a change that the page has read itself it hears
 * only where the change names items.
 *
 * ```
 *            greet()                  the worker's answer
 *  closed ───────────> greeting ─────────────────────────────> listening
 *     ^                   │  changes wait until the answer         │  a gap, or a change of a partition
 *     │      mute()       │                            ^           │  that is new to the page
 *     └───────────────────┴────────────────────────────└───────────┘  greets again
 * ```
 */
export class ChangeFeed {
  readonly #ports: Ports
  readonly #listeners = new Set<(change: ChangeEvent) => void>()
  #channel: BroadcastChannel | undefined
  /** How far this page has heard the change log, and whose changes are its own. */
  #heard: { -readonly [K in Exclude<keyof Greeting, 'missed' | 'polls' | 'outbox' | keyof OriginState>]: Greeting[K] } =
    {
      clientId: '',
      logId: '',
      position: 0,
      partitions: [],
    }
  /** Changes that came while the worker was being asked what went before them. Undefined: the worker is not being asked. */
  #waiting: HeardChange[] | undefined
  /** Partitions that the worker, when it was asked, did not name as the page's: it is asked once for each. */
  readonly #others = new Set<string>()
  /** Since the worker was asked, the page's user may have changed: what it answers of partitions does not hold. */
  #isOutdated = false
  /** Since the page was put away (bfcache) the worker has not answered: nothing was heard. */
  #wasAway = false
  /** Since the page greeted last, an announcement came that this version cannot read. */
  #hasUnread = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  on(listener: (change: ChangeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Whether changes of a partition are this page's, as far as the worker has said. */
  concerns(partition: string): boolean {
    return this.#heard.partitions.includes(partition)
  }

  /** Opens the channel, then asks for what was said before it was open. */
  greet(waiting: HeardChange[] = []): void {
    const { worker, scope, isControlled, introduce, hear } = this.#ports
    if (!isControlled()) return this.#giveUp()
    if (this.#waiting !== undefined) return
    this.#waiting = waiting
    this.#hasUnread = false
    if (this.#channel === undefined) {
      this.#channel = new BroadcastChannel(channelOf(scope))
      this.#channel.onmessage = hear
    }
    const { logId, position } = this.#heard
    const since: Since = logId ? { logId, position } : { openedAtMs: performance.timeOrigin }
    void introduce()
      .then(() => {
        // Introducing the user may have made the partitions unknown.
        this.#isOutdated = false
        return ask(worker, { ask: 'hello', since, partitions: this.#heard.partitions, shown: [] })
      })
      .then(
        (greeting) => this.#waiting === waiting && this.#catchUp(greeting, waiting),
        (error: unknown) => {
          warn(error)
          if (this.#waiting !== waiting) return
          this.#waiting = undefined
          this.#giveUp()
        },
      )
  }

  /** Messages on an open channel would evict this page from the back-forward cache. A greeting under way is void. */
  mute(): void {
    this.#channel?.close()
    this.#channel = this.#waiting = undefined
    this.#wasAway = true
  }

  /** The user may be another: the worker has to say anew whose changes concern the page. */
  forgetPartitions(): void {
    this.#heard.partitions = []
    this.#others.clear()
    this.#isOutdated = true
  }

  /** Delivery is at least once and may have gaps; a listener hears each change once and in order. */
  learn(change: HeardChange): void {
    if (this.#waiting !== undefined) return void this.#waiting.push(change)
    const { logId, position, informed, partition, all } = change
    const heard = this.#heard
    const ahead = heard.logId === logId ? position - heard.position : 2
    if (ahead < 1) return
    const isInformed = informed.includes(heard.clientId)
    // That a user is gone concerns every page.
    const isTheirs = isInformed || all === true || heard.partitions.includes(partition)
    // Only the worker knows whether a change of a partition that is new to this page concerns it.
    if (ahead > 1 || !(isTheirs || this.#others.has(partition))) return this.greet([change])
    heard.position = position
    if (isInformed) {
      this.#others.delete(partition)
      if (change.diff) this.#tell({ ...eventOf(change), isRead: true })
    } else if (isTheirs) this.#tell(eventOf(change))
  }

  /**
   * Everything shown counts as changed.
   *
   * @param logId the log that is followed from now on. Default: the same.
   */
  reset(logId?: string): void {
    if (logId !== undefined) this.#heard = { ...this.#heard, logId, position: 0 }
    this.#tell(RESET)
  }

  /** The page has to read these URLs: nothing is stored that the worker could validate. */
  tellUnread(urls: readonly string[], cause: ChangeCause): void {
    const event: ChangeEvent = { kind: 'invalidated', urls, tags: [], all: false, cause }
    if (urls.length > 0) for (const listener of this.#listeners) attempt(() => listener(event))
  }

  /** Reads show what a user has written and the origin does not have. */
  tellShown(urls: readonly string[]): void {
    if (urls.length > 0) this.#tell({ kind: 'changed', urls, tags: [], all: false, cause: 'write' })
  }

  /** The page's user is another: what it shows is of the one before. */
  endUser(): void {
    this.#tell(USER_GONE)
  }

  /**
   * The worker said something in another version of the protocol: it may be a change. The listeners are told once per
   * greeting, for a page that refetches everything at each message of such a worker would never end.
   */
  learnUnreadable(): void {
    if (!this.#hasUnread) this.#tell(MISSED)
    this.#hasUnread = true
  }

  #catchUp(
    { missed, reachable, signIn = false, polls, outbox, ...heard }: Greeting,
    waiting: readonly HeardChange[],
  ): void {
    this.#waiting = undefined
    this.#wasAway = false
    this.#heard = this.#isOutdated ? { ...heard, partitions: [] } : heard
    const [asked] = waiting
    // Changes that came later may be of a user that the page has come to have since.
    if (asked !== undefined && !this.#isOutdated) this.#others.add(asked.partition)
    for (const partition of heard.partitions) this.#others.delete(partition)
    this.#ports.onOrigin({ reachable, signIn })
    this.#ports.onPolls(polls)
    if (outbox) this.#ports.onOutbox(outbox)
    if (missed === 'reset') this.#tell(MISSED)
    else for (const change of missed) this.#tell(eventOf(heardChange(change)))
    for (const change of waiting) {
      if (change.logId === heard.logId) this.learn(change)
      // One of another log would have the page ask for ever.
      else if (heard.partitions.includes(change.partition)) this.#tell(eventOf(change))
    }
  }

  /** Nothing answers for the time that the page was away. */
  #giveUp(): void {
    if (this.#wasAway) this.#tell(MISSED)
    this.#wasAway = false
  }

  #tell(event: ChangeEvent): void {
    // A user may be gone. Only the worker knows whose changes concern this page from now on.
    if (event !== RESET && event.all) this.forgetPartitions()
    for (const listener of this.#listeners) attempt(() => listener(event))
  }
}

const RESET: ChangeEvent = { kind: 'reset', urls: [], tags: [], all: true, cause: 'reset' }
/** A sign-out may be among what was missed. */
export const MISSED: ChangeEvent = { ...RESET, userMayBeGone: true }
const USER_GONE: ChangeEvent = { kind: 'removed', urls: ['*'], tags: [], all: true, cause: 'sign-out' }

/** A change in the words of the app. One that cannot be read, or is of everything, may have said that a user is gone. */
function eventOf(change: HeardChange | undefined): ChangeEvent {
  if (change === undefined) return MISSED
  const { kind, targets, all = false, cause, diff } = change
  if (kind === 'reset') return all ? MISSED : RESET
  const named = (of: string): string[] =>
    targets.flatMap((target) => (target.startsWith(of) ? [target.slice(of.length)] : []))
  const urls = all ? ['*'] : [...named('url '), ...named('prefix ').map((prefix) => `${prefix}*`)]
  return { kind, urls, tags: named('tag '), all, cause, ...(diff && { diff }) }
}
