import { now } from '../../fetch/clock.ts'
import { ADOPT_MS, type Asked } from './accept.ts'

/** So many are remembered at most. */
const MOST_KEYS = 1000

/**
 * The keys of writes that the disk did not take and whose requests have failed: the origin may have performed them. The page's own retry has
 * the same key, so it is not performed twice.
 */
export class StraightKeys {
  /** When each was sent, and what it stands for, by its key. */
  readonly #sent = new Map<string, { readonly name: string; readonly atMs: number }>()

  /** What a page asks for, with the key of the request that it tries again. */
  withKey(asked: Asked): Asked {
    const name = nameOf(asked)
    for (const [key, sent] of this.#sent) {
      if (sent.name !== name) continue
      // One retry each: what comes beside it is a write of its own.
      this.#sent.delete(key)
      if (Math.abs(now() - sent.atMs) < ADOPT_MS) return { ...asked, key }
    }
    return asked
  }

  /** Whether the origin has performed it is not known. */
  note(asked: Asked): void {
    this.#sent.set(asked.key, { name: nameOf(asked), atMs: now() })
    const [oldest] = this.#sent.keys()
    if (this.#sent.size > MOST_KEYS && oldest !== undefined) this.#sent.delete(oldest)
  }
}

const nameOf = ({ partition, digest }: Asked): string => `${partition} ${digest}`
