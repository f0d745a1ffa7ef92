import { defineConfig } from './language/index.ts'

/**
 * The rules of Corner Supply Co., the demo shop: how fresh each part of its API must be.
 *
 *   stored            fresh ends          stale ends               offline ends
 *     |---- fresh -------|------ stale -------|------- offline ----------|  gone
 *     served as it is    served at once,      served only if the         forgotten
 *     no request made    validated behind     origin cannot be reached
 *
 * `stale` and `offline` both count from the end of `fresh`. A path without a rule is never touched: `/api/session` and
 * `/api/health` have none on purpose, since signing in must always reach the server.
 */
export default defineConfig({
  // Change it to drop everything stored by an earlier version.
  version: '1',

  // By bearer token where the request carries one; with a cookie session the page says who it is.
  identity: { by: ['authorization', 'identify'] },

  shell: '/index.html',
  navigation: { timeout: '3s' },

  // A shop clerk waits three seconds for the network, not longer, when a copy is at hand. Old figures are better than
  // none while the line is down, for a week.
  defaults: { expects: 'json', timeout: '3s', offline: '7d' },

  routes: [
    // The money in the till, now: an old balance would be a wrong one. Never stored, never stale, and gone when offline.
    { match: '/api/till', preset: 'network-only' },

    // Units of measure change about once a year. An hour costs nobody anything, and everyone sees the same ones.
    {
      match: ['/api/units', '/api/units/:id'],
      fresh: '60m',
      stale: '1d',
      offline: '30d',
      tags: ['units', 'unit:{id}'],
      public: true,
    },

    // A new category or brand comes every few weeks, and somebody who added one looks at once: their own write makes
    // the list ask again. Half an hour is for everybody else.
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

    // Prices and descriptions are edited several times a day, by one or two people. Five minutes is how long a colleague
    // may see the old price; the server checks the price of a sale in any case.
    {
      match: '/api/products/:id/variants',
      fresh: '5m',
      stale: '1h',
      tags: ['variants', 'product:{id}'],
      public: true,
    },
    {
      match: ['/api/products', '/api/products/:id'],
      fresh: '5m',
      stale: '1h',
      tags: ['products', 'product:{id}'],
      public: true,
    },

    // Stock moves with each sale at each till. Half a minute keeps the page quick while somebody counts shelves; what
    // this browser sells or adjusts shows at once. After ten minutes a level is history, worth showing only offline.
    {
      match: ['/api/stock', '/api/stock/:productId'],
      fresh: '30s',
      stale: '10m',
      offline: '1d',
      tags: ['stock', 'stock:{productId}'],
    },

    // Sales come every few minutes in opening hours, deliveries a few times a day. A minute is the rhythm in which a
    // manager looks again. Sales say which are `mine`, so they are never shared between users.
    {
      match: ['/api/sales', '/api/sales/:id'],
      fresh: '1m',
      stale: '10m',
      tags: ['sales', 'sale:{id}'],
    },
    {
      match: ['/api/purchases', '/api/purchases/:id'],
      fresh: '1m',
      stale: '10m',
      tags: ['purchases', 'purchase:{id}'],
    },

    // Reports add up whole days; five minutes more or less do not change a decision.
    { match: '/api/reports/**', fresh: '5m', stale: '1h', tags: ['reports'] },

    // The name of the shop, its currency, its tax: set up once, then read by every page. The same for everyone.
    { match: '/api/settings', fresh: '30m', stale: '1d', offline: '30d', tags: ['settings'], public: true },

    // One's own tasks: a manager may hand out another at any time, so they are shown at once and checked each time.
    { match: ['/api/me/tasks', '/api/me/tasks/:id'], fresh: 0, stale: '1d', tags: ['tasks'] },

    // One's own preferences change only by one's own hand, which ends the window itself.
    { match: '/api/me/preferences', fresh: '10m', stale: '7d', tags: ['preferences'] },
  ],

  // What a write changes beyond its own address. A write without an entry ends the tags of the route at its path, which
  // is enough for settings, tasks and preferences.
  writes: [
    // A sale takes goods from the shelf and puts money in the till.
    { match: 'POST /api/sales', invalidates: ['sales', 'stock', 'products', 'variants', 'reports', '/api/till'] },

    // An order changes no stock; its arrival does.
    { match: 'POST /api/purchases', invalidates: ['purchases'] },
    {
      match: 'POST /api/purchases/:id/receive',
      invalidates: ['purchases', 'stock', 'products', 'variants'],
    },

    // Counting a shelf changes what is on hand wherever it is shown: levels, lists, the product, its variants.
    { match: 'POST /api/stock/:productId/adjustments', invalidates: ['stock', 'products', 'variants'] },

    // A product is listed, has variants and a stock level, and is counted in its category and its brand.
    {
      match: ['/api/products', '/api/products/:id'],
      invalidates: ['products', 'product:{id}', 'stock', 'categories', 'brands', 'reports'],
    },
    { match: '/api/products/:id/variants', invalidates: ['variants', 'product:{id}', 'products', 'stock'] },
    // The address of a variant does not say whose it is, so all products are asked again.
    { match: '/api/variants/:id', invalidates: ['variants', 'products', 'stock'] },

    // Products show the names of their category, brand and unit.
    { match: ['/api/categories', '/api/categories/:id'], invalidates: ['categories', 'products', 'reports'] },
    { match: ['/api/brands', '/api/brands/:id'], invalidates: ['brands', 'products'] },
    { match: ['/api/units', '/api/units/:id'], invalidates: ['units', 'products'] },
  ],
})
