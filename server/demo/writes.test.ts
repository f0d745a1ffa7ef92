import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Credentials, openShop, type Shop } from './shop-fixture.ts'

let shop: Shop
let ada: Credentials
beforeAll(async () => {
  shop = await openShop()
  ada = await shop.signIn('ada')
})
afterAll(() => shop.close())

const read = (path: string): Promise<Response> => shop.ask('GET', path, { as: ada })

const write = (
  method: string,
  path: string,
  body?: unknown,
  fields: Readonly<Record<string, string>> = {},
): Promise<Response> => shop.ask(method, path, { as: ada, body, fields })

const PRODUCT = {
  sku: 'NEW-1',
  name: 'A New Thing',
  categoryId: 1,
  brandId: 2,
  unitId: 3,
  priceCents: 995,
  costCents: 500,
  status: 'active',
  description: '',
}

const VARIANT = { sku: 'NEW-V', name: 'Red', attributes: { colour: 'Red' }, priceCents: 100, onHand: 3 }

const RESOURCES = [
  { list: '/api/products', first: PRODUCT, second: { ...PRODUCT, name: 'A Renamed Thing', priceCents: 0 } },
  { list: '/api/categories', first: { name: 'Toys' }, second: { name: 'Games' } },
  { list: '/api/brands', first: { name: 'Acme', country: 'Norway' }, second: { name: 'Acme & Co', country: 'Norway' } },
  { list: '/api/units', first: { name: 'Pair', symbol: 'pr' }, second: { name: 'Pair', symbol: 'prs' } },
  { list: '/api/products/5/variants', first: VARIANT, second: { ...VARIANT, name: 'Blue', attributes: {} } },
]

describe.each(RESOURCES)('$list', ({ list, first, second }) => {
  test('an item is created, read, replaced under If-Match, and deleted', async () => {
    const created = await write('POST', list, first)
    expect(created.status).toBe(201)
    const location = created.headers.get('location') ?? ''
    const item = await created.json()
    expect(item).toMatchObject(first)

    const shown = await read(location)
    expect(shown.headers.get('etag')).toBe(created.headers.get('etag'))
    expect(await shown.json()).toEqual(item)

    const etag = created.headers.get('etag') ?? ''
    const replaced = await write('PUT', location, second, { 'if-match': etag })
    expect(replaced.status).toBe(200)
    const changed = await replaced.json()
    expect(changed).toMatchObject({ ...second, id: item.id })
    expect(await (await read(location)).json()).toEqual(changed)

    const late = await write('PUT', location, first, { 'if-match': etag })
    expect(late.status).toBe(412)
    expect(await late.json()).toMatchObject({ title: 'Precondition Failed', status: 412 })
    expect(await (await read(location)).json()).toEqual(changed)

    expect((await write('DELETE', location, undefined, { 'if-match': etag })).status).toBe(412)
    expect((await write('DELETE', location, undefined, { 'if-match': '*' })).status).toBe(204)
    expect((await read(location)).status).toBe(404)
    expect((await write('DELETE', location)).status).toBe(404)
    expect((await write('PUT', location, first)).status).toBe(404)
  })

  test('a second one of the same name or number is a conflict', async () => {
    const one = await write('POST', list, first)
    const two = await write('POST', list, first)
    expect([one.status, two.status]).toEqual([201, 409])
    expect((await write('DELETE', one.headers.get('location') ?? '')).status).toBe(204)
  })

  test('what does not fit is refused field by field', async () => {
    const response = await write('POST', list, { name: ' ' })
    expect(response.status).toBe(422)
    const { errors } = await response.json()
    expect(errors).toContainEqual({ path: 'name', message: 'Must not be empty.' })
  })
})

test('a body that is no JSON is a 400', async () => {
  const response = await shop.ask('POST', '/api/categories', { as: { ...ada, 'content-type': 'application/json' } })
  expect(response.status).toBe(400)
})

test('a body above the limit is a 413', async () => {
  expect((await write('POST', '/api/categories', { name: 'x'.repeat(300_000) })).status).toBe(413)
})

