import { describe, expect, it } from 'vitest'
import { standInReason } from './cache-status.ts'

describe('standInReason (RFC 9211 §2)', () => {
  it.each([
    ['an answer without the field is the origin’s', null, undefined],
    ['a confirmed answer is the origin’s word', 'Freshlayer; fwd=request; fwd-status=304', undefined],
    ['a hit is no stand-in', 'Freshlayer; hit; ttl=294', undefined],
    ['the origin is away', 'Freshlayer; fwd=stale; detail=offline', 'offline'],
    ['a gateway says that it is away', 'Freshlayer; fwd=stale; fwd-status=502; detail=offline', 'offline'],
    ['it is away, and a write came between', 'Freshlayer; fwd=stale; detail=offline-before-write', 'offline'],
    ['the origin is too slow', 'Freshlayer; fwd=stale; detail=timeout', 'timeout'],
    [
      'a cache nearer to the origin does not count',
      'Edge; fwd=stale; detail=offline, Freshlayer; fwd=request',
      undefined,
    ],
  ])('%s', (_rule, field, reason) => {
    expect(standInReason(field)).toBe(reason)
  })
})
