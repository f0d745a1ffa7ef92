import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerText } from './header-text.fixture.ts'
import { fieldsOf } from './heads.fixture.ts'
import { variantOf, varyNames } from './vary.ts'

const namesIn = (vary: string) => varyNames(fieldsOf({ vary }))

describe('what a response varies on (RFC 9111 §4.1)', () => {
  it('is nothing where it does not say', () => {
    expect(varyNames(fieldsOf())).toEqual([])
  })

  it.each<[rule: string, vary: string, names: readonly string[] | 'unknowable']>([
    ['is nothing by an empty field', '', []],
    ['is nothing by commas alone', ' , ,', []],
    ['is a name', 'accept', ['accept']],
    ['is lower-cased', 'Accept-LANGUAGE', ['accept-language']],
    ['is the same in any order', 'x-b, Accept,x-a', ['accept', 'x-a', 'x-b']],
    ['is unknowable by a star', '*', 'unknowable'],
    ['is unknowable by a star among names', 'accept, *', 'unknowable'],
    ['is unknowable by a star before names', '*,accept', 'unknowable'],
    ['is unknowable by a field added below us', 'Sec-CH-Width', 'unknowable'],
    ['is unknowable by the referrer', 'accept, Referer', 'unknowable'],
    ['is unknowable by a field of proxies', 'Proxy-Region', 'unknowable'],
    ['is nothing by fields that are constant in one browser', 'Accept-Encoding, User-Agent, Host, Origin', []],
    ['is nothing by the field that chooses the partition', 'Cookie, Accept', ['accept']],
    ['is the credentials that nothing else tells apart', 'Cookie, Authorization', ['authorization']],
    [
      'is known for a name that only contains an unseen one',
      'x-sec-a, my-referer, x*',
      ['my-referer', 'x*', 'x-sec-a'],
    ],
    ['is not confused by names that objects have', 'constructor, __proto__', ['__proto__', 'constructor']],
  ])('%s: %j', (_, vary, names) => {
    expect(namesIn(vary)).toEqual(names)
  })

  it('is a list or unknowable, whatever the text', () => {
    fc.assert(
      fc.property(headerText, (text) => {
        const names = namesIn(text)
        expect(names === 'unknowable' || names.every((name) => name === name.toLowerCase())).toBe(true)
      }),
    )
  })
})

describe('the variant that answers a request (RFC 9111 §4.1)', () => {
  it('is the one variant there is where nothing is nominated', () => {
    expect(variantOf([], fieldsOf({ accept: 'text/html' }))).toBe('')
  })

  it.each<[rule: string, one: Record<string, string>, other: Record<string, string>, same: boolean]>([
    ['is the same for equal values', { accept: 'a/b' }, { accept: 'a/b' }, true],
    ['is the same for white space around commas', { accept: 'a/b , c/d' }, { accept: 'a/b,c/d' }, true],
    ['is the same for white space around it all', { accept: ' a/b ' }, { accept: 'a/b' }, true],
    ['is the same where both lack the field', {}, {}, true],
    ['is the same whatever is not nominated', { 'x-other': '1' }, {}, true],
    ['is another for another value', { accept: 'a/b' }, { accept: 'a/c' }, false],
    ['is another for another order', { accept: 'a/b, c/d' }, { accept: 'c/d, a/b' }, false],
    ['is the same for white space around a parameter', { accept: 'a/b ; q = 0.1' }, { accept: 'a/b;q=0.1' }, true],
    [
      'is another for capitals of a parameter’s value, which may mean them (RFC 9110 §8.3.1)',
      { accept: 'a/b;v=A' },
      { accept: 'a/b;v=a' },
      false,
    ],
    ['is another for white space in quotes', { accept: 'a/b;v="x , y"' }, { accept: 'a/b;v="x,y"' }, false],
    ['is another for capitals of any other field', { constructor: 'a' }, { constructor: 'A' }, false],
    ['is the same for white space before a comma alone', { accept: 'a/b ,c/d' }, { accept: 'a/b,c/d' }, true],
    ['is the same for more white space within a member', { accept: 'a \t b' }, { accept: 'a b' }, true],
    ['is another without a comma', { accept: 'a/b,c/d' }, { accept: 'a/bc/d' }, false],
    ['is another for white space within a member', { accept: 'a b' }, { accept: 'ab' }, false],
    ['tells absent from empty', {}, { accept: '' }, false],
    ['tells absent from a lone hyphen', {}, { accept: '-' }, false],
    ['tells which of two has the value', { accept: 'x' }, { constructor: 'x' }, false],
  ])('%s', (_, one, other, same) => {
    const names = ['accept', 'constructor']
    expect(variantOf(names, fieldsOf(one)) === variantOf(names, fieldsOf(other))).toBe(same)
  })

  it('tells a request with credentials from one without, and never says which', () => {
    const of = (fields: Record<string, string>) => variantOf(['authorization'], fieldsOf(fields))
    expect(of({ authorization: 'Bearer one' })).toBe(of({ authorization: 'Bearer two' }))
    expect(of({ authorization: 'Bearer one' })).not.toBe(of({}))
    expect(of({ authorization: 'Bearer one' })).toBe('authorization:=')
  })

  it.each(['accept-language', 'accept-charset'])('is the same for capitals of %s', (name) => {
    for (const value of ['en-GB, DE;q=0.5', 'en-gb,de; Q=0.5'])
      expect(variantOf([name], fieldsOf({ [name]: value }))).toBe(`${name}:=en-gb,de;q=0.5`)
  })

  it('is another for capitals of a field that only is named like those of negotiation', () => {
    const [one, other] = ['Sales', 'sales'].map((value) =>
      variantOf(['accept-profile'], fieldsOf({ 'accept-profile': value })),
    )
    expect(one).not.toBe(other)
  })

  it('is not found in the prototype of an object', () => {
    const names = ['__proto__', 'constructor', 'tostring']
    expect(variantOf(names, fieldsOf())).toBe('__proto__:-\nconstructor:-\ntostring:-')
  })

  it('differs between requests that differ in a nominated field', () => {
    const value = fc.option(fc.stringMatching(/^[!-+\--~]{0,5}$/), { nil: undefined })
    fc.assert(
      fc.property(fc.tuple(value, value), fc.tuple(value, value), (one, other) => {
        const [first, second] = [one, other].map((values) =>
          variantOf(
            ['a', 'b'],
            new Map(['a', 'b'].flatMap((name, at) => (values[at] === undefined ? [] : [[name, values[at]] as const]))),
          ),
        )
        expect(first === second).toBe(one[0] === other[0] && one[1] === other[1])
      }),
    )
  })
})
