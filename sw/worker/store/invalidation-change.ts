import type { Change, ChangeCause } from '../../core/change.ts'
import { EVERYTHING, type Target } from '../../core/invalidation.ts'
import { EVERYONE } from '../../core/key.ts'
import { now } from '../../fetch/clock.ts'

/** What the tabs are told of an invalidation: it concerns every user, since others may be shown what a write changed. */
export const invalidation = (reached: readonly Target[], cause: ChangeCause): Change => ({
  kind: 'invalidated',
  ...(reached.includes(EVERYTHING) ? { targets: [], all: true } : { targets: reached }),
  cause,
  partition: EVERYONE,
  atMs: now(),
  informed: [],
})
