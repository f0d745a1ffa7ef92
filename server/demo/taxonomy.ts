import { type Context, Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { noteWrite } from './activity.ts'
import { type Queryable, transaction } from './database.ts'
import { bodyOf, idIn, requiredText } from './input.ts'
import { notFound } from './problem.ts'
import { answerChanged, answerCreated, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { TableName } from './schema.ts'
import type { ShopEnv } from './session.ts'

/** A short list that products refer to: they differ in a column or two. */
interface Taxonomy {
  readonly table: 'categories' | 'brands' | 'units'
  readonly singular: string
  /** Columns a client writes, all of them text; `name` first. */
  readonly columns: readonly string[]
  readonly input: v.GenericSchema<unknown, Readonly<Record<string, string>>>
  /** The column of `products` that refers to it, where the list tells how many do. */
  readonly countedBy?: string
}

export const CATEGORIES: Taxonomy = {
  table: 'categories',
  singular: 'category',
  columns: ['name'],
  input: v.object({ name: requiredText(80) }),
  countedBy: 'category_id',
}

export const BRANDS: Taxonomy = {
  table: 'brands',
  singular: 'brand',
  columns: ['name', 'country'],
  input: v.object({ name: requiredText(80), country: requiredText(80) }),
  countedBy: 'brand_id',
}

export const UNITS: Taxonomy = {
  table: 'units',
  singular: 'unit',
  columns: ['name', 'symbol'],
  input: v.object({ name: requiredText(80), symbol: requiredText(10) }),
}

/** Reading and changing one taxonomy, mounted at the plural of its name. */
export function taxonomyRoutes(pool: Pool, taxonomy: Taxonomy): Hono<ShopEnv> {
  const { table, singular, columns, input, countedBy } = taxonomy
  const tables: readonly TableName[] = countedBy === undefined ? [table] : [table, 'products']
  const count =
    countedBy === undefined ? '' : `, (select count(*) from products p where p.${countedBy} = t.id) as "productCount"`
  const select = `select t.id, ${columns.map((column) => `t.${column}`).join(', ')}${count}, t.updated_at as "updatedAt" from ${table} t`
  const load = async (db: Queryable, id: number | undefined): Promise<Readonly<Record<string, unknown>> | undefined> =>
    (await db.query<Readonly<Record<string, unknown>>>(`${select} where t.id = $1`, [id])).rows[0]
  const lock = async (db: Queryable, id: number | undefined): Promise<void> => {
    const { rowCount } = await db.query(`select 1 from ${table} where id = $1 for update`, [id])
    if (rowCount === 0) throw notFound(singular)
  }
  const note = (c: Context<ShopEnv>, db: Queryable, verb: string, name = ''): Promise<void> =>
    noteWrite(c, db, { deed: `${verb} the ${singular}`, subject: name, path: `/${table}` })
  const routes = new Hono<ShopEnv>()

  routes.get('/', async (c) => {
    const changed = await lastChange(pool, tables)
    const { rows } = await pool.query<Readonly<Record<string, unknown>>>(`${select} order by lower(t.name), t.id`)
    return answerRead(c, { items: rows, total: rows.length }, changed)
  })

  routes.post('/', async (c) => {
    const values = await bodyOf(c, input)
    const places = columns.map((_column, index) => `$${index + 1}`).join(', ')
    return transaction(pool, async (client) => {
      const { rows } = await client.query<{ id: number }>(
        `insert into ${table} (${columns.join(', ')}) values (${places}) returning id`,
        columns.map((column) => values[column]),
      )
      const id = rows[0]?.id
      await note(c, client, 'added', values['name'])
      return answerCreated(c, `/api/${table}/${id}`, await load(client, id))
    })
  })

  routes.get('/:id', async (c) => {
    const changed = await lastChange(pool, tables)
    const item = await load(pool, idIn(c))
    if (item === undefined) throw notFound(singular)
    return answerRead(c, item, changed)
  })

  routes.put('/:id', async (c) => {
    const values = await bodyOf(c, input)
    const id = idIn(c)
    return transaction(pool, async (client) => {
      await lock(client, id)
      await checkPreconditions(c, client, await load(client, id), tables)
      await client.query(
        `update ${table} set ${columns.map((column, index) => `${column} = $${index + 2}`).join(', ')} where id = $1`,
        [id, ...columns.map((column) => values[column])],
      )
      await note(c, client, 'changed', values['name'])
      return answerChanged(c, await load(client, id))
    })
  })

  routes.delete('/:id', async (c) => {
    const id = idIn(c)
    return transaction(pool, async (client) => {
      await lock(client, id)
      const item = await load(client, id)
      await checkPreconditions(c, client, item, tables)
      await client.query(`delete from ${table} where id = $1`, [id])
      await note(c, client, 'deleted', String(item?.['name']))
      return c.body(null, 204)
    })
  })

  return routes
}
