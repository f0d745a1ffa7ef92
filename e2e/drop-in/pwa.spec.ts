import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from '@playwright/test'
import { BODY, expect, HEARING, journey, PLAIN, RULES, Shop, test } from './test.ts'

/** Each line of vite-plugin-pwa with a Vite that it is for. */
const VERSIONS = [
  ['vite-plugin-pwa@0.21', 'vite@5'],
  ['vite-plugin-pwa@1', 'vite@7'],
  ['vite-plugin-pwa@2', 'vite@8'],
] as const

const seed = Number(process.env['SEED'])

const HTML = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body>${BODY}<script type="module" src="/src/main.js"></script></body>
</html>
`

/** What the app says of its manifest; its icon is a file. */
const MANIFEST = `manifest: { name: 'Shop', theme_color: '#ffffff', icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' }] }`

const config = (pwa: string, server = ''): string => `import { freshlayer } from 'freshlayer/vite'
import { VitePWA } from 'vite-plugin-pwa'

export default { ${server} plugins: [VitePWA({ ${MANIFEST}, ${pwa} }), freshlayer()] }
`

/** An app that lets Workbox keep its API, too: a rule of the layer comes before. */
const GENERATED = {
  'index.html': HTML,
  'src/main.js': PLAIN,
  'public/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'freshlayer.config.js': RULES,
  'vite.config.js': config(`registerType: 'autoUpdate', workbox: {
    runtimeCaching: [{ urlPattern: /\\/api\\/.*$/, handler: 'NetworkFirst', options: { cacheName: 'apis' } }],
  }`),
}

/** An app that has written its worker itself, which knows nothing of the layer, and registers it when it likes; its pages do. */
const INJECTED = {
  ...GENERATED,
  'src/main.js': `import { connect } from 'freshlayer'
import { registerSW } from 'virtual:pwa-register'

registerSW({ immediate: true })
globalThis.freshlayer = connect()
${PLAIN}${HEARING}`,
  'src/worker.js': `import { clientsClaim } from 'workbox-core'
import { createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

self.skipWaiting()
clientsClaim()
precacheAndRoute(self.__WB_MANIFEST)
registerRoute(({ url }) => url.pathname === '/made', async () => new Response('by the app'))
if (import.meta.env.PROD) registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html')))
`,
  'vite.config.js': config(
    `strategies: 'injectManifest', srcDir: 'src', filename: 'worker.js', devOptions: { enabled: true, type: 'module' }`,
  ),
}

/** The workers that this page's origin has, and the caches that they have made. */
const kept = (page: Page): Promise<{ workers: string[]; caches: string[] }> =>
  page.evaluate(async () => ({
    workers: (await navigator.serviceWorker.getRegistrations()).map(
      ({ active }) => new URL(active!.scriptURL).pathname,
    ),
    caches: await caches.keys(),
  }))

async function look(context: BrowserContext, shop: Shop): Promise<Page> {
  const page = await context.newPage()
  await page.goto(shop.url)
  return page
}

test('an app whose worker vite-plugin-pwa generates has the layer in that worker, and its manifest, icons and pages as before', async ({
  project,
  browserContext,
}) => {
  const [pwa, vite] = VERSIONS[seed % VERSIONS.length]!
  console.log(`${pwa}, ${vite}`)
  const app = project(GENERATED)
  await app.install(pwa, vite)
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toMatch(/freshlayer: in dist\/sw\.js of vite-plugin-pwa, \d+\.\d kB in front of it, 1 route, 1 write/)
  expect(code).toBe(0)
  expect(readFileSync(app.path('dist/index.html'), 'utf8')).toContain('rel="manifest"')
  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: false })
  const page = await look(browserContext, shop)
  const { workers, caches } = await kept(page)
  expect(workers).toEqual(['/sw.js'])
  // Workbox keeps the files, and has not seen a request that a rule matches.
  expect(caches.filter((name) => !name.startsWith('freshlayer'))).toEqual([expect.stringMatching(/^workbox-precache/)])
  await shop.stop()
  expect(await page.evaluate(() => fetch('/icon.svg').then(({ status }) => status))).toBe(200)
})

test('an app that has its own worker by injectManifest needs no line in it, in the build and in development', async ({
  project,
  browserContext,
}) => {
  const [pwa, vite] = VERSIONS[(seed + 1) % VERSIONS.length]!
  console.log(`${pwa}, ${vite}`)
  const app = project(INJECTED)
  await app.install(pwa, vite, 'workbox-core@7', 'workbox-precaching@7', 'workbox-routing@7')
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toMatch(/freshlayer: in dist\/worker\.js of vite-plugin-pwa, \d+\.\d kB in front of it/)
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: true })
  const page = await look(browserContext, shop)
  expect((await kept(page)).workers).toEqual(['/worker.js'])
  const made = await page.evaluate(() => fetch('/made').then((response) => response.text()))
  expect(made).toBe('by the app')

  const api = `server: { port: 0, strictPort: true, proxy: { '/api': '${shop.url}' } },`
  app.write('vite.config.js', INJECTED['vite.config.js'].replace('{  plugins', `{ ${api} plugins`))
  const server = app.start('vite/bin/vite.js')
  try {
    await expect.poll(() => server.said()).toMatch(/Local:\s+http\S+/)
    const [, address = ''] = /Local:\s+(http\S+)/.exec(server.said()) ?? []
    await expect.poll(() => server.said()).toContain('freshlayer: /dev-sw.js?dev-sw of vite-plugin-pwa')
    // A cold server of development may still be bundling what the worker imports, and refuse it until the page is loaded again.
    await expect(async () => {
      await page.goto(address)
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 5000 })
    }).toPass()
    const statusOf = (): Promise<string | null> =>
      page.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status'))
    await expect.poll(statusOf).toMatch(/^Freshlayer; hit/)
    expect((await kept(page)).workers).toEqual(['/dev-sw.js'])

    app.write('freshlayer.config.js', RULES.replace('/api/products/:id', '/api/stock/:id'))
    await expect.poll(statusOf).toBeNull()
  } finally {
    await server.stop()
    await shop.stop()
  }
})

test('a worker that vite-plugin-pwa generates in development has the layer, too', async ({
  project,
  browserContext,
}) => {
  const [pwa, vite] = VERSIONS[(seed + 2) % VERSIONS.length]!
  console.log(`${pwa}, ${vite}`)
  const shop = new Shop()
  await shop.start()
  const app = project({
    ...GENERATED,
    'vite.config.js': config(
      `registerType: 'autoUpdate', devOptions: { enabled: true, suppressWarnings: true }`,
      `server: { port: 0, strictPort: true, proxy: { '/api': '${shop.url}' } },`,
    ),
  })
  await app.install(pwa, vite)
  const server = app.start('vite/bin/vite.js')
  try {
    await expect.poll(() => server.said()).toMatch(/Local:\s+http\S+/)
    const [, address = ''] = /Local:\s+(http\S+)/.exec(server.said()) ?? []
    const page = await browserContext.newPage()
    await page.goto(address)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const statusOf = (): Promise<string | null> =>
      page.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status'))
    await expect.poll(statusOf).toMatch(/^Freshlayer; hit/)
    expect((await kept(page)).workers).toEqual(['/dev-sw.js'])
  } finally {
    await server.stop()
    await shop.stop()
  }
})
