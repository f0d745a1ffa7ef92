import { originOf } from '../../core/outbox/silence.ts'
import type { EpochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { WriteRecord } from './write-record.ts'

/** An attempt that has begun. */
export interface Begun {
  readonly atMs: EpochMs
  /** How many writes its origin had answered. */
  readonly answers: number
}

/** What an attempt without an answer says of its origin. */
export interface Missed {
  readonly beganAtMs: EpochMs
  /** The origin has answered no write since the attempt began. */
  readonly isSilent: boolean
  /** The origin is there for others, so this is the write's own failure: it counts among its attempts. */
  readonly isOwn: boolean
}

/** What this worker has heard of origins: by it an outage is told from the failure of one write. */
export class Heard {
  readonly #answers = new Map<string, number>()
  readonly #lastMs = new Map<string, EpochMs>()
  /** Have answered a write since they were silent last, as far as this worker knows. */
  readonly answering = new Set<string>()

  begin(url: string): Begun {
    return { atMs: now(), answers: this.#answers.get(originOf(url)) ?? 0 }
  }

  /** A write was answered, or a read for one. */
  answered(url: string): void {
    const origin = originOf(url)
    this.#answers.set(origin, 1 + (this.#answers.get(origin) ?? 0))
    this.answering.add(origin)
    this.seen(origin)
  }

  /** Any request was answered. It may have been a captive portal, so it does not end a silence. */
  seen(origin: string): void {
    this.#lastMs.set(origin, now())
  }

  /** An attempt to send a write got no answer. */
  missed({ failed }: Pick<WriteRecord, 'failed'>, url: string, { atMs, answers }: Begun): Missed {
    const origin = originOf(url)
    const lastMs = this.#lastMs.get(origin) ?? -1
    const isSilent = (this.#answers.get(origin) ?? 0) === answers
    if (isSilent) this.answering.delete(origin)
    return {
      beganAtMs: atMs,
      isSilent,
      isOwn: !isSilent || lastMs >= atMs || (failed !== undefined && lastMs > failed.atMs),
    }
  }
}
