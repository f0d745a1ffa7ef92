import type { ServerResponse } from 'node:http'
import type { Page } from '@playwright/test'
import { Backend, erased, kept, own } from './support/backend.ts'
import { bearer } from './support/bearer.ts'
import { SHELL } from './support/build.ts'
import { onDisk } from './support/disk.ts'
import { holdDatabase, putRecord } from './support/database.ts'
import type { ScriptedOrigin, UsersBy } from './support/scripted-origin.ts'
import { controlled, dropProfile, expect, launch, newProfile, read, stopWorkers, test } from './support/test.ts'

const say = (page: Page, user: string | null): Promise<void> =>
  page.evaluate((user) => window.layer.identify(user), user)

const signOut = (page: Page): Promise<unknown> => page.evaluate(() => window.layer.signOut())

/** A write to the session. Settles when the page has its answer, or hears that there is none. */
const session = (page: Page, init: Pick<RequestInit, 'method' | 'headers'>): Promise<string> =>
  page.evaluate((init) => fetch('/api/session', init).then(() => '', String), init)

/** A page of ada’s, who has been served from store. In `/named/` pages say so themselves whenever they are asked. */
async function adasPage(
  origin: ScriptedOrigin,
  open: (path?: string) => Promise<Page>,
  by: UsersBy = 'echo',
): Promise<{ readonly backend: Backend; readonly page: Page }> {
  const backend = new Backend(origin, by)
  const isNamed = by === 'words' || by === 'identify'
  const page = await open(isNamed ? '/named/1' : '/')
  if (isNamed) {
    await page.evaluate(() => localStorage.setItem('user', 'ada'))
    await say(page, 'ada')
  }
  await kept(page, '/api/own', by === 'tokens' ? bearer('ada') : {})
  return { backend, page }
}

for (const [when, rest] of [
  ['after the worker has rested', stopWorkers],
  ['after a reload', (page: Page) => page.reload().then(() => controlled(page))],
] as const) {
  for (const [what, by, leave] of [
    ['a page says that no user is signed in', 'words', (page: Page) => say(page, null)],
    ['a page says that another user is signed in', 'words', (page: Page) => say(page, 'grace')],
    ['the user of a token signs out', 'tokens', signOut],
    [
      'the user of a token signs out by a write',
      'tokens',
      (page: Page) => session(page, { method: 'DELETE', headers: bearer('ada') }),
    ],
  ] as const) {
    test(`${what} ${when}: nothing of the user before is on disk`, async ({ origin, open }) => {
      const { page } = await adasPage(origin, open, by)
      await rest(page)
      await leave(page)
      await erased(page)
    })
  }
}

test('a user who has left in the page alone: the next one’s token after a sign-in leaves nothing on disk, but two tabs keep two users', async ({
  origin,
  open,
}) => {
  const { page } = await adasPage(origin, open, 'tokens')
  const other = await open()
  await kept(other, '/api/own', bearer('ada'))
  await session(page, { method: 'POST', headers: {} })
  await stopWorkers(page)
  await kept(page, '/api/own', bearer('grace'))
  expect(await onDisk(page)).toContain('of ada')
  // The other tab shares the next token.
  expect(await own(other, '/api/own', bearer('grace'))).toContain('of grace')
  await erased(page)
  expect(await onDisk(page)).toContain('of grace')
})

test('a page’s own worker and its frame without a URL have the page’s user', async ({ origin, open }) => {
  const { page } = await adasPage(origin, open, 'words')
  const statuses = await page.evaluate(async () => {
    const script = `fetch('${location.origin}/api/own').then(({ headers }) => postMessage(headers.get('cache-status')))`
    const worker = new Worker(URL.createObjectURL(new Blob([script])))
    const byWorker = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)))
    const frame = document.createElement('iframe')
    frame.srcdoc = '<p>a frame</p>'
    const loaded = new Promise((resolve) => (frame.onload = resolve))
    document.body.append(frame)
    await loaded
    const byFrame = (await frame.contentWindow?.fetch('/api/own'))?.headers.get('cache-status')
    return [byWorker, byFrame]
  })
  for (const status of statuses) expect(status).toMatch(/^Freshlayer; hit/)
})

test('what a page’s own worker has read with a token is gone when the page signs out', async ({ origin, open }) => {
  new Backend(origin, 'tokens')
  origin.on('/reader.js', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(`onmessage = async ({ data: headers }) => {
      while (!(await fetch('/api/own', { headers })).headers.get('cache-status').includes('hit'));
      postMessage('read from store')
    }`)
  })
  const page = await open()
  await page.evaluate(async (headers) => {
    const reader = new Worker('/reader.js')
    reader.postMessage(headers)
    await new Promise((resolve) => reader.addEventListener('message', resolve))
  }, bearer('ada'))
  await signOut(page)
  await erased(page)
})

