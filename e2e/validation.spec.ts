import { expect, read, test } from './support/test.ts'

test('a stale answer is served at once, then validated; a 304 is no event', async ({ origin, open }) => {
  origin.json('/api/stale/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/stale/1')
  const stale = await read(page, '/api/stale/1')
  expect(stale.headers['cache-status']).toMatch(/^Freshlayer; hit; ttl=-?\d+; detail=rule$/)
  await expect.poll(() => origin.of('/api/stale/1').map(({ status }) => status)).toEqual([200, 304])
  const [, validation] = origin.of('/api/stale/1')
  expect(validation?.headers['if-none-match']).toMatch(/^"[\w-]{12}"$/)
  expect(await page.evaluate(() => window.heard.filter(({ kind }) => kind !== 'first'))).toEqual([])
})

test('a change is told to each of three tabs exactly once, and each then reads it', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/stale/1', () => ({ value }))
  const tabs = [await open('/a'), await open('/b'), await open('/c')]
  for (const tab of tabs) await read(tab, '/api/stale/1')
  value = 2
  expect((await read(tabs[0]!, '/api/stale/1')).text).toBe('{"value":1}')
  for (const tab of tabs) {
    await expect
      .poll(async () => {
        // The validation of a read before may still be under way, with the value of before: a read then starts none.
        await read(tabs[0]!, '/api/stale/1')
        return tab.evaluate(() => window.heard.filter(({ kind }) => kind === 'changed'))
      })
      .toEqual([
        { kind: 'changed', urls: [`${origin.url}/api/stale/1`], tags: ['stale'], all: false, cause: 'response' },
      ])
    expect((await read(tab, '/api/stale/1')).text).toBe('{"value":2}')
  }
})

test('the tab that got the new version as its answer is not told of it', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/always/1', () => ({ value }))
  const [reader, other] = [await open('/a'), await open('/b')]
  await read(reader, '/api/always/1')
  value = 2
  expect((await read(reader, '/api/always/1')).text).toBe('{"value":2}')
  const changes = (tab: typeof other): Promise<number> =>
    tab.evaluate(() => window.heard.filter(({ kind }) => kind === 'changed').length)
  await expect.poll(() => changes(other)).toBe(1)
  expect(await changes(reader)).toBe(0)
})

test('a rule without windows validates each read, and a 304 answers with the stored body', async ({ origin, open }) => {
  origin.json('/api/always/1', () => ({ value: 1 }), { 'x-served': 'yes' })
  const page = await open()
  await read(page, '/api/always/1')
  const validated = await read(page, '/api/always/1')
  expect(validated).toMatchObject({ status: 200, text: '{"value":1}' })
  expect(validated.headers['x-served']).toBe('yes')
  expect(validated.headers['cache-status']).toBe('Freshlayer; fwd=stale; fwd-status=304; detail=rule; stored')
  expect(origin.of('/api/always/1').map(({ status }) => status)).toEqual([200, 304])
})

test('what the wire carries does not order CDNs to bypass', async ({ origin, open }) => {
  origin.json('/api/always/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/always/1')
  await read(page, '/api/always/1')
  for (const { headers } of origin.of('/api/always/1')) {
    expect(headers['cache-control']).toBe('max-age=0')
    expect(headers['pragma'] ?? '').toBe('')
  }
})

test('the page can force validation, reload, and bypass, and gets its own 304 from store', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  const { headers } = await read(page, '/api/fresh/1')
  expect((await read(page, '/api/fresh/1', { cache: 'no-cache' })).headers['cache-status']).toContain('fwd=request')
  expect((await read(page, '/api/fresh/1', { cache: 'reload' })).headers['cache-status']).toContain('fwd=request')
  expect((await read(page, '/api/fresh/1', { cache: 'no-store' })).headers['cache-status']).toContain('fwd=bypass')
  const own = await read(page, '/api/fresh/1', { headers: { 'if-none-match': headers['etag'] ?? '' } })
  expect(own.status).toBe(304)
  expect(origin.of('/api/fresh/1').map(({ status }) => status)).toEqual([200, 304, 200, 200])
})

test('a failed read is tried once more where the rule says so', async ({ origin, open }) => {
  let failures = 1
  origin.on('/api/retried/1', (_request, response) => {
    response.writeHead(failures-- > 0 ? 503 : 200, { 'content-type': 'application/json' }).end('{}')
  })
  const page = await open()
  expect((await read(page, '/api/retried/1')).status).toBe(200)
  expect(origin.of('/api/retried/1').map(({ status }) => status)).toEqual([503, 200])
})

test('a file that the browser has from a page without a worker is not fetched again', async ({
  browserContext,
  origin,
  open,
}) => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
  origin.on('/api/fresh/1', ({ headers }, response) => {
    const isKnown = headers['if-none-match'] === '"1"'
    response.writeHead(isKnown ? 304 : 200, {
      etag: '"1"',
      'cache-control': 'no-cache',
      'content-type': 'image/svg+xml',
    })
    response.end(isKnown ? undefined : svg)
  })
  origin.on('/first', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><img src="/api/fresh/1">')
  })
  const first = await browserContext.newPage()
  await first.goto(`${origin.url}/first`)
  await open()
  await first.goto(`${origin.url}/first`)
  expect(await first.evaluate(() => document.querySelector('img')?.naturalWidth)).toBe(9)
  expect(origin.of('/api/fresh/1').map(({ status }) => status)).toEqual([200, 304])
  await first.close()
})
