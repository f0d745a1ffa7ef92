import { describe, expect, test } from 'vitest'
import { type Base, baseOf, followUps, isSameBase, preconditionOf } from './base.ts'

const fields = (given: Record<string, string>) => new Map(Object.entries(given))
const etag = (tag: string): Base => ({ kind: 'etag', tag })
const NONE: Base = { kind: 'none' }

describe('the base of a write', () => {
  test.each<[string, Record<string, string>, unknown, Base]>([
    ['is the entity-tag', { etag: '"a"' }, undefined, etag('"a"')],
    ['is the entity-tag, with the version', { etag: '"a"' }, '2026', { kind: 'etag', tag: '"a"', version: '2026' }],
    [
      'is the version where the tag is weak: If-Match never matches it',
      { etag: 'W/"a"' },
      '2026',
      { kind: 'updated-at', text: '2026' },
    ],
    ['is the version where there is no tag', {}, 7, { kind: 'updated-at', text: '7' }],
    ['is the version where the tag is none', { etag: 'a' }, '2026', { kind: 'updated-at', text: '2026' }],
    ['is none where the version cannot be sent', {}, 'a\ud800', NONE],
    ['is none where there is neither', {}, undefined, NONE],
    ['is none where the version is no text and no number', {}, { at: 1 }, NONE],
  ])('%s', (_, given, version, expected) => {
    expect(baseOf(fields(given), version)).toEqual(expected)
  })

  test.each<[string, Base, readonly [string, string] | undefined]>([
    ['tag is sent as If-Match', etag('"a"'), ['if-match', '"a"']],
    [
      'version is sent in a field, with characters that a field may have',
      { kind: 'updated-at', text: '2026-01-01 ä\n' },
      ['freshlayer-updated-at', '2026-01-01%20%C3%A4%0A'],
    ],
    ['that is none is not sent', NONE, undefined],
    ['that has to be read first is not sent', { kind: 'unread' }, undefined],
  ])('%s', (_, base, expected) => {
    expect(preconditionOf(base)).toEqual(expected)
  })
})

describe('two bases are the same', () => {
  const both: Base = { kind: 'etag', tag: '"a"', version: '1' }
  const version = (text: string): Base => ({ kind: 'updated-at', text })
  test.each<[string, Base, Base, boolean]>([
    ['by their tags', both, { kind: 'etag', tag: '"a"', version: '2' }, true],
    ['by their tags, where of one no version is known', both, etag('"a"'), true],
    ['by their versions, where of one no tag is known', both, version('1'), true],
    ['by their versions', version('1'), version('1'), true],
    ['not where the tags differ', both, { kind: 'etag', tag: '"b"', version: '1' }, false],
    ['not where the versions differ', both, version('2'), false],
    ['not where there is nothing to compare', etag('"a"'), version('1'), false],
    ['where both are none', NONE, NONE, true],
    ['where both have to be read', { kind: 'unread' }, { kind: 'unread' }, true],
    ['not where one is none', NONE, { kind: 'unread' }, false],
    ['not where one is none and the other a tag', NONE, etag('"a"'), false],
  ])('%s', (_, one, other, expected) => {
    expect([isSameBase(one, other), isSameBase(other, one)]).toEqual([expected, expected])
  })
})

describe('after an acknowledgement', () => {
  const LANE = { before: 'entity product\n7', after: 'entity product\n7' }
  const DONE = { place: 5, partition: 'user/ada', base: etag('"a"'), answered: etag('"b"'), lane: LANE }
  const write = (place: number, base: Base, lane = LANE.before, partition = 'user/ada') => ({
    place,
    partition,
    lane,
    base,
  })

  test('later writes with the same base inherit the answered one, and no others', () => {
    const writes = [
      write(4, etag('"a"')),
      write(5, etag('"a"')),
      write(6, etag('"a"')),
      write(7, etag('"other"')),
      write(8, etag('"a"'), 'entity product\n8'),
      write(9, etag('"a"'), LANE.before, 'user/grace'),
      write(10, etag('"a"')),
    ]
    expect(followUps(writes, DONE)).toEqual([write(6, etag('"b"')), write(10, etag('"b"'))])
  })

  test('two edits in a row never conflict with each other, however many follow', () => {
    let queued = [1, 2, 3, 4].map((place) => write(place, etag('"0"')))
    let current = '"0"'
    for (let first = queued[0]; first !== undefined; first = queued[0]) {
      expect(preconditionOf(first.base)).toEqual(['if-match', current])
      current = `"${first.place}"`
      const changed = followUps(queued, { ...DONE, place: first.place, base: first.base, answered: etag(current) })
      queued = queued.slice(1).map((each) => changed.find(({ place }) => place === each.place) ?? each)
    }
    expect(current).toBe('"4"')
  })

  test('they have to read the row first where the answer does not say what it is now', () => {
    expect(followUps([write(6, etag('"a"'))], { ...DONE, answered: NONE })).toEqual([write(6, { kind: 'unread' })])
  })

  test('nothing changes where there is nothing to compare with', () => {
    expect(followUps([write(6, NONE)], { ...DONE, base: NONE, answered: NONE })).toEqual([])
  })

  test('of a create, what follows goes into the lane of the id and has the base that was answered', () => {
    const lane = { before: 'entity product\ntmp-1', after: 'entity product\n7' }
    const other = write(9, etag('"other"'), lane.before)
    const writes = [other, write(6, NONE, lane.before), write(7, NONE, 'entity product'), write(8, NONE, lane.after)]
    expect(followUps(writes, { ...DONE, base: NONE, lane })).toEqual([
      { ...other, lane: lane.after },
      write(6, etag('"b"'), lane.after),
    ])
  })
})
