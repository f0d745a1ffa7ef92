import { type Matcher } from '../../../config/language/index.ts'
import { isOfToken } from '../../core/key.ts'
import type { Plan } from '../../core/plan.ts'
import type { Row } from '../../core/row.ts'
import { standing } from '../../core/timeline.ts'
import type { Refreshed } from '../../protocol.ts'
import { now } from '../clock.ts'
import type { Flights } from './flights.ts'
import type { Identity } from '../identity/identity.ts'
import { readOf } from './read.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { Generations } from '../store/generations.ts'

interface Ports {
  readonly match: Matcher
  readonly flights: Flights
  readonly identity: Identity
  readonly secrets: Secrets
  readonly generations: Generations
}

/**
 * Asks the origin by itself whether a stored response holds: the one place that does so without a page's request. The
 * request is made of the head that is kept with the row, and of credentials that memory holds; without these nothing is
 * sent.
 *
 * @param why what `Cache-Status` and `explain` call the reason.
 */
export async function revalidate(
  { match, flights, identity, secrets, generations }: Ports,
  row: Row,
  why: 'refresh',
): Promise<Refreshed['outcome']> {
  const { url, key, partition } = row
  const found = readOf(match, url)
  if (found === undefined) return 'absent'
  const isTheirs = generations.watch(partition)
  const authorization = identity.credentialsOf(partition) ?? null
  const fields = new Map(row.request.fields)
  const sent = secrets.shown(fields)
  const ofToken = isOfToken(partition)
  // Without the token or the secret that it was asked by the origin would answer something else.
  if (sent === undefined || (ofToken && authorization === null)) return 'kept'
  if (authorization !== null) for (const each of [fields, sent]) each.set('authorization', authorization)
  const { method = 'GET', credentials, body } = row.request
  const { rule, tags } = found
  const flight = flights.launch(
    {
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
    },
    {
      kind: 'validate',
      row,
      standing: standing(row, rule, false, now()),
      standsIn: true,
      forgiving: false,
      fwd: 'request',
      why,
    } satisfies Plan,
    false,
  )
  const { settlement } = await flight.landed
  const stored = await flight.stored
  if (settlement.kind === 'fail' || settlement.kind === 'stand-in') return 'unreachable'
  return stored?.outcome === 'first' ? 'changed' : (stored?.outcome ?? 'kept')
}
