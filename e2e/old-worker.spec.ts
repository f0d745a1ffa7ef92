import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from '@playwright/test'
import { BUILT } from './support/workers.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { controlled, expect, test } from './support/test.ts'

// A browser that has the worker of another library, from the build before the layer came.

/** A worker that keeps the app's document and shows it before the network's, as one made by Workbox does. */
const PRECACHING = `
addEventListener('install', (event) => event.waitUntil(caches.open('workbox-precache-v2').then((cache) => cache.add('/old.html'))))
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  if (event.request.mode === 'navigate') event.respondWith(caches.match('/old.html'))
})`

/** A worker that shows the network's document, and does something else that the app does not need any more. */
const PASSING = `
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') event.respondWith(fetch(event.request))
})`

/** A first visit with the build before, whose worker is at this path. */
async function visitedBefore(
  origin: ScriptedOrigin,
  context: BrowserContext,
  path: string,
  worker: string,
): Promise<void> {
  const old = `<!doctype html><title>old</title><script>navigator.serviceWorker.register('${path}')</script>`
  origin.on('/old.html', (_request, response) => void response.setHeader('content-type', 'text/html').end(old))
  serve(origin, path, worker)
  const page = await context.newPage()
  await page.goto(`${origin.url}/old.html`)
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await page.close()
}

function serve(origin: ScriptedOrigin, path: string, worker: string | undefined): void {
  origin.on(path, (_request, response) => {
    if (worker === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-cache' }).end(worker)
  })
}

/** Opens the app as its user does who has closed all of it before; its title. */
async function openAnew(context: BrowserContext, origin: ScriptedOrigin): Promise<{ page: Page; title: string }> {
  const page = await context.newPage()
  await page.goto(origin.url)
  return { page, title: await page.title() }
}

test('at the same path: the browser replaces it, and the app opened anew has the layer', async ({
  origin,
  browserContext,
}) => {
  await visitedBefore(origin, browserContext, '/sw.js', PRECACHING)
  serve(origin, '/sw.js', origin.script)
  // The old worker still shows what it has kept; the browser finds the new one meanwhile.
  const { page, title } = await openAnew(browserContext, origin)
  expect(title).toBe('old')
  await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()))
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.waiting !== null)))
    .toBe(true)
  await page.close()
  await expect
    .poll(async () => {
      const { page, title } = await openAnew(browserContext, origin)
      await page.close()
      return title
    })
    .toBe('test')
  const { page: anew } = await openAnew(browserContext, origin)
  await controlled(anew)
  // What another library has kept is not the layer's to delete.
  expect(await anew.evaluate(() => caches.has('workbox-precache-v2'))).toBe(true)
  await anew.close()
})

test('at another path, and past it pages come from the network: the console names it, and the app opened anew has the layer', async ({
  origin,
  browserContext,
}) => {
  await visitedBefore(origin, browserContext, '/ngsw-worker.js', PASSING)
  serve(origin, '/ngsw-worker.js', undefined)
  const said: string[] = []
  const page = await browserContext.newPage()
  page.on('console', (message) => said.push(message.text()))
  await page.goto(origin.url)
  expect(await page.title()).toBe('test')
  await expect
    .poll(() => said)
    .toContain(
      `[freshlayer] All comes from the network: another worker controls this page: ${origin.url}/ngsw-worker.js`,
    )
  await expect
    .poll(() =>
      page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.waiting?.scriptURL)),
    )
    .toBe(`${origin.url}/sw.js`)
  await page.close()
  await expect
    .poll(async () => {
      const { page } = await openAnew(browserContext, origin)
      const script = await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)
      await page.close()
      return script
    })
    .toBe(`${origin.url}/sw.js`)
})

test('at another path, and it shows what it has kept: the script of `freshlayer kill` in its place frees the app', async ({
  origin,
  browserContext,
}) => {
  await visitedBefore(origin, browserContext, '/service-worker.js', PRECACHING)
  serve(origin, '/service-worker.js', undefined)
  // Nothing of the new build reaches this browser: no page of it is ever loaded.
  for (let time = 0; time < 2; time++) {
    const { page, title } = await openAnew(browserContext, origin)
    expect(title).toBe('old')
    await page.close()
  }
  serve(origin, '/service-worker.js', readFileSync(`${BUILT}kill.js`, 'utf8'))
  // Chromium looks for a newer script a second after the last page was opened, so the page stays open until that is done.
  const { page: open } = await openAnew(browserContext, origin)
  await expect
    .poll(() => open.evaluate(async () => (await navigator.serviceWorker.getRegistration()) === undefined))
    .toBe(true)
  await open.close()
  const { page, title } = await openAnew(browserContext, origin)
  expect(title).toBe('test')
  await controlled(page)
  await page.close()
})
