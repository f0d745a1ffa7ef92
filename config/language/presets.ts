import type { Duration } from './duration.ts'

/** The usual names of strategies, each a point on the timeline. */
export const PRESETS = {
  /** The network answers; the stored copy only when it cannot. */
  'network-first': { fresh: 0, stale: 0, offline: '7d' },
  /** The stored copy answers for 30 days; then the network does, or for 30 more days the copy when it cannot. */
  'cache-first': { fresh: '30d', stale: 0, offline: '30d' },
  /** The stored copy answers at once for a week, and every use of it validates it behind. */
  'stale-while-revalidate': { fresh: 0, stale: '7d', offline: '7d' },
  /** Nothing stored ever answers. */
  'network-only': { fresh: 0, stale: 0, offline: 0 },
} as const satisfies Record<string, { fresh: Duration; stale: Duration; offline: Duration }>

export type Preset = keyof typeof PRESETS
