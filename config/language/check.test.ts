import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CacheError } from '../../sw/core/cache-error.ts'
import { assertConfig } from './assert-config.ts'
import { checkConfig } from './check.ts'
import { compileRules } from './compile.ts'
import { compiled as compile } from './compiled.fixture.ts'
import { formatProblem } from './kind.ts'
import type { Config } from './options.ts'

const FILE = 'freshlayer.config.ts'
const GOOD = { version: '1', identity: 'none', routes: [] }

/** The problems of a config that is valid except for these options. */
const problemsOf = (options: object): string[] => checkConfig({ ...GOOD, ...options }, FILE).problems.map(formatProblem)
const warningsOf = (options: object): string[] => checkConfig({ ...GOOD, ...options }, FILE).warnings.map(formatProblem)
const ofRoute = (route: object): string[] => problemsOf({ routes: [{ match: '/a/:id', ...route }] })

describe('a config', () => {
  it('is accepted with every option in use', () => {
    const config = {
      version: '2',
      identity: { by: ['authorization', 'identify'], partitionOf: (token: string) => token },
      shell: '/index.html',
      navigation: { exclude: ['/admin/**', '/*.pdf'], timeout: '3s', ignoreQuery: ['utm_*'] },
      kill: { url: '/freshlayer-kill.json', gone: true },
      defaults: { fresh: 'http', timeout: 0, ignoreQuery: ['utm_*', '*'] },
      routes: [
        {
          match: ['GET /api/p/:id', 'https://api.example.com:8080/v1/**', 'QUERY /api/q'],
          name: 'p',
          fresh: 0,
          stale: '1.5h',
          offline: 'forever',
          preset: 'network-first',
          retry: 0,
          expects: 'application/ld+json',
          trust: 'http',
          public: true,
          ranges: true,
          onFocus: false,
          onReconnect: false,
          poll: '30s',
          pollHidden: true,
          keyHeaders: ['X-Store-Id'],
          ignoreInDiff: ['serverTime', 'items.*.seenAt'],
          query: { a: 'b', c: true, d: false },
          tags: ['p', 'p:{id}'],
        },
        { match: '/api/p/:id' },
      ],
      writes: [
        {
          match: 'POST /api/p/:id',
          invalidates: [
            (answer: unknown) => [String(answer)],
            'p',
            '/api/p/{id}?x={id}',
            '/api/:any/**',
            'https://api.example.com:8080/v1/x',
          ],
          name: 'w',
        },
        {
          match: ['POST /api/q', 'PATCH /api/q/:id'],
          invalidates: ['p'],
          offline: 'queue',
          entity: 'q',
          id: ':id',
          timeout: '2s',
          status: 201,
          idMember: 'uuid',
          versionMember: 'version',
          idempotent: { field: 'X-Key', form: 'plain', keeps: '7d' },
          witness: { url: '/api/q', compare: ['name'], after: '1m' },
          conflict: (base: unknown, mine: unknown, theirs: unknown) => mine ?? theirs ?? base,
          optimistic: (cached: unknown) => cached,
          coalesce: true,
          demand: 'persistent',
        },
      ],
      outbox: {
        lanes: 2,
        quick: 5,
        firstWait: '2s',
        longestWait: '1h',
        giveUpAfter: '30d',
        attemptTimeout: '2m',
        mostWrites: 500,
        budget: '1GB',
      },
    } satisfies Config
    expect(checkConfig(config, FILE)).toEqual({ problems: [], warnings: [] })
    expect(() => assertConfig(config, FILE)).not.toThrow()
  })

  it.each([undefined, null, 1, 'config', [], () => GOOD])('is an object, not %s', (given) => {
    const [problem] = checkConfig(given, FILE).problems
    expect(problem?.path).toBe(FILE)
  })

  it.each(['version', 'identity', 'routes'])('has to have %s', (name) => {
    const { problems } = checkConfig({ ...GOOD, [name]: undefined }, FILE)
    expect(problems).toMatchObject([{ path: name, given: 'nothing' }])
    const { [name]: _, ...rest } = GOOD as Record<string, unknown>
    expect(checkConfig(rest, FILE).problems).toEqual(problems)
  })

  it('is an object, not the promise of one', () => {
    expect(checkConfig(Promise.resolve(GOOD), FILE).problems.map(formatProblem)).toEqual([
      `${FILE}: a promise given, expected export default defineConfig({ version, identity, routes })`,
    ])
  })

  it.each<[string | number, string]>([
    ['2', '2'],
    [2, '2'],
    [1.5, '1.5'],
  ])('has a version, which is a text or a number: %o', (version, stored) => {
    const config: Config = { version, identity: 'none', routes: [] }
    expect(checkConfig(config, FILE).problems).toEqual([])
    expect(compileRules(config).version).toBe(stored)
  })

  it('names the way to tell users apart that is none', () => {
    expect(problemsOf({ identity: { by: ['identify', 'cookie'] } })).toEqual([
      "identity.by[1]: 'cookie' given, expected 'authorization', 'identify' or 'echo' (for a session cookie one of the last two: a worker cannot see cookies)",
    ])
    expect(problemsOf({ identity: { by: [] } })).toEqual([
      "identity.by: an empty list given, expected a list of 'authorization', 'identify' and 'echo', at least one",
    ])
  })

  it('without identity is refused with the choices spelled out', () => {
    const [said] = problemsOf({ identity: undefined })
    for (const choice of [
      "'none'",
      "{ by: ['authorization'] }",
      "{ by: ['identify'] }",
      "{ by: ['authorization', 'identify'] }",
    ]) {
      expect(said).toContain(choice)
    }
  })

  it('is refused with every problem at once', () => {
    const config = { identity: 'none', routes: [{ match: '/a', fresh: '5mins' }, { match: 'b' }] }
    const refuse = () => assertConfig(config, FILE)
    expect(refuse).toThrow(CacheError)
    expect(refuse).toThrow(
      /^freshlayer\.config\.ts was refused:\n {2}version: .*\n {2}routes\[0\]\.fresh: .*\n {2}routes\[1\]\.match: .*\[config-refused\]$/s,
    )
  })

  it('gives the path, the value, the expected value and the closest spelling', () => {
    expect(ofRoute({ fresh: '5mins' })).toEqual([
      "routes[0].fresh: '5mins' given, expected a duration with its unit ('30s', '5m', '2h', '7d'), 0, 'forever' or 'http'. Did you mean '5m'?",
    ])
  })
})

