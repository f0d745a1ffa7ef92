import { describe, expect, expectTypeOf, it } from 'vitest'
import { defineConfig } from './define-config.ts'
import { keys, tags } from './keys.ts'

const base = { version: '1', identity: 'none' } as const

const rules = defineConfig({
  ...base,
  routes: [
    { match: '/api/products', tags: ['products'] },
    { match: '/api/products/:id', tags: ['products', 'product:{id}'] },
    { match: '/api/products/:id/variants', tags: ['product:{id}:parts'] },
    { match: '/api/products/:id/variants/:sku', tags: [] },
    { match: ['/api/stock', '/api/stock/:id'] },
    { match: '/api/v2/categories/:id' },
    { match: '/addresses/:id' },
    { match: '/api/bus/:id/status' },
    { match: '/api/price-lists/:list_id/old_prices' },
    { match: 'GET https://api.example.com:8080/v1/users/:id' },
    { match: 'POST /graphql', name: 'Shop data' },
    { match: ['/api/sales', '/api/sales/:id/:part'], name: 'sold' },
    { match: '/files/:name.:ending' },
    { match: '/times/12:30' },
    { match: '/:slug' },
    { match: '/' },
    { match: '/api/images/**' },
    { match: '/api/*/logo' },
  ],
})

describe('keys()', () => {
  const key = keys(rules)

  it.each<[string, string]>([
    [key.products(), '/api/products'],
    [key.product(7), '/api/products/7'],
    [key.product('a b/c?d#é'), '/api/products/a%20b%2Fc%3Fd%23%C3%A9'],
    [key.productVariants(7), '/api/products/7/variants'],
    [key.productVariant(7, 'red'), '/api/products/7/variants/red'],
    [key.stock(), '/api/stock'],
    [key.stock(0), '/api/stock/0'],
    [key.category('x'), '/api/v2/categories/x'],
    [key.address(1), '/addresses/1'],
    [key.busStatus(9), '/api/bus/9/status'],
    [key.priceListOldPrices(3), '/api/price-lists/3/old_prices'],
    [key.user(5), 'https://api.example.com:8080/v1/users/5'],
    [key.shopData(), '/graphql'],
    [key.sold(), '/api/sales'],
    [key.sold(4, 'lines'), '/api/sales/4/lines'],
    [key.file('logo', 'png'), '/files/logo.png'],
    [key.times1230(), '/times/12:30'],
  ])('%s', (url, expected) => {
    expect(url).toBe(expected)
  })

  it('has these names and no other, for the compiler and for the page', () => {
    type Name = keyof typeof key
    const names: Record<Name, true> = {
      products: true,
      product: true,
      productVariants: true,
      productVariant: true,
      stock: true,
      category: true,
      address: true,
      busStatus: true,
      priceListOldPrices: true,
      user: true,
      shopData: true,
      sold: true,
      file: true,
      times1230: true,
    }
    expect(Object.keys(key).toSorted()).toEqual(Object.keys(names).toSorted())
  })

  it('types: another name, another number of values, or another kind of value does not compile', () => {
    expectTypeOf(key.product).parameters.toEqualTypeOf<[value: string | number]>()
    expectTypeOf(key.products).parameters.toEqualTypeOf<[]>()
    const wrong = [
      // @ts-expect-error no route is called so
      () => key.prodcut(7),
      // @ts-expect-error a path of parameters alone has no name
      () => key.slug('a'),
      // @ts-expect-error a product has an id
      () => key.product(),
      // @ts-expect-error and only one
      () => key.product(7, 8),
      // @ts-expect-error the list has none
      () => key.products(7),
      // @ts-expect-error an id is no object
      () => key.product({ id: 7 }),
      // @ts-expect-error there is stock() and stock(id)
      () => key.stock(1, 2),
    ]
    for (const call of wrong.filter((_, at) => at !== 5)) expect(call).toThrow(TypeError)
  })

  it('says what it takes', () => {
    const stock: (...values: number[]) => string = key.stock
    expect(() => stock(1, 2)).toThrow(
      'freshlayer: keys.stock() takes 0 (/api/stock) or 1 (/api/stock/:id), and was given 2',
    )
  })

  it.each(['', '.', '..'])('refuses %j, which would be another path', (value) => {
    expect(() => key.product(value)).toThrow(TypeError)
  })

  it('of a name and a number of values the first route counts', () => {
    const twice = keys({
      routes: [
        { match: '/a/:id', name: 'x' },
        { match: '/b/:id', name: 'x' },
      ],
    })
    expect(twice.x(1)).toBe('/a/1')
  })

  it('of routes that are made at run time the compiler knows nothing, and the page all', () => {
    const made = keys({ ...base, routes: ['/a/:id'].map((match) => ({ match })) })
    expectTypeOf(made).toEqualTypeOf<{ readonly [name: string]: (...values: readonly (string | number)[]) => string }>()
    expect(made['a']?.(7)).toBe('/a/7')
    expect(made['b']).toBeUndefined()
  })
})

describe('tags()', () => {
  const tag = tags(rules)

  it.each<[string, string]>([
    [tag.products(), 'products'],
    [tag.product(7), 'product:7'],
    [tag.product('a b/é'), 'product:a b/é'],
    [tag.productParts(7), 'product:7:parts'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected)
  })

  it('types: another name or number of values does not compile', () => {
    const wrong = [
      // @ts-expect-error no tag is called so
      () => tag.prodcut(7),
      // @ts-expect-error a product has an id
      () => tag.product(),
      // @ts-expect-error the list has none
      () => tag.products(7),
    ]
    for (const call of wrong) expect(call).toThrow(TypeError)
    expect(Object.keys(tag).toSorted()).toEqual(['product', 'productParts', 'products'])
  })
})