test('a page that was loaded past its worker can sign out, and invalidate', async ({ origin, open }) => {
  const { page: other } = await adasPage(origin, open)
  const page = await open()
  const cdp = await page.context().newCDPSession(page)
  const loaded = page.waitForEvent('load')
  await cdp.send('Page.reload', { ignoreCache: true })
  await loaded
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBe(null)
  // Registrations of one scope settle in their order: the page's client has its own by then.
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js').then(() => undefined))
  await page.evaluate(() => window.layer.invalidate({ all: true }))
  expect((await read(other, '/api/own')).headers['cache-status']).not.toContain('hit')
  await kept(other)
  await signOut(page)
  await erased(other)
})

test('a worker that waits for its disk says so, and the sign-out settles when nothing is served any more', async ({
  origin,
  open,
}) => {
  const { page } = await adasPage(origin, open)
  await kept(page)
  const release = await holdDatabase(page)
  const words = (): Promise<unknown[]> => page.evaluate(() => (window as unknown as { words: unknown[] }).words)
  await page.evaluate(() => {
    const words: unknown[] = ((window as unknown as { words: unknown[] }).words = [])
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => words.push(data)
    navigator.serviceWorker.controller?.postMessage({ ask: 'sign-out', force: false, freshlayer: 2 }, [port2])
  })
  await expect.poll(async () => (await words()).length).toBeGreaterThan(1)
  expect((await words())[0]).toEqual({ working: true })
  await release()
  await expect.poll(async () => (await words()).at(-1)).toEqual({ answer: { signedOut: true, unsent: 0 } })
})

for (const [event, by, user, begin, shown] of [
  ['a sign-in', 'echo', 'grace', (page: Page) => session(page, { method: 'POST' }), 'of grace'],
  ['a sign-in', 'identify', 'grace', (page: Page) => session(page, { method: 'POST' }), 'of grace'],
  ['a 401', 'echo', undefined, (page: Page) => own(page, '/api/own/2'), 'refused'],
] as const) {
  test(`after ${event} an answer without a name vouches for no user (users by ${by})`, async ({ origin, open }) => {
    const { backend, page } = await adasPage(origin, open, by)
    origin.json('/api/nameless', () => ({}), { 'cache-control': 'no-store' })
    origin.on(
      '/api/redirected',
      (_request, response) => void response.writeHead(302, { location: '/index.html' }).end(),
    )
    backend.user = user
    await begin(page)
    for (const path of ['/api/nameless', '/api/redirected']) expect((await read(page, path)).status).toBe(200)
    expect(await own(page)).toContain(shown)
  })
}

test('a 401 with an empty name costs no user the stored answer', async ({ origin, open }) => {
  const { backend, page } = await adasPage(origin, open)
  origin.on('/api/own/2', (_request, response) => void response.writeHead(401, { 'x-user': '' }).end())
  expect((await read(page, '/api/own/2')).status).toBe(401)
  const before = backend.requests()
  expect((await read(page, '/api/own')).headers['cache-status']).toContain('fwd=stale')
  expect(backend.requests()).toBe(before + 1)
})

for (const [how, ask] of [
  ['a write', (page: Page) => page.evaluate(() => fetch('/api/own/2', { method: 'POST' }).then((got) => got.status))],
  ['a read past the store', (page: Page) => read(page, '/api/own/2', { cache: 'no-store' }).then((got) => got.status)],
] as const) {
  test(`the answer to ${how} names another user: nothing of the one before is shown`, async ({ origin, open }) => {
    const { backend, page } = await adasPage(origin, open)
    backend.user = 'grace'
    expect(await ask(page)).toBe(200)
    expect(await own(page)).toContain('of grace')
    await erased(page)
  })

  test(`the answer to ${how} is 401: nothing is shown before a success`, async ({ origin, open }) => {
    const { backend, page } = await adasPage(origin, open)
    backend.user = undefined
    expect(await ask(page)).toBe(401)
    expect((await read(page, '/api/own')).status).toBe(401)
  })
}

test('what a read past the store was refused is not shown from store', async ({ origin, open }) => {
  const { backend, page } = await adasPage(origin, open)
  backend.status = 403
  expect((await read(page, '/api/own', { cache: 'no-store' })).status).toBe(403)
  expect((await read(page, '/api/own')).status).toBe(403)
})

