import { describe, expect, it } from 'vitest'
import { ageOf, type AnswerAge } from './answer-age.ts'

const NOW = 1_000_000_000

describe('what an answer says of its age', () => {
  const fresh: AnswerAge = {
    updatedAt: NOW,
    isStale: false,
    isBeingValidated: false,
    isOffline: false,
    isOnlyNow: false,
  }
  const standIn = { ...fresh, isStale: true, isOffline: true }

  it.each<[string, Record<string, string>, AnswerAge]>([
    ['of no cache', {}, fresh],
    [
      'of the origin by way of the layer',
      { 'cache-status': 'Freshlayer; fwd=uri-miss; fwd-status=200; stored' },
      fresh,
    ],
    [
      'fresh, from store',
      { 'cache-status': 'Freshlayer; hit; ttl=290', age: '10' },
      { ...fresh, updatedAt: NOW - 10_000 },
    ],
    ['fresh for less than a second', { 'cache-status': 'Freshlayer; hit; ttl=0' }, fresh],
    [
      'stale, and validated behind',
      { 'cache-status': 'Freshlayer; hit; ttl=-3; detail=rule', age: '303' },
      { ...fresh, updatedAt: NOW - 303_000, isStale: true, isBeingValidated: true },
    ],
    [
      'of a rule without a window',
      { 'cache-status': 'Freshlayer; fwd=bypass; fwd-status=200; detail=network-only' },
      { ...fresh, isOnlyNow: true },
    ],
    ['announced a moment ago', { 'cache-status': 'Freshlayer; hit; ttl=-1; detail=announced' }, fresh],
    [
      'past its freshness, as the read has asked',
      { 'cache-status': 'Freshlayer; hit; ttl=-9; detail=max-stale' },
      fresh,
    ],
    [
      'of whatever age, as the read has asked: nothing is validated behind',
      { 'cache-status': 'Freshlayer; hit; ttl=-9; detail=force-cache' },
      { ...fresh, isStale: true },
    ],
    ['confirmed by a 304', { 'cache-status': 'Freshlayer; fwd=stale; fwd-status=304; stored', age: '0' }, fresh],
    ['in place of an origin that is away', { 'cache-status': 'Freshlayer; fwd=stale; detail=offline' }, standIn],
    ['of before a write', { 'cache-status': 'Freshlayer; fwd=stale; detail=offline-before-write' }, standIn],
    [
      'in place of an origin that is too slow',
      { 'cache-status': 'Freshlayer; fwd=stale; detail=timeout' },
      { ...fresh, isStale: true },
    ],
    [
      'behind what other caches say',
      { 'cache-status': '"CDN, Freshlayer; hit"; hit; ttl=-9; detail=offline, Freshlayer; hit; ttl=5' },
      fresh,
    ],
    ['of a CDN alone', { 'cache-status': 'CDN; hit; ttl=-9', age: '60' }, { ...fresh, updatedAt: NOW - 60_000 }],
    ['with an age that is none', { age: 'old' }, fresh],
  ])('%s', (_, fields, age) => {
    expect(ageOf(new Headers(fields), NOW)).toEqual(age)
  })
})
