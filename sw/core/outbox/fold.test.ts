import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { fold, type Folding, type Read } from './fold.ts'
import { type JsonObject } from './json.ts'
import { listShapeOf } from './list-shape.ts'
import { foldRow, type RowChange } from './row-change.ts'

const WHOLE = { status: 200, fields: new Map<string, string>(), search: '' }
const ITEM: Read = { kind: 'item', id: '2', idMember: 'id' }
const listOf = (value: unknown, given: { search?: string; isNewFirst?: boolean } = {}): Read => {
  const shape = listShapeOf(value, { ...WHOLE, search: given.search ?? '' })
  if (shape === undefined) throw new Error('the list of this test has no shape')
  return { kind: 'list', shape, idMember: 'id', isNewFirst: given.isNewFirst ?? false }
}
let place = 0
const write = (id: string, change: Folding['change']): Folding => ({ place: place++, id, change })
const create = (id: string, name = 'new'): Folding => write(id, { kind: 'create', row: { id, name } })
const rename = (id: string, name: string): Folding => write(id, { kind: 'assign', members: { name } })
const remove = (id: string): Folding => write(id, { kind: 'delete' })
const ROWS = [
  { id: 1, name: 'a' },
  { id: 2, name: 'b' },
  { id: 3, name: 'c' },
]

describe('a list', () => {
  test('gets what is created, changed and deleted, and keeps every other row as it is', () => {
    const before = structuredClone(ROWS)
    const writes = [create('tmp-1'), rename('2', 'B'), remove('3'), rename('tmp-1', 'newer')]
    const { value, isComplete } = fold(ROWS, listOf(ROWS), writes)
    expect(value).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'B' },
      { id: 'tmp-1', name: 'newer' },
    ])
    expect((value as unknown[])[0]).toBe(ROWS[0])
    expect(isComplete).toBe(true)
    expect(ROWS).toEqual(before)
  })

  test('gets new rows at its beginning where the rule says so', () => {
    const { value } = fold(ROWS, listOf(ROWS, { isNewFirst: true }), [create('tmp-1'), remove('1'), create('tmp-2')])
    expect(value).toEqual([{ id: 'tmp-2', name: 'new' }, { id: 'tmp-1', name: 'new' }, ROWS[1], ROWS[2]])
    expect(fold(ROWS, listOf(ROWS), [create('tmp-1'), create('tmp-2')]).value).toMatchObject([
      ...ROWS,
      { id: 'tmp-1' },
      { id: 'tmp-2' },
    ])
  })

  test('that is wrapped keeps its wrapper, and counts anew', () => {
    const list = { data: { items: ROWS, total: 3 }, meta: { count: 3, took: 3 } }
    const { value } = fold(list, listOf(list), [create('tmp-1'), create('tmp-2'), remove('1')])
    expect(value).toMatchObject({ data: { items: { length: 4 }, total: 4 }, meta: { count: 4, took: 3 } })
    expect(list.data.total).toBe(3)
  })

  test('that nothing changes is the same value', () => {
    const list = { items: ROWS, total: 3 }
    expect(fold(list, listOf(list), []).value).toBe(list)
    expect(fold(list, listOf(list), [rename('2', 'b'), create('3'), remove('9')])).toMatchObject({ isComplete: true })
    expect(fold(list, listOf(list), [rename('2', 'b'), create('3'), remove('9')]).value).toBe(list)
  })

  test('in part has its own rows changed and nothing put in, and says that it is not complete', () => {
    const list = listOf(ROWS, { search: '?status=open' })
    const { value, isComplete } = fold(ROWS, list, [create('tmp-1'), rename('2', 'B'), remove('3')])
    expect(value).toEqual([ROWS[0], { id: 2, name: 'B' }])
    expect(isComplete).toBe(false)
  })

  test('says that it is not complete where it lacks a row that is changed', () => {
    expect(fold(ROWS, listOf(ROWS), [rename('9', 'z')])).toMatchObject({ value: ROWS, isComplete: false })
    expect(fold(ROWS, listOf(ROWS), [remove('8'), rename('9', 'z'), remove('7')])).toMatchObject({ isComplete: false })
  })

  test('says that it is not complete where the shape of a write is not known', () => {
    const { value, isComplete } = fold(ROWS, listOf(ROWS), [write('2', undefined), remove('1')])
    expect([value, isComplete]).toEqual([ROWS.slice(1), false])
  })

  test('is left alone where its rows are not where its shape says', () => {
    const { value, isComplete } = fold({ items: null }, listOf({ items: ROWS }), [remove('1')])
    expect([value, isComplete]).toEqual([{ items: null }, false])
  })

  test('with rows that are none keeps them', () => {
    const odd = [{ id: 1 }, null, 'text', { name: 'without id' }, { id: 2 }]
    expect(fold(odd, listOf(odd), [remove('1')]).value).toEqual(odd.slice(1))
  })
})

