/**
 * Every message between worker and tabs: one union, one parser, one version.
 *
 * A tab asks through `ServiceWorker.postMessage` with a port for the answer; that starts a stopped worker. The worker
 * speaks to all tabs on a `BroadcastChannel`, and to one tab when it must know who its user is. A message that is not
 * ours is ignored. During an update a page and a worker may speak different versions: then a question is refused with the
 * reason, and an announcement tells only that something has changed.
 */
import type { Change, ChangeCause, LoggedChange } from './core/change.ts'
import type { SyncCounts, SyncNews, SyncState, SyncStats } from './protocol/collections.ts'
import type {
  HandedOver,
  OutboxCounts,
  OutboxNews,
  QueuedWrite,
  Steered,
  SteerOutbox,
} from './protocol/queued-writes.ts'
import type { Explanation, OriginState, Reach, Refreshed, Stats, Validate, Validated } from './protocol/stored.ts'

export type { SyncCounts, SyncFault, SyncNews, SyncProblem, SyncState, SyncStats } from './protocol/collections.ts'
export type {
  HandedOver,
  HandedWrite,
  OutboxCounts,
  OutboxNews,
  QueuedWrite,
  RecordReceipt,
  Steered,
} from './protocol/queued-writes.ts'
export type {
  Counts,
  Explanation,
  Obstacle,
  OriginState,
  Reach,
  Refreshed,
  Shown,
  Stats,
  Validated,
} from './protocol/stored.ts'

export const PROTOCOL_VERSION = 2

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
   * What has become of the records that pages have handed over. `forget`: receipts, by place, that a page has heeded. `of`: the
   * database that has told them; in another one these places are of other records. `after`: those after this place are told;
   * absent: all.
   */
  | { readonly ask: 'records'; readonly forget?: readonly number[]; readonly of?: string; readonly after?: number }
  | SteerOutbox

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
      return isNumbers([...(question.forget ?? []), question.after ?? 0]) && typeof (question.of ?? '') === 'string'
        ? question
        : undefined
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
