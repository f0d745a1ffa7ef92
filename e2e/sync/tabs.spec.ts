import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { HoldingProxy } from './holding-proxy.ts'
import { pageScript } from './page-script.ts'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { Shop } from './shop.ts'
import { openTabsBrowser, type TabsBrowser } from './tabs-browser.ts'

declare global {
  interface Window {
    /** How often the browser has frozen the page. */
    freezes?: number
  }
}

const FOLDER = 'dist/e2e-sync/app'
const TABS = 20

let postgres: Postgres
let shop: Shop
let proxy: HoldingProxy
let browser: TabsBrowser

test.beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  await buildWorker({ config: 'e2e/sync/rules-of-push.ts', out: `${FOLDER}/sw.js` })
  writeFileSync(`${FOLDER}/page.js`, await pageScript('e2e/sync/page.ts'))
  postgres = await startProductsDatabase()
  shop = await new Shop(postgres.url, FOLDER).start()
  proxy = await new HoldingProxy(() => shop.url).start()
})
test.afterAll(async () => {
  await proxy.stop()
  await shop.stop()
  await postgres.remove()
})
test.beforeEach(async () => {
  proxy.mode = 'pass'
  browser = await openTabsBrowser()
})
test.afterEach(() => browser.close())

let last = 0
/** A write of another user. */
async function write(): Promise<string> {
  const name = `product ${++last}`
  await shop.put(1, name)
  return name
}

const shows = (page: Page, name: string): Promise<unknown> =>
  page.waitForFunction((wanted) => window.shown.some((product) => product.name === wanted), name, { timeout: 15_000 })

const connections = (count: number): Promise<void> =>
  expect.poll(async () => (await shop.stats()).connections, { timeout: 15_000 }).toBe(count)

/**
 * How many requests for products `change` costs. A tab that takes over the connection meanwhile is told once more what the
 * one before was told, and reads once more: then it is tried again.
 */
const costs = (count: number, change: () => Promise<unknown>): Promise<void> => {
  const received = async (): Promise<number> => (await shop.stats()).received['/api/products'] ?? 0
  const cost = async (): Promise<number> => {
    const before = await received()
    await change()
    return (await received()) - before
  }
  return expect.poll(cost, { timeout: 30_000 }).toBe(count)
}

/** A tab that shows the list, in sight. */
async function open(path = '/'): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(proxy.url + path)
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  return page
}

/** Whether this tab leads: whether the lock of the feed is held by the client that holds one of its own. */
const isLeading = (page: Page): Promise<boolean> =>
  page.evaluate(() =>
    navigator.locks.request(crypto.randomUUID(), async (own) => {
      const { held = [] } = await navigator.locks.query()
      const client = held.find(({ name }) => name === own?.name)?.clientId
      return held.some(({ name, clientId }) => name?.startsWith('freshlayer push ') === true && clientId === client)
    }),
  )

/**
 * Brings a tab in sight, and prints how long it takes until that one leads. The goal is 2 s.
 *
 * @param count how many connections there are then.
 */
async function leads(page: Page, what: string, count = 1): Promise<void> {
  const beganMs = performance.now()
  await page.bringToFront()
  await expect.poll(() => isLeading(page), { intervals: [50], timeout: 20_000 }).toBe(true)
  const ledMs = performance.now() - beganMs
  await connections(count)
  console.log(
    `${what}: another tab leads ${ledMs.toFixed(0)} ms after it was brought in sight, and is connected after ` +
      `${(performance.now() - beganMs).toFixed(0)} ms`,
  )
}

test('twenty tabs have one connection, and a change costs one request', async () => {
  await write()
  const pages: Page[] = []
  for (let tab = 0; tab < TABS; tab++) pages.push(await open())
  await connections(1)
  const front = pages.at(-1)!
  // A write and a read.
  await costs(2, async () => shows(front, await write()))
  await connections(1)
  // A tab that was out of sight shows it when it is in sight, from what the first has fetched.
  const name = await write()
  await shows(front, name)
  const [first] = pages
  await first!.bringToFront()
  await shows(first!, name)
})

