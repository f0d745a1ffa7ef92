import type { Rule } from '../../../config/language/index.ts'
import { withTags } from '../../core/invalidation.ts'
import { type Plan, plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { selected } from '../../core/select.ts'
import { now } from '../../fetch/clock.ts'
import type { Identity } from '../identity/identity.ts'
import { bodyOf } from '../store/bodies.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Writer } from '../store/writer.ts'
import type { Flights } from './flights.ts'
import type { PageLoads } from './page-loads.ts'
import type { Ranges } from './ranges.ts'
import type { ReadContext } from './read.ts'

/** What a read is planned by. */
export interface PlanPorts {
  readonly flights: Flights
  readonly identity: Identity
  readonly loads: PageLoads
  readonly log: InvalidationLog
  readonly ranges: Ranges | undefined
  readonly writer: Pick<Writer, 'lostAtMs'>
}

/** What to do about a read as things stand, and the row that is stored for it. */
export interface Planned {
  readonly plan: Plan
  readonly row: Row | undefined
}

/** A plan that answers from store, without waiting for the origin. */
export type Hit = Plan & { readonly kind: 'serve' | 'serve-then-validate' }

/** A plan that asks the origin and waits for it. */
export type Forwarding = Plan & { readonly kind: 'validate' | 'fetch' }

export const isHit = ({ kind }: Plan): boolean => kind === 'serve' || kind === 'serve-then-validate'

export const isForwarding = (planned: Plan): planned is Forwarding =>
  planned.kind === 'validate' || planned.kind === 'fetch'

/** What to do about a read as things stand: gathers what the core has to know, and decides nothing itself. */
export function planRead(
  { flights, identity, loads, log, ranges, writer }: PlanPorts,
  { head, rule, partition, clientId, key, tags }: ReadContext,
  rows: readonly Row[],
): Planned {
  const covers = (stored: Row): boolean => ranges?.covers(stored, head) ?? !isPart(stored)
  const chosen = selected(rows, head)
  // A row whose body cannot be read is a miss.
  const row = chosen && bodyOf(chosen) === undefined ? undefined : chosen
  const invalidated = row !== undefined && log.isInvalidated(withTags(row, tags))
  const others = row === undefined ? rows.filter((other) => other !== chosen) : []
  // A 304 that names one lets it answer: a row that lacks some of the bytes could not.
  const variants = others.filter(covers)
  const partial = row !== undefined && !covers(row)
  // What the origin has refused its user is served again when it has answered them with success.
  const doubted = identity.isDoubted(partition)
  // A page has got a newer answer already, or the user has reloaded it.
  const reloaded = flights.isAhead(key) || (rule.onReload !== 'rule' && loads.isFirst(clientId, key))
  const lostAtMs = lossOf(writer, rule)
  const input = { request: head, rule, row, variants, partial, invalidated, doubted, reloaded, lostAtMs, now: now() }
  return { plan: plan(input), row }
}

/** When the connection was lost, as far as a rule minds. */
export const lossOf = ({ lostAtMs }: PlanPorts['writer'], { onReconnect }: Rule): number =>
  onReconnect === false ? -Infinity : lostAtMs
