import { describe, expect, it } from 'vitest'
import { isUnder, urlOfKey, withQuery } from './query-keys.ts'

describe('withQuery', () => {
  it.each([
    ['empty and absent parameters are left out', { search: '', brand: undefined, page: 2 }, '/api/products?page=2'],
    ['zero is a value', { page: 0 }, '/api/products?page=0'],
    ['values are encoded', { search: 'salt & pepper' }, '/api/products?search=salt+%26+pepper'],
    ['without any the path stands alone', {}, '/api/products'],
  ])('%s', (_rule, params, url) => {
    expect(withQuery('/api/products', params)).toBe(url)
  })
})

describe('isUnder', () => {
  it.each([
    ['/api/products', true],
    ['/api/products/7', true],
    ['/api/products?page=2', true],
    ['/api/products-old', false],
    ['/api/stock', false],
  ])('%s: %s', (url, expected) => {
    expect(isUnder(url, '/api/products')).toBe(expected)
  })
})

describe('urlOfKey', () => {
  it('is the first part, when that is a path', () => {
    expect(urlOfKey(['/api/till'])).toBe('/api/till')
    expect(urlOfKey(['till'])).toBeUndefined()
    expect(urlOfKey([])).toBeUndefined()
  })
})
