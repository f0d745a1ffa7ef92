import type { BrowserContext, Page } from '@playwright/test'
import { PROTOCOL_VERSION } from '../sw/protocol.ts'
import { SHELL } from './support/build.ts'
import { changeRecords, holdDatabase, kindsIn, rewriteRows } from './support/database.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { controlled, expect, read, stopWorkers, test, workerOf } from './support/test.ts'

/** What the worker reports on its console. */
function reports(page: Page): string[] {
  const said: string[] = []
  page.context().on('console', (message) => {
    if (message.text().startsWith('[freshlayer]')) said.push(message.text())
  })
  return said
}

const isHit = async (page: Page, path: string): Promise<boolean> =>
  (await read(page, path)).headers['cache-status']?.includes('; hit') === true

test('malformed fields of a response do no harm: the page gets it, and it is validated each time', async ({
  origin,
  open,
}) => {
  origin.on('/api/http/1', (_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': ',=;"max-age=, max-age="60',
      etag: 'no quotes',
      'last-modified': 'yesterday',
      date: 'the day before',
      expires: '0',
      age: '-5, lots',
      vary: ' , ,',
      'cache-status': '"?',
    })
    response.end('{}')
  })
  const page = await open()
  for (const length of [1, 2]) {
    expect(await read(page, '/api/http/1')).toMatchObject({ status: 200, text: '{}' })
    await expect.poll(() => origin.of('/api/http/1').length).toBe(length)
  }
})

test('a clock that is set back, or far ahead, leads to validation and never to an error', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
  const worker = await workerOf(page, origin)
  for (const [shiftMs, status] of [
    [-86_400_000, 'fwd=stale; fwd-status=304'],
    [86_400_000, 'fwd=stale; fwd-status=304'],
  ] as const) {
    await worker.evaluate((shiftMs) => {
      const now = Date.now.bind(Date)
      Date.now = () => now() + shiftMs
    }, shiftMs)
    expect((await read(page, '/api/fresh/1')).headers['cache-status']).toContain(status)
    // The page may have its answer before the store has: the next shift is to find that one.
    await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
  }
})

test('messages that are foreign or malformed are ignored, and those of another version refused', async ({
  origin,
  open,
}) => {
  origin.json('/api/fresh/1', () => ({}))
  const page = await open()
  const answered = await page.evaluate(async (freshlayer) => {
    const foreign: unknown[] = [
      null,
      'hello',
      { type: 'CACHE_URLS', payload: { urlsToCache: ['/x'] } },
      { freshlayer: 99, ask: 'stats' },
      { freshlayer, ask: 'invalidate', reach: { tags: 'not a list' } },
      { freshlayer, ask: 'unheard of' },
    ]
    const answers: unknown[] = []
    for (const message of foreign) {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }) => answers.push(data)
      navigator.serviceWorker.controller?.postMessage(message, [port2])
    }
    // Messages arrive in order: once this is answered, so would the others have been.
    await window.layer.stats()
    return answers
  }, PROTOCOL_VERSION)
  expect(answered).toEqual([{ error: expect.stringContaining('version 99') }])
})

test('a row of another schema is a miss and is replaced; the worker goes on', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
  await stopWorkers(page)
  expect(await rewriteRows(page, { shape: 99 })).toBe(1)
  expect((await read(page, '/api/fresh/1')).headers['cache-status']).toContain('fwd=uri-miss')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
})

test('a row whose body is gone is a miss and is replaced', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ filler: 'x'.repeat(50_000) }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
  await stopWorkers(page)
  expect(await changeRecords(page, 'body', { by: 'gone' })).toBe(1)
  expect((await read(page, '/api/fresh/1')).headers['cache-status']).toContain('fwd=uri-miss')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
})

test('a database deleted under the worker costs requests, not answers', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  origin.json('/api/fresh/2', () => ({ value: 2 }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await page.evaluate(
    () => new Promise((resolve) => (indexedDB.deleteDatabase('freshlayer-cache-v1 /').onsuccess = resolve)),
  )
  expect((await read(page, '/api/fresh/2')).text).toBe('{"value":2}')
  expect((await read(page, '/api/fresh/1')).text).toBe('{"value":1}')
  await stopWorkers(page)
  expect((await read(page, '/api/fresh/2')).text).toBe('{"value":2}')
  await expect.poll(() => isHit(page, '/api/fresh/2')).toBe(true)
})

test('a database that does not answer is waited for once, briefly', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  origin.json('/api/fresh/2', () => ({ value: 2 }))
  const page = await open()
  const said = reports(page)
  const release = await holdDatabase(page)
  expect((await read(page, '/api/fresh/1')).text).toBe('{"value":1}')
  expect((await read(page, '/api/fresh/2')).text).toBe('{"value":2}')
  expect(said.filter((text) => text.includes('the store takes long'))).toHaveLength(1)
  await release()
})