describe('products', () => {
  test('PATCH changes what it names and keeps the rest', async () => {
    const before = await (await read('/api/products/11')).json()
    const after = await (await write('PATCH', '/api/products/11', { priceCents: 1234 })).json()
    expect(after).toEqual({ ...before, priceCents: 1234, updatedAt: after.updatedAt })
  })

  test('what others refer to cannot be deleted', async () => {
    expect((await write('DELETE', '/api/categories/1')).status).toBe(409)
    const { items } = await (await read('/api/sales/1')).json().then(({ lines }) => ({ items: lines }))
    const sold = await write('DELETE', `/api/products/${items[0].productId}`)
    expect(sold.status).toBe(409)
    expect((await sold.json()).detail).toMatch(/in use/)
  })

  test('a category that does not exist is refused', async () => {
    expect((await write('POST', '/api/products', { ...PRODUCT, sku: 'NEW-2', categoryId: 999 })).status).toBe(422)
    expect((await (await read('/api/products?search=NEW-2')).json()).total).toBe(0)
  })

  test('a new variant is counted', async () => {
    const before = await (await read('/api/products/6')).json()
    expect((await write('POST', '/api/products/6/variants', { ...VARIANT, sku: 'COUNTED' })).status).toBe(201)
    expect((await (await read('/api/products/6')).json()).variantCount).toBe(before.variantCount + 1)
    expect((await write('POST', '/api/products/999999/variants', VARIANT)).status).toBe(404)
  })
})

async function onHand(productId: number): Promise<number> {
  return (await (await read(`/api/stock/${productId}`)).json()).onHand
}

async function setOnHand(productId: number, count: number): Promise<void> {
  await shop.pool.query('update stock set on_hand = $2 where product_id = $1', [productId, count])
}

describe('stock', () => {
  test('an adjustment moves it and leaves a trace', async () => {
    await setOnHand(20, 10)
    const body = { delta: -3, reason: 'damage', note: 'Fell off the shelf' }
    const response = await write('POST', '/api/stock/20/adjustments', body)
    expect(response.status).toBe(201)
    const stock = await response.json()
    expect(stock.onHand).toBe(7)
    expect(stock.movements[0]).toMatchObject({ ...body, userName: 'Ada Byron' })
    expect((await (await read('/api/products/20')).json()).onHand).toBe(7)
  })

  test('it never falls below zero', async () => {
    await setOnHand(21, 2)
    const response = await write('POST', '/api/stock/21/adjustments', { delta: -3, reason: 'count' })
    expect(response.status).toBe(409)
    expect((await response.json()).detail).toMatch(/^Only 2 of /)
    expect(await onHand(21)).toBe(2)
  })

  test.each([
    ['nothing moved', { delta: 0, reason: 'count' }, 422],
    ['an unknown reason', { delta: 1, reason: 'magic' }, 422],
    ['half a piece', { delta: 0.5, reason: 'count' }, 422],
    ['more than a column holds', { delta: 2_147_483_647, reason: 'received' }, 422],
  ])('%s is refused', async (_name, body, status) => {
    await setOnHand(22, 5)
    expect((await write('POST', '/api/stock/22/adjustments', body)).status).toBe(status)
    expect(await onHand(22)).toBe(5)
  })

  test('a product that does not exist has none', async () => {
    expect((await write('POST', '/api/stock/999999/adjustments', { delta: 1, reason: 'count' })).status).toBe(404)
  })
})

const sell = (...ids: number[]): Promise<Response> =>
  write('POST', '/api/sales', { lines: ids.map((productId) => ({ productId, quantity: 1 })), paidBy: 'card' })

describe('sales', () => {
  beforeAll(() => shop.pool.query(`update products set status = 'active' where id in (31, 32)`))

  test('a sale takes today’s prices, lowers the stock, and fills the till when paid in cash', async () => {
    await setOnHand(31, 10)
    const [product, till] = [await (await read('/api/products/31')).json(), await (await read('/api/till')).json()]
    const lines = [
      { productId: 31, quantity: 2 },
      { productId: 31, quantity: 1 },
    ]
    const response = await write('POST', '/api/sales', { lines, paidBy: 'cash' })
    expect(response.status).toBe(201)
    const sale = await response.json()
    expect(sale).toMatchObject({ mine: true, cashierName: 'Ada Byron', lineCount: 1, paidBy: 'cash' })
    expect(sale.totalCents).toBe(3 * product.priceCents)
    expect(sale.lines).toEqual([
      { productId: 31, sku: product.sku, name: product.name, quantity: 3, unitPriceCents: product.priceCents },
    ])
    expect(await onHand(31)).toBe(7)
    expect((await (await read('/api/till')).json()).balanceCents).toBe(till.balanceCents + sale.totalCents)
    expect((await (await read('/api/sales?pageSize=1')).json()).items[0].id).toBe(sale.id)
    const seenByGrace = await shop.ask('GET', `/api/sales/${sale.id}`, { as: await shop.signIn('grace') })
    expect((await seenByGrace.json()).mine).toBe(false)
  })

  test('a sale of more than there is sells nothing at all', async () => {
    await setOnHand(31, 10)
    await setOnHand(32, 1)
    const { total } = await (await read('/api/sales')).json()
    const lines = [
      { productId: 31, quantity: 2 },
      { productId: 32, quantity: 2 },
    ]
    const response = await write('POST', '/api/sales', { lines, paidBy: 'card' })
    expect(response.status).toBe(409)
    expect([await onHand(31), await onHand(32)]).toEqual([10, 1])
    expect((await (await read('/api/sales')).json()).total).toBe(total)
  })

  test('the last piece is sold once', async () => {
    await setOnHand(32, 1)
    const statuses = (await Promise.all([sell(32), sell(32), sell(32)])).map((response) => response.status)
    expect(statuses.toSorted((one, other) => one - other)).toEqual([201, 409, 409])
    expect(await onHand(32)).toBe(0)
  })

  test('sales that touch the same products in another order do not block each other', async () => {
    await setOnHand(31, 100)
    await setOnHand(32, 100)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_unused, turn) => (turn % 2 === 0 ? sell(31, 32) : sell(32, 31))),
    )
    expect(answers.map((response) => response.status)).toEqual(Array.from({ length: 10 }, () => 201))
  })

  test.each([
    ['an empty basket', { lines: [], paidBy: 'cash' }, 422, 'lines'],
    ['a quantity of zero', { lines: [{ productId: 31, quantity: 0 }], paidBy: 'cash' }, 422, 'lines.0.quantity'],
    ['an unknown way to pay', { lines: [{ productId: 31, quantity: 1 }], paidBy: 'shells' }, 422, 'paidBy'],
  ])('%s is refused', async (_name, body, status, path) => {
    const response = await write('POST', '/api/sales', body)
    expect(response.status).toBe(status)
    expect((await response.json()).errors).toMatchObject([{ path }])
  })

  test('what is archived or unknown is not sold', async () => {
    await shop.pool.query(`update products set status = 'archived' where id = 33`)
    expect((await sell(33)).status).toBe(409)
    expect((await sell(999_999)).status).toBe(422)
  })
})

