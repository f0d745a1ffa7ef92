import type { Page } from '@playwright/test'
import { expect, read, test } from './support/test.ts'

/** What the layer says on a page's console, from now on. */
function listenTo(page: Page): string[] {
  const said: string[] = []
  page.on('console', (message) => message.text().startsWith('[freshlayer]') && said.push(message.text()))
  return said
}

test('in development the console says why a rule does nothing, and which requests no rule covers', async ({
  origin,
  open,
}) => {
  origin.withShell()
  origin.json('/api/always/1', () => 1, { 'cache-control': 'private, no-store' })
  origin.json('/api/always/2', () => 2, { 'cache-control': 'private, no-store' })
  origin.json('/other/1', () => 1)
  const page = await open('/developed/')
  const said = listenTo(page)
  for (const path of ['/api/always/1', '/api/always/2', '/other/1', '/index.html']) await read(page, path)
  const faults = (): string[] => said.filter((line) => !line.includes('] on, '))
  await expect.poll(faults).toHaveLength(2)
  expect(faults()[0]).toContain(
    "rule '/api/always/**' stores nothing: the answer says `cache-control: private, no-store`",
  )
  // The page's script is no file of the build; its document and the shell are no requests of this kind.
  expect(faults()[1]).toMatch(/no rule covers these requests.*: \/other\/1, \/page\.js/)
  expect(await page.evaluate(() => window.layer.explain('/api/always/1'))).toMatchObject({
    state: 'absent',
    obstacle: { why: 'no-store', field: 'cache-control: private, no-store' },
  })
  expect(await page.evaluate(() => window.layer.explain('/index.html'))).toMatchObject({ state: 'file' })
  const stats = await page.evaluate(() => window.layer.stats())
  expect(stats?.total.obstacles).toEqual({ 'no-store': 2 })
})

test('in development the console says once that the layer is on, and which images no rule covers', async ({
  origin,
  open,
}) => {
  origin.withShell()
  origin.json('/api/fresh/1', () => 1)
  origin.json('/icons/1', () => 'no picture')
  const page = await open('/developed/')
  await read(page, '/api/fresh/1')
  const said = listenTo(page)
  await page.reload()
  await read(page, '/api/fresh/1')
  await read(page, '/index.html')
  await page.evaluate(() => document.body.append(Object.assign(new Image(), { src: '/icons/1' })))
  await expect.poll(() => said.join('\n')).toMatch(/no rule covers these requests.*\/icons\/1/)
  expect(said.filter((line) => line.includes('] on, '))).toEqual([
    expect.stringMatching(/on, \d+ rules, 1 answer stored, those of this page up to \d+ s old$/),
  ])
})

test('in production the console says nothing', async ({ origin, open }) => {
  origin.json('/api/always/1', () => 1, { 'cache-control': 'private, no-store' })
  const page = await open('/')
  const said = listenTo(page)
  await page.reload()
  await read(page, '/api/always/1')
  // A page in development that is opened later has spoken.
  const developed = await open('/developed/')
  const saidThere = listenTo(developed)
  await developed.reload()
  await read(developed, '/api/always/1')
  await expect.poll(() => saidThere.join('\n')).toMatch(/on, \d+ rules[^]*no-store/)
  expect(said).toEqual([])
})

test('in development the console says that an image cannot carry the token that makes it personal', async ({
  origin,
  open,
}) => {
  origin.withUsers('tokens')
  origin.json('/api/me/picture', () => 'no picture')
  const page = await open('/developed/')
  const said = listenTo(page)
  await page.evaluate(() => {
    const image = new Image()
    image.src = '/api/me/picture'
    document.body.append(image)
  })
  await expect.poll(() => said.join()).toContain('is personal, and an element (img) asks for it')
})
