import type { Page } from '@playwright/test'
import { expect, heading, settled, signIn, test, underLayer } from '../support/demo.ts'

const strip = (page: Page) => page.getByRole('complementary', { name: 'Data freshness' })

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(heading(page)).toHaveText(/./)
  await underLayer(page)
  await settled(page)
}

test('a refresh button asks the origin although what it shows is fresh, and says so until it has answered', async ({
  page,
  origin,
}) => {
  test.setTimeout(90_000)
  await signIn(page, 'ada')
  for (const [path, button, api] of [
    ['/products', 'Refresh list', '/api/products?page=1&pageSize=25'],
    ['/products/7', 'Refresh product', '/api/products/7'],
    ['/sell', 'Refresh list', '/api/products?status=active&page=1&pageSize=24'],
    ['/categories', 'Refresh list', '/api/categories'],
    ['/units', 'Refresh list', '/api/units'],
    ['/stock', 'Refresh list', '/api/stock?page=1&pageSize=25'],
    ['/stock/7', 'Refresh stock', '/api/stock/7'],
    ['/purchases', 'Refresh list', '/api/purchases?page=1&pageSize=25'],
    ['/purchases/3', 'Refresh purchase', '/api/purchases/3'],
    ['/sales', 'Refresh list', '/api/sales?page=1&pageSize=25'],
    ['/sales/3', 'Refresh sale', '/api/sales/3'],
    ['/report', 'Refresh report', '/api/reports/sales?days=30'],
    ['/settings', 'Refresh settings', '/api/settings'],
    ['/preferences', 'Refresh preferences', '/api/me/preferences'],
  ] as const) {
    await open(page, path)
    const asked = (): number => origin.recorded.filter((request) => request.path === api).length
    const before = asked()
    const release = origin.hold()
    await page.getByRole('button', { name: button }).first().click()
    const busy = page.getByRole('button', { name: 'Refreshing…' })
    await expect(busy, path).toBeDisabled()
    await expect(busy).toHaveAttribute('aria-busy', 'true')
    await expect(busy).toBeFocused()
    release()
    await expect(busy).toHaveCount(0)
    expect(asked(), api).toBe(before + 1)
    await expect(page.getByText('Not refreshed')).toHaveCount(0)
  }
})

test('a refresh shows what has changed behind the app’s back, and how old it is', async ({ page, shop }) => {
  await signIn(page, 'ada')
  await open(page, '/report')
  await open(page, '/products?sort=-price')
  await expect(strip(page)).toContainText(/\d+ s old/)
  const name = `Dearest of all ${crypto.randomUUID()}`
  const dearest = 'select id from products order by price_cents desc, id limit 1'
  await shop.pool.query(`update products set name = $1, updated_at = now() where id = (${dearest})`, [name])
  await page.getByRole('button', { name: 'Refresh list' }).click()
  await expect(page.getByRole('table', { name: 'Products' })).toContainText(name)
  await expect(strip(page)).toContainText('just now')
})

test('a refresh without the server says so and keeps the data', async ({ page, origin }) => {
  await signIn(page, 'ada')
  await open(page, '/products')
  const rows = page.getByRole('table', { name: 'Products' }).getByRole('rowheader')
  const names = await rows.allTextContents()
  await origin.stop()
  await page.getByRole('button', { name: 'Refresh list' }).click()
  await expect(page.getByRole('main')).toContainText(
    'Not refreshed: you see what was loaded before. The server cannot be reached.',
  )
  await expect(page.getByRole('button', { name: 'Refresh list' })).toBeEnabled()
  expect(await rows.allTextContents()).toEqual(names)
  await expect(strip(page)).toContainText('Offline')
  await origin.start()
  await page.getByRole('button', { name: 'Refresh list' }).click()
  await expect(page.getByText('Not refreshed')).toHaveCount(0)
  await expect(strip(page)).not.toContainText('Offline')
})
