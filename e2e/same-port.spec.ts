import type { Page } from '@playwright/test'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, stopWorkers, test } from './support/test.ts'

/** What a project has left in the browser. */
const left = (page: Page): Promise<object> =>
  page.evaluate(async () => ({
    registrations: (await navigator.serviceWorker.getRegistrations()).length,
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).map(({ name }) => name),
  }))

const NOTHING = { registrations: 0, caches: [], databases: [] }

/** From now on another project is served on the same port. It has no worker. */
async function replace(origin: ScriptedOrigin, status: number): Promise<void> {
  await origin.stop()
  const page = '<!doctype html><title>another project</title>'
  origin.on(
    '/sw.js',
    (_request, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(page),
  )
  // A page that is compiled when it is asked for: longer than a page load may take.
  origin.on('/', (_request, response) => {
    setTimeout(() => response.writeHead(200, { 'content-type': 'text/html' }).end(page), 1000)
  })
  origin.json('/api/fresh/1', () => ({ project: 'another' }))
  await origin.start()
}

for (const [what, status] of [
  ['answers 404', 404],
  ['answers with a page', 200],
] as const) {
  for (const isStopped of [true, false]) {
    test(`another project on the port ${what} for the script of a worker that ${isStopped ? 'was stopped' : 'runs'}: it is shown as without one`, async ({
      origin,
      open,
    }) => {
      origin.withShell()
      origin.json('/api/fresh/1', () => ({ project: 'one' }))
      const page = await open()
      await read(page, '/api/fresh/1')
      await expect.poll(async () => (await read(page, '/api/fresh/1')).headers['cache-status']).toContain('; hit')

      await replace(origin, status)
      if (isStopped) await stopWorkers(page)
      await page.goto(origin.url)
      expect(await page.title()).toBe('another project')
      const other = await read(page, '/api/fresh/1')
      expect(other.text).toBe('{"project":"another"}')
      expect(other.headers).not.toHaveProperty('cache-status')
      await expect.poll(() => left(page)).toEqual(NOTHING)
    })
  }
}

test('a server that is down, or fails, is no other project: work offline on this machine goes on', async ({
  origin,
  open,
}) => {
  origin.withShell()
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await origin.stop()
  await stopWorkers(page)
  await page.goto(`${origin.url}/deep/link`)
  expect(await page.title()).toBe('shell')
  expect((await read(page, '/api/fresh/1')).text).toBe('{"value":1}')
  origin.on('/sw.js', (_request, response) => void response.writeHead(500).end())
  await origin.start()
  await page.goto(origin.url)
  expect((await read(page, '/api/fresh/1')).headers).toHaveProperty('cache-status')
  expect(await left(page)).toMatchObject({ registrations: 1 })
})
