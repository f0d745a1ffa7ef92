import { DOCUMENT, expect, journey, pageConnectedTo, RULES, Shop, test } from './test.ts'

/** The worker that the app has already: it keeps the app's own files, and opens pages by them. */
const OWN = `
addEventListener('install', (event) => {
  self.skipWaiting()
  event.waitUntil(caches.open('own').then((cache) => cache.addAll(['/index.html', '/page.js'])))
})
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
addEventListener('fetch', (event) => {
  const { mode, url } = event.request
  const file = mode === 'navigate' ? '/index.html' : new URL(url).pathname
  if (mode === 'navigate' || file === '/page.js') event.respondWith(fetch(event.request).catch(() => caches.match(file)))
  if (file === '/own') event.respondWith(new Response('own'))
})
`

const APP = {
  'freshlayer.config.js': RULES,
  'dist/index.html': DOCUMENT,
  'page.js': pageConnectedTo('/my-worker.js'),
}

const BUNDLE = ['--bundle', '--minify', '--outdir=dist', '--define:process.env.NODE_ENV="production"']

/** Each way to have the layer in a worker of one's own: its files beside those of the app, and its commands. */
const WAYS = [
  {
    way: 'as a module, in the app’s own bundle',
    files: {
      'my-worker.js': `import { attach } from 'freshlayer/sw'
import rules from './freshlayer.config.js'

attach(self, rules)
${OWN}`,
    },
    commands: [['npx', 'esbuild', 'page.js', 'my-worker.js', ...BUNDLE]],
  },
  {
    way: 'by importScripts',
    files: { 'dist/my-worker.js': `importScripts('/freshlayer-part.js')\n${OWN}` },
    commands: [
      ['npx', 'esbuild', 'page.js', ...BUNDLE],
      ['npx', 'freshlayer', 'worker', '--attach', '--out', 'dist/freshlayer-part.js'],
    ],
  },
] as const

for (const { way, files, commands } of WAYS) {
  test(`an app with a worker of its own loads the layer there ${way}`, async ({ project, browserContext }) => {
    const app = project({ ...APP, ...files })
    await app.install('esbuild@0.25')
    for (const [command, ...args] of commands) {
      const { output, code } = await app.run(command, ...args)
      expect(code, output).toBe(0)
    }
    const shop = new Shop(app.path('dist'))
    await shop.start()
    try {
      await journey(browserContext, shop, { hears: true })
      const page = await browserContext.newPage()
      await page.goto(shop.url)
      expect(await page.evaluate(() => fetch('/own').then((response) => response.text()))).toBe('own')
    } finally {
      await shop.stop()
    }
  })
}
