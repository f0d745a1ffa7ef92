import { isDue, type RetryLimits } from './backoff.ts'
import type { Failed, Silence } from './silence.ts'
import type { EpochMs } from '../units.ts'

/**
 * Where a queued write is on its way. One that is acknowledged is none any more.
 *
 * ```
 *  waiting ──► leased ──► acknowledged
 *   ▲  ▲         │ │
 *   │  └─ again ─┘ └──► unsure ──► waiting, acknowledged, asking
 *   └── retry, edit ─── asking, dead
 * ```
 */
export type WriteState =
  /** @see nextTry */
  | { readonly kind: 'waiting'; readonly atMs: EpochMs; readonly isOnSign: boolean }
  /** It is being sent, or was when its worker was stopped. */
  | { readonly kind: 'leased'; readonly worker: string; readonly untilMs: EpochMs }
  /** A witness has to say what the origin did. As in `waiting`. */
  | { readonly kind: 'unsure'; readonly atMs: EpochMs; readonly isOnSign: boolean }
  /** The user has to say something. It holds its lane, unless it is a create. `doubt`: what a witness is not sure of. */
  | { readonly kind: 'asking'; readonly why: string; readonly doubt?: string }
  /** It was refused, or is too old. It holds no lane. */
  | { readonly kind: 'dead'; readonly why: string }

/** What of a queued write decides when it is sent. */
export interface Queued {
  /** When it was accepted, among all writes. Never another. */
  readonly place: number
  readonly partition: string
  readonly lane: string
  readonly state: WriteState
  /** The temporary id of what it creates. Absent: it creates nothing, or has the id that it will keep. */
  readonly mints?: string
  /** The temporary ids that its URL or its body names, besides its own. */
  readonly needs: readonly string[]
  /** What its last attempt has come to that has failed. Absent: none has. */
  readonly failed?: Failed | undefined
}

/** An origin that answers no write, in this round. */
interface Silent extends Silence {
  readonly origin: string
  /** A write is on its way to it. */
  readonly isProbed: boolean
}

/** The world when writes are chosen. */
export interface Turn<W extends Queued = Queued> {
  /** Whose writes may be sent. */
  readonly partition: string
  readonly now: EpochMs
  readonly limits: RetryLimits
  /** How many writes may be under way at a time. */
  readonly most: number
  /** The user's credentials were refused, and there are no others yet. */
  readonly isPaused: boolean
  /** The origin has just shown that it is there. */
  readonly hasSign: boolean
  /** Whether a worker is known to be stopped: its lock is free. */
  readonly isGone: (worker: string) => boolean
  /** Whether the server's id for a temporary one is known. */
  readonly isMapped: (temporaryId: string) => boolean
  /** Until when the origin has asked for no more writes like this one. Default: it has not. */
  readonly restsUntil?: (write: W) => EpochMs | undefined
  /** The silence of a write's origin. Default: it answers. */
  readonly silenceOf?: (write: W) => Silent | undefined
}

/** What is to be done with queued writes. No write is in two of the lists. */
export interface Turns<W extends Queued> {
  /** May be sent now. */
  readonly send: readonly W[]
  /** A witness is to be asked now. */
  readonly witness: readonly W[]
  /** Their lease is over: their outcome is unknown. */
  readonly over: readonly W[]
  /** They name a temporary id that no write creates and no map knows. */
  readonly lost: readonly W[]
  /** When the next of them comes if nothing else happens; undefined: none does. */
  readonly nextMs: EpochMs | undefined
}

/** When a request that sends a write is given up where the config does not say it. Milliseconds. */
export const REQUEST_LIMIT_MS = 25_000

/** For how long a worker says that it sends a write, of which the request may take so long. */
export const leaseMs = (requestLimitMs: number): number => requestLimitMs + 5000

/** The lease where the config does not say it. Milliseconds. */
export const LEASE_MS = leaseMs(REQUEST_LIMIT_MS)

/** The longest that a config can ask for. Milliseconds. */
export const MOST_LEASE_MS = 300_000

/**
 * Whether a leased write may be sent now: its request has to end before the lease does. A worker that was held up since it
 * took the lease sends nothing, because others would take its request for one that has ended.
 */
export const maySend = (
  { untilMs }: { readonly untilMs: EpochMs },
  now: EpochMs,
  requestLimitMs = REQUEST_LIMIT_MS,
): boolean => untilMs - now >= requestLimitMs

/**
 * Whether no worker sends a leased write any more. A lease that is longer than any was taken from a clock that was ahead. One
 * that is longer than those of this config may be that of a worker with the config before.
 */
