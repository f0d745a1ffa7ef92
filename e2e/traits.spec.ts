import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { BUILT } from './support/workers.ts'
import { type Fetched, expect, read, test } from './support/test.ts'

// What apps that others wrote do, by trait; docs/guide/real-apps.md says which tests hold the others.

test.beforeEach(({ origin }) => {
  origin.script = readFileSync(`${BUILT}rules-of-traits.js`, 'utf8')
})

/** Settles when a read is answered from store. */
const hit = (read: () => Promise<Fetched>): Promise<void> =>
  expect.poll(async () => (await read()).headers['cache-status']).toMatch(/^Freshlayer; hit/)

test('a list in parts of its own unit, answered by 206, is kept part by part, also without the origin', async ({
  origin,
  open,
}) => {
  origin.on('/customers', ({ headers }, response) => {
    const [, first = '0', last = '24'] = /^customers=(\d+)-(\d+)$/.exec(String(headers.range)) ?? []
    const fields = { 'content-type': 'application/json', 'content-range': `customers ${first}-${last}/319` }
    response.writeHead(206, fields).end(JSON.stringify({ first, last }))
  })
  const page = await open()
  const part = (range: string): Promise<Fetched> =>
    read(page, '/customers', { headers: { range: `customers=${range}` } })
  for (const range of ['0-24', '25-49']) await hit(() => part(range))
  expect(origin.of('/customers')).toHaveLength(2)
  await origin.stop()
  for (const [range, first, last] of [
    ['0-24', '0', '24'],
    ['25-49', '25', '49'],
  ] as const) {
    const { status, text, headers } = await part(range)
    expect({ status, body: JSON.parse(text), of: headers['content-range'] }).toEqual({
      status: 206,
      body: { first, last },
      of: `customers ${range}/319`,
    })
  }
  await expect(part('50-74')).rejects.toThrow('Failed to fetch')
})

test('a cache-buster makes no new entry, and the origin sees it as it was', async ({ origin, open }) => {
  origin.json('/busted', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/busted?_=1700000000000&page=1')
  await hit(() => read(page, `/busted?_=${Date.now()}&page=1`))
  expect(origin.of('/busted').map(({ path }) => path)).toEqual(['/busted?_=1700000000000&page=1'])
  await read(page, '/busted?_=1700000000000&page=2')
  expect(origin.of('/busted')).toHaveLength(2)
})

test('one URL in two formats, by Accept or by a field of the app’s own, without Vary: each is its own entry', async ({
  origin,
  open,
}) => {
  origin.on('/content/1', ({ headers }, response) => {
    const isJson = headers.accept === 'application/json'
    const text = isJson ? JSON.stringify({ format: headers['x-format'] ?? 'plain' }) : '<p>page</p>'
    response.writeHead(200, { 'content-type': isJson ? 'application/json' : 'text/html' }).end(text)
  })
  const page = await open()
  const wanted: readonly (readonly [Record<string, string>, string])[] = [
    [{ accept: 'application/json' }, '{"format":"plain"}'],
    [{ accept: 'text/html' }, '<p>page</p>'],
    [{ accept: 'application/json', 'x-format': 'tree' }, '{"format":"tree"}'],
  ]
  for (const [headers] of wanted) await hit(() => read(page, '/content/1', { headers }))
  expect(origin.of('/content/1')).toHaveLength(3)
  await origin.stop()
  for (const [headers, text] of wanted) expect((await read(page, '/content/1', { headers })).text).toBe(text)
})

test('an API at the root: its JSON is the rule’s, the page and the script beside it are the network’s', async ({
  origin,
  open,
}) => {
  origin.on('/nodes', ({ headers }, response) => {
    const isPage = headers.accept?.includes('text/html') ?? false
    response.writeHead(200, { 'content-type': isPage ? 'text/html' : 'application/json', 'cache-control': 'no-cache' })
    response.end(isPage ? '<!doctype html><title>nodes</title><script type=module src=/page.js></script>' : '[1]')
  })
  origin.on('/vendor', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end('globalThis.vendor = 1')
  })
  const page = await open()
  await hit(() => read(page, '/nodes'))
  const response = await page.goto(`${origin.url}/nodes`)
  expect(await page.title()).toBe('nodes')
  expect(response?.headers()['cache-status']).toBeUndefined()
  expect((await read(page, '/nodes')).text).toBe('[1]')
  expect((await read(page, '/vendor')).headers['cache-status']).toBeUndefined()
})

