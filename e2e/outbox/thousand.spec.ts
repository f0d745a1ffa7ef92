import { mkdirSync, writeFileSync } from 'node:fs'
import { type BrowserContext, type CDPSession, expect, type Page, test } from '@playwright/test'
import { Pool } from 'pg'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { pageScript } from '../sync/page-script.ts'
import { type Postgres, startPostgres } from '../sync/postgres.ts'
import { BatchShop } from './batch-shop.ts'
import { KillableBrowser } from './killable-browser.ts'

const WRITES = process.env['FULL'] === undefined ? 200 : 1000
/** So much more may the worker hold while it sends. Bytes. */
const MOST_MEMORY = 10_000_000
const FOLDERS = { alone: 'dist/e2e-outbox/alone', batches: 'dist/e2e-outbox/batches' }

let postgres: Postgres
let pool: Pool
let browser: KillableBrowser
test.beforeAll(async () => {
  const script = await pageScript('e2e/outbox/outbox-page.ts')
  for (const [name, folder] of Object.entries(FOLDERS)) {
    mkdirSync(folder, { recursive: true })
    const config = name === 'alone' ? 'e2e/outbox/rules-of-sales.ts' : 'e2e/outbox/rules-of-batches.ts'
    await buildWorker({ config, out: `${folder}/sw.js` })
    writeFileSync(`${folder}/page.js`, script)
  }
  postgres = await startPostgres()
})
test.afterAll(() => postgres.remove())
test.beforeEach(async () => {
  pool = new Pool({ connectionString: postgres.url, max: 10 })
  pool.on('error', () => undefined)
  browser = new KillableBrowser()
})
test.afterEach(async () => {
  await browser.close()
  await pool.query('drop schema if exists freshlayer cascade; drop table if exists sales cascade')
  await pool.end()
})

/** Sends what a debugger asks of the worker. */
async function workerOf(context: BrowserContext): Promise<(method: string) => Promise<Record<string, unknown>>> {
  const connection = context.browser()
  if (connection === null) throw new Error('the browser is not connected')
  const cdp: CDPSession = await connection.newBrowserCDPSession()
  const { targetInfos } = await cdp.send('Target.getTargets', { filter: [{}] })
  const targetId = targetInfos.find(({ type }) => type === 'service_worker')?.targetId
  if (targetId === undefined) throw new Error('no worker is running')
  const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
  let last = 0
  return (method) =>
    new Promise((resolve) => {
      const id = ++last
      const hear = ({ message }: { readonly message: string }): void => {
        const answer = JSON.parse(message) as { id?: number; result?: Record<string, unknown> }
        if (answer.id !== id) return
        cdp.off('Target.receivedMessageFromTarget', hear)
        resolve(answer.result ?? {})
      }
      cdp.on('Target.receivedMessageFromTarget', hear)
      void cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
    })
}

/** All writes while the origin is away. The page is told of each that it is queued. */
async function queueAll(page: Page): Promise<string[]> {
  const intents = Array.from({ length: WRITES }, (_, at) => `intent ${at}`)
  const statuses = await page.evaluate(async (all) => {
    const heard: (number | undefined)[] = []
    // The first one finds out that the origin is away. Then come as many at a time as a busy page has.
    for (const first of all.splice(0, 1))
      heard.push((await window.act('POST', '/api/sales', { intent: first }))?.status)
    for (let at = 0; at < all.length; at += 50)
      heard.push(
        ...(
          await Promise.all(all.slice(at, at + 50).map((intent) => window.act('POST', '/api/sales', { intent })))
        ).map((each) => each?.status),
      )
    return heard
  }, intents)
  expect(new Set(statuses)).toEqual(new Set([202]))
  return intents
}

interface Drained {
  /** How many of the writes the page had heard to be done, each time that it was asked. */
  readonly seen: readonly number[]
  readonly memory: number
  readonly tookMs: number
}

declare global {
  interface Window {
    /** The places of the writes that the origin has, as the page was told. */
    told: Set<number>
  }
}

