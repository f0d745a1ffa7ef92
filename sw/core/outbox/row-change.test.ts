import { describe, expect, test } from 'vitest'
import { type Asked, changeOf, foldRow, type RowChange } from './row-change.ts'

const JSON_TYPE = 'application/json'
const MERGE = 'application/merge-patch+json'
const OF_LIST: Asked = {
  method: 'POST',
  type: JSON_TYPE,
  body: { name: 'Tea' },
  id: 'tmp-1',
  idMember: 'id',
  target: 'list',
  entity: 'product',
}
const OF_ROW: Asked = { ...OF_LIST, method: 'PUT', id: '7', target: 'row' }

describe('what a write does to its row', () => {
  test.each<[string, Asked, RowChange | undefined]>([
    ['POST to a list creates, with the temporary id', OF_LIST, { kind: 'create', row: { id: 'tmp-1', name: 'Tea' } }],
    [
      "POST to a list creates, with the app's own id",
      { ...OF_LIST, id: '17', body: { id: 17, name: 'Tea' } },
      { kind: 'create', row: { id: 17, name: 'Tea' } },
    ],
    [
      "one of the app's own ids that is not the temporary one gives way",
      { ...OF_LIST, body: { id: 0, name: 'Tea' } },
      { kind: 'create', row: { id: 'tmp-1', name: 'Tea' } },
    ],
    [
      'a body that is wrapped in the name of the entity is its inside',
      { ...OF_LIST, body: { product: { name: 'Tea' } } },
      { kind: 'create', row: { id: 'tmp-1', name: 'Tea' } },
    ],
    [
      'a body that is wrapped in `data` is its inside',
      { ...OF_ROW, body: { data: { name: 'Tea' } } },
      { kind: 'assign', members: { name: 'Tea' } },
    ],
    [
      'a body whose one member is no wrapper is the row',
      { ...OF_ROW, body: { address: { city: 'Oslo' } } },
      { kind: 'assign', members: { address: { city: 'Oslo' } } },
    ],
    ['PUT sets members', OF_ROW, { kind: 'assign', members: { name: 'Tea' } }],
    [
      'PATCH of plain JSON sets members, and null is a value',
      { ...OF_ROW, method: 'PATCH', body: { name: null } },
      { kind: 'assign', members: { name: null } },
    ],
    [
      'a merge patch is one',
      { ...OF_ROW, method: 'PATCH', type: MERGE, body: { name: null } },
      { kind: 'merge', patch: { name: null } },
    ],
    ['PUT of a merge patch sets members', { ...OF_ROW, type: MERGE }, { kind: 'assign', members: { name: 'Tea' } }],
    [
      'a body with a member beside its wrapper is the row',
      { ...OF_ROW, body: { data: { a: 1 }, name: 'Tea' } },
      { kind: 'assign', members: { data: { a: 1 }, name: 'Tea' } },
    ],
    ['an empty body changes nothing', { ...OF_ROW, body: {} }, { kind: 'assign', members: {} }],
    [
      'a row keeps its id, whatever the body says',
      { ...OF_ROW, body: { id: 'tmp-1', name: 'Tea' } },
      { kind: 'assign', members: { name: 'Tea' } },
    ],
    [
      'DELETE of a row removes it',
      { ...OF_ROW, method: 'DELETE', type: undefined, body: undefined },
      { kind: 'delete' },
    ],
    ['DELETE of a list is not guessed', { ...OF_LIST, method: 'DELETE', body: undefined }, undefined],
    ['POST to a row is not guessed', { ...OF_ROW, method: 'POST' }, undefined],
    ['PUT of a list is not guessed', { ...OF_LIST, method: 'PUT' }, undefined],
    ['PUT of a part of a row is not guessed', { ...OF_ROW, target: 'other' }, undefined],
    ['DELETE of a part of a row is not guessed', { ...OF_ROW, target: 'other', method: 'DELETE' }, undefined],
    ['a method that is not registered is not guessed', { ...OF_ROW, method: 'MERGE' }, undefined],
    [
      'a JSON patch is not guessed',
      { ...OF_ROW, method: 'PATCH', type: 'application/json-patch+json', body: {} },
      undefined,
    ],
    ['JSON:API is not guessed', { ...OF_ROW, type: 'application/vnd.api+json', body: { data: {} } }, undefined],
    ['a body that is a list is not guessed', { ...OF_LIST, body: [{ name: 'Tea' }] }, undefined],
    ['a body that is no JSON is not guessed', { ...OF_LIST, body: undefined }, undefined],
  ])('%s', (_, asked, expected) => {
    expect(changeOf(asked)).toEqual(expected)
  })
})

describe('a row', () => {
  const row = { id: 7, name: 'Tea', tags: ['hot'] }

  test('is created, changed and deleted in order', () => {
    const create: RowChange = { kind: 'create', row: { id: 'tmp-1', name: 'Tea' } }
    const assign: RowChange = { kind: 'assign', members: { name: 'Mint' } }
    const merge: RowChange = { kind: 'merge', patch: { name: null, price: 3 } }
    expect(foldRow(undefined, [create, assign])).toEqual({ id: 'tmp-1', name: 'Mint' })
    expect(foldRow(undefined, [create, assign, merge])).toEqual({ id: 'tmp-1', price: 3 })
    expect(foldRow(undefined, [create, assign, { kind: 'delete' }])).toBeUndefined()
    expect(foldRow(row, [{ kind: 'delete' }, assign])).toBeUndefined()
    expect(foldRow(row, [{ kind: 'delete' }, create])).toEqual(create.row)
  })

  test('that the origin has already is not created a second time', () => {
    expect(foldRow(row, [{ kind: 'create', row: { id: 7, name: 'Mint' } }])).toBe(row)
  })

  test('is what the origin says once that has answered', () => {
    expect(foldRow(row, [{ kind: 'replace', row: { id: 7, name: 'Mint' } }])).toEqual({ id: 7, name: 'Mint' })
  })

  test('that is not there is not made by a change', () => {
    expect(foldRow(undefined, [{ kind: 'assign', members: { name: 'Mint' } }])).toBeUndefined()
    expect(foldRow(undefined, [{ kind: 'replace', row }])).toBeUndefined()
  })

  test('that has a change already is the same object', () => {
    const changes: RowChange[] = [
      { kind: 'assign', members: { name: 'Tea', tags: ['hot'] } },
      { kind: 'merge', patch: { name: 'Tea', gone: null } },
      { kind: 'replace', row: { id: 7, tags: ['hot'], name: 'Tea' } },
    ]
    expect(foldRow(row, changes)).toBe(row)
  })
})
