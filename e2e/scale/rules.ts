import { defineConfig } from '../../config/language/index.ts'

/** Everything is fresh for long: a read that reaches the origin is a miss, and a test can count it. */
// oxlint-disable-next-line import/no-default-export -- A rules file exports its rules by default.
export default defineConfig({
  version: '1',
  identity: 'none',
  defaults: { fresh: '1d', stale: 0, offline: '1d', timeout: '2s', retry: 0 },
  routes: [
    { match: '/api/shelves/:shelf/:id', tags: ['shelf:{shelf}'] },
    { match: '/api/orders/:id/**' },
    { match: ['/api/pages/:id', '/api/files/:id'] },
  ],
  writes: [
    { match: 'POST /api/shelves/:shelf', invalidates: ['shelf:{shelf}'] },
    { match: 'POST /api/orders/:id', invalidates: ['/api/orders/{id}/**'] },
  ],
})
