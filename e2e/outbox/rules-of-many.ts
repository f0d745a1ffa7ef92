import { defineConfig } from '../../config/index.ts'

/** Many sales wait, and products are read meanwhile. */
export default defineConfig({
  version: '1',
  identity: 'none',
  routes: [
    { match: ['/api/products', '/api/products/:id'], fresh: '1h', offline: '7d', tags: ['products'] },
    { match: '/api/sales', fresh: '1h', offline: '7d', tags: ['sales'] },
  ],
  writes: [
    {
      match: 'POST /api/sales',
      invalidates: ['sales'],
      offline: 'queue',
      entity: 'sale',
      idempotent: true,
      timeout: '2s',
    },
  ],
  outbox: { firstWait: '100ms', longestWait: '500ms', attemptTimeout: '5s' },
})