describe('an option', () => {
  it.each([
    ['is known', { rotues: [] }, 'rotues', "'routes'"],
    ['is known by its own name, not one every object has', { constructor: 1 }, 'constructor', undefined],
    ['is left out rather than undefined', { shell: undefined }, 'shell', undefined],
    ['is of its type: version', { version: true }, 'version', undefined],
    ['is a number that stays the same: version', { version: Number.NaN }, 'version', undefined],
    ['is of its type: identity', { identity: 'None' }, 'identity', "'none'"],
    ['is complete: identity', { identity: {} }, 'identity.by', undefined],
    ['has a value: identity', { identity: { by: [] } }, 'identity.by', undefined],
    ['is of its type: a way to tell users apart', { identity: { by: ['cookie'] } }, 'identity.by[0]', undefined],
    [
      'is of its type: partitionOf',
      { identity: { by: ['identify'], partitionOf: 'x' } },
      'identity.partitionOf',
      undefined,
    ],
    ['is of its type: routes', { routes: {} }, 'routes', undefined],
    ['is of its type: a route', { routes: ['/a'] }, 'routes[0]', undefined],
    ['is of its type: a list that is an object', { navigation: [] }, 'navigation', undefined],
    ['is of its type: shell', { shell: 'index.html' }, 'shell', "'/index.html'"],
    ['is of the own origin: shell', { shell: '//cdn.example/index.html' }, 'shell', undefined],
    ['is one document: shell', { shell: '/*' }, 'shell', undefined],
    ['is an object: kill', { kill: '/kill.json' }, 'kill', undefined],
    ['has to be there: kill.url', { kill: {} }, 'kill.url', undefined],
    ['is a path: kill.url', { kill: { url: 'kill.json' } }, 'kill.url', "'/kill.json'"],
    ['is of the own origin: kill.url', { kill: { url: 'https://cdn.example/kill.json' } }, 'kill.url', undefined],
    ['is of its type: kill.gone', { kill: { url: '/kill.json', gone: 404 } }, 'kill.gone', undefined],
    ['is an object: push', { push: '/events' }, 'push', undefined],
    ['has to be there: push.url', { push: {} }, 'push.url', undefined],
    ['is an address: push.url', { push: { url: 'events' } }, 'push.url', "'/events'"],
    ['is a known way: push.via', { push: { url: '/events', via: 'websockets' } }, 'push.via', "'websocket'"],
    ['is a function: push.parse', { push: { url: '/events', parse: 'products' } }, 'push.parse', undefined],
    ['is a list of tags: push.covers', { push: { url: '/events', covers: 'products' } }, 'push.covers', undefined],
    [
      'is of fetch: push.credentials',
      { push: { url: '/e', credentials: 'includes' } },
      'push.credentials',
      "'include'",
    ],
    ['is known: kill', { kill: { url: '/kill.json', gon: true } }, 'kill.gon', "'gone'"],
    ['is a duration: navigation.timeout', { navigation: { timeout: 3000 } }, 'navigation.timeout', undefined],
    [
      'is a name or its beginning: navigation.ignoreQuery',
      { navigation: { ignoreQuery: ['a*b'] } },
      'navigation.ignoreQuery[0]',
      undefined,
    ],
    ['is a pattern: navigation.exclude', { navigation: { exclude: ['admin'] } }, 'navigation.exclude[0]', "'/admin'"],
    [
      'has no method: navigation.exclude',
      { navigation: { exclude: ['GET /admin'] } },
      'navigation.exclude[0]',
      "'/admin'",
    ],
    ['is checked in defaults', { defaults: { retry: '1' } }, 'defaults.retry', undefined],
    ["is a route's own: tags", { defaults: { tags: [] } }, 'defaults.tags', undefined],
    ['has to be there: match', { routes: [{}] }, 'routes[0].match', undefined],
    ['reads with a reading method', { routes: [{ match: 'PUT /a' }] }, 'routes[0].match', undefined],
    ['writes with a writing method', { writes: [{ match: 'GET /a', invalidates: [] }] }, 'writes[0].match', undefined],
    ['signs in or out: session', { writes: [{ match: '/a', session: 'out' }] }, 'writes[0].session', undefined],
    [
      'is named where the backend says whose an answer is: identity.echo',
      { identity: { by: ['echo'] } },
      'identity.echo',
      undefined,
    ],
    ['is a list: identity.by', { identity: { by: 'authorization' } }, 'identity.by', undefined],
    ['is spelled: identity.by', { identity: { by: ['identfy'] } }, 'identity.by[0]', "'identify'"],
    [
      'is a pattern: invalidates',
      { writes: [{ match: '/a', invalidates: ['/api//:id/:id'] }] },
      'writes[0].invalidates[0]',
      undefined,
    ],
    [
      'has no method: invalidates',
      { writes: [{ match: '/a', invalidates: ['GET /api'] }] },
      'writes[0].invalidates[0]',
      "'/api'",
    ],
  ])('%s', (_, options, path, nearest) => {
    const { problems } = checkConfig({ ...GOOD, ...options }, FILE)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ path, ...(nearest !== undefined && { nearest }) })
    expect(problems[0]?.nearest).toBe(nearest)
  })

  it.each([
    ['fresh', 30, undefined],
    ['fresh', '30', undefined],
    ['fresh', '5 minutes', "'5m'"],
    ['fresh', '2hrs', "'2h'"],
    ['fresh', '1Day', "'1d'"],
    ['fresh', '250millis', "'250ms'"],
    ['fresh', '3months', undefined],
    ['fresh', 'for ever', "'forever'"],
    ['stale', 'https', "'http'"],
    ['offline', null, undefined],
    ['timeout', 'http', undefined],
    ['timeout', '10sec', "'10s'"],
    ['retry', 6, undefined],
    ['retry', -1, undefined],
    ['retry', 1.5, undefined],
    ['heuristic', -0.1, undefined],
    ['heuristic', 10, undefined],
    ['heuristic', '10%', undefined],
    ['heuristic', true, undefined],
    ['preset', 'network_first', "'network-first'"],
    ['preset', 'toString', undefined],
    ['trust', 'rules', "'rule'"],
    ['public', 'yes', undefined],
    ['ranges', 'bytes', undefined],
    ['race', 'yes', undefined],
    ['dictionary', 'until-signout', "'until-sign-out'"],
    ['expects', 'jsn', "'json'"],
    ['expects', 'html', undefined],
    ['ignoreQuery', 'utm_*', undefined],
    ['ignoreInDiff', 'now', undefined],
    ['keyHeaders', 'X-Store', undefined],
    ['query', '?a=1', undefined],
    ['name', '', undefined],
    ['tags', 'p', undefined],
  ])('is not wrong: %s: %o', (option, value, nearest) => {
    const { problems } = checkConfig({ ...GOOD, routes: [{ match: '/a', [option]: value }] }, FILE)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.path).toBe(`routes[0].${option}`)
    expect(problems[0]?.nearest).toBe(nearest)
  })

  it.each([
    ['ignoreQuery', 'a*b'],
    ['ignoreQuery', ''],
    ['keyHeaders', 'X Store'],
    ['keyHeaders', 'Authorization'],
    ['keyHeaders', 'proxy-authorization'],
    ['keyHeaders', 'COOKIE'],
    ['tags', 'p:{id'],
    ['tags', 'p:{ id }'],
    ['tags', ''],
  ])('is not wrong within: %s: %o', (option, value) => {
    const { problems } = checkConfig({ ...GOOD, routes: [{ match: '/a', [option]: [value] }] }, FILE)
    expect(problems).toMatchObject([{ path: `routes[0].${option}[0]` }])
  })

  it.each([
    ['$.meta.now', "'meta.now'"],
    ['/meta/now', "'meta.now'"],
    ['items[*].seenAt', "'items.*.seenAt'"],
    ['items[].seenAt', "'items.*.seenAt'"],
    ['items[0].seenAt', "'items.0.seenAt'"],
    ['.now', "'now'"],
    ['a..b', "'a.b'"],
    ['', undefined],
    ['*', undefined],
    ['*.*', undefined],
    ['**.now', undefined],
    ['items.**', undefined],
    ['a\\', undefined],
  ])('is no path of a member: %o', (path, nearest) => {
    const { problems } = checkConfig({ ...GOOD, routes: [{ match: '/a', ignoreInDiff: [path] }] }, FILE)
    expect(problems).toMatchObject([{ path: 'routes[0].ignoreInDiff[0]' }])
    expect(problems[0]?.nearest).toBe(nearest)
  })

  it.each(['now', 'meta.now', '*.now', 'items.*.seenAt', 'items.0', 'a b', 'a/b', '@odata\\.etag', 'zähler'])(
    'is the path of a member: %o',
    (path) => expect(problemsOf({ ...GOOD, routes: [{ match: '/a', ignoreInDiff: [path] }] })).toEqual([]),
  )

  it.each([{ fresh: '5m' }, { preset: 'cache-first' }])(
    'is no heuristic where nothing is left to HTTP: %o',
    (windows) => {
      expect(ofRoute({ heuristic: 0.1, ...windows })).toEqual([
        "routes[0].heuristic: 0.1 given, expected fresh: 'http' beside it: no lifetime is guessed where the rule gives one",
      ])
      expect(ofRoute({ heuristic: 0, ...windows })).toEqual([])
      expect(problemsOf({ defaults: { heuristic: 0.1 }, routes: [{ match: '/a', ...windows }] })).toEqual([])
    },
  )

  it('is a heuristic beside windows that are left to HTTP', () => {
    expect(ofRoute({ heuristic: 0.1 })).toEqual([])
    expect(ofRoute({ heuristic: 1, fresh: 'http', preset: 'network-first' })).toEqual([])
  })

  it('writes no secret into keys, and says what to do', () => {
    expect(ofRoute({ keyHeaders: ['X-Store-Id', 'Authorization'] })).toEqual([
      "routes[0].keyHeaders[1]: 'Authorization' given, expected a field without secrets: leave it out, `identity` keeps the answers of users apart",
    ])
    expect(problemsOf({ defaults: { keyHeaders: ['cookie'] } })[0]).toMatch(/^defaults\.keyHeaders\[0\]: /)
    expect(ofRoute({ keyHeaders: ['X-Authorization', 'Cookie-Consent'] })).toEqual([])
  })

  it('is not wrong within a query condition', () => {
    expect(ofRoute({ query: { page: 1 } })[0]).toMatch(/^routes\[0\]\.query\.page: 1 given/)
  })
})

