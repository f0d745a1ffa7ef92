import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pollIntervalMs, pollWaitMs } from './poll.ts'

describe('the interval of a poll', () => {
  it.each([
    ['is that of the rule while all is well', 30_000, 0, 1, 30_000],
    ['is at least that of the rule after an error', 30_000, 1, 0, 30_000],
    ['is up to twice as long after one error', 30_000, 1, 1, 60_000],
    ['is up to four times as long after two', 30_000, 2, 1, 120_000],
    ['is at most ten minutes', 30_000, 50, 1, 600_000],
    ['is that of the rule where that is longer', 3_600_000, 9, 1, 3_600_000],
  ])('%s', (_, pollMs, failures, chance, expected) => {
    expect(pollIntervalMs(pollMs, failures, chance)).toBe(expected)
  })

  it('never falls below the rule, and never grows by luck beyond the next doubling', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 86_400_000 }),
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (pollMs, failures, chance) => {
          const interval = pollIntervalMs(pollMs, failures, chance)
          expect(interval).toBeGreaterThanOrEqual(pollMs)
          expect(interval).toBeLessThanOrEqual(Math.max(pollMs, 600_000))
        },
      ),
    )
  })
})

describe('a poll', () => {
  it.each([
    ['waits for what is left of its interval', 30_000, 10_000, 0, 20_000],
    ['is due at its end', 30_000, 30_000, 0, 0],
    ['is due a little before its end, so that tabs meet', 30_000, 27_000, 0, 0],
    ['is due where it was never asked', 30_000, Infinity, 0, 0],
    ['is due after the clock was set back', 30_000, -5, 0, 0],
    ['leaves the origin alone for as long as that wants', 30_000, 40_000, 90_000, 90_000],
    ['does not come earlier because of a short rest', 30_000, 10_000, 1000, 20_000],
  ])('%s', (_, intervalMs, quietMs, restMs, expected) => {
    expect(pollWaitMs(intervalMs, quietMs, restMs)).toBe(expected)
  })
})
