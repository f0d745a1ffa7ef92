import { expect, type Locator, type Page } from '@playwright/test'
import { TRIPS } from '../demo/tour.ts'

/** Something that a user of the demo changes, on the page where it is done. */
export interface ShopWrite {
  readonly name: string
  readonly trip: keyof typeof TRIPS
  /** By the page's address, without its origin. */
  readonly isOn: (path: string) => boolean
  /**
   * @param number another one for each write: what is written has not been there before.
   * @returns the keys of what has changed, as `notePaints` has them.
   */
  readonly make: (page: Page, number: number) => Promise<readonly string[]>
}

/** A product that comes first in each list. */
const NEW_PRODUCT = 'AA lamp'
/** A category that comes last. */
const NEW_CATEGORY = 'Zz shelf'

const firstRow = (page: Page, table: string): Locator =>
  page.getByRole('table', { name: table }).getByRole('row').nth(1)

const idIn = async (link: Locator): Promise<string> => /\d+$/.exec((await link.getAttribute('href')) ?? '')?.[0] ?? ''

const done = (page: Page, text: string | RegExp): Promise<void> =>
  expect(page.getByRole('log', { name: 'Notifications' })).toContainText(text)

export const WRITES = {
  price: {
    name: 'a price is edited in the list',
    trip: 'products',
    isOn: (path) => path === '/products',
    make: async (page, number) => {
      const row = page
        .getByRole('table', { name: 'Products' })
        .getByRole('row')
        .nth(2 + (number % 5))
      const id = await idIn(row.locator('.row-link'))
      await row.getByRole('button', { name: /^Edit / }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Price').fill(`${7000 + number}.50`)
      await dialog.getByRole('button', { name: 'Save' }).click()
      await expect(dialog).toHaveCount(0)
      return [`price ${id}`]
    },
  },
  rename: {
    name: 'a product is renamed',
    trip: 'products',
    isOn: (path) => /^\/products\/\d+$/.test(path),
    make: async (page, number) => {
      await page.getByRole('button', { name: 'Edit product' }).click()
      const name = page.getByLabel('Name', { exact: true })
      const next = `${(await name.inputValue()).replace(/ no\. \d+$/, '')} no. ${number}`
      await name.fill(next)
      await page.getByRole('button', { name: 'Save changes' }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(next)
      return [`name ${page.url().split('/').at(-1)}`]
    },
  },
  create: {
    name: 'a product is created',
    trip: 'products',
    isOn: (path) => path === '/products/new',
    make: async (page, number) => {
      await page.getByLabel('Name', { exact: true }).fill(`${NEW_PRODUCT} ${number}`)
      await page.getByLabel('SKU').fill(`TOUR-${number}`)
      for (const label of ['Category', 'Brand', 'Unit'])
        await page.getByLabel(label, { exact: true }).selectOption({ index: 1 })
      await page.getByLabel('Price').fill('12.00')
      await page.getByLabel('Cost').fill('7.00')
      await page.getByRole('button', { name: 'Create product' }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${NEW_PRODUCT} ${number}`)
      return ['products 25', 'active 24']
    },
  },
  remove: {
    name: 'a product is deleted',
    trip: 'products',
    isOn: (path) => path === '/products',
    make: async (page) => {
      const row = firstRow(page, 'Products')
      await expect(row).toContainText(NEW_PRODUCT)
      await row.locator('.row-link').click()
      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete product' }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Products')
      await expect(firstRow(page, 'Products')).toBeVisible()
      return ['products 25', 'active 24']
    },
  },
  sale: {
    name: 'goods are sold',
    trip: 'sell',
    isOn: (path) => path === '/sell',
    make: async (page, number) => {
      const product = page.locator('.pos-product:enabled').nth(number % 3)
      const name = JSON.stringify(await product.locator('.pos-name').innerText())
      await product.click()
      await page.getByRole('button', { name: 'Pay cash' }).click()
      await expect(page.getByText('The cart is empty.')).toBeVisible()
      return [`stock ${name}`, 'sales 25', 'sales 6', 'till']
    },
  },
  adjust: {
    name: 'stock is corrected',
    trip: 'stock',
    isOn: (path) => /^\/stock\/\d+$/.test(path),
    make: async (page, number) => {
      await page.getByLabel('Change').fill(String(100 + number))
      await page.getByRole('button', { name: 'Save adjustment' }).click()
      await expect(page.getByLabel('Change')).toHaveValue('')
      return [`stock ${page.url().split('/').at(-1)}`]
    },
  },
  addCategory: {
    name: 'a category is added',
    trip: 'categories',
    isOn: (path) => path === '/categories',
    make: async (page, number) => {
      await page.getByLabel('Name', { exact: true }).fill(`${NEW_CATEGORY} ${number}`)
      await page.getByRole('button', { name: 'Add category' }).click()
      await done(page, `${NEW_CATEGORY} ${number} was added`)
      return ['categories']
    },
  },
  removeCategory: {
    name: 'a category is deleted',
    trip: 'categories',
    isOn: (path) => path === '/categories',
    make: async (page) => {
      const row = page.getByRole('table', { name: 'Categories' }).getByRole('row').filter({ hasText: NEW_CATEGORY })
      await row
        .first()
        .getByRole('button', { name: /^Delete/ })
        .click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
      await done(page, /was deleted/)
      return ['categories']
    },
  },
  order: {
    name: 'goods are ordered',
    trip: 'purchases',
    isOn: (path) => path === '/purchases/new',
    make: async (page, number) => {
      await page.getByLabel('Supplier').fill(`Supplier ${number}`)
      await page.locator('.finder-item').nth(1).click()
      await page.getByRole('button', { name: 'Place order' }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Purchase P-/)
      return ['purchases 25']
    },
  },
  receive: {
    name: 'goods arrive',
    trip: 'purchases',
    isOn: (path) => /^\/purchases\/\d+$/.test(path),
    make: async (page) => {
      const [, number] = /(P-\d+)/.exec(await page.getByRole('heading', { level: 1 }).innerText()) ?? []
      await page.getByRole('button', { name: 'Receive goods' }).click()
      await done(page, `${number} was received`)
      return [`purchase ${number}`]
    },
  },
  tax: {
    name: 'the tax is changed',
    trip: 'settings',
    isOn: (path) => path === '/settings',
    make: async (page, number) => {
      await page.getByLabel('Tax, in percent').fill(String(10 + (number % 80)))
      await page.getByRole('button', { name: 'Save settings' }).click()
      await done(page, 'Settings were saved')
      return ['tax']
    },
  },
} as const satisfies Record<string, ShopWrite>