test('a leader that closes, crashes, is frozen or is hidden: another leads, and nothing is missed', async () => {
  await write()
  const pages = [await open(), await open(), await open(), await open(), await open(), await open()]
  await connections(1)

  await pages.pop()!.close()
  const closed = await write()
  await leads(pages.at(-1)!, 'the leader was closed')
  await shows(pages.at(-1)!, closed)

  const crashing = pages.pop()!
  const crashed = new Promise((resolve) => crashing.on('crash', resolve))
  void crashing.goto('chrome://crash').catch(() => undefined)
  await crashed
  const missed = await write()
  await leads(pages.at(-1)!, 'the leader’s renderer has crashed')
  await shows(pages.at(-1)!, missed)

  // Hidden by another tab of the app.
  pages.pop()
  const meanwhile = await write()
  await leads(pages.at(-1)!, 'the leader was hidden')
  await shows(pages.at(-1)!, meanwhile)

  // Frozen by the browser, which is what happens to tabs out of sight.
  const elsewhere = await browser.context.newPage()
  const frozen = pages.pop()!
  await elsewhere.bringToFront()
  await freeze(frozen)
  await connections(0)
  const whileFrozen = await write()
  await leads(pages.at(-1)!, 'the leader was frozen')
  await shows(pages.at(-1)!, whileFrozen)

  // None of them is in sight for a while.
  await elsewhere.bringToFront()
  await connections(0)
  const unheard = await write()
  await leads(pages[0]!, 'no tab was in sight')
  await shows(pages[0]!, unheard)

  // The frozen one is thawed by being shown, and has missed nothing.
  await leads(frozen, 'the frozen tab is back')
  await shows(frozen, unheard)
  expect(await frozen.evaluate(() => window.freezes)).toBe(1)
})

/** Freezes a tab that is out of sight, as browsers do to save power. */
async function freeze(page: Page): Promise<void> {
  await page.evaluate(() => document.addEventListener('freeze', () => (window.freezes = (window.freezes ?? 0) + 1)))
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await session.detach()
}

const isFull = process.env['FULL'] !== undefined

// It takes as long as two beats.
if (isFull)
  test('a leader that is stopped without a word: another leads, and nothing is missed', async () => {
    await write()
    const [next, leader] = [await open(), await open()]
    await expect.poll(() => isLeading(leader)).toBe(true)
    const session = await leader.context().newCDPSession(leader)
    await session.send('Debugger.enable')
    await session.send('Debugger.pause')
    const elsewhere = await browser.context.newPage()
    await elsewhere.bringToFront()
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const missed = await write()
    // Its own connection stays as long as it cannot end it.
    await leads(next, 'the leader has been stopped in a debugger for a while', 2)
    await shows(next, missed)
    await session.send('Debugger.resume')
    await session.detach()
    await connections(1)
  })

/** What a page has told the server, so often. */
const said = async (what: string): Promise<number> =>
  (await shop.stats()).received[`/said/${encodeURIComponent(what)}`] ?? 0
const says = (what: string, before: number): Promise<void> =>
  expect.poll(() => said(what), { timeout: 15_000 }).toBeGreaterThan(before)

test('a page that leads is kept in the back-forward cache, and misses nothing there', async () => {
  await write()
  const before = await said('restored')
  const page = await open('/reporting')
  await connections(1)
  await says(`shown ${await write()}`, 0)
  await page.goto(`${proxy.url}/plain`)
  await connections(0)
  const name = await write()
  await page.evaluate(() => void setTimeout(() => history.back()))
  await says('restored', before)
  const restoredMs = performance.now()
  await connections(1)
  console.log(`back from the back-forward cache: connected after ${(performance.now() - restoredMs).toFixed(0)} ms`)
  await says(`shown ${name}`, 0)
})

test('a page that waits for the lead is kept in the back-forward cache', async () => {
  const before = await said('restored')
  await open()
  await connections(1)
  const page = await open('/reporting')
  await page.goto(`${proxy.url}/plain`)
  await page.evaluate(() => void setTimeout(() => history.back()))
  await says('restored', before)
})

for (const mode of ['hold', 'cut'] as const) {
  test(`behind a proxy that would ${mode === 'hold' ? 'hold streams back' : 'cut streams off'} a change is shown all the same`, async () => {
    await write()
    proxy.mode = mode
    const before = await shop.stats()
    const page = await open()
    await expect
      .poll(async () => ((await shop.stats()).received['polls'] ?? 0) - (before.received['polls'] ?? 0), {
        timeout: 90_000,
      })
      .toBeGreaterThan(0)
    await shows(page, await write())
  })
}

test('the tab’s own write is not asked for a second time', async () => {
  await write()
  const page = await open()
  await page.reload()
  await connections(1)
  // Two writes and two reads. What comes after the tab's own write has come by the same way.
  await costs(4, async () => {
    const own = `own ${++last}`
    await page.evaluate(async (name) => {
      await fetch('/api/products', { method: 'PUT', body: JSON.stringify({ id: 2, name }) })
    }, own)
    await shows(page, own)
    await shows(page, await write())
  })
})
