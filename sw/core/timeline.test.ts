import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from './header-text.fixture.ts'
import { after, storedRow } from './stored-row.fixture.ts'
import { isExpired, type Standing, standing, type Window, type Windows } from './timeline.ts'
import { seconds } from './units.ts'

const s = seconds
const HTTP: Windows = { fresh: 'http', stale: 'http', offline: 'http', trust: 'rule' }
const RULE: Windows = { fresh: s(10), stale: s(20), offline: s(100), trust: 'rule' }
/** The same, of a rule that leaves the last word to the response. */
const OBEYING: Windows = { ...RULE, trust: 'http' }

const cacheControl = (value: string) => storedRow({ 'cache-control': value })

type State = Standing['state']

/** The standing of a 200 with this `Cache-Control`, the given seconds after it was stored. */
const stateAt = (value: string, rule: Windows, now: number, invalidated = false): State =>
  standing(cacheControl(value), rule, invalidated, after(now)).state

describe('the windows of a rule', () => {
  it.each<[rule: string, windows: Windows, now: number, state: State]>([
    ['begin fresh', RULE, 0, 'fresh'],
    ['are fresh until the last moment', RULE, 9.999, 'fresh'],
    ['are stale at the end of fresh', RULE, 10, 'stale'],
    ['count stale from the end of fresh', RULE, 29.999, 'stale'],
    ['are offline at the end of stale', RULE, 30, 'offline'],
    ['count offline from the end of fresh, not of stale', RULE, 109.999, 'offline'],
    ['are gone at the end of offline', RULE, 110, 'gone'],
    ['have no stale window of zero', { ...RULE, stale: s(0) }, 10, 'offline'],
    ['have no offline window of zero', { ...RULE, offline: s(0) }, 30, 'gone'],
    ['are never fresh for zero', { ...RULE, fresh: s(0) }, 0, 'stale'],
    ['are gone at once when all are zero', { ...RULE, fresh: s(0), stale: s(0), offline: s(0) }, 0, 'gone'],
    ['are fresh forever', { ...RULE, fresh: s(Infinity) }, 1e9, 'fresh'],
    ['are stale forever', { ...RULE, stale: s(Infinity) }, 1e9, 'stale'],
    ['are offline forever', { ...RULE, offline: s(Infinity) }, 1e9, 'offline'],
    ['let a stale window outlast the offline one', { ...RULE, stale: s(200) }, 150, 'stale'],
  ])('%s', (_, windows, now, state) => {
    expect(stateAt('', windows, now)).toBe(state)
  })

  it('count from receipt, whatever Age and Date say', () => {
    const row = storedRow({ age: '500', date: new Date(after(-900)).toUTCString() })
    expect(standing(row, RULE, false, after(9))).toEqual({
      state: 'fresh',
      ttl: 1,
      age: 909,
      why: 'rule',
      strict: false,
      forgiving: false,
    })
  })

  it('win over max-age, longer or shorter', () => {
    expect(stateAt('max-age=1', RULE, 5)).toBe('fresh')
    expect(stateAt('max-age=1000', RULE, 15)).toBe('stale')
  })

  it('may each be left to HTTP', () => {
    const value = 'max-age=50, stale-while-revalidate=7, stale-if-error=9'
    expect(stateAt(value, { ...RULE, fresh: 'http' }, 49)).toBe('fresh')
    expect(stateAt(value, { ...RULE, fresh: 'http' }, 69)).toBe('stale')
    expect(stateAt(value, { ...RULE, stale: 'http' }, 16)).toBe('stale')
    expect(stateAt(value, { ...RULE, stale: 'http' }, 17)).toBe('offline')
    expect(stateAt(value, { ...RULE, stale: s(0), offline: 'http' }, 18)).toBe('offline')
    expect(stateAt(value, { ...RULE, stale: s(0), offline: 'http' }, 19)).toBe('gone')
  })
})

