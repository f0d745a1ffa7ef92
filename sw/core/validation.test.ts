import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from './header-text.fixture.ts'
import { fieldsOf } from './heads.fixture.ts'
import { conditions, confirmed, isConditional, mergedFields, sameValidator, storedFields } from './validation.ts'

const MONDAY = 'Mon, 02 Mar 2026 12:00:00 GMT'
const TUESDAY = 'Tue, 03 Mar 2026 12:00:00 GMT'

describe('a request that a 304 may answer (RFC 9110 §13.2.2)', () => {
  it.each(['if-none-match', 'if-modified-since'])('has %s', (name) => {
    expect(isConditional(fieldsOf({ accept: '*/*', [name]: '' }))).toBe(true)
  })

  it.each(['if-match', 'if-unmodified-since', 'if-range', 'if-ever', 'range'])('is none by %s', (name) => {
    expect(isConditional(fieldsOf({ accept: '*/*', [name]: '"1"' }))).toBe(false)
  })
})

describe('the conditions of a validation (RFC 9111 §4.3.1)', () => {
  it.each<[rule: string, stored: Record<string, string>, asked: [string, string][]]>([
    ['are none without a validator', { date: MONDAY }, []],
    ['send the tag as it was received', { etag: 'W/"1"' }, [['if-none-match', 'W/"1"']]],
    ['send the date as it was received', { 'last-modified': MONDAY }, [['if-modified-since', MONDAY]]],
    [
      'send both',
      { etag: '"1"', 'last-modified': MONDAY },
      [
        ['if-none-match', '"1"'],
        ['if-modified-since', MONDAY],
      ],
    ],
    [
      'send the date where the answer was made a second later at least (RFC 9110 §8.8.2.2)',
      { 'last-modified': MONDAY, date: 'Mon, 02 Mar 2026 12:00:01 GMT' },
      [['if-modified-since', MONDAY]],
    ],
    [
      'send no date of the second in which the answer was made: what changed later in it has the same',
      { 'last-modified': MONDAY, date: MONDAY },
      [],
    ],
    [
      'send the tag of such an answer',
      { etag: '"1"', 'last-modified': MONDAY, date: MONDAY },
      [['if-none-match', '"1"']],
    ],
    ['send a date beside one that is none', { 'last-modified': MONDAY, date: '0' }, [['if-modified-since', MONDAY]]],
    ['leave out what is no tag', { etag: 'one', 'last-modified': MONDAY }, [['if-modified-since', MONDAY]]],
  ])('%s', (_, stored, asked) => {
    expect(conditions([fieldsOf(stored)], fieldsOf())).toEqual(asked)
  })

  it.each<[rule: string, stored: Record<string, string>[], asked: [string, string][]]>([
    ['are none about nothing', [], []],
    ['name the tags of all', [{ etag: '"1"' }, { etag: 'W/"2"' }], [['if-none-match', '"1", W/"2"']]],
    ['name a tag once', [{ etag: '"1"' }, { etag: '"1"' }], [['if-none-match', '"1"']]],
    ['name only those that are tags', [{ etag: 'one' }, { etag: '"2"' }, {}], [['if-none-match', '"2"']]],
    [
      'ask by no date about several: a 304 would not say which',
      [{ etag: '"1"', 'last-modified': MONDAY }, { 'last-modified': TUESDAY }],
      [['if-none-match', '"1"']],
    ],
  ])('%s (§4.3.1)', (_, stored, asked) => {
    expect(conditions(stored.map(fieldsOf), fieldsOf())).toEqual(asked)
  })

  it.each<[rule: string, own: Record<string, string>, stored: Record<string, string>[], asked: [string, string][]]>([
    ['keep the tags of the page', { 'if-none-match': '"0"' }, [], [['if-none-match', '"0"']]],
    [
      'ask about the page’s tags and ours',
      { 'if-none-match': '"0"' },
      [{ etag: '"1"' }],
      [['if-none-match', '"0", "1"']],
    ],
    ['ask once about a tag that is both', { 'if-none-match': '"1"' }, [{ etag: '"1"' }], [['if-none-match', '"1"']]],
    [
      'ask about a list of the page’s and ours',
      { 'if-none-match': '"a,b", W/"c"' },
      [{ etag: '"1"' }],
      [['if-none-match', '"a,b", W/"c", "1"']],
    ],
    [
      'leave a star alone: nothing may stand beside it',
      { 'if-none-match': '*' },
      [{ etag: '"1"' }],
      [['if-none-match', '*']],
    ],
    [
      'leave a star alone with white space around it',
      { 'if-none-match': ' * ' },
      [{ etag: '"1"' }],
      [['if-none-match', ' * ']],
    ],
    [
      'ask by our date, not by the page’s',
      { 'if-modified-since': TUESDAY },
      [{ 'last-modified': MONDAY }],
      [['if-modified-since', MONDAY]],
    ],
  ])('%s (§4.3.2)', (_, own, stored, asked) => {
    expect(conditions(stored.map(fieldsOf), fieldsOf(own))).toEqual(asked)
  })

  it('name every tag that is stored, whatever the page asked', () => {
    const tag = fc.stringMatching(/^(W\/)?"[!#-~]{0,5}"$/)
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), fc.option(tag), (stored, own) => {
        const [condition] = conditions(
          stored.map((etag) => fieldsOf({ etag })),
          fieldsOf(own === null ? {} : { 'if-none-match': own }),
        )
        const all = new Set([...(own === null ? [] : [own]), ...stored])
        expect(condition).toEqual(['if-none-match', [...all].join(', ')])
      }),
    )
  })
})