test('a Cache Storage that does not answer keeps no file of the app waiting, but the first, briefly', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const page = await open()
  const said = reports(page)
  expect((await read(page, '/index.html')).headers['cache-status']).toContain('detail=precache')
  const worker = await workerOf(page, origin)
  await worker.evaluate(() => {
    caches.match = () => new Promise(() => undefined)
  })
  for (let asked = 0; asked < 2; asked++) expect((await read(page, '/index.html')).text).toBe(SHELL)
  expect(said.filter((text) => text.includes('Cache Storage takes long'))).toHaveLength(1)
})

test('a file that Cache Storage brings late is better than none, when the network fails', async ({ origin, open }) => {
  origin.withShell()
  const page = await open()
  const worker = await workerOf(page, origin)
  await worker.evaluate(() => {
    const match = caches.match.bind(caches)
    let release = (): void => undefined
    const failed = new Promise<void>((resolve) => (release = resolve))
    caches.match = (...asked) => failed.then(() => match(...asked))
    globalThis.fetch = async () => {
      release()
      throw new TypeError('Failed to fetch')
    }
  })
  const file = await read(page, '/index.html')
  expect(file.text).toBe(SHELL)
  expect(file.headers['cache-status']).toContain('detail=precache')
})

test('a worker that takes over while Cache Storage does not answer keeps no page from loading', async ({
  origin,
  open,
}) => {
  origin.withShell()
  origin.script = `addEventListener('activate', () => { caches.open = () => new Promise(() => undefined) });${origin.script}`
  const page = await open()
  await page.reload()
  expect((await read(page, '/index.html')).text).toBe(SHELL)
})

/** Whether a row is on disk, told by its key alone. */
const isKept = (page: Page, path: string): Promise<boolean> =>
  page.evaluate(async (path) => {
    const keys = (await window.inDatabase((store) => store.getAllKeys())).result.map(String)
    return keys.some((key) => key.includes(`\nrow\n${location.origin}${path}\n`))
  }, path)

/** Lets an origin keep so much, from before its first page on: Chromium asks only now and then how much room there is. */
async function withQuota(context: BrowserContext, { url }: ScriptedOrigin, quotaSize: number): Promise<Page> {
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize })
  await page.goto(url)
  await controlled(page)
  return page
}

test('a full disk: what was used longest ago goes, and what is read is stored', async ({ origin, browserContext }) => {
  for (let id = 1; id <= 14; id++) origin.json(`/api/fresh/${id}`, () => ({ filler: 'x'.repeat(3_000_000) }))
  const page = await withQuota(browserContext, origin, 12_000_000)
  const said = reports(page)
  for (let id = 1; id <= 14; id++) {
    expect((await read(page, `/api/fresh/${id}`)).status).toBe(200)
    // The browser frees the room of a body at once only where no worker has read it.
    await expect.poll(() => isKept(page, `/api/fresh/${id}`)).toBe(true)
  }
  expect((await kindsIn(page))['body']).toBeLessThan(5)
  expect(said).toEqual([])
  await page.close()
})

test('a full disk with nothing that could go: answers come from the network, one report', async ({
  origin,
  browserContext,
}) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  for (const id of [2, 3]) origin.json(`/api/fresh/${id}`, () => ({ filler: 'x'.repeat(3_000_000) }))
  const page = await withQuota(browserContext, origin, 1_000_000)
  const said = reports(page)
  await read(page, '/api/fresh/1')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
  for (const id of [2, 2, 3, 3]) expect((await read(page, `/api/fresh/${id}`)).status).toBe(200)
  await expect.poll(() => said.filter((text) => text.includes('could not be stored')).length).toBe(1)
  expect(await isHit(page, '/api/fresh/1')).toBe(true)
  await page.close()
})
