import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Config, Route } from '../../config/language/index.ts'
import { analyse, propose, type Proposal } from './index.ts'
import { recorded, session, token, type Written } from './recorded.fixture.ts'

type Exchanges = readonly (readonly [url: string, written?: Written])[]

const proposed = (...exchanges: Exchanges): Proposal => propose(analyse(recorded(...exchanges)))

function routeOf({ config }: Proposal, match: string): Route {
  const route = config.routes.find((each) => each.match === match)
  if (route === undefined)
    throw new Error(`no route ${match} among ${config.routes.map((each) => each.match).join(', ')}`)
  return route
}

const ada = token('ada')
const bob = token('bob')

describe('identity', () => {
  it.each<[string, Exchanges, Config['identity']]>([
    ['nobody', [['/api/a']], 'none'],
    ['tokens', [['/api/a', { asks: ada }]], { by: ['authorization'] }],
    ['cookies', [['/api/a', { asks: session('ada') }]], { by: ['identify'] }],
    [
      'both',
      [
        ['/api/a', { asks: ada }],
        ['/api/b', { asks: session('ada') }],
      ],
      { by: ['authorization', 'identify'] },
    ],
    ['a field of the app', [['/api/a', { asks: { 'x-auth-token': 'x' } }]], { by: ['identify'] }],
    ['a token in the URL', [['/api/a?access_token=x']], { by: ['identify'] }],
    ['a token of the next page', [['/api/a?page_token=x&pageToken=y']], 'none'],
    ['cookies of statistics alone', [['/api/a', { asks: { cookie: '_ga=1; theme=dark' } }]], 'none'],
    [
      'a sign-in, and no user after it',
      [['/api/login', { method: 'POST' }], ['/api/a']],
      { by: ['authorization', 'identify'] },
    ],
  ])('%s', (_, exchanges, identity) => {
    expect(proposed(...exchanges).config.identity).toEqual(identity)
  })

  it('warns of tokens that do not name their user', () => {
    const jwt = `${btoa('{"alg":"none"}')}.${btoa('{"iss":"x","sub":"ada"}')}.s`
    expect(proposed(['/api/a', { asks: ada }]).text).toContain('are no JWT with a subject')
    expect(proposed(['/api/a', { asks: { authorization: `Bearer ${jwt}` } }]).text).not.toContain('JWT')
  })

  it('is not judged where the recorder left out credentials', () => {
    const { config, text } = propose(
      analyse({ ...recorded(['/api/a'], ['/locales/en.json']), lacksCredentials: 'perhaps' }),
    )
    expect(config.identity).toEqual({ by: ['authorization', 'identify'] })
    expect(config.routes.some((route) => route.public)).toBe(false)
    expect(text).toContain('left out Cookie and Authorization')
  })
})

describe('public', () => {
  it.each<[string, Exchanges, boolean]>([
    [
      'without a credential, in an app with users',
      [
        ['/x', {}],
        ['/api/me', { asks: ada }],
      ],
      true,
    ],
    ['without a credential, in an app without users', [['/x', {}]], false],
    ['with a token', [['/x', { asks: ada }]], false],
    [
      'the same for two tokens',
      [
        ['/x', { asks: ada, body: 1 }],
        ['/x', { asks: bob, body: 1 }],
      ],
      false,
    ],
    [
      'without a token, and then with another answer',
      [
        ['/x', { body: 1 }],
        ['/x', { asks: ada, body: 2 }],
      ],
      false,
    ],
    ['with a token in the URL', [['/x?token=1']], false],
    ['with cookies that are sent with everything', [['/x', { asks: session('ada') }]], false],
    [
      'the same, and the server says public',
      [['/x', { asks: session('ada'), says: { 'cache-control': 'public, max-age=60' } }]],
      true,
    ],
    [
      'another answer for another session, though the server says public',
      [
        ['/x', { asks: session('ada'), body: 1, says: { 'cache-control': 'public' } }],
        ['/x', { asks: session('bob'), body: 2, says: { 'cache-control': 'public' } }],
      ],
      false,
    ],
    [
      'the same, and it says private as well',
      [['/x', { asks: session('ada'), says: { 'cache-control': 'public, private' } }]],
      false,
    ],
    [
      'the same, and it varies by cookies',
      [['/x', { asks: session('ada'), says: { 'cache-control': 'public', vary: 'Cookie' } }]],
      false,
    ],
    [
      'the same, and it sets one',
      [['/x', { asks: session('ada'), says: { 'cache-control': 'public', 'set-cookie': 'a=b' } }]],
      false,
    ],
  ])('%s: %#', (_, exchanges, isPublic) => {
    expect(routeOf(proposed(...exchanges), '/x').public ?? false).toBe(isPublic)
  })

  it('are texts of the interface, with cookies as well', () => {
    const proposal = proposed(
      ['/locales/en/common.json', { asks: session('ada') }],
      ['/api/me', { asks: session('ada') }],
    )
    expect(routeOf(proposal, '/locales/:lang/common.json').public).toBe(true)
    expect(routeOf(proposal, '/api/me').public).toBeUndefined()
  })
})

