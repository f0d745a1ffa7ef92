import { isBefore, isTime } from './cursor.ts'
import { hasInexactNumber } from './exact.ts'
import { idOf, type KeptRow, rowOf, type RowShape } from './row.ts'

/** What one answer of `GET /sync` says of a collection. */
export interface SyncPage {
  /** The next cursor. */
  readonly cursor: string
  readonly hasMore: boolean
  /** Whether changes have been made whose turn has not come. */
  readonly isBehind: boolean
  readonly rows: readonly KeptRow[]
  /** Ids. */
  readonly deleted: readonly string[]
  /** How many rows there are in all, and their digest: where the answer says so. */
  readonly total?: number
  readonly digest?: number
}

/** Why an answer is refused whole. */
export type Refusal =
  | 'no-json'
  | 'other-since'
  | 'no-cursor'
  | 'same-cursor'
  | 'earlier-cursor'
  | 'other-entities'
  | 'no-rows'
  | 'no-id'
  | 'id-twice'
  | 'from-a-cache'
  | 'inexact-number'

/** What was asked. */
export interface Asked extends RowShape {
  readonly entity: string
  /** Undefined: a first load begins. */
  readonly since: string | undefined
  /** Cursors that were answered before in the same run. */
  readonly seen: ReadonlySet<string>
}

/** The page in the text of an answer, or why it is none. Nothing of an answer that is refused may be used. */
export function parsePage(text: string, asked: Asked): SyncPage | Refusal {
  const { entity, since, seen } = asked
  const answer = parsed(text)
  if (answer === undefined) return 'no-json'
  if (hasInexactNumber(text)) return 'inexact-number'
  const { since: echoed, timestamp, hasMore = false, behind = false, data } = answer
  if (typeof timestamp !== 'string' || timestamp === '') return 'no-cursor'
  // A backend that goes by the time need not say what it was asked.
  if (echoed === undefined ? !isTime(timestamp) : (echoed ?? undefined) !== since) return 'other-since'
  if (hasMore === true && (timestamp === since || seen.has(timestamp))) return 'same-cursor'
  // The overlap asks a backend that goes by the time for what was before.
  if (since !== undefined && isBefore(timestamp, since)) return 'earlier-cursor'
  const names = Object.keys(record(data) ?? {})
  if (names.length !== 1 || names[0] !== entity) return 'other-entities'
  const changes = record(record(data)?.[entity])
  const { added = [], updated = [], deleted = [], total, digest } = changes ?? {}
  if (changes === undefined || ![added, updated, deleted].every(Array.isArray)) return 'no-rows'
  const rows = [...(added as unknown[]), ...(updated as unknown[])].map((each) => rowOf(each, asked))
  const gone = (deleted as unknown[]).map(idOf)
  if (rows.includes('invalid') || gone.includes(undefined)) return 'no-id'
  const kept = rows.filter((row) => row !== 'invalid')
  const lost = gone.filter((id) => id !== undefined)
  if (new Set([...kept.map(({ id }) => id), ...lost]).size !== kept.length + lost.length) return 'id-twice'
  return {
    cursor: timestamp,
    hasMore: hasMore === true,
    isBehind: behind === true,
    rows: kept,
    deleted: lost,
    ...(typeof total === 'number' && { total }),
    ...(typeof digest === 'number' && { digest }),
  }
}

/** What `POST /sync/compare` says of the rows that are held. */
export interface Comparison {
  readonly cursor: string
  /** Ids and versions of each bucket that differs, by the bucket. */
  readonly buckets: ReadonlyMap<number, ReadonlyMap<string, string>>
}

/** The comparison in the text of an answer; `'invalid'` for anything else. */
export function parseComparison(text: string): Comparison | 'invalid' {
  const { timestamp, buckets } = parsed(text) ?? {}
  if (typeof timestamp !== 'string' || !Array.isArray(buckets)) return 'invalid'
  const found = new Map<number, ReadonlyMap<string, string>>()
  for (const each of buckets as unknown[]) {
    const { bucket, rows } = record(each) ?? {}
    if (typeof bucket !== 'number' || !Array.isArray(rows) || !rows.every(isPair)) return 'invalid'
    found.set(bucket, new Map(rows))
  }
  return { cursor: timestamp, buckets: found }
}

/**
 * The rows in the text of an answer of `POST /sync/rows`: each once, and none but those.
 *
 * @param asked their ids.
 */
export function parseRows(text: string, shape: RowShape, asked: ReadonlySet<string>): readonly KeptRow[] | 'invalid' {
  const rows = parsed(text)?.['rows']
  if (!Array.isArray(rows)) return 'invalid'
  const kept = rows.map((each: unknown) => rowOf(each, shape)).filter((row) => row !== 'invalid')
  const ids = new Set(kept.map(({ id }) => id))
  const isUsable = ids.size === rows.length && kept.every(({ id }) => asked.has(id)) && !hasInexactNumber(text)
  return isUsable ? kept : 'invalid'
}

const isPair = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string')

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(text))
  } catch {
    return undefined
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
