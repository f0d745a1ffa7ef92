import { defineConfig } from '../../config/index.ts'

/** Products whose writes wait for an origin that is away, at a backend that honours keys. */
export default defineConfig({
  version: '1',
  identity: 'none',
  routes: [
    { match: '/api/products', fresh: 0, stale: '1h', offline: '7d', tags: ['products'] },
    { match: '/api/products/:id', fresh: 0, stale: '1h', offline: '7d', tags: ['products'] },
  ],
  writes: [
    {
      match: ['POST /api/products', 'PUT /api/products/:id', 'DELETE /api/products/:id'],
      invalidates: ['products'],
      offline: 'queue',
      entity: 'product',
      idempotent: true,
      timeout: '2s',
    },
  ],
  outbox: { firstWait: '200ms', longestWait: '1s', attemptTimeout: '5s' },
})
