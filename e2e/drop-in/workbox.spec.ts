import { DOCUMENT, expect, journey, pageConnectedTo, Shop, test } from './test.ts'

/** The worker of an app that has had Workbox for years: its files, its icons, and its API with plugins of its own. */
const WORKER = `import { precacheAndRoute, createHandlerBoundToURL } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { CacheFirst, StaleWhileRevalidate } from 'workbox-strategies'

precacheAndRoute(self.__FILES)
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [/^\\/api\\//] }))
registerRoute(({ url }) => url.pathname.startsWith('/icons/'), new CacheFirst({ cacheName: 'icons' }))

// Of one product: other tabs read the others whenever they hear of a change.
const note = (hook, { url }) => void (url.endsWith('/plugins') && self.hooks.push(hook))
const noting = {
  handlerWillStart: async ({ request }) => note('handlerWillStart', request),
  requestWillFetch: async ({ request }) => {
    note('requestWillFetch', request)
    const headers = new Headers(request.headers)
    headers.set('x-app', 'shop')
    return new Request(request, { headers })
  },
  fetchDidSucceed: async ({ request, response }) => {
    note('fetchDidSucceed', request)
    return response
  },
  handlerWillRespond: async ({ request, response }) => {
    note('handlerWillRespond', request)
    return response
  },
  handlerDidError: async () => new Response('{"price":"none"}', { headers: { 'content-type': 'application/json' } }),
}
self.hooks = []
addEventListener('message', ({ data, ports }) => data === 'hooks' && ports[0].postMessage(self.hooks))
registerRoute(({ url }) => url.pathname.startsWith('/api/products/'), new StaleWhileRevalidate({ plugins: [noting] }))

addEventListener('install', () => self.skipWaiting())
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
`

/** What the guide tells such an app to change. */
const WITH_LAYER = WORKER.replace(
  "import { CacheFirst, StaleWhileRevalidate } from 'workbox-strategies'\n",
  `import { CacheFirst } from 'workbox-strategies'
import { configure, Freshlayer, outbox } from 'freshlayer/workbox'

const settings = {
  version: '1',
  identity: 'none',
  defaults: { expects: 'json', timeout: '3s', offline: '7d' },
  writes: [
    { match: 'POST /api/sales', invalidates: ['products'] },
    { match: 'POST /api/orders', offline: 'queue', idempotent: true },
  ],
}
configure(settings, { outbox })
`,
).replace(
  'new StaleWhileRevalidate({ plugins: [noting] })',
  "new Freshlayer({ fresh: '5m', stale: '1h', tags: ['products'], plugins: [noting] })",
)

/** The app's own build: it bundles the page and the worker, and lists the files. */
const BUILD = `import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'

mkdirSync('dist/icons', { recursive: true })
const common = { bundle: true, minify: true, format: 'iife', define: { 'process.env.NODE_ENV': '"production"' } }
await build({ ...common, entryPoints: ['page.js'], outfile: 'dist/page.js' })
copyFileSync('index.html', 'dist/index.html')
writeFileSync('dist/icons/a.json', '"an icon"')
const files = ['index.html', 'page.js'].map((url) => ({
  url,
  revision: createHash('sha256').update(readFileSync('dist/' + url)).digest('hex').slice(0, 8),
}))
await build({
  ...common,
  entryPoints: ['service-worker.js'],
  outfile: 'dist/service-worker.js',
  define: { ...common.define, 'self.__FILES': JSON.stringify(files) },
})
console.log(readdirSync('dist').join())
`

test('an app with a Workbox worker replaces one strategy, and keeps its files, its other routes and its plugins', async ({
  project,
  browserContext,
}) => {
  const app = project({
    'index.html': DOCUMENT,
    'page.js': pageConnectedTo('/service-worker.js'),
    'service-worker.js': WITH_LAYER,
    'build.mjs': BUILD,
    'types.ts': `import { configure, Freshlayer, type FreshlayerOptions } from 'freshlayer/workbox'
import { registerRoute } from 'workbox-routing'

configure({ version: '1', identity: { by: ['authorization'] } })
const options: FreshlayerOptions = { fresh: '5m', stale: '1h', fetchOptions: { credentials: 'include' } }
registerRoute(/\\/api\\//, new Freshlayer(options))
// @ts-expect-error -- no duration
registerRoute(/\\/api\\//, new Freshlayer({ fresh: '5mins' }))
// @ts-expect-error -- the layer's alone
registerRoute(/\\/api\\//, new Freshlayer({ fetchOptions: { cache: 'default' } }))
`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2023', 'WebWorker'],
        module: 'ESNext',
        moduleResolution: 'bundler',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
      },
      files: ['types.ts'],
    }),
  })
  await app.install('workbox-routing@7', 'workbox-strategies@7', 'workbox-precaching@7', 'esbuild@0.25', 'typescript@5')
  expect(await app.run('npx', 'tsc')).toEqual({ output: '', code: 0 })
  const { output, code } = await app.run('node', 'build.mjs')
  expect(output).toContain('service-worker.js')
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  try {
    await journey(browserContext, shop, { hears: true })

    const page = await browserContext.newPage()
    await page.goto(shop.url)
    const hooks = (): Promise<string[]> =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel()
            port1.addEventListener('message', ({ data }) => resolve(data))
            port1.start()
            navigator.serviceWorker.controller?.postMessage('hooks', [port2])
          }),
      )
    const read = (path: string): Promise<{ text: string; status: string | null }> =>
      page.evaluate(async (asked) => {
        const response = await fetch(asked)
        return { text: await response.text(), status: response.headers.get('cache-status') }
      }, path)
    // The plugins of the strategy see each read, and at the network those that go there.
    expect((await read('/api/products/plugins')).status).toContain('fwd=uri-miss')
    expect((await read('/api/products/plugins')).status).toMatch(/^Freshlayer; hit/)
    const atMiss = ['handlerWillStart', 'requestWillFetch', 'fetchDidSucceed', 'handlerWillRespond']
    expect(await hooks()).toEqual([...atMiss, 'handlerWillStart', 'handlerWillRespond'])
    // The app's other route, and what has none.
    expect(await read('/icons/a.json')).toEqual({ text: '"an icon"', status: null })
    await expect.poll(() => page.evaluate(async () => (await caches.keys()).includes('icons'))).toBe(true)
    await shop.stop()
    expect((await read('/icons/a.json')).text).toBe('"an icon"')
    // What was never stored is the app's own plugin's to answer.
    expect((await read('/api/products/never-read')).text).toBe('{"price":"none"}')
    expect((await read('/api/products/1')).status).toMatch(/^Freshlayer; hit/)
    // A write is accepted, and sent when the server is back, once.
    const ordered = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' }
      const { status } = await fetch('/api/orders', { method: 'POST', headers, body: '{"product":1}' })
      return status
    })
    expect(ordered).toBe(202)
    await shop.start()
    await expect.poll(() => shop.orders.length, { timeout: 60_000 }).toBeGreaterThan(0)
    expect(new Set(shop.orders)).toEqual(new Set([expect.any(String)]))
  } finally {
    await shop.stop()
  }
})
