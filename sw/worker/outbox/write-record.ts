import type { Base } from '../../core/outbox/base.ts'
import { isObject } from '../../core/outbox/json.ts'
import type { Queued, WriteState } from '../../core/outbox/lanes.ts'
import type { Target } from '../../core/outbox/row-change.ts'
import type { ServerId } from '../../core/outbox/temporary-ids.ts'
import type { EpochMs } from '../../core/units.ts'
import type { RecordReceipt } from '../../protocol.ts'

/** The shape of the records of queued writes: one of another shape is kept, and shown to the user. */
const WRITE_SHAPE = 1

/** A larger body lies in a record of its own, and is read when it is sent. Bytes. */
export const MOST_INLINE = 8192

/** A queued write, as it is on disk. */
export interface WriteRecord extends Queued {
  readonly shape: typeof WRITE_SHAPE
  /** The name of its rule, for the page. What the rule says is found anew by the URL. */
  readonly rule: string
  readonly method: string
  /** As the page sent it, without fragment: it may name temporary ids. */
  readonly url: string
  /** Without secrets. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The names of its secret fields: they are stamped when it is sent. */
  readonly stamps: readonly string[]
  readonly credentials: RequestCredentials
  /** As the page asked. Absent: 'follow'. */
  readonly redirect?: RequestRedirect
  /** As the page asked. Absent: that of the worker. */
  readonly referrerPolicy?: ReferrerPolicy
  /** As the page asked. Absent: by its URL. */
  readonly mode?: RequestMode
  /** Undefined: it has none, or one that lies beside it. */
  readonly body: ArrayBuffer | undefined
  /** Of the body. Bytes. */
  readonly size: number
  /** Of method, URL and body: the page's own retry is known by it. */
  readonly digest: string
  /** Whether the page has been answered: until then the same request is its own retry. */
  readonly isAnswered: boolean
  /** The page has asked for it once more: its first request, of which it hears nothing, does not take it back. Absent: it has not. */
  readonly isAdopted?: boolean
  readonly target: Target
  /** Of the row that it changes; temporary where it creates it. */
  readonly id?: string
  /** The same at every attempt. */
  readonly key: string
  /** The user has it sent again with this key, though it was refused with it. Absent: the user has not. */
  readonly refusedKey?: string | undefined
  readonly base: Base
  readonly acceptedAtMs: EpochMs
  readonly attempts: number
  /** How many of them an outage has cost: they are none of the write's own. Absent: none. */
  readonly unanswered?: number | undefined
  readonly firstSentAtMs?: EpochMs | undefined
  readonly lastSentAtMs?: EpochMs
  /** The outcome of an earlier attempt is not known. */
  readonly wasUnsure: boolean
  /** When it was known first that the outcome of its last attempt is not. Absent: it is, or there was none. */
  readonly unsureAtMs?: EpochMs | undefined
  /** The JSON of the row that it changes, as the user saw it. Absent: it is not known, or the rule does not ask for it. */
  readonly seen?: string
  /**
   * Of one that waits for the user because of a conflict: the row as the origin has it. `row`: its JSON; null: it is gone; absent: it
   * is too long.
   */
  readonly theirs?: { readonly base: Base; readonly row?: string | null } | undefined
  /**
   * It was sent in a batch with this key, as written at this time. With another key it is another write. Absent: it was not, or it is known
   * that it was not performed.
   */
  readonly batched?: { readonly key: string; readonly atMs: EpochMs } | undefined
  /** Of a create: the ids of the rows that its list had before, as `alikeBefore` gives them. Absent: not known. */
  readonly alike?: readonly string[] | undefined
  /** What the rule calls such a row. Absent: it calls it nothing. */
  readonly entity?: string
  /** Of a record that a page has handed over: its mark. Then the body is always here. */
  readonly record?: string
  /** Of such a record: the body that its page has given. Absent: it is `body`. */
  readonly given?: ArrayBuffer | undefined
}

/** What has become of a record, until its page has heard of it. */
export interface Receipt extends RecordReceipt {
  readonly shape: typeof WRITE_SHAPE
  readonly partition: string
  readonly method: string
}

/** A write that the origin has acknowledged, for as long as a stored base may not have it. */
export interface DoneRecord {
  readonly shape: typeof WRITE_SHAPE
  readonly write: WriteRecord
  readonly status: number
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The text of its answer, where it is JSON of a usual size. */
  readonly answer: string | undefined
  readonly answered: Base
  readonly atMs: EpochMs
}

export const newRecord = (given: Omit<WriteRecord, 'shape'>): WriteRecord => ({ shape: WRITE_SHAPE, ...given })

export const newReceipt = (given: Omit<Receipt, 'shape'>): Receipt => ({ shape: WRITE_SHAPE, ...given })

