import { normaliseUrl } from '../../../config/language/index.ts'
import { isDue, isWanted } from '../../core/attention.ts'
import type { Row } from '../../core/row.ts'
import { withTags } from '../../core/invalidation.ts'
import { standing } from '../../core/timeline.ts'
import { now, STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import type { Shown } from '../../protocol.ts'
import type { Attention } from '../requests/attention.ts'
import { lossOf } from '../requests/plan-read.ts'
import type { Polling } from '../requests/polling.ts'
import { readOf } from '../requests/read.ts'
import { revalidate } from '../requests/revalidate.ts'
import type { Sender } from '../requests/send.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Writer } from '../store/writer.ts'
import type { Collections } from '../collections/collections.ts'
import type { Answerer } from './answering.ts'
import { type Looking, rowsFor } from './rows-for.ts'

type Ports = Looking &
  Parameters<typeof revalidate>[0] & {
    readonly log: Pick<InvalidationLog, 'isInvalidated'>
    readonly writer: Pick<Writer, 'lostAtMs' | 'noteLoss'>
    readonly sender: Pick<Sender, 'restMs'>
    readonly attention: Attention
    /** Absent: the rules have none. */
    readonly collections?: Pick<Collections, 'validating'> | undefined
    /** Undefined: no rule polls. */
    readonly polling: Polling | undefined
  }

/** So many URLs are looked at at once: a page may show thousands. */
const LANES = 6

/**
 * Validates what a page shows, where the rules want that on the occasion. All tabs ask, each for itself, and the worker
 * asks the origin once for all of them.
 */
export const validate: Answerer<'validate', Ports> = async (ports, question, clientId) => {
  const { match, urlOf, generations, attention, flights, writer, log, sender, polling, collections } = ports
  const { urls, because, lostAtMs } = question
  if (lostAtMs !== undefined) await writer.noteLoss(Math.min(lostAtMs, now()))
  const areSame = generations.watchAll()
  const round = because === 'poll' ? polling?.(ports, question, clientId) : undefined
  const silence = { isSilent: false }
  const lookByRows = collections?.validating({ because, clientId, attention, sender, round, silence })

  const look = async (given: string): Promise<Shown> => {
    const found = readOf(match, given)
    if (found === undefined) return { outcome: 'no-worker' }
    const { rule, tags } = found
    const url = urlOf(normaliseUrl(found.href, rule))
    const byRows = await lookByRows?.(given, url, rule)
    if (byRows !== undefined) return byRows
    const find = async (): Promise<Row | undefined> =>
      (await rowsFor(ports, url, clientId).catch(() => [])).find(isPlain)
    let row = await find()
    // What another tab has brought a moment ago may be on its way to the store, and is of this tab's use as well.
    const storing = row && because !== 'refresh' ? flights.storing(row.key) : undefined
    if (storing !== undefined) {
      await timeout(STORE_LIMIT_MS, storing, undefined)
      row = await find()
    }
    if (!areSame()) {
      // The user has changed meanwhile. What the page shows then has its turn after an interval.
      round?.isTurn(rule, url, url, 0)
      return {}
    }
    if (row === undefined) {
      const isItsTurn = because === 'poll' ? round?.isTurnOfPage(rule, url) : isWanted(because, rule)
      return isItsTurn ? { outcome: 'absent' } : {}
    }
    const { key, receivedAtMs } = row
    // What is not asked because its origin is silent has its turn again after an interval.
    const quietMs = silence.isSilent ? 0 : attention.quietMs(key, receivedAtMs)
    const mayAsk = (): boolean => {
      if (because === 'poll') return round?.isTurn(rule, key, url, quietMs) === true
      if (because !== 'refresh' && sender.restMs(url) > 0) return false
      const invalidated = log.isInvalidated(withTags(row, tags))
      const { state } = standing(row, rule, invalidated, now(), lossOf(writer, rule))
      // What was asked before the connection came back does not count. A clock that was set back tells of no time.
      const isUnknown = quietMs < 0 || (because === 'reconnect' && attention.lastOf(key)?.because !== because)
      return isDue(because, rule, { state, invalidated, quietMs: isUnknown ? Infinity : quietMs })
    }
    if (!mayAsk() || silence.isSilent) return { atMs: receivedAtMs }
    // Before the answer: other tabs ask meanwhile.
    attention.remember(key, because)
    const outcome = await revalidate(ports, row, because, clientId)
    // Each further question would wait as long.
    silence.isSilent ||= outcome === 'unreachable'
    const isWell = outcome === 'unchanged' || outcome === 'changed'
    round?.asked(rule, key, url, isWell)
    return { outcome, atMs: isWell ? now() : receivedAtMs }
  }

  const shown: Shown[] = []
  const entries = urls.entries()
  const lane = async (): Promise<void> => {
    for (const [at, url] of entries) shown[at] = await look(url)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return { shown, nextMs: round?.nextMs() }
}

/** Of a read with a body a page does not tell which body it shows. */
const isPlain = ({ request: { method = 'GET' } }: Row): boolean => method === 'GET'
