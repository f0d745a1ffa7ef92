import { defineConfig } from '../../config/language/index.ts'

/** The rules of the tests with users: a session by cookie, as the backend's `X-User` tells, or a bearer token. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  version: '1',
  identity: { by: ['authorization', 'echo'], echo: 'X-User', offlineIdentity: 'last' },
  defaults: { fresh: '10m', stale: 0, offline: '1h', timeout: '2s', retry: 0 },
  routes: [
    { match: '/api/session', preset: 'network-only' },
    { match: '/api/public/**', public: true },
    { match: '/api/rows/**', fresh: '5m', offline: '7d' },
    { match: '/api/**' },
    { match: 'POST /auth/refresh', fresh: 0, stale: 0, offline: '7d' },
  ],
  writes: [
    { match: 'POST /api/session', session: 'sign-in' },
    { match: ['DELETE /api/session', 'POST /logout', 'GET /logout'], session: 'sign-out' },
  ],
})
