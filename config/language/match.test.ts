import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { compiled as compile, patternCovers } from './compiled.fixture.ts'
import type { Route, Write } from './options.ts'
import type { Invalidates, Match, RequestLine, WriteMatch } from './rule.ts'
import { fillPlaces } from './template.ts'

const APP = 'https://shop.example'

function line(request: string): RequestLine {
  const [method = '', href = ''] = request.split(' ')
  const { origin, pathname, search } = new URL(href, APP)
  return { method, origin, sameOrigin: origin === APP, pathname, search }
}

const compiled = (routes: readonly Route[], writes: readonly Write[] = []) =>
  compile({ version: '1', identity: 'none', routes, writes })

const matchOf = (routes: readonly Route[], request: string, writes: readonly Write[] = []): Match | undefined =>
  compiled(routes, writes).match(line(request))

/** The name of the matched rule, or the kind of the result. */
const nameOf = (match: Match | undefined): string =>
  match === undefined ? 'none' : match.kind === 'read' ? match.rule.name : `write ${match.rule.name}`

describe('a link that signs in or out', () => {
  const writes: Write[] = [
    { match: 'POST /api/sales' },
    { match: 'GET /api/logout', session: 'sign-out' },
    { match: ['/api/leave', 'GET /api/leave/:how'], session: 'sign-out' },
  ]

  // A build refuses such rules. A worker and a page that take theirs at runtime have no build.
  it.each([
    ['GET /api/logout', 'write GET /api/logout'],
    ['GET /api/leave/now', 'write /api/leave, GET /api/leave/:how'],
    ['GET /api/leave', '/api/**'],
    ['HEAD /api/logout', '/api/**'],
    ['GET /api/sales', '/api/**'],
    ['POST /api/leave', 'write /api/leave, GET /api/leave/:how'],
  ])('%s is %s, though a route reads all', (request, expected) => {
    expect(nameOf(matchOf([{ match: '/api/**' }], request, writes))).toBe(expected)
  })
})

