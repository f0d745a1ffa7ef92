import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FeedClient } from '../events/feed-client.fixture.ts'
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

const json = async <T>(path: string, as = ada): Promise<T> => (await (await shop.ask('GET', path, { as })).json()) as T

interface Row {
  readonly id: number
  readonly name: string
}

describe('what others have changed', () => {
  interface Deed {
    readonly userName: string
    readonly mine: boolean
    readonly deed: string
    readonly subject: string
    readonly path: string
  }
  const newest = async (as: Credentials): Promise<Deed | undefined> =>
    (await json<{ items: readonly Deed[] }>('/api/activity', as)).items[0]

  test.each([
    ['PATCH', '/api/products/7', { priceCents: 1234 }, 'changed the product', '/products/7'],
    ['POST', '/api/units', { name: 'Bushel', symbol: 'bu' }, 'added the unit', '/units'],
    ['PUT', '/api/categories/1', { name: 'Renamed' }, 'changed the category', '/categories'],
    ['POST', '/api/stock/7/adjustments', { delta: 1, reason: 'count' }, 'corrected the stock of', '/stock/7'],
    [
      'POST',
      '/api/purchases',
      { supplier: 'Northgate', lines: [{ productId: 7, quantity: 1, unitCostCents: 5 }] },
      'ordered from',
      undefined,
    ],
  ])('%s %s is noted, and its answer says where the log stands', async (method, path, body, deed, shownAt) => {
    const answer = await shop.ask(method, path, { as: grace, body })
    expect(answer.ok).toBe(true)
    expect(answer.headers.get('freshlayer-position')).toMatch(/^[\w-]+$/)
    const noted = { userName: 'Grace Hopper', deed, ...(shownAt !== undefined && { path: shownAt }) }
    expect(await newest(ada)).toMatchObject({ ...noted, mine: false })
    expect(await newest(grace)).toMatchObject({ ...noted, mine: true })
  })

  test('a write that is refused is not noted', async () => {
    const before = await newest(ada)
    expect((await shop.ask('PATCH', '/api/products/7', { as: grace, body: { priceCents: -1 } })).status).toBe(422)
    expect(await newest(ada)).toEqual(before)
  })
})

test('a new task is told to its user alone, and what a write has done can be told from what others have', async () => {
  const listen = async (as: Credentials): Promise<FeedClient> =>
    new FeedClient(await shop.ask('GET', '/events', { as })).until(({ cursor }) => cursor !== undefined)
  const [hers, graces] = [await listen(ada), await listen(grace)]
  await shop.pool.query(`insert into tasks (user_id, title, due_on) values (1, 'Order boxes', current_date)`)
  await shop.pool.query(`insert into purchases (supplier, status) values ('Northgate', 'ordered')`)
  for (const client of [hers, graces]) await client.until(({ tags }) => tags.includes('purchases'))
  expect([hers, graces].map(({ tags }) => tags.includes('tasks'))).toEqual([true, false])
  for (const client of [hers, graces]) await client.close()

  const [task] = (await json<{ items: readonly Row[] }>('/api/me/tasks')).items
  const answer = await shop.ask('PATCH', `/api/me/tasks/${task?.id}`, { as: ada, body: { done: true } })
  expect(answer.headers.get('freshlayer-position')).toMatch(/^[\w-]+$/)
})

test('a row of the catalogue is the same in its list and in /api/sync', async () => {
  interface Synced {
    readonly timestamp: string
    readonly hasMore: boolean
    readonly data: { readonly products: { readonly added: readonly Row[]; readonly updated: readonly Row[] } }
  }
  const list = await json<{ items: readonly Row[]; total: number }>('/api/catalogue')
  expect(list.total).toBe(5000)
  const rows = new Map<number, Row>()
  let since: string | undefined
  const pull = async (): Promise<void> => {
    for (let hasMore = true; hasMore;) {
      const query = since === undefined ? '' : `&since=${encodeURIComponent(since)}`
      const answer = await json<Synced>(`/api/sync?entities=products&digest=1${query}`)
      for (const row of [...answer.data.products.added, ...answer.data.products.updated]) rows.set(row.id, row)
      since = answer.timestamp
      ;({ hasMore } = answer)
    }
  }
  await pull()
  expect(list.items.map(({ id }) => rows.get(id))).toEqual(list.items)
  await shop.ask('PATCH', '/api/products/9', { as: grace, body: { name: 'Renamed lately' } })
  rows.clear()
  await pull()
  expect([...rows.values()]).toMatchObject([{ id: 9, name: 'Renamed lately' }])
  expect((await shop.ask('GET', '/api/sync?entities=products')).status).toBe(401)
})

test('tags are kept in lower case and once each, are found by, and stay where a client does not name them', async () => {
  const tag = { tags: ['Only Here', 'only here', 'fragile'] }
  const changed = await shop.ask('PATCH', '/api/products/11', { as: ada, body: tag })
  expect(await changed.json()).toMatchObject({ tags: ['only here', 'fragile'] })
  const found = await json<{ items: readonly Row[] }>('/api/products?tag=only%20here')
  expect(found.items.map(({ id }) => id)).toEqual([11])
  const { items } = await json<{ items: readonly { name: string; productCount: number }[] }>('/api/product-tags')
  expect(items).toContainEqual({ name: 'only here', productCount: 1 })
  expect(items[0]?.productCount).toBeGreaterThan(items.at(-1)?.productCount ?? 0)
  await shop.ask('PATCH', '/api/products/11', { as: ada, body: { priceCents: 5 } })
  expect(await json('/api/products/11')).toMatchObject({ priceCents: 5, tags: ['only here', 'fragile'] })
  const many = { tags: Array.from({ length: 13 }, (_, at) => `tag ${at}`) }
  expect((await shop.ask('PATCH', '/api/products/11', { as: ada, body: many })).status).toBe(422)
})
