import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Page } from '@playwright/test'
import { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, stopWorkers, test } from './support/test.ts'

const HTML = { 'content-type': 'text/html', 'cache-control': 'no-cache' }

/** A document that says its title. */
const titled = (title: string, body = ''): string => `<!doctype html><title>${title}</title>${body}`

/** Answers paths with documents that have the path as their title. */
function documents(origin: ScriptedOrigin, paths: readonly string[], { status = 200, body = '', headers = {} } = {}) {
  for (const path of paths) {
    origin.on(path, (_request, response) => {
      response.writeHead(status, { ...HTML, ...headers }).end(titled(path, body))
    })
  }
}

const redirect = (origin: ScriptedOrigin, path: string, location: string, status = 302): void =>
  origin.on(path, (_request, response) => void response.writeHead(status, { location }).end())

/** The document that a page shows, and how the browser came to it. */
const shown = (page: Page): Promise<object> =>
  page.evaluate(() => {
    const [timing] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    const { href: url } = location
    const { responseStatus, redirectCount, type } = timing ?? {}
    return { url, title: document.title, responseStatus, redirectCount, type, entries: history.length }
  })

interface Way<T> {
  /** What the steps gave. */
  readonly came: T
  /** What the origin received meanwhile of what is asked by steps: method and path. */
  readonly asked: string[]
}

/** The same steps in two new pages: one under the worker, and one that the browser keeps from every worker. */
async function bothWays<T>(
  origin: ScriptedOrigin,
  open: () => Promise<Page>,
  steps: (page: Page) => Promise<T>,
): Promise<{ readonly under: Way<T>; readonly without: Way<T> }> {
  const walk = async (page: Page): Promise<Way<T>> => {
    const from = origin.received.length
    const came = await steps(page)
    const asked = origin.received.slice(from).map(({ method, path }) => `${method} ${path}`)
    return { came, asked: asked.filter((line) => !/ \/(sw\.js|page\.js|favicon\.ico|index\.html)$/.test(line)) }
  }
  const controlled = await open()
  const under = await walk(controlled)
  const free = await controlled.context().newPage()
  const cdp = await free.context().newCDPSession(free)
  await cdp.send('Network.enable')
  await cdp.send('Network.setBypassServiceWorker', { bypass: true })
  await free.goto(origin.url)
  expect(await free.evaluate(() => navigator.serviceWorker.controller)).toBeNull()
  const without = await walk(free)
  await free.close()
  return { under, without }
}

/** Sends a form of the page. */
const submit = (page: Page, path: string): Promise<void> =>
  page.evaluate((path) => {
    const form = document.createElement('form')
    form.method = 'POST'
    form.action = path
    document.body.append(form)
    form.submit()
  }, path)

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

