import { fillPlaces, type QueueRule, type WriteMatch } from '../../../config/language/index.ts'
import { memberOf } from '../../core/collections/member.ts'
import { isObject, type JsonObject, objectIn } from '../../core/outbox/json.ts'
import { listShapeOf } from '../../core/outbox/list-shape.ts'
import { changeOf, type RowChange } from '../../core/outbox/row-change.ts'
import { bodyWithIds } from '../../core/outbox/temporary-ids.ts'
import {
  alikeBefore,
  hasSent,
  type Look,
  type Sent,
  type Span,
  witnessed,
  type Witnessed,
  witnessedRow,
} from '../../core/outbox/witness.ts'
import { type EpochMs, epochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { OutboxStore } from './outbox-store.ts'
import { rowOfAnswer } from './queued-answer.ts'
import { isJson } from './queued-write.ts'
import { afterFailedRead, type LookPorts, type ReadBack, readBack } from './read-back.ts'
import { pausedAs } from './settle.ts'
import type { WriteRecord } from './write-record.ts'

/** What a witness reads. */
export interface Subject {
  readonly url: string
  /** `list`: a create is looked for among its rows. `row`: it is what a change has changed. */
  readonly kind: 'list' | 'row'
}

/** A write as its rule is now. */
interface Ruled {
  readonly write: WriteRecord
  readonly match: Pick<WriteMatch, 'params'>
  readonly queue: QueueRule
}

/**
 * Where it can be read what became of a write; undefined: nowhere. Only what was sent as JSON can be found again.
 *
 * @param url of the write, with the server's ids.
 * @param isRead whether a route reads a URL.
 */
export function subjectOf(
  { method, fields, size, target }: Pick<WriteRecord, 'method' | 'fields' | 'size' | 'target'>,
  { params }: Pick<WriteMatch, 'params'>,
  { witness }: QueueRule,
  url: string,
  isRead: (url: string) => boolean,
): Subject | undefined {
  if (witness === undefined || size === 0 || !isJson(new Map(fields).get('content-type'))) return undefined
  const own = url.replace(/\?.*$/s, '')
  if (method === 'PATCH') return target === 'row' && isRead(own) ? { kind: 'row', url: own } : undefined
  if (method !== 'POST') return undefined
  const [filled] =
    witness.url === undefined ? [] : fillPlaces({ urls: [witness.url], patterns: [], tags: [] }, params).urls
  if (filled !== undefined) return { kind: 'list', url: new URL(filled, url).href }
  return witness.url === undefined && isRead(own) ? { kind: 'list', url: own } : undefined
}

/** The rows of lists that were read a moment ago, by user and URL. */
export type RecentLists = Map<string, { readonly atMs: EpochMs; readonly rows: readonly unknown[] }>

/** What another device creates within this time is not told from an own create of unknown outcome. Milliseconds. */
const RECENT_MS = 2000

/** What a look has shown: the write was performed, or it has another state from now on. */
type Seen =
  | { readonly kind: 'found'; readonly row: JsonObject; readonly fields: ReadonlyMap<string, string> }
  /** `isTried`: it counts as an attempt. */
  | {
      readonly kind: 'state'
      readonly isTried: boolean
      readonly change: Pick<WriteRecord, 'state'> & Partial<WriteRecord>
    }

const changed = (state: WriteRecord['state'], isTried: boolean, unsureAtMs?: EpochMs): Seen => ({
  kind: 'state',
  isTried,
  change: { state, unsureAtMs },
})

/**
 * The rows that may be taken for a create, as the list has them just before it is sent. It may have waited for long, and another
 * device may have created the same meanwhile. Undefined: what is known of it holds. Never rejects.
 */
export async function knownNow(
  { write, match, queue }: Ruled,
  { url, kind }: Subject,
  ports: LookPorts,
  lists: RecentLists,
): Promise<Pick<WriteRecord, 'alike'> | (Pick<WriteRecord, 'state'> & Partial<WriteRecord>) | undefined> {
  const { acceptedAtMs, attempts, alike, partition, wasUnsure, key, refusedKey } = write
  const wasRefused = refusedKey === key
  // What an earlier attempt may have made is no other's.
  if (kind !== 'list' || (wasUnsure && attempts > 1)) return undefined
  if (alike !== undefined && !wasUnsure && !wasRefused && isRecent(acceptedAtMs)) return undefined
  const recent = lists.get(`${partition} ${url}`)
  let rows = recent !== undefined && isRecent(recent.atMs) ? recent.rows : undefined
  if (rows === undefined) {
    const atMs = now()
    const back = await readBack(write, url, ports)
    if (back.kind === 'unstamped') return { state: pausedAs('waiting', now()) }
    // Nothing was sent, so its outcome is known.
    if (back.kind === 'failed') return afterFailedRead('waiting', write, back, ports)
    rows = back.kind === 'read' ? noted(partition, url, back, atMs, lists) : undefined
  }
  const change = rows && (await sentBy({ write, match, queue }, ports.store).catch(() => undefined))
  // What the list had when it was refused says nothing of now.
  if (rows === undefined || change?.kind !== 'create') return wasRefused ? { alike: undefined } : undefined
  const { idMember, witness } = queue
  const found = alikeBefore({ sent: change.row, compared: witness?.compared, idMember }, rows)
  const known = new Set([...(alike ?? []), ...ownIds(write, ports.store)])
  // An attempt that the layer does not know of may have been performed: see `decided`.
  if (wasRefused && found.some((id) => !known.has(id)))
    return { state: { kind: 'asking', why: 'outcome', doubt: 'not-new' } }
  return { alike: found }
}

const isRecent = (atMs: EpochMs): boolean => Math.abs(now() - atMs) < RECENT_MS

/** Keeps the rows of a list for a moment, if it is whole. */
function noted(
  partition: string,
  url: string,
  { value, fields }: Extract<ReadBack, { kind: 'read' }>,
  atMs: EpochMs,
  lists: RecentLists,
): readonly unknown[] | undefined {
  const shape = listShapeOf(value, { status: 200, fields, search: new URL(url).search.slice(1) })
  const rows = shape?.isWhole === true ? memberOf(value, shape.rows) : undefined
  if (!Array.isArray(rows)) return undefined
  const key = `${partition} ${url}`
  lists.set(key, { atMs, rows: rows as readonly unknown[] })
  setTimeout(() => lists.delete(key), RECENT_MS)
  return rows as readonly unknown[]
}

/** Finds out by a read what became of a write of unknown outcome. Never rejects. */
export async function look(
  { write, match, queue }: Ruled,
  subject: Subject,
  ports: LookPorts,
  lists: RecentLists,
): Promise<Seen> {
  const beganAtMs = now()
  const sinceMs = write.unsureAtMs ?? write.lastSentAtMs ?? write.acceptedAtMs
  const back = await readBack(write, subject.url, ports)
  const unsure = (doubt: string): Seen => changed({ kind: 'asking', why: 'outcome', doubt }, true, sinceMs)
  if (back.kind === 'failed')
    return {
      kind: 'state',
      isTried: true,
      change: { ...afterFailedRead('unsure', write, back, ports), unsureAtMs: sinceMs },
    }
  if (back.kind === 'unstamped') return changed(pausedAs('unsure', now()), false, sinceMs)
  if (back.kind === 'read' && subject.kind === 'list') noted(write.partition, subject.url, back, beganAtMs, lists)
  // What it was asked for says nothing of it: no later look would.
  if (back.kind === 'useless' || (back.kind === 'gone' && subject.kind === 'list')) return unsure('unreadable')
  const afterMs = queue.witness?.afterMs ?? 0
  // A clock that was set back says nothing.
  const waitedMs = beganAtMs - sinceMs
  const isSettled = waitedMs >= afterMs
  const performed = back.kind === 'read' ? spanBy(back.fields, write, sinceMs + afterMs, beganAtMs) : undefined
  const said = await judged({ write, match, queue }, subject, back, { isSettled, performed }, ports).catch(
    () => undefined,
  )
  switch (said?.kind) {
    case undefined:
      return unsure('unreadable')
    case 'found':
      return {
        kind: 'found',
        row: said.row,
        fields: back.kind === 'read' && subject.kind === 'row' ? back.fields : NONE,
      }
    case 'absent':
      // Its attempts so far do not count any more.
      return {
        kind: 'state',
        isTried: false,
        change: {
          state: { kind: 'waiting', atMs: now(), isOnSign: false },
          wasUnsure: false,
          unsureAtMs: undefined,
          firstSentAtMs: undefined,
        },
      }
    case 'wait': {
      const from = Math.min(sinceMs, beganAtMs)
      const leftMs = from + afterMs - now()
      return changed(
        { kind: 'unsure', atMs: epochMs(now() + Math.max(0, leftMs)), isOnSign: false },
        false,
        epochMs(from),
      )
    }
    case 'unsure':
      return unsure(said.why)
  }
}

const NONE: ReadonlyMap<string, string> = new Map()

/** `Date` and many databases cut times to seconds, and the clocks of a backend's machines are not the same. Milliseconds. */
const CLOCKS_MS = 5000

/** When the origin may have performed a write, by its own clock. */
function spanBy(
  fields: ReadonlyMap<string, string>,
  { firstSentAtMs = epochMs(0) }: WriteRecord,
  untilMs: number,
  beganAtMs: EpochMs,
): Span | undefined {
  const dateMs = Date.parse(fields.get('date') ?? '')
  if (Number.isNaN(dateMs)) return undefined
  const aheadMs = dateMs - beganAtMs
  return {
    fromMs: firstSentAtMs + dateMs - now() - CLOCKS_MS,
    untilMs: untilMs + aheadMs + CLOCKS_MS,
    nowMs: dateMs + CLOCKS_MS,
  }
}

async function judged(
  ruled: Ruled,
  { kind, url }: Subject,
  back: Extract<ReadBack, { kind: 'read' | 'gone' }>,
  { isSettled, performed }: Pick<Look, 'isSettled' | 'performed'>,
  { store }: LookPorts,
): Promise<Witnessed> {
  const { write, queue } = ruled
  const change = await sentBy(ruled, store)
  if (kind === 'row' || back.kind === 'gone') {
    const sent = change?.kind === 'assign' ? change.members : {}
    const row = back.kind === 'read' ? rowOfAnswer(back.value, queue.idMember, queue.entity) : undefined
    return witnessedRow(sent, write.seen === undefined ? undefined : objectIn(write.seen), row, isSettled)
  }
  const { value, fields } = back
  const search = new URL(url).search.slice(1)
  const shape = listShapeOf(value, { status: 200, fields, search })
  const rows = shape && memberOf(value, shape.rows)
  if (!Array.isArray(rows) || change?.kind !== 'create') return { kind: 'unsure', why: 'nothing' }
  const { idMember, witness } = queue
  // Two of those may look the same.
  if (rows.some((row) => isObject(row) && typeof row[idMember] === 'number' && !Number.isSafeInteger(row[idMember])))
    return { kind: 'unsure', why: 'similar' }
  const sent: Sent = { sent: change.row, compared: witness?.compared, idMember }
  const said = witnessed({
    ...sent,
    known: new Set([...(write.alike ?? []), ...ownIds(write, store)]),
    isKnownWhole: write.alike !== undefined,
    rows: rows as readonly unknown[],
    isWhole: shape?.isWhole === true,
    isSettled,
    performed,
  })
  // The row may be that of another create whose outcome is not known either.
  if (said.kind === 'found' && (await isRivalled(ruled, said.row, store))) return { kind: 'unsure', why: 'several' }
  return said
}

/** The ids of what the user has created, and the origin has acknowledged. */
function ownIds({ partition }: WriteRecord, store: OutboxStore): string[] {
  return [...store.done.values()].flatMap(({ write }) =>
    write.partition === partition && write.mints !== undefined
      ? [store.idOf(partition, write.mints)?.id ?? write.mints]
      : [],
  )
}

async function isRivalled({ write, match, queue }: Ruled, row: JsonObject, store: OutboxStore): Promise<boolean> {
  const { idMember, witness } = queue
  for (const other of store.writes.values()) {
    const { place, partition, wasUnsure, method, url } = other
    if (place === write.place || partition !== write.partition || !wasUnsure || method !== 'POST' || url !== write.url)
      continue
    const change = await sentBy({ write: other, match, queue }, store)
    if (change?.kind === 'create' && hasSent({ sent: change.row, compared: witness?.compared, idMember }, row))
      return true
  }
  return false
}

/** What a write does, by the JSON that was sent. What a POST sends is looked for as what it creates. */
async function sentBy({ write, queue }: Ruled, store: OutboxStore): Promise<RowChange | undefined> {
  const { method, partition, fields } = write
  const type = new Map(fields).get('content-type')
  const bytes = await store.bodyOf(write)
  const text = bodyWithIds(new TextDecoder().decode(bytes), type, (id) => store.idOf(partition, id))
  const { idMember, entity } = queue
  const target = method === 'POST' ? 'list' : 'row'
  return changeOf({ method, type, body: objectIn(text), id: '', idMember, target, entity })
}
