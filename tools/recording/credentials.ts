import { createHash } from 'node:crypto'
import { isCredential, isSecret } from '../../sw/core/secret.ts'
import { short, withoutSecrets } from './secret-url.ts'

/** SHA-256 in base64url. */
export const digest = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')

/**
 * Fields with a digest in place of each credential: equal ones have equal digests. What is no secret stays readable: the
 * scheme of a token, the names and attributes of cookies.
 *
 * @param fields names in lower case; several lines of `set-cookie` are joined by a line feed.
 */
export const withoutCredentials = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, hidden(name, value)]))

function hidden(name: string, value: string): string {
  if (name === 'authorization' || name === 'proxy-authorization') return tokenDigest(value)
  if (name === 'cookie') return value.split(/;\s*/).map(cookieDigest).join('; ')
  if (name === 'set-cookie') {
    return value
      .split('\n')
      .map((line) => line.replace(/^[^;]*/, cookieDigest))
      .join('\n')
  }
  if (OF_URLS.has(name)) return withoutSecrets(value)
  return isSecret(name) || isCredential(name) ? short(value) : value
}

/** Fields whose value is a URL. */
const OF_URLS: ReadonlySet<string> = new Set(['location', 'content-location', 'referer'])

/** An empty value stays empty: with it a server deletes a cookie. */
function cookieDigest(pair: string): string {
  const at = pair.indexOf('=')
  const [name, value] = at < 0 ? ['', pair] : [pair.slice(0, at), pair.slice(at + 1)]
  return `${name}=${value === '' ? '' : short(value)}`
}

/** The scheme, and the digest of the rest. That of a JWT has the digest of its user before it. */
function tokenDigest(value: string): string {
  const [, scheme = '', rest = value] = /^(\S+) +(.+)$/.exec(value.trim()) ?? []
  const user = userOf(rest)
  return `${scheme} ${user === undefined ? '' : `${short(user)}.`}${short(rest)}`.trim()
}

/** Issuer and subject of a JWT, as the worker tells users apart; undefined where the text is none. */
function userOf(token: string): string | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined
    return JSON.stringify(['iss' in claims ? claims.iss : undefined, claims.sub])
  } catch {
    return undefined
  }
}

/** Parameters whose value says who asks, and not which page of a list is meant. */
const CREDENTIAL_PARAMETER =
  /^(?:(?:(?:access|auth|id|api|user|session)[_-]?)?(?:token|jwt|secret|api_?key)|sid|phpsessid|j?session(?:_?id)?)$/i

/** The query parameters of a URL that hold a credential. */
export function credentialsInUrl(url: string): readonly (readonly [name: string, value: string])[] {
  const mark = url.indexOf('?')
  if (mark < 0) return []
  return [...new URLSearchParams(url.slice(mark))].filter(
    ([name, value]) => CREDENTIAL_PARAMETER.test(name) && value !== '',
  )
}
