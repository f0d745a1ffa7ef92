import type { Rule } from '../../../config/language/index.ts'
import { isDue, type Occasion } from '../../core/attention.ts'
import { now } from '../../fetch/clock.ts'
import type { Refreshed, Shown } from '../../protocol.ts'
import type { Attention } from '../requests/attention.ts'
import type { Polling } from '../requests/polling.ts'
import type { Sender } from '../requests/send.ts'
import type { ShownRows } from './answers.ts'

/** One message of a page that shows URLs. */
export interface Asking {
  readonly because: Occasion
  readonly clientId: string
  readonly attention: Attention
  readonly sender: Pick<Sender, 'restMs'>
  /** Undefined: it is no poll. */
  readonly round: ReturnType<Polling> | undefined
  /** Whether the origin has not answered: each further question would wait as long. */
  readonly silence: { isSilent: boolean }
}

/** Validates one URL by the rows that answer it; undefined: there are none, or they cannot tell. */
export type Validating = (given: string, url: string, rule: Rule) => Promise<Shown | undefined>

/**
 * Validates the URLs of collections that one message names, on the same conditions as other URLs: the rows of a collection
 * by one run, however many of its URLs are shown.
 */
export function validating(
  { because, clientId, attention, sender, round, silence }: Asking,
  shown: (url: string, clientId: string) => Promise<ShownRows | undefined>,
): Validating {
  const running = new Map<string, Promise<Refreshed['outcome'] | undefined>>()
  const isTurn = ({ key, confirmedAtMs, isBehind, isFresh }: ShownRows, url: string, rule: Rule): boolean => {
    // What is not asked because its origin is silent has its turn again after an interval.
    const quietMs = silence.isSilent ? 0 : attention.quietMs(key, confirmedAtMs)
    if (because === 'poll') return round?.isTurn(rule, key, url, quietMs) === true
    if (because !== 'refresh' && sender.restMs(url) > 0) return false
    const isUnknown = quietMs < 0 || (because === 'reconnect' && attention.lastOf(key)?.because !== because)
    const state = isFresh ? 'fresh' : 'stale'
    return isDue(because, rule, { state, invalidated: isBehind, quietMs: isUnknown ? Infinity : quietMs })
  }
  return async (given, url, rule) => {
    const rows = await shown(given, clientId)
    if (rows === undefined) return undefined
    const { key, confirmedAtMs, sync } = rows
    let run = running.get(key)
    if (run === undefined) {
      if (!isTurn(rows, url, rule) || silence.isSilent) return { atMs: confirmedAtMs }
      // Before the answer: other tabs ask meanwhile.
      attention.remember(key, because)
      running.set(key, (run = sync(because)))
    }
    const outcome = await run
    if (outcome === undefined) return undefined
    silence.isSilent ||= outcome === 'unreachable'
    const isWell = outcome === 'unchanged' || outcome === 'changed'
    round?.asked(rule, key, url, isWell)
    return { outcome, atMs: isWell ? now() : confirmedAtMs }
  }
}
