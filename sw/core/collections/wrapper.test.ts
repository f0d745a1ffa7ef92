import { describe, expect, test } from 'vitest'
import { withoutRows, wrapperOf } from './wrapper.ts'

const rest = (): Promise<void> => Promise.resolve()
const rows = [
  { id: 1, items: [1, 2], text: 'a "]" \\' },
  { id: 2, data: { items: ['}'] } },
]

describe('what a list has around its rows', () => {
  test.each([
    ['items', ['items'], { page: 1, items: rows, total: 2 }, { page: 1, items: [], total: 2 }],
    [
      'nested, after members that look alike',
      ['data', 'items'],
      { items: [9], meta: { data: { items: [8] } }, data: { note: '"items":[', items: rows, next: null } },
      { items: [9], meta: { data: { items: [8] } }, data: { note: '"items":[', items: [], next: null } },
    ],
    ['empty', ['items'], { items: [] }, { items: [] }],
    ['absent', ['items'], { rows }, undefined],
    ['no list', ['items'], { items: { 0: [1] } }, undefined],
  ])('%s: is found in its text', async (_, path, value, expected) => {
    expect(await withoutRows(JSON.stringify(value), path, rest)).toEqual(expected)
    expect(await withoutRows(JSON.stringify(value, undefined, 2), path, rest)).toEqual(expected)
  })

  test('a text that is cut off has none', async () => {
    expect(await withoutRows('{"items":[{"id":1}', ['items'], rest)).toBeUndefined()
    expect(await withoutRows('{"items":[{"id":"', ['items'], rest)).toBeUndefined()
  })

  test('a long text lets others have their turn', async () => {
    let turns = 0
    const many = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `product ${id}`, tags: ['a', 'b'] }))
    const count = (): Promise<void> => Promise.resolve(void turns++)
    expect(await withoutRows(JSON.stringify({ items: many }), ['items'], count)).toEqual({ items: [] })
    expect(turns).toBeGreaterThan(1)
  })

  test('is written around them again, with their number', () => {
    const wrapper = wrapperOf(
      { data: { items: [], total: 7 }, page: 1 },
      { items: ['data', 'items'], total: ['data', 'total'] },
      3,
    )
    expect(wrapper).toEqual({ before: '{"data":{"items":[', after: '],"total":3},"page":1}' })
    expect(wrapperOf(undefined, {}, 3)).toEqual({ before: '[', after: ']' })
    expect(wrapperOf({ rows: [] }, { items: ['items'] }, 3)).toBe('invalid')
    expect(wrapperOf(undefined, { items: ['items'] }, 3)).toBe('invalid')
  })
})
