import { type Seconds, seconds } from '../../sw/core/units.ts'
import type { Exchange } from '../recording/exchange.ts'
import { cookiesSet } from './sessions.ts'
import { SessionUsers } from './session-users.ts'

/** Sessions of a recording whose server renews their cookie with each answer. */
export interface RenewedSessions {
  /** The session of a cookie, whichever of its values that is; undefined: it has none. */
  readonly userOf: (cookie: string) => string | undefined
  /** The shortest time for which the cookie was set; undefined: no answer says one. */
  readonly lifetimeS: Seconds | undefined
}

/**
 * Undefined: the server does not renew the cookie with each answer, so that each of its values is a session.
 *
 * @param exchanges in the order of time.
 * @param cookies the names of session cookies.
 */
export function renewedSessions(
  exchanges: readonly Exchange[],
  cookies: readonly string[],
): RenewedSessions | undefined {
  const learn = (users: SessionUsers): SessionUsers => {
    for (const exchange of exchanges) {
      const { method, url, status, requestHeaders, responseHeaders, initiator, isFromCache } = exchange
      if (isFromCache === true) continue
      const { pathname, search } = new URL(url)
      const set = linesOf(responseHeaders['set-cookie'])
      const isOfData = initiator === 'fetch'
      users.userOfAnswer({ method, path: pathname + search, cookie: requestHeaders['cookie'], status, set, isOfData })
    }
    return users
  }
  const learnt = learn(new SessionUsers(cookies))
  if (!learnt.isRolling) return undefined
  // The first renewals were taken for other sessions.
  const users = learn(learnt.anew())
  const lifetimes = exchanges.flatMap((exchange) => lifetimesOf(exchange, cookies))
  return {
    userOf: (cookie) => users.userOf(cookie),
    lifetimeS: lifetimes.length === 0 ? undefined : seconds(lifetimes.reduce((one, other) => Math.min(one, other))),
  }
}

const linesOf = (field: string | undefined): string[] => (field === undefined ? [] : field.split('\n'))

/** Of the session's cookies that an answer sets. Unit: seconds. */
function lifetimesOf({ startedAt, responseHeaders }: Exchange, cookies: readonly string[]): number[] {
  return linesOf(responseHeaders['set-cookie']).flatMap((line) => {
    const [found] = cookiesSet(line)
    if (found === undefined || found.isDeleted || !cookies.includes(found.name)) return []
    const [, maxAge] = /;\s*max-age\s*=\s*(\d+)/i.exec(line) ?? []
    if (maxAge !== undefined) return [Number(maxAge)]
    const [, expires = ''] = /;\s*expires\s*=([^;]*)/i.exec(line) ?? []
    const lifetimeMs = Date.parse(expires) - startedAt
    return lifetimeMs > 0 ? [lifetimeMs / 1000] : []
  })
}
