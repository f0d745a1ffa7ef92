import type { Page } from '@playwright/test'
import { expect, heading, panel, settled, signIn, test, underLayer } from '../support/demo.ts'

const strip = (page: Page) => page.getByRole('complementary', { name: 'Data freshness' })

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(heading(page)).toHaveText(/./)
  await underLayer(page)
  await settled(page)
}

test('a first visit has no error on the console', async ({ page, origin }) => {
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto('/')
  await expect(heading(page)).toHaveText('Sign in')
  await underLayer(page)
  expect(origin.api.map(({ path, status }) => `${status} ${path}`)).toEqual(['200 /api/session'])
  expect(errors).toEqual([])
})

test('a page that opens without the server says so although all it shows is fresh', async ({ page, origin }) => {
  await signIn(page, 'ada')
  await open(page, '/units')
  await origin.stop()
  await page.reload()
  await expect(page.getByRole('table', { name: 'Units' })).toContainText('Packet')
  await expect(strip(page)).toContainText('Offline')
  await origin.start()
  await expect(strip(page)).not.toContainText('Offline', { timeout: 30_000 })
})

test('a browser without a network is offline at once, before any read fails', async ({ page, context }) => {
  await signIn(page, 'ada')
  await open(page, '/units')
  await expect(strip(page)).not.toContainText('Offline')
  await context.setOffline(true)
  await expect(strip(page)).toContainText('Offline')
  await context.setOffline(false)
  await expect(strip(page)).not.toContainText('Offline')
})

test('a product is edited without the lists it refers to: its own category, brand and unit are chosen', async ({
  page,
  origin,
  shop,
}) => {
  test.setTimeout(90_000)
  const { rows } = await shop.pool.query<{ unit: string; category: string; brand: string }>(
    `select u.name as unit, c.name as category, b.name as brand from products p join units u on u.id = p.unit_id
     join categories c on c.id = p.category_id join brands b on b.id = p.brand_id where p.id = 7`,
  )
  await signIn(page, 'ada')
  await open(page, '/products/7')
  await origin.stop()
  await page.getByRole('button', { name: 'Edit product' }).click()
  const chosen = (label: string) => page.getByLabel(label, { exact: true }).locator('option:checked')
  await expect(page.getByText('The other choices cannot be loaded.').first()).toBeVisible()
  await expect(chosen('Unit')).toHaveText(rows[0]?.unit ?? '')
  await expect(chosen('Category')).toHaveText(rows[0]?.category ?? '')
  await expect(chosen('Brand')).toHaveText(rows[0]?.brand ?? '')
  await page.getByLabel('Price').fill('3.21')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await expect(panel(page, 'Edit product').getByRole('alert')).toHaveText(
    'The server cannot be reached. Check the connection, then try again.',
  )
  await expect(page.getByLabel('Price')).toHaveValue('3.21')
  await origin.start()
  // The layer notices that the server is back, and what could not be loaded is loaded.
  await expect(page.getByText('The other choices cannot be loaded.')).toHaveCount(0, { timeout: 30_000 })
  await expect(chosen('Unit')).toHaveText(rows[0]?.unit ?? '')
})

for (const [path, opener, title] of [
  ['/products/7', 'Delete', /^Delete /],
  ['/units', 'Delete Packet', 'Delete Packet?'],
] as const) {
  test(`the question before ${path} is deleted begins at Cancel, and gives the focus back`, async ({ page }) => {
    await signIn(page, 'ada')
    await open(page, path)
    const button = page.getByRole('button', { name: opener, exact: true })
    await button.click()
    const dialog = page.getByRole('dialog', { name: title })
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(button).toBeFocused()
    await button.press('Enter')
    await page.keyboard.press('Enter')
    await expect(dialog).toHaveCount(0)
    await expect(button).toBeFocused()
  })
}

