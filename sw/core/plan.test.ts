import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers } from './conditional.ts'
import { anyAsked, anyFields } from './header-text.fixture.ts'
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

const planned = (input: Partial<PlanInput>) => {
  const given = {
    request: requestHead(),
    rule: RULE,
    row: ROW,
    variants: [],
    invalidated: false,
    doubted: false,
    reloaded: false,
    now: FRESH,
    ...input,
  }
  return plan({ partial: given.row !== undefined && !covers(given.row, given.request), ...given })
}

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
    expect(planned({ row: undefined })).toEqual({
      kind: 'fetch',
      store: true,
      variants: [],
      fwd: 'uri-miss',
      why: 'uri-miss',
    })
  })

  it('says when only other variants are stored', () => {
    const outcome = { kind: 'fetch', store: true, variants: [ROW], fwd: 'vary-miss', why: 'vary-miss' }
    expect(planned({ row: undefined, variants: [ROW] })).toEqual(outcome)
  })

  it.each<CacheMode>(['no-cache', 'reload', 'force-cache'])('is fetched by cache mode %s', (cache) => {
    expect(planned({ row: undefined, request: requestHead({}, { cache }) })).toMatchObject({
      kind: 'fetch',
      store: true,
    })
  })
})

describe('a request whose conditions only the origin can evaluate (RFC 9110 §13.1.1, §13.1.4)', () => {
  it.each(['if-match', 'if-unmodified-since'])('goes past the store with %s', (name) => {
    const request = requestHead({ [name]: '"one"' })
    const outcome = { kind: 'fetch', store: false, variants: [], fwd: 'bypass', why: 'conditional' }
    expect(planned({ request })).toEqual(outcome)
    expect(planned({ request, row: undefined })).toEqual(outcome)
  })
})

describe('an answer that varies by cookies (RFC 9111 §4.1)', () => {
  const fields = { vary: 'Accept, Cookie' }

  it.each(['everyone', 'anonymous'])(
    'is validated before each use where it is of %s: the worker sees no cookie',
    (partition) => {
      const row = storedRow(fields, { partition })
      for (const now of [FRESH, STALE]) {
        expect(planned({ row, now })).toMatchObject({ kind: 'validate', why: 'vary-cookie', standsIn: true })
      }
    },
  )

  it('is served to the user whose cookies they are', () => {
    expect(planned({ row: storedRow(fields, { partition: 'user/ada' }) })).toMatchObject({ kind: 'serve' })
  })

  it('is validated also for that user where the rule says that cookies change it within a session', () => {
    const rule: Windows = { ...RULE, cookieVariants: true }
    const given = { rule, row: storedRow(fields, { partition: 'user/ada' }) }
    expect(planned(given)).toMatchObject({ kind: 'validate', why: 'cookie-variants', standsIn: true })
    expect(planned({ rule, row: storedRow({}, { partition: 'user/ada' }) })).toMatchObject({ kind: 'serve' })
  })
})

describe('a rule without any window', () => {
  const rule: Windows = { fresh: seconds(0), stale: seconds(0), offline: seconds(0), trust: 'rule' }

  it('has the origin answer, and stores nothing', () => {
    for (const row of [ROW, undefined]) {
      expect(planned({ rule, row })).toMatchObject({ kind: 'fetch', store: false, fwd: 'bypass', why: 'network-only' })
    }
  })

  it('has nothing for a page that wants a stored answer', () => {
    expect(planned({ rule, request: requestHead({}, { cache: 'only-if-cached' }) })).toMatchObject({
      kind: 'unsatisfiable',
    })
  })

  it.each(['fresh', 'stale', 'offline'] as const)('is another one where HTTP decides: %s', (window) => {
    expect(planned({ rule: { ...rule, [window]: 'http' }, row: undefined })).toMatchObject({ store: true })
  })
})

describe('a conditional request (RFC 9111 §4.3.2)', () => {
  it.each(['if-none-match', 'if-modified-since', 'if-range', 'range'])('is planned as any other with %s', (name) => {
    const request = requestHead({ [name]: name === 'range' ? 'bytes=0-0' : '"one"' })
    for (const now of [FRESH, STALE, OFFLINE, GONE]) expect(planned({ request, now })).toEqual(planned({ now }))
    expect(planned({ request, row: undefined })).toEqual(planned({ row: undefined }))
  })
})

