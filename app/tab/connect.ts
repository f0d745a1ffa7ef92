import { channelOf, scopeOf } from '../../config/names.ts'
import type { LoggedChange } from '../../sw/core/change.ts'
import {
  type Answers,
  type Explanation,
  type Greeting,
  parseAnnouncement,
  type Question,
  type Reach,
  type Refreshed,
  type SignedOut,
  type Since,
  type Stats,
} from '../../sw/protocol.ts'
import { explained } from './explained.ts'
import { ask } from './rpc.ts'

export interface ConnectOptions {
  /** The worker's script. Default: '/sw.js'. */
  readonly worker?: string
  /** What the worker controls. Default: the folder of its script. */
  readonly scope?: string
  /**
   * Who is signed in: an opaque, stable id, or null for nobody. Asked at the start and whenever the worker must know.
   * Needed where the config identifies by 'identify'. One that throws has said nothing. Default: nobody ever.
   */
  readonly identify?: () => string | null

  /**
   * Whether a newer worker may take over while this page is in sight: say no while a form holds what nobody has sent.
   * Nothing is reloaded either way. One that throws has said no. Default: it may.
   */
  readonly mayUpdate?: () => boolean
}

/** What the layer can do for this page at the moment. */
export interface State {
  /** A worker answers this page's requests. */
  readonly controlled: boolean
  /** A newer worker waits for the tabs of this one to close, or for `applyUpdate()`. */
  readonly updateReady: boolean
  /** The origin could not be reached when it was last tried. */
  readonly offline: boolean
  /**
   * The server no longer has a file that this page has asked for: its build is gone, and parts of it cannot load until
   * the page is loaded anew. Ask its user first. A page that reloads itself would do so again and again where a file is
   * missing from the newest build.
   */
  readonly outdated: boolean
}

/** Something this page may be showing is no longer what the layer would answer. */
export interface ChangeEvent {
  /**
   * 'changed': a newer version is stored. 'first': an answer is stored for the first time. 'removed': an answer is gone.
   * 'invalidated': a write, here or elsewhere, has made answers stale. 'reset': what was missed cannot be told, or the
   * origin is back; everything shown counts as changed.
   */
  readonly kind: LoggedChange['kind'] | 'reset'
  /** Absolute. One that ends in `*` stands for all that begin so; one without a query for that URL with any. */
  readonly urls: readonly string[]
  readonly tags: readonly string[]
}

interface Listeners {
  state: (state: State) => void
  change: (change: ChangeEvent) => void
}