describe('a pattern', () => {
  it.each([
    ['a method in small letters', 'get /a', "'GET /a'"],
    ['a path without its slash', 'api/x', "'/api/x'"],
    ['a method and a path without its slash', 'GET api/x', "'GET /api/x'"],
    ['a relative path', './api', "'/api'"],
    ['an origin without scheme', '//api.example.com/v1', undefined],
    ['a host without scheme', 'api.example.com/products', "'https://api.example.com/products'"],
    ['a method and a host without scheme', 'POST api.example.com/v1/**', "'POST https://api.example.com/v1/**'"],
    ['a host of this machine without scheme', 'localhost:3000/api', "'http://localhost:3000/api'"],
    ['an address without scheme', '127.0.0.1/api', "'http://127.0.0.1/api'"],
    ['a scheme in capitals', 'GET HTTPS://api.example.com/v1', "'GET https://api.example.com/v1'"],
    ['an origin without path', 'https://api.example.com', "'https://api.example.com/**'"],
    ['any origin', 'https://*.example.com/v1', undefined],
    ['a user name', 'https://me@example.com/v1', undefined],
    ['a port that URLs leave out', 'https://example.com:443/v1', "'https://example.com/v1'"],
    ['a parameter in braces', '/api/{id}', "'/api/:id'"],
    ['a parameter in square brackets', '/api/[id]/x', "'/api/:id/x'"],
    ['an optional parameter in square brackets', '/api/[[id]]', "'/api/:id'"],
    ['a parameter in angle brackets', '/api/<id>', "'/api/:id'"],
    ['a parameter with its type', '/api/<int:id>/<slug:name>', "'/api/:id/:name'"],
    ['a parameter with a hyphen', '/api/[product-id]', "'/api/:product_id'"],
    ['a parameter in braces with its type', '/api/{id:int}', "'/api/:id'"],
    ['an optional parameter in braces', '/api/{id?}', "'/api/:id'"],
    ['a parameter after a dollar', '/api/$productId/$slug', "'/api/:productId/:slug'"],
    ['a parameter with an expression in braces', '/api/:id{[0-9]+}', "'/api/:id'"],
    ['the rest in square brackets', '/api/[...path]', "'/api/**'"],
    ['the optional rest in square brackets', '/api/[[...path]]', "'/api/**'"],
    ['the rest in square brackets, with more behind', '/api/[...path]/x', undefined],
    ['the rest in braces', '/api/{path...}', "'/api/**'"],
    ['the rest in braces with a star', '/api/{*path}', "'/api/**'"],
    ['the rest by its type', '/api/<path:rest>', "'/api/**'"],
    ['the rest by its type in braces', '/api/{rest:path}', "'/api/**'"],
    ['the rest after a parameter', '/api/:path*', "'/api/**'"],
    ['some of the rest after a parameter', '/api/:path+', "'/api/**'"],
    ['the rest after a dollar', '/api/$', "'/api/**'"],
    ['the rest as an expression', '/api/(.*)', "'/api/**'"],
    ['the rest as an expression of a parameter', '/api/:path(.*)', "'/api/**'"],
    ['a query', '/api?x=1', "'/api'"],
    ['a fragment', '/api#x', "'/api'"],
    ['an optional parameter', '/api/:id?', "'/api/:id'"],
    ['an expression', '/api/:id(\\d+)', "'/api/:id'"],
    ['two stars in the middle', '/**/x', undefined],
    ['two stars beside other text', '/api/x**', undefined],
    ['three stars', '/***', undefined],
    ['a step up', '/api/../x', undefined],
    ['a space', '/a b', undefined],
    ['two spaces', 'GET  /a', undefined],
    ['a character that no URL has', '/a"b', undefined],
    ['half a character', '/\ud800', undefined],
    ['nothing', '', "'/'"],
    ['a list of nothing', [], undefined],
    ['a number', 7, undefined],
    ['a parameter twice', '/:a/x/:a', undefined],
  ])('is not %s', (_, match, nearest) => {
    const { problems } = checkConfig({ ...GOOD, routes: [{ match }] }, FILE)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.path).toBe('routes[0].match')
    expect(problems[0]?.nearest).toBe(nearest)
  })

  it('of what a write invalidates has a hole where another router has a parameter', () => {
    const writes = [{ match: '/api/products/:id', invalidates: ['/api/products/[id]/reviews'] }]
    expect(problemsOf({ writes })).toEqual([
      "writes[0].invalidates[0]: '/api/products/[id]/reviews' given, expected parameters as ':name'. Did you mean '/api/products/{id}/reviews'?",
    ])
  })

  it.each([
    'http://[::1]:3000/x',
    '/odata/$metadata',
    '/Patient/:id/$everything',
    '/v1.0/products',
    '/feed.xml',
    '/:name.json',
    '/*ing',
  ])('may be %s', (match) => {
    expect(problemsOf({ routes: [{ match }] })).toEqual([])
  })

  it.each<[string, unknown]>([
    ['a RegExp', /^\/api/],
    ['a promise', Promise.resolve('/api')],
    ['an empty list', []],
  ])('that is %s is named as one', (name, match) => {
    expect(problemsOf({ routes: [{ match }] })).toEqual([
      `routes[0].match: ${name} given, expected a pattern such as '/api/products/:id'`,
    ])
  })

  it('is named by its place in a list', () => {
    expect(problemsOf({ routes: [{ match: ['/a', 'b'] }] })[0]).toMatch(/^routes\[0\]\.match\[1\]: 'b' given/)
  })

  it('that is accepted can be compiled', () => {
    // The check refuses most texts of the second form.
    const text = fc.oneof(
      { weight: 9, arbitrary: fc.stringMatching(/^(GET )?(https:\/\/x)?\/(:a|:b|a|\/|\*|\/\*\*|[().+\-é]){0,6}$/) },
      { weight: 1, arbitrary: fc.stringMatching(/^(GET )?(https:\/\/x)?\/?[a:*/{}?.\\()+\-é]{0,8}$/) },
    )
    let accepted = 0
    fc.assert(
      fc.property(text, text, (match, invalidated) => {
        const config: Config = {
          version: '1',
          identity: 'none',
          routes: [{ match }],
          writes: [{ match: '/w', invalidates: [invalidated] }],
        }
        if (checkConfig(config, FILE).problems.length > 0) return
        accepted++
        const compiled = compile(config)
        expect(compiled.routes[0]?.patterns).toHaveLength(1)
        compiled.match({ method: 'POST', origin: 'https://x', sameOrigin: true, pathname: '/w', search: '' })
      }),
      {
        numRuns: 5000,
        examples: [
          ['/', '/?:a:a'],
          ['a://', '/'],
        ],
      },
    )
    expect(accepted).toBeGreaterThan(500)
  })
})

