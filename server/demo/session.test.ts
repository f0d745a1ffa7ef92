import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueToken, subjectOf, tokenKey } from './access-token.ts'
import { type Credentials, cookiesOf, openShop, type Shop } from './shop-fixture.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

const bearer = (token: string): Credentials => ({ authorization: `Bearer ${token}` })

async function signInForToken(): Promise<{ token: string; expiresAt: string; cookie: string }> {
  const body = { email: 'grace@corner.example', password: 'grace', mode: 'bearer' }
  const response = await shop.ask('POST', '/api/session', { body })
  expect(response.status).toBe(200)
  return { ...(await response.json()), cookie: cookiesOf(response) }
}

/** Who is signed in by these credentials; null: no user is. */
async function whoIs(as: Credentials): Promise<unknown> {
  const response = await shop.ask('GET', '/api/session', { as })
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return response.json()
}

test('that no user is signed in yet is an answer, and no error on the console', async () => {
  expect(await whoIs({})).toBeNull()
})

describe('cookie mode', () => {
  test('signing in sets a cookie that scripts cannot read and other sites do not send', async () => {
    const body = { email: 'Ada@corner.example', password: 'ada', mode: 'cookie' }
    const response = await shop.ask('POST', '/api/session', { body })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      user: { id: 1, name: 'Ada Byron', email: 'ada@corner.example', role: 'manager', initials: 'AB' },
      mode: 'cookie',
    })
    const line = response.headers.getSetCookie().find((each) => /corner_session=[^;]/.test(each))
    expect(line).toMatch(/HttpOnly/)
    expect(line).toMatch(/SameSite=Lax/)
  })

  test('the cookie names the user', async () => {
    const response = await shop.ask('GET', '/api/session', { as: await shop.signIn('grace') })
    expect(await response.json()).toMatchObject({ user: { id: 2, name: 'Grace Hopper' }, mode: 'cookie' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('etag')).toBeNull()
  })

  test('signing out ends the session, not only the cookie', async () => {
    const ada = await shop.signIn('ada')
    expect((await shop.ask('DELETE', '/api/session', { as: ada })).status).toBe(204)
    expect(await whoIs(ada)).toBeNull()
  })

  test('an expired session signs no user in', async () => {
    const ada = await shop.signIn('ada')
    await shop.pool.query(`update sessions set expires_at = now() - interval '1 second' where user_id = 1`)
    expect(await whoIs(ada)).toBeNull()
  })
})

describe('bearer mode', () => {
  test('a token lasts a minute and names the user', async () => {
    const { token, expiresAt } = await signInForToken()
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(55_000)
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000)
    const response = await shop.ask('GET', '/api/session', { as: bearer(token) })
    expect(await response.json()).toMatchObject({ user: { id: 2 }, mode: 'bearer' })
  })

  test('the cookie of bearer mode buys tokens and nothing else', async () => {
    const { cookie } = await signInForToken()
    expect((await shop.ask('GET', '/api/products', { as: { cookie } })).status).toBe(401)
    const refreshed = await shop.ask('POST', '/api/session/refresh', { as: { cookie } })
    const { token } = await refreshed.json()
    expect(refreshed.headers.get('cache-control')).toBe('no-store')
    expect((await shop.ask('GET', '/api/products?pageSize=1', { as: bearer(token) })).status).toBe(200)
  })

  test('a token buys its successor, which is another token', async () => {
    const { token } = await signInForToken()
    const next = await (await shop.ask('POST', '/api/session/refresh', { as: bearer(token) })).json()
    expect(next.token).not.toBe(token)
    expect((await shop.ask('GET', '/api/session', { as: bearer(next.token) })).status).toBe(200)
  })

  test.each([
    ['within the grace', 75_000, 200],
    ['after the grace', 95_000, 401],
  ])('a token issued %s', async (_name, ageMs, status) => {
    const key = await tokenKey(shop.pool)
    const subject = await subjectOf(key, (await signInForToken()).token)
    expect(subject).toBeDefined()
    const { token } = await issueToken(key, subject!, Date.now() - ageMs)
    expect((await shop.ask('GET', '/api/session', { as: bearer(token) })).status).toBe(status)
    expect((await shop.ask('POST', '/api/session/refresh', { as: bearer(token) })).status).toBe(status)
  })

  test('a token with the cookie of another user is not refreshed: a tab never changes its user', async () => {
    const key = await tokenKey(shop.pool)
    const { cookie } = await signInForToken()
    for (const issuedMs of [Date.now(), Date.now() - 3_600_000]) {
      const { token } = await issueToken(key, { userId: 1, sessionId: 'replaced' }, issuedMs)
      const response = await shop.ask('POST', '/api/session/refresh', { as: { cookie, ...bearer(token) } })
      expect(response.status).toBe(401)
    }
  })

  test('signing out ends a token before its time', async () => {
    const { token } = await signInForToken()
    expect((await shop.ask('DELETE', '/api/session', { as: bearer(token) })).status).toBe(204)
    expect((await shop.ask('GET', '/api/session', { as: bearer(token) })).status).toBe(401)
  })

  test('a bad token is not replaced by a good cookie', async () => {
    const ada = await shop.signIn('ada')
    const response = await shop.ask('GET', '/api/session', { as: { ...ada, ...bearer('a.b.c') } })
    expect(response.status).toBe(401)
  })

  test('a token signed with another key is refused', async () => {
    const subject = await subjectOf(await tokenKey(shop.pool), (await signInForToken()).token)
    const { token } = await issueToken('another key', subject!)
    expect((await shop.ask('GET', '/api/session', { as: bearer(token) })).status).toBe(401)
  })
})

