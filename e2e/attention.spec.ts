import type { Page } from '@playwright/test'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { withRealBrowser } from './support/real-browser.ts'
import { controlled, dropProfile, expect, launch, newProfile, read, test } from './support/test.ts'

test.beforeEach(({ origin }) => origin.withPolls())

/** The page comes into sight, as far as it can tell. */
const look = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))

const causes = (page: Page): Promise<string[]> =>
  page.evaluate(() => window.heard.filter(({ kind }) => kind === 'changed').map(({ cause }) => cause))

const countOf = (origin: ScriptedOrigin, path: string): number => origin.of(path).length

/** The worker has greeted the page, so that it knows what to ask. */
const greeted = (page: Page): Promise<unknown> =>
  expect.poll(() => page.evaluate(() => window.layer.stats().then((stats) => stats?.routes))).toBeDefined()

test('twenty tabs make one poll, and each hears what it brings', async ({ origin, open }) => {
  test.setTimeout(60_000)
  let value = 1
  origin.json('/api/polled/1', () => ({ value }))
  const pages = [await open('/attentive/a')]
  await read(pages[0]!, '/api/polled/1')
  for (let at = 1; at < 20; at++) {
    const page = await open('/attentive/a')
    pages.push(page)
    await read(page, '/api/polled/1')
  }
  const [from, before] = [Date.now(), countOf(origin, '/api/polled/1')]
  value = 2
  for (const page of pages) await expect.poll(() => causes(page)).toEqual(['poll'])
  await expect.poll(() => countOf(origin, '/api/polled/1') - before).toBeGreaterThanOrEqual(3)
  const polls = countOf(origin, '/api/polled/1') - before
  expect(polls).toBeLessThanOrEqual((Date.now() - from) / 900 + 2)
  const explained = await pages[0]!.evaluate(() => window.layer.explain('/api/polled/1'))
  expect(explained.asked?.because).toBe('poll')
  const stats = await pages[0]!.evaluate(() => window.layer.stats())
  expect(stats?.total.occasions['poll']).toBeGreaterThanOrEqual(3)
  await test.step('a page that goes on to another route polls no more', async () => {
    for (const page of pages) await page.close()
    const other = await open('/attentive/b')
    origin.json('/api/polled/2', () => ({ value }))
    await read(other, '/api/polled/2')
    const closed = countOf(origin, '/api/polled/1')
    await expect.poll(() => countOf(origin, '/api/polled/2')).toBeGreaterThanOrEqual(4)
    expect(countOf(origin, '/api/polled/1')).toBeLessThanOrEqual(closed + 1)
  })
})

test('a tab out of sight does not poll, unless its rule says so; in sight again it does at once', async ({
  origin,
}) => {
  for (const path of ['/api/polled/1', '/api/polled/2', '/api/hidden/1']) origin.json(path, () => ({ value: 1 }))
  await withRealBrowser(async (context) => {
    const [hidden = await context.newPage()] = context.pages()
    await hidden.goto(`${origin.url}/attentive/hidden`)
    await controlled(hidden)
    for (const path of ['/api/polled/1', '/api/hidden/1']) await read(hidden, path)
    await expect.poll(() => countOf(origin, '/api/polled/1')).toBeGreaterThanOrEqual(2)
    const shown = await context.newPage()
    await shown.goto(`${origin.url}/attentive/shown`)
    await controlled(shown)
    await shown.bringToFront()
    await expect.poll(() => hidden.evaluate(() => document.hidden)).toBe(true)
    await read(shown, '/api/polled/2')
    const before = countOf(origin, '/api/polled/1')
    const beforeHidden = countOf(origin, '/api/hidden/1')
    await expect.poll(() => countOf(origin, '/api/polled/2')).toBeGreaterThanOrEqual(4)
    await expect.poll(() => countOf(origin, '/api/hidden/1')).toBeGreaterThan(beforeHidden)
    // One may have been on its way.
    expect(countOf(origin, '/api/polled/1')).toBeLessThanOrEqual(before + 1)
    const still = countOf(origin, '/api/polled/1')
    await hidden.bringToFront()
    await expect.poll(() => countOf(origin, '/api/polled/1')).toBeGreaterThan(still)
  })
})

test('a page that polls enters the back-forward cache, and polls when it comes back', async ({ origin }) => {
  origin.json('/api/polled/1', () => ({ value: 1 }))
  await withRealBrowser(async (context) => {
    const [page = await context.newPage()] = context.pages()
    await page.goto(`${origin.url}/attentive/first`)
    await controlled(page)
    await read(page, '/api/polled/1')
    await expect.poll(() => countOf(origin, '/api/polled/1')).toBeGreaterThanOrEqual(2)
    await page.evaluate(() => Object.assign(window, { survived: true }))
    await page.goto(`${origin.url}/attentive/second`)
    await controlled(page)
    const before = countOf(origin, '/api/polled/1')
    void page.evaluate(() => history.back()).catch(() => undefined)
    await expect.poll(() => page.evaluate(() => 'survived' in window).catch(() => false)).toBe(true)
    await expect.poll(() => countOf(origin, '/api/polled/1')).toBeGreaterThan(before + 1)
  })
})

