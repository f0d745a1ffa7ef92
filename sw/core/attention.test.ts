import { describe, expect, it } from 'vitest'
import { isDue, isWanted, type Occasion } from './attention.ts'

type Row = [
  rule: string,
  because: Exclude<Occasion, 'poll'>,
  options: Parameters<typeof isDue>[1],
  shown: Partial<Parameters<typeof isDue>[2]>,
  due: boolean,
]

const LONG_AGO = { invalidated: false, quietMs: 60_000 }

describe('a stored answer that a page shows', () => {
  it.each<Row>([
    ['is validated on focus once it is stale', 'focus', {}, { state: 'stale' }, true],
    ['is validated on focus once it is for offline use alone', 'focus', {}, { state: 'offline' }, true],
    ['is left alone on focus while it is fresh', 'focus', {}, { state: 'fresh' }, false],
    ['is left alone on focus where the rule says so', 'focus', { onFocus: false }, { state: 'stale' }, false],
    ['is validated on focus by one of many tabs', 'focus', {}, { state: 'stale', quietMs: 4999 }, false],
    ['is validated on focus again after 5 s', 'focus', {}, { state: 'stale', quietMs: 5000 }, true],
    ['is validated after a reconnect once it is stale', 'reconnect', {}, { state: 'stale' }, true],
    ['is left alone after a reconnect while it is fresh', 'reconnect', {}, { state: 'fresh' }, false],
    [
      'is left alone after a reconnect where the rule says so',
      'reconnect',
      { onReconnect: false },
      { state: 'gone' },
      false,
    ],
    ['obeys `onFocus` on focus alone', 'reconnect', { onFocus: false }, { state: 'stale' }, true],
    [
      'is validated when it is invalidated, whatever the rule says',
      'focus',
      { onFocus: false },
      { invalidated: true },
      true,
    ],
    [
      'is validated when it is invalidated, however lately it was',
      'invalidated',
      {},
      { invalidated: true, quietMs: 0 },
      true,
    ],
    ['is left alone by an invalidation of other answers', 'invalidated', {}, { state: 'stale' }, false],
    ['is validated by refresh() though it is fresh', 'refresh', {}, { state: 'fresh', quietMs: 0 }, true],
  ])('%s', (_, because, options, shown, due) => {
    expect(isDue(because, options, { state: 'fresh', ...LONG_AGO, ...shown })).toBe(due)
  })

  it.each([
    ['focus', { onFocus: false }, false],
    ['focus', { onReconnect: false }, true],
    ['reconnect', { onReconnect: false }, false],
    ['refresh', { onFocus: false, onReconnect: false }, true],
    ['invalidated', {}, false],
  ] as const)('is read by its page itself where nothing is stored: on %s with %o: %s', (because, rule, is) => {
    expect(isWanted(because, rule)).toBe(is)
  })
})
