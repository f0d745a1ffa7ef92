import type { Page } from '@playwright/test'
import { PER_SHELF, shelved, SHOWN } from './effort.ts'
import { expect, type Stage, test } from './stage.ts'

/** What a page shows: shelves, which a write reaches by tag, and what is in orders, which one reaches by prefix. */
const ORDERS = Array.from({ length: 300 }, (_, at) => `/api/orders/${at}`)
const LINES = ORDERS.map((order) => `${order}/lines`)
const SHELVES = shelved(SHOWN)
/** These are reached by tag. */
const FIRST = SHELVES.slice(0, PER_SHELF)
const REST = SHELVES.slice(PER_SHELF)
const SEEN_LIMIT_MS = 60_000

/** A page that shows all of it, and another tab. */
async function begin(stage: Stage): Promise<Page> {
  await stage.begin()
  await stage.fill([...SHELVES, ...LINES])
  await stage.page.evaluate((paths) => window.observeAll(paths), [...SHELVES, ...LINES])
  await sees(stage, [...SHELVES, ...LINES], 1)
  return stage.open()
}

const sees = (stage: Stage, paths: readonly string[], version: number): Promise<void> =>
  expect
    .poll(
      () =>
        stage.page.evaluate(([paths, version]) => window.notSeen(paths, version).slice(0, 3), [
          paths,
          version,
        ] as const),
      { message: `all see version ${version}`, timeout: SEEN_LIMIT_MS },
    )
    .toEqual([])

/** The other tab writes 300 orders at once, and one shelf. */
async function write(tab: Page): Promise<void> {
  // Only a tab in sight reads what has changed, and in a browser under test each is.
  const written = await tab.evaluate((orders) => window.writeAll(orders, 300), [...ORDERS, '/api/shelves/0'])
  expect(written).toBe(ORDERS.length + 1)
}

/** What was written is seen, and what was not is not asked for. */
async function follows(stage: Stage, version: number, before: number): Promise<void> {
  await sees(stage, [...LINES, ...FIRST], version)
  await sees(stage, REST, 1)
  const written = LINES.length + FIRST.length
  expect(stage.origin.reads - before, 'each once, or once more where a change followed').toBeLessThanOrEqual(
    2 * written,
  )
}

test(`a page that shows ${SHOWN} URLs follows 300 writes of another tab`, async ({ stage }) => {
  const tab = await begin(stage)
  const before = stage.origin.reads
  await write(tab)
  await follows(stage, 2, before)
  expect(stage.origin.reports).toEqual([])
})

test('so it does where the worker is stopped with the page’s questions unanswered', async ({ stage }) => {
  const tab = await begin(stage)
  await write(tab)
  await stage.workers.stop()
  await sees(stage, [...LINES, ...FIRST], 2)
})

test('so it does while a newer worker waits, and once that has taken over', async ({ stage }) => {
  const tab = await begin(stage)
  await tab.evaluate(() => void (window.agrees = false))
  stage.deploy('rules-of-version-2')
  await stage.page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
  await expect.poll(() => stage.page.evaluate(() => window.layer.state.updateReady)).toBe(true)
  const before = stage.origin.reads
  await write(tab)
  await follows(stage, 2, before)
  await tab.evaluate(() => void (window.agrees = true))
  await stage.page.evaluate(async () => {
    const changed = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
    await window.layer.applyUpdate()
    await changed
  })
  await write(tab)
  await sees(stage, [...LINES, ...FIRST], 3)
  await sees(stage, REST, 1)
})
