import { expect, test } from 'vitest'
import { isWithin } from './snapshot.ts'

test.each([
  ['is within itself', '5:9:5,7', '5:9:5,7', true],
  ['is within one in which another transaction has ended', '5:9:5,7', '7:9:7', true],
  ['is not within one in which a transaction is still open', '7:9:7', '5:9:5,7', false],
  ['is within one that is younger, and has others open', '9:9:', '9:12:9,11', true],
  ['is not within one that is older', '12:12:', '9:9:', false],
  ['is not within one that is younger, and has one open that had ended', '12:12:', '11:14:11', false],
  ['compares numbers of other lengths as numbers', '9:9:', '10:10:', true],
])('a snapshot %s', (_rule, one, other, expected) => {
  expect(isWithin(one, other)).toBe(expected)
})
