import type { Occasion } from './attention.ts'
import type { Target } from './invalidation.ts'

/** What happened to data that a tab may show. */
type ChangeKind = 'changed' | 'first' | 'removed' | 'invalidated'

/**
 * What caused a change. 'response': the origin answered a read. 'focus', 'reconnect', 'poll', 'invalidated', 'refresh': it
 * was asked on such an occasion, without a read. 'write': the app sent a write. 'invalidate', 'remove': a page called these.
 * 'sign-out': a user signed out. 'sync': a collection was kept in step.
 */
export type ChangeCause = 'response' | Occasion | 'write' | 'invalidate' | 'remove' | 'sign-out' | 'sync'

/** The ids of the items that a collection gained, changed and lost. */
export interface Diff {
  readonly added: readonly string[]
  readonly updated: readonly string[]
  readonly removed: readonly string[]
}

/** One entry of the change log. */
export interface Change {
  readonly kind: ChangeKind
  /** URLs are absolute. */
  readonly targets: readonly Target[]
  /** The change concerns all data; `targets` is ignored. */
  readonly all?: true
  readonly cause: ChangeCause
  /** Absent: not known. */
  readonly diff?: Diff
  readonly partition: string
  readonly atMs: number
  /** Ids of clients that already have this version. They are not notified (I11). */
  readonly informed: readonly string[]
}

/** A change with its position in one log. Positions follow the order of commits. */
export interface LoggedChange extends Change {
  readonly logId: string
  readonly position: number
}

/** The targets that name a stored answer: its URL and its tags. */
export const targetsOfRow = ({ url, tags }: { readonly url: string; readonly tags: readonly string[] }): Target[] => [
  `url ${url}`,
  ...tags.map((tag): Target => `tag ${tag}`),
]
