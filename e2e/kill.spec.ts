import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { BUILT } from './support/workers.ts'
import { onDisk } from './support/disk.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, stopWorkers, test } from './support/test.ts'

const KILL = '/freshlayer-kill.json'

/** Too long for a row, so that it is in Cache Storage. */
const LONG = 'x'.repeat(20_000)

type Answer = readonly [status: number, body: string]

const ALIVE: Answer = [200, '{ "kill": false }']
const KILLED: Answer = [200, '{ "kill": true }']

/** A layer with a switch, on an origin whose kill file says `answer.now`. */
function withSwitch(origin: ScriptedOrigin, now: Answer, rules: 'rules-kill' | 'rules-kill-gone' = 'rules-kill') {
  origin.script = readFileSync(`${BUILT}${rules}.js`, 'utf8')
  const answer = { now }
  origin.on(KILL, (_request, response) => void response.writeHead(answer.now[0]).end(answer.now[1]))
  origin.json('/api/long', () => LONG)
  origin.json('/api/item', () => ({ id: 1 }))
  return answer
}

/** Reads a path as an app does; whether the worker answered. */
async function byWorker(page: Page, path: string): Promise<boolean> {
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith(path)),
    read(page, path),
  ])
  return response.fromServiceWorker()
}

const isRegistered = (page: Page): Promise<boolean> =>
  page.evaluate(() => navigator.serviceWorker.getRegistrations().then(({ length }) => length > 0))

/** What a library beside us would have: a cache, and a database with a row. */
const addOther = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await (await caches.open('other-cache')).put('/other', new Response('other answer'))
    await new Promise((resolve, reject) => {
      const opening = indexedDB.open('other-db', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('keyval').put('other row', 'other key')
      opening.onsuccess = () => resolve(opening.result.close())
      opening.onerror = () => reject(opening.error)
    })
  })

const cacheNames = (page: Page): Promise<string[]> => page.evaluate(() => caches.keys())

const databaseNames = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name = '' }) => name).toSorted())

/** Every key of the layer's database. */
const keys = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await window.inDatabase((store) => store.getAllKeys())).result.map(String))

/** As if the origin had last been asked two hours ago; counts for workers that start after it. */
const age = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await window.inDatabase((store) => {
      const request = store.get('!kill')
      request.onsuccess = () => store.put({ ...request.result, checkedAtMs: Date.now() - 7_200_000 }, '!kill')
    })
  })

/** A page under a layer that has been asked once and lives. */
async function living(open: () => Promise<Page>, origin: ScriptedOrigin): Promise<Page> {
  const page = await open()
  expect(await byWorker(page, '/api/long')).toBe(true)
  await expect.poll(() => origin.of(KILL).length).toBe(1)
  await expect.poll(() => keys(page)).toContain('!kill')
  return page
}

/** Makes the next worker ask again, and waits until the origin has been asked. */
async function askAgain(page: Page, origin: ScriptedOrigin): Promise<void> {
  const asked = origin.of(KILL).length
  await age(page)
  await stopWorkers(page)
  await read(page, '/api/item')
  // More than once where the connection breaks: the browser itself tries again.
  await expect.poll(() => origin.of(KILL).length).toBeGreaterThan(asked)
}

test('the origin kills: nothing is answered or kept any more, and what others keep is untouched', async ({
  origin,
  open,
}) => {
  const answer = withSwitch(origin, ALIVE)
  const page = await living(open, origin)
  await addOther(page)
  expect(await cacheNames(page)).toEqual(expect.arrayContaining(['freshlayer-precache-v1 /', 'other-cache']))
  expect(await byWorker(page, '/api/long')).toBe(true)
  answer.now = KILLED
  await askAgain(page, origin)

  await expect.poll(() => isRegistered(page)).toBe(false)
  expect(await keys(page)).toEqual(['!kill'])
  expect(await cacheNames(page)).toEqual(['other-cache'])
  expect(await page.evaluate(() => window.heard.map(({ kind }) => kind))).toContain('reset')
  const asked = origin.of('/api/long').length
  expect(await byWorker(page, '/api/long')).toBe(false)
  expect(await byWorker(page, '/api/item')).toBe(false)
  expect(origin.of('/api/long').length).toBe(asked + 1)

  // A worker that starts later knows it from the record, also for the page's questions.
  await stopWorkers(page)
  expect((await read(page, '/api/long')).headers).not.toHaveProperty('cache-status')
  expect(await page.evaluate(() => window.layer.remove({ all: true }))).toBe(0)
  expect(await page.evaluate(() => window.layer.explain('/api/long'))).toMatchObject({ state: 'no-worker' })
  expect(await byWorker(page, '/api/item')).toBe(false)

  // Nor does the page's next `connect()` bring it back.
  await page.reload()
  await expect.poll(() => isRegistered(page)).toBe(false)
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull()
  expect(await byWorker(page, '/api/long')).toBe(false)
  expect(await keys(page)).toEqual(['!kill'])
  expect(await cacheNames(page)).toEqual(['other-cache'])
  expect(await databaseNames(page)).toEqual(['freshlayer-cache-v1 /', 'other-db'])
  expect(await onDisk(page)).toMatch(/other answer.*other key.*other row/s)
  expect(origin.of(KILL)).toHaveLength(2)
})

