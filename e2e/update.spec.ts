import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { requireChromium } from '../tools/upkeep/find-chromium.ts'
import { SHELL } from './support/build.ts'
import { BUILDS, BUILT } from './support/workers.ts'
import { putRecord } from './support/database.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { dropProfile, expect, newProfile, read, stopWorkers, test } from './support/test.ts'

const [[FIRST, OLD_FILE], [SECOND, NEW_FILE]] = BUILDS

/** The server has this build, and no file of another. */
function deploy(origin: ScriptedOrigin, build: typeof FIRST | typeof SECOND): void {
  origin.script = readFileSync(`${BUILT}${build}.js`, 'utf8')
  for (const [name, asset] of BUILDS) {
    origin.on(asset, (_request, response) => {
      const isThere = name === build
      response.writeHead(isThere ? 200 : 404, { 'content-type': isThere ? 'text/javascript' : 'text/plain' })
      response.end(isThere ? `export const name = '${name}'` : 'gone')
    })
  }
}

/** Finds the newer worker, and waits until it waits. */
async function found(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update()
  })
  await expect.poll(() => page.evaluate(() => window.layer.state.updateReady)).toBe(true)
}

/** Begins an update from this page; whether it has settled is in `window.updated`. */
const begin = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const changed = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
    void window.layer.applyUpdate().then(() => changed.then(() => (document.title = 'updated')))
  })

const isWaiting = (page: Page): Promise<boolean> =>
  page.evaluate(() => navigator.serviceWorker.ready.then(({ waiting }) => waiting !== null))

/** Whether the page is still the one that was opened. */
const mark = (page: Page): Promise<void> => page.evaluate(() => void (document.body.dataset['mark'] = 'here'))
const isMarked = (page: Page): Promise<boolean> => page.evaluate(() => document.body.dataset['mark'] === 'here')

const importsFile = (page: Page, path: string): Promise<string> =>
  page.evaluate((path) => import(path).then(({ name }) => String(name), String), path)

/** Settles when a worker that has just started has had time for itself: an entry of no row is gone then. */
async function tidied(page: Page): Promise<void> {
  await stopWorkers(page)
  const garbage = 'everyone\nindex\nof no row'
  await putRecord(page, garbage, {})
  await read(page, '/api/fresh/1')
  await expect
    .poll(() => page.evaluate(async (key) => (await window.inDatabase((store) => store.count(key))).result, garbage))
    .toBe(0)
}

test('a newer worker waits for the tabs in sight to agree, and nothing is reloaded', async ({ origin, open }) => {
  deploy(origin, FIRST)
  const [asking, other] = [await open(), await open()]
  for (const page of [asking, other]) await mark(page)
  await other.evaluate(() => void (window.agrees = false))
  deploy(origin, SECOND)
  await found(asking)
  const refused = asking.evaluate(() =>
    window.layer.applyUpdate({ signal: AbortSignal.timeout(1500) }).then(
      () => 'applied',
      (error: unknown) => (error instanceof Error ? error.name : ''),
    ),
  )
  expect(await refused).toBe('TimeoutError')
  expect(await isWaiting(asking)).toBe(true)
  await begin(asking)
  await other.evaluate(() => void (window.agrees = true))
  await expect.poll(() => asking.title()).toBe('updated')
  for (const page of [asking, other]) expect(await isMarked(page)).toBe(true)
})

