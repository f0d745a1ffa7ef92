import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from './admission.ts'
import { sequence } from './sequence.ts'
import { storedRow } from './stored-row.fixture.ts'

const at = (incarnation: number, counter: number, epoch = 1) =>
  storedRow({}, { sequence: sequence(incarnation, counter), epoch })

describe('the store', () => {
  it.each([
    ['takes a row where there is none', at(1, 1), undefined, undefined],
    ['takes a row whose request began later (I2)', at(1, 2), at(1, 1), undefined],
    ['takes what the same request brings once more', at(1, 1), at(1, 1), undefined],
    ['refuses a row whose request began earlier (I2)', at(1, 1), at(1, 2), 'overtaken'],
    ['refuses a row of a worker that was replaced, however much that counted', at(1, 900), at(2, 0), 'overtaken'],
    ['refuses a row of an identity that ended (I3)', at(1, 1, 0), undefined, 'epoch-ended'],
    ['refuses a row of an identity that is to come', at(1, 1, 2), undefined, 'epoch-ended'],
    ['refuses a row of an identity that ended, though its request began later', at(1, 2, 0), at(1, 1), 'epoch-ended'],
    ['looks at the epoch in force, not at the one of the row in place', at(1, 2), at(1, 1, 0), undefined],
  ])('%s', (_, candidate, existing, refused) => {
    expect(refusal(candidate, existing, 1)).toBe(refused)
  })

  it('ends with the latest begun of all rows, in whatever order they arrive (I2)', () => {
    const counters = fc.uniqueArray(fc.nat(1000), { minLength: 1 })
    fc.assert(
      fc.property(counters, (order) => {
        let held = undefined as ReturnType<typeof at> | undefined
        for (const counter of order) {
          const candidate = at(1, counter)
          if (refusal(candidate, held, 1) === undefined) held = candidate
        }
        expect(held?.sequence).toBe(sequence(1, Math.max(...order)))
      }),
    )
  })
})
