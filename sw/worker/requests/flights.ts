import { DISK } from '../../core/obstacle.ts'
import type { Plan } from '../../core/plan.ts'
import { type Sequence, UNDER_WAY } from '../../core/sequence.ts'
import { readBody } from '../../fetch/body-reader.ts'
import { isPaused, type Pause, pauseFor, uptimeMs } from '../../fetch/clock.ts'
import type { Identities } from '../identity/identity.ts'
import { ENDED, type FlightResult, forStore, mayShare, sharedResult } from './flight-result.ts'
import type { Obstacles } from './obstacles.ts'
import { discard } from '../../fetch/origin.ts'
import type { Read, ReadContext } from './read.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import { report } from '../report.ts'
import type { ResponseStore, Stored } from './response-store.ts'
import type { Sender } from './send.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Writer } from '../store/writer.ts'
import { mayBeEndless, watched } from './watched-body.ts'

/**
 * One request to the origin, and the reads that wait for it. No promise of it ever rejects.
 *
 * ```
 *   launched ──► landed (the answer's head has come) ──► stored, or not
 *      │             │
 *      │             └── a read that begins now waits for the store
 *      └── a read that begins now may follow, and gets its own copy when the flight lands
 * ```
 */
export interface Flight {
  /** The read that it was launched for. */
  readonly read: Read
  /** Clients that get its answer as their own: they are not told of the change (I11). */
  readonly informed: Set<string>
  readonly landed: Promise<FlightResult>
  /** The answer's head has come; the store does not have it yet. */
  readonly isStoring: () => boolean
  /**
   * Whether what lands can be handed over as a whole: `false` if its body breaks off, or nothing comes of it. Asked before it
   * has landed: then the body is read for the caller too, whatever becomes of the store.
   */
  readonly whole: () => Promise<boolean>
  /** Undefined: nothing that could answer another read. */
  readonly stored: Promise<Stored | undefined>
  /**
   * A read joins. When the flight lands it gets the result as its own plan settles it, with its own copy of a new
   * answer; undefined: the answer is of another read alone.
   */
  readonly follow: (read: Read, plan: Plan) => Promise<FlightResult | undefined>
  /** The page does not want the answer any more: it is for the store alone. */
  readonly leave: () => void
}

interface Ports {
  readonly writer: Writer
  readonly log: InvalidationLog
  readonly responses: ResponseStore
  readonly sender: Sender
  readonly obstacles: Obstacles
  readonly urlOf: UrlOf
  readonly identity: Identities['identity']
}

/** A flight, and what decides which reads may join it. */
interface Newest {
  readonly flight: Flight
  /** The newest invalidation that covered the key when it began. */
  readonly after: Sequence
  /** Which invalidations of tags there were when it began: which groups its answer is in is not known yet. */
  readonly tagVersion: number
  readonly authorization: string | null
  /** By the worker's uptime. */
  readonly beganAtMs: number
  /** Whether the identity that it was launched for lives on: the next session of the same user asks anew. */
  readonly isTheirs: () => boolean
}

/** For so long a key whose answer could not be shared is asked for by each read itself. */
const UNSHARED_MS = 60_000
const MAX_UNSHARED = 500

