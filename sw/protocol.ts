/**
 * Every message between worker and tabs: one union, one parser, one version.
 *
 * A tab asks through `ServiceWorker.postMessage` with a port for the answer; that starts a stopped worker. The worker
 * speaks to all tabs on a `BroadcastChannel`, and to one tab when it must know who its user is. A message that is not
 * ours is ignored. During an update a page and a worker may speak different versions: then a question is refused with the
 * reason, and an announcement tells only that something has changed.
 */
import type { Occasion } from './core/attention.ts'
import type { Change, ChangeCause, LoggedChange } from './core/change.ts'
import type { SyncFailure } from './core/collections/failure.ts'

export const PROTOCOL_VERSION = 2

/** What invalidate and remove reach. URLs and patterns may be relative to the worker's origin. */
export interface Reach {
  readonly tags?: readonly string[]
  /** Each as it is: a colon or a star is part of the URL. One without a query stands for that URL with any query. */
  readonly urls?: readonly string[]
  /** Each as in a rule, `/api/items/:id`. It reaches every URL that begins as it does before its first hole or star. */
  readonly patterns?: readonly string[]
  /** Everything there is. */
  readonly all?: boolean
}

/** From where on a tab has not heard the change log. */
export type Since = { readonly logId: string; readonly position: number } | { readonly openedAtMs: number }

/** A tab has opened its ears: what has it missed? */
interface Hello {
  readonly ask: 'hello'
  readonly since: Since
  /** Whose changes concern the tab, as the worker told it last; empty where it has not, or the user may be another. */
  readonly partitions: readonly string[]
  /** The URLs of what the tab shows. Always empty: no tab tells it yet. */
  readonly shown: readonly string[]
}

/** The server has said that something has changed. Told is true once what it concerns counts as stale in each worker. */
interface Hint {
  readonly ask: 'hint'
  readonly tags: readonly string[]
  /** Anything may have changed. Default: what has these tags. */
  readonly all?: boolean | undefined
  /** The database's transactions that did it, by which the worker knows the app's own writes. Default: not known. */
  readonly transactions?: readonly string[] | undefined
}

/** A tab's questions. Each may be repeated: the worker does the same again and nothing twice over. */
export type Question =
  | Hello
  | { readonly ask: 'identify'; readonly user: string | null }
  | { readonly ask: 'sign-out'; readonly force: boolean }
  | { readonly ask: 'explain'; readonly url: string }
  | { readonly ask: 'invalidate'; readonly reach: Reach }
  | { readonly ask: 'remove'; readonly reach: Reach }
  | { readonly ask: 'refresh'; readonly url: string }
  | Validate
  /** The page has read these URLs before a worker controlled it. */
  | { readonly ask: 'fill'; readonly urls: readonly string[] }
  | { readonly ask: 'stats' }
  | Hint
  | { readonly ask: 'probe' }
  | { readonly ask: 'take-over' }
  /** Keeps collections in step now. Default: all of them, by what has changed. */
  | { readonly ask: 'sync'; readonly entities?: readonly string[]; readonly full?: boolean }
  /** Whether collections have come to a write. Default of `position`: the backend does not say it. */
  | {
      readonly ask: 'caught-up'
      readonly position?: string | undefined
      readonly entities?: readonly string[] | undefined
      readonly limitMs: number
    }
  | { readonly ask: 'sync-state' }
  | { readonly ask: 'sync-counts' }
  | { readonly ask: 'sync-stats' }
  /** Sends queued writes now, if the page has come into sight or online: a sign of life. */
  | { readonly ask: 'drain' }
  | { readonly ask: 'outbox' }
  /**
   * What has become of the records that pages have handed over. `forget`: receipts, by place, that a page has heeded. `after`: those after
   * this place are told; absent: all.
   */
  | { readonly ask: 'records'; readonly forget?: readonly number[]; readonly after?: number }
  | SteerOutbox

/** The user has said what becomes of a queued write. */
interface SteerOutbox {
  readonly ask: 'steer-outbox'
  readonly place: number
  /** 'read': the body is given, and nothing is changed. */
  readonly how: 'retry' | 'edit' | 'discard' | 'read'
  /** Of an edit: what is sent in place of its body. */
  readonly body?: ArrayBuffer
}