describe('a read with a body', () => {
  it.each(['POST', 'QUERY'])('is planned as a GET by %s', (method) => {
    const request = requestHead({}, { method })
    for (const now of [FRESH, STALE, OFFLINE, GONE]) expect(planned({ request, now })).toEqual(planned({ now }))
  })
})

describe('a HEAD (RFC 9110 §9.3.2)', () => {
  const request = requestHead({}, { method: 'HEAD' })

  it.each<[rule: string, input: Partial<PlanInput>, outcome: object]>([
    ['is served what is fresh', {}, { kind: 'serve', row: ROW, why: 'rule' }],
    ['is served what is stale: it brings nothing to store', { now: STALE }, { kind: 'serve', row: ROW, why: 'rule' }],
    ['goes to the origin offline', { now: OFFLINE }, { kind: 'fetch', store: false, fwd: 'stale' }],
    ['goes to the origin when gone', { now: GONE }, { kind: 'fetch', store: false, fwd: 'stale' }],
    [
      'goes to the origin after an invalidation',
      { invalidated: true },
      { kind: 'fetch', store: false, why: 'invalidated' },
    ],
    ['goes to the origin on a miss', { row: undefined }, { kind: 'fetch', store: false, fwd: 'uri-miss' }],
  ])('%s', (_, input, outcome) => {
    expect(planned({ request, ...input })).toMatchObject(outcome)
  })
})

describe('a stored part (RFC 9111 §3.3, RFC 9211 §2.2)', () => {
  const PART = storedRow({ 'content-range': 'bytes 10-19/100', etag: '"one"' }, { status: 206 })

  it.each<[rule: string, fields: Record<string, string>]>([
    ['just what it holds', { range: 'bytes=10-19' }],
    ['a part of what it holds', { range: 'bytes=12-13' }],
    ['what it holds, by an If-Range that matches it', { range: 'bytes=10-19', 'if-range': '"one"' }],
  ])('answers %s', (_, fields) => {
    expect(planned({ row: PART, request: requestHead(fields) })).toMatchObject({ kind: 'serve', row: PART })
  })

  it.each<[rule: string, fields: Record<string, string>]>([
    ['the whole', {}],
    ['what begins before it', { range: 'bytes=9-19' }],
    ['what ends after it', { range: 'bytes=10-20' }],
    ['all from a place on', { range: 'bytes=10-' }],
    ['the end', { range: 'bytes=-10' }],
    ['two parts', { range: 'bytes=10-11,13-14' }],
    ['what nothing has', { range: 'bytes=100-' }],
    ['a part of another version', { range: 'bytes=10-19', 'if-range': '"two"' }],
  ])('does not answer %s', (_, fields) => {
    const request = requestHead(fields)
    const outcome = { kind: 'fetch', store: true, variants: [], fwd: 'partial', why: 'partial' }
    expect(planned({ row: PART, request })).toEqual(outcome)
    const only = requestHead({ ...fields, 'cache-control': 'only-if-cached' })
    expect(planned({ row: PART, request: only }).kind).toBe('unsatisfiable')
  })
})

