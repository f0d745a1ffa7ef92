import { expect, test } from 'vitest'
import { Audience } from './audience.ts'

test.each(['7', '$&', '$$', '{scope}', '{id}', '__proto__'])('an id or a scope %s stands in a tag as it is', (text) => {
  const audience = new Audience({ notes: { tags: ['note:{id}', '{scope}/{id}'] } })
  expect(audience.hintOf([{ entity: 'notes', scope: text, rows: [text], transactions: ['1'] }])?.tags).toEqual([
    `note:${text}`,
    `${text}/${text}`,
  ])
})