describe('the windows of HTTP (RFC 9111 §4.2, RFC 5861 §3, §4)', () => {
  const ALL = 'max-age=10, stale-while-revalidate=20, stale-if-error=100'
  it.each<[rule: string, value: string, now: number, state: State]>([
    ['are fresh within max-age', ALL, 9.999, 'fresh'],
    ['are not fresh when age equals lifetime', ALL, 10, 'stale'],
    ['are stale within stale-while-revalidate', ALL, 29.999, 'stale'],
    ['are offline within stale-if-error', ALL, 30, 'offline'],
    ['are gone after stale-if-error', ALL, 110, 'gone'],
    ['are gone at once where nothing is said', '', 0, 'gone'],
    ['have no stale window that is invalid', 'max-age=10, stale-while-revalidate=x', 10, 'gone'],
    ['have no offline window that is given twice', 'max-age=10, stale-if-error=9, stale-if-error=9', 10, 'gone'],
    ['are not fresh by an invalid max-age', 'max-age=soon, stale-if-error=100', 0, 'offline'],
  ])('%s', (_, value, now, state) => {
    expect(stateAt(value, HTTP, now)).toBe(state)
  })

  it('count from when the origin made the answer', () => {
    const row = storedRow({ 'cache-control': 'max-age=60', age: '50' })
    const said = { why: 'max-age', strict: false, forgiving: false }
    expect(standing(row, HTTP, false, after(9))).toEqual({ state: 'fresh', ttl: 1, age: 59, ...said })
    expect(standing(row, HTTP, false, after(12))).toEqual({ state: 'gone', ttl: -2, age: 62, ...said })
  })

  it('use Expires without max-age', () => {
    const row = storedRow({ expires: new Date(after(60)).toUTCString() })
    expect(standing(row, HTTP, false, after(59))).toMatchObject({ state: 'fresh', why: 'expires' })
    expect(standing(storedRow({}), HTTP, false, after(0))).toMatchObject({ state: 'gone', why: 'none' })
  })
})

describe('no-cache and must-revalidate (RFC 9111 §5.2.2.2, §5.2.2.4)', () => {
  it.each<[rule: string, value: string, windows: Windows, now: number, state: State, why: string]>([
    ['no-cache is never served unvalidated by a rule', 'no-cache', OBEYING, 0, 'gone', 'no-cache'],
    ['no-cache is never served unvalidated by max-age', 'no-cache, max-age=60', HTTP, 0, 'gone', 'no-cache'],
    ['no-cache is not served without the origin either', 'no-cache, stale-if-error=60', HTTP, 0, 'gone', 'no-cache'],
    ['no-cache ends even what is fresh forever', 'no-cache', { ...OBEYING, fresh: s(Infinity) }, 0, 'gone', 'no-cache'],
    ['no-cache outweighs must-revalidate', 'no-cache, must-revalidate, max-age=9', HTTP, 0, 'gone', 'no-cache'],
    ['no-cache yields to a duration', 'no-cache', RULE, 9, 'fresh', 'rule'],
    ['no-cache yields offline as well to a duration', 'no-cache', RULE, 31, 'offline', 'rule'],
    ['must-revalidate allows what is fresh', 'must-revalidate, max-age=5', OBEYING, 4, 'fresh', 'must-revalidate'],
    [
      'must-revalidate ends a rule at the end of max-age',
      'must-revalidate, max-age=5',
      OBEYING,
      5,
      'gone',
      'must-revalidate',
    ],
    ['must-revalidate without max-age is never fresh', 'must-revalidate', OBEYING, 0, 'gone', 'must-revalidate'],
    ['must-revalidate does not prolong a rule', 'must-revalidate, max-age=60', OBEYING, 10, 'gone', 'rule'],
    ['must-revalidate is fresh by a shorter rule', 'must-revalidate, max-age=60', OBEYING, 9, 'fresh', 'rule'],
    [
      'must-revalidate is not served without the origin',
      'must-revalidate, max-age=5, stale-if-error=60',
      HTTP,
      6,
      'gone',
      'max-age',
    ],
    ['must-revalidate yields to a duration', 'must-revalidate', RULE, 11, 'stale', 'rule'],
  ])('%s', (_, value, windows, now, state, why) => {
    expect(standing(cacheControl(value), windows, false, after(now))).toMatchObject({ state, why })
  })
})

