import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Look, witnessed, witnessedRow } from './witness.ts'

const SENT = { product: 7, note: 'two' }
const LOOK: Look = {
  sent: SENT,
  compared: undefined,
  idMember: 'id',
  known: new Set(['1']),
  isKnownWhole: true,
  rows: [],
  isWhole: true,
  isSettled: true,
}
const old = { id: 1, ...SENT }
const ours = { id: 2, ...SENT, at: '2026-11-30', status: 'new' }
/** A minute from ten o'clock on, looked at an hour later. */
const TEN_MS = Date.UTC(2026, 10, 30, 10)
const performed = { fromMs: TEN_MS, untilMs: TEN_MS + 60_000, nowMs: TEN_MS + 3_600_000 }
const inTime = { ...ours, created_at: '2026-11-30T11:00:30.5+01:00' }
const before = { ...ours, id: 4, created_at: '2026-11-30T09:59:59Z' }
const after = { ...ours, id: 5, created_at: '2026-11-30T10:01:01Z' }
const of = (rows: readonly unknown[], given: Partial<Look> = {}) => witnessed({ ...LOOK, rows, ...given })
const unsure = (why: string) => ({ kind: 'unsure', why })

describe('a create', () => {
  test.each<[string, readonly unknown[], Partial<Look>, object]>([
    [
      'is found in the one new row that is equal',
      [old, ours, { id: 3, product: 8, note: 'x' }],
      {},
      { kind: 'found', row: ours },
    ],
    ['is found though the list is a part', [ours], { isWhole: false }, { kind: 'found', row: ours }],
    ['is found though it may still be running', [ours], { isSettled: false }, { kind: 'found', row: ours }],
    ['is absent where nothing is new', [old], {}, { kind: 'absent' }],
    ['is absent where nothing is there', [], {}, { kind: 'absent' }],
    ['is absent where every new row is another', [old, { id: 3, product: 8, note: 'two' }], {}, { kind: 'absent' }],
    ['is looked for again where it may still be running', [old], { isSettled: false }, { kind: 'wait' }],
    ['is asked about where two are equal', [ours, { ...ours, id: 3 }], {}, unsure('several')],
    ['is asked about where the list is a part, and has none', [old], { isWhole: false }, unsure('part')],
    ['is asked about where an equal row may be an old one', [ours], { isKnownWhole: false }, unsure('not-new')],
    [
      'is absent where no row is equal, new or not',
      [{ ...ours, note: 'x' }],
      { isKnownWhole: false },
      { kind: 'absent' },
    ],
    ['is asked about where an equal row has no id', [SENT], {}, unsure('similar')],
    ['is asked about where nothing was sent', [ours], { sent: { id: 'tmp-1' } }, unsure('nothing')],
    [
      'is asked about where only empty members were sent',
      [ours],
      { sent: { note: '', other: null } },
      unsure('nothing'),
    ],
    [
      'is not found in a row that only lacks the same',
      [{ id: 2, product: 8 }],
      { sent: { product: 7, other: null } },
      { kind: 'absent' },
    ],
    [
      'is asked about where a new row shows nothing of what was sent',
      [{ id: 2, title: 'Sale 2' }],
      {},
      unsure('similar'),
    ],
    ['is asked about where nothing that was sent is compared', [ours], { compared: ['color'] }, unsure('nothing')],
    [
      'is compared by what the rule names alone',
      [{ ...ours, note: 'overwritten' }],
      { compared: ['product'] },
      { kind: 'found', row: { ...ours, note: 'overwritten' } },
    ],
    [
      'is found in the one that was made when it was sent',
      [before, inTime],
      { performed },
      { kind: 'found', row: inTime },
    ],
    ['is asked about where an equal row was made before it was sent', [before], { performed }, unsure('similar')],
    ['is asked about where one was made after it was over', [after], { performed }, unsure('similar')],
    ['is asked about where two were made meanwhile', [inTime, { ...inTime, id: 3 }], { performed }, unsure('several')],
    [
      'is found in one that was changed since it was made',
      [{ ...inTime, updated_at: after.created_at }],
      { performed },
      { kind: 'found', row: { ...inTime, updated_at: after.created_at } },
    ],
    [
      'is found in one that the backend has given a term',
      [{ ...inTime, until: '2027-11-30T10:00:00Z' }],
      { performed },
      { kind: 'found', row: { ...inTime, until: '2027-11-30T10:00:00Z' } },
    ],
    [
      'is found where a time says nothing for lack of a zone',
      [{ ...ours, created_at: '2026-11-30 09:00:00' }],
      { performed },
      { kind: 'found', row: { ...ours, created_at: '2026-11-30 09:00:00' } },
    ],
    ['is found where the backend gives no time', [ours], { performed }, { kind: 'found', row: ours }],
    ['is not found in what is no row', [null, 7, [SENT]], {}, { kind: 'absent' }],
    ['is not compared by its temporary id', [ours], { sent: { ...SENT, id: 'tmp-1' } }, { kind: 'found', row: ours }],
  ])('%s', (_, rows, given, expected) => {
    expect(of(rows, given)).toEqual(expected)
  })

  test.each<[string, unknown, unknown, 'found' | 'unsure' | 'absent']>([
    ['a number as text', 3, '3.00', 'found'],
    ['a number in another form', '1e3', 1000, 'found'],
    ['another number', 3, '3.01', 'absent'],
    ['a number for a text', 3, 'three', 'unsure'],
    ['a text that ends in a number', 'x3', 3, 'unsure'],
    ['a text for a number', 'three', 3, 'unsure'],
    ['a number above 2^53 as text', '9007199254740993', '9007199254740993', 'found'],
    ['a trimmed text', ' tea ', 'tea', 'found'],
    ['a text in another normal form', 'é', 'e\u0301', 'found'],
    ['a text in another case', 'Tea@A.example', 'tea@a.example', 'unsure'],
    ['another text', 'tea', 'teas', 'absent'],
    ['a time in another zone', '2026-11-30T10:00:00+01:00', '2026-11-30T09:00:00.000Z', 'found'],
    ['a time in milliseconds', 1_800_000_000_000, '2027-01-15T08:00:00.000Z', 'found'],
    ['a date as the time at which it begins', '2026-11-30', '2026-11-29T23:00:00.000Z', 'found'],
    ['a date 14 hours before it begins', '2026-11-30', '2026-11-29T10:00:00.000Z', 'found'],
    ['a date 15 hours before it begins', '2026-11-30', '2026-11-29T09:00:00.000Z', 'absent'],
    ['a time for a date', '2026-11-29T23:00:00.000Z', '2026-11-30', 'found'],
    ['a date as its text', '2026-11-30', '2026-11-30', 'found'],
    ['another date', '2026-11-30', '2026-12-01T00:00:00.000Z', 'absent'],
    ['another time', '2026-11-30T10:00:00Z', '2026-11-30T10:00:01Z', 'absent'],
    ['null that is left out', null, undefined, 'found'],
    ['an empty text that is null', '', null, 'found'],
    ['a value that is left out', 'secret', undefined, 'unsure'],
    ['a value that is null there', 'x', null, 'unsure'],
    ['a value where nothing was sent', null, 'x', 'unsure'],
    ['one for true', true, 1, 'found'],
    ['zero for true', true, 0, 'absent'],
    ['true as text', true, 'true', 'found'],
    ['true', true, true, 'found'],
    ['false for true', true, false, 'absent'],
    ['an object with more members', { a: 1 }, { a: 1, id: 9 }, 'found'],
    ['an object with another member', { a: 1 }, { a: 2 }, 'absent'],
    ['an object that is none', { a: 1 }, '[object Object]', 'unsure'],
    ['an id as the whole object', 7, { id: 7, name: 'Tea' }, 'unsure'],
    ['a list of such objects', [{ a: 1 }], [{ a: '1', id: 9 }], 'found'],
    ['a list with another item', [1], [2], 'absent'],
    ['a longer list', [1], [1, 2], 'absent'],
    ['a list that is none', [1], 1, 'unsure'],
  ])('%s is compared as backends write it', (_, sent, there, expected) => {
    const row = { id: 2, name: 'x', ...(there !== undefined && { value: there }) }
    expect(of([row], { sent: { name: 'x', value: sent } }).kind).toBe(expected)
  })

  test('is never sent again while a row may be it, and never found in a row that was there', () => {
    const row = fc.record({
      id: fc.nat(5),
      product: fc.constantFrom(7, '7', 8),
      note: fc.constantFrom('two', 'Two', 'x'),
    })
    const known = fc.subarray(['0', '1', '2', '3', '4', '5'])
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 6 }),
        known,
        fc.boolean(),
        fc.boolean(),
        (rows, ids, isWhole, isKnownWhole) => {
          const found = of(rows, { known: new Set(ids), isWhole, isKnownWhole })
          const news = rows.filter((each) => !ids.includes(String(each.id)))
          const mayBe = news.filter(({ product, note }) => String(product) === '7' && note.toLowerCase() === 'two')
          if (found.kind === 'absent') expect([isWhole, mayBe]).toEqual([true, []])
          if (found.kind === 'found') expect([isKnownWhole, mayBe]).toEqual([true, [found.row]])
        },
      ),
    )
  })
})

