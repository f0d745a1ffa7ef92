import { INDEX_HTML, REACT_AND_LAYER, strictTypeScript } from './app-files.ts'
import { BODY, expect, journey, PLAIN, RULES, Shop, test } from './test.ts'

const APP = {
  'index.html': INDEX_HTML,
  'src/main.tsx': `import { connect } from 'freshlayer'
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'

const layer = connect()

function Product() {
  const [price, setPrice] = useState<number>()
  useEffect(() => {
    const read = async () => {
      const response = await fetch('/api/products/1')
      const product: { price: number } = await response.json()
      setPrice(product.price)
    }
    void read()
    return layer.on('change', () => void read())
  }, [])
  return (
    <>
      <p id="price">{price}</p>
      <button id="sell" onClick={() => void fetch('/api/sales', { method: 'POST' })}>Sell</button>
    </>
  )
}

layer.on('state', ({ controlled }) => void (document.documentElement.dataset.connected = String(controlled)))
document.documentElement.dataset.connected = String(layer.state.controlled)
createRoot(document.getElementById('root')!).render(<Product />)
`,
  'vite.config.ts': REACT_AND_LAYER,
  'tsconfig.json': strictTypeScript({ include: ['src', 'freshlayer.config.ts'] }),
  'freshlayer.config.ts': RULES,
}

test('a Vite and React app gets there by the plugin and one line', async ({ project, browserContext }) => {
  const app = project(APP)
  await app.install('vite@8', 'react@19', 'react-dom@19', '@types/react@19', '@types/react-dom@19', 'typescript@5')
  await app.install('@vitejs/plugin-react@6')
  expect(await app.run('npx', 'tsc')).toEqual({ output: '', code: 0 })
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toContain('freshlayer: dist/sw.js')
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: true })
  await shop.stop()
})

/** The oldest that the plugin is for, and those up to the newest. */
const OLDER = [5, 6, 7]

test('an app of an older Vite gets there without a line of its own', async ({ project, browserContext }) => {
  const version = OLDER[Number(process.env['SEED']) % OLDER.length]
  const app = project({
    'index.html': APP['index.html'].replace('main.tsx', 'main.js').replace('<div id="root"></div>', BODY),
    'src/main.js': PLAIN,
    'vite.config.js': `import { freshlayer } from 'freshlayer/vite'\nexport default { plugins: [freshlayer()] }\n`,
    'freshlayer.config.js': RULES,
  })
  console.log(`Vite ${version}`)
  await app.install(`vite@${version}`)
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toContain('freshlayer: dist/sw.js')
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: false })
  await shop.stop()
})

test('in development the app has the same worker, and a change of its rules reaches open pages', async ({
  project,
  browserContext,
}) => {
  const shop = new Shop()
  await shop.start()
  const app = project({
    ...APP,
    'vite.config.ts': `import { freshlayer } from 'freshlayer/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/shop/',
  server: { port: 0, strictPort: true, proxy: { '/api': '${shop.url}' } },
  plugins: [freshlayer()],
})
`,
    'index.html': APP['index.html'].replace('main.tsx', 'main.js').replace('<div id="root"></div>', BODY),
    'src/main.js': PLAIN,
  })
  await app.install('vite@8')
  const server = app.start('vite/bin/vite.js')
  try {
    await expect.poll(() => server.said()).toMatch(/Local:\s+http\S+/)
    const [, address = ''] = /Local:\s+(http\S+)/.exec(server.said()) ?? []
    await expect
      .poll(() => server.said())
      .toContain('freshlayer: /shop/sw.js from freshlayer.config.ts, 1 route, 1 write')
    const page = await browserContext.newPage()
    await page.goto(address)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const statusOf = (): Promise<string | null> =>
      page.evaluate(async () => (await fetch('/api/products/1')).headers.get('cache-status'))
    await expect.poll(statusOf).toMatch(/^Freshlayer; hit/)

    app.write('freshlayer.config.ts', RULES.replace("fresh: '5m'", "fresh: '5mins'"))
    await expect.poll(() => server.said()).toContain("Did you mean '5m'?")
    expect(await statusOf()).toMatch(/^Freshlayer; hit/)
    app.write('freshlayer.config.ts', RULES.replace('/api/products/:id', '/api/stock/:id'))
    await expect.poll(statusOf).toBeNull()
  } finally {
    await server.stop()
    await shop.stop()
  }
})