/** The page shows these URLs: the worker validates those that its rules want to be validated on such an occasion. */
interface Validate {
  readonly ask: 'validate'
  readonly urls: readonly string[]
  readonly because: Occasion
  /** The page is out of sight: only what is polled there as well counts. */
  readonly isHidden?: boolean
  /** Of a poll: the page has just begun to show some of the URLs, and reads them. */
  readonly isFirst?: boolean
  /** When the connection was lost that is back now: milliseconds since 1970. */
  readonly lostAtMs?: number | undefined
}

export interface Answers {
  hello: Greeting
  identify: true
  'sign-out': SignedOut
  explain: Explanation
  invalidate: true
  remove: { readonly removed: number }
  refresh: Refreshed
  validate: Validated
  fill: true
  stats: Stats
  hint: true
  probe: OriginState
  'take-over': TakingOver
  sync: readonly SyncState[]
  'caught-up': boolean
  'sync-state': readonly SyncState[]
  'sync-counts': SyncCounts
  'sync-stats': SyncStats
  drain: OutboxCounts
  outbox: readonly QueuedWrite[]
  records: HandedOver
  'steer-outbox': Steered
}

/** How many writes of the asking tab's user the origin does not have. */
export interface OutboxCounts {
  /** They are sent as soon as the origin can be reached. */
  readonly waiting: number
  /** The user has to say what becomes of them. */
  readonly needsYou: number
  /** When the next of them is tried without a sign of life: milliseconds since 1970. Absent: none is. */
  readonly nextAtMs?: number | undefined
  /** Of all users, and in which database: another one means that the browser has deleted the one before. Absent: not known yet. */
  readonly kept?: { readonly total: number; readonly database: string }
}

/** A write that the origin does not have yet. */
export interface QueuedWrite {
  /** Its number among all writes, in the order in which they were accepted. */
  readonly place: number
  /** The name of its rule. */
  readonly rule: string
  readonly method: string
  readonly url: string
  /**
   * 'waiting': it is sent when the origin can be reached, and after what was written before it. 'sending': it is under way.
   * 'needs-you': the user has to say. 'dead': the origin refuses it, or it is too old.
   */
  readonly state: 'waiting' | 'sending' | 'needs-you' | 'dead'
  /**
   * Why it needs the user, or is dead: 'outcome' (whether the origin has it is not known), 'conflict', 'lost-id', 'no-rule',
   * 'unreadable', 'too-old', 'not-shown' (it waits, and reads cannot show it), or the status of the answer that refuses it.
   */
  readonly why?: string
  /**
   * Of 'outcome', why a read could not tell: 'several', 'similar' or 'not-new' (rows that may be it), 'part' (the list is not whole),
   * 'other' (the row is neither what it was nor what was sent), 'nothing', 'unreadable'. Absent: there was nothing to read.
   */
  readonly doubt?: string
  /** The id of the row that it changes; temporary where it creates it. */
  readonly id?: string
  /** Milliseconds since 1970. */
  readonly acceptedAtMs: number
  readonly attempts: number
  /** Of its body. Bytes. */
  readonly size: number
  /** What its rule calls such a row. Absent: nothing. */
  readonly entity?: string
}

/** The records of a page's user that were handed over and have not ended, or whose end no page has heeded yet. */
export interface HandedOver {
  readonly writes: readonly HandedWrite[]
  /** In the order in which they were accepted. */
  readonly receipts: readonly RecordReceipt[]
  /** There are more receipts. */
  readonly isMore: boolean
  /** Whose they are: the partitions of users of the page. None: its user is not known now. Absent: the worker does not say it. */
  readonly users?: readonly string[]
}

/** A record that the origin does not have yet. */
export interface HandedWrite {
  readonly place: number
  /** Its mark, as the page gave it. */
  readonly record: string
  /** It needs the user, or the origin refuses it. */
  readonly isStuck: boolean
  readonly why?: string
}

/** What has become of a record. */
export interface RecordReceipt {
  readonly place: number
  /** Its mark, as the page gave it. */
  readonly record: string
  /**
   * 'sent': the origin has it. 'yielded': the origin's row stands, by the rule. 'discarded': the user does not want it any more.
   * 'withdrawn': it was created and deleted, and never sent.
   */
  readonly end: 'sent' | 'yielded' | 'discarded' | 'withdrawn'
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** The text of its body, with the server's ids. Absent: it had none. */
  readonly sent?: string
  /** The JSON of the row as the origin has it; `null`: it is gone. Absent: it is not known. */
  readonly row?: string
  /** The server's id of a row that is new. */
  readonly id?: string
}

