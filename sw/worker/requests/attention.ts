import type { Occasion } from '../../core/attention.ts'
import type { EpochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'

/** When the origin was last asked about something without a read, and on which occasion. */
interface Asked {
  readonly because: Occasion
  readonly atMs: EpochMs
}

/** A page may show thousands of URLs, and there may be many pages. */
const MAX_REMEMBERED = 10_000

/** What the origin was asked about lately because pages show it. In memory: a worker that was stopped asks once more. */
export class Attention {
  readonly #asked = new Map<string, Asked>()

  /** The origin is asked now. */
  remember(key: string, because: Occasion): void {
    if (this.#asked.size >= MAX_REMEMBERED) this.#asked.clear()
    this.#asked.set(key, { because, atMs: now() })
  }

  lastOf(key: string): Asked | undefined {
    return this.#asked.get(key)
  }

  /** Milliseconds since the origin was asked, or since it has confirmed what is stored. */
  quietMs(key: string, confirmedAtMs = -Infinity): number {
    return now() - Math.max(confirmedAtMs, this.#asked.get(key)?.atMs ?? -Infinity)
  }
}
