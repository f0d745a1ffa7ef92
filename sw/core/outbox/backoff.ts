import { type EpochMs, epochMs } from '../units.ts'

/** How long a write that was not acknowledged is tried. */
export interface RetryLimits {
  /** Attempts that need no sign of life. */
  readonly quick: number
  /** The longest wait before the second attempt. It doubles with each further one. */
  readonly baseMs: number
  /** The longest wait. */
  readonly capMs: number
  /** An older write is given up, once the quick attempts are used up. */
  readonly ageMs: number
}

export const RETRY: RetryLimits = { quick: 3, baseMs: 1000, capMs: 300_000, ageMs: 604_800_000 }

/** `at`: then. `on-sign`: at the first sign of life from then on. `too-old`: never. */
export type NextTry = { readonly kind: 'at' | 'on-sign'; readonly atMs: EpochMs } | { readonly kind: 'too-old' }

interface Tried {
  /** At least 1. */
  readonly attempts: number
  readonly acceptedAtMs: EpochMs
  /** What `Retry-After` asked for. */
  readonly floorMs: number
  /** There was no answer at all. Then a sign of life says enough: the wait for it does not grow. */
  readonly isAway: boolean
}

/**
 * When a write that was not acknowledged is tried again: full jitter, and `Retry-After` as a floor.
 *
 * @param chance from 0 to 1.
 */
export function nextTry(
  { attempts, acceptedAtMs, floorMs, isAway }: Tried,
  limits: RetryLimits,
  now: EpochMs,
  chance: number,
): NextTry {
  const { quick, baseMs, capMs, ageMs } = limits
  const isQuick = attempts < quick
  if (!isQuick && now - acceptedAtMs > ageMs) return { kind: 'too-old' }
  const doublings = isAway && !isQuick ? 0 : Math.min(attempts - 1, MOST_DOUBLINGS)
  const longestMs = Math.min(capMs, baseMs * 2 ** doublings)
  return { kind: isQuick ? 'at' : 'on-sign', atMs: epochMs(now + floorMs + chance * longestMs) }
}

/** 2^30 seconds are longer than any cap. */
const MOST_DOUBLINGS = 30

/** `Retry-After` asks for an hour at most: see `retryAfterMs`. */
const MOST_FLOOR_MS = 3_600_000

/** Whether a time to try has come. One that is further ahead than any wait was taken from a clock that was ahead. */
export const isDue = (atMs: EpochMs, now: EpochMs, { capMs }: RetryLimits): boolean =>
  atMs <= now || atMs - now > capMs + MOST_FLOOR_MS