/** What has become of a queued write by the user's word. */
export interface Steered {
  /** Whether the write was there, and in a state in which this can be done. */
  readonly isDone: boolean
  readonly body?: ArrayBuffer | undefined
  /** Of a conflict that the user decides: the JSON of the row as the origin has it; null: it is gone. Absent: it is not known. */
  readonly theirs?: string | null | undefined
}

/** How far a collection has come, for the user of the asking tab. */
export interface SyncState {
  /** The collection's name in the rules. */
  readonly entity: string
  /** 'offline' and 'error': of the last run. The rows that are held answer all the same. */
  readonly state: 'idle' | 'syncing' | 'offline' | 'error'
  /** Rows that are held. While the first load goes on: how many have come so far. */
  readonly rows: number
  /** Whether the list is answered from the rows. */
  readonly isLoaded: boolean
  /** When the rows were last known to be all and as they are at the origin. Absent: never. */
  readonly syncedAtMs?: number
  /** Of a state that is 'offline' or 'error'. */
  readonly error?: SyncFault
}

/** Why a collection could not be kept in step. */
export interface SyncFault {
  readonly kind: SyncFailure
  /** What was wrong with an answer: 'other-since', 'id-twice', … */
  readonly why?: string
  /** Nothing is asked before then. */
  readonly retryAtMs?: number
}

/** How far the device and the origin agree, for the user of the asking tab. */
export interface SyncStats {
  /** Rows that were changed here and that the origin does not have so: all of them, and those of each entity. */
  readonly pendingChanges: Readonly<Record<string, number | { readonly dirty: number; readonly deleted: number }>> & {
    readonly total: number
  }
  /** When the origin last had a write, or a collection was last in step: milliseconds since 1970. Undefined: never. */
  readonly lastSyncedAt: number | undefined
  /** What went wrong last with what is pending. Undefined: nothing did. */
  readonly lastError: SyncProblem | undefined
  /**
   * 'syncing': changes are sent, or a collection is brought in step. 'error': something needs the user, or a collection could not be
   * kept. 'offline': changes wait for the origin. 'idle': there is nothing to do.
   */
  readonly state: 'idle' | 'syncing' | 'offline' | 'error'
}

/** Why a change is not with the origin yet, or a collection not in step. */
export interface SyncProblem {
  /**
   * 'offline': there was no answer. A status: so it was answered. 'conflict', 'outcome', 'too-old' and so on: as `QueuedWrite.why`. Of
   * a collection: as `SyncFault.kind`.
   */
  readonly why: string
  /** Absent: the rule of the write names none. */
  readonly entity?: string
  /** Of the write. Absent: it is of a collection. */
  readonly url?: string
  /** Milliseconds since 1970. Absent: not known. */
  readonly atMs?: number
}

/** Counts since the layer was installed, or since its data was last cleared. */
export interface SyncCounts {
  readonly runs: number
  readonly requests: number
  /** Characters of the answers' JSON. */
  readonly characters: number
  readonly rowsWritten: number
  /** Answers that could not be used. */
  readonly refused: number
  /** How often the rows were not what the endpoint says that they are. */
  readonly drift: number
  /** Runs that failed, by `SyncFault.kind`. */
  readonly failures: Readonly<Record<string, number>>
}

/** What came of it when the origin was last tried. */
export interface OriginState {
  readonly reachable: boolean
  /** It answers, and sends requests to another origin, as a sign-in proxy does whose session has run out. Default: no. */
  readonly signIn?: boolean
}

/** What has become of one URL that a page shows. */
export interface Shown {
  /**
   * When the origin made or last confirmed what is stored: milliseconds since 1970. Absent: nothing is stored for the page.
   */
  readonly atMs?: number
  /**
   * The origin was asked, with this outcome. 'absent': the rule wants it to be asked, and nothing is stored, so the page has
   * to read it itself. 'no-worker': no rule covers the URL. Absent: it was not asked.
   */
  readonly outcome?: Refreshed['outcome']
}