describe('a hole', () => {
  it.each([
    ['has a parameter', { match: '/a/:id', tags: ['a:{id}'] }, []],
    ['has a parameter in one of the patterns', { match: ['/a', '/a/:id'], tags: ['a:{id}'] }, []],
    [
      'has a parameter of this entry, and the nearest is named',
      { match: '/a/:id/:part', tags: ['a', 'a:{idd}'] },
      ["routes[0].tags[1]: 'a:{idd}' given, expected a parameter of match: {id}, {part}. Did you mean 'a:{id}'?"],
    ],
    [
      'has no parameter where there are none',
      { match: '/a', tags: ['{x}'] },
      ["routes[0].tags[0]: '{x}' given, expected no hole: match has no parameters"],
    ],
    [
      'takes no port for a parameter',
      { match: 'http://h:a/x', tags: ['{a}'] },
      ["routes[0].tags[0]: '{a}' given, expected no hole: match has no parameters"],
    ],
  ])('%s', (_, route, expected) => {
    expect(problemsOf({ routes: [route] })).toEqual(expected)
  })

  it('of what a write invalidates has a parameter too', () => {
    expect(problemsOf({ writes: [{ match: '/a/:id', invalidates: ['/a/{no}'] }] })[0]).toMatch(
      /^writes\[0\]\.invalidates\[0\]: /,
    )
  })
})

