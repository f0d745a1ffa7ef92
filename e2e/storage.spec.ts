import { readFileSync, writeFileSync } from 'node:fs'
import { chromium, type Frame, type Page } from '@playwright/test'
import { requireChromium } from '../tools/upkeep/find-chromium.ts'
import { BUILT } from './support/workers.ts'
import { putRecord, replaceRecords, withoutNamedFields } from './support/database.ts'
import { onDisk } from './support/disk.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { controlled, dropProfile, expect, launch, newProfile, read, stopWorkers, test } from './support/test.ts'

/** Too long for a row, so that it lies beside it. */
const LONG = 'x'.repeat(20_000)

const SHORT_PATH = '/api/items'
const LONG_PATH = '/api/items/1'
const PATHS = [SHORT_PATH, LONG_PATH]

/** Two answers that say the same version, one in its row and one beside it; a POST to the first makes the next version. */
function versioned(origin: ScriptedOrigin): { now: number } {
  const version = { now: 1 }
  const post = (): void => void version.now++
  origin.json(LONG_PATH, () => ({ version: version.now, filler: LONG }))
  origin.on(SHORT_PATH, (request, response) => {
    if (request.method === 'POST') post()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ version: version.now }))
  })
  return version
}

const write = (page: Page): Promise<number> =>
  page.evaluate((path) => fetch(path, { method: 'POST' }).then(({ status }) => status), SHORT_PATH)

/** The version that a page reads, and whether the layer had it. */
async function versionOf(page: Page, path: string): Promise<{ version: unknown; isHit: boolean }> {
  const { text, headers } = await read(page, path)
  return { version: JSON.parse(text).version, isHit: headers['cache-status']?.includes('; hit') === true }
}

const isHit = async (page: Page, path: string): Promise<boolean> =>
  (await read(page, path)).headers['cache-status']?.includes('; hit') === true

/** Settles when both are answered from store, with the right version. */
async function bothStored(page: Page, version: number): Promise<void> {
  for (const path of PATHS) await expect.poll(() => versionOf(page, path), path).toEqual({ version, isHit: true })
}

/** What goes wrong in a worker without being caught, from now on. */
async function uncaught(page: Page): Promise<string[]> {
  const said: string[] = []
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('ServiceWorker.enable')
  cdp.on('ServiceWorker.workerErrorReported', ({ errorMessage }) => said.push(errorMessage.errorMessage))
  return said
}

const clear = (storageTypes: string) => async (page: Page, origin: ScriptedOrigin) => {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Storage.clearDataForOrigin', { origin: origin.url, storageTypes })
  await cdp.detach()
}

const deleteDatabase = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const deleting = indexedDB.deleteDatabase('freshlayer-cache-v1 /')
        deleting.onsuccess = () => resolve('deleted')
        deleting.onblocked = () => resolve('blocked')
      }),
  )

/** How what is stored may go while the worker lives. */
const CLEARINGS: Readonly<Record<string, (page: Page, origin: ScriptedOrigin) => Promise<unknown>>> = {
  'the browser clears all of the site’s data': clear('cache_storage,indexeddb'),
  'the browser clears its databases': clear('indexeddb'),
  'the browser clears its caches': clear('cache_storage'),
  'a page deletes the database': async (page) => expect(await deleteDatabase(page)).toBe('deleted'),
}

for (const [what, go] of Object.entries(CLEARINGS)) {
  test(`${what} while the worker lives: reads go on and are right, also after a write, and what they bring is stored`, async ({
    origin,
    open,
  }) => {
    versioned(origin)
    const page = await open()
    await bothStored(page, 1)
    const wrong = await uncaught(page)
    await go(page, origin)
    // What is gone is not served from memory.
    if (!what.includes('cache')) await expect.poll(() => isHit(page, SHORT_PATH)).toBe(false)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(1)
    expect(await write(page)).toBe(200)
    for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 2, isHit: false })
    await bothStored(page, 2)

    // Not in the worker's memory alone.
    await stopWorkers(page)
    const asked = origin.received.length
    for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 2, isHit: true })
    expect(origin.received.length).toBe(asked)
    await write(page)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(3)
    expect(wrong).toEqual([])
  })

  test(`${what} during a write: what is read meanwhile is not served after it`, async ({ origin, open }) => {
    const version = versioned(origin)
    const page = await open()
    await bothStored(page, 1)
    let answer = (): void => undefined
    origin.on('/api/items/2', (_request, response) => {
      answer = () => void response.writeHead(204).end()
    })
    const writing = page.evaluate(() => fetch('/api/items/2', { method: 'PUT' }).then(({ status }) => status))
    await expect.poll(() => origin.of('/api/items/2').length).toBe(1)
    await go(page, origin)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(1)
    version.now = 2
    answer()
    expect(await writing).toBe(204)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
    await stopWorkers(page)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
  })
}