describe('a 304 (RFC 9111 §4.3.4)', () => {
  it.each<[rule: string, said: Record<string, string>, stored: Record<string, string>, isOfIt: boolean]>([
    ['confirms what has its strong tag', { etag: '"1"' }, { etag: '"1"' }, true],
    ['does not confirm what has another strong tag', { etag: '"2"' }, { etag: '"1"' }, false],
    ['confirms by a strong tag the only response, which has the weak one', { etag: '"1"' }, { etag: 'W/"1"' }, true],
    ['confirms by a tag that names a coding', { etag: '"1-gzip"' }, { etag: '"1"' }, true],
    ['confirms by a tag that names no coding any more', { etag: '"1"' }, { etag: 'W/"1--gzip"' }, true],
    ['does not confirm by a tag with another suffix', { etag: '"1-2"' }, { etag: '"1"' }, false],
    ['confirms by a weak tag what has the strong one', { etag: 'W/"1"' }, { etag: '"1"' }, true],
    ['confirms by a weak tag what has the weak one', { etag: 'W/"1"' }, { etag: 'W/"1"' }, true],
    ['does not confirm what has another weak tag', { etag: 'W/"2"' }, { etag: 'W/"1"' }, false],
    ['does not confirm by a tag what has none', { etag: '"1"' }, { 'last-modified': MONDAY }, false],
    ['does not confirm by a weak tag what has none', { etag: 'W/"1"' }, { 'last-modified': MONDAY }, false],
    ['confirms without a tag the only response asked about', {}, { etag: '"1"' }, true],
    ['confirms without validators what has none', {}, {}, true],
    ['confirms without validators the only response asked about, by a date', {}, { 'last-modified': MONDAY }, true],
    ['takes what is no tag for none', { etag: 'one' }, { etag: '"1"' }, true],
    ['confirms what was modified when it says', { 'last-modified': MONDAY }, { 'last-modified': MONDAY }, true],
    [
      'does not confirm what was modified at another time',
      { 'last-modified': TUESDAY },
      { 'last-modified': MONDAY },
      false,
    ],
    ['confirms by a date what has only a tag', { 'last-modified': MONDAY }, { etag: '"1"' }, true],
    [
      'confirms by the tag, whatever the dates',
      { etag: '"1"', 'last-modified': TUESDAY },
      { etag: '"1"', 'last-modified': MONDAY },
      true,
    ],
  ])('%s', (_, said, stored, isOfIt) => {
    const row = { fields: fieldsOf(stored) }
    expect(confirmed(fieldsOf(said), [row])).toBe(isOfIt ? row : undefined)
  })

  it.each<[rule: string, said: Record<string, string>, stored: Record<string, string>[], place: number]>([
    ['confirms nothing where nothing was asked about', { etag: '"1"' }, [], -1],
    ['confirms of several the one that has its strong tag', { etag: '"2"' }, [{ etag: '"1"' }, { etag: '"2"' }], 1],
    ['confirms of several the one that has it strongly', { etag: '"1"' }, [{ etag: 'W/"1"' }, { etag: '"1"' }], 1],
    ['confirms by a weak tag the latest that has it', { etag: 'W/"1"' }, [{ etag: '"1"' }, { etag: 'W/"1"' }], 0],
    ['confirms by a weak tag no later one that has another', { etag: 'W/"1"' }, [{ etag: '"2"' }, { etag: '"1"' }], 1],
    ['confirms none of several that have other tags', { etag: '"3"' }, [{ etag: '"1"' }, { etag: '"2"' }], -1],
    ['confirms none of several without a tag', {}, [{ etag: '"1"' }, { etag: '"2"' }], -1],
    ['confirms none of several by a date', { 'last-modified': MONDAY }, [{ 'last-modified': MONDAY }, {}], -1],
  ])('%s', (_, said, stored, place) => {
    const rows = stored.map((fields) => ({ fields: fieldsOf(fields) }))
    expect(confirmed(fieldsOf(said), rows)).toBe(rows[place])
  })
})

