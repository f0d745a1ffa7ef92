import type { PushOptions } from '../../config/language/index.ts'
import type { Explanation, Reach, Refreshed, SignedOut, Stats, SyncCounts } from '../../sw/protocol.ts'
import type { ChangeEvent } from './change-feed.ts'
import type { Outbox, OutboxEvent } from './outbox.ts'
import type { EntitiesOf, SyncStats } from './sync-stats.ts'
import type { SyncEvent, SyncState } from './syncing.ts'

export interface ConnectOptions {
  /**
   * The worker's script. Default: the one that the Vite plugin has built; without it '/sw.js'.
   * @example '/app/sw.js'
   */
  readonly worker?: string
  /**
   * What the worker controls. Default: the folder of its script.
   * @example '/app/'
   */
  readonly scope?: string
  /**
   * Who is signed in: an opaque, stable id; null: no user is; undefined: the page does not know it yet. Called at the
   * start and whenever the worker must know. Needed where the config identifies by 'identify'. Nothing is sent for
   * undefined, and what is stored for the user before stays: call `layer.identify()` when the page knows. A function that
   * throws counts as one that gives undefined. Default: no user, ever.
   * @example () => session.userId
   */
  readonly identify?: () => string | null | undefined
  /**
   * The `Authorization` that the page's requests carry at the moment, such as `Bearer …`; undefined: none. The worker keeps
   * tokens in memory alone, and asks when it validates by itself (`refresh()`) and was stopped since it saw one. An answer
   * later than 500 ms counts as none. Needed where the config identifies by 'authorization'. Default: none.
   * @example () => token && `Bearer ${token}`
   */
  readonly authorization?: () => string | undefined | Promise<string | undefined>
  /**
   * The value of another field that holds a secret, such as `x-csrf-token` or `x-api-key`; undefined: the page does not know it.
   * Secrets are in no record. The worker asks a page of the user right before it sends a queued write that had such a field, and
   * takes what a write of the page has carried last where nothing is said within 500 ms. Without either the write waits.
   * Default: it is not asked.
   * @param name lower case.
   * @param url that of the write.
   * @example (name) => (name === 'x-csrf-token' ? document.querySelector('meta[name=csrf]')?.content : undefined)
   */
  readonly secret?: (name: string, url: string) => string | undefined | Promise<string | undefined>
  /**
   * Whether a newer worker may take over while this page is in sight: say no while a form has unsent input.
   * Nothing is reloaded either way. One that throws has said no. Default: it may.
   * @example () => !form.isDirty
   */
  readonly mayUpdate?: () => boolean
  /**
   * Whether the console says where the rules do nothing, and what would change it. Nothing else differs. The words are a
   * file of their own, which other pages do not load. Default: the page is served from this machine (`localhost`,
   * `127.0.0.1`). Set it to false in an app whose pages always are.
   * @example false
   */
  readonly development?: boolean
  /**
   * The feed that says what has changed, as `push` of the rules, which have to name it too. The words for it are a file of their
   * own, which other pages do not load. Default: that of the rules, where the Vite plugin builds the app; else none.
   * @example { url: '/events' }
   */
  readonly push?: PushOptions
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
   * The origin answers, but redirects requests to another origin, as a sign-in proxy does whose session has run out: the
   * user has to sign in again. Only a page load gets there, so ask the user first, then `location.reload()`.
   */
  readonly signInNeeded: boolean
  /**
   * The server no longer has a file that this page has asked for: its build is gone, and parts of it cannot load until
   * the page is loaded anew. Ask its user first. A page that reloads itself would do so again and again where a file is
   * missing from the newest build.
   */
  readonly outdated: boolean
  /** A `refresh()` of this page is under way: for a button that says so. */
  readonly isFetching: boolean
}

export interface SyncOptions {
  /** The collections, by their names in the rules. Default: all. */
  readonly entities?: readonly string[]
  /** Whether all rows are loaded anew, beside those that answer. Default: what has changed. */
  readonly full?: boolean
}

export interface CaughtUpOptions {
  /** The collections, by their names in the rules. Default: all. */
  readonly entities?: readonly string[]
  /** The time limit. Unit: milliseconds. Default: 10,000. */
  readonly timeoutMs?: number
}

