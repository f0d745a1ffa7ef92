import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isObject, type JsonObject } from './json.ts'
import { assigned, composedPatch, mergePatched } from './merge-patch.ts'

/** Small values, so that members meet. */
const value = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, 0, 1, 'a', true),
    fc.array(fc.nat(2), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', '0'), tie('value'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
}))

describe('a merge patch', () => {
  // The examples of RFC 7396, appendix A.
  test.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, expected) => expect(mergePatched(target, patch)).toEqual(expected))

  test('applied twice does what it does once, and then changes no object', () => {
    fc.assert(
      fc.property(value.object, value.object, (base, patch) => {
        const once = mergePatched(base, patch)
        expect(mergePatched(once, patch)).toBe(once)
      }),
    )
  })

  test('leaves alone what it does not name', () => {
    const kept = { deep: [1] }
    const base = { kept, changed: { one: kept, other: 1 } }
    const patched = mergePatched(base, { changed: { other: 2 } }) as typeof base
    expect(patched).toEqual({ kept, changed: { one: kept, other: 2 } })
    expect(patched.kept).toBe(kept)
    expect(patched.changed.one).toBe(kept)
    expect(base.changed.other).toBe(1)
  })

  test('makes no prototype of a member with its name', () => {
    const patch = JSON.parse('{"__proto__":{"isAdmin":true}}') as JsonObject
    const patched = mergePatched({ a: 1 }, patch) as { isAdmin?: boolean }
    expect(patched.isAdmin).toBeUndefined()
    expect(JSON.stringify(patched)).toBe('{"a":1,"__proto__":{"isAdmin":true}}')
    expect((assigned({ a: 1 }, patch) as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })
})

describe('two patches as one', () => {
  test('do what they do one after the other, on whatever they are applied to', () => {
    fc.assert(
      fc.property(value.value, value.object, value.object, (base, first, second) => {
        const composed = composedPatch(first, second, true)
        fc.pre(composed !== 'inexpressible')
        expect(mergePatched(base, composed)).toEqual(mergePatched(mergePatched(base, first), second))
      }),
    )
  })

  test.each([
    ['a member that goes and comes back as an object', { a: null }, { a: { b: 1 } }],
    ['a value that becomes an object', { a: 1 }, { a: { b: 1 } }],
  ])('are none for %s: it would be merged into what is there', (_, first, second) => {
    expect(composedPatch(first, second, true)).toBe('inexpressible')
  })

  test('of plain JSON are none where backends differ', () => {
    expect(composedPatch({ a: { b: 1 } }, { a: { c: 1 } }, false)).toBe('inexpressible')
    expect(composedPatch({ a: { b: 1 }, d: 1 }, { a: null, d: 2, e: { f: 1 } }, false)).toEqual({
      a: null,
      d: 2,
      e: { f: 1 },
    })
  })
})

test('members that are assigned replace what is there, and nothing else', () => {
  fc.assert(
    fc.property(value.object, value.object, (base, members) => {
      const once = assigned(base, members)
      expect({ ...once }).toEqual({ ...base, ...members })
      expect(assigned(once, members)).toBe(once)
      for (const [name, member] of Object.entries(once))
        if (isObject(member) && !Object.hasOwn(members, name)) expect(member).toBe(base[name])
    }),
  )
})
