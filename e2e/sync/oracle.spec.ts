import { expect, test } from '@playwright/test'
import { Client, Pool } from 'pg'
import { diceOf } from '../../bench/dice.ts'
import { SyncClient } from '../../server/sync/client.fixture.ts'
import { migration } from '../../server/sync/migration.ts'
import { sync } from '../../server/sync/sync.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { type Dice, writeTasks } from './tasks.ts'

const SEED = Number(process.env['SEED'])
const isFull = process.env['FULL'] !== undefined
const SCOPES = isFull ? 100 : 10
const BATCHES = isFull ? 10 : 5
const TRANSACTIONS = isFull ? 200 : 60

/** What a user may see: tasks of some tenants, and of one kind or of all. */
interface Scope {
  readonly tenants: readonly number[]
  readonly kind: string | undefined
}

const TENANTS = Array.from({ length: 12 }, (_, at) => at + 1)

function randomScope(dice: Dice): Scope {
  const share = dice()
  return {
    tenants: TENANTS.filter(() => dice() < share),
    kind: dice() < 0.3 ? (dice() < 0.5 ? 'a' : 'b') : undefined,
  }
}

/** One user, what they may see now, and their client. */
interface User {
  readonly name: string
  scope: Scope
  client: SyncClient
}

let postgres: Postgres
let pool: Pool
const open = (): Pool => {
  const opened = new Pool({ connectionString: postgres.url, max: 12 })
  // The connections of a server that was killed.
  opened.on('error', () => undefined)
  return opened
}
test.beforeAll(async () => {
  postgres = await startPostgres()
  pool = open()
  await pool.query(
    'create table tasks (id integer primary key, tenant integer not null, kind text not null, title text not null, deleted_at timestamptz)',
  )
  await pool.query(migration([{ entity: 'tasks', table: 'tasks', scope: 'tenant' }]))
})
test.afterAll(async () => {
  await pool.end()
  await postgres.remove()
})

const SEEN =
  'select id, tenant, kind, title, updated_at from tasks where tenant = any($1::int[]) and ($2::text is null or kind = $2) and deleted_at is null'
const valuesOf = ({ tenants, kind }: Scope): unknown[] => [tenants, kind ?? null]

test('what a client holds is what SQL says, whatever happened in between', async () => {
  const dice = diceOf(SEED)
  const users = new Map<string, User>()
  // Each restart makes a new one, as a new process of the backend does.
  const handlerOf = (): ((request: Request) => Promise<Response>) =>
    sync<User>({
      pool,
      pageSize: 50,
      principalOf: (request) => users.get(request.headers.get('x-user') ?? ''),
      entities: {
        tasks: {
          rows: ({ scope }) => ({ text: SEEN, values: valuesOf(scope) }),
          scopes: ({ scope }) => scope.tenants.map(String),
        },
      },
    })
  let handler = handlerOf()
  const asked = (request: Request): Promise<Response> => handler(request)
  for (let at = 0; at < SCOPES; at++) {
    const name = `user-${at}`
    users.set(name, { name, scope: randomScope(dice), client: new SyncClient(asked, 'tasks', name) })
  }
  const figures = { checks: 0, pages: 0, anew: 0, changed: 0, compared: 0, rows: 0 }
  for (let batch = 0; batch < BATCHES; batch++) {
    // Some sync in the midst of it, and some only at its end.
    const during = [...users.values()].filter(() => batch > 0 && dice() < 0.3)
    await Promise.all([
      writeTasks(pool, diceOf(SEED + batch), TRANSACTIONS, TENANTS),
      ...during.map(({ client }) => client.pull()),
    ])
    await restart(batch)
    handler = handlerOf()
    for (const user of users.values()) {
      const before = user.scope
      const draw = dice()
      if (draw < 0.15) {
        user.client = new SyncClient(asked, 'tasks', user.name)
        figures.anew++
      } else if (draw < 0.25) {
        user.scope = randomScope(dice)
      }
      const isOther = JSON.stringify(user.scope) !== JSON.stringify(before) && user.client.cursor !== null
      if (isOther) {
        // The one case in which the protocol asks for more than what has changed.
        await expect(user.client.step()).rejects.toThrow(/^410 .*"scope"/)
        figures.compared += await user.client.compare()
        figures.changed++
      }
      const answers = user.client.answers.length
      // Whatever else is not answered with changes alone throws here.
      const isNew = user.client.cursor === null
      const last = await user.client.pull()
      expect(last).toMatchObject({ behind: false, hasMore: false })
      figures.pages += user.client.answers.length - answers
      const { rows } = await pool.query<Record<string, unknown>>(`${SEEN} order by id`, valuesOf(user.scope))
      const held = [...user.client.rows.values()].toSorted((one, other) => Number(one['id']) - Number(other['id']))
      expect(held, `batch ${batch}, ${user.name}${isNew ? ', anew' : ''}`).toEqual(JSON.parse(JSON.stringify(rows)))
      figures.checks++
      figures.rows += rows.length
    }
  }
  console.log(
    `seed ${SEED}: ${figures.checks} comparisons with SQL over ${figures.rows} rows, ${figures.pages} answers of /sync; ` +
      `${figures.anew} clients made anew, ${figures.changed} scopes changed (${figures.compared} rows fetched by compare), no other resync`,
  )
})

/** Ends the database and starts it again: by turns as an operator does, and as a power cut in the midst of a transaction. */
async function restart(batch: number): Promise<void> {
  const interrupted = new Client({ connectionString: postgres.url })
  interrupted.on('error', () => undefined)
  await interrupted.connect()
  await interrupted.query('begin')
  await interrupted.query(
    `insert into tasks (id, tenant, kind, title) values (${1_000_000 + batch}, 1, 'a', 'never committed')`,
  )
  if (batch % 2 === 0) await postgres.kill()
  else await postgres.stop()
  await interrupted.end().catch(() => undefined)
  await pool.end()
  await postgres.start()
  pool = open()
}