/** What `layer.on()` takes, by the kind of what is told. */
export interface Listeners {
  /** What the layer can do for this page has changed. */
  state: (state: State) => void
  /** What this page may be showing has changed. */
  change: (change: ChangeEvent) => void
  /** A collection has come further, or could not. */
  sync: (event: SyncEvent) => void
  /** A queued write of the page's user has come further, in whatever tab it was made. */
  outbox: (event: OutboxEvent) => void
}

/**
 * The layer, as a page sees it. Without a worker (private windows, plain http) everything comes from the network. A wrong
 * argument is a `TypeError` at once.
 */
export interface Freshlayer {
  /** What the layer can do for this page at the moment; `on('state', …)` tells of changes. */
  readonly state: State
  /**
   * Calls the listener at each change of state, at each change of data, or whenever a collection comes on; each change is
   * told once. Returns the way out.
   */
  on<K extends keyof Listeners>(kind: K, listener: Listeners[K]): () => void
  /**
   * Says who is signed in; null: no user is; undefined: the page does not know it yet, and nothing is sent. Counts where
   * the config identifies by 'identify'. Wait for it before the next read that depends on it. Another user than before is
   * told to the listeners for changes, as a sign-out: what the page shows is of the one before.
   */
  identify(user: string | null | undefined): Promise<void>
  /**
   * The user signs out. When this settles no worker serves or stores anything of theirs any more, and the other tabs have
   * been told; the bytes are deleted right after. Where writes are unsent nothing happens unless `force` says to drop them: show `unsent` and ask.
   */
  signOut(options?: { readonly force?: boolean }): Promise<SignedOut>
  /** Why a URL would be answered as it would be now. */
  explain(url: string): Promise<Explanation>
  /** Ends the freshness of what has these tags, URLs or patterns: for changes that no write of this app has made. */
  invalidate(reach: Reach): Promise<void>
  /** Forgets answers altogether, their offline window included. Returns how many. */
  remove(reach: Reach): Promise<number>
  /**
   * Asks the origin anew about a stored URL; without one about all that this page shows, which is what bindings show, or what
   * the page has read since its last change of route. `state.isFetching` says that it is under way. Several tabs, and several
   * calls, make one request per URL.
   */
  refresh(url?: string): Promise<Refreshed>
  /** What the layer has done so far, per rule; undefined where no worker answers. */
  stats(): Promise<Stats | undefined>
  /**
   * Keeps collections in step now, and settles when the runs have ended: at most three tries each. Gives how far each has
   * come. Nothing without a worker. Rejects where the rules have no collections.
   */
  sync(options?: SyncOptions): Promise<readonly SyncState[]>
  /**
   * Settles once the collections have come to a write of this app: true. It starts what brings them there. False: they have not
   * in the time limit. True also where nothing is behind: without a worker, and for collections that are not loaded.
   *
   * @param write the write's answer, or its `Freshlayer-Position`. An answer without that field is one whose backend does not
   *   say it: then a run decides that begins from now on.
   */
  caughtUpWith(write: Response | string, options?: CaughtUpOptions): Promise<boolean>
  /** How far each collection has come. `on('sync', …)` tells of changes. */
  syncState(): Promise<readonly SyncState[]>
  /**
   * How far this device and the origin agree: how many rows of each entity were changed or deleted here and are not sent yet, when
   * it was last in step, and what went wrong last.
   *
   * @example const { pendingChanges, state } = await layer.getSyncStats<typeof rules>()
   */
  getSyncStats<C = unknown>(): Promise<SyncStats<EntitiesOf<C>>>
  /** What has been done to keep collections in step; undefined where no worker answers. */
  syncCounts(): Promise<SyncCounts | undefined>
  /** The writes of the page's user that the origin does not have yet. */
  readonly outbox: Outbox
  /**
   * Lets a waiting worker take over, in every tab, as soon as each other tab agrees (`mayUpdate`) or is out of sight;
   * settles then. Never reloads: a page that wants the new build does so itself. Rejects with the signal's reason; once the
   * other tabs have been asked, the update may be applied all the same.
   */
  applyUpdate(options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Stops listening. The worker goes on. */
  close(): void
}
