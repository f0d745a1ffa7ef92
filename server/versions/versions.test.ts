import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { rowsVersion } from './versioned.ts'
import { versions } from './versions.ts'

let database: Database
let handler: (request: Request) => Promise<Response>
const sql = (text: string, values: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> =>
  database.pool.query(text, values)

beforeAll(async () => {
  database = await openMemoryDatabase()
  await sql('create table products (id integer primary key, owner text, modified_at timestamptz not null)')
  await sql('create table lists (id uuid primary key, owner text, last_used_at timestamptz)')
  await sql('create table counters (code text primary key, owner text, revision bigint not null)')
  const of = (table: string) => (user: string) => ({
    text: `select * from ${table} where owner = $1`,
    values: [user],
  })
  handler = versions<string>({
    pool: database.pool,
    principalOf: (request) => request.headers.get('x-user') ?? undefined,
    entities: {
      products: { rows: of('products'), column: 'modified_at' },
      lists: { rows: of('lists'), column: 'last_used_at', answer: 'items' },
      counters: { rows: of('counters'), id: 'code', column: 'revision' },
      prices: { embeddedIn: 'products' },
      entries: { embeddedIn: 'lists' },
      lost: { embeddedIn: 'nothing' },
      round: { embeddedIn: 'about' },
      about: { embeddedIn: 'round' },
    },
  })
})
afterAll(() => database.close())
beforeEach(async () => {
  await sql('truncate products, lists, counters')
  await sql(`insert into products values (1, 'ada', '2026-01-01T00:00:00Z'), (2, 'ada', '2026-01-02T00:00:00.123Z')`)
})

const ask = (query: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  handler(new Request(`http://shop.invalid/versions${query}`, { method, headers: { 'x-user': 'ada', ...headers } }))
const versionsOf = async (names: string, user = 'ada'): Promise<Record<string, unknown>> => {
  const response = await ask(`?entities=${names}`, { 'x-user': user })
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

describe('one version per entity', () => {
  test.each([
    ['comes', `insert into products values (3, 'ada', '2025-01-01')`],
    ['changes', `update products set modified_at = modified_at + interval '1 millisecond' where id = 1`],
    ['goes, and it was not the newest', 'delete from products where id = 1'],
    ['gets another id', 'update products set id = 9 where id = 1'],
    ['leaves what the caller may see', `update products set owner = 'grace' where id = 1`],
  ])('is another when a row %s', async (_, change) => {
    const before = await versionsOf('products')
    await sql(change)
    expect(await versionsOf('products')).not.toEqual(before)
  })

  test.each([
    ['another user’s row changes', `insert into products values (7, 'grace', '2026-01-01')`],
    ['the rows lie in another order', `update products set modified_at = modified_at where id = 1`],
    [
      'a row goes and comes back',
      `delete from products where id = 1; insert into products values (1, 'ada', '2026-01-01T00:00:00Z')`,
    ],
  ])('stays when %s', async (_, change) => {
    const before = await versionsOf('products')
    for (const statement of change.split(';')) await sql(statement)
    expect(await versionsOf('products')).toEqual(before)
  })

  test('is of any column, and of no rows too', async () => {
    const empty = await versionsOf('counters')
    expect(empty).toEqual({ counters: '0-0' })
    await sql(`insert into counters values ('a', 'ada', 1)`)
    const before = await versionsOf('counters')
    await sql(`update counters set revision = 2`)
    expect(await versionsOf('counters')).not.toEqual(before)
  })

  test('does not depend on the time zone of the session', async () => {
    const client = await database.pool.connect()
    try {
      const select = { text: 'select * from products' }
      await client.query(`set time zone 'UTC'`)
      const one = await rowsVersion(client, select, { column: 'modified_at' })
      await client.query(`set time zone 'Asia/Tokyo'`)
      expect(await rowsVersion(client, select, { column: 'modified_at' })).toBe(one)
    } finally {
      await client.query('reset time zone')
      client.release()
    }
  })

  test('two users with the same rows may have the same, and with others never have', async () => {
    expect(await versionsOf('products', 'grace')).not.toEqual(await versionsOf('products', 'ada'))
  })
})

test('a version per row has each id and when it was updated, as JSON has it', async () => {
  const id = '6f1b0f9e-32bb-4c35-9d6e-3a2b6f0c1d11'
  await sql(`insert into lists values ($1, 'ada', '2026-01-03T04:05:06.789Z'), (gen_random_uuid(), 'grace', now())`, [
    id,
  ])
  expect(await versionsOf('lists')).toEqual({ lists: [{ id, updatedAt: '2026-01-03T04:05:06.789Z' }] })
})

test('what is embedded has the version of its parent, and the form too', async () => {
  const found = await versionsOf('products,prices,entries')
  expect(found['prices']).toBe(found['products'])
  expect(found['entries']).toEqual([])
})

test('a caller who has the versions gets a 304, and another user never does by chance', async () => {
  const first = await ask('?entities=products')
  const etag = first.headers.get('etag') ?? ''
  const again = await ask('?entities=products', { 'if-none-match': etag })
  expect(again.status).toBe(304)
  expect(again.headers.get('etag')).toBe(etag)
  expect((await ask('?entities=products', { 'if-none-match': etag, 'x-user': 'grace' })).status).toBe(200)
  const head = await ask('?entities=products', {}, 'HEAD')
  expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, ''])
})

test('a personal answer is for no shared cache', async () => {
  const { headers } = await ask('?entities=products')
  expect(headers.get('cache-control')).toBe('private, no-cache')
  expect(headers.get('cdn-cache-control')).toBe('no-store')
})

test.each([
  ['nobody', '?entities=products', { 'x-user': '' }, 401],
  ['no entity', '', {}, 400],
  ['nothing but commas', '?entities=,,', {}, 400],
  ['an entity that is none', '?entities=products,orders', {}, 400],
  ['a name of every object', '?entities=constructor', {}, 400],
  ['versions that are others', '?entities=products', { 'if-match': '"x"' }, 412],
])('%s is a problem that no cache keeps', async (_, query, headers, status) => {
  const request = new Request(`http://shop.invalid/versions${query}`, { headers: { 'x-user': 'ada', ...headers } })
  if (status === 401) request.headers.delete('x-user')
  const response = await handler(request)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({ status, detail: expect.any(String) })
})

test('another method is 405', async () => {
  const response = await ask('?entities=products', {}, 'POST')
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test.each(['lost', 'round'])(
  'an entity that is embedded in none is the backend’s mistake, and said so: %s',
  async (name) => {
    await expect(ask(`?entities=${name}`)).rejects.toThrow(/which has no rows of its own/)
  },
)
