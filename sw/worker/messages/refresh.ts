import { normaliseUrl } from '../../../config/language/index.ts'
import type { Refreshed } from '../../protocol.ts'
import { readOf } from '../requests/read.ts'
import { revalidate } from '../requests/revalidate.ts'
import type { Collections } from '../collections/collections.ts'
import type { Answerer } from './answering.ts'
import { type Looking, rowsFor } from './rows-for.ts'

type Ports = Looking &
  Parameters<typeof revalidate>[0] & {
    /** Absent: the rules have none. */
    readonly collections?: Pick<Collections, 'shown'> | undefined
  }

/** A page has the origin asked anew about a stored URL. */
export const refresh: Answerer<'refresh', Ports> = async (ports, { url }, clientId) => {
  const match = readOf(ports.match, url)
  if (match === undefined) return { outcome: 'absent' }
  const kept = await (await ports.collections?.shown(url, clientId))?.sync('refresh')
  if (kept !== undefined) return { outcome: kept }
  const { urlOf, generations } = ports
  // A user may sign in or out while the disk is read.
  const areSame = generations.watchAll()
  const rows = await rowsFor(ports, urlOf(normaliseUrl(match.href, match.rule)), clientId)
  if (!areSame()) return { outcome: 'kept' }
  const watches = rows.map(({ partition }) => generations.watch(partition))
  const outcomes: Refreshed['outcome'][] = []
  for (const [at, row] of rows.entries()) {
    if (watches[at]?.() !== true) break
    const outcome = await revalidate(ports, row, 'refresh', clientId)
    outcomes.push(outcome)
    // Each further row would wait as long.
    if (outcome === 'unreachable') break
  }
  // Of several variants the latest is what a page most likely shows.
  return { outcome: outcomes[0] ?? 'absent' }
}
