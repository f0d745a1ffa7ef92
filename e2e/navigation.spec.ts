import { expect, test } from './support/test.ts'

test('a page comes from the network first, and from the shell only when the network cannot be reached', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const page = await open()
  const online = await page.goto(`${origin.url}/deep/link`)
  expect(await page.title()).toBe('test')
  expect(online?.headers()['cache-status']).toBe('Freshlayer; fwd=bypass; fwd-status=200')
  await origin.stop()
  const offline = await page.goto(`${origin.url}/deep/link?page=2`)
  expect(await page.title()).toBe('shell')
  expect(offline?.headers()['cache-status']).toBe('Freshlayer; fwd=stale; detail=shell')
})

test('a page load that is none of the shell’s business fails as it would without a worker', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const page = await open()
  await origin.stop()
  for (const path of [
    '/?code=abc&state=xyz',
    '/welcome?SAMLResponse=abc',
    '/api/items',
    '/auth/callback',
    '/.well-known/thing',
    '/report.pdf',
    '/admin/users',
  ]) {
    await expect(page.goto(origin.url + path), path).rejects.toThrow('ERR_CONNECTION_REFUSED')
  }
  // The browser's own page, which says that the connection failed, keeps trying and cannot be closed meanwhile.
  await origin.start()
  await expect.poll(() => page.goto(origin.url).then(Boolean, () => false)).toBe(true)
})

test('a gateway without an origin, and a network that takes too long, count as away; a 404 does not', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const page = await open()
  origin.on('/broken', (_request, response) => void response.writeHead(503).end('broken'))
  await page.goto(`${origin.url}/broken`)
  expect(await page.title()).toBe('shell')
  origin.on('/slow', () => undefined)
  await page.goto(`${origin.url}/slow`)
  expect(await page.title()).toBe('shell')
  origin.on('/missing', (_request, response) => {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<title>missing</title>')
  })
  expect((await page.goto(`${origin.url}/missing`))?.status()).toBe(404)
})

test('a form that is posted goes to the network, whatever it answers', async ({ origin, open }) => {
  origin.withShell()
  const page = await open()
  origin.on('/submit', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>received</title>')
  })
  await page.evaluate(() => {
    const form = document.createElement('form')
    form.method = 'POST'
    form.action = '/submit'
    document.body.append(form)
    form.submit()
  })
  await expect.poll(() => page.title()).toBe('received')
  expect(origin.of('/submit').map(({ method }) => method)).toEqual(['POST'])
})

test('a file of the app comes from the precache and says so; a part of one is asked of the server', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const page = await open()
  const status = (headers: Record<string, string>): Promise<string | null> =>
    page.evaluate(
      (headers) => fetch('/index.html', { headers }).then((response) => response.headers.get('cache-status')),
      headers,
    )
  expect(await status({})).toBe('Freshlayer; hit; detail=precache')
  expect(await status({ range: 'bytes=0-3' })).toBeNull()
  await page.evaluate(() => caches.delete('freshlayer-precache-v1'))
  expect(await status({})).toBeNull()
})
