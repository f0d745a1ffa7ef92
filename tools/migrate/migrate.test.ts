import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../server/demo/database.ts'
import { openMemoryDatabase } from '../../server/demo/memory-database.fixture.ts'
import { CLI, PLAIN, PROGRAM } from '../cli.fixture.ts'
import { applyMigration, sqlOf } from './apply-migration.ts'
import { tablesOf } from './tables.ts'

describe('the tables of a command', () => {
  test('are named with what they have', () => {
    expect(
      tablesOf([
        'products',
        'shop.notes:scope=owner,id=uuid',
        'orders:as=sales,updatedAt=modified_at,deletedAt=gone_at',
      ]),
    ).toEqual([
      { entity: 'products', table: 'products' },
      { entity: 'notes', table: 'shop.notes', scope: 'owner', id: 'uuid' },
      { entity: 'sales', table: 'orders', updatedAt: 'modified_at', deletedAt: 'gone_at' },
    ])
  })

  test.each([
    [[], 'name the tables'],
    [[''], ' is no table'],
    [['a b'], 'a b is no table'],
    [['a.b.c'], 'a.b.c is no table'],
    [['a:b:c'], 'a:b:c is no table'],
    [
      ['a:scop=x'],
      `a:scop=x has 'scop=x', expected one of as=…, id=…, scope=…, scopeFunction=…, updatedAt=…, deletedAt=…. Did you mean scope=?`,
    ],
    [['a:scope'], `a:scope has 'scope'`],
    [['a:scope='], `a:scope= has 'scope='`],
    [['a:'], `a: has ''`],
    [['a:scope=x,scopeFunction=y'], 'has scope and scopeFunction'],
    [['a', 'a'], 'a is named twice'],
    [['x.a', 'y.a'], 'a is named twice'],
  ])('%j is refused in one line', (words, message) => {
    let said = ''
    try {
      tablesOf(words)
    } catch (error) {
      said = error instanceof Error ? error.message : ''
    }
    expect(said).toContain(message)
    expect(said).not.toContain('\n')
  })
})

describe('a migration', () => {
  let database: Database
  const sql = (text: string): Promise<{ rows: Record<string, unknown>[] }> => database.pool.query(text)
  const TABLES = tablesOf(['products', 'notes:scope=owner', 'lines:scopeFunction=owner_of_line,updatedAt=modified_at'])
  const run = (
    ...given: Parameters<typeof applyMigration> extends [unknown, ...infer Rest] ? Rest : never
  ): Promise<void> =>
    database.pool.connect().then((client) => applyMigration(client, ...given).finally(() => client.release()))

  beforeAll(async () => {
    database = await openMemoryDatabase()
    await sql('create table products (id integer primary key, updated_at text)')
    await sql('create table notes (id integer primary key, owner text)')
    await sql('create table lines (id integer primary key)')
    await sql('create view shown as select * from notes')
    await sql('create table loose (id integer)')
    await sql('create table pairs (id integer, part integer, primary key (id, part))')
    await sql('create table parted (id integer primary key) partition by range (id)')
    await sql('create table part_one partition of parted for values from (1) to (9)')
    await sql('create table coarse (id integer primary key, updated_at timestamptz(0))')
  })
  afterAll(() => database.close())

  /** All that a migration makes. */
  const made = async (): Promise<unknown> =>
    (
      await sql(`
        select tgname as name, tgrelid::regclass::text as of from pg_trigger where tgname like '%freshlayer_%'
        union all select proname, prosrc from pg_proc where pronamespace = to_regnamespace('freshlayer')
        union all select column_name, table_name from information_schema.columns where column_name in ('updated_at', 'modified_at')
        order by 1, 2`)
    ).rows

  test.each([
    ['products', 'products.updated_at is of type text'],
    ['orders', 'there is no table orders in this database'],
    ['shown', 'shown is no plain table'],
    ['loose', 'loose.id does not name one row'],
    ['pairs', 'pairs.id does not name one row'],
    ['parted', 'parted is no plain table'],
    ['part_one', 'part_one inherits, is inherited or is a partition'],
    ['coarse', 'coarse.updated_at cannot tell two changes apart: it has no milliseconds'],
    ['notes:id=uuid', 'notes has no column uuid: name another one by notes:id=… (id, owner)'],
    ['notes:scope=tenant', 'notes has no column tenant'],
    ['notes:deletedAt=gone', 'notes has no column gone: name another one by notes:deletedAt=… (id, owner)'],
    ['lines:scopeFunction=owner_of_line', 'there is no function public.owner_of_line(jsonb)'],
  ])('of %s is refused in one line, and changes nothing', async (word, message) => {
    const before = await made()
    await expect(run(tablesOf(['notes', word].slice(word.startsWith('notes') ? 1 : 0)))).rejects.toThrow(message)
    expect(await made()).toEqual(before)
  })

  test('changes nothing when it is dry; twice is as once; and it can be undone', async () => {
    await sql('alter table products drop column updated_at')
    await sql(`create function owner_of_line(line jsonb) returns text language sql as $$ select 'ada' $$`)
    const before = await made()
    await run(TABLES, { isDry: true })
    expect(await made()).toEqual(before)
    await run(TABLES)
    const once = await made()
    expect(once).not.toEqual(before)
    await sql(`insert into notes values (1, 'ada'); insert into lines values (1)`)
    await run(TABLES)
    expect(await made()).toEqual(once)
    const noted = 'select entity, row_id, scope from freshlayer.changes order by entity'
    expect((await sql(noted)).rows).toEqual([
      { entity: 'lines', row_id: '1', scope: 'ada' },
      { entity: 'notes', row_id: '1', scope: 'ada' },
    ])
    await run(TABLES, { isUndone: true })
    await run(TABLES, { isUndone: true })
    await sql('delete from notes')
    expect((await sql(noted)).rows).toHaveLength(2)
  })

  test('as SQL does the same', async () => {
    await run(TABLES)
    const applied = await made()
    await run(TABLES, { isUndone: true })
    await sql(sqlOf(TABLES, false))
    expect(await made()).toEqual(applied)
  })
})

describe('freshlayer migrate', () => {
  const run = (...words: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(PROGRAM, [...CLI, 'migrate', ...words], { encoding: 'utf8', env: { ...PLAIN, DATABASE_URL: '' } })

  test('prints SQL alone, and without a database says what else there is', () => {
    const { status, stdout } = run('notes:scope=owner', '--print')
    expect([status, stdout]).toEqual([0, sqlOf(tablesOf(['notes:scope=owner']), false)])
    const refused = run('notes')
    expect([refused.status, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toMatch(/^freshlayer DATABASE_URL is not set: .*--print.*\n$/)
  }, 60_000)
})