/** What has become of all that a page shows. */
export interface Validated {
  /** By the order of the URLs. Empty: no worker keeps anything. */
  readonly shown: readonly Shown[]
  /** After so many milliseconds the page asks for a poll again. Absent: none of the URLs is polled. */
  readonly nextMs?: number | undefined
}

export interface Greeting extends OriginState {
  /** Of the tab's user. Absent: the rules queue nothing. */
  readonly outbox?: OutboxCounts | undefined
  /** Which pages poll: those in sight, or all, or none. Absent: the worker is of an older build, and knows no occasions. */
  readonly polls?: 'visible' | 'all' | 'none'

  readonly clientId: string
  readonly logId: string
  /** The newest position in the log. */
  readonly position: number
  /** What the tab missed; 'reset' when that can no longer be told: everything shown counts as changed. */
  readonly missed: readonly LoggedChange[] | 'reset'
  /** Whose changes concern the tab at this moment (I3). */
  readonly partitions: readonly string[]
}

/** Why a URL would be answered as it would be, were it read now. */
export interface Explanation {
  readonly url: string
  /**
   * The rule's name; of an unmatched URL the name of a write. Absent when no rule matches, and then the worker never
   * touches such a request.
   */
  readonly rule?: string
  readonly state: 'fresh' | 'stale' | 'offline' | 'gone' | 'absent' | 'file' | 'unmatched' | 'no-worker'
  /** One sentence, for a developer. On its way from the worker: only what decided the state, where something did. */
  readonly why: string
  /** Seconds since the origin made or last confirmed the stored answer. */
  readonly ageSeconds?: number
  /** Seconds of freshness left; negative once stale. */
  readonly ttlSeconds?: number
  readonly windows?: {
    readonly fresh: number | 'http'
    readonly stale: number | 'http'
    readonly offline: number | 'http'
  }
  readonly tags?: readonly string[]
  readonly etag?: string
  /** The stored answer's `Cache-Control`. */
  readonly cacheControl?: string
  readonly invalidated?: boolean
  /**
   * On which occasion the origin was last asked about it without a read ('poll', 'focus', …), and how many seconds ago.
   * Absent: it was not, or the worker was stopped since.
   */
  readonly asked?: { readonly because: Occasion; readonly secondsAgo: number }
  /** Why the rule did nothing for the last read of the URL; absent: it did, or the worker was stopped since. */
  readonly obstacle?: Obstacle
  /** How the config tells whose answers of the rule are; absent: all users get the same. */
  readonly identifiedBy?: readonly ('authorization' | 'identify' | 'echo')[]
}

/** What keeps a rule from doing anything. */
export interface Obstacle {
  /** A short token, the same as the `detail` of `Cache-Status`: 'no-store', 'unknown-user', … */
  readonly why: string
  /** The field of the answer that decides, as `name: value`; of a credential the name alone. */
  readonly field?: string | undefined
}

/** What signing out has come to. */
export interface SignedOut {
  /** False when there are writes that the origin does not have yet, and the page did not say to drop them. */
  readonly signedOut: boolean
  /** Queued writes of the user that the origin does not have. */
  readonly unsent: number
}

/** Whether a waiting worker takes over, or what it waits for first. */
interface TakingOver {
  readonly takesOver: boolean
  /** Tabs in sight that do not agree, or do not answer. */
  readonly tabs: number
  /** Always 0: queued writes stay on disk, and the next worker sends them. */
  readonly unsent: number
}

/** What asking the origin anew about a stored URL has brought. */
export interface Refreshed {
  /**
   * 'absent': nothing is stored for the URL, so there is nothing to refresh. 'kept': the origin answered with something
   * that does not replace what is stored, an error for instance; or it was not asked, for what is stored was asked for by
   * a token or a secret in a field, which no page has sent to this worker. 'unreachable': the origin is away, or has not
   * answered in the rule's timeout. If its answer comes later and changes what is stored, the tabs are told.
   */
  readonly outcome: 'changed' | 'unchanged' | 'kept' | 'absent' | 'unreachable' | 'no-worker'
}

