import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Budget, excess, fits } from './budget.ts'
import { bytes } from './units.ts'

const budget = (all: number, rules: Record<string, number> = {}): Budget => ({
  all: bytes(all),
  rules: Object.fromEntries(Object.entries(rules).map(([rule, limit]) => [rule, bytes(limit)])),
})

describe('what has to go', () => {
  it.each<[rule: string, sizes: Record<string, number>, budget: Budget, going: Record<string, number>]>([
    ['is nothing while everything fits', { a: 50, b: 50 }, budget(100), {}],
    ['is nothing of a rule at its limit', { a: 50 }, budget(100, { a: 50 }), {}],
    ['is what is over a rule’s own limit, and a tenth more', { a: 60, b: 5 }, budget(100, { a: 50 }), { a: 15 }],
    ['is of the rule that holds the most when there is too much in all', { a: 80, b: 30 }, budget(100), { a: 20 }],
    ['is of the rule that holds the most, in whichever order they stand', { a: 30, b: 80 }, budget(100), { b: 20 }],
    ['counts a rule at its limit for all it holds', { a: 50, b: 60 }, budget(100, { a: 50 }), { b: 20 }],
    ['is of the next one as well when the first is not enough', { a: 60, b: 50 }, budget(50), { a: 60, b: 5 }],
    ['is first what is over its own limit', { a: 100, b: 40 }, budget(100, { a: 50 }), { a: 55 }],
    ['is everything where nothing may be kept', { a: 10, b: 5 }, budget(0), { a: 10, b: 5 }],
  ])('%s', (_, sizes, limits, going) => {
    expect(Object.fromEntries(excess(sizes, limits))).toEqual(going)
  })

  it('is enough, and never more than there is', () => {
    const sizes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(1000))
    fc.assert(
      fc.property(sizes, fc.nat(2000), sizes, (stored, all, rules) => {
        const going = excess(stored, budget(all, rules))
        const kept = Object.entries(stored).map(([rule, size]) => [rule, size - (going.get(rule) ?? 0)] as const)
        for (const [rule, size] of kept) {
          expect(size).toBeGreaterThanOrEqual(0)
          expect(size).toBeLessThanOrEqual((rules[rule] ?? Infinity) + 1e-6)
        }
        expect(kept.reduce((sum, [, size]) => sum + size, 0)).toBeLessThanOrEqual(all + 1e-6)
      }),
    )
  })
})

describe('an answer', () => {
  it.each<[rule: string, size: number, budget: Budget, isStored: boolean]>([
    ['fits below nine tenths of what is left after an eviction', 90, budget(100), true],
    ['does not fit above them: it would be evicted itself', 91, budget(100), false],
    ['does not fit above those of its own rule', 46, budget(100, { a: 50 }), false],
    ['is not bound by the limit of another rule', 46, budget(100, { b: 50 }), true],
  ])('%s', (_, size, limits, isStored) => {
    expect(fits('a', size, limits)).toBe(isStored)
    // What fits leaves something when room has to be made: a rule that holds it alone is not cut to nothing.
    expect(excess({ a: size }, limits).size === 0 || !isStored).toBe(true)
  })
})
