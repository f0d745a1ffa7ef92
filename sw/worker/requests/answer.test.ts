import { describe, expect, it } from 'vitest'
import type { RequestHead } from '../../core/head.ts'
import { fieldsOf } from '../../core/heads.fixture.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { bytes, seconds } from '../../core/units.ts'
import { storedAnswer } from '../../fetch/answer.ts'
import { ranges } from './ranges.ts'

const BODY = new TextEncoder().encode('größe')

const head = (method = 'GET', fields: Record<string, string> = {}): RequestHead => ({
  method,
  url: 'https://app.test/api/items',
  fields: fieldsOf(fields),
  cache: 'default',
})

const row = (fields: Record<string, string> = {}, status = 200) =>
  storedRow(fields, { status, body: BODY.buffer, size: bytes(BODY.byteLength) })

const HIT = { hit: true } as const

describe('the length of a stored answer (RFC 9110 §8.6)', () => {
  it('is that of the bytes that are handed over', async () => {
    const answer = storedAnswer(head(), row(), BODY.buffer, seconds(0), HIT)
    expect(answer.headers.get('content-length')).toBe('7')
    expect((await answer.arrayBuffer()).byteLength).toBe(7)
  })

  it('is that of a body which lies on disk', () => {
    const answer = storedAnswer(head(), row(), new Blob([BODY]), seconds(0), HIT)
    expect(answer.headers.get('content-length')).toBe('7')
  })

  it('is said to HEAD as to GET', () => {
    const answer = storedAnswer(head('HEAD'), row(), BODY.buffer, seconds(0), HIT)
    expect(answer.headers.get('content-length')).toBe('7')
  })

  it('is said of an error that is stored', () => {
    const answer = storedAnswer(head(), row({}, 404), BODY.buffer, seconds(0), HIT)
    expect(answer.headers.get('content-length')).toBe('7')
  })

  it('is that of the part which was asked for', () => {
    const answer = ranges.answer(head('GET', { range: 'bytes=1-3' }), row(), BODY.buffer, seconds(0), HIT)
    expect(answer?.headers.get('content-length')).toBe('3')
  })

  it('goes unsaid where there is no body', () => {
    const known = storedAnswer(head('GET', { 'if-none-match': '*' }), row(), BODY.buffer, seconds(0), HIT)
    expect([known.status, known.headers.get('content-length')]).toEqual([304, null])
    const empty = storedAnswer(head(), row({}, 204), undefined, seconds(0), HIT)
    expect([empty.status, empty.headers.get('content-length')]).toEqual([204, null])
    const beyond = ranges.answer(head('GET', { range: 'bytes=9-' }), row(), BODY.buffer, seconds(0), HIT)
    expect([beyond?.status, beyond?.headers.get('content-length')]).toEqual([416, null])
  })
})
