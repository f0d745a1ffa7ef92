import type { Page } from '@playwright/test'
import { bearer } from './support/bearer.ts'
import { Backend, erased, kept, own } from './support/backend.ts'
import { onDisk } from './support/disk.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, stopWorkers, test } from './support/test.ts'

/** An answer for ada that the backend holds back: one function for each request that waits, which lets it go. */
function heldBack(origin: ScriptedOrigin): readonly (() => void)[] {
  const answers: (() => void)[] = []
  origin.on('/api/slow', (_request, response) => {
    answers.push(() => response.writeHead(200, { 'x-user': 'ada', 'content-type': 'text/plain' }).end('slow of ada'))
  })
  return answers
}

const askSlow = (page: Page): Promise<string> =>
  page.evaluate(() => fetch('/api/slow').then((response) => response.text(), String))

test('a new page’s first read says whose it is; from then on its user is served from store', async ({
  origin,
  open,
}) => {
  const backend = new Backend(origin)
  const first = await open()
  await kept(first)
  const second = await open()
  const before = backend.requests()
  const statuses = await second.evaluate(() =>
    Promise.all(
      [1, 2, 3].map(() => fetch('/api/own').then((response) => response.headers.get('cache-status')?.split('; ')[1])),
    ),
  )
  expect(statuses.filter((status) => status === 'hit')).toHaveLength(2)
  expect(backend.requests()).toBe(before + 1)
})

test('another user behind the page’s back: the first one’s data is shown no more, and gone from disk', async ({
  origin,
  open,
}) => {
  const backend = new Backend(origin)
  const page = await open()
  await kept(page)
  await kept(page, '/api/large')
  backend.user = 'grace'
  // What is fresh is still Ada's to this page; the first answer from the network shows that she has left.
  expect(await own(page, '/api/own/2')).toContain('of grace')
  expect(await own(page)).toContain('of grace')
  await erased(page)
  await kept(page)
  expect(await own(page)).toContain('of grace')
})

test('another user whose answer has the same tag: the page gets that answer, not a 304 that it never asked for', async ({
  origin,
  open,
}) => {
  const backend = new Backend(origin)
  origin.on('/api/own', (request, response) => {
    const fields = { 'content-type': 'application/json', 'x-user': backend.user, etag: '"same"' }
    if (request.headers['if-none-match'] === '"same"') return void response.writeHead(304, fields).end()
    response.writeHead(200, fields).end(JSON.stringify({ secret: `of ${backend.user}` }))
  })
  const page = await open()
  await kept(page)
  backend.user = 'grace'
  const { status, text } = await read(page, '/api/own', { cache: 'no-cache' })
  expect([status, text]).toEqual([200, '{"secret":"of grace"}'])
  expect(await onDisk(page)).not.toContain('of ada')
})

test('a 401 costs no user the stored answer, but nothing is shown until the origin has answered with success', async ({
  origin,
  open,
}) => {
  const backend = new Backend(origin)
  const page = await open()
  await kept(page)
  backend.status = 401
  expect((await read(page, '/api/own/2')).status).toBe(401)
  expect((await read(page, '/api/own')).status).toBe(401)
  expect(await onDisk(page)).toContain('of ada')
  backend.status = 200
  const validated = await read(page, '/api/own')
  expect(validated.headers['cache-status']).toContain('fwd=stale')
  await kept(page)
})

for (const [how, leave] of [
  ['a write that the rules name', (page: Page) => page.evaluate(() => fetch('/api/session', { method: 'DELETE' }))],
  ['signOut()', (page: Page) => page.evaluate(() => window.layer.signOut())],
  ['a link', (page: Page) => page.goto(new URL('/logout', page.url()).href)],
  [
    'a form',
    (page: Page) =>
      page.evaluate(() => {
        document.body.innerHTML = '<form method=post action=/logout></form>'
        document.forms[0]!.submit()
      }),
  ],
] as const) {
  test(`signed out by ${how}: nothing of the user is on disk, and other tabs hear of it`, async ({ origin, open }) => {
    const backend = new Backend(origin)
    const [page, other] = [await open(), await open()]
    await kept(page)
    await kept(page, '/api/large')
    await own(other)
    await leave(page)
    backend.user = undefined
    await erased(other)
    await expect
      .poll(() => other.evaluate(() => window.heard.some(({ kind, urls }) => kind === 'removed' && urls[0] === '*')))
      .toBe(true)
    expect((await read(other, '/api/own')).status).toBe(401)
  })
}