describe('refusals', () => {
  test.each([
    ['a wrong password', { email: 'ada@corner.example', password: 'grace', mode: 'cookie' }, 401],
    ['an unknown user', { email: 'eve@corner.example', password: 'eve', mode: 'cookie' }, 401],
    ['an unknown mode', { email: 'ada@corner.example', password: 'ada', mode: 'basic' }, 422],
    ['no password', { email: 'ada@corner.example' }, 422],
  ])('%s', async (_name, body, status) => {
    const response = await shop.ask('POST', '/api/session', { body })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(cookiesOf(response)).toBe('')
  })

  test.each(['/api/products', '/api/me/tasks', '/api/till', '/api/nothing'])('%s needs a session', async (path) => {
    const response = await shop.ask('GET', path)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ title: 'Unauthorized', status: 401 })
  })

  test('without any credential there is nothing to refresh', async () => {
    expect((await shop.ask('POST', '/api/session/refresh')).status).toBe(401)
  })
})

describe('personal data at the same URL', () => {
  test('tasks, preferences and "mine" differ by user, and so do their tags', async () => {
    const [ada, grace] = [await shop.signIn('ada'), await shop.signIn('grace')]
    for (const path of ['/api/me/tasks', '/api/me/preferences', '/api/sales?pageSize=50']) {
      const [hers, others] = await Promise.all([
        shop.ask('GET', path, { as: ada }),
        shop.ask('GET', path, { as: grace }),
      ])
      expect(hers.headers.get('etag')).not.toBe(others.headers.get('etag'))
      expect(await hers.text()).not.toBe(await others.text())
    }
  })

  test('a task of one user does not exist for the other', async () => {
    const [ada, grace] = [await shop.signIn('ada'), await shop.signIn('grace')]
    expect((await shop.ask('PATCH', '/api/me/tasks/1', { as: grace, body: { done: true } })).status).toBe(404)
    const done = await shop.ask('PATCH', '/api/me/tasks/1', { as: ada, body: { done: true } })
    expect(await done.json()).toMatchObject({ id: 1, done: true, dueOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
    const { items } = await (await shop.ask('GET', '/api/me/tasks', { as: ada })).json()
    expect(items.find((task: { id: number }) => task.id === 1)).toMatchObject({ done: true })
  })

  test('preferences are replaced, for their user alone', async () => {
    const [ada, grace] = [await shop.signIn('ada'), await shop.signIn('grace')]
    const before = await (await shop.ask('GET', '/api/me/preferences', { as: grace })).json()
    const body = { density: 'compact', startPage: '/products' }
    expect(await (await shop.ask('PUT', '/api/me/preferences', { as: ada, body })).json()).toEqual(body)
    expect(await (await shop.ask('GET', '/api/me/preferences', { as: ada })).json()).toEqual(body)
    expect(await (await shop.ask('GET', '/api/me/preferences', { as: grace })).json()).toEqual(before)
    const wrong = await shop.ask('PUT', '/api/me/preferences', { as: ada, body: { density: 'huge', startPage: 'x' } })
    expect(wrong.status).toBe(422)
  })
})
