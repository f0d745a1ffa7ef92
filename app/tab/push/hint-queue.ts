import type { warn } from '../report.ts'
import { bounded, type Hint, isEmpty, merged } from './hint.ts'

/** Hints within this time are told the worker as one (I11). The first of a burst goes at once. */
const FOLD_MS = 300
/** A worker that gives no answer is asked again, after rests that double up to the other. */
const AGAIN_MS = 2000
const MAX_AGAIN_MS = 60_000

interface Ports {
  /** Tells the worker. Settles once what the hint concerns counts as stale. */
  readonly tell: (hint: Hint) => Promise<unknown>
  /** How far has been heard and told. */
  readonly reached: (cursor: string) => void
  readonly warn: typeof warn
}

/**
 * Hints on their way to the worker, one after another. Where the tab has got to is written down only once the worker knows:
 * a tab that dies between leaves the rest to the next.
 */
export class HintQueue {
  readonly #ports: Ports
  #waiting: { readonly hint: Hint; readonly cursor: string | undefined; readonly delayMs: number } | undefined
  #isBusy = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** @param delayMs the worker is told so much later, so that not all pages read anew in one instant (I11). */
  add(hint: Hint, cursor?: string, delayMs = 0): void {
    const waiting = this.#waiting
    this.#waiting = waiting
      ? { ...waiting, hint: merged(waiting.hint, hint), cursor: cursor ?? waiting.cursor }
      : { hint: bounded(hint), cursor, delayMs }
    void this.#run()
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    let againMs = AGAIN_MS
    for (let told = this.#waiting; told !== undefined; told = this.#waiting) {
      if (told.delayMs > 0) {
        this.#waiting = { ...told, delayMs: 0 }
        await rest(told.delayMs)
        continue
      }
      this.#waiting = undefined
      const { hint, cursor } = told
      try {
        if (!isEmpty(hint)) await this.#ports.tell(hint)
        if (cursor !== undefined) this.#ports.reached(cursor)
        againMs = AGAIN_MS
        if (isEmpty(hint)) continue
        await rest(FOLD_MS)
      } catch (error) {
        // A worker of rules without a feed says that it has no ear for this.
        this.#ports.warn(error)
        const later = this.#waiting as typeof told | undefined
        this.#waiting = {
          hint: merged(hint, later?.hint ?? { tags: [] }),
          cursor: later?.cursor ?? cursor,
          delayMs: 0,
        }
        await rest(againMs)
        againMs = Math.min(MAX_AGAIN_MS, againMs * 2)
      }
    }
    this.#isBusy = false
  }
}

const rest = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms))
