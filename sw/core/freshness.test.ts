import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentAge, type Exchange, freshnessLifetime } from './freshness.ts'
import { anyFields } from './header-text.fixture.ts'
import { fieldsOf } from './heads.fixture.ts'
import { after, STORED_AT } from './stored-row.fixture.ts'

const httpDate = (secondsAfter: number): string => new Date(after(secondsAfter)).toUTCString()

/** An exchange that ended at `STORED_AT` and took the given seconds. */
const exchange = (fields: Record<string, string>, delay = 0): Exchange => ({
  fields: fieldsOf(fields),
  requestedAtMs: after(-delay),
  receivedAtMs: STORED_AT,
})

describe('the freshness lifetime (RFC 9111 §4.2.1, §5.3)', () => {
  const LATER = httpDate(90)
  it.each<[rule: string, fields: Record<string, string>, basis: string, seconds: number]>([
    ['is nothing where nothing is said', {}, 'none', 0],
    ['is nothing by Last-Modified: there is no heuristic', { 'last-modified': httpDate(-86_400) }, 'none', 0],
    ['is max-age', { 'cache-control': 'max-age=60' }, 'max-age', 60],
    ['is a max-age of zero', { 'cache-control': 'max-age=0' }, 'max-age', 0],
    ['is max-age rather than a later Expires', { 'cache-control': 'max-age=60', expires: LATER }, 'max-age', 60],
    ['is max-age rather than an earlier Expires', { 'cache-control': 'max-age=600', expires: LATER }, 'max-age', 600],
    [
      'is nothing by an invalid max-age, though Expires is right',
      { 'cache-control': 'max-age=x', expires: LATER },
      'max-age',
      0,
    ],
    ['is nothing by two max-ages', { 'cache-control': 'max-age=60, max-age=60' }, 'max-age', 0],
    ['is no s-maxage: a worker is a private cache', { 'cache-control': 's-maxage=60' }, 'none', 0],
    ['is Expires beside an s-maxage', { 'cache-control': 's-maxage=60', expires: LATER }, 'expires', 90],
    ['is Expires less Date', { expires: LATER, date: httpDate(-10) }, 'expires', 100],
    ['is Expires less the time of receipt where there is no Date', { expires: LATER }, 'expires', 90],
    ['is Expires less the time of receipt where Date is invalid', { expires: LATER, date: 'today' }, 'expires', 90],
    ['has passed by an Expires of 0', { expires: '0' }, 'expires', 0],
    ['has passed by an Expires of -1', { expires: '-1' }, 'expires', 0],
    ['has passed by an empty Expires', { expires: '' }, 'expires', 0],
    ['has passed by two Expires', { expires: `${LATER}, ${LATER}` }, 'expires', 0],
    ['has passed by an Expires in another zone', { expires: LATER.replace('GMT', 'CET') }, 'expires', 0],
    ['has passed by an Expires before Date', { expires: httpDate(-1), date: httpDate(0) }, 'expires', 0],
  ])('%s', (_, fields, basis, seconds) => {
    expect(freshnessLifetime(exchange(fields))).toEqual({ basis, seconds })
  })

  it.each<[rule: string, targeted: string, basis: string, seconds: number]>([
    ['is the max-age of a targeted field rather than any other', 'max-age=60', 'max-age', 60],
    ['is nothing by a targeted field without one: Expires is void as well', 'no-cache', 'none', 0],
    ['is nothing by a targeted field with an invalid one', 'max-age="?"', 'max-age', 0],
  ])('%s (RFC 9213 §2.2)', (_, targeted, basis, seconds) => {
    const response = { ...exchange({ 'cache-control': 'max-age=5', expires: LATER }), targeted }
    expect(freshnessLifetime(response)).toEqual({ basis, seconds })
  })

  it('reads a two-digit year as of the time of receipt', () => {
    const { seconds } = freshnessLifetime(exchange({ expires: 'Sunday, 01-Mar-76 12:00:00 GMT' }))
    expect(seconds).toBe((Date.UTC(2076, 2, 1, 12) - STORED_AT) / 1000)
  })
})

