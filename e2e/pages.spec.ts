import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { erased } from './support/backend.ts'
import { BUILT } from './support/workers.ts'
import { onDisk } from './support/disk.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, test } from './support/test.ts'

const CLIENT = '<script type=module src=/page.js></script>'

/** An app whose server renders its pages. */
class Server {
  user: string | undefined
  /** Whether its answers say whose they are. */
  isNaming = true
  status = 200
  fields: Record<string, string> = {}
  readonly #origin: ScriptedOrigin

  constructor(origin: ScriptedOrigin, of: '' | '-of-users' | '-of-named-users' = '', user?: string) {
    this.#origin = origin
    this.user = user
    origin.script = readFileSync(`${BUILT}rules-of-pages${of}.js`, 'utf8')
    for (const path of ['/posts/1', '/posts/2', '/admin/posts', '/named/1', '/named/2']) this.#page(path)
    origin.on('/offline', (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<!doctype html><title>no data here</title>${CLIENT}`)
    })
    origin.on('/api/posts', (_request, response) => void response.writeHead(204).end())
    origin.on('/logout', (_request, response) => void response.writeHead(204).end())
  }

  #page(path: string): void {
    let count = 0
    this.#origin.on(path, (_request, response) => {
      response.writeHead(this.status, {
        'content-type': 'text/html',
        ...(this.isNaming && this.user !== undefined && { 'x-user': this.user }),
        ...this.fields,
      })
      response.end(`<!doctype html><title>${path} by ${this.user ?? 'all'} ${++count}</title>${CLIENT}`)
    })
  }
}

/** Loads a page; its title and how it came about. */
async function load(page: Page, url: string): Promise<{ title: string; how: string | undefined }> {
  const response = await page.goto(url)
  return { title: await page.title(), how: response?.headers()['cache-status'] }
}

/** Settles when something is stored that holds this text. */
const stored = (page: Page, text: string): Promise<void> => expect.poll(() => onDisk(page)).toContain(text)

/** Loads a page, and settles when it is stored. */
const keep = async (page: Page, url: string): Promise<void> => stored(page, (await load(page, url)).title)

test('without the network a page is the last good one of its URL, and the shell where there is none', async ({
  origin,
  open,
}) => {
  new Server(origin)
  const page = await open()
  expect((await load(page, `${origin.url}/posts/1`)).title).toBe('/posts/1 by all 1')
  expect((await load(page, `${origin.url}/posts/1`)).title).toBe('/posts/1 by all 2')
  await stored(page, '/posts/1 by all 2')
  expect((await load(page, `${origin.url}/admin/posts`)).title).toBe('/admin/posts by all 1')
  await origin.stop()
  expect(await load(page, `${origin.url}/posts/1`)).toEqual({
    title: '/posts/1 by all 2',
    how: 'Freshlayer; fwd=stale; detail=offline',
  })
  expect(await load(page, `${origin.url}/posts/2`)).toEqual({
    title: 'no data here',
    how: 'Freshlayer; fwd=stale; detail=shell',
  })
  expect((await load(page, `${origin.url}/posts/1?page=2`)).title).toBe('no data here')
  await origin.start()
  expect((await load(page, `${origin.url}/posts/1`)).title).toBe('/posts/1 by all 3')
})

test('parameters that the rules ignore change no page: the kept one answers for them, and they reach the server', async ({
  origin,
  open,
}) => {
  new Server(origin)
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  await keep(page, `${origin.url}/posts/2?utm_source=mail&utm_campaign=spring`)
  expect(origin.of('/posts/2').map(({ path }) => path)).toEqual(['/posts/2?utm_source=mail&utm_campaign=spring'])
  await origin.stop()
  expect((await load(page, `${origin.url}/posts/1?utm_source=mail`)).title).toBe('/posts/1 by all 1')
  expect((await load(page, `${origin.url}/posts/2?fbclid=abc`)).title).toBe('/posts/2 by all 1')
  expect((await load(page, `${origin.url}/posts/2?utm_source=mail&page=2`)).title).toBe('no data here')
  await origin.start()
})

test('a page is asked for as without a worker, once and with nothing added', async ({ origin, open }) => {
  new Server(origin)
  const page = await open()
  await load(page, `${origin.url}/posts/1`)
  await load(page, `${origin.url}/posts/1`)
  expect(origin.of('/posts/1')).toHaveLength(2)
  for (const { headers } of origin.of('/posts/1')) {
    expect(headers).toMatchObject({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })
    expect(headers).not.toHaveProperty('if-none-match')
    expect(headers).not.toHaveProperty('pragma')
  }
})

test('a gateway without an origin is answered by the last good page; what is not good is not kept', async ({
  origin,
  open,
}) => {
  const server = new Server(origin)
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  for (const status of [502, 503, 504]) {
    server.status = status
    expect((await load(page, `${origin.url}/posts/1`)).title, String(status)).toBe('/posts/1 by all 1')
  }
  server.status = 500
  expect((await load(page, `${origin.url}/posts/1`)).title).toBe('/posts/1 by all 5')
  server.status = 200
  server.fields = { 'cache-control': 'no-store' }
  await load(page, `${origin.url}/posts/2`)
  await origin.stop()
  expect((await load(page, `${origin.url}/posts/1`)).title).toBe('/posts/1 by all 1')
  expect((await load(page, `${origin.url}/posts/2`)).title).toBe('no data here')
  expect(await onDisk(page)).not.toContain('/posts/2 by all 1')
})

test('a page that is gone from the server is gone from the store', async ({ origin, open }) => {
  const server = new Server(origin)
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  server.status = 404
  server.fields = { 'cache-control': 'no-store' }
  await load(page, `${origin.url}/posts/1`)
  await expect.poll(() => onDisk(page)).not.toContain('/posts/1 by all 1')
  await origin.stop()
  expect((await load(page, `${origin.url}/posts/1`)).title).toBe('no data here')
})

test('a page that a write has reached says so when it stands in', async ({ origin, open }) => {
  new Server(origin)
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  await page.evaluate(() => fetch('/api/posts', { method: 'POST', body: '{}' }))
  await origin.stop()
  expect(await load(page, `${origin.url}/posts/1`)).toEqual({
    title: '/posts/1 by all 1',
    how: 'Freshlayer; fwd=stale; detail=offline-before-write',
  })
})

test('a page of another user’s comes: those of the user before are gone', async ({ origin, open }) => {
  const server = new Server(origin, '-of-users')
  const page = await open()
  for (const [user, path] of [
    ['ada', '/posts/1'],
    ['grace', '/posts/2'],
  ] as const) {
    server.user = user
    await keep(page, origin.url + path)
  }
  await erased(page, '/posts/1 by ada')
})

test('a page belongs to the user that the server names; after a sign-out no user sees it', async ({ origin, open }) => {
  const server = new Server(origin, '-of-users')
  const page = await open()
  // No user is named: nothing is kept.
  await load(page, `${origin.url}/posts/1`)
  server.user = 'ada'
  await keep(page, `${origin.url}/posts/2`)
  expect(await onDisk(page)).not.toContain('/posts/1 by all 1')
  await origin.stop()
  expect((await load(page, `${origin.url}/posts/2`)).title).toBe('/posts/2 by ada 1')
  await origin.start()
  await keep(page, `${origin.url}/posts/2`)
  await page.evaluate(() => fetch('/logout', { method: 'POST' }))
  expect(await onDisk(page)).not.toContain('/posts/2 by ada')
  await origin.stop()
  await expect(page.goto(`${origin.url}/posts/2`)).rejects.toThrow('net::ERR_')
  await origin.start()
  server.user = 'grace'
  await expect.poll(() => load(page, `${origin.url}/posts/2`).then(({ title }) => title, String)).toContain('grace')
})

test('a page whose server says nothing belongs to the user that it names itself, and to no user until then', async ({
  origin,
  open,
}) => {
  new Server(origin, '-of-named-users')
  const page = await open('/named/1')
  // No user is signed in yet.
  await load(page, `${origin.url}/named/1`)
  await page.evaluate(() => localStorage.setItem('user', 'ada'))
  await keep(page, `${origin.url}/named/2`)
  expect(await onDisk(page)).not.toContain('/named/1 by all')
  await origin.stop()
  expect((await load(page, `${origin.url}/named/2`)).title).toBe('/named/2 by all 1')
})

/** What comes of a page that can come only from store. */
const withoutNetwork = async (page: Page, origin: ScriptedOrigin, path: string): Promise<string> => {
  await origin.stop()
  const { title } = await load(page, origin.url + path).catch((error: unknown) => ({ title: String(error) }))
  await origin.start()
  return title
}

test('after a 401 to a page load no user sees the page without the network, until the server names its user again', async ({
  origin,
  open,
}) => {
  const server = new Server(origin, '-of-users', 'ada')
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  for (const isNaming of [false, true]) {
    Object.assign(server, { status: 401, isNaming })
    await load(page, `${origin.url}/posts/1`)
    await stored(page, 'refused')
    expect(await onDisk(page)).toContain('/posts/1 by ada')
    expect(await withoutNetwork(page, origin, '/posts/1')).toContain('net::ERR_')
    Object.assign(server, { status: 200, isNaming: true })
    await expect.poll(() => load(page, `${origin.url}/posts/2`).then(({ title }) => title, String)).toContain('ada')
    await expect.poll(() => onDisk(page)).not.toContain('refused')
    expect(await withoutNetwork(page, origin, '/posts/1')).toBe('/posts/1 by ada 1')
    await expect.poll(() => load(page, origin.url).then(({ title }) => title, String)).toBe('test')
  }
})

for (const [what, answer] of [
  ['403', { status: 403 }],
  ['404', { status: 404 }],
  ['410 that may be kept', { status: 410, fields: { 'cache-control': 'max-age=60' } }],
  ['no-store', { fields: { 'cache-control': 'no-store' } }],
] as const) {
  test(`a user’s page is gone from the store after a ${what} that does not say whose it is`, async ({
    origin,
    open,
  }) => {
    const server = new Server(origin, '-of-users', 'ada')
    const page = await open()
    for (const path of ['/posts/1', '/posts/2']) {
      await keep(page, origin.url + path)
    }
    Object.assign(server, answer, { isNaming: false })
    await load(page, `${origin.url}/posts/1`)
    await expect.poll(() => onDisk(page)).not.toContain('/posts/1 by ada')
    expect(await onDisk(page)).toContain('/posts/2 by ada 1')
  })
}

test('a page that says nothing of its user, and is not refused, leaves what is stored as it is', async ({
  origin,
  open,
}) => {
  const server = new Server(origin, '-of-users', 'ada')
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  for (const status of [200, 500]) {
    Object.assign(server, { status, isNaming: false })
    await load(page, `${origin.url}/posts/1`)
  }
  // Pages land in order: once this is stored, so would the others have been.
  Object.assign(server, { status: 200, isNaming: true })
  await keep(page, `${origin.url}/posts/2`)
  expect(await withoutNetwork(page, origin, '/posts/1')).toBe('/posts/1 by ada 1')
})

test('a page of another user ends the one before: without the network their pages are gone', async ({
  origin,
  open,
}) => {
  const server = new Server(origin, '-of-users', 'ada')
  const page = await open()
  await keep(page, `${origin.url}/posts/1`)
  server.user = 'grace'
  await keep(page, `${origin.url}/posts/2`)
  await expect.poll(() => onDisk(page)).not.toContain('/posts/1 by ada')
  expect(await withoutNetwork(page, origin, '/posts/2')).toBe('/posts/2 by grace 1')
  expect(await withoutNetwork(page, origin, '/posts/1')).toContain('net::ERR_')
})

test('a document that is downloaded is not kept as a page', async ({ origin, open }) => {
  const server = new Server(origin, '-of-users', 'ada')
  const page = await open()
  server.fields = { 'content-disposition': 'attachment; filename="statement.html"' }
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.goto(`${origin.url}/posts/1`).catch(() => undefined),
  ])
  expect(await download.failure()).toBeNull()
  server.fields = {}
  await keep(page, `${origin.url}/posts/2`)
  expect(await onDisk(page)).not.toContain('/posts/1 by ada')
})

test('a page whose URL has a secret in it is not kept', async ({ origin, open }) => {
  new Server(origin, '-of-users', 'ada')
  const page = await open()
  for (const secret of ['token', 'ticket']) await load(page, `${origin.url}/posts/1?${secret}=very-secret`)
  await keep(page, `${origin.url}/posts/2?page=2`)
  expect(await onDisk(page)).not.toContain('very-secret')
  expect(await withoutNetwork(page, origin, '/posts/1?ticket=very-secret')).toContain('net::ERR_')
})
