import { Device } from './device.ts'
import { expect, test } from './world.ts'

test('queued writes of a database that the browser finds broken are told once, and the outbox goes on', async ({
  world,
}) => {
  const { backend, browser } = world
  await backend.openShop('broken', await world.build('outbox'))
  const opened = async (): Promise<Device> => {
    const [page] = await browser.pages(1)
    if (page === undefined) throw new Error('there is one tab')
    return new Device(page).open(backend.url)
  }
  const device = await opened()
  await backend.setAway(true)
  for (const name of ['tea', 'milk'])
    expect(await device.act('POST', '/api/products', { name })).toMatchObject({ status: 202 })
  await expect.poll(() => device.page.evaluate(() => JSON.stringify(localStorage))).toContain(String.raw`\"total\":2`)
  await browser.quit()
  browser.breakDatabases()
  const again = await opened()
  const deleted = (): Promise<number> => again.page.evaluate(() => window.layer.outbox.deleted())
  await expect.poll(deleted).toBe(2)
  expect(await deleted()).toBe(0)
  expect(await again.act('POST', '/api/products', { name: 'rice' })).toMatchObject({ status: 202 })
  await backend.setAway(false)
  expect(await again.settled()).toEqual([])
  expect((await backend.products()).map(({ name }) => name)).toEqual(['rice'])
})

test('queued writes that the browser has deleted are told once', async ({ world }) => {
  const { backend, browser } = world
  await backend.openShop('deleted', await world.build('outbox'))
  const [page] = await browser.pages(1)
  if (page === undefined) throw new Error('there is one tab')
  const device = await new Device(page).open(backend.url)
  await backend.setAway(true)
  for (const name of ['tea', 'milk'])
    expect(await device.act('POST', '/api/products', { name })).toMatchObject({ status: 202 })
  // What the page keeps in `localStorage` is what it can compare with.
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain(String.raw`\"total\":2`)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Storage.clearDataForOrigin', { origin: new URL(backend.url).origin, storageTypes: 'indexeddb' })
  await cdp.detach()
  await device.open(backend.url)
  const deleted = (): Promise<number> => page.evaluate(() => window.layer.outbox.deleted())
  await expect.poll(deleted).toBe(2)
  expect(await deleted()).toBe(0)
  expect(await page.evaluate(() => window.layer.outbox.list())).toEqual([])
  // The outbox goes on with another database.
  expect(await device.act('POST', '/api/products', { name: 'rice' })).toMatchObject({ status: 202 })
  await backend.setAway(false)
  expect(await device.settled()).toEqual([])
  expect((await backend.products()).map(({ name }) => name)).toEqual(['rice'])
})
