import type { BrowserContext, Page } from '@playwright/test'
import type { WritesBackend } from './backend.ts'
import type { KillableBrowser } from './killable-browser.ts'
import type { Heard } from './outbox-page.ts'
import type { Fault } from './writes-server.ts'

/** A write of a user: what was wanted, in the order in which it was wanted of one product, and what the page has heard. */
export interface Intent {
  readonly name: string
  readonly method: 'POST' | 'PUT' | 'DELETE'
  /** The number of the product among those of this schedule. */
  readonly product: number
  /** Undefined: the page has heard nothing, or was killed before. */
  heard?: Heard | undefined
}

interface KnownProduct {
  /** As the app knows it: a temporary id until it hears of another. */
  id: string
  isBusy: boolean
  isGone: boolean
}

const TABS = 3
const WRITES = 40
const FAULTS: readonly Fault[] = ['cut-before', 'cut-after', 'portal', 401, 409, 429, 500, 503]

/**
 * Plays a user in three tabs, with a network, a worker, a browser and a server that end at any moment. The page is as an app that
 * works online: it has no word of the layer.
 */
export class Schedule {
  readonly intents: Intent[] = []
  readonly events: string[] = []
  readonly #backend: WritesBackend
  readonly #browser: KillableBrowser
  readonly #dice: (sides: number) => number
  readonly #name: string
  #context: BrowserContext | undefined
  #pages: Page[] = []
  readonly #products: KnownProduct[] = []
  #isAway = false
  #disturbing = Promise.resolve()

  constructor(name: string, backend: WritesBackend, browser: KillableBrowser, dice: (sides: number) => number) {
    this.#name = name
    this.#backend = backend
    this.#browser = browser
    this.#dice = dice
  }

  get pages(): readonly Page[] {
    return this.#pages
  }

  /** All writes, with what goes wrong between them. */
  async play(): Promise<void> {
    await this.open()
    const underWay = new Set<Promise<void>>()
    for (let at = 0; at < WRITES; at++) {
      if (this.#dice(3) === 0) await this.#disturb()
      const act: Promise<void> = this.#act(at).finally(() => underWay.delete(act))
      underWay.add(act)
      // Up to three at a time; a worker is also stopped while they are under way.
      while (underWay.size >= TABS) await Promise.race([...underWay, this.#disturb()])
    }
    await Promise.all([...underWay, this.#disturbing])
  }

  /** A browser with the profile that the last one has left. */
  async open(): Promise<void> {
    this.#context = await this.#browser.start()
    this.#pages = []
    for (let tab = 0; tab < TABS; tab++) {
      const page = await this.#context.newPage()
      await page.goto(this.#backend.url)
      await page.waitForFunction(() => window.layer?.state.controlled)
      this.#pages.push(page)
    }
  }

  /** Nothing goes wrong any more. */
  async heal(): Promise<void> {
    this.#isAway = false
    await this.#backend.setAway(false)
  }

  async #act(at: number): Promise<void> {
    const free = this.#products.findIndex(({ isBusy, isGone }) => !isBusy && !isGone)
    const die = this.#dice(10)
    const name = `${this.#name}-${at}`
    const page = this.#pages[this.#dice(TABS)] as Page
    if (free < 0 || die < 3) return this.#create(name, page)
    const product = this.#pick()
    const known = this.#products[product] as KnownProduct
    const isDeletion = die === 9
    const intent: Intent = { name, method: isDeletion ? 'DELETE' : 'PUT', product }
    this.intents.push(intent)
    known.isBusy = true
    if (isDeletion) known.isGone = true
    const path = `/api/products/${known.id}`
    intent.heard = isDeletion
      ? await this.#heard(page, 'DELETE', `${path}?intent=${name}`)
      : await this.#heard(page, 'PUT', path, { name, intent: name })
    known.isBusy = false
    this.events.push(`${name}: ${intent.method} ${path}: ${JSON.stringify(intent.heard)}`)
  }

  async #create(name: string, page: Page): Promise<void> {
    const product = this.#products.length
    const known: KnownProduct = { id: '', isBusy: true, isGone: false }
    this.#products.push(known)
    const intent: Intent = { name, method: 'POST', product }
    this.intents.push(intent)
    intent.heard = await this.#heard(page, 'POST', '/api/products', { name, intent: name })
    this.events.push(`${name}: POST: ${JSON.stringify(intent.heard)}`)
    // Without an id the app cannot go on with it.
    if (intent.heard?.id === undefined || intent.heard.status >= 400) known.isGone = true
    else known.id = intent.heard.id
    known.isBusy = false
  }

  #pick(): number {
    const open = this.#products.flatMap(({ isBusy, isGone }, at) => (isBusy || isGone ? [] : [at]))
    return open[this.#dice(open.length)] ?? 0
  }

  /** Undefined: the page is gone, or has given up. */
  async #heard(page: Page, method: string, path: string, body?: object): Promise<Heard | undefined> {
    return page
      .evaluate(([...given]) => window.act(given[0], given[1], given[2]), [method, path, body] as const)
      .catch(() => undefined)
  }

  /** One thing after another goes wrong. */
  #disturb(): Promise<void> {
    this.#disturbing = this.#disturbing.then(() => this.#disturbOnce())
    return this.#disturbing
  }

  async #disturbOnce(): Promise<void> {
    const die = this.#dice(12)
    if (die < 3) {
      this.#isAway = !this.#isAway
      this.events.push(this.#isAway ? 'the network is away' : 'the network is back')
      await this.#backend.setAway(this.#isAway)
    } else if (die < 7) {
      const fault = FAULTS[this.#dice(FAULTS.length)] as Fault
      this.events.push(`the next write: ${fault}`)
      await this.#backend.fail(fault)
    } else if (die < 10) await this.#stopWorker()
    else if (die === 10) {
      this.events.push('the server is killed')
      await this.#backend.kill()
      await this.#backend.start()
      if (this.#isAway) await this.#backend.setAway(true)
    } else if (this.#dice(4) === 0) {
      this.events.push('the browser is killed')
      await this.#browser.kill()
      await this.open()
    }
  }

  async #stopWorker(): Promise<void> {
    this.events.push('the worker is stopped')
    const [page] = this.#pages
    if (page === undefined) return
    try {
      const cdp = await page.context().newCDPSession(page)
      await cdp.send('ServiceWorker.enable')
      await cdp.send('ServiceWorker.stopAllWorkers')
      await cdp.detach()
    } catch {
      // The browser has been killed meanwhile.
    }
  }
}
