import { Hono } from 'hono'
import type { Pool } from 'pg'
import * as v from 'valibot'
import { type Queryable, transaction } from './database.ts'
import { writePosition } from '../sync/position.ts'
import { bodyOf, idIn, requiredText } from './input.ts'
import { notFound } from './problem.ts'
import { answerChanged, answerRead, checkPreconditions, lastChange } from './representation.ts'
import type { ShopEnv } from './session.ts'

interface Task {
  readonly id: number
  readonly title: string
  readonly done: boolean
  /** A day, as `YYYY-MM-DD`. */
  readonly dueOn: string
}

type Preferences = v.InferOutput<typeof PREFERENCES>

const TASK_CHANGE = v.object({ done: v.boolean('Must be true or false.') })

const PREFERENCES = v.object({
  density: v.picklist(['comfortable', 'compact'], 'Must be "comfortable" or "compact".'),
  startPage: v.pipe(requiredText(200), v.startsWith('/', 'Must begin with "/".')),
})

/** What differs from user to user at the same URL. */
export function personalRoutes(pool: Pool): Hono<ShopEnv> {
  const routes = new Hono<ShopEnv>()

  routes.get('/tasks', async (c) => {
    const changed = await lastChange(pool, ['tasks'])
    const { rows } = await pool.query<Task>(`${SELECT_TASK} where user_id = $1 order by done, due_on, id`, [
      c.get('user').id,
    ])
    return answerRead(c, { items: rows }, changed)
  })

  routes.patch('/tasks/:id', async (c) => {
    const { done } = await bodyOf(c, TASK_CHANGE)
    const userId = c.get('user').id
    const taskId = idIn(c)
    return transaction(pool, async (client) => {
      const { rows } = await client.query<Task>(`${SELECT_TASK} where id = $1 and user_id = $2 for update`, [
        taskId,
        userId,
      ])
      const [task] = rows
      if (task === undefined) throw notFound('task')
      await checkPreconditions(c, client, task, ['tasks'])
      await client.query('update tasks set done = $2 where id = $1', [taskId, done])
      c.header('Freshlayer-Position', await writePosition(client))
      return answerChanged(c, { ...task, done })
    })
  })

  routes.get('/preferences', async (c) => {
    const changed = await lastChange(pool, ['preferences'])
    return answerRead(c, await loadPreferences(pool, c.get('user').id), changed)
  })

  routes.put('/preferences', async (c) => {
    const preferences = await bodyOf(c, PREFERENCES)
    const userId = c.get('user').id
    return transaction(pool, async (client) => {
      await client.query('select 1 from users where id = $1 for update', [userId])
      await checkPreconditions(c, client, await loadPreferences(client, userId), ['preferences'])
      await client.query(
        `insert into preferences (user_id, density, start_page) values ($1, $2, $3)
         on conflict (user_id) do update set density = excluded.density, start_page = excluded.start_page`,
        [userId, preferences.density, preferences.startPage],
      )
      return answerChanged(c, preferences)
    })
  })

  return routes
}

const SELECT_TASK = `select id, title, done, due_on::text as "dueOn" from tasks`

async function loadPreferences(db: Queryable, userId: number): Promise<Preferences> {
  const { rows } = await db.query<Preferences>(
    'select density, start_page as "startPage" from preferences where user_id = $1',
    [userId],
  )
  return rows[0] ?? { density: 'comfortable', startPage: '/' }
}
