import { test as base, expect, type Locator, type Page } from '@playwright/test'
import { type RunningServer, startServer } from '../../server/demo/start-server.ts'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'
import { BUILT_DEMO } from './build.ts'
import { RecordingProxy } from './recording-proxy.ts'

export { expect } from '@playwright/test'

/** A browser of the system, for tests that use Playwright's own fixtures. */
export const browserTest = base.extend<object>({
  launchOptions: [
    async ({}, use) => {
      const { path } = requireChromium()
      await use({
        executablePath: path,
        chromiumSandbox: false,
        args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      })
    },
    { scope: 'worker' },
  ],
})

interface Fixtures {
  /** Before the shop's server, on an origin of the test's own; `page` and `context` have its address as their base. */
  readonly origin: RecordingProxy
}

/** The built demo on its real server, seeded in memory once for all tests; none of them may count on another's writes. */
export const test = browserTest.extend<Fixtures, { readonly shop: RunningServer }>({
  shop: [
    async ({}, use) => {
      const shop = await startServer({ port: 0, database: { kind: 'memory' }, staticFolder: BUILT_DEMO })
      await use(shop)
      await shop.close()
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  origin: async ({ shop }, use) => {
    const proxy = new RecordingProxy(shop.port)
    await proxy.start()
    await use(proxy)
    await proxy.stop()
  },
  baseURL: async ({ origin }, use) => use(origin.url),
})

/** Who may sign in, and the page each of them starts on. */
export const PEOPLE = {
  ada: { email: 'ada@corner.example', password: 'ada', lands: 'Dashboard' },
  grace: { email: 'grace@corner.example', password: 'grace', lands: 'Stock levels' },
} as const

export type Person = keyof typeof PEOPLE

export type SignedInBy = 'Session cookie' | 'Bearer token'

/** Fills in the form at `/` and waits for the person's start page, under a worker that controls it. */
export async function signIn(page: Page, person: Person, by: SignedInBy = 'Session cookie'): Promise<void> {
  const { email, password, lands } = PEOPLE[person]
  await page.goto('/')
  await underLayer(page)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByLabel(by).check()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(heading(page)).toHaveText(lands)
  await settled(page)
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(heading(page)).toHaveText('Sign in')
}

/** Settles when the worker controls the page: the layer's strip counts hits. */
export async function underLayer(page: Page): Promise<void> {
  await expect(page.getByRole('complementary', { name: 'Data freshness' })).toContainText(/\d hit/)
}

/** Settles when nothing on the page is still on its way. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('.skeleton, .previous-data')).toHaveCount(0)
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
  // A choice of nothing waits for what there is to choose from.
  await expect(page.locator('select:has(option:only-child)')).toHaveCount(0)
}

export const heading = (page: Page): Locator => page.getByRole('heading', { level: 1 })

/** The panel of a page with this title. */
export const panel = (page: Page, title: string): Locator => page.getByRole('region', { name: title, exact: true })
