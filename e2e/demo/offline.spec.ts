import type { Page } from '@playwright/test'
import { openDatabase } from '../../server/demo/database.ts'
import { browserTest, expect, heading, panel, settled, signIn } from '../support/demo.ts'
import { DemoProcess } from '../support/demo-process.ts'
import { tour } from './tour.ts'

const test = browserTest.extend<{ readonly server: DemoProcess }>({
  server: [
    async ({}, use) => {
      const server = new DemoProcess()
      await server.start()
      await use(server)
      await server.drop()
    },
    { timeout: 300_000 },
  ],
  baseURL: async ({ server }, use) => use(server.url),
})

declare global {
  interface Window {
    /** Every text that the strip has had. */
    strip: Set<string>
  }
}

const noteStrip = (): void => {
  window.strip = new Set()
  const look = (): void => void window.strip.add(document.querySelector('.layer-strip')?.textContent ?? '')
  new MutationObserver(look).observe(document, { childList: true, characterData: true, subtree: true })
}

/** The data on a page: what its tables, lists and fields hold. The till is left out: it is gone when offline. */
const dataOn = (page: Page): Promise<string[]> =>
  page.locator('main :is(h1, table, dl, ul, input, select, textarea)').evaluateAll((elements) =>
    elements.map((element) => {
      const value = 'value' in element && typeof element.value === 'string' ? element.value : ''
      return `${element.tagName} ${value} ${element.textContent}`
    }),
  )

test('the server is killed: what was visited reloads with its data, and catches up when the server is back', async ({
  page,
  server,
}) => {
  test.setTimeout(180_000)
  await signIn(page, 'ada')
  const seen = new Map<string, string[]>()
  const visited = await tour(page, async () => {
    await settled(page)
    seen.set(page.url(), await dataOn(page))
  })
  await server.kill()

  for (const url of new Set(visited)) {
    await page.goto(url)
    await expect.poll(() => dataOn(page), { message: url }).toEqual(seen.get(url))
  }

  const never = `${server.url}/products/4321`
  expect(visited).not.toContain(never)
  await page.goto(never)
  await expect(heading(page)).toHaveText('Product')
  await expect(page.getByRole('main').getByRole('alert')).toContainText('The server cannot be reached.')

  await page.addInitScript(noteStrip)
  await page.goto('/')
  await expect(panel(page, 'Till').getByRole('alert')).toContainText('The server cannot be reached.')
  await expect(page.getByRole('complementary', { name: 'Data freshness' })).toContainText('Offline')
  expect(await page.evaluate(() => [...window.strip].filter((text) => text.includes('live')))).toEqual([])
  const tasks = panel(page, 'My tasks')
  await expect(tasks).toContainText('Check margins on coffee and tea')
  const { pool, close } = await openDatabase({ kind: 'folder', path: server.dataFolder })
  await pool.query(`update tasks set title = 'Greet the new supplier', updated_at = now() where id = 2`)
  await close()
  const loaded = await page.evaluate(() => performance.timeOrigin)
  await server.start()
  await expect(tasks).toContainText('Greet the new supplier', { timeout: 30_000 })
  await expect(tasks).not.toContainText('Check margins on coffee and tea')
  await expect(page.getByRole('complementary', { name: 'Data freshness' })).not.toContainText('Offline')
  expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded)
})
