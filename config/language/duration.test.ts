import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration, timerMs, UNIT_MS } from './duration.ts'

describe('a duration', () => {
  it.each([
    ['carries its unit: milliseconds', '500ms', 0.5],
    ['carries its unit: seconds', '30s', 30],
    ['carries its unit: minutes', '5m', 300],
    ['carries its unit: hours', '2h', 7200],
    ['carries its unit: days of 24 hours', '7d', 604_800],
    ['carries its unit: weeks', '2w', 1_209_600],
    ['may be a fraction', '1.5h', 5400],
    ['may be zero with a unit', '0s', 0],
    ['is none as a bare 0', 0, 0],
    ['never ends as "forever"', 'forever', Infinity],
  ])('%s', (_, given, seconds) => {
    expect(parseDuration(given)).toBe(seconds)
  })

  it.each([
    ['another bare number, because its unit is unknown', 30],
    ['a number in a text', '30'],
    ['zero in a text', '0'],
    ['a unit alone', 'm'],
    ['a unit spelled out', '5mins'],
    ['a capital unit', '5M'],
    ['a name every object has', '5constructor'],
    ['a sign', '-5s'],
    ['an exponent', '1e3s'],
    ['space around it', ' 5s'],
    ['nothing', undefined],
    ['a list that reads like one', ['5s']],
    ['not a number', NaN],
  ])('is not %s', (_, given) => {
    expect(parseDuration(given)).toBe('invalid')
  })

  it('means the same in any unit', () => {
    fc.assert(
      fc.property(fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w'), fc.nat(10_000), (unit, amount) => {
        expect(parseDuration(`${amount}${unit}`)).toBeCloseTo((amount * (UNIT_MS[unit] ?? NaN)) / 1000)
      }),
    )
  })
})

describe('a timer', () => {
  it.each([
    ['waits for the duration', '3s', 3000],
    ['does not wait at 0', 0, 0],
    ['never gets more than its limit: it would fire at once', 'forever', 2_147_483_647],
    ['never gets more than its limit, in any unit', '9w', 2_147_483_647],
  ] as const)('%s', (_, given, ms) => {
    expect(timerMs(given)).toBe(ms)
  })
})
