import { hasReached } from '../../core/collections/cursor.ts'
import { jittered, pause, timeout, uptimeMs } from '../../fetch/clock.ts'
import type { Head } from './records.ts'
import type { RunEnd } from './sync-run.ts'

/** A run that did not reach the write is followed by another, after a rest that doubles up to the other. */
const REST_MS = 200
const MOST_REST_MS = 5000

/**
 * Whether a collection has come to a write: its cursor is at the write's position, or a run that began after it has ended with
 * all that was committed. Of a collection that is not loaded nothing is behind: the network answers.
 *
 * @param position the write's `Freshlayer-Position`. Undefined: the backend does not say it, and a run decides.
 * @param limitMs after so many milliseconds it has not.
 * @param run one that begins from now on.
 */
export async function caughtUp(
  { position, limitMs }: { readonly position: string | undefined; readonly limitMs: number },
  head: () => Promise<Head | undefined>,
  run: () => Promise<RunEnd>,
): Promise<boolean> {
  const endMs = uptimeMs() + limitMs
  const leftMs = (): number => endMs - uptimeMs()
  for (let restMs = REST_MS; ; restMs = Math.min(restMs * 2, MOST_REST_MS)) {
    const held = await timeout(leftMs(), head(), 'late' as const)
    if (held === 'late') return false
    if (held === undefined) return true
    const cursor = held.live?.cursor
    if (position !== undefined && cursor !== undefined && hasReached(cursor, position)) return true
    const end = await timeout(leftMs(), run(), 'late' as const)
    if (end === 'late') return false
    if (end.kind === 'idle' && end.isConfirmed) return true
    // A longer transaction of another may hold the write back, or the origin is away.
    const waitMs = Math.max(restMs, end.kind === 'failed' ? end.waitMs : 0)
    if (waitMs >= leftMs()) return false
    await pause(waitMs / 2 + jittered(waitMs / 2))
  }
}
