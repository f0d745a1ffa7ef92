import { describe, expect, test } from 'vitest'
import { type Asked, parseComparison, parsePage, parseRows, type Refusal } from './sync-answer.ts'

const SHAPE = { id: ['id'], version: ['updated_at'] }
const ASKED: Asked = { ...SHAPE, entity: 'products', since: 'a', seen: new Set(['b']) }
const changes = (of: object): object => ({ added: [], updated: [], deleted: [], ...of })
const answer = (given: object): string =>
  JSON.stringify({
    since: 'a',
    timestamp: 'c',
    hasMore: false,
    behind: false,
    retention: 'P30D',
    data: { products: changes({}) },
    ...given,
  })

describe('an answer of GET /sync', () => {
  test('is a page: added and updated are rows alike', () => {
    const of = changes({
      added: [{ id: 1, updated_at: 'x', name: 'one' }],
      updated: [{ id: 'two', updated_at: 3 }],
      deleted: ['7', 8],
      total: 2,
      digest: 9,
    })
    expect(parsePage(answer({ hasMore: true, behind: true, data: { products: of } }), ASKED)).toEqual({
      cursor: 'c',
      hasMore: true,
      isBehind: true,
      rows: [
        { id: '1', version: 'x', text: '{"id":1,"updated_at":"x","name":"one"}' },
        { id: 'two', version: '3', text: '{"id":"two","updated_at":3}' },
      ],
      deleted: ['7', '8'],
      total: 2,
      digest: 9,
    })
  })

  test('of a backend that goes by the time needs no more than a time and rows', () => {
    const text = JSON.stringify({ timestamp: '2026-01-31T12:00:00Z', data: { products: { added: [{ id: 1 }] } } })
    expect(parsePage(text, ASKED)).toMatchObject({ cursor: '2026-01-31T12:00:00Z', hasMore: false, deleted: [] })
  })

  test('to a first load says that it was asked with nothing', () => {
    expect(parsePage(answer({ since: null }), { ...ASKED, since: undefined })).toMatchObject({ cursor: 'c' })
  })

  test.each<[string, string, Refusal]>([
    ['truncated', answer({}).slice(0, -20), 'no-json'],
    ['a page of a captive portal', '<!doctype html><title>Sign in</title>', 'no-json'],
    ['a list', '[]', 'no-json'],
    ['to another cursor', answer({ since: 'z' }), 'other-since'],
    ['to a first load that was none', answer({ since: null }), 'other-since'],
    [
      'silent about what it was asked, though its cursor is no time',
      JSON.stringify({ timestamp: 'c', data: {} }),
      'other-since',
    ],
    ['without a cursor', answer({ timestamp: '' }), 'no-cursor'],
    ['a page that repeats itself', answer({ hasMore: true, timestamp: 'a' }), 'same-cursor'],
    ['a page that was there in the same run', answer({ hasMore: true, timestamp: 'b' }), 'same-cursor'],
    ['of another entity', answer({ data: { orders: changes({}) } }), 'other-entities'],
    ['of one entity more', answer({ data: { products: changes({}), orders: changes({}) } }), 'other-entities'],
    ['of no entity', answer({ data: {} }), 'other-entities'],
    ['without lists', answer({ data: { products: { added: 'none' } } }), 'no-rows'],
    ['of null', answer({ data: { products: null } }), 'no-rows'],
    ['with a row without an id', answer({ data: { products: changes({ added: [{ name: 'x' }] }) } }), 'no-id'],
    ['with a deletion without an id', answer({ data: { products: changes({ deleted: [null] }) } }), 'no-id'],
    [
      'with an id twice in a list',
      answer({ data: { products: changes({ added: [{ id: 1 }, { id: '1' }] }) } }),
      'id-twice',
    ],
    [
      'with an id in two lists',
      answer({ data: { products: changes({ updated: [{ id: 1 }], deleted: ['1'] }) } }),
      'id-twice',
    ],
  ])('%s is refused whole', (_, text, why) => {
    expect(parsePage(text, ASKED)).toBe(why)
  })

  test('that goes back in time is refused', () => {
    const asked = { ...ASKED, since: '2026-01-31T12:00:00Z' }
    const at = (timestamp: string): string => answer({ since: asked.since, timestamp })
    expect(parsePage(at('2026-01-31T11:59:59Z'), asked)).toBe('earlier-cursor')
    expect(parsePage(at('2026-01-31T12:00:00Z'), asked)).toMatchObject({ hasMore: false })
  })
})

test('a comparison names the ids and versions of each bucket that differs', () => {
  const text = JSON.stringify({ timestamp: 'c', total: 1, buckets: [{ bucket: 5, rows: [['1', 'x']] }] })
  expect(parseComparison(text)).toEqual({ cursor: 'c', buckets: new Map([[5, new Map([['1', 'x']])]]) })
  for (const bad of ['', '{}', '{"timestamp":"c","buckets":[{"bucket":5,"rows":[["1"]]}]}'])
    expect(parseComparison(bad)).toBe('invalid')
})

test('rows that were asked for by their ids each need an id', () => {
  const asked = new Set(['1', '9007199254740992'])
  expect(parseRows('{"rows":[{"id":1}]}', SHAPE, asked)).toEqual([{ id: '1', text: '{"id":1}' }])
  for (const bad of ['', '{}', '{"rows":[{}]}', '{"rows":[{"id":1},{"id":"1"}]}', '{"rows":[{"id":2}]}'])
    expect(parseRows(bad, SHAPE, asked)).toBe('invalid')
  expect(parseRows('{"rows":[{"id":9007199254740993}]}', SHAPE, asked)).toBe('invalid')
})
