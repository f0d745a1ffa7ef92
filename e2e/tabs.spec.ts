import { chromium } from '@playwright/test'
import { requireChromium } from '../tools/upkeep/find-chromium.ts'
import { controlled, dropProfile, expect, newProfile, read, test } from './support/test.ts'

const BY_RESPONSE = { all: false, cause: 'response' }

test('a tab that came back from the back-forward cache hears what it missed', async ({ origin }) => {
  const profile = newProfile()
  // Playwright switches the back-forward cache off.
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: requireChromium().path,
    chromiumSandbox: false,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
  let value = 1
  origin.json('/api/stale/1', () => ({ value }))
  const frozen = await context.newPage()
  await frozen.goto(`${origin.url}/first`)
  await controlled(frozen)
  await read(frozen, '/api/stale/1')
  await expect
    .poll(() => frozen.evaluate(() => window.layer.explain('/api/stale/1').then(({ state }) => state)))
    .toBe('stale')
  await frozen.evaluate(() => Object.assign(window, { survived: true }))
  await frozen.goto(`${origin.url}/second`)
  await controlled(frozen)

  const other = await context.newPage()
  await other.goto(`${origin.url}/other`)
  await controlled(other)
  value = 2
  await read(other, '/api/stale/1')
  await expect.poll(() => other.evaluate(() => window.heard.filter(({ kind }) => kind === 'changed').length)).toBe(1)

  void frozen.evaluate(() => history.back()).catch(() => undefined)
  await expect.poll(() => frozen.evaluate(() => 'survived' in window).catch(() => false)).toBe(true)
  await expect
    .poll(() => frozen.evaluate(() => window.heard.filter(({ kind }) => kind === 'changed')))
    .toEqual([{ kind: 'changed', urls: [`${origin.url}/api/stale/1`], tags: ['stale'], ...BY_RESPONSE }])
  await context.close()
  dropProfile(profile)
})

test('a tab that reads before it can listen is told of what changed meanwhile', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/stale/1', () => ({ value }))
  const first = await open('/a')
  await read(first, '/api/stale/1')
  value = 2
  // Reads at once, and gets its client only when the change behind that read has been announced.
  origin.on('/late', (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<script>window.early = fetch('/api/stale/1').then((response) => response.text())</script>`)
  })
  const late = await first.context().newPage()
  await late.goto(`${origin.url}/late`)
  expect(await late.evaluate('early')).toBe('{"value":1}')
  await expect.poll(() => first.evaluate(() => window.heard.some(({ kind }) => kind === 'changed'))).toBe(true)
  await late.addScriptTag({ type: 'module', url: '/page.js' })
  await expect
    .poll(() => late.evaluate(() => window.heard?.filter(({ kind }) => kind === 'changed')))
    .toEqual([{ kind: 'changed', urls: [`${origin.url}/api/stale/1`], tags: ['stale'], ...BY_RESPONSE }])
  await late.close()
})

test('a tab is told that everything is gone', async ({ origin, open }) => {
  origin.json('/api/stale/1', () => ({ value: 1 }))
  const [one, other] = [await open('/a'), await open('/b')]
  await read(one, '/api/stale/1')
  await other.evaluate(() => window.layer.remove({ all: true }))
  await expect.poll(() => one.evaluate(() => window.heard.at(-1)?.kind)).toBe('removed')
  expect(await one.evaluate(() => window.heard.at(-1)?.all)).toBe(true)
})

test('refresh, invalidate, remove, explain and stats do what they say', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/fresh/1', () => ({ value }))
  const page = await open()
  const explain = (path: string): Promise<unknown> => page.evaluate((path) => window.layer.explain(path), path)
  expect(await explain('/api/fresh/1')).toMatchObject({ state: 'absent', rule: '/api/fresh/:id' })
  expect(await explain('/elsewhere')).toMatchObject({ state: 'unmatched' })
  await read(page, '/api/fresh/1')
  await expect.poll(() => explain('/api/fresh/1')).toMatchObject({ state: 'fresh', tags: ['fresh', 'fresh:1'] })
  const refresh = (): Promise<unknown> => page.evaluate(() => window.layer.refresh('/api/fresh/1'))
  expect(await refresh()).toEqual({ outcome: 'unchanged' })
  value = 2
  expect(await refresh()).toEqual({ outcome: 'changed' })
  await page.evaluate(() => window.layer.invalidate({ tags: ['fresh:1'] }))
  expect(await explain('/api/fresh/1')).toMatchObject({ state: 'offline', invalidated: true })
  expect(await page.evaluate(() => window.layer.remove({ urls: ['/api/fresh/1'] }))).toBe(1)
  expect(await explain('/api/fresh/1')).toMatchObject({ state: 'absent' })
  // Before the origin goes: from then on tabs ask whether it is back, at times of their own.
  const stats = await page.evaluate(() => window.layer.stats())
  expect(stats?.rules['/api/fresh/:id']).toMatchObject({ reads: 1, misses: 1, validations: 2, notModified: 1 })
  await origin.stop()
  await expect(read(page, '/api/fresh/1')).rejects.toThrow('Failed to fetch')
})

test('a URL reaches that URL alone, though it has a colon in it, and a pattern all that begins as it does', async ({
  origin,
  open,
}) => {
  const urls = ['/api/fresh/1?sort=name:asc', '/api/fresh/1?sort=name:desc', '/api/fresh/2']
  for (const path of ['/api/fresh/1', '/api/fresh/2']) origin.json(path, () => ({ value: 1 }))
  const page = await open()
  for (const url of urls) await read(page, url)
  const states = (): Promise<unknown> =>
    page.evaluate((urls) => Promise.all(urls.map((url) => window.layer.explain(url).then(({ state }) => state))), urls)
  await expect.poll(states).toEqual(['fresh', 'fresh', 'fresh'])
  expect(await page.evaluate(() => window.layer.remove({ urls: ['/api/fresh/1?sort=name:asc'] }))).toBe(1)
  expect(await states()).toEqual(['absent', 'fresh', 'fresh'])
  // Without a query it is meant with any.
  await page.evaluate(() => window.layer.invalidate({ urls: ['/api/fresh/1'] }))
  expect(await states()).toEqual(['absent', 'offline', 'fresh'])
  expect(await page.evaluate(() => window.layer.remove({ patterns: ['/api/fresh/:id'] }))).toBe(2)
  expect(await states()).toEqual(['absent', 'absent', 'absent'])
})

test('a question of another version of the protocol is refused at once, with the reason', async ({ open }) => {
  const page = await open()
  const answer = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = ({ data }) => resolve(data)
        navigator.serviceWorker.controller?.postMessage({ ask: 'stats', freshlayer: 99 }, [port2])
      }),
  )
  expect(answer).toEqual({ error: expect.stringMatching(/version 99 .* version \d+: reload the page/) })
})
