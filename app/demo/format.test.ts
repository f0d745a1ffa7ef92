import { describe, expect, it } from 'vitest'
import {
  calendarDay,
  centsToInput,
  counted,
  formatAge,
  formatCalendarDay,
  formatDelta,
  formatMoment,
  formatMoney,
  parseCents,
  plural,
} from './format.ts'

describe('money', () => {
  it.each([
    ['cents become the currency’s amount', 123_456, 'EUR', '€1,234.56'],
    ['zero is an amount', 0, 'EUR', '€0.00'],
    ['an unknown currency shows none', 1250, undefined, '12.50'],
    ['a currency that is no code shows none', 1250, 'euro', '12.50'],
  ])('%s', (_rule, cents, currency, text) => {
    expect(formatMoney(cents, currency)).toBe(text)
  })

  it.each([
    ['12.50', 1250],
    ['12,5', 1250],
    [' 12 ', 1200],
    ['0.07', 7],
    ['', 'invalid'],
    ['12.505', 'invalid'],
    ['-1', 'invalid'],
    ['1e3', 'invalid'],
  ])('%j reads as %j', (text, cents) => {
    expect(parseCents(text)).toBe(cents)
  })

  it('what is written into a field is read back as it was', () => {
    for (const cents of [0, 1, 99, 100, 1010, 999_999]) expect(parseCents(centsToInput(cents))).toBe(cents)
  })
})

describe('numbers', () => {
  it.each([
    [5, '+5'],
    [-3, '−3'],
    [0, '0'],
  ])('a change of %d is %s', (delta, text) => {
    expect(formatDelta(delta)).toBe(text)
  })

  it.each([
    [0, '0 categories'],
    [1, '1 category'],
    [1200, '1,200 categories'],
  ])('%d is %s', (count, text) => {
    expect(counted(count, 'category', 'categories')).toBe(text)
  })
})

describe('plural', () => {
  it.each([
    [0, 'hits'],
    [1, 'hit'],
    [2, 'hits'],
  ])('%d goes with %s', (count, noun) => {
    expect(plural(count, 'hit')).toBe(noun)
  })
})

describe('time', () => {
  it.each([
    [0, 'just now'],
    [4.9, 'just now'],
    [5, '5 s old'],
    [59.9, '59 s old'],
    [120, '2 min old'],
    [7200, '2 h old'],
    [86_400, '1 d old'],
  ])('%d seconds are %s', (ageSeconds, text) => {
    expect(formatAge(ageSeconds)).toBe(text)
  })

  it('a calendar day is the same in every zone', () => {
    expect(formatCalendarDay('2025-03-01')).toBe('1 Mar')
  })

  it('the API’s day is counted in UTC', () => {
    expect(calendarDay(new Date('2025-03-01T23:59:59+00:00'))).toBe('2025-03-01')
    expect(calendarDay(new Date('2025-03-01T00:30:00+02:00'))).toBe('2025-02-28')
  })

  it('what is no instant is a dash', () => {
    expect(formatMoment(null)).toBe('–')
    expect(formatMoment('soon')).toBe('–')
  })
})
