import type { Fields } from './head.ts'
import type { Sequence } from './sequence.ts'
import type { Bytes, EpochMs } from './units.ts'

/** The version of the record's shape. A record of another shape counts as a miss and is removed. */
export const ROW_SHAPE = 1

/** A body: bytes when it is small, else a `Blob`. The core never reads it. */
type Body = object

/** The ledger's record of one stored response. Immutable: a new version replaces the whole row. */
export interface Row {
  readonly shape: typeof ROW_SHAPE
  readonly key: string
  readonly variant: string
  readonly partition: string
  /** The rule's name, for statistics only. Windows always come from the current config. */
  readonly rule: string
  readonly tags: readonly string[]
  readonly url: string
  /**
   * What the worker needs to send the request again without a page. No credentials; digests in place of other secrets.
   */
  readonly request: {
    /** Absent: GET. */
    readonly method?: string
    readonly fields: Fields
    readonly credentials: 'omit' | 'same-origin' | 'include'
    /** Absent: the read has no body. */
    readonly body?: ArrayBuffer | undefined
  }
  readonly status: number
  readonly statusText: string
  readonly fields: Fields
  /** See `Controlled`. */
  readonly targeted?: string | undefined
  /** The sequence of the request that brought or last confirmed this response. */
  readonly sequence: Sequence
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
  readonly storedAtMs: EpochMs
  /** When the change to this version was announced to the tabs. */
  readonly announcedAtMs?: EpochMs
  /** It differs from what the tabs were told of last: they are told once that is no news any more. Absent: it does not. */
  readonly isUntold?: true
  /** SHA-256 of the body, base64. Shows whether the bytes changed, or only the validator. */
  readonly digest: string
  readonly size: Bytes
  readonly body: Body
  /**
   * For a body stored beside its row: the sequence of the request that brought it. Shows whether both belong together.
   */
  readonly bodyAt?: Sequence
  /** What the light endpoint of its rule said before the response was asked for. Absent: not known. */
  readonly signature?: string
}

/** A stored record if it is a row of the current shape, else undefined. Records of another version are not trusted. */
export function parseRow(record: unknown): Row | undefined {
  const row = record as Partial<Row> | null | undefined
  return row?.shape === ROW_SHAPE &&
    row.fields instanceof Map &&
    row.request?.fields instanceof Map &&
    row.body instanceof Object &&
    Array.isArray(row.tags) &&
    COUNTS.every((name) => typeof row[name] === 'number') &&
    TEXTS.every((name) => typeof row[name] === 'string')
    ? (row as Row)
    : undefined
}

const COUNTS = ['sequence', 'status', 'requestedAtMs', 'receivedAtMs', 'storedAtMs', 'size'] as const
const TEXTS = ['key', 'url', 'variant', 'partition', 'rule', 'statusText', 'digest'] as const
