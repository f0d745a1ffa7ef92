import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConfig } from './check.ts'
import { patternCovers } from './compiled.fixture.ts'
import { isDenied } from './denied.ts'
import { formatProblem } from './kind.ts'
import { parsePattern } from './pattern.ts'

/** What the check says about a config that is right but for these options. */
const checked = (options: object) =>
  checkConfig({ version: '1', identity: 'none', routes: [], ...options }, 'freshlayer.config.ts')
const problemsOf = (options: object): string[] => checked(options).problems.map(formatProblem)
/** The warnings but for the one about a route that meets every page. */
const warningsOf = (options: object): string[] =>
  checked(options)
    .warnings.map(formatProblem)
    .filter((said) => !said.includes('pages too'))

const signIn = (match: string | readonly string[]) => [{ match, session: 'sign-in' }]

describe('a page of a sign-in', () => {
  const ofPage = (write: object, navigation = {}): { problems: string[]; warnings: string[] } => {
    const options = { shell: '/index.html', navigation, writes: [write] }
    return { problems: problemsOf(options), warnings: warningsOf(options) }
  }

  it('that a link loads is kept from stored documents, and the check says how', () => {
    expect(ofPage({ match: 'GET /leave', session: 'sign-out' })).toEqual({
      problems: [
        "writes[0].match: 'GET /leave' given, expected '/leave' in navigation.exclude as well: else a stored document answers for this page when the network is slow",
      ],
      warnings: [],
    })
  })

  it('to which a form may post, or `fetch`, is only warned of', () => {
    expect(ofPage({ match: 'POST /enter', session: 'sign-in' })).toEqual({
      problems: [],
      warnings: [
        "writes[0].match: 'POST /enter' given, expected '/enter' in navigation.exclude as well, if an HTML form posts to it: else a stored document answers for its page when the network is slow",
      ],
    })
    expect(ofPage({ match: '/enter', session: 'sign-in' }).warnings).toHaveLength(1)
  })

  it.each(['DELETE /session', 'PUT /session', 'PATCH /session'])('is not what only `fetch` sends: %s', (match) => {
    expect(ofPage({ match, session: 'sign-out' })).toEqual({ problems: [], warnings: [] })
  })

  it.each<[string, string, readonly string[], boolean]>([
    ['is refused where nothing keeps it', 'GET /enter', [], true],
    ['is refused below a first segment that says nothing', 'GET /de/login', [], true],
    ['is refused where only the beginning of a segment is denied', 'GET /login-with-mail', [], true],
    ['is refused where a parameter may be a page', 'GET /:page', [], true],
    ['is refused where it is a document', 'GET /enter.html', [], true],
    ['is refused where another page is excluded', 'GET /enter', ['/entry'], true],
    ['is refused where only a part of its pages is excluded', 'GET /enter/:by', ['/enter/mail'], true],
    ['is refused where another origin is excluded', 'GET /enter', ['https://b.example/enter'], true],
    ['passes by its own exclusion', 'GET /enter', ['/entry', '/enter'], false],
    ['passes by a wider exclusion', 'GET /enter/now', ['/enter/**'], false],
    ['passes by a parameter under another name', 'GET /enter/:by', ['/enter/:how'], false],
    ['passes by an exclusion of all its parameters', 'GET /enter/:by', ['/enter/*'], false],
    ['passes by the built-in list', 'GET /login', [], false],
    ['passes by the built-in list, with a parameter', 'GET /auth/:by/callback', [], false],
    ['passes by the built-in list, with the rest of a path', 'GET /oauth2/**', [], false],
    ['passes in the API', 'GET /api/session', [], false],
    ['passes as a file that no page has', 'GET /enter.php', [], false],
    ['passes on another origin', 'GET https://b.example/enter', [], false],
  ])('%s', (_, match, exclude, isRefused) => {
    for (const session of ['sign-in', 'sign-out']) {
      expect(ofPage({ match, session }, { exclude }).problems).toHaveLength(isRefused ? 1 : 0)
      expect(ofPage({ match: match.replace('GET', 'POST'), session }, { exclude }).warnings).toHaveLength(
        isRefused ? 1 : 0,
      )
    }
  })

  it('is named by its place in a list', () => {
    expect(ofPage({ match: ['POST /login', 'GET /leave'], session: 'sign-out' }).problems).toEqual([
      expect.stringMatching(/^writes\[0\]\.match\[1\]: 'GET \/leave' given, expected '\/leave' in navigation\.exclude/),
    ])
  })

  it('is the concern of writes that sign in or out', () => {
    expect(ofPage({ match: 'POST /enter', invalidates: [] })).toEqual({ problems: [], warnings: [] })
  })

  it.each<[string, object, number]>([
    ['no document is stored', {}, 0],
    ['none of the documents that the server makes is kept', { navigation: { offline: 0 } }, 0],
    ['the app has a shell', { shell: '/index.html' }, 1],
    ['the documents that the server makes are kept', { navigation: { offline: '7d' } }, 1],
  ])('may be answered from store where %s', (_, options, problems) => {
    expect(problemsOf({ ...options, writes: signIn('GET /enter') })).toHaveLength(problems)
    expect(warningsOf({ ...options, writes: signIn('POST /enter') })).toHaveLength(problems)
  })

  it('is not the probe, which the worker sends by `fetch`', () => {
    const identity = { by: ['echo'], echo: 'X-User', probe: '/whoami?full=1' }
    const options = { identity, shell: '/index.html' }
    expect([problemsOf(options), warningsOf(options)]).toEqual([[], []])
  })
})

