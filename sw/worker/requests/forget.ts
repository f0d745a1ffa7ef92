import { EVERYTHING } from '../../core/invalidation.ts'
import { EVERYONE } from '../../core/key.ts'
import type { Channel } from '../channel.ts'
import { now } from '../../fetch/clock.ts'
import type { Erasure } from '../store/erasure.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'

interface Ports {
  readonly log: InvalidationLog
  readonly erasure: Erasure
  readonly channel: Channel
}

/** Forgets everything that is stored, what is in the air as well, and tells the tabs. */
export async function forgetAll({ log, erasure, channel }: Ports): Promise<void> {
  const about = { partition: EVERYONE, atMs: now(), informed: [] }
  const change = { kind: 'removed', targets: [], all: true, cause: 'remove', ...about } as const
  channel.changes([await log.remove([EVERYTHING], change)])
  erasure.runBehind()
}
