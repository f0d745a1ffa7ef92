import type { Page } from '@playwright/test'
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

/** How often something goes wrong while what waits is sent. */
const ROUNDS = 40

/** Of ten writes so many create. */
const CREATES = 2

const FAULTS: readonly Fault[] = ['cut-before', 'cut-after', 'slow', 'slow', 'portal', 409, 429, 500, 503]

/** In one of so many schedules the browser is killed. */
const KILLS_ONE_OF = 3

/** In one of so many the origin refuses credentials: then all writes rest for ten seconds. */
const REFUSES_ONE_OF = 10

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
  readonly #faults: readonly Fault[]
  readonly #began = performance.now()
  #pages: readonly Page[] = []
  /** Settles when the tabs are there. */
  #opening = Promise.resolve()
  readonly #products: KnownProduct[] = []
  #isAway = false
  #disturbing = Promise.resolve()
  /** Before which write the browser is killed; undefined: it is not. */
  readonly #killedBefore: number | undefined

  constructor(backend: WritesBackend, browser: KillableBrowser, dice: (sides: number) => number) {
    this.#backend = backend
    this.#browser = browser
    this.#dice = dice
    this.#faults = dice(REFUSES_ONE_OF) === 0 ? [...FAULTS, 401, 401] : FAULTS
    this.#killedBefore = dice(KILLS_ONE_OF) === 0 ? dice(WRITES) : undefined
  }

  get pages(): readonly Page[] {
    return this.#pages
  }

  /** All writes, with what goes wrong between them. */
  async play(): Promise<void> {
    await this.#open()
    const underWay = new Set<Promise<void>>()
    for (let at = 0; at < WRITES; at++) {
      if (at === this.#killedBefore) void this.#killBrowser()
      else if (this.#dice(2) === 0) void this.#disturb()
      const act: Promise<void> = this.#act(at).finally(() => underWay.delete(act))
      underWay.add(act)
      // Up to three at a time; a worker is also stopped while they are under way.
      if (underWay.size >= TABS) await Promise.race([...underWay, this.#disturb()])
      if (underWay.size >= TABS) await Promise.race(underWay)
    }
    await Promise.all([...underWay, this.#disturbing])
    await this.#disturbDrain()
  }

  /** What waits is sent, and things go wrong all the same. */
  async #disturbDrain(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      // A network that is away has nothing to disturb.
      if (this.#isAway) await this.#setAway(false)
      const left = await this.#left()
      if (left === 0) return
      await this.#disturb()
    }
  }

  /** How many writes wait. They are sent meanwhile. */
  async #left(): Promise<number> {
    const [page] = this.#pages
    return (
      page
        ?.evaluate(async () => {
          const { outbox } = window.layer
          void outbox.counts()
          return (await outbox.list()).length
        })
        // The worker was stopped.
        .catch(() => 1) ?? 1
    )
  }

  async #setAway(isAway: boolean): Promise<void> {
    this.#isAway = isAway
    this.#note(isAway ? 'the network is away' : 'the network is back')
    await this.#backend.setAway(isAway)
  }

  /** Nothing goes wrong any more. */
  async heal(): Promise<void> {
    await this.#disturbing
    this.#isAway = false
    await this.#backend.setAway(false)
    this.#note('nothing goes wrong any more')
  }

  #note(event: string): void {
    this.events.push(`${String(Math.round(performance.now() - this.#began)).padStart(6)} ms  ${event}`)
  }

  /** The tabs of a browser with the profile that the last one has left. */
  #open(): Promise<void> {
    this.#opening = (async () => {
      const [first, ...others] = await this.#browser.pages(TABS)
      if (first === undefined) throw new Error('no page is open')
      const open = async (page: Page): Promise<void> => {
        await page.goto(this.#backend.url)
        // A tab out of sight draws no frames, which Playwright would wait for.
        await page.waitForFunction(() => window.layer?.state.controlled, undefined, { polling: 20 })
        // A network that is away shows what is stored.
        await page.evaluate(() => window.productRows().catch(() => []))
      }
      await open(first)
      await Promise.all(others.map(open))
      this.#pages = [first, ...others]
    })()
    return this.#opening
  }

  async #act(at: number): Promise<void> {
    await this.#opening
    const free = this.#products.findIndex(({ isBusy, isGone }) => !isBusy && !isGone)
    const die = this.#dice(10)
    const name = `intent ${at}`
    const page = this.#pages[this.#dice(TABS)] as Page
    if (free < 0 || die < CREATES) return this.#create(name, page)
    const product = this.#pick()
    const known = this.#products[product] as KnownProduct
    const isDeletion = die === 9
    const intent: Intent = { name, method: isDeletion ? 'DELETE' : 'PUT', product }
    this.intents.push(intent)
    known.isBusy = true
    if (isDeletion) known.isGone = true
    const path = `/api/products/${known.id}`
    intent.heard = isDeletion
      ? await this.#heard(page, 'DELETE', `${path}?intent=${encodeURIComponent(name)}`)
      : await this.#heard(page, 'PUT', path, { name })
    known.isBusy = false
    this.#note(`${name}: ${intent.method} ${path}: ${JSON.stringify(intent.heard)}`)
  }

  async #create(name: string, page: Page): Promise<void> {
    const product = this.#products.length
    const known: KnownProduct = { id: '', isBusy: true, isGone: false }
    this.#products.push(known)
    const intent: Intent = { name, method: 'POST', product }
    this.intents.push(intent)
    intent.heard = await this.#heard(page, 'POST', '/api/products', { name })
    this.#note(`${name}: POST: ${JSON.stringify(intent.heard)}`)
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
    return this.#after(() => this.#disturbOnce())
  }

  #killBrowser(): Promise<void> {
    return this.#after(async () => {
      this.#note('the browser is killed')
      await this.#browser.kill()
      await this.#open()
      this.#note('the browser is back')
    })
  }

  #after(work: () => Promise<void>): Promise<void> {
    this.#disturbing = this.#disturbing.then(work)
    return this.#disturbing
  }

  async #disturbOnce(): Promise<void> {
    const die = this.#dice(24)
    if (die < 6) {
      await this.#setAway(!this.#isAway)
    } else if (die < 14) {
      const fault = this.#faults[this.#dice(this.#faults.length)] as Fault
      this.#note(`the next write: ${fault}`)
      await this.#backend.fail(fault)
    } else if (die < 20) await this.#stopWorker()
    else if (die === 20) {
      this.#note('the server is killed')
      await this.#backend.kill()
      await this.#backend.start()
    }
  }

  async #stopWorker(): Promise<void> {
    this.#note('the worker is stopped')
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
