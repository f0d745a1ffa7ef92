import type { CDPSession, Page } from '@playwright/test'

/** A browser under load may be slow to stop a worker; beyond this the harness is broken, not the layer. */
const LIMIT_MS = 20_000

interface Version {
  readonly running: string
  readonly status: string
  /** So often it has been stopped. A page that goes on reading starts it again at once. */
  readonly stops: number
}

/** The workers of one origin. */
export class Workers {
  readonly #cdp: CDPSession
  readonly #versions = new Map<string, Version>()
  #changed: () => void = () => undefined

  static async of(page: Page, url: string): Promise<Workers> {
    const cdp = await page.context().newCDPSession(page)
    const workers = new Workers(cdp, url)
    await cdp.send('ServiceWorker.enable')
    return workers
  }

  private constructor(cdp: CDPSession, url: string) {
    this.#cdp = cdp
    cdp.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      for (const { versionId, scriptURL, runningStatus: running, status } of versions) {
        if (!scriptURL.startsWith(`${url}/`)) continue
        const stops = (this.#versions.get(versionId)?.stops ?? 0) + (running === 'stopped' ? 1 : 0)
        this.#versions.set(versionId, { running, status, stops })
      }
      this.#changed()
    })
  }

  /**
   * Stops the running ones in the middle of things, without a word.
   *
   * @param only those of this status. Default: all.
   */
  async stop(only?: 'activated' | 'installed'): Promise<void> {
    const meant = [...this.#versions].filter(
      ([, { running, status }]) => running !== 'stopped' && (only === undefined || status === only),
    )
    const startedAt = performance.now()
    for (const [versionId] of meant) await this.#cdp.send('ServiceWorker.stopWorker', { versionId })
    while (meant.some(([versionId, { stops }]) => this.#versions.get(versionId)?.stops === stops)) {
      if (performance.now() - startedAt > LIMIT_MS) throw new Error('A worker could not be stopped')
      await Promise.race([new Promise<void>((resolve) => (this.#changed = resolve)), pause(100)])
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
