import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deltaSeconds, type Directives, directivesOf, parseCacheControl } from './cache-control.ts'
import { headerText } from './header-text.fixture.ts'
import { fieldsOf } from './heads.fixture.ts'

const NOTHING: Directives = {
  maxAge: undefined,
  maxStale: undefined,
  minFresh: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  noStore: false,
  noCache: false,
  mustRevalidate: false,
  mustUnderstand: false,
  immutable: false,
  onlyIfCached: false,
  public: false,
  private: false,
}

describe('Cache-Control (RFC 9111 §5.2)', () => {
  it.each<[rule: string, field: string | undefined, said: object]>([
    ['says nothing when absent', undefined, {}],
    ['says nothing when empty', '', {}],
    ['says nothing by commas alone', ' , ,, ', {}],
    ['has a number', 'max-age=60', { maxAge: 60 }],
    ['has a number of zero', 'max-age=0', { maxAge: 0 }],
    ['has leading zeros', 'max-age=0060', { maxAge: 60 }],
    ['has names in any case', 'Max-Age=100, NO-CACHE', { maxAge: 100, noCache: true }],
    ['has numbers as quoted strings', 'max-age="100"', { maxAge: 100 }],
    ['has a quoted number before another directive', 'max-age="100" , public', { maxAge: 100, public: true }],
    ['has white space around its members', '  max-age=5 ,\tno-store  ', { maxAge: 5, noStore: true }],
    ['has white space around an equals sign', 'max-age = 5', { maxAge: 5 }],
    ['has no white space at all', 'max-age=5,must-revalidate', { maxAge: 5, mustRevalidate: true }],
    ['has empty members', ',max-age=5,,private,', { maxAge: 5, private: true }],
    [
      'has the windows of RFC 5861',
      'stale-while-revalidate=10, stale-if-error=20',
      { staleWhileRevalidate: 10, staleIfError: 20 },
    ],
    ['is skipped where unknown', 'x-fast=3, s-maxage=9, proxy-revalidate, no-transform', {}],
    ['says that nothing will change', 'immutable', { immutable: true }],
    ['says so, whatever the argument (RFC 8246 §2)', 'Immutable="x"', { immutable: true }],
    ['asks that its status be understood', 'must-understand, no-store', { mustUnderstand: true, noStore: true }],
    ['asks for what is stored alone', 'only-if-cached', { onlyIfCached: true }],
    ['asks for a number of seconds to come', 'min-fresh=5', { minFresh: 5 }],
    ['takes what is stale for a number of seconds', 'max-stale=5', { maxStale: 5 }],
    ['takes nothing stale by a number of zero', 'max-stale=0', { maxStale: 0 }],
    ['takes what is as stale as it comes without a number', 'max-stale', { maxStale: Infinity }],
    [
      'takes that in any case, among others',
      'max-age=9, Max-Stale , no-store',
      {
        maxAge: 9,
        maxStale: Infinity,
        noStore: true,
      },
    ],
    ['does not take an empty number for none', 'max-stale=', { maxStale: 'invalid' }],
    ['does not take a wrong number for none', 'max-stale=any', { maxStale: 'invalid' }],
    ['has no staleness when that is given twice', 'max-stale, max-stale', { maxStale: 'invalid' }],
    ['has no time to come without a number', 'min-fresh', { minFresh: 'invalid' }],
    ['takes the qualified no-cache for an unqualified one', 'no-cache="Set-Cookie"', { noCache: true }],
    ['takes the qualified private for an unqualified one', 'private="x"', { private: true }],
    ['keeps commas within quotes', 'no-cache="a, no-store, max-age=5"', { noCache: true }],
    ['keeps commas within the quotes of what is unknown', 'x="a, no-store", max-age=5', { maxAge: 5 }],
    ['keeps escaped quotes within quotes', String.raw`x="a\", no-store", max-age=5`, { maxAge: 5 }],
    ['ends an open quote at the next comma', 'x="a, no-store', { noStore: true }],
    [
      'takes a long run of digits for as long as can be said',
      'max-age=99999999999999999999',
      { maxAge: 2_147_483_648 },
    ],
    ['takes digits beyond all numbers so, too', `max-age=${'9'.repeat(400)}`, { maxAge: 2_147_483_648 }],
    ['has the largest number as it is', 'max-age=2147483648', { maxAge: 2_147_483_648 }],
    ['has an invalid number when negative', 'max-age=-1', { maxAge: 'invalid' }],
    ['has an invalid number when signed', 'max-age=+1', { maxAge: 'invalid' }],
    ['has an invalid number when fractional', 'max-age=1.5', { maxAge: 'invalid' }],
    ['has an invalid number when exponential', 'max-age=1e3', { maxAge: 'invalid' }],
    ['has an invalid number when hexadecimal', 'max-age=0x10', { maxAge: 'invalid' }],
    ['has an invalid number when it is a word', 'max-age=soon', { maxAge: 'invalid' }],
    ['has an invalid number when empty', 'max-age=', { maxAge: 'invalid' }],
    ['has an invalid number when quoted empty', 'max-age=""', { maxAge: 'invalid' }],
    ['has an invalid number when there is none', 'max-age', { maxAge: 'invalid' }],
    ['has an invalid number after a space instead of an equals sign', 'max-age 100', { maxAge: 'invalid' }],
    ['has an invalid number after two equals signs', 'max-age==100', { maxAge: 'invalid' }],
    ['has an invalid number when a semicolon follows', 'max-age=100; public', { maxAge: 'invalid' }],
    ['has an invalid number when text follows the quotes', 'max-age="100"0', { maxAge: 'invalid' }],
    ['has an invalid number when the quotes stay open', 'max-age="100', { maxAge: 'invalid' }],
    ['has an invalid number when single-quoted', "max-age='100'", { maxAge: 'invalid' }],
    ['has an invalid number when given twice', 'max-age=1, max-age=2', { maxAge: 'invalid' }],
    ['has an invalid number when given twice in agreement', 'max-age=1, Max-Age=1', { maxAge: 'invalid' }],
    ['has an invalid window when given twice', 'stale-if-error=1, stale-if-error=1', { staleIfError: 'invalid' }],
    ['still means a flag when it is given twice', 'no-store, no-store', { noStore: true }],
    ['still means a flag when it has a value', 'no-store=0', { noStore: true }],
    ['still means a flag when a semicolon follows', 'no-store; max-age=5', { noStore: true }],
    ['does not take part of a name for a name', 'x-no-store, no-storee, my-max-age=5', {}],
    ['is not confused by names that objects have', '__proto__=1, constructor, toString', {}],
  ])('%s', (_, field, said) => {
    expect(parseCacheControl(field)).toEqual({ ...NOTHING, ...said })
  })

  const NUMBERS = {
    'max-age': 'maxAge',
    'max-stale': 'maxStale',
    'min-fresh': 'minFresh',
    'stale-while-revalidate': 'staleWhileRevalidate',
    'stale-if-error': 'staleIfError',
  } as const
  const number = fc.tuple(fc.constantFrom(...Object.keys(NUMBERS)), fc.nat(2_147_483_648))
  const directive = fc.oneof(
    fc.constantFrom(
      'no-store',
      'no-cache',
      'must-revalidate',
      'must-understand',
      'immutable',
      'only-if-cached',
      'max-stale',
      'public',
      'private',
    ),
    number.map(([name, value]) => `${name}=${value}`),
  )

  it('has the numbers it was written with, as tokens and as quoted strings', () => {
    fc.assert(
      fc.property(fc.uniqueArray(number, { selector: ([name]) => name }), fc.boolean(), (numbers, quoted) => {
        const text = numbers.map(([name, value]) => (quoted ? `${name}="${value}"` : `${name}=${value}`)).join(', ')
        const said = Object.fromEntries(numbers.map(([name, value]) => [NUMBERS[name as keyof typeof NUMBERS], value]))
        expect(parseCacheControl(text)).toEqual({ ...NOTHING, ...said })
      }),
    )
  })

  it('means the same in any order and any case', () => {
    fc.assert(
      fc.property(fc.uniqueArray(directive, { selector: (text) => text.split('=')[0] }), (members) => {
        const said = parseCacheControl(members.join(', '))
        expect(parseCacheControl(members.toReversed().join(',').toUpperCase())).toEqual(said)
      }),
    )
  })

  it('has numbers that are non-negative, bounded and finite, or invalid, whatever the text', () => {
    fc.assert(
      fc.property(headerText, (text) => {
        const { maxAge, minFresh, maxStale, staleIfError, staleWhileRevalidate } = parseCacheControl(text)
        for (const value of [maxAge, minFresh, staleIfError, staleWhileRevalidate]) {
          expect(typeof value !== 'number' || (value >= 0 && value <= 2_147_483_648)).toBe(true)
        }
        expect(typeof maxStale !== 'number' || maxStale === Infinity || maxStale <= 2_147_483_648).toBe(true)
      }),
    )
  })

  it('reads a no-store after any text without quotes', () => {
    const unquoted = headerText.map((text) => text.replaceAll('"', ''))
    fc.assert(fc.property(unquoted, (text) => parseCacheControl(`${text}, no-store`).noStore))
  })
})

describe('the directives that apply to this cache (RFC 9213 §2.2)', () => {
  const fields = fieldsOf({ 'cache-control': 'no-store, max-age=1' })

  it('are those of Cache-Control', () => {
    expect(directivesOf({ fields })).toEqual({ ...NOTHING, noStore: true, maxAge: 1 })
  })

  it('are those of a targeted field alone, where there is one', () => {
    expect(directivesOf({ fields, targeted: 'max-age=60' })).toEqual({ ...NOTHING, maxAge: 60 })
    expect(directivesOf({ fields, targeted: 'no-cache' })).toEqual({ ...NOTHING, noCache: true })
  })

  it('are none when a targeted field has only unknown names', () => {
    expect(directivesOf({ fields, targeted: 'x-fast' })).toEqual(NOTHING)
  })
})

describe('delta-seconds (RFC 9111 §1.2.2)', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['2147483649', 2_147_483_648],
    ['', 'invalid'],
    [' 7', 'invalid'],
    ['-7', 'invalid'],
    ['٧', 'invalid'],
  ])('%j is %s', (text, value) => {
    expect(deltaSeconds(text)).toBe(value)
  })
})
