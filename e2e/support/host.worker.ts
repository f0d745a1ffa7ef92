import { registerRoute } from 'workbox-routing'
import { CacheFirst } from 'workbox-strategies'
import { attach } from '../../sw/worker/index.ts'
import rules from './rules.ts'

declare const self: ServiceWorkerGlobalScope

/** A worker that an app had before: its own routes, a push handler, its own life. The layer is one line in it. */
attach(self, rules)

registerRoute(({ url }) => url.pathname.startsWith('/host/'), new CacheFirst({ cacheName: 'host' }))

self.addEventListener('push', (event) => {
  const kept = caches.open('host').then((cache) => cache.put('/pushed', new Response(event.data?.text())))
  event.waitUntil(kept)
})