describe('a light endpoint', () => {
  const AT = 'routes[0].versions'
  it.each<[string, object, string[]]>([
    ['is a path', { match: '/a/:id', versions: '/api/versions/a' }, []],
    ['has a query', { match: '/a/:id', versions: '/versions?entities=a' }, []],
    ['is one of several, for an item', { match: '/a/:id', versions: { url: '/v', entity: 'a', id: '{id}' } }, []],
    ['has holes that the route fills', { match: '/a/:id', versions: '/v/{id}' }, []],
    ['is of the origin of the route', { match: 'https://api.test/a', versions: 'https://api.test/v' }, []],
    [
      'has no hole that the route does not fill',
      { match: '/a/:id', versions: '/v/{idd}' },
      [`${AT}: '/v/{idd}' given, expected a parameter of match: {id}. Did you mean '/v/{id}'?`],
    ],
    [
      'has no such hole for its item',
      { match: '/a/:id', versions: { url: '/v', id: '{item}' } },
      [`${AT}.id: '{item}' given, expected a parameter of match: {id}`],
    ],
    [
      'is of no other origin: a token would go there',
      { match: '/a', versions: 'https://api.test/v' },
      [
        `${AT}: 'https://api.test/v' given, expected an address of the origin that \`match\` names: what is sent along is for that one alone`,
      ],
    ],
    [
      'is of no other origin than the route: a path is of the app’s own',
      { match: 'https://api.test/a', versions: { url: '/v' } },
      [
        `${AT}.url: '/v' given, expected an address of the origin that \`match\` names: what is sent along is for that one alone`,
      ],
    ],
    [
      'is no list',
      { match: '/a', versions: ['/v'] },
      [`${AT}: a list given, expected a path or a full URL such as '/api/versions?entities=products'`],
    ],
    [
      'has an address',
      { match: '/a', versions: { entity: 'a' } },
      [`${AT}.url: nothing given, expected a path such as '/api/versions?entities=products'`],
    ],
    [
      'is no path without a slash',
      { match: '/a', versions: 'api/v' },
      [`${AT}: 'api/v' given, expected a path or a full URL such as '/api/versions?entities=products'`],
    ],
    [
      'has no other options',
      { match: '/a', versions: { url: '/v', entitiy: 'a' } },
      [`${AT}.entitiy: 'entitiy' given, expected one of the options url, entity, id. Did you mean 'entity'?`],
    ],
  ])('%s', (_, route, expected) => {
    expect(problemsOf({ routes: [route] })).toEqual(expected)
  })
})