describe('a read', () => {
  it.each<[string, string, string[] | Route[], string]>([
    ['meets the first rule in order, not the narrowest', 'GET /a/b', ['/a/**', '/a/b'], '/a/**'],
    ['meets the first rule in order among open ones', 'GET /a/b', ['/a/:x', '/:y/b', '/a/b'], '/a/:x'],
    ['meets the first rule in order whatever its shape', 'GET /a/b', ['/c', '/:y/b', '/a/:x'], '/:y/b'],
    ['meets a later rule where the first does not match', 'GET /a/c', ['/a/b', '/a/:x'], '/a/:x'],
    ['meets no rule whose open segment says otherwise', 'GET /a.csv', ['/*.json'], 'none'],
    ['meets no rule where none matches', 'GET /b', ['/a'], 'none'],
    ['is GET without a method', 'GET /a', ['/a'], '/a'],
    ['is HEAD without a method', 'HEAD /a', ['/a'], '/a'],
    ['is only the method that is named', 'HEAD /a', ['GET /a'], 'none'],
    ['is a POST where a rule says so', 'POST /search', ['POST /search'], 'POST /search'],
    ['is none of the other methods', 'OPTIONS /a', ['/a'], 'none'],
    ['is of this origin', 'GET https://api.example.com/a', ['/a'], 'none'],
    [
      'is of another origin by full URL',
      'GET https://api.example.com/a',
      ['/a', 'https://api.example.com/*'],
      'https://api.example.com/*',
    ],
    ['meets the first rule in order across origins', 'GET /a', ['/*', 'https://shop.example/a'], '/*'],
    [
      'meets the first rule in order across origins, either way',
      'GET /a',
      ['https://shop.example/a', '/*'],
      'https://shop.example/a',
    ],
    ['meets a rule by any of its patterns', 'GET /b', [{ match: ['/a', '/b'] }], '/a, /b'],
    ['meets a rule for the same path in another encoding', 'GET /%7Ea', ['/~a'], '/~a'],
    ['meets a rule that is written in another encoding', 'GET /~a/x%2fy', ['/%7ea/x%2Fy'], '/%7ea/x%2Fy'],
    ['meets no rule for a path that is another one decoded', 'GET /a%2Fb', ['/a/b'], 'none'],
    ['goes by the name of its rule', 'GET /a', [{ match: '/a', name: 'first' }], 'first'],
  ])('%s', (_, request, routes, expected) => {
    const list = routes.map((route) => (typeof route === 'string' ? { match: route } : route))
    expect(nameOf(matchOf(list, request))).toBe(expected)
  })

  it.each<[string, Record<string, string | boolean>, string, boolean]>([
    ['a value that is there', { view: 'full' }, '?page=1&view=full', true],
    ['a value that is another', { view: 'full' }, '?view=fuller', false],
    ['a value among several of the name', { view: 'full' }, '?view=a&view=full', true],
    ['a value in encoded form', { q: 'a b=ü' }, '?q=a+b%3D%C3%BC', true],
    ['an equals sign in a value', { q: 'a=b' }, '?q=a=b', true],
    ['an empty value', { q: '' }, '?q', true],
    ['any value', { view: true }, '?view=', true],
    ['any value, where the name is absent', { view: true }, '?page=1', false],
    ['absence', { view: false }, '?page=1', true],
    ['absence, where the name is there', { view: false }, '?view', false],
    ['absence without a query', { view: false }, '', true],
    ['all of several', { a: true, b: '1' }, '?a&b=2', false],
    ['malformed encoding', { a: '%' }, '?%zz&a=%', true],
  ])('meets a query condition: %s', (_, query, search, expected) => {
    expect(matchOf([{ match: '/a', query }], `GET /a${search}`) !== undefined).toBe(expected)
  })

  it('meets the next rule where the query condition of the first does not hold', () => {
    const routes = [{ match: '/a', query: { view: 'full' }, name: 'full' }, { match: '/a' }]
    expect(nameOf(matchOf(routes, 'GET /a?view=full'))).toBe('full')
    expect(nameOf(matchOf(routes, 'GET /a'))).toBe('/a')
  })

  it.each<[string, string | string[], string[], string, string[]]>([
    ['by name', '/p/:id/v/:vid', ['{vid}', '{id}'], '/p/7/v/8', ['8', '7']],
    ['decoded', '/p/:id', ['p:{id}'], '/p/a%20b%2Fc', ['p:a b/c']],
    ['as they came when the encoding is malformed', '/p/:id', ['{id}'], '/p/a%zz', ['a%zz']],
    ['beside other text', '/p/:id.json', ['{id}'], '/p/7.json', ['7']],
    ['of the pattern that matched, or is left out', ['/p', '/p/:id'], ['ps', 'p:{id}'], '/p', ['ps']],
    [
      'under names that objects know otherwise',
      '/p/:__proto__/:constructor',
      ['{__proto__}', '{constructor}'],
      '/p/1/2',
      ['1', '2'],
    ],
  ])('has tags with its parameters %s', (_, match, tags, path, expected) => {
    expect(matchOf([{ match, tags }], `GET ${path}`)).toMatchObject({ tags: expected })
  })

  it('leaves out a hole named like something every object has', () => {
    expect(matchOf([{ match: '/p', tags: ['{constructor}'] }], 'GET /p')).toMatchObject({ tags: [] })
  })

  it('never throws for a request, whatever its path', () => {
    const { match } = compiled([
      { match: '/p/:id/*.x/**', tags: ['{id}'] },
      { match: '/**', query: { a: '1' } },
    ])
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom('GET', 'POST'), (path, search, method) => {
        match({ method, origin: APP, sameOrigin: true, pathname: `/p/${path}`, search })
      }),
    )
  })
})

/** All that a write invalidates, with holes filled in. */
const invalidatedBy = ({ rule, params, tags }: WriteMatch): Invalidates => ({
  tags,
  ...fillPlaces(rule.invalidates, params),
})

describe('the parameters of a match', () => {
  const routes: Route[] = [
    { match: ['/api/products', '/api/products/:id'], query: { x: false } },
    { match: '/api/:any/:id' },
  ]
  const writes: Write[] = [{ match: 'PATCH /api/products/:product' }]

  it.each<[rule: string, request: string, params: Record<string, string>]>([
    ['are those of a read’s pattern', 'GET /api/products/7', { id: '7' }],
    ['are none for a pattern without', 'GET /api/products', {}],
    ['are as the URL has them', 'GET /api/products/a%20b', { id: 'a%20b' }],
    ['are in the normal form of their encoding', 'GET /api/products/%7E%61%2f', { id: '~a%2F' }],
    ['are those of a write’s pattern', 'PATCH /api/products/7', { product: '7' }],
    ['are those of the first route, for a write without an entry', 'PUT /api/products/7', { id: '7' }],
  ])('%s', (_rule, request, params) => {
    expect({ ...matchOf(routes, request, writes)?.params }).toEqual(params)
  })

  it('come with the rule that has them, of a write as of a read', () => {
    for (const method of ['GET', 'PATCH', 'PUT']) {
      const match = matchOf(routes, `${method} /api/products/7`, writes)
      expect(Object.keys(match ?? {})).toEqual(['kind', 'rule', 'params', 'tags'])
    }
  })
})

