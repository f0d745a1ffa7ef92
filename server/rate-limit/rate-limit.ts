import { answerProblem, SyncProblem } from '../sync/answers.ts'

/** Whether a caller may go on, and else when. */
export type Taken = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number }

/** Counts what callers ask for. */
export interface RateLimit {
  /** Counts one request of a caller. */
  readonly take: (caller: string) => Taken | Promise<Taken>
}

export interface RateLimitOptions {
  /** How many requests a caller may send in the time. */
  readonly requests: number
  /** Unit: seconds. */
  readonly per: number
  /** How many callers are remembered. Beyond that those go first who have been idle for longest. Default: 100,000. */
  readonly callers?: number
  /** The time in milliseconds. Default: a clock that is never set back. */
  readonly now?: () => number
}

/**
 * A limit that is kept in this process: a caller may send so many requests at once, and from then on as many as the time
 * lets come back, evenly. Behind a balancer each process has its own: give a limiter of `rate-limiter-flexible` over a
 * database or Redis to `rateLimited` instead.
 *
 * @throws RangeError for a number that is not positive.
 * @see GCRA, the generic cell rate algorithm: one number per caller, the time at which all that it asked for is paid.
 */
export function rateLimit({ requests, per, callers = 100_000, now = () => performance.now() }: RateLimitOptions): {
  readonly take: (caller: string) => Taken
} {
  if (!(requests > 0 && per > 0 && callers > 0))
    throw new RangeError('rateLimit: requests, per and callers are above 0')
  const windowMs = per * 1000
  const eachMs = windowMs / requests
  /** In the order of last use. */
  const paidAt = new Map<string, number>()
  return {
    take(caller) {
      const atMs = now()
      const paidMs = Math.max(paidAt.get(caller) ?? 0, atMs) + eachMs
      const overMs = paidMs - atMs - windowMs
      // A hair is what sums of fractions are off by.
      if (overMs > 1e-6) return { ok: false, retryAfterSeconds: Math.ceil(overMs / 1000) }
      paidAt.delete(caller)
      paidAt.set(caller, paidMs)
      for (const [idle, whenMs] of paidAt) {
        if (paidAt.size <= callers && whenMs > atMs) break
        paidAt.delete(idle)
      }
      return { ok: true }
    },
  }
}

/** A limiter of `rate-limiter-flexible`, or one like it: rejects with how long to wait. */
export interface Consuming {
  consume(caller: string): Promise<unknown>
}

export interface RateLimitedOptions {
  /** What counts: `rateLimit()`, or a limiter of `rate-limiter-flexible`. */
  readonly limit: RateLimit | Consuming
  /**
   * Who asks: the user, or the network address of someone who is not signed in. Undefined: the request is not counted.
   * @example (request) => userOf(request)?.id
   */
  readonly callerOf: (request: Request) => string | undefined | Promise<string | undefined>
}

/**
 * A handler whose callers are limited each for itself: 429 as problem+json with `Retry-After`, which clients obey. For
 * `sync()`, `versions()`, and any other `Request → Response`; one limit may serve several handlers. A limiter that fails lets
 * requests pass: what it cannot count is still answered.
 *
 * @param failed hears why a limiter failed. Default: the console says so once.
 */
export function rateLimited(
  handler: (request: Request) => Response | Promise<Response>,
  { limit, callerOf }: RateLimitedOptions,
  failed: (error: unknown) => void = failedOnce(),
): (request: Request) => Promise<Response> {
  return async (request) => {
    const caller = await callerOf(request)
    const taken = caller === undefined ? PASSES : await takenBy(limit, caller, failed)
    return taken.ok ? handler(request) : tooMany(taken.retryAfterSeconds)
  }
}

/** The answer to a caller who has asked too often, for what is no handler: the upgrade to a WebSocket. */
export const tooMany = (retryAfterSeconds: number): Response =>
  answerProblem(
    new SyncProblem(429, 'Too many requests of this caller.', {}, { 'retry-after': String(retryAfterSeconds) }),
  )

const PASSES: Taken = { ok: true }

async function takenBy(limit: RateLimit | Consuming, caller: string, failed: (error: unknown) => void): Promise<Taken> {
  try {
    if ('take' in limit) return await limit.take(caller)
    await limit.consume(caller)
    return PASSES
  } catch (error) {
    // A limiter of that library rejects with an error where it fails itself, and with this where there is no more to have.
    const waitMs = error instanceof Error ? undefined : (error as { msBeforeNext?: unknown } | null)?.msBeforeNext
    if (typeof waitMs === 'number') return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
    failed(error)
    return PASSES
  }
}

function failedOnce(): (error: unknown) => void {
  let isSaid = false
  return (error) => {
    if (!isSaid) console.error('freshlayer: the rate limiter fails, so no caller is limited', error)
    isSaid = true
  }
}
