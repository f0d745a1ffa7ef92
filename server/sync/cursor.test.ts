import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCursor, parseCursor } from './cursor.ts'

const number = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n })
const cursor = fc.record(
  {
    generation: fc.string(),
    scope: fc.string(),
    position: fc.record({ xid: number, id: number }),
    load: fc.record({ entity: fc.string(), after: fc.array(fc.string()) }),
  },
  { requiredKeys: ['generation', 'scope', 'position'] },
)

describe('the text of a cursor', () => {
  it('is parsed to what it was made of', () => {
    fc.assert(
      fc.property(cursor, (given) => {
        expect(parseCursor(formatCursor(given))).toEqual(given)
      }),
    )
  })

  it.each([
    ['', 'nothing'],
    ['2026-01-01T00:00:00Z', 'a time'],
    ...[
      [2, 'g', 's', '1', '1'],
      [1, 'g', 's', '-1', '1'],
      [1, 'g', 's', '1', 1],
      [1, 'g'],
      [1, 'g', 's', '1', '1', 5],
      {},
    ].map((parts) => [Buffer.from(JSON.stringify(parts)).toString('base64url'), JSON.stringify(parts)]),
  ])('%s is none: %s', (text) => {
    expect(parseCursor(text)).toBe('invalid')
  })
})