describe('two answers', () => {
  it.each([
    ['are the same by an equal tag', '"1"', '"1"', true],
    ['are the same by a weakly equal tag', 'W/"1"', '"1"', true],
    ['are not the same by another tag', '"1"', '"2"', false],
    ['are not known to be the same where the first has no tag', undefined, '"1"', undefined],
    ['are not known to be the same where the second has no tag', '"1"', undefined, undefined],
    ['are not known to be the same where a tag is invalid', 'one', 'one', undefined],
  ])('%s', (_, one, other, same) => {
    const tagged = (etag: string | undefined) => fieldsOf(etag === undefined ? {} : { etag })
    expect(sameValidator(tagged(one), tagged(other))).toBe(same)
  })
})

const OF_THE_CONNECTION = {
  connection: 'close, X-Hop',
  'keep-alive': 'timeout=5',
  'proxy-authenticate': 'Basic',
  'proxy-authentication-info': 'x',
  'proxy-authorization': 'x',
  'proxy-connection': 'close',
  te: 'trailers',
  trailer: 'x-sum',
  'transfer-encoding': 'chunked',
  upgrade: 'h2c',
  'x-hop': '1',
}

describe('the fields that are stored (RFC 9111 §3.1, RFC 9110 §7.6.1)', () => {
  it.each(Object.keys(OF_THE_CONNECTION))('lack %s, which is of one connection', (name) => {
    expect(storedFields(fieldsOf(OF_THE_CONNECTION)).has(name)).toBe(false)
  })

  it('lack Content-Length, which is of the wire', () => {
    expect(storedFields(fieldsOf({ 'content-length': '1' })).has('content-length')).toBe(false)
  })

  it.each(['gzip', 'x-gzip', 'GZIP', 'deflate', 'br', 'zstd', 'dcb', 'dcz', 'gzip, br', ''])(
    'lack the coding "%s", which the browser has decoded',
    (coding) => {
      expect(storedFields(fieldsOf({ 'content-encoding': coding })).has('content-encoding')).toBe(false)
    },
  )

  it.each(['x-own', 'identity', 'gzip, x-own', 'brotli', 'gzip2'])(
    'have the coding "%s", which no browser decodes',
    (coding) => {
      expect(storedFields(fieldsOf({ 'content-encoding': coding })).get('content-encoding')).toBe(coding)
    },
  )

  it('are all others, known or not', () => {
    const kept = {
      etag: '"1"',
      'content-type': 'a/b',
      'content-range': 'x 0-1/2',
      'cache-status': 'Edge; hit',
      'x-new': '',
    }
    expect(storedFields(fieldsOf({ ...kept, connection: 'close' }))).toEqual(fieldsOf(kept))
  })

  it('keep those that Connection does not name, though it names a part of them', () => {
    expect([...storedFields(fieldsOf({ connection: 'x-hop', 'x-hop-count': '1', 'x-ho': '2' })).keys()]).toEqual([
      'x-hop-count',
      'x-ho',
    ])
  })

  it('leave what they were taken from as it was', () => {
    const given = fieldsOf(OF_THE_CONNECTION)
    storedFields(given)
    expect(given).toEqual(fieldsOf(OF_THE_CONNECTION))
  })
})