describe('the order of rules', () => {
  const segment = fc.constantFrom('a', 'b', ':x', '*', '*.b', '')
  const path = fc.array(segment, { minLength: 1, maxLength: 3 })
  const pattern = fc
    .tuple(path, fc.boolean())
    .map(([parts, rest]) => `/${parts.map((part, at) => part.replace(':x', `:x${at}`)).join('/')}${rest ? '/**' : ''}`)
  const asked = fc.array(fc.constantFrom('a', 'b', 'a.b', ''), { minLength: 1, maxLength: 4 })

  it('decides like asking one rule after the other', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), asked, (patterns, parts) => {
        const request = `GET ${APP}/${parts.join('/')}`
        const one = patterns.findIndex((match) => patternCovers(match, line(request)))
        const all = matchOf(
          patterns.map((match) => ({ match })),
          request,
        )
        expect(all?.kind === 'read' ? all.rule.index : -1).toBe(one)
      }),
    )
  })
})

/** A config like an app's: entities with a list, an item and a part each, a wildcard, and a catch-all at its end. */
const routesOf = (entities: number): Route[] => [
  ...Array.from({ length: entities }, (_, at) => [
    { match: `/api/entity-${at}`, query: { draft: false } },
    { match: `/api/entity-${at}/:id` },
    { match: `/api/entity-${at}/:id/parts` },
    { match: `/:tenant/entity-${at}/*.json` },
    { match: `/files-${at}/**` },
  ]).flat(),
  { match: '/api/**' },
]

/** How many lookups and comparisons one match costs. */
function work(entities: number, request: string): number {
  const { match } = compiled(routesOf(entities))
  const asked = line(request)
  const lookups = vi.spyOn(Map.prototype, 'get')
  const tests = vi.spyOn(RegExp.prototype, 'exec')
  const plain = vi.spyOn(RegExp.prototype, 'test')
  match(asked)
  const count = lookups.mock.calls.length + tests.mock.calls.length + plain.mock.calls.length
  vi.restoreAllMocks()
  return count
}

describe('the work of a match', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each([
    'GET /api/entity-1',
    'GET /api/entity-1/7',
    'POST /api/entity-1/7/parts',
    'GET /acme/entity-1/a.json',
    'GET /other',
    'GET /api/other/x',
  ])('is the same for 500 rules as for 10: %s', (request) => {
    expect(work(2, request)).toBeGreaterThan(0)
    expect(work(100, request)).toBe(work(2, request))
  })
})

