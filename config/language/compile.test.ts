import { describe, expect, it } from 'vitest'
import { compileRules } from './compile.ts'
import { pathMatches, type RequestPath } from './pattern.ts'
import type { Config, Route, RouteOptions } from './options.ts'
import { PRESETS } from './presets.ts'
import type { Rule } from './rule.ts'

const BASE: Config = { version: '1', identity: 'none', routes: [] }

const ruleOf = (route: Omit<Route, 'match'>, defaults: RouteOptions = {}): Rule | undefined =>
  compileRules({ ...BASE, defaults, routes: [{ match: '/a', ...route }] }).routes[0]

describe('a compiled rule', () => {
  it('leaves its windows to the response and is careful by default', () => {
    expect(ruleOf({})).toMatchObject({
      index: 0,
      name: '/a',
      fresh: 'http',
      stale: 'http',
      offline: 'http',
      timeoutMs: 10_000,
      retry: undefined,
      trust: 'rule',
      public: false,
      ranges: false,
      ignoreQuery: [],
      expects: undefined,
      keyHeaders: [],
      tags: [],
      query: {},
    })
  })

  it.each<[string, Omit<Route, 'match'>, RouteOptions, object]>([
    [
      'has its windows in seconds',
      { fresh: '5m', stale: 0, offline: 'forever' },
      {},
      { fresh: 300, stale: 0, offline: Infinity },
    ],
    ['has its timeout in milliseconds', { timeout: '3s' }, {}, { timeoutMs: 3000 }],
    ['polls in milliseconds', { poll: '30s' }, {}, { pollMs: 30_000 }],
    ['polls as defaults say', {}, { poll: '1m', pollHidden: true }, { pollMs: 60_000, pollHidden: true }],
    ['keeps zero', { timeout: 0, retry: 0 }, { timeout: '5s', retry: 3 }, { timeoutMs: 0, retry: 0 }],
    ['takes what defaults say', {}, { fresh: '1m', retry: 2, public: true }, { fresh: 60, retry: 2, public: true }],
    ['says otherwise than defaults', { fresh: '2m' }, { fresh: '1m' }, { fresh: 120 }],
    [
      'asks for a dictionary with `dictionary`',
      { dictionary: true },
      {},
      { askedWith: [['freshlayer-dictionary', '1']] },
    ],
    ['asks its light endpoint by a URL', { versions: '/v' }, {}, { versions: { url: '/v' } }],
    [
      'asks for one of its entities',
      { versions: { url: '/v', entity: 'a' } },
      {},
      { versions: { url: '/v', entity: 'a' } },
    ],
    ['answers range requests with `ranges`', { ranges: true }, {}, { ranges: true }],
    ['answers none without it, whatever defaults say', { ranges: false }, { ranges: true }, { ranges: false }],
    ['takes the windows of its preset', { preset: 'network-first' }, {}, { fresh: 0, stale: 0, offline: 604_800 }],
    ['takes the windows of the preset in defaults', {}, { preset: 'network-first' }, { fresh: 0, offline: 604_800 }],
    [
      'lets its own windows win over its preset',
      { preset: 'network-first', offline: '1d' },
      {},
      { fresh: 0, offline: 86_400 },
    ],
    ['lets its preset win over defaults', { preset: 'network-first' }, { fresh: '5m' }, { fresh: 0 }],
    ['lets defaults win over their preset', {}, { preset: 'network-first', fresh: '5m' }, { fresh: 300, stale: 0 }],
    [
      'lets its preset win over that of defaults',
      { preset: 'network-only' },
      { preset: 'network-first' },
      { offline: 0 },
    ],
    ['has the heuristic of defaults', {}, { heuristic: 0.1 }, { heuristic: 0.1 }],
    ['has no heuristic, whatever defaults say', { heuristic: 0 }, { heuristic: 0.1 }, { heuristic: 0 }],
    ['replaces a list of defaults', { ignoreQuery: ['a'] }, { ignoreQuery: ['b'] }, { ignoreQuery: ['a'] }],
    [
      'has the names of members that are not compared',
      { ignoreInDiff: ['now', 'items.*.at', String.raw`@odata\.etag`] },
      { ignoreInDiff: ['a'] },
      { ignoreInDiff: [['now'], ['items', '*', 'at'], ['@odata.etag']] },
    ],
    [
      'compares all members, whatever defaults say',
      { ignoreInDiff: [] },
      { ignoreInDiff: ['a'] },
      { ignoreInDiff: [] },
    ],
    ['compares what defaults say', {}, { ignoreInDiff: ['a'] }, { ignoreInDiff: [['a']] }],
    ['has header names in small letters', { keyHeaders: ['X-Store-Id'] }, {}, { keyHeaders: ['x-store-id'] }],
    ['has its media type as an expression', { expects: 'Text/CSV' }, {}, { expects: /^text\/csv$/ }],
    ['takes any media type, whatever defaults say', { expects: '*/*' }, { expects: 'json' }, { expects: /^/ }],
    ['has its own name', { name: 'units' }, {}, { name: 'units' }],
  ])('%s', (_, route, defaults, expected) => {
    expect(ruleOf(route, defaults)).toMatchObject(expected)
  })

  it.each(Object.keys(PRESETS))('has windows for the preset %s', (preset) => {
    for (const name of ['fresh', 'stale', 'offline'] as const) {
      expect(typeof ruleOf({ preset: preset as keyof typeof PRESETS })?.[name]).toBe('number')
    }
  })

  it.each([0, 'forever'] as const)('is not polled at %s, whatever defaults say', (poll) => {
    expect(ruleOf({ poll }, { poll: '30s' })).not.toHaveProperty('pollMs')
    expect(ruleOf({ poll })).not.toHaveProperty('poll')
  })

  it('leaves the options it was given alone', () => {
    const config: Config = {
      ...BASE,
      defaults: { keyHeaders: ['A'] },
      routes: [{ match: '/a', preset: 'cache-first' }],
    }
    const before = structuredClone(config)
    compileRules(config)
    expect(config).toEqual(before)
  })
})