test('a page load that is none of the shell’s business fails, and nothing stored is shown', async ({
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
    await expect(page.goto(origin.url + path), path).rejects.toThrow('net::ERR_')
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
  await submit(page, '/submit')
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
  await page.evaluate(() => caches.delete('freshlayer-precache-v1 /'))
  expect(await status({})).toBeNull()
})

test('a chain of redirects ends where it ends without a worker, and each of its URLs is asked for once', async ({
  origin,
  open,
}) => {
  origin.withShell()
  redirect(origin, '/one', '/two?kept=1')
  redirect(origin, '/two', '/three?kept=2', 307)
  documents(origin, ['/three'])
  const { under, without } = await bothWays(origin, open, async (page) => {
    const response = await page.goto(`${origin.url}/one`)
    return { status: response?.status(), ...(await shown(page)) }
  })
  expect(under.came).toMatchObject({
    status: 200,
    url: `${origin.url}/three?kept=2`,
    title: '/three',
    redirectCount: 2,
  })
  expect(under.asked).toEqual(['GET /one', 'GET /two?kept=1', 'GET /three?kept=2'])
  expect(under).toEqual(without)
})

test('a redirect to another origin leads there, with nothing of the worker on the way', async ({ origin, open }) => {
  origin.withShell()
  const other = new ScriptedOrigin()
  await other.start()
  documents(other, ['/arrived'])
  redirect(origin, '/away', '/further')
  redirect(origin, '/further', `${other.url}/arrived`)
  const { under, without } = await bothWays(origin, open, async (page) => {
    const response = await page.goto(`${origin.url}/away`)
    return { status: response?.status(), ...(await shown(page)) }
  })
  expect(under.came).toMatchObject({ status: 200, url: `${other.url}/arrived`, title: '/arrived' })
  expect(under.asked).toEqual(['GET /away', 'GET /further'])
  expect(under).toEqual(without)
  expect(other.of('/arrived').map(({ headers }) => headers['service-worker-navigation-preload'])).toEqual([
    undefined,
    undefined,
  ])
  await other.stop()
})

test('a form that is posted and answered with 303 is sent once, and what it leads to is asked for once', async ({
  origin,
  open,
}) => {
  origin.withShell()
  redirect(origin, '/submit', '/done', 303)
  documents(origin, ['/done'])
  const { under, without } = await bothWays(origin, open, async (page) => {
    await submit(page, '/submit')
    await expect.poll(() => page.title()).toBe('/done')
    return shown(page)
  })
  expect(under.came).toMatchObject({ url: `${origin.url}/done`, responseStatus: 200, redirectCount: 1 })
  expect(under.asked).toEqual(['POST /submit', 'GET /done'])
  expect(under).toEqual(without)
})

test('a form that is posted with the origin away fails as without a worker, and is not sent later either', async ({
  origin,
  open,
}) => {
  origin.withShell()
  documents(origin, ['/form'])
  redirect(origin, '/submit', '/form', 303)
  const { under, without } = await bothWays(origin, open, async (page) => {
    await page.goto(`${origin.url}/form`)
    await origin.stop()
    const [failed] = await Promise.all([
      page.waitForEvent('requestfailed', (request) => request.isNavigationRequest()),
      submit(page, '/submit'),
    ])
    await expect.poll(() => page.url()).toBe('chrome-error://chromewebdata/')
    await origin.start()
    await expect.poll(() => page.goto(`${origin.url}/form`).then(Boolean, () => false)).toBe(true)
    return { method: failed.method(), error: failed.failure()?.errorText }
  })
  expect(under.came).toEqual({ method: 'POST', error: 'net::ERR_CONNECTION_REFUSED' })
  expect(new Set(under.asked)).toEqual(new Set(['GET /form']))
  expect(under.came).toEqual(without.came)
})

test('a form that is posted to a broken gateway shows its answer, not the shell, and is sent once', async ({
  origin,
  open,
}) => {
  origin.withShell()
  documents(origin, ['/submit'], { status: 503 })
  const { under, without } = await bothWays(origin, open, async (page) => {
    await submit(page, '/submit')
    await expect.poll(() => page.title()).toBe('/submit')
    return shown(page)
  })
  expect(under.came).toMatchObject({ url: `${origin.url}/submit`, responseStatus: 503 })
  expect(under.asked).toEqual(['POST /submit'])
  expect(under).toEqual(without)
})

test('a download brings its bytes and no page, by its link as by its answer; with the origin away it fails', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const bytes = Array.from({ length: 20_000 }, (_, line) => `${line},a line of the report\n`).join('')
  origin.on('/export', (_request, response) => void response.writeHead(200, { 'content-type': 'text/csv' }).end(bytes))
  const disposition = { 'content-type': 'text/html', 'content-disposition': 'attachment; filename="named.html"' }
  origin.on('/attached', (_request, response) => void response.writeHead(200, disposition).end(bytes))
  const links = '<a id=link href=/export download=linked.csv>link</a><a id=answer href=/attached>answer</a>'
  documents(origin, ['/links'], { body: links })
  const { under, without } = await bothWays(origin, open, async (page) => {
    await page.goto(`${origin.url}/links`)
    const downloaded = async (link: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(link)])
      const failure = await download.failure()
      const text = failure === null ? readFileSync(await download.path(), 'utf8') : undefined
      return { name: download.suggestedFilename(), isWhole: text === bytes, failure, page: await page.title() }
    }
    const online = [await downloaded('#link'), await downloaded('#answer')]
    await origin.stop()
    const away = await downloaded('#link')
    await origin.start()
    return { online, away }
  })
  expect(under.came).toMatchObject({
    online: [
      { name: 'linked.csv', isWhole: true, failure: null, page: '/links' },
      { name: 'named.html', isWhole: true, failure: null, page: '/links' },
    ],
    away: { isWhole: false, page: '/links' },
  })
  expect(under.came.away.failure).not.toBeNull()
  expect(under.asked).toEqual(['GET /links', 'GET /export', 'GET /attached'])
  expect(under).toEqual(without)
})

