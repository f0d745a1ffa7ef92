import { identifier, qualified } from './names.ts'
import { WRITE_TABLES } from '../writes/tables.ts'

/** A table whose changes the log notes. */
export interface LoggedTable {
  /** What the log and `/sync` call it, such as 'products'. */
  readonly entity: string
  /** The table, with its schema where it is not on the search path. */
  readonly table: string
  /** The column that names a row. Default: 'id'. */
  readonly id?: string
  /**
   * The column whose value decides who may know of a row, such as a tenant's id. A row that gets another value is deleted for
   * the one and added for the other. Default: none, and then everyone who may read the entity hears of each change of it.
   */
  readonly scope?: string
  /**
   * In place of `scope`, where no column of the table says it: an SQL function that gets the row as `jsonb` and gives a text,
   * with its schema. Default schema: 'public'.
   * @example 'public.tenant_of_order'
   */
  readonly scopeFunction?: string
  /** The column that holds when a row last changed. It is added where it is missing, and kept by a trigger. Default: 'updated_at'. */
  readonly updatedAt?: string
  /**
   * The column that marks a row as deleted: a time or a flag. A row without a mark has null, false or 0. Setting the mark is noted as
   * 'deleted', and taking it back as 'added'; what happens to a row while it is marked is not noted. Default: none, and then
   * setting a mark is a change like any other.
   */
  readonly deletedAt?: string
}

/** The log's tables and functions. May be run again and again. */
const LOG = `
create schema if not exists freshlayer;

-- One row: which log this is, and up to where it has been cut off.
create table if not exists freshlayer.log (
  is_only boolean primary key default true check (is_only),
  generation uuid not null default gen_random_uuid(),
  cut_xid xid8 not null default '0',
  cut_id bigint not null default 0
);
insert into freshlayer.log default values on conflict do nothing;

create table if not exists freshlayer.changes (
  id bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  entity text not null,
  row_id text not null,
  scope text,
  operation text not null check (operation in ('added', 'updated', 'deleted')),
  noted_at timestamptz not null default clock_timestamp(),
  primary key (xid, id)
);
create index if not exists changes_by_entity on freshlayer.changes (entity, xid, id);
`

/**
 * The SQL that makes the change log, and has PostgreSQL write into it whatever changes in these tables, in the transaction of
 * the change. It does not matter what makes it: the app, an ORM or psql. It may be run again, also with other tables. PostgreSQL 15 and
 * later, PGlite.
 *
 * Not noted: changes while `session_replication_role` is 'replica'.
 */
export const migration = (tables: readonly LoggedTable[]): string =>
  [LOG, WRITE_TABLES, ...tables.map((table) => triggersOf(table))].join('\n')

/** The SQL that stops noting the changes of a table. The log stays. */
export const undoing = ({ entity, table }: LoggedTable): string =>
  ['insert', 'update', 'delete', 'truncate', 'updated_at']
    .map((event) => `freshlayer_${event}`)
    .concat(TOUCHING)
    .map((name) => `drop trigger if exists ${identifier(name)} on ${qualified(table)};`)
    .concat(
      ['note', 'note_truncate', 'touch'].map((name) => `drop function if exists ${functionName(name, entity)}();`),
    )
    .join('\n')

/** PostgreSQL runs triggers in the order of their names: one of the app that sets the time itself does not have the last word. */
const TOUCHING = 'zzz_freshlayer_updated_at'

