import { expect, it, vi } from 'vitest'
import { isReached } from '../core/invalidation.ts'

vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { targetsOf } = await import('./targets.ts')

const reaches = (pattern: string, url: string): boolean =>
  isReached(
    { url, tags: [] },
    targetsOf((each) => each, [pattern], []),
  )

it.each([
  ['/api/items/**', 'https://app.test/api/items/1', true],
  ['/api/items/**', 'https://app.test/api/items', true],
  ['/api/items/**', 'https://app.test/api/items?page=2', true],
  ['/api/items/**', 'https://app.test/api/other', false],
  ['https://api.test/items/**', 'https://api.test/items', true],
  ['/api/items/:id', 'https://app.test/api/items', false],
])('the pattern %s reaches %s as a rule with it would match it: %s (I1)', (pattern, url, reached) => {
  expect(reaches(pattern, url)).toBe(reached)
})
