import type { EpochMs } from '../units.ts'

/** What an attempt has come to that has failed. */
export interface Failed {
  /** Of the answer; 0: there was none. */
  readonly status: number
  readonly atMs: EpochMs
  /**
   * The origin was silent: it has answered no write since the attempt began. How often one was sent in vain by then. Absent: it was not, or has
   * answered one since.
   */
  readonly silent?: number
  /** When the next write may be sent to it. Present with `silent`. */
  readonly nextMs?: EpochMs
}

/** An origin that answers no write. */
export interface Silence {
  /** How often a write was sent in vain: those that were under way at the same time count as one. */
  readonly count: number
  /** When that was known last. */
  readonly atMs: EpochMs
  /** When the next write may be sent, to see whether it answers. */
  readonly nextMs: EpochMs
}

interface Sent {
  readonly url: string
  readonly failed?: Failed | undefined
}

/** The origin of an absolute URL, without the cost of parsing it. */
export const originOf = (url: string): string => url.split('/', 3).join('/')

/**
 * The origins that are silent, by what their writes have met. It is in the records, so each worker knows it.
 *
 * ```
 *              a write meets no answer, and no other one was answered meanwhile
 *   answers ────────────────────────────────────────────────────────────────────► silent
 *      ▲                                                                          │    ▲
 *      └──────────── a write is answered, whatever the answer says ──── one write at a time
 * ```
 */
export function silences(writes: Iterable<Sent>): ReadonlyMap<string, Silence> {
  const found = new Map<string, Silence>()
  for (const { url, failed } of writes) {
    if (failed?.silent === undefined) continue
    const { silent: count, atMs, nextMs = atMs } = failed
    const origin = originOf(url)
    const known = found.get(origin)
    // A clock that was set back does not make an earlier failure the newest.
    if (known === undefined || count > known.count || (count === known.count && atMs > known.atMs))
      found.set(origin, { count, atMs, nextMs })
  }
  return found
}
