import { describe, expect, it } from 'vitest'
import { epochMs, secondsBetween } from './units.ts'

describe('the seconds between two instants', () => {
  it.each([
    ['are thousandths of milliseconds', 1000, 3500, 2.5],
    ['are none between an instant and itself', 5, 5, 0],
    ['are none backwards: a clock set back ages nothing', 5000, 1000, 0],
    ['count across the epoch', -1000, 1000, 2],
  ])('%s', (_, from, to, seconds) => {
    expect(secondsBetween(epochMs(from), epochMs(to))).toBe(seconds)
  })
})