/** Requests to the origin on behalf of reads: at most one per key that others can join, each settled and stored once. */
export class Flights {
  readonly #ports: Ports
  readonly #newest = new Map<string, Newest>()
  /** Answers that pages have got and the store does not have yet, by key. */
  readonly #ahead = new Map<string, Promise<unknown>>()
  /** Keys whose answers cannot be shared, as it seems. */
  readonly #unshared = new Map<string, Pause>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The flight a read may join: one with the same credentials that began after the last invalidation of its key and has
   * no answer yet. While a write is under way no read joins: what is in the air may have left before it. Nor does one join
   * what has had no answer for as long as its rule waits: it may never have one. Nor does the first read of a page that the
   * user has reloaded since.
   */
  toJoin(read: ReadContext): Flight | undefined {
    const newest = this.#newest.get(read.key)
    if (newest === undefined || newest.flight.isStoring() || newest.authorization !== read.authorization)
      return undefined
    const waitsMs = Math.min(read.rule.timeoutMs, newest.flight.read.rule.timeoutMs)
    if (!newest.isTheirs() || uptimeMs() - newest.beganAtMs > waitsMs) return undefined
    if (newest.beganAtMs < (read.sentSinceMs ?? 0)) return undefined
    if (this.#isUnshared(read.key) || newest.tagVersion !== this.#ports.log.tagVersion) return undefined
    const after = this.#covering(read)
    return newest.after === after && after !== UNDER_WAY ? newest.flight : undefined
  }

  /** Whether the origin is being asked for a key, or its answer is on its way to the store. */
  isAsking(key: string): boolean {
    return this.#newest.has(key)
  }

  /** Settles when an answer that has come for a key is stored; undefined when there is none on its way to the store. */
  storing(key: string): Promise<unknown> | undefined {
    if (this.#isUnshared(key)) return undefined
    const flight = this.#newest.get(key)?.flight
    return this.#ahead.get(key) ?? (flight?.isStoring() === true ? flight.stored : undefined)
  }

  /** Whether a page has got an answer for a key that the store does not have yet: what is stored is older (I2). */
  isAhead(key: string): boolean {
    return this.#ahead.has(key)
  }

  /**
   * Sends a read to the origin, and becomes the flight to join.
   *
   * @param isForPage the caller hands `landed.response` to a page; else the store alone reads it.
   */
  launch(read: Read, plan: Plan, isForPage: boolean): Flight {
    const { writer, responses, urlOf, identity, sender, obstacles } = this.#ports
    const ticket = writer.ticket()
    const isAlone = identity.watchOthers(read.partition)
    const informed = new Set<string>()
    const followers: ((result: FlightResult) => void)[] = []
    const left = new AbortController()
    let isStoring = false
    let isHeldBack = false
    const keys = new Set<string>()
    const isOwn = read.head.method === 'HEAD' || (plan.kind === 'fetch' && !plan.store)
    const enter = (key: string): void => {
      // A flight that began later stays the one to join; and what is not kept, or has no body, is of no use to others.
      if (keys.has(key) || isOwn) return
      keys.add(key)
      this.#newest.set(key, newest)
    }
    const sent = sender.send(read, plan).then((brought) => {
      isStoring = true
      const isUnsure = brought.settlement.kind === 'store' && !isAlone()
      const result = isUnsure ? { ...brought, settlement: { kind: 'keep', why: ENDED } as const } : brought
      const { settlement, response } = result
      obstacles.note(read, plan, result)
      const isShared = settlement.kind === 'store' || settlement.kind === 'refresh' || mayShare(read, result)
      if (followers.length > 0 && !isShared) this.markUnshared(read.key)
      // A body can be read once: copies are made before the page gets the original.
      for (const land of followers) land(result)
      const isSeen = isForPage || followers.length > 0
      const copy = isForPage && settlement.kind === 'store' ? response?.clone() : response
      const isUnread = !isForPage || copy !== response
      // What the answer says about its query may have changed the key by which the next read looks for it.
      enter(read.keyOf(urlOf(read.head.url)))
      const isNewer = isSeen && (settlement.kind === 'store' || settlement.kind === 'drop')
      if (isNewer) for (const key of keys) this.#ahead.set(key, stored)
      const body = settlement.kind === 'store' && copy !== undefined ? readBody(copy, left.signal) : undefined
      const isWatched = copy !== response && response !== undefined && mayBeEndless(response)
      return { result: isWatched ? { ...result, response: watched(response, left) } : result, copy, isUnread, body }
    })
    const stored = sent
      .then(async ({ result, copy, isUnread, body }) => {
        try {
          const { requestedAtMs, receivedAtMs } = result
          const known = read.late === undefined ? read : { ...read, row: await read.late }
          const exchange = { requestedAtMs, receivedAtMs, sequence: await writer.placeOf(ticket) }
          // On a slow disk the worker learns of the sign-ins of other workers only now.
          if (!isAlone()) return undefined
          const settlement = forStore(known, plan, result)
          const { versioned } = result
          return await responses.keep(known, settlement, copy, exchange, informed, body?.whole, versioned)
        } catch (error) {
          // A body that has broken off is no fault of the disk.
          void body?.whole.then(
            () => obstacles.meet(read.rule.name, read.partition, read.head.url, { why: DISK }),
            () => undefined,
          )
          throw error
        } finally {
          // What the store has not read, no page reads either.
          const giveUp = (): void => {
            left.abort()
            discard(copy)
          }
          if (isUnread && isHeldBack && body !== undefined) void body.safe.then(giveUp)
          else if (isUnread) giveUp()
        }
      })
      .catch((error: unknown) => {
        report('an answer could not be stored; the page has it all the same', error)
        return undefined
      })
    const landed = sent.then(({ result }) => result)
    const flight: Flight = {
      read,
      informed,
      landed,
      whole: () => {
        isHeldBack = true
        return sent.then(({ body }) => body?.safe ?? true)
      },
      stored,
      isStoring: () => isStoring,
      follow: (...follower) =>
        new Promise((resolve) => followers.push((result) => resolve(sharedResult(read, result, ...follower)))),
      leave: () => {
        isForPage = false
        if (isStoring) void landed.then(({ response }) => discard(response))
      },
    }
    const { authorization, isTheirs } = read
    const newest: Newest = {
      isTheirs,
      beganAtMs: uptimeMs(),
      flight,
      after: this.#covering(read),
      tagVersion: this.#ports.log.tagVersion,
      authorization,
    }
    enter(read.key)
    void stored.then((kept) => {
      if (kept !== undefined) this.#unshared.delete(read.key)
      writer.release(ticket)
      for (const key of keys) {
        if (this.#newest.get(key) === newest) this.#newest.delete(key)
        if (this.#ahead.get(key) === stored) this.#ahead.delete(key)
      }
    })
    return flight
  }

  #isUnshared(key: string): boolean {
    return isPaused(this.#unshared.get(key))
  }

  /** For a while each read of a key asks for itself: an answer could not be shared, or a read has waited in vain. */
  markUnshared(key: string): void {
    if (this.#unshared.size >= MAX_UNSHARED) this.#unshared.clear()
    this.#unshared.set(key, pauseFor(UNSHARED_MS))
  }

  #covering({ head, tags }: ReadContext): Sequence {
    return this.#ports.log.memory.covering({ url: head.url, tags })
  }
}
