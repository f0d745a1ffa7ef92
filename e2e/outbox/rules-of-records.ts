import { defineConfig } from '../../config/index.ts'

/** Products of a local store, at a backend that honours keys. */
const rules = defineConfig({
  version: '1',
  identity: 'none',
  routes: [],
  writes: [
    {
      match: ['POST /api/products', 'PUT /api/products/:id', 'DELETE /api/products/:id'],
      offline: 'queue',
      entity: 'product',
      idempotent: true,
    },
  ],
  outbox: { firstWait: '200ms', longestWait: '1s', attemptTimeout: '5s', records: true },
})

export default rules
