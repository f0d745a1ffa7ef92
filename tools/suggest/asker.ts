import { isSecret } from '../../sw/core/secret.ts'
import { credentialsInUrl } from '../recording/credentials.ts'
import type { Exchange } from '../recording/exchange.ts'
import type { Means } from './findings.ts'

/** Who has sent a request, as far as its credentials say. */
export interface Asker {
  readonly by: Means | 'none'
  /** The same for the same user, or session. Empty: no user. */
  readonly id: string
}

/** What of an exchange says who asks. */
type Asking = Pick<Exchange, 'requestHeaders' | 'url'>

const NOBODY: Asker = { by: 'none', id: '' }

/** Cookies that say nothing of the user's session: statistics, and what the page itself chooses. */
const NO_SESSION =
  /^(?:_ga|_gid|_gat|_gcl|_fbp|_fbc|_hj|_cl|_pk_|_uet|_dd_s|__hs|__cf|cf_|ajs_|amp_|amplitude|mp_|intercom|hubspot|optimizely|io$|i18n|lng)|(?:^|[-_.])(?:theme|lang|language|locale|consent|cookies?|currency|timezone|tz|sidebar|dark|csrf|xsrf|csrftoken)(?:$|[-_.])|csrf|xsrf/i

/** Cookies that surely do. */
const SESSION = /sess|(?:^|[-_.])(?:sid|ssid|auth|jwt|token|user|uid|login|remember|identity)|\.sid$|token$|logged/i

/** Names of the cookies that tell sessions apart: those that look like it, else all that do not look like something else. */
export function sessionCookies(exchanges: readonly Asking[]): string[] {
  const names = new Set<string>()
  for (const { requestHeaders } of exchanges) {
    const cookie = requestHeaders['cookie']
    if (cookie !== undefined) for (const [name] of cookiesOf(cookie)) names.add(name)
  }
  const candidates = [...names].filter((name) => name !== '' && !NO_SESSION.test(name))
  const sure = candidates.filter((name) => SESSION.test(name))
  return sure.length > 0 ? sure : candidates
}

/** Fields that are a secret's by their name, and do not tell users apart. */
const NO_CREDENTIAL = /csrf|xsrf|^sec-|^cookie$|^proxy-|session-?storage|recaptcha|signature|idempotency|cache-?key/

/** Names of the request fields, besides `Authorization` and `Cookie`, that hold a credential of the app's own. */
const credentialFields = (headers: Readonly<Record<string, string>>): string[] =>
  Object.keys(headers).filter((name) => isSecret(name) && !NO_CREDENTIAL.test(name))

/**
 * Tells who has sent a request: by its token, else by a field of the app's own, else by the cookies of its session.
 *
 * @param userOf the session of a request's cookies. Default: each of their values is one.
 */
export function askersBy(
  cookies: readonly string[],
  userOf: (cookie: string) => string | undefined = () => undefined,
): (exchange: Asking) => Asker {
  const known = new Map<string, Asker>()
  return ({ requestHeaders: headers, url }) => {
    const authorization = headers['authorization']
    if (authorization !== undefined) return { by: 'token', id: userOfToken(authorization) }
    const given = [
      ...credentialFields(headers).map((name) => [name, headers[name]] as const),
      ...credentialsInUrl(url).map(([name, value]) => [`?${name}`, value] as const),
    ]
    if (given.length > 0) return { by: 'field', id: given.map((pair) => pair.join('=')).join('\n') }
    const cookie = headers['cookie']
    if (cookie === undefined || cookies.length === 0) return NOBODY
    const session = known.get(cookie) ?? sessionOf(cookie, cookies)
    const found = session.by === 'none' ? session : { ...session, id: userOf(cookie) ?? session.id }
    known.set(cookie, found)
    return found
  }
}

/**
 * The fields by which an exchange names its user, and the parameters of its URL, with a `?` before each; empty where it
 * does so by other means.
 */
export const fieldsOfAsker = ({ requestHeaders, url }: Exchange): readonly string[] => [
  ...credentialFields(requestHeaders),
  ...credentialsInUrl(url).map(([name]) => `?${name}`),
]

/** The digest of a JWT begins with that of its user, so that a renewed token is of the same one. */
const userOfToken = (authorization: string): string => authorization.replace(/^(\S+ [\w-]+)\..*$/, '$1')

function sessionOf(cookie: string, names: readonly string[]): Asker {
  const pairs = cookiesOf(cookie).filter(([name, value]) => names.includes(name) && value !== '')
  return pairs.length === 0 ? NOBODY : { by: 'cookie', id: pairs.map((pair) => pair.join('=')).join('\n') }
}

const cookiesOf = (cookie: string): (readonly [name: string, value: string])[] =>
  cookie.split(/;\s*/).map((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? (['', pair] as const) : ([pair.slice(0, at), pair.slice(at + 1)] as const)
  })
