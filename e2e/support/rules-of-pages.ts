import { defineConfig } from '../../config/language/index.ts'

/** The rules of an app whose server renders its pages, the same for everybody; one page has no data and is the shell. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  version: '1',
  identity: 'none',
  shell: '/offline',
  navigation: { offline: '1h', timeout: '500ms', exclude: ['/admin/**'], ignoreQuery: ['utm_*', 'fbclid'] },
  routes: [{ match: '/api/**', fresh: '10m' }],
  writes: [{ match: 'POST /api/posts', invalidates: ['/posts/**'] }],
})
