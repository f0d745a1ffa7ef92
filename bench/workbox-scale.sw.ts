import type { WorkboxPlugin } from 'workbox-core/types.js'
import { ExpirationPlugin } from 'workbox-expiration'
import { registerRoute } from 'workbox-routing'
import { CacheFirst } from 'workbox-strategies'
import { STORED } from './payload.ts'
import { takeOver } from './worker-scope.ts'

// Workbox is typed for compilers that take an absent option for one that is undefined.
const expiration = new ExpirationPlugin({ maxEntries: 40_000, maxAgeSeconds: 86_400 }) as WorkboxPlugin

takeOver()
registerRoute(
  ({ url }) => url.pathname.startsWith(STORED),
  new CacheFirst({ cacheName: 'bench', plugins: [expiration] }),
)
