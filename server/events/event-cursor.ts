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

/** The oldest transaction that was open: all below it have ended. */
export const oldestOpen = (snapshot: string): bigint => BigInt(snapshot.split(':', 1)[0] ?? '0')

/** What PostgreSQL takes for a `pg_snapshot`: the open transactions are sorted, and lie between the two ends. */
function isSnapshot(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{1,18}:\d{1,18}:(?:\d{1,18}(?:,\d{1,18})*)?$/.test(value)) return false
  const [from = '', to = '', open = ''] = value.split(':')
  const numbers = [from, ...(open === '' ? [] : open.split(',')), to].map(BigInt)
  if (numbers[0] === 0n) return false
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0n) || isEnd(at, numbers))
}

/** The first open transaction is the lower end itself, and without any the ends may be the same. */
const isEnd = (at: number, numbers: readonly bigint[]): boolean => at === 1 && numbers[1] === numbers[0]

/** With very many open transactions all above the oldest counts as not told: a hint twice is no harm. */
function shortened(snapshot: string): string {
  const [from = '', , open = ''] = snapshot.split(':')
  return open.split(',').length > MAX_OPEN ? `${from}:${from}:` : snapshot
}
