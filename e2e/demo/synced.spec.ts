import { expect, heading, settled, signIn, test, underLayer } from '../support/demo.ts'

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

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Products' }).click()
  await page.getByRole('link', { name: 'New product' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('SKU').fill(`L-${Date.now()}`)
  for (const label of ['Category', 'Brand', 'Unit'])
    await page.getByLabel(label, { exact: true }).selectOption({ index: 1 })
  await page.getByLabel('Price').fill('12.00')
  await page.getByLabel('Cost').fill('7.00')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expect(page.getByRole('log', { name: 'Notifications' })).toContainText(
    'Product created. All users will see the update.',
  )
  await expect(heading(page)).toHaveText(name)

  // The other tab is not touched, and its answer was not two minutes old.
  await expect(dialog.getByRole('list', { name: 'Found products' })).toContainText(name)
  await dialog.getByRole('link', { name }).click()
  await expect(heading(other)).toHaveText(name)
})
