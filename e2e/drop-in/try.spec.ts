import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import type { Project, Running } from './project.ts'
import { BODY, expect, PLAIN, Shop, test } from './test.ts'

/** An app as its server has it, which knows nothing of the layer but that it may be there. */
const APP = {
  'app/index.html': `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body>${BODY}<script type="module" src="/app.js"></script></body>
</html>
`,
  'app/app.js': `${PLAIN}
globalThis.freshlayer?.on('change', () => void read())
`,
}

const COMMAND = 'freshlayer/lib/tools/cli.js'

/** Starts the proxy, and returns it with its address, without a slash at the end. */
async function tried(app: Project, ...args: readonly string[]): Promise<Running & { readonly url: string }> {
  const running = app.start(COMMAND, 'try', ...args, '--port', '0')
  await expect.poll(running.said).toMatch(/\/__freshlayer\/ /)
  const [, url = ''] = /(http:\/\/localhost:\d+)\//.exec(running.said()) ?? []
  return { ...running, url }
}

const readIn = (page: Page): Promise<{ status: string | null; price: number }> =>
  page.evaluate(async () => {
    const response = await fetch('/api/products/1')
    const { price } = (await response.json()) as { price: number }
    return { status: response.headers.get('cache-status'), price }
  })

test('a running app is recorded, and then tried with the rules that this has proposed', async ({
  project,
  browserContext,
}) => {
  const app = project(APP)
  await app.install()
  const shop = new Shop(app.path('app'))
  await shop.start()
  const before = readdirSync(app.folder)
  const open = async (url: string): Promise<Page> => {
    const page = await browserContext.newPage()
    await page.goto(url)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    return page
  }

  const recording = await tried(app, shop.url, '--out', 'freshlayer.config.mjs')
  const page = await open(`${recording.url}/`)
  await expect(page.locator('#price')).toHaveText('10')
  await expect(page.locator('freshlayer-strip')).toBeVisible()
  const asked = shop.asked
  // The recording is what the app asks for: the worker touches none of it.
  for (let count = 0; count < 3; count++) expect(await readIn(page)).toEqual({ status: null, price: 10 })
  expect(shop.asked).toBe(asked + 3)
  await page.click('#sell')
  await expect.poll(async () => (await readIn(page)).price).toBe(11)
  await page.goto(`${recording.url}/orders/7`)
  await expect(page.locator('#price')).toHaveText('11')
  await page.goto(`${recording.url}/__freshlayer/`)
  await expect(page.locator('main')).toContainText('/api/products/')
  await page.close()
  await recording.interrupt()
  expect(recording.said()).toMatch(/\/api\/products\/:id +\d+ .* no: none sent/)
  expect(recording.said()).toContain('written: freshlayer.config.mjs')
  expect(readdirSync(app.folder).filter((file) => !before.includes(file))).toEqual(['freshlayer.config.mjs'])
  expect(readFileSync(app.path('app/index.html'), 'utf8')).toBe(APP['app/index.html'])
  expect((await app.run('npx', 'freshlayer', 'check', '--config', 'freshlayer.config.mjs')).code).toBe(0)

  const trial = await tried(app, shop.url, '--config', 'freshlayer.config.mjs')
  const one = await open(`${trial.url}/`)
  await expect(one.locator('#price')).toHaveText('11')
  await expect.poll(async () => (await readIn(one)).status).toMatch(/^Freshlayer; hit/)
  const other = await open(`${trial.url}/orders/7`)
  await expect(other.locator('#price')).toHaveText('11')
  await one.click('#sell')
  for (const tab of [one, other]) await expect(tab.locator('#price')).toHaveText('12')

  await shop.stop()
  await other.reload()
  await expect(other.locator('#price')).toHaveText('12')
  await other.goto(`${trial.url}/never/visited`)
  await expect(other.locator('#price')).toHaveText('12')
  await other.goto(`${trial.url}/__freshlayer/`)
  await expect(other.locator('main')).toContainText('/api/products/')
  await trial.interrupt()
  expect(trial.said()).toMatch(/\/api\/products\/\S+ +\d+ → \d+/)
  expect(trial.said()).toContain(`nothing answers at ${shop.url}`)
})

test('what cannot be tried is said in one line, and nothing is written', async ({ project }) => {
  const app = project({ 'freshlayer.config.mjs': 'export default {}', 'empty/readme.txt': '' })
  await app.install()
  const before = readdirSync(app.folder)
  const line = async (...args: readonly string[]): Promise<string | undefined> => {
    const { output, code } = await app.run('npx', 'freshlayer', 'try', ...args)
    expect(code).toBe(1)
    return output.trimEnd().split('\n').at(-1)
  }
  const shop = new Shop(app.folder)
  await shop.start()
  const { port } = new URL(shop.url)
  expect(await line(shop.url, '--port', port)).toMatch(new RegExp(`^freshlayer port ${port} is in use: `))
  expect(await line(shop.url, '--out', 'freshlayer.config.mjs')).toMatch(/freshlayer\.config\.mjs is there already/)
  expect(await line(shop.url, '--config', 'freshlayer.config.mjs')).toMatch(/^refused routes/)
  await shop.stop()
  expect(await line(shop.url)).toBe(`freshlayer nothing answers at ${shop.url}: start the app first`)
  expect(await line('empty')).toMatch(/^freshlayer empty has no index\.html: /)
  expect(readdirSync(app.folder)).toEqual(before)
})
