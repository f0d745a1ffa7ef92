import { defineConfig } from '../../config/language/index.ts'

/** Everything is left to HTTP: the layer is a private cache as RFC 9111 describes it. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  version: '1',
  identity: 'none',
  defaults: { fresh: 'http', stale: 'http', offline: 'http', ranges: true, timeout: '2s', retry: 0 },
  routes: [
    { match: ['POST /search/**', 'QUERY /search/**'] },
    { match: '/guessed/**', heuristic: 0.1 },
    { match: '/**' },
  ],
  writes: [{ match: 'POST /posted/**', stores: true }],
})