/** Counts since the layer was installed, or since its data was last cleared. */
export interface Counts {
  /** Reads the layer answered or forwarded. */
  reads: number
  /** Reads answered from store without waiting for the network. */
  hits: number
  /** Requests sent to ask whether a stored answer holds. */
  validations: number
  /** Of those, answered 304. */
  notModified: number
  /** Requests sent without a condition: nothing was stored, or nothing that can be asked about or used. */
  misses: number
  /** Reads answered from store because the origin could not be reached. */
  standIns: number
  /** Reads that joined another's request. */
  collapsed: number
  /** Reads for which nothing was sent to the origin: fresh hits, stale ones whose origin is left alone, collapsed reads. */
  requestsSaved: number
  /** Body bytes that came from store instead of from the origin. */
  bytesSaved: number
  /** Answers for which the rule did nothing, by reason: `{ 'no-store': 3 }`. */
  obstacles: Readonly<Record<string, number>>
  /** Validations that no read has asked for, by their occasion: `{ focus: 3, poll: 20 }`. */
  occasions: Readonly<Record<string, number>>
}

export interface Stats {
  readonly total: Readonly<Counts>
  readonly rules: Readonly<Record<string, Readonly<Counts>>>
  /** How many routes the rules have. */
  readonly routes: number
  /** How many answers are stored that the asking tab may see. */
  readonly stored: number
}

/** What the worker says to all tabs. */
export type Announcement =
  | { readonly say: 'change'; readonly change: LoggedChange }
  /** Whether the origin could be reached when it was last tried. */
  | ({ readonly say: 'origin' } & OriginState)
  /** The log was emptied: everything shown counts as changed. */
  | { readonly say: 'reset'; readonly logId: string }
  /** To one tab: who is your user? */
  | { readonly say: 'who' }
  | PortQuestion
  /** To one tab: whose changes concern it is no longer as it was told. */
  | { readonly say: 'partitions' }
  /** To one tab: the server no longer has a file of its build. */
  | { readonly say: 'outdated' }
  | SyncNews
  | OutboxNews

/** A queued write of one partition has come further, to every tab. */
export interface OutboxNews {
  readonly say: 'outbox'
  readonly partition: string
  /** The reads that are another by it now. */
  readonly urls: readonly string[]
  /** As it is now. */
  readonly write: QueuedWrite
  /** What has become of one that is not there any more. Absent: it is. */
  readonly end?: 'sent' | 'refused' | 'yielded' | 'merged' | 'discarded'
  /** The server's id of the row that it has created. */
  readonly id?: string
}

/** How a collection of one partition comes on, to every tab. */
export interface SyncNews {
  readonly say: 'sync'
  readonly partition: string
  readonly state: SyncState
  /** The rows were not what the endpoint says that they are, and are made good: in what they differed. */
  readonly drift?: string
}

/** What the worker asks one tab, with a port for the answer. */
export type PortQuestion =
  | {
      /**
       * 'agree': may a newer worker take over now? 'authorization': which `Authorization` do the tab's requests carry? The
       * worker keeps tokens in memory alone, and has to ask when it was stopped since.
       */
      readonly say: 'agree' | 'authorization'
    }
  | {
      /** What is the value of a field that holds a secret, of a queued write to this URL? */
      readonly say: 'secret'
      readonly name: string
      readonly url: string
    }

/** To the pages of an app without a build: what the check says of the rules of a worker that is being installed. */
export interface Verdict {
  /** The problems or warnings, one a line. */
  readonly why: string
  /** The worker is not installed; else these are warnings. */
  readonly isRefused: boolean
}

/** What a worker says to the others on the same data: a write is about to be sent, or a user may be another. */
export interface Notice {
  readonly say: 'write'
}

type Enveloped<M> = M & { readonly freshlayer: typeof PROTOCOL_VERSION }

export const envelope = <M extends object>(message: M): Enveloped<M> => ({ ...message, freshlayer: PROTOCOL_VERSION })

/** The version of a message of this protocol; undefined for anything else. */
function versionOf(data: unknown): number | undefined {
  const version = (data as { readonly freshlayer?: unknown } | null | undefined)?.freshlayer
  return typeof version === 'number' ? version : undefined
}

/** A message of this protocol and version, or undefined for anything else. */
const opened = (data: unknown): unknown => (versionOf(data) === PROTOCOL_VERSION ? data : undefined)

const isOfOtherVersion = (data: unknown): boolean => ![undefined, PROTOCOL_VERSION].includes(versionOf(data))

