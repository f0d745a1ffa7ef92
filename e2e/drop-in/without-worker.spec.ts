import { dropProfile, launch, newProfile } from '../support/test.ts'
import { strictTypeScript } from './app-files.ts'
import { BODY, expect, Shop, test } from './test.ts'

/** A host that is not this machine's own to the browser: on plain http it is no secure context, and no worker can run. */
const HOST = 'shop.test'

const APP = {
  'dist/index.html': `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body>${BODY}<script src="/page.js" defer></script></body>
</html>
`,
  'page.ts': `import { defineConfig } from 'freshlayer/config'
import { createFreshness } from 'freshlayer/page'

const rules = defineConfig({
  version: '1',
  identity: 'none',
  defaults: { expects: 'json', timeout: '3s', offline: '7d' },
  routes: [{ match: '/api/products/:id', fresh: '5m', stale: '1h', tags: ['products'] }],
  writes: [{ match: 'POST /api/sales', invalidates: ['products'] }],
})
const freshness = createFreshness(rules)
window.fetch = freshness.wrap(window.fetch.bind(window))
const read = async (): Promise<void> => {
  const response = await fetch('/api/products/1')
  const product: { price: number } = await response.json()
  document.getElementById('price')!.textContent = String(product.price)
  document.documentElement.dataset['status'] = response.headers.get('cache-status') ?? 'none'
  document.documentElement.dataset['explained'] = freshness.explain('/api/products/1').state
}
void read()
document.getElementById('price')!.onclick = () => void read()
document.getElementById('sell')!.onclick = () => void fetch('/api/sales', { method: 'POST' }).then(read)
`,
  'tsconfig.json': strictTypeScript({ files: ['page.ts'] }),
}

test('a page on plain http, where no worker can run, has the same rules in memory', async ({ project }) => {
  const app = project(APP)
  await app.install('esbuild@0.25', 'typescript@5')
  expect(await app.run('npx', 'tsc')).toEqual({ output: '', code: 0 })
  const { output, code } = await app.run('npx', 'esbuild', 'page.ts', '--bundle', '--minify', '--outdir=dist')
  expect(code, output).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  const profile = newProfile()
  const context = await launch(profile, [], [`--host-resolver-rules=MAP ${HOST} localhost`])
  try {
    const page = await context.newPage()
    const failed: string[] = []
    page.on('pageerror', (error) => failed.push(String(error)))
    await page.goto(shop.url.replace('localhost', HOST))
    expect(await page.evaluate(() => [isSecureContext, 'serviceWorker' in navigator])).toEqual([false, false])
    const root = page.locator('html')
    await expect(page.locator('#price')).toHaveText('10')
    await expect(root).toHaveAttribute('data-status', /^Freshlayer; fwd=uri-miss/)
    await page.click('#price')
    await expect(root).toHaveAttribute('data-status', /^Freshlayer; hit/)
    expect(shop.asked).toBe(1)
    await page.click('#sell')
    await expect(page.locator('#price')).toHaveText('11')
    await shop.stop()
    await page.click('#price')
    await expect(root).toHaveAttribute('data-status', /^Freshlayer; hit/)
    await expect(root).toHaveAttribute('data-explained', 'fresh')
    // A write that does not arrive counts as written: what is stored answers, and says so.
    await page.evaluate(() => fetch('/api/sales', { method: 'POST' }).catch(() => undefined))
    await page.click('#price')
    await expect(root).toHaveAttribute('data-status', /detail=offline-before-write/)
    await expect(page.locator('#price')).toHaveText('11')
    expect(failed).toEqual([])
  } finally {
    await context.close()
    dropProfile(profile)
    await shop.stop()
  }
})