test('a build that waited when the origin killed takes over to do nothing, and leaves nothing', async ({
  origin,
  open,
}) => {
  const answer = withSwitch(origin, ALIVE)
  const page = await living(open, origin)
  origin.script += '\n// a newer build'
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
  await expect.poll(() => page.evaluate(() => window.layer.state.updateReady)).toBe(true)
  answer.now = KILLED
  await askAgain(page, origin)
  await expect.poll(() => isRegistered(page)).toBe(false)
  await expect.poll(() => cacheNames(page)).toEqual([])
  const taken = page.evaluate(async () => {
    const changed = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
    await window.layer.applyUpdate()
    await changed
    // Claimed while it is being activated: by the time that it answers it has been.
    const { controller } = navigator.serviceWorker
    while (controller?.state === 'activating')
      await new Promise((resolve) => controller.addEventListener('statechange', resolve, { once: true }))
    return controller?.state
  })
  expect(await taken).toBe('activated')
  expect(await byWorker(page, '/api/item')).toBe(false)
  expect(await cacheNames(page)).toEqual([])
  expect(await keys(page)).toEqual(['!kill'])
})

test('a kill ends when the origin no longer says so, and an hour has gone by', async ({ origin, open }) => {
  const answer = withSwitch(origin, KILLED)
  const page = await open()
  await read(page, '/api/item')
  await expect.poll(() => isRegistered(page)).toBe(false)

  // After an hour it is asked again, and still says so.
  await age(page)
  await page.reload()
  await expect.poll(() => origin.of(KILL).length).toBe(2)
  await expect.poll(() => isRegistered(page)).toBe(false)
  // No answer is no word.
  await age(page)
  answer.now = [503, '']
  await page.reload()
  await expect.poll(() => origin.of(KILL).length).toBe(3)
  await expect.poll(() => isRegistered(page)).toBe(false)

  await age(page)
  answer.now = [404, '']
  await page.reload()
  await page.waitForFunction(() => window.layer?.state.controlled === true)
  expect(await byWorker(page, '/api/item')).toBe(true)
  expect(await cacheNames(page)).toContain('freshlayer-precache-v1 /')
  expect(origin.of(KILL)).toHaveLength(4)
})

