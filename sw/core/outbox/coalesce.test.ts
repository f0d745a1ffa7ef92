import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Coalesced, coalesced, type Unsent } from './coalesce.ts'
import { isObject, type JsonObject } from './json.ts'
import { assigned, mergePatched } from './merge-patch.ts'

const JSON_TYPE = 'application/json'
const MERGE = 'application/merge-patch+json'
const LIST = 'https://a.example/p'
const ROW = `${LIST}/tmp-1`
const write = (method: string, body: object | undefined, given: Partial<Unsent> = {}): Unsent => ({
  method,
  target: 'row',
  url: ROW,
  type: body === undefined ? undefined : JSON_TYPE,
  body: body === undefined ? undefined : JSON.stringify(body),
  fields: '',
  wasSent: false,
  ...given,
})
const create = (body: object, given: Partial<Unsent> = {}) =>
  write('POST', body, { target: 'list', url: LIST, ...given })
const put = (body: object, given: Partial<Unsent> = {}) => write('PUT', body, given)
const patch = (body: object, given: Partial<Unsent> = {}) => write('PATCH', body, given)
const merge = (body: object) => write('PATCH', body, { type: MERGE })
const DELETE = write('DELETE', undefined)
const of = (first: Unsent, second: Unsent, isNamedElsewhere = false): Coalesced =>
  coalesced(first, second, { idMember: 'id', temporaryId: 'tmp-1', isNamedElsewhere })
const BOTH: Coalesced = { kind: 'both' }
const one = (is: 'first' | 'second', body?: object): Coalesced => ({
  kind: 'one',
  is,
  ...(body && { body: JSON.stringify(body) }),
})

