import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bucketSums, collectionDigest, heldTag } from '../../sw/core/digest.ts'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import type { SyncAnswer } from './changes-since.ts'
import { SyncClient } from './client.fixture.ts'
import { formatCursor, parseCursor } from './cursor.ts'
import type { SessionPool } from './database.ts'
import { migration, undoing } from './migration.ts'
import { sync } from './sync.ts'
import { beginGeneration, cutLog } from './upkeep.ts'

const LOGGED = [
  { entity: 'products', table: 'products' },
  { entity: 'notes', table: 'notes', scope: 'owner' },
  { entity: 'lines', table: 'lines', scopeFunction: 'owner_of_line' },
]

let database: Database
let handler: (request: Request) => Promise<Response>
const sql = (text: string, values: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> =>
  database.pool.query(text, values)

beforeAll(async () => {
  database = await openMemoryDatabase()
  await sql(
    'create table products (id integer primary key, name text not null, deleted_at timestamptz, label text generated always as (upper(name)) stored)',
  )
  await sql('create table notes (id uuid primary key default gen_random_uuid(), owner text, text text)')
  await sql('create table lines (id integer primary key, note uuid, text text)')
  await sql(`create function owner_of_line(line jsonb) returns text language sql stable as
    $$ select owner from public.notes where id = (line ->> 'note')::uuid $$`)
  // Twice is as once.
  await sql(migration(LOGGED))
  await sql(migration(LOGGED))
  handler = sync<string>({
    pool: database.pool,
    pageSize: 10,
    principalOf: (request) => request.headers.get('x-user') ?? undefined,
    entities: {
      products: {
        rows: () => ({ text: 'select id, name, updated_at from products where deleted_at is null' }),
        recent: 'updated_at',
      },
      notes: {
        rows: (user) => ({ text: 'select * from notes where owner = $1', values: [user] }),
        scopes: (user) => [user],
      },
      lines: {
        rows: (user) => ({
          text: 'select l.* from lines l join notes n on n.id = l.note where n.owner = $1',
          values: [user],
        }),
        scopes: (user) => [user],
      },
    },
  })
})
afterAll(() => database.close())
beforeEach(async () => {
  await sql('delete from products')
  await sql('delete from notes')
})

const fill = (count: number): Promise<unknown> =>
  sql(`insert into products (id, name) select n, 'product ' || n from generate_series(1, $1::int) n`, [count])

/** What a client has to hold, as JSON has it. */
async function expected(): Promise<unknown> {
  const { rows } = await sql('select id, name, updated_at from products where deleted_at is null order by id')
  return JSON.parse(JSON.stringify(rows))
}
const held = (client: SyncClient): unknown =>
  [...client.rows.values()].toSorted((one, other) => Number(one['id']) - Number(other['id']))

describe('a client of /sync', () => {
  test('loads all in pages, the most recent first, and has a total and a digest at the end', async () => {
    await fill(25)
    await sql(`update products set name = 'newest' where id = 7`)
    const client = new SyncClient(handler, 'products')
    const last = await client.pull()
    expect(client.answers.map(({ data }) => data['products']?.added.length)).toEqual([10, 10, 5])
    expect(client.answers[0]?.data['products']?.added[0]).toMatchObject({ id: 7, name: 'newest' })
    expect(client.answers.map(({ hasMore }) => hasMore)).toEqual([true, true, false])
    expect(last.data['products']).toMatchObject({ total: 25, digest: expect.any(Number) })
    expect(held(client)).toEqual(await expected())
  })

  test('then gets what has changed, in the list where it belongs', async () => {
    await fill(3)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    await sql(`insert into products (id, name) values (4, 'new')`)
    await sql(`update products set name = 'other' where id = 1`)
    await sql('delete from products where id = 2')
    await sql('update products set deleted_at = now() where id = 3')
    const { data } = await client.pull()
    expect(data['products']).toMatchObject({
      added: [{ id: 4, name: 'new' }],
      updated: [{ id: 1, name: 'other' }],
      deleted: ['2', '3'],
      total: 2,
    })
    expect((await client.pull()).data['products']).toMatchObject({ added: [], updated: [], deleted: [] })
    // A soft deletion is taken back.
    await sql('update products set deleted_at = null where id = 3')
    expect((await client.pull()).data['products']?.updated).toMatchObject([{ id: 3 }])
    expect(held(client)).toEqual(await expected())
  })

  test.each([
    [
      'came and went',
      [`insert into products (id, name) values (9, 'a')`, 'delete from products where id = 9'],
      { deleted: ['9'] },
    ],
    [
      'came and changed',
      [`insert into products (id, name) values (9, 'a')`, `update products set name = 'b' where id = 9`],
      { added: [{ id: 9, name: 'b' }] },
    ],
    [
      'went and came',
      ['delete from products where id = 1', `insert into products (id, name) values (1, 'again')`],
      { updated: [{ id: 1, name: 'again' }] },
    ],
    ['got another id', ['update products set id = 8 where id = 1'], { added: [{ id: 8 }], deleted: ['1'] }],
    ['was updated to the same', [`update products set name = name`], {}],
    [
      'was upserted',
      [
        `insert into products (id, name) values (1, 'up'), (5, 'new') on conflict (id) do update set name = excluded.name`,
      ],
      { added: [{ id: 5 }], updated: [{ id: 1, name: 'up' }] },
    ],
    ['was truncated', ['truncate products'], { deleted: ['1', '2'] }],
  ])('a row that %s stands in the answer as it has to', async (_, changes, lists) => {
    await fill(2)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    for (const change of changes) await sql(change)
    const { data } = await client.pull()
    const { added, updated, deleted } = data['products'] ?? {}
    expect({ added, updated, deleted }).toMatchObject({ added: [], updated: [], deleted: [], ...lists })
    expect(held(client)).toEqual(await expected())
  })

  test('gets a change that is made while it loads', async () => {
    await fill(25)
    const client = new SyncClient(handler, 'products')
    await client.step()
    await sql(`update products set name = 'moved' where id = 1`)
    await sql('delete from products where id in (2, 24)')
    await sql(`insert into products (id, name) values (26, 'new')`)
    await client.pull()
    await client.pull()
    expect(held(client)).toEqual(await expected())
  })

  test('is told of many changes in pages, and each cursor is a place to go on from', async () => {
    await fill(40)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    await sql(`update products set name = 'all'`)
    const first = await client.step()
    expect(first).toMatchObject({ hasMore: true, data: { products: { updated: { length: 10 } } } })
    const other = new SyncClient(handler, 'products')
    for (const [id, row] of client.rows) other.rows.set(id, row)
    other.cursor = client.cursor
    await Promise.all([client.pull(), other.pull()])
    expect(held(client)).toEqual(await expected())
    expect(held(other)).toEqual(await expected())
  })

  test('gets all pages of a transaction whose numbers in the log grow by a digit', async () => {
    const client = new SyncClient(handler, 'products')
    await client.pull()
    await sql('alter table freshlayer.changes alter column id restart with 99985')
    await fill(30)
    await client.pull()
    expect(held(client)).toEqual(await expected())
  })

  test('a version never goes back, whatever the clock or a writer says', async () => {
    await fill(1)
    const before = (await sql('select updated_at from products')).rows[0]?.['updated_at'] as Date
    await sql(`update products set updated_at = '2100-01-01'`)
    const after = (await sql('select updated_at from products')).rows[0]?.['updated_at'] as Date
    expect(after.getTime()).toBeGreaterThan(before.getTime())
  })
})

test.each([
  ['integer', ['1', '2'], ['', 'a', '1.5', '-1', '99999999999', '999999999999999999999', "1' or true"]],
  ['smallint', ['1', '2'], ['40000']],
  ['bigint', ['-9223372036854775808', '9223372036854775807'], ['x', '9223372036854775808']],
  ['uuid', ['00000000-0000-4000-8000-000000000001'], ['00000000', 'x']],
  ['text', ['a', "it's", '{"}', ''], ['A']],
  ['varchar(20)', ['a', 'b'], ['c']],
  ['numeric', ['1', '1.50'], ['x']],
  ['timestamptz', ['2026-01-01 00:00:00+00'], ['x']],
])('rows with ids of the type %s are found by them, and other texts find none', async (type, ids, others) => {
  await sql(`create table typed (id ${type} primary key, updated_at timestamptz default now())`)
  try {
    for (const id of ids) await sql('insert into typed (id) values ($1)', [id])
    const { rows } = await sql('select id::text as id from typed order by typed.id')
    const typed = sync({
      pool: database.pool,
      principalOf: () => 'ada',
      entities: { typed: { rows: () => ({ text: 'select t.*, id::text as shown from typed t' }) } },
    })
    const asked = { entity: 'typed', ids: [...rows.map(({ id }) => id), ...others] }
    for (let time = 0; time < 2; time++) {
      const response = await typed(
        new Request('http://shop.invalid/sync/rows', { method: 'POST', body: JSON.stringify(asked) }),
      )
      expect(response.status).toBe(200)
      const found = (await response.json()) as { rows: { shown: string }[] }
      expect(found.rows.map(({ shown }) => shown).toSorted()).toEqual(rows.map(({ id }) => String(id)).toSorted())
    }
  } finally {
    await sql('drop table typed')
  }
})

test('changes are counted once for all callers who see the same', async () => {
  let counts = 0
  const pool: SessionPool = {
    connect: async () => {
      const session = await database.pool.connect()
      return {
        query: (text, values = []) => {
          // All rows, with no condition of the layer's own.
          if (text.startsWith('select t.* from (select * from products) t') && !text.includes('where')) counts++
          return session.query<Record<string, unknown>>(text, [...values])
        },
        release: (destroy) => session.release(destroy),
      }
    },
  }
  const counting = sync({
    pool,
    principalOf: () => 'ada',
    entities: { products: { rows: () => ({ text: 'select * from products' }) } },
  })
  await fill(20)
  const clients = Array.from({ length: 30 }, () => new SyncClient(counting, 'products'))
  for (const client of clients) await client.pull()
  expect(counts).toBe(1)
  await sql(`update products set name = 'other' where id = 3`)
  for (const client of clients) await client.pull()
  expect(counts).toBe(2)
  for (const client of clients) expect(client.rows.get('3')).toMatchObject({ name: 'other' })
})

describe('the scope of a caller', () => {
  const note = (owner: string): Promise<unknown> => sql('insert into notes (owner, text) values ($1, $1)', [owner])

  test('no caller gets another’s rows, nor their ids', async () => {
    const [ada, grace] = [new SyncClient(handler, 'notes', 'ada'), new SyncClient(handler, 'notes', 'grace')]
    await note('ada')
    await Promise.all([ada.pull(), grace.pull()])
    await note('grace')
    await sql(`update notes set text = 'changed'`)
    await sql(`delete from notes where owner = 'ada'`)
    await Promise.all([ada.pull(), grace.pull()])
    expect(JSON.stringify(ada.answers)).not.toContain('grace')
    expect(JSON.stringify(grace.answers)).not.toContain('ada')
    expect([ada.rows.size, grace.rows.size]).toEqual([0, 1])
    const ids = grace.answers.flatMap(({ data }) => data['notes']?.deleted)
    expect(ids).toEqual([])
  })

  test('a function of the database may say whose a row is', async () => {
    await note('ada')
    await sql(`insert into lines select 1, id, 'first' from notes`)
    const [ada, grace] = [new SyncClient(handler, 'lines', 'ada'), new SyncClient(handler, 'lines', 'grace')]
    await Promise.all([ada.pull(), grace.pull()])
    await sql(`update lines set text = 'changed'`)
    expect((await ada.pull()).data['lines']).toMatchObject({ updated: [{ id: 1, text: 'changed' }] })
    await sql('delete from lines')
    expect((await ada.pull()).data['lines']).toMatchObject({ deleted: ['1'] })
    expect((await grace.pull()).data['lines']).toMatchObject({ added: [], updated: [], deleted: [], total: 0 })
  })

  test('a row that gets another owner is deleted for the one, and added for the other', async () => {
    const [ada, grace] = [new SyncClient(handler, 'notes', 'ada'), new SyncClient(handler, 'notes', 'grace')]
    await note('ada')
    await Promise.all([ada.pull(), grace.pull()])
    await sql(`update notes set owner = 'grace'`)
    const [one, other] = await Promise.all([ada.pull(), grace.pull()])
    expect(one.data['notes']).toMatchObject({ added: [], updated: [], deleted: [expect.any(String)] })
    expect(other.data['notes']).toMatchObject({ added: [{ owner: 'grace' }], updated: [], deleted: [] })
  })

  test('a cursor of another caller is 410, and never a table of theirs', async () => {
    const ada = new SyncClient(handler, 'notes', 'ada')
    await ada.pull()
    const grace = new SyncClient(handler, 'notes', 'grace')
    grace.cursor = ada.cursor
    await expect(grace.step()).rejects.toThrow(/^410 .*"reason":"scope"/)
  })

  test('a caller who is nobody gets 401', async () => {
    const response = await handler(new Request('http://shop.invalid/sync?entities=products'))
    expect(response.status).toBe(401)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})

describe('a cursor that is of no use', () => {
  test('older than the log: 410, a time to wait, and compare fetches only what differs', async () => {
    await fill(500)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    await sql(`update products set name = 'other' where id <= 5`)
    await sql('delete from products where id = 6')
    await sql(`insert into products (id, name) values (501, 'new')`)
    expect(await cutLog(database.pool, { days: 0 })).toBeGreaterThan(0)
    const query = `/sync?entities=products&since=${client.cursor}`
    const response = await client.ask(query)
    expect(response.status).toBe(410)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await response.json()).toMatchObject({ status: 410, reason: 'retention' })
    expect(await client.compare()).toBe(6)
    expect(held(client)).toEqual(await expected())
    await sql(`update products set name = 'after' where id = 1`)
    await client.pull()
    expect(held(client)).toEqual(await expected())
  })

  test('a log that keeps nothing is cut whole, also of what was noted in the same millisecond', async () => {
    await cutLog(database.pool, { days: 0 })
    const cut: number[] = []
    for (let id = 1; id <= 200; id++) {
      await sql(`insert into products (id, name) values (${id}, 'a')`)
      cut.push(await cutLog(database.pool, { days: 0 }))
    }
    expect(cut).toEqual(cut.map(() => 1))
  })

  test('a client without news keeps a young cursor while the log is cut', async () => {
    await fill(1)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    const { cursor } = client
    await note()
    await client.pull()
    expect(client.cursor).toBe(cursor)
    await sql(`update freshlayer.changes set noted_at = noted_at - interval '61 minutes'`)
    await client.pull()
    expect(client.cursor).not.toBe(cursor)
    expect(await cutLog(database.pool, { days: 1 / 24 })).toBeGreaterThan(0)
    await expect(client.pull()).resolves.toMatchObject({ hasMore: false })
  })

  test('a client without news gets another cursor when very many transactions have been made', async () => {
    await fill(1)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    const { cursor } = client
    await sql('do $$ begin for each in 1..10001 loop perform pg_current_xact_id(); commit; end loop; end $$')
    await client.pull()
    expect(client.cursor).not.toBe(cursor)
  })
  const note = (): Promise<unknown> => sql(`insert into notes (owner) values ('grace')`)

  test('of another generation: 410, and compare finds nothing to fetch where nothing differs', async () => {
    await fill(20)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    await beginGeneration(database.pool)
    await expect(client.step()).rejects.toThrow(/^410 .*"reason":"generation"/)
    expect(await client.compare()).toBe(0)
    await client.pull()
    expect(held(client)).toEqual(await expected())
  })

  test.each([['1'], ['2026-01-01', 'abc'], ['2026-01-01', '9'.repeat(30)], ['\u0000', '1'], ['never', '1']])(
    'a place that is none, as %j, is 400, and no error of the database',
    async (...after) => {
      await fill(25)
      const client = new SyncClient(handler, 'products')
      await client.step()
      const cursor = parseCursor(client.cursor ?? '')
      if (cursor === 'invalid') throw new Error('no cursor')
      const since = formatCursor({ ...cursor, load: { entity: 'products', after } })
      expect((await client.ask(`/sync?entities=products&since=${since}`)).status).toBe(400)
    },
  )

  test.each([
    ['no cursor', 'entities=products&since=2026-01-01', 400],
    ['no cursor, but JSON', `entities=products&since=${Buffer.from('[1,2]').toString('base64url')}`, 400],
    ['an entity that is none', 'entities=constructor', 400],
    ['no entity', '', 400],
  ])('%s is %s: %i', async (_, query, status) => {
    const response = await new SyncClient(handler, 'products').ask(`/sync?${query}`)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ status, detail: expect.any(String) })
  })

  test.each([
    ['/sync/compare', '{', 400],
    ['/sync/compare', '{"entity":"products","sums":"AAAA"}', 400],
    ['/sync/rows', JSON.stringify({ entity: 'products', ids: Array.from({ length: 1001 }, String) }), 400],
    ['/sync/rows', '{"entity":"products","ids":[1]}', 400],
  ])('%s refuses %s', async (path, body, status) => {
    const response = await new SyncClient(handler, 'products').ask(path, { method: 'POST', body })
    expect(response.status).toBe(status)
  })
})