describe('windows', () => {
  const reads = (
    ...given: readonly (readonly [at: number, body: number, says?: Record<string, string>])[]
  ): Exchanges => given.map(([at, body, says]) => ['/api/a', { at, body, ...(says && { says }) }])

  it.each<[string, Exchanges, Partial<Route>]>([
    ['read once', reads([0, 1]), { fresh: 0, stale: '1d' }],
    ['unchanged for 40 s', reads([0, 1], [40, 1]), { fresh: '30s', stale: '1d' }],
    ['unchanged for 299 s', reads([0, 1], [299, 1]), { fresh: '2m' }],
    ['unchanged for 300 s', reads([0, 1], [300, 1]), { fresh: '5m' }],
    ['unchanged for 5 s', reads([0, 1], [5, 1]), { fresh: 0 }],
    [
      'unchanged for 10 min, once changed within 4 min',
      reads([0, 1], [300, 1], [600, 1], [840, 2]),
      { fresh: '2m', stale: '10m' },
    ],
    ['always another', reads([0, 1], [5, 2], [9, 3]), { fresh: 0, stale: 0 }],
    ['max-age', reads([0, 1, { 'cache-control': 'max-age=600' }]), { fresh: 'http', stale: '1d' }],
    [
      'max-age, and a change within it',
      reads(
        [0, 1, { 'cache-control': 'max-age=600' }],
        [60, 1, { 'cache-control': 'max-age=600' }],
        [120, 2, { 'cache-control': 'max-age=600' }],
        [180, 2, { 'cache-control': 'max-age=600' }],
      ),
      { fresh: '30s' },
    ],
    [
      'no-cache',
      reads([0, 1, { 'cache-control': 'no-cache' }], [40, 1, { 'cache-control': 'no-cache' }]),
      { fresh: '30s' },
    ],
  ])('%s', (_, exchanges, expected) => {
    expect(routeOf(proposed(...exchanges), '/api/a')).toMatchObject(expected)
  })

  it('are closed where the answers renew the session', () => {
    const asks = session('ada')
    const proposal = proposed(
      ['/api/a', { asks, says: { 'set-cookie': 'sid=x' } }],
      ['/api/a', { at: 90, asks, says: { 'set-cookie': 'sid=y' } }],
    )
    expect(routeOf(proposal, '/api/a')).toMatchObject({ fresh: 0, stale: 0 })
  })

  /** A tour of one user whose cookie each answer replaces. */
  const rolling = (attributesAt: (second: number) => string): Exchanges =>
    Array.from({ length: 12 }, (_, count) => {
      const at = count * 100
      const says = { 'set-cookie': `sid=${count + 1}; Path=/; HttpOnly${attributesAt(at)}` }
      return [count % 2 === 0 ? '/api/a' : '/api/b', { at, asks: { cookie: `sid=${count}` }, says }] as const
    })
  const inTenMinutes = (second: number): string =>
    new Date(Date.parse('2026-11-30T10:10:00Z') + second * 1000).toUTCString()

  it('are what was seen where each answer renews the session, which is one user’s', () => {
    const tour = rolling(() => '; Max-Age=86400')
    expect(routeOf(proposed(...tour), '/api/a')).toMatchObject({ fresh: '15m', stale: '1d' })
    const { credentials, routes } = analyse(recorded(...tour))
    expect(credentials).toMatchObject({ users: 1, cookie: 12, renewal: { lifetimeS: 86_400 } })
    expect(routes.map(({ whose, repeats }) => [whose, repeats.same])).toEqual([
      ['unknown', 5],
      ['unknown', 5],
    ])
  })

  it.each<[string, (second: number) => string, string]>([
    ['of ten minutes', () => '; Max-Age=600', '2m'],
    ['of ten minutes by a date', (second) => `; Expires=${inTenMinutes(second)}`, '2m'],
    ['of a length that no answer says', () => '', '5m'],
  ])('are short beside a session %s that each answer renews', (_, attributesAt, fresh) => {
    const proposal = proposed(...rolling(attributesAt))
    expect(routeOf(proposal, '/api/a')).toMatchObject({ fresh, stale: '1d' })
    expect(proposal.text.replace(/\n\s*\/\/ /g, ' ')).toContain('fresh is at most a quarter of')
  })

  it('do not exist for what the server does not let anybody store', () => {
    const { config, text } = proposed(['/api/a', { says: { 'cache-control': 'no-store' } }])
    expect(config.routes).toEqual([])
    expect(text).toContain('/api/a (1 read): the server says no-store')
  })
})

