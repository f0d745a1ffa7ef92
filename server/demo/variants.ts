import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { type Queryable, transaction } from './database.ts'
import { bodyOf, cents, idIn, integer, requiredText } from './input.ts'
import { notFound } from './problem.ts'
import { answerChanged, answerCreated, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { ShopEnv } from './session.ts'

interface Variant {
  readonly id: number
  readonly productId: number
  readonly sku: string
  readonly name: string
  readonly attributes: { readonly size?: string; readonly colour?: string }
  readonly priceCents: number
  readonly onHand: number
  readonly updatedAt: Date
}

const VARIANT = v.object({
  sku: requiredText(40),
  name: requiredText(120),
  attributes: v.optional(v.object({ size: v.optional(requiredText(40)), colour: v.optional(requiredText(40)) }), {}),
  priceCents: cents,
  onHand: v.optional(integer(0), 0),
})

const SELECT_VARIANT = `select id, product_id as "productId", sku, name, attributes, price_cents as "priceCents",
  on_hand as "onHand", updated_at as "updatedAt" from variants`

/** The variants of one product, mounted below it. */
export function productVariantRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/', async (c) => {
    const productId = idIn(c, 'productId')
    const changed = await lastChange(pool, ['variants'])
    await requireProduct(pool, productId)
    const { rows } = await pool.query<Variant>(`${SELECT_VARIANT} where product_id = $1 order by id`, [productId])
    return answerRead(c, { items: rows }, changed)
  })

  routes.post('/', async (c) => {
    const variant = await bodyOf(c, VARIANT)
    const productId = idIn(c, 'productId')
    return transaction(pool, async (client) => {
      await requireProduct(client, productId)
      const { rows } = await client.query<{ id: number }>(
        `insert into variants (product_id, sku, name, attributes, price_cents, on_hand)
         values ($1, $2, $3, $4, $5, $6) returning id`,
        [productId, variant.sku, variant.name, variant.attributes, variant.priceCents, variant.onHand],
      )
      const newId = rows[0]?.id
      return answerCreated(c, `/api/variants/${newId}`, await loadVariant(client, newId))
    })
  })

  return routes
}

/** One variant by its own id. */
export function variantRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/:id', async (c) => {
    const changed = await lastChange(pool, ['variants'])
    const variant = await loadVariant(pool, idIn(c))
    if (variant === undefined) throw notFound('variant')
    return answerRead(c, variant, changed)
  })

  routes.put('/:id', async (c) => {
    const variant = await bodyOf(c, VARIANT)
    const variantId = idIn(c)
    return transaction(pool, async (client) => {
      await checkPreconditions(c, client, await lockVariant(client, variantId), ['variants'])
      await client.query(
        'update variants set sku = $2, name = $3, attributes = $4, price_cents = $5, on_hand = $6 where id = $1',
        [variantId, variant.sku, variant.name, variant.attributes, variant.priceCents, variant.onHand],
      )
      return answerChanged(c, await loadVariant(client, variantId))
    })
  })

  routes.delete('/:id', async (c) => {
    const variantId = idIn(c)
    return transaction(pool, async (client) => {
      await checkPreconditions(c, client, await lockVariant(client, variantId), ['variants'])
      await client.query('delete from variants where id = $1', [variantId])
      return c.body(null, 204)
    })
  })

  return routes
}

async function loadVariant(db: Queryable, variantId: number | undefined): Promise<Variant | undefined> {
  return (await db.query<Variant>(`${SELECT_VARIANT} where id = $1`, [variantId])).rows[0]
}

async function lockVariant(db: Queryable, variantId: number | undefined): Promise<Variant> {
  const [variant] = (await db.query<Variant>(`${SELECT_VARIANT} where id = $1 for update`, [variantId])).rows
  if (variant === undefined) throw notFound('variant')
  return variant
}

async function requireProduct(db: Queryable, productId: number | undefined): Promise<void> {
  const { rowCount } = await db.query('select 1 from products where id = $1', [productId])
  if (rowCount === 0) throw notFound('product')
}
