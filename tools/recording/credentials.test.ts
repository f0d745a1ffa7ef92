import { describe, expect, it } from 'vitest'
import { credentialsInUrl, withoutCredentials } from './credentials.ts'
import { withoutSecrets } from './secret-url.ts'

const jwt = (claims: object, signature: string): string =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`

const only = (name: string, value: string): string | undefined => withoutCredentials({ [name]: value })[name]

describe('credentials', () => {
  it('are digested, equal ones alike', () => {
    const [one, same, other] = ['Bearer abc', 'Bearer abc', 'Bearer abd'].map((value) => only('authorization', value))
    expect(one).toMatch(/^Bearer [\w-]{16}$/)
    expect(same).toBe(one)
    expect(other).not.toBe(one)
  })

  it('of one user begin alike where the token is a JWT', () => {
    const user = (value: string): string | undefined => only('authorization', value)?.split('.')[0]
    const ada = user(`Bearer ${jwt({ iss: 'x', sub: 'ada', exp: 1 }, 's')}`)
    expect(user(`Bearer ${jwt({ iss: 'x', sub: 'ada', exp: 2 }, 't')}`)).toBe(ada)
    expect(user(`Bearer ${jwt({ iss: 'x', sub: 'bob', exp: 1 }, 's')}`)).not.toBe(ada)
  })

  it.each([
    ['authorization', 'hunter2', 'hunter2'],
    ['authorization', 'Basic aHVudGVyMg==', 'aHVudGVyMg'],
    ['authorization', 'Bearer a.b.c', 'a.b.c'],
    ['cookie', 'sid=hunter2; theme=dark', 'hunter2'],
    ['cookie', 'hunter2', 'hunter2'],
    ['set-cookie', 'sid=hunter2; Path=/\nx=hunter2', 'hunter2'],
    ['x-api-key', 'hunter2', 'hunter2'],
    ['x-auth-token', 'hunter2', 'hunter2'],
  ])('%s: %s does not hold the secret', (name, value, secret) => {
    expect(only(name, value)).not.toContain(secret)
  })

  it('leave what is no secret', () => {
    expect(only('set-cookie', 'sid=; Max-Age=0\nsid=x; HttpOnly')).toMatch(/^sid=; Max-Age=0\nsid=[\w-]{16}; HttpOnly$/)
    expect(only('cookie', 'a=1; b=2')).toMatch(/^a=[\w-]{16}; b=[\w-]{16}$/)
    expect(only('accept', 'application/json')).toBe('application/json')
  })
})

describe('a URL', () => {
  it.each([
    ['https://x.example/a?access_token=hunter2&page=2#x', /^https:\/\/x\.example\/a\?access_token=[\w-]{16}&page=2$/],
    ['https://x.example/a?code=hunter2', /\?code=[\w-]{16}$/],
    ['https://x.example/a?zipcode=12345', /\?zipcode=12345$/],
    ['https://x.example/a?to=https://ada:hunter2@y.example/b', /\?to=[\w-]{16}$/],
    ['https://x.example/a?to=%2Finvite%2Fhunter2&page=2', /\?to=[\w-]{16}&page=2$/],
    ['https://x.example/a?to=%2Fproducts%2F17', /\?to=%2Fproducts%2F17$/],
    ['https://x.example/a?bearer=hunter2', /\?bearer=[\w-]{16}$/],
    ['https://x.example/a?variables=%7B%22user%22%3A%7B%22password%22%3A%22hunter2%22%7D%7D', /\?variables=[\w-]{16}$/],
    ['https://x.example/a?filter={token:hunter2}', /\?filter=[\w-]{16}$/],
    ['https://x.example/a?variables={"sort":"hash","page":2}', /\?variables=\{"sort":"hash","page":2\}$/],
    ['https://x.example/a?page=1;token=hunter2;b=2', /\?page=1;token=[\w-]{16};b=2$/],
    ['https://x.example/a?token=hunter;hunter2&b=2', /\?token=[\w-]{16}&b=2$/],
    ['https://x.example/a?page=1;2', /\?page=1;2$/],
    ['https://x.example/a#token=hunter2', /\/a$/],
    ['https://ada:hunter2@x.example/a?b=c@d', /^https:\/\/x\.example\/a\?b=c@d$/],
    ['https://x.example/a?sid=hunter2&sessionid=hunter2&PHPSESSID=hunter2', /\?sid=[\w-]{16}&sessionid=/],
    ['https://x.example/a?X-Amz-Credential=hunter2&pwd=hunter2&passwd=hunter2&pin=hunter2', /&pin=[\w-]{16}$/],
    ['https://x.example/a?accessToken=hunter2&auth=hunter2&otp=hunter2', /\?accessToken=[\w-]{16}&auth=/],
    [
      'https://x.example/a?key=hunter2&hash=hunter2&maps-key=hunter2',
      /\?key=[\w-]{16}&hash=[\w-]{16}&maps-key=[\w-]{16}$/,
    ],
    [
      'https://x.example/a?hmac=hunter2&invite=hunter2&access%5Ftoken=hunter2',
      /\?hmac=[\w-]{16}&invite=[\w-]{16}&access%5Ftoken=[\w-]{16}$/,
    ],
    [
      'https://x.example/a?pw=hunter2&tok=hunter2&code_verifier=hunter2&user_pw=hunter2',
      /\?pw=[\w-]{16}&tok=[\w-]{16}&code_verifier=[\w-]{16}&user_pw=[\w-]{16}$/,
    ],
    ['https://x.example/a?codeVerifier=hunter2', /\?codeVerifier=[\w-]{16}$/],
    ['https://x.example/bot123456:hunter2AAE/getUpdates', /\/[0-9a-f]{16}\/getUpdates$/],
    ['https://x.example/bot123456%3Ahunter2AAE/getUpdates', /\/[0-9a-f]{16}\/getUpdates$/],
    ['https://x.example/bots/17?stock=3&robot=on', /\/bots\/17\?stock=3&robot=on$/],
    ['https://x.example/a?q=eyJhunter2.eyJzdWIi.c2ln', /\?q=[\w-]{16}$/],
    ['https://x.example/a?eyJhunter2.eyJzdWIi.c2ln', /\/a\?[\w-]{16}$/],
    ['https://x.example/a?to=https%3A%2F%2Fy.example%2F%3Ftoken%3Dhunter2', /\?to=[\w-]{16}$/],
    ['https://x.example/api/share/eyJhunter2.eyJzdWIi.c2ln/view', /\/api\/share\/[0-9a-f]{16}\/view$/],
    ['https://x.example/reset-password/hunter2-9f3A', /\/reset-password\/[0-9a-f]{16}$/],
    ['https://x.example/api/items;jsessionid=hunter2?page=2', /\/api\/items;jsessionid=[\w-]{16}\?page=2$/],
    ['https://x.example/api/hunter2R9xK3a9LmQ2bZz81/items', /\/api\/[0-9a-f]{16}\/items$/],
    ['https://x.example/s/a1b2c3d4e5f60718293a4b5c6d7e8f90', /\/s\/(?!a1b2c3d4)[0-9a-f]{32}$/],
    ['https://x.example/api/tokens/refresh?sort=name&keyword=a', /\/api\/tokens\/refresh\?sort=name&keyword=a$/],
    [
      'https://x.example/api/getProductsByCategoryV2?date=2026-11-30T10:00:00Z&_=1764496800000',
      /\/api\/getProductsByCategoryV2\?date=2026-11-30T10:00:00Z&_=1764496800000$/,
    ],
    ['https://x.example/assets/app-BX12aZ9q.js?v=3', /\/assets\/app-BX12aZ9q\.js\?v=3$/],
    [
      'https://x.example/api/items/0b8a3f5e-1111-4222-8333-444455556666?page=2',
      /\/api\/items\/0b8a3f5e-1111-4222-8333-444455556666\?page=2$/,
    ],
    ['https://x.example/a?author=ada&side=left&pinned=1&passed=1', /\?author=ada&side=left&pinned=1&passed=1$/],
  ])('%s', (url, expected) => {
    expect(withoutSecrets(url)).toMatch(expected)
    expect(withoutSecrets(url)).not.toContain('hunter2')
  })
})

describe('a URL in a field', () => {
  it.each(['location', 'content-location', 'referer'])('%s has no secret, and is otherwise as it was', (name) => {
    expect(only(name, '/a?key=hunter2&page=2')).toMatch(/^\/a\?key=[\w-]{16}&page=2$/)
  })

  it('is the same as that of the request', () => {
    const url = 'https://x.example/share/eyJhunter2.eyJzdWIi.c2ln?key=hunter2'
    expect(only('location', url)).toBe(withoutSecrets(url))
  })
})

describe('a parameter of a URL', () => {
  it.each(['token', 'access_token', 'apiKey', 'sid', 'session', 'sessionId', 'session_id', 'PHPSESSID', 'jsessionid'])(
    '%s says who asks',
    (name) => {
      expect(credentialsInUrl(`/a?page=2&${name}=x`)).toEqual([[name, 'x']])
    },
  )

  it.each(['page', 'sessions', 'side', 'tokens'])('%s says what is asked for', (name) => {
    expect(credentialsInUrl(`/a?${name}=x`)).toEqual([])
  })
})
