import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { controlled, dropProfile, launch, newProfile, read, stopWorkers } from '../support/test.ts'
import type { ReadsBeside } from './collections-page.ts'
import { scripts, Shop } from './collections-shop.ts'

const isFull = process.env['FULL'] !== undefined
const ROWS = isFull ? 100_000 : 8_000

let made: Awaited<ReturnType<typeof scripts>>
let shop: Shop
let context: BrowserContext
let profile: string
test.beforeAll(async () => {
  made = await scripts()
})
/** What is right for some rows is so for more: these tests need no more than this. */
const SOME = isFull ? 10_000 : 2_000
const rowsOf = (title: string): number => (/^\d+ rows|stopped between/.test(title) ? ROWS : SOME)

test.beforeEach(async ({}, { title }) => {
  shop = await Shop.open(rowsOf(title), made)
  profile = newProfile()
  context = await launch(profile)
})
test.afterEach(async () => {
  await context.close()
  await shop.close()
  dropProfile(profile)
})

async function open(path = '/'): Promise<Page> {
  const page = await context.newPage()
  await page.goto(shop.url + path)
  await controlled(page)
  return page
}

const list = async (page: Page): Promise<{ readonly value: unknown; readonly how: string }> => {
  const { text, headers } = await read(page, '/api/products')
  return { value: JSON.parse(text) as unknown, how: headers['cache-status'] ?? '' }
}

/** A page whose list has been loaded as rows. */
async function loaded(): Promise<Page> {
  const page = await open()
  await list(page)
  await page.evaluate(() => window.layer.sync())
  await expect.poll(async () => (await list(page)).how).toContain('detail=collection')
  return page
}

test(`${ROWS} rows are loaded in pages, kept in step and erased, and hold no other answer up`, async () => {
  const page = await open()
  await read(page, '/api/other')
  expect((await list(page)).how).toContain('fwd=uri-miss')
  await page.evaluate(() => window.storeOthers())
  const idleMs = isFull ? 3000 : 1000
  const alone = await page.evaluate(
    (ms) => window.readsBeside(() => new Promise((resolve) => setTimeout(resolve, ms))),
    idleMs,
  )
  const at = (part: number, from: readonly number[]): number => from[Math.floor((from.length - 1) * part)] ?? 0
  const ofIdle = (from: keyof ReadsBeside, part: number, reads: ReadsBeside): string => {
    const [took, idle] = [at(part, reads[from]), at(part, alone[from])]
    return `${took.toFixed(0)} ms (${(took / idle).toFixed(1)} times that of an idle worker)`
  }
  const print = (during: string, reads: ReadsBeside): void => {
    for (const from of ['memory', 'disk'] as const)
      console.log(
        `reads from ${from} while ${during}: 99th percentile ${ofIdle(from, 0.99, reads)}, longest ${ofIdle(from, 1, reads)}`,
      )
  }
  print('nothing is done', alone)
  const sync = (): Promise<ReadsBeside> => page.evaluate(() => window.readsBeside(() => window.layer.sync()))
  const written = async (): Promise<number> =>
    (await page.evaluate(() => window.layer.syncCounts().then((stats) => stats?.rowsWritten))) ?? 0

  await test.step('a first load', async () => {
    print(`${ROWS} rows are loaded`, await sync())
    const [state] = await page.evaluate(() => window.layer.syncState())
    expect(state).toMatchObject({ entity: 'products', state: 'idle', rows: ROWS, isLoaded: true })
    const progress = await page.evaluate(() => window.synced.map(({ rows }) => rows))
    expect(progress.length).toBeGreaterThan(ROWS / 1000)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))
    const asked = shop.received.length
    expect((await list(page)).how).toContain('detail=collection')
    expect((await list(page)).value).toEqual(await shop.list())
    expect(JSON.parse((await read(page, '/api/products/77')).text)).toMatchObject({ id: 77, name: 'product 77' })
    expect(shop.received.length).toBe(asked)
    await stopWorkers(page)
    await read(page, '/api/other')
    const listing = await page.evaluate(() => window.readsBeside(async () => (await fetch('/api/products')).text()))
    print('the list is put together and handed over', listing)
  })

  await test.step('one row of all', async () => {
    const before = await written()
    await shop.query(`update products set name = 'another' where id = 5`)
    await page.evaluate(() => window.layer.sync())
    expect((await written()) - before).toBe(1)
  })

  await test.step('one row of a hundred', async () => {
    const before = await written()
    await shop.query(`update products set name = name || '!' where id % 100 = 0`)
    print(`${ROWS / 100} rows come anew`, await sync())
    expect((await written()) - before).toBe(ROWS / 100)
    expect((await list(page)).value).toEqual(await shop.list())
  })

  // Of fewer rows there is another test.
  const lost = async (): Promise<void> => {
    await shop.query('alter table products disable trigger user')
    await shop.query(`update products set name = name || '?', updated_at = now() where id % 100 = 1`)
    await shop.query('alter table products enable trigger user')
    await shop.query('update freshlayer.log set generation = gen_random_uuid()')
    const [before, asked] = [await written(), shop.received.length]
    print('all rows are compared', await sync())
    expect((await written()) - before).toBe(ROWS / 100)
    expect(shop.received.slice(asked).filter((path) => path.startsWith('/api/sync')).length).toBeLessThan(6)
    expect((await list(page)).value).toEqual(await shop.list())
  }
  if (isFull) await test.step('a log that is lost', lost)

  await test.step('an update of the worker in the middle', async () => {
    await shop.query(`update products set name = name || '.' where id % 3 = 0`)
    let pages = 0
    shop.gate = async (path) => {
      if (!path.startsWith('/api/sync') || ++pages !== 2) return
      shop.build++
      await page.evaluate(async () => {
        const changed = new Promise((resolve) =>
          navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
        )
        await (await navigator.serviceWorker.getRegistration())?.update()
        window.updated = changed
      })
    }
    await page.evaluate(() => window.layer.sync())
    await expect.poll(() => page.evaluate(() => window.layer.state.updateReady)).toBe(true)
    await page.evaluate(async () => (await window.layer.applyUpdate(), await window.updated))
    await page.evaluate(() => window.layer.sync())
    const asked = shop.at('/api/products').length
    expect((await list(page)).value).toEqual(await shop.list())
    expect(shop.at('/api/products').length).toBe(asked)
  })

  await test.step('a sign-out', async () => {
    const left = (): Promise<number> =>
      page.evaluate(async () => (await window.collectionKeys()).filter((key) => key.startsWith('user/')).length)
    expect(await left()).toBeGreaterThan(ROWS)
    print(
      'all rows are erased',
      await page.evaluate(() =>
        window.readsBeside(async () => {
          await window.layer.signOut()
          while ((await window.collectionKeys()).some((key) => key.startsWith('user/')))
            await new Promise((resolve) => setTimeout(resolve, 300))
        }),
      ),
    )
    expect(await left()).toBe(0)
  })
})

