import type { Target } from './invalidation.ts'

/** What happened to what a tab may be showing. */
type ChangeKind = 'changed' | 'first' | 'removed' | 'invalidated'

/**
 * What brought a change about. 'response': the origin answered a read. 'refresh': it answered a page's `refresh()`.
 * 'write': a write of the app. 'invalidate' and 'remove': a page called these. 'sign-out': a user is gone.
 */
export type ChangeCause = 'response' | 'refresh' | 'write' | 'invalidate' | 'remove' | 'sign-out'

/** Of a collection: the ids of its items that are new, that differ, and that are gone. */
interface Diff {
  readonly added: readonly string[]
  readonly updated: readonly string[]
  readonly removed: readonly string[]
}

/** One entry of the change log. */
export interface Change {
  readonly kind: ChangeKind
  /** URLs are absolute. */
  readonly targets: readonly Target[]
  /** It concerns everything, whatever the targets are. */
  readonly all?: true
  readonly cause: ChangeCause
  /** Absent where it is not known. */
  readonly diff?: Diff
  readonly partition: string
  readonly atMs: number
  /** Client ids that have this version already: they are not told (I11). */
  readonly informed: readonly string[]
}

/** A change at its place in one log. Positions of one log follow the order in which changes were committed. */
export interface LoggedChange extends Change {
  readonly logId: string
  readonly position: number
}

/** What a stored answer is known by. */
export const targetsOfRow = ({ url, tags }: { readonly url: string; readonly tags: readonly string[] }): Target[] => [
  `url ${url}`,
  ...tags.map((tag): Target => `tag ${tag}`),
]
