import { randomUUID } from 'node:crypto'
import { sign, verify } from 'hono/jwt'
import * as v from 'valibot'
import type { Queryable } from './database.ts'

const ISSUER = 'freshlayer-demo'
const LIFETIME_SECONDS = 60
/** A token sent just before its end may arrive just after it, and a laptop's clock may be off. */
const GRACE_SECONDS = 30

const CLAIMS = v.object({ sub: v.pipe(v.string(), v.transform(Number), v.integer()), sid: v.string(), exp: v.number() })

export interface AccessToken {
  readonly token: string
  /** ISO 8601. */
  readonly expiresAt: string
}

export interface TokenSubject {
  readonly userId: number
  readonly sessionId: string
}

/** A token for one user's session, good for a minute. No two are equal. RFC 7519 */
export async function issueToken(
  key: string,
  { userId, sessionId }: TokenSubject,
  nowMs: number = Date.now(),
): Promise<AccessToken> {
  const issued = Math.floor(nowMs / 1000)
  const expires = issued + LIFETIME_SECONDS
  const claims = { iss: ISSUER, sub: String(userId), sid: sessionId, jti: randomUUID(), iat: issued, exp: expires }
  return { token: await sign(claims, key, 'HS256'), expiresAt: new Date(expires * 1000).toISOString() }
}

/** Whom a token speaks for; undefined when it is not ours, was altered, or ended more than 30 s ago. */
export async function subjectOf(
  key: string,
  token: string,
  nowMs: number = Date.now(),
): Promise<TokenSubject | undefined> {
  try {
    // The library knows no grace, so the end is checked here.
    const claims = v.parse(CLAIMS, await verify(token, key, { alg: 'HS256', iss: ISSUER, exp: false }))
    if (claims.exp + GRACE_SECONDS < nowMs / 1000) return undefined
    return { userId: claims.sub, sessionId: claims.sid }
  } catch {
    // The library throws a class per defect; to the caller all of them mean "not signed in".
    return undefined
  }
}

/** The key that signs tokens. It is stored in the database, so that a restart does not sign users out. */
export async function tokenKey(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ value: string }>(`select value from secrets where name = 'token-key'`)
  const key = rows[0]?.value
  if (key === undefined) throw new Error('The database holds no key for access tokens.')
  return key
}