export const doneRecord = (given: Omit<DoneRecord, 'shape'>): DoneRecord => ({ shape: WRITE_SHAPE, ...given })

/**
 * Another body for a write. The page of a record compares what it has given with what it has by now: that stays.
 *
 * @returns the record's part; the body lies beside it if it is not in there.
 */
export const withBody = (
  write: Pick<WriteRecord, 'body' | 'record' | 'given'>,
  body: ArrayBuffer | undefined,
): Pick<WriteRecord, 'body' | 'size'> & Partial<Pick<WriteRecord, 'given'>> => {
  const size = body?.byteLength ?? 0
  return {
    body: size > MOST_INLINE ? undefined : body,
    size,
    ...(write.record !== undefined && { given: givenOf(write) }),
  }
}

/** What the page of a record has given. */
export const givenOf = (write: Pick<WriteRecord, 'body' | 'given'>): ArrayBuffer | undefined =>
  'given' in write ? write.given : write.body

/** Whether the endpoint for batches may know a write by its key. */
export const isBatched = ({ key, batched }: Pick<WriteRecord, 'key' | 'batched'>): boolean => batched?.key === key

/** A record of a queued write; `'unreadable'` for what this version cannot be sure of. */
export function parseWrite(value: unknown, place: number): WriteRecord | 'unreadable' {
  if (!isObject(value) || value['shape'] !== WRITE_SHAPE || value['place'] !== place) return 'unreadable'
  const isText = (name: string): boolean => typeof value[name] === 'string'
  const { state, fields, body, base, needs, mints, id } = value
  const isWhole =
    ['partition', 'lane', 'rule', 'method', 'url', 'digest', 'key', 'credentials', 'target'].every(isText) &&
    [value['size'], value['acceptedAtMs'], value['attempts']].every(isCount) &&
    [body, value['given']].every((each) => each === undefined || each instanceof ArrayBuffer) &&
    [mints, id].every((each) => each === undefined || typeof each === 'string') &&
    isTexts(needs) &&
    isTexts(value['stamps']) &&
    (value['alike'] === undefined || isTexts(value['alike'])) &&
    (value['unsureAtMs'] === undefined || isCount(value['unsureAtMs'])) &&
    ['refusedKey', 'seen', 'entity', 'record', 'redirect', 'referrerPolicy', 'mode'].every(
      (name) => value[name] === undefined || isText(name),
    ) &&
    (value['theirs'] === undefined || (isObject(value['theirs']) && isObject(value['theirs']['base']))) &&
    [value['unanswered'], isObject(value['failed']) ? value['failed']['atMs'] : value['failed']].every(
      (each) => each === undefined || isCount(each),
    ) &&
    (value['batched'] === undefined || (isObject(value['batched']) && isCount(value['batched']['atMs']))) &&
    isPairs(fields) &&
    isObject(base) &&
    isState(state)
  return isWhole ? (value as unknown as WriteRecord) : 'unreadable'
}

/** A record of an acknowledged write. */
export function parseDone(value: unknown, place: number): DoneRecord | 'unreadable' {
  if (!isObject(value) || parseWrite(value['write'], place) === 'unreadable') return 'unreadable'
  const { status, fields, atMs, answered } = value
  return isCount(status) && isPairs(fields) && isCount(atMs) && isObject(answered)
    ? (value as unknown as DoneRecord)
    : 'unreadable'
}

/** A receipt. */
export function parseReceipt(value: unknown, place: number): Receipt | 'unreadable' {
  if (!isObject(value) || value['shape'] !== WRITE_SHAPE || value['place'] !== place) return 'unreadable'
  const { partition, record, end, method, atMs, sent = '', row = '', id = '' } = value
  return isTexts([partition, record, end, method, sent, row, id]) && isCount(atMs)
    ? (value as unknown as Receipt)
    : 'unreadable'
}

/** A server's id, as it is on disk. */
export const parseServerId = (value: unknown): ServerId | 'unreadable' =>
  isObject(value) && typeof value['id'] === 'string' && typeof value['json'] === 'string'
    ? { id: value['id'], json: value['json'] }
    : 'unreadable'

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && Number.isFinite(value)

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string')

const isPairs = (value: unknown): boolean => Array.isArray(value) && value.every(isTexts)

function isState(value: unknown): value is WriteState {
  if (!isObject(value)) return false
  switch (value['kind']) {
    case 'waiting':
    case 'unsure':
      return isCount(value['atMs'])
    case 'leased':
      return typeof value['worker'] === 'string' && isCount(value['untilMs'])
    case 'asking':
    case 'dead':
      return typeof value['why'] === 'string'
    default:
      return false
  }
}