test('a worker that is stopped between two pages goes on from the last one', async () => {
  const page = await open()
  let pages = 0
  let stopped = (): void => undefined
  const isStopped = new Promise<void>((resolve) => (stopped = resolve))
  // The seventh page is under way when the worker is stopped.
  shop.gate = (path) => (path.startsWith('/api/sync') && ++pages === 7 ? isStopped : Promise.resolve())
  await read(page, '/api/products')
  await expect.poll(() => pages).toBe(7)
  await stopWorkers(page)
  stopped()
  const asked = shop.at('/api/sync').length
  const [state] = await page.evaluate(() => window.layer.sync())
  expect(state).toMatchObject({ state: 'idle', rows: ROWS })
  // Six pages are there already.
  expect(shop.at('/api/sync').length - asked).toBe(ROWS / 1000 - 6 + 1)
  await list(page)
  await expect.poll(async () => (await list(page)).value).toEqual(await shop.list())
})

test('editing one row writes one row, is named to the other tab, and the writer sees it at once', async () => {
  const page = await loaded()
  const other = await open()
  const before = await page.evaluate(() => window.layer.syncCounts())
  const lists = shop.at('/api/products').length
  // As an app does: the list is asked for in the moment in which the write has its answer.
  const { value, how } = await page.evaluate(async () => {
    await fetch('/api/products/5', {
      method: 'PUT',
      body: '{"name":"mine"}',
      headers: { 'content-type': 'application/json' },
    })
    const answer = await fetch('/api/products')
    return { value: (await answer.json()) as unknown, how: answer.headers.get('cache-status') ?? '' }
  })
  expect(how).toContain('detail=synced')
  expect(value).toEqual(await shop.list())
  // What comes back of it is no news.
  expect(await other.evaluate(() => window.changes.map(({ kind }) => kind))).not.toContain('changed')
  await shop.query(`update products set name = 'of another' where id = 6`)
  await shop.query('delete from products where id = 7')
  await page.evaluate(() => window.layer.sync())
  await expect
    .poll(() => other.evaluate(() => window.changes.filter(({ kind }) => kind === 'changed').map(({ diff }) => diff)))
    .toEqual([{ added: [], updated: ['6'], removed: ['7'] }])
  const after = await page.evaluate(() => window.layer.syncCounts())
  expect((after?.rowsWritten ?? 0) - (before?.rowsWritten ?? 0)).toBe(3)
  expect((await list(other)).value).toEqual(await shop.list())
  expect(shop.at('/api/products').length).toBe(lists)
  // Nothing has changed since: a 304, which the browser hands to the worker as it is.
  shop.synced.splice(0)
  expect(await page.evaluate(() => window.layer.sync())).toMatchObject([{ state: 'idle', rows: SOME - 1 }])
  expect(shop.synced).toEqual([304])
})

