import { describe, expect, it } from 'vitest'
import { needsRefresh, parseHeldToken } from './bearer-token.ts'

describe('needsRefresh', () => {
  it.each([
    ['no token', undefined, true],
    ['one with 20 s to live', { token: 't', expiresAtMs: 120_000 }, false],
    ['one with a little less', { token: 't', expiresAtMs: 119_999 }, true],
    ['one that has ended', { token: 't', expiresAtMs: 1 }, true],
  ])('%s: %s', (_case, token, expected) => {
    expect(needsRefresh(token, 100_000)).toBe(expected)
  })
})

describe('parseHeldToken', () => {
  it('reads an answer’s expiry as an instant', () => {
    const text = '{"token":"t","expiresAt":"2025-03-01T00:00:00.000Z"}'
    expect(parseHeldToken(text)).toEqual({ token: 't', expiresAtMs: Date.UTC(2025, 2, 1) })
  })

  it('reads back what was stored', () => {
    const held = { token: 't', expiresAtMs: 1234 }
    expect(parseHeldToken(JSON.stringify(held))).toEqual(held)
  })

  it.each([
    ['nothing', null],
    ['broken JSON', '{'],
    ['no token', '{"expiresAtMs":1}'],
    ['no expiry', '{"token":"t"}'],
    ['an unreadable expiry', '{"token":"t","expiresAt":"soon"}'],
  ])('%s is no token', (_case, text) => {
    expect(parseHeldToken(text)).toBeUndefined()
  })
})
