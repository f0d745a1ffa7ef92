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
  { table, id = 'id', scope, scopeFunction, updatedAt = 'updated_at', deletedAt }: LoggedTable,
  isUndone: boolean,
): Promise<void> {
  const quoted = quotedName(table)
  const { rows } = await session.query(
    `select c.relkind::text as kind,
       (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select format_type(a.atttypid, null) from pg_attribute a where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped) as type,
       (select a.attgenerated <> '' from pg_attribute a where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped) as is_generated,
       (select a.atttypmod between 0 and 2 from pg_attribute a where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped) as is_coarse,
       exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) as is_related,
       exists (select from pg_index x join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
         where x.indrelid = c.oid and x.indisunique and x.indisvalid and x.indnkeyatts = 1 and x.indpred is null and a.attname = $3) as is_unique,
       (select a.attnotnull from pg_attribute a where a.attrelid = c.oid and a.attname = $3) as is_set
     from pg_class c where c.oid = to_regclass($1)`,
    [quoted, updatedAt, id],
  )
  const [found] = rows
  if (found === undefined) throw new Error(`there is no table ${table} in this database`)
  if (found['kind'] !== 'r')
    throw new Error(`${table} is no plain table: triggers of views and partitioned tables see no rows`)
  if (isUndone) return
  if (found['is_related'] === true)
    throw new Error(
      `${table} inherits, is inherited or is a partition: what is changed by way of the other is not seen`,
    )
  const columns = (found['columns'] as readonly string[] | null) ?? []
  for (const [name, option] of [
    [id, 'id'],
    [scope, 'scope'],
    [deletedAt, 'deletedAt'],
  ] as const) {
    if (name !== undefined && !columns.includes(name))
      throw new Error(
        `${table} has no column ${name}: name another one by ${table}:${option}=… (${columns.join(', ')})`,
      )
  }
  if (found['is_unique'] !== true || found['is_set'] !== true)
    throw new Error(
      `${table}.${id} does not name one row: it needs a unique index and NOT NULL. Name another column by ${table}:id=…, or add one, such as: alter table ${quoted} add column row_id bigint generated always as identity unique`,
    )
  const type = found['type']
  if (typeof type === 'string' && !type.startsWith('timestamp'))
    throw new Error(`${table}.${updatedAt} is of type ${type}, not of a time: name another one by ${table}:updatedAt=…`)
  if (found['is_generated'] === true || found['is_coarse'] === true)
    throw new Error(
      `${table}.${updatedAt} cannot tell two changes apart: ${found['is_generated'] === true ? 'it is generated' : 'it has no milliseconds'}. Name another column by ${table}:updatedAt=…`,
    )
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
