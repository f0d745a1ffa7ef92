import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, expect, type Page, test as base, type Worker } from '@playwright/test'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'
import { inDatabase, kindOfKey } from './database.ts'
import { ScriptedOrigin } from './scripted-origin.ts'

export { expect }

const ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * A Chromium with a profile of its own.
 *
 * @param without what Playwright sets and a test does not want. Default: nothing.
 */
export async function launch(
  profile: string,
  without: string[] = [],
  also: readonly string[] = [],
): Promise<BrowserContext> {
  const { path } = requireChromium()
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: path,
    headless: true,
    chromiumSandbox: false,
    args: [...ARGS, ...also],
    ignoreDefaultArgs: without,
    serviceWorkers: 'allow',
  })
  await context.addInitScript(`globalThis.inDatabase = ${inDatabase}; globalThis.kindOfKey = ${kindOfKey}`)
  return context
}

/** A folder that is gone when the test is. */
export const newProfile = (): string => mkdtempSync(join(tmpdir(), 'freshlayer-e2e-'))

export const dropProfile = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })

/** Stops every worker, as a browser stops an idle one: in the middle of things, without a word. */
export async function stopWorkers(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const stopped = new Promise<void>((resolve) => {
    cdp.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      if (versions.some(({ runningStatus }) => runningStatus === 'stopped')) resolve()
    })
  })
  await cdp.send('ServiceWorker.enable')
  await cdp.send('ServiceWorker.stopAllWorkers')
  await stopped
  await cdp.detach()
}

/** The worker of an origin, to work in. A page may have it a little before the test does. */
export async function workerOf(page: Page, origin: ScriptedOrigin): Promise<Worker> {
  let found: Worker | undefined
  await expect
    .poll(
      () =>
        (found = page
          .context()
          .serviceWorkers()
          .findLast((worker) => worker.url().startsWith(origin.url))),
    )
    .toBeDefined()
  return found!
}

interface Fixtures {
  /** An origin of the test's own: a fresh port, so registrations, caches and databases never meet. */
  readonly origin: ScriptedOrigin
  /** Opens a page of the origin and waits until the worker controls it. */
  readonly open: (path?: string) => Promise<Page>
}

/** One browser for a file, one origin for a test. */
export const test = base.extend<Fixtures, { readonly browserContext: BrowserContext }>({
  browserContext: [
    async ({}, use) => {
      const profile = newProfile()
      const context = await launch(profile)
      await use(context)
      await context.close()
      dropProfile(profile)
    },
    { scope: 'worker' },
  ],
  origin: async ({}, use) => {
    const origin = new ScriptedOrigin()
    await origin.start()
    await use(origin)
    await origin.stop()
  },
  open: async ({ browserContext, origin }, use) => {
    const pages: Page[] = []
    await use(async (path = '/') => {
      const page = await browserContext.newPage()
      pages.push(page)
      await page.goto(origin.url + path)
      await controlled(page)
      return page
    })
    for (const page of pages) await page.close()
  },
})

/** Settles when the page is controlled. Its worker is being asked what was said before, and may not have answered. */
export async function controlled(page: Page): Promise<void> {
  await page.waitForFunction(() => window.layer?.state.controlled === true)
}

/** What a page's fetch gives: status, text and headers; or the error's message. */
export interface Fetched {
  readonly status: number
  readonly text: string
  readonly headers: Record<string, string>
}

/** Reads a URL as an app does. */
export async function read(
  page: Page,
  path: string,
  init: { readonly cache?: RequestCache; readonly headers?: Record<string, string> } = {},
): Promise<Fetched> {
  return page.evaluate(
    async ([path, init]) => {
      const response = await fetch(path, init)
      return { status: response.status, text: await response.text(), headers: Object.fromEntries(response.headers) }
    },
    [path, init] as const,
  )
}
