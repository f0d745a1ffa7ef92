import type { Rule } from '../../../config/language/index.ts'
import type { KeptRow } from '../../core/collections/row.ts'
import type { Covered } from '../../core/invalidation.ts'
import { NEVER, type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import { epochMs, type Seconds, seconds, secondsBetween } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { Identity } from '../identity/identity.ts'
import { report } from '../report.ts'
import { lossOf } from '../requests/plan-read.ts'
import type { ReadContext } from '../requests/read.ts'
import type { Store } from '../store/store.ts'
import type { CollectionStore } from './collection-store.ts'
import type { Named } from './named.ts'
import { type Head, headKey, type Of } from './records.ts'
import type { Runs } from './runs.ts'

interface Ports extends Pick<Store, 'writer' | 'log'> {
  readonly identity: Pick<Identity, 'isDoubted'>
  readonly collections: Pick<CollectionStore, 'find'>
  readonly runs: Pick<Runs, 'isRemoved'>
}

/** What of a collection answers a read. */
export interface Held {
  readonly head: Head
  readonly row: KeptRow | undefined
}

/** What a read asks for, as far as rows are concerned. */
export type Subject = Pick<ReadContext, 'tags' | 'partition'> & { readonly url: string; readonly rule: Rule }

/** Where rows stand on the timeline of their route. */
export interface RowStanding {
  readonly isLive: boolean
  /** A write, or an answer of the origin that a page has got since, may be newer. */
  readonly isBehind: boolean
  readonly isBehindWrite: boolean
  /** A write that has no answer yet names them: they may not answer. */
  readonly isWritten: boolean
  /** What is newer than they are came at this place. */
  readonly newest: Sequence
  /** Then no age is known. */
  readonly isClockBack: boolean
  readonly age: Seconds
  /** Negative once `fresh` has ended. */
  readonly ttl: Seconds
  readonly windows: { readonly stale: number; readonly offline: number }
}

/** Where the rows of collections stand: how old they are, and what is newer than they are. */
export class RowStandings {
  readonly #ports: Ports
  /** Until when, in the order of things, pages have got answers of the origin beside the rows. */
  readonly #ahead = new Map<string, Sequence>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** What is held for a read; nothing where the store fails. */
  async look(of: Of, { id }: Named): Promise<Held | undefined> {
    const { collections, writer } = this.#ports
    try {
      const [held, meta] = await Promise.all([collections.find(of, id), writer.load()])
      return writer.isOfThisVersion(meta) ? held : undefined
    } catch (error) {
      report('the rows of collections cannot be read; the network answers meanwhile', error)
      return undefined
    }
  }

  /** Where the rows stand that are held for a read; undefined: none of them may answer it. */
  of(
    { url, tags, partition, rule }: Subject,
    place: Of,
    { id }: Named,
    held: Held | undefined,
  ): RowStanding | undefined {
    const { identity, log, runs, writer } = this.#ports
    const rows = held?.head.live ?? (held?.row && held.head.loading)
    if (id !== undefined && held?.head.hasOtherItems) return undefined
    const isHere = rows !== undefined && (id === undefined ? held?.head.live !== undefined : held?.row !== undefined)
    if (!isHere || held === undefined) return undefined
    const { head } = held
    const isLive = head.live !== undefined
    const { at, atMs } = isLive
      ? { at: head.confirmedAt, atMs: head.confirmedAtMs }
      : { at: rows.beganAt, atMs: rows.beganAtMs }
    if (runs.isRemoved(place, head) || identity.isDoubted(partition)) return undefined
    const covered: Covered = { url, tags }
    if (log.isRemoved({ ...covered, key: headKey(place), partition, sequence: at })) return undefined
    const invalidated = log.memory.covering(covered)
    const ahead = this.aheadOf(place)
    const [fresh = 0, stale = 0, offline = 0] = [rule.fresh, rule.stale, rule.offline].map((each) =>
      each === 'http' ? 0 : each,
    )
    const age = secondsBetween(epochMs(atMs), now())
    const lostAtMs = lossOf(writer, rule)
    const newest = invalidated > ahead ? invalidated : ahead
    return {
      isLive,
      isBehindWrite: invalidated > at,
      isBehind: newest > at,
      isWritten: invalidated === UNDER_WAY,
      newest,
      isClockBack: now() < atMs,
      age,
      // What was read before a connection was lost is stale after it.
      ttl: seconds(Math.min(fresh - age, atMs < lostAtMs && lostAtMs <= now() ? 0 : Infinity)),
      windows: { stale, offline },
    }
  }

  /** Until here pages have got answers of the origin beside the rows of a collection. */
  aheadOf(of: Of): Sequence {
    return this.#ahead.get(headKey(of)) ?? NEVER
  }

  /** A page gets an answer of the origin now. */
  putAhead(of: Of): void {
    const key = headKey(of)
    // Which place that is a busy disk may be late to say: the answer does not wait for it.
    this.#ahead.set(key, UNDER_WAY)
    this.#ports.writer.nextInMemory().then(
      (place) => this.#ahead.set(key, place),
      () => undefined,
    )
  }
}
