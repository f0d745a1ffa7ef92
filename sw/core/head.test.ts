import { describe, expect, it } from 'vitest'
import { isAway, listed } from './head.ts'

describe('an origin that is away', () => {
  it.each([
    [500, false],
    [501, false],
    [502, true],
    [503, true],
    [504, true],
    [505, false],
    [0, false],
  ])('answers %d: %s', (status, away) => {
    expect(isAway(status)).toBe(away)
  })
})

describe('the members of a list (RFC 9110 §5.6.1)', () => {
  it.each([
    ['are none where the field is absent', undefined, []],
    ['are none in an empty field', '', []],
    ['are trimmed', ' a ,\tb', ['a', 'b']],
    ['are not empty', ',a,, ,b,', ['a', 'b']],
    ['keep white space within', 'a b', ['a b']],
  ])('%s', (_, field, members) => {
    expect(listed(field)).toEqual(members)
  })
})
