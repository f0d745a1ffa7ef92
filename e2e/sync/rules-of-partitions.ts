import { defineConfig } from '../../config/index.ts'

/** An ordinary list, and one whose rows are kept in step. Only the feed tells what others have changed. */
// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  version: '1',
  identity: 'none',
  push: { url: '/events' },
  sync: { url: '/api/sync' },
  defaults: { fresh: '1h', stale: '1d', offline: '7d', timeout: '2s' },
  routes: [
    { match: '/api/products', tags: ['products'] },
    { match: '/api/parts', tags: ['parts'] },
  ],
  writes: [
    { match: 'PUT /api/products', invalidates: ['products'] },
    { match: 'PUT /api/parts', invalidates: ['parts'] },
  ],
  collections: { parts: { list: '/api/parts' } },
})
