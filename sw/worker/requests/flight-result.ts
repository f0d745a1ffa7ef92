/**
 * What a request to the origin has brought, and what that means: for the read that it was sent for, for the store, and for
 * the reads that have joined it.
 */
import type { Fields } from '../../core/head.ts'
import type { Plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import { type Outcome, settle, type Settlement } from '../../core/settle.ts'
import { notStorable } from '../../core/storable.ts'
import { guesses } from '../../core/timeline.ts'
import { mayBeOfOtherCookies, variantOf, varyNames } from '../../core/vary.ts'
import type { Versioned } from '../../core/versions.ts'
import { fieldsOf } from '../../fetch/describe.ts'
import type { Read } from './read.ts'
import type { Times } from './response-store.ts'

/** What a request has brought, as soon as the head of its answer is known. */
export interface FlightResult extends Times {
  readonly outcome: Outcome
  readonly settlement: Settlement
  /** The origin's answer; its body belongs to the page that gets the result. */
  readonly response?: Response | undefined
  /** The failure, as the page has to see it. */
  readonly error?: unknown
  /** What the light endpoint of the rule has said. Absent: the rule has none. */
  readonly versioned?: Versioned | undefined
}

/** Why an answer is not kept that says it is of another user than the one who was thought to ask. */
export const OTHER_USER = 'other-user'

/** Why an answer is not kept whose request was sent before a sign-in or sign-out had ended: it may be of either user. */
export const ENDED = 'session-ended'

/** What an outcome means for a read, and for what is stored for it. */
export const settledFor = (
  { head: request, row: stored, rule, clientId }: Read,
  plan: Plan,
  outcome: Outcome,
): Settlement =>
  settle({
    plan,
    request,
    stored,
    expects: rule.expects,
    guesses: guesses(rule),
    outcome,
    unasked: clientId === undefined,
  })

/**
 * What a result means for the store. It was settled without the row where the store was late: the row may forbid to store
 * what came, or be removed by it.
 */
export function forStore(read: Read, plan: Plan, { settlement, outcome }: FlightResult): Settlement {
  if (read.late === undefined || read.row === undefined || [OTHER_USER, ENDED].includes(settlement.why))
    return settlement
  const known = settledFor(read, plan, outcome)
  // The page alone reads a body that was not to be stored.
  return known.kind === 'store' ? settlement : known
}

/** What a follower may have of a result: what HTTP lets it share, of the variant that it asks for. */
export function sharedResult(leader: Read, result: FlightResult, follower: Read, plan: Plan): FlightResult | undefined {
  const { settlement, response, outcome } = result
  // The request of the follower would be sent as the other user, too.
  if (settlement.why === OTHER_USER) return { ...result, response: undefined }
  if (settlement.why === ENDED) return undefined
  // The origin is away. What is stored for this read decides what it gets, and not what is stored for the leader.
  const own = settledFor(follower, plan, outcome)
  // The 304 or the equal signature that has confirmed a row: there need be no answer of the origin to copy.
  if (settlement.kind === 'refresh')
    return isSameFor(leader, follower, settlement.fields) && !isPart(settlement.row) ? result : undefined
  if (response === undefined || own.kind === 'stand-in') return { ...result, settlement: own, response: undefined }
  const fields = fieldsOf(response.headers)
  // A range is no part of the key.
  if (!isSameFor(leader, follower, fields) || isPart({ status: response.status, fields })) return undefined
  // What the store has to do is done by the leader's settlement alone.
  const isDone = settlement.kind === own.kind || settlement.kind === 'store' || own.kind === 'keep'
  if (!isDone || !mayShare(leader, result)) return undefined
  return { ...result, settlement: settlement.kind === 'store' ? settlement : own, response: response.clone() }
}

/** Whether an answer with these fields is the same for both reads. */
function isSameFor(leader: Read, { head, partition, rule }: Read, fields: Fields): boolean {
  const names = varyNames(fields)
  // The cookies may have changed since the leader's request was sent.
  return (
    names !== 'unknowable' &&
    variantOf(names, leader.head.fields) === variantOf(names, head.fields) &&
    !mayBeOfOtherCookies({ fields, partition }, rule)
  )
}

/**
 * Whether an answer may serve other reads too: nothing forbids to store it, though it may not say for how long. A 401 says
 * something of its own request's user.
 */
export function mayShare({ head }: Read, { outcome }: FlightResult): boolean {
  if (outcome.kind === 'failure') return true
  if (outcome.head.status === 401) return false
  const obstacle = notStorable(head, outcome.head)
  return obstacle === undefined || obstacle === 'no-freshness'
}