test('after the database is deleted, a tab that opens hears of what changes from then on', async ({ origin, open }) => {
  const version = versioned(origin)
  const page = await open()
  await bothStored(page, 1)
  await deleteDatabase(page)
  const said: string[] = []
  page.context().on('console', (message) => said.push(message.text()))
  const late = await open('/late')
  expect(await late.evaluate(() => window.layer.stats())).toBeTruthy()
  version.now = 2
  await page.evaluate(() => window.layer.invalidate({ tags: ['items'] }))
  await expect.poll(() => late.evaluate(() => window.heard.map(({ kind }) => kind))).toContain('invalidated')
  expect((await versionOf(late, SHORT_PATH)).version).toBe(2)
  expect(said.filter((text) => text.includes('[freshlayer]'))).toEqual([])
})

/** What another schema may have under the keys of ours. */
const FOREIGN = { fields: 'of another schema', targets: { every: 'tag items' }, version: 1 } as const

/** Makes the layer's database one of another schema, with records of every kind that ours has. */
async function estrange(page: Page, origin: ScriptedOrigin, meta: unknown): Promise<void> {
  origin.json('/api/http/1', () => ({}), { 'no-vary-search': 'params=("from")' })
  await read(page, '/api/http/1?from=here')
  await write(page)
  await bothStored(page, 2)
  expect(await replaceRecords(page, '', FOREIGN)).toBeGreaterThan(5)
  await putRecord(page, '!write of another schema', FOREIGN)
  await putRecord(page, 'stats', FOREIGN)
  await putRecord(page, '!meta', meta)
}

for (const when of ['when a worker starts', 'under a worker that lives'] as const) {
  for (const [whose, meta] of Object.entries({
    'of another schema': { kind: 'other', version: '1', incarnation: 7, epoch: 0, logId: 'x', position: 0 },
    'of nobody’s schema': 'meta',
  })) {
    test(`a database ${whose} is never misread, ${when}: pages have the network, and it is made anew`, async ({
      origin,
      open,
    }) => {
      const version = versioned(origin)
      const page = await open()
      const wrong = await uncaught(page)
      await estrange(page, origin, meta)
      if (when === 'when a worker starts') {
        version.now = 3
        await stopWorkers(page)
      } else await write(page)
      for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 3, isHit: false })
      expect((await read(page, '/api/http/1?from=there')).status).toBe(200)
      expect(await page.evaluate(() => window.layer.stats())).toHaveProperty('total')
      await bothStored(page, 3)
      await write(page)
      for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(4)
      await bothStored(page, 4)
      await stopWorkers(page)
      for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 4, isHit: true })
      expect(wrong).toEqual([])
    })
  }
}

const KINDS = ['!invalidation', '!write', '!search', 'index', 'change', 'stats'] as const
const SEED = Number(process.env['SEED'])

/** One of them in a run, by its seed; `npm run prove:safe` takes all. */
for (const kind of process.env['FULL'] === '1' ? KINDS : [KINDS[SEED % KINDS.length]!]) {
  test(`a record "${kind}" that is not what it was harms no read and no tab, and what reads bring is stored`, async ({
    origin,
    open,
  }) => {
    console.log(`SEED=${SEED}`)
    const version = versioned(origin)
    origin.json('/api/http/1', () => ({}), { 'no-vary-search': 'params=("from")' })
    const page = await open()
    const wrong = await uncaught(page)
    for (const value of [null, 'text', {}]) {
      await read(page, '/api/http/1?from=here')
      await bothStored(page, version.now)
      // What is stored is older than this, and only the invalidation says so.
      await write(page)
      if (kind === '!write' || kind === 'stats') await putRecord(page, `${kind}${kind === 'stats' ? '' : ' 1'}`, value)
      else await expect.poll(() => replaceRecords(page, kind, value)).toBeGreaterThan(0)
      await stopWorkers(page)
      for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(version.now)
      expect((await read(page, '/api/http/1?from=there')).status).toBe(200)
      expect(await page.evaluate(() => window.layer.stats())).toHaveProperty('total')
      const late = await open('/late')
      await page.evaluate(() => window.layer.invalidate({ tags: ['stale'] }))
      await expect.poll(() => late.evaluate(() => window.heard.flatMap(({ tags }) => tags))).toContain('stale')
      await late.close()
      await bothStored(page, version.now)
      await stopWorkers(page)
      for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: version.now, isHit: true })
    }
    expect(wrong).toEqual([])
  })
}

