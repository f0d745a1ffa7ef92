import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { Pool } from 'pg'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { pageScript } from './page-script.ts'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { Shop } from './shop.ts'
import { openTabsBrowser, type TabsBrowser } from './tabs-browser.ts'

const ROWS = process.env['FULL'] === undefined ? 1000 : 20_000
const FOLDER = 'dist/e2e-sync/versions'

let postgres: Postgres
let database: Pool
let shop: Shop
let browser: TabsBrowser
let page: Page
test.beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  await buildWorker({ config: 'e2e/sync/rules-of-versions.ts', out: `${FOLDER}/sw.js` })
  writeFileSync(`${FOLDER}/page.js`, await pageScript('e2e/sync/versions-page.ts'))
  postgres = await startProductsDatabase()
  database = new Pool({ connectionString: postgres.url })
  database.on('error', () => undefined)
  await database.query(`insert into products (id, name) select n, 'product ' || n from generate_series(1, $1::int) n`, [
    ROWS,
  ])
  shop = await new Shop(postgres.url, FOLDER).start()
  browser = await openTabsBrowser()
  page = await browser.context.newPage()
  await page.goto(shop.url)
  await page.waitForFunction(() => window.layer.state.controlled)
  await expect.poll(() => page.evaluate(() => window.namesById?.size)).toBe(ROWS)
  await expect.poll(async () => (await shop.stats()).connections).toBe(1)
})
test.afterAll(async () => {
  await browser.close()
  await shop.stop()
  await database.end()
  await postgres.remove()
})

/** How often the versions and the list have been asked for. */
async function asked(): Promise<{ readonly light: number; readonly full: number }> {
  const { received } = await shop.stats()
  return { light: received['/api/versions'] ?? 0, full: received['GET /api/products'] ?? 0 }
}

/** A read of the app: what the layer says of it, and how many rows came. */
const read = (): Promise<{ readonly how: string; readonly rows: number }> =>
  page.evaluate(async () => {
    const response = await fetch('/api/products')
    const rows = (await response.json()) as readonly unknown[]
    return { how: response.headers.get('cache-status') ?? '', rows: rows.length }
  })

test('an equal version costs one light request and no full fetch', async () => {
  await expect.poll(async () => (await read()).how, { timeout: 20_000 }).toContain('detail=same-version')
  const before = await asked()
  const { how, rows } = await read()
  const after = await asked()
  expect([how, rows]).toEqual([expect.stringContaining('detail=same-version'), ROWS])
  // One that was asked within the last second serves as well.
  expect(after.light - before.light).toBeLessThanOrEqual(1)
  expect(after.full).toBe(before.full)
})

test('what another user adds, changes and removes is named and shown', async () => {
  await shop.put(ROWS + 1, 'added by another')
  await shop.put(2, 'changed by another')
  await database.query('delete from products where id = 3')
  await expect
    .poll(() => page.evaluate((added) => [added, '2', '3'].map((id) => window.namesById?.get(id)), String(ROWS + 1)), {
      timeout: 20_000,
    })
    .toEqual(['added by another', 'changed by another', undefined])
  await expect.poll(named).toEqual({ added: [String(ROWS + 1)], updated: ['2'], removed: ['3'] })
})

test('also what was changed while the page was offline', async () => {
  await page.evaluate(() => void window.named.splice(0))
  const port = new URL(shop.url).port
  await shop.stop()
  await expect
    .poll(async () => await page.evaluate(() => fetch('/api/products').then((all) => all.headers.get('cache-status'))))
    .toContain('detail=offline')
  expect(await page.evaluate(() => window.namesById?.get('2'))).toBe('changed by another')
  await database.query(`insert into products (id, name) values ($1, 'added meanwhile')`, [ROWS + 2])
  await database.query(`update products set name = 'changed meanwhile' where id = 4`)
  await database.query('delete from products where id = 5')
  await shop.start()
  expect(new URL(shop.url).port).toBe(port)
  await expect
    .poll(() => page.evaluate((added) => [added, '4', '5'].map((id) => window.namesById?.get(id)), String(ROWS + 2)), {
      timeout: 30_000,
    })
    .toEqual(['added meanwhile', 'changed meanwhile', undefined])
  await expect.poll(named).toEqual({ added: [String(ROWS + 2)], updated: ['4'], removed: ['5'] })
})

/** All that has been named, each row as it was named last. */
async function named(): Promise<object> {
  const all = await page.evaluate(() => window.named)
  const of = (kind: 'added' | 'updated' | 'removed'): string[] => [...new Set(all.flatMap((diff) => diff[kind]))]
  return { added: of('added'), updated: of('updated'), removed: of('removed') }
}
