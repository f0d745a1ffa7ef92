import { controlled, expect, read, test } from './support/test.ts'

const status = ({ headers }: { readonly headers: Record<string, string> }): string | undefined =>
  headers['cache-status']

test('in a page that was reloaded the first read of each URL asks the origin', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/fresh/1', () => ({ value }))
  origin.json('/api/fresh/2', () => ({ value: 'same' }))
  const [page, other] = [await open('/a'), await open('/b')]
  for (const path of ['/api/fresh/1', '/api/fresh/2']) await read(page, path)
  value = 2
  await page.reload()
  await controlled(page)
  await test.step('what has changed is shown', async () => {
    const first = await read(page, '/api/fresh/1')
    expect(first.text).toBe('{"value":2}')
    expect(status(first)).toMatch(/fwd=request; fwd-status=200/)
  })
  await test.step('what has not is a 304', async () => {
    expect((await read(page, '/api/fresh/2')).text).toBe('{"value":"same"}')
    expect(origin.of('/api/fresh/2').map((each) => each.status)).toEqual([200, 304])
  })
  await test.step('the second read of a URL follows the rule, and so do other pages', async () => {
    for (const path of ['/api/fresh/1', '/api/fresh/2']) expect(status(await read(page, path))).toMatch(/; hit/)
    expect(status(await read(other, '/api/fresh/1'))).toMatch(/; hit/)
  })
})

test('reads of one URL at once in a page that was reloaded are one request', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/fresh/1', () => ({ value }))
  const page = await open()
  await read(page, '/api/fresh/1')
  value = 2
  await page.reload()
  await controlled(page)
  const texts = await page.evaluate(() =>
    Promise.all(Array.from({ length: 5 }, () => fetch('/api/fresh/1').then((response) => response.text()))),
  )
  expect(texts).toEqual(Array.from({ length: 5 }, () => '{"value":2}'))
  expect(origin.of('/api/fresh/1')).toHaveLength(2)
})

test('with `onReload: "rule"` a reload asks nothing', async ({ origin, open }) => {
  origin.json('/api/unasked/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/unasked/1')
  await page.reload()
  await controlled(page)
  expect(status(await read(page, '/api/unasked/1'))).toMatch(/; hit/)
})

test('a reload while the origin is away, or too slow, shows what is stored', async ({ origin, open }) => {
  let isSlow = false
  origin.json('/api/slow/1', () => ({ value: 1 }))
  origin.on('/api/items', (_, response) => {
    if (!isSlow) response.writeHead(200, { 'content-type': 'application/json', etag: '"1"' }).end('[1]')
  })
  origin.withShell()
  const page = await open()
  for (const path of ['/api/slow/1', '/api/items']) await read(page, path)
  isSlow = true
  await page.reload()
  await controlled(page)
  await test.step('too slow', async () => {
    const slow = await read(page, '/api/items')
    expect([slow.text, status(slow)]).toEqual(['[1]', expect.stringMatching(/detail=timeout/)])
    expect(status(await read(page, '/api/items'))).toMatch(/; hit/)
  })
  await origin.stop()
  await page.reload()
  // The script of the page is not stored.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await test.step('away', async () => {
    const away = await read(page, '/api/slow/1')
    expect([away.text, status(away)]).toEqual(['{"value":1}', expect.stringMatching(/detail=offline/)])
  })
})

test('a page to which the user goes back is not shown data of any age', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/always/1', () => ({ value }))
  origin.on('/early', (_, response) => {
    const script = "window.early = fetch('/api/always/1').then((response) => response.text())"
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><script>${script}</script>`)
  })
  const page = await open()
  const early = (): Promise<string> => page.evaluate(() => (window as unknown as { early: Promise<string> }).early)
  await page.goto(`${origin.url}/early`)
  expect(await early()).toBe('{"value":1}')
  await page.goto(`${origin.url}/b`)
  value = 2
  await page.goBack()
  expect(await early()).toBe('{"value":2}')
})