const FIELDS =
  'shape key variant partition rule tags url request status statusText fields sequence requestedAtMs receivedAtMs storedAtMs digest size body'.split(
    ' ',
  )

for (const value of [undefined, null]) {
  test(`a row in which any one field is ${value} is read right or not at all, and is replaced`, async ({
    origin,
    open,
  }) => {
    const page = await open()
    const paths = FIELDS.map((field) => `/api/fresh/${field}`)
    for (const path of paths) {
      const head = { 'content-type': 'application/json', 'x-kept': path }
      origin.on(path, (_request, response) => void response.writeHead(203, 'As it was', head).end(`"${path}"`))
      await read(page, path)
    }
    const states = (): Promise<string[]> =>
      page.evaluate(
        (paths) => Promise.all(paths.map((path) => window.layer.explain(path).then(({ state }) => state))),
        paths,
      )
    await expect.poll(states).toEqual(paths.map(() => 'fresh'))
    await stopWorkers(page)
    expect(await withoutNamedFields(page, value)).toBe(paths.length)
    const wrong = await uncaught(page)
    for (const path of paths) {
      const { age = '0', ...answer } = await page.evaluate(async (path) => {
        const response = await fetch(path).catch(() => Response.error())
        const { status, statusText, headers } = response
        const [kept, age] = [headers.get('x-kept'), headers.get('age') ?? undefined]
        return { status, statusText, kept, age, text: await response.text() }
      }, path)
      expect.soft(answer, path).toEqual({ status: 203, statusText: 'As it was', kept: path, text: `"${path}"` })
      expect.soft(age, path).toMatch(/^\d+$/)
    }
    for (const path of paths) await expect.poll(() => isHit(page, path), path).toBe(true)
    expect(wrong).toEqual([])
  })
}

/** Opens the layer's database in a higher version, as another schema's upgrade would. */
const upgrade = (page: Page, store: 'with its store' | 'without its store'): Promise<string> =>
  page.evaluate(async (store) => {
    const opening = indexedDB.open('freshlayer-cache-v1 /', 2)
    return new Promise<string>((resolve) => {
      opening.onblocked = () => resolve('blocked')
      opening.onupgradeneeded = () => {
        if (store === 'without its store') {
          opening.result.deleteObjectStore('records')
          opening.result.createObjectStore('of another schema')
        }
      }
      opening.onsuccess = () => {
        opening.result.close()
        resolve('upgraded')
      }
    })
  }, store)

test('the worker makes way for an upgrade and for a deletion, and opens its database again', async ({
  origin,
  open,
}) => {
  versioned(origin)
  const page = await open()
  const wrong = await uncaught(page)
  await bothStored(page, 1)
  expect(await upgrade(page, 'with its store')).toBe('upgraded')
  await write(page)
  for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
  await bothStored(page, 2)
  expect(await deleteDatabase(page)).toBe('deleted')
  await write(page)
  for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(3)
  await bothStored(page, 3)
  await stopWorkers(page)
  for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 3, isHit: true })
  expect(wrong).toEqual([])
})

for (const when of ['when a worker starts', 'under a worker that lives'] as const) {
  test(`a database without the layer’s store, ${when}: reads are the network’s, and all is well when it is gone`, async ({
    origin,
    open,
  }) => {
    versioned(origin)
    const page = await open()
    const wrong = await uncaught(page)
    await bothStored(page, 1)
    expect(await upgrade(page, 'without its store')).toBe('upgraded')
    if (when === 'when a worker starts') await stopWorkers(page)
    expect(await write(page)).toBe(200)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
    await stopWorkers(page)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
    expect(await deleteDatabase(page)).toBe('deleted')
    await stopWorkers(page)
    for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
    await bothStored(page, 2)
    expect(wrong).toEqual([])
  })
}

