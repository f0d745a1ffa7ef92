import type { Browser, Page } from '@playwright/test'
import { expect, heading, type Person, settled, type SignedInBy, signIn, test, underLayer } from '../support/demo.ts'

const go = (page: Page, label: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: label }).click()
const toast = (page: Page) => page.getByRole('log', { name: 'Notifications' })
const bell = (page: Page) => page.getByRole('button', { name: /^Notifications/ })

/** A page of another user, in a browser profile of its own. */
async function pageOf(browser: Browser, baseURL: string, person: Person, by: SignedInBy): Promise<Page> {
  const page = await (await browser.newContext({ baseURL })).newPage()
  await signIn(page, person, by)
  return page
}

test('a product made in one tab is told of, and found by the search that another tab has open', async ({
  context,
  page,
}) => {
  await signIn(page, 'ada')
  const other = await context.newPage()
  await other.goto('/')
  for (const tab of [page, other]) await underLayer(tab)
  const name = `Lamp ${crypto.randomUUID()}`
  await other.getByRole('button', { name: 'Find a product' }).click()
  const dialog = other.getByRole('dialog', { name: 'Find a product' })
  await dialog.getByRole('searchbox').fill(name)
  await expect(dialog.getByRole('status')).toHaveText('Nothing found')
  await settled(page)

  await go(page, 'Products')
  await page.getByRole('link', { name: 'New product' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('SKU').fill(`L-${Date.now()}`)
  for (const label of ['Category', 'Brand', 'Unit'])
    await page.getByLabel(label, { exact: true }).selectOption({ index: 1 })
  await page.getByLabel('Price').fill('12.00')
  await page.getByLabel('Cost').fill('7.00')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expect(toast(page)).toContainText('Product created. All users will see the update.')
  await expect(heading(page)).toHaveText(name)

  // The other tab is not touched: the row comes to it.
  await expect(dialog.getByRole('list', { name: 'Found products' })).toContainText(name)
  await dialog.getByRole('link', { name }).click()
  await expect(heading(other)).toHaveText(name)
})

test('what another user saves is on the list at once, rings the bell, and says who did it', async ({
  browser,
  origin,
  page,
}) => {
  await signIn(page, 'ada')
  // The feed carries the token.
  const grace = await pageOf(browser, origin.url, 'grace', 'Bearer token')
  await go(grace, 'Products')
  const row = grace.getByRole('row').nth(2)
  const name = await row.locator('.row-link').innerText()
  await expect(bell(page)).toHaveAccessibleName('Notifications')

  const opener = row.getByRole('button', { name: `Edit ${name}` })
  await opener.click()
  const dialog = grace.getByRole('dialog', { name: `Edit ${name}` })
  await expect(dialog.getByLabel('Name')).toBeFocused()
  await dialog.getByLabel('Price').fill('4321.09')
  const tags = dialog.getByRole('combobox', { name: 'Tags' })
  await tags.fill('Window')
  await tags.press('Enter')
  await tags.pressSequentially('gift,typo,')
  await tags.press('Backspace')
  await expect(dialog.getByRole('list', { name: 'Tags chosen' })).toContainText('gift')
  await expect(dialog.getByRole('button', { name: 'Remove typo' })).toHaveCount(0)

  const release = origin.hold()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('button', { name: 'Saving…' })).toBeFocused()
  await expect(row).toContainText('4,321.09')
  release()
  await expect(dialog).toHaveCount(0)
  await expect(opener).toBeFocused()
  await expect(toast(grace)).toContainText(`${name} was saved. All users will see the update.`)
  await expect(row).toContainText('4,321.09')

  await expect(bell(page)).toHaveAccessibleName('Notifications, 1 new')
  await expect(page.getByRole('status', { name: 'News' })).toHaveText(`Grace Hopper changed the product ${name}`)
  // One's own changes are no news.
  await expect(bell(grace)).toHaveAccessibleName('Notifications')
  await bell(page).click()
  const news = page.getByRole('dialog', { name: 'Notifications' })
  await expect(news.locator('.deed-new')).toHaveCount(1)
  await news.getByRole('link', { name }).first().click()
  await expect(heading(page)).toHaveText(name)
  await expect(page.getByRole('list', { name: 'Tags' })).toContainText('window')
  await expect(bell(page)).toHaveAccessibleName('Notifications')
  await grace.context().close()
})

test('a save that fails is taken back, and keeps what was typed', async ({ origin, page }) => {
  await signIn(page, 'ada')
  await go(page, 'Products')
  await settled(page)
  const row = page.getByRole('row').nth(3)
  const before = await row.innerText()
  const name = await row.locator('.row-link').innerText()
  await row.getByRole('button', { name: `Edit ${name}` }).click()
  const dialog = page.getByRole('dialog')
  const long = 'x'.repeat(161)
  await dialog.getByLabel('Name').fill(long)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Not saved.')
  await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription('At most 160 characters.')
  await expect(dialog.getByLabel('Name')).toHaveValue(long)
  await expect.poll(() => row.innerText()).toBe(before)

  await origin.stop()
  await dialog.getByLabel('Name').fill(`${name} again`)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('The server cannot be reached.')
  await expect.poll(() => row.innerText()).toBe(before)
  await origin.start()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(row).toContainText(`${name} again`)
})
