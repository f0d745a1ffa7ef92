import { expect, test } from 'vitest'
import { isSameJson, isWellFormed, parsedJson } from './json.ts'

test.each<[unknown, unknown, boolean]>([
  [1, 1, true],
  [1, '1', false],
  [null, undefined, false],
  [null, {}, false],
  [[1, { a: 2 }], [1, { a: 2 }], true],
  [[1, 2], [1, 3], false],
  [[1, 2], [3, 2], false],
  [[1], [1, 2], false],
  [[], {}, false],
  [{}, [], false],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: undefined }, { b: undefined }, false],
])('%j and %j are the same: %s', (one, other, expected) => {
  expect(isSameJson(one, other)).toBe(expected)
})

test.each([
  ['tea', true],
  ['🍵 é', true],
  ['a\ud800', false],
  ['\udc00a', false],
])('%j has no half of a character: %s', (text, expected) => {
  expect(isWellFormed(text)).toBe(expected)
})

test('a JSON text has a value, also undefined as none', () => {
  expect([parsedJson('null'), parsedJson('{'), parsedJson('')]).toEqual([{ value: null }, 'invalid', 'invalid'])
})
