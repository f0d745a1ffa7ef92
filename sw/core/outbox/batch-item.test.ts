import { describe, expect, test } from 'vitest'
import { answerOf, fieldsOfChange, type ItemResult, resultsOf } from './batch-item.ts'
import type { RowChange } from './row-change.ts'

describe('a write as an item of a batch', () => {
  test.each<[string, string, RowChange, ReturnType<typeof fieldsOfChange>]>([
    [
      'a create has all its members, but a temporary id',
      'POST',
      { kind: 'create', row: { id: 'tmp-1', name: 'a' } },
      { fields: { name: 'a' } },
    ],
    [
      'a create keeps an id of the app',
      'POST',
      { kind: 'create', row: { id: 'own', name: 'a' } },
      { fields: { id: 'own', name: 'a' } },
    ],
    ['a merge patch is one', 'PATCH', { kind: 'merge', patch: { a: { b: null } } }, { fields: { a: { b: null } } }],
    [
      'a PATCH of plain members is one',
      'PATCH',
      { kind: 'assign', members: { a: null, b: [1] } },
      { fields: { a: null, b: [1] } },
    ],
    [
      'a PATCH that sets an object is none: a merge would keep more',
      'PATCH',
      { kind: 'assign', members: { a: {} } },
      undefined,
    ],
    ['a PUT is none: a merge would keep what it leaves out', 'PUT', { kind: 'assign', members: { a: 1 } }, undefined],
    ['a deletion has no fields', 'DELETE', { kind: 'delete' }, { isDeleted: true }],
    ['a representation is none', 'PUT', { kind: 'replace', row: {} }, undefined],
  ])('%s', (_, method, change, expected) => {
    expect(fieldsOfChange(change, { method, idMember: 'id', temporaryId: 'tmp-1' })).toEqual(expected)
  })
})

describe('the answer to a batch', () => {
  test.each([undefined, null, 'text', {}, { items: {} }, []])('is none where it is %j', (value) => {
    expect(resultsOf(value)).toBeUndefined()
  })

  test('is read item by item, and what cannot be read is left out', () => {
    const read = resultsOf({
      items: [
        { key: 'a', result: 'applied', id: 7, row: { id: 7 }, updatedAt: 'v2' },
        { key: 'b', result: 'done' },
        { result: 'applied' },
        null,
        { key: 'c', result: 'refused', row: null, updatedAt: null, problem: { status: 200, reason: 5 } },
      ],
    })
    const none = { id: undefined, row: undefined, updatedAt: undefined, status: undefined, reason: undefined }
    expect([...(read ?? [])]).toEqual([
      ['a', { ...none, result: 'applied', id: '7', row: { id: 7 }, updatedAt: 'v2' }],
      ['c', { ...none, result: 'refused' }],
    ])
  })

  const NONE: ItemResult = {
    result: 'applied',
    id: undefined,
    row: undefined,
    updatedAt: undefined,
    status: undefined,
    reason: undefined,
  }
  const of = (given: Partial<ItemResult>, method = 'PATCH') =>
    answerOf({ ...NONE, ...given }, { method, url: 'https://a.test/api/products/' })
  const row = { id: 7, name: 'a' }
  test.each<[string, ReturnType<typeof of>, object]>([
    [
      'a create is a 201 with its place and its version',
      of({ id: 'a b', row, updatedAt: 'v 2' }, 'POST'),
      {
        status: 201,
        body: row,
        type: 'application/json',
        fields: [
          ['location', 'https://a.test/api/products/a%20b'],
          ['freshlayer-updated-at', 'v%202'],
        ],
      },
    ],
    [
      'a change is a 200 with the row',
      of({ row, updatedAt: 'v2' }),
      { status: 200, body: row, fields: [['freshlayer-updated-at', 'v2']] },
    ],
    ['what was so already as well', of({ result: 'unchanged', row }), { status: 200, body: row }],
    ['a deletion is a 204', of({ row, updatedAt: 'v2' }, 'DELETE'), { status: 204, fields: [] }],
    [
      'a conflict is a 409 with the row that there is',
      of({ result: 'conflict', row, updatedAt: 'v3', reason: 'changed' }),
      {
        status: 409,
        type: 'application/problem+json',
        body: { status: 409, reason: 'changed', updatedAt: 'v3', current: row },
      },
    ],
    [
      'a conflict with what is gone says null',
      of({ result: 'conflict', reason: 'gone' }),
      { body: { status: 409, reason: 'gone', current: null } },
    ],
    ['a refusal has its own status', of({ result: 'refused', status: 403 }), { status: 403 }],
    ['a refusal without one is a 422', of({ result: 'refused' }), { status: 422 }],
    ['a refusal of 5xx is none', of({ result: 'refused', status: 500 }), { status: 422 }],
    [
      'what is being done is a 409 that says when to come again',
      of({ result: 'later', reason: 'running', status: 409 }),
      { status: 409, fields: [['retry-after', '1']] },
    ],
    ['what has failed is a 5xx', of({ result: 'later', status: 500 }), { status: 500 }],
    ['what comes later for a reason that is not known is a 503', of({ result: 'later' }), { status: 503 }],
  ])('%s', (_, answer, expected) => {
    expect(answer).toMatchObject({ kind: 'answer', ...expected })
  })

  test.each<[string, Partial<ItemResult>, string]>([
    ['is behind one that was not done', { result: 'later', reason: 'behind' }, 'not-done'],
    ['came after the time of the batch', { result: 'later', reason: 'budget' }, 'not-done'],
    ['was performed as a request of its own', { result: 'refused', reason: 'key-reused', status: 422 }, 'alone'],
  ])('one that %s', (_, given, kind) => {
    expect(of(given)).toEqual({ kind })
  })
})
