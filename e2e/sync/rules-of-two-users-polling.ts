import { defineConfig } from '../../config/index.ts'

/** Nothing but polls tells what another user has changed. */
// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  version: '1',
  identity: 'none',
  sync: { url: '/api/sync' },
  defaults: { fresh: '1h', stale: '1d', poll: '2s', onFocus: false, onReconnect: false },
  routes: [
    { match: '/api/categories', tags: ['categories'] },
    { match: '/api/products', tags: ['products'] },
  ],
  writes: [
    { match: 'PUT /api/categories/:id', invalidates: ['categories'] },
    { match: 'POST /api/products', invalidates: ['products'] },
  ],
  collections: { categories: { list: '/api/categories' } },
})
