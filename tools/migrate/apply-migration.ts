import type { Session } from '../../server/sync/database.ts'
import { type LoggedTable, migration, undoing } from '../../server/sync/migration.ts'

/** For so long the tables may be waited for: who waits for a lock keeps all others waiting behind. */
const LOCK_MS = 5000

/** The SQL that notes the changes of these tables, or notes them no more. */
export const sqlOf = (tables: readonly LoggedTable[], isUndone: boolean): string =>
  `${isUndone ? tables.map((table) => undoing(table)).join('\n') : migration(tables)}\n`

/**
 * Carries the migration out in one transaction: all of it, or nothing. Run again it changes nothing.
 *
 * @param isDry what would fail is found, and nothing is changed.
 * @throws one line, where a table, a column or a function is not there, the server is too old, or a table stays locked.
 */
export async function applyMigration(
  session: Pick<Session, 'query'>,
  tables: readonly LoggedTable[],
  { isUndone = false, isDry = false }: { readonly isUndone?: boolean; readonly isDry?: boolean } = {},
): Promise<void> {
  await session.query('begin')
  try {
    await session.query(`set local lock_timeout = ${LOCK_MS}`)
    await assertServer(session)
    for (const table of tables) await assertTable(session, table, isUndone)
    if (!isDry) await session.query(sqlOf(tables, isUndone))
    await session.query(isDry ? 'rollback' : 'commit')
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw (error as { code?: unknown }).code === '55P03'
      ? new Error(
          `a table was in use for ${LOCK_MS / 1000} s, and nothing has been changed: try again when it is quiet`,
        )
      : error
  }
}

async function assertServer(session: Pick<Session, 'query'>): Promise<void> {
  const { rows } = await session.query(`select current_setting('server_version_num')::int as version`)
  const version = Number(rows[0]?.['version'])
  if (version < 150_000)
    throw new Error(`the database is PostgreSQL ${Math.floor(version / 10_000)}: 15 or later is needed`)
}

async function assertTable(
  session: Pick<Session, 'query'>,
  { table, id = 'id', scope, scopeFunction, updatedAt = 'updated_at' }: LoggedTable,
  isUndone: boolean,
): Promise<void> {
  const quoted = quotedName(table)
  const { rows } = await session.query(
    `select c.relkind::text as kind,
       (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select format_type(a.atttypid, null) from pg_attribute a where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped) as type
     from pg_class c where c.oid = to_regclass($1)`,
    [quoted, updatedAt],
  )
  const [found] = rows
  if (found === undefined) throw new Error(`there is no table ${table} in this database`)
  if (found['kind'] !== 'r')
    throw new Error(`${table} is no plain table: triggers of views and partitioned tables see no rows`)
  if (isUndone) return
  const columns = (found['columns'] as readonly string[] | null) ?? []
  for (const [name, option] of [
    [id, 'id'],
    [scope, 'scope'],
  ] as const) {
    if (name !== undefined && !columns.includes(name))
      throw new Error(
        `${table} has no column ${name}: name another one by ${table}:${option}=… (${columns.join(', ')})`,
      )
  }
  const type = found['type']
  if (typeof type === 'string' && !type.startsWith('timestamp'))
    throw new Error(`${table}.${updatedAt} is of type ${type}, not of a time: name another one by ${table}:updatedAt=…`)
  if (scopeFunction === undefined) return
  const full = scopeFunction.includes('.') ? scopeFunction : `public.${scopeFunction}`
  const known = await session.query('select to_regprocedure($1)::text as name', [`${quotedName(full)}(jsonb)`])
  if (typeof known.rows[0]?.['name'] !== 'string')
    throw new Error(`there is no function ${full}(jsonb), which ${table} names as its scopeFunction`)
}

const quotedName = (name: string): string =>
  name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
