import type { Config } from '../../config/index.ts'

/** What the rules of two users say in each way in which one hears of the other. */
export const TWO_USERS = {
  version: '1',
  identity: 'none',
  sync: { url: '/api/sync' },
  routes: [
    { match: '/api/categories', tags: ['categories'] },
    { match: '/api/products', tags: ['products'] },
  ],
  writes: [
    { match: 'PUT /api/categories/:id', invalidates: ['categories'] },
    { match: 'POST /api/products', invalidates: ['products'] },
  ],
  collections: { categories: { list: '/api/categories' } },
} as const satisfies Config
