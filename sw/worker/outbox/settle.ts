import type { QueueRule } from '../../../config/language/index.ts'
import type { Fields } from '../../core/head.ts'
import { isKeyKnown } from '../../core/outbox/idempotency.ts'
import { type RetryLimits, nextTry } from '../../core/outbox/backoff.ts'
import { type Base, baseOf, followUps } from '../../core/outbox/base.ts'
import { concernedBy } from '../../core/outbox/concerned.ts'
import { isObject, jsonIn, ownMember } from '../../core/outbox/json.ts'
import { isLeasedTo, laneOf, type WriteState } from '../../core/outbox/lanes.ts'
import { afterUnknown, type Given, type Outcome, outcomeOf, type Unknown } from '../../core/outbox/outcome.ts'
import { type Failed, originOf, silences } from '../../core/outbox/silence.ts'
import { type ServerId, serverIdOf } from '../../core/outbox/temporary-ids.ts'
import { type EpochMs, epochMs } from '../../core/units.ts'
import type { Missed } from './heard.ts'
import type { Draft } from './outbox-store.ts'
import { rowOfAnswer } from './queued-answer.ts'
import { doneRecord, type WriteRecord } from './write-record.ts'

/** An attempt to send a write, with what came of it. */
export interface Attempt {
  /** As it was leased to the attempt. */
  readonly write: WriteRecord & { readonly state: Extract<WriteState, { kind: 'leased' }> }
  readonly given: Given
  /** The text of the answer, where it is JSON of a usual size. */
  readonly text: string | undefined
  /** Whether a page waits for the answer. If so it hears of a refusal as without the layer, and nothing is kept. */
  readonly mayTell: () => boolean
  /** The layer has added a precondition that the page did not ask for. */
  readonly isConditional: boolean
  /** A read can show what has become of it. */
  readonly canWitness: boolean
  /** Where the origin has given no answer: see `isNoAnswer`. */
  readonly missed: Missed | undefined
  /** From 0 to 1, the same for all that were sent in one request: they are tried again together. Default: of its own. */
  readonly chance?: number | undefined
}

/** What has become of a write whose attempt has ended. */
export type Settled =
  | { readonly kind: 'acknowledged'; readonly write: WriteRecord; readonly id: ServerId | undefined }
  /** The page gets the origin's answer, and nothing is kept. */
  | { readonly kind: 'refused'; readonly write: WriteRecord }
  /** The origin's row stands, as the rule says of a conflict. */
  | { readonly kind: 'yielded'; readonly write: WriteRecord }
  /** It is kept, in another state. */
  | { readonly kind: 'kept'; readonly write: WriteRecord; readonly isPaused: boolean }
  /** It was settled by another attempt. */
  | { readonly kind: 'other' }
  /** The disk does not take it. */
  | { readonly kind: 'unrecorded' }

/** A write that no page can send for its user now is looked at again after so long, once there is a sign of life. */
export const PAUSE_MS = 10_000

export const pausedAs = (kind: 'waiting' | 'unsure', now: EpochMs): WriteState => ({
  kind,
  atMs: epochMs(now + PAUSE_MS),
  isOnSign: true,
})

/** Acknowledged writes are kept for so long where nothing says that each base has them. */
const KEEP_DONE_MS = 86_400_000
const MOST_DONE = 1000

/** What follows an unknown outcome of a write. */
function unknownOf(
  { method, fields, base, firstSentAtMs }: WriteRecord,
  queue: QueueRule,
  canWitness: boolean,
  now: EpochMs,
): Unknown {
  const own = new Map(fields)
  const { idempotency } = queue
  return afterUnknown(
    { method, type: own.get('content-type') },
    {
      hasKey: idempotency !== undefined && isKeyKnown(idempotency, firstSentAtMs, now),
      // Only backends of this package look at the other one.
      hasPrecondition: own.has('if-match') || base.kind === 'etag',
      canWitness,
    },
  )
}

/** What an answer means for a write, or the lack of one. */
export function outcomeFor(
  write: WriteRecord,
  given: Given,
  queue: QueueRule,
  canWitness: boolean,
  now: EpochMs,
): Outcome {
  const { method, wasUnsure, fields } = write
  const hasKey = queue.idempotency !== undefined
  const unknown = unknownOf(write, queue, canWitness, now)
  return outcomeOf(given, { method, accept: new Map(fields).get('accept'), hasKey, unknown, wasUnsure }, now)
}

/**
 * The state of a write of unknown outcome whose key the backend may have forgotten since: another attempt would be a second write.
 * Undefined: it may be sent. So may what the user has said to be sent again, which is a first attempt.
 */
export function forgotten(
  write: WriteRecord,
  queue: QueueRule,
  canWitness: boolean,
  now: EpochMs,
): WriteState | undefined {
  const { idempotency } = queue
  if (idempotency === undefined || !write.wasUnsure || write.attempts < 2) return undefined
  switch (unknownOf(write, queue, canWitness, now)) {
    case 'resend':
      return undefined
    case 'witness':
      return { kind: 'unsure', atMs: now, isOnSign: false }
    case 'ask':
      return { kind: 'asking', why: 'outcome' }
  }
}

