import type { Page } from '@playwright/test'
import type { QueuedWrite } from '../../app/tab/index.ts'
import type { Heard } from './outbox-page.ts'

/** A tab of a device with an outbox of its own. */
export class Device {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  async open(url: string): Promise<this> {
    await this.page.goto(url)
    await this.page.waitForFunction(() => window.layer?.state.controlled, undefined, { polling: 20 })
    return this
  }

  act(method: string, path: string, body?: object, type?: string): Promise<Heard | undefined> {
    return this.page.evaluate(([...given]) => window.act(given[0], given[1], given[2], given[3]), [
      method,
      path,
      body,
      type,
    ] as const)
  }

  /** What a read gives; undefined: there is no such thing. */
  read<T>(path: string): Promise<T | undefined> {
    return this.page.evaluate(async (url) => {
      const response = await fetch(url, { headers: { accept: 'application/json' } })
      return response.ok ? ((await response.json()) as T) : undefined
    }, path)
  }

  /** What waits, once nothing of it can be sent without the user. */
  async settled(): Promise<readonly QueuedWrite[]> {
    for (;;) {
      const left = await this.page.evaluate(async () => {
        await window.layer.outbox.counts()
        return window.layer.outbox.list()
      })
      if (left.every(({ state }) => state === 'needs-you' || state === 'dead')) return left
    }
  }
}
