import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerText } from './header-text.fixture.ts'
import { decoded, parsePair, searched, searchPolicy, type SearchPolicy } from './search.ts'

const policyOf = (dictionary: Readonly<Record<string, unknown>>): SearchPolicy | undefined =>
  searchPolicy(new Map(Object.entries(dictionary)))

/** A token, as the structured-fields parser returns it: not a string. */
const TOKEN = { value: 'a' }

describe('what No-Vary-Search says (draft-ietf-httpbis-no-vary-search §3)', () => {
  it.each<[rule: string, dictionary: Record<string, unknown>, policy: SearchPolicy]>([
    ['names what does not count', { params: ['a', 'b'] }, { ignored: ['a', 'b'], except: [], anyOrder: false }],
    ['names all that counts', { except: ['a'] }, { ignored: 'all', except: ['a'], anyOrder: false }],
    [
      'names all that counts, in Chromium’s words',
      { params: true, except: ['a'] },
      { ignored: 'all', except: ['a'], anyOrder: false },
    ],
    [
      'says that nothing counts, in Chromium’s words',
      { params: true },
      { ignored: 'all', except: [], anyOrder: false },
    ],
    ['says that nothing counts', { except: [] }, { ignored: 'all', except: [], anyOrder: false }],
    ['says that the order does not count', { 'key-order': true }, { ignored: [], except: [], anyOrder: true }],
    [
      'says that the order does not count either',
      { params: ['a'], 'key-order': true },
      { ignored: ['a'], except: [], anyOrder: true },
    ],
    [
      'says that the order counts',
      { params: ['a'], 'key-order': false },
      { ignored: ['a'], except: [], anyOrder: false },
    ],
    ['has an unknown member besides', { params: ['a'], 'x-more': 1 }, { ignored: ['a'], except: [], anyOrder: false }],
    [
      'names in encoded form',
      { params: ['a%20b', '%C3%BC', 'c+d'] },
      { ignored: ['a b', 'ü', 'c d'], except: [], anyOrder: false },
    ],
    ['names what counts in encoded form', { except: ['a+b'] }, { ignored: 'all', except: ['a b'], anyOrder: false }],
  ])('%s', (_, dictionary, policy) => {
    expect(policyOf(dictionary)).toEqual(policy)
  })

  it.each<[rule: string, dictionary: Record<string, unknown>]>([
    ['both what counts and what does not', { params: ['a'], except: ['b'] }],
    ['what counts beside that all counts', { params: false, except: ['a'] }],
    ['that all counts, as it does anyway', { params: false }],
    ['that nothing is of no account', { params: [] }],
    ['what does not count by a text', { params: 'a' }],
    ['what does not count by a token', { params: [TOKEN] }],
    ['what does not count by a number', { params: 1 }],
    ['what does not count by a text, beside the order', { params: 'a', 'key-order': true }],
    ['what does not count by a text, beside what counts', { params: 'a', except: ['b'] }],
    ['names of which one is a number', { params: ['a', 1] }],
    ['what counts by a text', { except: 'a' }],
    ['what counts by a flag', { except: true }],
    ['what counts by a token', { except: [TOKEN] }],
    ['the order by a text', { params: ['a'], 'key-order': 'yes' }],
    ['the order by a list', { params: ['a'], 'key-order': ['a'] }],
  ])('is not understood where it says %s', (_, dictionary) => {
    expect(policyOf(dictionary)).toBeUndefined()
  })

  it('leaves every URL alone where it is empty', () => {
    const policy = policyOf({})
    for (const url of [`${PATH}?`, `${PATH}?b&&a=1`])
      expect(policy === undefined ? url : searched(url, policy)).toBe(url)
  })

  it('is understood or not, whatever it says', () => {
    const value = fc.oneof(fc.anything(), fc.boolean(), fc.array(fc.string()))
    const dictionary = fc.dictionary(fc.constantFrom('params', 'except', 'key-order', 'x'), value)
    fc.assert(fc.property(dictionary, (given) => void policyOf(given)))
  })
})

const PATH = 'https://shop.example/api/products'

/** The pairs of a URL's query, decoded. */
const pairsOf = (url: string): string[] =>
  (/\?(.*)/s.exec(url)?.[1] ?? '')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => JSON.stringify(parsePair(pair)))

const NO_AB: SearchPolicy = { ignored: ['a', 'b'], except: [], anyOrder: false }
const ONLY_A: SearchPolicy = { ignored: 'all', except: ['a'], anyOrder: false }
const ANY_ORDER: SearchPolicy = { ignored: [], except: [], anyOrder: true }

