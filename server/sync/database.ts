/** The rows of one query, as `pg` and PGlite give them. */
export interface QueryRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** One session of the database: a client of `pg`'s pool, or anything that is like one. */
export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<QueryRows>
  release(destroy?: boolean): void
  /** Where it is a client of `pg`. */
  on?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

/** A pool of `pg`, or anything that is like one. */
export interface SessionPool {
  connect(): Promise<Session>
}

/**
 * A session of its caller's own, until it is released. A connection that breaks meanwhile fails its queries. `pg` says it as an
 * event as well, which would end the process if nothing listened.
 */
export async function takeSession(pool: SessionPool): Promise<Session> {
  const session = await pool.connect()
  session.on?.('error', ignore)
  return {
    query: (text, values) => session.query(text, values),
    release: (destroy) => {
      session.release(destroy)
      session.off?.('error', ignore)
    },
  }
}

const ignore = (): void => undefined

/** Runs `work` in one transaction of one snapshot, which writes nothing. What it throws is passed on. */
export async function inSnapshot<Result>(
  pool: SessionPool,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await takeSession(pool)
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
