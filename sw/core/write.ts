import { isAway } from './head.ts'

/** What a write has ended: its targets and what its answer names besides; its targets alone; nothing. */
export type Reached = 'named' | 'targets' | 'nothing'

/**
 * What the answer to an unsafe request, or the lack of one, means for what is stored.
 *
 * A failure says nothing about what the origin did, nor does a gateway that lost its origin, nor an opaque answer, whose
 * status is 0; a failed precondition says that what we have of it is outdated
 * (docs/decisions/0006-writes-reach-their-url-with-any-query-and-the-routes-tags.md).
 *
 * @see RFC 9111 §4.4
 */
export function settleWrite(outcome: number | 'failure' | 'redirected'): Reached {
  if (outcome === 'redirected') return 'named'
  if (outcome === 'failure' || outcome === 0 || outcome === 412 || isAway(outcome)) return 'targets'
  return outcome >= 200 && outcome < 400 ? 'named' : 'nothing'
}