describe('writes', () => {
  it('name what their path says, what changed after them, and the sessions', () => {
    const { config } = proposed(
      ['/api/login', { method: 'POST' }],
      ['/api/products', { asks: ada, body: 1 }],
      ['/api/products/7', { asks: ada, body: 1 }],
      ['/api/reports/sales', { asks: ada, body: 1 }],
      ['/api/products/7', { method: 'PUT', asks: ada }],
      ['/api/products', { asks: ada, body: 2 }],
      ['/api/reports/sales', { asks: ada, body: 2 }],
      ['/api/logout', { method: 'POST', asks: ada }],
    )
    expect(config.writes).toEqual([
      { match: 'POST /api/login', session: 'sign-in' },
      { match: 'POST /api/logout', session: 'sign-out' },
      { match: 'PUT /api/products/:id', invalidates: ['products', 'product:{id}', 'reports'] },
    ])
  })

  it('of GraphQL end what its queries have read', () => {
    const query = { method: 'POST', sends: { query: '{ a }' } }
    const { config, warnings } = proposed(
      ['/graphql', { ...query, body: 1 }],
      ['/graphql', { method: 'POST', sends: { query: 'mutation { b }' } }],
      ['/graphql', { ...query, body: 2 }],
    )
    expect(config.routes).toMatchObject([{ match: 'POST /graphql', reads: 'graphql', tags: ['graphql'] }])
    expect(config.writes).toEqual([{ match: 'POST /graphql', invalidates: ['graphql'] }])
    expect(warnings).toEqual([])
  })
})

describe('files of the build', () => {
  const recording = recorded(
    ['/assets/app-BX12aZ9q.js', { by: 'script' }],
    ['/assets/app-CX34bY8r.css', { by: 'style', says: { 'content-type': 'text/css' } }],
    ['/static/app.js', { by: 'script' }],
  )

  it('have no rule, and the file says who keeps them', () => {
    const { config, text } = propose(analyse(recording))
    expect(config.routes).toEqual([])
    expect(text).toContain('- /assets/**, /static/** (3 requests): files of the app.')
  })

  it('have rules for an app without a built folder', () => {
    const { config, warnings } = propose(analyse(recording), { built: true })
    expect(config.routes).toEqual([
      { match: '/assets/**', fresh: '30d', stale: 0, offline: '30d', expects: 'text/*', public: true },
      { match: '/static/**', fresh: 0, stale: '1d', expects: 'text/javascript' },
    ])
    expect(warnings).toEqual([])
  })
})

