import { expect, test } from './support/test.ts'

test('unmatched requests, event streams and uploads are never answered by the worker', async ({ origin, open }) => {
  origin.json('/other', () => ({}))
  origin.json('/api/items', () => ({}))
  origin.on('/api/fresh/events', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: hello\n\n')
  })
  const page = await open()
  const byWorker: Record<string, boolean> = {}
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    byWorker[`${response.request().method()} ${pathname}`] = response.fromServiceWorker()
  })
  await page.evaluate(async () => {
    await fetch('/other')
    await fetch('/api/items')
    await fetch('/api/fresh/events', { headers: { accept: 'text/event-stream' } })
    const form = new FormData()
    form.append('file', new Blob(['x'.repeat(1000)]), 'file.bin')
    await fetch('/api/items', { method: 'POST', body: form })
    await fetch('/api/items', { method: 'PUT', body: new Uint8Array(1000) })
    await fetch('/api/items', { method: 'PATCH', body: '{}', headers: { 'content-type': 'application/json' } })
  })
  expect(byWorker).toEqual({
    'GET /other': false,
    'GET /api/items': true,
    'GET /api/fresh/events': false,
    'POST /api/items': false,
    'PUT /api/items': false,
    'PATCH /api/items': true,
  })
})

test('where the browser routes statically, an unmatched request does not even reach the worker', async ({
  origin,
  open,
}) => {
  origin.json('/other', () => ({}))
  origin.json('/api/fresh/1', () => ({}))
  const page = await open()
  await page.evaluate(async () => {
    await fetch('/other')
    await fetch('/api/fresh/1')
  })
  // The name of the field is still moving in the specification.
  const source = (path: string): Promise<string> =>
    page.evaluate((path) => {
      const [timing] = performance.getEntriesByName(new URL(path, location.href).href)
      const fields: Record<string, unknown> = timing?.toJSON() ?? {}
      return String(fields['workerFinalSourceType'] ?? fields['workerFinalRouterSource'])
    }, path)
  await expect.poll(() => source('/other')).toBe('network')
  await expect.poll(() => source('/api/fresh/1')).not.toBe('network')
})

test('a stream that a rule did not foresee is passed on as it comes, and not kept', async ({ origin, open }) => {
  let finish = (): void => undefined
  origin.on('/api/fresh/1', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    finish = () => response.end()
  })
  const page = await open()
  const first = await page.evaluate(async () => {
    const reader = (await fetch('/api/fresh/1')).body?.getReader()
    const chunk = await reader?.read()
    await reader?.cancel()
    return new TextDecoder().decode(chunk?.value)
  })
  expect(first).toContain('data: first')
  finish()
})

test('a strict content policy with Trusted Types lets the page have its worker', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({}))
  const policy = "default-src 'self'; require-trusted-types-for 'script'; trusted-types freshlayer"
  origin.on('/strict', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
    response.end('<!doctype html><title>strict</title><script type=module src=/page.js></script>')
  })
  const page = await open('/strict')
  expect(await page.evaluate(() => fetch('/api/fresh/1').then(({ headers }) => headers.has('cache-status')))).toBe(true)
})
