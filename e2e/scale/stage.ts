import { readFileSync } from 'node:fs'
import { type BrowserContext, type CDPSession, expect, type Page, test as base } from '@playwright/test'
import { dropProfile, launch, newProfile } from '../support/test.ts'
import { ScaleOrigin } from './origin.ts'
import type { Reading, Result } from './page.ts'
import type { Plan } from './plan.ts'
import { BUILT, type WORKERS } from './setup.ts'
import { Workers } from './workers.ts'

export { expect }

type Rules = (typeof WORKERS)[number]

const PARALLEL = 100
/** A store that has not taken everything after so many rounds never will. */
const FILL_ROUNDS = 6
const STORED_LIMIT_MS = 60_000
/** A tab that finds the origin away asks once more for what failed last. That answer is stored, and is a hit. */
export const PROBED = 1

/** A browser under load may be slow to start a worker; beyond this the harness is broken, not the layer. */
const CONTROL_LIMIT_MS = 20_000

const text = (name: string): string => readFileSync(`${BUILT}${name}.js`, 'utf8')

/** The worker's script with what is put before it. */
function scriptOf(rules: Rules, lateMs: number): string {
  const plan: Plan = { lateMs }
  return `const plan = ${JSON.stringify(plan)};\n${text('prelude')}\n${text(rules)}`
}

/** One origin with its first page and its workers. */
export class Stage {
  readonly origin = new ScaleOrigin(text('page'))
  readonly #context: BrowserContext
  readonly #pages: Page[] = []
  #browser: CDPSession | undefined
  #quota: CDPSession | undefined
  #workers: Workers | undefined
  #first: Page | undefined

  constructor(context: BrowserContext) {
    this.#context = context
  }

  /** The page that the test began with. */
  get page(): Page {
    if (this.#first === undefined) throw new Error('No page is open')
    return this.#first
  }

  get workers(): Workers {
    if (this.#workers === undefined) throw new Error('No page is open')
    return this.#workers
  }

  /** Opens the first page, controlled by the worker of these rules. */
  async begin(rules: Rules = 'rules', { lateMs = 0 } = {}): Promise<void> {
    this.deploy(rules, lateMs)
    await this.origin.start()
    this.#first = await this.#context.newPage()
    this.#pages.push(this.#first)
    this.#workers = await Workers.of(this.#first, this.origin.url)
    await this.#load(this.#first)
  }

  /** Another page of the origin. */
  async open(): Promise<Page> {
    const page = await this.#context.newPage()
    this.#pages.push(page)
    await this.#load(page)
    return page
  }

  /** The user reloads the first page. */
  async reload(): Promise<void> {
    await this.page.reload()
    await this.#controlled(this.page)
  }

  /** From now on the server has the worker of these rules. */
  deploy(rules: Rules, lateMs = 0): void {
    this.origin.script = scriptOf(rules, lateMs)
  }

  read(paths: readonly string[], reading: Partial<Reading> = {}, page = this.page): Promise<Result> {
    return page.evaluate(([paths, reading]) => window.readAll(paths, reading), [
      paths,
      { parallel: PARALLEL, ...reading },
    ] as const)
  }

  /** The same with the origin away. */
  async readOffline(paths: readonly string[], reading: Partial<Reading> = {}, page = this.page): Promise<Result> {
    this.origin.away = true
    try {
      return await this.read(paths, reading, page)
    } finally {
      this.origin.away = false
    }
  }

  write(paths: readonly string[], { parallel = 20, method = 'POST', user = '' } = {}): Promise<number> {
    return this.page.evaluate(
      ([paths, parallel, method, user]) => window.writeAll(paths, parallel, method, user === '' ? undefined : user),
      [paths, parallel, method, user] as const,
    )
  }

  /** Settles when the path is answered with the origin away: storing goes on after a page has its answer. */
  async stored(path: string, user?: string, timeout = STORED_LIMIT_MS): Promise<void> {
    const reading = { limitMs: 5000, ...(user !== undefined && { user }) }
    await expect
      .poll(() => this.readOffline([path], reading).then(({ answered }) => answered), {
        message: `${path} is answered with the origin away`,
        timeout,
      })
      .toBe(1)
  }

  /** Reads until every path is answered without a question to the origin. */
  async fill(paths: readonly string[], user?: string): Promise<void> {
    const reading = user === undefined ? {} : { user }
    const misses: number[] = []
    while (misses.length < FILL_ROUNDS) {
      const before = this.origin.reads
      const { failures, wrong } = await this.read(paths, reading)
      expect({ failures, wrong }, 'while everything is read').toEqual({ failures: [], wrong: [] })
      misses.push(this.origin.reads - before)
      if (misses.at(-1) === 0) return
      await this.stored(paths.at(-1) ?? '', user)
    }
    const reports = this.origin.reports.map(({ text }) => text).join('\n')
    throw new Error(
      `Not all of ${paths.length} rows get stored: ${misses.join(', ')} misses, round by round\n${reports}`,
    )
  }

  /** Whether storage is slow for workers that start from now on. */
  async slow(isSlow: boolean): Promise<void> {
    this.#browser ??= await this.#context.browser()?.newBrowserCDPSession()
    await this.#browser?.send('Browser.setPermission', {
      permission: { name: 'notifications' },
      setting: isSlow ? 'granted' : 'denied',
      origin: this.origin.url,
    })
  }

  /**
   * What the origin may take of the disk beyond what it takes already; 'none': nothing at all can be stored. Holds for as
   * long as the session that says so is attached.
   */
  async room(bytes: number | 'none'): Promise<void> {
    this.#quota ??= await this.#context.newCDPSession(this.page)
    const origin = this.origin.url
    const { usage } = await this.#quota.send('Storage.getUsageAndQuota', { origin })
    const quotaSize = bytes === 'none' ? 1 : usage + bytes
    await this.#quota.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
  }

  async end(): Promise<void> {
    await this.#quota?.detach()
    // A browser that is looked into lets no worker go by itself.
    await this.#workers?.stop()
    if (this.#first !== undefined) {
      const cdp = await this.#context.newCDPSession(this.#first)
      await cdp.send('Storage.clearDataForOrigin', { origin: this.origin.url, storageTypes: 'all' })
    }
    for (const page of this.#pages) await page.close()
    await this.origin.stop()
  }

  async #load(page: Page): Promise<void> {
    await page.goto(this.origin.url)
    await this.#controlled(page)
  }

  async #controlled(page: Page): Promise<void> {
    await page.waitForFunction(() => window.layer?.state.controlled === true, undefined, { timeout: CONTROL_LIMIT_MS })
  }
}

interface Fixtures {
  /** An origin of the test's own: a fresh port, so registrations, caches and databases never meet. */
  readonly stage: Stage
}

/** One browser for all tests until one fails, one origin for a test. */
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
  stage: async ({ browserContext }, use) => {
    const stage = new Stage(browserContext)
    await use(stage)
    const unhandled = stage.origin.said.filter(({ kind }) => kind === 'unhandled')
    await stage.end()
    expect(
      unhandled.map(({ text }) => text),
      'errors that the layer did not catch',
    ).toEqual([])
  },
})
