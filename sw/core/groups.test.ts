import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupNames, groupTag } from './groups.ts'

const TOKEN = { value: 'a' }

describe('the names of groups (RFC 9875 §2, §3)', () => {
  it.each<[rule: string, list: unknown[] | undefined, names: string[]]>([
    ['are strings', ['scripts', 'v 2'], ['scripts', 'v 2']],
    ['differ by capitals', ['A', 'a'], ['A', 'a']],
    ['may be empty', [''], ['']],
    ['are none in an empty list', [], []],
    ['are none where the field could not be read', undefined, []],
    ['are none where one is a token', ['a', TOKEN], []],
    ['are none where one is a number', ['a', 1], []],
    ['are none where one is a flag', [true], []],
    ['are none where one is a list', [['a']], []],
    [
      'are as many as there are',
      Array.from({ length: 40 }, (_, at) => `${at}`),
      Array.from({ length: 40 }, (_, at) => `${at}`),
    ],
  ])('%s', (_, list, names) => {
    expect(groupNames(list)).toEqual(names)
  })

  it('are a list of strings, whatever was read', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (list) => {
        expect(groupNames(list).every((name) => typeof name === 'string')).toBe(true)
      }),
    )
  })

  it('are not the list that was read, which stays as it was', () => {
    const list = ['a']
    expect(groupNames(list)).not.toBe(list)
  })
})

describe('the tag of a group (RFC 9875 §2.1)', () => {
  const APP = 'https://shop.example'

  it('is its name where it is of the app’s own origin', () => {
    expect(groupTag('products', APP, APP)).toBe('products')
  })

  it('is another for the same name of another origin', () => {
    const tags = [APP, 'https://api.example', 'http://shop.example', 'https://shop.example:8443'].map((origin) =>
      groupTag('products', origin, APP),
    )
    expect(new Set(tags).size).toBe(tags.length)
  })

  it('tells apart groups of other origins, whatever their names', () => {
    const origin = fc.constantFrom('https://a.example', 'https://a.example:80', 'https://b.example')
    const name = fc.oneof(fc.string(), fc.constantFrom('a', 'https://a.example a', ' a'))
    fc.assert(
      fc.property(origin, origin, name, name, (one, other, first, second) => {
        const same = groupTag(first, one, APP) === groupTag(second, other, APP)
        expect(same).toBe(one === other && first === second)
      }),
    )
  })
})
