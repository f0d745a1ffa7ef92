import { describe, expect, it, vi } from 'vitest'
import { compileRules, matcherOf } from '../../config/language/index.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { requestMatcher } = await import('./matching.ts')

const matchOf = requestMatcher(
  matcherOf(
    compileRules({
      version: '1',
      identity: 'none',
      routes: [
        { match: '/api/**', fresh: '10m', tags: ['api'] },
        { match: 'https://cdn.test/**', fresh: '10m' },
      ],
      writes: [
        { match: 'POST https://cdn.test/**', invalidates: ['api'] },
        { match: '/api/**', invalidates: ['api'] },
        { match: '/session', session: 'sign-in' },
      ],
    }),
  ),
)

/** A request as Firefox shows it to a worker. */
function withoutBodyProperty(request: Request): Request {
  Object.defineProperty(request, 'body', { value: undefined })
  return request
}

const BYTES = new Uint8Array([1, 2, 3])

describe('a write without a Content-Type', () => {
  for (const [engine, shown] of Object.entries({
    'an engine with Request.body': (request: Request) => request,
    'an engine without it': withoutBodyProperty,
  })) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      it(`is the layer's where it has no body, in ${engine}: ${method}`, () => {
        expect(matchOf(shown(new Request('https://app.test/api/items', { method })))?.kind).toBe('write')
      })

      it(`is an upload where it has one, in ${engine}, and not touched: ${method}`, async () => {
        const request = shown(new Request('https://app.test/api/items', { method, body: BYTES }))
        expect(matchOf(request)).toBeUndefined()
        expect(request.bodyUsed).toBe(false)
        expect(await request.bytes()).toEqual(BYTES)
      })
    }

    it(`is the layer's whatever it has where it signs in, in ${engine}`, () => {
      const request = shown(new Request('https://app.test/session', { method: 'POST', body: BYTES }))
      expect(matchOf(request)?.kind).toBe('write')
    })
  }
})

describe('a request without CORS', () => {
  const ofMode = (url: string, method = 'GET'): unknown => matchOf(new Request(url, { method, mode: 'no-cors' }))?.kind

  it('to another origin is not touched where it reads, for its answer cannot be stored', () => {
    expect(ofMode('https://cdn.test/image.png')).toBeUndefined()
    expect(ofMode('https://cdn.test/image.png', 'POST')).toBe('write')
  })

  it('is the layer’s on the origin of the app', () => {
    expect(ofMode('https://app.test/api/image.png')).toBe('read')
  })
})

describe('a write with a Content-Type', () => {
  for (const [type, kind] of [
    ['application/json', 'write'],
    ['application/merge-patch+json', 'write'],
    ['application/x-www-form-urlencoded', 'write'],
    ['text/plain;charset=UTF-8', 'write'],
    ['application/octet-stream', undefined],
    ['multipart/form-data; boundary=x', undefined],
    ['image/png', undefined],
  ] as const) {
    it(`is ${kind === undefined ? 'an upload, and not touched' : 'the layer’s'}: ${type}`, () => {
      const headers = { 'content-type': type }
      const request = new Request('https://app.test/api/items', { method: 'POST', headers, body: 'x' })
      expect(matchOf(request)?.kind).toBe(kind)
    })
  }
})