test('a hard reload is the network’s alone, and the next reload is the worker’s again', async ({ origin, open }) => {
  origin.withShell()
  let value = 1
  origin.json('/api/fresh/1', () => ({ value }))
  const page = await open()
  const isControlled = (): Promise<boolean> => page.evaluate(() => navigator.serviceWorker.controller !== null)
  await read(page, '/api/fresh/1')
  await expect.poll(async () => (await read(page, '/api/fresh/1')).headers['cache-status']).toContain('; hit')
  const asked = origin.of('/api/fresh/1').length
  value = 2

  const byWorker: string[] = []
  page.on('response', (response) => response.fromServiceWorker() && byWorker.push(response.url()))
  const cdp = await page.context().newCDPSession(page)
  const loaded = page.waitForEvent('load')
  await cdp.send('Page.reload', { ignoreCache: true })
  await loaded
  expect(await isControlled()).toBe(false)
  const past = await read(page, '/api/fresh/1')
  expect(past.text).toBe('{"value":2}')
  expect(past.headers).not.toHaveProperty('cache-status')
  expect((await read(page, '/index.html')).headers).not.toHaveProperty('cache-status')
  expect(byWorker).toEqual([])
  expect(origin.of('/api/fresh/1').length).toBe(asked + 1)

  await page.reload()
  expect(await isControlled()).toBe(true)
  expect((await read(page, '/api/fresh/1')).headers['cache-status']).toContain('Freshlayer; fwd=request')
  expect(byWorker).toContain(`${origin.url}/`)
  expect(origin.of('/api/fresh/1').length).toBe(asked + 2)
})

test('back and forward show what they show without a worker, and ask for what they ask for', async ({
  origin,
  open,
}) => {
  origin.withShell()
  documents(origin, ['/kept', '/other'])
  documents(origin, ['/unkept'], { headers: { 'cache-control': 'no-store' } })
  const { under, without } = await bothWays(origin, open, async (page) => {
    for (const path of ['/kept', '/unkept', '/other']) await page.goto(origin.url + path)
    const seen = []
    for (const go of ['goBack', 'goBack', 'goForward', 'goForward'] as const) {
      const response = await page[go]()
      seen.push({ status: response?.status(), ...(await shown(page)) })
    }
    return seen
  })
  expect(under.came.map((each) => ('title' in each ? each.title : ''))).toEqual([
    '/unkept',
    '/kept',
    '/unkept',
    '/other',
  ])
  expect(under.asked.filter((line) => line === 'GET /unkept')).toHaveLength(3)
  expect(under).toEqual(without)
})

test('a page is asked for once, and by the browser while the worker starts', async ({ origin, open }) => {
  origin.withShell()
  documents(origin, ['/running', '/stopped'])
  const page = await open()
  await page.goto(`${origin.url}/running`)
  await stopWorkers(page)
  const response = await page.goto(`${origin.url}/stopped`)
  expect(response?.fromServiceWorker()).toBe(true)
  for (const path of ['/running', '/stopped']) {
    const preloads = origin.of(path).map(({ headers }) => headers['service-worker-navigation-preload'])
    expect(preloads, path).toEqual(['true'])
  }
})

test('a page load that is none of the shell’s business is asked for once, as without a worker', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const paths = ['/start', '/welcome', '/api/page', '/auth/callback', '/.well-known/page', '/page.php', '/admin/page']
  documents(origin, paths)
  const loads = [...paths.slice(2), '/start?code=abc&state=xyz', '/welcome?SAMLResponse=abc']
  const { under, without } = await bothWays(origin, open, async (page) => {
    const seen = []
    for (const path of loads) {
      const response = await page.goto(origin.url + path)
      seen.push({ status: response?.status(), ...(await shown(page)) })
    }
    return seen
  })
  expect(under.asked).toEqual(loads.map((path) => `GET ${path}`))
  expect(under).toEqual(without)
})

