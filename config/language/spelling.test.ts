import { describe, expect, it } from 'vitest'
import { nearest } from './spelling.ts'

describe('the nearest spelling', () => {
  it.each([
    ['has a letter more', 'timout', 'timeout'],
    ['has a letter less', 'freshh', 'fresh'],
    ['has a letter replaced', 'stele', 'stale'],
    ['has two letters swapped', 'ignroeQuery', 'ignoreQuery'],
    ['has other capitals', 'IGNOREQUERY', 'ignoreQuery'],
    ['is the closest of several', 'tmeout', 'timeout'],
    ['is nothing when no word is close', 'colour', undefined],
    ['is nothing for a long text', 'fresh'.repeat(1000), undefined],
    ['is nothing for no text', '', undefined],
  ])('%s', (_, given, expected) => {
    expect(nearest(given, ['fresh', 'stale', 'timeout', 'timeline', 'ignoreQuery'])).toBe(expected)
  })
})
