import { setTimeout as sleep } from 'node:timers/promises'
import { SyncProblem } from '../sync/answers.ts'
import { away, borrow, type Session, type SessionPool } from '../sync/database.ts'

/** What a transaction comes to. */
export interface Done<Result> {
  readonly result: Result
  /** False: all that it has done is taken back. */
  readonly isKept: boolean
}

/** A transaction that lost to another one succeeds when it is run again. @see PostgreSQL, appendix A, class 40 */
export const LOST: readonly string[] = ['40001', '40P01']
const MOST_ATTEMPTS = 4

/**
 * Runs `work` in one transaction that writes, and again from its start if the transaction loses a deadlock (four times at most). What `work`
 * throws takes everything back and is passed on.
 *
 * Each statement sees what was committed before it: what waits for a lock reads the row as it is then.
 *
 * @param idleSeconds after this time without a statement PostgreSQL ends the session and takes everything back, so a process
 *   or a machine that is gone holds no lock for longer.
 * @throws SyncProblem 503 where the database is away, or the transaction has lost again and again.
 * @throws Error where `work` has ended the transaction, or has gone on after a statement of it had failed.
 */
export async function inTransaction<Client extends Session, Result>(
  pool: SessionPool<Client>,
  idleSeconds: number,
  work: (client: Client) => Promise<Done<Result>>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const session = await borrow(pool).catch((error: unknown) => Promise.reject(away(error)))
    let isUsable = false
    try {
      await session.query('begin isolation level read committed read write')
      const begun = await beginning(session, idleSeconds)
      const { result, isKept } = await work(session.client)
      if (isKept && (await beginning(session, idleSeconds)) !== begun)
        throw new Error('a write has ended the transaction of its own: it may use no begin, commit or rollback')
      await session.query(isKept ? 'commit' : 'rollback')
      isUsable = true
      return result
    } catch (error) {
      isUsable = await session.query('rollback').then(
        () => true,
        () => false,
      )
      if (session.isBroken) throw away(error)
      if (!LOST.includes(codeOf(error) ?? '')) throw error
      if (attempt === MOST_ATTEMPTS) throw busy(error)
    } finally {
      // A session that cannot roll back is in an unknown state.
      session.release(!isUsable)
    }
    // Those that have lost to each other do not meet again in the same instant.
    await sleep(Math.random() * 20 * attempt)
  }
}

/** Nothing was done, and nothing is wrong with the write. */
function busy(cause: unknown): SyncProblem {
  const problem = new SyncProblem(503, 'Too many write to the same rows.', { reason: 'busy' }, { 'retry-after': '1' })
  problem.cause = cause
  return problem
}

/** What tells this transaction from others of its session. */
async function beginning(session: Pick<Session, 'query'>, idleSeconds: number): Promise<string> {
  const { rows } = await session.query(
    `select transaction_timestamp()::text as begun, set_config('idle_in_transaction_session_timeout', $1, true)`,
    [`${idleSeconds}s`],
  )
  return String(rows[0]?.['begun'])
}

/** PostgreSQL's code of an error; undefined: it is another one. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
