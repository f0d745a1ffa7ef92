import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestHead } from './heads.fixture.ts'
import { entryKey, isOfToken, type KeyParts, methodOfKey, partitionName, partitionPrefix, urlPrefix } from './key.ts'
import { asksForBytes } from './range.ts'
import { searched } from './search.ts'

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
      'is another for a body than for a named field that says so',
      () => asked('one'),
      () => keyOf({ body: 'one' }, { method: 'QUERY', keyHeaders: ['body'] }),
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
    expect(keyOf()).toBe(`everyone\nrow\n${URL_A}\nGET\nsame-origin\n*/*`)
    const fields = { accept: 'a/b, c/d', 'x-tenant': '7', range: 'rows=0-9', 'content-type': 'a/b' }
    expect(asked('one', fields)).toBe(
      `everyone\nrow\n${URL_A}\nQUERY\nsame-origin\na/b,c/d\nx-tenant:7\nrange:rows=0-9\ncontent-type:a/b\nbody one`,
    )
  })

  it('has the prefix of its URL, which no key of another URL has', () => {
    expect(keyOf().startsWith(urlPrefix('everyone', URL_A))).toBe(true)
    expect(keyOf().startsWith(urlPrefix('everyone', URL_A.slice(0, -1)))).toBe(false)
    expect(keyOf({}, { partition: 'everyone2' }).startsWith(urlPrefix('everyone', URL_A))).toBe(false)
  })

  it('begins with its partition, which is read back from it', () => {
    const partition = partitionName('token', 'https://id', 'ada')
    const key = keyOf({}, { partition })
    expect(key.startsWith(partitionPrefix(partition))).toBe(true)
    expect(key.startsWith(partitionPrefix(partition))).toBe(true)
    expect(key.startsWith(partitionPrefix(partition.slice(0, -1)))).toBe(false)
  })

  // Text that a page controls, with the separators of the key except the line feed, which Fetch refuses.
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

  it('differs unless all parts are the same', () => {
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
    [
      'two numbers, should the types be wrong',
      () => partitionName('user', 123 as never),
      () => partitionName('user', 425 as never),
    ],
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

describe('no part of a key passes for another (I3)', () => {
  // Text that ends a part, begins one or is one; and its encoded forms.
  const piece = fc.oneof(
    fc.constantFrom('\n', '\r', '\t', '\0', ' ', '%', '%0A', '%0a', '%2F', '%00', '%5Cn', String.raw`\n`, '"', '\\'),
    fc.constantFrom(
      '/',
      ':',
      '?',
      '#',
      'user/',
      'token/',
      'everyone',
      'GET',
      'same-origin',
      '*/*',
      'body',
      'x-tenant:',
    ),
    fc.constantFrom('\ud800', '\udfff', String.raw`\ud800`, '\u2028', '\u0085', '\u00a0', 'é', URL_A, 'a', 'a'),
    fc.string({ unit: 'binary', maxLength: 2 }),
  )
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))

  /** A field value that Fetch accepts: bytes, trimmed, without line ends. */
  const value = text.map((given) => {
    const bytes = [...given].filter((character) => character <= '\u00ff').join('')
    try {
      return new Headers({ field: bytes }).get('field') ?? ''
    } catch {
      return new Headers({ field: bytes.replaceAll(/[\0\r\n]/g, '') }).get('field') ?? ''
    }
  })

  /** A URL as the browser serialises it, without fragment; undefined when it is invalid. */
  function serialised(given: string): string | undefined {
    try {
      return new URL(given).href.split('#', 1)[0]
    } catch {
      return undefined
    }
  }

  /** Such a URL, as it is or rewritten by a No-Vary-Search policy. */
  const url = fc
    .tuple(
      fc.constantFrom('https://shop.example/', 'https://', 'http://[::1]:8080/?', 'https://ada:s@a/', 'data:'),
      text,
    )
    .map(([base, rest]) => serialised(base + rest))
    .filter((href) => href !== undefined)
    .chain((href) => fc.constantFrom(href, searched(href, { ignored: [], except: [], anyOrder: true })))

  const partition = fc
    .tuple(fc.constantFrom('everyone', 'token', 'user'), fc.array(text, { maxLength: 3 }))
    .map(([kind, ids]) => partitionName(kind, ...ids))

  const keyParts = fc.record<KeyParts>({
    partition,
    url,
    request: fc
      .record({
        method: fc.constantFrom('GET', 'HEAD', 'POST', 'QUERY'),
        fields: fc.dictionary(
          fc.constantFrom('accept', 'range', 'content-type', 'content-encoding', 'x-tenant', 'body', 'x-trace'),
          value,
        ),
        range: fc.option(fc.constantFrom('bytes=0-1', 'Bytes = 5-', 'rows=0-9'), { nil: undefined }),
      })
      .map(({ method, fields, range }) =>
        requestHead({ ...fields, ...(range !== undefined && { range }) }, { method }),
      ),
    credentials: fc.constantFrom('omit', 'same-origin', 'include'),
    keyHeaders: fc.subarray(['x-tenant', 'body', 'range', 'content-type', 'accept']),
    bodyDigest: fc.option(fc.base64String(), { nil: undefined }),
  })

  /** The parts of a key that must be distinguishable. */
  function counting({ partition, request, url, credentials, keyHeaders, bodyDigest }: KeyParts): unknown {
    const { method, fields } = request
    const names = new Set([
      ...keyHeaders,
      ...(asksForBytes(fields) ? [] : ['range']),
      ...(bodyDigest === undefined ? [] : ['content-type', 'content-encoding']),
    ])
    return {
      partition,
      url,
      method: method === 'HEAD' ? 'GET' : method,
      credentials,
      accept: (fields.get('accept') ?? '*/*').replaceAll(/\s/g, ''),
      fields: new Map([...fields].filter(([name]) => names.has(name))),
      bodyDigest,
    }
  }

  /** The same parts, read back from the key alone. */
  function readBack(key: string): unknown {
    const [partition, , url, method, credentials, accept, ...lines] = key.split('\n')
    const bodies = lines.filter((line) => line.startsWith(BODY))
    const fields = lines
      .filter((line) => !line.startsWith(BODY))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const)
    return {
      partition,
      url,
      method,
      credentials,
      accept,
      fields: new Map(fields),
      bodyDigest: bodies[0]?.slice(BODY.length),
    }
  }
  const BODY = 'body '

  it('since all its parts can be read back', () => {
    fc.assert(
      fc.property(keyParts, (given) => {
        const key = entryKey(given)
        expect(readBack(key)).toEqual(counting(given))
        expect(key.startsWith(partitionPrefix(given.partition))).toBe(true)
        expect(readBack(key)).toMatchObject({ method: methodOfKey(key) })
      }),
      { numRuns: 3000 },
    )
  })

  it('since no key has the prefix of another partition or URL', () => {
    const near = fc.constantFrom('', '/', '/a', '?', '%0A', 'a', '\n', '/user/ada')
    fc.assert(
      fc.property(keyParts, keyParts, near, fc.subarray(['partition', 'url'] as const), (one, other, more, kept) => {
        const mixed = { ...other, ...Object.fromEntries(kept.map((name) => [name, one[name]])) }
        const longer = serialised(one.url + more) ?? one.url
        for (const { partition, url, ...rest } of [mixed, { ...mixed, url: longer }]) {
          const key = entryKey({ partition, url, ...rest })
          const isTheirs = partition === one.partition
          expect(key.startsWith(partitionPrefix(one.partition))).toBe(isTheirs)
          expect(key.startsWith(urlPrefix(one.partition, one.url))).toBe(isTheirs && url === one.url)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('since the name of a partition encodes its user, in characters that end no part', () => {
    fc.assert(
      fc.property(fc.constantFrom('everyone', 'token', 'user'), fc.array(text, { maxLength: 3 }), (kind, ids) => {
        const name = partitionName(kind, ...ids)
        const [first, ...encoded] = name.split('/')
        const readBack = encoded.map((id): unknown => JSON.parse(`"${decodeURIComponent(id)}"`))
        expect([first, ...readBack]).toEqual([kind, ...ids])
        expect(name).toMatch(/^[!-~]*$/)
      }),
      { numRuns: 3000 },
    )
  })
})
