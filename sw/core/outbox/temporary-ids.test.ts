import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyWithIds, type IdOf, idsIn, serverIdOf, urlWithIds } from './temporary-ids.ts'

const MAP = new Map([
  ['tmp-1', { id: '7', json: '7' }],
  ['tmp-2', { id: 'b/ä', json: '"b/ä"' }],
  ['tmp é', { id: '9', json: '"9"' }],
])
const idFor: IdOf = (text) => MAP.get(text)
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8'

describe('a URL', () => {
  test.each([
    ['has whole segments replaced', 'https://a.example/p/tmp-1', 'https://a.example/p/7'],
    [
      'has segments in the middle replaced',
      'https://a.example/p/tmp-1/parts/tmp-2',
      'https://a.example/p/7/parts/b%2F%C3%A4',
    ],
    ['has encoded segments replaced', 'https://a.example/p/tmp%2D1/tmp%20%C3%A9', 'https://a.example/p/7/9'],
    [
      'has whole values of its query replaced',
      '/s?product=tmp-1&of=tmp%20%C3%A9&x=tmp+%C3%A9',
      '/s?product=7&of=9&x=9',
    ],
    ['keeps names of its query', '/s?tmp-1=1&tmp-1', '/s?tmp-1=1&tmp-1'],
    ['keeps what only contains an id', '/p/xtmp-1/tmp-12?a=tmp-1,tmp-2', '/p/xtmp-1/tmp-12?a=tmp-1,tmp-2'],
    [
      'keeps its host, its fragment and odd encoding',
      'https://tmp-1/%7e//%zz?a=%7E&&b#tmp-1',
      'https://tmp-1/%7e//%zz?a=%7E&&b#tmp-1',
    ],
    ['keeps an empty query', '/p/tmp-1?', '/p/7?'],
  ])('%s', (_, url, expected) => {
    expect(urlWithIds(url, idFor)).toBe(expected)
  })

  test('without a temporary id stays as it is, to the last character', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(urlWithIds(url, idFor)).toBe(url)
      }),
    )
  })
})

describe('a JSON body', () => {
  test.each([
    [
      'has whole texts replaced, as the server writes them',
      '{"product":"tmp-1","other":"tmp-2"}',
      '{"product":7,"other":"b/ä"}',
    ],
    ['has names of members replaced, as texts', '{"stock" : { "tmp-1" : 3 }}', '{"stock" : { "7" : 3 }}'],
    ['has names of members replaced, however they are spaced', '{"tmp-1":1,"tmp-2" \n\t:2}', '{"7":1,"b/ä" \n\t:2}'],
    [
      'keeps spaces, numbers and escapes',
      '{\n\t"n": 1.50e+3, "big": 9007199254740993, "e": "\\u0041\\/" , "p": "tmp-1" }\n',
      '{\n\t"n": 1.50e+3, "big": 9007199254740993, "e": "\\u0041\\/" , "p": 7 }\n',
    ],
    ['keeps repeated members', '{"a":"tmp-1","a":"tmp-1"}', '{"a":7,"a":7}'],
    ['has an escaped id replaced', '["\\u0074mp-1"]', '[7]'],
    [
      'keeps what only contains an id',
      '["say \\"tmp-1\\" now","tmp-12","xtmp-1","a:\\"tmp-1\\""]',
      '["say \\"tmp-1\\" now","tmp-12","xtmp-1","a:\\"tmp-1\\""]',
    ],
    ['may be one text', '"tmp-1"', '7'],
    ['that is no JSON stays as it is', '{"p":"tmp-1"', '{"p":"tmp-1"'],
  ])('%s', (_, text, expected) => {
    expect(bodyWithIds(text, JSON_TYPE, idFor)).toBe(expected)
  })

  const key = fc.oneof(fc.constantFrom('a', 'b', 'x tmp-1', '"tmp-1"', '\\'), fc.string())
  const leaf = fc.oneof(fc.constantFrom('tmp-1', 'tmp-2', 'x"tmp-1"', '"tmp-1', 'tmp-1\\', 1, null, true), fc.string())
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(key, tie('any'), { noNullPrototype: true }),
    ),
  })).any

  const replaced = (given: unknown): unknown => {
    if (typeof given === 'string') return given === 'tmp-1' ? 7 : given === 'tmp-2' ? 'b/ä' : given
    if (Array.isArray(given)) return given.map(replaced)
    if (typeof given !== 'object' || given === null) return given
    return Object.fromEntries(Object.entries(given).map(([name, member]) => [name, replaced(member)]))
  }

  test('means what it did but for whole texts that are ids', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, '\t'), (given, space) => {
        const text = JSON.stringify(given, undefined, space)
        expect(JSON.parse(bodyWithIds(text, JSON_TYPE, idFor))).toEqual(replaced(JSON.parse(text)))
      }),
    )
  })

  test('that names no temporary id stays as it is, to the last character', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(bodyWithIds(text, JSON_TYPE, idFor)).toBe(text)
      }),
    )
  })

  test('of megabytes in one text is no problem', () => {
    const long = 'x\\n'.repeat(2_000_000)
    expect(bodyWithIds(`{"file":"${long}","p":"tmp-1"}`, JSON_TYPE, idFor)).toBe(`{"file":"${long}","p":7}`)
  })
})