/** Settles an attempt, in the transaction that knows the record as it is by then. */
export function settle(
  draft: Draft,
  { write, given, text, mayTell, isConditional, canWitness, missed, chance }: Attempt,
  queue: QueueRule,
  limits: RetryLimits,
  now: EpochMs,
): Settled {
  const current = draft.get(write.place)
  const outcome = outcomeFor(write, given, queue, canWitness, now)
  if (current === undefined) return { kind: 'other' }
  // With another key it is another write by now: the user has mended it.
  if (outcome.kind === 'acknowledge' && given.kind === 'response' && current.key === write.key)
    return {
      kind: 'acknowledged',
      write: current,
      id: acknowledge(draft, current, statusOf(given), given.fields, isGone(given) ? undefined : text, queue, now),
    }
  if (!isLeasedTo(current.state, write.state)) return { kind: 'other' }
  const isTold =
    // A page that follows no redirects gets them as without the layer. What they lead to is not known.
    (given.kind === 'response' && given.status === 0) ||
    outcome.kind === 'dead-letter' ||
    outcome.kind === 'pause' ||
    (outcome.kind === 'conflict' && !isConditional)
  if (isTold && mayTell()) {
    draft.remove(write.place)
    return { kind: 'refused', write: current }
  }
  const failed = { status: given.kind === 'response' ? given.status : 0, atMs: now }
  const kind = outcome.kind === 'witness' ? 'unsure' : 'waiting'
  const floorMs = 'floorMs' in outcome ? outcome.floorMs : 0
  const silence = missed && unanswered(kind, current, { missed, floorMs, failed }, draft.writes(), limits, now, chance)
  const kept = { ...current, failed, ...silence, ...after(outcome, current, limits, now, chance, silence?.state) }
  draft.put(kept)
  return { kind: 'kept', write: kept, isPaused: outcome.kind === 'pause' }
}

/** Whether what acknowledges a deletion is that its row is gone: an earlier attempt has performed it. */
export const isGone = (given: Given): boolean => given.kind === 'response' && given.status >= 400

/** An answer that a redirect has led to is given again as that redirect. */
const statusOf = (given: Extract<Given, { kind: 'response' }>): number => {
  if (given.isFollowed === true) return given.fields.has('location') ? 303 : 204
  return isGone(given) ? 204 : given.status
}

/**
 * A write whose lease is over: nothing is known of what the origin did.
 *
 * @param chance as that of an attempt.
 */
export function expire(
  draft: Draft,
  place: number,
  queue: QueueRule | undefined,
  canWitness: boolean,
  limits: RetryLimits,
  now: EpochMs,
  chance: number,
): void {
  const write = draft.get(place)
  if (write === undefined) return
  const outcome: Outcome =
    queue === undefined
      ? { kind: 'ask', why: 'failure', floorMs: 0 }
      : outcomeOf(
          { kind: 'failure' },
          {
            method: write.method,
            accept: undefined,
            hasKey: false,
            unknown: unknownOf(write, queue, canWitness, now),
            wasUnsure: true,
          },
          now,
        )
  draft.put({ ...write, ...after(outcome, write, limits, now, chance), wasUnsure: true })
}

/**
 * A write to which the origin has given no answer. Where nothing says that it is there for others the attempt does not count: what an
 * outage costs uses up nothing of a write, and the waits are those of the origin.
 */
export function unanswered(
  kind: 'waiting' | 'unsure',
  write: WriteRecord,
  { missed, floorMs, failed }: { readonly missed: Missed; readonly floorMs: number; readonly failed: Failed },
  writes: Iterable<WriteRecord>,
  limits: RetryLimits,
  now: EpochMs,
  chance = Math.random(),
): Pick<WriteRecord, 'state' | 'failed' | 'unanswered'> {
  const { beganAtMs, isSilent, isOwn } = missed
  const before = silences(writes).get(originOf(write.url))
  const count = before === undefined ? 1 : before.count + Number(before.atMs <= beganAtMs)
  const next = nextTry({ attempts: count, acceptedAtMs: now, floorMs, isAway: true }, limits, now, chance)
  const nextMs = next.kind === 'too-old' ? now : next.atMs
  return {
    state: isOwn
      ? tryAgain(kind, write, floorMs, false, limits, now, chance)
      : { kind, atMs: nextMs, isOnSign: next.kind === 'on-sign' },
    failed: isSilent ? { ...failed, silent: count, nextMs } : failed,
    unanswered: (write.unanswered ?? 0) + Number(!isOwn),
  }
}

/** How many of a write's attempts count. At least 1. */
export const countedAttempts = ({ attempts, unanswered = 0 }: Pick<WriteRecord, 'attempts' | 'unanswered'>): number =>
  Math.max(1, attempts - unanswered)

