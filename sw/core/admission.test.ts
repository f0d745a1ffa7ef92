import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from './admission.ts'
import { NEVER, sequence, type Sequence } from './sequence.ts'

const at = sequence
const row = (...place: Parameters<typeof at>) => ({ sequence: at(...place) })

describe('the store', () => {
  it.each<[string, { sequence: Sequence }, Sequence | undefined, Sequence, ReturnType<typeof refusal>]>([
    ['takes a row where there is none', row(1, 1), undefined, NEVER, undefined],
    ['takes a row whose request began later (I2)', row(1, 2), at(1, 1), NEVER, undefined],
    ['takes what the same request brings once more', row(1, 1), at(1, 1), NEVER, undefined],
    ['refuses a row whose request began earlier (I2)', row(1, 1), at(1, 2), NEVER, 'overtaken'],
    ['refuses a row of a worker that was replaced, however much that counted', row(1, 9), at(2, 0), NEVER, 'overtaken'],
    ['refuses a row that was removed after its request began (I3)', row(1, 1), undefined, at(1, 2), 'removed'],
    ['refuses a row that was removed, though what is in place is older', row(1, 2), at(1, 1), at(1, 3), 'removed'],
    ['takes a row that was asked for after the removal', row(1, 3), undefined, at(1, 2), undefined],
    ['refuses what the same request has removed', row(1, 1), undefined, at(1, 1), 'removed'],
  ])('%s', (_, candidate, existing, removed, refused) => {
    expect(refusal(candidate, existing, removed)).toBe(refused)
  })

  it('ends with the latest begun of all rows, in whatever order they arrive (I2)', () => {
    const counters = fc.uniqueArray(fc.nat(1000), { minLength: 1 })
    fc.assert(
      fc.property(counters, (order) => {
        let held: Sequence | undefined
        for (const counter of order) if (refusal(row(1, counter), held, NEVER) === undefined) held = at(1, counter)
        expect(held).toBe(at(1, Math.max(...order)))
      }),
    )
  })
})