describe('a rule that is never reached', () => {
  it('is refused with the one that shadows it', () => {
    expect(problemsOf({ routes: [{ match: '/b' }, { match: ['/x', '/a/**'] }, { match: '/a/b' }] })).toEqual([
      "routes[2].match: '/a/b' given, expected a place before routes[1].match[1] ('/a/**'), which matches all of it first",
    ])
  })

  it.each<[string, object, object, boolean]>([
    ['has the same path', { match: '/a' }, { match: '/a' }, true],
    ['has the same path under other names', { match: '/a/:x' }, { match: '/a/:y' }, true],
    ['has the same path beside other text', { match: '/:x.json' }, { match: '/:y.json' }, true],
    ['is literal where the other is open', { match: '/a/:x' }, { match: '/a/b' }, true],
    ['is literal where the other is partly open', { match: '/*.json' }, { match: '/a.json' }, true],
    ['is literal and not what the other is', { match: '/*.json' }, { match: '/a.csv' }, false],
    ['is open where the other is literal', { match: '/a/b' }, { match: '/a/:x' }, false],
    ['is more open than the other', { match: '/*.json' }, { match: '/*' }, false],
    ['is below two stars', { match: '/a/**' }, { match: '/a/:x/c' }, true],
    ['is what two stars stand on', { match: '/a/**' }, { match: '/a' }, true],
    ['ends in two stars below two stars', { match: '/a/**' }, { match: '/a/b/**' }, true],
    ['ends in two stars and the other does not', { match: '/a/:x' }, { match: '/a/**' }, false],
    ['is longer', { match: '/a/:x' }, { match: '/a/:x/b' }, false],
    ['has an empty segment', { match: '/a/:x' }, { match: '/a/' }, false],
    ['is of another origin', { match: '/**' }, { match: 'https://b.example/c' }, false],
    ['is of the same other origin', { match: 'https://b.example/**' }, { match: 'https://B.example/c' }, true],
    ['has one of the usual methods', { match: '/a' }, { match: 'GET /a' }, true],
    ['has another method', { match: 'GET /a' }, { match: 'POST /a' }, false],
    ['has a method that is not usual', { match: '/a' }, { match: 'POST /a' }, false],
    ['has more methods', { match: 'GET /a' }, { match: '/a' }, false],
    ['asks more of the query', { match: '/a' }, { match: '/a', query: { x: '1' } }, true],
    ['asks less of the query', { match: '/a', query: { x: '1' } }, { match: '/a' }, false],
    ['asks something else of the query', { match: '/a', query: { x: '1' } }, { match: '/a', query: { x: '2' } }, false],
    [
      'asks the same of the query',
      { match: '/a', query: { x: false } },
      { match: '/a', query: { x: false, y: '1' } },
      true,
    ],
    ['asks for one value of any', { match: '/a', query: { x: true } }, { match: '/a', query: { x: '2' } }, true],
    ['asks for any value of one', { match: '/a', query: { x: '2' } }, { match: '/a', query: { x: true } }, false],
  ])('%s', (_, first, second, unreachable) => {
    expect(problemsOf({ routes: [first, second] })).toHaveLength(unreachable ? 1 : 0)
  })

  it('may be a write', () => {
    const writes = [
      { match: '/a', invalidates: [] },
      { match: 'PATCH /a', invalidates: [] },
    ]
    expect(problemsOf({ writes })[0]).toMatch(/^writes\[1\]\.match: 'PATCH \/a' given/)
  })

  it('is not one whose own patterns overlap', () => {
    expect(problemsOf({ routes: [{ match: ['/a/**', '/a/b'] }] })).toEqual([])
  })

  it('has a request that only it answers, unless it is refused', () => {
    const segment = fc.constantFrom('a', 'a.b', ':x', '*', '*.b', '')
    const path = fc
      .tuple(fc.array(segment, { minLength: 1, maxLength: 2 }), fc.constantFrom('', '/**'))
      .map(([parts, end]) => `/${parts.map((part, at) => part.replace(':x', `:x${at}`)).join('/')}${end}`)
    const parts = fc.array(fc.constantFrom('a', 'b', 'a.b', ''), { minLength: 1, maxLength: 3 })
    let refused = 0
    fc.assert(
      fc.property(path, path, fc.array(parts, { minLength: 40, maxLength: 40 }), (one, two, requests) => {
        const routes = [{ match: one }, { match: two }]
        if (!problemsOf({ routes }).some((said) => said.includes('a place before'))) return
        refused++
        const { match } = compile({ version: '1', identity: 'none', routes })
        for (const each of requests) {
          const line = { method: 'GET', origin: 'x', sameOrigin: true, pathname: `/${each.join('/')}`, search: '' }
          const found = match(line)
          expect(found?.kind === 'read' ? found.rule.index : 0).toBe(0)
        }
      }),
      { numRuns: 1500 },
    )
    expect(refused).toBeGreaterThan(50)
  })
})

