import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { pageScript } from '../sync/page-script.ts'
import { WritesBackend } from './backend.ts'
import { KillableBrowser } from './killable-browser.ts'

// Chromium alone starts a worker by itself once there is a network. Nothing here fires the event: the browser does.

const FOLDER = 'dist/e2e-outbox/background-sync'
/** In place of five minutes. Seconds. */
const RETRY_S = 2
const PATIENT = [
  '--force-fieldtrials=BackgroundSync/Soon/',
  `--force-fieldtrial-params=BackgroundSync.Soon:initial_retry_delay_sec/${RETRY_S}/retry_delay_factor/1/min_sync_recovery_time_sec/${RETRY_S}/max_sync_attempts/10`,
]

let backend: WritesBackend
let browser: KillableBrowser
test.beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  await buildWorker({ config: 'e2e/outbox/rules-of-outbox.ts', out: `${FOLDER}/sw.js` })
  writeFileSync(`${FOLDER}/page.js`, await pageScript('e2e/outbox/outbox-page.ts'))
  backend = await new WritesBackend(FOLDER).open()
})
test.afterAll(() => backend.close())
test.beforeEach(() => {
  browser = new KillableBrowser(PATIENT)
})
test.afterEach(async () => {
  await browser.close()
  await backend.setAway(false)
})

async function opened(): Promise<{ page: Page; close: () => Promise<void> }> {
  const context = await browser.start()
  const page = await context.newPage()
  await page.goto(backend.url)
  await page.waitForFunction(() => window.layer?.state.controlled)
  return {
    page,
    // Without any tab of the app.
    close: async () => {
      await page.close()
      const open = context.pages().filter((each) => each.url().startsWith(backend.url))
      expect(open).toEqual([])
    },
  }
}

/** The names of the products that a page has added, which is told of each that it is queued. */
async function queue(page: Page, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, at) => `${prefix} ${at}`)
  const heard = await page.evaluate(
    (all) => Promise.all(all.map((name) => window.act('POST', '/api/products', { name, intent: name }))),
    names,
  )
  expect(new Set(heard.map((each) => each?.status))).toEqual(new Set([202]))
  return names
}

const performed = async (prefix: string): Promise<string[]> =>
  (await backend.performed()).map(({ intent }) => intent).filter((intent) => intent.startsWith(prefix))

test('writes that were made while the server was away are sent after the last tab was closed', async () => {
  const { page, close } = await opened()
  await backend.setAway(true)
  const names = await queue(page, 'away', 20)
  await close()
  await backend.setAway(false)
  await expect.poll(async () => (await performed('away')).toSorted(), { timeout: 60_000 }).toEqual(names.toSorted())
})

test('they are as well where the worker was stopped meanwhile', async () => {
  const { page, close } = await opened()
  await backend.setAway(true)
  const names = await queue(page, 'stopped', 20)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('ServiceWorker.enable')
  await cdp.send('ServiceWorker.stopAllWorkers')
  await close()
  await backend.setAway(false)
  await expect.poll(async () => (await performed('stopped')).toSorted(), { timeout: 60_000 }).toEqual(names.toSorted())
})
