import { describe, expect, it } from 'vitest'
import type { Config } from '../../config/language/index.ts'
import { recorded, session, token, type Written } from './recorded.fixture.ts'
import { simulate, type Simulation } from './simulate.ts'

type Exchanges = readonly (readonly [url: string, written?: Written])[]

const run = (config: Partial<Config>, ...exchanges: Exchanges): Simulation =>
  simulate(recorded(...exchanges), { version: '1', identity: 'none', routes: [], ...config })

const of = (config: Partial<Config>, ...exchanges: Exchanges): Simulation['routes'][number] | undefined =>
  run(config, ...exchanges).routes[0]

const FIVE_MINUTES = { routes: [{ match: '/api/a', fresh: '5m', offline: '7d', tags: ['a'] }] } as const
const ada = { asks: token('ada') }
const bob = { asks: token('bob') }

describe('requests', () => {
  it.each<
    [string, Partial<Config>, Exchanges, { readonly before: number; readonly after: number; readonly behind?: number }]
  >([
    ['without a rule', {}, [['/api/b'], ['/api/b']], { before: 2, after: 2 }],
    ['fresh', FIVE_MINUTES, [['/api/a'], ['/api/a'], ['/api/a', { at: 299 }]], { before: 3, after: 1 }],
    [
      'no longer fresh',
      FIVE_MINUTES,
      [
        ['/api/a', { at: 0 }],
        ['/api/a', { at: 301 }],
      ],
      { before: 2, after: 2 },
    ],
    [
      'stale',
      { routes: [{ match: '/api/a', fresh: 0, stale: '1h' }] },
      [['/api/a'], ['/api/a']],
      { before: 2, after: 2, behind: 1 },
    ],
    [
      'network-only',
      { routes: [{ match: '/api/a', preset: 'network-only' }] },
      [['/api/a'], ['/api/a']],
      { before: 2, after: 2 },
    ],
    [
      'no-store',
      FIVE_MINUTES,
      [
        ['/api/a', { says: { 'cache-control': 'no-store' } }],
        ['/api/a', { says: { 'cache-control': 'no-store' } }],
      ],
      { before: 2, after: 2 },
    ],
    ['an error is not kept', FIVE_MINUTES, [['/api/a', { status: 500 }], ['/api/a']], { before: 2, after: 2 }],
    [
      'another user',
      { ...FIVE_MINUTES, identity: { by: ['authorization'] } },
      [
        ['/api/a', ada],
        ['/api/a', bob],
        ['/api/a', ada],
      ],
      { before: 3, after: 2 },
    ],
    [
      'another user of a public route',
      { identity: { by: ['authorization'] }, routes: [{ ...FIVE_MINUTES.routes[0], public: true }] },
      [
        ['/api/a', ada],
        ['/api/a', bob],
      ],
      { before: 2, after: 1 },
    ],
    [
      'another session',
      { ...FIVE_MINUTES, identity: { by: ['identify'] } },
      [
        ['/api/a', { asks: session('ada') }],
        ['/api/a', { asks: session('bob') }],
      ],
      { before: 2, after: 2 },
    ],
    [
      'a write to its own URL',
      FIVE_MINUTES,
      [['/api/a'], ['/api/a', { method: 'PUT' }], ['/api/a']],
      { before: 2, after: 2 },
    ],
    [
      'a refused write',
      FIVE_MINUTES,
      [['/api/a'], ['/api/a', { method: 'PUT', status: 422 }], ['/api/a']],
      { before: 2, after: 1 },
    ],
    [
      'a write that names a tag',
      { ...FIVE_MINUTES, writes: [{ match: 'POST /api/b', invalidates: ['a'] }] },
      [['/api/a'], ['/api/b', { method: 'POST' }], ['/api/a']],
      { before: 2, after: 2 },
    ],
    [
      'a write that names a path',
      { ...FIVE_MINUTES, writes: [{ match: 'POST /api/b', invalidates: ['/api/**'] }] },
      [['/api/a'], ['/api/b', { method: 'POST' }], ['/api/a']],
      { before: 2, after: 2 },
    ],
    [
      'a write with Location',
      { ...FIVE_MINUTES, writes: [{ match: 'POST /api/b', invalidates: ['/x'] }] },
      [['/api/a'], ['/api/b', { method: 'POST', status: 201, says: { location: '/api/a' } }], ['/api/a']],
      { before: 2, after: 2 },
    ],
    [
      'a sign-out',
      { ...FIVE_MINUTES, identity: { by: ['authorization'] }, writes: [{ match: 'POST /out', session: 'sign-out' }] },
      [
        ['/api/a', ada],
        ['/out', { ...ada, method: 'POST' }],
        ['/api/a', ada],
      ],
      { before: 2, after: 2 },
    ],
    [
      'what the browser cached',
      { routes: [{ match: '/api/a', fresh: 0, offline: '1d' }] },
      [['/api/a'], ['/api/a', { isFromCache: true }]],
      { before: 1, after: 2 },
    ],
    [
      'a fresh answer by the server’s word',
      { routes: [{ match: '/api/a' }] },
      [['/api/a', { says: { 'cache-control': 'max-age=60' } }], ['/api/a']],
      { before: 2, after: 1 },
    ],
    [
      'Vary',
      FIVE_MINUTES,
      [
        ['/api/a', { asks: { 'x-b': '1' }, says: { vary: 'x-b' } }],
        ['/api/a', { asks: { 'x-b': '2' }, says: { vary: 'x-b' } }],
        ['/api/a', { asks: { 'x-b': '1' } }],
      ],
      { before: 3, after: 2 },
    ],
    [
      'a reload with DevTools that switch the cache off',
      FIVE_MINUTES,
      [['/api/a'], ['/api/a', { asks: { pragma: 'no-cache', 'cache-control': 'no-cache' } }]],
      { before: 2, after: 1 },
    ],
  ])('%s', (_, config, exchanges, expected) => {
    const { total } = run(config, ...exchanges)
    expect(total).toMatchObject({ behind: 0, ...expected })
  })
})

