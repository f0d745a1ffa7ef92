import { describe, expect, it } from 'vitest'
import { explained } from './explained.ts'

const URL = 'https://app.test/api/products'

describe('an explanation', () => {
  it.each([
    ['fresh', 'rule', 29.6, 'Served for another 30 s (rule).'],
    ['stale', 'max-age', -12.2, 'Served, and validated behind; stale for 12 s (max-age).'],
    ['offline', 'invalidated', 5, 'Validated first; served without the origin (invalidated).'],
    ['gone', 'no-cache', 0, 'Validated first; never served without the origin (no-cache).'],
  ] as const)('of what is %s says how long and what decided it', (state, why, ttlSeconds, sentence) => {
    expect(explained({ url: URL, state, why, ttlSeconds }).why).toBe(sentence)
  })

  it.each([
    ['absent', 'Nothing is stored for you.'],
    ['file', 'Served as a file of the app.'],
    ['unmatched', 'No rule matches it.'],
    ['no-worker', 'No worker controls this page.'],
  ] as const)('of what is %s needs no reason', (state, sentence) => {
    expect(explained({ url: URL, state, why: '' })).toEqual({ url: URL, state, why: sentence })
  })

  it.each([
    [{ why: 'no-store', field: 'cache-control: no-store' }, 'cache-control: no-store'],
    [{ why: 'unknown-user' }, 'unknown-user'],
  ])('says why the rule did nothing', (obstacle, reason) => {
    const { why } = explained({ url: URL, state: 'absent', why: '', obstacle })
    expect(why).toBe(`Nothing is stored for you. The rule did nothing for the last answer (${reason}).`)
  })
})
