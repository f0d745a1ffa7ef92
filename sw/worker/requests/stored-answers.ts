/** Answers that are made of a stored row, and why a row may not be shown any more. */
import type { CacheStatus } from '../../core/cache-status.ts'
import { currentAge } from '../../core/freshness.ts'
import type { RequestHead } from '../../core/head.ts'
import { withTags } from '../../core/invalidation.ts'
import type { Plan } from '../../core/plan.ts'
import type { Row } from '../../core/row.ts'
import type { Seconds } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { Identity } from '../identity/identity.ts'
import type { Statistics } from '../statistics.ts'
import { bodyOf } from '../store/bodies.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import { gatewayTimeout, storedAnswer } from '../../fetch/answer.ts'
import type { AnswerTimes } from '../outbox/overlaid-reads.ts'
import type { Hit } from './plan-read.ts'
import type { Ranges } from './ranges.ts'
import type { Read, ReadContext } from './read.ts'

export interface StoredPorts {
  readonly identity: Identity
  readonly log: InvalidationLog
  readonly statistics: Statistics
  readonly ranges: Ranges | undefined
  /** Notes when what an answer is made of was asked for. Absent: the rules queue nothing. */
  readonly overlaid?: { readonly times: WeakMap<Response, AnswerTimes> } | undefined
}

/** What is stored answers, without waiting for the origin. */
export const hit = (ports: StoredPorts, { head }: ReadContext, { row, standing, why }: Hit): Response =>
  answerWith(ports, head, row, standing.age, { hit: true, ttl: standing.ttl, detail: why })

/** The origin has confirmed what is stored, by a 304. */
export function confirmed(ports: StoredPorts, { head, rule }: ReadContext, row: Row, how: CacheStatus): Response {
  ports.statistics.count(rule.name, { bytesSaved: row.size })
  return answerWith(ports, head, row, currentAge(row, now()), how)
}

/** The origin is away, or too slow: what is stored answers, and says so. */
export function standIn(
  ports: StoredPorts,
  { head, rule, row, tags }: Read,
  why: 'offline' | 'timeout',
  status: number | undefined,
): Response {
  if (row === undefined || bodyOf(row) === undefined) return unvalidated()
  const { log, statistics } = ports
  statistics.count(rule.name, { standIns: 1, bytesSaved: row.size })
  const detail = log.isInvalidated(withTags(row, tags)) ? 'offline-before-write' : why
  return answerWith(ports, head, row, currentAge(row, now()), { fwd: 'stale', 'fwd-status': status, detail })
}

/** The answer where the origin is away, and nothing may stand in. */
export const unvalidated = (): Response =>
  gatewayTimeout('The origin is away, and its last answer may not be served unvalidated (see `trust` of the rule).')

/**
 * Why a stored response may not be shown that could be when the origin was asked; undefined: it may.
 *
 * @param known settles when it is known whom the origin has refused. Default: after a second at most.
 */
export async function obstacle(
  { identity, log }: StoredPorts,
  { partition }: Read,
  { why }: Plan,
  row: Row | undefined,
  known = identity.ready,
): Promise<string | undefined> {
  // Another worker may have written meanwhile: that its marks are to be read again is no doubt.
  await known
  if (row !== undefined && log.isRemoved(row)) return 'removed'
  return why !== 'doubted' && identity.isDoubted(partition) ? 'doubted' : undefined
}

/** As much of a stored response as a page asks for. */
function answerWith(
  { ranges, overlaid }: StoredPorts,
  head: RequestHead,
  row: Row,
  age: Seconds,
  how: CacheStatus,
): Response {
  const body = bodyOf(row)
  const answer = ranges?.answer(head, row, body, age, how) ?? storedAnswer(head, row, body, age, how)
  overlaid?.times.set(answer, row)
  return answer
}
