import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import type { Queryable } from './database.ts'
import { bodyOf, id, idIn, integer, offsetOf, PAGING, queryOf } from './input.ts'
import { onceIn } from './once.ts'
import { notFound, Problem } from './problem.ts'
import { answerCreated, answerRead, lastChange } from './representation.ts'
import type { TableName } from './schema.ts'
import type { ShopEnv } from './session.ts'
import { moveStock } from './stock.ts'

interface Sale {
  readonly id: number
  readonly number: string
  readonly soldAt: Date
  readonly cashierName: string
  /** Whether the requesting user made the sale. */
  readonly mine: boolean
  readonly paidBy: 'cash' | 'card'
  readonly lineCount: number
  readonly totalCents: number
}

interface SaleDetail extends Sale {
  readonly lines: readonly SaleLine[]
}

interface SaleLine {
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly unitPriceCents: number
}

const DAY = v.pipe(v.string(), v.isoDate('Must be a day, as YYYY-MM-DD.'))

/** `from` and `to` are days in UTC, both included. */
const LIST_QUERY = v.object({ ...PAGING, from: v.optional(DAY), to: v.optional(DAY) })

const NEW_SALE = v.object({
  lines: v.pipe(
    v.array(v.object({ productId: id, quantity: integer(1, 10_000) }), 'Must be a list.'),
    v.minLength(1, 'Needs at least one line.'),
    v.maxLength(200, 'At most 200 lines.'),
  ),
  paidBy: v.picklist(['cash', 'card'], 'Must be "cash" or "card".'),
})

const LIST_TABLES: readonly TableName[] = ['sales', 'sale_lines', 'users']
const ITEM_TABLES: readonly TableName[] = [...LIST_TABLES, 'products']

const WITHIN_DAYS = `($1::date is null or s.sold_at >= $1::date::timestamp at time zone 'UTC')
  and ($2::date is null or s.sold_at < ($2::date + 1)::timestamp at time zone 'UTC')`

/** @param asker the placeholder for the id of the requesting user. */
const saleColumns = (asker: '$2' | '$3'): string => `s.id, 'S-' || (10000 + s.id) as number, s.sold_at as "soldAt",
  u.name as "cashierName", s.user_id = ${asker} as mine, s.paid_by as "paidBy", l.count as "lineCount",
  l.total as "totalCents"`

const SALE_SOURCE = `sales s join users u on u.id = s.user_id cross join lateral (
  select count(*) as count, coalesce(sum(quantity * unit_price_cents::bigint), 0)::bigint as total
  from sale_lines where sale_id = s.id) l`

/** The sales. A sale never changes afterwards. */
export function saleRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/', async (c) => {
    const query = queryOf(c, LIST_QUERY)
    const days = [query.from ?? null, query.to ?? null]
    const changed = await lastChange(pool, LIST_TABLES)
    const totals = await pool.query<{ total: number }>(
      `select count(*) as total from sales s where ${WITHIN_DAYS}`,
      days,
    )
    const { rows } = await pool.query<Sale>(
      `select ${saleColumns('$3')} from ${SALE_SOURCE} where ${WITHIN_DAYS}
       order by s.sold_at desc, s.id desc limit ${query.pageSize} offset ${offsetOf(query)}`,
      [...days, c.get('user').id],
    )
    const total = totals.rows[0]?.total ?? 0
    return answerRead(c, { items: rows, total, page: query.page, pageSize: query.pageSize }, changed)
  })

  routes.post(
    '/',
    onceIn(pool)(async (c, client) => {
      const { lines, paidBy } = await bodyOf(c, NEW_SALE)
      const userId = c.get('user').id
      const created = await client.query<{ id: number }>(
        'insert into sales (user_id, paid_by) values ($1, $2) returning id',
        [userId, paidBy],
      )
      const saleId = created.rows[0]?.id
      for (const { productId, quantity } of mergedLines(lines)) {
        const { rows } = await client.query<{ priceCents: number; status: string }>(
          'select price_cents as "priceCents", status from products where id = $1',
          [productId],
        )
        const [product] = rows
        if (product === undefined) throw new Problem(422, `There is no product ${productId}.`)
        if (product.status !== 'active') throw new Problem(409, `Product ${productId} is archived and no longer sold.`)
        await moveStock(client, {
          productId,
          delta: -quantity,
          reason: 'sold',
          note: `S-${10_000 + (saleId ?? 0)}`,
          userId,
        })
        await client.query(
          'insert into sale_lines (sale_id, product_id, quantity, unit_price_cents) values ($1, $2, $3, $4)',
          [saleId, productId, quantity, product.priceCents],
        )
      }
      return answerCreated(c, `/api/sales/${saleId}`, await loadSale(client, saleId, userId))
    }),
  )

  routes.get('/:id', async (c) => {
    const changed = await lastChange(pool, ITEM_TABLES)
    const sale = await loadSale(pool, idIn(c), c.get('user').id)
    if (sale === undefined) throw notFound('sale')
    return answerRead(c, sale, changed)
  })

  return routes
}

/** One line per product, in the order of their ids, which is the order stock must be locked in. */
function mergedLines(
  lines: readonly { readonly productId: number; readonly quantity: number }[],
): readonly { readonly productId: number; readonly quantity: number }[] {
  const quantities = new Map<number, number>()
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  return [...quantities]
    .toSorted(([one], [other]) => one - other)
    .map(([productId, quantity]) => ({ productId, quantity }))
}

async function loadSale(db: Queryable, saleId: number | undefined, userId: number): Promise<SaleDetail | undefined> {
  const sales = await db.query<Sale>(`select ${saleColumns('$2')} from ${SALE_SOURCE} where s.id = $1`, [
    saleId,
    userId,
  ])
  const [sale] = sales.rows
  if (sale === undefined) return undefined
  const { rows } = await db.query<SaleLine>(
    `select l.product_id as "productId", p.sku, p.name, l.quantity, l.unit_price_cents as "unitPriceCents"
     from sale_lines l join products p on p.id = l.product_id where l.sale_id = $1 order by l.id`,
    [saleId],
  )
  return { ...sale, lines: rows }
}