test('what was asked before a sign-out is neither shown nor stored after it', async ({ origin, open }) => {
  new Backend(origin)
  const answers = heldBack(origin)
  const page = await open()
  await kept(page)
  const slow = askSlow(page)
  await expect.poll(() => answers.length).toBe(1)
  await page.evaluate(() => window.layer.signOut())
  answers[0]?.()
  expect(await slow).toContain('Failed to fetch')
  expect(await onDisk(page)).not.toContain('slow of ada')
})

test('what was asked before a sign-out that another worker of the app has heard of is not shown after it', async ({
  origin,
  open,
}) => {
  new Backend(origin)
  const answers = heldBack(origin)
  const [page, other] = [await open(), await open('/sub/1')]
  await kept(page)
  await kept(other)
  const slow = askSlow(other)
  await expect.poll(() => answers.length).toBe(1)
  await page.evaluate(() => window.layer.signOut())
  await expect.poll(() => other.evaluate(() => window.heard.some(({ urls }) => urls[0] === '*'))).toBe(true)
  answers[0]?.()
  expect(await slow).toContain('Failed to fetch')
  expect(await onDisk(page)).not.toContain('slow of ada')
})

test('a read that waited for another while its user signed out is not sent any more', async ({ origin, open }) => {
  new Backend(origin)
  const answers = heldBack(origin)
  const page = await open()
  await kept(page)
  const slow = Promise.all([askSlow(page), askSlow(page)])
  await expect.poll(() => answers.length).toBe(1)
  await page.evaluate(() => window.layer.signOut())
  answers[0]?.()
  expect(await slow).toEqual([expect.stringContaining('Failed to fetch'), expect.stringContaining('Failed to fetch')])
  expect(answers).toHaveLength(1)
  expect(await onDisk(page)).not.toContain('slow of ada')
})

test('what was asked before a sign-out is not stored in a database that was made anew since', async ({
  origin,
  open,
}) => {
  new Backend(origin)
  const answers = heldBack(origin)
  const page = await open()
  await kept(page)
  const slow = askSlow(page)
  await expect.poll(() => answers.length).toBe(1)
  await page.evaluate(() => window.layer.signOut())
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const deleting = indexedDB.deleteDatabase('freshlayer-cache-v1 /')
        deleting.onsuccess = deleting.onerror = resolve
      }),
  )
  answers[0]?.()
  expect(await slow).toContain('Failed to fetch')
  // What is asked from now on is stored after it.
  await kept(page)
  expect(await onDisk(page)).not.toContain('slow of ada')
})

test('after a sign-in nothing is shown before the origin has said who it is', async ({ origin, open }) => {
  const backend = new Backend(origin)
  const page = await open()
  await kept(page)
  const before = backend.requests()
  await page.evaluate(() => fetch('/api/session', { method: 'POST' }))
  backend.user = 'grace'
  expect(await own(page)).toContain('of grace')
  expect(backend.requests()).toBe(before + 1)
})

test('an answer that was asked for before a sign-in says nothing about who came after', async ({ origin, open }) => {
  const backend = new Backend(origin)
  const answers = heldBack(origin)
  const page = await open()
  await kept(page)
  const slow = askSlow(page)
  await expect.poll(() => answers.length).toBe(1)
  await page.evaluate(() => fetch('/api/session', { method: 'POST' }))
  backend.user = 'grace'
  answers[0]?.()
  expect(await slow).toContain('Failed to fetch')
  expect(await own(page)).toContain('of grace')
})