export const isLeaseOver = (
  { worker, untilMs }: { readonly worker: string; readonly untilMs: EpochMs },
  now: EpochMs,
  isGone: (worker: string) => boolean,
): boolean => isGone(worker) || now >= untilMs || untilMs - now > MOST_LEASE_MS

/**
 * Whether a write is still leased to the attempt that took this lease. The transaction that settles an attempt asks it of
 * the record as it is by then. Another attempt may have been made since, or a witness asked. Then a success of this one still
 * acknowledges a write that is there, and everything else that it says is not news.
 */
export const isLeasedTo = (state: WriteState, lease: Extract<WriteState, { kind: 'leased' }>): boolean =>
  state.kind === 'leased' && state.worker === lease.worker && state.untilMs === lease.untilMs

/**
 * What is to be done with the queued writes of one user: of each lane the earliest write alone has its turn, and what
 * names the id of another write waits for that id. Writes of other users are not even looked at (I3). To an origin that answers none a
 * single write is sent, the one that was tried the longest ago: the lane of the last one may be the only one that gets no answer.
 *
 * @param writes in the order of their places.
 */
export function turnsOf<W extends Queued>(writes: Iterable<W>, turn: Turn<W>): Turns<W> {
  const { partition, now, limits, isPaused, hasSign, isGone, isMapped } = turn
  const { restsUntil = () => undefined, silenceOf = () => undefined } = turn
  const all = [...writes].filter((write) => write.partition === partition)
  const creators = new Map(all.flatMap(({ mints, place }) => (mints === undefined ? [] : [[mints, place] as const])))
  const taken = new Set<string>()
  const due: W[] = []
  const probes = new Map<string, W>()
  const over: W[] = []
  const lost: W[] = []
  let underWay = 0
  let nextMs: EpochMs | undefined
  const note = (atMs: EpochMs): void => {
    if (atMs < (nextMs ?? Infinity)) nextMs = atMs
  }
  for (const write of all) {
    const { state, lane, place, mints } = write
    if (state.kind === 'dead' || taken.has(lane)) continue
    // What names the id of a create that waits for the user waits for that id in any case.
    if (state.kind === 'asking' && mints !== undefined) continue
    taken.add(lane)
    if (state.kind === 'asking') continue
    if (state.kind === 'leased') {
      if (isLeaseOver(state, now, isGone)) over.push(write)
      else {
        underWay++
        // What becomes of it may be recorded nowhere.
        note(state.untilMs)
      }
      continue
    }
    const missing = write.needs.filter((id) => !isMapped(id))
    if (missing.some((id) => (creators.get(id) ?? place) >= place)) lost.push(write)
    else if (missing.length === 0 && !(state.isOnSign && !hasSign)) {
      const restMs = restsUntil(write) ?? now
      const silent = silenceOf(write)
      if (silent?.isProbed === true || (silent !== undefined && silent.count >= limits.quick && !hasSign)) continue
      if (restMs > now) note(restMs)
      else if (!isDue(state.atMs, now, limits)) note(state.atMs)
      else if (silent === undefined) due.push(write)
      else if (!isDue(silent.nextMs, now, limits)) note(silent.nextMs)
      else if (triedMs(write) < triedMs(probes.get(silent.origin))) probes.set(silent.origin, write)
    }
  }
  const chosen = isPaused ? [] : [...probes.values(), ...due].slice(0, Math.max(0, turn.most - underWay))
  return {
    send: chosen.filter(({ state }) => state.kind === 'waiting'),
    witness: chosen.filter(({ state }) => state.kind === 'unsure'),
    over,
    lost,
    nextMs: isPaused ? undefined : nextMs,
  }
}

const triedMs = (write: Queued | undefined): number => (write === undefined ? Infinity : (write.failed?.atMs ?? -1))

/** What decides in which lane a write is. */
interface Placed {
  /** What the rule calls the kind of thing that it changes. Absent: its path stands for it. */
  readonly entity?: string | undefined
  /** Of what it changes, or the temporary one of what it creates. Absent: there is none. */
  readonly id?: string | undefined
  /** Of its URL, without query. */
  readonly path: string
  /** Its outcome is looked up by a witness, who could not tell two equal creates apart. */
  readonly isWitnessed: boolean
}

/**
 * The lane of a write: writes of one lane are sent in order, one at a time. Creates whose outcome a witness has to tell
 * share one, so at most one of them is of unknown outcome.
 */
export function laneOf({ entity, id, path, isWitnessed }: Placed): string {
  const kind = entity === undefined ? `path ${path}` : `entity ${entity}`
  return isWitnessed || entity === undefined || id === undefined ? kind : `${kind}\n${id}`
}
