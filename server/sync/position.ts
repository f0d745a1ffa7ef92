import { formatCursor } from './cursor.ts'
import type { Session } from './database.ts'
import { logState } from './log.ts'

/** More than any number of an entry: after all of a transaction. */
const AFTER_ALL = 999_999_999_999_999_999n

/**
 * Where the change log stands once the transaction of this session has been read from it: the value of
 * `Freshlayer-Position` on a write's answer. It names the write's transaction, by which a client knows its own write where
 * `/events` tells of it. A client has caught up with the write when its cursor is of the same generation
 * and its place is this one or a later one. Call it in the transaction that writes, before it commits.
 */
export async function writePosition(session: Pick<Session, 'query'>): Promise<string> {
  const { generation } = await logState(session)
  const { rows } = await session.query('select pg_current_xact_id()::text as xid')
  const xid = BigInt(String(rows[0]?.['xid']))
  return formatCursor({ generation, scope: '', position: { xid, id: AFTER_ALL } })
}