describe('a write that a route reads first', () => {
  const said = (route: object, match: string | string[], session?: string): string[] =>
    problemsOf({ routes: [route], writes: [{ match, invalidates: [], session: session ?? 'sign-in' }] }).filter(
      (each) => each.includes('does not read'),
    )

  it('is refused, because it would be answered from the cache', () => {
    expect(problemsOf({ routes: [{ match: 'POST /graphql' }], writes: [{ match: 'POST /graphql' }] })).toEqual([
      "writes[0].match: 'POST /graphql' given, expected a path that routes[0].match ('POST /graphql') does not read, or `reads` on that route: such a write is answered from the cache and never reaches the server",
    ])
  })

  it.each([
    ['the body decides, as GraphQL', 'graphql'],
    ['the body decides, by a function', () => true],
  ])('is accepted where %s', (_, reads) => {
    expect(said({ match: 'POST /graphql', reads }, 'POST /graphql')).toEqual([])
  })

  it.each<[string, object, string | string[], boolean]>([
    ['without a method of its own', { match: 'POST /a' }, '/a', true],
    ['below a broader read', { match: ['/x', 'POST /a/**'] }, 'POST /a/b', true],
    ['by a link', { match: '/**' }, 'GET /leave', true],
    ['by another method', { match: 'POST /a' }, 'PUT /a', false],
    ['at a path that is read by GET', { match: '/a' }, 'POST /a', false],
    ['of which the read is a part', { match: 'POST /a/search' }, '/a/**', false],
    ['where the read has a condition', { match: 'POST /a', query: { op: 'read' } }, 'POST /a', false],
    ['at another place of a list', { match: 'POST /a' }, ['/b', 'POST /a'], true],
  ])('%s', (_, route, match, isRefused) => {
    expect(said(route, match)).toHaveLength(isRefused ? 1 : 0)
  })
})

describe('`reads`', () => {
  it('is refused without a POST, and for what it cannot be', () => {
    expect(problemsOf({ routes: [{ match: '/a', reads: 'graphql' }] })).toEqual([
      "routes[0].reads: 'graphql' given, expected a route with 'POST …' in match: what reads by GET has no body",
    ])
    expect(problemsOf({ routes: [{ match: 'POST /a', reads: 'graphQL' }] })).toEqual([
      "routes[0].reads: 'graphQL' given, expected 'graphql' or a function from a body to true or false. Did you mean 'graphql'?",
    ])
  })

  it('is missed where a route reads GraphQL by POST', () => {
    const warned = (route: object): string[] => warningsOf({ routes: [{ match: 'POST /api/graphql', ...route }] })
    expect(warned({})).toEqual([
      "routes[0].match: 'POST /api/graphql' given, expected reads: 'graphql' on this route: without it a mutation is answered from the cache too",
    ])
    expect(warned({ reads: 'graphql' })).toEqual([])
  })
})

describe('a write whose answer may be stored', () => {
  const routes = [{ match: '/api/items', tags: ['items'] }]
  const usual = { match: 'POST /api/items', invalidates: ['items'], stores: true }
  const of = (write: object): object => ({ routes, writes: [{ ...usual, ...write }] })

  it('is a POST at a path that a route reads', () => {
    expect(checkConfig({ ...GOOD, ...of({}) }, FILE)).toEqual({ problems: [], warnings: [] })
    expect(problemsOf(of({ match: '/api/items', stores: false, session: 'sign-in' }))).toEqual([])
  })

  it.each(['/api/items', 'PUT /api/items', ['POST /api/items', 'PATCH /api/items']])('is no other: %s', (match) => {
    expect(problemsOf(of({ match }))).toEqual([
      "writes[0].stores: true given, expected only POST in match: 'POST /api/items' (no other write has an answer that a GET may get)",
    ])
  })

  it('signs no user in', () => {
    expect(problemsOf(of({ session: 'sign-in' }))).toEqual([
      'writes[0].stores: true given, expected no session beside it: what signs a user in or out is never stored',
    ])
  })

  it('is warned of at a path that no route reads', () => {
    expect(warningsOf(of({ match: 'POST /api/others' }))).toEqual([
      "writes[0].match: 'POST /api/others' given, expected a path that a route reads by GET: else its answer is not stored",
    ])
  })

  it('says so by true or false', () => {
    expect(problemsOf(of({ stores: 'yes' }))[0]).toMatch(/^writes\[0\]\.stores: 'yes' given/)
  })
})

describe('a race', () => {
  const race = (route: object, config: object = {}): string[] =>
    problemsOf({ ...config, routes: [{ match: '/a', race: true, ...route }] })
  const identity = { by: ['authorization'] }

  it.each<[string, string[]]>([
    ['where all users get the same answers', race({})],
    ['where the rule says that all users get the same answer', race({ public: true }, { identity })],
    ['where all rules say so', race({}, { identity, defaults: { public: true } })],
    ['of several paths and of GET alone', race({ match: ['/a', 'GET /b'] })],
  ])('is accepted %s', (_rule, problems) => {
    expect(problems).toEqual([])
  })

  it.each<[string, string[]]>([
    ['where users differ: the answer of one would pass by what keeps them apart (I3)', race({}, { identity })],
    [
      'where users differ, though other rules are the same for all',
      race({ public: false }, { identity, defaults: { public: true } }),
    ],
    ['under a query condition, which the browser cannot know', race({ query: { view: 'full' } })],
    ['of a read by another method', race({ match: ['/a', 'POST /search'] })],
  ])('is refused %s', (_rule, problems) => {
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^routes\[0\]\.race: true given, expected /)
  })
})

