import type { Row } from '../../core/row.ts'
import type { Sequence } from '../../core/sequence.ts'

/**
 * What is known of a row without reading it: it lies beside the row, is written and deleted with it, and is what the
 * database's own index finds by rule and last use.
 */
export interface IndexEntry {
  readonly key: string
  readonly url: string
  readonly tags: readonly string[]
  readonly rule: string
  readonly sequence: Sequence
  readonly receivedAtMs: number
  readonly usedAtMs: number
  /** See `Row`. */
  readonly bodyAt: Sequence | undefined
  /** Bytes of the row with its body, roughly. */
  readonly size: number
}

/** What a row costs beside its body: its own record and this one. */
const ROW_BYTES = 1000

export const entryOf = ({ key, url, tags, rule, sequence, receivedAtMs, size, bodyAt }: Row): IndexEntry => ({
  key,
  url,
  tags,
  rule,
  sequence,
  receivedAtMs,
  usedAtMs: receivedAtMs,
  bodyAt,
  size: size + ROW_BYTES,
})

/** An entry that is on disk. Storage is an edge: what another version or a fault wrote is not trusted. */
export function parseEntry(record: unknown): IndexEntry | undefined {
  const entry = record as Partial<IndexEntry> | null | undefined
  const texts = [entry?.key, entry?.url, entry?.rule]
  const counts = [entry?.sequence, entry?.receivedAtMs, entry?.usedAtMs, entry?.size]
  return texts.every((text) => typeof text === 'string') &&
    counts.every((count) => typeof count === 'number') &&
    Array.isArray(entry?.tags)
    ? (entry as IndexEntry)
    : undefined
}
