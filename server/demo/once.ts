import type { Context } from 'hono'
import type { Pool, PoolClient } from 'pg'
import { toHono } from '../adapters/hono.ts'
import { nativeRequest } from '../adapters/handler.ts'
import { idempotency } from '../writes/idempotency.ts'
import type { ShopEnv } from './session.ts'

/** A route whose work is one transaction. */
type Work = (c: Context<ShopEnv>, client: PoolClient) => Promise<Response>

/** Routes of writes that may be sent again: with an `Idempotency-Key` they are done once for each user and key. */
export function onceIn(pool: Pool): (work: Work) => (c: Context<ShopEnv>) => Promise<Response> {
  const contextOf = (request: Request): Context<ShopEnv> => nativeRequest(request) as Context<ShopEnv>
  const once = idempotency<number, PoolClient>({
    pool,
    principalOf: (request) => contextOf(request).get('user').id,
    ownerOf: String,
  })
  return (work) =>
    toHono(
      once((request, { client }) => {
        const c = contextOf(request)
        // The body has been read for the fingerprint, and the work may run again.
        c.req.raw = request
        c.req.bodyCache = {}
        return work(c, client)
      }),
    )
}
