import { describe, expect, test } from 'vitest'
import { askedFrom, hasReached, isBefore, isTime, transactionOf } from './cursor.ts'

const own = (...parts: unknown[]): string => Buffer.from(JSON.stringify([1, ...parts])).toString('base64url')

describe('a cursor', () => {
  test.each([
    ['2026-01-31T12:00:00.000Z', true],
    ['2026-01-31 12:00:00+00', true],
    ['2026-99-99T99:99', false],
    ['1769860800', false],
    [own('log', 'scope', '5', '0'), false],
  ])('%s is a time: %s', (cursor, is) => {
    expect(isTime(cursor)).toBe(is)
  })

  test('that is a time is asked with an overlap, and any other as it is', () => {
    expect(askedFrom('2026-01-31T12:00:00.000Z', 300_000)).toBe('2026-01-31T11:55:00.000Z')
    expect(askedFrom(own('log', 'scope', '5', '0'), 300_000)).toBe(own('log', 'scope', '5', '0'))
  })

  test.each([
    ['of an earlier transaction', own('log', 's', '99', '7'), own('log', 's', '100', '0'), true],
    ['of an earlier entry of one transaction', own('log', 's', '5', '6'), own('log', 's', '5', '7'), true],
    ['of the same place', own('log', 's', '5', '7'), own('log', 's', '5', '7'), false],
    ['of a later place', own('log', 's', '6', '0'), own('log', 's', '5', '7'), false],
    ['of another log', own('other', 's', '1', '0'), own('log', 's', '5', '7'), false],
    ['of another scope', own('log', 'other', '1', '0'), own('log', 's', '5', '7'), false],
    ['of an unknown server', 'abc', 'abd', false],
    ['of a bad number', own('log', 's', 'x', '0'), own('log', 's', '5', '7'), false],
    ['of a time', '2026-01-31T11:00:00Z', '2026-01-31T12:00:00Z', true],
  ])('%s lies before the other one: as it says', (_, cursor, other, is) => {
    expect(isBefore(cursor, other)).toBe(is)
  })

  test.each([
    ['of an earlier transaction', own('log', 's', '99', '7'), false],
    ['within the transaction', own('log', 's', '100', '7'), false],
    ['past the transaction', own('log', 's', '101', '0'), true],
    ['of a later transaction with more digits', own('log', 's', '1000', '0'), true],
    ['of another log', own('other', 's', '101', '0'), false],
    ['that is a time', '2026-01-31T12:00:00.000Z', false],
  ])('%s has come to a write: as it says', (_, cursor, is) => {
    expect(hasReached(cursor, own('log', '', '100', '999999999999999999'))).toBe(is)
  })

  test('of a write names its transaction', () => {
    expect(transactionOf(own('log', '', '100', '999999999999999999'))).toBe('100')
    expect(transactionOf('e30')).toBeUndefined()
    expect(transactionOf('')).toBeUndefined()
  })
})