test('a newer worker has its turn at once, also where the page asks again and again', async ({ origin, open }) => {
  deploy(origin, FIRST)
  let page = await open()
  // Whether Chromium drops the change of workers is a matter of milliseconds.
  for (let time = 0; time < 4; time++) {
    deploy(origin, time % 2 ? FIRST : SECOND)
    await found(page)
    await page.evaluate(async () => {
      let isOver = false
      navigator.serviceWorker.addEventListener('controllerchange', () => (isOver = true), { once: true })
      // The first read comes in the instant in which the browser stops the old worker.
      await window.layer.applyUpdate()
      while (!isOver) {
        await (await fetch('/api/fresh/1')).text()
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    })
    await expect.poll(() => page.evaluate(() => window.layer.state.updateReady)).toBe(false)
    await page.close()
    page = await open()
  }
})

test('a page opened while an update waits hears that it waits no longer once it has taken over', async ({
  origin,
  open,
}) => {
  deploy(origin, FIRST)
  const page = await open()
  deploy(origin, SECOND)
  await found(page)
  const late = await open()
  const isReady = (): Promise<boolean> => late.evaluate(() => window.layer.state.updateReady)
  await expect.poll(isReady).toBe(true)
  await begin(page)
  await expect.poll(() => page.title()).toBe('updated')
  await expect.poll(isReady).toBe(false)
})

test('a tab that does not answer has not agreed; once it is closed the update goes on', async ({
  origin,
  open,
  browserContext,
}) => {
  deploy(origin, FIRST)
  const page = await open()
  origin.on('/silent', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>silent</title>')
  })
  const silent = await browserContext.newPage()
  await silent.goto(`${origin.url}/silent`)
  deploy(origin, SECOND)
  await found(page)
  expect(
    await page.evaluate(() =>
      window.layer.applyUpdate({ signal: AbortSignal.timeout(1000) }).then(
        () => true,
        () => false,
      ),
    ),
  ).toBe(false)
  await silent.close()
  await begin(page)
  await expect.poll(() => page.title()).toBe('updated')
})

test('a frame without the layer in the tab that asks for the update need not agree', async ({ origin, open }) => {
  deploy(origin, FIRST)
  origin.on('/frame', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>help</title>')
  })
  const page = await open()
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const frame = document.createElement('iframe')
        frame.src = '/frame'
        frame.addEventListener('load', resolve)
        document.body.append(frame)
      }),
  )
  deploy(origin, SECOND)
  await found(page)
  await begin(page)
  await expect.poll(() => page.title()).toBe('updated')
})

test('a page of an earlier build gets its files until it is gone; then they are removed', async ({ origin, open }) => {
  deploy(origin, FIRST)
  const old = await open()
  deploy(origin, SECOND)
  await found(old)
  await begin(old)
  await expect.poll(() => old.title()).toBe('updated')
  // The server has it no more.
  expect(await importsFile(old, OLD_FILE)).toBe(FIRST)
  expect(await importsFile(old, NEW_FILE)).toBe(SECOND)
  expect(origin.of(OLD_FILE).filter(({ status }) => status === 404)).toEqual([])

  const stored = (page: Page): Promise<string[]> =>
    page.evaluate(async () => {
      const keys = await (await caches.open('freshlayer-precache-v1 /')).keys()
      return keys.map(({ url }) => new URL(url).pathname)
    })
  const young = await open()
  await tidied(young)
  expect(await stored(young)).toContain(OLD_FILE)
  await old.goto('about:blank')
  await tidied(young)
  expect(await stored(young)).not.toContain(OLD_FILE)
  expect(await stored(young)).toContain(NEW_FILE)
})

for (const [how, status, type] of [
  ['says that there is none', 404, 'text/plain'],
  ['answers with the app’s document', 200, 'text/html'],
] as const) {
  test(`a page hears that its build is gone when the server ${how} for one of its files`, async ({ origin, open }) => {
    deploy(origin, FIRST)
    const [page, other] = [await open(), await open()]
    const said: string[] = []
    page.context().on('console', (message) => said.push(message.text()))
    const lazy = '/assets/lazy-cccc3333.js'
    origin.on(lazy, (_request, response) => void response.writeHead(status, { 'content-type': type }).end('none'))
    const outdated = (of: Page): Promise<boolean> => of.evaluate(() => window.layer.state.outdated)

    for (const path of ['/assets/plain.js', '/api/fresh/none']) await page.evaluate((path) => fetch(path), path)
    expect(await importsFile(page, OLD_FILE)).toBe(FIRST)
    expect(await outdated(page)).toBe(false)

    deploy(origin, SECOND)
    expect(await importsFile(page, lazy)).toContain('TypeError')
    await expect.poll(() => outdated(page)).toBe(true)
    expect(said.filter((text) => text.includes(lazy) && text.includes('gone'))).toHaveLength(1)
    expect(await outdated(other)).toBe(false)
    // The newer build is looked for, once, and no page is reloaded.
    await expect.poll(() => page.evaluate(() => window.layer.state.updateReady)).toBe(true)
    const asked = origin.of('/sw.js').length
    expect(await importsFile(other, lazy)).toContain('TypeError')
    await expect.poll(() => outdated(other)).toBe(true)
    expect(origin.of('/sw.js')).toHaveLength(asked)
    await page.reload()
    expect(await outdated(page)).toBe(false)
  })
}

