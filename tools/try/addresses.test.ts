import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, it } from 'vitest'
import { adjustRequest, answerFields } from './addresses.ts'

const ADDRESSES = { origin: 'http://localhost:51', own: 'http://localhost:4180' }

describe('the fields of a request', () => {
  const adjusted = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
    adjustRequest(headers, ADDRESSES)
    return headers
  }

  it('name the origin where they name the proxy', () => {
    expect(adjusted({ origin: ADDRESSES.own, referer: `${ADDRESSES.own}/a?b` })).toEqual({
      origin: ADDRESSES.origin,
      referer: `${ADDRESSES.origin}/a?b`,
    })
  })

  it('leave other sites what they are', () => {
    const headers = { origin: 'https://other.example', referer: 'http://localhost:41801/x' }
    expect(adjusted({ ...headers })).toEqual(headers)
  })

  it.each([
    ['gzip, deflate, br, zstd', 'gzip, deflate, br'],
    ['zstd', 'identity'],
    ['gzip;q=0.5, *;q=0', 'gzip;q=0.5'],
  ])('ask for codings that the proxy can undo: %s', (given, expected) => {
    expect(adjusted({ 'accept-encoding': given })['accept-encoding']).toBe(expected)
  })
})

describe('the fields of an answer', () => {
  const fields = (headers: IncomingHttpHeaders) => answerFields(headers, ADDRESSES)

  it.each([
    ['http://localhost:51/a', 'http://localhost:4180/a'],
    ['http://localhost:51', 'http://localhost:4180'],
    ['/a', '/a'],
    ['http://localhost:5173/a', 'http://localhost:5173/a'],
    ['https://login.example/?back=http://localhost:51/a', 'https://login.example/?back=http://localhost:51/a'],
  ])('redirect to the proxy where they redirect to the origin: %s', (location, expected) => {
    expect(fields({ location })['location']).toBe(expected)
  })

  it('are those of this connection alone', () => {
    const given = { connection: 'keep-alive, x-hop', 'keep-alive': 'timeout=5', 'x-hop': '1', etag: '"a"' }
    expect(fields({ ...given, 'transfer-encoding': 'chunked', 'strict-transport-security': 'max-age=1' })).toEqual({
      etag: '"a"',
    })
  })

  it('allow the proxy what they allow the origin', () => {
    expect(fields({ 'access-control-allow-origin': ADDRESSES.origin })['access-control-allow-origin']).toBe(
      ADDRESSES.own,
    )
    expect(fields({ 'access-control-allow-origin': '*' })['access-control-allow-origin']).toBe('*')
  })

  it('refresh the page at the proxy', () => {
    expect(fields({ refresh: '5; url=http://localhost:51/x' })['refresh']).toBe('5; url=http://localhost:4180/x')
  })
})
