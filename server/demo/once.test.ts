import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareDatabase } from './prepare-database.ts'
import { type Credentials, openShop, type Shop } from './shop-fixture.ts'

let shop: Shop
let ada: Credentials
let grace: Credentials
beforeAll(async () => {
  shop = await openShop()
  ada = await shop.signIn('ada')
  grace = await shop.signIn('grace')
})
afterAll(() => shop.close())

const count = async (table: string): Promise<number> =>
  Number((await shop.pool.query(`select count(*) as count from ${table}`)).rows[0]?.count)

const SALE = { lines: [{ productId: 1, quantity: 1 }], paidBy: 'cash' }
const sell = (key: string | undefined, body: unknown = SALE, as = ada): Promise<Response> =>
  shop.ask('POST', '/api/sales', { as, body, ...(key !== undefined && { fields: { 'idempotency-key': key } }) })

describe('a sale that is sent twice', () => {
  test('with its key is one, and moves stock once', async () => {
    const before = [await count('sales'), await count('stock_movements')]
    const [first, second] = [await sell('"one"'), await sell('"one"')]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(await second.json()).toEqual(await first.json())
    expect([await count('sales'), await count('stock_movements')]).toEqual(before.map((each) => each + 1))
    for (const name of ['location', 'etag', 'freshlayer-position'])
      expect([name, second.headers.get(name)]).toEqual([name, first.headers.get(name)])
  })

  test('without a key, or by another user, is two', async () => {
    const before = await count('sales')
    await sell(undefined)
    await sell(undefined)
    await sell('two')
    await sell('two', SALE, grace)
    expect(await count('sales')).toBe(before + 4)
  })

  test('as another one is refused', async () => {
    await sell('three')
    const response = await sell('three', { ...SALE, paidBy: 'card' })
    expect([response.status, (await response.json()).reason]).toEqual([422, 'key-reused'])
  })

  test('after it was refused may be done', async () => {
    const gone = { ...SALE, lines: [{ productId: 999_999, quantity: 1 }] }
    expect((await sell('four', gone)).status).toBe(422)
    expect((await sell('four')).status).toBe(201)
  })
})

test('a correction of stock that is sent twice moves it once', async () => {
  const before = await count('stock_movements')
  const correct = (): Promise<Response> =>
    shop.ask('POST', '/api/stock/3/adjustments', {
      as: ada,
      body: { delta: 5, reason: 'count' },
      fields: { 'idempotency-key': 'shelf' },
    })
  const [first, second] = [await correct(), await correct()]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(await second.json()).toEqual(await first.json())
  expect(await count('stock_movements')).toBe(before + 1)
})

test('an edit of a product that is sent twice is no conflict with itself', async () => {
  const read = await shop.ask('GET', '/api/products/2', { as: ada })
  const fields = { 'if-match': read.headers.get('etag') ?? '', 'idempotency-key': 'edit' }
  const edit = (more = {}): Promise<Response> =>
    shop.ask('PATCH', '/api/products/2', { as: ada, body: { priceCents: 4711 }, fields: { ...fields, ...more } })
  const [first, second] = [await edit(), await edit()]
  expect([first.status, second.status]).toEqual([200, 200])
  expect(await second.json()).toEqual(await first.json())
  // Another one with the same base is.
  expect((await edit({ 'idempotency-key': 'another' })).status).toBe(412)
  const deleting = { as: ada, fields: { 'idempotency-key': 'delete' } }
  const { id } = await (await shop.ask('POST', '/api/products', { as: ada, body: PRODUCT })).json()
  for (let time = 0; time < 2; time++)
    expect((await shop.ask('DELETE', `/api/products/${id}`, deleting)).status).toBe(204)
})

test('a database of an earlier version gets the tables that it lacks', async () => {
  await shop.pool.query('drop table freshlayer.idempotency_keys')
  await prepareDatabase({ pool: shop.pool, markComplete: async () => undefined }, new Date())
  expect((await sell('five')).status).toBe(201)
  expect((await sell('five')).headers.get('idempotent-replayed')).toBe('true')
})

const PRODUCT = { sku: 'ONCE-1', name: 'Once', categoryId: 1, brandId: 2, unitId: 3, priceCents: 1, costCents: 1 }
