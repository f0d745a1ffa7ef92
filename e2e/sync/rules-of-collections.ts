import { defineConfig } from '../../config/language/index.ts'

export default defineConfig({
  version: '1',
  identity: { by: ['identify'] },
  sync: { url: '/api/sync' },
  routes: [
    { match: '/api/products', fresh: '1h', offline: '7d', timeout: '30s', tags: ['products'] },
    { match: '/api/products/:id', fresh: '1h', offline: '7d', timeout: '30s', tags: ['product:{id}', 'products'] },
    { match: '/api/other', fresh: '1h', public: true },
  ],
  writes: [{ match: 'PUT /api/products/:id', invalidates: ['products'] }],
  collections: { products: { list: '/api/products', item: '/api/products/:id', items: 'items', total: 'total' } },
})
