import { expect, it } from 'vitest'
import { longestRestMs } from './back-off.ts'

it.each([
  [1, 1000],
  [2, 2000],
  [3, 4000],
  [25, 4000],
  [26, 8000],
  [27, 16_000],
  [28, 30_000],
  [2000, 30_000],
])('after %i failures in a row the rest is at most %i ms', (failures, restMs) => {
  expect(longestRestMs(failures)).toBe(restMs)
})

it('an origin that was away for three quarters of a minute is asked within five seconds of its return', () => {
  let awayMs = 0
  for (let failures = 1; awayMs < 45_000; failures++) {
    expect(longestRestMs(failures)).toBeLessThan(5000)
    // A rest is half of it on average.
    awayMs += longestRestMs(failures) / 2
  }
})
