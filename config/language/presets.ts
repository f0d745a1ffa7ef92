import type { Duration } from './duration.ts'

/** The usual names of strategies, with their windows. */
export const PRESETS = {
  /** The network answers. The stored copy answers only when the network fails. */
  'network-first': { fresh: 0, stale: 0, offline: '7d' },
  /** The stored copy answers for 30 days. Then the network answers; for 30 more days the copy answers when it fails. */
  'cache-first': { fresh: '30d', stale: 0, offline: '30d' },
  /** The stored copy answers at once for a week. Each use validates it in the background. */
  'stale-while-revalidate': { fresh: 0, stale: '7d', offline: '7d' },
  /** No stored copy ever answers. */
  'network-only': { fresh: 0, stale: 0, offline: 0 },
} as const satisfies Record<string, { fresh: Duration; stale: Duration; offline: Duration }>

export type Preset = keyof typeof PRESETS