describe('an app below a path, as its shell shows', () => {
  const below = { shell: '/app/index.html' }

  it('has its sign-ins there, which need no exclusion', () => {
    const writes = [{ match: 'GET /app/logout', session: 'sign-out' }]
    expect(problemsOf({ ...below, writes })).toEqual([])
    expect(problemsOf({ shell: '/index.html', writes })).toHaveLength(1)
    expect(problemsOf({ ...below, writes: [{ match: 'GET /other/logout', session: 'sign-out' }] })).toHaveLength(1)
  })

  it('is told of a route that answers them from store', () => {
    const routes = [{ match: '/app/**', fresh: '1h' }]
    expect(problemsOf({ ...below, routes })[0]).toContain("(as it is, '/app/auth/callback', a path of a sign-in")
    expect(problemsOf({ shell: '/index.html', routes })).toEqual([])
  })
})

describe('the built-in list', () => {
  it('holds for every path of a pattern for which it holds', () => {
    const literal = fc.constantFrom('auth', 'api', '.well-known', 'a', 'x.html')
    const open = fc.constantFrom('auth*', ':x', '*', '*.pdf', ':x.js', 'a.:x', 'a.js*', '*.htm')
    const segment = fc.oneof(literal, open)
    const value = fc.constantFrom('a', 'auth', 'pdf', 'a.pdf', '.html', 'x-y')
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '/**'),
        fc.array(value, { minLength: 8, maxLength: 8 }),
        (segments, rest, values) => {
          const text = `/${segments.map((part, at) => part.replace(':x', `:x${at}`)).join('/')}${rest}`
          const pattern = parsePattern(text)
          fc.pre(pattern !== 'invalid' && isDenied(pattern.path, '/'))
          const pathname = text
            .replace(/:\w+|\*(?!\*)/g, () => values.pop() ?? 'a')
            .replace('/**', () => (values.length % 2 === 0 ? '' : '/a'))
          fc.pre(patternCovers(text, { origin: '', sameOrigin: true, pathname }))
          expect(isDenied(pathname, '/')).toBe(true)
        },
      ),
      { numRuns: 3000, maxSkipsPerRun: 1000 },
    )
  })
})