/** The layer, as a page sees it. Without a worker (private windows, plain http) everything comes from the network. */
export interface Freshlayer {
  readonly state: State
  /** Calls the listener at each change of state, or at each change of data; each change is told once. Returns the way out. */
  on<K extends keyof Listeners>(kind: K, listener: Listeners[K]): () => void
  /**
   * Says who is signed in; null: nobody. Counts where the config identifies by 'identify'. Wait for it before the next read
   * that depends on it.
   */
  identify(user: string | null): Promise<void>
  /**
   * The user signs out: what is stored for them is erased, in memory at once and on disk when this settles, and other tabs
   * hear of it. Where writes are unsent nothing happens unless `force` says to drop them: show `unsent` and ask.
   */
  signOut(options?: { readonly force?: boolean }): Promise<SignedOut>
  /** Why a URL would be answered as it would be now. */
  explain(url: string): Promise<Explanation>
  /** Ends the freshness of what has these tags or URLs: for changes that no write of this app has made. */
  invalidate(reach: Reach): Promise<void>
  /** Forgets answers altogether, their offline window included. Returns how many. */
  remove(reach: Reach): Promise<number>
  /** Asks the origin anew about a stored URL. */
  refresh(url: string): Promise<Refreshed>
  /** What the layer has done so far, per rule; undefined where no worker answers. */
  stats(): Promise<Stats | undefined>
  /**
   * Lets a waiting worker take over, in every tab, as soon as each other tab agrees (`mayUpdate`) or is out of sight;
   * settles then. Never reloads: a page that wants the new build does so itself. Rejects with the signal's reason; once the
   * other tabs have been asked, the update may be applied all the same.
   */
  applyUpdate(options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Stops listening. The worker goes on. */
  close(): void
}

/** While the origin is away it is asked again, less and less often. */
const PROBE_FROM_MS = 1000
const PROBE_TO_MS = 30_000
/** So long after a tab did not agree to an update it is asked again. */
const AGREE_AGAIN_MS = 1000
/** When the origin is back, tabs do not all ask in the same instant. */
const SPREAD_MS = 300

/** Registers the worker and connects this page to it. Call it once, as early as possible. */
export function connect(options: ConnectOptions = {}): Freshlayer {
  return new Connection(options)
}

class Connection implements Freshlayer {
  state: State = { controlled: false, updateReady: false, offline: false, outdated: false }
  readonly #options: ConnectOptions
  readonly #container = container()
  readonly #listeners: { [K in keyof Listeners]: Set<Listeners[K]> } = { state: new Set(), change: new Set() }
  readonly #abort = new AbortController()
  /** The worker's script, absolute. */
  #script = ''
  /** What the worker controls, as the names have it. */
  #scope = ''
  #registration: ServiceWorkerRegistration | undefined
  #channel: BroadcastChannel | undefined
  /** The worker that controls this page, or past which it was loaded. Another's is none of ours. */
  readonly #worker = (): ServiceWorker | null | undefined =>
    [this.#container?.controller, this.#registration?.active].find((worker) => worker?.scriptURL === this.#script)
  /** How far this page has heard the change log, and whose changes are its own. */
  #heard: { -readonly [K in Exclude<keyof Greeting, 'missed' | 'reachable'>]: Greeting[K] } = {
    clientId: '',
    logId: '',
    position: 0,
    partitions: [],
  }
  /** Changes that came while the worker was being asked what went before them. */
  #waiting: LoggedChange[] | undefined
  /** Why nothing comes from the layer, as it was last said. */
  #said: unknown
  #probeMs = PROBE_FROM_MS
  #probing: ReturnType<typeof setTimeout> | undefined

