import type { RowVersion } from '../../sw/core/digest.ts'
import { SyncProblem } from './answers.ts'
import type { QueryRows, Session } from './database.ts'
import { identifier, qualified } from './names.ts'

/** A select and the values of its parameters, `$1` and so on. */
export interface Select {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** A row as the API shows it. */
export type ApiRow = Readonly<Record<string, unknown>>

/** What the backend says of one entity that clients keep in step with. */
export interface SyncedEntity<Principal> {
  /**
   * The rows that a caller may see, as the API shows them, in one select that has the columns `id` and `version`. Rows that
   * count as deleted are left out: then clients hear of them as deleted.
   * @example (user) => ({ text: 'select * from products where tenant = $1 and deleted_at is null', values: [user.tenant] })
   */
  readonly rows: (principal: Principal) => Select
  /**
   * The column of the select that marks a row as deleted, a time or a boolean, where the select does not leave such rows out
   * itself. Default: none.
   */
  readonly deletedAt?: string
  /** The column whose value names a row. Default: 'id'. */
  readonly id?: string
  /** The column whose value changes whenever the row does; the API has to show it. Default: 'updated_at'. */
  readonly version?: string
  /** The column whose highest values are the rows that users want first, and which has no nulls. Default: the id. */
  readonly recent?: string
  /**
   * The values of the log's `scope` that the caller may know of, where the table is logged with one. Default: all.
   * @example (user) => [String(user.tenant)]
   */
  readonly scopes?: (principal: Principal) => readonly string[]
  /** The row as the API shows it, from the row of the select. Default: the same. */
  readonly render?: (row: ApiRow) => ApiRow
}

/** A page of rows in the order of the first load, and where the next one begins. */
export interface LoadedPage {
  readonly rows: readonly ApiRow[]
  /** Default: there is no next page. */
  readonly after?: readonly string[] | undefined
}

/** Reads the rows of one entity for one caller, all in one session. */
export class EntityRows<Principal> {
  readonly #entity: SyncedEntity<Principal>
  readonly #select: Select
  readonly #session: Session

  constructor(entity: SyncedEntity<Principal>, principal: Principal, session: Session) {
    this.#entity = entity
    this.#select = withoutDeleted(entity.rows(principal), entity.deletedAt)
    this.#session = session
  }

