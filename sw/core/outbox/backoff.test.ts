import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../units.ts'
import { isDue, nextTry, RETRY } from './backoff.ts'

const NOW = epochMs(1_800_000_000_000)
const TRIED = { attempts: 1, acceptedAtMs: NOW, floorMs: 0, isAway: false }
const at = (ms: number) => epochMs(NOW + ms)

describe('the next attempt', () => {
  test.each([
    ['comes at any time within the base', {}, 0, { kind: 'at', atMs: at(0) }],
    ['comes at the latest after the base', {}, 1, { kind: 'at', atMs: at(1000) }],
    ['may wait twice as long after two', { attempts: 2 }, 1, { kind: 'at', atMs: at(2000) }],
    ['waits for a sign of life after three', { attempts: 3 }, 1, { kind: 'on-sign', atMs: at(4000) }],
    ['waits at most for the cap', { attempts: 5000 }, 1, { kind: 'on-sign', atMs: at(300_000) }],
    [
      'follows a sign of life at once where there was no answer',
      { attempts: 50, isAway: true },
      1,
      { kind: 'on-sign', atMs: at(1000) },
    ],
    ['comes after what Retry-After asks for', { floorMs: 60_000 }, 0.5, { kind: 'at', atMs: at(60_500) }],
    [
      'is none for a write that is too old',
      { attempts: 3, acceptedAtMs: at(-RETRY.ageMs - 1) },
      0,
      { kind: 'too-old' },
    ],
    [
      'is there for a write that was long offline',
      { attempts: 1, acceptedAtMs: at(-10 * RETRY.ageMs) },
      0,
      { kind: 'at', atMs: at(0) },
    ],
    [
      'is there where the clock was set back',
      { attempts: 9, acceptedAtMs: at(10 * RETRY.ageMs) },
      0,
      { kind: 'on-sign', atMs: at(0) },
    ],
  ])('%s', (_, tried, chance, expected) => {
    expect(nextTry({ ...TRIED, ...tried }, RETRY, NOW, chance)).toEqual(expected)
  })

  test('never comes before Retry-After, and is due when it comes, by whatever clock', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.nat(3_600_000),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempts, floorMs, isAway, chance) => {
          const next = nextTry({ ...TRIED, attempts, floorMs, isAway }, RETRY, NOW, chance)
          if (next.kind === 'too-old') throw new Error('it is new')
          expect(next.atMs - NOW).toBeGreaterThanOrEqual(floorMs)
          expect(isDue(next.atMs, next.atMs, RETRY)).toBe(true)
          if (next.atMs > NOW) expect(isDue(next.atMs, NOW, RETRY)).toBe(false)
        },
      ),
    )
  })

  test('is due where its time was taken from a clock that was ahead', () => {
    expect(isDue(at(86_400_000), NOW, RETRY)).toBe(true)
  })
})