test.each(['a b', 'UPPER "quoted"', 'dollar $$ x', '$freshlayer$', '100% %s', "it's", 'back\\slash', '$1', 'ünï'])(
  'a table, a column and an entity may be named %s',
  async (name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`
    await sql(`create table ${quoted} (${quoted} text primary key, value integer)`)
    const logged = { entity: name, table: name, id: name, scope: name, updatedAt: `${name} at` }
    await sql(migration([logged]))
    await sql(`insert into ${quoted} values ('k', 1)`)
    await sql(`update ${quoted} set value = 2`)
    await sql(`update ${quoted} set ${quoted} = 'other'`)
    await sql(`delete from ${quoted}`)
    await sql(`insert into ${quoted} values ('last', 1)`)
    await sql(`truncate ${quoted}`)
    const noted = `select operation || ' ' || row_id as what from freshlayer.changes where entity = $1 order by xid, id`
    expect((await sql(noted, [name])).rows.map(({ what }) => what)).toEqual([
      'added k',
      'updated k',
      'deleted k',
      'added other',
      'deleted other',
      'added last',
      'deleted last',
    ])
    await sql(undoing(logged))
    await sql(`drop table ${quoted}`)
  },
)

test('an entity whose functions would have another’s names is refused', () => {
  expect(() => migration([{ entity: 'x'.repeat(60), table: 'products' }])).toThrow('is too long')
})

test('a row without an id is written by the app all the same, and not noted', async () => {
  await sql('create table loose (id integer, text text)')
  await sql(migration([{ entity: 'loose', table: 'loose' }]))
  await sql(`insert into loose values (null, 'a'), (1, 'b')`)
  await sql('update loose set id = null where id = 1')
  await sql('truncate loose')
  const noted = `select operation || ' ' || row_id as what from freshlayer.changes where entity = 'loose' order by xid, id`
  expect((await sql(noted)).rows.map(({ what }) => what)).toEqual(['added 1', 'deleted 1'])
  await sql('drop table loose')
})

test('a trigger of the app that sets the time does not have the last word', async () => {
  await sql('create table stamped (id integer primary key, text text, updated_at timestamptz(3))')
  await sql(`create function stamp() returns trigger language plpgsql as
    $$ begin new.updated_at := '2020-01-01'; return new; end $$`)
  await sql('create trigger set_updated_at before update on stamped for each row execute function stamp()')
  await sql(migration([{ entity: 'stamped', table: 'stamped' }]))
  await sql(`insert into stamped values (1, 'a', '2026-01-01')`)
  await sql(`update stamped set text = 'b'`)
  const { rows } = await sql(`select updated_at > '2026-01-01' as is_later from stamped`)
  expect(rows).toEqual([{ is_later: true }])
  await sql('drop table stamped; drop function stamp')
})

test.each([
  ['with a character that is none', '{"entity":"products","ids":["\\u0000"]}', 400],
  ['longer than any client sends', `{"entity":"products","ids":["${'x'.repeat(2_000_000)}"]}`, 413],
])('a body %s is a problem, and no error of the database', async (_, body, status) => {
  const request = new Request('http://shop.invalid/sync/rows', { method: 'POST', body, headers: { 'x-user': 'ada' } })
  expect((await handler(request)).status).toBe(status)
})

describe('nothing changed', () => {
  /** A client that is in step, and what the server says to its next request, with an `If-None-Match` of these numbers. */
  async function inStep() {
    await fill(3)
    const client = new SyncClient(handler, 'products')
    await client.pull()
    const right = { count: 3, digest: collectionDigest(bucketSums(client.versions())) }
    const ask = (tag: string): Promise<Response> =>
      client.ask(`/sync?entities=products&digest=1&since=${client.cursor}`, { headers: { 'if-none-match': tag } })
    return { client, right, ask }
  }

  test('is a 304 without a body and without a tag, which no cache keeps', async () => {
    const { right, ask } = await inStep()
    for (const tag of [heldTag(right), `W/${heldTag(right)}`]) {
      const response = await ask(tag)
      expect([response.status, await response.text()]).toEqual([304, ''])
      expect([...response.headers]).toEqual([
        ['cache-control', 'no-store'],
        ['cdn-cache-control', 'no-store'],
      ])
    }
  })

  test('also when other entities have changed', async () => {
    const { right, ask } = await inStep()
    await sql(`insert into notes (owner) values ('ada')`)
    expect((await ask(heldTag(right))).status).toBe(304)
  })

  test('is said in full to a client that holds anything else, or does not say what', async () => {
    const { client, right, ask } = await inStep()
    for (const wrong of [heldTag({ ...right, count: 4 }), heldTag({ ...right, digest: 1 }), '"another"']) {
      const response = await ask(wrong)
      expect(response.status).toBe(200)
      expect(response.headers.get('etag')).toBeNull()
      expect(await response.json()).toMatchObject({ data: { products: { total: 3, digest: right.digest } } })
    }
    expect((await client.ask(`/sync?entities=products&digest=1&since=${client.cursor}`)).status).toBe(200)
  })

  test('is not said of a change, though it has been taken back', async () => {
    const { right, ask } = await inStep()
    await sql('insert into products (id, name) values (9, $1)', ['came'])
    await sql('delete from products where id = 9')
    const response = await ask(heldTag(right))
    expect(await response.json()).toMatchObject({ data: { products: { deleted: ['9'] } } })
  })

  test('is never said to a first load, nor of a cursor that is of no use', async () => {
    const { client, right, ask } = await inStep()
    const first = await client.ask('/sync?entities=products&digest=1', { headers: { 'if-none-match': heldTag(right) } })
    expect(first.status).toBe(200)
    await beginGeneration(database.pool)
    expect((await ask(heldTag(right))).status).toBe(410)
  })

  test('of several entities is one tag, in the order of their names', async () => {
    await inStep()
    const both = '/sync?entities=products,notes&digest=1'
    const client = new SyncClient(handler, 'products')
    let cursor = ''
    const tallies = new Map<string, { count: number; digest: number }>()
    for (let since = ''; ; since = `&since=${cursor}`) {
      const answer = (await (await client.ask(both + since)).json()) as SyncAnswer
      cursor = answer.timestamp
      for (const [name, { total: count = 0, digest = 0 }] of Object.entries(answer.data))
        tallies.set(name, { count, digest })
      if (!answer.hasMore && answer.data['notes']?.total !== undefined) break
    }
    const tag = heldTag(...['notes', 'products'].flatMap((name) => tallies.get(name) ?? []))
    const headers = { 'if-none-match': tag }
    expect((await client.ask(`${both}&since=${cursor}`, { headers })).status).toBe(304)
  })
})

test('nothing is noted any more after the migration is undone', async () => {
  await sql('create table visits (id integer)')
  const logged = { entity: 'visits', table: 'visits' }
  await sql(migration([logged]))
  await sql('insert into visits (id) values (1)')
  await sql(undoing(logged))
  await sql('insert into visits (id) values (2)')
  const { rows } = await sql(`select row_id from freshlayer.changes where entity = 'visits'`)
  expect(rows).toEqual([{ row_id: '1' }])
})

test('the answer has the shape that clients know', async () => {
  await fill(1)
  const answer = (await (await new SyncClient(handler, 'products').ask('/sync?entities=products')).json()) as SyncAnswer
  expect(answer).toEqual({
    since: null,
    timestamp: expect.any(String),
    hasMore: false,
    behind: false,
    retention: 'P30D',
    data: { products: { added: [expect.objectContaining({ id: 1 })], updated: [], deleted: [], total: 1 } },
  })
})
