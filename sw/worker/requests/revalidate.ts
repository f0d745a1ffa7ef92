import { type Matcher } from '../../../config/language/index.ts'
import type { Occasion } from '../../core/attention.ts'
import { isOfToken } from '../../core/key.ts'
import type { Plan } from '../../core/plan.ts'
import type { Row } from '../../core/row.ts'
import { standing } from '../../core/timeline.ts'
import type { Refreshed } from '../../protocol.ts'
import { now, timeout } from '../../fetch/clock.ts'
import type { Flights } from './flights.ts'
import type { Identity } from '../identity/identity.ts'
import { type Read, readOf } from './read.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { Statistics } from '../statistics.ts'
import type { Generations } from '../store/generations.ts'

interface Ports {
  readonly match: Matcher
  readonly flights: Flights
  readonly identity: Identity
  readonly secrets: Secrets
  readonly generations: Generations
  readonly statistics: Pick<Statistics, 'count'>
}

/** How long an answer's body, and the disk, may take. The rule's timeout is for its head. */
const BODY_LIMIT_MS = 30_000

/**
 * Asks the origin by itself whether a stored response holds: the one place that does so without a page's request. The
 * request is made of the head that is kept with the row, and of credentials that memory holds or a page gives; without
 * these nothing is sent. An origin that does not answer in the rule's timeout is 'unreachable'.
 *
 * @param why what `Cache-Status` and `explain` call the reason.
 * @param clientId the page that asks.
 */
export async function revalidate(
  { match, flights, identity, secrets, generations, statistics }: Ports,
  row: Row,
  why: Occasion,
  clientId: string,
): Promise<Refreshed['outcome']> {
  const { url, key, partition } = row
  const found = readOf(match, url)
  if (found === undefined) return 'absent'
  const isTheirs = generations.watch(partition)
  const authorization = (await identity.credentialsOf(partition, clientId)) ?? null
  const fields = new Map(row.request.fields)
  const sent = secrets.shown(fields)
  const ofToken = isOfToken(partition)
  // Without the token or the secret that it was asked by the origin would answer something else.
  if (sent === undefined || (ofToken && authorization === null) || !isTheirs()) return 'kept'
  if (authorization !== null) for (const each of [fields, sent]) each.set('authorization', authorization)
  const { method = 'GET', credentials, body } = row.request
  const { rule, tags } = found
  const read: Read = {
    request: { method, url, fields: sent, credentials },
    head: { method, url, fields, cache: 'no-cache', ofToken },
    rule,
    tags,
    partition,
    key,
    keyOf: () => key,
    body,
    authorization,
    isTheirs,
    clientId: undefined,
    waitUntil: () => undefined,
    row,
    cause: why,
  }
  const at = standing(row, rule, false, now())
  const plan: Plan = { kind: 'validate', row, standing: at, standsIn: true, forgiving: false, fwd: 'request', why }
  const other = flights.toJoin(read)
  // A read of a page may have been answered before the change that a user who refreshes wants to see.
  const isLate = why === 'refresh' && other?.read.cause !== why
  const isSame = !isLate && other?.read.row?.variant === row.variant
  const flight = isSame ? other : flights.launch(read, plan, false)
  if (!isSame) statistics.count(rule.name, { occasions: { [why]: 1 } })
  const whole = flight.whole()
  // The flight goes on without its asker. Tabs are told of a change that it brings later.
  const landed = await timeout(rule.timeoutMs, flight.landed, undefined)
  const kind = landed?.settlement.kind
  if (kind === undefined || kind === 'fail' || kind === 'stand-in') return 'unreachable'
  // What a 304 says needs no body, and no disk.
  if (kind === 'refresh') return 'unchanged'
  const stored = await timeout(BODY_LIMIT_MS, flight.stored, 'late' as const)
  // A body that breaks off or ends nowhere is no answer.
  if (stored === 'late' || !(await whole)) return 'unreachable'
  return stored?.outcome === 'first' ? 'changed' : (stored?.outcome ?? 'kept')
}