/** The next build of the worker is there, and takes over where the page lets it. */
async function deploy(page: Page, origin: ScriptedOrigin, script: string): Promise<void> {
  origin.script = script
  await page.evaluate(async () => {
    const gone = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
    const registration = await navigator.serviceWorker.getRegistration()
    await registration?.update()
    await new Promise<void>((resolve) => {
      const look = (): void => void (window.layer.state.updateReady && resolve())
      window.layer.on('state', look)
      look()
    })
    await window.layer.applyUpdate()
    await gone
  })
}

test('a deploy under the same version keeps what is stored: the next read asks for nothing', async ({
  origin,
  open,
}) => {
  origin.withShell()
  versioned(origin)
  const page = await open()
  await bothStored(page, 1)
  const asked = origin.received.filter(({ path }) => path.startsWith('/api/')).length
  await deploy(page, origin, `${origin.script}\n// The next build.`)
  for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 1, isHit: true })
  expect(origin.received.filter(({ path }) => path.startsWith('/api/'))).toHaveLength(asked)
})

test('a deploy under another version serves nothing that was stored before, erases it, and keeps the files', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const version = versioned(origin)
  const page = await open()
  await bothStored(page, 1)
  await deploy(page, origin, readFileSync(`${BUILT}rules-of-version-2.js`, 'utf8'))
  await origin.stop()
  for (const path of PATHS) await expect(read(page, path), path).rejects.toThrow('Failed to fetch')
  expect((await read(page, '/index.html')).headers['cache-status']).toBe('Freshlayer; hit; detail=precache')
  await page.goto(`${origin.url}/deep/link`)
  expect(await page.title()).toBe('shell')
  await origin.start()
  version.now = 2
  for (const path of PATHS) expect((await versionOf(page, path)).version, path).toBe(2)
  await bothStored(page, 2)
  await expect.poll(() => onDisk(page)).not.toContain('"version":1')
  await stopWorkers(page)
  for (const path of PATHS) expect(await versionOf(page, path), path).toEqual({ version: 2, isHit: true })
})

test('a deploy under another version: what is stored before is not confirmed by asking whether it is current', async ({
  origin,
  open,
}) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await expect.poll(() => isHit(page, '/api/fresh/1')).toBe(true)
  await deploy(page, origin, readFileSync(`${BUILT}rules-of-version-2.js`, 'utf8'))
  expect(await page.evaluate(() => window.layer.explain('/api/fresh/1'))).toMatchObject({ state: 'absent' })
  await page.evaluate(() => window.layer.refresh('/api/fresh/1'))
  await read(page, '/api/fresh/1')
  expect(origin.of('/api/fresh/1').map(({ status }) => status)).not.toContain(304)
})

test('a deploy under another version while the old worker reads: what it brings is not served by the new one', async ({
  origin,
  open,
}) => {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  origin.on('/api/fresh/1', async (_request, response) => {
    if (origin.of('/api/fresh/1').length === 1) await released
    response.writeHead(200, { 'content-type': 'application/json' }).end(`"${origin.of('/api/fresh/1').length}"`)
  })
  const [page, other] = [await open('/a'), await open('/b')]
  const reading = read(page, '/api/fresh/1')
  await expect.poll(() => origin.of('/api/fresh/1').length).toBe(1)
  const deployed = deploy(other, origin, readFileSync(`${BUILT}rules-of-version-2.js`, 'utf8'))
  await expect.poll(() => other.evaluate(() => window.layer.state.updateReady)).toBe(true)
  release()
  expect((await reading).text).toBe('"1"')
  await deployed
  expect((await read(page, '/api/fresh/1')).text).toBe('"2"')
  await expect.poll(() => isHit(other, '/api/fresh/1')).toBe(true)
})

