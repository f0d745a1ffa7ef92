import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAsked, anyFields } from './header-text.fixture.ts'
import type { RequestHead } from './head.ts'
import { requestHead, responseHead } from './heads.fixture.ts'
import { type NotStorable, notStorable } from './storable.ts'

const GET = requestHead()

type Verdict = NotStorable | undefined

const between = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at)

describe('an answer without fields of its own (RFC 9111 §3, RFC 9110 §15.1)', () => {
  it.each([200, 203, 204, 300, 301, 308])('is stored with status %d', (status) => {
    expect(notStorable(GET, responseHead(status))).toBeUndefined()
  })

  it.each([201, 202, 205, 207, 302, 303, 307, 400, 401, 403, 404, 405, 410, 414, 500, 501, 503])(
    'is not stored with status %d',
    (status) => {
      expect(notStorable(GET, responseHead(status))).toBe('no-freshness')
    },
  )

  it.each([0, 100, 103, 199, 304, 428, 429, 600, 700, 999])('is never stored with status %d', (status) => {
    expect(notStorable(GET, responseHead(status, { 'cache-control': 'max-age=60' }))).toBe('status')
  })
})

describe('what an answer says (RFC 9111 §3, §5.2.2)', () => {
  it.each<[rule: string, status: number, fields: Record<string, string>, verdict: Verdict]>([
    ['max-age allows another success', 201, { 'cache-control': 'max-age=1' }, undefined],
    ['a max-age of zero allows another success', 302, { 'cache-control': 'max-age=0' }, undefined],
    ['an invalid max-age allows it too: it is stored stale', 302, { 'cache-control': 'max-age=x' }, undefined],
    ['Expires allows another success', 302, { expires: '0' }, undefined],
    ['public allows another success', 302, { 'cache-control': 'public' }, undefined],
    ['private allows another success: the cache is private', 302, { 'cache-control': 'private' }, undefined],
    ['s-maxage alone allows nothing: the cache is private', 302, { 'cache-control': 's-maxage=9' }, 'no-freshness'],
    ['max-age allows an error', 404, { 'cache-control': 'max-age=60' }, undefined],
    ['Expires allows an error', 410, { expires: '0' }, undefined],
    ['public alone does not allow a refusal', 400, { 'cache-control': 'public' }, 'no-freshness'],
    ['public alone does not allow an error', 404, { 'cache-control': 'public' }, 'no-freshness'],
    ['private alone does not allow an error', 403, { 'cache-control': 'private' }, 'no-freshness'],
    ['no-store forbids', 200, { 'cache-control': 'no-store' }, 'no-store'],
    ['no-store forbids beside a max-age', 200, { 'cache-control': 'max-age=60, No-Store' }, 'no-store'],
    ['must-understand sets a no-store aside', 200, { 'cache-control': 'must-understand, no-store' }, undefined],
    [
      'must-understand does so for an error, too',
      404,
      { 'cache-control': 'must-understand, no-store, max-age=9' },
      undefined,
    ],
    ['must-understand allows nothing by itself', 404, { 'cache-control': 'must-understand, no-store' }, 'no-freshness'],
    ['must-understand forbids an unknown status', 299, { 'cache-control': 'must-understand, max-age=9' }, 'no-store'],
    ['must-understand forbids an unknown error', 499, { 'cache-control': 'must-understand, max-age=9' }, 'no-store'],
    ['an unknown status is stored without it', 299, { 'cache-control': 'max-age=9' }, undefined],
    ['the last status there is is stored', 599, { 'cache-control': 'max-age=9' }, undefined],
    ['no-cache allows: what is stored is validated', 200, { 'cache-control': 'no-cache' }, undefined],
    ['must-revalidate allows', 200, { 'cache-control': 'must-revalidate' }, undefined],
    ['a Vary of star forbids', 200, { vary: '*' }, 'vary'],
    ['a Vary on a field the worker cannot see forbids', 200, { vary: 'Sec-Fetch-Site' }, 'vary'],
    ['a Vary on what can be compared allows', 200, { vary: 'Accept-Language' }, undefined],
    ['an event stream is endless', 200, { 'content-type': 'text/event-stream; charset=utf-8' }, 'stream'],
    ['a stream of images is endless', 200, { 'content-type': 'Multipart/X-Mixed-Replace;boundary=x' }, 'stream'],
    ['another type is not', 200, { 'content-type': 'application/json, text/event-stream' }, undefined],
    ['bytes of an answer are not the answer', 206, { 'content-range': 'bytes 0-9/100' }, 'partial'],
    ['bytes of an answer are not, in capitals', 206, { 'content-range': 'Bytes 0-9/100' }, 'partial'],
    ['a part without Content-Range is not stored', 206, {}, 'partial'],
    ['a part in the application’s own unit is an answer', 206, { 'content-range': 'customers 0-24/319' }, undefined],
    [
      'a part that says no-store is not stored',
      206,
      { 'content-range': 'x 0-1/2', 'cache-control': 'no-store' },
      'no-store',
    ],
  ])('%s', (_, status, fields, verdict) => {
    expect(notStorable(GET, responseHead(status, fields))).toBe(verdict)
  })

  it.each([
    ...between(200, 206),
    ...between(300, 303),
    307,
    308,
    ...between(400, 415),
    417,
    421,
    422,
    426,
    ...between(500, 505),
  ])('must-understand is obeyed with status %d (RFC 9110 §15)', (status) => {
    const fields = { 'cache-control': 'must-understand, no-store, max-age=9', 'content-range': 'customers 0-24/319' }
    expect(notStorable(GET, responseHead(status, fields))).toBeUndefined()
  })

  it.each<[rule: string, fields: Record<string, string>, targeted: string, status: number, verdict: Verdict]>([
    ['allows in spite of no-store', { 'cache-control': 'no-store' }, 'max-age=60', 200, undefined],
    ['forbids in spite of a max-age', { 'cache-control': 'max-age=60' }, 'no-store', 200, 'no-store'],
    ['allows an error', {}, 'max-age=60', 404, undefined],
    ['voids the freshness of Cache-Control', { 'cache-control': 'max-age=60' }, 'no-cache', 404, 'no-freshness'],
    ['voids Expires', { expires: 'Sun, 01 Mar 2026 12:01:00 GMT' }, 'no-cache', 404, 'no-freshness'],
    ['does not void Vary', { vary: '*' }, 'max-age=60', 200, 'vary'],
  ])('a targeted field %s (RFC 9213 §2.2)', (_, fields, targeted, status, verdict) => {
    expect(notStorable(GET, responseHead(status, fields, { targeted }))).toBe(verdict)
  })

  it.each<[rule: string, other: { redirected?: boolean; opaque?: boolean }, verdict: Verdict]>([
    ['a redirected answer says nothing of the URL asked for', { redirected: true }, 'redirected'],
    ['an opaque answer says nothing at all', { opaque: true }, 'opaque'],
  ])('%s', (_, other, verdict) => {
    expect(notStorable(GET, responseHead(200, { 'cache-control': 'max-age=60' }, other))).toBe(verdict)
  })
})

