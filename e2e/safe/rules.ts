import { defineConfig } from '../../config/language/index.ts'

/** Everything is fresh for long: only the layer's own bookkeeping keeps a read from being answered with what was. */
// oxlint-disable-next-line import/no-default-export -- A config is the default export.
export default defineConfig({
  version: '1',
  identity: 'none',
  defaults: { fresh: 0, stale: 0, offline: '1h', timeout: '2s', retry: 0 },
  routes: [
    { match: '/api/things/:id', fresh: '10m', tags: ['things'] },
    // Puts the parser of structured fields into the worker, as in most apps.
    { match: '/api/http/**', fresh: 'http', stale: 'http', offline: 'http' },
  ],
  writes: [{ match: 'POST /api/things', invalidates: ['things'] }],
})
