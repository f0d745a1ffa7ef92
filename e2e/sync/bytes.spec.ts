import { expect, test } from '@playwright/test'
import { Pool } from 'pg'
import { diceOf } from '../../bench/dice.ts'
import { changedList, listOf, type ListRow } from '../../server/dictionaries/list.fixture.ts'
import { SyncClient } from '../../server/sync/client.fixture.ts'
import { validators } from '../../server/conditional.ts'
import { migration } from '../../server/sync/migration.ts'
import { sync } from '../../server/sync/sync.ts'
import { beginGeneration, cutLog } from '../../server/sync/upkeep.ts'
import { type CountedServer, serveCounted, type Sent } from './counted-server.ts'
import { type Postgres, startPostgres } from './postgres.ts'

const SEED = Number(process.env['SEED'])
const CHANGE_SETS = process.env['FULL'] === undefined ? 4 : 200
const YEARS = process.env['FULL'] === undefined ? 2 : 20
const ROWS = 10_000
/** Rows belong to departments, of ten rows each, and a user sees some of them. */
const OF_DEPARTMENT = 10

let postgres: Postgres
let pool: Pool
let server: CountedServer
/** The departments that the user may see. */
let seen: number[]
test.beforeAll(async () => {
  postgres = await startPostgres()
  pool = new Pool({ connectionString: postgres.url, max: 8 })
  await pool.query(
    `create table products (id integer primary key, name text, sku text, "categoryId" integer, "brandId" integer, price text,
       stock integer, shelf text, active boolean, department integer, updated_at timestamptz(3) not null default clock_timestamp())`,
  )
  await pool.query(migration([{ entity: 'products', table: 'products', scope: 'department' }]))
  const synced = sync<'ada'>({
    pool,
    principalOf: () => 'ada',
    entities: {
      products: {
        rows: () => ({ text: SEEN, values: [seen] }),
        scopes: () => seen.map(String),
      },
    },
  })
  const { read } = validators({ release: '1' })
  const ofList = (request: Request): Promise<Response> =>
    read(request, { version: '1', user: 'ada' }, () => Response.json([]))
  server = await serveCounted((request) =>
    new URL(request.url).pathname === '/api/products' ? ofList(request) : synced(request),
  )
})
test.afterAll(async () => {
  await server.stop()
  await pool.end()
  await postgres.remove()
})

const COLUMNS = 'id, name, sku, "categoryId", "brandId", price, stock, shelf, active, updated_at'
const SEEN = `select ${COLUMNS} from products where department = any($1::int[])`

/** Fills the table, some departments beyond what the user sees. */
async function fill(): Promise<ListRow[]> {
  const rows = listOf(ROWS + 100, diceOf(SEED))
  await pool.query('truncate products')
  await write(rows)
  seen = Array.from({ length: ROWS / OF_DEPARTMENT }, (_, at) => at)
  return rows
}

/** Writes rows, those that are there already included. */
async function write(rows: readonly ListRow[]): Promise<void> {
  await pool.query(
    `insert into products (id, name, sku, "categoryId", "brandId", price, stock, shelf, active, department)
     select r.id, r.name, r.sku, r."categoryId", r."brandId", r.price, r.stock, r.shelf, r.active, (r.id - 1) / ${OF_DEPARTMENT}
     from json_populate_recordset(null::products, $1) r
     on conflict (id) do update set price = excluded.price, stock = excluded.stock`,
    [JSON.stringify(rows)],
  )
}

/** Makes the table hold these rows, where it held those. */
async function change(from: readonly ListRow[], to: readonly ListRow[]): Promise<void> {
  const before = new Map(from.map((row) => [row.id, row]))
  const after = new Set(to.map(({ id }) => id))
  await pool.query('delete from products where id = any($1)', [[...before.keys()].filter((id) => !after.has(id))])
  await write(to.filter((row) => before.get(row.id) !== row))
}

/** A client over the network. */
const client = (): SyncClient =>
  new SyncClient((request) => {
    const { pathname, search } = new URL(request.url)
    return fetch(new Request(server.url + pathname + search, request))
  }, 'products')

/** The list that the user would get by `GET /api/products`, as JSON. */
async function list(): Promise<string> {
  const { rows } = await pool.query<object>(`${SEEN} order by id`, [seen])
  return JSON.stringify({ items: rows, total: rows.length })
}

const heldBy = ({ rows }: SyncClient): string => {
  const items = [...rows.values()].toSorted((one, other) => Number(one['id']) - Number(other['id']))
  return JSON.stringify({ items, total: items.length })
}

/** What has gone through the sockets since this was asked last, both ways. */
async function taken(requests: number): Promise<readonly Sent[]> {
  // The client may have an answer a little before the server has counted it.
  await expect.poll(() => server.sent.length).toBe(requests)
  return server.sent.splice(0)
}
const bothWays = (sent: readonly Sent[]): number =>
  sent.reduce((sum, { bytes, receivedBytes }) => sum + bytes + receivedBytes, 0)
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

