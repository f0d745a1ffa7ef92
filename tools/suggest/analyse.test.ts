import { describe, expect, it } from 'vitest'
import { seconds } from '../../sw/core/units.ts'
import { analyse } from './analyse.ts'
import type { Findings, RouteFindings } from './findings.ts'
import { recorded, session, token, type Written } from './recorded.fixture.ts'

const findings = (...exchanges: readonly (readonly [url: string, written?: Written])[]): Findings =>
  analyse(recorded(...exchanges))

const matches = (found: Findings): string[] => found.routes.map(({ match }) => match)

function routeOf(found: Findings, match: string): RouteFindings {
  const route = found.routes.find((each) => each.match === match)
  if (route === undefined) throw new Error(`no route ${match} among ${matches(found).join(', ')}`)
  return route
}

describe('what is a route', () => {
  it('counts reads by pattern', () => {
    const found = findings(['/api/products'], ['/api/products/7'], ['/api/products/8'], ['/api/products/7'])
    expect(matches(found)).toEqual(['/api/products', '/api/products/:id'])
    expect(routeOf(found, '/api/products/:id')).toMatchObject({ requests: 3, urls: 2, statuses: { 200: 3 } })
  })

  it.each<[string, readonly (readonly [url: string, written?: Written])[], string[]]>([
    ['data of another origin', [['https://api.example/v1/items']], ['https://api.example/v1/items']],
    [
      'no documents, no styles of the build',
      [
        ['/', { by: 'document' }],
        ['/assets/app-BX12aZ9q.js', { by: 'script' }],
      ],
      [],
    ],
    [
      'icons and scripts of the server',
      [
        ['/icons/mqtt/plug.png', { by: 'image' }],
        ['/debug/view/tools', { by: 'script' }],
      ],
      ['/debug/view/tools', '/icons/mqtt/plug.png'],
    ],
    [
      'no preflights',
      [['/api/a', { method: 'OPTIONS', asks: { 'access-control-request-method': 'GET' }, status: 204 }]],
      [],
    ],
    ['no streams', [['/api/events', { says: { 'content-type': 'text/event-stream' } }]], []],
    [
      'nothing of a development server',
      [
        ['/@vite/client', { by: 'script' }],
        ['/src/main.tsx', { by: 'script' }],
      ],
      [],
    ],
    ['no reports on the app', [['/api/a'], ['/api/telemetry', { method: 'POST', status: 204 }]], ['/api/a']],
    ['no HTML for an unknown path', [['/api/gone', { says: { 'content-type': 'text/html' } }]], []],
    [
      'no download',
      [['/api/export', { says: { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename=x.csv' } }]],
      [],
    ],
    [
      'a list that is redirected to itself with a slash',
      [['/api/items', { status: 308, says: { location: '/api/items/' } }], ['/api/items/']],
      ['/api/items'],
    ],
    [
      'data of a framework’s pages',
      [['/_next/data/xK3a9LmQ2b/products.json'], ['/__data.json']],
      ['/__data.json', '/_next/data/:id/products.json'],
    ],
    ['no socket by polling', [['/socket.io/?EIO=4&transport=polling&t=abc']], []],
    [
      'what a GraphQL query asks',
      [['/graphql', { method: 'POST', sends: { query: '{ me { id } }' } }]],
      ['POST /graphql'],
    ],
    ['no GraphQL mutation', [['/graphql', { method: 'POST', sends: { query: 'mutation { a }' } }]], []],
  ])('%s', (_, exchanges, expected) => {
    expect(matches(findings(...exchanges))).toEqual(expected)
  })

  it('says what it leaves out, and why', () => {
    const found = findings(
      ['/api/events', { says: { 'content-type': 'text/event-stream' } }],
      ['/api/items/7/delete'],
      ['/api/broken', { status: 500 }],
    )
    expect(found.leftOut.map(({ match, why }) => [match, why])).toEqual([
      ['/api/items/:id/delete', expect.stringContaining('it may change data')],
      ['/api/broken', 'no good answer was recorded (500)'],
      ['/api/events', expect.stringContaining('a stream')],
    ])
  })
})

describe('whose an answer is', () => {
  it.each<[string, Written, Written, Partial<RouteFindings>]>([
    [
      'other bytes for another token',
      { asks: token('ada'), body: 1 },
      { asks: token('bob'), body: 2 },
      { whose: 'differs', by: 'token', lacksVary: true, leaks: 1 },
    ],
    [
      'other bytes, and Vary says so',
      { asks: token('ada'), body: 1, says: { vary: 'Authorization' } },
      { asks: token('bob'), body: 2, says: { vary: 'Authorization' } },
      { whose: 'differs', by: 'token', lacksVary: false },
    ],
    [
      'other bytes with and without a token',
      { body: 1 },
      { asks: token('bob'), body: 2 },
      { whose: 'differs', by: 'token' },
    ],
    [
      'a refusal without a token',
      { asks: token('ada'), body: 1 },
      { status: 401, body: 0 },
      { whose: 'differs', by: 'token', leaks: 1 },
    ],
    [
      'other bytes for another session',
      { asks: session('ada'), body: 1 },
      { asks: session('bob'), body: 2 },
      { whose: 'differs', by: 'cookie', lacksVary: true },
    ],
    [
      'other bytes for another key',
      { asks: { 'x-api-key': 'a' }, body: 1 },
      { asks: { 'x-api-key': 'b' }, body: 2 },
      { whose: 'differs', by: 'field' },
    ],
    [
      'the same for two tokens',
      { asks: token('ada'), body: 1 },
      { asks: token('bob'), body: 1 },
      { whose: 'same', by: 'token', lacksVary: false, leaks: 0 },
    ],
    [
      'one user only',
      { asks: token('ada'), body: 1 },
      { asks: token('ada'), body: 1 },
      { whose: 'unknown', by: 'token' },
    ],
    ['nobody', { body: 1 }, { body: 1 }, { whose: 'nobody' }],
    [
      'one session, and a cookie that changes',
      { asks: { cookie: 'sid=a; visit=1' }, body: 1 },
      { asks: { cookie: 'visit=2; sid=a' }, body: 2 },
      { whose: 'unknown', by: 'cookie' },
    ],
    [
      'cookies that count visitors',
      { asks: { cookie: '_ga=1' }, body: 1 },
      { asks: { cookie: '_ga=2' }, body: 1 },
      { whose: 'nobody' },
    ],
  ])('%s', (_, one, other, expected) => {
    expect(routeOf(findings(['/api/a', one], ['/api/a', other]), '/api/a')).toMatchObject(expected)
  })
})

it('counts a user once who has a cookie first and then a token', () => {
  const found = findings(
    ['/api/a', { asks: session('ada') }],
    ['/api/a', { asks: token('ada') }],
    ['/api/b', { asks: token('bob') }],
  )
  expect(found.credentials).toMatchObject({ token: 2, cookie: 1, none: 0, users: 2 })
})

describe('what is said of the answers', () => {
  it('validators, 304s and lifetimes', () => {
    const found = findings(
      ['/api/a', { says: { etag: '"1"', 'cache-control': 'max-age=60' } }],
      ['/api/a', { status: 304, says: { etag: '"1"', 'cache-control': 'max-age=30' } }],
      ['/api/b', { says: { etag: 'W/"1"' } }],
      ['/api/c', { says: { 'last-modified': 'Mon, 30 Nov 2026 09:00:00 GMT' } }],
      ['/api/d', { says: { 'cache-control': 'no-store' } }],
      ['/api/e', { says: { 'cache-control': 'no-cache, max-age=60', 'set-cookie': 'sid=x; HttpOnly' } }],
    )
    expect(routeOf(found, '/api/a')).toMatchObject({
      notModified: 1,
      lifetimeS: 30,
      validators: { strong: 2, weak: 0 },
    })
    expect(routeOf(found, '/api/b').validators).toMatchObject({ weak: 1 })
    expect(routeOf(found, '/api/c').validators).toMatchObject({ lastModified: 1 })
    expect(routeOf(found, '/api/d').notStorable).toBe('no-store')
    expect(routeOf(found, '/api/e')).toMatchObject({ setsCookies: ['sid'], lifetimeS: undefined })
  })

  it('pages of a list as 206, HTML and JSON of one URL, and fields that select an answer', () => {
    const found = findings(
      [
        '/api/customers',
        { status: 206, asks: { range: 'customers=0-24' }, says: { 'content-range': 'customers 0-24/90' } },
      ],
      ['/doc/a', { asks: { accept: 'text/html' }, says: { 'content-type': 'text/html' } }],
      ['/doc/a', { asks: { accept: 'application/json' } }],
      ['/api/stock', { asks: { 'x-store-id': '1' }, body: 1 }],
      ['/api/stock', { asks: { 'x-store-id': '2' }, body: 2 }],
      ['/api/brands', { asks: { 'x-store-id': '1' }, body: 1 }],
      ['/api/brands', { asks: { 'x-store-id': '2' }, body: 1 }],
    )
    expect(routeOf(found, '/api/customers')).toMatchObject({ rangeUnit: 'customers', notStorable: undefined })
    expect(routeOf(found, '/doc/a').negotiates).toBe(true)
    expect(routeOf(found, '/api/stock').keyHeaders).toEqual(['x-store-id'])
    expect(routeOf(found, '/api/brands').keyHeaders).toEqual([])
  })

  it.each<[string, readonly (readonly [at: number, bodyOr304: number])[], Partial<RouteFindings['repeats']>]>([
    [
      'unchanged',
      [
        [0, 1],
        [40, 1],
      ],
      { count: 1, same: 1, changed: 0, unchangedS: seconds(40) },
    ],
    [
      'unchanged by a 304',
      [
        [0, 1],
        [40, 304],
        [90, 304],
      ],
      { count: 2, same: 2, unchangedS: seconds(90) },
    ],
    [
      'changed',
      [
        [0, 1],
        [40, 2],
        [50, 3],
      ],
      { count: 2, same: 0, changed: 2, changedWithinS: seconds(10), unchangedS: seconds(0) },
    ],
    [
      'unchanged, then changed',
      [
        [0, 1],
        [40, 1],
        [100, 2],
      ],
      { same: 1, changed: 1, unchangedS: seconds(40), changedWithinS: seconds(60) },
    ],
  ])('repeats: %s', (_, reads, expected) => {
    const exchanges = reads.map(([at, body]): [string, Written] => [
      '/api/a',
      body === 304 ? { at, status: 304 } : { at, body },
    ])
    expect(routeOf(findings(...exchanges), '/api/a').repeats).toMatchObject(expected)
  })

  it('a change after a write of the app is not one by itself, and the write is named', () => {
    const found = findings(
      ['/api/till', { body: 1 }],
      ['/api/brands', { body: 1 }],
      ['/api/sales', { method: 'POST', sends: {}, status: 201 }],
      ['/api/till', { body: 2 }],
      ['/api/brands', { body: 1 }],
    )
    expect(routeOf(found, '/api/till').repeats).toMatchObject({ count: 1, same: 0, changed: 0 })
    expect(found.writes).toEqual([
      { match: 'POST /api/sales', requests: 1, statuses: { 201: 1 }, changed: [{ match: '/api/till', times: 1 }] },
    ])
  })

  it('what changes by itself is no effect of a write, nor is what hardly ever follows it', () => {
    const write: [string, Written] = ['/api/sales', { method: 'POST', sends: {} }]
    const other: [string, Written] = ['/api/notes', { method: 'POST', sends: {} }]
    const clock = [1, 2, 3].flatMap((body): [string, Written][] => [['/api/clock', { body }]])
    const found = findings(...clock, write, ['/api/clock', { body: 4 }])
    expect(found.writes).toMatchObject([{ changed: [] }])
    const stock = (body: number): [string, Written] => ['/api/stock', { body }]
    const seldom = findings(stock(1), write, other, stock(1), write, other, stock(1), write, other, stock(2))
    expect(seldom.writes).toMatchObject([{ changed: [] }, { changed: [] }])
    const often = findings(stock(1), write, other, stock(2), write, other, stock(3), other, stock(3))
    expect(often.writes.map(({ changed }) => changed.length)).toEqual([1, 1])
  })

  it('goes by the tags of the server where the recorder has left out bodies, and says so', () => {
    const answer = (at: number, etag?: string): [string, Written] => [
      '/api/a',
      { at, body: null, ...(etag !== undefined && { says: { etag } }) },
    ]
    const found = findings(answer(0, '"1"'), answer(40, '"1"'), answer(60, '"2"'))
    expect(found.lacksBodies).toBe(true)
    expect(routeOf(found, '/api/a').repeats).toMatchObject({ same: 1, changed: 1, unchangedS: 40 })
    expect(routeOf(findings(answer(0), answer(40)), '/api/a').repeats.count).toBe(0)
    expect(findings(['/api/a'], answer(5)).lacksBodies).toBe(false)
  })

  it('what the browser answered by itself says nothing of the origin', () => {
    const found = findings(['/api/a', { at: 0, body: 1 }], ['/api/a', { at: 500, body: 1, isFromCache: true }])
    expect(routeOf(found, '/api/a').repeats.count).toBe(0)
  })
})

describe('sessions', () => {
  it.each<[string, string, Written, string, string]>([
    ['a sign-in by its path', '/api/login', { method: 'POST' }, 'POST /api/login', 'sign-in'],
    [
      'a sign-in by its answer',
      '/api/enter',
      { method: 'POST', body: { token: 'abcdefgh12' } },
      'POST /api/enter',
      'sign-in',
    ],
    ['a form with a password', '/enter', { method: 'POST', sends: 'name=ada&password=x' }, 'POST /enter', 'sign-in'],
    [
      'JSON with a password',
      '/enter',
      { method: 'POST', sends: { user: 'ada', Passwd: 'x' } },
      'POST /enter',
      'sign-in',
    ],
    ['a session of CouchDB', '/_session', { method: 'POST' }, 'POST /_session', 'sign-in'],
    ['its end', '/_session', { method: 'DELETE' }, 'DELETE /_session', 'sign-out'],
    ['a session that is made', '/api/session', { method: 'POST' }, 'POST /api/session', 'sign-in'],
    ['a session that is deleted', '/api/session', { method: 'DELETE', status: 204 }, 'DELETE /api/session', 'sign-out'],
    ['a sign-out', '/api/auth/logout', { method: 'POST' }, 'POST /api/auth/logout', 'sign-out'],
    ['a sign-out by a link', '/logout', { by: 'document' }, 'GET /logout', 'sign-out'],
    [
      'a renewal',
      '/api/auth/refresh',
      { method: 'POST', body: { token: 'abcdefgh12' } },
      'POST /api/auth/refresh',
      'token',
    ],
    ['a CSRF token', '/api/csrf-token', {}, '/api/csrf-token', 'token'],
    ['the form of a sign-in', '/auth/login', {}, '/auth/login', 'token'],
    ['who is signed in', '/api/session', {}, '/api/session', 'token'],
    ['a read that gives a token', '/api/boot', { body: { accessToken: 'abcdefgh12' } }, '/api/boot', 'token'],
  ])('%s', (_, url, written, match, kind) => {
    const found = findings([url, written])
    expect(found.sessions.map((each) => [each.match, each.kind])).toEqual([[match, kind]])
    expect(found.routes).toEqual([])
    expect(found.writes).toEqual([])
  })
})
