import { parseRow, type Row } from '../../core/row.ts'
import type { Sequence } from '../../core/sequence.ts'

/** What `new Response` takes for a body that is stored. */
export type StoredBody = ArrayBuffer | Blob

/**
 * A body beside its row, written and deleted with it. It has a record of its own so that a 304 leaves it alone: Chromium
 * copies a Blob that is put again, and WebKit loses sight of it for a while (docs/discoveries/blobs-in-indexeddb.md).
 */
export interface BodyRecord {
  readonly kind: 'body'
  readonly variant: string
  readonly at: Sequence
  readonly body: Blob
}

/** Up to here a body is bytes in its row, which are read with it; above it is a `Blob`, whose bytes are streamed. */
const INLINE_BYTES = 8 * 1024

/**
 * WebKit is given bytes at any length: it fails who reads a Blob whose record was overwritten a moment before, and keeps
 * none in a private window (docs/discoveries/blobs-in-indexeddb.md).
 */
const keepsBlobs = (): boolean => !/AppleWebKit\/(?!.*Chrom)/.test(navigator.userAgent)

/** A body as it is stored. */
export const storedBody = (bytes: ArrayBuffer): StoredBody =>
  bytes.byteLength <= INLINE_BYTES || !keepsBlobs() ? bytes : new Blob([bytes])

/** The body of a row; undefined where it is of no kind that can be read: such a row is a miss. */
export const bodyOf = ({ body }: Pick<Row, 'body'>): StoredBody | undefined =>
  body instanceof ArrayBuffer || body instanceof Blob ? body : undefined

/** The records of a row: itself, and its body where that lies beside it. */
export function recordsOf(row: Row): { readonly row: Row; readonly body: BodyRecord | undefined } {
  const { body, bodyAt, variant } = row
  return body instanceof Blob && bodyAt !== undefined
    ? { row: { ...row, body: {} }, body: { kind: 'body', variant, at: bodyAt, body } }
    : { row, body: undefined }
}

/** The rows in the records of a key, with their bodies. A row whose body is another's stays without one. */
export function rowsIn(records: readonly unknown[]): Row[] {
  const bodies = records.filter(isBody)
  return records.flatMap((record) => {
    const row = parseRow(record)
    if (row === undefined) return []
    const beside = bodies.find(({ variant, at }) => variant === row.variant && at === row.bodyAt)
    return beside === undefined ? [row] : [{ ...row, body: beside.body }]
  })
}

function isBody(record: unknown): record is BodyRecord {
  const { kind, body } = (record ?? {}) as Partial<BodyRecord>
  return kind === 'body' && body instanceof Blob
}
