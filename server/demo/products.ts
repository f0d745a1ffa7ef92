import { type Context, Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { noteWrite } from './activity.ts'
import type { Queryable } from './database.ts'
import {
  bodyOf,
  cents,
  id,
  idIn,
  offsetOf,
  PAGING,
  queryInteger,
  queryOf,
  requiredText,
  searchPatterns,
  text,
} from './input.ts'
import { onceIn } from './once.ts'
import { notFound } from './problem.ts'
import { answerChanged, answerCreated, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { TableName } from './schema.ts'
import type { ShopEnv } from './session.ts'

interface Product {
  readonly id: number
  readonly sku: string
  readonly name: string
  readonly categoryId: number
  readonly brandId: number
  readonly unitId: number
  readonly priceCents: number
  readonly costCents: number
  readonly status: 'active' | 'archived'
  readonly description: string
  readonly tags: readonly string[]
  readonly variantCount: number
  readonly onHand: number
  readonly updatedAt: Date
}

interface ProductDetail extends Product {
  readonly category: { readonly id: number; readonly name: string }
  readonly brand: { readonly id: number; readonly name: string }
  readonly unit: { readonly id: number; readonly name: string; readonly symbol: string }
}

const STATUS = v.picklist(['active', 'archived'], 'Must be "active" or "archived".')

const PRODUCT_FIELDS = {
  sku: requiredText(40),
  name: requiredText(160),
  categoryId: id,
  brandId: id,
  unitId: id,
  priceCents: cents,
  costCents: cents,
}

/** In lower case, each once, in the order given. */
const TAGS = v.pipe(
  v.array(requiredText(30), 'Must be a list of texts.'),
  v.transform((tags) => [...new Set(tags.map((tag) => tag.toLowerCase()))]),
  v.maxLength(12, 'At most 12 tags.'),
)

const NEW_PRODUCT = v.object({
  ...PRODUCT_FIELDS,
  status: v.optional(STATUS, 'active'),
  description: v.optional(text(2000), ''),
  tags: v.optional(TAGS, []),
})
const WHOLE = v.object({ ...PRODUCT_FIELDS, status: STATUS, description: text(2000), tags: TAGS })
/** As a client sends it: one of before tags leaves them as they are. */
const PRODUCT = v.object({ ...WHOLE.entries, tags: v.optional(TAGS) })
const PRODUCT_CHANGE = v.partial(WHOLE)

const ORDERS = {
  name: 'lower(p.name), p.id',
  '-updated': 'p.updated_at desc, p.id desc',
  price: 'p.price_cents, p.id',
  '-price': 'p.price_cents desc, p.id desc',
}

const LIST_QUERY = v.object({
  ...PAGING,
  search: v.optional(text(200)),
  category: v.optional(queryInteger(1)),
  brand: v.optional(queryInteger(1)),
  status: v.optional(STATUS),
  tag: v.optional(text(30)),
  sort: v.optional(
    v.picklist(['name', '-updated', 'price', '-price'], 'Must be name, -updated, price or -price.'),
    'name',
  ),
})

const LIST_TABLES: readonly TableName[] = ['products', 'stock', 'variants']
const ITEM_TABLES: readonly TableName[] = [...LIST_TABLES, 'categories', 'brands', 'units']

const PRODUCT_COLUMNS = `p.id, p.sku, p.name, p.category_id as "categoryId", p.brand_id as "brandId",
  p.unit_id as "unitId", p.price_cents as "priceCents", p.cost_cents as "costCents", p.status, p.description, p.tags,
  (select count(*) from variants v where v.product_id = p.id) as "variantCount", s.on_hand as "onHand",
  p.updated_at as "updatedAt"`

/** The catalogue: a searched and paged list, and one product with the names of what it refers to. */
export function productRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()
  const once = onceIn(pool)

  routes.get('/', async (c) => {
    const query = queryOf(c, LIST_QUERY)
    const { where, values } = conditionsOf(query)
    const changed = await lastChange(pool, LIST_TABLES)
    const totals = await pool.query<{ total: number }>(`select count(*) as total from products p ${where}`, values)
    const { rows } = await pool.query<Product>(
      // The page is cut before anything is counted, so that the rows skipped cost nothing.
      `select ${PRODUCT_COLUMNS} from (
         select * from products p ${where} order by ${ORDERS[query.sort]}
         limit ${query.pageSize} offset ${offsetOf(query)}
       ) p join stock s on s.product_id = p.id order by ${ORDERS[query.sort]}`,
      values,
    )
    const total = totals.rows[0]?.total ?? 0
    return answerRead(c, { items: rows, total, page: query.page, pageSize: query.pageSize }, changed)
  })

  routes.post(
    '/',
    once(async (c, client) => {
      const product = await bodyOf(c, NEW_PRODUCT)
      const { rows } = await client.query<{ id: number }>(
        `insert into products (sku, name, category_id, brand_id, unit_id, price_cents, cost_cents, status, description,
           tags)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
        valuesOf(product),
      )
      const newId = rows[0]?.id
      await client.query('insert into stock (product_id) values ($1)', [newId])
      await noteWrite(c, client, { deed: 'added the product', subject: product.name, path: `/products/${newId}` })
      return answerCreated(c, `/api/products/${newId}`, await loadProduct(client, newId))
    }),
  )

  routes.get('/:id', async (c) => {
    const changed = await lastChange(pool, ITEM_TABLES)
    const product = await loadProduct(pool, idIn(c))
    if (product === undefined) throw notFound('product')
    return answerRead(c, product, changed)
  })

  routes.put(
    '/:id',
    once(async (c, client) => answerChanged(c, await changeProduct(c, client, idIn(c), await bodyOf(c, PRODUCT)))),
  )

  routes.patch(
    '/:id',
    once(async (c, client) =>
      answerChanged(c, await changeProduct(c, client, idIn(c), await bodyOf(c, PRODUCT_CHANGE))),
    ),
  )

  routes.delete(
    '/:id',
    once(async (c, client) => {
      const productId = idIn(c)
      const product = await lockProduct(client, productId)
      await checkPreconditions(c, client, product, ITEM_TABLES)
      await client.query('delete from products where id = $1', [productId])
      await noteWrite(c, client, { deed: 'deleted the product', subject: product.name, path: '/products' })
      return c.body(null, 204)
    }),
  )

  return routes
}

/** The tags in use, the commonest first: what a form suggests. */
export function tagRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()
  routes.get('/', async (c) => {
    const changed = await lastChange(pool, ['products'])
    const { rows } = await pool.query<{ name: string; productCount: number }>(
      `select tag as name, count(*) as "productCount" from products, unnest(tags) tag
       group by tag order by count(*) desc, tag limit 200`,
    )
    return answerRead(c, { items: rows, total: rows.length }, changed)
  })
  return routes
}

type ProductInput = v.InferOutput<typeof WHOLE>

const valuesOf = (product: ProductInput): unknown[] => [
  product.sku,
  product.name,
  product.categoryId,
  product.brandId,
  product.unitId,
  product.priceCents,
  product.costCents,
  product.status,
  product.description,
  product.tags,
]

async function changeProduct(
  c: Context<ShopEnv>,
  client: Queryable,
  productId: number | undefined,
  change: { readonly [Name in keyof ProductInput]?: ProductInput[Name] | undefined },
): Promise<ProductDetail | undefined> {
  const current = await lockProduct(client, productId)
  await checkPreconditions(c, client, current, ITEM_TABLES)
  const changed = v.parse(WHOLE, { ...current, ...withoutAbsent(change) })
  await client.query(
    `update products set sku = $1, name = $2, category_id = $3, brand_id = $4, unit_id = $5, price_cents = $6,
       cost_cents = $7, status = $8, description = $9, tags = $10 where id = $11`,
    [...valuesOf(changed), productId],
  )
  await noteWrite(c, client, { deed: 'changed the product', subject: changed.name, path: `/products/${productId}` })
  return loadProduct(client, productId)
}

/** An absent member leaves what is there. */
const withoutAbsent = (change: object): object =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))

async function loadProduct(db: Queryable, productId: number | undefined): Promise<ProductDetail | undefined> {
  const { rows } = await db.query<ProductDetail>(
    `select ${PRODUCT_COLUMNS},
       json_build_object('id', c.id, 'name', c.name) as category,
       json_build_object('id', b.id, 'name', b.name) as brand,
       json_build_object('id', u.id, 'name', u.name, 'symbol', u.symbol) as unit
     from products p
       join stock s on s.product_id = p.id
       join categories c on c.id = p.category_id
       join brands b on b.id = p.brand_id
       join units u on u.id = p.unit_id
     where p.id = $1`,
    [productId],
  )
  return rows[0]
}

async function lockProduct(db: Queryable, productId: number | undefined): Promise<ProductDetail> {
  await db.query('select 1 from products where id = $1 for update', [productId])
  const product = await loadProduct(db, productId)
  if (product === undefined) throw notFound('product')
  return product
}

function conditionsOf(query: v.InferOutput<typeof LIST_QUERY>): { where: string; values: unknown[] } {
  const conditions: string[] = []
  const values: unknown[] = []
  const add = (condition: (placeholder: string) => string, value: unknown): void => {
    values.push(value)
    conditions.push(condition(`$${values.length}`))
  }
  for (const pattern of searchPatterns(query.search)) {
    add((placeholder) => `p.search_text like ${placeholder}`, pattern)
  }
  if (query.category !== undefined) add((placeholder) => `p.category_id = ${placeholder}`, query.category)
  if (query.brand !== undefined) add((placeholder) => `p.brand_id = ${placeholder}`, query.brand)
  if (query.status !== undefined) add((placeholder) => `p.status = ${placeholder}`, query.status)
  if (query.tag !== undefined) add((placeholder) => `${placeholder} = any(p.tags)`, query.tag)
  return { where: conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`, values }
}
