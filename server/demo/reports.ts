import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { queryInteger, queryOf } from './input.ts'
import { answerRead, lastChange } from './representation.ts'
import type { ShopEnv } from './session.ts'

interface DayTotal {
  readonly day: string
  readonly totalCents: number
  readonly count: number
}

interface ProductTotal {
  readonly productId: number
  readonly name: string
  readonly quantity: number
  readonly totalCents: number
}

interface CategoryTotal {
  readonly categoryId: number
  readonly name: string
  readonly totalCents: number
}

const QUERY = v.object({ days: v.optional(queryInteger(1, 366), '30') })
const DAY_MS = 86_400_000

/** Lines sold since midnight UTC of the first day (`$1`). */
const LINES_SINCE = `sales s join sale_lines l on l.sale_id = s.id join products p on p.id = l.product_id
  where s.sold_at >= $1::date::timestamp at time zone 'UTC'`

const TOTAL = `sum(l.quantity * l.unit_price_cents::bigint)::bigint`

/** What was sold over the last days, today included; days are days in UTC. */
export function reportRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()
  routes.get('/sales', async (c) => {
    const { days } = queryOf(c, QUERY)
    const today = new Date().toISOString().slice(0, 10)
    const midnight = new Date(`${today}T00:00:00.000Z`)
    const firstDay = new Date(midnight.getTime() - (days - 1) * DAY_MS).toISOString().slice(0, 10)

    const changed = await lastChange(pool, ['sales', 'sale_lines', 'products', 'categories'])
    const byDay = await pool.query<DayTotal>(
      `select to_char(s.sold_at at time zone 'UTC', 'YYYY-MM-DD') as day, ${TOTAL} as "totalCents",
         count(distinct s.id) as count
       from ${LINES_SINCE} group by 1`,
      [firstDay],
    )
    const topProducts = await pool.query<ProductTotal>(
      `select p.id as "productId", p.name, sum(l.quantity) as quantity, ${TOTAL} as "totalCents"
       from ${LINES_SINCE} group by p.id order by 4 desc, 1 limit 10`,
      [firstDay],
    )
    const byCategory = await pool.query<CategoryTotal>(
      `select k.id as "categoryId", k.name, t.total as "totalCents" from (
         select p.category_id, ${TOTAL} as total from ${LINES_SINCE} group by 1) t
       join categories k on k.id = t.category_id order by 3 desc, 1`,
      [firstDay],
    )
    const all = everyDay(firstDay, days, byDay.rows)
    const report = {
      days: all,
      totalCents: all.reduce((sum, day) => sum + day.totalCents, 0),
      count: all.reduce((sum, day) => sum + day.count, 0),
      topProducts: topProducts.rows,
      byCategory: byCategory.rows,
    }
    // A new day changes the report although no sale was made.
    return answerRead(c, report, changed > midnight ? changed : midnight)
  })
  return routes
}

/** The days in order, with zeros where nothing was sold. */
function everyDay(firstDay: string, days: number, totals: readonly DayTotal[]): readonly DayTotal[] {
  const known = new Map(totals.map((total) => [total.day, total]))
  return Array.from({ length: days }, (_unused, index) => {
    const day = new Date(Date.parse(firstDay) + index * DAY_MS).toISOString().slice(0, 10)
    return known.get(day) ?? { day, totalCents: 0, count: 0 }
  })
}
