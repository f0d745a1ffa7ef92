import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { BODY, expect, journey, PLAIN, Shop, test } from './test.ts'

const RULES = `self.freshlayerRules = {
  "$schema": "../node_modules/freshlayer/lib/schema.json",
  "version": "1",
  "identity": "none",
  "shell": "/index.html",
  "defaults": { "expects": "json", "timeout": "3s", "offline": "7d" },
  "routes": [{ "match": "/api/products/:id", "fresh": "5m", "stale": "1h", "tags": ["products"] }],
  "writes": [{ "match": "POST /api/sales", "invalidates": ["products"] }]
}
`

/** An app as it is written: a document, a style, and modules that import each other. Nothing builds it. */
const APP = {
  'public/index.html': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="content-security-policy" content="script-src 'self'">
    <script type="module" src="/freshlayer-page.js"></script>
    <link rel="stylesheet" href="/shop.css">
    <title>Shop</title>
  </head>
  <body>${BODY}<script type="module" src="/shop.js"></script></body>
</html>
`,
  'public/shop.css': '#price { color: rgb(0, 128, 0) }\n',
  'public/shop.js': `import { listen } from './listen.js'
${PLAIN}
listen(read)
`,
  'public/listen.js': `export const listen = (read) => {
  freshlayer.on('change', () => void read())
  const show = ({ controlled }) => (document.documentElement.dataset.connected = String(controlled))
  freshlayer.on('state', show)
  show(freshlayer.state)
}
`,
}

/** What a page says of its rules on its console. */
function linesOf(page: Page): string[] {
  const lines: string[] = []
  page.on('console', (message) => {
    if (message.text().includes('freshlayer.rules.js')) lines.push(message.text())
  })
  return lines
}

const statusOf = (page: Page): Promise<string | null> =>
  page.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status'))

test('an app without a build gets there by files beside its document, and an edit of its rules is an update', async ({
  project,
  browserContext,
}) => {
  const app = project(APP)
  await app.install()
  const planned = await app.run('npx', 'freshlayer', 'copy', 'public', '--dry-run')
  expect(planned.output).toContain('would write:')
  expect(app.has('public/freshlayer-sw.js')).toBe(false)
  const { output, code } = await app.run('npx', 'freshlayer', 'copy', 'public')
  expect(output).toContain('<script type="module" src="/freshlayer-page.js"></script>')
  expect(code).toBe(0)
  // The rules to begin with are right as they are; from then on they are the user's.
  expect((await app.run('npx', 'freshlayer', 'check', '--config', 'public/freshlayer.rules.js')).output).toBe(
    'public/freshlayer.rules.js: fine\n',
  )
  app.write('public/freshlayer.rules.js', RULES)
  expect((await app.run('npx', 'freshlayer', 'copy', 'public')).output).toContain('is yours')
  expect(readFileSync(app.path('public/freshlayer.rules.js'), 'utf8')).toBe(RULES)

  const shop = new Shop(app.path('public'))
  await shop.start()
  await journey(browserContext, shop, { hears: true })

  const page = await browserContext.newPage()
  await page.goto(shop.url)
  await expect.poll(() => statusOf(page)).toMatch(/^Freshlayer; hit/)
  app.write('public/freshlayer.rules.js', RULES.replace('/api/products/:id', '/api/stock/:id'))
  const other = await browserContext.newPage()
  await other.goto(shop.url)
  const isReady = (): Promise<boolean> =>
    page.evaluate(() => (globalThis as unknown as Layer).freshlayer.state.updateReady)
  await expect.poll(isReady).toBe(true)
  expect(await statusOf(page)).toMatch(/^Freshlayer; hit/)
  await page.evaluate(() => (globalThis as unknown as Layer).freshlayer.applyUpdate())
  await expect.poll(() => statusOf(page)).toBeNull()

  // A host of plain files may say that a browser keeps each for an hour, the rules among them.
  shop.cacheControl = 'max-age=3600'
  await page.reload()
  app.write('public/freshlayer.rules.js', RULES)
  await page.reload()
  await expect.poll(isReady).toBe(true)
  await shop.stop()
})

interface Layer {
  readonly freshlayer: { readonly state: { readonly updateReady: boolean }; applyUpdate(): Promise<void> }
}

test('rules that are wrong are said in one line: the page goes on without the layer, or with the rules before', async ({
  project,
  browserContext,
}) => {
  const app = project({ ...APP, 'public/freshlayer.rules.js': RULES.replace('"5m"', '"5mins"') })
  await app.install()
  await app.run('npx', 'freshlayer', 'copy', 'public')
  const shop = new Shop(app.path('public'))
  await shop.start()
  const page = await browserContext.newPage()
  const lines = linesOf(page)
  /** What a new load says of these rules; undefined: the file is gone. */
  const saidOf = async (rules: string | undefined): Promise<readonly string[]> => {
    if (rules === undefined) app.delete('public/freshlayer.rules.js')
    else app.write('public/freshlayer.rules.js', rules)
    lines.length = 0
    await page.goto(shop.url)
    await expect.poll(() => lines.length).toBeGreaterThan(0)
    await expect(page.locator('#price')).toHaveText(/\d/)
    return lines
  }
  const WITHOUT = '[freshlayer] All comes from the network: freshlayer.rules.js'
  expect(await saidOf(RULES.replace('"5m"', '"5mins"'))).toEqual([
    `${WITHOUT}: routes[0].fresh: '5mins' given, expected a duration with its unit ('30s', '5m', '2h', '7d'), 0, 'forever' or 'http'. Did you mean '5m'?`,
  ])
  expect(await saidOf(undefined)).toEqual([expect.stringContaining(`${WITHOUT}: a 404 given, expected a script`)])
  expect(await saidOf(RULES.replace('"identity"', 'identity" '))).toEqual([
    expect.stringMatching(
      / freshlayer\.rules\.js:4:\d+: '.*SyntaxError: .*' given, expected a script beside the worker's own: self\./,
    ),
  ])
  expect(await saidOf('self.freshlayerRules = [1, 2]')).toEqual([
    expect.stringContaining(`${WITHOUT}: a list given, expected self.freshlayerRules = {`),
  ])
  expect(await saidOf('self.rules = {}')).toEqual([
    expect.stringContaining(`${WITHOUT}: nothing given, expected self.freshlayerRules = {`),
  ])
  expect(await statusOf(page)).toBeNull()

  app.write('public/freshlayer.rules.js', RULES)
  await page.goto(shop.url)
  await expect.poll(() => statusOf(page)).toMatch(/^Freshlayer; hit/)
  expect(await saidOf(RULES.replace('"routes"', '"roots"'))).toEqual([
    expect.stringContaining('[freshlayer] These rules are refused, and those before stay: freshlayer.rules.js: routes'),
  ])
  expect(await statusOf(page)).toMatch(/^Freshlayer; hit/)
  await shop.stop()
})
