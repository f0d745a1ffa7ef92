import { Hono } from 'hono'
import type { Pool } from 'pg'
import type { ShopEnv } from './session.ts'

interface Till {
  readonly openedAt: Date
  readonly cashierName: string
  readonly balanceCents: number
  readonly serverTime: Date
}

/** The money in the drawer now: the only answer that no cache may store. */
export function tillRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()
  routes.get('/', async (c) => {
    const { rows } = await pool.query<Till>(
      `select t.opened_at as "openedAt", u.name as "cashierName",
         t.opening_cents + (
           select coalesce(sum(l.quantity * l.unit_price_cents::bigint), 0)::bigint
           from sales s join sale_lines l on l.sale_id = s.id
           where s.paid_by = 'cash' and s.sold_at >= t.opened_at
         ) as "balanceCents",
         clock_timestamp() as "serverTime"
       from till t join users u on u.id = t.user_id`,
    )
    return c.json(rows[0], 200, { 'Cache-Control': 'no-store' })
  })
  return routes
}
