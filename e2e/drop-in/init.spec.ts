import { readFileSync } from 'node:fs'
import { BODY, expect, journey, PLAIN, RULES, Shop, test } from './test.ts'

/** A fresh Vite app, as its author has left it. */
const APP = {
  'package.json': `${JSON.stringify({ name: 'app', private: true, type: 'module', scripts: { build: 'vite build' } }, null, 2)}\n`,
  'index.html': `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body>${BODY}<script type="module" src="/src/main.js"></script></body>
</html>
`,
  'src/main.js': PLAIN,
  'vite.config.js': `import { defineConfig } from 'vite'

export default defineConfig({
  build: { sourcemap: true },
})
`,
}

test('a fresh Vite app gets there by init alone, and saves requests by one rule more', async ({
  project,
  browserContext,
}) => {
  const app = project(APP)
  await app.install('vite@8')
  const init = await app.run('npx', 'freshlayer', 'init', '--yes')
  expect(init.output).toContain('freshlayer.config.js  the rules\n  vite.config.js  freshlayer() as the last plugin\n')
  expect(init.code).toBe(0)
  const texts = (): string[] =>
    ['freshlayer.config.js', 'vite.config.js'].map((file) => readFileSync(app.path(file), 'utf8'))
  const once = texts()
  expect((await app.run('npx', 'freshlayer', 'init', '--yes')).output).not.toContain('written:')
  expect(texts()).toEqual(once)
  expect(await app.run('npx', 'freshlayer', 'check')).toEqual({ output: 'freshlayer.config.js: fine\n', code: 0 })
  expect((await app.run('npm', 'run', 'build')).output).toContain('freshlayer: dist/sw.js')

  const shop = new Shop(app.path('dist'))
  await shop.start()
  const page = await browserContext.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  const open = async (): Promise<void> => {
    await page.goto(`${shop.url}/orders/7`)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    await expect(page.locator('#price')).toHaveText('10')
  }
  await open()
  const statusOf = (): Promise<string | null> =>
    page.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status'))
  // The network first: each read is the origin's word.
  await expect.poll(statusOf).toMatch(/^Freshlayer; fwd=stale; fwd-status=304/)
  await expect.poll(() => said.join('\n')).toMatch(/\[freshlayer\] on, 1 rule, 1 answer stored/)
  const probed = await app.run('npx', 'freshlayer', 'check', '--probe', shop.url, '--url', '/api/products/1')
  expect(probed.output).toContain("GET /api/products/1 200, rule '/api/**'")
  expect(probed.code).toBe(0)
  await shop.stop()
  await open()
  // A newer worker waits for the pages of this one. As for a user who comes for the first time, there is none.
  await page.evaluate(async () => {
    for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister()
  })
  await page.close()

  // What the comment in the rules proposes.
  app.write('freshlayer.config.js', RULES.replace("version: '1'", "version: '2'"))
  expect((await app.run('npm', 'run', 'build')).code).toBe(0)
  await shop.start()
  await journey(browserContext, shop, { hears: false })
  await shop.stop()
})
