import { defineConfig } from '../../config/index.ts'

/** The same at a backend that honours no keys: what became of a create is looked up in the list. */
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
      witness: { after: '600ms' },
      timeout: '2s',
    },
  ],
  outbox: { firstWait: '200ms', longestWait: '1s', attemptTimeout: '5s' },
})
