import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCacheControl } from './cache-control.ts'
import { controlOf, TARGETED_FIELD } from './targeted.ts'

/** A token, as the structured-fields parser returns it: not a string. */
const TOKEN = { value: 'soon' }

describe('a targeted field (RFC 9213 §2.1, §2.2)', () => {
  it('is found by its name in lower case', () => {
    expect(TARGETED_FIELD).toBe('freshlayer-cache-control')
  })

  it('stands for the text of a Cache-Control', () => {
    const dictionary = { 'max-age': 60, 'no-store': true, private: false, 'no-cache': 'a' }
    expect(controlOf(new Map(Object.entries(dictionary)))).toBe('max-age=60, no-store, no-cache="?"')
  })

  it.each<[rule: string, dictionary: [string, unknown][], said: object]>([
    [
      'has numbers',
      [
        ['max-age', 60],
        ['stale-if-error', 0],
      ],
      { maxAge: 60, staleIfError: 0 },
    ],
    [
      'has flags',
      [
        ['no-store', true],
        ['must-revalidate', true],
      ],
      { noStore: true, mustRevalidate: true, maxAge: undefined },
    ],
    [
      'has no flag that is false',
      [
        ['no-store', false],
        ['max-age', 1],
      ],
      { noStore: false, maxAge: 1 },
    ],
    ['has the flag of a qualified directive', [['no-cache', 'a, no-store']], { noCache: true, noStore: false }],
    ['has no number of a text: it is not coerced', [['max-age', '60']], { maxAge: 'invalid' }],
    ['has no number of a fraction', [['max-age', 1.5]], { maxAge: 'invalid' }],
    ['has no number of a token', [['max-age', TOKEN]], { maxAge: 'invalid' }],
    ['has no number of a list', [['max-age', [60]]], { maxAge: 'invalid' }],
    ['has no number of a negative one', [['max-age', -1]], { maxAge: 'invalid' }],
    ['has no number of a flag', [['max-age', true]], { maxAge: 'invalid' }],
    ['has the largest number there is', [['max-age', 999_999_999_999_999]], { maxAge: 2_147_483_648 }],
    [
      'ignores unknown names',
      [
        ['x-fast', TOKEN],
        ['*', 1],
      ],
      { maxAge: undefined, noStore: false },
    ],
  ])('%s', (_, dictionary, said) => {
    expect(parseCacheControl(controlOf(new Map(dictionary)))).toMatchObject(said)
  })

  it('is as if absent when it is empty', () => {
    expect(controlOf(new Map())).toBeUndefined()
  })

  it.each<[rule: string, dictionary: [string, unknown][]]>([
    ['has only unknown names', [['x-fast', 1]]],
    ['has nothing but wrong values', [['max-age', TOKEN]]],
    ['only denies', [['no-store', false]]],
  ])('is not absent when it %s: it overrides all the same', (_, dictionary) => {
    expect(typeof controlOf(new Map(dictionary))).toBe('string')
  })

  const NUMBERS = {
    'max-age': 'maxAge',
    'stale-while-revalidate': 'staleWhileRevalidate',
    'stale-if-error': 'staleIfError',
  } as const
  const FLAGS = {
    'no-store': 'noStore',
    'no-cache': 'noCache',
    'must-revalidate': 'mustRevalidate',
    immutable: 'immutable',
    private: 'private',
  } as const
  const value = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    fc.string(),
    fc.constant(TOKEN),
    fc.array(fc.string()),
  )
  const name = fc.oneof(
    fc.constantFrom(...Object.keys(NUMBERS), ...Object.keys(FLAGS)),
    fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/),
  )
  const dictionary = fc
    .array(fc.tuple(name, value), { minLength: 1 })
    .map((entries) => new Map<string, unknown>(entries))

  it('is read back from the text it stands for, whatever is in it', () => {
    fc.assert(
      fc.property(dictionary, (given) => {
        const said = parseCacheControl(controlOf(given))
        for (const [directive, property] of Object.entries(NUMBERS)) {
          const number = given.get(directive)
          const isRight = typeof number === 'number' && Number.isInteger(number) && number >= 0
          const expected = isRight ? Math.min(Math.abs(number), 2_147_483_648) : 'invalid'
          expect(said[property]).toBe(number === undefined || number === false ? undefined : expected)
        }
        for (const [directive, property] of Object.entries(FLAGS)) {
          const flag = given.get(directive)
          expect(said[property]).toBe(flag !== undefined && flag !== false)
        }
      }),
    )
  })
})