function triggersOf(logged: LoggedTable): string {
  const quote = quoteFor(JSON.stringify(logged))
  const { entity, table, id = 'id', scope, scopeFunction, updatedAt = 'updated_at', deletedAt } = logged
  /** The row can be named, and is not marked as deleted. */
  const isThere = (row: string): string =>
    [
      `${row}.${identifier(id)} is not null`,
      // As JSON, so that one text serves columns of each type.
      ...(deletedAt === undefined
        ? []
        : [`coalesce(to_jsonb(${row}) ->> ${literal(deletedAt)}, 'false') in ('false', '0')`]),
    ].join(' and ')
  const of = (row: string): string => `${row}.${identifier(id)}::text, ${scopeOf(row)}`
  const scopeOf = (row: string): string => {
    if (scopeFunction !== undefined) return `${functionOf(scopeFunction)}(to_jsonb(${row}))::text`
    return scope === undefined ? 'null' : `${row}.${identifier(scope)}::text`
  }
  const name = literal(entity)
  const same = `o.${identifier(id)}::text = n.${identifier(id)}::text and ${scopeOf('o')} is not distinct from ${scopeOf('n')}`
  const columns = 'insert into freshlayer.changes (entity, row_id, scope, operation)'
  const trigger = (event: string, rows: string): string => `
create trigger freshlayer_${event} after ${event} on ${qualified(table)}
  ${rows} for each statement execute function ${functionName('note', entity)}();`
  return `
${undoing(logged)}
alter table ${qualified(table)} add column if not exists ${identifier(updatedAt)} timestamptz(3) not null default clock_timestamp();

-- Later than before by a millisecond at least: two versions of a row never have the same.
create function ${functionName('touch', entity)}() returns trigger language plpgsql as ${quote}
declare
  -- Generated columns have no value yet in a "before" trigger, so they cannot take part in the comparison.
  generated text[];
begin
  if to_jsonb(new) = to_jsonb(old) then return new; end if;
  select coalesce(array_agg(attname::text), '{}') into generated from pg_catalog.pg_attribute
    where attrelid = tg_relid and attgenerated <> '';
  if to_jsonb(new) - generated is distinct from to_jsonb(old) - generated then
    new.${identifier(updatedAt)} := greatest(clock_timestamp(), old.${identifier(updatedAt)} + interval '1 millisecond');
  end if;
  return new;
end ${quote};
create trigger ${TOUCHING} before update on ${qualified(table)}
  for each row execute function ${functionName('touch', entity)}();

create function ${functionName('note', entity)}() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as ${quote}
begin
  if tg_op = 'INSERT' then
    ${columns} select ${name}, ${of('n')}, 'added' from new_rows n
      where ${isThere('n')};
  elsif tg_op = 'DELETE' then
    ${columns} select ${name}, ${of('o')}, 'deleted' from old_rows o
      where ${isThere('o')};
  else
    ${columns} select ${name}, ${of('o')}, 'deleted' from old_rows o
      where ${isThere('o')} and not exists (select from new_rows n where ${same} and ${isThere('n')});
    ${columns} select ${name}, ${of('n')}, case when o.${identifier(id)} is null then 'added' else 'updated' end
      from new_rows n left join old_rows o on ${same} and ${isThere('o')}
      where ${isThere('n')} and (o.${identifier(id)} is null or to_jsonb(n) is distinct from to_jsonb(o));
  end if;
  -- Once per transaction: PostgreSQL folds what is the same. What has changed stands in the log.
  if found then perform pg_notify('freshlayer', ''); end if;
  return null;
end ${quote};
${trigger('insert', 'referencing new table as new_rows')}
${trigger('update', 'referencing old table as old_rows new table as new_rows')}
${trigger('delete', 'referencing old table as old_rows')}

create function ${functionName('note_truncate', entity)}() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as ${quote}
begin
  execute format(
    'insert into freshlayer.changes (entity, row_id, scope, operation) select %L, ${formatted(of('o'))}, ''deleted'' from %I.%I o where ${formatted(isThere('o'))}',
    ${name}, tg_table_schema, tg_table_name);
  perform pg_notify('freshlayer', '');
  return null;
end ${quote};
create trigger freshlayer_truncate before truncate on ${qualified(table)}
  for each statement execute function ${functionName('note_truncate', entity)}();
`
}

/** What stands around the body of a function: it is not in any name, so no name ends the body. */
function quoteFor(names: string): string {
  let tag = 'freshlayer'
  while (names.includes(tag)) tag += '_'
  return `$${tag}$`
}

/** SQL within the text that `format` gets. */
const formatted = (text: string): string => text.replaceAll("'", "''").replaceAll('%', '%%')

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
/** The trigger's search path has no schema of the app. */
const functionOf = (name: string): string => qualified(name.includes('.') ? name : `public.${name}`)

/** @throws where PostgreSQL would cut the name off, and two entities could have one function. */
function functionName(name: string, entity: string): string {
  const whole = `${name}_${entity}`
  if (Buffer.byteLength(whole) > MOST_NAME_BYTES)
    throw new Error(`${entity} is too long for the names of its functions: give it a shorter \`entity\` (\`as=\`)`)
  return `freshlayer.${identifier(whole)}`
}

/** @see PostgreSQL's NAMEDATALEN. */
const MOST_NAME_BYTES = 63
