/**
 * Reads that wait for the origin. It is asked by a request that other reads may join, and the page's answer is made of what
 * it says, or of what stands in for that.
 */
import type { Rule } from '../../../config/language/index.ts'
import { type Forward } from '../../core/plan.ts'
import { asksForBytes } from '../../core/range.ts'
import { isConditional } from '../../core/validation.ts'
import { timeout } from '../../fetch/clock.ts'
import { bodyOf } from '../store/bodies.ts'
import { forwardedAnswer } from '../../fetch/answer.ts'
import { hasBody } from '../../fetch/describe.ts'
import { type FlightResult, OTHER_USER } from './flight-result.ts'
import type { Flight, Flights } from './flights.ts'
import { askOrigin, discard, outgoing, type Sending } from '../../fetch/origin.ts'
import type { Forwarding } from './plan-read.ts'
import type { Read, ReadContext } from './read.ts'
import { confirmed, obstacle, standIn, type StoredPorts, unvalidated } from './stored-answers.ts'

export interface ForwardPorts extends StoredPorts {
  readonly flights: Flights
  /** Answers that say themselves that they are of the user who came after: they end an identity, and are none of its. */
  readonly ofTheNext: WeakSet<Response>
}

/** A read that waits for the origin. */
interface Asking {
  readonly flight: Flight
  /** Undefined: the answer is of another read alone. */
  readonly landed: Promise<FlightResult | undefined>
  /** Its page does not want the answer any more. */
  readonly leave: () => void
  /** The flight is another read's. */
  readonly collapsed: boolean
}

/** The origin's answer, or what stands in for it. */
export function forward(ports: ForwardPorts, read: Read, planned: Forwarding): Promise<Response> {
  return ask(ports, read, planned, async ({ flight, landed, leave, collapsed }) => {
    // Waits as long as the rule says where something can stand in, and else for as long as it takes.
    const standsIn = planned.kind === 'validate' && planned.standsIn
    // Before the store has it: from then on tabs are told.
    inform(flight, read)
    const failed = standsIn ? await failureOf(read.rule.timeoutMs, landed, flight) : undefined
    // The network has brought nothing yet. So the disk is waited for, unless the network is sooner.
    const known = failed && Promise.race([ports.identity.read, landed])
    if (failed !== undefined && (await obstacle(ports, read, planned, read.row, known)) === undefined) {
      inform(flight, read, false)
      leave()
      return standIn(ports, read, failed, undefined)
    }
    const result = await landed
    // A validation that no read has asked for says why it was sent.
    const why = (collapsed ? flight.read.cause : undefined) ?? planned.why
    if (result !== undefined) return answerOf(ports, read, { ...planned, why }, result, collapsed)
    inform(flight, read, false)
    return undefined
  })
}

/**
 * Has the origin asked: by a flight that is on its way where that will do, else by one of the read's own. So it is once
 * more where the flight that it joined has an answer for another read alone. An error, and nothing is sent, where the
 * identity of the read has ended by then.
 *
 * @param answerBy makes the answer; undefined: `landed` has given none. Called once per flight.
 */
export async function ask(
  ports: ForwardPorts,
  read: Read,
  planned: Forwarding,
  answerBy: (asking: Asking) => Promise<Response | undefined>,
): Promise<Response> {
  let joined = mayJoin(ports, read, planned) ? ports.flights.toJoin(read) : undefined
  for (;;) {
    const answer = await answerBy(joined === undefined ? fly(ports, read, planned) : follow(joined, read, planned))
    if (answer !== undefined) return answer
    if (!read.isTheirs()) return Response.error()
    joined = undefined
  }
}

function mayJoin({ identity }: ForwardPorts, { head, partition }: Read, planned: Forwarding): boolean {
  // A doubt ends by the answer to a request that was sent after it came up.
  if (identity.isDoubted(partition)) return false
  // What a page asks for itself, by a condition or a range of its own, the copy of another's answer does not have.
  const isPlain = head.cache === 'default' && head.method !== 'HEAD' && !isConditional(head.fields)
  return isPlain && !asksForBytes(head.fields) && (planned.kind === 'validate' || planned.store)
}

/** The read gets a flight of its own. */
function fly({ flights }: ForwardPorts, read: Read, planned: Forwarding): Asking {
  const flight = flights.launch(read, planned, true)
  read.waitUntil(flight.stored)
  return { flight, landed: flight.landed, leave: flight.leave, collapsed: false }
}

