import { describe, expect, test } from 'vitest'
import { epochMs, seconds } from '../units.ts'
import { type Idempotency, idempotencyField, isKeyKnown } from './idempotency.ts'

const DRAFT: Idempotency = { field: 'idempotency-key', form: 'string', keepsFor: seconds(86_400) }
const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'
const NOW = epochMs(1_800_000_000_000)
const before = (ms: number) => epochMs(NOW - ms)

describe('a key', () => {
  test.each([
    ['is a string of structured fields', DRAFT, KEY, ['idempotency-key', `"${KEY}"`]],
    ['has its quotes and backslashes escaped', DRAFT, 'a"b\\c', ['idempotency-key', '"a\\"b\\\\c"']],
    [
      'is plain where the backend wants it so',
      { ...DRAFT, field: 'x-request-id', form: 'plain' as const },
      KEY,
      ['x-request-id', KEY],
    ],
  ])('%s', (_, given, key, expected) => {
    expect(idempotencyField(given, key)).toEqual(expected)
  })

  test.each([
    ['is known where it was never sent', undefined, 86_400, true],
    ['is known as long as the backend keeps it', before(86_399_999), 86_400, true],
    ['is not known after that', before(86_400_000), 86_400, false],
    ['is known for ever', before(1e12), Infinity, true],
    ['may not be known where the clock was set back', before(-1), 86_400, false],
    ['is not known where the backend keeps none', NOW, 0, false],
  ])('%s', (_, firstSentAtMs, keepsFor, expected) => {
    expect(isKeyKnown({ ...DRAFT, keepsFor: seconds(keepsFor) }, firstSentAtMs, NOW)).toBe(expected)
  })
})