describe('two writes', () => {
  test.each<[string, Unsent, Unsent, Coalesced]>([
    ['create × put is a create', create({ a: 1 }), put({ a: 2, b: 3 }), one('first', { a: 2, b: 3 })],
    [
      'create × put with the temporary id is a create without it',
      create({ a: 1 }),
      put({ id: 'tmp-1', a: 2 }),
      one('first', { a: 2 }),
    ],
    [
      "create × put with the app's own id is a create with it",
      create({ id: 'x', a: 1 }),
      put({ id: 'x', a: 2 }),
      one('first', { id: 'x', a: 2 }),
    ],
    ['create × put that lacks a member is both', create({ a: 1 }), put({ b: 3 }), BOTH],
    ['create × put that lacks a member of a member is both', create({ p: { a: 1, b: 1 } }), put({ p: { a: 2 } }), BOTH],
    [
      'create × put that has the temporary id elsewhere is both',
      create({ p: { a: 1 } }),
      put({ p: { a: 1, id: 'tmp-1' } }),
      BOTH,
    ],
    ['create × patch is a create', create({ a: 1, b: 1 }), patch({ a: 2 }), one('first', { a: 2, b: 1 })],
    ['create × patch of an object is both', create({ a: { b: 1 } }), patch({ a: { c: 1 } }), BOTH],
    [
      'create × put with more in a member is a create',
      create({ p: { a: 1 } }),
      put({ p: { a: 2, b: 1 } }),
      one('first', { p: { a: 2, b: 1 } }),
    ],
    [
      'put × put keeps an id that the first does not have',
      put({ a: 1 }),
      put({ id: 7, a: 2 }),
      one('first', { id: 7, a: 2 }),
    ],
    [
      'put × put may name the temporary id',
      put({ p: 'tmp-1' }),
      put({ p: 'tmp-1', a: 1 }),
      one('first', { p: 'tmp-1', a: 1 }),
    ],
    ['merge of an object × put is the put', merge({ a: { b: 1 } }), put({ a: { b: 2 } }), one('second')],
    ['patch of an object and more × put is both', patch({ a: { b: 1 }, c: 1 }), put({ a: { b: 1 }, c: 1 }), BOTH],
    [
      'a write to a list that creates nothing is sent by itself',
      put({ a: 1 }, { target: 'list' }),
      put({ a: 2 }),
      BOTH,
    ],
    ['an action on the row is sent by itself', put({ a: 1 }), write('POST', { a: 2 }), BOTH],
    [
      'create × merge is a create',
      create({ a: { b: 1 }, d: 1 }),
      merge({ a: { c: 1 }, d: null }),
      one('first', { a: { b: 1, c: 1 } }),
    ],
    ['create × delete is neither', create({ a: 1 }), DELETE, { kind: 'neither' }],
    ['create × create is both', create({ a: 1 }), create({ a: 1 }), BOTH],
    ['put × put is the second', put({ a: 1 }), put({ a: 2 }), one('first', { a: 2 })],
    ['put × put that lacks a member is both', put({ a: 1, b: 1 }), put({ a: 2 }), BOTH],
    ['put × patch is a put', put({ a: 1, b: 1 }), patch({ a: 2 }), one('first', { a: 2, b: 1 })],
    [
      'put × merge is a put',
      put({ a: { b: 1 } }),
      merge({ a: { c: 1 }, d: 1 }),
      one('first', { a: { b: 1, c: 1 }, d: 1 }),
    ],
    ['put × merge that takes a member away is both', put({ a: 1 }), merge({ b: null }), BOTH],
    ['put × merge that makes an object is both', put({ a: 1 }), merge({ b: { c: 1 } }), BOTH],
    ['put × patch that may take a member away is both', put({ a: 1 }), patch({ a: null }), BOTH],
    ['create × patch that may take a member away is both', create({ a: 1 }), patch({ a: null }), BOTH],
    ['put × delete is the deletion', put({ a: 1 }), DELETE, one('second')],
    ['patch × put is the put', patch({ a: 1 }), put({ a: 2, b: 1 }), one('second')],
    ['patch × put that lacks a member is both', patch({ a: 1 }), put({ b: 1 }), BOTH],
    ['patch of an object × put is both', patch({ a: { b: 1 } }), put({ a: { b: 1 } }), BOTH],
    ['patch × put that makes an object is both', patch({ a: 1 }), put({ a: {} }), BOTH],
    ['patch × patch is a patch', patch({ a: 1, b: 1 }), patch({ a: 2, c: 1 }), one('second', { a: 2, b: 1, c: 1 })],
    ['patch × patch of an object is both', patch({ a: { b: 1 } }), patch({ a: { c: 1 } }), BOTH],
    ['patch × merge is both', patch({ a: 1 }), merge({ b: 1 }), BOTH],
    ['patch × delete is the deletion', patch({ a: 1 }), DELETE, one('second')],
    ['merge × put is the put', merge({ a: 1 }), put({ a: 2 }), one('second')],
    ['merge × patch is both', merge({ a: 1 }), patch({ b: 1 }), BOTH],
    [
      'merge × merge is a merge',
      merge({ a: { b: 1 } }),
      merge({ a: { c: null } }),
      one('second', { a: { b: 1, c: null } }),
    ],
    ['merge × merge that no patch can say is both', merge({ a: null }), merge({ a: { b: 1 } }), BOTH],
    ['merge × delete is the deletion', merge({ a: 1 }), DELETE, one('second')],
    ['delete × delete is the first', DELETE, DELETE, one('first')],
    ['delete × create is both', DELETE, create({ a: 1 }), BOTH],
    ['delete × put is both', DELETE, put({ a: 1 }), BOTH],
    ['delete × patch is both', DELETE, patch({ a: 1 }), BOTH],
  ])('%s', (_, first, second, expected) => {
    expect(of(first, second)).toEqual(expected)
  })

  test('are one where a create has the id that it keeps', () => {
    const row = { idMember: 'id', temporaryId: undefined, isNamedElsewhere: false }
    expect(coalesced(create({ id: 'x' }), put({ id: 'x', a: 2 }), row)).toEqual(one('first', { id: 'x', a: 2 }))
    expect(coalesced(create({ a: 'undefined' }), put({ a: 'undefined' }), row)).toEqual(
      one('first', { a: 'undefined' }),
    )
  })

  test('are both where another write names what is created', () => {
    expect(of(create({ a: 1 }), DELETE, true)).toEqual(BOTH)
  })

  test.each<[string, Partial<Unsent>]>([
    ['was sent', { wasSent: true }],
    ['is to another URL', { url: `${ROW}?force=1` }],
    ['has other fields', { fields: 'prefer: return=minimal' }],
    ['has no JSON', { body: 'a=1', type: 'application/x-www-form-urlencoded' }],
    ['has a body that is no text', { body: undefined }],
    ['has no valid JSON', { body: '{' }],
    ['has a list', { body: '[1]' }],
    ['has a number that would be another', { body: '{"a":9007199254740993}' }],
    ['is to a part of the row', { target: 'other' }],
  ])('are both where one %s', (_, given) => {
    expect(of(put({ a: 1 }), put({ a: 2 }, given))).toEqual(BOTH)
    expect(of(put({ a: 1 }, given), put({ a: 2 }))).toEqual(BOTH)
    expect(of(patch({ a: 1 }), patch({ a: 2 }, given))).toEqual(BOTH)
  })

  test.each([{ wasSent: true }, { target: 'other' } as const, { url: `${ROW}/photo` }])(
    'are both where a deletion follows %j',
    (given) => {
      expect(of(put({ a: 1 }, given), DELETE)).toEqual(BOTH)
    },
  )
})