test('tabs that come into sight have what they show validated once, where the rules want it', async ({
  origin,
  open,
}) => {
  let value = 1
  for (const path of ['/api/shown/1', '/api/unfocused/1', '/api/long/1']) origin.json(path, () => ({ value }))
  const pages = [await open('/attentive/a'), await open('/attentive/b'), await open('/attentive/c')]
  for (const page of pages) {
    for (const path of ['/api/shown/1', '/api/unfocused/1', '/api/long/1']) await read(page, path)
    await greeted(page)
  }
  const before = ['/api/shown/1', '/api/unfocused/1', '/api/long/1'].map((path) => countOf(origin, path))
  value = 2
  // What was read a moment ago is left alone: so it is told from a write of another user by a poll or a later look.
  await expect
    .poll(
      async () => {
        await Promise.all(pages.map(look))
        return countOf(origin, '/api/shown/1')
      },
      { intervals: [500] },
    )
    .toBe(before[0]! + 1)
  for (const page of pages) await expect.poll(() => causes(page)).toEqual(['focus'])
  expect(countOf(origin, '/api/unfocused/1')).toBe(before[1])
  expect(countOf(origin, '/api/long/1')).toBe(before[2])
  expect((await read(pages[1]!, '/api/shown/1')).text).toBe('{"value":2}')
})

test('what was read before the network was lost is stale after it, and what is shown is validated', async ({
  origin,
  open,
}) => {
  let value = 1
  for (const path of ['/api/long/1', '/api/long/2']) origin.json(path, () => ({ value }))
  const page = await open('/attentive/a')
  for (const path of ['/api/long/1', '/api/long/2']) await read(page, path)
  await greeted(page)
  await expect
    .poll(() => page.evaluate(() => window.layer.explain('/api/long/2').then(({ state }) => state)))
    .toBe('fresh')
  // Of what it has read it goes on to show one alone.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2100)))
  await page.evaluate(() => history.pushState(null, '', '/attentive/b'))
  await read(page, '/api/long/1')
  const context = page.context()
  try {
    await context.setOffline(true)
    await expect.poll(() => page.evaluate(() => navigator.onLine)).toBe(false)
    value = 2
  } finally {
    await context.setOffline(false)
  }
  await expect.poll(() => causes(page)).toEqual(['reconnect'])
  expect(countOf(origin, '/api/long/2')).toBe(1)
  const { text, headers } = await read(page, '/api/long/2')
  expect([text, headers['cache-status']]).toEqual(['{"value":2}', expect.stringMatching(/fwd=stale.*connection-lost/)])
  expect((await read(page, '/api/long/1')).headers['cache-status']).toMatch(/; hit/)
})

test('an origin that wants to be left alone is not polled meanwhile', async ({ origin, open }) => {
  const atMs: number[] = []
  origin.on('/api/polled/1', (_, response) => {
    atMs.push(performance.now())
    if (atMs.length === 2) response.writeHead(429, { 'retry-after': '3' }).end('{}')
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"value":1}')
  })
  const page = await open('/attentive/a')
  await read(page, '/api/polled/1')
  await expect.poll(() => atMs.length).toBeGreaterThanOrEqual(3)
  expect(atMs[2]! - atMs[1]!).toBeGreaterThanOrEqual(3000)
})

test('a page that reads again at each change starts no loop, though each answer is new', async ({ origin, open }) => {
  let value = 0
  origin.json('/api/polled/1', () => ({ value: ++value }))
  const page = await open('/attentive/a')
  await page.evaluate(() => {
    window.layer.on('change', ({ kind, urls }) => {
      if (kind === 'changed') for (const url of urls) void fetch(url)
    })
  })
  await read(page, '/api/polled/1')
  const from = Date.now()
  await expect.poll(() => causes(page).then(({ length }) => length)).toBeGreaterThanOrEqual(3)
  expect(value).toBeLessThanOrEqual((Date.now() - from) / 900 + 2)
  expect(new Set(await causes(page))).toEqual(new Set(['poll']))
})

test('what is not stored is read by its page', async ({ origin, open }) => {
  origin.json('/api/unstored/1', () => ({ value: 1 }))
  const page = await open('/attentive/a')
  await read(page, '/api/unstored/1')
  await expect
    .poll(() => page.evaluate(() => window.heard.map(({ kind, cause, urls }) => ({ kind, cause, urls }))))
    .toContainEqual({ kind: 'invalidated', cause: 'poll', urls: [`${origin.url}/api/unstored/1`] })
  expect(countOf(origin, '/api/unstored/1')).toBe(1)
})

