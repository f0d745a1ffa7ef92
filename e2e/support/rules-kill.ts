import { defineConfig } from '../../config/language/index.ts'

/** The rules of a layer that can be switched off from afar. */
export default defineConfig({
  version: '1',
  identity: 'none',
  shell: '/index.html',
  navigation: { timeout: '500ms' },
  kill: { url: '/freshlayer-kill.json' },
  routes: [{ match: '/api/**', fresh: '10m', stale: 0, offline: '1h', timeout: '2s', retry: 0, tags: ['api'] }],
})