test('without the network the list is shown, also by a worker that has to start', async () => {
  const page = await loaded()
  const expected = await shop.list()
  await shop.stop()
  await stopWorkers(page)
  expect((await list(page)).value).toEqual(expected)
  expect(JSON.parse((await read(page, '/api/products/9')).text)).toMatchObject({ id: 9 })
  expect(await page.evaluate(() => window.layer.sync())).toMatchObject([
    {
      state: 'offline',
      rows: SOME,
      error: { kind: 'offline', remedy: expect.stringContaining('origin is away') as never },
    },
  ])
})

test('after a sign-out nothing of the rows is served, and soon nothing is on disk', async () => {
  const page = await loaded()
  expect((await page.evaluate(() => window.collectionKeys())).length).toBeGreaterThan(SOME)
  await page.evaluate(() => window.layer.signOut())
  await shop.stop()
  expect(
    await page.evaluate(() =>
      fetch('/api/products')
        .then(({ status }) => status)
        .catch(() => 0),
    ),
  ).not.toBe(200)
  await expect
    .poll(
      async () => (await page.evaluate(() => window.collectionKeys())).filter((key) => key.startsWith('user/')).length,
      {
        timeout: 30_000,
      },
    )
    .toBe(0)
})

test('of two workers that live one keeps the rows in step, and both answer from them', async () => {
  const page = await loaded()
  const other = await open('/sub/')
  await shop.query(`update products set name = 'changed' where id <= 3`)
  const asked = shop.at('/api/sync').length
  await Promise.all([page, other].map((each) => each.evaluate(() => window.layer.sync())))
  // Each that began after the other had ended asks once more, and none asks twice.
  expect(shop.at('/api/sync').length - asked).toBeLessThanOrEqual(2)
  const expected = await shop.list()
  for (const each of [page, other]) expect((await list(each)).value).toEqual(expected)
})

test('a disk that is busy holds no read up that the network can answer, and answers when it cannot', async () => {
  const page = await loaded()
  const expected = await shop.list()
  await stopWorkers(page)
  await page.evaluate(() => window.holdDisk())
  const lists = shop.at('/api/products').length
  // The disk is busy until this has been answered.
  expect((await list(page)).value).toEqual(expected)
  expect(shop.at('/api/products').length).toBe(lists + 1)
  await page.evaluate(() => window.releaseDisk())
  await expect.poll(async () => (await list(page)).how).toMatch(/hit|synced/)
  await page.evaluate(() => window.holdDisk())
  await shop.stop()
  const reading = list(page)
  // Longer than any read waits for the disk.
  await page.waitForTimeout(3000)
  await page.evaluate(() => window.releaseDisk())
  expect((await reading).value).toEqual(expected)
})

test('a restored backup, a log that was cut and rows that differ cost what differs', async () => {
  const page = await loaded()
  // Past the log, as after a restore.
  await shop.query('alter table products disable trigger user')
  await shop.query(`update products set name = 'restored', updated_at = now() - interval '1 day' where id <= 20`)
  await shop.query('delete from products where id > $1', [SOME - 5])
  await shop.query('alter table products enable trigger user')
  await shop.query('update freshlayer.log set generation = gen_random_uuid()')
  const expected = await shop.list()
  const asked = shop.received.length
  expect(await page.evaluate(() => window.layer.sync())).toMatchObject([{ state: 'idle', rows: SOME - 5 }])
  const paths = shop.received.slice(asked).map((each) => each.split('?', 1)[0])
  expect(paths).toEqual(['/api/sync', '/api/sync/compare', '/api/sync/rows', '/api/sync'])
  expect((await list(page)).value).toEqual(expected)
})
