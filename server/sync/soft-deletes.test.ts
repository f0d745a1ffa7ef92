import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { SyncClient } from './client.fixture.ts'
import { migration } from './migration.ts'
import { sync } from './sync.ts'

let database: Database
const sql = (text: string, values: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> =>
  database.pool.query(text, values)

/** Tables whose rows are marked in the ways that backends mark them, and the values that set and clear the mark. */
const TABLES = [
  ['timestamptz', 'now()', 'null', 'deleted_at'],
  ['boolean not null default false', 'true', 'false', 'is_deleted'],
  ['boolean', 'true', 'null', "it's gone"],
  ['smallint not null default 0', '1', '0', 'gone'],
] as const

beforeAll(async () => {
  database = await openMemoryDatabase()
})
afterAll(() => database.close())

describe.each(TABLES)('rows that are marked as deleted by %s (%s, %s) in %s', (type, set, cleared, column) => {
  const named = `"${column}"`
  let handler: (request: Request) => Promise<Response>

  beforeAll(async () => {
    await sql('drop table if exists notes cascade')
    await sql(
      `create table notes (id integer primary key, owner text not null default 'ada', name text, ${named} ${type})`,
    )
    const logged = { entity: 'notes', table: 'notes', scope: 'owner', deletedAt: column }
    // Twice is as once.
    await sql(migration([logged]))
    await sql(migration([logged]))
    handler = sync<string>({
      pool: database.pool,
      principalOf: (request) => request.headers.get('x-user') ?? undefined,
      entities: {
        notes: {
          rows: (user) => ({ text: 'select * from notes where owner = $1', values: [user] }),
          scopes: (user) => [user],
          deletedAt: column,
        },
      },
    })
  })
  beforeEach(async () => {
    await sql('truncate notes')
    await sql('truncate freshlayer.changes')
    await sql(`insert into notes (id, name) values (1, 'one'), (2, 'two'), (3, 'three')`)
  })

  /** What the log says since it was asked last. */
  const noted = async (): Promise<string[]> => {
    const { rows } = await sql('select operation, row_id, scope from freshlayer.changes order by xid, id')
    await sql('truncate freshlayer.changes')
    return rows.map(({ operation, row_id, scope }) => `${String(operation)} ${String(row_id)} ${String(scope)}`)
  }

  test('are noted as deleted when the mark is set, and as added when it is taken back', async () => {
    expect(await noted()).toEqual(['added 1 ada', 'added 2 ada', 'added 3 ada'])
    await sql(`update notes set ${named} = ${set} where id = 1`)
    expect(await noted()).toEqual(['deleted 1 ada'])
    await sql(`update notes set ${named} = ${cleared}, name = 'back' where id = 1`)
    expect(await noted()).toEqual(['added 1 ada'])
    await sql(`update notes set name = 'other' where id = 1`)
    expect(await noted()).toEqual(['updated 1 ada'])
  })

  test('are not noted while they are marked, nor when they are deleted at last', async () => {
    await sql(`insert into notes (id, name, ${named}) values (9, 'born dead', ${set})`)
    await sql(`update notes set ${named} = ${set} where id = 1`)
    await noted()
    await sql(`update notes set name = 'unseen', owner = 'grace' where id in (1, 9)`)
    await sql('delete from notes where id in (1, 9)')
    expect(await noted()).toEqual([])
    await sql('update notes set name = name')
    expect(await noted()).toEqual([])
  })

  test('and get another owner at once are deleted for the one, and added for no other', async () => {
    await noted()
    await sql(`update notes set ${named} = ${set}, owner = 'grace' where id = 2`)
    expect(await noted()).toEqual(['deleted 2 ada'])
    await sql(`update notes set ${named} = ${cleared} where id = 2`)
    expect(await noted()).toEqual(['added 2 grace'])
  })

  test('are not noted when their table is emptied', async () => {
    await sql(`update notes set ${named} = ${set} where id = 1`)
    await noted()
    await sql('truncate notes')
    expect((await noted()).toSorted()).toEqual(['deleted 2 ada', 'deleted 3 ada'])
  })

  test('are given neither by /sync nor by compare', async () => {
    await sql(`update notes set ${named} = ${set} where id = 3`)
    const client = new SyncClient(handler, 'notes')
    await client.pull()
    expect([...client.rows.keys()].toSorted()).toEqual(['1', '2'])
    await sql(`update notes set ${named} = ${set} where id = 2`)
    expect((await client.pull()).data['notes']).toMatchObject({ added: [], updated: [], deleted: ['2'], total: 1 })
    await sql(`update notes set ${named} = ${cleared} where id = 3`)
    expect((await client.pull()).data['notes']).toMatchObject({
      added: [{ id: 3 }],
      updated: [],
      deleted: [],
      total: 2,
    })
    // Another client holds a row that is marked by now, and has a cursor of no use.
    const other = new SyncClient(handler, 'notes')
    await other.pull()
    await sql(`update notes set ${named} = ${set} where id = 1`)
    await other.compare()
    expect([...other.rows.keys()]).toEqual(['3'])
    const rows = await other.ask('/sync/rows', { method: 'POST', body: '{"entity":"notes","ids":["1","2","3"]}' })
    expect(((await rows.json()) as { rows: { id: number }[] }).rows.map(({ id }) => id)).toEqual([3])
  })
})

test('a table without a mark is noted as before', async () => {
  await sql('create table plain (id integer primary key, deleted_at timestamptz)')
  await sql(migration([{ entity: 'plain', table: 'plain' }]))
  await sql('truncate freshlayer.changes')
  await sql('insert into plain values (1, null)')
  await sql('update plain set deleted_at = now()')
  const { rows } = await sql('select operation from freshlayer.changes order by xid, id')
  expect(rows).toEqual([{ operation: 'added' }, { operation: 'updated' }])
})
