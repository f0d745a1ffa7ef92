// By way of the part that has it, so that it is no third file.
import { longestRestMs } from '../more.ts'

/** The ways to hear of changes, from the best to the one that always works. */
export type Way = 'socket' | 'stream' | 'long-poll' | 'poll'

/**
 * What became of a connection. 'ended': the server ended it when it was meant to, or after a good while. 'cut': it broke off
 * early. 'held-back': the server does not get through, as with a proxy that gathers a whole answer before it passes it on.
 * 'failed': there was none, or the answer was an error.
 */
export type Outcome = 'ended' | 'cut' | 'held-back' | 'failed'

/** Where the page stands. */
export interface Position {
  /** The ways there are, the best first. */
  readonly ways: readonly Way[]
  /** Which of them it is. */
  readonly at: number
  /** The best of them that is not known to come to nothing. While the server is away the page goes further down. */
  readonly best: number
  /** It was tried once more since, because a lesser one works. */
  readonly isTried: boolean
  /** Connections in a row that came to nothing. */
  readonly failures: number
  /** From when on the best way is tried again, once a lesser one works. Unit: milliseconds of the page's clock. */
  readonly climbAtMs: number
  /** How long the page stays with a lesser way, when it next has to go down. Unit: milliseconds. */
  readonly patienceMs: number
}

/** What to do next. */
interface Next extends Position {
  /** The longest rest before it; the rest itself is any part of this. Unit: milliseconds. */
  readonly restMs: number
}

/** So many connections in a row come to nothing before the next way is tried. */
const TRIES = 3
const PATIENCE_MS = 5 * 60_000
const MAX_PATIENCE_MS = 60 * 60_000

/** How often a page asks that can do no better. */
const POLL_MS = 30_000

type Move = 'stay' | 'count' | 'down'

/**
 * What each outcome does.
 *
 * ```
 *   socket ──► stream ──► long-poll ──► poll        held back: at once; cut or failed: at the third time
 *      ▲          ▲           │           │
 *      └──────────┴───────────┴───────────┘         a lesser way works, and the time for it is over
 * ```
 */
const MOVES: Readonly<Record<Way, Readonly<Record<Outcome, Move>>>> = {
  socket: { ended: 'stay', cut: 'count', 'held-back': 'down', failed: 'count' },
  stream: { ended: 'stay', cut: 'count', 'held-back': 'down', failed: 'count' },
  'long-poll': { ended: 'stay', cut: 'count', 'held-back': 'down', failed: 'count' },
  poll: { ended: 'stay', cut: 'count', 'held-back': 'count', failed: 'count' },
}

const TOP = { at: 0, best: 0, isTried: false, failures: 0 }

/** A page that has not tried anything yet. */
export const atTheTop = (ways: readonly Way[]): Position => ({
  ways,
  ...TOP,
  climbAtMs: 0,
  patienceMs: PATIENCE_MS,
})

/** What a page does after a connection. */
export function next(position: Position, outcome: Outcome, nowMs: number): Next {
  const { ways, at, best, isTried, climbAtMs } = position
  const way = ways[at] ?? 'poll'
  const move = MOVES[way][outcome]
  if (move === 'stay') {
    if (at > 0 && nowMs >= climbAtMs) return { ...position, ...TOP, restMs: 0 }
    // The server was away, or the better way is at fault: it has one try to show which.
    if (at > best) return { ...position, at: best, isTried: true, failures: TRIES - 1, restMs: 0 }
    const patienceMs = at === 0 ? PATIENCE_MS : position.patienceMs
    return { ...position, isTried: false, failures: 0, patienceMs, restMs: way === 'poll' ? POLL_MS : 0 }
  }
  const failures = position.failures + 1
  const restMs = longestRestMs(failures)
  const isLast = at === ways.length - 1
  if (isLast || (move === 'count' && failures < TRIES)) return { ...position, failures, restMs }
  // A server that is away brings a page down here too. When it is back, it is back for the best way.
  const patienceMs = outcome === 'failed' ? 0 : position.patienceMs
  return {
    ways,
    at: at + 1,
    best: outcome === 'failed' && !isTried ? best : at + 1,
    isTried: false,
    failures: 0,
    climbAtMs: Math.max(climbAtMs, nowMs + patienceMs),
    patienceMs: Math.min(MAX_PATIENCE_MS, position.patienceMs * (outcome === 'failed' ? 1 : 2)),
    restMs: move === 'down' ? 0 : restMs,
  }
}
