import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { SyncClient } from './client.fixture.ts'
import { migration } from './migration.ts'
import { sync } from './sync.ts'

let database: Database
const sql = (text: string, values: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> =>
  database.pool.query(text, values)

beforeAll(async () => {
  database = await openMemoryDatabase()
  await sql('create table papers (id integer primary key, owner text, text text)')
  await sql('create table grants (id serial primary key, paper integer, who text)')
  await sql(migration([{ entity: 'papers', table: 'papers' }]))
  await sql(`create role app nologin`)
  await sql('grant usage on schema freshlayer to app; grant select on all tables in schema freshlayer, public to app')
  await sql(`alter table papers enable row level security`)
  await sql(`create policy own on papers to app using (owner = current_setting('app.user', true))`)
})
afterAll(() => database.close())
beforeEach(async () => {
  await sql('delete from papers')
  await sql('delete from grants')
})

const principalOf = (request: Request) => request.headers.get('x-user') ?? undefined

test('callers whose rows the database tells apart by the session get the numbers of their own rows', async () => {
  await sql(`insert into papers values (1, 'ada', 'a'), (2, 'ada', 'b'), (3, 'bob', 'c')`)
  const users = new AsyncLocalStorage<string>()
  const handler = sync({
    pool: {
      connect: async () => {
        const session = await database.pool.connect()
        await session.query('set role app')
        await session.query(`select set_config('app.user', $1, false)`, [users.getStore()])
        return {
          query: (text: string, values: readonly unknown[] = []) =>
            session.query<Record<string, unknown>>(text, [...values]),
          release: (destroy?: boolean) => void session.query('reset role').then(() => session.release(destroy)),
        }
      },
    },
    principalOf,
    entities: { papers: { rows: () => ({ text: 'select * from papers' }) } },
  })
  const as = (user: string) => new SyncClient((request) => users.run(user, () => handler(request)), 'papers', user)
  const [ada, bob] = [as('ada'), as('bob')]
  await ada.pull()
  await bob.pull()
  await sql(`update papers set text = 'd'`)
  await ada.pull()
  await bob.pull()
  expect([ada.rows.size, bob.rows.size]).toEqual([2, 1])
})

test('a caller who loads just after a change that is not in the log is in step', async () => {
  await sql(`insert into papers values (1, 'ada', 'a'), (2, 'ada', 'b'), (3, 'bob', 'c')`)
  await sql(`insert into grants (paper, who) values (1, 'eve')`)
  const handler = sync({
    pool: database.pool,
    principalOf,
    entities: {
      papers: {
        rows: (user: string) => ({
          text: 'select p.* from papers p join grants g on g.paper = p.id where g.who = $1',
          values: [user],
        }),
      },
    },
  })
  await new SyncClient(handler, 'papers', 'eve').pull()
  await sql(`insert into grants (paper, who) values (2, 'eve')`)
  const other = new SyncClient(handler, 'papers', 'eve')
  await other.pull()
  await other.pull()
  expect(other.rows.size).toBe(2)
})
