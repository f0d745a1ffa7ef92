import type { Fields } from './head.ts'
import type { Sequence } from './sequence.ts'
import type { Bytes, EpochMs } from './units.ts'

/** The version of this record's shape. A record of another shape is a miss, and is removed when met. */
export const ROW_SHAPE = 1

/** A body: the bytes when they are few, else a `Blob`. The core never looks into it. */
type Body = object

/** What the ledger knows about one stored response. Immutable: a new version is a new row in its place. */
export interface Row {
  readonly shape: typeof ROW_SHAPE
  readonly key: string
  readonly variant: string
  readonly partition: string
  /** The rule's name, for statistics only: windows are always those of the config in force. */
  readonly rule: string
  readonly tags: readonly string[]
  readonly url: string
  /** What is needed to ask again without a page: never credentials, and digests of other secrets. */
  readonly request: {
    /** Absent: GET. */
    readonly method?: string
    readonly fields: Fields
    readonly credentials: 'omit' | 'same-origin' | 'include'
    /** Of a read that has one. */
    readonly body?: ArrayBuffer | undefined
  }
  readonly status: number
  readonly statusText: string
  readonly fields: Fields
  /** See `Controlled`. */
  readonly targeted?: string | undefined
  /** When the request began that brought or last confirmed this response. */
  readonly sequence: Sequence
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
  readonly storedAtMs: EpochMs
  /** When a change to this version was announced to the tabs. */
  readonly announcedAtMs?: EpochMs
  /** SHA-256 of the body, base64. Tells a change apart from the same bytes under a new validator. */
  readonly digest: string
  readonly size: Bytes
  readonly body: Body
  /** Of a body that lies beside its row: when the request began that brought it. It tells whether both belong together. */
  readonly bodyAt?: Sequence
}

/** A stored record, if it is a row of our shape. Storage is an edge: what another version wrote is not trusted. */
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
