import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemsDiff, itemsOf, itemsText, mayConfirm, parseVersions } from './versions.ts'

const ITEMS = [
  { id: 1, updatedAt: '2026-01-01' },
  { id: 'b', updatedAt: 7 },
]

describe('what a light endpoint says', () => {
  it.each([
    ['a text is a version', '25-x', undefined, '25-x'],
    ['a number is a version', 7, undefined, '7'],
    ['zero is a version', 0, undefined, '0'],
    ['so is any word', 'invalid', undefined, 'invalid'],
    ['a member may have any name', { version: 'x' }, 'version', 'x'],
    ['an entity has its own', { products: 'x', stock: 'y' }, 'stock', 'y'],
    [
      'a list is of items',
      ITEMS,
      undefined,
      new Map([
        ['1', '2026-01-01'],
        ['b', '7'],
      ]),
    ],
    [
      'an entity may have a list',
      { products: ITEMS },
      'products',
      new Map([
        ['1', '2026-01-01'],
        ['b', '7'],
      ]),
    ],
    ['an empty list is of no items', [], undefined, new Map()],
    ['what items have beside is left alone', [{ id: 1, updatedAt: 2, name: 'x' }], undefined, new Map([['1', '2']])],
  ])('%s', (_, answer, entity, versions) => {
    expect(parseVersions(answer, entity)).toEqual(versions)
  })

  it.each([
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['an empty text', '', undefined],
    ['a flag', true, undefined],
    ['no finite number', Number.NaN, undefined],
    ['an error that is answered with 200', { error: 'not now' }, undefined],
    ['another entity', { products: 'x' }, 'stock'],
    ['a name of every object', {}, 'constructor'],
    ['an entity that is asked of a version', 'x', 'products'],
    ['an entity without a version', { products: null }, 'products'],
    ['an entity with an object', { products: { a: 1 } }, 'products'],
    [
      'an id twice',
      [
        { id: 1, updatedAt: 1 },
        { id: '1', updatedAt: 2 },
      ],
      undefined,
    ],
    ['an item without an id', [{ updatedAt: 1 }], undefined],
    ['an item without a version', [{ id: 1, updatedAt: null }], undefined],
    ['a list of texts', ['a', 'b'], undefined],
  ])('%s is refused', (_, answer, entity) => {
    expect(parseVersions(answer, entity)).toBeUndefined()
  })
})

const items = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([id]) => id })

describe('the text of items', () => {
  it('does not depend on their order, and gives them back', () => {
    fc.assert(
      fc.property(items, fc.func(fc.integer()), (pairs, order) => {
        const other = pairs.toSorted((one, another) => order(one) - order(another))
        expect(itemsText(new Map(other))).toBe(itemsText(new Map(pairs)))
        expect(itemsOf(itemsText(new Map(pairs)))).toEqual(new Map(pairs))
      }),
    )
  })

  it('is another one for other items', () => {
    fc.assert(
      fc.property(items, items, (one, other) => {
        const areSame = one.length === other.length && one.every(([id, version]) => new Map(other).get(id) === version)
        expect(itemsText(new Map(one)) === itemsText(new Map(other))).toBe(areSame)
      }),
    )
  })
})

describe('the difference of items', () => {
  it('names what is new, changed and gone', () => {
    const before = new Map([
      ['1', 'a'],
      ['2', 'a'],
      ['3', 'a'],
    ])
    const after = new Map([
      ['2', 'a'],
      ['3', 'b'],
      ['4', 'a'],
    ])
    expect(itemsDiff(before, after)).toEqual({ added: ['4'], updated: ['3'], removed: ['1'] })
  })

  it('makes the one of the other', () => {
    fc.assert(
      fc.property(items, items, (one, other) => {
        const [before, after] = [new Map(one), new Map(other)]
        const diff = itemsDiff(before, after)
        const made = new Map(before)
        for (const id of diff?.removed ?? []) made.delete(id)
        for (const id of [...(diff?.added ?? []), ...(diff?.updated ?? [])]) made.set(id, after.get(id) ?? '')
        expect(made).toEqual(after)
      }),
    )
  })

  it('of equal items is none: what has changed is not known', () => {
    expect(itemsDiff(new Map([['1', 'a']]), new Map([['1', 'a']]))).toBeUndefined()
  })

  it('of more than a thousand names none', () => {
    const after = new Map(Array.from({ length: 1001 }, (_, id) => [String(id), 'a'] as const))
    expect(itemsDiff(new Map(), after)).toBeUndefined()
    after.delete('0')
    expect(itemsDiff(new Map(), after)?.added).toHaveLength(1000)
  })
})

describe('an equal signature', () => {
  it.each([
    ['confirms what is stale by its rule', 200, 'rule', true],
    ['confirms what is invalidated', 200, 'invalidated', true],
    ['confirms what a poll asks for', 200, 'poll', true],
    ['is no answer to refresh()', 200, 'refresh', false],
    ['is no answer to a reload', 200, 'reloaded', false],
    ['is no answer to a page that asks for validation', 200, 'asked-to-validate', false],
    ['says nothing of whose an answer is', 200, 'doubted', false],
    ['says nothing of other cookies', 200, 'vary-cookie', false],
    ['says nothing of other cookies of one user', 200, 'cookie-variants', false],
    ['says nothing of a part', 206, 'rule', false],
    ['says nothing of an error', 404, 'rule', false],
  ])('%s', (_, status, why, may) => {
    expect(mayConfirm(status, why)).toBe(may)
  })
})
