import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { bearer } from './support/bearer.ts'
import { expect, read, test } from './support/test.ts'

/** A page that reads as soon as it is there: at the first visit before its worker is. */
function readsEarly(origin: ScriptedOrigin, path: string, headers: Record<string, string> = {}): void {
  const reading = `fetch(${JSON.stringify(path)}, ${JSON.stringify({ headers })})`
  origin.on('/early', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(
      `<!doctype html><title>early</title>
      <script>${reading}.then((response) => response.text()).then((text) => (document.title = text), String)</script>
      <script type="module" src="/page.js"></script>`,
    )
  })
}

test('the first visit counts: what the page has read before its worker was there is there without the origin', async ({
  origin,
  open,
}) => {
  origin.json('/api/always/1', () => ({ value: 1 }))
  origin.withShell()
  readsEarly(origin, '/api/always/1')
  const page = await open('/early')
  await expect
    .poll(() => page.evaluate(() => window.layer.explain('/api/always/1')))
    .not.toMatchObject({ state: 'absent' })
  // The browser had it from the page.
  expect(origin.of('/api/always/1').map(({ status }) => status)).toEqual([200, 304])
  await origin.stop()
  await page.reload()
  expect((await read(page, '/api/always/1')).text).toBe('{"value":1}')
})

test('what changes between the first visit’s own read and the worker’s is on screen, by no request more', async ({
  origin,
  open,
}) => {
  let value = 0
  origin.json('/api/always/1', () => ({ value: ++value }))
  origin.on('/early', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(
      `<!doctype html><title>early</title>
      <script type="module" src="/page.js"></script>
      <script type="module">
        observe('/api/always/1', ({ data }) => (document.title = 'shows ' + data?.value))
      </script>`,
    )
  })
  const page = await open('/early')
  await expect.poll(() => page.title()).toBe('shows 2')
  expect(await page.evaluate(() => window.heard.map(({ kind }) => kind))).toEqual(['first'])
  expect(origin.of('/api/always/1')).toHaveLength(2)
})

test('the first visit of a user with a token counts as well, for that user alone', async ({ origin, open }) => {
  origin.withUsers('tokens')
  origin.on('/api/own', ({ headers }, response) => {
    response.writeHead(headers.authorization === undefined ? 401 : 200, { etag: '"same"' }).end('of ada')
  })
  readsEarly(origin, '/api/own', bearer('ada'))
  // The page knows its token, and reads the first time without a worker.
  const before = await open('/')
  await before.evaluate((token) => localStorage.setItem('authorization', token), bearer('ada').authorization ?? '')
  await before.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.unregister())
  await before.close()
  const page = await open('/early')
  const stored = (): Promise<unknown> => page.evaluate(() => window.layer.explain('/api/own'))
  await expect.poll(stored).not.toMatchObject({ state: 'absent' })
  expect(origin.of('/api/own').map(({ status }) => status)).toEqual([200, 200])
  await origin.stop()
  expect((await read(page, '/api/own', { headers: bearer('ada') })).text).toBe('of ada')
  await expect(read(page, '/api/own', { headers: bearer('grace') })).rejects.toThrow('Failed to fetch')
})

test('with the origin away a stored answer stands in and says so; what was never read fails as the network did', async ({
  origin,
  open,
}) => {
  origin.json('/api/always/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/always/1')
  await origin.stop()
  const standIn = await read(page, '/api/always/1')
  expect(standIn.text).toBe('{"value":1}')
  expect(standIn.headers['cache-status']).toBe('Freshlayer; fwd=stale; detail=offline')
  await expect(read(page, '/api/always/2')).rejects.toThrow('Failed to fetch')
})

test('502, 503 and 504 count as away', async ({ origin, open }) => {
  let status = 200
  origin.on('/api/always/1', (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`{"status":${status}}`)
  })
  const page = await open()
  await read(page, '/api/always/1')
  for (status of [502, 503, 504]) {
    expect((await read(page, '/api/always/1')).text).toBe('{"status":200}')
  }
  status = 500
  expect((await read(page, '/api/always/1')).status).toBe(500)
})

