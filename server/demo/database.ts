import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { Client, type ClientConfig, Pool, type PoolClient, type PoolConfig, TypeOverrides, types } from 'pg'
import { type Listen, listenOn, listenWith } from '../events/listen.ts'
import { claimDataFolder } from './data-folder.ts'
import { errorCode, errorLine, StartError } from './start-error.ts'

/** Where the shop's data lives: nowhere lasting, in a folder (PGlite), or on a PostgreSQL server. */
export type DatabaseLocation =
  | {
      readonly kind: 'memory'
      /** What it begins with, as `dumpDataDir()` of PGlite gives it. Default: an empty database, which takes seconds to make. */
      readonly initial?: Blob
    }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'server'; readonly url: string }

export interface Database {
  readonly pool: Pool
  readonly engine: 'pglite' | 'postgres'
  /** Hears of commits. */
  readonly listen: Listen
  /** Call once the schema and the seed are committed: only then does a folder's content survive the next start. */
  markComplete(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the database. PGlite and a server are both spoken to through a `pg` pool, so no query knows which one it is.
 *
 * @throws StartError when it cannot be opened.
 */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  switch (location.kind) {
    case 'memory':
      return openPGlite(await PGlite.create(location.initial === undefined ? {} : { loadDataDir: location.initial }))
    case 'folder':
      return openFolder(location.path)
    case 'server':
      return openServer(location.url)
  }
}

/** Anything that runs a query: the pool, or the one client of a transaction. */
export type Queryable = Pick<Pool | PoolClient, 'query'>

/** PostgreSQL's codes for a transaction that lost to another one and will succeed when it is run again. */
const RETRYABLE = ['40001', '40P01']
const MAX_ATTEMPTS = 4

/**
 * Runs `work` in one transaction, and again from its start when it loses a deadlock. Its error rolls back and is passed
 * on.
 */
export async function transaction<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect()
    // A connection that breaks between two queries says so here; the next query fails and tells the caller.
    client.on('error', ignore)
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query('commit')
      release(client)
      return result
    } catch (error) {
      // A client that cannot roll back is in an unknown state and must not go back to the pool.
      const isUsable = await client.query('rollback').then(
        () => true,
        () => false,
      )
      release(client, !isUsable)
      if (attempt === MAX_ATTEMPTS || !RETRYABLE.includes(errorCode(error) ?? '')) throw error
    }
  }
}

function release(client: PoolClient, destroy = false): void {
  client.off('error', ignore)
  client.release(destroy)
}

const ignore = (): void => {}

async function openFolder(path: string): Promise<Database> {
  const folder = await claimDataFolder(path)
  try {
    const database = openPGlite(await PGlite.create(folder.databasePath))
    return {
      ...database,
      markComplete: folder.markComplete,
      close: async () => {
        await database.close()
        await folder.release()
      },
    }
  } catch (error) {
    await folder.release()
    throw new StartError(
      `Cannot open the database in ${path} (${errorLine(error)}). Delete the folder to start with fresh data, ` +
        `or name another one in FRESHLAYER_DATA.`,
      { cause: error },
    )
  }
}

function openPGlite(database: PGlite): Database {
  // A pool ends a client whose query failed. If clients shared one connection object, that would also end the next
  // ones, so each client gets its own object. The database is still one session, so the pool has one client at a time.
  class EmbeddedClient extends Client {
    constructor(config: ClientConfig = {}) {
      super({ ...config, ...createPgConfig(database) })
    }
  }
  const pool = createPool({ Client: EmbeddedClient, max: 1, idleTimeoutMillis: 0 })
  return {
    pool,
    engine: 'pglite',
    listen: listenOn(database),
    markComplete: async () => {},
    close: async () => {
      await pool.end()
      await database.close()
    },
  }
}

async function openServer(url: string): Promise<Database> {
  let pool: Pool | undefined
  try {
    pool = createPool({ connectionString: url, connectionTimeoutMillis: 15_000 })
    await pool.query('select 1')
  } catch (error) {
    await pool?.end()
    throw new StartError(
      `Cannot reach the database at ${withoutPassword(url)} (${errorLine(error)}). Start it, correct DATABASE_URL, ` +
        `or unset DATABASE_URL to use the embedded database.`,
      { cause: error },
    )
  }
  const opened = pool
  return {
    pool: opened,
    engine: 'postgres',
    listen: listenWith(() => new Client({ connectionString: url })),
    markComplete: async () => {},
    close: () => opened.end(),
  }
}

function createPool(config: PoolConfig): Pool {
  const parsers = new TypeOverrides()
  // Counts and sums of cents come as bigint, which pg gives as text; they stay far below 2^53 here.
  parsers.setTypeParser(types.builtins.INT8, Number)
  const pool = new Pool({ ...config, types: parsers })
  // An idle connection that breaks is replaced at the next query. Without a listener it would end the process.
  pool.on('error', (error) => console.error(`A database connection was lost: ${errorLine(error)}`))
  return pool
}

/** The address of a database, for messages. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