test('a new worker finds a page out that says who its user was', async ({ origin, open }) => {
  const { backend, page } = await adasPage(origin, open, 'identify')
  await stopWorkers(page)
  backend.user = 'grace'
  const later = await open('/named/2')
  expect(await own(later, '/api/own/2')).toContain('of grace')
  await erased(later)
  expect(await own(later)).toContain('of grace')
  expect((await read(later, '/api/own/2')).headers['cache-status']).not.toContain('hit')
})

test('a tab that says who its user was keeps nothing of the next user for them', async ({ origin, open }) => {
  const { backend, page: outdated } = await adasPage(origin, open, 'identify')
  const page = await open('/named/2')
  await session(page, { method: 'DELETE' })
  await session(page, { method: 'POST' })
  backend.user = 'grace'
  await say(page, 'grace')
  await kept(page)
  await say(outdated, 'ada')
  for (let times = 0; times < 2; times++) expect(await own(outdated)).toContain('of grace')
  await outdated.close()
  backend.user = 'ada'
  const again = await open('/named/3')
  await say(again, 'ada')
  expect(await own(again)).toContain('of ada')
})

for (const [how, answer] of [
  ['breaks off', (response: ServerResponse) => response.destroy()],
  [
    'leads to another origin',
    (response: ServerResponse) => response.writeHead(302, { location: 'http://[::1]:1/' }).end(),
  ],
  ['is 401', (response: ServerResponse) => response.writeHead(401).end()],
] as const) {
  test(`signed out by a write whose answer ${how}: nothing is shown or on disk`, async ({ origin, open }) => {
    const { backend, page } = await adasPage(origin, open)
    origin.on('/api/session', (_request, response) => {
      backend.user = undefined
      answer(response)
    })
    await session(page, { method: 'DELETE' })
    expect(await own(page)).toContain('refused')
    await erased(page)
  })
}

test('page and worker end before a sign-out is answered: the next worker signs out', async ({ origin, open }) => {
  const { page } = await adasPage(origin, open)
  const other = await open()
  origin.on('/api/session', () => undefined)
  const asked = session(page, { method: 'DELETE' }).catch(() => 'gone')
  await expect.poll(() => origin.of('/api/session').length).toBe(1)
  await Promise.all([stopWorkers(other), page.close()])
  expect(await asked).toBe('gone')
  await origin.stop()
  expect(await own(other)).toContain('Failed to fetch')
  await erased(other)
})

test('signed in and out by forms with parts', async ({ origin, open }) => {
  const { backend, page } = await adasPage(origin, open)
  const send = (path: string): Promise<unknown> =>
    page.evaluate((path) => {
      const body = new FormData()
      body.set('name', 'value')
      return fetch(path, { method: 'POST', body }).then(({ status }) => status)
    }, path)
  await send('/api/session')
  backend.user = 'grace'
  expect(await own(page)).toContain('of grace')
  await kept(page)
  await send('/logout')
  await erased(page, 'of grace')
})

for (const reader of ['another tab', 'the page itself'] as const) {
  for (const [how, path, user, shown] of [
    ['in', '/api/session', 'grace', 'of grace'],
    ['out', '/logout', undefined, 'refused'],
  ] as const) {
    test(`signed ${how} by a slow page load while ${reader} reads: nothing is left`, async ({ origin, open }) => {
      const { backend, page } = await adasPage(origin, open)
      const other = await open()
      let release = (): void => undefined
      origin.on(path, (_request, response) => {
        release = () => {
          backend.user = user
          response.writeHead(200, { 'content-type': 'text/html' }).end(SHELL)
        }
      })
      await (reader === 'another tab' ? other : page).evaluate(() => {
        setInterval(() => void fetch('/api/own').catch(() => undefined), 50)
      })
      const requests = backend.requests()
      await page.evaluate((path) => {
        document.body.innerHTML = `<form method=post action=${path}></form>`
        document.forms[0]!.submit()
      }, path)
      // It counts already when it begins; then what is read comes from store once more.
      await expect.poll(() => backend.requests()).toBeGreaterThan(requests)
      const hits = (): Promise<number> =>
        other.evaluate(() => window.layer.stats().then((stats) => stats?.total.hits ?? NaN))
      const before = await hits()
      await expect.poll(hits).toBeGreaterThan(before)
      release()
      await page.waitForURL(`**${path}`)
      await controlled(page)
      expect(await own(other)).toContain(shown)
      await erased(other)
    })
  }
}

test('offline, a page that says that it has no user is shown nothing of another’s', async ({ origin, open }) => {
  await adasPage(origin, open, 'words')
  const other = await open()
  await say(other, null)
  await origin.stop()
  expect(await own(other)).toContain('Failed to fetch')
})

