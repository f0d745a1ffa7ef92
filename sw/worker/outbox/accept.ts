import { type OutboxRules, type QueueRule, type WriteMatch, writtenTo } from '../../../config/language/index.ts'
import { type Base, baseOf, inherited, isSameBase, preconditionOf } from '../../core/outbox/base.ts'
import { isObject, type JsonObject, objectIn } from '../../core/outbox/json.ts'
import { laneOf, leaseMs, type WriteState } from '../../core/outbox/lanes.ts'
import { foldRow, type Target } from '../../core/outbox/row-change.ts'
import { idsIn, isDistinct, type ServerId, urlWithIds } from '../../core/outbox/temporary-ids.ts'
import { originOf, silences } from '../../core/outbox/silence.ts'
import { type EpochMs, epochMs } from '../../core/units.ts'
import { digestOf } from '../../fetch/body-reader.ts'
import { fieldsOf } from '../../fetch/describe.ts'
import { lineOf } from '../../fetch/matching.ts'
import { idOf } from '../../core/collections/row.ts'
import type { Draft } from './outbox-store.ts'
import { changeOfWrite, rowIn } from './queued-answer.ts'
import { type Held, idOfMark } from './record-mark.ts'
import { isStamped } from './stamps.ts'
import { type DoneRecord, MOST_INLINE, newRecord, type WriteRecord } from './write-record.ts'

/** A write as the page has asked for it, before it has a place. */
export interface Asked {
  readonly partition: string
  readonly rule: string
  readonly queue: QueueRule
  readonly method: string
  /** Without fragment. */
  readonly url: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly stamps: readonly string[]
  readonly credentials: RequestCredentials
  /** What else of the page's request the origin sees, where it is not the default. */
  readonly options: Pick<WriteRecord, 'redirect' | 'referrerPolicy' | 'mode'>
  readonly body: ArrayBuffer | undefined
  readonly digest: string
  readonly target: Target
  /** Of the row; of a create the temporary one. */
  readonly id: string | undefined
  readonly mints: string | undefined
  /** The id that the app has given to a row that it creates. It keeps its writes in order, also where it cannot be the temporary one. */
  readonly own: string | undefined
  /** Also where it cannot be queued: its record may come on disk after that was given up. */
  readonly key: string
  /** When it was sent first with this key, past the outbox: its outcome is not known. Absent: it was not. */
  readonly sentAtMs?: EpochMs
  /** Of a record that a page hands over: its mark. */
  readonly record?: string
  /** Of such a record: what its page says that it is made on top of. Then it is no field of the request. */
  readonly base?: Base
}

/** For so long the same request from a page that was not answered is its own retry. */
export const ADOPT_MS = 300_000

/** Fields that say of one attempt, and not of the write. */
const OF_ATTEMPT = new Set(['content-length', 'cache-control', 'pragma'])

/** Fields of a record that say what it is made on top of: the rule's `conflict` says what comes of it. */
const IS_BASE = new Set(['if-match', 'freshlayer-updated-at'])

/**
 * What a page's request asks for; undefined: it cannot be queued. The request's body is not used up.
 *
 * @param record the mark of a record that the page hands over.
 */