describe('no-cache, must-revalidate and max-age=0 bind the windows that are left to HTTP, and no other', () => {
  const ofRails = 'max-age=0, private, must-revalidate'
  it.each<[rule: string, value: string, windows: Windows, now: number, state: State]>([
    ['a fresh duration', 'no-cache', { ...HTTP, fresh: s(10) }, 9, 'fresh'],
    ['what follows it, left to HTTP', 'no-cache, stale-while-revalidate=60', { ...HTTP, fresh: s(10) }, 10, 'gone'],
    ['a stale duration after no freshness at all', 'no-cache, max-age=9', { ...HTTP, stale: s(20) }, 19, 'stale'],
    ['an offline duration', ofRails, { ...HTTP, offline: s(20) }, 19, 'offline'],
    ['all three durations', ofRails, RULE, 9, 'fresh'],
    ['all three durations, stale', ofRails, RULE, 29, 'stale'],
    ['all three durations, offline', ofRails, RULE, 109, 'offline'],
    ['no duration where the rule leaves HTTP the last word', 'max-age=5', OBEYING, 5, 'stale'],
    ['no duration where the response says nothing of its lifetime', 'private', OBEYING, 9, 'fresh'],
  ])('%s', (_, value, windows, now, state) => {
    expect(standing(cacheControl(value), windows, false, after(now)).state).toBe(state)
  })
})

describe('a response that forbids unvalidated use (RFC 9111 §5.2.2.2, §5.2.2.4)', () => {
  it.each<[rule: string, value: string, windows: Windows, status: number, strict: boolean]>([
    ['is no-cache', 'no-cache', OBEYING, 200, true],
    ['is must-revalidate', 'must-revalidate', OBEYING, 200, true],
    ['is must-revalidate while it is fresh as well', 'must-revalidate, max-age=60', OBEYING, 200, true],
    ['is not what only states a lifetime', 'max-age=60, private', OBEYING, 200, false],
    ['is no proxy-revalidate: a worker is a private cache', 'proxy-revalidate', OBEYING, 200, false],
    ['is nothing where the rule gives a duration', 'no-cache, must-revalidate', RULE, 200, false],
    ['is an error, whatever the rule gives', 'must-revalidate', RULE, 404, true],
  ])('%s', (_, value, windows, status, strict) => {
    const row = storedRow({ 'cache-control': value }, { status })
    expect(standing(row, windows, false, after(1)).strict).toBe(strict)
    expect(standing(row, windows, true, after(1)).strict).toBe(strict)
  })
})

describe('a response that may replace an error of the origin (RFC 5861 §4)', () => {
  it.each<[rule: string, value: string, windows: Windows, now: number, forgiving: boolean]>([
    ['states stale-if-error', 'stale-if-error=60', OBEYING, 0, true],
    ['does until that ends', 'stale-if-error=60', OBEYING, 70, true],
    ['does not after that', 'stale-if-error=60', OBEYING, 70.001, false],
    ['counts it from the end of fresh, as HTTP says', 'max-age=5, stale-if-error=60', HTTP, 65, true],
    ['counts it from the end of fresh, and no longer', 'max-age=5, stale-if-error=60', HTTP, 65.001, false],
    ['does not state it twice', 'stale-if-error=60, stale-if-error=60', OBEYING, 0, false],
    ['does not state only what allows other staleness', 'stale-while-revalidate=60', OBEYING, 0, false],
    ['does not forbid it by no-cache', 'no-cache, stale-if-error=60', OBEYING, 0, false],
    ['does not forbid it by must-revalidate', 'must-revalidate, stale-if-error=60', OBEYING, 0, false],
    [
      'does though it says must-revalidate where the rule gives a duration',
      'must-revalidate, stale-if-error=60',
      RULE,
      0,
      true,
    ],
  ])('%s', (_, value, windows, now, forgiving) => {
    expect(standing(cacheControl(value), windows, false, after(now)).forgiving).toBe(forgiving)
  })
})

