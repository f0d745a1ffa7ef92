import { parseDuration } from '../../config/language/duration.ts'
import type { Duration, Window } from '../../config/language/index.ts'
import type { CredentialFindings, RouteFindings } from './findings.ts'
import { spelled } from './spelled.ts'

/** The windows of a proposed route, and why they are these. */
export interface ProposedWindows {
  readonly fresh: Window
  readonly stale: Duration
  /** Undefined: as in `defaults`. */
  readonly offline?: Duration | undefined
  readonly why: string
}

/** The values that `fresh` may have, in rising order. Below ten seconds a window saves hardly a request. */
const LADDER: readonly Duration[] = ['10s', '30s', '1m', '2m', '5m', '10m', '15m', '30m', '1h', '2h', '6h', '12h', '1d']

/** The longest value of the ladder that is not longer than so many seconds. */
function atMost(limitS: number): Duration {
  const found = LADDER.findLast((duration) => secondsIn(duration) <= limitS)
  return found ?? 0
}

const secondsIn = (duration: Duration): number => {
  const parsed = parseDuration(duration)
  return parsed === 'invalid' ? Infinity : parsed
}

/** Of a session whose cookie says no lifetime the server has one all the same. Unit: seconds. */
const UNSAID_S = 20 * 60

/**
 * The windows for what was seen. `fresh` is never longer than an answer was seen unchanged, nor than half the time within
 * which one changed, unless the answers state a lifetime of their own.
 *
 * What is answered from store renews no cookie of a session. Where this answer renews it and others do not, the server is asked
 * first. Where each answer renews it, `fresh` is at most a quarter of the time for which it is set.
 */
export function windowsFor(
  route: RouteFindings,
  { cookies, renewal }: Pick<CredentialFindings, 'cookies' | 'renewal'>,
): ProposedWindows {
  const renewed = route.setsCookies.filter((name) => cookies.includes(name)).join(', ')
  if (renewed === '') return seenWindows(route)
  if (renewal === undefined)
    return {
      fresh: 0,
      stale: 0,
      why: `Its answers renew the cookie of the session (${renewed}), so the server is asked first.`,
    }
  const windows = seenWindows(route)
  const { lifetimeS = UNSAID_S } = renewal
  const isLonger = (windows.fresh === 'http' ? (route.lifetimeS ?? 0) : secondsIn(windows.fresh)) > lifetimeS / 4
  const said = `Each answer of the server renews the cookie of the session (${renewed}), and one from store does not`
  return isLonger
    ? {
        ...windows,
        fresh: atMost(lifetimeS / 4),
        why: `${windows.why} ${said}: so fresh is at most a quarter of ${spelled(lifetimeS)}${renewal.lifetimeS === undefined ? ', for no answer says how long it lasts' : ''}.`,
      }
    : { ...windows, why: `${windows.why} ${said}: the session has to outlast fresh.` }
}

function seenWindows({ repeats, lifetimeS }: RouteFindings): ProposedWindows {
  const { count, same, changed, unchangedS, changedWithinS } = repeats
  if (changed > 0 && changed >= same)
    return {
      fresh: 0,
      stale: 0,
      why: `Changed in ${changed} of ${count} repeated reads, once within ${spelled(changedWithinS ?? 0)}: the network answers, the stored copy only without it.`,
    }
  const isContradicted = lifetimeS !== undefined && changedWithinS !== undefined && changedWithinS < lifetimeS
  if (lifetimeS !== undefined && lifetimeS > 0 && !isContradicted)
    return { fresh: 'http', stale: '1d', why: `The server says how long it is fresh: at least ${spelled(lifetimeS)}.` }
  const fresh = atMost(Math.min(unchangedS, (changedWithinS ?? Infinity) / 2))
  const contradicted = isContradicted
    ? ` The server says ${spelled(lifetimeS)}, and that is longer than it stays the same.`
    : ''
  if (changed > 0)
    return {
      fresh,
      stale: '10m',
      why: `Changed in ${changed} of ${count} repeated reads, once within ${spelled(changedWithinS ?? 0)}.${contradicted}`,
    }
  if (count === 0)
    return {
      fresh,
      stale: '1d',
      why: 'Read once, so nothing is known of its changes: shown at once, and validated each time.',
    }
  if (same === 0)
    return {
      fresh,
      stale: '1d',
      why: 'Each other answer followed a write of the app: shown at once, and validated each time.',
    }
  return {
    fresh,
    stale: '1d',
    why: `Seen unchanged for ${spelled(unchangedS)} (${same} repeated ${same === 1 ? 'read' : 'reads'})${
      fresh === 0 ? ', which is too short for a window' : ''
    }.`,
  }
}