test('what has changed costs about what it is, and nothing changed one small answer', async () => {
  const dice = diceOf(SEED)
  let rows = await fill()
  const ada = client()
  await ada.pull()
  server.sent.splice(0)
  const shares: { readonly changed: number; readonly ofJson: number }[] = []
  for (let at = 0; at < CHANGE_SETS; at++) {
    const part = at % 2 === 1 ? 0.01 : 10 ** (-3 + 2 * dice())
    const next = changedList(rows, Math.round(rows.length * part), dice)
    await change(rows, next)
    rows = next
    const before = ada.answers.length
    await ada.pull()
    const json = await list()
    expect(heldBy(ada)).toBe(json)
    shares.push({ changed: part, ofJson: bothWays(await taken(ada.answers.length - before)) / json.length })
  }
  await ada.pull()
  const [unchanged] = await taken(1)
  const list304 = await unchangedList()
  const goals = shares.filter(({ changed }) => changed === 0.01)
  const worst = Math.max(...goals.map(({ ofJson }) => ofJson))
  const dearest = Math.max(...shares.map(({ changed, ofJson }) => ofJson / changed))
  console.log(
    `seed ${SEED}: ${shares.length} change sets of ${ROWS} rows; 1 % changed: at most ${percent(worst)} of the JSON, without ` +
      `content coding, both ways, heads included; any: at most ${dearest.toFixed(2)} times the part that changed; nothing ` +
      `changed: one ${unchanged?.status} of ${unchanged?.bytes} bytes, where the list’s 304 has ${list304.bytes}, and a request ` +
      `of ${unchanged?.receivedBytes}`,
  )
  expect(worst).toBeLessThanOrEqual(0.02)
  expect([unchanged?.status, list304.status]).toEqual([304, 304])
  expect(unchanged?.bytes).toBeLessThanOrEqual(list304.bytes)
})

/** What the list itself costs where nothing has changed, by the kit's validators. */
async function unchangedList(): Promise<Sent> {
  const url = `${server.url}/api/products`
  const etag = (await fetch(url)).headers.get('etag') ?? ''
  await fetch(url, { headers: { 'if-none-match': etag } })
  const sent = (await taken(2)).at(-1)
  if (sent === undefined) throw new Error('the list was not asked for')
  return sent
}

test('back after a year: the log is gone, a backup was restored, rights have changed both ways', async () => {
  const dice = diceOf(SEED + 1)
  let rows = await fill()
  const figures: { readonly ofJson: number; readonly trips: number; readonly rows: number }[] = []
  for (let year = 0; year < YEARS; year++) {
    const ada = client()
    await ada.pull()
    const held = ada.rows.size
    // 1 % in all: 40 rows are changed, 30 may not be seen any more, and 30 others may.
    const next = changedList(rows, 40, dice)
    await change(rows, next)
    rows = next
    const hidden = Array.from({ length: (ROWS + 100) / OF_DEPARTMENT }, (_, at) => at).filter(
      (at) => !seen.includes(at),
    )
    const lost = seen.toSorted(() => dice() - 0.5).slice(0, 3)
    seen = [...seen.filter((at) => !lost.includes(at)), ...hidden.toSorted(() => dice() - 0.5).slice(0, 3)]
    await cutLog(pool, { days: 0 })
    await beginGeneration(pool)
    server.sent.splice(0)
    await expect(ada.step()).rejects.toThrow(/^410 /)
    const shown: number[] = [ada.rows.size]
    const watched = setInterval(() => shown.push(ada.rows.size), 1)
    const fetched = await ada.compare()
    clearInterval(watched)
    shown.push(ada.rows.size)
    const json = await list()
    expect(heldBy(ada)).toBe(json)
    expect(Math.min(...shown)).toBeGreaterThan(held * 0.97)
    const sent = await taken(3)
    figures.push({ ofJson: bothWays(sent) / json.length, trips: sent.length, rows: fetched })
    // From here on by changes again.
    expect(await ada.pull()).toMatchObject({
      hasMore: false,
      data: { products: { added: [], updated: [], deleted: [] } },
    })
  }
  const worst = Math.max(...figures.map(({ ofJson }) => ofJson))
  console.log(
    `seed ${SEED}: back after a year ${YEARS} times: at most ${percent(worst)} of the JSON, without content coding, both ways, ` +
      `heads included; ${Math.max(...figures.map(({ trips }) => trips))} round trips; ` +
      `${Math.max(...figures.map((each) => each.rows))} rows fetched at most`,
  )
  expect(worst).toBeLessThanOrEqual(0.05)
})
