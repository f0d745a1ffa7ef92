import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUCKETS, bucketOf, bucketSums, collectionDigest } from './digest.ts'

const row = fc.record({ id: fc.string(), version: fc.string() })
const rows = fc.uniqueArray(row, { selector: ({ id }) => id, minLength: 1 })

describe('the digest of a collection', () => {
  it('does not depend on the order of its rows', () => {
    fc.assert(
      fc.property(rows, (all) => {
        expect(bucketSums(all.toReversed())).toEqual(bucketSums(all))
      }),
    )
  })

  it('differs in the bucket of the row whose version differs, and in no other', () => {
    fc.assert(
      fc.property(rows, fc.string({ minLength: 1 }), ([first, ...others], more) => {
        if (first === undefined) return
        const changed = bucketSums([{ ...first, version: first.version + more }, ...others])
        const before = bucketSums([first, ...others])
        const differing = [...before.keys()].filter((bucket) => before[bucket] !== changed[bucket])
        expect(differing).toEqual([bucketOf(first.id)])
        expect(collectionDigest(changed)).not.toBe(collectionDigest(before))
      }),
    )
  })

  it('spreads ids over the buckets: of 40,960 numbers nearly each has some, and none has many', () => {
    const counts = new Uint32Array(BUCKETS)
    for (let id = 0; id < 10 * BUCKETS; id++) {
      const bucket = bucketOf(String(id))
      counts[bucket] = (counts[bucket] ?? 0) + 1
    }
    expect(counts.filter((count) => count === 0).length).toBeLessThan(5)
    expect(Math.max(...counts)).toBeLessThan(35)
  })

  it('is the same on each machine', () => {
    expect(collectionDigest(bucketSums([{ id: '1', version: '2026-01-01T00:00:00.000Z' }]))).toMatchInlineSnapshot(
      `375203559`,
    )
  })
})