describe('a path of a sign-in', () => {
  it('is not answered from store by a route for everything', () => {
    expect(problemsOf({ routes: [{ match: '/a' }, { match: '/**', fresh: '1h' }] })).toEqual([
      "routes[1].match: '/**' given, expected a narrower pattern, or a rule before it: { match: ['/auth/**', '/oauth/**', '/oauth2/**', '/sso/**', '/saml/**', '/.well-known/**', '/login', '/logout', '/signin', '/callback'], preset: 'network-only' } (as it is, '/auth/callback', a path of a sign-in, is answered from store)",
    ])
  })

  const ofPath = (path: string): string => `{ match: '${path}', preset: 'network-only' }`

  it.each<[string, object, string | undefined]>([
    ['a route for a file type', { match: '/*.json', fresh: '1h' }, undefined],
    ['a route that lets the origin say', { match: '/auth/**' }, undefined],
    ['a route that asks each time', { match: '/auth/**', preset: 'network-first' }, undefined],
    ['a route that asks each time but offline', { match: '/auth/**', fresh: 0, stale: 0, offline: '7d' }, undefined],
    ['a route that names it', { match: '/login', fresh: '1h' }, undefined],
    ['a route that names it and more', { match: ['/signin', '/*in'], fresh: '1h' }, ofPath('/login')],
    ['a route that names it for another method', { match: ['POST /login', '/log*n'], fresh: '1h' }, ofPath('/login')],
    ['a route for reads that carry a body', { match: 'POST /**', fresh: '1h' }, undefined],
    ['a route with a query that none has', { match: '/**', query: { draft: true }, fresh: '1h' }, undefined],
    ['a route for another origin', { match: 'https://b.example/**', fresh: '1h' }, undefined],
    ['a star', { match: '/oauth/*', fresh: '1h' }, ofPath('/oauth/callback')],
    ['a star beside other text', { match: '/.well-known/openid-*', fresh: '1h' }, '/.well-known/openid-configuration'],
    ['a parameter', { match: '/:locale/acs', fresh: '1h' }, ofPath('/saml/**')],
    ['a window beyond what the origin says', { match: '/sso/*', stale: '1d' }, ofPath('/sso/x')],
    ['a window without end', { match: '/sso/:id', fresh: 'forever', stale: 0 }, ofPath('/sso/x')],
    ['a preset', { match: '/log*', preset: 'cache-first' }, "match: ['/login', '/logout']"],
    ['a GET alone', { match: 'GET /oauth2/**', fresh: '1h' }, ofPath('/oauth2/callback')],
  ])('and %s', (_, route, remedy) => {
    expect(problemsOf({ routes: [route] })).toEqual(remedy === undefined ? [] : [expect.stringContaining(remedy)])
  })

  it('is answered from store by windows of the defaults, unless the route has its own', () => {
    const defaults = { fresh: '5m' }
    expect(problemsOf({ defaults, routes: [{ match: '/login*' }] })).toHaveLength(1)
    expect(problemsOf({ defaults, routes: [{ match: '/login*', fresh: 'http' }] })).toEqual([])
  })

  it('is answered by each pattern at its place', () => {
    expect(problemsOf({ routes: [{ match: ['/a', '/log*', '/sso/*'], fresh: '1h' }] })).toEqual([
      expect.stringMatching(/^routes\[0\]\.match\[2\]: .*match: '\/sso\/x', /),
      expect.stringMatching(/^routes\[0\]\.match\[1\]: .*match: \['\/login', '\/logout'\], .*'\/login', a path/),
    ])
  })

  it('is left to the first route that matches it', () => {
    const routes = [
      { match: '/login', preset: 'network-only' },
      { match: '/log*', fresh: '1h' },
    ]
    expect(problemsOf({ routes })).toEqual([expect.stringContaining(ofPath('/logout'))])
  })

  it.each(['/**', '/:page', '/:one/:two', '/auth/**', '/oauth2/*', '/s*/*'])(
    'is safe from %s behind the route that the check proposes',
    (match) => {
      const route = { match, fresh: '1h' }
      const [said = ''] = problemsOf({ routes: [route] })
      const [, proposed = ''] = /\{ match: (.*?), preset/.exec(said) ?? []
      const paths = [...proposed.matchAll(/'([^']+)'/g)].map(([, path = '']) => path)
      expect(paths).not.toEqual([])
      expect(problemsOf({ routes: [{ match: paths, preset: 'network-only' }, route] })).toEqual([])
    },
  )

  it('in the API is warned of, not refused', () => {
    const options = { routes: [{ match: '/api/**', fresh: '1h' }] }
    expect(problemsOf(options)).toEqual([])
    expect(warningsOf(options)).toEqual([
      "routes[0].match: '/api/**' given, expected a narrower pattern, or a rule before it: { match: ['/api/auth/**', '/api/csrf*', '/api/xsrf*', '/api/sanctum/**', '/api/antiforgery/**'], preset: 'network-only' } (as it is, '/api/auth/session', a path of a sign-in, is answered from store)",
    ])
    const spared = {
      match: ['/api/auth/**', '/api/csrf*', '/api/xsrf*', '/api/sanctum/**', '/api/antiforgery/**'],
      preset: 'network-only',
    }
    expect(warningsOf({ routes: [spared, ...options.routes] })).toEqual([])
    expect(warningsOf({ routes: [{ match: '/api/**' }] })).toEqual([])
  })

  it.each<[string, object, string | undefined]>([
    ['is refused in the API as well', { writes: signIn('POST /api/session') }, ofPath('/api/session')],
    ['is refused with its parameters', { writes: signIn('POST /api/enter/:by') }, ofPath('/api/enter/:by')],
    ['is refused with the rest of its path', { writes: signIn('/api/enter/**') }, ofPath('/api/enter/**')],
    [
      'is refused when it is the probe',
      { identity: { by: ['echo'], echo: 'X-User', probe: '/api/me?full=1' } },
      ofPath('/api/me'),
    ],
    [
      'may be written to by a write that neither signs in nor out',
      { writes: [{ match: 'POST /api/session' }] },
      undefined,
    ],
    ['may be elsewhere', { writes: signIn('POST /api2/session') }, undefined],
    ['may be of another origin', { writes: signIn('POST https://b.example/api/session') }, undefined],
  ])('that the config names %s', (_, options, remedy) => {
    const said = problemsOf({ routes: [{ match: '/api/**', fresh: '1h' }], ...options })
    expect(said).toEqual(remedy === undefined ? [] : [expect.stringContaining(remedy)])
  })

  it('that the config names on another origin is refused there', () => {
    const writes = signIn('POST https://b.example/v1/enter')
    expect(problemsOf({ routes: [{ match: 'https://b.example/v1/**', fresh: '1h' }], writes })).toEqual([
      expect.stringContaining(ofPath('https://b.example/v1/enter')),
    ])
    expect(problemsOf({ routes: [{ match: '/v1/**', fresh: '1h' }], writes })).toEqual([])
  })

  it.each(['/api/enter/:by', '/api/enter/:how'])('that the config names may be named by a route: %s', (match) => {
    expect(problemsOf({ routes: [{ match, fresh: '1h' }], writes: signIn('POST /api/enter/:by') })).toEqual([])
  })

  it('is asked of a query that comes with it', () => {
    const identity = { by: ['echo'], echo: 'X-User', probe: '/api/me?full=1' }
    const routes = [{ match: '/api/**', query: { full: '1' }, fresh: '1h' }]
    expect(problemsOf({ identity, routes })).toHaveLength(1)
    expect(problemsOf({ identity: { ...identity, probe: '/api/me' }, routes })).toEqual([])
  })
})

describe('a path that hands out CSRF tokens', () => {
  const spared = { match: ['/api/auth/**', '/v1/auth/**'], preset: 'network-only' }
  const ofRoute = (match: string, options: object = { fresh: '1h' }): string[] =>
    warningsOf({ routes: [spared, { match, ...options }] })

  it('is warned of where a route for all data answers it from store', () => {
    expect(ofRoute('/api/**')).toEqual([
      "routes[1].match: '/api/**' given, expected a narrower pattern, or a rule before it: { match: ['/api/csrf*', '/api/xsrf*', '/api/sanctum/**', '/api/antiforgery/**'], preset: 'network-only' } (as it is, '/api/csrf', a path that hands out CSRF tokens, is answered from store)",
    ])
  })

  it.each<[string, string | undefined]>([
    ['/v1/*', "match: ['/v1/csrf*', '/v1/xsrf*']"],
    ['/:any', "match: ['/csrf*', '/xsrf*']"],
    ['/api/csrf*', "match: ['/api/csrf', '/api/csrf-token', '/api/csrftoken', '/api/csrf-cookie']"],
    ['https://b.example/api/v2/:any', "match: ['https://b.example/api/v2/csrf*', 'https://b.example/api/v2/xsrf*']"],
    ['/sanctum/*', undefined],
    ['/api/products/**', undefined],
    ['/api/csrf-token', undefined],
  ])('below %s', (match, remedy) => {
    expect(ofRoute(match)).toEqual(remedy === undefined ? [] : [expect.stringContaining(remedy)])
  })

  it('may be stored for offline use alone, and where the origin says so', () => {
    expect(ofRoute('/api/**', { fresh: 0, stale: 0, offline: '7d' })).toEqual([])
    expect(ofRoute('/api/**', {})).toEqual([])
  })
})

describe('a read by POST that renews a token', () => {
  const said = (match: string, options: object): string[] => warningsOf({ routes: [{ match, ...options }] })

  it('may be answered offline', () => {
    const match = 'POST /auth/refresh'
    for (const options of [{ fresh: 0, stale: 0, offline: '7d' }, { preset: 'network-first', stale: 0 }, {}]) {
      expect([problemsOf({ routes: [{ match, ...options }] }), said(match, options)]).toEqual([[], []])
    }
  })

  it.each<[string, string]>([
    ['POST /auth/refresh', '/auth/refresh'],
    ['POST /api/v2/auth/refresh', '/api/v2/auth/refresh'],
    ['POST /api/**', '/api/auth/refresh'],
    ['POST /auth/*', '/auth/refresh'],
    ['POST https://b.example/token/refresh', 'https://b.example/token/refresh'],
  ])('is warned of where a stored token is answered in place of a new one: %s', (match, path) => {
    expect(said(match, { fresh: '5m' })).toEqual([
      `routes[0].match: '${match}' given, expected fresh: 0 and stale: 0 for '${path}', which renews a token: a stored token is answered in place of a new one (offline it may be)`,
    ])
  })

  it('is no other read by POST, nor one that an earlier route matches', () => {
    expect(said('POST /api/search', { fresh: '5m' })).toEqual([])
    expect(
      warningsOf({
        routes: [
          { match: 'POST /auth/*', fresh: 0, stale: 0, offline: '7d' },
          { match: 'POST /auth/**', fresh: '5m' },
        ],
      }),
    ).toEqual([])
  })
})
