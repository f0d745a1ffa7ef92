import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, isKnown, type PartForm, partOf } from './conditional.ts'
import { anyAsked, anyFields } from './header-text.fixture.ts'
import type { RequestHead } from './head.ts'
import { requestHead } from './heads.fixture.ts'
import type { Row } from './row.ts'
import { after, storedRow } from './stored-row.fixture.ts'
import { bytes } from './units.ts'

const MODIFIED = 'Sun, 01 Mar 2026 11:00:00 GMT'
const LATER = 'Sun, 01 Mar 2026 11:30:00 GMT'

/** A stored answer of 100 bytes. */
const whole = (fields: Record<string, string> = { etag: '"one"' }, other: Partial<Row> = {}): Row =>
  storedRow(fields, { size: bytes(100), ...other })

/** Ten bytes of an answer, from the tenth on. */
const part = (total: string, fields: Record<string, string> = { etag: '"one"' }): Row =>
  storedRow({ ...fields, 'content-range': `bytes 10-19/${total}` }, { status: 206, size: bytes(10) })

/** How a request is answered: by a part, by what the page has already, or by the whole. */
type Form = PartForm | { readonly kind: 'whole' | 'not-modified' }

const formOf = (request: RequestHead, row: Row): Form =>
  partOf(request, row) ?? { kind: isKnown(request, row) ? 'not-modified' : 'whole' }

const formFor = (fields: Record<string, string>, row = whole(), method = 'GET'): Form =>
  formOf(requestHead(fields, { method }), row)

describe('the form of an answer to If-None-Match (RFC 9111 §4.3.2, RFC 9110 §13.1.2)', () => {
  it.each<[rule: string, tags: string, kind: Form['kind'], stored?: Record<string, string>]>([
    ['is not-modified where the tag is listed', '"one"', 'not-modified'],
    ['is not-modified where it is one of several', '"zero" , "one"', 'not-modified'],
    ['is not-modified for the weak tag of a strong one', 'W/"one"', 'not-modified'],
    ['is not-modified for the strong tag of a weak one', '"one"', 'not-modified', { etag: 'W/"one"' }],
    ['is not-modified for a tag with a comma', '"a,b"', 'not-modified', { etag: '"a,b"' }],
    ['is not-modified for an empty tag', '""', 'not-modified', { etag: '""' }],
    ['is not-modified for any', '*', 'not-modified'],
    ['is not-modified for any, though the stored answer has no tag', ' * ', 'not-modified', {}],
    ['is whole for another tag', '"two"', 'whole'],
    ['is whole for part of a tag', '"on"', 'whole'],
    ['is whole where the stored answer has no tag', '"one"', 'whole', {}],
    ['is whole for a tag without quotes', 'one', 'whole'],
    ['is whole for capitals', '"ONE"', 'whole'],
    ['is not-modified where white space follows the tag', '"one" , "zero"', 'not-modified'],
    ['is whole for a tag that text follows', '"one"x', 'whole'],
    ['is whole for a quote that stays open', '"one', 'whole'],
    ['is not-modified for a tag before a quote that stays open', '"one", "two', 'not-modified'],
    ['is not-modified for a tag after what is none', 'one, "one"', 'not-modified'],
    ['is not-modified for a tag between empty members', ',, "one",', 'not-modified'],
    ['is whole for a tag with a small w', 'w/"one"', 'whole'],
    ['is whole for an empty field', '', 'whole'],
  ])('%s', (_, tags, kind, stored) => {
    expect(formFor({ 'if-none-match': tags }, whole(stored))).toEqual({ kind })
  })

  it('ignores If-Modified-Since beside it', () => {
    const fields = { 'if-none-match': '"two"', 'if-modified-since': LATER }
    expect(formFor(fields, whole({ etag: '"one"', 'last-modified': MODIFIED }))).toEqual({ kind: 'whole' })
    expect(formFor({ ...fields, 'if-none-match': 'garbage' }, whole({ 'last-modified': MODIFIED })).kind).toBe('whole')
  })

  it('is not-modified rather than a part (RFC 9110 §13.2.2)', () => {
    expect(formFor({ 'if-none-match': '"one"', range: 'bytes=0-9' })).toEqual({ kind: 'not-modified' })
    expect(formFor({ 'if-none-match': '"two"', range: 'bytes=0-9' })).toMatchObject({ kind: 'part' })
  })

  it.each(['HEAD', 'QUERY'])('is not-modified for %s, too', (method) => {
    expect(formFor({ 'if-none-match': '"one"' }, whole(), method)).toEqual({ kind: 'not-modified' })
  })

  it.each([203, 301, 404])('is whole for an answer of status %d', (status) => {
    expect(formFor({ 'if-none-match': '"one"' }, whole({ etag: '"one"' }, { status }))).toEqual({ kind: 'whole' })
  })
})

