import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Credentials, openShop, type Shop } from './shop-fixture.ts'

let shop: Shop
let ada: Credentials
beforeAll(async () => {
  shop = await openShop()
  ada = await shop.signIn('ada')
})
afterAll(() => shop.close())

const read = (path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> =>
  shop.ask('GET', path, { as: ada, fields })

const READS = [
  '/api/me/tasks',
  '/api/me/preferences',
  '/api/products?search=oak&pageSize=5',
  '/api/products/5',
  '/api/products/5/variants',
  '/api/variants/1',
  '/api/categories',
  '/api/categories/1',
  '/api/brands',
  '/api/brands/1',
  '/api/units',
  '/api/units/1',
  '/api/stock?level=low',
  '/api/stock/5',
  '/api/sales',
  '/api/sales/1',
  '/api/purchases',
  '/api/purchases/1',
  '/api/settings',
  '/api/reports/sales?days=7',
]

describe.each(READS)('%s', (path) => {
  test('has validators, says the same twice, and answers 304 to either validator', async () => {
    const first = await read(path)
    const again = await read(path)
    expect(first.status).toBe(200)
    expect(first.headers.get('cache-control')).toBe('private, max-age=0')
    const etag = first.headers.get('etag') ?? ''
    const modified = first.headers.get('last-modified') ?? ''
    expect(etag).toMatch(/^"[^"]+"$/)
    expect(Date.parse(modified)).toBeLessThanOrEqual(Date.now())
    expect(again.headers.get('etag')).toBe(etag)
    expect(await again.text()).toBe(await first.text())

    for (const fields of [{ 'if-none-match': `"x", W/${etag}` }, { 'if-modified-since': modified }]) {
      const unchanged = await read(path, fields)
      expect(unchanged.status).toBe(304)
      expect(await unchanged.text()).toBe('')
      expect(unchanged.headers.get('etag')).toBe(etag)
      expect(unchanged.headers.get('last-modified')).toBe(modified)
      expect(unchanged.headers.get('cache-control')).toBe('private, max-age=0')
      expect(unchanged.headers.get('date')).not.toBeNull()
      expect(unchanged.headers.get('content-type')).toBeNull()
    }
    expect((await read(path, { 'if-none-match': '"x"', 'if-modified-since': modified })).status).toBe(200)
  })
})

test('the till is never kept and never the same', async () => {
  const till = await read('/api/till')
  expect(till.headers.get('cache-control')).toBe('no-store')
  expect(till.headers.get('etag')).toBeNull()
  const { openedAt, cashierName, balanceCents, serverTime } = await till.json()
  expect(Date.parse(openedAt)).toBeLessThanOrEqual(Date.parse(serverTime))
  expect({ cashierName, balanceCents }).toEqual({ cashierName: 'Grace Hopper', balanceCents: expect.any(Number) })
})

test('health needs no session', async () => {
  const engine = process.env['FRESHLAYER_TEST_DATABASE_URL'] === undefined ? 'pglite' : 'postgres'
  expect(await (await shop.ask('GET', '/api/health')).json()).toEqual({ ok: true, database: engine })
})

test('an unknown address is a 404 problem', async () => {
  const response = await read('/api/nothing')
  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
})

describe('a change made directly in the database', () => {
  test('changes the tag of what shows it, its date, and nothing else', async () => {
    const [item, other] = await Promise.all([read('/api/products/7'), read('/api/products/8')])
    await shop.pool.query(`update table_changes set updated_at = now() - interval '1 hour'`)
    await shop.pool.query('update products set price_cents = price_cents + 1 where id = 7')
    const changed = await read('/api/products/7', { 'if-none-match': item.headers.get('etag') ?? '' })
    expect(changed.status).toBe(200)
    const [was, now] = [await item.json(), await changed.json()]
    expect(now.priceCents).toBe(was.priceCents + 1)
    expect(Date.parse(now.updatedAt)).toBeGreaterThan(Date.parse(was.updatedAt))
    expect(Date.parse(changed.headers.get('last-modified') ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect((await read('/api/products/8', { 'if-none-match': other.headers.get('etag') ?? '' })).status).toBe(304)
  })

  test('that writes the same values changes nothing', async () => {
    const before = await read('/api/products/9')
    await shop.pool.query('update products set price_cents = price_cents where id = 9')
    expect((await read('/api/products/9')).headers.get('etag')).toBe(before.headers.get('etag'))
  })

  test('that deletes a row is dated too', async () => {
    await shop.pool.query(`update table_changes set updated_at = now() - interval '1 hour'`)
    const before = await read('/api/products/5/variants')
    await shop.pool.query('delete from variants where id = (select max(id) from variants where product_id = 5)')
    const fields = { 'if-modified-since': before.headers.get('last-modified') ?? '' }
    expect((await read('/api/products/5/variants', fields)).status).toBe(200)
  })
})

describe('lists', () => {
  test('pages do not overlap and tell the total', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async (page) => (await read(`/api/products?page=${page}&pageSize=10`)).json()),
    )
    expect([one.total, one.page, one.pageSize, two.page]).toEqual([5000, 1, 10, 2])
    const ids = [...one.items, ...two.items].map((product: { id: number }) => product.id)
    expect(new Set(ids).size).toBe(20)
  })

  test('every word of a search must occur, and % is only a character', async () => {
    const { items, total } = await (await read('/api/products?search=TEA%20oak&pageSize=100')).json()
    expect(total).toBeGreaterThan(0)
    expect(total).toBeLessThan(200)
    for (const { name, sku } of items) expect(`${name} ${sku}`).toMatch(/(?=.*tea)(?=.*oak)/i)
    expect((await (await read('/api/products?search=%25')).json()).total).toBe(0)
  })

  test('filters combine, an empty one counts as absent', async () => {
    const { items } = await (await read('/api/products?category=3&status=archived&brand=&search=')).json()
    expect(items.length).toBeGreaterThan(0)
    for (const item of items) expect(item).toMatchObject({ categoryId: 3, status: 'archived' })
  })

  test.each([
    ['price', (one: Sorted, other: Sorted) => one.priceCents - other.priceCents],
    ['-price', (one: Sorted, other: Sorted) => other.priceCents - one.priceCents],
    ['-updated', (one: Sorted, other: Sorted) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt)],
  ])('sort=%s', async (sort, compare) => {
    const { items } = await (await read(`/api/products?sort=${sort}&pageSize=50`)).json()
    expect(items.toSorted(compare)).toEqual(items)
  })

  test.each([
    ['low', (level: Level) => level.onHand > 0 && level.onHand <= level.reorderLevel],
    ['out', (level: Level) => level.onHand === 0],
  ])('stock level %s', async (level, holds) => {
    const { items, total } = await (await read(`/api/stock?level=${level}&pageSize=200`)).json()
    expect(total).toBeGreaterThan(50)
    expect(items.every(holds)).toBe(true)
  })

  test('sales of a day include the whole day', async () => {
    const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10)
    const { items } = await (await read(`/api/sales?from=${day}&to=${day}&pageSize=100`)).json()
    expect(items.length).toBeGreaterThan(0)
    for (const { soldAt } of items) expect(soldAt.slice(0, 10)).toBe(day)
  })

  test.each([
    ['/api/products?page=0', 'page'],
    ['/api/products?pageSize=9999', 'pageSize'],
    ['/api/products?sort=colour', 'sort'],
    ['/api/sales?from=yesterday', 'from'],
    ['/api/stock?level=half', 'level'],
    ['/api/reports/sales?days=-1', 'days'],
  ])('%s is refused and names the parameter', async (path, parameter) => {
    const response = await read(path)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ status: 422, errors: [{ path: parameter }] })
  })

  test.each([
    '/api/products/999999',
    '/api/products/abc',
    '/api/products/99999999999',
    '/api/products/0/variants',
    '/api/variants/x',
    '/api/categories/999',
    '/api/stock/999999',
    '/api/sales/0',
    '/api/purchases/999',
  ])('%s does not exist', async (path) => {
    expect((await read(path)).status).toBe(404)
  })
})

const sum = (items: { totalCents: number }[]): number => items.reduce((all, item) => all + item.totalCents, 0)

test('the report has every day, and its sums agree', async () => {
  const report = await (await read('/api/reports/sales?days=14')).json()
  expect(report.days).toHaveLength(14)
  expect(report.days.at(-1).day).toBe(new Date().toISOString().slice(0, 10))
  expect(sum(report.days)).toBe(report.totalCents)
  expect(sum(report.byCategory)).toBe(report.totalCents)
  expect(report.topProducts).toHaveLength(10)
})

interface Sorted {
  readonly priceCents: number
  readonly updatedAt: string
}

interface Level {
  readonly onHand: number
  readonly reorderLevel: number
}