/** Looks for a newer build; whether its worker was installed, once that is settled. */
const installed = (page: Page): Promise<boolean> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const found = new Promise<void>((resolve) => registration.addEventListener('updatefound', () => resolve()))
    await registration.update()
    await found
    const worker = registration.installing ?? registration.waiting
    return new Promise((resolve) => {
      const look = (): void => {
        if (worker?.state !== 'installing') resolve(worker?.state === 'installed')
      }
      worker?.addEventListener('statechange', look)
      look()
    })
  })

for (const [what, path, wrong] of [
  ['a page comes for a script', NEW_FILE, [200, { 'cache-control': 'max-age=31536000, immutable' }]],
  ['a sign-in page comes for a script', NEW_FILE, [302, { location: '/sign-in' }]],
  ['a sign-in page comes for the document', '/index.html', [302, { location: '/sign-in' }]],
] as const) {
  test(`a build is not installed when ${what}, and is whole once the file itself comes`, async ({ origin, open }) => {
    deploy(origin, FIRST)
    const page = await open()
    // What two builds share is not asked for again.
    await page.evaluate(() => caches.delete('freshlayer-precache-v1 /'))
    deploy(origin, SECOND)
    const html = { 'content-type': 'text/html' }
    origin.on('/sign-in', (_request, response) => {
      response.writeHead(200, html).end('<!doctype html><title>sign in</title>')
    })
    origin.on(path, (_request, response) => {
      response.writeHead(wrong[0], { ...html, ...wrong[1] }).end('<!doctype html><title>not the file</title>')
    })
    expect(await installed(page)).toBe(false)

    deploy(origin, SECOND)
    origin.on('/index.html', (_request, response) => void response.writeHead(200, html).end(SHELL))
    expect(await installed(page)).toBe(true)
    await begin(page)
    await expect.poll(() => page.title()).toBe('updated')
    await origin.stop()
    expect(await importsFile(page, NEW_FILE)).toBe(SECOND)
    await page.goto(`${origin.url}/deep/link`)
    expect(await page.title()).toBe('shell')
  })
}

