import { defineConfig } from '../../config/language/index.ts'

/** The rules of apps as they are: no `/api`, users by a session cookie, lists in parts, a format chosen by fields. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  version: '1',
  identity: { by: ['identify'] },
  defaults: { fresh: '10m', offline: '1h', timeout: '2s', retry: 0, public: true },
  routes: [
    { match: '/customers', tags: ['customers'] },
    { match: '/busted' },
    { match: '/content/:id', keyHeaders: ['X-Format'] },
    { match: '/nodes', expects: 'json' },
    { match: '/texts/:name' },
    { match: '/odd/:name', expects: 'json' },
    { match: '/flags/:id/toggle', preset: 'network-only' },
    { match: '/flags/:id', tags: ['flags'] },
    { match: '/visits', fresh: 0, offline: '7d', ignoreQuery: ['date_gte'] },
    { match: '/me', public: false },
  ],
  writes: [
    { match: 'POST /login', session: 'sign-in' },
    { match: 'POST /logout', session: 'sign-out' },
  ],
})