describe('the URL that represents all equal URLs', () => {
  it.each<[rule: string, search: string, policy: SearchPolicy, standsFor: string]>([
    ['has no query where there is none', '', NO_AB, ''],
    ['keeps what counts', '?c=1&d=2', NO_AB, '?c=1&d=2'],
    ['drops what does not count', '?a=1&c=1&b=2', NO_AB, '?c=1'],
    ['drops it as often as it comes', '?a=1&c=1&a=2', NO_AB, '?c=1'],
    ['drops it without a value', '?a&c=', NO_AB, '?c='],
    ['drops it in encoded form', '?%61=1&c=', NO_AB, '?c='],
    ['drops it written with a plus', '?x+y=1&c=', { ...NO_AB, ignored: ['x y'] }, '?c='],
    ['loses its ? with the last pair', '?a=1&b=2', NO_AB, ''],
    ['keeps a name that only begins so', '?ab=1&A=1', NO_AB, '?ab=1&A=1'],
    ['keeps a value that reads like a name', '?c=a', NO_AB, '?c=a'],
    ['keeps what alone counts', '?a=1&c=1&a=2', ONLY_A, '?a=1&a=2'],
    ['keeps nothing where nothing counts', '?a=1&c=1', { ...ONLY_A, except: [] }, ''],
    ['is in order of names', '?c=1&a=1&b=1', ANY_ORDER, '?a=1&b=1&c=1'],
    ['keeps the order of values of one name', '?b=2&a=1&b=1', ANY_ORDER, '?a=1&b=2&b=1'],
    ['is in order of names as they are decoded', '?b=1&%61=1', ANY_ORDER, '?a=1&b=1'],
    ['keeps the order by default', '?d=1&c=1', NO_AB, '?d=1&c=1'],
    ['has names and values in one spelling', '?%63=%c3%BC+x&d', NO_AB, '?c=%C3%BC%20x&d='],
    ['has no empty pairs', '?&c=1&&', NO_AB, '?c=1'],
    ['has no query of empty pairs', '?&&', NO_AB, ''],
    ['keeps delimiters in a value apart from its own', '?c=%26a%3D1', NO_AB, '?c=%26a%3D1'],
    ['keeps names whose encoding is malformed', '?%zz=1&a=%', NO_AB, '?%zz=1'],
    ['takes a second ? for a part of the query', '?c=?a=1', NO_AB, '?c=%3Fa%3D1'],
    ['is not confused by names that objects have', '?constructor=1&__proto__=2', NO_AB, '?constructor=1&__proto__=2'],
  ])('%s: %s', (_, search, policy, standsFor) => {
    expect(searched(PATH + search, policy)).toBe(PATH + standsFor)
  })

  it.each<[rule: string, one: string, other: string, same: boolean]>([
    ['a name without a value and with an empty one', '?c', '?c=', true],
    ['a plus and an encoded space', '?c=x+y', '?c=x%20y', true],
    ['an encoded letter and the letter', '?%63=1', '?c=1', true],
    ['digits of an encoding in either case', '?c=%c3%bc', '?c=%C3%BC', true],
    ['an encoded plus and a space', '?c=%2B', '?c=+', false],
    ['another value', '?c=1', '?c=2', false],
    ['another case', '?c=x', '?c=X', false],
    ['an encoding that is malformed and that of its own text', '?c=%ff', '?c=%25ff', false],
  ])('is the same or not for %s (§4)', (_, one, other, same) => {
    expect(searched(PATH + one, NO_AB) === searched(PATH + other, NO_AB)).toBe(same)
  })

  const name = fc.constantFrom('a', 'b', 'c', '%61', 'a+b', '%zz', '')
  const pair = fc.tuple(name, fc.constantFrom('', '=', '=1', '=2=3')).map((parts) => parts.join(''))
  const query = fc.oneof(
    fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join('&')),
    headerText,
  )
  const path = fc.webUrl().map((url) => url.split('?', 1)[0] ?? url)
  const names = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'a b', ''), fc.string()))
  const policy: fc.Arbitrary<SearchPolicy> = fc.record({
    ignored: fc.oneof(names, fc.constant('all' as const)),
    except: names,
    anyOrder: fc.boolean(),
  })

  it('stands for itself', () => {
    fc.assert(
      fc.property(path, query, policy, (url, search, by) => {
        const once = searched(`${url}?${search}`, by)
        expect(searched(once, by)).toBe(once)
      }),
    )
  })

  it('never differs in its path', () => {
    fc.assert(
      fc.property(path, query, policy, (url, search, by) => {
        const result = searched(`${url}?${search}`, by)
        expect(result.split('?', 1)[0]).toBe(url)
        expect(searched(url, by)).toBe(url)
      }),
    )
  })

  it('has no pair that was not there, and each as often at most', () => {
    fc.assert(
      fc.property(query, policy, (search, by) => {
        const given = pairsOf(`?${search}`)
        for (const one of pairsOf(searched(`${PATH}?${search}`, by))) {
          expect(given.splice(given.indexOf(one) >>> 0, 1)).toEqual([one])
        }
      }),
    )
  })

  it('is the same in any order where order does not count', () => {
    const distinct = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(3)), {
      selector: ([one]) => one,
    })
    fc.assert(
      fc.property(distinct, (pairs) => {
        const [one, other] = [pairs, pairs.toReversed()].map((all) => all.map((each) => each.join('=')).join('&'))
        expect(searched(`${PATH}?${one}`, ANY_ORDER)).toBe(searched(`${PATH}?${other}`, ANY_ORDER))
      }),
    )
  })
})

describe('a pair of a query', () => {
  it.each([
    ['a=b', 'a', 'b'],
    ['a', 'a', ''],
    ['=b', '', 'b'],
    ['a=b=c', 'a', 'b=c'],
    ['a+b=c+d', 'a b', 'c d'],
    ['%C3%BC=%2B', 'ü', '+'],
    ['%zz=%', '%zz', '%'],
    ['a\nb=c\nd', 'a\nb', 'c\nd'],
    ['', '', ''],
  ])('%j has the name %j and the value %j', (pair, name, value) => {
    expect(parsePair(pair)).toEqual([name, value])
  })

  it('is what was encoded, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const [name, value] = parsePair(`${encodeURIComponent(text)}=${encodeURIComponent(text)}`)
        expect([name, value, decoded(encodeURIComponent(text))]).toEqual([text, text, text])
        parsePair(text)
      }),
    )
  })
})
