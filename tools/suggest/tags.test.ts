import { describe, expect, it } from 'vitest'
import { tagsOf, tagsOfWrite } from './tags.ts'

describe('a route has the tags of its resource and of its entries', () => {
  it.each([
    ['/api/products', ['products']],
    ['/api/products/:id', ['products', 'product:{id}']],
    ['/api/products/:id/variants', ['variants', 'product:{id}']],
    ['/api/products/:id/variants/:variantId', ['variants', 'product:{id}', 'variant:{variantId}']],
    ['/api/categories/:id', ['categories', 'category:{id}']],
    ['/api/reports/sales', ['reports']],
    ['/api/me/tasks', ['tasks']],
    ['/api/v1/posts/:slug', ['posts', 'post:{slug}']],
    ['/api/reports/:date', ['reports']],
    ['https://api.example/v1/boxes/:id', ['boxes', 'box:{id}']],
    ['POST /graphql', ['graphql']],
    ['/api/stock/:id', ['stock']],
    ['/', []],
    ['/:id', []],
  ])('%s', (match, tags) => {
    expect(tagsOf(match)).toEqual(tags)
  })
})

describe('a write may concern every list and every entry of its path', () => {
  it.each([
    ['POST /api/products', ['products']],
    ['PUT /api/products/:id', ['products', 'product:{id}']],
    ['POST /api/products/:id/archive', ['products', 'archive', 'product:{id}']],
    ['DELETE /api/products/:id/variants/:variantId', ['products', 'variants', 'product:{id}', 'variant:{variantId}']],
  ])('%s', (match, tags) => {
    expect(tagsOfWrite(match)).toEqual(tags)
  })
})
