import type { QueueRule } from '../../../config/language/index.ts'
import { type Base, baseOf, followUps, isSameBase } from '../../core/outbox/base.ts'
import { resolved } from '../../core/outbox/conflict.ts'
import type { Fields } from '../../core/head.ts'
import { parseTime } from '../../core/outbox/hybrid-clock.ts'
import { isObject, isSameJson, type JsonObject, objectIn, ownMember } from '../../core/outbox/json.ts'
import { changeOf, type RowChange } from '../../core/outbox/row-change.ts'
import { bodyWithIds } from '../../core/outbox/temporary-ids.ts'
import type { EpochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { Draft } from './outbox-store.ts'
import { rowIn, rowOfAnswer } from './queued-answer.ts'
import { afterFailedRead, type LookPorts, type ReadBack, readBack } from './read-back.ts'
import { acknowledge, countedAttempts, pausedAs, type Settled, tryAgain } from './settle.ts'
import { withBody, type WriteRecord } from './write-record.ts'

/** The row as the origin has it. */
interface Theirs {
  /** Undefined: it is gone. */
  readonly row: JsonObject | undefined
  readonly base: Base
}

/** A write that the origin has refused because its row is another by now. */
export interface Refused {
  readonly write: WriteRecord
  readonly queue: QueueRule
  /** Of the row, with the server's ids. */
  readonly url: string
  /** A route reads it: then a 404 means that it is gone. */
  readonly isRead: boolean
  /** Of the refusal. */
  readonly fields: Fields
  readonly text: string | undefined
}

/** A write that waits for the next try. */
type Waiting = Pick<WriteRecord, 'state'> & Partial<WriteRecord>

/** What becomes of a refused write. `theirs`: undefined where it is not known. */
export type Decision =
  | { readonly kind: 'acknowledge'; readonly theirs: Theirs }
  | { readonly kind: 'yield'; readonly theirs: Theirs | undefined }
  /** `body`: another one than its own. */
  | { readonly kind: 'send'; readonly theirs: Theirs | undefined; readonly body: ArrayBuffer | undefined }
  | { readonly kind: 'ask'; readonly theirs: Theirs | undefined }
  /** The row could not be read. */
  | { readonly kind: 'later'; readonly change: Waiting }

/** A longer row is not kept for the page. Characters. */
const MOST_THEIRS = 65_536

/** Decides by the rule's policy. Never rejects. */
export async function decide(refused: Refused, ports: LookPorts): Promise<Decision> {
  const { write, queue } = refused
  const found = await theirsOf(refused, ports)
  if (found !== undefined && 'state' in found) return { kind: 'later', change: found }
  const { conflict: policy } = queue
  const mine = await mineOf(refused, ports).catch(() => undefined)
  if (found === undefined || mine === undefined) {
    // Without both versions there is nothing to compare or to merge.
    if (policy === 'server-wins') return { kind: 'yield', theirs: found }
    if (policy === 'client-wins' && !isSame(found, write)) return { kind: 'send', theirs: found, body: undefined }
    return { kind: 'ask', theirs: found }
  }
  const theirsAt = parseTime(found.row?.[queue.versionMember])
  const resolution = resolved(policy, {
    change: mine.change,
    isPartial: write.method === 'PATCH',
    base: write.seen === undefined ? undefined : rowIn(write.seen, queue.idMember, queue.entity),
    theirs: found.row,
    mineAt: { ms: write.acceptedAtMs - aheadMs(refused.fields), count: 0, node: '' },
    theirsAt: theirsAt === 'invalid' ? undefined : theirsAt,
  })
  if (resolution.kind !== 'send') return { kind: resolution.kind, theirs: found }
  // The row is what the write was made on top of: it was refused for something else, and would be again.
  if (isSame(found, write)) return { kind: 'ask', theirs: found }
  return { kind: 'send', theirs: found, body: bodyFor(resolution.change, mine, queue) }
}

/**
 * How far the device's clock is ahead of the origin's, as far as an answer tells: a clock that is wrong neither wins nor loses by it.
 * `Date` has whole seconds, so a few of them say nothing.
 */
function aheadMs(fields: Fields): number {
  const ms = now() - HALF_MS - Date.parse(fields.get('date') ?? '')
  return Math.abs(ms) > MOST_RIGHT_MS ? ms : 0
}

const HALF_MS = 500
const MOST_RIGHT_MS = 5000

/** What a write of an unknown base is made on top of: the row as it is now. */
export async function baseNow(
  write: WriteRecord,
  queue: QueueRule,
  url: string,
  ports: LookPorts,
): Promise<{ readonly base: Base } | Waiting> {
  const back = await readBack(write, url, ports)
  return waitsAfter(back, write, ports) ?? { base: back.kind === 'read' ? baseIn(back, queue) : NONE }
}

const NONE: Base = { kind: 'none' }

const isSame = (theirs: Theirs | undefined, { base }: WriteRecord): boolean =>
  theirs !== undefined && isSameBase(theirs.base, base)

const baseIn = ({ fields, value }: Extract<ReadBack, { kind: 'read' }>, queue: QueueRule): Base =>
  baseOf(fields, rowOfAnswer(value, queue.idMember, queue.entity)?.[queue.versionMember])

/** Where a read came to nothing: the write until the next try. */
function waitsAfter(back: ReadBack, write: WriteRecord, ports: LookPorts): Waiting | undefined {
  if (back.kind === 'unstamped') return { state: pausedAs('waiting', now()) }
  return back.kind === 'failed' ? afterFailedRead('waiting', write, back, ports) : undefined
}

/** The row as the refusal has it, else as it is read. Undefined: neither says it. */
async function theirsOf(
  { write, queue, url, isRead, fields, text }: Refused,
  ports: LookPorts,
): Promise<Theirs | Waiting | undefined> {
  const told = /^application\/problem\+json\b/i.test(fields.get('content-type') ?? '') ? objectIn(text) : undefined
  const current = told && ownMember(told, 'current')
  if (told !== undefined && current === null) return { row: undefined, base: NONE }
  if (told !== undefined && isObject(current)) {
    const tag = told['etag']
    return { row: current, base: baseOf(new Map(typeof tag === 'string' ? [['etag', tag]] : []), told['updatedAt']) }
  }
  const back = await readBack(write, url, ports)
  const waiting = waitsAfter(back, write, ports)
  if (waiting !== undefined) return waiting
  if (back.kind === 'gone') return isRead ? { row: undefined, base: NONE } : undefined
  const row = back.kind === 'read' ? rowOfAnswer(back.value, queue.idMember, queue.entity) : undefined
  return back.kind === 'read' && row !== undefined ? { row, base: baseIn(back, queue) } : undefined
}

/** What a write says of its row, and the JSON that says it. */
interface Mine {
  readonly change: RowChange
  readonly sent: JsonObject | undefined
}

/** Undefined: the request does not say what it does to the row. */
async function mineOf({ write, queue }: Refused, { store }: LookPorts): Promise<Mine | undefined> {
  const { method, partition, fields, id = '', target } = write
  const { idMember, entity } = queue
  const type = new Map(fields).get('content-type')
  const bytes = await store.bodyOf(write)
  const text = bytes && bodyWithIds(new TextDecoder().decode(bytes), type, (each) => store.idOf(partition, each))
  const sent = objectIn(text)
  const change = changeOf({ method, type, body: sent, id, idMember, target, entity })
  return change && { change, sent }
}

/** The body that says another change in the form of the first; undefined: it is the same change. */
function bodyFor(
  change: RowChange,
  { change: first, sent }: Mine,
  { idMember, entity }: QueueRule,
): ArrayBuffer | undefined {
  const members = membersOf(change)
  if (members === undefined || sent === undefined || isSameJson(members, membersOf(first))) return undefined
  const [name = '', ...others] = Object.keys(sent)
  const inner = others.length === 0 && (name === entity || name === 'data') ? sent[name] : undefined
  const before = isObject(inner) ? inner : sent
  const row = { ...(Object.hasOwn(before, idMember) && { [idMember]: before[idMember] }), ...members }
  return new TextEncoder().encode(JSON.stringify(isObject(inner) ? { [name]: row } : row)).buffer
}

function membersOf(change: RowChange): JsonObject | undefined {
  switch (change.kind) {
    case 'assign':
      return change.members
    case 'merge':
      return change.patch
    case 'create':
    case 'replace':
      return change.row
    case 'delete':
      return undefined
  }
}

/** Does to a refused write what was decided. It belongs into the transaction that has seen that the lease still holds. */
export function follow(
  draft: Draft,
  write: WriteRecord,
  decision: Decision,
  queue: QueueRule,
  limits: LookPorts['rules']['limits'],
  at: EpochMs,
): Settled {
  const keep = (kept: WriteRecord, body?: ArrayBuffer): Settled => {
    draft.put(kept, body)
    return { kind: 'kept', write: kept, isPaused: false }
  }
  switch (decision.kind) {
    case 'later':
      return keep({ ...write, ...decision.change })
    case 'yield':
      draft.remove(write.place)
      draft.noteEnd(write, { end: 'yielded', row: decision.theirs && (decision.theirs.row ?? null) })
      return { kind: 'yielded', write }
    case 'ask':
      return keep({ ...write, state: { kind: 'asking', why: 'conflict' }, theirs: keptOf(decision.theirs) })
    case 'acknowledge': {
      const { row, base } = decision.theirs
      const fields = new Map(base.kind === 'etag' ? [['etag', base.tag]] : [])
      const text = row && JSON.stringify(row)
      const id = acknowledge(draft, write, row === undefined ? 204 : 200, fields, text, queue, at)
      return { kind: 'acknowledged', write, id }
    }
    case 'send': {
      const { theirs, body } = decision
      const base = theirs?.base ?? NONE
      for (const later of rebased(draft, write, base)) draft.put(later)
      const { firstSentAtMs: _, seen: __, ...rest } = write
      const isQuick = countedAttempts(write) < limits.quick
      const state = isQuick
        ? ({ kind: 'waiting', atMs: at, isOnSign: false } as const)
        : tryAgain('waiting', write, 0, false, limits, at)
      // The backend may keep the refusal under the key.
      const again: WriteRecord = { ...rest, state, base, key: crypto.randomUUID() }
      const row = theirs?.row
      const based = row === undefined ? again : { ...again, seen: JSON.stringify(row) }
      if (body === undefined) return keep(based)
      const mended = { ...based, ...withBody(write, body) }
      return keep(mended, mended.body === undefined ? body : undefined)
    }
  }
}

/** What of the origin's row is kept for the page. */
function keptOf(theirs: Theirs | undefined): WriteRecord['theirs'] {
  const text = theirs?.row && JSON.stringify(theirs.row)
  return theirs && { base: theirs.base, ...((text?.length ?? 0) <= MOST_THEIRS && { row: text ?? null }) }
}

/** The later writes of the row that were made on top of the same: they do not conflict with what this one makes of it. */
const rebased = (draft: Draft, write: WriteRecord, base: Base): WriteRecord[] =>
  followUps(draft.writes(), {
    ...write,
    answered: base,
    lane: { before: write.lane, after: write.lane },
  }).map((later) => ({ ...later, base }))
