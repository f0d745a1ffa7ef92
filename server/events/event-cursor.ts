import { isSnapshot } from './snapshot.ts'

/** How far a caller has heard of changes. Callers get it as an opaque text. */
export interface EventCursor {
  /** Of the log: another one means another database, or one that was restored. */
  readonly generation: string
  /** What the caller could hear of, as a digest. */
  readonly audience: string
  /** As `pg_current_snapshot()` gives it: transactions that have ended by then have been told. */
  readonly snapshot: string
}

/** Transactions that were open, in a snapshot. More than this are left out, and are told once more. */
const MAX_OPEN = 200

/** The text of a cursor, for a URL. */
export function formatEventCursor({ generation, audience, snapshot }: EventCursor): string {
  return Buffer.from(JSON.stringify([1, generation, audience, shortened(snapshot)])).toString('base64url')
}

/** A cursor that this kit has made, `'invalid'` for any other text. */
export function parseEventCursor(text: string): EventCursor | 'invalid' {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return 'invalid'
  }
  if (!Array.isArray(parts)) return 'invalid'
  const [version, generation, audience, snapshot] = parts as unknown[]
  if (version !== 1 || typeof generation !== 'string' || typeof audience !== 'string') return 'invalid'
  return isSnapshot(snapshot) ? { generation, audience, snapshot } : 'invalid'
}

/** With very many open transactions all above the oldest counts as not told: a hint twice is no harm. */
function shortened(snapshot: string): string {
  const [from = '', , open = ''] = snapshot.split(':')
  return open.split(',').length > MAX_OPEN ? `${from}:${from}:` : snapshot
}
