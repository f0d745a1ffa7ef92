import { expect, type Page, test } from '@playwright/test'
import { openTabsBrowser, type TabsBrowser } from './tabs-browser.ts'
import { TwoUsersShop, type Way } from './two-users-shop.ts'

let shop: TwoUsersShop
let browsers: TabsBrowser[]
test.beforeAll(async () => {
  shop = await TwoUsersShop.open()
  browsers = [await openTabsBrowser(), await openTabsBrowser()]
})
test.afterAll(async () => {
  for (const browser of browsers) await browser.close()
  await shop.close()
})

type List = 'categories' | 'products'

const shows = (page: Page, list: List, name: string): Promise<boolean> =>
  page.evaluate(([of, wanted]) => window.names[of].includes(wanted), [list, name] as const)

/** A page of each user that shows both lists, the categories from their rows. */
async function open(way: Way): Promise<Page[]> {
  const url = await shop.serve(way)
  const pages = await Promise.all(
    browsers.map(async ({ context }) => {
      const page = await context.newPage()
      await page.goto(url)
      await page.waitForFunction(() => window.layer.state.controlled)
      await page.evaluate(() => fetch('/api/categories').then((answer) => answer.text()))
      await page.evaluate(() => window.layer.sync())
      const read = () => page.evaluate(async () => (await fetch('/api/categories')).headers.get('cache-status') ?? '')
      await expect.poll(read).toMatch(/collection|synced/)
      await expect.poll(() => page.evaluate(() => window.names.products.length)).toBeGreaterThan(19)
      // What the page has read before its worker was there is stored a little later.
      const stateOf = () => page.evaluate(async () => (await window.layer.explain('/api/products')).state)
      await expect.poll(stateOf).not.toBe('absent')
      return page
    }),
  )
  return pages
}

for (const way of ['push', 'focus', 'polling'] as const) {
  test(`what one user or SQL changes is on the screen of the other, by ${way} alone`, async () => {
    const [ada, grace] = await open(way)
    if (ada === undefined || grace === undefined) throw new Error('both users have a page')
    if (way === 'push') await expect.poll(() => shop.count('GET /events')).toBeGreaterThanOrEqual(2)
    const lists = shop.count('GET /api/categories')
    // Only the page of the other user is out of sight, and comes back.
    const other = way === 'focus' ? await grace.context().newPage() : undefined
    const write = (method: string, path: string, name: string): Promise<boolean> =>
      ada.evaluate((asked) => window.write(asked.method, asked.path, { name: asked.name }), { method, path, name })
    const beganMs = performance.now()
    expect(await write('PUT', '/api/categories/1', `edited by ${way}`)).toBe(true)
    expect(await write('POST', '/api/products', `added by ${way}`)).toBe(true)
    await shop.query(`update categories set name = 'by SQL, ${way}' where id = 2`)
    const expected: [List, string][] = [
      ['categories', `edited by ${way}`],
      ['products', `added by ${way}`],
      ['categories', `by SQL, ${way}`],
    ]
    await expect
      .poll(() => shows(ada, 'categories', `edited by ${way}`), { message: 'the writer sees the write' })
      .toBe(true)
    await expect(async () => {
      await other?.bringToFront()
      if (other !== undefined) await grace.bringToFront()
      for (const [list, name] of expected) expect(await shows(grace, list, name), name).toBe(true)
    }).toPass({ intervals: [100, 250, 500], timeout: 20_000 })
    console.log(
      `${way}: on the other screen ${(performance.now() - beganMs).toFixed(0)} ms after the first write began`,
    )
    // The list of a collection is never asked for: its rows are synced.
    expect(shop.count('GET /api/categories')).toBe(lists)
    for (const page of [ada, grace, other]) await page?.close()
  })
}
