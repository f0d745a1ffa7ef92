import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseEncoding } from './percent-encoding.ts'

describe('a URL with its percent-encoding in normal form (RFC 3986 §6.2.2.1, §6.2.2.2)', () => {
  it.each([
    ['has unreserved characters as they are', '/%7Ea/%61%5A%30%2d%2E%5f', '/~a/aZ0-._'],
    ['has hex digits in upper case', '/a%2fb%c3%a4', '/a%2Fb%C3%A4'],
    ['keeps reserved characters encoded: they would say something else', '/a%2Fb%3F%23%3A%40%26%3D', undefined],
    ['keeps characters that no URL may have encoded', '/a%20%25%00%22', undefined],
    ['is decoded once', '/%2561', undefined],
    ['keeps what is not encoding', '/%/%z1/%6', undefined],
    ['has the same in its query', '/a?%71=%7e+%2b', '/a?q=~+%2B'],
  ])('%s', (_, url, expected = url) => {
    expect(normaliseEncoding(url)).toBe(expected)
  })

  it('means the same as before', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        expect(decodeURIComponent(normaliseEncoding(path))).toBe(decodeURIComponent(path))
        expect(normaliseEncoding(normaliseEncoding(path))).toBe(normaliseEncoding(path))
      }),
    )
  })
})
