import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAsked, anyFields, headerText } from './header-text.fixture.ts'
import { fieldsOf } from './heads.fixture.ts'
import {
  asksForBytes,
  combines,
  type ContentRange,
  contentRange,
  joined,
  type Part,
  partAsked,
  rangeHolds,
} from './range.ts'

describe('a request for bytes (RFC 9110 §14.1)', () => {
  it.each([
    ['bytes=0-9', true],
    ['Bytes=0-9', true],
    ['BYTES = 0-9', true],
    ['bytes=', true],
    ['customers=0-24', false],
    ['bytes2=0-9', false],
    ['kilobytes=0-9', false],
    ['bytes 0-9', false],
    ['', false],
  ])('is %j: %s', (range, isOne) => {
    expect(asksForBytes(fieldsOf({ range }))).toBe(isOne)
  })

  it('is none without the field', () => {
    expect(asksForBytes(fieldsOf())).toBe(false)
  })
})

describe('what a part is of (RFC 9110 §14.4)', () => {
  it.each<[rule: string, text: string, range: ContentRange | undefined]>([
    ['is said with both ends inclusive', 'bytes 0-9/100', { first: 0, last: 9, total: 100 }],
    ['is said in any case', 'BYTES 0-9/100', { first: 0, last: 9, total: 100 }],
    ['may be one byte', 'bytes 5-5/6', { first: 5, last: 5, total: 6 }],
    ['may be all of it', 'bytes 0-99/100', { first: 0, last: 99, total: 100 }],
    ['may have an unknown total', 'bytes 0-9/*', { first: 0, last: 9, total: undefined }],
    ['has leading zeros', 'bytes 00-09/0100', { first: 0, last: 9, total: 100 }],
    ['is nothing when reversed', 'bytes 9-0/100', undefined],
    ['is nothing when it ends at the length', 'bytes 0-100/100', undefined],
    ['is nothing when it lies beyond the length', 'bytes 100-101/100', undefined],
    ['is nothing of nothing', 'bytes 0-0/0', undefined],
    ['is nothing where it is refused', 'bytes */100', undefined],
    ['is nothing without an end', 'bytes 0-/100', undefined],
    ['is nothing without a beginning', 'bytes -9/100', undefined],
    ['is nothing without a length', 'bytes 0-9', undefined],
    ['is nothing in another unit', 'customers 0-24/319', undefined],
    ['is nothing with an equals sign', 'bytes=0-9/100', undefined],
    ['is nothing with signs', 'bytes +0-9/100', undefined],
    ['is nothing with text after it', 'bytes 0-9/100, bytes 0-9/100', undefined],
    ['is nothing with ends beyond all numbers', `bytes ${'9'.repeat(400)}-${'9'.repeat(400)}/*`, undefined],
    ['is nothing when empty', '', undefined],
  ])('%s', (_, text, range) => {
    expect(contentRange(fieldsOf({ 'content-range': text }))).toEqual(range)
  })

  it('is nothing where it is not said', () => {
    expect(contentRange(fieldsOf())).toBeUndefined()
  })

  it('is never empty nor outside of the total, whatever the text', () => {
    const near = fc.tuple(fc.nat(30), fc.nat(30), fc.oneof(fc.nat(30), fc.constant('*')))
    const text = fc.oneof(
      headerText,
      near.map(([first, last, total]) => `bytes ${first}-${last}/${total}`),
    )
    fc.assert(
      fc.property(text, (field) => {
        const range = contentRange(fieldsOf({ 'content-range': field }))
        if (range !== undefined) expectPart(range, range.total ?? Infinity)
      }),
    )
  })
})

/** Not empty, and within the total. */
function expectPart({ first, last }: Part, total: number): void {
  expect(first >= 0 && first <= last && last < total).toBe(true)
  expect(Number.isInteger(first)).toBe(true)
}

type Asked = ReturnType<typeof partAsked>

