import { inSnapshot, type Session, type SessionPool } from '../sync/database.ts'
import { logState } from '../sync/log.ts'
import { oldestOpen } from './snapshot.ts'

/** Rows of one entity and scope that have changed. */
export interface ChangedRows {
  readonly entity: string
  readonly scope: string | null
  /** Undefined: they are too many to be named. */
  readonly rows: readonly string[] | undefined
  /** The transactions that changed them. Undefined: they are too many to be named. */
  readonly transactions: readonly string[] | undefined
  /** What was done to them: 'added', 'updated', 'deleted', each at most once. Default: not known. */
  readonly operations?: readonly string[] | undefined
}

/** What has been committed since a snapshot. */
export interface News {
  readonly generation: string
  /** The snapshot in which it was read. */
  readonly snapshot: string
  /** `'unknown'`: the log does not reach back that far, or is another one. */
  readonly changed: readonly ChangedRows[] | 'unknown'
}

/** The place from which on news are read. */
export interface Told {
  readonly generation: string
  readonly snapshot: string
}

/** More rows or transactions than these are not named. */
const MAX_ROWS = 500
const MAX_TRANSACTIONS = 50

/** A caller who has missed more entries than these is told that everything may have changed. */
export const MAX_MISSED = 20_000

/**
 * What the change log has of transactions that had not ended in a snapshot, and have by now. A transaction that stays open
 * holds none of the others back: unlike `/sync`, which has an order to keep, this reads whatever is visible.
 *
 * @param told default: only where the log stands now is read.
 * @param most more entries are not looked at: a caller chooses its place, and could have the whole log read each time.
 *   Default: all are.
 */
export function newsSince(pool: SessionPool, told?: Told, most = Infinity): Promise<News> {
  return inSnapshot(pool, async (session) => {
    const { generation, begin, horizon, isForeign } = await logState(session)
    const { rows: now } = await session.query('select pg_current_snapshot()::text as snapshot')
    const news = { generation, snapshot: String(now[0]?.['snapshot']) }
    if (told === undefined) return { ...news, changed: [] }
    const oldest = oldestOpen(told.snapshot)
    if (isForeign || told.generation !== generation || oldest <= begin.xid || oldest > horizon)
      return { ...news, changed: 'unknown' }
    if (most < Infinity && (await isMore(session, told.snapshot, most))) return { ...news, changed: 'unknown' }
    const { rows } = await session.query(
      `select entity, scope,
         case when count(distinct row_id) <= ${MAX_ROWS} then array_agg(distinct row_id) end as row_ids,
         case when count(distinct xid) <= ${MAX_TRANSACTIONS} then array_agg(distinct xid::text) end as transactions,
         array_agg(distinct operation) as operations
       from freshlayer.changes
       where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
       group by entity, scope`,
      [told.snapshot],
    )
    const changed = rows.map((row) => ({
      entity: String(row['entity']),
      scope: row['scope'] === null ? null : String(row['scope']),
      rows: textsOf(row['row_ids']),
      transactions: textsOf(row['transactions']),
      operations: textsOf(row['operations']),
    }))
    return { ...news, changed }
  })
}

/** Whether the log has more entries than so many from a snapshot on. No more than those are counted. */
async function isMore(session: Session, snapshot: string, most: number): Promise<boolean> {
  const { rows } = await session.query(
    `select count(*)::int as entries from (
       select from freshlayer.changes where xid >= pg_snapshot_xmin($1::pg_snapshot) limit $2::int) c`,
    [snapshot, most + 1],
  )
  return Number(rows[0]?.['entries']) > most
}

const textsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.map(String) : undefined