test('texts and odd media types that a script reads are stored as what they are; with expects, what is not of it is not', async ({
  origin,
  open,
}) => {
  const given = [
    ['/texts/readme.md', 'text/markdown', '# Shop'],
    ['/texts/prices.csv', 'text/csv; charset=utf-8', 'id;price\n1;10'],
    ['/texts/logo.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['/texts/bare', undefined, 'no type at all'],
    ['/odd/shop', 'application/vnd.shop+json', '{"id":1}'],
  ] as const
  for (const [path, type, text] of given)
    origin.on(path, (_request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(text)
    })
  origin.on('/odd/page', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>')
  })
  const page = await open()
  for (const [path] of given) await hit(() => read(page, path))
  expect((await read(page, '/odd/page')).text).toBe('<p>Sign in</p>')
  expect((await read(page, '/odd/page')).headers['cache-status']).toContain('detail=unexpected-type')
  await origin.stop()
  for (const [path, type, text] of given) {
    const { status, headers, text: stored } = await read(page, path)
    expect([path, status, headers['content-type'], stored]).toEqual([path, 200, type, text])
  }
  await expect(read(page, '/odd/page')).rejects.toThrow('Failed to fetch')
})

test('a GET that changes data reaches the origin each time, and ends what it has changed by a word of the app', async ({
  origin,
  open,
}) => {
  let on = false
  origin.json('/flags/1', () => ({ on }))
  origin.on('/flags/1/toggle', (_request, response) => {
    on = !on
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ on }))
  })
  const page = await open()
  const other = await open()
  await hit(() => read(page, '/flags/1'))
  for (let time = 0; time < 3; time++) await read(page, '/flags/1/toggle')
  expect(origin.of('/flags/1/toggle')).toHaveLength(3)
  // Nothing says that the GET was a write.
  expect((await read(page, '/flags/1')).text).toBe('{"on":false}')
  await page.evaluate(() => window.layer.invalidate({ tags: ['flags'] }))
  expect((await read(page, '/flags/1')).text).toBe('{"on":true}')
  await expect.poll(() => other.evaluate(() => window.heard.some(({ tags }) => tags.includes('flags')))).toBe(true)
  expect((await read(other, '/flags/1')).text).toBe('{"on":true}')
})

test('a query of today asks for today, and tomorrow without the origin yesterday’s answer stands in', async ({
  origin,
  open,
}) => {
  let asked = 0
  origin.on('/visits', ({ url }, response) => {
    const fields = { 'content-type': 'application/json', etag: `"${++asked}"` }
    response.writeHead(200, fields).end(JSON.stringify({ url }))
  })
  const page = await open()
  const on = (day: string): Promise<Fetched> => read(page, `/visits?date_gte=${day}&clinic=7`)
  expect((await on('2026-01-01')).text).toContain('2026-01-01')
  expect((await on('2026-01-02')).text).toContain('2026-01-02')
  // The two days are one entry, so the second is asked for with the validator of the first.
  expect(origin.of('/visits').map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"'])
  await expect
    .poll(() => page.evaluate(() => window.layer.explain('/visits?date_gte=x&clinic=7').then(({ state }) => state)))
    .not.toBe('absent')
  await origin.stop()
  // For two seconds after a change reads get what was announced.
  await expect
    .poll(() => on('2026-01-03').then(({ headers }) => headers['cache-status']))
    .toBe('Freshlayer; fwd=stale; detail=offline')
  expect((await on('2026-01-03')).text).toContain('2026-01-02')
})

test('users by a session cookie that no answer varies on: a visitor, or the next user, sees nothing of the one before', async ({
  origin,
  open,
}) => {
  const userOf = (cookie = ''): string | undefined => /session=(\w+)/.exec(cookie)?.[1]
  origin.on('/me', ({ headers }, response) => {
    const user = userOf(headers.cookie)
    response
      .writeHead(user === undefined ? 403 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ user }))
  })
  origin.on('/login', async (request, response) => {
    const user = Buffer.concat(await request.toArray()).toString()
    response.writeHead(200, { 'set-cookie': `session=${user}; HttpOnly` }).end('{}')
  })
  origin.on('/logout', (_request, response) => {
    response.writeHead(200, { 'set-cookie': 'session=; Max-Age=0' }).end('{}')
  })
  const page = await open('/named/app')
  const signIn = async (user: string): Promise<void> => {
    await page.evaluate(async (user) => {
      await fetch('/login', { method: 'POST', body: user }).then((response) => response.text())
      localStorage.setItem('user', user)
      await window.layer.identify(user)
    }, user)
  }
  const signOut = (page: Page): Promise<void> =>
    page.evaluate(async () => {
      await fetch('/logout', { method: 'POST' }).then((response) => response.text())
      localStorage.removeItem('user')
      await window.layer.identify(null)
    })
  await signIn('ada')
  await hit(() => read(page, '/me'))
  expect((await read(page, '/me')).text).toBe('{"user":"ada"}')
  await signOut(page)
  expect((await read(page, '/me')).status).toBe(403)
  await signIn('grace')
  expect((await read(page, '/me')).text).toBe('{"user":"grace"}')
  await signOut(page)
  await origin.stop()
  await expect(read(page, '/me')).rejects.toThrow('Failed to fetch')
})
