import type { Channel } from '../channel.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import { invalidation } from '../store/invalidation-change.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Answerer } from './answering.ts'
import { reached } from './reached.ts'

interface Ports {
  readonly log: Pick<InvalidationLog, 'invalidate'>
  readonly channel: Pick<Channel, 'changes'>
  readonly urlOf: UrlOf
}

/** A page ends the freshness of what is stored. */
export const invalidate: Answerer<'invalidate', Ports> = async (ports, { reach }) => {
  const { log, channel, urlOf } = ports
  const targets = reached(urlOf, reach)
  channel.changes([await log.invalidate(targets, invalidation(targets, 'invalidate'))])
  return true
}
