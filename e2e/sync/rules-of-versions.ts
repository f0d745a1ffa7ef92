import { defineConfig } from '../../config/index.ts'

/** A list whose backend says the version of each row; what others change is told by the feed, or found on focus. */
// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  version: '1',
  identity: 'none',
  push: { url: '/events' },
  routes: [
    {
      match: '/api/products',
      fresh: 0,
      stale: 0,
      offline: '7d',
      tags: ['products'],
      versions: { url: '/api/versions?entities=products', entity: 'products' },
    },
  ],
})