describe('the form of an answer to If-Modified-Since (RFC 9111 §4.3.2, RFC 9110 §13.1.3)', () => {
  it.each<[rule: string, since: string, kind: Form['kind'], stored: Record<string, string>]>([
    ['is not-modified for the same date', MODIFIED, 'not-modified', { 'last-modified': MODIFIED }],
    ['is not-modified for a later date', LATER, 'not-modified', { 'last-modified': MODIFIED }],
    ['is whole for an earlier date', MODIFIED, 'whole', { 'last-modified': LATER }],
    [
      'is not-modified for the date in another form',
      'Sun Mar  1 11:00:00 2026',
      'not-modified',
      { 'last-modified': MODIFIED },
    ],
    ['goes by Date where there is no Last-Modified', LATER, 'not-modified', { date: LATER }],
    ['is whole where Date is later', MODIFIED, 'whole', { date: LATER }],
    ['goes by Last-Modified rather than Date', MODIFIED, 'not-modified', { 'last-modified': MODIFIED, date: LATER }],
    ['goes by the time of receipt where there is neither', 'Sun, 01 Mar 2026 12:00:00 GMT', 'not-modified', {}],
    ['is whole where it was received later', LATER, 'whole', {}],
    ['is whole for what is no date', 'yesterday', 'whole', { 'last-modified': MODIFIED }],
    ['is whole for an empty date', '', 'whole', { 'last-modified': MODIFIED }],
    ['is whole for two dates', `${LATER}, ${LATER}`, 'whole', { 'last-modified': MODIFIED }],
    ['is whole where Last-Modified is none', LATER, 'whole', { 'last-modified': 'yesterday' }],
  ])('%s', (_, since, kind, stored) => {
    expect(formFor({ 'if-modified-since': since }, whole(stored))).toEqual({ kind })
  })

  it('is whole for a POST: the date is for GET and HEAD alone', () => {
    const row = whole({ 'last-modified': MODIFIED })
    expect(formFor({ 'if-modified-since': LATER }, row, 'HEAD')).toEqual({ kind: 'not-modified' })
    expect(formFor({ 'if-modified-since': LATER }, row, 'POST')).toEqual({ kind: 'whole' })
  })
})

describe('the form of an answer to Range (RFC 9110 §14.2, §15.3.7, §15.5.17)', () => {
  it.each<[rule: string, fields: Record<string, string>, form: Form]>([
    ['is whole where none is asked for', {}, { kind: 'whole' }],
    ['is a part', { range: 'bytes=10-19' }, { kind: 'part', first: 10, last: 19, offset: 10, total: 100 }],
    ['is the end', { range: 'bytes=-10' }, { kind: 'part', first: 90, last: 99, offset: 90, total: 100 }],
    [
      'is a part, though that is all',
      { range: 'bytes=0-' },
      { kind: 'part', first: 0, last: 99, offset: 0, total: 100 },
    ],
    ['is a refusal beyond the end', { range: 'bytes=100-' }, { kind: 'unsatisfiable', total: 100 }],
    ['is whole for several parts', { range: 'bytes=0-1,4-5' }, { kind: 'whole' }],
    ['is whole for a range that is invalid', { range: 'bytes=9-0' }, { kind: 'whole' }],
    ['is whole in a unit of the application’s own', { range: 'customers=0-24' }, { kind: 'whole' }],
    [
      'is a part where If-Range holds',
      { range: 'bytes=0-9', 'if-range': '"one"' },
      { kind: 'part', first: 0, last: 9, offset: 0, total: 100 },
    ],
    ['is whole where If-Range does not hold', { range: 'bytes=0-9', 'if-range': '"two"' }, { kind: 'whole' }],
    [
      'is whole where If-Range does not hold, even beyond the end',
      { range: 'bytes=100-', 'if-range': '"two"' },
      { kind: 'whole' },
    ],
    ['is whole for an If-Range alone', { 'if-range': '"one"' }, { kind: 'whole' }],
  ])('%s', (_, fields, form) => {
    expect(formFor(fields)).toEqual(form)
  })

  it('is whole by HEAD: a range is of GET alone', () => {
    expect(formFor({ range: 'bytes=0-9' }, whole(), 'HEAD')).toEqual({ kind: 'whole' })
  })

  it.each([204, 301, 404])('is whole for an answer of status %d', (status) => {
    expect(formFor({ range: 'bytes=0-9' }, whole({}, { status }))).toEqual({ kind: 'whole' })
  })

  it('is a refusal of an empty answer', () => {
    expect(formFor({ range: 'bytes=0-' }, whole({}, { size: bytes(0) }))).toEqual({ kind: 'unsatisfiable', total: 0 })
  })

  it('counts from the first byte of a whole answer, whatever its Content-Range says (§14.4)', () => {
    const row = whole({ 'content-range': 'bytes 50-59/60' })
    expect(formFor({ range: 'bytes=0-9' }, row)).toEqual({ kind: 'part', first: 0, last: 9, offset: 0, total: 100 })
  })

  it.each<[rule: string, range: string, total: string, form: Form]>([
    ['is what a stored part holds', 'bytes=10-19', '100', { kind: 'part', first: 10, last: 19, offset: 0, total: 100 }],
    [
      'is some of what a stored part holds',
      'bytes=12-13',
      '100',
      { kind: 'part', first: 12, last: 13, offset: 2, total: 100 },
    ],
    ['has an unknown total', 'bytes=12-13', '*', { kind: 'part', first: 12, last: 13, offset: 2, total: undefined }],
    [
      'is the end that a stored part holds',
      'bytes=-1',
      '20',
      { kind: 'part', first: 19, last: 19, offset: 9, total: 20 },
    ],
  ])('%s', (_, range, total, form) => {
    const request = requestHead({ range })
    expect(covers(part(total), request)).toBe(true)
    expect(formOf(request, part(total))).toEqual(form)
  })
})

