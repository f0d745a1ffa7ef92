import type { Page } from '@playwright/test'
import { expect, heading, panel, settled, signIn, test, underLayer } from '../support/demo.ts'

const strip = (page: Page) => page.getByRole('complementary', { name: 'Data freshness' })
const toast = (page: Page) => page.getByRole('log', { name: 'Notifications' })
const sales = (page: Page) => page.getByRole('table', { name: 'Sales' })
const photograph = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: `dist/e2e-demo-outbox/${name}.png` })

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(heading(page)).toHaveText(/./)
  await underLayer(page)
  await settled(page)
}

async function sell(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Add / }).first().click()
  await page.getByRole('button', { name: 'Pay cash' }).click()
}

const onHand = async (page: Page): Promise<number> =>
  Number(/On hand\s*(-?[\d,]+)/.exec(await panel(page, 'Level').innerText())?.[1]?.replace(',', ''))

async function correct(page: Page, delta: number): Promise<void> {
  await page.getByLabel('Change', { exact: true }).fill(String(delta))
  await page.getByRole('button', { name: 'Save adjustment' }).click()
}

test('a sale and a correction of stock without the network: seen at once, after a reload and in another tab, then confirmed', async ({
  context,
  page,
  origin,
  shop,
}) => {
  test.setTimeout(120_000)
  await signIn(page, 'ada')
  for (const path of ['/stock/9', '/sales', '/sell']) await open(page, path)
  const other = await context.newPage()
  await open(other, '/sales')
  const count = async (): Promise<number> =>
    Number((await shop.pool.query('select count(*) as count from sales')).rows[0]?.count)
  const sold = await count()
  await origin.stop()

  await sell(page)
  await expect(toast(page)).toContainText('Sale kept')
  await expect(strip(page)).toContainText('1 change waiting')
  // The other tab is not touched.
  await expect(strip(other)).toContainText('1 change waiting')
  await expect(sales(other).getByRole('row').nth(1)).toContainText('Waiting')
  await photograph(other, 'other-tab-offline')

  await page.goto('/stock/9')
  const before = await onHand(page)
  await correct(page, 5)
  await expect.poll(() => onHand(page)).toBe(before + 5)
  await correct(page, 7)
  await expect.poll(() => onHand(page)).toBe(before + 12)
  await expect(strip(page)).toContainText('3 changes waiting')
  await page.reload()
  await expect.poll(() => onHand(page)).toBe(before + 12)
  await expect(strip(page)).toContainText('3 changes waiting')
  await photograph(page, 'stock-offline')
  await strip(page).getByRole('button', { name: '3 changes waiting' }).click()
  const dialog = page.getByRole('dialog', { name: 'Changes that are not sent' })
  await expect(dialog.getByRole('listitem')).toHaveCount(3)
  await photograph(page, 'dialog-offline')
  await page.goto('/sales')
  await expect(sales(page).getByRole('row').nth(1)).toContainText('Waiting')
  await page.reload()
  await expect(sales(page).getByRole('row').nth(1)).toContainText('Waiting')

  await origin.start()
  for (const tab of [page, other]) {
    await tab.bringToFront()
    await expect(strip(tab)).not.toContainText('waiting', { timeout: 45_000 })
    await expect(sales(tab)).not.toContainText('Waiting')
    await expect(sales(tab).getByRole('row').nth(1)).toContainText(/S-\d+/)
  }
  await photograph(other, 'other-tab-online')
  expect(await count()).toBe(sold + 1)
  await page.goto('/stock/9')
  await expect.poll(() => onHand(page)).toBe(before + 12)
  const movements = await shop.pool.query(
    `select delta from stock_movements where product_id = 9 and reason = 'count' order by id desc limit 2`,
  )
  expect(movements.rows).toEqual([{ delta: 7 }, { delta: 5 }])
})

test('a correction that the server refuses needs the user, who discards it', async ({ page, origin, shop }) => {
  test.setTimeout(90_000)
  await signIn(page, 'ada')
  await open(page, '/stock/11')
  const before = await onHand(page)
  await origin.stop()
  await correct(page, -before)
  await expect(strip(page)).toContainText('1 change waiting')
  // Another till sells one meanwhile.
  await shop.pool.query('update stock set on_hand = on_hand - 1 where product_id = 11')
  await origin.start()
  await expect(strip(page)).toContainText('one needs you', { timeout: 45_000 })
  await strip(page).getByRole('button', { name: 'one needs you' }).click()
  const dialog = page.getByRole('dialog', { name: 'Changes that are not sent' })
  await expect(dialog).toContainText('Correction of the stock of product 11')
  await photograph(page, 'needs-you')
  await page.setViewportSize({ width: 390, height: 800 })
  await photograph(page, 'needs-you-narrow')
  await dialog.getByRole('button', { name: 'Discard' }).click()
  await expect(strip(page)).not.toContainText('needs you')
  await expect.poll(() => onHand(page)).toBe(before - 1)
})

test('what the browser has deleted unsent is said once', async ({ page, origin }) => {
  test.setTimeout(90_000)
  await signIn(page, 'ada')
  await open(page, '/stock/12')
  await origin.stop()
  await correct(page, 1)
  await expect(strip(page)).toContainText('1 change waiting')
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Storage.clearDataForOrigin', { origin: new URL(page.url()).origin, storageTypes: 'indexeddb' })
  await cdp.detach()
  await origin.start()
  await page.reload()
  const alert = strip(page).getByRole('alert')
  await expect(alert).toContainText('The browser deleted 1 change that was not sent')
  await photograph(page, 'deleted')
  await alert.getByRole('button', { name: 'OK' }).click()
  await expect(strip(page)).not.toContainText('deleted')
  await page.reload()
  await underLayer(page)
  await settled(page)
  await expect(strip(page)).not.toContainText('deleted')
})
