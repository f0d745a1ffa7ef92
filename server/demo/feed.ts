import type { Context } from 'hono'
import { nativeRequest } from '../adapters/handler.ts'
import { changeHub } from '../events/change-hub.ts'
import { type Events, events } from '../events/events.ts'
import { cutLog } from '../sync/upkeep.ts'
import { cutKeys } from '../writes/cut-keys.ts'
import type { Database } from './database.ts'
import type { ShopEnv } from './session.ts'

/** `/events`, and what keeps it going. */
export interface Feed {
  readonly events: Events
  close(): Promise<void>
}

const DAY_MS = 86_400_000
/** Clients sync before it is over, or compare. */
const LOG_DAYS = 30

/**
 * Tells clients what others have changed. Stock and sales are not told: each sale at each till would have all screens read
 * anew, so these poll.
 */
export function openFeed({ pool, listen }: Pick<Database, 'pool' | 'listen'>): Feed {
  const hub = changeHub({ pool, listen })
  const feed = events<number>({
    hub,
    principalOf: (request) => (nativeRequest(request) as Context<ShopEnv>).get('user').id,
    // The tags of the rules that a changed row ends. A product shows the names of its category, brand and unit.
    mayHear: (userId) => ({
      products: { tags: ['products', 'product:{id}'] },
      categories: { tags: ['categories', 'category:{id}'], updated: ['product-names'] },
      brands: { tags: ['brands', 'brand:{id}'], updated: ['product-names'] },
      units: { tags: ['units', 'unit:{id}'], updated: ['product-names'] },
      purchases: { tags: ['purchases', 'purchase:{id}'] },
      activity: { tags: ['activity'] },
      tasks: { tags: ['tasks'], scopes: [String(userId)] },
    }),
  })
  const cut = async (): Promise<void> => {
    await cutLog(pool, { days: LOG_DAYS })
    await cutKeys(pool)
  }
  const cutting = setInterval(() => void cut().catch(() => undefined), DAY_MS)
  cutting.unref()
  return {
    events: feed,
    close: async () => {
      clearInterval(cutting)
      await feed.close()
      await hub.close()
    },
  }
}
