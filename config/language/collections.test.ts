import { describe, expect, test } from 'vitest'
import { checkConfig } from './check.ts'
import { compileRules } from './compile.ts'
import { formatProblem } from './kind.ts'
import type { Config } from './options.ts'

const ROUTES = [{ match: '/api/products' }, { match: '/api/products/:id' }]
const COLLECTION = { list: '/api/products', item: '/api/products/:id' }
const config = (given: object): object => ({
  version: '1',
  identity: 'none',
  sync: { url: '/api/sync' },
  routes: ROUTES,
  ...given,
})
const problemsOf = (given: object): string[] => checkConfig(config(given), 'rules').problems.map(formatProblem)

describe('collections', () => {
  test('are compiled with their defaults', () => {
    const { collections } = compileRules(config({ collections: { products: COLLECTION } }) as Config)
    expect(collections).toMatchObject({
      url: '/api/sync',
      compares: true,
      overlapMs: 300_000,
      all: [
        {
          entity: 'products',
          list: '/api/products',
          item: { path: '/api/products/:id' },
          id: ['id'],
          version: ['updated_at'],
        },
      ],
    })
    expect(collections?.all[0]).not.toHaveProperty('items')
  })

  test('are compiled with what they say', () => {
    const options = {
      ...COLLECTION,
      id: 'key.value',
      items: 'data.items',
      total: 'data.total',
      version: 'rev',
      order: '-at',
    }
    const sync = { url: '/sync', compare: false, overlap: '10m' }
    const { collections } = compileRules(config({ sync, collections: { products: options } }) as Config)
    expect(collections).toMatchObject({ url: '/sync', compares: false, overlapMs: 600_000 })
    expect(collections?.all[0]).toMatchObject({
      id: ['key', 'value'],
      items: ['data', 'items'],
      total: ['data', 'total'],
      version: ['rev'],
      order: { path: ['at'], isDescending: true },
    })
  })

  test('are absent from the rules of a config without them', () => {
    expect(compileRules(config({}) as Config)).not.toHaveProperty('collections')
  })

  test('that are read by routes have no problem', () => {
    expect(problemsOf({ collections: { products: COLLECTION } })).toEqual([])
    expect(problemsOf({ collections: { products: { list: '/api/products' } } })).toEqual([])
    const routes = [{ match: '/api/**' }]
    expect(problemsOf({ routes, collections: { products: COLLECTION } })).toEqual([])
  })

  test.each<[string, object, string]>([
    [
      'without an endpoint',
      { sync: undefined, collections: { products: COLLECTION } },
      'sync: nothing given, expected the endpoint',
    ],
    ['without a list', { collections: { products: {} } }, 'collections.products.list: nothing given'],
    ['a list', { collections: [] }, 'collections: an empty list given, expected an object'],
    ['a list with a parameter', { collections: { products: { list: '/api/:of' } } }, 'collections.products.list'],
    ['a list with a query', { collections: { products: { list: '/api/products?all' } } }, 'collections.products.list'],
    [
      'an item without a parameter',
      { collections: { products: { ...COLLECTION, item: '/api/item' } } },
      'collections.products.item',
    ],
    [
      'an item with two',
      { collections: { products: { ...COLLECTION, item: '/api/:a/:b' } } },
      'collections.products.item',
    ],
    ['a name that no URL could hold', { collections: { 'a b': COLLECTION } }, "collections: 'a b' given"],
    ['an unknown option', { collections: { products: { ...COLLECTION, totl: 'x' } } }, "Did you mean 'total'?"],
    [
      'a list that no route reads',
      { collections: { products: { list: '/api/orders' } } },
      "collections.products.list: '/api/orders' given, expected a path that a route reads",
    ],
    [
      'a list that is read with a query alone',
      {
        routes: [{ match: '/api/products', query: { all: '1' } }],
        collections: { products: { list: '/api/products' } },
      },
      'expected a path that a route reads',
    ],
    [
      'an item that no route reads',
      { routes: [{ match: '/api/products' }], collections: { products: COLLECTION } },
      'collections.products.item',
    ],
    [
      'a route with fields in its key',
      { defaults: { keyHeaders: ['X-Store'] }, collections: { products: { list: '/api/products' } } },
      'no `keyHeaders`',
    ],
    [
      'a list for everyone and items for one',
      {
        routes: [{ match: '/api/products', public: true }, { match: '/api/products/:id' }],
        collections: { products: COLLECTION },
      },
      '`public` exactly if that of the list is',
    ],
    [
      'a number without a wrapper',
      { collections: { products: { ...COLLECTION, total: 'total' } } },
      '`items` beside it',
    ],
    ['an endpoint elsewhere', { sync: { url: 'https://other.example/sync' } }, 'sync.url'],
    ['an overlap without a unit', { sync: { url: '/sync', overlap: 5 } }, 'sync.overlap'],
  ])('%s: is refused', (_, given, message) => {
    expect(problemsOf(given).join('\n')).toContain(message)
  })
})
