import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { noteWrite } from './activity.ts'
import type { Queryable } from './database.ts'
import { bodyOf, idIn, integer, MAX_INTEGER, offsetOf, PAGING, queryOf, searchPatterns, text } from './input.ts'
import { onceIn } from './once.ts'
import { notFound, Problem } from './problem.ts'
import { answerCreated, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { TableName } from './schema.ts'
import type { ShopEnv } from './session.ts'

interface StockLevel {
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly onHand: number
  readonly reserved: number
  readonly reorderLevel: number
  readonly updatedAt: Date
}

interface StockDetail extends StockLevel {
  /** The newest 50, newest first. */
  readonly movements: readonly Movement[]
}

interface Movement {
  readonly id: number
  readonly delta: number
  readonly reason: string
  readonly note: string
  readonly userName: string
  readonly createdAt: Date
}

const LIST_QUERY = v.object({
  ...PAGING,
  search: v.optional(text(200)),
  level: v.optional(v.picklist(['all', 'low', 'out'], 'Must be all, low or out.'), 'all'),
})

const ADJUSTMENT = v.object({
  delta: v.pipe(
    integer(-MAX_INTEGER),
    v.check((delta) => delta !== 0, 'Must not be 0.'),
  ),
  reason: v.picklist(['count', 'damage', 'received', 'returned'], 'Must be count, damage, received or returned.'),
  note: v.optional(text(500), ''),
})

const LIST_TABLES: readonly TableName[] = ['stock', 'products']
const ITEM_TABLES: readonly TableName[] = [...LIST_TABLES, 'stock_movements', 'users']

const LEVELS = {
  all: 'true',
  low: 's.on_hand > 0 and s.on_hand <= s.reorder_level',
  out: 's.on_hand = 0',
}

const SELECT_LEVEL = `select p.id as "productId", p.sku, p.name, s.on_hand as "onHand", s.reserved,
  s.reorder_level as "reorderLevel", s.updated_at as "updatedAt" from stock s join products p on p.id = s.product_id`

/** What is on the shelves, and corrections of it. */
export function stockRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/', async (c) => {
    const query = queryOf(c, LIST_QUERY)
    const patterns = searchPatterns(query.search)
    const where = `where ${LEVELS[query.level]} and p.search_text like all ($1::text[])`
    const changed = await lastChange(pool, LIST_TABLES)
    const totals = await pool.query<{ total: number }>(
      `select count(*) as total from stock s join products p on p.id = s.product_id ${where}`,
      [patterns],
    )
    const { rows } = await pool.query<StockLevel>(
      `${SELECT_LEVEL} ${where} order by lower(p.name), p.id limit ${query.pageSize} offset ${offsetOf(query)}`,
      [patterns],
    )
    const total = totals.rows[0]?.total ?? 0
    return answerRead(c, { items: rows, total, page: query.page, pageSize: query.pageSize }, changed)
  })

  routes.get('/:productId', async (c) => {
    const changed = await lastChange(pool, ITEM_TABLES)
    return answerRead(c, await loadStock(pool, idIn(c, 'productId')), changed)
  })

  routes.post(
    '/:productId/adjustments',
    onceIn(pool)(async (c, client) => {
      const { delta, reason, note } = await bodyOf(c, ADJUSTMENT)
      const productId = idIn(c, 'productId')
      const { rowCount } = await client.query('select 1 from stock where product_id = $1 for update', [productId])
      if (productId === undefined || rowCount === 0) throw notFound('product')
      const before = await loadStock(client, productId)
      await checkPreconditions(c, client, before, ITEM_TABLES)
      await moveStock(client, { productId, delta, reason, note, userId: c.get('user').id })
      await noteWrite(c, client, { deed: 'corrected the stock of', subject: before.name, path: `/stock/${productId}` })
      return answerCreated(c, `/api/stock/${productId}`, await loadStock(client, productId))
    }),
  )

  return routes
}

export interface StockMove {
  readonly productId: number
  readonly delta: number
  readonly reason: 'count' | 'damage' | 'received' | 'returned' | 'sold'
  readonly note: string
  readonly userId: number
}

/**
 * Changes a product's stock and writes down why.
 *
 * @param db inside a transaction. Move several products in the order of their ids, so that two writers cannot deadlock.
 * @throws Problem 409 when less would be left than nothing.
 */
export async function moveStock(db: Queryable, move: StockMove): Promise<void> {
  const { productId, delta, reason, note, userId } = move
  const { rowCount } = await db.query(
    'update stock set on_hand = on_hand + $2 where product_id = $1 and on_hand + $2 >= 0',
    [productId, delta],
  )
  if (rowCount === 0) {
    const { rows } = await db.query<StockLevel>(`${SELECT_LEVEL} where s.product_id = $1`, [productId])
    const [level] = rows
    if (level === undefined) throw new Problem(422, `There is no product ${productId}.`)
    throw new Problem(409, `Only ${level.onHand} of “${level.name}” are in stock, ${-delta} would be needed.`)
  }
  await db.query('insert into stock_movements (product_id, delta, reason, note, user_id) values ($1, $2, $3, $4, $5)', [
    productId,
    delta,
    reason,
    note,
    userId,
  ])
}

async function loadStock(db: Queryable, productId: number | undefined): Promise<StockDetail> {
  const levels = await db.query<StockLevel>(`${SELECT_LEVEL} where s.product_id = $1`, [productId])
  const [level] = levels.rows
  if (level === undefined) throw notFound('product')
  const { rows } = await db.query<Movement>(
    `select m.id, m.delta, m.reason, m.note, u.name as "userName", m.created_at as "createdAt"
     from stock_movements m join users u on u.id = m.user_id
     where m.product_id = $1 order by m.created_at desc, m.id desc limit 50`,
    [productId],
  )
  return { ...level, movements: rows }
}
