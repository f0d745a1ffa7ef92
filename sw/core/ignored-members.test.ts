import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MemberPath, withoutMembers } from './ignored-members.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What is left of a text without the members; undefined: it is compared as it is. */
function leftOf(text: string | Uint8Array, ...paths: readonly string[]): string | undefined {
  const found = scanned(
    typeof text === 'string' ? bytesOf(text) : text,
    paths.map((path) => path.split('.')),
  ).left
  return found && new TextDecoder().decode(found)
}

function scanned(
  bytes: Uint8Array,
  paths: readonly MemberPath[],
): { readonly left: Uint8Array | undefined; readonly pauses: number } {
  const scan = withoutMembers(bytes, paths)
  for (let pauses = 0; ; pauses++) {
    const { done, value } = scan.next()
    if (done === true) return { left: value, pauses }
  }
}

describe('the members that do not count', () => {
  it.each<[string, string, string[], string]>([
    ['one at the root', '{"a":1,"now":123}', ['now'], '{"a":1,"now":}'],
    ['a text with quotes and brackets in it', String.raw`{"now":"\"}],{\\","a":1}`, ['now'], '{"now":,"a":1}'],
    [
      'each kind of value',
      '{"x":null,"y":true,"z":[1,{"a":2}],"w":{"b":[]},"a":-1.5e3}',
      ['x', 'y', 'z', 'w'],
      '{"x":,"y":,"z":,"w":,"a":-1.5e3}',
    ],
    ['one further inside', '{"meta":{"now":1,"v":2},"now":3}', ['meta.now'], '{"meta":{"now":,"v":2},"now":3}'],
    [
      'one of each item',
      '{"items":[{"at":1,"id":1},{"at":2,"id":2}]}',
      ['items.*.at'],
      '{"items":[{"at":,"id":1},{"at":,"id":2}]}',
    ],
    ['one of each item of a list at the root', '[{"at":1},{"at":2}]', ['*.at'], '[{"at":},{"at":}]'],
    ['one below any name', '{"a":{"at":1},"b":{"at":2}}', ['*.at'], '{"a":{"at":},"b":{"at":}}'],
    ['an item by its number', '[1,[5],3]', ['1', '2'], '[1,,]'],
    ['several, one inside another', '{"a":{"b":1,"c":2},"d":3}', ['a', 'a.b', 'd'], '{"a":,"d":}'],
    ['one with blanks around it', '{ "now" : 12 ,\n"a" : 1 }', ['now'], '{ "now" :  ,\n"a" : 1 }'],
    [
      'a name that the server has escaped',
      String.raw`{"zeit":1,"z\u00e4hler":2}`,
      ['zähler'],
      String.raw`{"zeit":1,"z\u00e4hler":}`,
    ],
    ['a name beyond ASCII', '{"zähler":2}', ['zähler'], '{"zähler":}'],
    ['a name that comes twice', '{"now":1,"now":2}', ['now'], '{"now":,"now":}'],
    ['one after a byte order mark', '\uFEFF{"now":1}', ['now'], '{"now":}'],
  ])('are left out: %s', (_, text, paths, left) => {
    expect(leftOf(text, ...paths)).toBe(left)
  })

  it.each<[string, string, string[]]>([
    ['none of the members is there', '{"a":1}', ['now']],
    ['the name is a value', '{"a":"now"}', ['now']],
    ['the name is further inside', '{"a":{"now":1}}', ['now']],
    ['the path goes on below a value', '{"a":1}', ['a.b']],
    ['the name is that of an object of everybody', '{"a":1}', ['toString', '__proto__']],
    ['it breaks off', '{"now":1', ['now']],
    ['it breaks off in a text', '{"now":"1', ['now']],
    ['something follows', '{"now":1} {"now":2}', ['now']],
    ['a bracket is of another kind', '{"now":1]', ['now']],
    ['it is a document', '<html>{"now":1}</html>', ['now']],
    ['it is a text', '"now"', ['now']],
    ['it is empty', '', ['now']],
  ])('are none where %s', (_, text, paths) => {
    expect(leftOf(text, ...paths)).toBeUndefined()
  })

  it('leave numbers that no number of JavaScript can hold as they are', () => {
    const [one, other] = ['{"id":9007199254740993,"now":1}', '{"id":9007199254740992,"now":2}']
    expect(leftOf(one, 'now')).not.toBe(leftOf(other, 'now'))
  })

  it('are found however deep lists lie in each other', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    expect(leftOf(`{"a":${deep},"now":1}`, 'now')).toBe(`{"a":${deep},"now":}`)
  })

  it('are looked for in slices', () => {
    const items = Array.from({ length: 40_000 }, (_, id) => ({
      id,
      name: `product ${id}`,
      tags: ['a', 'b'],
      seenAt: id,
    }))
    const bytes = bytesOf(JSON.stringify({ items, now: 1 }))
    const { left, pauses } = scanned(bytes, [['items', '*', 'seenAt'], ['now']])
    expect(pauses).toBeGreaterThanOrEqual(Math.floor(bytes.length / (512 * 1024)))
    const withoutSeen = items.map((item) => JSON.stringify(item).replace(/"seenAt":\d+/, '"seenAt":'))
    expect(new TextDecoder().decode(left)).toBe(`{"items":[${withoutSeen.join(',')}],"now":}`)
  })
})

describe('two bodies', () => {
  it('are alike where they differ in the member alone', () => {
    const text = (others: object, now: unknown): string => JSON.stringify({ ...others, now }, undefined, 1)
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.jsonValue(), (others, one, other) => {
        expect(leftOf(text(others, one), 'now')).toBe(leftOf(text(others, other), 'now'))
      }),
    )
  })

  it('differ where anything else does', () => {
    const text = (others: object): string => JSON.stringify({ others, now: 1 })
    const members = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(members, members, (one, other) => {
        expect(leftOf(text(one), 'now') === leftOf(text(other), 'now')).toBe(text(one) === text(other))
      }),
    )
  })
})