describe('what elements ask for', () => {
  it('has one rule for a folder', () => {
    const { config } = proposed(['/icons/mqtt/plug.png', { by: 'image' }], ['/icons/http/globe.png', { by: 'image' }])
    expect(config.routes).toMatchObject([{ match: '/icons/**', expects: 'image/png' }])
  })

  it('has rules of its own in a folder with data', () => {
    const { config } = proposed(
      ['/icons/list/all'],
      ['/icons/mqtt/plug.png', { by: 'image' }],
      ['/icons/http/globe.png', { by: 'image' }],
    )
    expect(config.routes.map(({ match }) => match)).not.toContain('/icons/**')
  })
})

describe('a proposal', () => {
  const tour: Exchanges = [
    ['/', { by: 'document', body: '<div id="root"></div>' }],
    ['/logout', { by: 'document', asks: ada }],
    ['/api/auth/session', { asks: ada }],
    ['/api/auth/callback', { method: 'POST', asks: ada }],
    ['/api/pages/about-us', { asks: ada }],
    ['/api/pages/our-team', { asks: ada }],
    ['/api/pages/all-the-rest/delete', { asks: ada }],
    ['/api/products/7/variants/9?_t=1796032805000', { asks: ada }],
    ["/api/it's/1", { asks: ada, says: { 'content-type': 'text/csv' } }],
    ['/icons/mqtt/plug.png', { by: 'image' }],
    ['/icons/http/globe.png', { by: 'image' }],
    ['https://api.example/v1/items/3', { asks: ada }],
    ['https://api.example/v1/items/3', { method: 'DELETE', asks: ada, status: 204 }],
  ]

  it('passes the check without a warning', () => {
    expect(proposed(...tour).warnings).toEqual([])
  })

  it.each<[string, Exchanges]>([
    ['entries with and without an ending', [['/api/photos/1'], ['/api/photos/2.png'], ['/api/photos/list']]],
    [
      'files beside data of the same form',
      [['/icons/1/2'], ['/icons/mqtt/plug.png', { by: 'image' }], ['/icons/a.png', { by: 'image' }]],
    ],
    ['two origins', [['/v1/items/1'], ['https://api.example/v1/items/1'], ['https://api.example:8080/v1/items/1']]],
    ['reads and files of one folder', [['/x/**', { by: 'image' }], ['/x/b/c', { by: 'script' }], ['/y/1']]],
  ])('has no rule that another one hides: %s', (_, exchanges) => {
    const proposal = proposed(...exchanges)
    expect(proposal.warnings).toEqual([])
    expect(proposal.config.routes.length).toBeGreaterThan(1)
  })

  it('spares what must reach the server from wider rules', () => {
    const { config } = proposed(
      ['/api/pages/about-us'],
      ['/api/pages/our-team'],
      ['/api/pages/csrf', {}],
      ['/api/pages/fly-high'],
    )
    const at = (match: string): number => config.routes.findIndex((route) => route.match === match)
    expect(config.routes[at('/api/pages/csrf')]).toEqual({ match: '/api/pages/csrf', preset: 'network-only' })
    expect(at('/api/pages/csrf')).toBeLessThan(at('/api/pages/:slug'))
  })

  it('is text that gives the config again', () => {
    const { config, text } = proposed(...tour)
    const script = text.replace(/^import.*$/m, '').replace('export default defineConfig(', '(')
    expect(runInNewContext(script)).toEqual(config)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  it('of nothing is a config all the same', () => {
    const { config, warnings } = proposed()
    expect(config).toMatchObject({ identity: 'none', routes: [] })
    expect(warnings).toEqual([])
  })

  it('does not let a server write into it', () => {
    const { text } = proposed(['/api/a', { says: { 'content-type': "text/x'*/\n})\nprocess.exit(1)//" } }])
    expect(text.split('\n').filter((line) => line.includes('process.exit'))).toEqual([
      expect.stringMatching(/^\s+(\/\/|\{ match: )/),
    ])
  })
})
