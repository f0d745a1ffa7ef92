import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { Pool } from 'pg'
import { diceOf } from '../../bench/dice.ts'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { pageScript } from './page-script.ts'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { Shop } from './shop.ts'
import { openTabsBrowser, type TabsBrowser } from './tabs-browser.ts'

const SEED = Number(process.env['SEED'])
const WRITES = process.env['FULL'] === undefined ? 8 : 100
const PRODUCTS = 500
const FOLDER = 'dist/e2e-sync/paint'

let postgres: Postgres
let shops: Shop[]
let browser: TabsBrowser
test.beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  await buildWorker({ config: 'e2e/sync/rules-of-push.ts', out: `${FOLDER}/sw.js` })
  writeFileSync(`${FOLDER}/page.js`, await pageScript('e2e/sync/paint-page.ts'))
  postgres = await startProductsDatabase()
  const pool = new Pool({ connectionString: postgres.url })
  await pool.query(`insert into products (id, name) select n, 'product ' || n from generate_series(1, $1::int) n`, [
    PRODUCTS,
  ])
  await pool.end()
  shops = await Promise.all([1, 2].map(() => new Shop(postgres.url, FOLDER).start()))
  browser = await openTabsBrowser()
})
test.afterAll(async () => {
  await browser.close()
  for (const shop of shops) await shop.stop()
  await postgres.remove()
})

test('what one process commits is painted on a screen that the other serves', async () => {
  const [writing, showing] = shops
  if (writing === undefined || showing === undefined) throw new Error('there are two processes')
  const page = await browser.context.newPage()
  await page.goto(showing.url)
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.reload()
  await expect.poll(async () => (await showing.stats()).connections).toBe(1)
  const painted = (name: string): Promise<number> =>
    page
      .waitForFunction((wanted) => window.painted[wanted], name, { timeout: 20_000 })
      .then((handle) => handle.jsonValue())
      .then((atMs) => atMs ?? Number.NaN)
  // The first one shows that the page follows.
  await writing.put(1, 'first')
  await painted('first')

  const dice = diceOf(SEED)
  const times: number[] = []
  for (let write = 1; write <= WRITES; write++) {
    const name = `write ${write}`
    const committedAtMs = await writing.put(1 + Math.floor(dice() * PRODUCTS), name)
    times.push((await painted(name)) - committedAtMs)
    // Commits come at any time, not in step with the screen.
    await new Promise((resolve) => setTimeout(resolve, dice() * 200))
  }
  expect(times.every((each) => each > 0)).toBe(true)
  const sorted = times.toSorted((one, other) => one - other)
  const at = (part: number): string => (sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN).toFixed(0)
  console.log(
    `seed ${SEED}: ${WRITES} writes, from the commit at one process to the paint of ${PRODUCTS} rows on a screen of the other: ` +
      `${at(0.5)} ms (median), ${at(0.99)} ms (99th percentile), ${at(1)} ms (slowest)`,
  )
})