describe('an item', () => {
  const item = { id: 2, name: 'b' }
  test.each<[string, unknown, Folding[], unknown, boolean]>([
    ['is changed', item, [rename('2', 'B')], { id: 2, name: 'B' }, true],
    [
      'is changed within its wrapper',
      { data: item, took: 1 },
      [rename('2', 'B')],
      { data: { id: 2, name: 'B' }, took: 1 },
      true,
    ],
    ['is gone', item, [remove('2')], undefined, true],
    ['is gone with its wrapper', { data: item }, [remove('2')], undefined, true],
    ['is gone, however it is written', 'text', [remove('2')], undefined, true],
    [
      'is there by its create',
      undefined,
      [write('2', { kind: 'create', row: item }), rename('2', 'B')],
      { id: 2, name: 'B' },
      true,
    ],
    ['is not there by a change', undefined, [rename('2', 'B')], undefined, false],
    ['is left alone by changes of others', item, [rename('3', 'C'), remove('1')], item, true],
    ['is left alone where it has another id', { id: 5 }, [rename('2', 'B')], { id: 5 }, false],
    [
      'is left alone where two members may be meant',
      { a: item, b: item },
      [rename('2', 'B')],
      { a: item, b: item },
      false,
    ],
  ])('%s', (_, base, writes, value, isComplete) => {
    expect(fold(base, ITEM, writes)).toEqual({ value, isComplete, failed: [] })
  })

  test('that nothing changes is the same value', () => {
    const wrapped = { data: item }
    const { value, isComplete } = fold(wrapped, ITEM, [rename('2', 'b')])
    expect(value).toBe(wrapped)
    expect(isComplete).toBe(true)
  })
})

describe("a rule's own function", () => {
  const add = (id: number) => (cached: unknown) => [...(cached as unknown[]), { id }]

  test('is called in the order of the writes', () => {
    const writes = [remove('1'), write('8', add(8)), rename('8', 'h'), write('9', add(9)), remove('2')]
    expect(fold(ROWS, listOf(ROWS), writes).value).toEqual([ROWS[2], { id: 8, name: 'h' }, { id: 9 }])
  })

  test('gets what the writes before it have made, and none after it', () => {
    const withoutB = (cached: unknown): unknown => (cached as { name: string }[]).filter(({ name }) => name !== 'B')
    const writes = [rename('2', 'B'), write('2', withoutB), rename('3', 'B')]
    expect(fold(ROWS, listOf(ROWS), writes).value).toEqual([ROWS[0], { id: 3, name: 'B' }])
  })

  test('that throws is left out, named, and stops nothing else', () => {
    const throws = write('1', () => {
      throw new Error('of the app')
    })
    const { value, isComplete, failed } = fold(ROWS, listOf(ROWS), [remove('1'), throws, remove('2')])
    expect([value, isComplete, failed]).toEqual([[ROWS[2]], false, [throws.place]])
  })

  test('that returns nothing changes nothing', () => {
    expect(fold(ROWS, listOf(ROWS), [write('1', () => undefined)])).toMatchObject({ value: ROWS, isComplete: true })
  })

  test('is not called where there is nothing', () => {
    const never = vi.fn<(cached: unknown) => unknown>()
    expect(fold(undefined, ITEM, [write('2', never)])).toEqual({ value: undefined, isComplete: false, failed: [] })
    expect(never).not.toHaveBeenCalled()
  })
})

describe('whatever is written', () => {
  const id = fc.constantFrom('1', '2', '3', '4', '5')
  const name = fc.constantFrom('a', 'b', 'c')
  const change: fc.Arbitrary<Folding> = fc.oneof(
    fc.tuple(id, name).map(([each, text]) => create(each, text)),
    fc.tuple(id, name).map(([each, text]) => rename(each, text)),
    fc.tuple(id, name).map(([each, text]) => write(each, { kind: 'merge', patch: { name: null, other: text } })),
    fc.tuple(id, name).map(([each, text]) => write(each, { kind: 'replace', row: { id: each, name: text } })),
    id.map(remove),
  )
  const rows = fc.uniqueArray(fc.record({ id, name }), { selector: (row) => row.id })

  test('each row is what its own writes make of it', () => {
    fc.assert(
      fc.property(rows, fc.array(change), (base, writes) => {
        const { value } = fold(base, listOf(base), writes)
        const byId = new Map((value as { id: string }[]).map((row) => [row.id, row]))
        for (const each of ['1', '2', '3', '4', '5']) {
          const own = writes.filter((one) => one.id === each).map((one) => one.change as RowChange)
          const before = base.find((row) => row.id === each) as JsonObject | undefined
          expect(byId.get(each)).toEqual(foldRow(before, own))
        }
      }),
    )
  })

  test('what the origin has by now may be folded over again', () => {
    fc.assert(
      fc.property(rows, fc.array(change), (base, given) => {
        const there = new Set<string>(base.map((row) => row.id))
        // A user changes what is there, and creates what is not.
        const writes = given.filter((each) => {
          const { kind } = each.change as RowChange
          if (kind === 'create' ? there.has(each.id) : !there.has(each.id)) return false
          if (kind === 'delete') there.delete(each.id)
          else there.add(each.id)
          return true
        })
        const once = fold(base, listOf(base), writes).value
        expect(fold(once, listOf(once), writes).value).toEqual(once)
      }),
    )
  })
})

test('10,000 writes over 20,000 rows look at each row once, and copy none that they do not change', () => {
  let looks = 0
  const rows = Array.from({ length: 20_000 }, (_, index) =>
    Object.defineProperty({ name: 'a' }, 'id', { enumerable: true, get: () => (looks++, index) }),
  )
  const writes = Array.from({ length: 10_000 }, (_, index) => rename(String(index * 2 + 1), 'a'))
  const { value } = fold(rows, listOf(rows), writes)
  expect(value).toBe(rows)
  expect(looks).toBe(20_000)
  const changed = fold(rows, listOf(rows), [rename('19999', 'z')]).value as unknown[]
  expect(changed.slice(0, -1).every((row, at) => row === rows[at])).toBe(true)
  expect(changed.at(-1)).toEqual({ id: 19_999, name: 'z' })
})
