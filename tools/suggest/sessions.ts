import type { Exchange } from '../recording/exchange.ts'
import type { SessionFindings } from './findings.ts'
import { counted, grouped } from './grouped.ts'

const SIGN_OUT = /(?:log|sign)[-_]?(?:out|off)(?:[-_/.]|$)|\/end-?session|\/revoke/i
const SIGN_IN =
  /(?:log|sign)[-_]?(?:in|on|up)(?:[-_/.]|$)|\/(?:authenticate|authorize|authorization|impersonate|register)(?:\/|$)|\/_?(?:sessions?|auth)\/?$|\/switch[-_](?:user|account|tenant|org\w*)/i
/** Renewals, and what hands out tokens against forged requests. */
const TOKEN =
  /refresh[-_]?(?:token|session)?(?:\/|$)|\/renew(?:\/|$)|\/(?:oauth2?|oidc|openid|sso|saml|\.well-known)(?:\/|$)|\/tokens?\/?$|csrf|xsrf|antiforgery/i
/** Reads that say whether a user is signed in. */
const SESSION_READ =
  /\/(?:sessions?|whoami|is-?(?:logged|signed)-?in|auth\/(?:status|check|callback|providers))(?:\/|$)/i

/** A token in an answer, under one of its usual names. */
const GIVES_TOKEN = /"(?:(?:access|id|refresh|auth|session)_?token|jwt|csrf_?token)"\s*:\s*"[^"]{8}/i
/** In an answer to a write a plain `token` means the same. */
const GIVES_ANY_TOKEN = /"token"\s*:\s*"[^"]{8}|"(?:(?:access|id|refresh|auth|session)_?token|jwt)"\s*:\s*"[^"]{8}/i

/** A password, in a form or in JSON. A user who changes theirs has to be confirmed anew, too. */
const HAS_PASSWORD = /(?:^|[&"])(?:\w*_)?passw(?:or)?d"?\s*[=:]/i

/** What a request does to the session of its user; undefined: nothing. */
export interface SessionEvent {
  readonly kind: SessionFindings['kind']
  readonly why: string
}

/** @param cookies the names of session cookies. */
export function sessionEventOf(exchange: Exchange, cookies: readonly string[]): SessionEvent | undefined {
  const { pathname } = new URL(exchange.url)
  return /^(?:GET|HEAD)$/.test(exchange.method) ? ofRead(exchange, pathname) : ofWrite(exchange, pathname, cookies)
}

/** Whether a read of this path may begin or end a session, as far as its path says. Asking who is signed in does neither. */
export const mayBeginSession = (pathname: string): boolean =>
  !ASKS_WHO.test(pathname) && [SIGN_OUT, SIGN_IN, TOKEN, SESSION_READ, OTHER_USER].some((form) => form.test(pathname))

const ASKS_WHO = /\/(?:_?session|whoami|is-?(?:logged|signed)-?in|auth\/(?:status|check))\/?$/i

/** Paths by which one user acts as another. */
const OTHER_USER = /impersonat|masquerade|\/(?:become|switch|act[-_]as|sudo)(?:[-_/]|$)/i

function ofRead({ body }: Exchange, pathname: string): SessionEvent | undefined {
  if (SIGN_OUT.test(pathname)) return { kind: 'sign-out', why: 'by its path' }
  if (TOKEN.test(pathname) || SIGN_IN.test(pathname)) return { kind: 'token', why: 'by its path' }
  if (SESSION_READ.test(pathname)) return { kind: 'token', why: 'it says who is signed in: the server alone knows' }
  if (GIVES_TOKEN.test(body?.text ?? '')) return { kind: 'token', why: 'its answer holds a token' }
  return undefined
}

function ofWrite(exchange: Exchange, pathname: string, cookies: readonly string[]): SessionEvent | undefined {
  const { method, body, requestBody, responseHeaders, status } = exchange
  const set = cookiesSet(responseHeaders['set-cookie'])
  const ends = set.some(({ name, isDeleted }) => isDeleted && cookies.includes(name))
  if (SIGN_OUT.test(pathname)) return { kind: 'sign-out', why: 'by its path' }
  if (method === 'DELETE' && /\/_?(?:sessions?|tokens?)(?:\/|$)/i.test(pathname))
    return { kind: 'sign-out', why: 'it deletes a session' }
  if (TOKEN.test(pathname)) return { kind: 'token', why: 'by its path' }
  if (method !== 'DELETE' && SIGN_IN.test(pathname)) return { kind: 'sign-in', why: 'by its path' }
  if (status >= 400) return undefined
  if (HAS_PASSWORD.test(requestBody?.text ?? '')) return { kind: 'sign-in', why: 'it sends a password' }
  if (GIVES_ANY_TOKEN.test(body?.text ?? '')) return { kind: 'sign-in', why: 'its answer holds a token' }
  if (ends) return { kind: 'sign-out', why: 'its answer deletes the cookie of the session' }
  return undefined
}

/** The cookies that an answer sets, by the lines of its `Set-Cookie`. */
export const cookiesSet = (field: string | undefined): { readonly name: string; readonly isDeleted: boolean }[] =>
  (field ?? '')
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line) => {
      const [, name = '', value = ''] = /^\s*([^=]*)=([^;]*)/.exec(line) ?? []
      return { name, isDeleted: value === '' || /max-age=(?:0|-)|expires=[^;]*1970/i.test(line) }
    })

/** The patterns that sign in or out, or hand out tokens. */
export const sessionFindings = (
  events: readonly { readonly match: string; readonly event: SessionEvent }[],
): SessionFindings[] =>
  [...grouped(events, ({ match }) => match)].map(([match, group]) => {
    const [kind = 'token'] = Object.keys(counted(group, ({ event }) => event.kind))
    const first = group.find(({ event }) => event.kind === kind)
    return {
      match,
      kind: kind === 'sign-in' || kind === 'sign-out' ? kind : 'token',
      requests: group.length,
      why: first?.event.why ?? '',
    }
  })