  /** Those of the rows that the caller may see, by their ids. */
  async byId(ids: readonly string[]): Promise<ReadonlyMap<string, ApiRow>> {
    if (ids.length === 0) return new Map()
    const { type, is, cast = '' } = comparedAs(await this.#idType())
    const known = is === undefined ? ids : ids.filter(is)
    const { rows } = await this.#query((next) => `where t.${this.#id}${cast} = any(${next}::${type}[])`, [known])
    return new Map(rows.map((row) => [String(row[this.#idName]), this.#render(row)]))
  }

  /**
   * Locks those of the rows that the caller may see, up to the end of the transaction and in the order of their ids. Read them
   * afterwards: another writer may have been waited for.
   *
   * @param table where the rows are.
   * @param column that names a row in it.
   */
  async lock(table: string, column: string, ids: readonly string[]): Promise<void> {
    const { type, is, cast = '' } = comparedAs(await this.#idType())
    const known = is === undefined ? ids : ids.filter(is)
    if (known.length === 0) return
    const { text, values = [] } = this.#select
    const id = `k.${identifier(column)}`
    await this.#session.query(
      `select from ${qualified(table)} k where ${id}${cast} = any($${values.length + 1}::${type}[])
         and exists (select from (${text}) t where t.${this.#id} = ${id}) order by ${id} for update of k`,
      [...values, known],
    )
  }

  /** The version of a row, as the API shows it. */
  versionOf(row: ApiRow): unknown {
    return row[this.#entity.version ?? 'updated_at']
  }

  /**
   * The rows that stand after a place, the most recent first.
   *
   * @throws SyncProblem 400, where the place is one of another order.
   */
  async page(after: readonly string[] | undefined, limit: number): Promise<LoadedPage> {
    const order = this.#order
    if (after !== undefined && after.length !== order.length)
      throw new SyncProblem(400, 'since is no cursor of this server.')
    const { rows } = await this.#placed(
      (next) =>
        [
          after === undefined
            ? ''
            : `where (${order.join(', ')}) < (${after.map((_, at) => nextOf(next, at)).join(', ')})`,
          `order by ${order.map((column) => `${column} desc`).join(', ')} limit ${limit + 1}`,
        ].join(' '),
      after ?? [],
      order.map((column, at) => `${column}::text as "freshlayer_${at}"`),
    )
    const shown = rows.slice(0, limit)
    const last = rows.length > limit ? shown.at(-1) : undefined
    return {
      rows: shown.map((row) => this.#render(withoutPlace(row))),
      after: last && order.map((_, at) => String(last[`freshlayer_${at}`])),
    }
  }

  async count(): Promise<number> {
    const { text, values = [] } = this.#select
    const { rows } = await this.#session.query(`select count(*)::int as total from (${text}) t`, values)
    return Number(rows[0]?.['total'])
  }

  /** Each row's id, and its version as the API shows it. */
  async versions(): Promise<RowVersion[]> {
    const { rows } = await this.#query(() => '', [])
    return rows.map((row) => ({
      id: String(row[this.#idName]),
      version: versionText(this.versionOf(this.#render(row))),
    }))
  }

  /** What PostgreSQL calls the type of the ids. */
  async #idType(): Promise<string> {
    const known = idTypes.get(this.#entity)
    if (known !== undefined) return known
    const { text, values = [] } = this.#select
    const { rows } = await this.#session.query(
      `select pg_typeof((select t.${this.#id} from (${text}) t limit 0))::text as type`,
      values,
    )
    const type = String(rows[0]?.['type'])
    idTypes.set(this.#entity, type)
    return type
  }

  get #idName(): string {
    return this.#entity.id ?? 'id'
  }

  get #id(): string {
    return identifier(this.#idName)
  }

  get #order(): string[] {
    const { recent } = this.#entity
    return [...(recent === undefined ? [] : [`t.${identifier(recent)}`]), `t.${this.#id}`]
  }

  #render(row: ApiRow): ApiRow {
    return this.#entity.render?.(row) ?? row
  }

  /** The same after a place that the caller has named. @throws SyncProblem 400, where the place is none of this order. */
  async #placed(
    clause: (next: string) => string,
    place: readonly string[],
    columns: readonly string[],
  ): Promise<QueryRows> {
    try {
      return await this.#query(clause, place, columns)
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      const isOfPlace = place.length > 0 && typeof code === 'string' && NO_VALUE.includes(code)
      throw isOfPlace ? new SyncProblem(400, 'since is no cursor of this server.') : error
    }
  }

  #query(
    clause: (next: string) => string,
    more: readonly unknown[],
    columns: readonly string[] = [],
  ): ReturnType<Session['query']> {
    const { text, values = [] } = this.#select
    const all = ['t.*', ...columns].join(', ')
    return this.#session.query(`select ${all} from (${text}) t ${clause(`$${values.length + 1}`)}`, [
      ...values,
      ...more,
    ])
  }
}

/** The value as JSON has it, so that one text serves columns of each type. */
function withoutDeleted({ text, ...others }: Select, deletedAt: string | undefined): Select {
  if (deletedAt === undefined) return { text, ...others }
  const mark = `to_jsonb(s.${identifier(deletedAt)}) #>> '{}'`
  return { text: `select s.* from (${text}) s where coalesce(${mark}, 'false') in ('false', '0')`, ...others }
}

/** The types of ids that have been asked for. */
const idTypes = new WeakMap<object, string>()

interface Compared {
  /** Of the texts that ids are given as. */
  readonly type: 'bigint' | 'uuid' | 'text'
  /** What texts are of the type at all: PostgreSQL refuses a query with any other. Default: all. */
  readonly is?: (text: string) => boolean
  /** Of the column, where the type is another than its own: then no index serves. Default: none. */
  readonly cast?: '::text'
}

/** How ids that are given as texts are compared with a column, such that its index serves. */
function comparedAs(type: string): Compared {
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return { type: 'bigint', is: isBigint }
    case 'uuid':
      return { type: 'uuid', is: (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) }
    case 'text':
    case 'character varying':
      return { type: 'text' }
    default:
      return { type: 'text', cast: '::text' }
  }
}

const isBigint = (text: string): boolean =>
  /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)

/** What PostgreSQL says of a text that is no value of a column's type: out of range, no time, bad encoding, no such value. */
const NO_VALUE = ['22003', '22007', '22008', '22021', '22P02']

/** A version as JSON has it: a row of the answer and a row of the database give the same text. */
export const versionText = (value: unknown): string =>
  value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : JSON.stringify(value)

/** The name of a parameter some places after another. */
const nextOf = (first: string, at: number): string => `$${Number(first.slice(1)) + at}`

const withoutPlace = (row: ApiRow): ApiRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('freshlayer_')))
