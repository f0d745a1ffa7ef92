import { isThisMachine } from '../../config/this-machine.ts'
import {
  type Answers,
  type Explanation,
  type OriginState,
  parseAnnouncement,
  type Question,
  type Reach,
  type Refreshed,
  type SignedOut,
  type Stats,
  type SyncCounts,
} from '../../sw/protocol.ts'
import { expectArgument } from './arguments.ts'
import { BUILT_WORKER } from './built-worker.ts'
import { ChangeFeed } from './change-feed.ts'
import type { CaughtUpOptions, ConnectOptions, Freshlayer, Listeners, State, SyncOptions } from './freshlayer.ts'
import type { More } from './more.ts'
import type { Outbox } from './outbox.ts'
import type { Hint } from './push/hint.ts'
import { NO_WORKER, Registration } from './registration.ts'
import { attempt, warn } from './report.ts'
import { ask } from './rpc.ts'
import type { EntitiesOf, SyncStats } from './sync-stats.ts'
import type { SyncState } from './syncing.ts'

/**
 * Registers the worker and connects this page to it. Call it as early as possible. A page has one connection: a later call
 * gives the same, and what it says of the page (`identify`, `authorization`, `secret`, `mayUpdate`, `development`) holds from then on. Once the layer
 * is closed, a call makes another. On a server, which renders the page, it does nothing.
 */
export function connect(options: ConnectOptions = {}): Freshlayer {
  const { identify = connect, mayUpdate = connect, authorization = connect, secret = connect } = options
  expectArgument(
    typeof options === 'object' &&
      [identify, mayUpdate, authorization, secret].every((each) => typeof each === 'function'),
    'connect',
    '{ worker, scope } and the functions { identify, mayUpdate, authorization, secret }',
  )
  const page = globalThis as Page
  const first = page[COPIES] ?? connect
  const isStandIn = 'close' in first
  page[COPIES] = isStandIn ? connect : first
  // Both would answer the worker's questions, and the first answer counts.
  if (connected?.isOpen === true) return connected.adopt(options)
  if (isStandIn) first.close()
  else if (first !== connect)
    warn('two copies of this package have connected this page: one is enough (npm ls freshlayer)')
  connected = new Connection(options)
  for (const follow of followers) follow(connected)
  return connected
}

const followers = new Set<(layer: Freshlayer) => void>()

/** Calls back when the page, whose layer was closed, is connected anew. Returns the way out. */
export function onConnected(follow: (layer: Freshlayer) => void): () => void {
  followers.add(follow)
  return () => void followers.delete(follow)
}

/**
 * Connects the page for an app that has not done so, as the script does that a build puts into documents. The app's own call,
 * by this copy of the module or by another, takes its place. Undefined: the page is connected.
 */
export function standIn(options: ConnectOptions): Freshlayer | undefined {
  const page = globalThis as Page
  return page[COPIES] ? undefined : (page[COPIES] = connect(options))
}

/** Which copy of this module has connected the page, or what connects it until its app does. */
const COPIES = Symbol.for('freshlayer')

interface Page {
  [COPIES]?: typeof connect | Freshlayer
}

let connected: Connection | undefined

/** What `connect()` has given this page last; undefined: it has not been called. */
export const connectedLayer = (): Freshlayer | undefined => connected

/** What a page has asked for while the worker took it over has been answered by then, mostly. */
const SETTLE_MS = 1000

/** So much a page keeps for the rest of the layer, which comes later: the newest. */
const MAX_QUEUED = 1000

class Connection implements Freshlayer {
  state: State = {
    controlled: false,
    updateReady: false,
    offline: false,
    signInNeeded: false,
    outdated: false,
    isFetching: false,
  }
  #options: ConnectOptions
  readonly #listeners = new Set<Listeners['state']>()
  readonly #syncListeners = new Set<Listeners['sync']>()
  readonly #outboxListeners = new Set<Listeners['outbox']>()
  readonly #abort = new AbortController()
  readonly #registration: Registration
  readonly #changes: ChangeFeed
  #more: More | undefined
  /** What it is told as soon as it is there. */
  #queue: ((more: More) => unknown)[] = []
  /** Calls of `refresh()` that are under way. */
  #refreshing = 0
  /** Who the page has said that its user is. */
  #user: string | null | undefined
  /** Why nothing comes from the layer, as it was last said. */
  #said: unknown
  /** Ends what is said in development. Undefined: nothing is. */
  #speech: AbortController | undefined

