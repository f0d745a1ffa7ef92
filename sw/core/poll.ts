/** Tabs and users do not poll in the same instant: a poll may come earlier by this part of its interval. */
const EARLY = 0.1
/** A longer interval than this comes from the rule alone. */
const MAX_SLOWED_MS = 600_000
const MAX_DOUBLINGS = 10

/**
 * The interval until the next poll. After errors it grows, with full jitter, from the rule's own up to ten minutes.
 *
 * @param failures how many polls have failed since the last that did not.
 * @param chance from 0 to 1.
 */
export function pollIntervalMs(pollMs: number, failures: number, chance: number): number {
  const longest = Math.max(pollMs, Math.min(MAX_SLOWED_MS, pollMs * 2 ** Math.min(failures, MAX_DOUBLINGS)))
  return pollMs + chance * (longest - pollMs)
}

/**
 * Milliseconds until something is polled; 0: now.
 *
 * @param quietMs since the origin was last asked about it, or has confirmed it. Negative: the clock was set back.
 * @param restMs how long the origin wants to be left alone.
 */
export function pollWaitMs(intervalMs: number, quietMs: number, restMs: number): number {
  const leftMs = quietMs < 0 ? 0 : intervalMs - quietMs
  return Math.max(restMs, leftMs <= intervalMs * EARLY ? 0 : leftMs)
}
