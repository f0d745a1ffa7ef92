import { type Context, Hono } from 'hono'
import type { Pool } from 'pg'
import { nativeRequest } from '../adapters/handler.ts'
import { toHono } from '../adapters/hono.ts'
import { sync } from '../sync/sync.ts'
import { answerRead, lastChange } from './representation.ts'
import type { ShopEnv } from './session.ts'

/** A row of the catalogue: the same in the list and in `/api/sync`, or a client would take it for a change. */
const ROWS = `select id, sku, name, price_cents as "priceCents", status, updated_at as "updatedAt" from products`

/** All products in short, for a search without a request. */
export function catalogueRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()
  routes.get('/', async (c) => {
    const changed = await lastChange(pool, ['products'])
    const { rows } = await pool.query<object>(`${ROWS} order by id`)
    return answerRead(c, { items: rows, total: rows.length }, changed)
  })
  return routes
}

/** `/api/sync`, by which clients keep the catalogue in step: what has changed since their cursor. */
export const catalogueSync = (pool: Pool): ((c: Context) => Promise<Response>) =>
  toHono(
    sync<number>({
      pool,
      principalOf: (request) => (nativeRequest(request) as Context<ShopEnv>).get('user').id,
      entities: { products: { rows: () => ({ text: ROWS }), version: 'updatedAt', recent: 'updatedAt' } },
    }),
  )
