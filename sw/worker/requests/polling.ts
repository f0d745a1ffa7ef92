import type { Rule } from '../../../config/language/index.ts'
import { pollIntervalMs, pollWaitMs } from '../../core/poll.ts'
import type { EpochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { Question } from '../../protocol.ts'
import type { Attention } from './attention.ts'
import type { Sender } from './send.ts'

interface Ports {
  readonly attention: Attention
  readonly sender: Pick<Sender, 'restMs'>
}

type Polled = Pick<Rule, 'pollMs' | 'pollHidden'>

/** One page asks whether something that it shows is to be polled now. Part of a worker one of whose rules has `poll`. */
interface Round {
  /**
   * Whether a stored answer is to be asked about now.
   *
   * @param quietMs since the origin was last asked about it, or has confirmed it.
   */
  isTurn(rule: Polled, key: string, url: string, quietMs: number): boolean
  /** The origin was asked. A failure makes the next interval longer. */
  asked(rule: Polled, key: string, url: string, isWell: boolean): void
  /** Whether the page has to read something now, because nothing is stored. */
  isTurnOfPage(rule: Polled, url: string): boolean
  /** After so many milliseconds the page asks again; undefined: nothing that it shows is polled. */
  nextMs(): number | undefined
}

type Asking = Pick<Extract<Question, { readonly ask: 'validate' }>, 'isFirst' | 'isHidden'>

export type Polling = (ports: Ports, asking: Asking, clientId: string) => Round

/** How often the last polls have failed, and the interval that follows from that. */
interface Slowed {
  readonly failures: number
  readonly intervalMs: number
  readonly failedAtMs: EpochMs
}

const MAX_SLOWED = 1000
/** A page that shows things of several intervals asks no more often than this part of the shortest. */
const LEAST_PART = 0.25

/** The polls of a worker, for all pages. */
export function polling(): Polling {
  const slowed = new Map<string, Slowed>()
  return ({ attention, sender }, { isFirst, isHidden }, clientId) => {
    let nextMs = Infinity
    const isTurn: Round['isTurn'] = ({ pollMs, pollHidden }, key, url, quietMs) => {
      if (pollMs === undefined || (isHidden && !pollHidden)) return false
      const last = slowed.get(key)
      // What the origin has confirmed since, or was asked about on another occasion, is polled at its own pace again.
      const isSlowed = last !== undefined && quietMs >= now() - last.failedAtMs
      const waitMs = pollWaitMs(isSlowed ? last.intervalMs : pollMs, quietMs, sender.restMs(url))
      if (waitMs > 0) nextMs = Math.min(nextMs, Math.max(waitMs, pollMs * LEAST_PART))
      return waitMs === 0
    }
    return {
      isTurn,
      asked: (rule, key, url, isWell) => {
        const { pollMs = 0 } = rule
        const failures = (slowed.get(key)?.failures ?? 0) + 1
        slowed.delete(key)
        if (slowed.size >= MAX_SLOWED) slowed.clear()
        const intervalMs = pollIntervalMs(pollMs, failures, Math.random())
        if (!isWell) slowed.set(key, { failures, intervalMs, failedAtMs: now() })
        isTurn(rule, key, url, 0)
      },
      isTurnOfPage: (rule, url) => {
        // Each page has to read it for itself.
        const key = `${clientId} ${url}`
        // The page is reading what it has just begun to show.
        const isBegun = isFirst === true && attention.lastOf(key) === undefined
        const isNow = isTurn(rule, key, url, isBegun ? 0 : attention.quietMs(key))
        if (isNow || isBegun) attention.remember(key, 'poll')
        if (isNow) isTurn(rule, key, url, 0)
        return isNow
      },
      nextMs: () => (nextMs < Infinity ? nextMs : undefined),
    }
  }
}
