import { type Context, Hono } from 'hono'
import type { Pool } from 'pg'
import { writePosition } from '../sync/position.ts'
import type { Queryable } from './database.ts'
import { answerRead, lastChange } from './representation.ts'
import type { ShopEnv } from './session.ts'

interface Activity {
  readonly id: number
  readonly userName: string
  /** Whether it is the caller's own. */
  readonly mine: boolean
  readonly deed: string
  readonly subject: string
  readonly path: string
  readonly createdAt: Date
}

/** What a user has done to what, and the page that shows it. */
export interface Deed {
  /** @example 'changed the product' */
  readonly deed: string
  readonly subject: string
  readonly path: string
}

/**
 * Ends each write that others should hear of: notes who did it, and tells the writer by `Freshlayer-Position` where the
 * change log stands then. Call it in the write's transaction.
 */
export async function noteWrite(c: Context<ShopEnv>, db: Queryable, { deed, subject, path }: Deed): Promise<void> {
  const userId = c.get('user').id
  await db.query('insert into activity (user_id, deed, subject, path) values ($1, $2, $3, $4)', [
    userId,
    deed,
    subject,
    path,
  ])
  c.header('Freshlayer-Position', await writePosition(db))
}

/** The newest changes of all users, for the bell. */
export function activityRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()
  routes.get('/', async (c) => {
    const changed = await lastChange(pool, ['activity', 'users'])
    const { rows } = await pool.query<Activity>(
      `select a.id, u.name as "userName", a.user_id = $1 as mine, a.deed, a.subject, a.path,
         a.created_at as "createdAt"
       from activity a join users u on u.id = a.user_id order by a.id desc limit 30`,
      [c.get('user').id],
    )
    return answerRead(c, { items: rows }, changed)
  })
  return routes
}
