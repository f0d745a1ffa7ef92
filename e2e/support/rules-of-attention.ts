import { defineConfig } from '../../config/language/index.ts'

/** The rules of the tests of focus, reconnect and polls. */
export default defineConfig({
  version: '1',
  identity: 'none',
  defaults: { fresh: '10m', stale: 0, offline: '1h', timeout: '2s', retry: 0 },
  routes: [
    { match: '/api/polled/:id', poll: '1s' },
    { match: '/api/hidden/:id', poll: '1s', pollHidden: true },
    { match: '/api/unstored/:id', preset: 'network-only', poll: '1s' },
    { match: '/api/shown/:id', fresh: 0, tags: ['shown'] },
    { match: '/api/unfocused/:id', fresh: 0, onFocus: false },
    { match: '/api/long/:id', tags: ['long:{id}'] },
    { match: ['/api/categories', '/api/categories/:id'], poll: '1s', tags: ['categories'] },
  ],
  writes: [
    { match: '/api/categories/:id', invalidates: ['categories'] },
    {
      match: 'POST /api/orders/:list',
      invalidates: [
        (answer, { list }) => [`long:${list}`, ...(answer as { ids: number[] }).ids.map((id) => `long:${id}`)],
      ],
    },
  ],
})
