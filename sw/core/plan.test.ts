import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from './header-text.fixture.ts'
import type { CacheMode } from './head.ts'
import { requestHead } from './heads.fixture.ts'
import { type Forward, plan, type PlanInput } from './plan.ts'
import { after, storedRow } from './stored-row.fixture.ts'
import type { Windows } from './timeline.ts'
import { seconds } from './units.ts'

const RULE: Windows = { fresh: seconds(10), stale: seconds(20), offline: seconds(100), trust: 'http' }
const ROW = storedRow()
const FRESH = after(5)
const STALE = after(15)
const OFFLINE = after(50)
const GONE = after(500)

const planned = (input: Partial<PlanInput>) =>
  plan({
    request: requestHead(),
    rule: RULE,
    row: ROW,
    otherVariants: false,
    invalidated: false,
    now: FRESH,
    ...input,
  })

describe('a read of what is stored', () => {
  it.each<[rule: string, input: Partial<PlanInput>, outcome: object]>([
    ['is served while fresh', {}, { kind: 'serve', row: ROW, why: 'rule' }],
    ['is served and validated while stale', { now: STALE }, { kind: 'serve-then-validate', row: ROW, why: 'rule' }],
    [
      'is validated while offline, and stood in for',
      { now: OFFLINE },
      { kind: 'validate', row: ROW, standsIn: true, fwd: 'stale', why: 'rule' },
    ],
    [
      'is validated when gone, and not stood in for',
      { now: GONE },
      { kind: 'validate', row: ROW, standsIn: false, fwd: 'stale' },
    ],
    [
      'is validated after an invalidation',
      { invalidated: true },
      { kind: 'validate', standsIn: true, fwd: 'stale', why: 'invalidated' },
    ],
    [
      'is validated after an invalidation of what is stale',
      { invalidated: true, now: STALE },
      { kind: 'validate', standsIn: true },
    ],
    ['is validated when the clock was set back', { now: after(-5) }, { kind: 'validate', why: 'clock-set-back' }],
    ['says where the row stands', { now: STALE }, { standing: { state: 'stale', age: 15, ttl: -5 } }],
  ])('%s', (_, input, outcome) => {
    expect(planned(input)).toMatchObject(outcome)
  })
})

describe('a read of what is not stored (RFC 9211 §2.2)', () => {
  it('is fetched, and may be stored', () => {
    expect(planned({ row: undefined })).toEqual({ kind: 'fetch', store: true, fwd: 'uri-miss', why: 'uri-miss' })
  })

  it('says when only other variants are stored', () => {
    const outcome = { kind: 'fetch', store: true, fwd: 'vary-miss', why: 'vary-miss' }
    expect(planned({ row: undefined, otherVariants: true })).toEqual(outcome)
  })

  it.each<CacheMode>(['no-cache', 'reload', 'force-cache'])('is fetched by cache mode %s', (cache) => {
    expect(planned({ row: undefined, request: requestHead({}, { cache }) })).toMatchObject({
      kind: 'fetch',
      store: true,
    })
  })
})

describe('a request that is no plain read', () => {
  it.each(['HEAD', 'POST', 'QUERY'])('goes past the store as %s', (method) => {
    const request = requestHead({}, { method })
    expect(planned({ request })).toEqual({ kind: 'fetch', store: false, fwd: 'method', why: 'method' })
  })

  it.each(['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'])(
    'goes past the store with an %s of its own',
    (name) => {
      const request = requestHead({ [name]: '"1"' })
      expect(planned({ request })).toEqual({ kind: 'fetch', store: false, fwd: 'bypass', why: 'conditional' })
    },
  )
})

describe('the cache mode of a request (Fetch, "request cache mode")', () => {
  const cached = (cache: CacheMode, input: Partial<PlanInput> = {}) =>
    planned({ request: requestHead({}, { cache }), ...input })

  it.each<[rule: string, cache: CacheMode, input: Partial<PlanInput>, outcome: object]>([
    [
      'goes past the store by no-store',
      'no-store',
      {},
      { kind: 'fetch', store: false, fwd: 'bypass', why: 'no-store' },
    ],
    ['fetches what is fresh by reload', 'reload', {}, { kind: 'fetch', store: true, fwd: 'request', why: 'reload' }],
    [
      'validates what is fresh by no-cache',
      'no-cache',
      {},
      { kind: 'validate', standsIn: true, fwd: 'request', why: 'asked-to-validate' },
    ],
    [
      'validates what is stale by no-cache',
      'no-cache',
      { now: STALE },
      { kind: 'validate', standsIn: true, fwd: 'stale' },
    ],
    ['serves what is stale by force-cache', 'force-cache', { now: STALE }, { kind: 'serve', why: 'force-cache' }],
    ['serves what is gone by force-cache', 'force-cache', { now: GONE }, { kind: 'serve', why: 'force-cache' }],
    ['validates what was invalidated by force-cache, too', 'force-cache', { invalidated: true }, { kind: 'validate' }],
    [
      'serves what is gone by only-if-cached',
      'only-if-cached',
      { now: GONE },
      { kind: 'serve', why: 'only-if-cached' },
    ],
    [
      'serves nothing invalidated by only-if-cached',
      'only-if-cached',
      { invalidated: true },
      { kind: 'unsatisfiable', why: 'invalidated' },
    ],
    [
      'never fetches by only-if-cached',
      'only-if-cached',
      { row: undefined },
      { kind: 'unsatisfiable', why: 'only-if-cached' },
    ],
  ])('%s', (_, cache, input, outcome) => {
    expect(cached(cache, input)).toMatchObject(outcome)
  })
})

