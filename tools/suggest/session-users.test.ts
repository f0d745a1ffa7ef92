import { describe, expect, it } from 'vitest'
import { SessionUsers } from './session-users.ts'

const userOf = (cookie?: string): string | undefined => new SessionUsers().userOf(cookie)
const ADA = userOf('sid=ada')

/** A server that has renewed the cookie with each answer so far. */
function rolling(): SessionUsers {
  const users = new SessionUsers()
  for (let count = 0; count < 3; count++) read(users, `sid=before-${count}`, `sid=before-${count + 1}`)
  return users
}

/** The user of a plain read that has one cookie and gets another. */
const read = (users: SessionUsers, cookie: string, ...set: readonly string[]): string | undefined =>
  users.userOfAnswer({ method: 'GET', path: '/api/a?page=2', status: 200, cookie, set, isOfData: true })

/** The users after one request for which the answer replaces `sid=ada` by another cookie. */
function replaced(
  path: string,
  { method = 'GET', status = 200, cookie = 'sid=ada', set = ['sid=renewed; Path=/'] } = {},
): { readonly named: string | undefined; readonly next: string | undefined } {
  const users = rolling()
  const named = users.userOfAnswer({ method, path, status, cookie, set, isOfData: true })
  return { named, next: users.userOf('sid=renewed') }
}

describe('the user of a request', () => {
  it('is the same for the same session, whatever else the page has chosen', () => {
    expect(ADA).toMatch(/^[\w-]{22}$/)
    expect(userOf('theme=dark; sid=ada; _ga=1; csrftoken=x')).toBe(ADA)
    expect(userOf('sid=grace')).not.toBe(ADA)
  })

  it('is none without a session', () => {
    for (const cookie of [undefined, '', 'theme=dark', 'sid=']) expect(userOf(cookie)).toBeUndefined()
  })
})

describe('the user of an answer', () => {
  it('is that of the session which it begins, and none where it ends one', () => {
    const after = (cookie: string, ...set: readonly string[]): string | undefined =>
      new SessionUsers().userOfAnswer({ method: 'POST', path: '/in', status: 200, cookie, set, isOfData: true })
    expect(after('', 'sid=ada; Path=/; HttpOnly')).toBe(ADA)
    expect(after('sid=grace', 'theme=dark', 'sid=ada')).toBe(ADA)
    for (const field of ['sid=; Path=/', 'sid=x; Max-Age=0', 'sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
      expect(after('sid=ada', field)).toBeUndefined()
  })

  it('is the same where a plain read renews the cookie, time after time', () => {
    const users = rolling()
    let cookie = 'sid=ada'
    for (let count = 0; count < 50; count++) {
      const next = `sid=renewed-${count}`
      expect(read(users, cookie, next)).toBe(ADA)
      expect(users.userOf(next)).toBe(ADA)
      cookie = next
    }
    // A late answer to a request that was sent with a former cookie is of the same session.
    expect(users.userOf('sid=renewed-3')).toBe(ADA)
  })

  it.each<[string, Parameters<typeof replaced>]>([
    ['a 304', ['/api/a', { status: 304 }]],
    ['the answer to who is signed in', ['/_session']],
    ['the same elsewhere', ['/api/auth/session']],
  ])('is the same where %s renews the cookie', (_, given) => {
    expect(replaced(...given)).toEqual({ named: ADA, next: ADA })
  })

  it.each<[string, Parameters<typeof replaced>]>([
    ['a write', ['/api/a', { method: 'POST' }]],
    ['a sign-in', ['/api/login', { method: 'POST' }]],
    ['a sign-in by its path', ['/login']],
    ['a sign-out by its path', ['/logout']],
    ['a callback', ['/oauth/callback']],
    ['a code in the URL', ['/?code=abc&state=x']],
    ['a token in the URL', ['/welcome?token=abc']],
    ['a redirect', ['/api/a', { status: 302 }]],
    ['an error', ['/api/a', { status: 401 }]],
    ['no answer', ['/api/a', { status: 0 }]],
    ['a callback of the session', ['/auth/callback']],
    ['a switch within the session', ['/session/switch']],
    ['a user who becomes another', ['/users/7/impersonate']],
    ['a switch', ['/switch-user/7']],
    ['a cookie of another name', ['/api/a', { cookie: 'token=ada' }]],
    ['a session that ends as well', ['/api/a', { cookie: 'sid=ada; auth=x', set: ['auth=; Path=/', 'sid=renewed'] }]],
    ['a request without a user', ['/api/a', { cookie: 'theme=dark' }]],
  ])('is another one after %s', (_, given) => {
    const { named, next } = replaced(...given)
    expect(named).not.toBe(ADA)
    expect(next).toBe(userOf('sid=renewed'))
  })

  it('is another one where the server replaces the cookie once in a while', () => {
    const users = rolling()
    for (let count = 0; count < 10; count++) read(users, 'sid=ada')
    expect(read(users, 'sid=ada', 'sid=x')).toBe(userOf('sid=x'))
  })

  it('is the same where the cookie holds the second, and several answers come within one', () => {
    const users = new SessionUsers()
    const named = Array.from({ length: 40 }, (_, count) =>
      read(users, `sid=${Math.floor(count / 4)}`, `sid=${Math.floor((count + 1) / 4)}`),
    )
    expect(new Set(named)).toEqual(new Set([userOf('sid=0')]))
  })

  it('is another one until it is seen that each answer renews the cookie', () => {
    const users = new SessionUsers()
    const named = [1, 2, 3, 4, 5].map((count) => read(users, `sid=${count}`, `sid=${count + 1}`))
    expect(named).toEqual([2, 3, 4, 4, 4].map((count) => userOf(`sid=${count}`)))
  })

  it('is another one where the next user signs in', () => {
    const users = rolling()
    expect(read(users, 'sid=ada', 'sid=ada-2')).toBe(ADA)
    const set = ['sid=grace']
    const signIn = { method: 'POST', path: '/_session', status: 200, cookie: 'sid=ada-2', set, isOfData: true }
    const grace = users.userOfAnswer(signIn)
    expect(grace).toBe(userOf('sid=grace'))
    expect(read(users, 'sid=grace', 'sid=grace-2')).toBe(grace)
  })
})
