import { expect, type Locator, type Page } from '@playwright/test'

/** One page of the tour: how a person gets there from the page before, and what shows that it is all there. */
interface Stop {
  readonly go: (page: Page) => Promise<void>
  readonly heading: string | RegExp
  readonly shows: (page: Page) => Locator
}

export type Trip = readonly Stop[]

/** A place in the navigation; below the width of a tablet it is in a drawer. */
const through =
  (label: string) =>
  async (page: Page): Promise<void> => {
    const sidebar = page.getByRole('navigation', { name: 'Main' })
    const isWide = await sidebar.isVisible()
    if (!isWide) await page.getByRole('button', { name: 'More' }).click()
    const links = isWide ? sidebar : page.getByRole('navigation', { name: 'All pages' })
    await links.getByRole('link', { name: label, exact: true }).click()
  }

const press =
  (name: string) =>
  (page: Page): Promise<void> =>
    page.getByRole('main').getByRole('link', { name, exact: true }).click()

const openFirst = (page: Page): Promise<void> => page.getByRole('main').locator('.row-link').first().click()

/** A row of the table with this caption. */
const rowOf =
  (caption: string) =>
  (page: Page): Locator =>
    page.getByRole('table', { name: caption }).getByRole('rowheader').first()

const back = async (page: Page): Promise<void> => {
  await page.goBack()
}

const nextPage = (page: Page): Promise<void> => page.getByRole('button', { name: 'Next page' }).click()

const secondPage = (page: Page): Locator => page.getByRole('navigation', { name: 'Pages' }).getByText(/^2 \//)

/** Parts of the tour, each of them from a place in the navigation. */
export const TRIPS = {
  dashboard: [
    {
      go: through('Dashboard'),
      heading: 'Dashboard',
      shows: (page) => page.getByRole('region', { name: 'Latest sales' }).getByRole('listitem').first(),
    },
  ],
  sell: [
    {
      go: through('Point of sale'),
      heading: 'Point of sale',
      shows: (page) => page.getByRole('button', { name: /^Add / }).first(),
    },
  ],
  products: [
    { go: through('Products'), heading: 'Products', shows: rowOf('Products') },
    { go: nextPage, heading: 'Products', shows: secondPage },
    {
      go: (page) => page.getByRole('searchbox', { name: 'Search products' }).fill('coffee'),
      heading: 'Products',
      shows: (page) => rowOf('Products')(page).filter({ hasText: /coffee/i }),
    },
    {
      go: openFirst,
      heading: /coffee/i,
      shows: (page) => page.getByRole('region', { name: 'Details' }).getByText('Margin'),
    },
    { go: back, heading: 'Products', shows: rowOf('Products') },
    {
      go: press('New product'),
      heading: 'New product',
      shows: (page) => page.getByRole('button', { name: 'Create product' }),
    },
  ],
  categories: [{ go: through('Categories'), heading: 'Categories', shows: rowOf('Categories') }],
  brands: [{ go: through('Brands'), heading: 'Brands', shows: rowOf('Brands') }],
  units: [{ go: through('Units'), heading: 'Units', shows: rowOf('Units') }],
  stock: [
    { go: through('Stock levels'), heading: 'Stock levels', shows: rowOf('Stock levels') },
    { go: nextPage, heading: 'Stock levels', shows: secondPage },
    {
      go: openFirst,
      heading: /./,
      shows: (page) => page.getByRole('region', { name: 'Level' }).getByText('Reorder at'),
    },
  ],
  purchases: [
    { go: through('Purchases'), heading: 'Purchases', shows: rowOf('Purchases') },
    { go: openFirst, heading: /^Purchase ./, shows: rowOf('Lines') },
    { go: press('Purchases'), heading: 'Purchases', shows: rowOf('Purchases') },
    {
      go: press('New purchase'),
      heading: 'New purchase',
      shows: (page) => page.getByRole('region', { name: 'Find products' }).getByRole('listitem').first(),
    },
  ],
  sales: [
    { go: through('Sales'), heading: 'Sales', shows: rowOf('Sales') },
    { go: nextPage, heading: 'Sales', shows: secondPage },
    { go: openFirst, heading: /^Sale ./, shows: rowOf('Lines') },
  ],
  report: [
    {
      go: through('Report'),
      heading: 'Report',
      shows: (page) =>
        page
          .getByRole('img', { name: /^Turnover per day/ })
          .locator('svg')
          .first(),
    },
    {
      go: async (page) => {
        await page.getByLabel('Days').selectOption('Last 7 days')
        // The month's table gives way to that of the week; it is folded in, but there.
        await expect(page.locator('.chart-table tbody tr')).toHaveCount(7)
      },
      heading: 'Report',
      shows: rowOf('Top products'),
    },
  ],
  settings: [{ go: through('Settings'), heading: 'Settings', shows: (page) => page.getByLabel('Shop name') }],
  preferences: [{ go: through('Preferences'), heading: 'Preferences', shows: (page) => page.getByLabel('Start page') }],
} satisfies Record<string, Trip>

/**
 * All pages of the demo, by clicking as a person would, each looked at until its data is there.
 *
 * @param page signed in, at any address of the demo.
 * @param arrived called on each page once it shows its data.
 * @param trips the parts, in their order. Default: all.
 * @returns the addresses visited, in their order.
 */
export async function tour(
  page: Page,
  arrived?: () => Promise<void>,
  trips: readonly Trip[] = Object.values(TRIPS),
): Promise<readonly string[]> {
  const visited: string[] = []
  for (const { go, heading, shows } of trips.flat()) {
    await go(page)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading)
    await expect(shows(page)).toBeVisible()
    await expect(page.locator('.skeleton, .previous-data')).toHaveCount(0)
    await expect(page.getByRole('alert')).toHaveCount(0)
    visited.push(page.url())
    await arrived?.()
  }
  return visited
}
