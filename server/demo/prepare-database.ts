import { randomBytes } from 'node:crypto'
import { type Database, transaction } from './database.ts'
import { migration } from '../sync/migration.ts'
import { LOGGED_TABLES, SCHEMA, TABLES } from './schema.ts'
import { seedShop } from './seed.ts'
import { StartError } from './start-error.ts'

/** Any fixed number: it names the lock that keeps two servers from preparing one database at the same time. */
const PREPARE_LOCK = 7_303_014

/**
 * Creates and seeds the tables if they do not exist, all in one transaction.
 *
 * @throws StartError when the database has tables of another application with the same names.
 */
export async function prepareDatabase(database: Pick<Database, 'pool' | 'markComplete'>, now: Date): Promise<void> {
  await transaction(database.pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [PREPARE_LOCK])
    const { rows } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables
       where table_schema = current_schema() and table_name = any($1)`,
      [[...TABLES, 'table_changes']],
    )
    // A database of an earlier version may have logged fewer tables, and may lack some of the layer's.
    if (rows.length === TABLES.length + 1) return void (await client.query(migration(LOGGED_TABLES)))
    if (rows.length > 0) {
      throw new StartError(
        `The database already has ${rows.map(({ name }) => `"${name}"`).join(', ')}, but not the demo's other tables. ` +
          `Give the demo an empty one: another database in DATABASE_URL, or another folder in FRESHLAYER_DATA.`,
      )
    }
    await client.query(SCHEMA)
    await client.query('insert into secrets (name, value) values ($1, $2)', [
      'token-key',
      randomBytes(32).toString('base64url'),
    ])
    await seedShop(client, now)
    // After the seed: a new client loads the rows as they are, so the log need not say that they have come.
    await client.query(migration(LOGGED_TABLES))
    // Without statistics the first queries are planned as if the tables were empty.
    await client.query('analyze')
  })
  await database.markComplete()
}