describe('a targeted field (RFC 9213 §2.2)', () => {
  const row = (targeted: string) =>
    storedRow(
      { 'cache-control': 'max-age=50, stale-if-error=50', expires: new Date(after(50)).toUTCString() },
      { targeted },
    )

  it.each<[rule: string, targeted: string, now: number, state: State, why: string]>([
    ['says how long an answer is fresh', 'max-age=5', 4, 'fresh', 'max-age'],
    ['says it alone', 'max-age=5', 5, 'gone', 'max-age'],
    ['has windows of its own', 'max-age=5, stale-while-revalidate=5', 9, 'stale', 'max-age'],
    ['makes nothing fresh where it states no lifetime', 'x-fast', 0, 'gone', 'none'],
    ['may forbid to serve it unvalidated', 'no-cache, max-age=5', 0, 'gone', 'no-cache'],
  ])('%s', (_, targeted, now, state, why) => {
    expect(standing(row(targeted), HTTP, false, after(now))).toMatchObject({ state, why })
  })

  it('sets aside what Cache-Control forbids', () => {
    const stored = storedRow({ 'cache-control': 'no-cache' }, { targeted: 'max-age=5' })
    expect(standing(stored, HTTP, false, after(4))).toMatchObject({ state: 'fresh', strict: false })
  })
})

describe('an error status follows HTTP alone', () => {
  const WITH_WINDOWS = 'max-age=10, stale-while-revalidate=5, stale-if-error=8'
  it.each<[rule: string, status: number, value: string, windows: Windows, now: number, state: State]>([
    ['is not fresh by a rule', 404, '', RULE, 0, 'gone'],
    ['is not fresh by any rule', 500, '', RULE, 0, 'gone'],
    ['is fresh within its max-age', 404, WITH_WINDOWS, RULE, 9, 'fresh'],
    ['is fresh no longer than its max-age', 404, WITH_WINDOWS, { ...RULE, fresh: s(60) }, 10, 'stale'],
    ['is stale within its own window', 404, WITH_WINDOWS, RULE, 15, 'offline'],
    ['is offline within its own window', 404, WITH_WINDOWS, RULE, 18, 'gone'],
    ['obeys its no-cache, whatever the rule gives', 404, 'max-age=10, no-cache', RULE, 0, 'gone'],
    [
      'obeys its must-revalidate, whatever the rule gives',
      410,
      'max-age=10, must-revalidate, stale-if-error=9',
      RULE,
      11,
      'gone',
    ],
    ['begins at 400', 400, '', RULE, 0, 'gone'],
    ['does not begin before 400', 399, '', RULE, 0, 'fresh'],
  ])('%s', (_, status, value, windows, now, state) => {
    const row = storedRow({ 'cache-control': value }, { status })
    expect(standing(row, windows, false, after(now)).state).toBe(state)
  })
})

describe('an invalidation', () => {
  it.each<[rule: string, value: string, windows: Windows, now: number, state: State]>([
    ['ends fresh and leaves offline running', '', RULE, 0, 'offline'],
    ['ends stale and leaves offline running', '', RULE, 20, 'offline'],
    ['does not prolong offline', '', RULE, 110, 'gone'],
    ['leaves the last moment of offline', '', RULE, 109.999, 'offline'],
    ['leaves the shortest of offline windows running', '', { ...RULE, offline: s(0.5) }, 0, 'offline'],
    ['leaves nothing where there is no offline window', '', { ...RULE, offline: s(0) }, 0, 'gone'],
    ['leaves nothing of a stale window longer than the offline one', '', { ...RULE, stale: s(500) }, 120, 'gone'],
    ['leaves what is kept forever offline', '', { ...RULE, fresh: s(Infinity) }, 50, 'offline'],
    ['leaves nothing of what must be validated', 'no-cache', OBEYING, 0, 'gone'],
  ])('%s', (_, value, windows, now, state) => {
    expect(standing(cacheControl(value), windows, true, after(now))).toMatchObject({ state, why: 'invalidated' })
  })
})