/** Why a question gets no answer: it is of another version. Undefined: it is of this one, or no question of ours. */
export function refusal(data: unknown): string | undefined {
  if (!isOfOtherVersion(data)) return undefined
  const version = versionOf(data) ?? 0
  const remedy = version < PROTOCOL_VERSION ? 'reload the page' : 'reload the page once the worker is updated'
  return `the page speaks version ${version} of the protocol, and the worker version ${PROTOCOL_VERSION}: ${remedy}`
}

/** A tab's question; undefined when the message is foreign, of another version, or malformed. */
export function parseQuestion(data: unknown): Question | undefined {
  const question = opened(data) as Question | undefined
  switch (question?.ask) {
    case 'hello':
      return isSince(question.since) && [question.partitions, question.shown].every(isTexts) ? question : undefined
    case 'identify':
      return question.user === null || typeof question.user === 'string' ? question : undefined
    case 'sign-out':
      return typeof question.force === 'boolean' ? question : undefined
    case 'explain':
    case 'refresh':
      return typeof question.url === 'string' ? question : undefined
    case 'validate': {
      const { urls, because, lostAtMs = 0 } = question
      return isTexts(urls) && CAUSES.includes(because) && typeof lostAtMs === 'number' ? question : undefined
    }
    case 'invalidate':
    case 'remove':
      return isReach(question.reach) ? question : undefined
    case 'hint':
      return [question.tags, question.transactions ?? []].every(isTexts) && typeof (question.all ?? true) === 'boolean'
        ? question
        : undefined
    case 'fill':
      return isTexts(question.urls) ? question : undefined
    case 'stats':
    case 'probe':
    case 'take-over':
    case 'sync-state':
    case 'sync-counts':
    case 'sync-stats':
    case 'drain':
    case 'outbox':
      return question
    case 'records':
      return isNumbers([...(question.forget ?? []), question.after ?? 0]) ? question : undefined
    case 'steer-outbox': {
      const { place, how, body } = question
      const isKnown = ['retry', 'edit', 'discard', 'read'].includes(how)
      return typeof place === 'number' && isKnown && (body instanceof ArrayBuffer || how !== 'edit')
        ? question
        : undefined
    }
    case 'caught-up': {
      const { position = '', entities = [], limitMs } = question
      return typeof position === 'string' && isTexts(entities) && typeof limitMs === 'number' ? question : undefined
    }
    case 'sync': {
      const { entities = [], full = false } = question
      return isTexts(entities) && typeof full === 'boolean' ? question : undefined
    }
    case undefined:
      return undefined
  }
}

/**
 * What another worker says that it writes or has written; undefined when what came over the channel is none of that. A
 * change counts however little of it can be read: then the store is read again, and that is all.
 *
 * @returns whose data is gone altogether, if anybody's is.
 */
export function othersChange(data: unknown): { readonly ended: string | undefined } | undefined {
  // What a worker of another version says cannot be read, but it may have written.
  if (isOfOtherVersion(data)) return { ended: undefined }
  const { say, change } = (opened(data) ?? {}) as { say?: unknown; change?: Partial<Change> | null }
  if (say !== 'change') return say === 'reset' || say === 'write' ? { ended: undefined } : undefined
  const isEnd = change?.kind === 'removed' && change.all === true && typeof change.partition === 'string'
  return { ended: isEnd ? change.partition : undefined }
}

/** What a tab can make of an announcement. */
export type Heard =
  | Exclude<Announcement, { readonly say: 'change' }>
  | { readonly say: 'change'; readonly change: HeardChange }
  /** Of another version: something may have changed, and what it is cannot be read. */
  | { readonly say: 'unreadable' }

/** A change whose kind or cause this version does not know counts as 'reset': everything shown may have changed. */
export interface HeardChange extends Omit<LoggedChange, 'kind'> {
  readonly kind: LoggedChange['kind'] | 'reset'
}

/** What an announcement of any version may be that tells of no change. */
const NO_CHANGE: readonly unknown[] = [
  'write',
  'origin',
  'who',
  'agree',
  'authorization',
  'secret',
  'outdated',
  'partitions',
  'rules',
  'sync',
  'outbox',
]