test('two tabs with two tokens at once: each has its own, from store as well', async ({ origin, open }) => {
  new Backend(origin)
  const [ada, grace] = [await open(), await open()]
  const as = (page: Page, user: string) => own(page, '/api/own', { authorization: `Bearer ${user}` })
  for (let round = 0; round < 3; round++) {
    expect(await Promise.all([as(ada, 'ada'), as(grace, 'grace')])).toEqual([
      expect.stringContaining('of ada'),
      expect.stringContaining('of grace'),
    ])
  }
})

test('offline, a new page is taken for the last user where the rules say so, after a restart of the worker too', async ({
  origin,
  open,
}) => {
  const backend = new Backend(origin)
  const page = await open()
  await kept(page)
  const later = await open()
  await stopWorkers(page)
  origin.on('/api/own', (request) => void request.socket.destroy())
  expect(await own(later)).toContain('of ada')
  expect(backend.requests()).toBeGreaterThan(0)
})

test('an answer that varies on Authorization is kept for its user, and the token is not (I5)', async ({
  origin,
  open,
}) => {
  origin.withUsers()
  origin.on('/api/varying', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', vary: 'Authorization' }).end('of ada')
  })
  const page = await open()
  const status = (): Promise<string | undefined> =>
    read(page, '/api/varying', { headers: { authorization: 'Bearer a.very-secret.token' } }).then(
      ({ headers }) => headers['cache-status'],
    )
  await expect.poll(status).toContain('Freshlayer; hit')
  const disk = await onDisk(page)
  expect(disk).toContain('of ada')
  expect(disk).not.toContain('very-secret')
})

test('a worker that was stopped asks the page for its token, and never asks the origin without', async ({
  origin,
  open,
}) => {
  const backend = new Backend(origin, 'tokens')
  const page = await open()
  const refresh = (): Promise<unknown> => page.evaluate(() => window.layer.refresh('/api/own'))
  await kept(page, '/api/own', bearer('ada'))
  await stopWorkers(page)
  const before = backend.requests()
  expect(await refresh()).toEqual({ outcome: 'kept' })
  expect(backend.requests()).toBe(before)
  await page.evaluate((token) => localStorage.setItem('authorization', token), bearer('ada').authorization ?? '')
  expect(await refresh()).toEqual({ outcome: 'unchanged' })
  expect(origin.of('/api/own').at(-1)?.headers.authorization).toBe(bearer('ada').authorization)
})

test('a token in a field of its own chooses the answer, goes to the origin as it is, and is not kept (I5)', async ({
  origin,
  open,
}) => {
  origin.withUsers()
  origin.on('/api/varying', (request, response) => {
    const text = `of ada, ${request.headers['x-auth-token'] === 'very-secret' ? 'one' : 'other'}`
    response.writeHead(200, { 'content-type': 'text/plain', vary: 'X-Auth-Token', 'x-user': 'ada' }).end(text)
  })
  const page = await open()
  const refresh = (): Promise<unknown> => page.evaluate(() => window.layer.refresh('/api/varying'))
  const one = { 'x-auth-token': 'very-secret' }
  await kept(page, '/api/varying', one)
  expect(await refresh()).toEqual({ outcome: 'unchanged' })
  expect(await own(page, '/api/varying', { 'x-auth-token': 'not-known' })).toBe('of ada, other')
  await expect.poll(() => onDisk(page)).toContain('of ada, other')
  for (const token of ['very-secret', 'not-known']) expect(await onDisk(page)).not.toContain(token)
  await stopWorkers(page)
  const before = origin.of('/api/varying').length
  // No page has said the token to this worker yet.
  expect(await refresh()).toEqual({ outcome: 'kept' })
  expect(origin.of('/api/varying')).toHaveLength(before)
  const { text, headers } = await read(page, '/api/varying', { headers: one })
  expect(text).toBe('of ada, one')
  expect(headers['cache-status']).toContain('Freshlayer; hit')
  const tokens = origin.of('/api/varying').map((request) => request.headers['x-auth-token'])
  expect(new Set(tokens)).toEqual(new Set(['very-secret', 'not-known']))
})
