import type { Rules } from '../../../config/language/index.ts'
import type { Identity } from '../identity/identity.ts'
import type { Reachability } from '../requests/reachability.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { missed } from '../store/change-log.ts'
import type { Writer } from '../store/writer.ts'
import type { Answerer } from './answering.ts'

interface Ports {
  readonly writer: Writer
  readonly identity: Pick<Identity, 'partitionsOf'>
  readonly reachability: Pick<Reachability, 'state'>
  readonly routes: Rules['routes']
  /** Undefined: the rules queue nothing. */
  readonly outbox: Pick<Outbox, 'knownOf'> | undefined
}

/** A tab that has just opened may have read before it could listen: so much before its opening is told as well. */
const OPENING_SLACK_MS = 1000

/** What a tab has missed of the change log, and whose changes concern it. */
export const hello: Answerer<'hello', Ports> = async (ports, { since }, clientId) => {
  const { writer, identity, reachability, routes, outbox } = ports
  const partitions = await identity.partitionsOf(clientId)
  const from = 'openedAtMs' in since ? { sinceMs: since.openedAtMs - OPENING_SLACK_MS } : since
  const { logId, position, missed: all } = await missed(writer, from, partitions)
  const theirs = all === 'reset' ? all : all.filter(({ informed }) => !informed.includes(clientId))
  const polled = routes.filter(({ pollMs }) => pollMs !== undefined)
  const polls = polled.some(({ pollHidden }) => pollHidden) ? 'all' : polled.length > 0 ? 'visible' : 'none'
  const queued = outbox && { outbox: outbox.knownOf(partitions) }
  return { clientId, logId, position, missed: theirs, partitions, polls, ...queued, ...reachability.state }
}