describe('a clock set back', () => {
  it('leads to validation, and the stored answer may be served offline', () => {
    expect(standing(storedRow({}), RULE, false, after(-1))).toMatchObject({
      state: 'offline',
      age: 0,
      why: 'clock-set-back',
    })
  })

  it('never makes an answer available offline', () => {
    expect(stateAt('', { ...RULE, offline: s(0) }, -1)).toBe('gone')
    expect(stateAt('no-cache', OBEYING, -1)).toBe('gone')
  })

  it('differs from a clock that stands still', () => {
    expect(stateAt('', RULE, 0)).toBe('fresh')
  })
})

describe('the heuristic of a rule (RFC 9111 §4.2.2)', () => {
  const GUESSING: Windows = { ...HTTP, heuristic: 0.1 }
  const changed = { 'last-modified': new Date(after(-1000)).toUTCString() }
  const whyAt = (windows: Windows, now: number, status = 200, fields: Record<string, string> = {}) =>
    standing(storedRow({ ...changed, ...fields }, { status }), windows, false, after(now))

  it('makes an answer fresh that does not say for how long it is', () => {
    expect(whyAt(GUESSING, 99)).toMatchObject({ state: 'fresh', ttl: 1, why: 'heuristic' })
    expect(whyAt(GUESSING, 100)).toMatchObject({ state: 'gone', why: 'heuristic' })
    expect(whyAt(HTTP, 1)).toMatchObject({ state: 'gone', why: 'none' })
  })

  it('says nothing where the rule has a duration, whichever has the last word', () => {
    expect(whyAt({ ...RULE, heuristic: 0.1 }, 9)).toMatchObject({ state: 'fresh', why: 'rule' })
    expect(whyAt({ ...OBEYING, fresh: s(500), heuristic: 0.1 }, 400)).toMatchObject({ state: 'fresh', why: 'rule' })
  })

  it.each([404, 405, 410, 414, 501])('is for an error that is cacheable by default: %d', (status) => {
    expect(whyAt(GUESSING, 99, status)).toMatchObject({ state: 'fresh', ttl: 1, why: 'heuristic' })
    expect(whyAt(GUESSING, 100, status).state).toBe('gone')
    expect(whyAt({ ...RULE, heuristic: 0.1 }, 1, status).state).toBe('gone')
  })

  it.each([400, 401, 403, 500, 502, 503, 504, 599])('is for no other error: %d', (status) => {
    expect(whyAt(GUESSING, 1, status).state).toBe('gone')
  })

  it('is for another error that is public, except that of a gateway', () => {
    expect(whyAt(GUESSING, 99, 599, { 'cache-control': 'public' }).state).toBe('fresh')
    expect(whyAt(GUESSING, 1, 503, { 'cache-control': 'public' }).state).toBe('gone')
  })

  it('lifts neither no-cache nor an invalidation', () => {
    expect(whyAt(GUESSING, 1, 200, { 'cache-control': 'no-cache' })).toMatchObject({ state: 'gone', strict: true })
    expect(standing(storedRow(changed), GUESSING, true, after(1)).state).toBe('gone')
  })
})

