import { describe, expect, it } from 'vitest'
import { diceOf, shuffled } from './dice.ts'
import { ascending, median, quantile, spread } from './statistics.ts'

describe('a quantile', () => {
  it.each<[string, number[], number, number]>([
    ['is a value that is there', [1, 2, 3], 0.5, 2],
    ['lies between two values', [1, 2], 0.5, 1.5],
    ['is the smallest at 0', [1, 2, 3], 0, 1],
    ['is the largest at 1', [1, 2, 3], 1, 3],
    ['of one value is that value', [7], 0.95, 7],
    ['of nothing is not a number', [], 0.5, Number.NaN],
  ])('%s', (_, sorted, part, expected) => {
    expect(quantile(sorted, part)).toBe(expected)
  })
})

it('a median does not depend on the order, and sorts numbers as numbers', () => {
  expect(median([10, 9, 100])).toBe(10)
})

it('a spread has no width where every round gives the same', () => {
  expect(spread(5, () => 3, diceOf(1))).toEqual([3, 3])
})

it('a spread draws rounds with repetition, each of them and no others', () => {
  const drawn: number[] = []
  const [low, high] = spread(4, (rounds) => (drawn.push(...rounds), rounds[0] ?? -1), diceOf(1))
  expect(ascending([...new Set(drawn)])).toEqual([0, 1, 2, 3])
  expect([low, high]).toEqual([0, 3])
})

describe('dice', () => {
  it('give the same order again from the same seed, and another from another', () => {
    const items = Array.from({ length: 20 }, (_, at) => at)
    expect(shuffled(items, diceOf(5))).toEqual(shuffled(items, diceOf(5)))
    expect(shuffled(items, diceOf(5))).not.toEqual(shuffled(items, diceOf(6)))
  })

  it('lose nothing', () => {
    const shuffledItems = shuffled([3, 1, 2], diceOf(9))
    expect(ascending(shuffledItems)).toEqual([1, 2, 3])
  })
})
