import { expect, test } from '@playwright/test'
import { Client, Pool } from 'pg'
import { diceOf } from '../../bench/dice.ts'
import { SyncClient } from '../../server/sync/client.fixture.ts'
import { migration } from '../../server/sync/migration.ts'
import { sync } from '../../server/sync/sync.ts'
import { cutLog } from '../../server/sync/upkeep.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { write } from './writers.ts'

const isFull = process.env['FULL'] !== undefined
const COMMITS = isFull ? 50_000 : 3_000
const WRITERS = 16
const IDS = 2_000
const SEED = Number(process.env['SEED'])

let postgres: Postgres
let pool: Pool
test.beforeAll(async () => {
  postgres = await startPostgres()
  pool = new Pool({ connectionString: postgres.url, max: WRITERS + 8 })
  await pool.query('create table items (id integer primary key, name text not null, deleted_at timestamptz)')
  await pool.query(migration([{ entity: 'items', table: 'items' }]))
})
test.afterAll(async () => {
  await pool.end()
  await postgres.remove()
})

const ended: (() => Promise<void>)[] = []
test.afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

/** A transaction that writes nothing that the log notes, open until it is ended, or the test is. */
async function openTransaction(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('begin')
  await client.query('select pg_current_xact_id()')
  const end = (): Promise<void> => client.end()
  ended.push(end)
  return end
}

const ROWS = 'select id, name, updated_at from items where deleted_at is null'

/** The server's side of `/sync`, for the one entity of these tests. */
const syncOfItems = (options: { readonly pageSize?: number } = {}): ReturnType<typeof sync<string>> =>
  sync<string>({
    pool,
    principalOf: () => 'ada',
    entities: { items: { rows: () => ({ text: ROWS }) } },
    ...options,
  })

/** The usual way: what has changed since the newest row that was seen. It stands here to show that the test can fail. */
class NaiveClient {
  readonly rows = new Map<number, string>()
  #since = new Date(0)

  async pull(): Promise<void> {
    const { rows } = await pool.query<{ id: number; name: string; updated_at: Date }>(
      'select id, name, updated_at from items where updated_at >= $1',
      [this.#since],
    )
    for (const { id, name, updated_at: at } of rows) {
      this.rows.set(id, name)
      if (at > this.#since) this.#since = at
    }
  }
}

test('sixteen writers that commit out of order: each client ends as the table is', async () => {
  const handler = syncOfItems({ pageSize: 500 })
  const [steady, late, away, old] = [1, 2, 3, 4].map(() => new SyncClient(handler, 'items'))
  const naive = new NaiveClient()
  let written = 0
  let isOver = false
  const writers = Array.from({ length: WRITERS }, async (_, index) => {
    const dice = diceOf(SEED + index)
    const share = COMMITS / WRITERS
    for (let slice = 0; slice < 20; slice++) {
      const commits = await write(pool, dice, share / 20, IDS)
      written += commits
    }
  })
  const all = Promise.all(writers).finally(() => (isOver = true))
  const reached = (part: number): boolean => isOver || written >= COMMITS * part
  const while_ = async (isWanted: () => boolean, pull: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      if (isWanted()) await pull()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await Promise.all([
    all,
    while_(
      () => true,
      () => steady!.pull(),
    ),
    while_(
      () => true,
      () => naive.pull(),
    ),
    // Reads a single page at a time, so that it is always in the middle of something.
    while_(
      () => true,
      () => late!.step(),
    ),
    while_(
      () => !reached(0.3) || reached(0.8),
      () => away!.pull(),
    ),
    while_(
      () => !reached(0.3),
      () => old!.pull(),
    ),
  ])

  const { rows } = await pool.query<{ id: number; name: string }>(`${ROWS} order by id`)
  const expected: unknown = JSON.parse(JSON.stringify(rows))
  const held = ({ rows: kept }: SyncClient): unknown =>
    [...kept.values()].toSorted((one, other) => Number(one['id']) - Number(other['id']))
  for (const client of [steady!, late!, away!]) {
    expect(await client.pull()).toMatchObject({ behind: false, data: { items: { total: rows.length } } })
    expect(held(client)).toEqual(expected)
  }

  await cutLog(pool, { days: 0 })
  await expect(old!.step()).rejects.toThrow(/^410 .*retention/)
  const before = new Map(old!.rows)
  const fetched = await old!.compare()
  await old!.pull()
  expect(held(old!)).toEqual(expected)
  const differing = rows.filter(({ id, name }) => before.get(String(id))?.['name'] !== name).length
  expect(fetched).toBeLessThanOrEqual(rows.length)
  expect(fetched).toBeGreaterThanOrEqual(differing)

  await naive.pull()
  const wrong = rows.filter(({ id, name }) => naive.rows.get(id) !== name).length
  console.log(
    `seed ${SEED}: ${written} commits, ${rows.length} rows; steady in ${steady!.answers.length} answers, ` +
      `${steady!.answers.filter(({ behind }) => behind).length} of them behind; compare fetched ${fetched} rows; ` +
      `by updated_at >= since ${wrong} rows are wrong`,
  )
  expect(wrong).toBeGreaterThan(0)
})

test('a transaction that stays open holds nothing back for good', async () => {
  const handler = syncOfItems()
  const client = new SyncClient(handler, 'items')
  await client.pull()
  const end = await openTransaction()
  await pool.query(`insert into items (id, name) values (900001, 'meanwhile')`)
  const meanwhile = await client.pull()
  expect(meanwhile).toMatchObject({ behind: true, hasMore: false })
  expect(meanwhile.data['items']?.total).toBeUndefined()
  expect(client.rows.has('900001')).toBe(false)
  await end()
  expect(await client.pull()).toMatchObject({ behind: false })
  expect(client.rows.has('900001')).toBe(true)
})

test('a row that a client got ahead of its turn goes when it is deleted', async () => {
  const handler = syncOfItems()
  await pool.query(`insert into items (id, name) values (900010, 'first')`)
  const client = new SyncClient(handler, 'items')
  await client.pull()
  await pool.query('delete from items where id = 900010')
  // From here on, what is committed waits for its turn in the log, but rows are shown as they are.
  const end = await openTransaction()
  await pool.query(`insert into items (id, name) values (900010, 'again')`)
  await client.pull()
  expect(client.rows.get('900010')).toMatchObject({ name: 'again' })
  await pool.query('delete from items where id = 900010')
  await end()
  await client.pull()
  expect(client.rows.has('900010')).toBe(false)
})

test('a server that is killed has lost no commit that it confirmed, and the log goes on', async () => {
  const handler = syncOfItems()
  const client = new SyncClient(handler, 'items')
  await client.pull()
  await pool.query(`insert into items (id, name) values (900002, 'before the cut')`)
  pool.on('error', () => undefined)
  await postgres.kill()
  await postgres.start()
  await pool.query(`insert into items (id, name) values (900003, 'after it')`)
  await client.pull()
  expect([client.rows.has('900002'), client.rows.has('900003')]).toEqual([true, true])
})