test('a document that its server calls by its folder alone is installed all the same', async ({ origin, open }) => {
  deploy(origin, FIRST)
  origin.on('/index.html', (_request, response) => void response.writeHead(308, { location: '/' }).end())
  origin.on('/', (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(SHELL))
  const page = await open()
  await origin.stop()
  await page.goto(`${origin.url}/deep/link`)
  expect(await page.title()).toBe('shell')
})

test('data stored by one build is served by the next', async ({ origin, open }) => {
  deploy(origin, FIRST)
  origin.json('/api/fresh/1', () => ({ id: 1 }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await expect.poll(() => read(page, '/api/fresh/1').then(({ headers }) => headers['cache-status'])).toContain('hit')
  const before = origin.of('/api/fresh/1').length
  deploy(origin, SECOND)
  await found(page)
  await begin(page)
  await expect.poll(() => page.title()).toBe('updated')
  expect((await read(page, '/api/fresh/1')).headers['cache-status']).toContain('hit')
  expect(origin.of('/api/fresh/1')).toHaveLength(before)
})

test('a write that was under way while a newer worker was installed is not under way for it for ever', async ({
  origin,
  open,
}) => {
  deploy(origin, FIRST)
  origin.json('/api/items', () => ({ value: 1 }))
  let release = (): void => undefined
  origin.on('/api/items/1', (_request, response) => {
    release = () => void response.writeHead(400).end()
  })
  const page = await open()
  await read(page, '/api/items')
  const put = page.evaluate(() => fetch('/api/items/1', { method: 'PUT' }).then(({ status }) => status))
  await expect.poll(() => origin.of('/api/items/1').length).toBe(1)
  deploy(origin, SECOND)
  await found(page)
  release()
  expect(await put).toBe(400)
  await begin(page)
  await expect.poll(() => page.title()).toBe('updated')
  await expect.poll(() => read(page, '/api/items').then(({ headers }) => headers['cache-status'])).toContain('hit')
})

test('a worker that waits for its turn is told nothing and takes nothing over', async ({ origin, open }) => {
  deploy(origin, FIRST)
  origin.json('/api/items', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/items')
  deploy(origin, SECOND)
  await found(page)
  const meta = (): Promise<unknown> =>
    page.evaluate(async () => (await window.inDatabase((store) => store.get('!meta'))).result)
  const before = await meta()
  const answers = await page.evaluate(async () => {
    const { waiting } = await navigator.serviceWorker.ready
    const answers: unknown[] = []
    const ask = (question: object): Promise<void> =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = ({ data }) => resolve(void answers.push(data))
        waiting?.postMessage(question, [port2])
      })
    void ask({ ask: 'invalidate', reach: { all: true }, freshlayer: 2 })
    // What is refused is answered at once, in order.
    for (let round = 0; round < 50; round++) await ask({ ask: 'stats', freshlayer: 0 })
    return answers.filter((data) => !Object.hasOwn(data as object, 'error'))
  })
  expect(answers).toEqual([])
  expect(await meta()).toEqual(before)
})

test('a tab out of sight need not agree', async ({ origin }) => {
  deploy(origin, FIRST)
  await inWindow(async (context) => {
    const [hidden, page] = [await context.newPage(), await context.newPage()]
    for (const each of [hidden, page]) {
      await each.goto(origin.url)
      await expect.poll(() => each.evaluate(() => window.layer.state.controlled)).toBe(true)
    }
    await hidden.evaluate(() => void (window.agrees = false))
    await page.bringToFront()
    await expect.poll(() => hidden.evaluate(() => document.visibilityState)).toBe('hidden')
    deploy(origin, SECOND)
    await found(page)
    await begin(page)
    await expect.poll(() => page.title()).toBe('updated')
  })
})

test('a worker of another project that takes the page over is named', async ({ origin, open }) => {
  const page = await open()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  origin.on('/other-sw.js', (_request, response) => {
    response
      .setHeader('content-type', 'text/javascript')
      .end(`addEventListener('activate', (event) => event.waitUntil(clients.claim())); skipWaiting()`)
  })
  await page.evaluate(() => navigator.serviceWorker.register('/other-sw.js'))
  await expect.poll(() => said.join('\n')).toContain('another worker controls this page')
  expect(said.join('\n')).toContain(`${origin.url}/other-sw.js`)
  expect(await page.evaluate(() => window.layer.state.controlled)).toBe(false)
  // Nothing waits for an answer that never comes.
  await page.evaluate(() => window.layer.identify('ada'))
})

/** A browser whose tabs hide one another, which they do only without Playwright's defaults. */
async function inWindow(use: (context: BrowserContext) => Promise<void>): Promise<void> {
  const profile = newProfile()
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
  const browser = spawn(
    requireChromium().path,
    [...args, `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  try {
    const address = await new Promise<string>((resolve) => {
      let said = ''
      browser.stderr.on('data', (data: Buffer) => {
        said += String(data)
        const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    const connection = await chromium.connectOverCDP(address, { noDefaults: true })
    await use(connection.contexts()[0]!)
    await connection.close()
  } finally {
    const gone = new Promise((resolve) => browser.once('exit', resolve))
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL')
    await gone
    dropProfile(profile)
  }
}