test('a page that was taken for the last user signs out: nothing is on disk', async ({ origin, open }) => {
  const { page: first } = await adasPage(origin, open)
  await first.close()
  const page = await open()
  await stopWorkers(page)
  await page.evaluate(() => fetch('/api/public/1'))
  // The next worker has forgotten the page that is closed.
  await erased(page, 'client ')
  origin.on('/api/own', (_request, response) => void response.destroy())
  expect(await own(page)).toContain('of ada')
  await signOut(page)
  await erased(page)
})

for (const [tab, leave] of [
  ['an open tab', () => undefined],
  ['a closed tab', (page: Page) => page.close()],
] as const) {
  test(`the first answer to a new tab names another user than ${tab} had: theirs is gone`, async ({ origin, open }) => {
    const { backend, page } = await adasPage(origin, open)
    await leave(page)
    backend.user = 'grace'
    const other = await open()
    expect(await own(other)).toContain('of grace')
    await erased(other)
    if (!page.isClosed()) expect(await own(page)).toContain('of grace')
  })
}

for (const by of ['echo', 'words'] as const) {
  test(`a page back from the back-forward cache hears that its user is gone (users by ${by})`, async ({ origin }) => {
    const profile = newProfile()
    const context = await launch(profile, ['--disable-back-forward-cache'])
    const open = async (path = '/', page?: Page): Promise<Page> => {
      const opened = page ?? (await context.newPage())
      await opened.goto(origin.url + path)
      await controlled(opened)
      return opened
    }
    const { backend, page } = await adasPage(origin, open, by)
    await page.evaluate(() => void (document.body.dataset['mark'] = 'here'))
    await open('/named/2', page)
    const other = await open('/named/3')
    await kept(other)
    await other.evaluate(() => localStorage.removeItem('user'))
    await signOut(other)
    backend.user = undefined
    await page.evaluate(() => history.back()).catch(() => undefined)
    const heard = (): Promise<string | undefined> =>
      page.evaluate(() => document.body.dataset['mark'] + window.heard.map(({ kind }) => kind).join(' '))
    await expect.poll(() => heard().catch(() => 'on the way')).toMatch(/^here.*(removed|reset)/)
    await context.close()
    dropProfile(profile)
  })
}

test('each page is told of its own user’s changes and of no other’s, though its worker has rested since it read', async ({
  origin,
  open,
}) => {
  new Backend(origin, 'tokens')
  let version = 1
  origin.on('/api/own/7', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`${version}`)
  })
  const [showing, reading, graces] = [await open(), await open(), await open()]
  await kept(reading, '/api/own/7', bearer('ada'))
  await kept(showing, '/api/own/7', bearer('ada'))
  await kept(graces, '/api/own', bearer('grace'))
  await stopWorkers(reading)
  version = 2
  await read(reading, '/api/own/7', { headers: bearer('ada'), cache: 'no-cache' })
  const changed = { kind: 'changed', urls: [`${origin.url}/api/own/7`], tags: [], all: false, cause: 'response' }
  await expect.poll(() => showing.evaluate(() => window.heard)).toContainEqual(changed)
  // Whatever was told before this one has come by then.
  await reading.evaluate(() => window.layer.invalidate({ tags: ['everyone’s'] }))
  await expect.poll(() => graces.evaluate(() => window.heard.at(-1)?.tags)).toEqual(['everyone’s'])
  expect(JSON.stringify(await graces.evaluate(() => window.heard))).not.toContain('own/7')
})

for (const kind of ['sign-in', 'sign-out'] as const) {
  test(`a ${kind} that was cut short with its worker fails no read of the next worker`, async ({ origin, open }) => {
    const { page } = await adasPage(origin, open)
    await stopWorkers(page)
    await putRecord(page, '!session 1', { kind: 'session', id: '1', session: kind })
    const answers = await page.evaluate(() =>
      Promise.all([1, 2, 3].map(() => fetch('/api/own').then(({ status }) => status, String))),
    )
    expect(answers).toEqual([200, 200, 200])
    await expect
      .poll(() => page.evaluate(async () => (await window.inDatabase((store) => store.count('!session 1'))).result))
      .toBe(0)
  })
}

test('a user who has signed out is not served by the worker that starts before the bytes are gone', async ({
  origin,
  open,
}) => {
  const { page } = await adasPage(origin, open, 'words')
  await signOut(page)
  await stopWorkers(page)
  await say(page, 'ada')
  const { headers } = await read(page, '/api/own')
  expect(headers['cache-status']).not.toContain('; hit')
})
