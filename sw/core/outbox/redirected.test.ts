import { expect, test } from 'vitest'
import { redirectedTo } from './redirected.ts'

const A = 'https://a.example'

test.each([
  ['a new item', '/api/p/7', '/api/p', 'list', 'item'],
  ['a new item, with a slash and a query', '/api/p/7/?new=1', '/api/p/?x=/', 'list', 'item'],
  ['a page of the new item', '/api/p/7/edit', '/api/p', 'list', 'other'],
  ['the list', '/api/p?page=1', '/api/p', 'list', 'other'],
  ['the list of a row', '/api/p', '/api/p/7', 'row', 'other'],
  ['the row', '/api/p/7?x=1', '/api/p/7', 'row', 'other'],
  ['what is above a list', '/api', '/api/p', 'list', undefined],
  ['another row', '/api/p/8', '/api/p/7', 'row', undefined],
  ['what begins with the same letters', '/api/people/7', '/api/p', 'list', undefined],
  ['a sign-in', '/login?next=/api/p/7', '/api/p', 'list', undefined],
  ['the start page', '/', '/api/p/7', 'row', undefined],
  ['another origin', 'https://b.example/api/p/7', '/api/p', 'list', undefined],
] as const)('a redirect to %s', (_, answered, asked, target, expected) => {
  expect(redirectedTo(new URL(answered, A).href, A + asked, target)).toBe(expected)
})
