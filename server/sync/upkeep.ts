import { borrow, type SessionPool } from './database.ts'

/** How much of the log is deleted in one statement. */
const SLICE = 10_000

export interface CutOptions {
  /** How long changes are kept. Unit: days. Default: 30. */
  readonly days?: number
}

/**
 * Deletes what the log has kept for longer than the retention, in slices. Call it once a day, from one process or from each.
 * Clients whose cursor is older are answered with 410, and compare.
 *
 * @returns how many entries are gone.
 */
export async function cutLog(pool: SessionPool, { days = 30 }: CutOptions = {}): Promise<number> {
  let cut = 0
  for (;;) {
    const session = await borrow(pool)
    try {
      const { rows } = await session.query(
        `with young as (
           select xid, id from freshlayer.changes where noted_at > now() - make_interval(secs => $1)
           order by xid, id limit 1
         ), old as (
           -- In the log's order, up to the first entry that is young: what is cut off has no gap.
           select xid, id from freshlayer.changes c
           where xid < pg_snapshot_xmin(pg_current_snapshot())
             and not exists (select from young where (young.xid, young.id) <= (c.xid, c.id))
           order by xid, id limit ${SLICE}
         ), gone as (
           delete from freshlayer.changes c using old where c.xid = old.xid and c.id = old.id returning c.xid, c.id
         ), last as (
           select xid, id from gone order by xid desc, id desc limit 1
         ), noted as (
           update freshlayer.log set cut_xid = last.xid, cut_id = last.id from last
           where (cut_xid, cut_id) < (last.xid, last.id)
         )
         select count(*)::int as gone from gone`,
        [days * 86_400],
      )
      const gone = Number(rows[0]?.['gone'])
      cut += gone
      if (gone < SLICE) return cut
    } finally {
      session.release()
    }
  }
}

/** Gives the log a new generation, and empties it: after a dump was restored, its transactions are of another database. */
export async function beginGeneration(pool: SessionPool): Promise<void> {
  const session = await borrow(pool)
  try {
    await session.query('begin')
    await session.query('truncate freshlayer.changes')
    await session.query(
      `update freshlayer.log set generation = gen_random_uuid(), cut_xid = pg_current_xact_id(), cut_id = 0`,
    )
    await session.query('commit')
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw error
  } finally {
    session.release()
  }
}
