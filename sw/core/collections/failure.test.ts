import { describe, expect, test } from 'vitest'
import { epochMs } from '../units.ts'
import { afterFailure, isCrowd, longestWaitMs } from './failure.ts'

const NOW = epochMs(1_000_000)

describe('after an answer that is no success', () => {
  test.each([
    ['no answer', undefined, undefined, 'again', 'offline'],
    ['a gateway without an origin', 503, undefined, 'again', 'offline'],
    ['an error of the origin', 500, undefined, 'again', 'server'],
    ['too many requests, and a short wait', 429, '2', 'again', 'rate-limited'],
    ['too many requests, and a long wait', 429, '60', 'end', 'rate-limited'],
    ['no user', 401, undefined, 'end', 'refused-user'],
    ['a user who may not', 403, undefined, 'end', 'refused-user'],
    ['an endpoint that is none', 404, undefined, 'end', 'endpoint'],
    ['a cursor of another server', 400, undefined, 'end', 'endpoint'],
    ['a request that took too long', 408, undefined, 'again', 'server'],
  ])('%s', (_, status, retryAfter, kind, failure) => {
    expect(afterFailure(status, retryAfter, 1, NOW)).toMatchObject({ kind, failure })
  })

  test('a third time ends the run', () => {
    expect(afterFailure(500, undefined, 2, NOW).kind).toBe('again')
    expect(afterFailure(500, undefined, 3, NOW).kind).toBe('end')
  })

  test('no request is sooner than the origin allows', () => {
    expect(afterFailure(429, '60', 1, NOW).floorMs).toBe(60_000)
    expect(afterFailure(410, '12', 1, NOW)).toEqual({ kind: 'gone', floorMs: 12_000 })
  })

  test('the longest wait doubles', () => {
    expect([1, 2].map(longestWaitMs)).toEqual([1000, 2000])
  })
})

test.each([
  ['four in a moment', [0, 10, 20, 30], false],
  ['five in half a second', [0, 100, 200, 300, 500], true],
  ['five in a second', [0, 100, 200, 300, 1000], false],
  ['five in half a second, after older ones', [0, 5000, 5100, 5200, 5300, 5400], true],
])('%s are no accident: as it says', (_, atMs, is) => {
  expect(isCrowd(atMs)).toBe(is)
})