test('a network that takes longer than the rule allows is as good as none, and its late answer is kept', async ({
  origin,
  open,
}) => {
  let release = (): void => undefined
  let value = 1
  origin.json('/api/slow/1', () => ({ value }))
  const page = await open()
  await read(page, '/api/slow/1')
  value = 2
  origin.on('/api/slow/1', async (_request, response) => {
    await new Promise<void>((resolve) => (release = resolve))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"value":2}')
  })
  const standIn = await read(page, '/api/slow/1')
  expect(standIn.text).toBe('{"value":1}')
  expect(standIn.headers['cache-status']).toContain('detail=timeout')
  release()
  await expect.poll(() => page.evaluate(() => window.heard.some(({ kind }) => kind === 'changed'))).toBe(true)
  expect((await read(page, '/api/slow/1')).text).toBe('{"value":2}')
})

test('tabs learn that the origin is away and that it is back, and then read anew by themselves', async ({
  origin,
  open,
}) => {
  let value = 1
  origin.json('/api/always/1', () => ({ value }))
  const page = await open()
  await page.evaluate(() => {
    window.layer.on(
      'change',
      () => void fetch('/api/always/1').then(async (response) => (document.title = await response.text())),
    )
  })
  await read(page, '/api/always/1')
  await origin.stop()
  await read(page, '/api/always/1')
  await expect.poll(() => page.evaluate(() => window.layer.state.offline)).toBe(true)
  value = 2
  await origin.start()
  await expect.poll(() => page.evaluate(() => window.layer.state.offline)).toBe(false)
  await expect.poll(() => page.title()).toBe('{"value":2}')
})

test('an endpoint that always fails beside one that does not makes no page ask everything again and again', async ({
  origin,
  open,
}) => {
  origin.json('/api/always/well', () => ({ value: 1 }))
  origin.on('/api/always/ill', (_request, response) => void response.writeHead(503).end())
  const page = await open()
  const states = page.evaluateHandle(() => {
    const heard: boolean[] = []
    window.layer.on('state', ({ offline }) => heard.push(offline))
    return heard
  })
  const offline = async (): Promise<boolean[]> => (await states).jsonValue()
  await read(page, '/api/always/ill')
  await expect.poll(offline).toEqual([true])
  await read(page, '/api/always/well')
  await expect.poll(offline).toEqual([true, false])
  for (let round = 0; round < 3; round++) for (const path of ['ill', 'well']) await read(page, `/api/always/${path}`)
  await page.evaluate(() => window.layer.stats())
  expect(await offline()).toEqual([true, false])
  expect(await page.evaluate(() => window.heard.filter(({ kind }) => kind === 'reset').length)).toBeLessThan(2)
  // A failure of another kind is news all the same.
  await origin.stop()
  await read(page, '/api/always/well')
  await expect.poll(offline).toEqual([true, false, true])
})

test('six identical reads at once reach the origin as one', async ({ origin, open }) => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  origin.on('/api/fresh/1', async (_request, response) => {
    await held
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"value":1}')
  })
  const page = await open()
  const reading = page.evaluate(() =>
    Promise.all([1, 2, 3, 4, 5, 6].map(() => fetch('/api/fresh/1').then((response) => response.text()))),
  )
  await expect.poll(() => origin.of('/api/fresh/1').length).toBe(1)
  release()
  expect(await reading).toEqual(Array(6).fill('{"value":1}'))
  expect(origin.of('/api/fresh/1')).toHaveLength(1)
})

test('a hundred different reads while offline leave no unhandled rejection anywhere', async ({ origin, open }) => {
  const page = await open()
  const cdp = await page.context().newCDPSession(page)
  const errors: unknown[] = []
  cdp.on('ServiceWorker.workerErrorReported', ({ errorMessage }) => errors.push(errorMessage))
  await cdp.send('ServiceWorker.enable')
  await origin.stop()
  const failed = await page.evaluate(async () => {
    const reads = Array.from({ length: 100 }, (_, at) => fetch(`/api/fresh/${at}`))
    return (await Promise.allSettled(reads)).filter(({ status }) => status === 'rejected').length
  })
  expect(failed).toBe(100)
  // A round trip through the worker: whatever it had to report has been reported.
  await page.evaluate(() => window.layer.stats())
  expect(errors).toEqual([])
  expect(await page.evaluate(() => window.unhandled)).toEqual([])
})