describe('the Cache-Control of a request (RFC 9111 §5.2.1)', () => {
  it.each<[rule: string, value: string, now: typeof FRESH, kind: string]>([
    ['asks to validate by no-cache', 'no-cache', FRESH, 'validate'],
    ['asks to validate by a max-age of zero', 'max-age=0', STALE, 'validate'],
    ['asks nothing by another max-age', 'max-age=60', FRESH, 'serve'],
    ['asks nothing by no-store: what is stored may be served', 'no-store', FRESH, 'serve'],
  ])('%s', (_, value, now, kind) => {
    expect(planned({ request: requestHead({ 'cache-control': value }), now }).kind).toBe(kind)
  })
})

describe('a version that was announced to the tabs (I11)', () => {
  const ANNOUNCED = storedRow({}, { announcedAtMs: OFFLINE })
  const late = (seconds: number) => after(50 + seconds)

  it.each<[rule: string, input: Partial<PlanInput>, outcome: object]>([
    ['is served at once', { now: late(0) }, { kind: 'serve', why: 'announced' }],
    ['is served for two seconds', { now: late(1.999) }, { kind: 'serve', why: 'announced' }],
    ['is served no longer', { now: late(2) }, { kind: 'validate' }],
    ['is not served by a clock set back', { now: late(-1) }, { kind: 'validate' }],
    [
      'is not served after an invalidation',
      { now: late(1), invalidated: true },
      { kind: 'validate', why: 'invalidated' },
    ],
    [
      'is not served to who asks to validate',
      { now: late(1), request: requestHead({}, { cache: 'no-cache' }) },
      { kind: 'validate' },
    ],
    [
      'is served for its freshness while it is fresh',
      { now: late(1), rule: { ...RULE, fresh: seconds(99) } },
      { kind: 'serve', why: 'rule' },
    ],
  ])('%s', (_, input, outcome) => {
    expect(planned({ row: ANNOUNCED, ...input })).toMatchObject(outcome)
  })

  it('is served rather than validated behind, though it is stale already', () => {
    const row = storedRow({}, { announcedAtMs: STALE })
    expect(planned({ row, now: STALE })).toMatchObject({ kind: 'serve', why: 'announced' })
  })
})

describe('any plan', () => {
  const cache = fc.constantFrom<CacheMode>('default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached')
  const input: fc.Arbitrary<PlanInput> = fc.record({
    request: fc.tuple(anyFields, cache).map(([fields, mode]) => requestHead(fields, { cache: mode })),
    rule: fc.constantFrom(RULE, { ...RULE, fresh: 'http' as const }, { ...RULE, trust: 'rule' as const }),
    row: fc.option(
      anyFields.map((fields) => storedRow(fields)),
      { nil: undefined },
    ),
    otherVariants: fc.boolean(),
    invalidated: fc.boolean(),
    now: fc.integer({ min: -100, max: 1000 }).map(after),
  })

  it('never answers from what was invalidated (I1)', () => {
    fc.assert(
      fc.property(input, (given) => {
        expect(['serve', 'serve-then-validate']).not.toContain(plan({ ...given, invalidated: true }).kind)
      }),
    )
  })

  it('holds only the row that was selected', () => {
    fc.assert(
      fc.property(input, (given) => {
        const made = plan(given)
        if ('row' in made) expect(made.row).toBe(given.row)
      }),
    )
  })

  it('lets no row stand in that is gone', () => {
    fc.assert(
      fc.property(input, (given) => {
        const made = plan(given)
        if (made.kind === 'validate') expect(made.standsIn).toBe(made.standing.state !== 'gone')
      }),
    )
  })

  it('gives its reason in the words of Cache-Status', () => {
    const words: readonly Forward[] = ['bypass', 'method', 'uri-miss', 'vary-miss', 'request', 'stale']
    fc.assert(
      fc.property(input, (given) => {
        const made = plan(given)
        expect(made.why).toMatch(/^[a-z][a-z0-9-]*$/)
        if ('fwd' in made) expect(words).toContain(made.fwd)
      }),
    )
  })
})
