import { describe, expect, it } from 'vitest'
import { checkConfig } from './check.ts'
import { expectedType, MEDIA_TYPE } from './media-type.ts'

describe('an expected media type', () => {
  it.each<[string, string, boolean]>([
    ['json', 'application/json', true],
    ['JSON', 'application/problem+json', true],
    ['json', 'text/json', true],
    ['json', 'text/json5', false],
    ['json', 'application/json-patch', false],
    ['Text/CSV', 'text/csv', true],
    ['text/csv', 'text/csvx', false],
    ['text/csv', 'x-text/csv', false],
    ['application/ld+json', 'application/ld+json', true],
    ['application/ld+json', 'application/json', false],
    ['application/x.y', 'application/xzy', false],
    ['text/javascript', 'application/javascript', true],
    ['application/javascript', 'text/javascript', true],
    ['text/javascript', 'text/javascriptx', false],
    ['application/xml', 'text/xml', true],
    ['image/jpg', 'image/jpeg', true],
    ['image/*', 'image/png', true],
    ['image/*', 'images/png', false],
    ['*/*', 'text/html', true],
    ['*/*', '', true],
    ['json', '', false],
  ])('%s, %s: %s', (expects, type, isExpected) => {
    expect(expects).toMatch(MEDIA_TYPE)
    expect(expectedType(expects).test(type)).toBe(isExpected)
  })

  it.each(['html', 'text/', '*/csv', 'text/c*', 'text/csv; header=present'])('is not %s', (expects) => {
    const routes = [{ match: '/a', expects }]
    expect(checkConfig({ version: '1', identity: 'none', routes }, 'rules.ts').problems).toHaveLength(1)
  })
})
