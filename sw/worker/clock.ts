import { type EpochMs, epochMs } from '../core/units.ts'

/** The wall clock. The one place where the worker looks at it. */
export const now = (): EpochMs => epochMs(Date.now())

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
