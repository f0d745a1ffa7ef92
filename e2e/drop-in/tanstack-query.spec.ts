import type { Page } from '@playwright/test'
import { REACT_AND_LAYER, strictTypeScript } from './app-files.ts'
import { expect, journey, RULES, Shop, test } from './test.ts'
import type { Project } from './project.ts'

const APP = {
  'index.html': `<!doctype html>
<html lang="en" data-connected="true">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body>
</html>
`,
  // An app as it is before the layer comes, but for the three lines that name it.
  'src/main.tsx': `import { QueryClient, QueryClientProvider, useMutation, useQuery } from '@tanstack/react-query'
import { bindQueryClient } from 'freshlayer/tanstack-query'
import { createRoot } from 'react-dom/client'
import rules from '../freshlayer.config'

const queryClient = new QueryClient()
bindQueryClient(queryClient, rules)

const readJson = async (path: string) => {
  // As clients do that have something to look up first.
  await Promise.resolve()
  const response = await fetch(path)
  if (!response.ok) throw new Error(response.statusText)
  return response.json()
}

function Product() {
  const { data } = useQuery<{ price: number }>({ queryKey: ['product', 1], queryFn: () => readJson('/api/products/1') })
  const sale = useMutation({ mutationFn: () => fetch('/api/sales', { method: 'POST' }) })
  return (
    <>
      <p id="price">{data?.price}</p>
      <button id="sell" onClick={() => sale.mutate()}>Sell</button>
    </>
  )
}

function Clock({ path }: { path: string }) {
  const { data, refetch } = useQuery<{ now: number }>({ queryKey: ['clock', path], queryFn: () => readJson(path) })
  return <button className="clock" onClick={() => void refetch()}>{data?.now}</button>
}

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queryClient}>
    {location.pathname === '/clocks' ? ['/api/clocks/1', '/api/clocks/2'].map((path) => <Clock key={path} path={path} />) : <Product />}
  </QueryClientProvider>,
)
`,
  'vite.config.ts': REACT_AND_LAYER,
  'tsconfig.json': strictTypeScript({ include: ['src', 'freshlayer.config.ts'] }),
  // Two clocks that tell the time anew at each request: one is asked before each use, the other behind it.
  'freshlayer.config.ts': RULES.replace(
    'routes: [',
    `routes: [
    { match: '/api/clocks/1', fresh: 0, stale: 0 },
    { match: '/api/clocks/2', fresh: 0, stale: '1h' },
   `,
  ),
}

async function build(app: Project): Promise<void> {
  await app.install('vite@8', 'react@19', 'react-dom@19', '@tanstack/react-query@5', '@vitejs/plugin-react@6')
  await app.install('@types/react@19', '@types/react-dom@19', 'typescript@5')
  expect(await app.run('npx', 'tsc')).toEqual({ output: '', code: 0 })
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toContain('freshlayer: dist/sw.js')
  expect(code).toBe(0)
}

async function start(app: Project): Promise<Shop> {
  const shop = new Shop(app.path('dist'))
  await shop.start()
  return shop
}

test('an app with TanStack Query gets there by one line, its query functions as they are', async ({
  project,
  browserContext,
}) => {
  const app = project(APP)
  await build(app)
  const before = await start(app)
  await journey(browserContext, before, { hears: true })
  await before.stop()

  const shop = await start(app)
  const open = async (path: string): Promise<Page> => {
    const page = await browserContext.newPage()
    await page.goto(shop.url + path)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    return page
  }

  // What has been read is not asked for again, and a sale has it read once, for all tabs.
  const tabs = [await open('/'), await open('/orders/7'), await open('/orders/8')]
  for (const tab of tabs) await expect(tab.locator('#price')).toHaveText('10')
  await expect
    .poll(() => tabs[0]!.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status')))
    .toMatch(/; hit/)
  const { asked } = shop
  await tabs[0]!.goto(`${shop.url}/orders/9`)
  await expect(tabs[0]!.locator('#price')).toHaveText('10')
  expect(shop.asked).toBe(asked)
  await tabs[0]!.click('#sell')
  for (const tab of tabs) await expect(tab.locator('#price')).toHaveText('11')
  expect(shop.asked).toBe(asked + 1)

  // Five tabs that tell each other of changes, of answers that never stay the same (I11).
  tabs.push(await open('/clocks'), await open('/clocks'))
  for (const tab of tabs) {
    await tab.goto(`${shop.url}/clocks`)
    await expect(tab.locator('.clock').nth(1)).toHaveText(/\d/)
  }
  for (const [index, times] of [shop.clock(1), shop.clock(2)].entries()) {
    const clock = (tab: Page) => tab.locator('.clock').nth(index)
    const isQuiet = (): boolean => Date.now() - (times.at(-1) ?? 0) > 5000
    await expect.poll(isQuiet, { timeout: 30_000 }).toBe(true)
    const asked = times.length
    for (const tab of tabs) await clock(tab).click()
    await expect.poll(async () => new Set(await Promise.all(tabs.map((tab) => clock(tab).textContent()))).size).toBe(1)
    await expect.poll(isQuiet, { timeout: 30_000 }).toBe(true)
    const since = times.slice(asked)
    expect(since.length).toBeGreaterThan(0)
    expect(since.slice(1).filter((at, next) => at - (since[next] ?? 0) < 2000)).toEqual([])
    expect(await tabs[0]!.locator('.clock').nth(index).textContent()).toBe(String(since.at(-1)))
  }
  for (const tab of tabs) await tab.close()
  await shop.stop()
})