  constructor(options: ConnectOptions) {
    this.#options = options
    const container = this.#container
    if (container === undefined) {
      this.#degrade('this page may have no service worker')
      return
    }
    const { signal } = this.#abort
    const { worker = '/sw.js', scope } = options
    this.#script = new URL(worker, document.baseURI).href
    // As `register()` reads it: the default is the folder of the script.
    this.#scope = scopeOf(
      scope === undefined ? new URL('./', this.#script).href : new URL(scope, document.baseURI).href,
    )
    container.addEventListener('controllerchange', () => this.#greet(), { signal })
    // No startMessages(): what waits for the document would be delivered before the app’s own listeners are there.
    container.addEventListener('message', (event) => this.#hear(event), { signal })
    addEventListener('pagehide', () => this.#mute(), { signal })
    addEventListener('pageshow', ({ persisted }) => persisted && this.#greet(), { signal })
    addEventListener('online', () => this.#probe(), { signal })
    document.addEventListener('visibilitychange', () => !document.hidden && this.#greet(), { signal })
    // Of the options the browser takes the scope.
    container.register(trusted(worker), options).then(
      // Some privacy modes answer without a registration.
      (registration?: ServiceWorkerRegistration) =>
        registration ? this.#watch(registration) : this.#degrade('this page may have no service worker'),
      (error: unknown) => this.#degrade(error),
    )
    this.#greet()
  }

  on<K extends keyof Listeners>(kind: K, listener: Listeners[K]): () => void {
    this.#listeners[kind].add(listener)
    return () => void this.#listeners[kind].delete(listener)
  }

  async identify(user: string | null): Promise<void> {
    await this.#ask({ ask: 'identify', user }, true)
    this.#heard.partitions = []
  }

  signOut({ force = false } = {}): Promise<SignedOut> {
    return this.#ask({ ask: 'sign-out', force }, { signedOut: true, unsent: 0 })
  }

  async explain(url: string): Promise<Explanation> {
    return explained(await this.#ask({ ask: 'explain', url }, { url, state: 'no-worker', why: '' }))
  }

  async invalidate(reach: Reach): Promise<void> {
    await this.#ask({ ask: 'invalidate', reach }, true)
  }

  async remove(reach: Reach): Promise<number> {
    return (await this.#ask({ ask: 'remove', reach }, { removed: 0 })).removed
  }

  refresh(url: string): Promise<Refreshed> {
    return this.#ask({ ask: 'refresh', url }, { outcome: 'no-worker' })
  }

  stats(): Promise<Stats | undefined> {
    return this.#ask({ ask: 'stats' }, undefined)
  }

  async applyUpdate({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const aborted = new Promise<undefined>((resolve) => signal?.addEventListener('abort', () => resolve(undefined)))
    for (;;) {
      signal?.throwIfAborted()
      const waiting = this.#registration?.waiting
      if (!waiting) return
      const taking = await Promise.race([aborted, ask(() => (signal?.aborted ? null : waiting), { ask: 'take-over' })])
      if (taking?.takesOver) return
      await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, AGREE_AGAIN_MS))])
    }
  }

  close(): void {
    this.#abort.abort()
    this.#mute()
    clearTimeout(this.#probing)
  }

  async #ask<A extends Question['ask'], W extends Answers[A] | undefined>(
    question: Extract<Question, { readonly ask: A }>,
    without: W,
  ): Promise<Answers[A] | W> {
    // A page that was loaded past its worker has one, though `register()` may not have said so yet.
    const { scope = this.#script } = this.#options
    const found = this.#worker() ? undefined : await this.#container?.getRegistration(scope).catch(() => undefined)
    this.#registration ??= found
    return this.#worker() ? ask(this.#worker, question) : without
  }

  /** Opens the channel, then asks for what was said before it was open. */
  #greet(waiting: LoggedChange[] = []): void {
    const script = this.#container?.controller?.scriptURL
    const controlled = script === this.#script
    this.#set({ controlled })
    if (!controlled) {
      if (script !== undefined) this.#degrade(`another worker controls this page: ${script}`)
      return
    }
    if (this.#waiting !== undefined) return
    this.#waiting = waiting
    if (this.#channel === undefined) {
      this.#channel = new BroadcastChannel(channelOf(this.#scope))
      this.#channel.onmessage = (event) => this.#hear(event)
    }
    const since: Since = this.#heard.logId ? this.#heard : { openedAtMs: performance.timeOrigin }
    const user = attempt(() => this.#options.identify?.())
    void Promise.resolve(user === undefined || this.identify(user))
      .then(() => ask(this.#worker, { ask: 'hello', since }))
      .then(
        (greeting) => this.#waiting === waiting && this.#catchUp(greeting, waiting),
        (error: unknown) => {
          if (this.#waiting === waiting) this.#waiting = undefined
          warn(error)
        },
      )
  }

  /** Messages on an open channel would evict this page from the back-forward cache. A greeting under way is void. */
  #mute(): void {
    this.#channel?.close()
    this.#channel = this.#waiting = undefined
  }

  #catchUp({ missed, reachable, ...heard }: Greeting, waiting: readonly LoggedChange[]): void {
    this.#waiting = undefined
    this.#heard = heard
    this.#reachable(reachable)
    for (const change of missed === 'reset' ? [RESET] : missed) this.#tell(change)
    for (const change of waiting) {
      if (change.logId === heard.logId) this.#learn(change)
      // One of another log would have the page ask for ever.
      else if (heard.partitions.includes(change.partition)) this.#tell(change)
    }
  }

  /** What the worker says: to every page over the channel, or to this one alone. */
  #hear({ data, ports }: MessageEvent): void {
    const { identify, mayUpdate } = this.#options
    const announcement = parseAnnouncement(data)
    switch (announcement?.say) {
      case 'change':
        return this.#learn(announcement.change)
      case 'origin':
        return this.#reachable(announcement.reachable)
      case 'reset':
        this.#heard = { ...this.#heard, logId: announcement.logId, position: 0 }
        return this.#tell(RESET)
      case 'who':
        return attempt(() => void this.identify(identify?.() ?? null).catch(warn))
      case 'agree':
        return ports[0]?.postMessage(attempt(() => mayUpdate?.() ?? true))
      case 'outdated':
        return this.#set({ outdated: true })
      case undefined:
        return
    }
  }

  /** Delivery is at least once and may have gaps; a listener hears each change once and in order. */
  #learn(change: LoggedChange): void {
    if (this.#waiting !== undefined) return void this.#waiting.push(change)
    const { logId, position, informed, partition } = change
    const heard = this.#heard
    const ahead = heard.logId === logId ? position - heard.position : 2
    if (ahead < 1) return
    const isInformed = informed.includes(heard.clientId)
    // Whether one of a partition that is new to this page concerns it, the worker knows.
    if (ahead > 1 || !(isInformed || heard.partitions.includes(partition))) return this.#greet([change])
    heard.position = position
    if (!isInformed) this.#tell(change)
  }

  #tell({ kind, urls, tags }: ChangeEvent): void {
    // Somebody is gone: whose changes concern this page from now on, the worker knows.
    if (urls[0] === '*') this.#heard.partitions = []
    for (const listener of this.#listeners.change) attempt(() => listener({ kind, urls, tags }))
  }

  #set(changed: Partial<State>): void {
    const state = { ...this.state, ...changed }
    if (JSON.stringify(state) === JSON.stringify(this.state)) return
    this.state = state
    for (const listener of this.#listeners.state) attempt(() => listener(state))
  }

  #reachable(reachable: boolean): void {
    if (this.#abort.signal.aborted) return
    const wasOffline = this.state.offline
    this.#set({ offline: !reachable })
    clearTimeout(this.#probing)
    if (!reachable) {
      // Full jitter, so that tabs and users do not return together (I11).
      this.#probing = setTimeout(() => this.#probe(), Math.random() * this.#probeMs)
      this.#probeMs = Math.min(this.#probeMs * 2, PROBE_TO_MS)
    } else if (wasOffline) {
      this.#probeMs = PROBE_FROM_MS
      setTimeout(() => this.#tell(RESET), Math.random() * SPREAD_MS)
    }
  }

  /** Asks whether the origin is back. Hidden tabs wait. */
  #probe(): void {
    if (!this.state.offline) return
    if (document.hidden) return this.#reachable(false)
    ask(this.#worker, { ask: 'probe' }).then(
      ({ reachable }) => this.#reachable(reachable),
      () => this.#reachable(false),
    )
  }

  #watch(registration: ServiceWorkerRegistration): void {
    this.#registration = registration
    const { signal } = this.#abort
    const look = (): void => this.#set({ updateReady: registration.waiting !== null && this.state.controlled })
    const follow = (worker: ServiceWorker | null): void => worker?.addEventListener('statechange', look, { signal })
    look()
    follow(registration.waiting)
    follow(registration.installing)
    registration.addEventListener('updatefound', () => follow(registration.installing), { signal })
  }

  #degrade(why: unknown): void {
    if (why === this.#said) return
    this.#said = why
    console.info(`[freshlayer] All comes from the network: ${why}`)
  }
}

const warn = (error: unknown): void => console.warn('[freshlayer]', error)

/** Runs code of the app: what it throws is reported as an uncaught error of the app, and breaks nothing here. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    reportError(error)
    return undefined
  }
}

/** Absent where there are no workers; asking for it throws in a frame that has no origin, and outside of browsers. */
function container(): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker
  } catch {
    return undefined
  }
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): string
  }
}

/**
 * Under Trusted Types the address of a script has to come from a policy; ours is called 'freshlayer', which a page's
 * `trusted-types` has to allow.
 */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  try {
    return trustedTypes?.createPolicy('freshlayer', { createScriptURL: (given) => given }).createScriptURL(url) ?? url
  } catch {
    // The page does not allow the policy; where it wants one all the same, registering says so.
    return url
  }
}

const RESET: ChangeEvent = { kind: 'reset', urls: [], tags: [] }