test('a page that comes slowly is shown as it comes: the shell replaces none whose answer has begun', async ({
  origin,
  open,
}) => {
  origin.withShell()
  let finish = (): void => undefined
  origin.on('/streamed', (_request, response: ServerResponse) => {
    response.writeHead(200, HTML).write(titled('streamed', `<p id=first>first${' '.repeat(2000)}`))
    finish = () => void response.end('<p id=last>last')
  })
  origin.on('/hanging', () => undefined)
  const [page, other] = [await open(), await open()]
  await page.goto(`${origin.url}/streamed`, { waitUntil: 'commit' })
  await expect(page.locator('#first')).toBeAttached()
  // One that began later and has no answer has run out of time.
  await other.goto(`${origin.url}/hanging`)
  expect(await other.title()).toBe('shell')
  expect(await page.title()).toBe('streamed')
  finish()
  await expect(page.locator('#last')).toHaveText('last')
  expect(await page.title()).toBe('streamed')
  expect(origin.of('/streamed')).toHaveLength(1)
})

test('502, 503 and 504 count as away where a shell is stored, and are handed through where none is', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const away = [502, 503, 504] as const
  for (const status of away) documents(origin, [`/broken/${status}`], { status })
  const page = await open()
  for (const status of away) {
    const response = await page.goto(`${origin.url}/broken/${status}`)
    expect(response?.headers()['cache-status']).toBe('Freshlayer; fwd=stale; detail=shell')
    expect(await page.title()).toBe('shell')
    expect(origin.of(`/broken/${status}`)).toHaveLength(1)
  }
  await page.evaluate(() => caches.delete('freshlayer-precache-v1 /'))
  const { under, without } = await bothWays(origin, open, async (page) => {
    const seen = []
    for (const status of away) {
      const response = await page.goto(`${origin.url}/broken/${status}`)
      seen.push({ status: response?.status(), ...(await shown(page)) })
    }
    return seen
  })
  expect(under.came).toMatchObject(away.map((status) => ({ status, title: `/broken/${status}` })))
  expect(under.asked).toEqual(away.map((status) => `GET /broken/${status}`))
  expect(under).toEqual(without)
})

test('any other answer of the origin is the page, as it is without a worker', async ({ origin, open }) => {
  origin.withShell()
  const statuses = [203, 401, 403, 404, 410, 429, 500, 501, 505, 599]
  for (const status of statuses) documents(origin, [`/answer/${status}`], { status })
  origin.on('/answer/204', (_request, response) => void response.writeHead(204).end())
  const { under, without } = await bothWays(origin, open, async (page) => {
    const seen = []
    for (const status of statuses) {
      const response = await page.goto(`${origin.url}/answer/${status}`)
      seen.push({ status: response?.status(), ...(await shown(page)) })
    }
    // No content: the page stays.
    await expect(page.goto(`${origin.url}/answer/204`)).rejects.toThrow('ERR_ABORTED')
    return [...seen, await shown(page)]
  })
  expect(under.came).toMatchObject(
    [...statuses, 599].map((status) => ({ title: `/answer/${status}`, responseStatus: status })),
  )
  expect(under.asked).toEqual([...statuses, 204].map((status) => `GET /answer/${status}`))
  expect(under).toEqual(without)
})

test('a document in a frame is asked for once, and one that may not be framed is not', async ({ origin, open }) => {
  origin.withShell()
  const other = new ScriptedOrigin()
  await other.start()
  documents(other, ['/foreign'])
  documents(origin, ['/framed'])
  documents(origin, ['/refused'], { headers: { 'x-frame-options': 'DENY' } })
  redirect(origin, '/moved', '/framed')
  const sources = ['/framed', '/moved', '/refused', `${other.url}/foreign`]
  const body = sources.map((source) => `<iframe src="${source}"></iframe>`).join('')
  documents(origin, ['/frames'], { body })
  const { under, without } = await bothWays(origin, open, async (page) => {
    await page.goto(`${origin.url}/frames`)
    return Promise.all(
      page
        .mainFrame()
        .childFrames()
        .map(async (frame) => ({ url: frame.url(), title: await frame.title() })),
    )
  })
  expect(under.came).toMatchObject([
    { url: `${origin.url}/framed`, title: '/framed' },
    { url: `${origin.url}/framed`, title: '/framed' },
    { url: 'chrome-error://chromewebdata/' },
    { url: `${other.url}/foreign`, title: '/foreign' },
  ])
  expect(under.asked.toSorted()).toEqual(['GET /framed', 'GET /framed', 'GET /frames', 'GET /moved', 'GET /refused'])
  expect({ ...under, asked: under.asked.toSorted() }).toEqual({ ...without, asked: without.asked.toSorted() })
  expect(other.of('/foreign')).toHaveLength(2)
  await other.stop()
})
