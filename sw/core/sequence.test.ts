import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NEVER, sequence, UNDER_WAY } from './sequence.ts'

const incarnation = fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 2 ** 22 - 1 }))
const counter = fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
const place = fc.tuple(incarnation, counter)

describe('a sequence (I2)', () => {
  it('orders by incarnation, then by counter', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const inOrder = one[0] === other[0] ? one[1] < other[1] : one[0] < other[0]
        expect(sequence(...one) < sequence(...other)).toBe(inOrder)
        expect(sequence(...one) === sequence(...other)).toBe(one[0] === other[0] && one[1] === other[1])
      }),
      { numRuns: 500 },
    )
  })

  it('is exact up to the last', () => {
    expect(sequence(2 ** 22 - 1, 2 ** 31 - 1)).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('lies after never and before what is under way', () => {
    expect(sequence(1, 0) > NEVER && sequence(0, 1) > NEVER).toBe(true)
    expect(sequence(2 ** 22 - 1, 2 ** 31 - 1) < UNDER_WAY).toBe(true)
  })
})
