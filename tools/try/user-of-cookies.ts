import { digest } from '../recording/credentials.ts'
import { askersBy, sessionCookies } from '../suggest/asker.ts'

/** The field by which the proxy names the user of an answer, as a backend does whose rules identify by `'echo'`. */
export const USER_FIELD = 'freshlayer-try-user'

/**
 * Names the user of a request by a digest of the cookies that tell sessions apart; undefined: it has none.
 *
 * @param cookie the request's `Cookie`.
 * @param set the answer's `Set-Cookie`: a sign-in makes the answer the new user's. Default: none.
 */
export function userOfCookies(cookie = '', set: readonly string[] = []): string | undefined {
  const pairs = new Map(cookie.split(/;\s*/).map(pairOf))
  for (const field of set) {
    const [name, value] = pairOf(field.split(';')[0] ?? '')
    // A server deletes a cookie by a date that is past, and mostly without a value.
    if (/;\s*max-age\s*=\s*(?:0|-)|;\s*expires\s*=[^;]*\b(?:1970|1969)\b/i.test(field)) pairs.delete(name)
    else pairs.set(name, value)
  }
  const all = [...pairs].map(([name, value]) => `${name}=${value}`).join('; ')
  const request = { url: 'http://app.invalid/', requestHeaders: { cookie: all } }
  const { id } = askersBy(sessionCookies([request]))(request)
  return id === '' ? undefined : digest(id).slice(0, 22)
}

const pairOf = (text: string): [string, string] => {
  const at = text.indexOf('=')
  return at < 0 ? ['', text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