/** The state of a write that is tried again later, or given up. */
export function tryAgain(
  kind: 'waiting' | 'unsure',
  { acceptedAtMs, ...tried }: Pick<WriteRecord, 'attempts' | 'acceptedAtMs' | 'unanswered'>,
  floorMs: number,
  isAway: boolean,
  limits: RetryLimits,
  now: EpochMs,
  chance = Math.random(),
): WriteState {
  const next = nextTry({ attempts: countedAttempts(tried), acceptedAtMs, floorMs, isAway }, limits, now, chance)
  return next.kind === 'too-old'
    ? { kind: 'dead', why: 'too-old' }
    : { kind, atMs: next.atMs, isOnSign: next.kind === 'on-sign' }
}

function after(
  outcome: Outcome,
  write: WriteRecord,
  limits: RetryLimits,
  now: EpochMs,
  chance?: number,
  waits?: WriteState,
): Pick<WriteRecord, 'state' | 'wasUnsure' | 'unsureAtMs'> {
  const { wasUnsure, unsureAtMs } = write
  const again = (kind: 'waiting' | 'unsure', floorMs: number, isAway: boolean): WriteState =>
    waits ?? tryAgain(kind, write, floorMs, isAway, limits, now, chance)
  switch (outcome.kind) {
    case 'retry':
      return {
        state: again('waiting', outcome.floorMs, outcome.why === 'failure' || outcome.why === 'no-answer'),
        wasUnsure: wasUnsure || outcome.isUnsure,
      }
    case 'witness':
      return { state: again('unsure', outcome.floorMs, false), wasUnsure: true, unsureAtMs: unsureAtMs ?? now }
    case 'ask':
      return { state: { kind: 'asking', why: 'outcome' }, wasUnsure: true }
    case 'pause':
      return { state: pausedAs('waiting', now), wasUnsure }
    case 'conflict':
      return { state: { kind: 'asking', why: 'conflict' }, wasUnsure }
    case 'dead-letter':
      return { state: { kind: 'dead', why: String(outcome.status) }, wasUnsure }
    case 'acknowledge':
      // Only a response acknowledges.
      return { state: { kind: 'asking', why: 'outcome' }, wasUnsure: true }
  }
}

/**
 * A write that the origin has: its record becomes an acknowledged one, the server's id is noted, and later writes of the row
 * inherit the answered validator.
 */
export function acknowledge(
  draft: Draft,
  write: WriteRecord,
  status: number,
  fields: Fields,
  text: string | undefined,
  { idMember, versionMember, entity }: QueueRule,
  now: EpochMs,
): ServerId | undefined {
  const body = jsonIn(text)
  const { partition, place, mints, base } = write
  const id = mints === undefined ? undefined : serverIdOf({ body, location: fields.get('location') }, idMember, entity)
  const answered: Base =
    write.method === 'DELETE' ? { kind: 'none' } : baseOf(fields, versionOf(body, versionMember, entity))
  const before = mints === undefined ? write.lane : rowLane(write, entity, mints)
  const after = id === undefined ? before : rowLane(write, entity, id.id)
  const done = { place, partition, base, answered, lane: { before, after } }
  for (const later of followUps(draft.writes(), done)) draft.put(later)
  if (mints !== undefined && id !== undefined) draft.noteId(partition, mints, id)
  draft.noteEnd(write, { end: 'sent', row: rowOfAnswer(body, idMember, entity), id: id?.id })
  draft.remove(place)
  draft.putDone(
    place,
    doneRecord({
      // Without the origin's representation what was sent stands for it.
      write: { ...write, lane: after, ...(text !== undefined && { body: undefined }) },
      status,
      fields: [...fields],
      answer: text,
      answered,
      atMs: now,
    }),
  )
  tidy(draft, now)
  return id
}

/** The value of the member of a row that changes whenever the row does. */
function versionOf(body: unknown, member: string, entity: string | undefined): unknown {
  if (!isObject(body)) return undefined
  const wrapped = entity === undefined ? undefined : body[entity]
  return ownMember(body, member) ?? (isObject(wrapped) ? ownMember(wrapped, member) : undefined)
}

/** The lane of a row, also where the write that creates it was in that of all creates. */
function rowLane({ url, target }: WriteRecord, entity: string | undefined, id: string): string {
  const item = concernedBy(url, target, id)?.item
  return laneOf({ entity, id, path: new URL(item ?? url).pathname, isWitnessed: false })
}

/** Acknowledged writes do not pile up. */
function tidy(draft: Draft, now: EpochMs): void {
  const done = [...draft.done()]
  const surplus = done.length - MOST_DONE
  for (const [at, { write, atMs }] of done.entries())
    if (at < surplus || now - atMs > KEEP_DONE_MS || atMs > now) draft.removeDone(write.place)
}
