import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerText } from './header-text.fixture.ts'
import { formatHttpDate } from './http-date.ts'
import { rateLimitMs, retryAfterMs } from './retry-after.ts'
import { after, STORED_AT } from './stored-row.fixture.ts'

const HOUR = 3_600_000
const inSeconds = (seconds: number): string => formatHttpDate(after(seconds))

describe('Retry-After (RFC 9110 §10.2.3)', () => {
  it.each<[rule: string, field: string | undefined, ms: number]>([
    ['is nothing where it is absent', undefined, 0],
    ['is in seconds', '120', 120_000],
    ['is nothing by zero', '0', 0],
    ['has leading zeros', '007', 7000],
    ['has white space around it', ' 120 ', 120_000],
    ['is a date', inSeconds(90), 90_000],
    ['is a date in an older form', 'Sunday, 01-Mar-26 12:01:30 GMT', 90_000],
    ['is a date in the oldest form', 'Sun Mar  1 12:01:30 2026', 90_000],
    ['is nothing by this very second', inSeconds(0), 0],
    ['is nothing by a date that has passed', inSeconds(-60), 0],
    ['is an hour at most, in seconds', '3601', HOUR],
    ['is an hour at most, as a date', inSeconds(86_400), HOUR],
    ['is an hour at most, beyond all numbers', '9'.repeat(400), HOUR],
    ['is just an hour', '3600', HOUR],
    ['is nothing when negative', '-1', 0],
    ['is nothing when signed', '+120', 0],
    ['is nothing in fractions', '1.5', 0],
    ['is nothing with an exponent', '1e3', 0],
    ['is nothing with a unit', '120s', 0],
    ['is nothing in another zone', inSeconds(90).replace('GMT', 'CET'), 0],
    ['is nothing as ISO 8601', '2026-03-01T12:01:30Z', 0],
    ['is nothing when given twice', '120, 60', 0],
    ['is nothing when empty', '', 0],
    ['is nothing by words', 'soon', 0],
  ])('%s', (_, field, ms) => {
    expect(retryAfterMs(field, STORED_AT)).toBe(ms)
  })

  it('is never negative nor more than an hour, whatever the text', () => {
    const text = fc.oneof(headerText, fc.nat().map(String), fc.integer({ min: -1e6, max: 1e6 }).map(inSeconds))
    fc.assert(
      fc.property(text, fc.nat(1e6), (field, now) => {
        const ms = retryAfterMs(field, after(now))
        expect(ms >= 0 && ms <= HOUR).toBe(true)
      }),
    )
  })
})

describe('RateLimit (draft-ietf-httpapi-ratelimit-headers §4)', () => {
  it.each<[rule: string, list: Record<string, unknown>[] | undefined, ms: number]>([
    ['is nothing where it could not be read', undefined, 0],
    ['is nothing where it is empty', [], 0],
    ['is the time until a used-up quota is full again', [{ r: 0, t: 30 }], 30_000],
    ['is nothing while some of the quota remains', [{ r: 1, t: 30 }], 0],
    ['is 0 without a reset time', [{ r: 0 }], 0],
    ['is 0 without a remaining quota', [{ t: 30 }], 0],
    ['is nothing by a time of zero', [{ r: 0, t: 0 }], 0],
    ['is nothing by a negative time', [{ r: 0, t: -5 }], 0],
    [
      'is the longest of those used up',
      [
        { r: 0, t: 5 },
        { r: 0, t: 60 },
        { r: 3, t: 600 },
      ],
      60_000,
    ],
    ['is an hour at most', [{ r: 0, t: 86_400 }], HOUR],
    ['is nothing by numbers as text', [{ r: '0', t: '30' }], 0],
    ['is nothing by a time as text', [{ r: 0, t: '30' }], 0],
    ['is nothing by a time that is no number', [{ r: 0, t: Number.NaN }], 0],
    ['pays no heed to what else is said', [{ r: 0, t: 30, pk: 'x', q: 5 }], 30_000],
  ])('%s', (_, list, ms) => {
    expect(rateLimitMs(list?.map((parameters) => new Map(Object.entries(parameters))))).toBe(ms)
  })

  it('is never negative nor more than an hour, whatever was read', () => {
    const member = fc
      .record({ r: fc.oneof(fc.constant(0), fc.anything()), t: fc.oneof(fc.double(), fc.integer(), fc.anything()) })
      .map((parameters) => new Map<string, unknown>(Object.entries(parameters)))
    fc.assert(
      fc.property(fc.array(member), (list) => {
        const ms = rateLimitMs(list)
        expect(ms >= 0 && ms <= HOUR).toBe(true)
      }),
    )
  })
})
