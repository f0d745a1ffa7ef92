import { seconds } from '../../sw/core/units.ts'
import type { RepeatFindings } from './findings.ts'
import { isGood } from './heads.ts'
import type { Observed } from './observed.ts'

/** A write of the app that may have changed what it reads. */
export interface WriteInstant {
  readonly match: string
  readonly startedAt: number
}

/** A read whose answer another one followed. */
interface Pair {
  readonly isSame: boolean
  /** The patterns of the writes between the two reads. */
  readonly writes: readonly string[]
}

export interface Repeats {
  readonly findings: RepeatFindings
  readonly pairs: readonly Pair[]
}

/**
 * What happened where one asker has read a URL again. What the browser's own cache answered says nothing of the origin.
 *
 * @param writes in the order of time.
 */
export function repeatsOf(reads: readonly Observed[], writes: readonly WriteInstant[]): Repeats {
  const seen = new Map<string, { content: string; since: number; last: number }>()
  const pairs: Pair[] = []
  let [same, changed, unchangedMs] = [0, 0, 0]
  let changedWithinMs = Infinity
  for (const { exchange, asker, question, content } of reads) {
    if (content === undefined || exchange.isFromCache === true || !isGood(exchange.status)) continue
    const at = exchange.startedAt
    const place = `${question}\n${asker.id}`
    const before = seen.get(place)
    if (before === undefined) {
      seen.set(place, { content, since: at, last: at })
      continue
    }
    const between = writesBetween(writes, before.last, at)
    const isSame = before.content === content
    pairs.push({ isSame, writes: between })
    if (isSame) {
      same++
      unchangedMs = Math.max(unchangedMs, at - before.since)
      before.last = at
      continue
    }
    if (between.length === 0) {
      changed++
      changedWithinMs = Math.min(changedWithinMs, at - before.last)
    }
    seen.set(place, { content, since: at, last: at })
  }
  const findings = {
    count: pairs.length,
    same,
    changed,
    unchangedS: seconds(unchangedMs / 1000),
    ...(changed > 0 && { changedWithinS: seconds(changedWithinMs / 1000) }),
  }
  return { findings, pairs }
}

/** Of more writes than this between two reads it cannot be told which one it was. */
const MOST = 50

/** The patterns of the writes that began in a span, the last ones of many. */
function writesBetween(writes: readonly WriteInstant[], from: number, to: number): string[] {
  const [start, end] = [firstAt(writes, from), firstAt(writes, to)]
  return [...new Set(writes.slice(Math.max(start, end - MOST), end).map(({ match }) => match))]
}

/** The index of the first write that did not begin before an instant. */
function firstAt(writes: readonly WriteInstant[], instant: number): number {
  let [low, high] = [0, writes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((writes[middle]?.startedAt ?? Infinity) < instant) low = middle + 1
    else high = middle
  }
  return low
}
