import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { prebuiltFiles } from '../../tools/build/prebuilt.ts'
import { bundle } from '../../tools/files/bundle.ts'
import { controlled, dropProfile, launch, newProfile, read } from '../support/test.ts'
import { Shop } from './collections-shop.ts'
import { FilesBefore } from './files-before.ts'

// Collections in workers that no build makes from the rules.

const RULES = {
  version: '1',
  identity: 'none',
  sync: { url: '/api/sync' },
  routes: [
    { match: '/api/products', fresh: '1h', offline: '7d', timeout: '30s', tags: ['products'] },
    { match: '/api/products/:id', fresh: '1h', offline: '7d', timeout: '30s', tags: ['product:{id}', 'products'] },
  ],
  writes: [{ match: 'PUT /api/products/:id', invalidates: ['products'] }],
  collections: { products: { list: '/api/products', item: '/api/products/:id', items: 'items', total: 'total' } },
}
const DOCUMENT = (options: string): string =>
  `<!doctype html><script>globalThis.freshlayer = { ${options} }</script><script type=module src=/freshlayer-page.js></script>
<script type=module>window.layer = globalThis.freshlayer</script>`

let prebuilt: ReadonlyMap<string, string>
let shop: Shop
let server: FilesBefore
let context: BrowserContext
let profile: string
// One browser for all: each test has an origin of its own.
test.beforeAll(async () => {
  prebuilt = new Map((await prebuiltFiles()).map(({ file, text }) => [`/${file}`, text]))
  shop = await Shop.open(500, { worker: '', page: '' })
  profile = newProfile()
  context = await launch(profile)
})
test.afterAll(async () => {
  await context.close()
  await shop.close()
  dropProfile(profile)
})
test.beforeEach(async () => {
  server = await new FilesBefore(shop.url).start()
  for (const [path, text] of prebuilt) server.files.set(path, text)
  server.files.set('/freshlayer.rules.js', `self.freshlayerRules = ${JSON.stringify(RULES)}`)
  server.files.set('/', DOCUMENT(''))
})
test.afterEach(async () => {
  for (const page of context.pages()) await page.close()
  await server.stop()
})

let names = 0
async function expectCollection(page: Page): Promise<void> {
  await controlled(page)
  await read(page, '/api/products')
  await page.evaluate(() => window.layer.sync())
  const list = async (): Promise<string> => (await read(page, '/api/products')).headers['cache-status'] ?? ''
  await expect.poll(list).toContain('detail=collection')
  const asked = shop.received.length
  expect(JSON.parse((await read(page, '/api/products')).text)).toEqual(await shop.list())
  expect(JSON.parse((await read(page, '/api/products/77')).text)).toMatchObject({ id: 77 })
  expect(shop.received.length).toBe(asked)
  // A change by another comes as its row alone.
  const name = `mended ${++names}`
  await shop.query('update products set name = $1 where id = 77', [name])
  await page.evaluate(() => window.layer.sync())
  expect(JSON.parse((await read(page, '/api/products/77')).text)).toMatchObject({ name })
  expect(shop.received.slice(asked).filter((path) => path === '/api/products/77')).toEqual([])
}

test('the prebuilt worker loads the part for collections, and has it without the network', async () => {
  const page = await context.newPage()
  await page.goto(server.url)
  await expectCollection(page)
  await shop.stop()
  expect((await read(page, '/api/products/77')).headers['cache-status']).toContain('detail=collection')
  await shop.start()
})

test('the prebuilt part of an own worker does as well', async () => {
  server.files.set(
    '/own.js',
    `importScripts('/freshlayer-attach.js')\nself.addEventListener('activate', (event) => event.waitUntil(clients.claim()))`,
  )
  server.files.set('/', DOCUMENT(`worker: '/own.js'`))
  const page = await context.newPage()
  await page.goto(server.url)
  await expectCollection(page)
})

test('a prebuilt worker whose part is missing is not installed, and one line says why', async () => {
  server.files.delete('/freshlayer-collections.js')
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(server.url)
  await expect
    .poll(() => said.filter((text) => text.includes('freshlayer-collections.js: a 404 given')))
    .toHaveLength(1)
  expect(await page.evaluate(() => window.layer.state.controlled)).toBe(false)
})

test('rules at runtime that hand the part in have collections', async () => {
  server.files.set('/own.js', await ownWorker(`attach(self, rules, { collections })`))
  server.files.set('/', DOCUMENT(`worker: '/own.js'`))
  const page = await context.newPage()
  await page.goto(server.url)
  await expectCollection(page)
})

test('rules at runtime that do not hand it in work without collections, and one line says what to do', async () => {
  server.files.set('/own.js', await ownWorker(`attach(self, rules)`))
  server.files.set('/', DOCUMENT(`worker: '/own.js'`))
  const said: string[] = []
  context.on('console', (message) => said.push(message.text()))
  const page = await context.newPage()
  await page.goto(server.url)
  await controlled(page)
  expect((await read(page, '/api/products')).status).toBe(200)
  await expect.poll(async () => (await read(page, '/api/products')).headers['cache-status']).toContain('hit')
  await expect.poll(() => said.filter((text) => text.includes('attach(self, rules, { collections })'))).toHaveLength(1)
})

/** A worker that the app bundles itself. */
async function ownWorker(call: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-own-worker-'))
  try {
    const entry = join(folder, 'own.ts')
    const source = JSON.stringify(resolve('sw/worker/index.ts'))
    const claim = `self.addEventListener('activate', (event) => event.waitUntil(clients.claim()))`
    writeFileSync(
      entry,
      `import { attach, collections } from ${source}\nconst rules = ${JSON.stringify(RULES)}\n${call}\n${claim}`,
    )
    const define = { 'process.env.NODE_ENV': '"production"' }
    return await bundle(entry, { platform: 'browser', format: 'iife', define })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