/**
 * The answer that a flight's result makes.
 *
 * @param collapsed the flight is another read's.
 */
export async function answerOf(
  ports: ForwardPorts,
  read: Read,
  planned: Forwarding,
  { settlement, response, error, requestedAtMs, receivedAtMs }: FlightResult,
  collapsed: boolean,
): Promise<Response> {
  const { rule } = read
  if (collapsed && response !== undefined) ports.statistics.count(rule.name, { collapsed: 1, requestsSaved: 1 })
  // Of a miss `fwd` says it all.
  const detail = planned.why === planned.fwd ? undefined : planned.why
  const how = { fwd: planned.fwd, ...(collapsed ? { collapsed } : { 'fwd-status': response?.status }), detail }
  switch (settlement.kind) {
    case 'refresh': {
      const row = { ...settlement.row, requestedAtMs, receivedAtMs, fields: settlement.fields }
      // The 304 named another variant, whose body cannot be read; or the row may not be shown any more.
      const lost = bodyOf(row) === undefined ? 'body-lost' : await obstacle(ports, read, planned, settlement.row)
      if (lost !== undefined) return pass(read.request as Request, rule, planned.fwd, lost)
      const by = response === undefined ? settlement.why : detail
      return confirmed(ports, read, row, { ...how, stored: !collapsed, detail: by })
    }
    case 'stand-in': {
      const known = response === undefined ? ports.identity.read : undefined
      if ((await obstacle(ports, read, planned, read.row, known)) !== undefined) {
        if (response === undefined) throw error
        return forwardedAnswer(response, { ...how, detail: 'doubted' })
      }
      discard(response)
      return standIn(ports, read, 'offline', response?.status)
    }
    case 'refuse':
      return unvalidated()
    case 'store':
    case 'keep':
    case 'drop':
    case 'update':
    case 'outdate':
    case 'refetch':
    case 'fail': {
      const isOfTheNext = settlement.why === OTHER_USER
      // A follower gets no copy of an answer to another user. As without the layer, it asks as that user.
      if (response === undefined && !isOfTheNext) throw error
      const isKept = settlement.kind === 'store'
      const answer =
        response === undefined
          ? await pass(read.request as Request, rule, 'bypass', OTHER_USER)
          : forwardedAnswer(response, {
              ...how,
              stored: isKept && !collapsed,
              detail: isKept ? detail : settlement.why,
            })
      if (isOfTheNext) ports.ofTheNext.add(answer)
      else ports.overlaid?.times.set(answer, { requestedAtMs, receivedAtMs })
      return answer
    }
  }
}

/**
 * Passes a read on whose answer no other read may have and nothing may keep. Straight from the network, past the browser's
 * own cache: it may hold the answer to another user, or one of before a write. A read with a body can be sent only once,
 * and one by POST may change something.
 */
export async function pass(
  request: Request,
  { retry, send }: Rule & Sending,
  fwd: Forward,
  detail: string,
): Promise<Response> {
  const response = await askOrigin(() => outgoing(request, []), isSentOnce(request) ? 0 : retry, send)
  return forwardedAnswer(response, { fwd, 'fwd-status': response.status, detail })
}

/** Whether a read may not be sent again, or cannot be. */
export const isSentOnce = (request: Request): boolean => request.method === 'POST' || hasBody(request)

/** The read joins a flight that is on its way. */
function follow(flight: Flight, read: Read, planned: Forwarding): Asking {
  const landed = flight.follow(read, planned)
  return { flight, landed, leave: () => void landed.then((late) => discard(late?.response)), collapsed: true }
}

/** Why an answer is not handed over where something stands in: it is late, or its body breaks off. Undefined: it is. */
function failureOf(
  limitMs: number,
  landed: Promise<FlightResult | undefined>,
  flight: Flight,
): Promise<'timeout' | 'offline' | undefined> {
  const all = flight.whole()
  const whole = landed.then((result) => result?.settlement.kind !== 'store' || all)
  return timeout(
    limitMs,
    whole.then((isWhole) => (isWhole ? undefined : 'offline')),
    'timeout',
  )
}

/** The client that gets the answer itself is not told that it changed. */
export function inform({ informed }: Flight, { clientId }: ReadContext, isInformed = true): void {
  if (clientId === undefined) return
  if (isInformed) informed.add(clientId)
  else informed.delete(clientId)
}