test('in a private window everything is as in another, and gone when it is closed', async ({ origin }) => {
  versioned(origin)
  const browser = await chromium.launch({ executablePath: requireChromium().path, chromiumSandbox: false })
  for (const isFirst of [true, false]) {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(origin.url)
    await controlled(page)
    expect(await versionOf(page, SHORT_PATH)).toEqual({ version: isFirst ? 1 : 2, isHit: false })
    await bothStored(page, isFirst ? 1 : 2)
    if (isFirst) await write(page)
    await context.close()
  }
  await browser.close()
})

/** The user's choice of who may keep something, made in a profile while no browser has it. */
function choose(profile: string, choice: Record<string, unknown>): void {
  const file = `${profile}/Default/Preferences`
  const preferences = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...preferences, profile: { ...preferences.profile, ...choice } }))
}

/** What works in a page or frame that may keep nothing. */
const withoutStorage = (frame: Page | Frame): Promise<object> =>
  frame.evaluate(async () => {
    const failed = (error: unknown): string => (error instanceof Error ? error.name : String(error))
    const isDenied = (asked: () => Promise<unknown>): Promise<boolean> =>
      (async () => asked())().then(
        () => false,
        () => true,
      )
    const status = (init?: RequestInit): Promise<unknown> =>
      fetch('/api/items', init).then(({ status, headers }) => [status, headers.get('cache-status')], failed)
    return {
      isCacheDenied: await isDenied(() => caches.open('any')),
      isControlled: window.layer?.state.controlled,
      reads: await status(),
      writes: await status({ method: 'POST' }),
      explains: await window.layer?.explain('/api/items').then(({ state }) => state, failed),
      signsOut: await window.layer?.signOut().then(({ signedOut }) => signedOut, failed),
      unhandled: window.unhandled,
    }
  })

const BY_NETWORK = {
  isCacheDenied: true,
  isControlled: false,
  reads: [200, null],
  writes: [200, null],
  explains: 'no-worker',
  signsOut: true,
  unhandled: [],
}

test('where the user lets no site keep anything, everything comes from the network, also after a time with a worker', async ({
  origin,
}) => {
  versioned(origin)
  const profile = newProfile()
  const before = await launch(profile)
  const allowed = await before.newPage()
  await allowed.goto(origin.url)
  await controlled(allowed)
  await bothStored(allowed, 1)
  await before.close()

  choose(profile, { default_content_setting_values: { cookies: 2 } })
  const after = await launch(profile)
  const page = await after.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(origin.url)
  await expect.poll(() => said.filter((text) => text.includes('All comes from the network')).length).toBe(1)
  expect(await withoutStorage(page)).toEqual(BY_NETWORK)
  await after.close()
  dropProfile(profile)
})

test('in a frame of another site that may keep nothing there, everything comes from the network', async ({
  origin,
}) => {
  versioned(origin)
  const profile = newProfile()
  await (await launch(profile)).close()
  choose(profile, { block_third_party_cookies: true, cookie_controls_mode: 1 })
  origin.on('/framing', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<iframe src="${origin.url}/framed"></iframe>`)
  })
  origin.on('/framed', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<script type=module src=/page.js></script>')
  })
  const context = await launch(profile)
  const page = await context.newPage()
  await page.goto(`http://another-site.localhost:${origin.port}/framing`)
  const [frame] = page.mainFrame().childFrames()
  expect(frame && (await withoutStorage(frame))).toEqual(BY_NETWORK)
  await context.close()
  dropProfile(profile)
})

test('in a sandboxed frame, which has no origin, everything comes from the network', async ({ origin, open }) => {
  const shared = { 'access-control-allow-origin': '*', 'access-control-allow-methods': '*' }
  const client = readFileSync(`${BUILT}page.js`)
  origin.on('/page.js', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript', ...shared }).end(client)
  })
  origin.on('/api/items', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...shared }).end('{}')
  })
  origin.on('/framed', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<script type=module src=/page.js></script>')
  })
  const page = await open()
  const thrown: string[] = []
  page.on('pageerror', (error) => thrown.push(error.message))
  await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    frame.sandbox.add('allow-scripts')
    frame.src = '/framed'
    const loaded = new Promise((resolve) => (frame.onload = resolve))
    document.body.append(frame)
    await loaded
  })
  const [frame] = page.mainFrame().childFrames()
  expect(frame && (await withoutStorage(frame))).toEqual(BY_NETWORK)
  expect(thrown).toEqual([])
})
