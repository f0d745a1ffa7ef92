import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BatchEnd, type BatchSize, FIRST_SIZE, nextSize } from './batch-size.ts'

const size = (items: number, length = items * 100): BatchSize => ({ items, length })

describe('the next batch', () => {
  test.each<[string, BatchSize, BatchSize, BatchEnd, BatchSize]>([
    [
      'is twice as large after a fast answer',
      size(50, 65_536),
      size(50, 6000),
      { kind: 'answered', ms: 300 },
      size(100, 131_072),
    ],
    [
      'is as large where the last one was not full',
      size(50, 65_536),
      size(3, 300),
      { kind: 'answered', ms: 300 },
      size(50, 65_536),
    ],
    [
      'is twice as large where the bodies have filled the last one',
      size(50, 65_536),
      size(5, 60_000),
      { kind: 'answered', ms: 300 },
      size(100, 131_072),
    ],
    [
      'is as large after an answer that took its time',
      size(50, 65_536),
      size(50),
      { kind: 'answered', ms: 2000 },
      size(50, 65_536),
    ],
    [
      'has half of what was sent after a slow answer',
      size(400),
      size(300, 30_000),
      { kind: 'answered', ms: 6000 },
      size(150, 15_000),
    ],
    ['is as large where there was no network', size(400), size(300), { kind: 'failed', ms: 20 }, size(400)],
    [
      'has half of what was sent where the time ran out',
      size(400),
      size(300, 30_000),
      { kind: 'failed', ms: 25_000 },
      size(150, 15_000),
    ],
    ['has half of what was sent after 5xx', size(400), size(300, 30_000), { kind: 'broken' }, size(150, 15_000)],
    ['has half of what was too large', size(400), size(300, 30_000), { kind: 'too-large' }, size(150, 15_000)],
    [
      'has what the endpoint takes',
      size(400),
      size(300, 30_000),
      { kind: 'too-large', mostItems: 20, mostBytes: 9000 },
      size(20, 9000),
    ],
    ['has one write at least', size(1), size(1), { kind: 'too-large', mostItems: 0 }, size(1, 1024)],
  ])('%s', (_, before, sent, end, expected) => {
    expect(nextSize(before, sent, end)).toEqual(expected)
  })

  test('has one write at least and 500 at most, whatever has been', () => {
    const ends = fc.oneof<fc.Arbitrary<BatchEnd>[]>(
      fc.record({ kind: fc.constant('answered' as const), ms: fc.nat(30_000) }),
      fc.record({ kind: fc.constant('failed' as const), ms: fc.nat(30_000) }),
      fc.constant({ kind: 'broken' as const }),
      fc.record({ kind: fc.constant('too-large' as const), mostItems: fc.nat(2000) }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(ends, fc.nat(500))), (all) => {
        let next = FIRST_SIZE
        for (const [end, items] of all) {
          next = nextSize(next, size(Math.min(items + 1, next.items), next.length), end)
          expect(next.items).toBeGreaterThanOrEqual(1)
          expect(next.items).toBeLessThanOrEqual(500)
          expect(next.length).toBeLessThanOrEqual(524_288)
        }
      }),
    )
  })
})
