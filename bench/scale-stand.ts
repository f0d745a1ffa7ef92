import type { BenchChromium, BenchPage } from './chromium.ts'
import { ask } from './measure.ts'
import { BenchOrigin, type Scripts } from './origin.ts'
import type { Fields } from './page.ts'
import type { ScalePage } from './scale-page.ts'

const PARALLEL = 100
/** A store that has not taken everything after so many rounds never will. */
const FILL_ROUNDS = 40

/** One worker on an origin of its own, with a page that it controls. */
export class ScaleStand {
  readonly origin: BenchOrigin
  readonly page: BenchPage
  readonly name: string

  static async open(browser: BenchChromium, name: string, scripts: Scripts): Promise<ScaleStand> {
    const origin = new BenchOrigin(name, scripts)
    await origin.start()
    const page = await browser.open(`${origin.url}/`)
    await ask(page, 'register')
    return new ScaleStand(name, origin, page)
  }

  private constructor(name: string, origin: BenchOrigin, page: BenchPage) {
    this.name = name
    this.origin = origin
    this.page = page
  }

  /** Calls a function of the page. */
  async ask<Name extends keyof ScalePage>(
    name: Name,
    ...parameters: Parameters<ScalePage[Name]>
  ): Promise<Awaited<ReturnType<ScalePage[Name]>>> {
    const value = await this.page.evaluate(`atScale.${name}(...${JSON.stringify(parameters)})`)
    return value as Awaited<ReturnType<ScalePage[Name]>>
  }

  /** Reads until each URL is answered without the server. @throws when that never comes. */
  async fill(urls: readonly string[], fields: Fields): Promise<void> {
    for (let round = 0; round < FILL_ROUNDS; round++) {
      const before = this.origin.storedRequests
      await this.ask('readAll', urls, PARALLEL, fields)
      if (this.origin.storedRequests === before) return this.stored(urls.at(-1) ?? '', fields)
      await this.stored(urls.at(-1) ?? '', fields)
    }
    throw new Error(`${this.name} does not store ${urls.length} answers`)
  }

  /** Settles when the URL is answered with the server away: storing goes on after a page has its answer. */
  async stored(url: string, fields: Fields): Promise<void> {
    for (;;) {
      this.origin.away = true
      const isStored = await ask(this.page, 'allAnswered', [url], fields)
      this.origin.away = false
      if (isStored) return
    }
  }
}
