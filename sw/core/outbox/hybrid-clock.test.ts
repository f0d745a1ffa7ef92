import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../units.ts'
import { clamped, compareTimes, formatTime, heard, type HybridTime, parseTime, ticked } from './hybrid-clock.ts'

const NOW = 1_800_000_000_000
const time = (ms: number, count = 0, node = 'a'): HybridTime => ({ ms: NOW + ms, count, node })
const at = (ms: number) => epochMs(NOW + ms)

describe('a hybrid time', () => {
  test.each([
    ['is that of the clock where it goes on', ticked(time(0, 5), at(1)), time(1)],
    ['is counted where the clock stands still', ticked(time(0, 5), at(0)), time(0, 6)],
    ['is counted where the clock was set back', ticked(time(0, 5), at(-3_600_000)), time(0, 6)],
    ['goes on where the count is used up', ticked(time(0, 36 ** 4 - 1), at(0)), time(1)],
    ['follows what was heard of', heard(time(0), time(9, 3, 'b'), at(5)), time(9, 4)],
    ['follows its own where that is later', heard(time(9, 3), time(0, 7, 'b'), at(5)), time(9, 4)],
    ['is that of the clock where that is later than both', heard(time(0, 3), time(1, 7, 'b'), at(5)), time(5)],
    ['that is a minute ahead may be', clamped(time(60_000, 3), at(0)), time(60_000, 3)],
    ['that is further ahead counts as taken now', clamped(time(60_001, 3), at(0)), time(0)],
    ['of the past may be', clamped(time(-9_000_000, 3), at(0)), time(-9_000_000, 3)],
  ])('%s', (_, given, expected) => expect(given).toEqual(expected))

  test.each([
    ['an earlier one', time(0), time(1), -1],
    ['an earlier count', time(0, 1, 'b'), time(0, 2, 'a'), -1],
    ['an earlier node', time(0, 1, 'a'), time(0, 1, 'b'), -1],
    ['the same', time(0, 1, 'a'), time(0, 1, 'a'), 0],
  ])('is compared: %s', (_, one, other, expected) => {
    expect([Math.sign(compareTimes(one, other)), Math.sign(compareTimes(other, one)) + 0]).toEqual([
      expected,
      0 - expected,
    ])
  })

  test.each([
    '0000000000-0000-a',
    'x-000000000-0000-a',
    '000000000-0000-',
    '000000000-0000-a b',
    'on 2026-11-30T10:00:00Z',
  ])('is none in %j', (text) => expect(parseTime(text)).toBe('invalid'))

  test('of the calendar is earlier than any other of its millisecond', () => {
    expect(parseTime('2027-01-15T08:00:00Z')).toEqual({ ms: NOW, count: 0, node: '' })
    expect(parseTime(NOW)).toEqual({ ms: NOW, count: 0, node: '' })
    expect(parseTime(1e15)).toBe('invalid')
  })

  const anyTime = fc.record({
    ms: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    count: fc.nat(36 ** 4 - 1),
    node: fc.stringMatching(/^[\w-]{1,6}$/),
  })

  test('is the same after it was text, and sorts as text', () => {
    fc.assert(
      fc.property(anyTime, anyTime, (one, other) => {
        expect(parseTime(formatTime(one))).toEqual(one)
        const [first, second] = [formatTime(one), formatTime(other)]
        expect(Math.sign(compareTimes(one, other))).toBe(first < second ? -1 : Number(first > second))
      }),
    )
  })

  test('is later than all that its node did or heard of before, by whatever clocks', () => {
    const step = fc.record({ node: fc.nat(2), from: fc.nat(2), clock: fc.integer({ min: -10, max: 10 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const nodes = ['a', 'b', 'c'].map((node) => time(0, 0, node))
        for (const { node, from, clock } of steps) {
          const [own, other] = [nodes[node]!, nodes[from]!]
          const next = node === from ? ticked(own, at(clock)) : heard(own, other, at(clock))
          expect(compareTimes(next, own)).toBeGreaterThan(0)
          expect(compareTimes(next, other)).toBeGreaterThan(0)
          expect(next.node).toBe(own.node)
          nodes[node] = next
        }
      }),
    )
  })

  test.each<[unknown, number | 'invalid']>([
    ['2026-11-30T10:00:00.000Z', Date.UTC(2026, 10, 30, 10)],
    ['2026-11-30 10:00:00+00', Date.UTC(2026, 10, 30, 10)],
    [1_800_000_000_000, 1_800_000_000_000],
    [1_800_000_000, 'invalid'],
    [7, 'invalid'],
    ['2026', 'invalid'],
    ['yesterday', 'invalid'],
    [undefined, 'invalid'],
    [Number.NaN, 'invalid'],
  ])('of %j is %j', (value, expected) => {
    const parsed = parseTime(value)
    expect(parsed === 'invalid' ? parsed : parsed.ms).toBe(expected)
  })
})
