import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from './header-text.fixture.ts'
import { requestHead, responseHead } from './heads.fixture.ts'
import { type NotStorable, notStorable } from './storable.ts'

const GET = requestHead()

type Verdict = NotStorable | undefined

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

  it.each([0, 100, 103, 199, 304, 428, 429])('is never stored with status %d', (status) => {
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
    ['no-store forbids beside must-understand', 200, { 'cache-control': 'must-understand, no-store' }, 'no-store'],
    ['no-cache allows: what is stored is validated', 200, { 'cache-control': 'no-cache' }, undefined],
    ['must-revalidate allows', 200, { 'cache-control': 'must-revalidate' }, undefined],
    ['a Vary of star forbids', 200, { vary: '*' }, 'vary'],
    ['a Vary on what nobody sees forbids', 200, { vary: 'Sec-Fetch-Site' }, 'vary'],
    ['a Vary on what can be compared allows', 200, { vary: 'Accept-Language' }, undefined],
    ['an event stream is endless', 200, { 'content-type': 'text/event-stream; charset=utf-8' }, 'stream'],
    ['a stream of images is endless', 200, { 'content-type': 'Multipart/X-Mixed-Replace;boundary=x' }, 'stream'],
    ['another type is not', 200, { 'content-type': 'application/json, text/event-stream' }, undefined],
    ['bytes of an answer are not the answer', 206, { 'content-range': 'bytes 0-9/100' }, 'partial'],
    ['bytes of an answer are not, in capitals', 206, { 'content-range': 'Bytes 0-9/100' }, 'partial'],
    ['a part of nobody knows what is not the answer', 206, {}, 'partial'],
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

  it.each<[rule: string, other: { redirected?: boolean; opaque?: boolean }, verdict: Verdict]>([
    ['a redirected answer says nothing of the URL asked for', { redirected: true }, 'redirected'],
    ['an opaque answer says nothing at all', { opaque: true }, 'opaque'],
  ])('%s', (_, other, verdict) => {
    expect(notStorable(GET, responseHead(200, { 'cache-control': 'max-age=60' }, other))).toBe(verdict)
  })
})

describe('what a request says (RFC 9111 §3, §5.2.1.5)', () => {
  it.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'get'])('%s is not stored', (method) => {
    expect(notStorable(requestHead({}, { method }), responseHead(200))).toBe('method')
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

describe('any answer', () => {
  const status = fc.oneof(fc.constantFrom(200, 206, 304, 404), fc.integer({ min: 0, max: 999 }))
  const withNoStore = (fields: Record<string, string>) => ({
    ...fields,
    'cache-control': `no-store, ${fields['cache-control'] ?? ''}`,
  })

  it('is not storable once it says no-store, whatever else it says', () => {
    fc.assert(
      fc.property(status, anyFields, (code, fields) => {
        expect(notStorable(GET, responseHead(code, withNoStore(fields)))).toBeDefined()
      }),
    )
  })

  it('is not storable once the request says no-store, whatever else that says', () => {
    fc.assert(
      fc.property(status, anyFields, anyFields, (code, asked, fields) => {
        expect(notStorable(requestHead(withNoStore(asked)), responseHead(code, fields))).toBeDefined()
      }),
    )
  })
})