describe('the heuristic lifetime of a rule that has one (RFC 9111 §4.2.2)', () => {
  const CHANGED = { 'last-modified': httpDate(-1000) }
  it.each<
    [rule: string, fields: Record<string, string>, heuristic: number | undefined, basis: string, seconds: number]
  >([
    ['is its part of the time since the last change', CHANGED, 0.1, 'heuristic', 100],
    ['counts that time until Date', { ...CHANGED, date: httpDate(-500) }, 0.1, 'heuristic', 50],
    ['is a day at most', { 'last-modified': httpDate(-1e8) }, 0.1, 'heuristic', 86_400],
    ['is nothing for a change to come', { 'last-modified': httpDate(1000) }, 0.1, 'heuristic', 0],
    ['does not exist without a rule', CHANGED, undefined, 'none', 0],
    ['does not exist for a part of zero', CHANGED, 0, 'none', 0],
    ['does not exist without Last-Modified', {}, 0.1, 'none', 0],
    ['does not exist for a Last-Modified that is no date', { 'last-modified': 'soon' }, 0.1, 'none', 0],
    ['gives way to max-age', { ...CHANGED, 'cache-control': 'max-age=5' }, 0.1, 'max-age', 5],
    ['gives way to an invalid max-age', { ...CHANGED, 'cache-control': 'max-age=x' }, 0.1, 'max-age', 0],
    ['gives way to Expires', { ...CHANGED, expires: '0' }, 0.1, 'expires', 0],
  ])('%s', (_, fields, heuristic, basis, seconds) => {
    expect(freshnessLifetime(exchange(fields), heuristic)).toEqual({ basis, seconds })
  })

  it('gives way to a targeted field, which says all that is to be said', () => {
    const response = { ...exchange(CHANGED), targeted: 'public' }
    expect(freshnessLifetime(response, 0.1)).toEqual({ basis: 'none', seconds: 0 })
  })
})

describe('the current age (RFC 9111 §4.2.3, §5.1)', () => {
  it.each<[rule: string, fields: Record<string, string>, delay: number, now: number, age: number]>([
    ['is nothing at receipt', {}, 0, 0, 0],
    ['grows with the time since receipt', {}, 0, 7, 7],
    ['counts parts of a second', {}, 0, 0.25, 0.25],
    ['begins with Age', { age: '30' }, 0, 5, 35],
    ['adds to Age the time the answer took', { age: '30' }, 4, 5, 39],
    ['begins with the time the answer took', {}, 4, 5, 9],
    ['begins with how old Date makes it', { date: httpDate(-50) }, 0, 5, 55],
    ['begins with Date where that is more than Age', { date: httpDate(-50), age: '30' }, 4, 0, 50],
    ['begins with Age where that is more than Date', { date: httpDate(-20), age: '30' }, 4, 0, 34],
    ['is not made less by a Date to come', { date: httpDate(500) }, 0, 5, 5],
    ['is not touched by an invalid Date', { date: 'yesterday' }, 0, 5, 5],
    ['takes the first of several Ages', { age: '30, 90' }, 0, 0, 30],
    ['takes the first of several Ages, with space around it', { age: ' 30 ,90' }, 0, 0, 30],
    ['ignores an Age whose first member is invalid', { age: 'x, 90' }, 0, 0, 0],
    ['ignores a negative Age', { age: '-30' }, 0, 0, 0],
    ['ignores a fractional Age', { age: '1.5' }, 0, 0, 0],
    ['ignores an empty Age', { age: '' }, 0, 0, 0],
    ['ignores an Age that is text', { age: 'old' }, 0, 0, 0],
    ['takes an Age beyond all numbers for as long as can be said', { age: '9'.repeat(400) }, 0, 0, 2_147_483_648],
    ['does not shrink when the clock is set back after receipt', { age: '30' }, 0, -500, 30],
    ['does not shrink when the clock is set back before receipt', { age: '30' }, -500, 5, 35],
  ])('%s', (_, fields, delay, now, age) => {
    expect(currentAge(exchange(fields, delay), after(now))).toBe(age)
  })

  const moment = fc.integer({ min: -1000, max: 1_000_000 })

  it('never falls as time passes, and is never negative, whatever the fields', () => {
    fc.assert(
      fc.property(anyFields, moment, moment, fc.nat(1000), (fields, one, other, delay) => {
        const [earlier, later] = [one, other].toSorted((a, b) => a - b)
        const [age, ageLater] = [earlier, later].map((now) => currentAge(exchange(fields, delay), after(now ?? 0)))
        expect(age).toBeGreaterThanOrEqual(0)
        expect(ageLater).toBeGreaterThanOrEqual(age ?? Number.NaN)
        expect(ageLater).toBeLessThan(Infinity)
      }),
    )
  })

  it('goes with a lifetime that is never negative and always finite, whatever the fields', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const { seconds } = freshnessLifetime(exchange(fields))
        expect(seconds >= 0 && seconds < Infinity).toBe(true)
      }),
    )
  })
})
