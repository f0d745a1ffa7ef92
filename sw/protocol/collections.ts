/** What worker and tabs say of collections, and of how far the device and the origin agree. */
import type { SyncFailure } from '../core/collections/failure.ts'

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

/** How a collection of one partition comes on, to every tab. */
export interface SyncNews {
  readonly say: 'sync'
  readonly partition: string
  readonly state: SyncState
  /** The rows were not what the endpoint says that they are, and are made good: in what they differed. */
  readonly drift?: string
}