describe('an error of a rule that guesses (RFC 9111 §3, §4.2.2)', () => {
  const CHANGED = { 'last-modified': 'Sun, 01 Mar 2026 12:01:00 GMT' }

  it.each([404, 405, 410, 414, 501])('is stored with status %d, if it says when it was changed', (status) => {
    expect(notStorable(GET, responseHead(status, CHANGED), true)).toBeUndefined()
    expect(notStorable(GET, responseHead(status, CHANGED))).toBe('no-freshness')
    expect(notStorable(GET, responseHead(status), true)).toBe('no-freshness')
  })

  it.each([400, 401, 403, 500, 502, 503, 504, 599])('is not stored with status %d', (status) => {
    expect(notStorable(GET, responseHead(status, CHANGED), true)).toBe('no-freshness')
  })

  it.each<[rule: string, status: number, fields: Record<string, string>, verdict: Verdict]>([
    ['is stored where it is public', 599, { 'cache-control': 'public' }, undefined],
    ['is not stored for being public where a gateway made it', 502, { 'cache-control': 'public' }, 'no-freshness'],
    ['is not stored for being private', 403, { 'cache-control': 'private' }, 'no-freshness'],
    ['is not stored in spite of no-store', 404, { 'cache-control': 'no-store' }, 'no-store'],
  ])('%s', (_, status, fields, verdict) => {
    expect(notStorable(GET, responseHead(status, { ...CHANGED, ...fields }), true)).toBe(verdict)
  })

  it('is not stored where a targeted field says nothing of freshness', () => {
    expect(notStorable(GET, responseHead(404, CHANGED, { targeted: 'public' }), true)).toBe('no-freshness')
  })
})

describe('an answer that gives the user a credential', () => {
  it.each(['authorization', 'access-token', 'x-csrf-token'])('in %s is not stored, whatever else it says', (name) => {
    expect(notStorable(GET, responseHead(200, { [name]: 'secret', 'cache-control': 'max-age=60' }))).toBe('credential')
  })
})

