import { describe, expect, test } from 'vitest'
import { listShapeOf } from './list-shape.ts'

const ROWS = [{ id: 1 }, { id: 2 }]
const ANSWER = { status: 200, fields: new Map<string, string>(), search: '' }
const shapeOf = (value: unknown, fields: Record<string, string> = {}, given: Partial<typeof ANSWER> = {}) =>
  listShapeOf(value, { ...ANSWER, fields: new Map(Object.entries(fields)), ...given })

describe('the rows of a list', () => {
  test.each<[string, unknown, readonly string[] | undefined]>([
    ['are the JSON itself', ROWS, []],
    ['are the JSON itself, also where there are none', [], []],
    ['are its one list', { items: ROWS }, ['items']],
    ['are its one list two members deep', { data: { items: ROWS } }, ['data', 'items']],
    ['are its one list of objects', { items: ROWS, columns: ['id', 'name'] }, ['items']],
    ['are the outer of two lists', { items: ROWS, facets: { brands: [{ id: 3 }] } }, ['items']],
    ['are not clear where there are two', { products: ROWS, brands: ROWS }, undefined],
    ['are not clear where one of two is empty', { products: [], brands: ROWS }, undefined],
    ['are not looked for three members deep', { a: { b: { c: ROWS } } }, undefined],
    ['are no texts', ['a', 'b'], undefined],
    ['are no lists', [[1], [2]], undefined],
    ['are none in an item', { id: 7, name: 'Tea' }, undefined],
    ['are none in a text', 'Tea', undefined],
    ['are none in null', null, undefined],
  ])('%s', (_, value, expected) => {
    expect(shapeOf(value)?.rows).toEqual(expected)
  })
})

describe('the number of rows', () => {
  test.each<[string, unknown, (readonly string[])[]]>([
    ['stands beside them', { items: ROWS, total: 2 }, [['total']]],
    ['stands around them', { total_count: 2, data: { items: ROWS } }, [['total_count']]],
    ['stands beside them, inside', { data: { items: ROWS, totalItems: 2 } }, [['data', 'totalItems']]],
    ['stands in a member beside them', { items: ROWS, meta: { total: 2, took: 2 } }, [['meta', 'total']]],
    ['may be there twice', { items: ROWS, count: 2, total: 2 }, [['count'], ['total']]],
    ['is none under another name', { items: ROWS, version: 2 }, []],
    ['is none of a bare list', ROWS, []],
  ])('%s', (_, value, expected) => {
    expect(shapeOf(value)).toMatchObject({ totals: expected, isWhole: true })
  })
})

describe('a list is not whole', () => {
  test.each<[string, () => ReturnType<typeof listShapeOf>]>([
    ['where it is asked for with a query', () => shapeOf(ROWS, {}, { search: '?page=2' })],
    ['where it is a part (206)', () => shapeOf(ROWS, {}, { status: 206 })],
    [
      'where there is a next page, by Link',
      () => shapeOf(ROWS, { link: '</p?page=2>; rel="next", </p?page=9>; rel="last"' }),
    ],
    ['where there is a page before, by Link', () => shapeOf(ROWS, { link: '</p>; title="a"; rel=prev' })],
    ['where Content-Range says that there are more', () => shapeOf(ROWS, { 'content-range': 'products 0-1/3' })],
    ['where X-Total-Count says that there are more', () => shapeOf(ROWS, { 'x-total-count': '3' })],
    ['where its total is another', () => shapeOf({ items: ROWS, total: 3 })],
    ['where its total beside it is another', () => shapeOf({ items: ROWS, meta: { total: 3 } })],
    ['where it has a cursor', () => shapeOf({ items: ROWS, next_cursor: 'abc' })],
    ['where it has more pages', () => shapeOf({ data: ROWS, meta: { last_page: 2 } })],
    ['where it has more', () => shapeOf({ items: ROWS, page: { hasMore: true } })],
    [
      'where it has an address of the next page',
      () => shapeOf({ results: ROWS, next: 'https://api.example/p?page=2' }),
    ],
  ])('%s', (_, shape) => expect(shape()).toMatchObject({ isWhole: false }))
})

test.each([
  [
    'that has no next page',
    () => shapeOf({ items: ROWS, next: null, previous: null, hasMore: false, next_cursor: '' }),
  ],
  ['that has one page', () => shapeOf({ content: ROWS, totalPages: 1, pages: ['a'] })],
  ['whose links lead elsewhere', () => shapeOf(ROWS, { link: '</p/schema>; rel="describedby"' })],
  [
    'whose fields say that this is all',
    () => shapeOf(ROWS, { 'content-range': 'products 0-1/2', 'x-total-count': '2' }),
  ],
  ['whose range has no total', () => shapeOf(ROWS, { 'content-range': 'products 0-1/*' })],
])('a list is whole %s', (_, shape) => expect(shape()).toMatchObject({ isWhole: true }))
