/**
 * Reads that have no key: their user is not known, or the key cannot be made. The network answers them, and what it says is
 * not stored.
 */
import { normaliseUrl } from '../../../config/language/index.ts'
import { isAway } from '../../core/head.ts'
import { timeout, uptimeMs } from '../../fetch/clock.ts'
import type { Channel } from '../channel.ts'
import type { Collections } from '../collections/collections.ts'
import { report } from '../report.ts'
import { settleWithin } from '../settle-within.ts'
import type { Erasure } from '../store/erasure.ts'
import type { Generations } from '../store/generations.ts'
import { fieldsOf, hasBody, isCleared } from '../../fetch/describe.ts'
import { type ForwardPorts, isSentOnce, pass } from './forward.ts'
import type { Obstacles } from './obstacles.ts'
import { forgetAll } from './forget.ts'
import { discard } from '../../fetch/origin.ts'
import { isHit, type PlanPorts, planRead } from './plan-read.ts'
import type { Reachability } from './reachability.ts'
import { type Asked, type ContextPorts, contextOf, ruleFor } from './read-context.ts'
import { standIn } from './stored-answers.ts'

interface Ports extends ContextPorts, PlanPorts, ForwardPorts {
  readonly generations: Generations
  readonly obstacles: Obstacles
  readonly reachability: Reachability
  readonly erasure: Erasure
  readonly channel: Channel
  /** Absent: the rules have none. */
  readonly collections?: Pick<Collections, 'standIn'> | undefined
}

/**
 * The answer to a read whose user is not known: the network's, or what is stored of the last user where the origin is away
 * or too slow. Rejects as the network did where nothing of a last user may stand in.
 */
export async function answerUnknown(ports: Ports, asked: Asked, isSameSession: () => boolean): Promise<Response> {
  const { clientId } = asked
  const { identity } = ports
  const { timeoutMs } = ruleFor(asked)
  count(ports, 'unknown-user', asked)
  const passed = passUnknown(ports, asked, isSameSession)
  const learn = (response: Response | undefined): void =>
    // An answer to a request of before a sign-in or sign-out does not name the user of now.
    identity.learn(clientId, response && isSameSession() ? fieldsOf(response.headers) : undefined)
  let response: Response | undefined
  try {
    response = await timeout(timeoutMs, passed, undefined)
    if (response === undefined) {
      const stored = await Promise.race([ofLast(ports, asked, 'timeout'), passed.then(() => undefined)])
      if (stored !== undefined) {
        void passed.then(
          (late) => {
            learn(late)
            discard(late)
          },
          () => undefined,
        )
        return ifStill(isSameSession, stored)
      }
      response = await passed
    }
    const { status } = response
    const stored = isAway(status) ? await ofLast(ports, asked, 'offline', status) : undefined
    if (stored !== undefined) discard(response)
    return ifStill(isSameSession, stored ?? response)
  } catch (error) {
    // The page sees the network's own failure, also where the store fails as well.
    const stored = await ofLast(ports, asked, 'offline')
    if (stored === undefined) throw error
    return ifStill(isSameSession, stored)
  } finally {
    learn(response)
  }
}

/** Sends a read whose user is not known, and does what its answer says beside being one. */
async function passUnknown(ports: Ports, asked: Asked, isSameSession: () => boolean): Promise<Response> {
  const { reachability } = ports
  const { request, match } = asked
  const { url } = request
  // What is stored is looked for by the request as well.
  const sent = hasBody(request) ? request.clone() : request
  const missed = (byGateway: boolean): void => {
    if (isSentOnce(request)) return
    reachability.missed(url, byGateway, async () => {
      if (isSameSession()) discard(await passUnknown(ports, asked, isSameSession))
      else reachability.forget()
    })
  }
  const response = await pass(sent, match.rule, 'bypass', 'unknown-user').catch((error: unknown) => {
    missed(false)
    throw error
  })
  const { status, headers } = response
  if (isAway(status)) missed(true)
  else reachability.reached(url)
  if (isCleared(fieldsOf(headers))) await settleWithin(forgetAll(ports))
  if (status === 401 && isSameSession()) await settleWithin(refuseLast(ports, asked))
  return response
}

/** The origin does not know the user who asks: that counts for the last one, in whose place nothing is served now (I3). */
async function refuseLast({ identity }: Ports, { clientId }: Asked): Promise<void> {
  const last = await identity.last(clientId)
  if (last !== undefined) await identity.refuse(last)
}

/** A key cannot be made, or a digest: the network answers the page all the same (I6). */
export function answerUnkeyed(
  ports: Ports,
  asked: Asked,
  error: unknown,
  isSameSession: () => boolean,
): Promise<Response> {
  report('a read could not be looked for in the store; the network answers instead', error)
  count(ports, 'unkeyed', asked)
  return passUnkeyed(asked, 'unkeyed', isSameSession)
}

/** The network's answer; an error where the session has ended meanwhile (I3). */
export async function passUnkeyed(
  { request, match }: Asked,
  detail: string,
  isSameSession: () => boolean,
): Promise<Response> {
  return ifStill(isSameSession, await pass(request, match.rule, 'bypass', detail))
}

/** A read whose user or key is not known: it is of its client alone. */
function count({ obstacles, urlOf }: Ports, why: string, { request, match: { rule }, clientId }: Asked): void {
  obstacles.meet(rule.name, clientId, urlOf(normaliseUrl(request.url, rule)), { why })
}

/**
 * What is stored of the last user; undefined where nothing of it may stand in, or the store fails. Nothing more is asked in
 * that user's name: what the network answers next may be of another user.
 */
async function ofLast(
  ports: Ports,
  asked: Asked,
  why: 'timeout' | 'offline',
  status?: number,
): Promise<Response | undefined> {
  const { identity, generations, lookup } = ports
  try {
    const partition = await identity.last(asked.clientId)
    if (partition === undefined) return undefined
    const isTheirs = generations.watch(partition)
    const read = await contextOf(ports, asked, partition, isTheirs, uptimeMs())
    const rows = await ports.collections?.standIn(read, why)
    if (rows !== undefined) return rows
    const { plan: planned, row } = planRead(ports, read, await lookup.wait(read.key))
    const mayAnswer = isHit(planned) || (planned.kind === 'validate' && planned.standsIn)
    return mayAnswer && isTheirs() ? standIn(ports, { ...read, row }, why, status) : undefined
  } catch (error) {
    report('what is stored of the last user cannot be read', error)
    return undefined
  }
}

/** A response to a page whose session is still the same; else an error (I3). */
function ifStill(isSame: () => boolean, response: Response): Response {
  if (isSame()) return response
  discard(response)
  return Response.error()
}
