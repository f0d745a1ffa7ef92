import { expect, read, stopWorkers, test } from './support/test.ts'

test('an older request that ends in 404 does not remove what a newer one has stored', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/items/5', () => ({ value }))
  const page = await open()
  await read(page, '/api/items/5')
  let refuse: (() => void) | undefined
  origin.on('/api/items/5', (_request, response) => {
    refuse = () => response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
  })
  const older = read(page, '/api/items/5', { cache: 'no-cache' })
  await expect.poll(() => refuse).toBeDefined()
  value = 2
  origin.json('/api/items/5', () => ({ value }))
  expect((await read(page, '/api/items/5', { cache: 'reload' })).text).toBe('{"value":2}')
  await expect.poll(async () => (await read(page, '/api/items/5')).headers['cache-status']).toContain('hit')
  refuse?.()
  expect((await older).status).toBe(404)
  // What the 404 was to remove would be gone before this is recorded.
  await page.evaluate(() => window.layer.invalidate({ urls: ['/api/elsewhere'] }))
  const after = await read(page, '/api/items/5')
  expect(after.headers['cache-status']).toContain('hit')
  expect(after.text).toBe('{"value":2}')
  expect(await page.evaluate(() => window.heard.map(({ kind }) => kind))).not.toContain('removed')
})

test('a fresh answer is served without a request, also by a worker that has just started', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  const first = await read(page, '/api/fresh/1')
  expect(first.headers['cache-status']).toBe('Freshlayer; fwd=uri-miss; fwd-status=200; stored')
  const second = await read(page, '/api/fresh/1')
  expect(second.text).toBe('{"value":1}')
  expect(second.headers['cache-status']).toMatch(/^Freshlayer; hit; ttl=\d+; detail=rule$/)
  await stopWorkers(page)
  expect((await read(page, '/api/fresh/1')).headers['cache-status']).toMatch(/^Freshlayer; hit/)
  expect(origin.of('/api/fresh/1')).toHaveLength(1)
})
