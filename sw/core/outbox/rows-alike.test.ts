import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import { RowsAlike } from './rows-alike.ts'
import { alikeBefore, hasSent, witnessed } from './witness.ts'

/** Values in the forms in which backends write them. */
const texts = ['Tea', ' Tea', 'tea', 'true', 'false', '', '1', '1.0', '01', '1e0', 'x\u0041\u030a', 'x\u00c5']
const times = ['2026-01-02', '2026-01-02T00:00:00Z', '1767312000000', 1_767_312_000_000]
const others = [1, 0, true, false, null, { a: 1 }, { a: 1, b: 2 }, [1], ['1'], undefined]
const value = fc.constantFrom<unknown>(...texts, ...times, ...others)
const row = fc.record({ name: value, price: value }, { requiredKeys: [] })
const rows = fc.array(row, { maxLength: 8 }).map((all) => all.map((each, at): JsonObject => ({ id: at + 1, ...each })))

describe('rows', () => {
  test('that have what was sent are found as by going over all of them', () => {
    fc.assert(
      fc.property(row, rows, fc.constantFrom(undefined, ['price'], ['name', 'other']), (sent, all, compared) => {
        const of = { sent, compared, idMember: 'id' }
        const expected = all.filter((each) => hasSent(of, each)).map(({ id }) => String(id))
        expect(new RowsAlike([null, ...all, 'x']).to(of)).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
  })

  test('without an id are not found, and ids are known by their member', () => {
    const alike = new RowsAlike([{ name: 'Tea' }, { id: 7, sku: 'a' }])
    expect(alike.to({ sent: { name: 'Tea' }, compared: undefined, idMember: 'id' })).toEqual([])
    expect([alike.withId('7', 'id'), alike.withId('a', 'id'), alike.withId('a', 'sku')]).toEqual([true, false, true])
  })
})

describe('what is alike before a create is sent', () => {
  test('are the rows of which a witness would have to ask', () => {
    const of = { sent: { name: 'Tea', price: 1 }, compared: undefined, idMember: 'id' }
    const before = [
      { id: 1, name: 'Tea', price: 1 },
      { id: 2, name: 'tea', price: 1 },
      { id: 3, name: 'Mint', price: 1 },
      { id: 4, price: 1 },
      { name: 'Tea', price: 1 },
      null,
    ]
    expect(alikeBefore(of, before)).toEqual(['1', '2', '4'])
  })

  test('says as much to a witness as all ids do', () => {
    fc.assert(
      fc.property(row, rows, rows, (sent, before, added) => {
        const of = { sent, compared: undefined, idMember: 'id' }
        const after = [...before, ...added.map((each, at) => ({ ...each, id: 100 + at }))]
        const look = { ...of, rows: after, isKnownWhole: true, isWhole: true, isSettled: true }
        const all = new Set(before.map(({ id }) => String(id)))
        expect(witnessed({ ...look, known: new Set(alikeBefore(of, before)) })).toEqual(
          witnessed({ ...look, known: all }),
        )
      }),
    )
  })
})