describe('a write', () => {
  const products: Route[] = [
    { match: '/api/products/:id', tags: ['products', 'product:{id}'] },
    { match: '/api/products', tags: ['products'], query: { view: 'full' } },
    { match: '/api/products', tags: ['lists'] },
  ]

  const invalidates = (request: string, writes: readonly Write[] = []) => {
    const match = matchOf(products, request, writes)
    return match?.kind === 'write' ? invalidatedBy(match) : match?.kind
  }

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is %s', (method) => {
    expect(matchOf([], `${method} /x`, [{ match: '/x', invalidates: ['t'] }])?.kind).toBe('write')
  })

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH', 'PRI'])(
    'is never %s, which is safe (RFC 9110 §9.2.1)',
    (method) => {
      const writes = [{ match: '/api/products', invalidates: ['t'] }]
      expect(matchOf([], `${method} /api/products`, writes)).toBeUndefined()
      expect(matchOf([{ match: 'POST /api/products', tags: ['t'] }], `${method} /api/products`)).toBeUndefined()
    },
  )

  it('is no QUERY at a path that a route reads by GET', () => {
    expect(matchOf(products, 'QUERY /api/products')).toBeUndefined()
  })

  it.each(['PURGE', 'LINK', 'PROPPATCH', 'MERGE', 'patch'])(
    'is %s, which is not known to be safe, and ends the tags of the route (RFC 9111 §4.4)',
    (method) => {
      expect(matchOf(products, `${method} /api/products/7`)).toMatchObject({
        kind: 'write',
        tags: ['products', 'product:7'],
      })
    },
  )

  it('is what a route reads too, where the caller knows that this request is none', () => {
    const { match } = compiled([{ match: 'POST /graphql', reads: 'graphql', tags: ['votes'] }])
    expect(match(line('POST /graphql'))?.kind).toBe('read')
    expect(match(line('POST /graphql'), true)).toMatchObject({ kind: 'write', tags: ['votes'] })
    const written = compiled([{ match: 'POST /graphql' }], [{ match: 'POST /graphql', invalidates: ['all'] }])
    expect(written.match(line('POST /graphql'), true)).toMatchObject({ kind: 'write', tags: ['all'] })
  })

  it('is none by an unknown method at a path without a route', () => {
    expect(matchOf(products, 'PURGE /api/session')).toBeUndefined()
  })

  it('is only the method that is named', () => {
    const writes = [{ match: 'POST /x', invalidates: [] }]
    expect(nameOf(matchOf([], 'POST /x', writes))).toBe('write POST /x')
    expect(matchOf([], 'PUT /x', writes)).toBeUndefined()
  })

  it('is none where a route reads by that method', () => {
    expect(matchOf([{ match: 'POST /search' }], 'POST /search', [{ match: '/search', invalidates: ['t'] }])?.kind).toBe(
      'read',
    )
  })

  it('meets the first entry in order', () => {
    const writes = [
      { match: '/x/:id', invalidates: ['one'] },
      { match: 'POST /x/7', invalidates: ['two'] },
    ]
    expect(matchOf([], 'POST /x/7', writes)).toMatchObject({ tags: ['one'] })
  })

  it('has what its entry says by kind, holes filled in, and not the tags of the route', () => {
    const writes: Write[] = [
      {
        match: ['/api/products', '/api/products/:id'],
        invalidates: [
          'stock',
          'p:{id}',
          '/api/till',
          '/api/stock/{id}',
          '/api/a?x={id}',
          '/api/a?x=*',
          '/api/r/{id}/**',
          '/api/r/*?x={id}',
          'https://h:80/{id}',
          'https://h:80/:any',
        ],
      },
    ]
    expect(invalidates('PUT /api/products/a%20b', writes)).toEqual({
      tags: ['stock', 'p:a b'],
      urls: ['/api/till', '/api/stock/a%20b', '/api/a?x=a%20b', 'https://h:80/a%20b'],
      patterns: ['/api/a?x=*', '/api/r/a%20b/**', '/api/r/*?x=a%20b', 'https://h:80/:any'],
    })
    expect(invalidates('POST /api/products', writes)).toEqual({
      tags: ['stock'],
      urls: ['/api/till'],
      patterns: ['/api/a?x=*', 'https://h:80/:any'],
    })
  })

  it('covers at least what it names when a value looks like a pattern', () => {
    const writes: Write[] = [{ match: '/x/:id', invalidates: ['/y/{id}/*'] }]
    expect(invalidates('POST /x/a:b', writes)).toMatchObject({ patterns: ['/y/a*b/*'] })
  })

  it('without an entry ends the tags of the route at its path', () => {
    expect(invalidates('PUT /api/products/7')).toEqual({ tags: ['products', 'product:7'], urls: [], patterns: [] })
  })

  it('without an entry ends the tags of every route whose query condition stands before it', () => {
    expect(invalidates('POST /api/products')).toMatchObject({ tags: ['products', 'lists'] })
  })

  it('without an entry ends no tags of a route after the first without condition', () => {
    const routes: Route[] = [
      { match: '/a', tags: ['one'] },
      { match: '/**', tags: ['two'], query: { x: true } },
    ]
    expect(matchOf(routes, 'POST /a')).toMatchObject({ tags: ['one'], rule: { name: '/a' } })
    expect(matchOf([...routes].toReversed(), 'POST /a')).toMatchObject({ tags: ['two', 'one'] })
  })

  it('without an entry goes by the order of the rules, whatever their shapes', () => {
    const routes: Route[] = [
      { match: '/x' },
      { match: '/:a', tags: ['one'], query: { x: true } },
      { match: '/a', tags: ['two'], query: { y: true } },
    ]
    expect(matchOf(routes, 'POST /a')).toMatchObject({ rule: { name: '/:a' }, tags: ['one', 'two'] })
    const plain = routes.map((route) => (route.match === '/:a' ? { match: '/:a', tags: ['one'] } : route))
    expect(matchOf(plain, 'POST /a')).toMatchObject({ rule: { name: '/:a' }, tags: ['one'] })
  })

  it('without an entry and without a route is not touched', () => {
    expect(matchOf(products, 'POST /api/session')).toBeUndefined()
  })
})
