import { expect, type Page } from '@playwright/test'
import { tour, type Trip } from '../demo/tour.ts'
import { settled, underLayer } from '../support/demo.ts'
import { RecordingProxy } from '../support/recording-proxy.ts'
import { notePaints } from './painted.ts'
import type { Look, Screen } from './screen-age.ts'
import type { ShopWrite } from './shop-writes.ts'
import { openTabsBrowser, type TabsBrowser } from './tabs-browser.ts'

/** So long no request is under way before a page is at rest. */
const QUIET_MS = 150

interface Tab {
  readonly page: Page
  readonly looks: Look[]
}

/** A write that is due, and its number. */
export interface Due {
  readonly write: ShopWrite
  readonly number: number
}

/** One of the users, at a browser of their own, behind a connection of their own. */
export class ShopUser {
  readonly who: string
  readonly origin: RecordingProxy
  readonly #browser: TabsBrowser
  readonly #hasLayer: boolean
  readonly #tabs: Tab[] = []
  readonly #written = new Map<string, readonly [fromMs: number, toMs: number]>()
  readonly #away: [fromMs: number, toMs: number][] = []

  private constructor(who: string, origin: RecordingProxy, browser: TabsBrowser, hasLayer: boolean) {
    this.who = who
    this.origin = origin
    this.#browser = browser
    this.#hasLayer = hasLayer
  }

  /** @param hasLayer false: their browser has no service workers. */
  static async signIn(who: string, port: number, hasLayer: boolean): Promise<ShopUser> {
    const origin = new RecordingProxy(port)
    await origin.start()
    const user = new ShopUser(who, origin, await openTabsBrowser(), hasLayer)
    const { page } = await user.#open('/')
    await page.getByLabel('Email').fill(`${who}@corner.example`)
    await page.getByLabel('Password').fill(who)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Sign in')
    await settled(page)
    return user
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.origin.stop()
  }

  /** Opens a page that the first one then hides. */
  async openHidden(path: string): Promise<void> {
    const { page } = await this.#open(path)
    await settled(page)
    await this.#front.page.bringToFront()
  }

  /** Looks at the pages that are hidden, and goes back to the first. */
  async lookAtHidden(): Promise<void> {
    const [, ...hidden] = this.#tabs
    for (const tab of hidden) {
      await tab.page.bringToFront()
      await expect.poll(() => tab.page.evaluate(() => document.visibilityState)).toBe('visible')
      await this.#look(tab)
    }
    if (hidden.length > 0) await this.#front.page.bringToFront()
  }

  /** Makes the trips, and the writes where they belong. */
  async go(trips: readonly Trip[], due: readonly Due[] = []): Promise<void> {
    const left = [...due]
    const arrive = async (): Promise<void> => {
      const path = await this.#look(this.#front)
      const at = left.findIndex(({ write }) => write.isOn(path))
      const [next] = at < 0 ? [] : left.splice(at, 1)
      if (next === undefined) return
      const beganMs = Date.now()
      const keys = await next.write.make(this.#front.page, next.number)
      for (const key of keys) this.#written.set(key, [beganMs, Date.now()])
      await this.#look(this.#front)
    }
    await tour(this.#front.page, arrive, trips)
    expect(
      left.map(({ write }) => write.name),
      `${this.who} has made all writes`,
    ).toEqual([])
  }

  /** Goes on while the origin cannot be reached. Without the layer there is nothing to see. */
  async goAway(trips: readonly Trip[]): Promise<void> {
    const { page } = this.#front
    const away: [number, number] = [Date.now(), Infinity]
    this.#away.push(away)
    await this.origin.stop()
    for (const { go, heading, shows } of trips.flat()) {
      await go(page)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading)
      if (this.#hasLayer) await expect(shows(page)).toBeVisible()
    }
    await this.origin.start()
    away[1] = Date.now()
  }

  /** Settles when what the front page shows of stock has changed. */
  async showsOtherStock(before: string): Promise<void> {
    await expect.poll(() => this.shownStock(), { timeout: 60_000 }).not.toBe(before)
  }

  shownStock(): Promise<string> {
    return this.#front.page.evaluate(() =>
      JSON.stringify(window.paints.at(-1)?.facts.filter(({ key }) => key.startsWith('stock '))),
    )
  }

  async screens(): Promise<Screen[]> {
    return Promise.all(
      this.#tabs.map(async ({ page, looks }) => ({
        who: this.who,
        paints: await page.evaluate(() => window.paints),
        endMs: Date.now(),
        away: this.#away,
        looks,
      })),
    )
  }

  get #front(): Tab {
    const [first] = this.#tabs
    if (first === undefined) throw new Error(`${this.who} has no page`)
    return first
  }

  async #open(path: string): Promise<Tab> {
    const page = await this.#browser.context.newPage()
    await page.setViewportSize({ width: 1280, height: 800 })
    await notePaints(page)
    if (!this.#hasLayer)
      await page.addInitScript(() => void Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'))
    await page.goto(this.origin.url + path)
    if (this.#hasLayer) await underLayer(page)
    else await expect(page.getByRole('complementary', { name: 'Data freshness' })).toContainText('Straight from')
    const tab = { page, looks: [] }
    this.#tabs.push(tab)
    return tab
  }

  /** Notes what the page shows once all is answered, and gives its address. */
  async #look(tab: Tab): Promise<string> {
    await this.#quiet()
    const paint = await tab.page.evaluate(
      () =>
        new Promise<Window['paints'][number] | undefined>((resolve) => {
          // What changes in this frame is painted in it.
          requestAnimationFrame(() => setTimeout(() => resolve(window.paints.at(-1))))
        }),
    )
    if (paint === undefined) throw new Error(`${this.who}'s page has painted nothing`)
    tab.looks.push({ ...paint, atMs: Date.now(), written: new Map(this.#written) })
    return paint.path
  }

  async #quiet(): Promise<void> {
    let quietSinceMs = Date.now()
    const beganMs = quietSinceMs
    while (Date.now() - quietSinceMs < QUIET_MS && Date.now() - beganMs < 5000) {
      if (this.origin.open > 0) quietSinceMs = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
  }
}
