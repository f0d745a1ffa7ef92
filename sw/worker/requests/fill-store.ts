import { EVERYONE } from '../../core/key.ts'
import { timeout, uptimeMs } from '../../fetch/clock.ts'
import type { Generations } from '../store/generations.ts'
import { fieldsOf } from '../../fetch/describe.ts'
import { type PlanPorts, planRead } from './plan-read.ts'
import { type Asked, type ContextPorts, contextOf } from './read-context.ts'
import type { Sender } from './send.ts'

interface Ports extends ContextPorts, PlanPorts {
  readonly generations: Generations
  readonly sender: Sender
}

/**
 * Asks the origin for what a page has read past the worker, and stores the answer: only where nothing is stored, and where
 * it is known whose it is. Settles when it is stored.
 *
 * @returns the answer's status, 0 where none came in the rule's timeout; undefined: nothing was asked.
 */
export async function fillStore(ports: Ports, asked: Asked): Promise<number | undefined> {
  const { flights, generations, identity, lookup, sender } = ports
  const {
    request,
    match: { rule },
    clientId,
  } = asked
  await identity.ready
  const partition = rule.public ? EVERYONE : await identity.knownOf(request, clientId)
  if (partition === undefined || identity.isDoubted(partition)) return undefined
  const isTheirs = generations.watch(partition)
  const read = await contextOf(ports, asked, partition, isTheirs, uptimeMs())
  const { plan: planned } = planRead(ports, read, await lookup.wait(read.key))
  const isMissing = planned.kind === 'fetch' && planned.store && !flights.isAsking(read.key)
  if (!isMissing || !sender.mayAskBehind(request.url) || !isTheirs()) return undefined
  const { url, credentials } = request
  const sent = { url, credentials, fields: fieldsOf(request.headers) }
  // What the page has read may be older by now, so it is told as any other.
  const alone = { ...read, request: sent, clientId: undefined, row: undefined, isFilling: true } as const
  const flight = flights.launch(alone, planned, false)
  const landed = await timeout(rule.timeoutMs, flight.landed, undefined)
  if (landed !== undefined) await timeout(rule.timeoutMs, flight.stored, undefined)
  return landed?.response?.status ?? 0
}
