import { OUTBOX_TAG } from '../../../config/names.ts'
import { now } from '../../fetch/clock.ts'
import { worker } from '../scope.ts'
import type { Drain } from './drain.ts'

/** TypeScript knows neither. @see https://wicg.github.io/background-sync/spec/ */
type WithSync = ServiceWorkerRegistration & { readonly sync?: { register(tag: string): Promise<void> } }
type SyncEvent = ExtendableEvent & { readonly tag: string }

/**
 * Chromium gives an event three minutes, and the worker that has taken longer is stopped. An attempt that is begun by then has 30 s.
 * Milliseconds.
 */
const EVENT_MS = 150_000

/** Milliseconds. */
const LEAST_WAIT_MS = 100

/**
 * Has the browser start the worker once there is a network again, so that writes leave after the last tab was closed. Only Chromium
 * does, and only for a page that is open when it is asked. It tries three times: at once, 5 minutes after a failure, and 15 minutes
 * after the next one.
 */
export class BackgroundSync {
  readonly #drain: Drain
  #isAsked = false

  constructor(drain: Drain) {
    this.#drain = drain
  }

  /** A write has to wait. Never rejects. */
  async ask(): Promise<void> {
    const { sync } = worker.registration as WithSync
    if (sync === undefined || this.#isAsked) return
    // Of a thousand writes the first one asks.
    this.#isAsked = true
    await sync.register(OUTBOX_TAG).catch(() => (this.#isAsked = false))
  }

  /** @param activate makes the worker the one that answers. */
  listen(activate: () => void): void {
    worker.addEventListener('sync', (given) => {
      const event = given as SyncEvent
      if (event.tag !== OUTBOX_TAG) return
      activate()
      event.waitUntil(this.#send())
    })
  }

  /** Sends what may be sent. Rejects where something is left that may be sent later: then the browser comes again. */
  async #send(): Promise<void> {
    // What waits from now on may come too late for this event.
    this.#isAsked = false
    const drain = this.#drain
    const untilMs = now() + EVENT_MS
    drain.untilMs = untilMs
    try {
      await drain.run(true)
      while (await drain.maySendLater()) {
        const { nextMs } = drain
        if (nextMs === undefined || nextMs >= untilMs) throw new Error('queued writes are left')
        // A network that is just back fails now and then. The browser would come minutes later.
        const waitMs = Math.max(LEAST_WAIT_MS, nextMs - now())
        await new Promise((resolve) => setTimeout(resolve, waitMs))
        await drain.run(false)
      }
    } finally {
      drain.untilMs = Infinity
    }
  }
}
