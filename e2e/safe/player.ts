import { type BrowserContext, type CDPSession, expect, type Page } from '@playwright/test'
import { NumberedOrigin } from './origin.ts'
import { type Plan, type Play, type Said, spelled, type Step, type Thing, THINGS } from './plan.ts'

/** What a play has brought to light. */
export interface Outcome {
  /** What should not have been; none: the layer holds. */
  readonly problems: readonly string[]
  /** Some call did what was planned for it. */
  readonly hasFired: boolean
  /** Every call of the sick lives, in order. Only when traced. */
  readonly calls: readonly string[]
  /** What the worker reported on its console in the sick lives. */
  readonly reports: readonly string[]
}

/** More than this, and a console is flooded. The layer reports each subject once per worker. */
const MAX_REPORTS = 4
/** What goes on behind the answers gets so long, before a worker is stopped. */
const BEHIND_MS = 250
/** A browser under load may be slow to start or stop a worker; beyond this the harness is broken, not the layer. */
const HARNESS_LIMIT_MS = 20_000

const EVERYTHING: readonly Step[] = (Object.keys(THINGS) as Thing[]).map((read) => ({ read }))

/** What a page and its worker are served. */
export interface Scripts {
  readonly prelude: string
  readonly worker: string
  readonly page: string
}

/** Plays one row on an origin of its own, so that rows can be played side by side in one browser. */
export class Player {
  readonly #context: BrowserContext
  readonly #browser: CDPSession
  readonly #scripts: Scripts

  constructor(context: BrowserContext, browser: CDPSession, scripts: Scripts) {
    this.#context = context
    this.#browser = browser
    this.#scripts = scripts
  }

  async play({ faults, lives }: Play, traced = false): Promise<Outcome> {
    const { prelude, worker, page: pageScript } = this.#scripts
    const plan: Plan = { faults, traced }
    const script = `const plan = ${JSON.stringify(plan)};\n${prelude}\n${worker}`
    const origin = new NumberedOrigin(script, pageScript)
    await origin.start()
    const page = await this.#context.newPage()
    const workers = await Workers.of(page, origin.url)
    const problems: string[] = []
    try {
      await page.goto(origin.url)
      await page.waitForFunction(() => window.layer?.state.controlled === true)
      // A row that has waited in vain once would wait each time: the rest of that life tells nothing new.
      const take = async (life: string, steps: readonly Step[]): Promise<void> => {
        for (const step of steps) {
          const found = await page.evaluate((step) => window.take(step), step)
          problems.push(...found.map((problem) => `${life}: ${problem}`))
          if (found.length > 0) return
        }
      }
      await take(
        'healthy',
        EVERYTHING.filter((step) => !('read' in step && step.read === 'new')),
      )
      // `waitForFunction` takes a promise for the truth.
      await expect
        .poll(() => page.evaluate(() => window.areStored(['small', 'large'])), { timeout: HARNESS_LIMIT_MS })
        .toBe(true)
      await this.#set(origin, 'granted')
      for (const steps of lives) {
        await workers.stop()
        await take('sick', steps)
        await page.waitForTimeout(BEHIND_MS)
        // What is written last is known only from what the worker managed to write down before it was stopped.
        await take('sick, at the end', [{ write: true }])
      }
      await this.#set(origin, 'denied')
      await workers.stop()
      const sick = [...origin.said]
      await take('healthy again', [...EVERYTHING, { write: true }, ...EVERYTHING])
      problems.push(...(await page.evaluate(() => window.unhandled)).map((error) => `unhandled in the page: ${error}`))
      problems.push(...unhandled(origin.said))
      const reports = textsOf(sick, 'report')
      if (reports.length > MAX_REPORTS * lives.length)
        problems.push(`${reports.length} reports: ${reports.join(' | ')}`)
      return { problems, hasFired: sick.some(({ kind }) => kind === 'fired'), calls: textsOf(sick, 'call'), reports }
    } catch (error) {
      throw new Error(`${origin.url}: ${faults.map(spelled).join(', ')}: ${String(error)}`, { cause: error })
    } finally {
      // A browser that is looked into lets no worker go by itself.
      await workers.stop()
      await page.close()
      await origin.stop()
    }
  }

  /** Whether storage is sick, as the prelude reads it. */
  async #set({ url }: NumberedOrigin, setting: 'granted' | 'denied'): Promise<void> {
    await this.#browser.send('Browser.setPermission', { permission: { name: 'notifications' }, setting, origin: url })
  }
}

/** The workers of one origin: others are being played with at the same time. */
class Workers {
  readonly #cdp: CDPSession
  readonly #running = new Map<string, string>()
  #changed: () => void = () => undefined

  private constructor(cdp: CDPSession, url: string) {
    this.#cdp = cdp
    cdp.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      for (const { versionId, scriptURL, runningStatus } of versions) {
        if (scriptURL.startsWith(`${url}/`)) this.#running.set(versionId, runningStatus)
      }
      this.#changed()
    })
  }

  static async of(page: Page, url: string): Promise<Workers> {
    const cdp = await page.context().newCDPSession(page)
    const workers = new Workers(cdp, url)
    await cdp.send('ServiceWorker.enable')
    return workers
  }

  /** Stops them in the middle of things, without a word. */
  async stop(): Promise<void> {
    const startedAt = performance.now()
    for (const [versionId, status] of this.#running) {
      if (status !== 'stopped') await this.#cdp.send('ServiceWorker.stopWorker', { versionId })
    }
    while ([...this.#running.values()].some((status) => status !== 'stopped')) {
      if (performance.now() - startedAt > HARNESS_LIMIT_MS) throw new Error('A worker could not be stopped')
      await Promise.race([new Promise<void>((resolve) => (this.#changed = resolve)), pause(100)])
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const textsOf = (said: readonly Said[], kind: Said['kind']): string[] =>
  said.flatMap((one) => (one.kind === kind ? [one.text] : []))

function unhandled(said: readonly Said[]): string[] {
  return [...new Set(textsOf(said, 'unhandled'))].map((error) => `unhandled in the worker: ${error}`)
}