describe('what a request says (RFC 9111 §3, §5.2.1.5)', () => {
  it.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'FORGET', 'GETS'])('%s is not stored', (method) => {
    expect(notStorable(requestHead({}, { method }), responseHead(200))).toBe('method')
  })

  it.each(['GET', 'POST', 'QUERY'])('%s is stored: a rule says that it reads', (method) => {
    expect(notStorable(requestHead({}, { method }), responseHead(200))).toBeUndefined()
  })

  it.each([
    ['its no-store forbids', requestHead({ 'cache-control': 'no-store' }), 'request-no-store'],
    ['its cache mode no-store forbids', requestHead({}, { cache: 'no-store' }), 'request-no-store'],
    ['its no-cache allows', requestHead({ 'cache-control': 'no-cache' }), undefined],
    ['its cache mode reload allows', requestHead({}, { cache: 'reload' }), undefined],
    ['its Authorization allows: the cache is private', requestHead({ authorization: 'Bearer x' }), undefined],
  ])('%s', (_, request, verdict) => {
    expect(notStorable(request, responseHead(200))).toBe(verdict)
  })
})

describe('an answer that varies on Authorization (RFC 9111 §4.1)', () => {
  const varying = responseHead(200, { vary: 'Accept, Authorization' })

  it.each<[rule: string, request: RequestHead, verdict: Verdict]>([
    ['is stored for a request without one', GET, undefined],
    ['is not stored when the user is unknown', requestHead({ authorization: 'Bearer x' }), 'vary'],
    [
      'is stored where the partition is that of the token',
      requestHead({ authorization: 'Bearer x' }, { ofToken: true }),
      undefined,
    ],
  ])('%s', (_, request, verdict) => {
    expect(notStorable(request, varying)).toBe(verdict)
  })
})

describe('what a request for bytes brings (RFC 9111 §3.3, RFC 9110 §14.4, §15.3.7)', () => {
  it.each<[rule: string, range: string, status: number, fields: Record<string, string>, verdict: Verdict]>([
    ['a part is stored', 'bytes=0-9', 206, { 'content-range': 'bytes 0-9/100' }, undefined],
    ['a part is stored, in capitals', 'Bytes=0-9', 206, { 'content-range': 'Bytes 0-9/100' }, undefined],
    ['a part of unknown total is stored', 'bytes=0-9', 206, { 'content-range': 'bytes 0-9/*' }, undefined],
    ['another part than was asked for is stored', 'bytes=0-9', 206, { 'content-range': 'bytes 0-4/100' }, undefined],
    ['a part is not stored without saying which', 'bytes=0-9', 206, {}, 'partial'],
    ['a part is not stored that makes no sense', 'bytes=0-9', 206, { 'content-range': 'bytes 9-0/100' }, 'partial'],
    ['a part is not stored in another unit', 'bytes=0-9', 206, { 'content-range': 'customers 0-9/100' }, 'partial'],
    [
      'several parts are not stored',
      'bytes=0-1,4-5',
      206,
      { 'content-type': 'multipart/byteranges; boundary=x' },
      'partial',
    ],
    ['the whole is stored as what it is', 'bytes=0-9', 200, {}, undefined],
    ['a refusal of the range is no answer to others', 'bytes=900-', 416, { 'cache-control': 'max-age=60' }, 'status'],
    [
      'a part is not stored that says no-store',
      'bytes=0-9',
      206,
      { 'content-range': 'bytes 0-9/100', 'cache-control': 'no-store' },
      'no-store',
    ],
  ])('%s', (_, range, status, fields, verdict) => {
    expect(notStorable(requestHead({ range }), responseHead(status, fields))).toBe(verdict)
  })
})

describe('any answer', () => {
  const status = fc.oneof(fc.constantFrom(200, 206, 304, 404), fc.integer({ min: 0, max: 999 }))
  const withNoStore = (fields: Record<string, string>) => ({
    ...fields,
    'cache-control': `no-store, ${fields['cache-control'] ?? ''}`,
  })

  it('is never made storable by no-store', () => {
    fc.assert(
      fc.property(anyAsked, status, anyFields, (asked, code, fields) => {
        const request = requestHead(asked)
        if (notStorable(request, responseHead(code, fields)) === undefined) return
        expect(notStorable(request, responseHead(code, withNoStore(fields)))).toBeDefined()
      }),
    )
  })

  it('is not storable once it says no-store, whatever else it says, unless it is must-understand', () => {
    fc.assert(
      fc.property(status, anyFields, (code, fields) => {
        const said = withNoStore(fields)
        fc.pre(!/must-understand/i.test(said['cache-control']))
        expect(notStorable(GET, responseHead(code, said))).toBeDefined()
      }),
    )
  })

  it('is not storable once a targeted field says no-store, whatever Cache-Control says', () => {
    fc.assert(
      fc.property(status, anyFields, (code, fields) => {
        expect(notStorable(GET, responseHead(code, fields, { targeted: 'no-store' }))).toBeDefined()
      }),
    )
  })

  it('is not storable once the request says no-store, whatever else that says', () => {
    fc.assert(
      fc.property(status, anyAsked, anyFields, (code, asked, fields) => {
        expect(notStorable(requestHead(withNoStore(asked)), responseHead(code, fields))).toBeDefined()
      }),
    )
  })
})
