import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entityTag, isStrong, strongMatch, weakMatch } from './entity-tag.ts'
import { headerText } from './header-text.fixture.ts'

describe('an entity-tag (RFC 9110 §8.8.3)', () => {
  it.each([
    ['is a quoted text', '"abc"'],
    ['may be empty', '""'],
    ['may be weak', 'W/"abc"'],
    ['may hold what no quoted string may', String.raw`"a\b"`],
    ['may hold commas', '"a,b"'],
    ['may hold bytes above ASCII', '"ÿ\u0080"'],
    ['may hold the first and the last visible character', '"!~"'],
  ])('%s: %s', (_, field) => {
    expect(entityTag(field)).toBe(field)
  })

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['not quoted', 'abc'],
    ['quoted on the left only', '"abc'],
    ['quoted on the right only', 'abc"'],
    ['a list', '"a", "b"'],
    ['weak in a small letter', 'w/"abc"'],
    ['weak without quotes', 'W/abc'],
    ['a text with a quote inside', '"a"b"'],
    ['a text with a space inside', '"a b"'],
    ['a text with a control character inside', '"a\u007fb"'],
    ['a text with a character that no byte is', '"\u0100"'],
    ['preceded by a space', ' "a"'],
    ['followed by a line feed', '"a"\n'],
    ['any', '*'],
  ])('is not what is %s', (_, field) => {
    expect(entityTag(field)).toBeUndefined()
  })

  it('is exactly as received or nothing, whatever the text', () => {
    fc.assert(
      fc.property(headerText, (text) => {
        expect([undefined, text]).toContain(entityTag(text))
      }),
    )
  })
})

describe('comparing entity-tags (RFC 9110 §8.8.3.2)', () => {
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', 'W/"1"', false, true],
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['"a"', '"A"', false, false],
    ['"W/"', '"W/"', true, true],
  ])('%s and %s: strong %s, weak %s', (one, other, strong, weak) => {
    expect(strongMatch(one, other)).toBe(strong)
    expect(weakMatch(one, other)).toBe(weak)
  })

  it.each([
    ['"1"', true],
    ['W/"1"', false],
    ['"W/1"', true],
  ])('%s is strong: %s', (tag, strong) => {
    expect(isStrong(tag)).toBe(strong)
  })
})
