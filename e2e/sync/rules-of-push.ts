import { defineConfig } from '../../config/index.ts'

// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  version: '1',
  identity: 'none',
  push: { url: '/events' },
  routes: [{ match: '/api/products', fresh: '1h', stale: '1d', offline: '7d', tags: ['products'] }],
})
