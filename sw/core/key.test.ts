import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestHead } from './heads.fixture.ts'
import { entryKey, isOfToken, type KeyParts, partitionName, partitionOfKey, partitionPrefix, urlPrefix } from './key.ts'

const URL_A = 'https://shop.example/api/products?page=2'

const keyOf = (fields: Record<string, string> = {}, other: Partial<KeyParts> & { method?: string } = {}): string =>
  entryKey({
    partition: 'everyone',
    request: requestHead(fields, { method: other.method ?? 'GET' }),
    url: URL_A,
    credentials: 'same-origin',
    keyHeaders: ['x-tenant', 'x-api-version'],
    ...other,
  })

type Key = () => string

/** The key of a QUERY by the digest of its body. */
const asked = (bodyDigest: string, fields: Record<string, string> = {}): string =>
  keyOf(fields, { method: 'QUERY', bodyDigest })

describe('the key of an answer', () => {
  it.each<[rule: string, one: Key, other: Key, same: boolean]>([
    ['is the same for HEAD as for GET', () => keyOf({}, { method: 'HEAD' }), keyOf, true],
    ['is another for POST', () => keyOf({}, { method: 'POST' }), keyOf, false],
    ['is another for another partition', () => keyOf({}, { partition: 'user/ada' }), keyOf, false],
    ['is another for another URL', () => keyOf({}, { url: `${URL_A}1` }), keyOf, false],
    ['is another for other credentials', () => keyOf({}, { credentials: 'omit' }), keyOf, false],
    ['is another for another Accept, though nothing says Vary', () => keyOf({ accept: 'text/csv' }), keyOf, false],
    ['takes no Accept for any', () => keyOf({ accept: '*/*' }), keyOf, true],
    [
      'has no white space of an Accept',
      () => keyOf({ accept: 'a/b, c/d; q=0.1' }),
      () => keyOf({ accept: 'a/b,c/d;q=0.1' }),
      true,
    ],
    [
      'keeps capitals of an Accept: a parameter may mean them',
      () => keyOf({ accept: 'a/b;v=A' }),
      () => keyOf({ accept: 'a/b;v=a' }),
      false,
    ],
    [
      'is another for another value of a named field',
      () => keyOf({ 'x-tenant': '1' }),
      () => keyOf({ 'x-tenant': '2' }),
      false,
    ],
    ['tells a named field absent from empty', () => keyOf({ 'x-tenant': '' }), keyOf, false],
    [
      'tells which named field has a value',
      () => keyOf({ 'x-tenant': '1' }),
      () => keyOf({ 'x-api-version': '1' }),
      false,
    ],
    ['is the same whatever is not named', () => keyOf({ 'x-trace': '1' }), keyOf, true],
    [
      'is another for another page by Range',
      () => keyOf({ range: 'customers=0-24' }),
      () => keyOf({ range: 'customers=25-49' }),
      false,
    ],
    ['is another with a Range than without', () => keyOf({ range: 'customers=0-24' }), keyOf, false],
    ['is the same for a part in bytes: it is of the same answer', () => keyOf({ range: 'bytes=0-24' }), keyOf, true],
    ['is the same for a part in bytes in capitals', () => keyOf({ range: 'Bytes=0-24' }), keyOf, true],
    ['is another for a unit that only begins so', () => keyOf({ range: 'bytes2=0-24' }), keyOf, false],
    ['has no type of a request without a body', () => keyOf({ 'content-type': 'a/b' }), keyOf, true],
    ['is another with a body than without', () => asked('one'), () => keyOf({}, { method: 'QUERY' }), false],
    ['is another for another body', () => asked('one'), () => asked('two'), false],
    ['is the same for the same body', () => asked('one'), () => asked('one'), true],
    [
      'is another for the same bytes of another type (RFC 10008 §2.7)',
      () => asked('one', { 'content-type': 'a/b' }),
      () => asked('one', { 'content-type': 'a/c' }),
      false,
    ],
    [
      'is another for the same bytes in another coding (RFC 10008 §2.7)',
      () => asked('one', { 'content-encoding': 'gzip' }),
      () => asked('one', { 'content-encoding': 'br' }),
      false,
    ],
    [
      'is another for QUERY than for POST',
      () => asked('one'),
      () => keyOf({}, { method: 'POST', bodyDigest: 'one' }),
      false,
    ],
  ])('%s', (_, one, other, same) => {
    expect(one() === other()).toBe(same)
  })

  it('is written as it is in every store there is', () => {
    expect(keyOf()).toBe(`everyone\n${URL_A}\nGET\nsame-origin\n*/*`)
    const fields = { accept: 'a/b, c/d', 'x-tenant': '7', range: 'rows=0-9', 'content-type': 'a/b' }
    expect(asked('one', fields)).toBe(
      `everyone\n${URL_A}\nQUERY\nsame-origin\na/b,c/d\nx-tenant:7\nrange:rows=0-9\ncontent-type:a/b\nbody:one`,
    )
  })

  it('begins with what all keys of its URL begin with, and no other does', () => {
    expect(keyOf().startsWith(urlPrefix('everyone', URL_A))).toBe(true)
    expect(keyOf().startsWith(urlPrefix('everyone', URL_A.slice(0, -1)))).toBe(false)
    expect(keyOf({}, { partition: 'everyone2' }).startsWith(urlPrefix('everyone', URL_A))).toBe(false)
  })

  it('begins with its partition, which is read back from it', () => {
    const partition = partitionName('token', 'https://id', 'ada')
    const key = keyOf({}, { partition })
    expect(partitionOfKey(key)).toBe(partition)
    expect(key.startsWith(partitionPrefix(partition))).toBe(true)
    expect(key.startsWith(partitionPrefix(partition.slice(0, -1)))).toBe(false)
  })

  // What a page may control, with the separators of the key in it, but for the line feed that Fetch refuses.
  const hostile = fc
    .oneof(
      fc.string(),
      fc
        .array(fc.constantFrom('GET', 'range:', 'x-tenant:', ':', '/', 'user', '%0A', ' ', 'a'))
        .map((all) => all.join('')),
    )
    .map((text) => text.replaceAll(/\s/g, ''))
  const optional = fc.option(hostile, { nil: undefined })
  const parts = fc.record({
    kind: fc.constantFrom<('user' | 'token')[]>('user', 'token'),
    ids: fc.array(fc.oneof(fc.string({ unit: 'binary' }), hostile), { maxLength: 3 }),
    path: hostile,
    credentials: fc.constantFrom('omit', 'same-origin', 'include'),
    fields: fc.record({ accept: hostile, 'x-tenant': optional, 'x-api-version': optional, range: optional }),
  })

  it('is another for anything else than the same parts', () => {
    fc.assert(
      fc.property(
        parts,
        parts,
        fc.subarray(['kind', 'ids', 'path', 'credentials', 'fields'] as const),
        (one, other, kept) => {
          const mixed = { ...other, ...Object.fromEntries(kept.map((name) => [name, one[name]])) }
          const [first, second] = [one, mixed].map(({ kind, ids, path, credentials, fields }) => {
            const given = Object.entries(fields).flatMap(([name, value]) =>
              value === undefined ? [] : [[name, value] as const],
            )
            return keyOf(Object.fromEntries(given), {
              partition: partitionName(kind, ...ids),
              url: `https://shop.example/${encodeURI(path.toWellFormed())}`,
              credentials,
            })
          })
          expect(first === second).toBe(JSON.stringify(one, keysInOrder) === JSON.stringify(mixed, keysInOrder))
        },
      ),
      { numRuns: 500 },
    )
  })
})

const keysInOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value

describe('the name of a partition (I3)', () => {
  it.each<[rule: string, name: Key, expected: string]>([
    ['is plain for everyone', () => partitionName('everyone'), 'everyone'],
    ['is plain for plain names', () => partitionName('user', 'ada'), 'user/ada'],
    [
      'keeps an issuer and a subject apart',
      () => partitionName('token', 'https://id', 'ada'),
      'token/https%3A%2F%2Fid/ada',
    ],
    ['has no line feed', () => partitionName('user', 'a\nb'), 'user/a%5Cnb'],
    ['takes a broken surrogate', () => partitionName('user', '\ud800'), 'user/%5Cud800'],
  ])('%s', (_, name, expected) => {
    expect(name()).toBe(expected)
  })

  it.each<[rule: string, one: Key, other: Key]>([
    ['a user named like everyone', () => partitionName('user', 'everyone'), () => partitionName('everyone')],
    ['two names and one with a slash', () => partitionName('user', 'a', 'b'), () => partitionName('user', 'a/b')],
    ['no name and an empty one', () => partitionName('user'), () => partitionName('user', '')],
    ['a user and a token', () => partitionName('user', 'a'), () => partitionName('token', 'a')],
    ['a character and its escape', () => partitionName('user', '\n'), () => partitionName('user', String.raw`\n`)],
    ['two broken surrogates', () => partitionName('user', '\ud800'), () => partitionName('user', '\ud801')],
  ])('tells apart %s', (_, one, other) => {
    expect(one()).not.toBe(other())
  })

  it.each<[rule: string, name: Key, isOne: boolean]>([
    ['is of a token by its kind', () => partitionName('token', 'https://id', 'ada'), true],
    ['is of none for everyone', () => partitionName('everyone'), false],
    ['is of none for a user of that name', () => partitionName('user', 'token/ada'), false],
  ])('%s', (_, name, isOne) => {
    expect(isOfToken(name())).toBe(isOne)
  })
})