describe('a compiled config', () => {
  it('has version, identity and shell as they are', () => {
    const identity = { by: ['identify'] } as const
    expect(compileRules({ ...BASE, version: '7', identity, shell: '/index.html' })).toMatchObject({
      version: '7',
      identity,
      shell: '/index.html',
    })
  })

  it('has the functions of `invalidates` apart from its texts, and none without', () => {
    const of = (): string[] => ['a']
    const writes = [
      { match: '/a', invalidates: ['a', of, '/b'] },
      { match: '/b', invalidates: ['a'] },
    ]
    const [one, other] = compileRules({ ...BASE, writes }).writes
    expect(one).toMatchObject({ ofAnswer: [of], invalidates: { tags: ['a'], urls: ['/b'], patterns: [] } })
    expect(other).not.toHaveProperty('ofAnswer')
  })

  it('has writes whose answers are stored only where it says so', () => {
    const writes = [{ match: 'POST /a', stores: true }, { match: 'POST /b', stores: false }, { match: 'POST /c' }]
    expect(compileRules({ ...BASE, writes }).writes.map(({ stores }) => stores)).toEqual([true, undefined, undefined])
  })

  it('says whether there is a feed, and not how tabs read it', () => {
    expect(compileRules(BASE)).not.toHaveProperty('push')
    expect(compileRules({ ...BASE, push: { url: '/events', parse: () => undefined } }).push).toBe(true)
  })

  it('has a kill switch only where it names one, and then 404 does not kill unless it says so', () => {
    expect(compileRules(BASE)).not.toHaveProperty('kill')
    expect(compileRules({ ...BASE, kill: { url: '/kill.json' } }).kill).toEqual({ url: '/kill.json', gone: false })
    expect(compileRules({ ...BASE, kill: { url: '/k', gone: true } }).kill).toEqual({ url: '/k', gone: true })
  })

  it.each<[string, Config['navigation'], number]>([
    ['waits three seconds for a page', undefined, 3000],
    ['waits for the timeout of the config', { timeout: '1m' }, 60_000],
    ['does not wait at 0', { timeout: 0 }, 0],
  ])('%s', (_, navigation, timeoutMs) => {
    expect(compileRules({ ...BASE, ...(navigation && { navigation }) }).navigation.timeoutMs).toBe(timeoutMs)
  })

  it.each([
    ['/admin', true],
    ['/admin/users', true],
    ['/report.pdf', true],
    ['/products', false],
  ])('says of the page %s whether it is excluded: %s', (pathname, excluded) => {
    const { navigation } = compileRules({ ...BASE, navigation: { exclude: ['/admin/**', '/*.pdf'] } })
    const page = { origin: 'https://shop.example', sameOrigin: true, pathname }
    const isExcluded = (request: RequestPath): boolean =>
      navigation.excluded.some((pattern) => pathMatches(pattern, request))
    expect(isExcluded(page)).toBe(excluded)
    expect(isExcluded({ ...page, sameOrigin: false })).toBe(false)
  })

  it('leaves out of the URL of a stored page what navigation.ignoreQuery names, and nothing by default', () => {
    const pagesOf = (navigation: Config['navigation']) =>
      compileRules({ ...BASE, defaults: { ignoreQuery: ['page'] }, navigation: { offline: '1h', ...navigation } })
        .navigation.pages?.ignoreQuery
    expect(pagesOf({ ignoreQuery: ['utm_*'] })).toEqual(['utm_*'])
    expect(pagesOf({})).toEqual([])
  })

  it('excludes no page by default', () => {
    expect(compileRules(BASE).navigation.excluded).toEqual([])
  })
})
