import { laneOf } from '../../core/outbox/lanes.ts'
import type { EpochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import { ADOPT_MS, type Asked } from './accept.ts'

/** So many are remembered at most. */
const MOST_KEYS = 1000

/** A write that was sent straight through. */
interface Straight {
  readonly name: string
  readonly lane: string
  readonly method: string
  readonly sentAtMs: EpochMs
  /** When it was known that its outcome is not. Undefined: it is under way. */
  readonly lostAtMs?: EpochMs
}

/**
 * The keys of writes that the disk did not take. Where the outcome of one is not known, the origin may have performed it: the page's own
 * retry has the same key, so it is not performed twice.
 */
export class StraightKeys {
  /** Those without an answer that says what became of them, by key. */
  readonly #sent = new Map<string, Straight>()
  /** Those whose pages have their answers. */
  readonly #answered = new Set<string>()

  /** What a page asks for, with the key of the write that it tries again. */
  withKey(asked: Asked): Asked {
    // Without keys the retry of a page is a write of its own, as without the layer.
    if (asked.queue.idempotency === undefined || this.#sent.size === 0) return asked
    const { name, lane } = placedOf(asked)
    for (const [key, sent] of this.#sent) {
      const { sentAtMs, lostAtMs, method } = sent
      // Once another one has changed the row, the same change is none that was made before.
      if (sent.name !== name && sent.lane === lane && method !== 'POST') this.#sent.delete(key)
      if (sent.name !== name || lostAtMs === undefined) continue
      this.#sent.delete(key)
      if (Math.abs(now() - lostAtMs) >= ADOPT_MS) continue
      // One retry each: what comes beside it is a write of its own.
      const again = { ...asked, key, sentAtMs }
      this.begin(again)
      return again
    }
    return asked
  }

  /** It is about to be sent. */
  begin(asked: Asked): void {
    this.#put(asked)
  }

  /** Whether the origin has performed it is not known, or its retry was not sent. */
  lost(asked: Asked): void {
    if (this.#sent.has(asked.key)) this.#put(asked, now())
  }

  /** Its retry was taken back from the outbox. */
  takenBack(asked: Asked): void {
    if (asked.sentAtMs !== undefined) this.#put(asked, now())
  }

  #put(asked: Asked, lostAtMs?: EpochMs): void {
    const sent = { ...placedOf(asked), method: asked.method, sentAtMs: asked.sentAtMs ?? now() }
    this.#sent.set(asked.key, { ...sent, ...(lostAtMs !== undefined && { lostAtMs }) })
    trim(this.#sent)
  }

  /** The outbox has it, or its page has its answer: what comes next is another write. */
  end({ key }: Asked, isAnswered: boolean): void {
    this.#sent.delete(key)
    if (isAnswered) this.#answered.add(key)
    trim(this.#answered)
  }

  /** Whether its page has its answer, though a record of it has come on disk all the same. */
  isAnswered(key: string): boolean {
    return this.#answered.has(key)
  }
}

function trim(keys: Map<string, unknown> | Set<string>): void {
  const [oldest] = keys.keys()
  if (keys.size > MOST_KEYS && oldest !== undefined) keys.delete(oldest)
}

/** What its retry is known by, and the row that it changes. */
function placedOf(asked: Asked): Pick<Straight, 'name' | 'lane'> {
  const { partition, digest, record = '', queue, id, own, url } = asked
  const path = new URL(url).pathname
  return {
    // Two records of a store may have the same fields.
    name: [partition, record, digest].join('\n'),
    lane: `${partition}\n${laneOf({ entity: queue.entity, id: own ?? id, path, isWitnessed: false })}`,
  }
}