describe('a change of a row', () => {
  const base = { id: 7, name: 'Tea', price: 3 }
  test.each<[string, object, object | undefined, object | undefined, boolean, object]>([
    [
      'is found where the row is as it was sent',
      { name: 'Mint' },
      base,
      { ...base, name: 'Mint', at: 1 },
      false,
      { kind: 'found', row: { ...base, name: 'Mint', at: 1 } },
    ],
    [
      'is found without a base',
      { name: 'Mint' },
      undefined,
      { ...base, name: 'Mint' },
      true,
      { kind: 'found', row: { ...base, name: 'Mint' } },
    ],
    ['is absent where the row is as it was', { name: 'Mint' }, base, { ...base }, true, { kind: 'absent' }],
    ['is looked for again where it may still be running', { name: 'Mint' }, base, { ...base }, false, { kind: 'wait' }],
    ['that changes nothing may be sent again', { name: 'Tea' }, base, { ...base }, true, { kind: 'absent' }],
    [
      'is asked about where the row is a third',
      { name: 'Mint' },
      base,
      { ...base, name: 'Chai' },
      true,
      unsure('other'),
    ],
    ['is asked about where the row is gone', { name: 'Mint' }, base, undefined, true, unsure('other')],
    ['is asked about where the row was not known', { name: 'Mint' }, undefined, { ...base }, true, unsure('other')],
    ['is asked about where nothing was sent', {}, base, { ...base }, true, unsure('nothing')],
  ])('%s', (_, sent, before, row, isSettled, expected) => {
    const copy = (value: object | undefined) => value && { ...value }
    expect(witnessedRow({ ...sent }, copy(before), copy(row), isSettled)).toEqual(expected)
  })
})