const hear = (page: Page): Promise<void> =>
  page.evaluate(() => {
    window.told = new Set()
    window.layer.on('outbox', ({ write, end }) => {
      if (end === 'sent') window.told.add(write.place)
    })
  })

/** Until the page has heard of each write that the origin has it. */
async function drained(page: Page, ask: Awaited<ReturnType<typeof workerOf>>): Promise<Drained> {
  /** What the worker holds, without what is garbage. */
  const heap = async (): Promise<number> => {
    await ask('HeapProfiler.collectGarbage')
    return Number((await ask('Runtime.getHeapUsage'))['usedSize'])
  }
  const before = await heap()
  let memory = 0
  const seen: number[] = []
  const began = performance.now()
  const asked = page.evaluate(() => window.layer.outbox.counts())
  while ((seen.at(-1) ?? 0) < WRITES) {
    const told = await page.evaluate(() => window.told.size)
    if (told !== seen.at(-1)) seen.push(told)
    memory = Math.max(memory, (await heap()) - before)
    expect(performance.now() - began, seen.join()).toBeLessThan(120_000)
  }
  // A page that is closed would not hear it.
  await asked
  expect(await page.evaluate(() => window.layer.outbox.list())).toEqual([])
  return { seen, memory, tookMs: performance.now() - began }
}

async function opened(shop: BatchShop): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.start()
  const page = await context.newPage()
  await page.goto(shop.url)
  await page.waitForFunction(() => window.layer?.state.controlled)
  return { page, context }
}

for (const how of ['alone', 'batches'] as const)
  test(`${WRITES} queued writes that are sent (${how}) are in the database once each, and the page sees how it goes`, async () => {
    test.setTimeout(180_000)
    const shop = await new BatchShop(FOLDERS[how], pool).open()
    try {
      const { page, context } = await opened(shop)
      shop.isAway = true
      const intents = await queueAll(page)
      const ask = await workerOf(context)
      await hear(page)
      shop.requests.length = 0
      shop.isAway = false
      const { seen, memory, tookMs } = await drained(page, ask)
      expect((await shop.sold()).toSorted()).toEqual(intents.toSorted())
      const requests = shop.requests.length
      if (how === 'batches') expect(requests).toBeLessThanOrEqual(WRITES / 10)
      else expect(requests).toBeGreaterThanOrEqual(WRITES)
      expect(seen.filter((count) => count > 0 && count < WRITES).length).toBeGreaterThan(0)
      expect(memory).toBeLessThan(MOST_MEMORY)
      console.log(
        `${how}: ${WRITES} writes, ${requests} requests (${shop.sizes.length} batches, ${shop.sizes.reduce((sum, size) => sum + size, 0)} bytes), ${Math.round(tookMs)} ms, ${(memory / 1e6).toFixed(1)} MB more in the worker; the page saw ${seen.length} states`,
      )
    } finally {
      shop.close()
    }
  })

test(`${WRITES} writes in batches whose connections are cut, and whose worker is stopped, are in the database once each`, async () => {
  test.setTimeout(180_000)
  const shop = await new BatchShop(FOLDERS.batches, pool).open()
  try {
    const { page } = await opened(shop)
    shop.isAway = true
    const intents = await queueAll(page)
    shop.requests.length = 0
    shop.fates.push('cut-after', 'cut-after', 'cut-before', 'cut-after')
    shop.isAway = false
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('ServiceWorker.enable')
    let stops = 0
    await expect
      .poll(
        async () => {
          // A worker that is stopped all the time sends nothing.
          if (stops < 8) {
            stops++
            await cdp.send('ServiceWorker.stopAllWorkers')
          }
          await page.evaluate(() => void window.layer.outbox.counts())
          return (await page.evaluate(() => window.layer.outbox.list())).map(({ place, state, why }) => [
            place,
            state,
            why,
          ])
        },
        { timeout: 120_000 },
      )
      .toEqual([])
    expect((await shop.sold()).toSorted()).toEqual(intents.toSorted())
    console.log(`${WRITES} writes, ${shop.requests.length} requests, 4 cut, ${stops} stops; doubled 0, lost 0`)
  } finally {
    shop.close()
  }
})
