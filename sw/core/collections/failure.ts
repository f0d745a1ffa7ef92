import { retryAfterMs } from '../retry-after.ts'
import type { EpochMs } from '../units.ts'

/** Why a run has not come to its end. */
export type SyncFailure =
  /** No answer, or the origin is away (502, 503, 504). */
  | 'offline'
  /** 401 or 403. */
  | 'refused-user'
  /** The answer is of another user, or the user is another since. */
  | 'other-user'
  /** 429, or the origin has asked for a longer wait than a run takes. */
  | 'rate-limited'
  /** 400, 404, 405 and the like: the endpoint is not what the rules say. */
  | 'endpoint'
  /** 500 and the like. */
  | 'server'
  /** The answer is none that may be used. */
  | 'bad-answer'
  /** Several such answers in a moment: something between browser and origin hands out stored ones. */
  | 'proxy'
  /** What the endpoint says of its rows does not agree with the rows that it gives, again and again. */
  | 'drift'
  /** The rows could not be written, or are more than the budget of the rules. */
  | 'storage'

/** How a failed request goes on. */
export type Next =
  | { readonly kind: 'again'; readonly failure: SyncFailure; readonly floorMs: number }
  | { readonly kind: 'end'; readonly failure: SyncFailure; readonly floorMs: number }
  /** The cursor is of no use: compare, or load anew. */
  | { readonly kind: 'gone'; readonly floorMs: number }

/** Requests of one page of a run, at most. */
export const MAX_TRIES = 3
/** A longer `Retry-After` ends the run. */
const MAX_WAIT_MS = 5000
const BASE_MS = 500

/** How a run goes on after an answer that is no success, or after none (status undefined). */
export function afterFailure(
  status: number | undefined,
  retryAfter: string | undefined,
  attempt: number,
  now: EpochMs,
): Next {
  const floorMs = retryAfterMs(retryAfter, now)
  if (status === 410) return { kind: 'gone', floorMs }
  const failure = failureOf(status)
  const mayRetry = attempt < MAX_TRIES && floorMs <= MAX_WAIT_MS && !FINAL.includes(failure)
  return mayRetry ? { kind: 'again', failure, floorMs } : { kind: 'end', failure, floorMs }
}

/** These are the same however often it is asked. */
const FINAL: readonly SyncFailure[] = ['refused-user', 'endpoint']

function failureOf(status: number | undefined): SyncFailure {
  if (status === undefined || (status >= 502 && status <= 504)) return 'offline'
  if (status === 401 || status === 403) return 'refused-user'
  if (status === 429) return 'rate-limited'
  return status >= 400 && status < 500 && status !== 408 && status !== 425 ? 'endpoint' : 'server'
}

/** The longest wait before a try, in milliseconds: full jitter takes any time up to it. */
export const longestWaitMs = (attempt: number): number => BASE_MS * 2 ** attempt

/** So many refused answers in so short a time are no accident. */
const CROWD = 5
const CROWD_MS = 500

/** Whether the latest refusals are so many in so short a time. @param atMs when they were, the latest last. */
export const isCrowd = (atMs: readonly number[]): boolean => {
  const [first, last] = [atMs.at(-CROWD), atMs.at(-1)]
  return first !== undefined && last !== undefined && last - first <= CROWD_MS
}
