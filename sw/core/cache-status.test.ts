import { describe, expect, it } from 'vitest'
import { type CacheStatus, cacheStatus, standInOf } from './cache-status.ts'
import { seconds } from './units.ts'

describe('Cache-Status (RFC 9211 §2)', () => {
  it.each<[rule: string, status: CacheStatus, field: string]>([
    ['names a hit and how long it stays fresh', { hit: true, ttl: seconds(60) }, 'Freshlayer; hit; ttl=60'],
    ['has a negative ttl for what is stale', { hit: true, ttl: seconds(-12) }, 'Freshlayer; hit; ttl=-12'],
    ['has whole seconds, never more than are left', { hit: true, ttl: seconds(0.9) }, 'Freshlayer; hit; ttl=0'],
    ['has whole seconds below zero as well', { hit: true, ttl: seconds(-0.1) }, 'Freshlayer; hit; ttl=-1'],
    ['has an integer for forever', { hit: true, ttl: seconds(Infinity) }, 'Freshlayer; hit; ttl=2147483648'],
    ['has an integer for never', { hit: true, ttl: seconds(-Infinity) }, 'Freshlayer; hit; ttl=-2147483648'],
    ['says why', { hit: true, ttl: seconds(1), detail: 'max-age' }, 'Freshlayer; hit; ttl=1; detail=max-age'],
    [
      'says nothing more where there is no detail',
      { hit: true, ttl: seconds(1), detail: undefined },
      'Freshlayer; hit; ttl=1',
    ],
    ['names why a request went forward', { fwd: 'uri-miss' }, 'Freshlayer; fwd=uri-miss'],
    [
      'states the outcome, in the order of the RFC',
      { fwd: 'stale', 'fwd-status': 304, stored: true, collapsed: true, detail: 'offline' },
      'Freshlayer; fwd=stale; fwd-status=304; stored; collapsed; detail=offline',
    ],
    [
      'does not say what did not happen',
      { fwd: 'stale', 'fwd-status': undefined, stored: false, collapsed: false },
      'Freshlayer; fwd=stale',
    ],
  ])('%s', (_, status, field) => {
    expect(cacheStatus(status, undefined)).toBe(field)
  })

  const HIT: CacheStatus = { hit: true, ttl: seconds(1) }

  it('has the members of caches nearer to the origin first', () => {
    expect(cacheStatus(HIT, 'Edge; fwd=stale, "Other"; hit')).toBe(
      'Edge; fwd=stale, "Other"; hit, Freshlayer; hit; ttl=1',
    )
  })

  it('has no empty member where the field was empty', () => {
    expect(cacheStatus(HIT, '')).toBe('Freshlayer; hit; ttl=1')
  })
})

describe('what stands in for the origin', () => {
  it.each<[rule: string, status: CacheStatus, standsIn: string | undefined]>([
    ['was stored, and the origin is away', { fwd: 'stale', detail: 'offline' }, 'offline'],
    ['so it is where a gateway says so', { fwd: 'stale', 'fwd-status': 503, detail: 'offline' }, 'offline'],
    ['or too slow', { fwd: 'stale', detail: 'timeout' }, 'timeout'],
    ['or it is from before a write', { fwd: 'stale', detail: 'offline-before-write' }, 'offline-before-write'],
    ['is no answer of the origin', { fwd: 'stale', 'fwd-status': 200, stored: true }, undefined],
    ['is no hit', { hit: true, ttl: seconds(1), detail: 'collection' }, undefined],
  ])('%s', (_, status, standsIn) => {
    expect(standInOf(cacheStatus(status, 'Origin; hit'))).toBe(standsIn)
  })
})
