import { defineConfig } from './language/index.ts'

/** What shows how much there is of products: levels, lists, and each product. A variant shows its own count, which no sale moves. */
const STOCK = ['stock', 'products', 'product-stock']

/** What shows a product's name, price, status or tags. */
const PRODUCT = ['products', 'product:{id}', 'product-tags', 'stock', 'reports', 'line-names']

/** The tag of what a write has created. The feed tells it as well, and then it is no news. */
const created =
  (name: string) =>
  (answer: unknown): string[] =>
    typeof answer === 'object' && answer !== null && 'id' in answer ? [`${name}:${String(answer.id)}`] : []

/**
 * The rules of Corner Supply Co., the demo shop: how fresh each part of its API must be.
 *
 *   stored            fresh ends          stale ends               offline ends
 *     |---- fresh -------|------ stale -------|------- offline ----------|  gone
 *     served             served at once,      served only if the         deleted
 *     without a request  validated behind     origin cannot be reached
 *
 * `stale` and `offline` both count from the end of `fresh`. The layer never handles a path without a rule.
 * `/api/session` and `/api/health` have no rule on purpose, because a sign-in must always reach the server.
 */
export default defineConfig({
  // A new value drops everything that an earlier version stored.
  version: '1',

  // The bearer token names the user. With a cookie session the page names its user by `identify()`.
  identity: { by: ['authorization', 'identify'] },

  shell: '/index.html',
  navigation: { timeout: '3s' },

  // If a stored copy exists, a clerk waits at most three seconds for the network. While the network is down, old
  // figures are better than none, for a week.
  defaults: { expects: 'json', timeout: '3s', offline: '7d' },

  // What others change in the catalogue, purchases, a user's tasks and the bell are told within a second. What tills change all
  // day is not told: a hint for each sale would have every screen read anew every few seconds. Stock and sales poll instead.
  push: { url: '/events' },

  // The search looks in all 5,000 products without a request. After a change only the changed rows are sent.
  sync: { url: '/api/sync' },
  collections: { products: { list: '/api/catalogue', items: 'items', total: 'total', version: 'updatedAt' } },

  routes: [
    // The money in the till must be current: an old balance is wrong. It is never stored and not available offline.
    { match: '/api/till', preset: 'network-only' },

    // Units of measure change about once a year, so an hour does no harm. All users see the same units.
    {
      match: ['/api/units', '/api/units/:id'],
      fresh: '60m',
      stale: '1d',
      offline: '30d',
      tags: ['units', 'unit:{id}'],
      public: true,
    },

    // A new category or brand comes every few weeks. The user who adds one sees it at once, because the write ends the
    // list's freshness. Half an hour is for all other users.
    {
      match: ['/api/categories', '/api/categories/:id'],
      fresh: '30m',
      stale: '1d',
      tags: ['categories', 'category:{id}'],
      public: true,
    },
    {
      match: ['/api/brands', '/api/brands/:id'],
      fresh: '30m',
      stale: '1d',
      tags: ['brands', 'brand:{id}'],
      public: true,
    },

    // One or two users edit prices and descriptions several times a day. Other users may see the old price for five
    // minutes. The server checks the price of each sale anyway.
    {
      match: '/api/products/:id/variants',
      fresh: '5m',
      stale: '1h',
      // Variants show nothing of their product, so a change of that does not concern them.
      tags: ['variants', 'variants:{id}'],
      public: true,
    },
    // The point of sale shows 24 products and what is left of each, while other tills sell. So it looks every half minute;
    // 10 clerks make 20 requests a minute, nearly all of them a 304.
    {
      match: '/api/products',
      query: { pageSize: '24', status: 'active' },
      name: 'point of sale',
      fresh: '5m',
      stale: '1h',
      tags: ['products'],
      public: true,
      poll: '30s',
    },
    // The long lists are never polled: coming back to the tab is soon enough.
    { match: '/api/products', fresh: '5m', stale: '1h', tags: ['products'], public: true },
    // One product shows the names of its category, brand and unit, and its stock. Lists show no names of others. A change of
    // another product ends the lists, and not this.
    {
      match: '/api/products/:id',
      fresh: '5m',
      stale: '1h',
      tags: ['product:{id}', 'product-names', 'product-stock'],
      public: true,
    },

    // The rows that the search looks in. They are told of changes, so five minutes count only while nothing can be told.
    { match: '/api/catalogue', fresh: '5m', stale: '1d', offline: '30d', tags: ['products'], public: true },

    // A new tag of another user may be suggested half an hour late: it can be typed all the same.
    { match: '/api/product-tags', fresh: '30m', stale: '1d', tags: ['product-tags'], public: true },

    // Stock changes with each sale at each till. Half a minute keeps the page quick while a clerk counts shelves. The
    // clerk's own sales and adjustments show at once, those of others by the next poll. After ten minutes a level is useful only offline.
    {
      match: ['/api/stock', '/api/stock/:productId'],
      fresh: '30s',
      stale: '10m',
      offline: '1d',
      tags: ['stock', 'stock:{productId}'],
      poll: '30s',
    },

    // Sales come every few minutes in opening hours. A manager looks again about once a minute; a page that stays open looks
    // every half minute. Sales are marked `mine`, so users never share them.
    { match: '/api/sales', fresh: '1m', stale: '10m', tags: ['sales'], poll: '30s' },
    // A sale that was made never changes, but for the names of its products. Others' new names may come half an hour late.
    { match: '/api/sales/:id', fresh: '30m', stale: '1d', tags: ['sale:{id}', 'line-names'] },
    // Deliveries come a few times a day, and are told. A page that stays open looks every half minute all the same.
    { match: '/api/purchases', fresh: '5m', stale: '1h', tags: ['purchases'], poll: '30s' },
    { match: '/api/purchases/:id', fresh: '5m', stale: '1h', tags: ['purchase:{id}', 'line-names'] },

    // Reports cover whole days, so five minutes do not change a decision.
    { match: '/api/reports/**', fresh: '5m', stale: '1h', tags: ['reports'] },

    // The shop's name, currency and tax are set up once and read by every page. They are the same for all users.
    { match: '/api/settings', fresh: '30m', stale: '1d', offline: '30d', tags: ['settings'], public: true },

    // The bell is told of changes. A minute is for those who come back to a tab that was out of sight.
    { match: '/api/activity', fresh: '1m', stale: '1d', tags: ['activity'] },

    // A manager may give a user a new task at any time. It is told, so five minutes count only while nothing can be told.
    { match: ['/api/me/tasks', '/api/me/tasks/:id'], fresh: '5m', stale: '1d', tags: ['tasks'] },

    // Only the user changes these preferences, and each change ends their freshness.
    { match: '/api/me/preferences', fresh: '10m', stale: '7d', tags: ['preferences'] },
  ],

  // What a write invalidates besides its own URL. A write without an entry ends the tags of the route at its path. That
  // is enough for settings, tasks and preferences.
  writes: [
    // A sale takes goods from the shelf and puts money in the till.
    // The customer does not wait for the network: a sale is queued, and stock that has run out meanwhile is for the clerk to settle.
    {
      match: 'POST /api/sales',
      invalidates: ['sales', ...STOCK, 'reports', '/api/till', '/api/stock'],
      offline: 'queue',
      entity: 'sale',
      idempotent: true,
      // Runs in the worker, by itself. The server adds a number and prices; until then the list has what the till has shown.
      optimistic: (cached, { body }, { url }) => {
        const { lines, shown } = body as { lines: { productId: number; quantity: number }[]; shown?: object }
        const list = cached as { items?: { productId?: number; onHand?: number }[]; total: number; pageSize: number }
        if (list.items === undefined) return undefined
        if (/\/stock(\?|$)/.test(url)) {
          const sold = new Map<number | undefined, number>()
          for (const { productId, quantity } of lines) sold.set(productId, (sold.get(productId) ?? 0) + quantity)
          const items = list.items.map((item) => ({
            ...item,
            onHand: (item.onHand ?? 0) - (sold.get(item.productId) ?? 0),
          }))
          return { ...list, items }
        }
        // Other pages, and other days.
        if (/[?&](page=(?!1(&|$))|from=|to=)/.test(url)) return undefined
        const sale = { id: `waiting ${JSON.stringify(shown)}`, mine: true, lineCount: lines.length, ...shown }
        return { ...list, items: [sale, ...list.items].slice(0, list.pageSize), total: list.total + 1 }
      },
    },

    // An order does not change stock; its arrival does.
    { match: 'POST /api/purchases', invalidates: ['purchases', created('purchase')] },
    { match: 'POST /api/purchases/:id/receive', invalidates: ['purchases', 'purchase:{id}', ...STOCK] },

    // Shelves are counted where there is no network. A correction says how much more or less there is, so those of two clerks add up.
    {
      match: 'POST /api/stock/:productId/adjustments',
      invalidates: [...STOCK, '/api/stock', '/api/stock/{productId}'],
      offline: 'queue',
      entity: 'stock',
      id: ':productId',
      idempotent: true,
      optimistic: (cached, { body, params }) => {
        const { delta, reason, note } = body as { delta: number; reason: string; note?: string }
        const { items, ...item } = cached as {
          items?: { productId: number; onHand: number }[]
          onHand: number
          movements: object[]
        }
        if (items === undefined) {
          const { onHand, movements } = item
          const id = `waiting ${movements.length}`
          const movement = { id, delta, reason, note, userName: 'Waits for the server', createdAt: null }
          return { ...item, onHand: onHand + delta, movements: [movement, ...movements] }
        }
        const changed = items.map((item) =>
          String(item.productId) === params['productId'] ? { ...item, onHand: item.onHand + delta } : item,
        )
        return { ...item, items: changed }
      },
    },

    // A product is listed, has a stock level, and is counted in its category and its brand. Reports and the
    // lines of sales and purchases show its name. One that was sold cannot be deleted, so only a change concerns these.
    {
      match: 'POST /api/products',
      invalidates: ['products', 'product-tags', 'stock', 'categories', 'brands', created('product')],
    },
    {
      match: 'DELETE /api/products/:id',
      invalidates: ['products', 'product:{id}', 'product-tags', 'stock', 'categories', 'brands'],
    },
    {
      match: 'PUT /api/products/:id',
      invalidates: [...PRODUCT, 'categories', 'brands'],
    },
    // A quick edit leaves category and brand as they are.
    { match: 'PATCH /api/products/:id', invalidates: PRODUCT },
    { match: '/api/products/:id/variants', invalidates: ['variants:{id}', 'product:{id}', 'products', 'stock'] },
    // A variant's URL does not name its product, so all products are validated.
    { match: '/api/variants/:id', invalidates: ['variants', ...STOCK] },

    // A product shows the names of its category, brand and unit. One that is new or deleted has no products.
    { match: ['POST /api/categories', 'DELETE /api/categories/:id'], invalidates: ['categories'] },
    { match: 'PUT /api/categories/:id', invalidates: ['categories', 'product-names', 'reports'] },
    { match: ['POST /api/brands', 'DELETE /api/brands/:id'], invalidates: ['brands'] },
    { match: 'PUT /api/brands/:id', invalidates: ['brands', 'product-names'] },
    { match: ['POST /api/units', 'DELETE /api/units/:id'], invalidates: ['units'] },
    { match: 'PUT /api/units/:id', invalidates: ['units', 'product-names'] },
  ],
})
