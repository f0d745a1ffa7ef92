import type { BrowserContext, Page } from '@playwright/test'
import { INDEX_HTML, REACT_AND_LAYER, strictTypeScript } from './app-files.ts'
import type { Project } from './project.ts'
import { expect, journey, RULES, Shop, test } from './test.ts'

/** What an app of this version of React needs. */
const needed = (react: number): string[] => [
  'vite@8',
  'typescript@5',
  ...['react', 'react-dom', '@types/react', '@types/react-dom'].map((name) => `${name}@${react}`),
]

const APP = {
  'index.html': INDEX_HTML,
  'vite.config.ts': REACT_AND_LAYER,
  'tsconfig.json': strictTypeScript({ include: ['src', 'freshlayer.config.ts'] }),
  'freshlayer.config.ts': RULES.replace(
    'routes: [',
    "routes: [\n    { match: '/api/clock', fresh: 0, tags: ['products'] },\n    ",
  ),
}

/** What is the same in each app: StrictMode, the button, and the word that the layer is there. */
const main = (imports: string, components: string, root = '<Shop />'): string => `import { connect } from 'freshlayer'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
${imports}

const layer = connect()
const tell = () => {
  const { controlled, offline } = layer.state
  document.documentElement.dataset.connected = String(controlled && !offline)
}
layer.on('state', tell)
tell()
${components}
function Shop() {
  return (
    <main>
      <Product />
      <Clock />
      <button id="sell" onClick={() => void fetch('/api/sales', { method: 'POST' })}>Sell</button>
    </main>
  )
}

createRoot(document.getElementById('root')!).render(<StrictMode>${root}</StrictMode>)
`

async function built(app: Project, ...packages: readonly string[]): Promise<Shop> {
  await app.install(...packages)
  await app.install('@vitejs/plugin-react@6')
  expect(await app.run('npx', 'tsc')).toEqual({ output: '', code: 0 })
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toContain('freshlayer: dist/sw.js')
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  return shop
}

/** What each binding has to keep to: five tabs show an answer that is new each time, and nothing is asked twice. */
async function fiveTabs(context: BrowserContext, shop: Shop): Promise<void> {
  const open = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(shop.url)
    await page.waitForFunction(() => document.documentElement.dataset['connected'] === 'true')
    await expect(page.locator('#price')).not.toBeEmpty()
    await expect(page.locator('#time')).not.toBeEmpty()
    return page
  }
  const before = context.pages()
  const tabs = [await open()]
  for (const page of before) await page.close()
  const { asked, askedTheTime } = shop
  for (let time = 1; time < 5; time++) tabs.push(await open())
  // The product is fresh. The time is not, and each page asks once for it, or gets what was announced a moment ago.
  expect(shop.asked).toBe(asked)
  expect(shop.askedTheTime).toBeLessThanOrEqual(askedTheTime + 4)
  const [one = await open()] = tabs
  const priceOf = async (): Promise<number> => Number(await one.locator('#price').textContent())
  for (let sale = 0; sale < 2; sale++) {
    const before = { asked: shop.asked, askedTheTime: shop.askedTheTime, price: await priceOf() }
    // A page that is not in front is out of sight for its user, not for its document: all five read at once.
    await one.click('#sell')
    for (const tab of tabs) await expect(tab.locator('#price')).toHaveText(String(before.price + 1))
    // Longer than reads of a changed URL get the announced version: a loop would go on.
    await one.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5000)))
    expect(shop.asked - before.asked).toBe(1)
    expect(shop.askedTheTime - before.askedTheTime).toBe(1)
    for (const tab of tabs) await expect(tab.locator('#time')).toHaveText(String(shop.askedTheTime))
  }
}

