import { defineConfig } from '../../config/language/index.ts'

/** A list that is validated at each use, and one that is served for a while. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  version: '1',
  identity: 'none',
  defaults: { timeout: '10s', retry: 0 },
  routes: [
    { match: '/api/products', fresh: 0, stale: 0, offline: '1h', dictionary: true },
    { match: '/api/fresh/:id', fresh: '10m', stale: 'http', offline: '1h', dictionary: true },
    { match: '/api/http/:id', fresh: 'http', stale: 'http', dictionary: true },
    { match: '/api/plain', fresh: 0, stale: 0, offline: '1h' },
  ],
  writes: [{ match: 'POST /api/fresh/:id' }],
})
