import { type EpochMs, epochMs } from '../core/units.ts'

/** The wall clock. The one place where the worker looks at it. */
export const now = (): EpochMs => epochMs(Date.now())

/** Milliseconds since the worker started: no clock that is set ahead or back changes it. */
export const uptimeMs = (): number => performance.now()

/** A time in which something is not done. A clock that is set back or ahead ends it. */
export interface Pause {
  readonly fromMs: EpochMs
  readonly forMs: number
}

export const pauseFor = (forMs: number): Pause => ({ fromMs: now(), forMs })

export function isPaused(pause: Pause | undefined): boolean {
  const elapsedMs = pause === undefined ? Infinity : now() - pause.fromMs
  return elapsedMs >= 0 && elapsedMs < (pause?.forMs ?? 0)
}

/** How long a pause lasts from now on. */
export const leftOf = (pause: Pause | undefined): number =>
  pause !== undefined && isPaused(pause) ? pause.forMs - (now() - pause.fromMs) : 0

/** Full jitter: any time up to the limit, so that those who failed together do not return together. */
export const jittered = (limitMs: number): number => Math.random() * limitMs

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** How long a store may take before an answer goes on without it. */
export const STORE_LIMIT_MS = 1000

/** How long what changes something waits for its announcement to be on disk; then it goes ahead all the same. */
export const ANNOUNCE_LIMIT_MS = 500

/** The promise's value, or `late` when it takes longer. Rejections pass through. */
export function timeout<T, L>(ms: number, promise: Promise<T>, late: L): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<L>((resolve) => (timer = setTimeout(resolve, ms, late)))
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}
