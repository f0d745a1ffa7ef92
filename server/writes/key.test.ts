import { describe, expect, test } from 'vitest'
import { idempotencyField } from '../../sw/core/outbox/idempotency.ts'
import { seconds } from '../../sw/core/units.ts'
import { keyOf } from './key.ts'

describe('the key of a request', () => {
  test.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"a";v=1', 'a'],
    ['k'.repeat(255), 'k'.repeat(255)],
  ])('%s is read', (value, key) => {
    expect(keyOf(value, 'Idempotency-Key')).toBe(key)
  })

  test('is none where there is no field', () => {
    expect(keyOf(null, 'Idempotency-Key')).toBeUndefined()
  })

  test.each([
    '',
    '""',
    '"a',
    '"a" b',
    '"a b"',
    'a b',
    'a, b',
    '"a", "b"',
    'ü',
    '"\u0007"',
    'k'.repeat(256),
    `"${'k'.repeat(256)}"`,
  ])('%j is refused', (value) => {
    expect(() => keyOf(value, 'X-Key')).toThrow(/^X-Key: expected one key/)
  })

  test.each(['string', 'plain'] as const)('that a client of the layer writes as %s is the same', (form) => {
    const [name, value] = idempotencyField({ field: 'Idempotency-Key', form, keepsFor: seconds(60) }, '7f-1')
    expect(keyOf(new Headers([[name, value]]).get('idempotency-key'), 'Idempotency-Key')).toBe('7f-1')
  })
})
