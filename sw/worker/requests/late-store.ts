import { isAway } from '../../core/head.ts'
import type { Row } from '../../core/row.ts'
import { timeout } from '../../fetch/clock.ts'
import { answerOf, ask, type ForwardPorts, inform } from './forward.ts'
import { isForwarding, isHit, type Planned, type PlanPorts, planRead } from './plan-read.ts'
import type { ReadContext } from './read.ts'
import { standIn } from './stored-answers.ts'

/**
 * The answer to a read while the store is late. The network is asked meanwhile. What the store has still answers if it
 * comes first and may, and where the network brings no answer, or a part of one, it is waited for: a late store is not an
 * empty one.
 *
 * @param carryOut answers by a plan that knows what is stored.
 */
export async function answerLate(
  ports: PlanPorts & ForwardPorts,
  read: ReadContext,
  late: Promise<readonly Row[]>,
  carryOut: (read: ReadContext, planned: Planned) => Response | Promise<Response>,
): Promise<Response> {
  const { plan: unknown } = planRead(ports, read, [])
  let isKnown = false
  const planLater = async (): Promise<Planned> => {
    const rows = await late
    isKnown = true
    return planRead(ports, read, rows)
  }
  // The page wants a stored answer or none.
  if (!isForwarding(unknown)) return carryOut(read, await planLater())
  const empty = unknown.fwd === 'uri-miss' ? { ...unknown, why: 'late-store' } : unknown
  const sent = { ...read, row: undefined, late: planLater().then(({ row }) => row) }
  return ask(ports, sent, empty, async ({ flight, landed, leave, collapsed }) => {
    // Asked before it has landed: then the body is read for this page too.
    const whole = flight.whole()
    const first = await Promise.race([landed, planLater()])
    const isFromStore = first !== undefined && 'plan' in first
    if (isFromStore && isHit(first.plan)) {
      leave()
      return carryOut(read, first)
    }
    const result = isFromStore ? await timeout(read.rule.timeoutMs, landed, 'late' as const) : first
    // The answer is of another read alone.
    if (result === undefined) return undefined
    const status = result === 'late' ? undefined : result.response?.status
    const isBroken = status === 500
    const isForStore = result !== 'late' && result.settlement.kind === 'store'
    const isSafe = isForStore && (await timeout(read.rule.timeoutMs, wholeOrAlone(whole, planLater()), undefined))
    // A body that is slow on a disk that is slower is handed over as it comes.
    const isCut = isForStore && !(isSafe ?? !isKnown)
    if (status === undefined || isAway(status) || isBroken || isCut) {
      const rows = await late
      await ports.identity.ready
      // What was removed, or whose user was refused, while the network was waited for answers no more.
      const { plan: planned, row } = planRead(ports, read, rows)
      const isRemoved = row !== undefined && ports.log.isRemoved(row)
      const standsIn = !isRemoved && planned.kind === 'validate' && (isBroken ? planned.forgiving : planned.standsIn)
      if (!isRemoved && isHit(planned)) {
        leave()
        return carryOut(read, { plan: planned, row })
      }
      if (standsIn) {
        leave()
        return standIn(ports, { ...read, row }, result === 'late' ? 'timeout' : 'offline', isCut ? undefined : status)
      }
    }
    inform(flight, sent)
    const answer = result === 'late' ? await landed : result
    if (answer === undefined) inform(flight, sent, false)
    return answer && answerOf(ports, sent, empty, answer, collapsed)
  })
}

/** Whether an answer may be handed over: its body is all there, or the store turns out to have nothing in its place. */
const wholeOrAlone = (whole: Promise<boolean>, planned: Promise<Planned>): Promise<boolean> =>
  Promise.race([
    whole,
    planned.then(({ plan }) => (isHit(plan) || (plan.kind === 'validate' && plan.standsIn) ? whole : true)),
  ])
