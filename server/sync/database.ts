/** The rows of one query, as `pg` and PGlite give them. */
export interface QueryRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** One session of the database: a client of `pg`'s pool, or anything that is like one. */
export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<QueryRows>
  release(destroy?: boolean): void
}

/** A pool of `pg`, or anything that is like one. */
export interface SessionPool {
  connect(): Promise<Session>
}

/** Runs `work` in one transaction of one snapshot, which writes nothing. What it throws is passed on. */
export async function inSnapshot<Result>(
  pool: SessionPool,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await pool.connect()
  let isUsable = false
  try {
    await session.query('begin isolation level repeatable read read only')
    const result = await work(session)
    await session.query('commit')
    isUsable = true
    return result
  } catch (error) {
    isUsable = await session.query('rollback').then(
      () => true,
      () => false,
    )
    throw error
  } finally {
    // A session that cannot roll back is in an unknown state.
    session.release(!isUsable)
  }
}
