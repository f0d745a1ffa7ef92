import { expect, it } from 'vitest'
import { reachedBy } from './targets.ts'

const absolute = (path: string): string =>
  path.startsWith('https:') ? path : `https://app.test${path === '' ? '/' : path}`
const withoutPage = (url: string): string => url.replace(/\?page=\d+$/, '')

const reached = (patterns: readonly string[], tags: readonly string[], urls: readonly string[]): readonly string[] =>
  reachedBy(absolute, withoutPage, patterns, tags, urls)

it.each<[string, readonly string[], readonly string[]]>([
  [
    'a list and all below it',
    ['/api/items/**'],
    ['prefix https://app.test/api/items/', 'url https://app.test/api/items'],
  ],
  ['what is below a parameter', ['/api/items/:id'], ['prefix https://app.test/api/items/']],
  ['what begins as a segment does', ['/api/items-*'], ['prefix https://app.test/api/']],
  ['a path without a hole', ['/api/items'], ['url https://app.test/api/items']],
  ['another origin', ['https://api.test/a/:id'], ['prefix https://api.test/a/']],
  ['everything of an origin', ['/**'], ['prefix https://app.test/', 'url https://app.test/']],
])('a pattern reaches %s', (_, patterns, targets) => {
  expect(reached(patterns, [], [])).toEqual(targets)
})

it('tags and URLs reach themselves, and a colon or a star in a URL is text', () => {
  expect(reached([], ['a', 'b:1'], ['/x/:id', '/y*', '/z?page=2'])).toEqual([
    'url https://app.test/x/:id',
    'url https://app.test/y*',
    'url https://app.test/z',
    'tag a',
    'tag b:1',
  ])
})
