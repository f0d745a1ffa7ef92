import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { noteWrite } from './activity.ts'
import { type Queryable, transaction } from './database.ts'
import { bodyOf, cents, id, idIn, integer, offsetOf, PAGING, queryOf, requiredText } from './input.ts'
import { notFound, Problem } from './problem.ts'
import { answerChanged, answerCreated, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { TableName } from './schema.ts'
import type { ShopEnv } from './session.ts'
import { moveStock } from './stock.ts'

interface Purchase {
  readonly id: number
  readonly number: string
  readonly supplier: string
  readonly status: 'ordered' | 'received'
  readonly orderedAt: Date
  readonly receivedAt: Date | null
  readonly lineCount: number
  readonly totalCents: number
}

interface PurchaseDetail extends Purchase {
  readonly lines: readonly PurchaseLine[]
}

interface PurchaseLine {
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly unitCostCents: number
}

const LIST_QUERY = v.object(PAGING)

const NEW_PURCHASE = v.object({
  supplier: requiredText(120),
  lines: v.pipe(
    v.array(v.object({ productId: id, quantity: integer(1, 100_000), unitCostCents: cents }), 'Must be a list.'),
    v.minLength(1, 'Needs at least one line.'),
    v.maxLength(200, 'At most 200 lines.'),
  ),
})

const LIST_TABLES: readonly TableName[] = ['purchases', 'purchase_lines']
const ITEM_TABLES: readonly TableName[] = [...LIST_TABLES, 'products']

const SELECT_PURCHASE = `select o.id, 'P-' || (2000 + o.id) as number, o.supplier, o.status,
  o.ordered_at as "orderedAt", o.received_at as "receivedAt", l.count as "lineCount", l.total as "totalCents"
  from purchases o cross join lateral (
    select count(*) as count, coalesce(sum(quantity * unit_cost_cents::bigint), 0)::bigint as total
    from purchase_lines where purchase_id = o.id) l`

/** Orders at suppliers, and their arrival. */
export function purchaseRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/', async (c) => {
    const query = queryOf(c, LIST_QUERY)
    const changed = await lastChange(pool, LIST_TABLES)
    const totals = await pool.query<{ total: number }>('select count(*) as total from purchases')
    const { rows } = await pool.query<Purchase>(
      `${SELECT_PURCHASE} order by o.ordered_at desc, o.id desc limit ${query.pageSize} offset ${offsetOf(query)}`,
    )
    const total = totals.rows[0]?.total ?? 0
    return answerRead(c, { items: rows, total, page: query.page, pageSize: query.pageSize }, changed)
  })

  routes.post('/', async (c) => {
    const { supplier, lines } = await bodyOf(c, NEW_PURCHASE)
    return transaction(pool, async (client) => {
      const { rows } = await client.query<{ id: number }>(
        `insert into purchases (supplier, status) values ($1, 'ordered') returning id`,
        [supplier],
      )
      const purchaseId = rows[0]?.id
      for (const line of lines) {
        await client.query(
          'insert into purchase_lines (purchase_id, product_id, quantity, unit_cost_cents) values ($1, $2, $3, $4)',
          [purchaseId, line.productId, line.quantity, line.unitCostCents],
        )
      }
      await noteWrite(c, client, { deed: 'ordered from', subject: supplier, path: `/purchases/${purchaseId}` })
      return answerCreated(c, `/api/purchases/${purchaseId}`, await loadPurchase(client, purchaseId))
    })
  })

  routes.get('/:id', async (c) => {
    const changed = await lastChange(pool, ITEM_TABLES)
    return answerRead(c, await loadPurchase(pool, idIn(c)), changed)
  })

  routes.post('/:id/receive', async (c) => {
    const purchaseId = idIn(c)
    return transaction(pool, async (client) => {
      await client.query('select 1 from purchases where id = $1 for update', [purchaseId])
      const purchase = await loadPurchase(client, purchaseId)
      await checkPreconditions(c, client, purchase, ITEM_TABLES)
      if (purchase.status === 'received') throw new Problem(409, `${purchase.number} was already received.`)
      await client.query(`update purchases set status = 'received', received_at = clock_timestamp() where id = $1`, [
        purchaseId,
      ])
      for (const line of purchase.lines.toSorted((one, other) => one.productId - other.productId)) {
        await moveStock(client, {
          productId: line.productId,
          delta: line.quantity,
          reason: 'received',
          note: purchase.number,
          userId: c.get('user').id,
        })
      }
      const { supplier } = purchase
      await noteWrite(c, client, { deed: 'received goods from', subject: supplier, path: `/purchases/${purchaseId}` })
      return answerChanged(c, await loadPurchase(client, purchaseId))
    })
  })

  return routes
}

async function loadPurchase(db: Queryable, purchaseId: number | undefined): Promise<PurchaseDetail> {
  const purchases = await db.query<Purchase>(`${SELECT_PURCHASE} where o.id = $1`, [purchaseId])
  const [purchase] = purchases.rows
  if (purchase === undefined) throw notFound('purchase')
  const { rows } = await db.query<PurchaseLine>(
    `select l.product_id as "productId", p.sku, p.name, l.quantity, l.unit_cost_cents as "unitCostCents"
     from purchase_lines l join products p on p.id = l.product_id where l.purchase_id = $1 order by l.id`,
    [purchaseId],
  )
  return { ...purchase, lines: rows }
}
