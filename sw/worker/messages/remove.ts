import { Invalidations, isReached } from '../../core/invalidation.ts'
import type { Channel } from '../channel.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import { invalidation } from '../store/invalidation-change.ts'
import { countEntries } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import type { Answerer } from './answering.ts'
import { reached } from './reached.ts'

interface Ports extends Pick<Store, 'writer' | 'log' | 'erasure'> {
  readonly channel: Channel
  readonly urlOf: UrlOf
}

/** A page forgets answers. From then on nothing of them is served; their bytes are deleted behind the answer. */
export const remove: Answerer<'remove', Ports> = async (ports, { reach }) => {
  const { writer, log, channel, erasure, urlOf } = ports
  const targets = reached(urlOf, reach)
  const earlier = new Invalidations()
  for (const [target, at] of log.memory.removals()) earlier.addRemoval(target, at)
  channel.changes([await log.remove(targets, { ...invalidation(targets, 'remove'), kind: 'removed' })])
  // Counted behind the removal, which is what matters, and before the bytes go.
  const removed = await countEntries(writer, (stored) => {
    const entry = log.tagged(stored)
    const wasRemoved = earlier.removing(entry) >= entry.sequence
    return !wasRemoved && log.isRemoved(entry) && isReached(entry, targets)
  })
  erasure.runBehind()
  return { removed }
}