test('only the origin’s own word kills: no error, no page of HTML, no redirect, no missing file', async ({
  origin,
  open,
}) => {
  const answer = withSwitch(origin, ALIVE)
  const page = await living(open, origin)
  const innocent: readonly Answer[] = [
    [200, '{ "kill": "true" }'],
    [200, '<!doctype html>{ "kill": true }'],
    [200, 'null'],
    [503, '{ "kill": true }'],
    [401, '{ "kill": true }'],
    [404, '{ "kill": true }'],
    [410, ''],
  ]
  for (const each of innocent) {
    answer.now = each
    await askAgain(page, origin)
    await expect.poll(() => isRecent(page), each.join(' ')).toBe(true)
    expect(await byWorker(page, '/api/item'), each.join(' ')).toBe(true)
  }
  origin.on('/elsewhere', (_request, response) => void response.writeHead(200).end('{ "kill": true }'))
  origin.on(KILL, (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end())
  await askAgain(page, origin)
  await expect.poll(() => isRecent(page)).toBe(true)
  origin.on(KILL, (request) => void request.socket.destroy())
  await askAgain(page, origin)
  await expect.poll(() => isRecent(page)).toBe(true)
  expect(await byWorker(page, '/api/long')).toBe(true)
  expect(await isRegistered(page)).toBe(true)
})

/** Whether the check that was made last has been noted, and so is over. */
const isRecent = (page: Page): Promise<boolean> =>
  page.evaluate(async () => {
    const { result } = await window.inDatabase((store) => store.get('!kill'))
    return Date.now() - result.checkedAtMs < 60_000
  })

for (const status of [404, 410]) {
  test(`where the file has to stay, ${status} kills`, async ({ origin, open }) => {
    const answer = withSwitch(origin, ALIVE, 'rules-kill-gone')
    const page = await living(open, origin)
    answer.now = [status, '']
    await askAgain(page, origin)
    await expect.poll(() => isRegistered(page)).toBe(false)
    expect(await keys(page)).toEqual(['!kill'])
  })
}

test('no page waits for the check, and what is in the air when it kills is not kept', async ({ origin, open }) => {
  withSwitch(origin, ALIVE)
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  origin.on(KILL, async (_request, response) => {
    await released
    response.writeHead(200).end('{ "kill": true }')
  })
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const slow = { '/api/slow/long': JSON.stringify(LONG), '/api/slow/short': '{}' }
  for (const [path, body] of Object.entries(slow)) {
    origin.on(path, async (_request, response) => {
      await finished
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
  }
  const page = await open()
  expect(await byWorker(page, '/api/item')).toBe(true)
  await expect.poll(() => origin.of(KILL).length).toBe(1)
  expect(await byWorker(page, '/api/item')).toBe(true)
  expect(await byWorker(page, '/api/long')).toBe(true)
  const reading = Promise.all(Object.keys(slow).map((path) => read(page, path)))
  await expect.poll(() => Object.keys(slow).flatMap((path) => origin.of(path)).length).toBe(2)

  release()
  await expect.poll(() => isRegistered(page)).toBe(false)
  finish()
  expect((await reading).map(({ text }) => text)).toEqual(Object.values(slow))
  // Once round by way of the worker, so that it has done what it would do.
  await page.evaluate(() => window.layer.explain('/api/slow/short'))
  expect(await byWorker(page, '/api/item')).toBe(false)
  expect(await keys(page)).toEqual(['!kill'])
  expect(await cacheNames(page)).toEqual([])
})

test('a living layer asks no more than once an hour', async ({ origin, open }) => {
  withSwitch(origin, ALIVE)
  const page = await living(open, origin)
  await stopWorkers(page)
  expect(await byWorker(page, '/api/item')).toBe(true)
  await page.reload()
  expect(await byWorker(page, '/api/long')).toBe(true)
  expect(origin.of(KILL)).toHaveLength(1)
})

test('a page that opens with the origin away has its shell, although the worker has to look first', async ({
  origin,
  open,
}) => {
  withSwitch(origin, ALIVE)
  const page = await living(open, origin)
  await origin.stop()
  await stopWorkers(page)
  await page.goto(`${origin.url}/deep/link`)
  expect(await page.title()).toBe('shell')
})

test('the script of `freshlayer kill` removes a layer, with a page open, and nothing of others', async ({
  origin,
  open,
}) => {
  withSwitch(origin, ALIVE)
  const page = await living(open, origin)
  await addOther(page)
  await page.evaluate(() => void Object.assign(window, { isTheSame: true }))
  origin.script = readFileSync(`${BUILT}kill.js`, 'utf8')
  await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()))
  await expect.poll(() => isRegistered(page)).toBe(false)
  expect(await cacheNames(page)).toEqual(['other-cache'])
  expect(await databaseNames(page)).toEqual(['other-db'])
  expect(await onDisk(page)).toMatch(/other answer.*other key.*other row/s)
  expect(await byWorker(page, '/api/long')).toBe(false)
  expect(await page.evaluate(() => window.layer.remove({ all: true }))).toBe(0)
  expect(await page.evaluate(() => 'isTheSame' in window)).toBe(true)
  expect(await page.evaluate(() => window.unhandled)).toEqual([])
  await page.reload()
  await expect.poll(() => isRegistered(page)).toBe(false)
  expect(await byWorker(page, '/api/long')).toBe(false)
  expect(await databaseNames(page)).toEqual(['other-db'])
})

for (const [what, rows] of [
  ['has writes in it stays', 1],
  ['is empty goes', 0],
] as const) {
  test(`an outbox that ${what} when the script of \`freshlayer kill\` runs`, async ({ origin, open }) => {
    withSwitch(origin, ALIVE)
    const page = await living(open, origin)
    await page.evaluate(async (rows) => {
      await new Promise((resolve) => {
        const opening = indexedDB.open('freshlayer-outbox-v1 /')
        opening.onupgradeneeded = () => {
          const store = opening.result.createObjectStore('records')
          for (let row = 0; row < rows; row++) store.put('a write', `write ${row}`)
          if (rows > 0) store.put('none', 'position')
        }
        opening.onsuccess = () => resolve(opening.result.close())
      })
    }, rows)
    origin.script = readFileSync(`${BUILT}kill.js`, 'utf8')
    await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()))
    await expect.poll(() => isRegistered(page)).toBe(false)
    expect(await databaseNames(page)).toEqual(rows > 0 ? ['freshlayer-outbox-v1 /'] : [])
    // What is left the page may take; what it could not keep stays.
    const taken = (isKept: boolean): Promise<unknown> =>
      page.evaluate(async (isKept) => {
        const kept: unknown[] = []
        const keep = (writes: readonly unknown[]): Promise<void> => {
          kept.push(...writes)
          return isKept ? Promise.resolve() : Promise.reject(new Error('no room'))
        }
        return [await window.exportOutbox(keep).catch(String), kept]
      }, isKept)
    const writes = Array.from({ length: rows }, (_, at) => ({ key: `write ${at}`, record: 'a write' }))
    expect(await taken(false)).toEqual([rows > 0 ? 'Error: no room' : 0, writes])
    expect(await taken(true)).toEqual([rows, writes])
    expect(await taken(true)).toEqual([0, []])
    expect(await databaseNames(page)).toEqual(rows > 0 ? ['freshlayer-outbox-v1 /'] : [])
  })
}
