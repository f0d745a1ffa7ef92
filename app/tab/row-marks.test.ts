import { describe, expect, it } from 'vitest'
import { markRows, type RowMarks } from './row-marks.ts'

type Row = { readonly id: number; readonly name: string } & Partial<RowMarks>

const MARKS = JSON.stringify({
  at: ['data'],
  isList: true,
  rows: [
    [0, 1000, 1],
    [2, null, 0],
  ],
  deleted: [[{ id: 9, name: 'gone' }, 1000]],
})
const body = (): { data: Row[] } => ({
  data: [
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
    { id: 3, name: 'c' },
  ],
})

describe('a row that the device has changed', () => {
  it('carries what is known of it, and no other row does', () => {
    const { data } = body()
    markRows({ data }, MARKS)
    expect(data.map(({ isDirty, isDeleted, lastSyncedAt }) => [isDirty, isDeleted, lastSyncedAt])).toEqual([
      [true, false, 1000],
      [undefined, undefined, undefined],
      [false, false, null],
    ])
  })

  it('has the shape that the app knows: copies, JSON and strict parsers see no more', () => {
    const [row] = body().data
    markRows(row, JSON.stringify({ at: [], isList: false, rows: [[0, 1000, 1]], deleted: [] }))
    expect(row?.isDirty).toBe(true)
    expect([JSON.stringify(row), Object.keys({ ...row })]).toEqual(['{"id":1,"name":"a"}', ['id', 'name']])
  })

  it('keeps a member of its own', () => {
    const data = [{ id: 1, name: 'a', isDeleted: true }]
    markRows({ data }, MARKS)
    expect(data[0]).toMatchObject({ isDeleted: true, isDirty: true })
    expect(Object.keys(data[0] ?? {})).toContain('isDeleted')
  })
})

it('rows that are deleted are given apart', () => {
  const [gone] = markRows(body(), MARKS) as Row[]
  expect(gone).toMatchObject({ id: 9, name: 'gone', isDirty: true, isDeleted: true, lastSyncedAt: 1000 })
})

it.each(['', '{}', 'null', '[1]', '{"at":["data"],"isList":true,"rows":[[7,1,1]],"deleted":[]}'])(
  'a field that is not of the worker, or of another body, marks nothing: %s',
  (field) => {
    const given = body()
    expect(markRows(given, field)).toEqual([])
    expect(given.data.map(({ isDirty }) => isDirty)).toEqual([undefined, undefined, undefined])
  },
)
