import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { isPaused, pauseFor } from './clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it.each([
  ['runs', 0, true],
  ['runs until it is over', 9_999, true],
  ['is over', 10_000, false],
  ['is over when the clock was set ahead', 86_400_000, false],
  ['is over when the clock was set back, and does not last until the clock has caught up', -86_400_000, false],
])('a pause %s', (_, elapsedMs, isRunning) => {
  const pause = pauseFor(10_000)
  vi.setSystemTime(Date.now() + elapsedMs)
  expect(isPaused(pause)).toBe(isRunning)
})

it('where none was begun, none runs', () => {
  expect(isPaused(undefined)).toBe(false)
})
