import { defineConfig } from '../../config/index.ts'

/** Products whose unsent writes are put together. */
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
      coalesce: true,
    },
  ],
  outbox: { firstWait: '100ms', longestWait: '500ms', attemptTimeout: '5s' },
})