describe('another body', () => {
  test.each([
    ['form data has whole values replaced', FORM, 'p=tmp-1&n=tmp-1+x&e=tmp%2D1', 'p=7&n=tmp-1+x&e=7'],
    ['a JSON type of its own is JSON', 'application/vnd.shop+json', '["tmp-1"]', '[7]'],
    ['a merge patch is JSON', 'application/merge-patch+json; charset=utf-8', '["tmp-1"]', '[7]'],
    ['plain text stays as it is', 'text/plain', '"tmp-1"', '"tmp-1"'],
    ['what looks like JSON is none', 'application/jsonlines', '"tmp-1"', '"tmp-1"'],
    ['a body without a type stays as it is', undefined, '"tmp-1"', '"tmp-1"'],
  ])('%s', (_, type, text, expected) => {
    expect(bodyWithIds(text, type, idFor)).toBe(expected)
  })
})

test('a request says which temporary ids it names', () => {
  const named = idsIn({ url: '/p/tmp-1?of=tmp-9', body: '{"tmp-2":["tmp-1","x tmp-3"]}', type: JSON_TYPE }, (text) =>
    text.startsWith('tmp-'),
  )
  expect(named).toEqual(['tmp-1', 'tmp-9', 'tmp-2'])
  expect(idsIn({ url: '/p', body: undefined, type: undefined }, () => true)).toEqual(['', 'p'])
})

describe("the server's id", () => {
  test.each<[string, unknown, string | undefined, object | undefined]>([
    ['is a number of its JSON', { id: 7 }, undefined, { id: '7', json: '7' }],
    ['is a text of its JSON, also where that looks like a number', { id: '7' }, undefined, { id: '7', json: '"7"' }],
    ['is within a wrapper', { data: { id: 'a' } }, undefined, { id: 'a', json: '"a"' }],
    ['is within the name of the entity', { product: { id: 7 } }, undefined, { id: '7', json: '7' }],
    ['is that of the JSON before that of Location', { id: 7 }, '/p/8', { id: '7', json: '7' }],
    ['is the last segment of Location', undefined, 'https://a.example/p/8/?x#y', { id: '8', json: '8' }],
    ['is a number of several digits', undefined, '/p/120', { id: '120', json: '120' }],
    ['is a decoded text', undefined, '/p/a%2Fb', { id: 'a/b', json: '"a/b"' }],
    ['is a text where a number would be another', undefined, '/p/007', { id: '007', json: '"007"' }],
    [
      'is a text where a number could not hold it',
      undefined,
      '/p/9007199254740993',
      { id: '9007199254740993', json: '"9007199254740993"' },
    ],
    ['is none where a number cannot hold it', { id: Number('9007199254740993') }, '/p/1', undefined],
    ['is none where no URL can hold it', { id: 'a\ud800' }, '/p/1', undefined],
    ['is none where nothing names it', { ok: true }, undefined, undefined],
    ['is none in a list', [{ id: 7 }], undefined, undefined],
    ['is none in an empty Location', null, '/', undefined],
  ])('%s', (_, body, location, expected) => {
    expect(serverIdOf({ body, location }, 'id', 'product')).toEqual(expected)
  })
})
