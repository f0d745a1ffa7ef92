import { readFileSync } from 'node:fs'
import type { ConsoleMessage, Page } from '@playwright/test'
import { BUILT } from './support/workers.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, test } from './support/test.ts'

const built = (name: string): string => readFileSync(`${BUILT}${name}`, 'utf8')
const MOCKS = readFileSync('node_modules/msw/lib/mockServiceWorker.js', 'utf8')

/** Serves a worker that loads these scripts, in this order; what follows is its own. */
function withHost(origin: ScriptedOrigin, scripts: Readonly<Record<string, string>>, own = ''): void {
  for (const [path, script] of Object.entries(scripts)) {
    origin.on(path, (_request, response) => void response.setHeader('content-type', 'text/javascript').end(script))
  }
  origin.script = `importScripts(${Object.keys(scripts)
    .map((path) => JSON.stringify(path))
    .join(', ')})\n${own}`
}

const CLAIMS = `addEventListener('activate', (event) => event.waitUntil(clients.claim()))`

/** Reads as an app does; who answered. */
async function answerer(page: Page, path: string): Promise<'layer' | 'host' | 'network'> {
  const [response] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === path),
    read(page, path),
  ])
  if (!response.fromServiceWorker()) return 'network'
  return 'cache-status' in response.headers() ? 'layer' : 'host'
}

test('inside a worker that has routes, a push handler and a life of its own, only what a rule matches is the layer’s', async ({
  origin,
  browserContext,
}) => {
  origin.script = built('host.worker.js')
  origin.json('/api/fresh/1', () => 'api')
  origin.json('/host/file', () => 'host')
  origin.json('/other', () => 'other')
  const page = await browserContext.newPage()
  await page.goto(origin.url)
  await page.evaluate(() => navigator.serviceWorker.ready)
  // The worker claims nothing by itself, so nor does the layer.
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull()
  await page.reload()
  await expect.poll(() => page.evaluate(() => window.layer.state.controlled)).toBe(true)
  await read(page, '/api/fresh/1')
  await expect.poll(() => read(page, '/api/fresh/1').then(({ headers }) => headers['cache-status'])).toContain('hit')
  expect(await answerer(page, '/host/file')).toBe('host')
  await expect.poll(() => page.evaluate(() => caches.match('/host/file').then(Boolean))).toBe(true)
  expect(await answerer(page, '/host/file')).toBe('host')
  expect(origin.of('/host/file')).toHaveLength(1)
  expect(await answerer(page, '/other')).toBe('network')

  const cdp = await browserContext.newCDPSession(page)
  const registered = new Promise<string>((resolve) =>
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const ours = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin.url))
      if (ours !== undefined) resolve(ours.registrationId)
    }),
  )
  await cdp.send('ServiceWorker.enable')
  await cdp.send('ServiceWorker.deliverPushMessage', {
    origin: origin.url,
    registrationId: await registered,
    data: 'pushed',
  })
  await expect
    .poll(() => page.evaluate(() => caches.match('/pushed').then((response) => response?.text() ?? '')))
    .toBe('pushed')
  await page.close()
})

test('by importScripts as well', async ({ origin, open }) => {
  withHost(
    origin,
    { '/part.js': built('attached.js') },
    `${CLAIMS}
    addEventListener('fetch', (event) => {
      if (event.request.url.includes('/host/')) event.respondWith(new Response('host'))
    })`,
  )
  origin.json('/api/fresh/1', () => 'api')
  const page = await open()
  expect(await answerer(page, '/api/fresh/1')).toBe('layer')
  expect(await read(page, '/host/file').then(({ text }) => text)).toBe('host')
})

test('a handler that was there first answers, nothing is sent twice, and the console names the request', async ({
  origin,
  open,
  browserContext,
}) => {
  const said: string[] = []
  const listen = (message: ConsoleMessage): void => void said.push(message.text())
  browserContext.on('console', listen)
  withHost(
    origin,
    { '/none.js': '' },
    `${CLAIMS}
    addEventListener('fetch', (event) => {
      if (event.request.url.includes('/api/')) event.respondWith(fetch(event.request))
    })
    importScripts('/part.js')`,
  )
  origin.on('/part.js', (_request, response) => {
    response.setHeader('content-type', 'text/javascript').end(built('attached.js'))
  })
  origin.on('/api/items', (_request, response) => void response.end('{}'))
  const page = await open()
  expect(await answerer(page, '/api/items')).toBe('host')
  await page.evaluate(() => fetch('/api/items', { method: 'POST', body: '{}' }).then((response) => response.text()))
  expect(origin.of('/api/items').map(({ method }) => method)).toEqual(['GET', 'POST'])
  await expect
    .poll(() => said.join('\n'))
    .toMatch(/freshlayer\] conflict: .*GET http:\/\/localhost:\d+\/api\/items, rule \/api\/items/)
  browserContext.off('console', listen)
})

test('mocks in development that stand before the layer answer what they mock; behind it they get what no rule matches', async ({
  origin,
  browserContext,
}) => {
  const scripts = { '/part.js': built('attached.js'), '/mocks.js': MOCKS }
  const [part, mocks] = Object.entries(scripts) as [[string, string], [string, string]]
  origin.on('/', (_request, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><title>app</title><script type=module src=/mocked-page.js></script>')
  })
  origin.on('/mocked-page.js', (_request, response) => {
    response.setHeader('content-type', 'text/javascript').end(built('mocked-page.js'))
  })
  origin.json('/api/fresh/mocked', () => ({ from: 'origin' }))
  for (const [order, from] of [
    [[mocks, part], 'mock'],
    [[part, mocks], 'origin'],
  ] as const) {
    withHost(origin, Object.fromEntries(order))
    const page = await browserContext.newPage()
    await page.goto(origin.url)
    await expect.poll(() => page.title()).toBe('mocked')
    expect(JSON.parse((await read(page, '/api/fresh/mocked')).text), order.map(([path]) => path).join()).toEqual({
      from,
    })
    await page.evaluate(async () => {
      for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister()
    })
    await page.close()
  }
})

test('a kill ends the layer’s part and leaves the worker and the rest of what it does alone', async ({
  origin,
  open,
}) => {
  const kill = { now: false }
  withHost(
    origin,
    { '/part.js': built('attached-kill.js') },
    `${CLAIMS}
    addEventListener('fetch', (event) => {
      if (event.request.url.includes('/host/')) event.respondWith(new Response('host'))
    })`,
  )
  origin.on('/freshlayer-kill.json', (_request, response) => void response.end(JSON.stringify({ kill: kill.now })))
  origin.json('/api/long', () => 'x'.repeat(20_000))
  kill.now = true
  const page = await open()
  await read(page, '/api/long')
  await expect.poll(() => answerer(page, '/api/long')).toBe('network')
  expect(await read(page, '/host/file').then(({ text }) => text)).toBe('host')
  expect(await page.evaluate(() => navigator.serviceWorker.getRegistrations().then(({ length }) => length))).toBe(1)
  expect(await page.evaluate(() => caches.keys())).toEqual([])
})
