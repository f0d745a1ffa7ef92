import { createHash, randomBytes } from 'node:crypto'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { issueToken, subjectOf } from './access-token.ts'
import { bodyOf, requiredText } from './input.ts'
import { isPasswordOf } from './password.ts'
import { Problem } from './problem.ts'

interface User {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly role: string
  readonly initials: string
}

/** What every route behind `requireSession` finds in its context. */
export interface ShopEnv {
  Variables: { user: User }
}

type Mode = 'cookie' | 'bearer'

/** Signs in by itself in cookie mode. */
const SESSION_COOKIE = 'corner_session'
/** Only buys access tokens, in bearer mode; sent to `/api/session` alone. */
const REFRESH_COOKIE = 'corner_refresh'
const SESSION_DAYS = 30
const USER_COLUMNS = 'u.id, u.name, u.email, u.role, u.initials'

const CREDENTIALS = v.object({
  email: requiredText(200),
  password: v.pipe(v.string('Must be text.'), v.minLength(1, 'Must not be empty.'), v.maxLength(200)),
  mode: v.optional(v.picklist(['cookie', 'bearer'], 'Must be "cookie" or "bearer".'), 'cookie'),
})

/** Signing in, out, and staying signed in. Nothing of it may be stored by a cache. */
export function sessionRoutes(pool: Pool, key: string): Hono {
  const routes = new Hono()
  routes.use(async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
  })

  // Asked at every start of the app: that no user is signed in is an answer, and no error. A token that does not hold is
  // refused all the same, so that its holder refreshes it.
  routes.get('/', async (c) => {
    const found = await sessionOf(c, pool, key)
    if (found === undefined && c.req.header('authorization') !== undefined) throw unauthorized(SIGN_IN_FIRST)
    return c.json(found ?? null)
  })

  routes.post('/', async (c) => {
    const { email, password, mode } = await bodyOf(c, CREDENTIALS)
    const user = await userByPassword(pool, email, password)
    if (user === undefined) throw unauthorized('This email and password do not belong together.')
    await endSessions(c, pool)

    const secret = randomBytes(32).toString('base64url')
    const sessionId = digest(secret)
    await pool.query('delete from sessions where expires_at < now()')
    await pool.query(
      `insert into sessions (id, user_id, expires_at) values ($1, $2, now() + make_interval(days => $3))`,
      [sessionId, user.id, SESSION_DAYS],
    )
    if (mode === 'cookie') {
      keepCookie(c, SESSION_COOKIE, secret, '/')
      return c.json({ user, mode })
    }
    keepCookie(c, REFRESH_COOKIE, secret, '/api/session')
    return c.json({ user, mode, ...(await issueToken(key, { userId: user.id, sessionId })) })
  })

  routes.post('/refresh', async (c) => {
    const cookie = getCookie(c, REFRESH_COOKIE)
    const user =
      (await userByToken(c, pool, key)) ??
      (cookie === undefined ? undefined : await userBySession(pool, digest(cookie)))
    // All tabs share the cookie, but each tab has its own token, so another user may have signed in. The token is read
    // as of time 0, when it has not expired: only the user that it names counts here.
    const token = bearerToken(c)
    const named = token === undefined ? undefined : await subjectOf(key, token, 0)
    if (user === undefined || (named !== undefined && named.userId !== user.id)) {
      throw unauthorized('The session has ended. Sign in again.')
    }
    return c.json(await issueToken(key, { userId: user.id, sessionId: user.sessionId }))
  })

  routes.delete('/', async (c) => {
    const token = bearerToken(c)
    const subject = token === undefined ? undefined : await subjectOf(key, token)
    if (subject !== undefined) await pool.query('delete from sessions where id = $1', [subject.sessionId])
    await endSessions(c, pool)
    return c.body(null, 204)
  })

  return routes
}

/** Refuses every request without a signed-in user. */
export function requireSession(pool: Pool, key: string): MiddlewareHandler<ShopEnv> {
  return async (c, next) => {
    const found = await sessionOf(c, pool, key)
    if (found === undefined) throw unauthorized(SIGN_IN_FIRST)
    c.set('user', found.user)
    await next()
  }
}

/** Answers 204 where no user is signed in: to an event stream that means "not now", and no console shows an error. */
export function sessionOrNothing(pool: Pool, key: string): MiddlewareHandler<ShopEnv> {
  return async (c, next) => {
    const found = await sessionOf(c, pool, key)
    if (found === undefined) return c.body(null, 204)
    c.set('user', found.user)
    return next()
  }
}

async function sessionOf(c: Context, pool: Pool, key: string): Promise<{ user: User; mode: Mode } | undefined> {
  const cookie = getCookie(c, SESSION_COOKIE)
  // A request with a token counts only by that token: its cookie may belong to another user.
  const mode: Mode = c.req.header('authorization') === undefined ? 'cookie' : 'bearer'
  const found =
    mode === 'bearer'
      ? await userByToken(c, pool, key)
      : cookie === undefined
        ? undefined
        : await userBySession(pool, digest(cookie))
  if (found === undefined) return undefined
  const { sessionId: _kept, ...user } = found
  return { user, mode }
}

interface SessionUser extends User {
  readonly sessionId: string
}

async function userByToken(c: Context, pool: Pool, key: string): Promise<SessionUser | undefined> {
  const token = bearerToken(c)
  const subject = token === undefined ? undefined : await subjectOf(key, token)
  return subject === undefined ? undefined : userBySession(pool, subject.sessionId)
}

async function userBySession(pool: Pool, sessionId: string): Promise<SessionUser | undefined> {
  const { rows } = await pool.query<SessionUser>(
    `select ${USER_COLUMNS}, s.id as "sessionId" from sessions s join users u on u.id = s.user_id
     where s.id = $1 and s.expires_at > now()`,
    [sessionId],
  )
  return rows[0]
}

async function userByPassword(pool: Pool, email: string, password: string): Promise<User | undefined> {
  const { rows } = await pool.query<User & { hash: string }>(
    `select ${USER_COLUMNS}, u.password_hash as hash from users u where u.email = lower($1)`,
    [email],
  )
  const [found] = rows
  if (found === undefined || !(await isPasswordOf(found.hash, password))) return undefined
  const { hash: _kept, ...user } = found
  return user
}

async function endSessions(c: Context, pool: Pool): Promise<void> {
  const held = [getCookie(c, SESSION_COOKIE), getCookie(c, REFRESH_COOKIE)].filter((each) => each !== undefined)
  if (held.length > 0) await pool.query('delete from sessions where id = any($1)', [held.map(digest)])
  deleteCookie(c, SESSION_COOKIE, { path: '/' })
  deleteCookie(c, REFRESH_COOKIE, { path: '/api/session' })
}

function keepCookie(c: Context, name: string, secret: string, path: string): void {
  const secure = new URL(c.req.url).protocol === 'https:'
  setCookie(c, name, secret, { path, httpOnly: true, sameSite: 'Lax', secure, maxAge: SESSION_DAYS * 86_400 })
}

function bearerToken(c: Context): string | undefined {
  return /^Bearer +([^ ]+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
}

const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

const SIGN_IN_FIRST = 'Sign in first.'

const unauthorized = (detail: string): Problem =>
  new Problem(401, detail, { headers: { 'WWW-Authenticate': 'Bearer realm="Corner Supply Co."' } })
