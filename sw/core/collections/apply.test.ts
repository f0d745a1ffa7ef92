import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketSums, collectionDigest } from '../digest.ts'
import { apply, drift, EMPTY, isEmpty, joined, type Tally } from './apply.ts'
import { compareRows, type KeptRow, rowOf, sortableId } from './row.ts'

const kept = (id: number | string, name: string): KeptRow => {
  const row = rowOf({ id, name, updated_at: name }, { id: ['id'], version: ['updated_at'] })
  if (row === 'invalid') throw new Error('a row of this test has no id')
  return row
}
const ofNobody = (): boolean => false

describe('changes', () => {
  const held = new Map([kept(1, 'a'), kept(2, 'b')].map((row) => [row.id, row]))

  test('are put, removed and named', () => {
    const page = { rows: [kept(1, 'a2'), kept(3, 'c')], deleted: ['2'] }
    const { put, removed, diff } = apply(page, held, EMPTY, ofNobody)
    expect(put.map(({ id }) => id)).toEqual(['1', '3'])
    expect(removed).toEqual(['2'])
    expect(diff).toEqual({ added: ['3'], updated: ['1'], removed: ['2'] })
  })

  test('that are held already are neither written nor named', () => {
    const { put, removed, diff } = apply({ rows: [kept(1, 'a')], deleted: ['9'] }, held, EMPTY, ofNobody)
    expect([put, removed]).toEqual([[], []])
    expect(isEmpty(diff)).toBe(true)
  })

  test('that are what an own write got are written and not named', () => {
    const page = { rows: [kept(1, 'a2'), kept(3, 'c')], deleted: ['2'] }
    const { put, removed, diff } = apply(page, held, EMPTY, (id, row) => id === '1' || row === undefined)
    expect([put.length, removed.length]).toEqual([2, 1])
    expect(diff).toEqual({ added: ['3'], updated: [], removed: [] })
  })

  test('of several pages are one: what came and went is not named', () => {
    const none = { added: [], updated: [], removed: [] }
    const one = { added: ['1'], updated: ['2'], removed: ['3', '4'] }
    expect(joined(one, { ...none, removed: ['1', '2'], added: ['3'], updated: ['1'] })).toEqual({
      added: [],
      updated: ['3'],
      removed: ['4', '2'],
    })
  })
})

test.each([
  ['fewer rows than it says', { total: 3 }, 'total'],
  ['as many rows, one of another version', { total: 2, digest: 1 }, 'digest'],
  ['what it says', { total: 2, digest: 7 }, undefined],
  ['an endpoint that says nothing', {}, undefined],
])('a collection with %s', (_, said, differs) => {
  expect(drift({ count: 2, digest: 7, size: 0 }, said)).toBe(differs)
})

test('the numbers beside the rows are those of the rows, whatever is applied', () => {
  const change = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom('gone', 'a', 'b', 'c'))
  const pages = fc.array(fc.uniqueArray(change, { selector: ([id]) => id, maxLength: 6 }), { maxLength: 30 })
  fc.assert(
    fc.property(pages, (given) => {
      const rows = new Map<string, KeptRow>()
      let tally: Tally = EMPTY
      for (const changes of given) {
        const put = changes.flatMap(([id, name]) => (name === 'gone' ? [] : [kept(id, name)]))
        const deleted = changes.flatMap(([id, name]) => (name === 'gone' ? [String(id)] : []))
        const applied = apply({ rows: put, deleted }, rows, tally, ofNobody)
        for (const row of applied.put) rows.set(row.id, row)
        for (const id of applied.removed) rows.delete(id)
        tally = applied.tally
      }
      const versions = [...rows.values()].map(({ id, version = '' }) => ({ id, version }))
      const size = [...rows.values()].reduce((sum, { text }) => sum + text.length, 0)
      expect(tally).toEqual({ count: rows.size, digest: collectionDigest(bucketSums(versions)), size })
    }),
  )
})

describe('the order of a list', () => {
  test('is that of its ids: numbers by their value, then texts', () => {
    const ids = ['10', 'b', '9', '007', 'a', '1', '0']
    const sorted = ids.toSorted((one, other) => (sortableId(one) < sortableId(other) ? -1 : 1))
    expect(sorted).toEqual(['0', '1', '9', '10', '007', 'a', 'b'])
  })

  test('is that of a member where the rules name one', () => {
    const shape = { id: ['id'], version: [], order: { path: ['at', 'price'] } }
    const rows = [
      { id: 1, at: { price: 20 } },
      { id: 2, at: { price: 3 } },
      { id: 3 },
      { id: 4, at: { price: 3 } },
      { id: 5, at: { price: 'free' } },
    ].map((row) => rowOf(row, shape) as KeptRow)
    expect(rows.toSorted(compareRows(false)).map(({ id }) => id)).toEqual(['2', '4', '1', '5', '3'])
    expect(rows.toSorted(compareRows(true)).map(({ id }) => id)).toEqual(['3', '5', '1', '2', '4'])
  })
})