/** How backends differ. */
interface Backend {
  readonly put: (row: JsonObject, body: JsonObject) => JsonObject
  readonly patch: (row: JsonObject, body: JsonObject) => JsonObject
}
const deeply = (row: JsonObject, body: JsonObject): JsonObject =>
  Object.fromEntries([
    ...Object.entries(row),
    ...Object.entries(body).map(([name, value]) => {
      const before = row[name]
      return [name, isObject(value) && isObject(before) ? deeply(before, value) : value] as const
    }),
  ])
const replaced = (_: JsonObject, body: JsonObject): JsonObject => body
const patchedDeeply = (row: JsonObject, body: JsonObject): JsonObject => mergePatched(row, body) as JsonObject
const BACKENDS: Backend[] = [replaced, assigned, deeply].flatMap((forPut) =>
  [assigned, deeply, patchedDeeply].map((forPatch) => ({ put: forPut, patch: forPatch })),
)

test('what is sent of two writes has the same effect as both, at every backend', () => {
  const value: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom(1, 2, null),
    fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(1, 2, null), { noNullPrototype: true }),
  )
  const plain: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom(1, 2),
    fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(1, 2), { noNullPrototype: true }),
  )
  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { noNullPrototype: true })
  const body = fc.dictionary(fc.constantFrom('a', 'b', 'c'), plain, { noNullPrototype: true })
  const change = fc.oneof(
    body.map((each) => put(each)),
    object.map((each) => patch(each)),
    object.map(merge),
    fc.constant(DELETE),
  )
  const seen = new Map<string, number>()
  const does = (
    backend: Backend,
    row: JsonObject | undefined,
    { method, type, body: text }: Unsent,
  ): JsonObject | undefined => {
    const given = text === undefined ? {} : (JSON.parse(text) as JsonObject)
    if (method === 'POST') return given
    if (method === 'DELETE' || row === undefined) return undefined
    if (method === 'PUT') return backend.put(row, given)
    return type === MERGE ? patchedDeeply(row, given) : backend.patch(row, given)
  }
  fc.assert(
    fc.property(
      fc.option(body, { nil: undefined }),
      fc.oneof(
        body.map((each) => create(each)),
        change,
      ),
      change,
      (base, first, second) => {
        const before = first.method === 'POST' ? undefined : base
        const found = of(first, second)
        seen.set(found.kind, (seen.get(found.kind) ?? 0) + 1)
        for (const backend of BACKENDS) {
          const both = does(backend, does(backend, before, first), second)
          if (found.kind === 'neither') expect(both).toBeUndefined()
          else if (found.kind === 'one') {
            const kept = found.is === 'first' ? first : second
            expect(does(backend, before, { ...kept, ...(found.body !== undefined && { body: found.body }) })).toEqual(
              both,
            )
          }
        }
      },
    ),
    { numRuns: 2000 },
  )
  expect([...seen.keys()].toSorted()).toEqual(['both', 'neither', 'one'])
})