describe('a dictionary', () => {
  const dictionary = (route: object, config: object = {}): string[] =>
    problemsOf({ ...config, routes: [{ match: '/a', dictionary: true, ...route }] })
  const identity = { by: ['authorization'] }
  const writes = [{ match: 'POST /logout', session: 'sign-out' }]
  const personal = { dictionary: 'until-sign-out' }

  it.each<[string, string[]]>([
    ['where all users get the same answers', dictionary({})],
    ['where the rule says that all users get the same answer', dictionary({ public: true }, { identity })],
    ['where all rules say so', dictionary({}, { identity, defaults: { public: true } })],
    ["of a user's own answers, until the sign-out", dictionary(personal, { identity, writes })],
    ['of a path that is read by POST as well', dictionary({ match: ['/a', 'POST /a'] })],
    ['that there is none', dictionary({ dictionary: false }, { identity })],
  ])('is accepted %s', (_rule, problems) => {
    expect(problems).toEqual([])
  })

  it.each<[string, string[]]>([
    ["of a user's own answers: the next user's requests would name it (I3)", dictionary({}, { identity, writes })],
    ['that no sign-out ends', dictionary(personal, { identity })],
    ['of another origin, which nothing is added to', dictionary({ match: 'https://other.test/a' })],
    ['of what is never read by GET', dictionary({ match: 'POST /search' })],
  ])('is refused %s', (_rule, problems) => {
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^routes\[0\]\.dictionary: (true|'until-sign-out') given, expected /)
  })
})

describe('a warning', () => {
  it.each<[string, object, string[]]>([
    ['is given for a race', { routes: [{ match: '/a', race: true }] }, ['routes[0].race']],
    ['is not given for no race', { routes: [{ match: '/a', race: false }] }, []],
    ['is given for a rule that meets every page', { routes: [{ match: '/**' }] }, ['routes[0].match']],
    ['is given for a rule that meets the root', { routes: [{ match: '/' }] }, ['routes[0].match']],
    ['is given for a rule that meets any page', { routes: [{ match: ['/api', '/:page'] }] }, ['routes[0].match[1]']],
    ['is not given for data', { routes: [{ match: '/api/**' }] }, []],
    ['is not given for a file type', { routes: [{ match: '/*.json' }] }, []],
    ['is not given for another origin', { routes: [{ match: 'https://b.example/**' }] }, []],
    ['is not given for another method', { routes: [{ match: 'POST /**' }] }, []],
  ])('%s', (_, options, paths) => {
    expect(warningsOf(options).map((said) => said.split(':')[0])).toEqual(paths)
    expect(problemsOf(options)).toEqual([])
  })
})

describe('the check', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    maxDepth: 4,
  })
  const fields = [
    'version',
    'identity',
    'shell',
    'navigation',
    'kill',
    'defaults',
    'routes',
    'writes',
    'match',
    'tags',
    'invalidates',
    'query',
    'fresh',
    'preset',
  ]

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(anything, (given) => void checkConfig(given, FILE)))
  })

  it('never throws, whatever value an option has', () => {
    const object = fc.dictionary(fc.constantFrom(...fields), fc.oneof(anything, fc.string({ unit: 'binary' })))
    fc.assert(
      fc.property(object, fc.array(object), fc.array(object), (config, routes, writes) => {
        void checkConfig({ ...config, routes, writes }, FILE)
      }),
    )
  })
})

describe('a poll', () => {
  it.each<[string, object, string[]]>([
    ['of a second is accepted', { poll: '1s' }, []],
    ['of no time is none', { poll: 0 }, []],
    [
      'in milliseconds was meant in seconds',
      { poll: '30ms' },
      ["expected a duration of at least a second ('30s', '5m'), or 0 for none. Did you mean '30s'?"],
    ],
    ['without a unit is refused', { poll: 30 }, ['expected a duration of at least a second']],
    ['has its unit mended', { poll: '30sec' }, ["Did you mean '30s'?"]],
  ])('%s', (_, route, expected) => {
    expect(ofRoute(route)).toEqual(expected.map((text) => expect.stringContaining(text) as unknown))
  })

  it.each<[string, object, object, string[]]>([
    ['of a read by POST alone is in vain', { match: 'POST /a', poll: '30s' }, {}, ['a route that is read by GET']],
    ['of a route that is read by GET as well is not', { match: ['/a', 'POST /a'], poll: '30s' }, {}, []],
    ['in hidden pages needs an interval', { match: '/a', pollHidden: true }, {}, ['a `poll` beside it']],
    ['in hidden pages may have the interval of defaults', { match: '/a', pollHidden: true }, { poll: '1m' }, []],
  ])('%s', (_, route, defaults, expected) => {
    const found = warningsOf({ defaults, routes: [route] })
    expect(found).toEqual(expected.map((text) => expect.stringContaining(text) as unknown))
  })
})
