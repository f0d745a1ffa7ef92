import { digest } from '../recording/credentials.ts'
import { withoutSecrets } from '../recording/secret-url.ts'
import { askersBy, sessionCookies } from './asker.ts'
import { mayBeginSession } from './sessions.ts'

/** So many renewed sessions are known again. */
const MAX_RENEWED = 10_000

/** So many renewals, and this part of all plain reads, show that a server renews the cookie with each answer. */
const MIN_RENEWALS = 3
const MOST = 0.9

/** A request, and what its answer says of cookies. */
interface Exchanged {
  readonly method: string | undefined
  /** With its query. */
  readonly path: string | undefined
  readonly cookie: string | undefined
  readonly status: number | undefined
  /** Each `Set-Cookie`. */
  readonly set: readonly string[]
  /** Whether the app's scripts or a page load asked: servers renew no cookie with a file. */
  readonly isOfData: boolean
}

/**
 * Names the user of a request by a digest of the cookies that tell sessions apart.
 *
 * ```
 *   request: sid=a ──► answer: Set-Cookie: sid=b ──► a read that begins no session: b has the name of a
 *                                               └──► anything else: b is another user
 * ```
 *
 * Some servers renew the cookie of the session with each answer. Where nine of ten plain reads were answered so, a cookie
 * that a plain read replaces is that of the same session. A write, a redirect, an error, a secret in the URL and a path of a
 * sign-in or sign-out may begin another one, and so may a cookie that is replaced once in a while.
 */
export class SessionUsers {
  /** Names of sessions whose cookie took the place of another, by the digest of the new one. */
  readonly #renewed = new Map<string, string>()
  /** Plain reads of a session, and those whose answer set its cookie: to another value, or to the same within a second. */
  #reads = 0
  #renewals = 0
  /** Names of the cookies that tell sessions apart. Undefined: those of each request that look like it. */
  readonly #cookies: readonly string[] | undefined

  constructor(cookies?: readonly string[]) {
    this.#cookies = cookies
  }

  /** Whether the server renews the cookie with each answer, as far as it has been seen. */
  get isRolling(): boolean {
    return this.#renewals >= MIN_RENEWALS && this.#renewals >= this.#reads * MOST
  }

  /** One that knows from the first request on what this one has learnt of the server, and no session. */
  anew(): SessionUsers {
    const users = new SessionUsers(this.#cookies)
    users.#reads = this.#reads
    users.#renewals = this.#renewals
    return users
  }

  /** The user of a request without an answer; undefined: it has no session. */
  userOf(cookie: string | undefined): string | undefined {
    const session = this.#sessionOf(pairsOf(cookie))
    return session && (this.#renewed.get(session) ?? session)
  }

  /** The user of an answer: a sign-in makes it the new user's. Undefined: there is no session after it. */
  userOfAnswer(exchanged: Exchanged): string | undefined {
    const { cookie, set } = exchanged
    const before = this.userOf(cookie)
    const pairs = pairsOf(cookie)
    let isDeleted = false
    for (const field of set) {
      const [name, value] = pairOf(field.split(';')[0] ?? '')
      // A server deletes a cookie by a date that is past, and mostly without a value.
      if (value === '' || /;\s*max-age\s*=\s*(?:0|-)|;\s*expires\s*=[^;]*\b(?:1970|1969)\b/i.test(field)) {
        isDeleted ||= pairs.delete(name)
      } else pairs.set(name, value)
    }
    const after = this.#sessionOf(pairs)
    if (after === undefined) return undefined
    const known = this.#renewed.get(after)
    const sent = pairsOf(cookie)
    const isPlain =
      before !== undefined && !isDeleted && isPlainRead(exchanged) && this.#namesOf(pairs) === this.#namesOf(sent)
    const names = this.#namesOf(sent).split('\n')
    const isSet = set.some((field) => names.includes(pairOf(field.split(';')[0] ?? '')[0]))
    const isReplaced = after !== this.#sessionOf(sent)
    const { isRolling } = this
    if (isPlain && exchanged.isOfData) {
      this.#reads++
      if (isSet) this.#renewals++
    }
    if (known !== undefined || !isReplaced) return known ?? after
    if (!isPlain || !isRolling) return after
    if (this.#renewed.size >= MAX_RENEWED) this.#renewed.clear()
    this.#renewed.set(after, before)
    return before
  }

  /** The digest of the session's cookies; undefined: there are none. */
  #sessionOf(pairs: ReadonlyMap<string, string>): string | undefined {
    const { id } = this.#askerOf(pairs)
    return id === '' ? undefined : digest(id).slice(0, 22)
  }

  /** The names of the session's cookies: another name is another session. */
  #namesOf(pairs: ReadonlyMap<string, string>): string {
    const lines = this.#askerOf(pairs).id.split('\n')
    return lines.map((pair) => pair.split('=', 1)[0]).join('\n')
  }

  #askerOf(pairs: ReadonlyMap<string, string>): ReturnType<ReturnType<typeof askersBy>> {
    const cookie = [...pairs].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = { url: 'http://app.invalid/', requestHeaders: { cookie } }
    return askersBy(this.#cookies ?? sessionCookies([request]))(request)
  }
}

/** Whether a request surely begins and ends no session. */
function isPlainRead({ method = 'GET', path = '/', status = 0 }: Exchanged): boolean {
  if (!/^(?:GET|HEAD)$/.test(method) || !(status === 304 || (status >= 200 && status < 300))) return false
  const url = `http://app.invalid${path.startsWith('/') ? path : '/'}`
  return withoutSecrets(url) === url && !mayBeginSession(new URL(url).pathname)
}

const pairsOf = (cookie = ''): Map<string, string> => new Map(cookie.split(/;\s*/).map(pairOf))

const pairOf = (text: string): [string, string] => {
  const at = text.indexOf('=')
  return at < 0 ? ['', text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
