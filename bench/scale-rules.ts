import { defineConfig } from '../config/language/index.ts'

/** Rows with tags, writes that reach one of them, many, or a prefix, and users who sign out. */
// oxlint-disable-next-line import/no-default-export -- A rules file exports its rules by default.
export default defineConfig({
  version: '1',
  identity: { by: ['authorization'] },
  defaults: { retry: 0 },
  routes: [{ match: ['/data/:shelf/:id', '/data/:shelf/:id/**'], fresh: '1d', offline: '1d', tags: ['shelf:{shelf}'] }],
  writes: [
    { match: 'POST /data/:shelf/:id/itself', invalidates: ['/data/{shelf}/{id}'] },
    { match: 'POST /data/:shelf/:id/shelf', invalidates: ['shelf:{shelf}'] },
    { match: 'POST /data/:shelf/:id/below', invalidates: ['/data/{shelf}/{id}/**'] },
    { match: 'DELETE /session', session: 'sign-out' },
  ],
})
