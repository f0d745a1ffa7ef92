import { defineConfig } from '../../config/index.ts'

/** Sales that wait for an origin that is away. */
export default defineConfig({
  version: '1',
  identity: 'none',
  routes: [
    { match: '/api/sales', fresh: 0, stale: '1h', offline: '7d', tags: ['sales'] },
    { match: '/api/sales/:id', fresh: 0, stale: '1h', offline: '7d', tags: ['sales'] },
  ],
  writes: [
    {
      match: ['POST /api/sales', 'PATCH /api/sales/:id', 'DELETE /api/sales/:id'],
      invalidates: ['sales'],
      offline: 'queue',
      entity: 'sale',
      idempotent: true,
    },
  ],
  outbox: { firstWait: '200ms', longestWait: '30s' },
})