/** What the worker says; undefined when the message is foreign or malformed, or is of another version and no change. */
export function parseAnnouncement(data: unknown): Heard | undefined {
  if (isOfOtherVersion(data)) {
    const { say } = data as { readonly say?: unknown }
    return typeof say === 'string' && !NO_CHANGE.includes(say) ? { say: 'unreadable' } : undefined
  }
  const announcement = opened(data) as Announcement | undefined
  switch (announcement?.say) {
    case 'change': {
      const change = heardChange(announcement.change)
      return change && { say: 'change', change }
    }
    case 'origin': {
      const { reachable, signIn = false } = announcement
      return typeof reachable === 'boolean' && typeof signIn === 'boolean' ? announcement : undefined
    }
    case 'reset':
      return typeof announcement.logId === 'string' ? announcement : undefined
    case 'who':
    case 'agree':
    case 'authorization':
    case 'outdated':
    case 'partitions':
      return announcement
    case 'secret':
      return isTexts([announcement.name, announcement.url]) ? announcement : undefined
    case 'sync':
      return isTexts([announcement.partition, announcement.state?.entity, announcement.state?.state]) &&
        typeof announcement.state.rows === 'number'
        ? announcement
        : undefined
    case 'outbox':
      return isTexts([announcement.partition]) &&
        isTexts(announcement.urls) &&
        typeof announcement.write?.place === 'number'
        ? announcement
        : undefined
    case undefined:
      return undefined
  }
}

/** The verdict on rules; undefined for any other message. Apart from the other announcements: few apps can hear it. */
export function parseVerdict(data: unknown): Verdict | undefined {
  const { say, why, isRefused } = (opened(data) ?? {}) as Partial<Verdict & { say: unknown }>
  return say === 'rules' && typeof why === 'string' && typeof isRefused === 'boolean' ? { why, isRefused } : undefined
}

/** A change, from the channel or in a greeting, as far as this version knows what it is; undefined when it is none. */
export function heardChange(given: unknown): HeardChange | undefined {
  if (isLogged(given)) return given
  const { kind, cause } = (given ?? {}) as { readonly kind?: unknown; readonly cause?: unknown }
  if (typeof kind !== 'string' || typeof cause !== 'string') return undefined
  const known: unknown = { ...(given as object), kind: 'changed', cause: 'response' }
  return isLogged(known) ? { ...known, kind: 'reset' } : undefined
}

function isSince(since: unknown): boolean {
  if (typeof since !== 'object' || since === null) return false
  const { openedAtMs, logId, position } = since as Record<string, unknown>
  if ('openedAtMs' in since) return typeof openedAtMs === 'number'
  return typeof logId === 'string' && typeof position === 'number'
}

function isReach(reach: unknown): boolean {
  if (typeof reach !== 'object' || reach === null) return false
  const { tags = [], urls = [], patterns = [], all = false } = reach as Reach
  return [tags, urls, patterns].every(isTexts) && typeof all === 'boolean'
}

/** Whether something from the channel or in a greeting is an entry of the change log. */
export function isLogged(given: unknown): given is LoggedChange {
  const change = given as Partial<LoggedChange> | null | undefined
  return (
    typeof change?.position === 'number' &&
    typeof change.atMs === 'number' &&
    KINDS.includes(change.kind) &&
    CAUSES.includes(change.cause) &&
    [change.targets, change.informed, [change.partition, change.logId]].every(isTexts) &&
    (change.targets ?? []).every((target) => /^(tag|url|prefix) /.test(target)) &&
    [undefined, true].includes(change.all) &&
    isDiff(change.diff)
  )
}

const KINDS: readonly unknown[] = ['changed', 'first', 'removed', 'invalidated'] satisfies Change['kind'][]

const CAUSES: readonly unknown[] = Object.keys({
  response: true,
  focus: true,
  reconnect: true,
  poll: true,
  invalidated: true,
  refresh: true,
  write: true,
  invalidate: true,
  remove: true,
  'sign-out': true,
  sync: true,
} satisfies Record<ChangeCause, true>)

const isNumbers = (list: unknown): boolean =>
  Array.isArray(list) && !list.includes(undefined) && list.every((item) => typeof item === 'number')

function isDiff(diff: unknown): boolean {
  if (diff === undefined) return true
  const { added, updated, removed } = (diff ?? {}) as Partial<NonNullable<Change['diff']>>
  return [added, updated, removed].every(isTexts)
}

// `every` would pass over holes.
const isTexts = (list: unknown): boolean =>
  Array.isArray(list) && !list.includes(undefined) && list.every((item) => typeof item === 'string')
