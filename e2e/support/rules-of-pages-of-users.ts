import { defineConfig } from '../../config/language/index.ts'

/** The rules of an app whose server renders its pages for the user who is signed in, and says in `X-User` who that is. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  version: '1',
  identity: { by: ['echo'], echo: 'X-User', offlineIdentity: 'last' },
  navigation: { offline: '1h', timeout: '500ms' },
  routes: [{ match: '/api/**', fresh: '10m' }],
  writes: [{ match: 'POST /logout', session: 'sign-out' }],
})
