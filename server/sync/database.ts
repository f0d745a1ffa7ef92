import { SyncProblem } from './answers.ts'

/** The rows of one query, as `pg` and PGlite give them. */
export interface QueryRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** One session of the database: a client of `pg`'s pool, or anything that is like one. */
export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<QueryRows>
  release(destroy?: boolean): void
  /** A connection that breaks says so. Absent: there is none that could. */
  on?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

/** A pool of `pg`, or anything that is like one. */
export interface SessionPool<Client extends Session = Session> {
  connect(): Promise<Client>
}

/**
 * A session of the pool. A client of `pg` whose connection breaks says so in an event, and where no listener hears it the process
 * ends. Here the query that fails tells the caller, so nothing more has to be done about it.
 */
export async function borrow<Client extends Session>(
  pool: SessionPool<Client>,
): Promise<Session & { readonly client: Client; readonly isBroken: boolean }> {
  const session = await pool.connect()
  let isBroken = false
  const broken = (): void => void (isBroken = true)
  session.on?.('error', broken)
  return {
    client: session,
    query: (text, values) => session.query(text, values),
    release: (destroy) => {
      session.off?.('error', broken)
      session.release(destroy)
    },
    get isBroken() {
      return isBroken
    },
  }
}

/**
 * Runs `work` in one transaction of one snapshot, which writes nothing. What it throws is passed on.
 *
 * @throws SyncProblem 503 where the database is away.
 */
export async function inSnapshot<Result>(
  pool: SessionPool,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await borrow(pool).catch((error: unknown) => Promise.reject(away(error)))
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
    throw session.isBroken ? away(error) : error
  } finally {
    // A session that cannot roll back is in an unknown state.
    session.release(!isUsable)
  }
}

/** Whether the session decides which rows of some table a query gets: two callers with one select may then see different rows. */
export async function isRowSecurityActive(session: Pick<Session, 'query'>): Promise<boolean> {
  const { rows } = await session.query(
    'select exists (select from pg_class where relrowsecurity and row_security_active(oid)) as active',
  )
  return rows[0]?.['active'] === true
}

/** The database cannot be reached: that is no fault of the program, and clients ask again. */
export function away(cause: unknown): SyncProblem {
  const problem = new SyncProblem(503, 'The database is away.')
  problem.cause = cause
  return problem
}
