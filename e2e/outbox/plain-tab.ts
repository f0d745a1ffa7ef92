import type { Page } from '@playwright/test'
import type { QueuedWrite } from '../../app/tab/index.ts'
import type { PlainShop } from './plain-shop.ts'

/** A tab of a device, and its user: what is asked of them they answer by what is in the database. */
export class PlainTab {
  readonly page: Page
  readonly device: string
  /** Why the user was asked, by what they wanted. */
  readonly asked = new Map<string, string>()
  /** The status of the answer, by what the user wanted. */
  readonly heard = new Map<string, number>()
  readonly #shop: PlainShop
  readonly #intents = new Map<number, string>()
  #looking: Promise<readonly QueuedWrite[]> | undefined

  constructor(page: Page, device: string, shop: PlainShop) {
    this.page = page
    this.device = device
    this.#shop = shop
  }

  async create(kind: string, intent: string, item: string): Promise<void> {
    const name = `${this.device} ${intent}`
    const given = { kind, item, name, device: this.device }
    const { status, place } = await this.page.evaluate(async ({ kind, item, name, device }) => {
      const headers = { accept: 'application/json', 'content-type': 'application/json' }
      const response = await fetch(`/api/${kind}`, {
        method: 'POST',
        headers: { ...headers, 'x-intent': name, 'x-device': device },
        body: JSON.stringify({ item, quantity: 1 }),
      })
      return { status: response.status, place: Number(response.headers.get('freshlayer-outbox') ?? 0) }
    }, given)
    this.#intents.set(place, name)
    this.heard.set(name, status)
  }

  /** As an app does that shows the list. */
  async read(kind: string): Promise<void> {
    await this.page.evaluate(
      async ({ kind, device }) => {
        const headers = { accept: 'application/json', 'x-device': device }
        await fetch(`/api/${kind}`, { headers }).then((response) => response.text())
      },
      { kind, device: this.device },
    )
  }

  /** Settles once nothing of a kind waits any more. */
  async settled(kind: string): Promise<void> {
    for (;;) {
      const writes = (await this.#next()).filter(({ url }) => url.endsWith(`/api/${kind}`))
      if (writes.length === 0) return
      for (const { place, state, why, doubt } of writes)
        if (state === 'needs-you' || state === 'dead') await this.#answer(place, `${why} ${doubt}`)
    }
  }

  /** What the outbox holds by now. Those who ask at the same time look once. */
  async #next(): Promise<readonly QueuedWrite[]> {
    await this.#looking
    this.#looking ??= this.page
      .evaluate(async () => {
        const { outbox } = window.layer
        await outbox.counts()
        return outbox.list()
      })
      .finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #answer(place: number, why: string): Promise<void> {
    const intent = this.#intents.get(place) ?? ''
    this.asked.set(intent, why)
    // What is under way is over by then.
    const isThere = await this.#shop.isMade(intent)
    await this.page.evaluate(
      async ({ place, isThere }) => {
        const { outbox } = window.layer
        await (isThere ? outbox.discard(place) : outbox.retry(place))
      },
      { place, isThere },
    )
  }
}
