import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { noteWrite } from './activity.ts'
import { type Queryable, transaction } from './database.ts'
import { bodyOf, requiredText, text } from './input.ts'
import { answerChanged, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { ShopEnv } from './session.ts'

interface Settings {
  readonly shopName: string
  readonly currency: string
  readonly taxPercent: number
  readonly receiptFooter: string
  readonly updatedAt: Date
}

const SETTINGS = v.object({
  shopName: requiredText(80),
  currency: v.pipe(
    v.string('Must be text.'),
    v.regex(/^[A-Z]{3}$/, 'Must be a currency code of three letters, such as EUR.'),
  ),
  taxPercent: v.pipe(
    v.number('Must be a number.'),
    v.minValue(0, 'Must be 0 or more.'),
    v.maxValue(100, 'Must be 100 or less.'),
  ),
  receiptFooter: text(500),
})

/** What holds for the whole shop. */
export function settingsRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/', async (c) => {
    const changed = await lastChange(pool, ['settings'])
    return answerRead(c, await loadSettings(pool), changed)
  })

  routes.put('/', async (c) => {
    const { shopName, currency, taxPercent, receiptFooter } = await bodyOf(c, SETTINGS)
    return transaction(pool, async (client) => {
      await client.query('select 1 from settings where id = 1 for update')
      await checkPreconditions(c, client, await loadSettings(client), ['settings'])
      await client.query(
        'update settings set shop_name = $1, currency = $2, tax_percent = $3, receipt_footer = $4 where id = 1',
        [shopName, currency, taxPercent, receiptFooter],
      )
      await noteWrite(c, client, { deed: 'changed the settings of', subject: shopName, path: '/settings' })
      return answerChanged(c, await loadSettings(client))
    })
  })

  return routes
}

async function loadSettings(db: Queryable): Promise<Settings | undefined> {
  const { rows } = await db.query<Settings>(
    `select shop_name as "shopName", currency, tax_percent::float8 as "taxPercent", receipt_footer as "receiptFooter",
       updated_at as "updatedAt" from settings where id = 1`,
  )
  return rows[0]
}
