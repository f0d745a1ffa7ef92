import { outboxLockOf } from '../../../config/names.ts'
import type { OutboxRules } from '../../../config/language/index.ts'
import { isDue } from '../../core/outbox/backoff.ts'
import { isLeaseOver, leaseMs, turnsOf } from '../../core/outbox/lanes.ts'
import { originOf, silences } from '../../core/outbox/silence.ts'
import { type EpochMs, epochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { scope } from '../scope.ts'
import { aliveWorkers, type Liveness } from '../store/liveness.ts'
import { type Attempts, type Ended, isLeased } from './attempts.ts'
import type { Batches, Choice } from './batches.ts'
import type { mergedIn } from './coalescing.ts'
import type { Heard } from './heard.ts'
import type { Draft, OutboxStore } from './outbox-store.ts'
import { expire, PAUSE_MS } from './settle.ts'
import type { Sender, Stamps } from './stamps.ts'
import { isBatched, type WriteRecord } from './write-record.ts'

interface Ports {
  readonly store: OutboxStore
  readonly attempts: Attempts
  readonly stamps: Stamps
  readonly liveness: Liveness
  readonly rules: OutboxRules
  readonly heard: Heard
  /** Puts writes to one row together before they are sent. Undefined: no rule allows it. */
  readonly mergedIn: typeof mergedIn | undefined
  /** Sends many writes in one request. Undefined: the rules name no endpoint that takes them. */
  readonly batches: Batches | undefined
  /** Hears of writes that are part of others now. */
  readonly merged: (gone: readonly WriteRecord[]) => void
  /** Hears of each attempt that has ended. */
  readonly ended: (ended: Ended) => void
}

/** What a drain found to do. */
interface Round {
  readonly begun: readonly WriteRecord[]
  /** Of those, the ones whose witness is asked. */
  readonly looked: ReadonlySet<number>
  /** Of those, the ones that are sent in one request, by user. */
  readonly together: ReadonlyMap<string, Choice>
  /** They are part of others now. */
  readonly gone: readonly WriteRecord[]
  /** When the next write comes if nothing else happens; undefined: none does. */
  readonly nextMs: number | undefined
}

/**
 * Sends queued writes: one worker at a time, of each lane the earliest, a few lanes at a time, until nothing may be sent. To an origin that
 * answers none a single one is sent at a time: see `silences`.
 *
 * ```
 *   sign of life, timer, poke ──► lock ──► who may send ──► lease ──► send ──► settle
 *                                             ▲                                  │
 *                                             └──────────────────────────────────┘
 * ```
 */
export class Drain {
  readonly #ports: Ports
  #running: Promise<void> | undefined
  #isWanted = false
  #hasSign = false
  /** Has the drain that waits for its attempts look again. */
  #lookAgain: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #nextMs: number | undefined
  /** No attempt begins after this. Milliseconds since 1970. */
  untilMs = Infinity
  /** Until when no more is sent: of a user whom the origin has refused, and of a rule whose origin is busy. */
  readonly #rests = new Map<string, EpochMs>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** When the next write may be sent without a sign of life: milliseconds since 1970. Undefined: none may. */
  get nextMs(): number | undefined {
    return this.#nextMs
  }

  /**
   * Sends what may be sent. Settles once nothing may be any more. Never rejects.
   *
   * @param isSign the origin has just shown that it is there.
   */
  run(isSign: boolean): Promise<void> {
    this.#hasSign ||= isSign
    this.#isWanted = true
    this.#lookAgain?.()
    this.#running ??= this.#drain().finally(() => (this.#running = undefined))
    return this.#running
  }

  /** The origin has just answered a read. One after the other says so, and each look costs a transaction: the next one is soon enough. */
  sign(): void {
    if (this.#running === undefined || !this.#hasSign) void this.run(true)
    else this.#isWanted = true
  }

  /** Whether something waits that may be sent without a page, and without the user. */
  async maySendLater(): Promise<boolean> {
    const senders = await this.#senders()
    return [...senders.keys()].some((partition) => (this.#rests.get(partition) ?? 0) <= now())
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      const isMine = await underLock(async () => {
        while (this.#isWanted) await this.#sendAll()
      })
      // Another worker may be stopped at any time, and tells no other.
      if (!isMine) this.#nextMs = now() + ANOTHER_MS
    } catch (error) {
      report('queued writes could not be sent; they are tried again', error)
    }
    this.#plan()
  }

  async #sendAll(): Promise<void> {
    const { attempts } = this.#ports
    const underWay = new Set<Promise<unknown>>()
    const behind: Promise<unknown>[] = []
    const waitUntil = (work: Promise<unknown>): void => void behind.push(work.catch(() => undefined))
    for (;;) {
      this.#isWanted = false
      const again = new Promise<void>((resolve) => (this.#lookAgain = resolve))
      const senders = now() < this.untilMs ? await this.#senders() : NOBODY
      const { begun, looked, together, gone, nextMs } = await this.#begin(senders)
      if (gone.length > 0) this.#ports.merged(gone)
      this.#nextMs = nextMs
      const follow = (work: Promise<unknown>): void => {
        const followed: Promise<unknown> = work.finally(() => underWay.delete(followed))
        underWay.add(followed)
      }
      for (const [partition, choice] of together) {
        const sender = senders.get(partition)
        if (sender !== undefined) follow(this.#sendTogether(choice, begun, sender, waitUntil))
      }
      for (const write of begun) {
        const { partition, place } = write
        const sender = senders.get(partition)
        if (!isLeased(write) || sender === undefined || together.get(partition)?.items.has(place) === true) continue
        const ended = looked.has(place)
          ? attempts.look(write, sender, waitUntil)
          : attempts.send(write, sender, waitUntil)
        follow(ended.then((given) => this.note(given)))
      }
      if (underWay.size === 0) break
      await this.#untilDue(nextMs, [...underWay, again])
    }
    await Promise.all(behind)
  }

  /** Settles with the first of these, and at the latest when another write is due. */
  async #untilDue(nextMs: number | undefined, news: readonly Promise<unknown>[]): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const due = new Promise<void>((resolve) => {
      if (nextMs !== undefined) timer = setTimeout(resolve, this.#waitMs(nextMs))
    })
    await Promise.race([...news, due])
    clearTimeout(timer)
  }

  /** Settles when all of them have: each by itself would have the drain look again. */
  #sendTogether(
    choice: Choice,
    begun: readonly WriteRecord[],
    sender: Sender,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<unknown> {
    const { attempts, batches } = this.#ports
    const via = batches?.open(choice, sender)
    return Promise.all(
      begun.map(async (write) => {
        if (isLeased(write) && choice.items.has(write.place))
          this.note(await attempts.send(write, sender, waitUntil, undefined, via).finally(() => via?.leave()))
      }),
    )
  }

  /** An attempt has ended, also one of a page. */
  note(ended: Ended): void {
    const { settled, restMs } = ended
    if (settled.kind === 'acknowledged') this.#hasSign = true
    if (settled.kind === 'kept') {
      const { partition, state } = settled.write
      // The origin is there until it is not. It was where it has refused the write, and where nothing was sent nothing is known.
      if ((state.kind === 'waiting' || state.kind === 'unsure') && state.atMs > now()) this.#hasSign = false
      // One write has shown it. The others of the user would be refused, too, or turned away.
      if (settled.isPaused) this.#rests.set(partition, epochMs(now() + PAUSE_MS))
      if (restMs > 0) this.#rests.set(busyKey(settled.write), epochMs(now() + restMs))
    }
    this.#ports.ended(ended)
  }

  /** A rest that is longer than any was begun by a clock that was ahead. */
  #restsUntil = (write: WriteRecord): EpochMs | undefined => {
    const untilMs = Math.max(this.#rests.get(write.partition) ?? 0, this.#rests.get(busyKey(write)) ?? 0)
    return untilMs - now() > MOST_REST_MS ? undefined : epochMs(untilMs)
  }

  /** Who may send for each user whose writes wait. */
  async #senders(): Promise<ReadonlyMap<string, Sender>> {
    const { store, stamps } = this.#ports
    await store.loaded
    const partitions = new Set<string>()
    // What is settled but for the user's word costs no transaction at each sign of life.
    for (const { partition, state } of store.writes.values())
      if (state.kind !== 'dead' && state.kind !== 'asking') partitions.add(partition)
    const senders = new Map<string, Sender>()
    for (const partition of partitions) {
      const sender = await stamps.senderOf(partition)
      if (sender !== undefined) senders.set(partition, sender)
    }
    return senders
  }

  /** Leases what may be sent now. */
  async #begin(senders: ReadonlyMap<string, Sender>): Promise<Round> {
    const { store, attempts, liveness, rules, batches, heard } = this.#ports
    if (senders.size === 0) return { begun: [], looked: new Set(), together: new Map(), gone: [], nextMs: undefined }
    const isAlive = await aliveWorkers()
    await liveness.hold()
    const { most, limits, requestLimitMs } = rules
    const chance = Math.random()
    const answering = [...heard.answering]
    const round = await store.change((draft): Round => {
      const silent = silentIn(draft, answering)
      const begun: WriteRecord[] = []
      const looked = new Set<number>()
      const gone: WriteRecord[] = []
      const together = new Map<string, Choice>()
      let nextMs: number | undefined
      const isGone = (worker: string): boolean => worker !== liveness.worker && !isAlive(worker)
      const probed = new Set<string>()
      if (silent.size > 0)
        for (const { url, state } of draft.writes())
          if (state.kind === 'leased' && !isLeaseOver(state, now(), isGone)) probed.add(originOf(url))
      for (const partition of senders.keys()) {
        const turns = turnsOf(draft.writes(), {
          partition,
          now: now(),
          limits,
          // A batch is one request, however many it has.
          most: batches === undefined ? most : Infinity,
          isPaused: false,
          hasSign: this.#hasSign,
          isGone,
          isMapped: (id) => draft.idOf(partition, id) !== undefined,
          restsUntil: this.#restsUntil,
          silenceOf: ({ url }) => {
            const origin = silent.size > 0 ? originOf(url) : ''
            const silence = silent.get(origin)
            return silence && { ...silence, origin, isProbed: probed.has(origin) }
          },
        })
        if (silent.size > 0) for (const { url } of [...turns.send, ...turns.witness]) probed.add(originOf(url))
        // Those of a batch that are behind others of their lane are over with them, and go together again.
        const over = new Set([...turns.over, ...(batches === undefined ? [] : overTogether(draft, partition, isGone))])
        for (const write of over) {
          const found = attempts.queueOf(write)
          const canWitness = attempts.subjectOf(write, found) !== undefined
          const queue = found && isBatched(write) ? batches?.queueOf(found.queue) : found?.queue
          expire(draft, write.place, queue, canWitness, limits, now(), chance)
        }
        for (const write of turns.lost) draft.put({ ...write, state: { kind: 'asking', why: 'lost-id' } })
        const heads: WriteRecord[] = []
        for (const chosen of [...turns.send, ...turns.witness]) {
          const isLook = chosen.state.kind === 'unsure'
          const queue = isLook ? undefined : attempts.queueOf(chosen)?.queue
          const merged = queue?.coalesces === true ? this.#ports.mergedIn?.(draft, chosen, queue) : undefined
          gone.push(...(merged?.gone ?? []))
          const write = merged === undefined ? chosen : merged.write
          if (write !== undefined) heads.push(write)
        }
        const choice = batches?.choose(
          draft,
          heads.filter(({ state }) => state.kind === 'waiting'),
          { queueOf: (write) => attempts.queueOf(write)?.queue, isDue: this.#isDue },
        )
        if (choice !== undefined && choice.members.length > 0) together.set(partition, choice)
        const alone = heads.filter(({ place }) => choice?.items.has(place) !== true && choice?.held.has(place) !== true)
        const free = batches === undefined ? Infinity : most - aloneUnderWay(draft, partition)
        for (const write of [...(choice?.members ?? []), ...alone.slice(0, Math.max(0, free))]) {
          const isLook = write.state.kind === 'unsure'
          const [at, untilMs] = [now(), epochMs(now() + leaseMs(requestLimitMs))]
          const leased: WriteRecord = {
            ...write,
            state: { kind: 'leased', worker: liveness.worker, untilMs },
            attempts: write.attempts + 1,
            ...(!isLook && { firstSentAtMs: write.firstSentAtMs ?? at, lastSentAtMs: at, unsureAtMs: undefined }),
            ...(choice?.items.has(write.place) === true
              ? { batched: batchedAs(write) }
              : !write.wasUnsure && { batched: undefined }),
          }
          draft.put(leased)
          begun.push(leased)
          if (isLook) looked.add(write.place)
        }
        // What has become of those is known in the next round.
        const soonMs = over.size + gone.length > 0 ? now() : turns.nextMs
        if (soonMs !== undefined && soonMs < (nextMs ?? Infinity)) nextMs = soonMs
      }
      return { begun, looked, together, gone, nextMs }
    })
    for (const origin of answering) heard.answering.delete(origin)
    return round
  }

  /** Whether a write might be sent now, if it were the first of its lane. */
  readonly #isDue = (write: WriteRecord): boolean => {
    const { state } = write
    return (
      state.kind === 'waiting' &&
      (!state.isOnSign || this.#hasSign) &&
      isDue(state.atMs, now(), this.#ports.rules.limits) &&
      (this.#restsUntil(write) ?? 0) <= now()
    )
  }

  /** A worker that lives on comes back by itself. One that is stopped is started by a page. */
  #plan(): void {
    if (this.#nextMs !== undefined) this.#timer = setTimeout(() => void this.run(false), this.#waitMs(this.#nextMs))
  }

  #waitMs(nextMs: number): number {
    // What has failed together is due together, or nearly so.
    const slackMs = this.#ports.batches === undefined ? 0 : SLACK_MS
    return Math.min(MOST_TIMER_MS, Math.max(0, nextMs - now()) + slackMs)
  }
}

/** The origins that are silent. Of one that has answered since no write says so any more. */
function silentIn(draft: Draft, answering: readonly string[]): ReturnType<typeof silences> {
  const silent = silences(draft.writes())
  const over = answering.filter((origin) => silent.has(origin))
  if (over.length === 0) return silent
  for (const write of draft.writes())
    if (write.failed?.silent !== undefined && over.includes(originOf(write.url)))
      draft.put({ ...write, failed: { status: write.failed.status, atMs: write.failed.atMs } })
  return new Map([...silent].filter(([origin]) => !over.includes(origin)))
}

/** How many writes of a user are under way as requests of their own. */
function aloneUnderWay(draft: Draft, partition: string): number {
  let count = 0
  for (const write of draft.writes())
    if (write.partition === partition && write.state.kind === 'leased' && !isBatched(write)) count++
  return count
}

/** With the same key it says the same time at each attempt. */
const batchedAs = (write: WriteRecord): WriteRecord['batched'] =>
  isBatched(write) ? write.batched : { key: write.key, atMs: write.acceptedAtMs }

/** The writes of a user that were sent in batches whose leases are over. */
function overTogether(draft: Draft, partition: string, isGone: (worker: string) => boolean): WriteRecord[] {
  const over: WriteRecord[] = []
  for (const write of draft.writes())
    if (write.partition === partition && isLeased(write) && isBatched(write) && isLeaseOver(write.state, now(), isGone))
      over.push(write)
  return over
}

const NOBODY: ReadonlyMap<string, Sender> = new Map()

/** As `retryAfterMs` has it. */
const MOST_REST_MS = 3_600_000

const busyKey = ({ partition, rule, url }: WriteRecord): string => `${partition}\n${new URL(url).origin}\n${rule}`

const MOST_TIMER_MS = 2 ** 31 - 1

/** Milliseconds. */
const SLACK_MS = 100

/** Another worker sends: this one looks again after so long. */
const ANOTHER_MS = 5000

/** Runs the work unless another worker is at it: that one sends. Returns whether it has run. */
async function underLock(work: () => Promise<void>): Promise<boolean> {
  if (!('locks' in navigator)) return work().then(() => true)
  return navigator.locks.request(outboxLockOf(scope()), { ifAvailable: true }, async (lock) => {
    if (lock === null) return false
    await work()
    return true
  })
}
