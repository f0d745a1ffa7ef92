import { Pool } from 'pg'
import { migration } from '../../server/sync/migration.ts'
import { type Postgres, startPostgres } from './postgres.ts'

/** A PostgreSQL of the tests' own that has the table of `Shop`, and its change log. */
export async function startProductsDatabase(): Promise<Postgres> {
  const postgres = await startPostgres()
  const pool = new Pool({ connectionString: postgres.url })
  await pool.query('create table products (id integer primary key, name text not null)')
  await pool.query(migration([{ entity: 'products', table: 'products' }]))
  await pool.end()
  return postgres
}