describe('purchases', () => {
  test('an order is received once, and then it is on the shelf', async () => {
    await setOnHand(40, 0)
    const body = { supplier: 'Quayside Imports', lines: [{ productId: 40, quantity: 12, unitCostCents: 250 }] }
    const created = await write('POST', '/api/purchases', body)
    expect(created.status).toBe(201)
    const location = created.headers.get('location') ?? ''
    expect(await created.json()).toMatchObject({ status: 'ordered', receivedAt: null, lineCount: 1, totalCents: 3000 })
    expect(await onHand(40)).toBe(0)

    const fields = { 'if-match': created.headers.get('etag') ?? '' }
    const received = await write('POST', `${location}/receive`, undefined, fields)
    expect(await received.json()).toMatchObject({ status: 'received', receivedAt: expect.any(String) })
    expect(await onHand(40)).toBe(12)

    expect((await write('POST', `${location}/receive`, undefined, fields)).status).toBe(412)
    expect((await write('POST', `${location}/receive`)).status).toBe(409)
    expect(await onHand(40)).toBe(12)
  })

  test.each([
    ['no supplier', { supplier: '', lines: [{ productId: 1, quantity: 1, unitCostCents: 1 }] }],
    ['no lines', { supplier: 'A', lines: [] }],
    ['an unknown product', { supplier: 'A', lines: [{ productId: 999_999, quantity: 1, unitCostCents: 1 }] }],
  ])('%s is refused and leaves nothing', async (_name, body) => {
    const { total } = await (await read('/api/purchases')).json()
    expect((await write('POST', '/api/purchases', body)).status).toBe(422)
    expect((await (await read('/api/purchases')).json()).total).toBe(total)
  })

  test('an unknown order cannot be received', async () => {
    expect((await write('POST', '/api/purchases/999/receive')).status).toBe(404)
  })
})

describe('settings', () => {
  test('they are replaced under If-Match', async () => {
    const before = await read('/api/settings')
    const body = { shopName: 'Corner', currency: 'GBP', taxPercent: 7.5, receiptFooter: '' }
    const fields = { 'if-match': before.headers.get('etag') ?? '' }
    expect(await (await write('PUT', '/api/settings', body, fields)).json()).toMatchObject(body)
    expect(await (await read('/api/settings')).json()).toMatchObject(body)
    expect((await write('PUT', '/api/settings', body, fields)).status).toBe(412)
  })

  test('If-Unmodified-Since protects a client without tags', async () => {
    const body = { shopName: 'Late', currency: 'GBP', taxPercent: 7.5, receiptFooter: '' }
    const fields = { 'if-unmodified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }
    expect((await write('PUT', '/api/settings', body, fields)).status).toBe(412)
  })

  test('each wrong field is named', async () => {
    const response = await write('PUT', '/api/settings', {
      shopName: 'A',
      currency: 'euro',
      taxPercent: 101,
      receiptFooter: '',
    })
    const { errors } = await response.json()
    expect(errors.map(({ path }: { path: string }) => path)).toEqual(['currency', 'taxPercent'])
  })
})