test('the days below a chart have equal steps', async ({ page }) => {
  await signIn(page, 'ada')
  for (const days of [7, 30, 90]) {
    await open(page, `/report?days=${days}`)
    for (const width of [1280, 700, 390]) {
      await page.setViewportSize({ width, height: 800 })
      // The chart is drawn anew in a frame after the change.
      await expect(async () => {
        const ticks = page.locator('.recharts-xAxis-tick-labels text')
        const places = await ticks.evaluateAll((labels) => labels.map((label) => Number(label.getAttribute('x'))))
        const drawn = await page.locator('.chart svg.recharts-surface').first().boundingBox()
        const steps = places.slice(1).map((place, index) => Math.round(place - (places[index] ?? 0)))
        expect(drawn?.width).toBeLessThan(width)
        expect(places.length).toBeGreaterThan(1)
        expect(
          Math.max(...steps) - Math.min(...steps),
          `${days} days at ${width}: ${steps.join()}`,
        ).toBeLessThanOrEqual(1)
      }).toPass({ timeout: 10_000 })
    }
  }
})

test('a long word of a name stays in its place, at any width', async ({ page, shop }) => {
  test.setTimeout(90_000)
  const word = 'Donaudampfschifffahrtsgesellschaftskapitaensmuetze'
  const { rows } = await shop.pool.query<{ id: number; name: string; category_id: number; category: string }>(
    `select p.id, p.name, p.category_id, c.name as category from products p join categories c on c.id = p.category_id
     where p.status = 'active' order by p.name limit 1`,
  )
  const [was] = rows
  if (was === undefined) throw new Error('The shop has no products.')
  const rename = async (name: string, category: string): Promise<void> => {
    await shop.pool.query('update products set name = $1 where id = $2', [name, was.id])
    await shop.pool.query('update categories set name = $1 where id = $2', [category, was.category_id])
  }
  await rename(`AA ${word} ${word}`, `AA ${word}`)
  await signIn(page, 'ada')
  for (const path of [
    '/sell',
    '/products',
    `/products/${was.id}`,
    '/categories',
    '/stock',
    '/purchases/new',
    '/report',
  ]) {
    await open(page, path)
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 })
      const wide = (): Promise<string[]> =>
        page.evaluate(() => {
          const isCut = (element: Element): boolean => element.scrollWidth > element.clientWidth + 1
          const named = [...document.querySelectorAll('button, th, h1, h2, .shares li, .rows li')]
          const inPlace = named.filter((element) => element.closest('select, .visually-hidden, thead') === null)
          return [document.documentElement, ...inPlace].filter(isCut).map((element) => element.outerHTML.slice(0, 200))
        })
      // A chart is drawn anew in a frame after the change.
      await expect.poll(wide, { message: `${path} at ${width}` }).toEqual([])
    }
  }
  await page.goto(`/products/${was.id}`)
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    expect(await page.getByRole('dialog').evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0)
  }
  await rename(was.name, was.category)
})

test('at the point of sale a name fills its lines', async ({ page }) => {
  await signIn(page, 'ada')
  await open(page, '/sell')
  // The words of the first line and the next one: a line ends because the next word has no room.
  const early = await page.locator('.pos-name').evaluateAll((names) =>
    names.flatMap((name) => {
      const [text] = name.childNodes
      if (text === undefined) return []
      const words = [...(text.textContent ?? '').matchAll(/\S+/g)].map(({ 0: word, index }) => {
        const range = document.createRange()
        range.setStart(text, index)
        range.setEnd(text, index + word.length)
        const { top, right, width } = range.getBoundingClientRect()
        return { top, right, width }
      })
      const { right } = name.getBoundingClientRect()
      const [first] = words
      const next = words.find(({ top }) => top !== first?.top)
      const last = words.findLast(({ top }) => top === first?.top)
      if (next === undefined || last === undefined) return []
      return last.right + 4 + next.width < right - 1 ? [text.textContent] : []
    }),
  )
  expect(early.length).toBeLessThan(3)
})
