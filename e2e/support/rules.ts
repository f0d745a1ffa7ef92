import { defineConfig } from '../../config/language/index.ts'

/** The rules of the tests that use the scripted origin: one path per behaviour. */
export default defineConfig({
  version: '1',
  identity: 'none',
  shell: '/index.html',
  navigation: { exclude: ['/admin/**'], timeout: '500ms' },
  defaults: { fresh: 0, stale: 0, offline: '1h', timeout: '2s', retry: 0 },
  routes: [
    { match: ['/api/raced/:id', '/api/raced-files/**'], fresh: '10m', race: true },
    { match: '/api/fresh/:id', fresh: '10m', tags: ['fresh', 'fresh:{id}'] },
    { match: '/api/stale/:id', stale: '10m', tags: ['stale'] },
    { match: ['/graphql', 'POST /graphql'], fresh: '10m', tags: ['votes'], reads: 'graphql' },
    { match: '/api/unasked/:id', fresh: '10m', onReload: 'rule' },
    { match: '/api/http/**', fresh: 'http', stale: 'http', offline: 'http' },
    { match: '/api/slow/:id', timeout: '300ms' },
    { match: '/api/retried/:id', retry: 1 },
    { match: ['/api/items', '/api/items/:id'], fresh: '10m', tags: ['items'] },
    { match: '/api/rules/**', fresh: '10m' },
    { match: '/api/rows/**', fresh: '5m', offline: '7d' },
    { match: '/api/limited/:id', fresh: '10m', budget: '100kB' },
    { match: '/api/always/**' },
    { match: '/api/parts/:id', fresh: '10m', ranges: true },
    { match: '/api/versioned/:id', tags: ['versioned'], versions: { url: '/api/versions?entities=a,b', entity: 'a' } },
    { match: 'http://other-origin.test/v1/**' },
  ],
  writes: [
    { match: 'POST /graphql', invalidates: ['votes'] },
    { match: 'POST /api/items', invalidates: ['items', '/api/rules/**'] },
  ],
})
