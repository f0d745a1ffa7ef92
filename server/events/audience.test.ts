import { expect, test } from 'vitest'
import { Audience } from './audience.ts'

test.each(['7', '$&', '$$', '{scope}', '{id}', '__proto__'])('an id or a scope %s stands in a tag as it is', (text) => {
  const audience = new Audience({ notes: { tags: ['note:{id}', '{scope}/{id}'] } })
  expect(audience.hintOf([{ entity: 'notes', scope: text, rows: [text], transactions: ['1'] }])?.tags).toEqual([
    `note:${text}`,
    `${text}/${text}`,
  ])
})

test.each([
  [['updated'], ['categories', 'product-names']],
  [
    ['added', 'updated'],
    ['categories', 'product-names'],
  ],
  [['added'], ['categories']],
  [['deleted'], ['categories']],
  [undefined, ['categories', 'product-names']],
])('rows that were %s are told by these tags: %s', (operations, tags) => {
  const audience = new Audience({ categories: { tags: ['categories'], updated: ['product-names'] } })
  const changed = { entity: 'categories', scope: null, rows: ['7'], transactions: ['1'] }
  expect(audience.hintOf([operations === undefined ? changed : { ...changed, operations }])?.tags).toEqual(tags)
})

test('callers who hear other tags of a change are another audience', () => {
  const heard = { categories: { tags: ['categories'] } }
  const other = { categories: { tags: ['categories'], updated: ['product-names'] } }
  expect(new Audience(other).key).not.toBe(new Audience(heard).key)
})