describe('the cache mode of a request (Fetch, "request cache mode")', () => {
  const cached = (cache: CacheMode, input: Partial<PlanInput> = {}) =>
    planned({ request: requestHead({}, { cache }), ...input })

  it.each<[rule: string, cache: CacheMode, input: Partial<PlanInput>, outcome: object]>([
    [
      'goes past the store by no-store',
      'no-store',
      {},
      { kind: 'fetch', store: false, fwd: 'bypass', why: 'request-no-store' },
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
  const STRICT = { row: storedRow({ 'cache-control': 'must-revalidate, max-age=5' }) }
  const SERVED_STALE = { kind: 'serve', why: 'max-stale' }
  const UNCACHED = { row: storedRow({ 'cache-control': 'no-cache' }) }

  it.each<[rule: string, value: string, input: Partial<PlanInput>, outcome: object]>([
    [
      'asks to validate by no-cache',
      'no-cache',
      {},
      { kind: 'validate', standsIn: true, fwd: 'request', why: 'asked-to-validate' },
    ],
    ['asks to validate by a max-age of zero', 'max-age=0', { now: STALE }, { kind: 'validate', fwd: 'stale' }],
    [
      'asks to validate by a max-age of zero, what has no age yet',
      'max-age=0',
      { now: after(0) },
      { kind: 'validate' },
    ],
    ['asks to validate by an invalid max-age', 'max-age=soon', {}, { kind: 'validate', why: 'asked-to-validate' }],
    ['takes what is as old as its max-age', 'max-age=5', {}, { kind: 'serve' }],
    [
      'takes nothing older than its max-age',
      'max-age=4',
      {},
      { kind: 'validate', standsIn: true, fwd: 'request', why: 'max-age-of-request' },
    ],
    ['takes nothing stale by any max-age', 'max-age=60', { now: STALE }, { kind: 'validate', fwd: 'stale' }],
    ['takes what is stale by max-age and max-stale', 'max-age=60, max-stale', { now: STALE }, { kind: 'serve' }],
    [
      'takes nothing older than its max-age, though max-stale',
      'max-age=14, max-stale',
      { now: STALE },
      { kind: 'validate', why: 'max-age-of-request' },
    ],
    ['takes what is fresh for as long as min-fresh', 'min-fresh=5', {}, { kind: 'serve' }],
    [
      'takes nothing that is fresh for less',
      'min-fresh=6',
      {},
      { kind: 'validate', standsIn: true, fwd: 'request', why: 'min-fresh' },
    ],
    ['takes nothing stale by min-fresh', 'min-fresh=1', { now: STALE }, { kind: 'validate', why: 'min-fresh' }],
    ['asks nothing by an invalid min-fresh', 'min-fresh=soon', {}, { kind: 'serve' }],
    [
      'takes what is as stale as it comes by max-stale',
      'max-stale',
      { now: GONE },
      { kind: 'serve', why: 'max-stale' },
    ],
    ['takes what is as stale as max-stale says', 'max-stale=40', { now: OFFLINE }, { kind: 'serve', why: 'max-stale' }],
    ['takes nothing staler than max-stale says', 'max-stale=39', { now: OFFLINE }, { kind: 'validate', why: 'rule' }],
    ['takes what is not beyond its freshness by a max-stale of zero', 'max-stale=0', { now: after(10) }, SERVED_STALE],
    ['asks at once about what is staler than max-stale says', 'max-stale=4', { now: STALE }, { kind: 'validate' }],
    [
      'takes no answer of unknown age by max-stale: the clock was set back',
      'max-stale',
      { now: after(-5) },
      { kind: 'validate', why: 'clock-set-back' },
    ],
    ['takes nothing stale by an invalid max-stale', 'max-stale=any', { now: OFFLINE }, { kind: 'validate' }],
    ['takes what is fresh by a max-stale of zero', 'max-stale=0', {}, { kind: 'serve', why: 'rule' }],
    [
      'takes nothing by max-stale against must-revalidate',
      'max-stale',
      { ...STRICT, now: after(6) },
      { kind: 'validate', standsIn: false },
    ],
    ['takes nothing by max-stale against no-cache', 'max-stale', UNCACHED, { kind: 'validate', standsIn: false }],
    [
      'takes nothing invalidated by max-stale',
      'max-stale',
      { invalidated: true },
      { kind: 'validate', why: 'invalidated' },
    ],
    ['is served by no-store what is stored', 'no-store', {}, { kind: 'serve' }],
    ['starts no validation in the background by no-store', 'no-store', { now: STALE }, { kind: 'serve' }],
    ['stores nothing by no-store', 'no-store', { row: undefined }, { kind: 'fetch', store: false, fwd: 'uri-miss' }],
    ['stores nothing by no-store, what was stored either', 'no-store', { now: GONE }, { kind: 'fetch', store: false }],
    ['is served by only-if-cached what is fresh', 'only-if-cached', {}, { kind: 'serve', why: 'rule' }],
    ['is served by only-if-cached what is stale', 'only-if-cached', { now: STALE }, { kind: 'serve', why: 'rule' }],
    [
      'is served nothing by only-if-cached that must be validated',
      'only-if-cached',
      { now: OFFLINE },
      { kind: 'unsatisfiable', why: 'rule' },
    ],
    [
      'is served nothing by only-if-cached that is not stored',
      'only-if-cached',
      { row: undefined },
      { kind: 'unsatisfiable', why: 'only-if-cached' },
    ],
    [
      'is served nothing by only-if-cached that is of another variant',
      'only-if-cached',
      { row: undefined, variants: [ROW] },
      { kind: 'unsatisfiable', why: 'only-if-cached' },
    ],
    [
      'is served nothing by only-if-cached that was invalidated',
      'only-if-cached',
      { invalidated: true },
      { kind: 'unsatisfiable', why: 'invalidated' },
    ],
    ['is served by only-if-cached what max-stale takes', 'only-if-cached, max-stale', { now: GONE }, { kind: 'serve' }],
    [
      'is served nothing by only-if-cached that its max-age does not take',
      'only-if-cached, max-age=4',
      {},
      { kind: 'unsatisfiable', why: 'max-age-of-request' },
    ],
    [
      'is served nothing by only-if-cached and no-cache',
      'only-if-cached, no-cache',
      {},
      { kind: 'unsatisfiable', why: 'asked-to-validate' },
    ],
    [
      'serves a gone answer when the origin is away, within its stale-if-error (RFC 5861 §4)',
      'stale-if-error=490',
      { now: GONE },
      { kind: 'validate', standsIn: true, forgiving: true },
    ],
    [
      'serves no gone answer after its stale-if-error',
      'stale-if-error=489',
      { now: GONE },
      { kind: 'validate', standsIn: false, forgiving: false },
    ],
    [
      'serves no gone answer by an invalid stale-if-error',
      'stale-if-error=x',
      { now: GONE },
      { kind: 'validate', standsIn: false, forgiving: false },
    ],
    [
      'serves no must-revalidate answer by stale-if-error',
      'stale-if-error=60',
      { ...STRICT, now: after(6) },
      { kind: 'validate', standsIn: false, forgiving: false },
    ],
    [
      'serves no no-cache answer by stale-if-error',
      'stale-if-error=60',
      UNCACHED,
      { kind: 'validate', standsIn: false, forgiving: false },
    ],
  ])('%s', (_, value, input, outcome) => {
    expect(planned({ request: requestHead({ 'cache-control': value }), ...input })).toMatchObject(outcome)
  })

  it.each<CacheMode>(['reload', 'no-store'])(
    'never goes forward by only-if-cached, though by cache mode %s',
    (cache) => {
      const request = requestHead({ 'cache-control': 'only-if-cached' }, { cache })
      expect(planned({ request })).toEqual({ kind: 'unsatisfiable', why: 'only-if-cached' })
    },
  )
})

describe('what may answer for an error of the origin (RFC 5861 §4)', () => {
  const row = storedRow({ 'cache-control': 'stale-if-error=60' })

  it.each<[rule: string, input: Partial<PlanInput>, forgiving: boolean]>([
    ['is what states it', { row, now: OFFLINE }, true],
    ['is what states it until that has ended', { row, now: after(70) }, true],
    ['is nothing after that', { row, now: after(70.001) }, false],
    ['is no answer without stale-if-error, though it may be served offline', { now: OFFLINE }, false],
    [
      'is nothing that forbids it',
      { row: storedRow({ 'cache-control': 'no-cache, stale-if-error=60' }), now: OFFLINE },
      false,
    ],
  ])('%s', (_, input, forgiving) => {
    expect(planned(input)).toMatchObject({ kind: 'validate', forgiving })
  })

  it.each<[rule: string, rules: Windows, value: string, now: typeof FRESH]>([
    ['of a rule without an offline window', { ...RULE, offline: seconds(0) }, 'stale-if-error=60', OFFLINE],
    ['of a rule with a shorter one', RULE, 'stale-if-error=600', GONE],
  ])('answers for an origin that is away as well: %s', (_, rules, value, now) => {
    const made = planned({ row: storedRow({ 'cache-control': value }), rule: rules, now })
    expect(made.kind === 'validate' && made.standsIn).toBe(made.kind === 'validate' && made.forgiving)
  })
})

describe('a reload of what is immutable (RFC 8246 §2)', () => {
  const IMMUTABLE = storedRow({ 'cache-control': 'immutable' })
  const reloaded = requestHead({}, { cache: 'no-cache' })

  it.each<[rule: string, input: Partial<PlanInput>, outcome: object]>([
    ['is served while that is fresh', { request: reloaded }, { kind: 'serve', row: IMMUTABLE, why: 'rule' }],
    ['is validated once that is stale', { request: reloaded, now: STALE }, { kind: 'validate' }],
    ['is validated after an invalidation', { request: reloaded, invalidated: true }, { kind: 'validate' }],
    [
      'is validated where the request says so',
      { request: requestHead({ 'cache-control': 'no-cache' }) },
      { kind: 'validate' },
    ],
    [
      'is fetched where the user forces it',
      { request: requestHead({}, { cache: 'reload' }) },
      { kind: 'fetch', why: 'reload' },
    ],
    [
      'is validated where only the request says it',
      { row: ROW, request: requestHead({ 'cache-control': 'immutable' }, { cache: 'no-cache' }) },
      { kind: 'validate' },
    ],
    [
      'is served where a targeted field says it',
      { row: { ...ROW, targeted: 'immutable' }, request: reloaded },
      { kind: 'serve' },
    ],
    [
      'is validated where a targeted field does not say it',
      { row: { ...IMMUTABLE, targeted: 'max-age=60' }, request: reloaded },
      { kind: 'validate' },
    ],
  ])('%s', (_, input, outcome) => {
    expect(planned({ row: IMMUTABLE, ...input })).toMatchObject(outcome)
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
      'is not served when the request asks for validation',
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

  it('is served without validation in the background, though it is already stale', () => {
    const row = storedRow({}, { announcedAtMs: STALE })
    expect(planned({ row, now: STALE })).toMatchObject({ kind: 'serve', why: 'announced' })
  })
})

describe('a read that another user may be making (I3)', () => {
  const FORGIVING = storedRow({ 'cache-control': 'max-age=9999, immutable, stale-if-error=9999' })
  const ERROR = storedRow({ 'cache-control': 'max-age=9999, immutable' }, { status: 404 })
  const validated = { kind: 'validate', row: ROW, standsIn: false, forgiving: false, fwd: 'stale', why: 'doubted' }
  const cached = requestHead({}, { cache: 'only-if-cached' })

  it.each<[rule: string, input: Partial<PlanInput>, outcome: object]>([
    ['is validated while fresh', {}, validated],
    ['is validated while stale', { now: STALE }, validated],
    ['has nothing that stands in while offline', { now: OFFLINE }, validated],
    ['is validated after an invalidation', { invalidated: true }, validated],
    ['is validated, whatever the answer allows', { row: FORGIVING, now: STALE }, { ...validated, row: FORGIVING }],
    ['is validated, though a stored error is fresh', { row: ERROR }, { ...validated, row: ERROR }],
    [
      'is validated, also by a reload of what never changes',
      { row: FORGIVING, request: requestHead({}, { cache: 'no-cache' }) },
      { ...validated, row: FORGIVING },
    ],
    ['is validated by cache mode force-cache', { request: requestHead({}, { cache: 'force-cache' }) }, validated],
    [
      'is validated, whatever staleness the request takes',
      { now: STALE, request: requestHead({ 'cache-control': 'max-stale, stale-if-error=9999' }) },
      validated,
    ],
    [
      'is validated, though it was just announced',
      { row: storedRow({}, { announcedAtMs: STALE }), now: STALE },
      { kind: 'validate', standsIn: false },
    ],
    ['is unsatisfiable by only-if-cached', { request: cached }, { kind: 'unsatisfiable', why: 'only-if-cached' }],
    [
      'is unsatisfiable by the field only-if-cached',
      { request: requestHead({ 'cache-control': 'only-if-cached' }) },
      { kind: 'unsatisfiable', why: 'only-if-cached' },
    ],
    ['is fetched where nothing is stored', { row: undefined }, { kind: 'fetch', store: true, fwd: 'uri-miss' }],
    [
      'goes to the origin by HEAD',
      { request: requestHead({}, { method: 'HEAD' }) },
      { kind: 'fetch', store: false, fwd: 'stale' },
    ],
  ])('%s', (_, input, outcome) => {
    expect(planned({ ...input, doubted: true })).toMatchObject(outcome)
  })
})

describe('the first read since the user has reloaded the page', () => {
  const validated = { kind: 'validate', row: ROW, standsIn: true, fwd: 'request', why: 'reloaded' }
  const SURE = storedRow({ 'cache-control': 'max-age=9999, immutable' })

  it.each<[rule: string, input: Partial<PlanInput>, outcome: object]>([
    ['is validated while fresh, and what is stored stands in', {}, validated],
    ['is validated while stale', { now: STALE }, { ...validated, fwd: 'stale' }],
    ['is answered by nothing that is gone', { now: GONE }, { ...validated, standsIn: false, fwd: 'stale' }],
    [
      'is validated, though it was just announced',
      { row: storedRow({}, { announcedAtMs: FRESH }) },
      { why: 'reloaded' },
    ],
    ['is served where the answer never changes (RFC 8246)', { row: SURE }, { kind: 'serve' }],
    [
      'is served where the page takes anything that is stored',
      { request: requestHead({}, { cache: 'force-cache' }) },
      { kind: 'serve' },
    ],
    ['is fetched where nothing is stored', { row: undefined }, { kind: 'fetch', fwd: 'uri-miss' }],
  ])('%s', (_, input, outcome) => {
    expect(planned({ ...input, reloaded: true })).toMatchObject(outcome)
  })
})

describe('any plan', () => {
  const cache = fc.constantFrom<CacheMode>('default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached')
  const input: fc.Arbitrary<PlanInput> = fc.record({
    request: fc.tuple(anyAsked, cache).map(([fields, mode]) => requestHead(fields, { cache: mode })),
    rule: fc.constantFrom(RULE, { ...RULE, fresh: 'http' as const }, { ...RULE, trust: 'rule' as const }),
    row: fc.option(
      anyFields.map((fields) => storedRow(fields)),
      { nil: undefined },
    ),
    variants: fc.constantFrom([], [ROW]),
    partial: fc.constant(false),
    invalidated: fc.boolean(),
    doubted: fc.boolean(),
    reloaded: fc.boolean(),
    now: fc.integer({ min: -100, max: 1000 }).map(after),
  })

  it('never answers from what was invalidated (I1)', () => {
    fc.assert(
      fc.property(input, (given) => {
        expect(['serve', 'serve-then-validate']).not.toContain(plan({ ...given, invalidated: true }).kind)
      }),
    )
  })

  it('serves nothing of a user in doubt before the origin has answered (I3)', () => {
    fc.assert(
      fc.property(input, (given) => {
        const made = plan({ ...given, doubted: true })
        expect(['validate', 'fetch', 'unsatisfiable']).toContain(made.kind)
        if (made.kind === 'validate') expect([made.standsIn, made.forgiving]).toEqual([false, false])
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

  it('serves no gone row when the origin is away, unless the request allows it', () => {
    fc.assert(
      fc.property(input, (given) => {
        const made = plan(given)
        if (given.doubted || made.kind !== 'validate' || made.standsIn === (made.standing.state !== 'gone')) return
        expect(made.standsIn).toBe(true)
        expect(given.request.fields.get('cache-control')).toMatch(/stale-if-error/i)
      }),
    )
  })

  it('stores nothing by HEAD, and is served by it what a GET is', () => {
    fc.assert(
      fc.property(input, (given) => {
        const made = plan(given)
        const head = plan({ ...given, request: { ...given.request, method: 'HEAD' } })
        expect(['serve', 'fetch', 'unsatisfiable']).toContain(head.kind)
        expect(head.kind === 'serve').toBe(made.kind === 'serve' || made.kind === 'serve-then-validate')
        if (head.kind === 'fetch') expect(head.store).toBe(false)
      }),
    )
  })

  it('stores nothing where the request says no-store', () => {
    fc.assert(
      fc.property(input, fc.boolean(), ({ request, ...others }, byMode) => {
        const fields = byMode ? request.fields : new Map([...request.fields, ['cache-control', 'no-store']])
        const made = plan({ ...others, request: { ...request, fields, cache: byMode ? 'no-store' : request.cache } })
        expect(['serve', 'fetch', 'unsatisfiable']).toContain(made.kind)
        if (made.kind === 'fetch') expect(made.store).toBe(false)
      }),
    )
  })

  it('serves only a row with the requested bytes', () => {
    const part = fc.record({
      first: fc.nat(20),
      length: fc.nat(20),
      range: fc.constantFrom('bytes=5-9', 'bytes=-3', ''),
    })
    fc.assert(
      fc.property(input, part, (given, { first, length, range }) => {
        const fields = { 'content-range': `bytes ${first}-${first + length}/50` }
        const request = { ...given.request, fields: new Map(range === '' ? [] : [['range', range]]) }
        const row = storedRow(fields, { status: 206 })
        const made = plan({ ...given, request, row, partial: !covers(row, request) })
        if (made.kind === 'serve' || made.kind === 'serve-then-validate') {
          expect(range).toBe('bytes=5-9')
          expect(first <= 5 && first + length >= 9).toBe(true)
        }
      }),
    )
  })

  it('gives its reason in the terms of Cache-Status', () => {
    const words: readonly Forward[] = ['bypass', 'uri-miss', 'vary-miss', 'request', 'stale', 'partial']
    fc.assert(
      fc.property(input, (given) => {
        const made = plan(given)
        expect(made.why).toMatch(/^[a-z][a-z0-9-]*$/)
        if ('fwd' in made) expect(words).toContain(made.fwd)
      }),
    )
  })
})
