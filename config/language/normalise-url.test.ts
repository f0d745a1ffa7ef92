import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseUrl } from './normalise-url.ts'

const A = 'https://shop.example/a'

describe('a normalised URL', () => {
  it.each([
    ['has no fragment', `${A}#top`, [], A],
    ['has no fragment that looks like a query', `${A}#?x=1`, ['x'], A],
    ['keeps every pair that is not ignored, in order', `${A}?b=2&a=1&b=1`, [], `${A}?b=2&a=1&b=1`],
    ['drops an ignored pair wherever it stands', `${A}?x=1&b=2&x=3&c`, ['x'], `${A}?b=2&c`],
    ['drops an ignored name without a value', `${A}?x&b`, ['x'], `${A}?b`],
    ['drops all names with an ignored beginning', `${A}?utm_source=n&utm_=1&ut=2`, ['utm_*'], `${A}?ut=2`],
    ['takes a star for any ending, not for a letter', `${A}?utm*=1`, ['utm'], `${A}?utm*=1`],
    ['knows an ignored name in its encoded form', `${A}?%78=1&y%2B=1`, ['x'], `${A}?y%2B=1`],
    ['knows an ignored name written with a space', `${A}?a+b=1`, ['a b'], A],
    ['keeps bytes as they are', `${A}?q=a+b%20c%2Fd&&=`, ['x'], `${A}?q=a+b%20c%2Fd&&=`],
    ['has its percent-encoding in normal form', `${A}/%7Eb%2f?q=%61`, [], `${A}/~b%2F?q=a`],
    ['knows the cache buster in its encoded form', `${A}?%5F=1700000000000`, [], A],
    ['never trips over malformed encoding', `${A}?%zz=1&x=%`, ['x'], `${A}?%zz=1`],
    ['drops the cache buster', `${A}?page=2&_=1700000000000`, [], `${A}?page=2`],
    ['keeps a short number under the same name', `${A}?_=123`, [], `${A}?_=123`],
    ['keeps another text under the same name', `${A}?_=1700000000000x`, [], `${A}?_=1700000000000x`],
    ['loses its ? with the last dropped pair', `${A}?_=1700000000000`, [], A],
    ['keeps a ? that was alone', `${A}?`, ['x'], `${A}?`],
  ])('%s', (_, href, ignoreQuery, expected) => {
    expect(normaliseUrl(href, { ignoreQuery })).toBe(expected)
  })

  const query = fc.array(fc.constantFrom('a=1', 'x=2', 'utm_a', '_=1700000000000', '', '%zz', 'b=%'), { maxLength: 6 })

  it('is normalised already', () => {
    fc.assert(
      fc.property(query, (pairs) => {
        const once = normaliseUrl(`${A}?${pairs.join('&')}#f`, { ignoreQuery: ['x', 'utm_*'] })
        expect(normaliseUrl(once, { ignoreQuery: ['x', 'utm_*'] })).toBe(once)
      }),
    )
  })

  it('is the same whatever the ignored pairs say', () => {
    fc.assert(
      fc.property(query, fc.string(), (pairs, value) => {
        const rule = { ignoreQuery: ['x', 'utm_*'] }
        const other = pairs.map((pair) =>
          pair.startsWith('x') ? `x=${encodeURIComponent(value.toWellFormed())}` : pair,
        )
        expect(normaliseUrl(`${A}?${other.join('&')}`, rule)).toBe(normaliseUrl(`${A}?${pairs.join('&')}`, rule))
      }),
    )
  })
})
