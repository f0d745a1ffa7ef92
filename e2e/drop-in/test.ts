import { type BrowserContext, expect, type Page, test as base } from '@playwright/test'
import { dropProfile, launch, newProfile } from '../support/test.ts'
import { Project } from './project.ts'
import { Shop } from './shop.ts'

export { expect, Shop }

interface Fixtures {
  readonly browserContext: BrowserContext
  /** A new user's project with these files. It is gone when the test is. */
  readonly project: (files: Readonly<Record<string, string>>) => Project
}

export const test = base.extend<Fixtures>({
  browserContext: async ({}, use) => {
    const profile = newProfile()
    const context = await launch(profile)
    await use(context)
    await context.close()
    dropProfile(profile)
  },
  project: async ({}, use) => {
    const made: Project[] = []
    await use((files) => {
      const project = new Project(files)
      made.push(project)
      return project
    })
    for (const project of made) {
      console.log(project.effort)
      project.remove()
    }
  },
})

/** The rules of the apps here, as the README has them. */
export const RULES = `import { defineConfig } from 'freshlayer/config'

export default defineConfig({
  version: '1',
  identity: 'none',
  shell: '/index.html',
  defaults: { expects: 'json', timeout: '3s', offline: '7d' },
  routes: [{ match: '/api/products/:id', fresh: '5m', stale: '1h', tags: ['products'] }],
  writes: [{ match: 'POST /api/sales', invalidates: ['products'] }],
})
`

/** A page and a script that show a product and sell one, and know nothing of the layer. */
export const BODY = '<p id="price"></p><button id="sell">Sell</button>'
export const PLAIN = `
const read = async () => {
  const product = await (await fetch('/api/products/1')).json()
  document.getElementById('price').textContent = product.price
}
void read()
document.getElementById('sell').onclick = () => void fetch('/api/sales', { method: 'POST' })
`

/** A document with that page, whose script a build has bundled. */
export const DOCUMENT = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body>${BODY}<script src="/page.js" defer></script></body>
</html>
`

/** The page's script, in an app that connects itself: it reads anew when it hears of a change. */
export const pageConnectedTo = (worker: string): string => `import { connect } from 'freshlayer'

const layer = connect({ worker: '${worker}' })
const read = async () => {
  const product = await (await fetch('/api/products/1')).json()
  document.getElementById('price').textContent = product.price
}
void read()
layer.on('change', () => void read())
layer.on('state', ({ controlled }) => void (document.documentElement.dataset.connected = String(controlled)))
document.documentElement.dataset.connected = String(layer.state.controlled)
document.getElementById('sell').onclick = () => void fetch('/api/sales', { method: 'POST' })
`

/** In a page that has the layer without a line of its own: reads anew at a change, and says whether it is connected. */
export const HEARING = `
const { freshlayer } = globalThis
if (freshlayer !== undefined) {
  freshlayer.on('change', () => void read())
  const show = ({ controlled }) => (document.documentElement.dataset.connected = String(controlled))
  freshlayer.on('state', show)
  show(freshlayer.state)
}
`

/**
 * What each way in has to bring, as the user of the app sees it: the worker has the page, a read comes from store, a write
 * in one tab is seen in the other, and with the server gone every page opens with its data.
 *
 * The app shows the product's price in `#price`, and sells one at a click on `#sell`.
 *
 * @param hears whether the app reads anew at a change; then it says on its root element when it is connected.
 * @param hash whether the app's own router keeps its pages behind a `#`. Default: each page has a path.
 */
export async function journey(
  context: BrowserContext,
  shop: Shop,
  { hears, hash = false }: { hears: boolean; hash?: boolean },
): Promise<void> {
  const addressOf = (path: string): string => (hash ? `${shop.page('/')}#${path}` : shop.page(path))
  const said: string[] = []
  const open = async (path: string): Promise<Page> => {
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') said.push(message.text())
    })
    page.on('pageerror', (error) => said.push(String(error)))
    await page.goto(addressOf(path))
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    return page
  }
  const one = await open('/')
  await expect(one.locator('#price')).toHaveText('10')
  const statusOf = (page: Page): Promise<string | null> =>
    page.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status'))
  await expect.poll(() => statusOf(one)).toMatch(/^Freshlayer; hit/)
  const asked = shop.asked
  expect(await statusOf(one)).toMatch(/^Freshlayer; hit/)
  expect(shop.asked).toBe(asked)

  const other = await open('/orders/7')
  await expect(other.locator('#price')).toHaveText('10')
  if (hears) await other.waitForFunction(() => document.documentElement.dataset['connected'] === 'true')
  await one.click('#sell')
  if (hears) for (const tab of [one, other]) await expect(tab.locator('#price')).toHaveText('11')
  const priceOf = (page: Page): Promise<number> =>
    page.evaluate(async () => ((await (await fetch('/api/products/1')).json()) as { price: number }).price)
  await expect.poll(() => priceOf(one)).toBe(11)
  expect(await priceOf(other)).toBe(11)
  expect(said).toEqual([])

  await shop.stop()
  await other.reload()
  await expect(other.locator('#price')).toHaveText('11')
  await other.goto(addressOf('/never/visited'))
  // Another hash is no page load.
  if (hash) await other.reload()
  await expect(other.locator('#price')).toHaveText('11')
  await shop.start()
}
