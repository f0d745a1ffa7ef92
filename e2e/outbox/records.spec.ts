import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { seededDice } from '../../server/demo/dice.ts'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { pageScript } from '../sync/page-script.ts'
import { WritesBackend } from './backend.ts'
import { KillableBrowser } from './killable-browser.ts'

// An app that has a store of its own, and wants the sender alone.

const FOLDER = 'dist/e2e-outbox/records'
const SEED = Number(process.env['SEED'])
const isFull = process.env['FULL'] !== undefined
const [LIVES, EDITS, MANY] = isFull ? [12, 30, 20_000] : [3, 12, 400]

let backend: WritesBackend
let browser: KillableBrowser
test.beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  await buildWorker({ config: 'e2e/outbox/rules-of-records.ts', out: `${FOLDER}/sw.js` })
  writeFileSync(`${FOLDER}/page.js`, await pageScript('e2e/outbox/records-page.ts'))
  backend = await new WritesBackend(FOLDER).open()
})
test.afterAll(() => backend.close())
test.beforeEach(() => (browser = new KillableBrowser()))
test.afterEach(() => browser.close())

/** Two tabs of the app, in the profile that the last browser has left. */
async function open(): Promise<readonly [Page, Page]> {
  const context = await browser.start()
  const opened = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(backend.url)
    await page.waitForFunction(() => window.recordsLayer?.state.controlled)
    return page
  }
  return [await opened(), await opened()]
}

const local = async (page: Page) =>
  (await page.evaluate(() => window.localProducts())).map(({ id, name, isDirty }) => ({ id, name, isDirty }))

/** The store has what the database has, and nothing is left to send. */
async function expectInStep(page: Page, timeout = 60_000): Promise<void> {
  /** What is left, and why. */
  const left = (): Promise<unknown> =>
    page.evaluate(async () => {
      const dirty = (await window.localProducts()).filter(({ isDirty }) => isDirty)
      return dirty.length === 0 ? [] : [dirty, window.records.state, await window.recordsLayer.outbox.list()]
    })
  await expect.poll(left, { timeout }).toEqual([])
  const rows = (await backend.products()).map(({ id, name }) => ({ id: String(id), name, isDirty: false }))
  const byId = (one: { id: string }, next: { id: string }): number => Number(one.id) - Number(next.id)
  expect((await local(page)).toSorted(byId)).toEqual(rows)
}

test(`edits of a local store, in a browser that is killed again and again, are in the database once (seed ${SEED})`, async () => {
  test.setTimeout(10 * 60_000)
  const { below } = seededDice(SEED)
  let [one, other] = await open()
  let count = 0
  let [hasRows, losses] = [false, 0]
  for (let life = 0; life < LIVES; life++) {
    // Lost answers and refusals for now; and nothing at all arrives in every second life.
    await backend.setAway(life % 2 === 0)
    await backend.fail('cut-after', 'cut-before', 503, 'cut-after')
    const edits = Array.from({ length: EDITS }, async () => {
      const page = below(2) === 0 ? one : other
      const known = (await local(page)).map(({ id }) => id)
      const intent = `r${SEED}-${count++}`
      const id = known[below(known.length * 2 + 1)]
      if (id === undefined) await page.evaluate((name) => window.edit(crypto.randomUUID(), name, name), intent)
      else if (below(5) === 0) await page.evaluate((of) => window.drop(of), id)
      else await page.evaluate(([of, name]) => window.edit(of, name, name), [id, intent] as const)
    })
    // In the middle of them: what the user has not seen stored may be lost, and nothing else.
    await Promise.race([Promise.all(edits), new Promise((resolve) => setTimeout(resolve, 200 + below(1500)))]).catch(
      () => undefined,
    )
    await browser.kill()
    await Promise.allSettled(edits)
    ;[one, other] = await open()
    // Chromium deletes all that an origin has where it finds its database broken: the app's own store is empty then, too.
    const isLost = hasRows && (await local(one)).length === 0
    hasRows = (await local(one)).length > 0
    if (isLost) await backend.database.query('truncate products, performed')
    losses += Number(isLost)
  }
  await backend.setAway(false)
  await expectInStep(one)
  const intents = (await backend.performed()).map(({ intent }) => intent).filter((intent) => intent !== '')
  expect(intents.filter((intent, at) => intents.indexOf(intent) !== at)).toEqual([])
  expect(intents.length).toBeGreaterThan(losses === 0 ? LIVES : 0)
  expect(await other.evaluate(() => window.recordsLayer.getSyncStats())).toMatchObject({
    pendingChanges: { total: 0, product: { dirty: 0, deleted: 0 } },
    lastError: undefined,
    state: 'idle',
  })
  console.log(
    `seed ${SEED}: ${count} edits in ${LIVES} lives of the browser, ${intents.length} performed; doubled 0, lost 0; the browser has lost all data ${losses} times`,
  )
})

test(`${MANY} dirty records are sent a few at a time`, async () => {
  test.setTimeout(30 * 60_000)
  await backend.setAway(false)
  await backend.database.query('truncate products, performed')
  const [page] = await open()
  await page.evaluate(() => window.records.close())
  await page.evaluate(async (many) => {
    const edits = Array.from({ length: many }, (_, at) => window.edit(crypto.randomUUID(), `m${at}`, `m${at}`))
    await Promise.allSettled(edits)
  }, MANY)
  await page.reload()
  const began = Date.now()
  const most = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let seen = 0
        window.records.onState(({ state, handedOver }) => {
          seen = Math.max(seen, handedOver)
          if (state === 'idle' && seen > 0) resolve(seen)
        })
      }),
  )
  expect(most).toBeLessThanOrEqual(200)
  await expectInStep(page)
  const sent = (await backend.performed()).filter(({ intent }) => /^m\d+$/.test(intent))
  expect(new Set(sent.map(({ intent }) => intent)).size).toBe(MANY)
  expect(sent).toHaveLength(MANY)
  console.log(`${MANY} records in ${Math.round((Date.now() - began) / 1000)} s, at most ${most} at a time`)
})
