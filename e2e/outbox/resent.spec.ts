import { Device } from './device.ts'
import { expect, test } from './world.ts'

/** Chromium sends nothing again on a connection that was not used before. */
const TRIES = 10

/** @see docs/discoveries/a-post-is-sent-twice-by-the-browser.md */
test('a create that the browser has sent twice by itself, and that was refused then, is there once when the user has it sent again', async ({
  world,
}) => {
  test.setTimeout(120_000)
  const { backend, browser } = world
  await backend.openShop('resent', await world.build('outbox'))
  // Where an earlier test has stopped workers of the browser, `setOffline` took over 15 s, and no request was answered after it.
  await browser.kill()
  const [page] = await browser.pages(1)
  if (page === undefined) throw new Error('there is one tab')
  const device = await new Device(page).open(backend.url)
  let resent = 0
  for (let at = 0; at < TRIES && resent === 0; at++) {
    await device.read('/api/products')
    await page.context().setOffline(true)
    expect(await device.act('POST', '/api/products', { name: `create ${at}` })).toMatchObject({ status: 202 })
    await backend.fail('cut-after', 409)
    await page.context().setOffline(false)
    const left = await device.settled()
    resent = left.length
    // What has not met it meets no other write.
    await backend.setAway(false)
    for (const { place } of left) await page.evaluate((each) => window.layer.outbox.retry(each), place)
    expect(await device.settled()).toEqual([])
  }
  expect(resent).toBe(1)
  const intents = (await backend.performed()).map(({ intent }) => intent)
  expect(intents).toEqual([...new Set(intents)])
})