it('a GraphQL query is a read, and a mutation a write', () => {
  const query: Written = { method: 'POST', sends: { query: '{ a }' } }
  const other: Written = { method: 'POST', sends: { query: '{ b }' } }
  const mutation: Written = { method: 'POST', sends: { query: 'mutation { c }' } }
  const config = { routes: [{ match: 'POST /graphql', reads: 'graphql', fresh: '5m', tags: ['g'] }] } as const
  const { total } = run(
    config,
    ['/graphql', query],
    ['/graphql', query],
    ['/graphql', other],
    ['/graphql', mutation],
    ['/graphql', query],
  )
  expect(total).toMatchObject({ before: 4, after: 3 })
})

describe('bytes and 304s', () => {
  const says = { etag: '"1"' }
  const always = { routes: [{ match: '/api/a', fresh: 0, offline: '7d' }] } as const

  it('a validation of the same costs a head', () => {
    const body = 'x'.repeat(10_000)
    const outcome = of(always, ['/api/a', { says, body }], ['/api/a', { says, body }])
    expect(outcome).toMatchObject({ before: 2, after: 2, notModified: 1, bytesBefore: 20_000 })
    expect(outcome?.bytesAfter).toBeLessThan(11_000)
  })

  it('another body costs itself, and so does one without a validator', () => {
    expect(of(always, ['/api/a', { says, body: 1 }], ['/api/a', { says: { etag: '"2"' }, body: 2 }])).toMatchObject({
      notModified: 0,
    })
    expect(of(always, ['/api/a', { body: 1 }], ['/api/a', { body: 1 }])).toMatchObject({ notModified: 0 })
  })

  it('a recorded 304 stands for what came before', () => {
    const outcome = of(
      FIVE_MINUTES,
      ['/api/a', { at: 0, says, body: 'x' }],
      ['/api/a', { at: 400, says, status: 304 }],
      ['/api/a', { at: 500, says, status: 304 }],
    )
    expect(outcome).toMatchObject({ before: 3, after: 2, notModified: 1 })
  })
})

describe('offline', () => {
  it('counts the questions that are answered when the recording ends', () => {
    const config = { routes: [{ match: '/api/:a', fresh: '1m', offline: '7d' }] } as const
    expect(of(config, ['/api/a'], ['/api/a'], ['/api/b'], ['/api/c', { status: 500 }])).toMatchObject({
      questions: 3,
      offline: 2,
    })
    expect(
      of({ routes: [{ match: '/api/:a', fresh: '1m', offline: 0 }] }, ['/api/a', { at: 0 }], ['/api/b', { at: 90 }]),
    ).toMatchObject({ questions: 2, offline: 1 })
  })

  it('counts those of a user before the sign-out', () => {
    const config: Partial<Config> = {
      ...FIVE_MINUTES,
      identity: { by: ['authorization'] },
      writes: [{ match: 'POST /out', session: 'sign-out' }],
    }
    expect(of(config, ['/api/a', ada], ['/out', { ...ada, method: 'POST' }])).toMatchObject({
      questions: 1,
      offline: 1,
    })
  })
})
