import { NEVER, type Sequence } from '../../core/sequence.ts'
import type { EpochMs } from '../../core/units.ts'

/** The store's record of itself. Every transaction that writes reads it first and writes it last. */
export interface Meta {
  readonly kind: 'meta'
  /** Tells this database from one that is made anew under the same name; names the change log. */
  readonly logId: string
  /** The config's `version` under which the rows were stored. */
  version: string
  /** Of the worker that wrote last; it grows with each worker. */
  incarnation: number
  /** Nothing that was asked for before is stored any more: it may have been removed since, and the mark is gone. */
  floor: Sequence
  /** When the connection was lost last, of those losses that have ended. Absent: it never was. */
  lostAtMs?: number
  /** Bytes stored under each rule. */
  sizes: Readonly<Record<string, number>>
  /** Of the newest entry of the change log. */
  position: number
  /** The newest change that the log has forgotten. */
  trimmed?: { readonly position: number; readonly atMs: EpochMs }
  /** The clock at the last housekeeping: one that was set ahead by mistake is believed only if it stays so. */
  clockAtMs?: EpochMs
  /** The same at the housekeeping before: what that has not seen pass is not believed yet. */
  believedAtMs?: EpochMs
  /** The key up to which the audit has come; absent: it begins anew. */
  auditedTo?: string | undefined
  /** The oldest row that the audit has seen in this pass. */
  oldestSeen?: Sequence | undefined
  /** The walk that deletes what removals cover. Absent: none is under way. */
  erasing?: Walk | undefined
}

/** A walk over stored rows, in the order of their keys. */
interface Walk {
  /** It serves the removals up to this place. Later ones wait for the next walk: it may have passed their rows. */
  readonly upTo: Sequence
  /** The key that it has come to; `WALKED`: it has seen all. */
  readonly at: string
}

/** After every key. */
export const WALKED = '\uffff'

/** Of a database that has none: whatever lies in it is of no version. */
export const newMeta = (): Meta => ({
  kind: 'meta',
  logId: crypto.randomUUID(),
  version: '',
  incarnation: 0,
  floor: NEVER,
  sizes: {},
  position: 0,
})

/** The record of a store; undefined where there is none that can be read. Storage is an edge. */
export function parseMeta(record: unknown): Meta | undefined {
  const meta = record as Partial<Meta> | null | undefined
  const counts = [meta?.incarnation, meta?.floor, meta?.position]
  return meta?.kind === 'meta' &&
    typeof meta.logId === 'string' &&
    counts.every((count) => typeof count === 'number') &&
    typeof meta.sizes === 'object'
    ? (meta as Meta)
    : undefined
}
