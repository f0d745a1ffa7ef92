import { describe, expect, it } from 'vitest'
import { isCovered } from './layer-reach.ts'

const HOST = 'https://shop.example'

describe('isCovered', () => {
  it.each([
    ['a URL covers itself', '/api/products/7', ['/api/products/7'], true],
    ['a URL without a query covers it with any', '/api/products?page=2', ['/api/products'], true],
    ['a URL with a query covers that query only', '/api/products?page=2', ['/api/products?page=1'], false],
    ['a list’s URL does not cover its items', '/api/products/7', ['/api/products'], false],
    ['a star covers all that begin so', '/api/products/7/variants', ['/api/products/7*'], true],
    ['one of several is enough', '/api/units', ['/api/brands', '/api/units'], true],
    ['none covers nothing', '/api/units', [], false],
  ])('%s', (_rule, url, urls, expected) => {
    const named = urls.map((each) => HOST + each)
    expect(isCovered(HOST + url, named)).toBe(expected)
  })
})
