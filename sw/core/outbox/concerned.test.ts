import { expect, test } from 'vitest'
import { concernedBy } from './concerned.ts'
import type { Target } from './row-change.ts'

const LIST = 'https://a.example/api/p'

test.each<[string, string, Target, string, [list: string, item: string] | undefined]>([
  ['a create: its list, and the item below it', LIST, 'list', 'tmp-1', [LIST, `${LIST}/tmp-1`]],
  ['a row: itself, and the list above it', `${LIST}/7`, 'row', '7', [LIST, `${LIST}/7`]],
  ['a create of a backend with a slash at the end', `${LIST}/`, 'list', '7', [`${LIST}/`, `${LIST}/7/`]],
  ['a row of a backend with a slash at the end', `${LIST}/7/`, 'row', '7', [`${LIST}/`, `${LIST}/7/`]],
  ['a list within a row', `${LIST}/7/parts`, 'list', '8', [`${LIST}/7/parts`, `${LIST}/7/parts/8`]],
  ['a create with a query and a fragment', `${LIST}?notify=1#x`, 'list', '7', [LIST, `${LIST}/7`]],
  ['an id with characters that a path has otherwise', LIST, 'list', 'b/ä', [LIST, `${LIST}/b%2F%C3%A4`]],
  [
    'a row in another spelling',
    'https://a.example/%7ep/%41%2f',
    'row',
    'A/',
    ['https://a.example/~p', 'https://a.example/~p/A%2F'],
  ],
  ['an id that no URL can have: nothing', LIST, 'list', 'a\ud800', undefined],
  ['a part of a row: nothing', `${LIST}/7/photo`, 'other', '7', undefined],
])('a write concerns, of %s', (_, url, target, id, expected) => {
  const concerned = concernedBy(url, target, id)
  expect(concerned && [concerned.list, concerned.item]).toEqual(expected)
})