test('a page whose bindings show 5,000 URLs comes into sight, and the worker answers others meanwhile', async ({
  origin,
  open,
}) => {
  origin.json('/api/long/1', () => ({ value: 1 }))
  const page = await open('/attentive/a')
  await greeted(page)
  await read(page, '/api/long/1')
  await page.evaluate(() => {
    const asked: string[] = []
    Object.assign(window, { asked })
    const fetch = (url: string): Promise<Response> => {
      asked.push(url)
      return Promise.resolve(Response.json({ url }))
    }
    for (let at = 0; at < 5000; at++) window.observe(`/api/shown/${at}`, () => undefined, { fetch })
  })
  const asked = (): Promise<number> => page.evaluate(() => (window as unknown as { asked: string[] }).asked.length)
  await expect.poll(asked).toBe(5000)
  await look(page)
  expect((await read(page, '/api/long/1')).headers['cache-status']).toMatch(/; hit/)
  await expect.poll(asked).toBe(10_000)
})

test('refresh() asks about all that is shown, and says that it is under way', async ({ origin, open }) => {
  let value = 1
  for (const path of ['/api/long/1', '/api/long/2']) origin.json(path, () => ({ value }))
  const page = await open('/attentive/a')
  for (const path of ['/api/long/1', '/api/long/2']) await read(page, path)
  value = 2
  const [states, outcome] = await page.evaluate(async () => {
    const states: boolean[] = []
    window.layer.on('state', ({ isFetching }) => states.push(isFetching))
    const { outcome } = await window.layer.refresh()
    return [states, outcome] as const
  })
  expect([states, outcome]).toEqual([[true, false], 'changed'])
  for (const path of ['/api/long/1', '/api/long/2']) expect(origin.of(path)).toHaveLength(2)
})

test('a category that one user edits is on the screen of another by a poll, and after a look', async ({
  origin,
  open,
}) => {
  let name = 'Shoes'
  origin.json('/api/categories', () => [{ id: 1, name }])
  origin.on('/api/categories/1', (request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => (name = (JSON.parse(text) as { name: string }).name))
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  const one = await open('/attentive/a')
  await one.evaluate(() => {
    window.observe('/api/categories', ({ data }) => (document.title = JSON.stringify(data ?? null)))
  })
  await expect(one).toHaveTitle('[{"id":1,"name":"Shoes"}]')
  const profile = newProfile()
  const context = await launch(profile)
  try {
    const other = await context.newPage()
    await other.goto(`${origin.url}/attentive/b`)
    await controlled(other)
    const edit = (to: string): Promise<unknown> =>
      other.evaluate((to) => fetch('/api/categories/1', { method: 'PUT', body: JSON.stringify({ name: to }) }), to)
    await edit('Boots')
    await expect(one).toHaveTitle('[{"id":1,"name":"Boots"}]')
    await edit('Hats')
    await look(one)
    await expect(one).toHaveTitle('[{"id":1,"name":"Hats"}]')
  } finally {
    await context.close()
    dropProfile(profile)
  }
})

test('a write invalidates what its answer names, in each tab, before its page has the answer', async ({
  origin,
  open,
}) => {
  let value = 1
  for (const id of [1, 2, 3, 4]) origin.json(`/api/long/${id}`, () => ({ value }))
  origin.json('/api/orders/4', () => ({ ids: [1, 2] }))
  const [one, other] = [await open('/attentive/a'), await open('/attentive/b')]
  for (const id of [1, 2, 3, 4]) await read(one, `/api/long/${id}`)
  await greeted(other)
  value = 2
  const texts = await one.evaluate(async () => {
    const answer = await fetch('/api/orders/4', { method: 'POST' }).then(
      (response) => response.json() as Promise<unknown>,
    )
    const read = (id: number): Promise<string> => fetch(`/api/long/${id}`).then((response) => response.text())
    return [answer, ...(await Promise.all([1, 2, 3, 4].map(read)))]
  })
  expect(texts).toEqual([{ ids: [1, 2] }, '{"value":2}', '{"value":2}', '{"value":1}', '{"value":2}'])
  await expect
    .poll(() => other.evaluate(() => window.heard.find(({ cause }) => cause === 'write')?.tags))
    .toEqual(['long:4', 'long:1', 'long:2'])
})

test('what a write of another tab has invalidated is validated where it is shown, once', async ({ origin, open }) => {
  let name = 'Shoes'
  origin.json('/api/categories', () => [name])
  origin.on('/api/categories/1', (_, response) => {
    name = 'Boots'
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  const pages = [await open('/attentive/a'), await open('/attentive/a'), await open('/attentive/a')]
  for (const page of pages) {
    await read(page, '/api/categories')
    await greeted(page)
  }
  await pages[0]!.evaluate(() => fetch('/api/categories/1', { method: 'PUT', body: '{}' }))
  // A page without bindings: the worker brings it, and the page is told.
  for (const page of pages) await expect.poll(async () => (await causes(page)).length).toBe(1)
  expect(origin.of('/api/categories').filter(({ status }) => status === 200)).toHaveLength(2)
})
