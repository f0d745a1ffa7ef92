import type { LogPosition } from './cursor.ts'
import type { Session } from './database.ts'

type Operation = 'added' | 'updated' | 'deleted'

/** What the log says of a row. */
export interface LogEntry {
  readonly entity: string
  readonly rowId: string
  readonly operation: Operation
  readonly position: LogPosition
}

/** How far the log goes, in the snapshot of one transaction. */
export interface LogState {
  readonly generation: string
  /** Each transaction below it has ended: nothing can come into the log before it any more. */
  readonly horizon: bigint
  /** Where the log begins: what was before has been cut off. */
  readonly begin: LogPosition
  /** Whether the database is not the one that wrote the log: it was restored from a dump, or has been copied. */
  readonly isForeign: boolean
}

/**
 * The log's state. The generation is of the log's own id, the cluster, its timeline and the database: a backup that is restored
 * has another one, and so has a standby that took over.
 */
export async function logState(session: Pick<Session, 'query'>): Promise<LogState> {
  const { rows } = await session.query(`
    select
      concat_ws('.', log.generation, (select system_identifier from pg_control_system()),
        (select timeline_id from pg_control_checkpoint()),
        (select oid from pg_database where datname = current_database())) as generation,
      pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
      cut_xid::text, cut_id::text,
      coalesce((select xid >= pg_snapshot_xmax(pg_current_snapshot()) from freshlayer.changes order by xid desc limit 1),
        false) as is_foreign
    from freshlayer.log`)
  const row = rows[0]
  if (row === undefined) throw new Error('the change log is not there: run its migration')
  return {
    generation: String(row['generation']),
    horizon: BigInt(String(row['horizon'])),
    begin: { xid: BigInt(String(row['cut_xid'])), id: BigInt(String(row['cut_id'])) },
    isForeign: row['is_foreign'] === true,
  }
}

export interface EntityScope {
  readonly entity: string
  /** The values of `scope` that the caller may know of. Default: all. */
  readonly scopes?: readonly string[] | undefined
}

/**
 * The next entries after a place, in the log's order, of transactions that have ended and before which no other can come.
 *
 * @see docs/decisions for why this is a pair of transaction and number, and not a time.
 */
export async function entriesAfter(
  session: Session,
  { xid, id }: LogPosition,
  entities: readonly EntityScope[],
  limit: number,
): Promise<LogEntry[]> {
  // Ordered by the columns of the table: those of the answer are texts, and as a text 1000 comes before 999.
  const { rows } = await session.query(
    `select entity, row_id, operation, xid::text, id::text from freshlayer.changes c
     where (xid, id) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot()) and ${OF_CALLER}
     order by c.xid, c.id limit ${limit}`,
    [String(xid), String(id), ...ofCaller(entities)],
  )
  return rows.map((row) => ({
    entity: String(row['entity']),
    rowId: String(row['row_id']),
    operation: operationOf(row['operation']),
    position: { xid: BigInt(String(row['xid'])), id: BigInt(String(row['id'])) },
  }))
}

/** Whether changes of these entities are visible whose turn has not come, as an older transaction is still open. */
export async function isBehind(session: Session, entities: readonly EntityScope[]): Promise<boolean> {
  const { rows } = await session.query(
    `select exists (select from freshlayer.changes c
       where xid >= pg_snapshot_xmin(pg_current_snapshot()) and ${OF_CALLER.replaceAll('$3', '$1').replaceAll('$4', '$2')}) as behind`,
    ofCaller(entities),
  )
  return rows[0]?.['behind'] === true
}

/**
 * The last entry of an entity before which no other can come; undefined: there is none. Where nothing is behind, any change
 * makes it another.
 */
export async function lastEntry(session: Session, entity: string): Promise<LogPosition | undefined> {
  const { rows } = await session.query(
    `select xid::text, id::text from freshlayer.changes c
     where entity = $1 and xid < pg_snapshot_xmin(pg_current_snapshot()) order by c.xid desc, c.id desc limit 1`,
    [entity],
  )
  return rows[0] && { xid: BigInt(String(rows[0]['xid'])), id: BigInt(String(rows[0]['id'])) }
}

/**
 * Whether the log goes on after a place with an entry that was noted longer ago than so many seconds: the log is cut off up to
 * its first young entry, so a place with a young one after it, or with none, stays good.
 */
export async function isOld(session: Session, { xid, id }: LogPosition, seconds: number): Promise<boolean> {
  const { rows } = await session.query(
    `select noted_at < now() - make_interval(secs => $3) as old from freshlayer.changes
     where (xid, id) > ($1::xid8, $2::bigint) order by xid, id limit 1`,
    [String(xid), String(id), seconds],
  )
  return rows[0]?.['old'] === true
}

/** The entry is of an entity that was asked for, and in a scope that the caller may know of. */
const OF_CALLER = `exists (select from unnest($3::text[], $4::text[]) as asked (entity, scope)
  where asked.entity = c.entity and (asked.scope is null or asked.scope = c.scope))`

/** Two lists of one length: an entity once for each of its scopes, and once without where it has none. */
function ofCaller(entities: readonly EntityScope[]): [string[], (string | null)[]] {
  const pairs = entities.flatMap(({ entity, scopes = [null] }) =>
    scopes.map((scope): { entity: string; scope: string | null } => ({ entity, scope })),
  )
  return [pairs.map(({ entity }) => entity), pairs.map(({ scope }) => scope)]
}

function operationOf(value: unknown): Operation {
  if (value === 'added' || value === 'updated' || value === 'deleted') return value
  throw new Error(`the change log has an operation ${String(value)}`)
}
