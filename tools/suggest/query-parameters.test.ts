import { expect, it } from 'vitest'
import type { QueryFindings } from './findings.ts'
import { queryFindings } from './query-parameters.ts'

const NOW = Date.parse('2026-11-30T10:00:00Z')

/** Reads one second apart. */
const of = (...searches: readonly string[]): QueryFindings =>
  queryFindings(searches.map((search, at) => ({ search, startedAt: NOW + at * 1000 })))

const NONE = { ignored: [], ofToday: [], ofNow: [] }

it.each<[string, string[], Partial<QueryFindings>]>([
  ['the cache-buster of jQuery goes by itself', [`?_=${NOW}`, `?_=${NOW + 1000}`], {}],
  ['another cache-buster in milliseconds', [`?page=1&_t=${NOW}`, `?page=1&_t=${NOW + 1000}`], { ignored: ['_t'] }],
  ['a cache-buster seen once', [`?nocache=${NOW}`], { ignored: ['nocache'] }],
  ['random cache-busters', ['?rand=0.123', '?rand=0.456', '?rand=0.789'], { ignored: ['rand'] }],
  ['a clock under a name of its own', [`?t=${NOW}`, `?t=${NOW + 900}`], { ignored: ['t'] }],
  ['campaigns', ['?utm_source=a&utm_medium=b&fbclid=c'], { ignored: ['fbclid', 'utm_*'] }],
  ['today', ['?date_gte=2026-11-30', '?date_gte=2026-11-30'], { ofToday: ['date_gte'] }],
  ['the midnight of today', ['?from=2026-11-30T00%3A00%3A00.000Z'], { ofToday: ['from'] }],
  [
    'the instant of the request',
    ['?until=2026-11-30T10:00:00.123Z', '?until=2026-11-30T10:00:01.456Z'],
    { ofNow: ['until'] },
  ],
  [
    'paging, sorting, filters and search stay',
    ['?page=1&sort=name&q=a', '?page=2&sort=name&q=b', '?page=3&brand=7'],
    {},
  ],
  ['a version that stays the same', ['?v=3', '?v=3'], {}],
  ['a fixed name of a cache-buster with a fixed value', ['?cb=1', '?cb=1'], {}],
  ['ids that are no clock', ['?t=1234567890', '?t=1234567891'], {}],
  ['a day of another year', ['?from=2019-01-01'], {}],
  ['no query', ['', '?'], {}],
])('%s', (_, searches, expected) => {
  expect(of(...searches)).toEqual({ ...NONE, ...expected })
})