describe('a stored answer that has what is asked for (RFC 9111 §3.3)', () => {
  it.each<[rule: string, row: Row, fields: Record<string, string>, has: boolean]>([
    ['is whole', whole(), {}, true],
    ['is whole, for a part as well', whole(), { range: 'bytes=0-9' }, true],
    ['is whole, for what it has not as well: that is known', whole(), { range: 'bytes=100-' }, true],
    ['is whole, whatever its Content-Range says', whole({ 'content-range': 'bytes 50-59/60' }), {}, true],
    ['is an error', whole({}, { status: 404 }), { range: 'bytes=0-9' }, true],
    [
      'is a page in a unit of the application’s own',
      storedRow({ 'content-range': 'customers 0-24/319' }, { status: 206 }),
      {},
      true,
    ],
    ['is a part with all of it', part('100'), { range: 'bytes=10-19' }, true],
    ['is no part without its first byte', part('100'), { range: 'bytes=9-19' }, false],
    ['is no part without its last byte', part('100'), { range: 'bytes=10-20' }, false],
    ['is a part that ends where all ends', part('20'), { range: 'bytes=10-25' }, true],
    ['is a part that ends where all ends, with an open end', part('20'), { range: 'bytes=15-' }, true],
    ['is no part when the end is unknown', part('*'), { range: 'bytes=15-' }, false],
    ['is no part when a suffix has an unknown total', part('*'), { range: 'bytes=-5' }, false],
    ['is no part where the whole is asked for', part('100'), {}, false],
    ['is no part where several are asked for', part('100'), { range: 'bytes=10-11,13-14' }, false],
    ['is no part where what is asked for is not there', part('100'), { range: 'bytes=100-' }, false],
    ['is a part of the version that is asked for', part('100'), { range: 'bytes=10-19', 'if-range': '"one"' }, true],
    ['is no part of another version', part('100'), { range: 'bytes=10-19', 'if-range': '"two"' }, false],
    [
      'is no part of a version that only a weak tag names',
      part('100', { etag: 'W/"one"' }),
      { range: 'bytes=10-19', 'if-range': 'W/"one"' },
      false,
    ],
  ])('%s', (_, row, fields, has) => {
    expect(covers(row, requestHead(fields))).toBe(has)
  })

  it.each(['HEAD', 'QUERY'])('is no part by %s: a range is of GET alone (RFC 9110 §14.2)', (method) => {
    expect(covers(part('100'), requestHead({ range: 'bytes=10-19' }, { method }))).toBe(false)
    expect(covers(whole(), requestHead({ range: 'bytes=10-19' }, { method }))).toBe(true)
  })
})

describe('any form', () => {
  const asked = fc.oneof(
    anyAsked,
    fc
      .tuple(fc.option(fc.nat(120)), fc.option(fc.nat(120)))
      .map(([from, to]) => ({ range: `bytes=${from ?? ''}-${to ?? ''}` })),
  )
  const row = fc.oneof(
    anyFields.map((fields) => whole(fields)),
    fc.nat(120).map((size) => whole({}, { size: bytes(size) })),
    fc.constantFrom(part('100'), part('20'), part('*')),
  )

  it('is a part that lies within what is stored, wherever that has what is asked for', () => {
    fc.assert(
      fc.property(asked, row, (fields, stored) => {
        fc.pre(stored.status !== 200 || !stored.fields.has('content-range'))
        const request = requestHead(fields)
        if (!covers(stored, request)) return
        const form = formOf(request, stored)
        if (form.kind !== 'part') return
        const { first, last, offset, total = Infinity } = form
        expect(first >= 0 && first <= last && last < total).toBe(true)
        expect(offset >= 0 && offset + last - first < stored.size).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('is whole where nothing but the whole is asked for', () => {
    fc.assert(
      fc.property(anyFields, fc.constantFrom(200, 203, 301, 404), (fields, status) => {
        expect(formOf(requestHead({ accept: '*/*' }), whole(fields, { status }))).toEqual({ kind: 'whole' })
      }),
    )
  })

  it('is the same whenever it is asked for', () => {
    fc.assert(
      fc.property(asked, row, fc.nat(1000), (fields, stored, late) => {
        const request = requestHead(fields)
        expect(formOf(request, { ...stored, storedAtMs: after(late) })).toEqual(formOf(request, stored))
      }),
    )
  })
})
