import { SyncProblem } from '../sync/answers.ts'
import type { Session } from '../sync/database.ts'
import { type Select, versionText } from '../sync/entity.ts'

/** What the backend says of one entity whose versions clients ask for. */
export type VersionedEntity<Principal> = VersionedRows<Principal> | EmbeddedRows

/** An entity that has rows of its own. */
export interface VersionedRows<Principal> {
  /**
   * The rows that a caller may see, in one select that has the columns `id` and `column`. Rows that count as deleted are left
   * out.
   * @example (user) => ({ text: 'select id, updated_at from products where tenant = $1', values: [user.tenant] })
   */
  readonly rows: (principal: Principal) => Select
  /** The column whose value names a row. Default: 'id'. */
  readonly id?: string
  /** The column whose value changes whenever the row does, such as 'modified_at' or 'last_used_at'. Default: 'updated_at'. */
  readonly column?: string
  /**
   * `'one'`: one version for all rows, a few bytes however many there are. `'items'`: each row's id and when it was updated, so
   * that clients can name what is new, changed and gone. Default: 'one'.
   */
  readonly answer?: 'one' | 'items'
}

/** An entity that is part of another's rows and has no column of its own: it changes when its parent row does. */
export interface EmbeddedRows {
  /** The parent, by its name in the same options. Its ids and its column are answered. */
  readonly embeddedIn: string
}

/** The version of one row. */
export interface ItemVersion {
  readonly id: string
  readonly updatedAt: string
}

/** One version for all rows of an entity, or that of each row. */
export type EntityVersion = string | readonly ItemVersion[]

/**
 * The entity whose rows tell the versions of another: itself, or the parent that it is embedded in.
 *
 * @throws SyncProblem 400, where there is no such entity.
 * @throws Error where a parent is none, or entities are embedded in each other.
 */
export function versionedRows<Principal>(
  entities: Readonly<Record<string, VersionedEntity<Principal>>>,
  name: string,
): VersionedRows<Principal> {
  let entity = Object.hasOwn(entities, name) ? entities[name] : undefined
  if (entity === undefined)
    throw new SyncProblem(400, `There is no entity ${name}.`, { entities: Object.keys(entities) })
  for (const seen = new Set([name]); 'embeddedIn' in entity;) {
    const { embeddedIn: parent }: EmbeddedRows = entity
    entity = Object.hasOwn(entities, parent) ? entities[parent] : undefined
    if (entity === undefined || seen.has(parent))
      throw new Error(`versions: ${name} is embedded in ${parent}, which has no rows of its own`)
    seen.add(parent)
  }
  return entity
}

/**
 * The version of what a caller may see of an entity. The session has a transaction of its own.
 *
 * One version is the number of rows and a sum over the hash of each id and version. A row that comes, goes or changes makes
 * another one; the order of the rows does not. A newest time alone would miss what was deleted.
 */
export async function entityVersion<Principal>(
  session: Session,
  { rows, id = 'id', column = 'updated_at', answer = 'one' }: VersionedRows<Principal>,
  principal: Principal,
): Promise<EntityVersion> {
  const { text, values = [] } = rows(principal)
  if (answer === 'items') {
    const { rows: found } = await session.query(
      `select t.${identifier(id)}::text as id, t.${identifier(column)} as updated from (${text}) t`,
      values,
    )
    return found.map((row) => ({ id: String(row['id']), updatedAt: versionText(row['updated']) }))
  }
  return rowsVersion(session, { text, values }, { id, column })
}

/**
 * One version for all rows of a select: equal as long as no row comes, goes or changes. It is computed in the database, and
 * no row is read. Use it as the version of a list in `validators()`.
 *
 * @param columns the columns of the select that name a row, and that change with it. Default: 'id' and 'updated_at'.
 */
export async function rowsVersion(
  session: Pick<Session, 'query'>,
  { text, values = [] }: Select,
  { id = 'id', column = 'updated_at' }: { readonly id?: string; readonly column?: string } = {},
): Promise<string> {
  // As a text a time depends on the session's time zone, and `extract` counts from 1970 in any.
  const { rows } = await session.query(
    `select count(*)::text as total, coalesce(sum(hashtextextended(concat(
         t.${identifier(id)}, e'\\n',
         case when pg_typeof(t.${identifier(column)})::text like 'timestamp%'
           then extract(epoch from (to_jsonb(t.${identifier(column)}) #>> '{}')::timestamptz)::text
           else t.${identifier(column)}::text end
       ), 0)::numeric), 0)::text as sum
     from (${text}) t`,
    values,
  )
  const [row] = rows
  const sum = BigInt.asUintN(64, BigInt(String(row?.['sum'] ?? 0)))
  return `${String(row?.['total'] ?? 0)}-${sum.toString(36)}`
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