test('hooks: an app with useCachedQuery(), under StrictMode', async ({ project, browserContext }) => {
  const app = project({
    ...APP,
    'src/main.tsx': main(
      `import { keys } from 'freshlayer/config'
import { cacheQuery, useCachedQuery } from 'freshlayer/react'
import { Suspense } from 'react'
import rules from '../freshlayer.config'`,
      `
const key = keys(rules)

interface ProductData {
  readonly price: number
}

void cacheQuery(key.product(1))

function Product() {
  const { data, isSyncing, isStale, isOffline, updatedAt, error, refresh } = useCachedQuery<ProductData>(key.product(1))
  return (
    <section>
      <p id="price">{data?.price}</p>
      <Again />
      <p id="state">{error?.message ?? [isSyncing && 'syncing', isStale && 'stale', isOffline && 'offline'].filter(Boolean).join(' ')}</p>
      <p id="updated">{updatedAt}</p>
      <button id="refresh" onClick={() => void refresh()}>Refresh</button>
    </section>
  )
}

function Again() {
  const { data } = useCachedQuery('/api/products/1', { parse: (body) => body as ProductData, suspense: true })
  return <p id="again">{data.price}</p>
}

function Clock() {
  const { data } = useCachedQuery<{ readonly time: number }>(key.clock())
  return <p id="time">{data?.time}</p>
}
`,
      '<Suspense fallback="…"><Shop /></Suspense>',
    ),
  })
  const shop = await built(app, ...needed(19))
  await journey(browserContext, shop, { hears: true })
  await fiveTabs(browserContext, shop)

  const page = await browserContext.newPage()
  await page.goto(shop.url)
  await expect(page.locator('#state')).toHaveText('')
  const { asked } = shop
  const updated = Number(await page.locator('#updated').textContent())
  await page.click('#refresh')
  await expect.poll(async () => Number(await page.locator('#updated').textContent())).toBeGreaterThan(updated)
  expect(shop.asked).toBe(asked + 1)
  await shop.stop()
  await page.click('#refresh')
  await expect(page.locator('#state')).toHaveText('stale offline')
  await expect(page.locator('#price')).not.toBeEmpty()
  await page.screenshot({ path: 'dist/e2e-drop-in/results/react-offline.png' })
  await shop.start()
  await expect(page.locator('#state')).toHaveText('')
  await shop.stop()
})

test('SWR: an app with its own fetcher, and a hook of the layer beside it, built and in development', async ({
  project,
  browserContext,
}) => {
  const app = project({
    ...APP,
    'src/main.tsx': main(
      `import { useCachedQuery } from 'freshlayer/react'
import { freshlayerSwr } from 'freshlayer/swr'
import useSWR, { SWRConfig } from 'swr'`,
      `
const fetcher = async (url: string) => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(String(response.status))
  return response.json()
}
const config = { ...freshlayerSwr(layer), fetcher }

function Product() {
  const { data } = useSWR<{ readonly price: number }>('/api/products/1')
  const { data: again } = useCachedQuery<{ readonly price: number }>('/api/products/1')
  return (
    <section>
      <p id="price">{data?.price}</p>
      <p id="again">{again?.price}</p>
    </section>
  )
}

function Clock() {
  const { data } = useSWR<{ readonly time: number }>('/api/clock')
  return <p id="time">{data?.time}</p>
}
`,
      '<SWRConfig value={config}><Shop /></SWRConfig>',
    ),
  })
  // The oldest that the bridge is for.
  const shop = await built(app, ...needed(18), 'swr@2.0.0')
  await journey(browserContext, shop, { hears: true })
  await fiveTabs(browserContext, shop)

  const config = APP['vite.config.ts'].replace('{ plugins', `{ server: { proxy: { '/api': '${shop.url}' } }, plugins`)
  app.write('vite.config.ts', config)
  const server = app.start('vite/bin/vite.js', '--port', '0')
  try {
    await expect.poll(() => server.said()).toMatch(/Local:\s+http\S+/)
    const [, address = ''] = /Local:\s+(http\S+)/.exec(server.said()) ?? []
    const page = await browserContext.newPage()
    const said: string[] = []
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()))
    page.on('pageerror', (error) => said.push(String(error)))
    await page.goto(address)
    await page.waitForFunction(() => document.documentElement.dataset['connected'] === 'true')
    const price = Number(await page.locator('#price').textContent())
    await expect(page.locator('#time')).not.toBeEmpty()
    await page.click('#sell')
    for (const id of ['#price', '#again']) await expect(page.locator(id)).toHaveText(String(price + 1))
    expect(said).toEqual([])
  } finally {
    await server.stop()
  }
  await shop.stop()
})