describe('stored fields brought up to date by a 304 (RFC 9111 §3.2)', () => {
  const STORED = { etag: '"1"', 'content-type': 'application/json', 'cache-control': 'max-age=1', 'x-old': '1' }

  it.each<[rule: string, said: Record<string, string>, expected: Record<string, string>]>([
    [
      'have what it carries instead of what was stored',
      { 'cache-control': 'no-cache' },
      { 'cache-control': 'no-cache' },
    ],
    ['have what it adds', { vary: 'accept' }, { vary: 'accept' }],
    ['keep what it lacks', {}, { 'x-old': '1' }],
    ['keep the type of the body', { 'content-type': 'text/html' }, { 'content-type': 'application/json' }],
    ['have its weak tag in place of the strong one', { etag: 'W/"1"' }, { etag: 'W/"1"' }],
    ['have its location of the content', { 'content-location': '/x' }, { 'content-location': '/x' }],
  ])('%s', (_, said, expected) => {
    expect(mergedFields(fieldsOf(STORED), fieldsOf(said))).toEqual(fieldsOf({ ...STORED, ...expected }))
  })

  it.each(['content-length', 'content-encoding', 'content-range', ...Object.keys(OF_THE_CONNECTION)])(
    'get no %s from it',
    (name) => {
      expect(mergedFields(fieldsOf(STORED), fieldsOf({ connection: 'x-hop', [name]: 'x-hop' })).has(name)).toBe(false)
    },
  )

  it('have its Age and Date', () => {
    const merged = mergedFields(fieldsOf({ age: '400', date: MONDAY }), fieldsOf({ age: '3', date: TUESDAY }))
    expect(merged).toEqual(fieldsOf({ age: '3', date: TUESDAY }))
  })

  it('have no Age or Date that it does not carry: the origin confirmed them just now (§5.1)', () => {
    expect(mergedFields(fieldsOf({ age: '400', date: MONDAY }), fieldsOf())).toEqual(fieldsOf())
  })

  it('keep no credential that the 304 hands out', () => {
    expect(mergedFields(fieldsOf({ etag: '"1"' }), fieldsOf({ 'x-csrf-token': 'secret' }))).toEqual(
      fieldsOf({ etag: '"1"' }),
    )
  })

  const OF_THE_BODY = ['content-length', 'content-encoding', 'content-type', 'content-range']

  it('never differ in what describes the body, whatever it says', () => {
    fc.assert(
      fc.property(anyFields, anyFields, (stored, said) => {
        const merged = mergedFields(fieldsOf(stored), fieldsOf(said))
        for (const name of OF_THE_BODY) expect(merged.get(name)).toBe(stored[name])
      }),
    )
  })

  it('are the same when brought up to date twice', () => {
    fc.assert(
      fc.property(anyFields, anyFields, (stored, said) => {
        const once = mergedFields(fieldsOf(stored), fieldsOf(said))
        expect(mergedFields(once, fieldsOf(said))).toEqual(once)
      }),
    )
  })
})