describe('the part of 100 bytes that is asked for (RFC 9110 §14.1.2, §14.2)', () => {
  it.each<[rule: string, range: string, asked: Asked]>([
    ['has both ends inclusive', 'bytes=0-9', { first: 0, last: 9 }],
    ['may be one byte', 'bytes=0-0', { first: 0, last: 0 }],
    ['may be the last byte', 'bytes=99-99', { first: 99, last: 99 }],
    ['runs to the end where that is open', 'bytes=90-', { first: 90, last: 99 }],
    ['is all of it from 0', 'bytes=0-', { first: 0, last: 99 }],
    ['is the end by a suffix', 'bytes=-10', { first: 90, last: 99 }],
    ['is the last byte by a suffix', 'bytes=-1', { first: 99, last: 99 }],
    ['is all of it by a suffix as long', 'bytes=-100', { first: 0, last: 99 }],
    ['is all of it by a longer suffix', 'bytes=-101', { first: 0, last: 99 }],
    ['ends where the bytes end', 'bytes=90-100', { first: 90, last: 99 }],
    ['ends where the bytes end, however far beyond', `bytes=90-${'9'.repeat(400)}`, { first: 90, last: 99 }],
    ['is read in capitals', 'BYTES=0-9', { first: 0, last: 9 }],
    ['is read with white space around it', ' bytes=0-9 ', { first: 0, last: 9 }],
    ['is read with white space around the equals sign', 'bytes = 0-9', { first: 0, last: 9 }],
    ['has leading zeros', 'bytes=00-09', { first: 0, last: 9 }],
    ['is nothing that begins at the end', 'bytes=100-', 'unsatisfiable'],
    ['is nothing that begins beyond the end', 'bytes=101-200', 'unsatisfiable'],
    ['is nothing that begins beyond all numbers', `bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
    ['is nothing by an empty suffix', 'bytes=-0', 'unsatisfiable'],
    ['is the whole when reversed: such a range is invalid', 'bytes=9-0', 'whole'],
    ['is the whole when reversed beyond the end', 'bytes=200-100', 'whole'],
    ['is the whole without ends', 'bytes=-', 'whole'],
    ['is the whole without a range', 'bytes=', 'whole'],
    ['is the whole by several parts', 'bytes=0-1,4-5', 'whole'],
    ['is the whole by several parts of which none is there', 'bytes=200-, 300-', 'whole'],
    ['is the whole in another unit', 'customers=0-24', 'whole'],
    ['is the whole in a unit that only begins so', 'bytes2=0-9', 'whole'],
    ['is the whole with signs', 'bytes=+0-9', 'whole'],
    ['is the whole in fractions', 'bytes=0.5-9', 'whole'],
    ['is the whole in hexadecimal', 'bytes=0x0-0x9', 'whole'],
    ['is the whole without an equals sign', 'bytes 0-9', 'whole'],
    ['is the whole by two fields joined', 'bytes=0-9, bytes=20-29', 'whole'],
    ['is the whole when empty', '', 'whole'],
  ])('%s', (_, range, asked) => {
    expect(partAsked(fieldsOf({ range }), 100)).toEqual(asked)
  })

  it('is the whole without the field', () => {
    expect(partAsked(fieldsOf(), 100)).toBe('whole')
  })
})

describe('the part of an empty representation, or of an unknown length (RFC 9110 §14.1.2)', () => {
  it.each<[rule: string, range: string, total: number, asked: Asked]>([
    ['of nothing there is no first byte', 'bytes=0-', 0, 'unsatisfiable'],
    ['of nothing there is no byte', 'bytes=0-0', 0, 'unsatisfiable'],
    ['of nothing an empty suffix is nothing', 'bytes=-0', 0, 'unsatisfiable'],
    ['of nothing any other suffix is all of it', 'bytes=-5', 0, 'whole'],
    ['of an unknown length a part may lie anywhere', 'bytes=5-9', Infinity, { first: 5, last: 9 }],
    ['of an unknown length has no suffix', 'bytes=-5', Infinity, 'unsatisfiable'],
    ['of an unknown length has no suffix, however long', `bytes=-${'9'.repeat(400)}`, Infinity, 'unsatisfiable'],
  ])('%s', (_, range, total, asked) => {
    expect(partAsked(fieldsOf({ range }), total)).toEqual(asked)
  })
})

describe('any part that is asked for', () => {
  const total = fc.integer({ min: 1, max: 50 })

  it('is never empty nor outside of the total', () => {
    const near = fc.tuple(fc.option(fc.nat(60)), fc.option(fc.nat(60)))
    const range = fc.oneof(
      headerText.map((text) => `bytes=${text}`),
      near.map(([from, to]) => `bytes=${from ?? ''}-${to ?? ''}`),
    )
    fc.assert(
      fc.property(range, fc.nat(50), (text, size) => {
        const asked = partAsked(fieldsOf({ range: text }), size)
        if (typeof asked === 'object') expectPart(asked, size)
      }),
      { numRuns: 1000 },
    )
  })

  it('is what was written, with both ends, without an end, and from the end', () => {
    fc.assert(
      fc.property(total, fc.nat(49), fc.nat(49), (size, one, other) => {
        const [first = 0, last = 0] = [one % size, other % size].toSorted((a, b) => a - b)
        const asked = (range: string) => partAsked(fieldsOf({ range }), size)
        expect(asked(`bytes=${first}-${last}`)).toEqual({ first, last })
        expect(asked(`bytes=${first}-`)).toEqual({ first, last: size - 1 })
        expect(asked(`bytes=-${size - first}`)).toEqual({ first, last: size - 1 })
      }),
    )
  })

  it('is what the answer then says it is', () => {
    fc.assert(
      fc.property(total, fc.nat(49), fc.nat(49), (size, one, other) => {
        const [first = 0, last = 0] = [one % size, other % size].toSorted((a, b) => a - b)
        const said = fieldsOf({ 'content-range': `bytes ${first}-${last}/${size}` })
        expect(contentRange(said)).toEqual({ first, last, total: size })
      }),
    )
  })
})

describe('an If-Range (RFC 9110 §13.1.5, §8.8.2.2)', () => {
  const MODIFIED = 'Sun, 01 Mar 2026 12:00:00 GMT'
  const LATER = 'Sun, 01 Mar 2026 12:00:01 GMT'
  const DATED = { 'last-modified': MODIFIED, date: LATER }

  it.each<[rule: string, condition: string, stored: Record<string, string>, holds: boolean]>([
    ['holds by the strong tag', '"1"', { etag: '"1"' }, true],
    ['does not hold by another tag', '"2"', { etag: '"1"' }, false],
    ['does not hold by a tag that the stored answer does not have', '"1"', {}, false],
    ['does not hold by a weak tag, though it is the same', 'W/"1"', { etag: 'W/"1"' }, false],
    ['does not hold by a weak tag of a strong one', 'W/"1"', { etag: '"1"' }, false],
    ['does not hold by a strong tag of a weak one', '"1"', { etag: 'W/"1"' }, false],
    ['holds by the date', MODIFIED, DATED, true],
    ['does not hold by a later date: it must be the same', LATER, DATED, false],
    ['does not hold by an earlier date', 'Sun, 01 Mar 2026 11:59:59 GMT', DATED, false],
    ['does not hold by the date in the second it changed', MODIFIED, { ...DATED, date: MODIFIED }, false],
    ['does not hold by a date before the change', MODIFIED, { ...DATED, date: 'Sun, 01 Mar 2026 11:00:00 GMT' }, false],
    ['does not hold by a date when the answer has no Date', MODIFIED, { 'last-modified': MODIFIED }, false],
    ['does not hold by a date where there is none', MODIFIED, { etag: '"1"', date: LATER }, false],
    [
      'does not hold by what is no date, though it is the same',
      'today',
      { 'last-modified': 'today', date: LATER },
      false,
    ],
    ['does not hold by what only ends in a tag, though it is the same', 'x"1"', { etag: 'x"1"' }, false],
    ['does not hold by a tag without quotes', '1', { etag: '1' }, false],
    ['does not hold when empty', '', DATED, false],
    ['does not hold when empty, of an empty date', '', { 'last-modified': '', date: LATER }, false],
  ])('%s', (_, condition, stored, holds) => {
    expect(rangeHolds(fieldsOf({ range: 'bytes=0-9', 'if-range': condition }), fieldsOf(stored))).toBe(holds)
  })

  it('holds where there is none', () => {
    expect(rangeHolds(fieldsOf({ range: 'bytes=0-9' }), fieldsOf())).toBe(true)
  })
})

describe('two parts (RFC 9111 §3.3, §3.4)', () => {
  const part = (range: string, etag = '"1"') => fieldsOf({ etag, 'content-range': `bytes ${range}` })

  it.each([
    ['make one where the second follows', part('0-9/100'), part('10-19/100'), true],
    ['make one where the second precedes', part('10-19/100'), part('0-9/100'), true],
    ['make one where they overlap', part('0-9/100'), part('5-19/100'), true],
    ['make one where the second lies within', part('0-9/100'), part('2-3/100'), true],
    ['make one where they are the same', part('0-9/100'), part('0-9/100'), true],
    ['make one when the length is unknown', part('0-9/*'), part('10-19/*'), true],
    ['make none where a byte is missing', part('0-9/100'), part('11-19/100'), false],
    ['make none where a byte is missing before', part('11-19/100'), part('0-9/100'), false],
    ['make none of different lengths', part('0-9/100'), part('10-19/101'), false],
    ['make none of different tags', part('0-9/100'), part('10-19/100', '"2"'), false],
    ['make none of the same weak tag', part('0-9/100', 'W/"1"'), part('10-19/100', 'W/"1"'), false],
    ['make none of a weak and a strong tag', part('0-9/100'), part('10-19/100', 'W/"1"'), false],
    [
      'make none without tags',
      fieldsOf({ 'content-range': 'bytes 0-9/100' }),
      fieldsOf({ 'content-range': 'bytes 10-19/100' }),
      false,
    ],
    ['make none where the second is no part', part('0-9/100'), fieldsOf({ etag: '"1"' }), false],
    ['make none where the first is no part', fieldsOf({ etag: '"1"' }), part('0-9/100'), false],
    [
      'make none where only the first has a tag',
      part('0-9/100'),
      fieldsOf({ 'content-range': 'bytes 5-19/100' }),
      false,
    ],
    ['make none where one is refused', part('0-9/100'), part('*/100'), false],
    [
      'make none in different units',
      part('0-9/100'),
      fieldsOf({ etag: '"1"', 'content-range': 'items 10-19/100' }),
      false,
    ],
  ])('%s', (_, one, other, make) => {
    expect(combines(one, other)).toBe(make)
  })

  it('make one either way round or not at all', () => {
    const some = fc
      .tuple(fc.nat(20), fc.nat(10), fc.constantFrom('40', '*'), fc.constantFrom('"1"', '"2"', 'W/"1"'))
      .map(([first, length, total, etag]) => part(`${first}-${first + length}/${total}`, etag))
    fc.assert(fc.property(some, some, (one, other) => combines(one, other) === combines(other, one)))
  })
})

describe('two parts as one (RFC 9111 §3.4)', () => {
  const range = (text: string): ContentRange => {
    const said = contentRange(fieldsOf({ 'content-range': `bytes ${text}` }))
    if (said === undefined) throw new Error(`no part: ${text}`)
    return said
  }
  const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer

  it.each<[rule: string, one: string, text: string, other: string, otherText: string, made: string, said?: string]>([
    ['begin where the first begins', '2-4/9', 'cde', '5-6/9', 'fg', 'cdefg', 'bytes 2-6/9'],
    ['begin where the second begins, where that is earlier', '5-6/9', 'fg', '2-4/9', 'cde', 'cdefg', 'bytes 2-6/9'],
    ['have once what both have', '2-5/9', 'cdef', '4-7/9', 'efgh', 'cdefgh', 'bytes 2-7/9'],
    ['have what came last where both have it', '2-5/9', 'cdef', '4-7/9', 'EFGH', 'cdEFGH', 'bytes 2-7/9'],
    ['end where the first ends, where that is later', '2-7/9', 'cdefgh', '4-5/9', 'ef', 'cdefgh', 'bytes 2-7/9'],
    ['lack the end still', '0-3/9', 'abcd', '4-7/9', 'efgh', 'abcdefgh', 'bytes 0-7/9'],
    ['lack the beginning still', '1-3/9', 'bcd', '4-8/9', 'efghi', 'bcdefghi', 'bytes 1-8/9'],
    ['may be all there is, which is no part', '0-3/9', 'abcd', '4-8/9', 'efghi', 'abcdefghi'],
    ['may have an unknown length', '0-3/*', 'abcd', '4-8/*', 'efghi', 'abcdefghi', 'bytes 0-8/*'],
  ])('%s', (_, one, text, other, otherText, made, said) => {
    const { bytes, contentRange: saidOf } = joined(range(one), bytesOf(text), range(other), bytesOf(otherText))
    expect(new TextDecoder().decode(bytes)).toBe(made)
    expect(saidOf).toBe(said)
  })

  it('are what a single request for both would have brought', () => {
    const all = Uint8Array.from({ length: 40 }, (_, at) => at)
    const some = fc.tuple(fc.nat(39), fc.nat(39)).map(([one, other]): ContentRange => {
      return { first: Math.min(one, other), last: Math.max(one, other), total: all.length }
    })
    const bytesAt = ({ first, last }: Part): ArrayBuffer => all.slice(first, last + 1).buffer
    fc.assert(
      fc.property(some, some, (one, other) => {
        fc.pre(one.first <= other.last + 1 && other.first <= one.last + 1)
        const [first, last] = [Math.min(one.first, other.first), Math.max(one.last, other.last)]
        const made = joined(one, bytesAt(one), other, bytesAt(other))
        expect(new Uint8Array(made.bytes)).toEqual(all.slice(first, last + 1))
        const isAll = last - first + 1 === all.length
        expect(made.contentRange).toBe(isAll ? undefined : `bytes ${first}-${last}/40`)
      }),
    )
  })
})

describe('any fields', () => {
  it('are read without a throw', () => {
    fc.assert(
      fc.property(anyAsked, anyFields, fc.nat(), (asked, said, total) => {
        partAsked(fieldsOf(asked), total)
        rangeHolds(fieldsOf(asked), fieldsOf(said))
        combines(fieldsOf(said), fieldsOf(asked))
      }),
    )
  })
})

describe('what is no entity-tag', () => {
  it('joins no parts, though both have it', () => {
    const part = (range: string, etag: string) => fieldsOf({ 'content-range': range, etag })
    for (const etag of ['abc', '', '"open']) {
      expect(combines(part('bytes 0-4/10', etag), part('bytes 5-9/10', etag)), etag).toBe(false)
    }
  })

  it('holds for no range, though it is the stored one', () => {
    for (const tag of ['"open', 'abc', '']) {
      expect(rangeHolds(fieldsOf({ 'if-range': tag }), fieldsOf({ etag: tag })), tag).toBe(false)
    }
  })
})
