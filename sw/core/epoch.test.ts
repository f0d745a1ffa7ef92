import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochOf } from './epoch.ts'

const ada = 'user/ada'
const grace = 'user/grace'

describe('the epoch of a partition (I3)', () => {
  it.each([
    ['is that of everybody where nobody has left', { epoch: 3 }, 3],
    ['is that of everybody where only others have left', { epoch: 3, ends: { [grace]: 2 } }, 3],
    ['has moved as often as its user has left', { epoch: 3, ends: { [ada]: 2, [grace]: 1 } }, 5],
  ])('%s', (_, endings, epoch) => {
    expect(epochOf(endings, ada)).toBe(epoch)
  })

  it('is never one that was before, in whatever order things end', () => {
    const ending = fc.constantFrom(ada, grace, 'everything')
    fc.assert(
      fc.property(fc.array(ending), (order) => {
        let epoch = 0
        const ends: Record<string, number> = {}
        for (const ended of order) {
          const before = [ada, grace].map((of) => epochOf({ epoch, ends }, of))
          if (ended === 'everything') epoch++
          else ends[ended] = (ends[ended] ?? 0) + 1
          const moved = [ada, grace].map((of, at) => epochOf({ epoch, ends }, of) - (before[at] ?? 0))
          expect(moved).toEqual([ada, grace].map((of) => (ended === of || ended === 'everything' ? 1 : 0)))
        }
      }),
    )
  })
})
