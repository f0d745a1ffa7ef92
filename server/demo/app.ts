import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { toHono } from '../adapters/hono.ts'
import { tokenKey } from './access-token.ts'
import { activityRoutes } from './activity.ts'
import { catalogueRoutes, catalogueSync } from './catalogue-rows.ts'
import type { Database } from './database.ts'
import type { Feed } from './feed.ts'
import { personalRoutes } from './personal.ts'
import { answerProblem, Problem } from './problem.ts'
import { productRoutes, tagRoutes } from './products.ts'
import { purchaseRoutes } from './purchases.ts'
import { reportRoutes } from './reports.ts'
import { saleRoutes } from './sales.ts'
import { requireSession, sessionOrNothing, sessionRoutes, type ShopEnv } from './session.ts'
import { settingsRoutes } from './settings.ts'
import { staticFiles } from './static.ts'
import { stockRoutes } from './stock.ts'
import { BRANDS, CATEGORIES, taxonomyRoutes, UNITS } from './taxonomy.ts'
import { tillRoutes } from './till.ts'
import { productVariantRoutes, variantRoutes } from './variants.ts'

const MAX_BODY_BYTES = 256 * 1024

/** What is served beside the API. */
interface Parts {
  /** The built app. Default: none. */
  readonly staticFolder?: string | undefined
  /** Default: there is no `/events`. */
  readonly feed?: Pick<Feed, 'events'>
}

/**
 * The shop's back office: the API under `/api`, the feed of changes, and the built app.
 *
 * @param database with its schema in place; its key for access tokens is read here, once.
 */
export async function createApp(database: Database, { staticFolder, feed }: Parts = {}): Promise<Hono> {
  const { pool, engine } = database
  const key = await tokenKey(pool)
  const app = new Hono()
  app.onError(answerProblem)
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuseSize })
  // On Node 20 the limit rebuilds even a request without a body, and fails at it.
  app.use('/api/*', (c, next) => (c.req.method === 'DELETE' ? next() : limit(c, next)))
  app.get('/api/health', (c) => c.json({ ok: true, database: engine }, 200, { 'Cache-Control': 'no-store' }))
  app.route('/api/session', sessionRoutes(pool, key))

  const shop = new Hono<ShopEnv>()
  shop.use(requireSession(pool, key))
  shop.route('/me', personalRoutes(pool))
  shop.route('/activity', activityRoutes(pool))
  shop.route('/catalogue', catalogueRoutes(pool))
  shop.all('/sync/*', catalogueSync(pool))
  shop.route('/products', productRoutes(pool))
  shop.route('/product-tags', tagRoutes(pool))
  shop.route('/products/:productId/variants', productVariantRoutes(pool))
  shop.route('/variants', variantRoutes(pool))
  shop.route('/categories', taxonomyRoutes(pool, CATEGORIES))
  shop.route('/brands', taxonomyRoutes(pool, BRANDS))
  shop.route('/units', taxonomyRoutes(pool, UNITS))
  shop.route('/stock', stockRoutes(pool))
  shop.route('/sales', saleRoutes(pool))
  shop.route('/purchases', purchaseRoutes(pool))
  shop.route('/settings', settingsRoutes(pool))
  shop.route('/reports', reportRoutes(pool))
  shop.route('/till', tillRoutes(pool))
  app.route('/api', shop)
  if (feed !== undefined) app.get('/events', sessionOrNothing(pool, key), toHono(feed.events))
  app.all('/api/*', refuseUnknown)
  app.all('/api', refuseUnknown)

  if (staticFolder !== undefined) app.get('*', staticFiles(staticFolder))
  return app
}

function refuseUnknown(): never {
  throw new Problem(404, 'The API has nothing at this address.')
}

function refuseSize(): never {
  throw new Problem(413, `A request may have ${MAX_BODY_BYTES / 1024} kB at most.`)
}