  constructor(options: ConnectOptions) {
    this.#options = options
    const { signal } = this.#abort
    const registration = (this.#registration = new Registration(options, {
      signal,
      onWaiting: (isWaiting) => this.#set({ updateReady: isWaiting && this.state.controlled }),
      onNone: (why) => this.#degrade(why),
    }))
    const { container, worker, scope } = registration
    const changes = (this.#changes = new ChangeFeed({
      worker,
      scope,
      isControlled: () => this.#isControlled(),
      introduce: () => this.#introduce(),
      hear: (event) => this.#hear(event),
      onOrigin: (origin) => this.#learnOrigin(origin),
      onPolls: (polls) => this.#tell(({ attention }) => attention.learn(polls)),
      onOutbox: (counts) => this.#tellSoon(({ outbox }) => outbox.learn(counts)),
    }))
    if (container === undefined) {
      this.#degrade(NO_WORKER)
      return
    }
    // A new worker that takes the page over from another has missed nothing.
    if (container.controller === null) {
      const fill = (): unknown => setTimeout(() => this.#tellSoon((more) => more.fill()), SETTLE_MS)
      container.addEventListener('controllerchange', fill, { signal, once: true })
    }
    container.addEventListener('controllerchange', () => changes.greet(), { signal })
    // No startMessages(): what waits for the document would be delivered before the app’s own listeners are there.
    container.addEventListener('message', (event) => this.#hear(event), { signal })
    addEventListener('pagehide', () => changes.mute(), { signal })
    addEventListener('pageshow', ({ persisted }) => persisted && changes.greet(), { signal })
    const look = (): void => {
      changes.greet()
      this.#tellSoon((more) => more.look())
    }
    document.addEventListener('visibilitychange', () => !document.hidden && look(), { signal })
    this.#watch()
    registration.register()
    changes.greet()
    const { push = BUILT_WORKER.push } = options
    if (push) {
      const tell = (hint: Hint): Promise<unknown> => this.#ask({ ask: 'hint', ...hint }, true)
      const { authorization } = options
      void import('./push/push.ts').then(
        ({ startPush }) => startPush(push, { layer: this, scope, authorization, tell, container, signal, warn }),
        warn,
      )
    }
    void this.#speakUp(container)
  }

  get isOpen(): boolean {
    return !this.#abort.signal.aborted
  }

  /** The page connects once more: by this connection, and what is said of the page holds from now on. */
  adopt(options: ConnectOptions): this {
    // What is undefined is not said, and stays.
    const said = Object.entries(options).filter(([, value]) => value !== undefined)
    this.#options = { ...this.#options, ...Object.fromEntries(said) }
    const { container, script, scope } = this.#registration
    if (!this.#registration.isOf(this.#options))
      warn(`connect() is too late for another worker or scope: this page has ${script} for ${scope}; close() it first`)
    if (options.identify) this.#introduce().catch(warn)
    if (container) void this.#speakUp(container)
    return this
  }

  on<K extends keyof Listeners>(kind: K, listener: Listeners[K]): () => void
  on(kind: keyof Listeners, listener: Listeners[keyof Listeners]): () => void {
    expectArgument(
      /^(state|change|sync|outbox)$/.test(kind) && typeof listener === 'function',
      'on',
      "'state', 'change', 'sync' or 'outbox', and a function",
    )
    if (kind === 'change') return this.#changes.on(listener as Listeners['change'])
    const others = { sync: this.#syncListeners, outbox: this.#outboxListeners, state: this.#listeners }
    const listeners: Set<unknown> = others[kind]
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  async identify(user: string | null | undefined): Promise<void> {
    if (user === undefined) return
    expectArgument(user === null || typeof user === 'string', 'identify', 'a text, null or undefined')
    const before = this.#user
    this.#user = user
    try {
      await this.#ask({ ask: 'identify', user }, true)
    } finally {
      // What the page shows is of the one before, whatever becomes of the worker (I3).
      this.#changes.forgetPartitions()
      if (before !== undefined && before !== user) this.#changes.endUser()
    }
  }

  async signOut(options: { readonly force?: boolean } = {}): Promise<SignedOut> {
    const { force = false } = options
    expectArgument(typeof options === 'object' && typeof force === 'boolean', 'signOut', '{ force: true } or nothing')
    return this.#ask({ ask: 'sign-out', force }, { signedOut: true, unsent: 0 })
  }

  async explain(url: string): Promise<Explanation> {
    return (await this.#load()).explain(url)
  }

  async invalidate(reach: Reach): Promise<void> {
    return (await this.#load()).invalidate(reach)
  }

  async remove(reach: Reach): Promise<number> {
    return (await this.#load()).remove(reach)
  }

  async refresh(url?: string): Promise<Refreshed> {
    this.#set({ isFetching: ++this.#refreshing > 0 })
    try {
      return await (await this.#load()).refresh(url)
    } finally {
      this.#set({ isFetching: --this.#refreshing > 0 })
    }
  }

  stats(): Promise<Stats | undefined> {
    return this.#ask({ ask: 'stats' }, undefined)
  }

  async sync(options: SyncOptions = {}): Promise<readonly SyncState[]> {
    return (await this.#load()).sync({ ...options, ask: 'sync' })
  }

  async caughtUpWith(
    write: Response | string,
    { entities, timeoutMs: limitMs = 10_000 }: CaughtUpOptions = {},
  ): Promise<boolean> {
    expectArgument(write instanceof Response || typeof write === 'string', 'caughtUpWith', 'the answer to a write')
    const position = typeof write === 'string' ? write : (write.headers.get('freshlayer-position') ?? undefined)
    return this.#ask({ ask: 'caught-up', position, entities, limitMs }, true)
  }

  async syncState(): Promise<readonly SyncState[]> {
    return (await this.#load()).sync({ ask: 'sync-state' })
  }

  syncCounts(): Promise<SyncCounts | undefined> {
    return this.#ask({ ask: 'sync-counts' }, undefined)
  }

  getSyncStats<C = unknown>(): Promise<SyncStats<EntitiesOf<C>>>
  async getSyncStats(): Promise<SyncStats> {
    return (await this.#load()).syncStats()
  }

  readonly outbox: Outbox = {
    list: async () => (await this.#load()).outbox.list(),
    counts: async () => (await this.#load()).outbox.counts(),
    read: async (place) => (await this.#load()).outbox.read(place),
    theirs: async (place) => (await this.#load()).outbox.theirs(place),
    retry: async (place) => (await this.#load()).outbox.retry(place),
    edit: async (place, body) => (await this.#load()).outbox.edit(place, body),
    discard: async (place) => (await this.#load()).outbox.discard(place),
    durability: async () => (await this.#load()).outbox.durability(),
    deleted: async () => (await this.#load()).outbox.deleted(),
  }

  async applyUpdate(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return (await this.#load()).applyUpdate(options)
  }

  close(): void {
    this.#abort.abort()
    this.#speech?.abort()
    this.#changes.mute()
  }

  async #ask<A extends Question['ask'], W extends Answers[A] | undefined>(
    question: Extract<Question, { readonly ask: A }>,
    without: W,
  ): Promise<Answers[A] | W> {
    return (await this.#registration.find()) ? ask(this.#registration.worker, question) : without
  }

  /** What the page sees of itself from the start. The rest makes something of it once it is there. */
  #watch(): void {
    const { signal } = this.#abort
    const lose = (): void => {
      const atMs = Date.now()
      this.#tell(({ attention }) => attention.lose(true, atMs))
    }
    if (!navigator.onLine) lose()
    addEventListener('offline', lose, { signal })
    addEventListener('online', () => this.#tellSoon((more) => more.online()), { signal })
    this.#changes.on(({ kind }) => kind === 'invalidated' && this.#tell(({ attention }) => attention.invalidated()))
    const observer = new PerformanceObserver((list) => {
      const [entries, route] = [list.getEntries() as PerformanceResourceTiming[], location.href]
      this.#tell(({ attention }) => attention.read(entries, route))
    })
    observer.observe({ type: 'resource', buffered: true })
    signal.addEventListener('abort', () => observer.disconnect())
    const load = (): void => this.#tellSoon(() => undefined)
    const loadAtRest = (): unknown => (globalThis.requestIdleCallback ?? setTimeout)(load)
    if (document.readyState === 'complete') loadAtRest()
    else addEventListener('load', loadAtRest, { signal, once: true })
  }

  /** Says something to the rest, now or once it is there. */
  #tell(say: (more: More) => unknown): void {
    if (!this.isOpen) return
    if (this.#more) say(this.#more)
    // A page whose network has failed may wait for long.
    else if (this.#queue.push(say) > MAX_QUEUED) this.#queue.shift()
  }

  /** The same, and the rest is loaded now. */
  #tellSoon(say: (more: More) => unknown): void {
    this.#tell(say)
    if (this.isOpen) this.#load().catch(warn)
  }

  /** The rest of the connection. Where it could not be loaded, the next need tries again. */
  async #load(): Promise<More> {
    const { More } = await import('./more.ts')
    if (this.#more) return this.#more
    const { worker, waiting, find, touchScope, scope } = this.#registration
    const { signal } = this.#abort
    const more = (this.#more = new More({
      layer: this,
      signal,
      worker,
      waiting,
      touchScope,
      scope,
      ask,
      askIfAny: (question, without) => this.#ask(question, without),
      hasWorker: async () => Boolean(await find()),
      expectArgument,
      attempt,
      warn,
      isAway: () => this.state.offline,
      onOrigin: (origin) => this.#set(origin),
      onReset: () => this.#changes.reset(),
      onUnread: (...unread) => this.#changes.tellUnread(...unread),
    }))
    for (const say of this.#queue) if (!signal.aborted) say(more)
    this.#queue = []
    return more
  }

  /**
   * In development: where the rules do nothing is said, from the call of `connect()` that says so to the one that does not. A
   * page whose words cannot be loaded says nothing.
   */
  async #speakUp(container: ServiceWorkerContainer): Promise<void> {
    const is = this.#options.development ?? isThisMachine(location)
    if (is === (this.#speech !== undefined)) return
    this.#speech?.abort()
    if (!is) return void (this.#speech = undefined)
    const { signal } = (this.#speech = new AbortController())
    try {
      const { speakUp } = await import('./development.ts')
      await container.ready
      const explain = (url: string): Promise<Explanation> =>
        this.#ask({ ask: 'explain', url }, { url, state: 'no-worker', why: '' })
      if (!signal.aborted) speakUp({ explain, stats: () => this.stats(), signal })
    } catch {
      return
    }
  }

  #learnOrigin(origin: OriginState): void {
    if (!this.isOpen) return
    const { reachable, signIn = false } = origin
    const atMs = Date.now()
    this.#set({ offline: !reachable && !signIn, signInNeeded: signIn })
    const say = (more: More): void => more.learnOrigin(origin, atMs)
    if (reachable) this.#tell(say)
    else this.#tellSoon(say)
  }

  #isControlled(): boolean {
    const controlled = this.#registration.controls()
    this.#set({ controlled })
    return controlled
  }

  async #introduce(): Promise<void> {
    await this.identify(attempt(() => this.#options.identify?.()))
  }

  /** What the worker says: to every page over the channel, or to this one alone. */
  #hear({ data, ports }: MessageEvent): void {
    const { authorization, identify, mayUpdate, secret } = this.#options
    const announcement = parseAnnouncement(data)
    switch (announcement?.say) {
      case 'change':
        return this.#changes.learn(announcement.change)
      case 'origin':
        return this.#learnOrigin(announcement)
      case 'reset':
        return this.#changes.reset(announcement.logId)
      case 'unreadable':
        return this.#changes.learnUnreadable()
      case 'who':
        // Without the option no user is ever signed in; an option that gives undefined does not know it yet.
        return attempt(() => void this.identify(identify ? identify() : null).catch(warn))
      case 'agree':
        return ports[0]?.postMessage(attempt(() => mayUpdate?.() ?? true))
      case 'authorization':
        return void (async () => ports[0]?.postMessage(await authorization?.()))().catch(reportError)
      case 'secret':
        return void (async () => ports[0]?.postMessage(await secret?.(announcement.name, announcement.url)))().catch(
          reportError,
        )
      case 'partitions':
        return this.#changes.forgetPartitions()
      case 'outdated':
        return this.#set({ outdated: true })
      case 'sync':
        // An app without a listener does not load the words.
        if (this.#syncListeners.size > 0 && this.#changes.concerns(announcement.partition))
          this.#tellSoon((more) => {
            for (const listener of this.#syncListeners) attempt(() => listener(more.eventOf(announcement)))
          })
        return
      case 'outbox':
        if (!this.#changes.concerns(announcement.partition)) return
        this.#changes.tellShown(announcement.urls)
        this.#tellSoon(({ outbox }) => outbox.hear(announcement, this.#outboxListeners))
        return
      case undefined:
        return
    }
  }

  #set(changed: Partial<State>): void {
    const state = { ...this.state, ...changed }
    if (JSON.stringify(state) === JSON.stringify(this.state)) return
    this.state = state
    for (const listener of this.#listeners) attempt(() => listener(state))
  }

  #degrade(why: unknown): void {
    // A server that renders the page has no worker, and that is no news.
    if (why === this.#said || typeof document === 'undefined') return
    this.#said = why
    console.info(`[freshlayer] All comes from the network: ${why}`)
  }
}
