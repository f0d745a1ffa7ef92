import { expect, test } from 'vitest'
import { hasInexactNumber } from './exact.ts'

test.each([
  ['{"id":9007199254740993}', true],
  ['[-9007199254740993]', true],
  ['{"a":"\\"","id":12345678901234567890}', true],
  ['{"id":9007199254740991}', false],
  ['{"id":"12345678901234567890"}', false],
  ['{"text":"an id: 12345678901234567890, and \\"12345678901234567890\\""}', false],
  ['{"price":0.12345678901234567890}', false],
  ['{"far":1.2345678901234567e30}', false],
  ['{}', false],
])('%s has a number that JavaScript cannot hold: %s', (text, is) => {
  expect(hasInexactNumber(text)).toBe(is)
})