describe('any timeline', () => {
  const window: fc.Arbitrary<Window> = fc.oneof(
    fc.constantFrom<Window[]>('http', s(0), s(Infinity)),
    fc.nat(1000).map(seconds),
  )
  const rule: fc.Arbitrary<Windows> = fc.record({
    fresh: window,
    stale: window,
    offline: window,
    trust: fc.constantFrom('http', 'rule'),
    heuristic: fc.constantFrom(undefined, 0, 0.1, 1),
  })
  const directive = fc.oneof(
    fc.constantFrom('no-cache', 'must-revalidate', 'public', 'max-age=x'),
    fc
      .tuple(fc.constantFrom('max-age', 'stale-while-revalidate', 'stale-if-error'), fc.nat(1000))
      .map(([name, value]) => `${name}=${value}`),
  )
  const fields = fc.oneof(
    anyFields,
    fc.record(
      { 'cache-control': fc.array(directive).map((all) => all.join(', ')), age: fc.nat(500).map(String) },
      { requiredKeys: [] },
    ),
  )
  const row = fc
    .tuple(fields, fc.constantFrom(200, 204, 404, 500))
    .map(([given, status]) => storedRow({ ...given }, { status }))
  const moment = fc.nat(3000)
  const ORDER: readonly State[] = ['fresh', 'stale', 'offline', 'gone']
  const place = ({ state }: Standing): number => ORDER.indexOf(state)

  it('only moves forward as time passes', () => {
    fc.assert(
      fc.property(row, rule, fc.boolean(), moment, moment, (stored, windows, invalidated, start, wait) => {
        const before = standing(stored, windows, invalidated, after(start))
        const later = standing(stored, windows, invalidated, after(start + wait))
        expect(place(later)).toBeGreaterThanOrEqual(place(before))
        expect(later.age).toBeGreaterThanOrEqual(before.age)
        expect(later.ttl).toBeLessThanOrEqual(before.ttl)
      }),
      { numRuns: 300 },
    )
  })

  it('never gets fresher by an invalidation, and is then not served', () => {
    fc.assert(
      fc.property(row, rule, fc.integer({ min: -100, max: 3000 }), (stored, windows, now) => {
        const invalidated = standing(stored, windows, true, after(now))
        expect(place(invalidated)).toBeGreaterThanOrEqual(place(standing(stored, windows, false, after(now))))
        expect(place(invalidated)).toBeGreaterThanOrEqual(ORDER.indexOf('offline'))
      }),
      { numRuns: 300 },
    )
  })

  it('never gets fresher by a no-cache or a must-revalidate', () => {
    const named = fc.constantFrom('no-cache', 'must-revalidate')
    fc.assert(
      fc.property(fc.array(directive), rule, moment, named, (directives, windows, now, added) => {
        const at = (all: readonly string[]) => place(standing(cacheControl(all.join()), windows, false, after(now)))
        expect(at([...directives, added])).toBeGreaterThanOrEqual(at(directives))
      }),
      { numRuns: 300 },
    )
  })

  it('has freshness left exactly while it is fresh', () => {
    fc.assert(
      fc.property(row, rule, moment, (stored, windows, now) => {
        const { state, ttl } = standing(stored, windows, false, after(now))
        expect(ttl > 0).toBe(state === 'fresh')
      }),
      { numRuns: 300 },
    )
  })
})

describe('a stored response that can be deleted', () => {
  const DAY = 86_400
  it.each<[rule: string, value: string, windows: Windows, heard: number, expired: boolean]>([
    ['has no window left, and a day without a question', '', RULE, DAY + 1, true],
    ['is kept for its validator until then', '', RULE, DAY, false],
    ['has a window left while it may be served offline', '', { ...RULE, offline: s(DAY + 100) }, DAY + 109, false],
    ['has none left when that has ended', '', { ...RULE, offline: s(DAY + 100) }, DAY + 110, true],
    ['may have had none at all', 'no-cache', HTTP, DAY + 1, true],
    ['is not what a clock set back has left in the future', 'no-cache', HTTP, -2 * DAY, false],
  ])('%s', (_, value, windows, heard, expired) => {
    expect(isExpired(cacheControl(value), windows, false, after(heard))).toBe(expired)
  })
})