export async function askedOf(
  request: Request,
  match: WriteMatch,
  partition: string,
  record?: string,
): Promise<Asked | undefined> {
  const { rule } = match
  const { queue } = rule
  if (queue === undefined || request.mode === 'no-cors' || request.mode === 'navigate') return undefined
  const bytes = await request.clone().arrayBuffer()
  const { method } = request
  const url = request.url.replace(/#.*$/s, '')
  const body = bytes.byteLength === 0 ? undefined : bytes
  const { target, id } = writtenTo(queue, lineOf(request))
  const isCreate = method === 'POST' && target === 'list'
  const ownRecord = record === undefined ? undefined : idOfMark(record)
  const own = isCreate ? (ownId(textOf(body, request), queue) ?? ownRecord) : undefined
  const temporary = own !== undefined && isDistinct(own) ? own : `tmp-${crypto.randomUUID()}`
  const mints = isCreate ? temporary : undefined
  const all = fieldsOf(request.headers)
  const base = record === undefined ? NONE : baseOf(new Map([...all, ['etag', all.get('if-match') ?? '']]), undefined)
  const fields = [...all].filter(([name]) => base.kind === 'none' || !IS_BASE.has(name))
  const head = new TextEncoder().encode(`${method} ${url}\n`)
  const content = new Uint8Array(head.length + bytes.byteLength)
  content.set(head)
  content.set(new Uint8Array(bytes), head.length)
  return {
    partition,
    rule: rule.name,
    queue,
    method,
    url,
    fields: fields.filter(([name]) => !isStamped(name) && !OF_ATTEMPT.has(name)),
    stamps: fields.map(([name]) => name).filter(isStamped),
    credentials: request.credentials,
    options: optionsOf(request),
    body,
    digest: await digestOf(content.buffer),
    target,
    id: mints ?? id,
    mints,
    own,
    key: crypto.randomUUID(),
    ...(record !== undefined && { record }),
    ...(base.kind !== 'none' && { base }),
  }
}

const optionsOf = ({ redirect, referrerPolicy, mode }: Request): Asked['options'] => ({
  mode,
  ...(redirect !== 'follow' && { redirect }),
  ...(referrerPolicy !== '' && { referrerPolicy }),
})

/** The id that the app has given to a row that it creates. 0, a negative number and an empty text are none. */
function ownId(text: string | undefined, { idMember, entity }: QueueRule): string | undefined {
  const value = objectIn(text)
  if (value === undefined) return undefined
  const inner = entity === undefined ? undefined : value[entity]
  const id = idOf(value[idMember]) ?? (isObject(inner) ? idOf(inner[idMember]) : undefined)
  return id === undefined || /^(?:0|-\d+|)$/.test(id) ? undefined : id
}

const textOf = (body: ArrayBuffer | undefined, { headers }: Request): string | undefined =>
  body !== undefined && /\bjson\b/i.test(headers.get('content-type') ?? '') ? new TextDecoder().decode(body) : undefined

/** What has become of a page's request. */
export type Accepted =
  | { readonly kind: 'new'; readonly write: WriteRecord }
  /** It is the retry of a write that was accepted before, and whose page was not answered. */
  | { readonly kind: 'adopted'; readonly write: WriteRecord }
  /** The same, and the origin has it by now. */
  | { readonly kind: 'done'; readonly done: DoneRecord }
  /** The outbox holds as much as the rules allow. */
  | { readonly kind: 'full' }
  /** The page has given up. */
  | { readonly kind: 'off' }
  /** Of a record: it is there already, or has to wait. */
  | Held

/** What holds for a write that is accepted. */
export interface Circumstances {
  readonly now: EpochMs
  readonly worker: string
  /** Whether a page waits for the answer to a write, or has heard it past the outbox: then another request is a write of its own. */
  readonly isAwaited: (write: Pick<WriteRecord, 'place' | 'key'>) => boolean
  readonly rules: OutboxRules
  /** It may be sent at once, as far as anything but the outbox decides. */
  readonly maySend: boolean
  /** It is sent in a batch where the origin is away: see `Batches.covers`. */
  readonly joins: boolean
  /** The validator of what the page was shown of the row; undefined: nothing is stored. */
  readonly shown: { readonly base: Base; readonly requestedAtMs: EpochMs } | undefined
  /** Of a create: the rows that its list had before. See `WriteRecord.alike`. */
  readonly alike: readonly string[] | undefined
  /** The stored row that it changes; undefined: the rule does not ask how the user saw it. */
  readonly seen: { readonly row: JsonObject | undefined; readonly requestedAtMs: EpochMs } | undefined
  /** Undefined: the rules take no records. */
  readonly held?: ((draft: Draft, asked: Asked) => Held | undefined) | undefined
}

/** Accepts a write: it has a place and a record from then on, and is leased where it may be sent at once. */
export function accept(draft: Draft, asked: Asked, circumstances: Circumstances): Accepted {
  const { now, worker, rules, maySend, joins, shown, alike, seen } = circumstances
  const { partition, queue, method, url, digest, target, id, mints, own, body, record: mark, sentAtMs } = asked
  const found = mark === undefined ? undefined : circumstances.held?.(draft, asked)
  if (found !== undefined) return found
  const temporary = new Set<string>()
  // An app may go on with the temporary id for as long as its page is open.
  const idFor = (text: string): ServerId | undefined => draft.idOf(partition, text)
  const lane = laneOf({
    entity: queue.entity,
    id: id === undefined || mints !== undefined ? (own ?? id) : (idFor(id)?.id ?? id),
    path: new URL(urlWithIds(url, idFor)).pathname,
    isWitnessed: mints !== undefined && queue.idempotency === undefined,
  })
  let isBusy = false
  let [count, bytes] = [0, asked.body?.byteLength ?? 0]
  for (const write of draft.writes()) {
    count++
    bytes += write.size
    if (write.partition !== partition) continue
    // What was refused would not be sent: a page that tries again hears the origin.
    if (write.state.kind !== 'dead' && isRetry(draft, write, digest, circumstances)) {
      const adopted = { ...write, isAdopted: true }
      draft.put(adopted)
      return { kind: 'adopted', write: adopted }
    }
    if (write.mints !== undefined) temporary.add(write.mints)
    if (write.lane === lane && write.state.kind !== 'dead') isBusy = true
    if (joins && isHeldUp(write, circumstances)) isBusy = true
  }
  for (const done of draft.done())
    if (done.write.partition === partition && isRetry(draft, done.write, digest, circumstances))
      return { kind: 'done', done }
  if (count >= rules.mostWrites || bytes > rules.budget) return { kind: 'full' }
  const type = new Map(asked.fields).get('content-type')
  const isText = body !== undefined && /\b(?:json|x-www-form-urlencoded)\b/i.test(type ?? '')
  const needs = idsIn(
    { url, body: isText ? new TextDecoder().decode(body) : undefined, type },
    (text) => text !== mints && (temporary.has(text) || idFor(text) !== undefined),
  )
  const isReady = maySend && mark === undefined && !isBusy && needs.every((each) => idFor(each) !== undefined)
  const isSent = isReady && mayProbe(draft, url, circumstances)
  const isBeside = mark === undefined && body !== undefined && body.byteLength > MOST_INLINE
  const lease: WriteState = { kind: 'leased', worker, untilMs: epochMs(now + leaseMs(rules.requestLimitMs)) }
  const record = newRecord({
    place: draft.takePlace(),
    partition,
    lane,
    state: isSent ? lease : { kind: 'waiting', atMs: now, isOnSign: false },
    needs,
    rule: asked.rule,
    method,
    url,
    fields: asked.fields,
    stamps: asked.stamps,
    credentials: asked.credentials,
    ...asked.options,
    body: isBeside ? undefined : body,
    size: body?.byteLength ?? 0,
    digest,
    // Its page waits for no answer.
    isAnswered: mark !== undefined,
    target,
    key: asked.key,
    base: baseFor(draft, asked, lane, shown),
    acceptedAtMs: now,
    attempts: Number(isSent),
    wasUnsure: sentAtMs !== undefined,
    ...(mints !== undefined && { mints }),
    ...(id !== undefined && { id }),
    ...(queue.entity !== undefined && { entity: queue.entity }),
    ...(mark !== undefined && { record: mark }),
    ...(alike !== undefined && { alike }),
    ...(seen !== undefined && seenBy(draft, asked, lane, seen)),
    ...((isSent || sentAtMs !== undefined) && { firstSentAtMs: sentAtMs ?? now }),
    ...(isSent && { lastSentAtMs: now }),
  })
  draft.put(record, isBeside ? body : undefined)
  return { kind: 'new', write: record }
}

/**
 * Whether a write waits because the origin was away a moment ago. A new one that is sent in batches waits with it: a request of its own,
 * whose outcome would not be known, would keep it out of each batch.
 */
const isHeldUp = ({ state, failed }: WriteRecord, { now, rules }: Circumstances): boolean =>
  (state.kind === 'waiting' || state.kind === 'leased') &&
  failed?.status === 0 &&
  Math.abs(now - failed.atMs) < rules.limits.capMs

/**
 * Whether a new write may be sent at once. One to a silent origin is, because a user is there and waits for it: if no other is under way,
 * and as often as the first retry of a write would be.
 */
function mayProbe(draft: Draft, url: string, { now, rules: { limits } }: Circumstances): boolean {
  const origin = originOf(url)
  const silence = silences(draft.writes()).get(origin)
  if (silence === undefined) return true
  if (Math.abs(now - silence.atMs) < limits.baseMs) return false
  for (const write of draft.writes()) if (write.state.kind === 'leased' && originOf(write.url) === origin) return false
  return true
}

/** Whether a request with this digest is the page's own retry of a write. */
const isRetry = (draft: Draft, write: WriteRecord, asked: string, { now, isAwaited }: Circumstances): boolean =>
  write.digest === asked &&
  !write.isAnswered &&
  Math.abs(now - write.acceptedAtMs) < ADOPT_MS &&
  !isAwaited(write) &&
  !isOverwritten(draft, write)

/** Whether a later write has changed the row: then the same change is none that was made before. */
function isOverwritten(draft: Draft, { method, place, partition, lane }: WriteRecord): boolean {
  if (method === 'POST') return false
  const isLater = (other: WriteRecord): boolean =>
    other.place > place && other.partition === partition && other.lane === lane
  for (const other of draft.writes()) if (isLater(other)) return true
  for (const { write } of draft.done()) if (isLater(write)) return true
  return false
}

/**
 * What a new write is made on top of: what the newest acknowledged write of its row was answered, where the page has read
 * nothing newer since; else what it was shown. So a page that has not read the row since its own last edit does not
 * conflict with that.
 */
function baseFor(
  draft: Draft,
  { partition, target, mints, fields, url, queue, base: own }: Asked,
  lane: string,
  shown: Circumstances['shown'],
): Base {
  if (own !== undefined) return afterOwn(draft, partition, lane, own)
  // The page's own condition says it, and a new row has nothing to compare with.
  if (target !== 'row' || mints !== undefined || fields.some(([name]) => name.startsWith('if-'))) return NONE
  // A field of ours would cause a preflight that the other origin may refuse.
  if (new URL(url).origin !== location.origin && queue.idempotency === undefined) return NONE
  let answered: { readonly base: Base; readonly atMs: EpochMs } | undefined
  for (const done of draft.done())
    if (done.write.partition === partition && done.write.lane === lane)
      answered = { base: done.answered, atMs: done.atMs }
  if (answered !== undefined && (shown === undefined || shown.requestedAtMs <= answered.atMs)) return answered.base
  return shown === undefined || preconditionOf(shown.base) === undefined ? NONE : shown.base
}

/** What own writes have made of what a page has read before them. */
function afterOwn(draft: Draft, partition: string, lane: string, read: Base): Base {
  let base = read
  for (const { write, answered } of draft.done())
    if (write.partition === partition && write.lane === lane && isSameBase(write.base, base)) base = inherited(answered)
  return base
}

const NONE: Base = { kind: 'none' }

/** The row as the user sees it when they write: what is stored, with their own writes. */
function seenBy(
  draft: Draft,
  { partition, queue }: Asked,
  lane: string,
  { row: stored, requestedAtMs }: NonNullable<Circumstances['seen']>,
): Pick<WriteRecord, 'seen'> {
  let row = stored
  for (const { write, atMs, answer } of draft.done())
    if (write.partition === partition && write.lane === lane && atMs >= requestedAtMs)
      row = answer === undefined ? undefined : rowIn(answer, queue.idMember, queue.entity)
  for (const write of draft.writes()) {
    if (write.partition !== partition || write.lane !== lane || write.state.kind === 'dead') continue
    const change = changeOfWrite(write, write.body, queue)
    row = change && foldRow(row, [change])
  }
  return row === undefined ? {} : { seen: JSON.stringify(row) }
}
